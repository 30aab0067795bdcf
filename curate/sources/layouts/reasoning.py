"""Sets of problems with long reasoning: where it stands, and where the reply and the gold do."""

from __future__ import annotations

from typing import Any

from curate.sources.layouts.layout import Layout, Made, Theirs, made
from filters.verifiers.extraction.boxes import last_boxed

OPENR1 = Layout(
    "OpenR1-Math",
    ("generations", "correctness_math_verify"),
    {
        "response": "generations",
        "finish_reason": "finish_reasons",
        "correct": "correctness_math_verify",
        "source_id": "uuid",
        "source_problem_id": "uuid",
    },
    kind="math",
)

OPENTHOUGHTS = Layout(
    "OpenThoughts",  # Bespoke-Stratos and Sky-T1 likewise
    ("system", "conversations"),
    {"messages": "conversations"},
)

OPENTHOUGHTS_METADATA = Layout(
    "OpenThoughts, metadata",
    ("deepseek_reasoning", "deepseek_solution"),
    {
        "thinking": "deepseek_reasoning",
        "response": "deepseek_solution",
        "gold": "ground_truth_solution",
        "tests": "test_cases",
        "kind": made(lambda domain: "code" if domain == "code" else None, "domain"),
    },
)


def _without_answer_tags(turns: Any) -> Any:
    """Their replies are <answer>…</answer> as a whole; the tags are no part of a summary."""
    return [_unwrapped(turn) for turn in turns]


def _unwrapped(turn: Any) -> Any:
    text = turn.get("content") if isinstance(turn, dict) else None
    before, closing, after = text.rpartition("</think>") if isinstance(text, str) else ("",) * 3
    after = after.strip()
    if not (closing and after.startswith("<answer>") and after.endswith("</answer>")):
        return turn
    inside = after.removeprefix("<answer>").removesuffix("</answer>").strip()
    return {**turn, "content": f"{before}{closing}\n\n{inside}"}


AM_DISTILLED = Layout(
    "AM-DeepSeek-R1-Distilled",
    ("messages.0.info", "messages.1.info"),
    {
        "messages": made(_without_answer_tags, "messages"),
        "gold": ("messages.0.info.reference_answer", "messages.1.info.reference_answer"),
        "tests": ("messages.0.info.test_case", "messages.1.info.test_case"),
        "source": ("messages.0.info.source", "messages.1.info.source"),
    },
)


def _asked(given: Any, system_prompt: Any) -> Any:
    turns = [{"role": "user", "content": given}] if isinstance(given, str) else list(given or [])
    return [*([{"role": "system", "content": system_prompt}] if system_prompt else []), *turns]


NEMOTRON = Layout(
    "Llama-Nemotron-Post-Training",
    ("input", "output", "reasoning"),
    {
        "messages": made(_asked, "input", "system_prompt"),
        "response": "output",
        "gold": "none",
        "model": "generator",
    },
)

NEMOTRON_V1 = Layout(
    "Nemotron-Post-Training-v1",
    ("messages", "reasoning", "metadata"),
    {"gold": "metadata.expected_answer", "model": "generator", "source_id": "uuid"},
)

S1K = Layout(
    "s1K",
    ("thinking_trajectories", "attempt"),
    {
        "response": "attempt",
        "thinking": "thinking_trajectories",
        "gold": "solution",
        "source": "source_type",
    },
)

_S1K_MODELS = ("deepseek", "gemini")


def _both(*values: Any) -> list[Any]:
    return list(values)


S1K_1_1 = Layout(
    "s1K-1.1",  # two samples in a row: one of each model
    tuple(f"{model}_attempt" for model in _S1K_MODELS),
    {
        "response": made(_both, *(f"{model}_attempt" for model in _S1K_MODELS)),
        "thinking": made(_both, *(f"{model}_thinking_trajectory" for model in _S1K_MODELS)),
        "correct": made(
            lambda *grades: [{"Yes": True, "No": False}.get(grade) for grade in grades],
            *(f"{model}_grade" for model in _S1K_MODELS),
        ),
        "model": made(lambda _: list(_S1K_MODELS), "question"),
        "gold": "solution",
        "source": "source_type",
    },
)

DEEPMATH = Layout(
    "DeepMath-103K",  # three samples in a row
    ("final_answer", "r1_solution_1"),
    {
        "response": made(_both, "r1_solution_1", "r1_solution_2", "r1_solution_3"),
        "gold": "final_answer",
    },
    kind="math",
)

SCP = Layout(
    "SCP-116K",
    ("r1_reasoning_content", "r1_solution", "solution"),
    {"thinking": "r1_reasoning_content", "response": "r1_solution", "gold": "solution"},
)


def _orz(asked: str, reply: str) -> Layout:
    """Each row is a conversation, whose reply is the gold."""
    columns = {"problem": f"{asked}.value", "gold": f"{reply}.ground_truth.value"}
    return Layout("Open-Reasoner-Zero", tuple(columns.values()), {**columns, "messages": "none"})


ORZ = _orz("messages.0", "messages.1")
ORZ_COLUMNS = _orz("0", "1")  # as `datasets` reads its file

DOLPHIN_R1 = Layout(
    "Dolphin-R1",
    ("messages", "reasoning", "answer", "model"),
    {"thinking": "reasoning", "response": "answer", "gold": "none"},
)

MEDICAL_O1 = Layout(
    "medical-o1-reasoning", ("Complex_CoT", "Response"), {"thinking": "Complex_CoT"}
)

OPENMATH = Layout(
    "OpenMathReasoning",  # OpenMathInstruct-2 likewise
    ("generated_solution", "expected_answer"),
    {
        "response": "generated_solution",
        "gold": "expected_answer",
        "model": "generation_model",
        "source": "problem_source",
    },
    kind="math",
)


def _number(extra: Any) -> Any:
    return extra.get("index") if isinstance(extra, dict) else None


_CODE = ("code", "coding")
"""what verl files call the ability whose ground truth is tests"""


def _truth_of(math: bool) -> Made:
    """The ground truth where it is an answer, or where it is tests."""
    asked = lambda truth, ability: truth if (ability in _CODE) != math else None
    return made(asked, "reward_model.ground_truth", "ability")


VERL = Layout(
    "verl",  # DAPO-Math, Skywork-OR1, Eurus-2-RL among others
    ("prompt", "reward_model.ground_truth"),
    {
        "problem": "prompt",
        "gold": _truth_of(math=True),
        "tests": _truth_of(math=False),
        "source": "data_source",
        "source_problem_id": made(_number, "extra_info"),
    },
)

_BOXED: dict[str, Theirs] = {
    "response": ("response", "completion", "generations", "messages", "solution"),
    "gold": made(last_boxed, "solution"),
}
MATH = Layout("MATH", ("problem", "solution", "level", "type"), _BOXED, kind="math")
NUMINA_COT = Layout(
    "NuminaMath-CoT",  # OpenThoughts-114k-math likewise, whose messages are traces
    ("problem", "solution", "messages"),
    _BOXED,
    kind="math",
)
SOLUTIONS = Layout(
    "problems with whole solutions",  # LIMO, NuminaMath-1.5, DeepScaleR
    ("solution", "answer"),
    {"response": ("response", "completion", "generations", "solution"), "gold": "answer"},
    kind="math",
    note="solutions have no thinking tags: --as thinking makes traces of them, "
    "--problems takes the problems alone",
)
