"""Rows in the shape of public sets, made here: row n asks for n + 1, and what row 9 replies is
wrong."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Row = dict[str, Any]
ROWS = 10
WRONG = 9
"""the row whose reply is wrong"""


def asked(n: int) -> str:
    return f"What is {n} + 1?"


def gold(n: int) -> str:
    return str(n + 1)


def thought(n: int) -> str:
    return f"I start from {n} and count one further, which gives the number that is asked for."


def said(n: int) -> str:
    return f"One more than {n} is \\boxed{{{999 if n == WRONG else n + 1}}}."


def trace(n: int, summary: str | None = None) -> str:
    return f"<think>\n{thought(n)}\n</think>\n\n{summary or said(n)}"


def turns(n: int, **reply: Any) -> list[Row]:
    return [
        {"role": "user", "content": asked(n)},
        {"role": "assistant", "content": trace(n)} | reply,
    ]


def sharegpt(n: int, human: str = "human", model: str = "gpt") -> list[Row]:
    return [{"from": human, "value": asked(n)}, {"from": model, "value": trace(n)}]


def stratos(n: int) -> list[Row]:
    reply = (
        f"<|begin_of_thought|>\n\n{thought(n)}\n\n<|end_of_thought|>\n\n"
        f"<|begin_of_solution|>\n\n{said(n)}\n\n<|end_of_solution|>"
    )
    return [{"from": "user", "value": asked(n)}, {"from": "assistant", "value": reply}]


@dataclass(frozen=True)
class Shape:
    row: Callable[[int], Row]
    called: str = "plain"
    kind: str = "math"
    gold: Callable[[int], str] | None = gold
    """of a row as we store it; None = the set has none"""
    said: Callable[[int], str] = said
    """summary of the record"""
    settings: Row = field(default_factory=dict)


def openr1(n: int) -> Row:
    """Its second generation is wrong, and says so of row 0 alone that it is right."""
    return {
        "problem": asked(n),
        "solution": f"${n} + 1 = {n + 1}$",
        "answer": gold(n),
        "problem_type": "Algebra",
        "source": "olympiads",
        "uuid": f"u{n}",
        "generations": [trace(n), trace(n, "It is \\boxed{-7}.")],
        "finish_reasons": ["stop", "length"],
        "correctness_math_verify": [True, n == 0],
        "messages": turns(n),
    }


def am(n: int) -> Row:
    info = {"source": "s", "reference_answer": gold(n), "test_case": None}
    none = {"reference_answer": None}
    reply = f"<think>\n{thought(n)}\n</think>\n<answer>\n{said(n)}\n</answer>"
    question, answer = turns(n, content=reply, info=none)
    return {"messages": [question | {"info": info}, answer]}


def s1k_1_1(n: int) -> Row:
    row = {"question": asked(n), "solution": gold(n), "source_type": "x", "cot_type": "math"}
    for model in ("gemini", "deepseek"):
        row |= {f"{model}_attempt": said(n), f"{model}_thinking_trajectory": thought(n)}
        row |= {f"{model}_grade": "Yes", f"{model}_grade_reason": "It says so."}
    return row


def in_parts(n: int) -> Row:
    parts = [{"type": "thinking", "thinking": thought(n)}, {"type": "text", "text": said(n)}]
    question = {"role": "user", "content": [{"type": "text", "text": asked(n)}]}
    return {"messages": [question, {"role": "model", "content": parts}], "answer": n + 1}


def verl(n: int) -> Row:
    return {
        "data_source": "math_dapo",
        "prompt": turns(n)[:1],
        "ability": "MATH",
        "reward_model": {"ground_truth": gold(n), "style": "rule-lighteval/MATH_v2"},
        "extra_info": {"index": f"i{n}"},
    }


def synthetic_1(n: int) -> Row:
    return {
        **{"response_id": f"r{n}", "problem_id": f"p{n}", "task_type": "verifiable_math"},
        "prompt": asked(n),
        "gold_standard_solution": f"So it is {n + 1}.",
        "llm_response": trace(n),
        "verification_info": json.dumps({"ground_truth": gold(n)}),
        "score": 1.0,
    }


def whole(n: int) -> str:
    return f"{thought(n)}\n\n{said(n)}"


def boxed(n: int) -> str:
    return f"We add one, which gives $\\boxed{{{n + 1}}}$."


SOLUTIONS = "problems with whole solutions"
AS_THINKING = {"reply_is": "thinking"}
TRACES: dict[str, Shape] = {
    "openr1": Shape(openr1, "OpenR1-Math"),
    "reasoning_content": Shape(
        lambda n: {
            "messages": turns(n, content=said(n), reasoning_content=thought(n)),
            "answer": gold(n),
        }
    ),
    "prompt and completion": Shape(
        lambda n: {
            "prompt": turns(n)[:1],
            "completion": [{"role": "assistant", "content": said(n), "reasoning": thought(n)}],
            "solution": boxed(n),
        },
        settings={"map": {"gold": "solution"}},
        gold=boxed,
    ),
    "content in parts": Shape(in_parts),
    "turns as JSON text": Shape(
        lambda n: {"messages": json.dumps(turns(n), indent=1), "answer": gold(n)}
    ),
    "sharegpt with a system prompt": Shape(
        lambda n: {
            "conversations": [{"from": "system", "value": "Think."}, *sharegpt(n)],
            "answer": gold(n),
        }
    ),
    "openthoughts-114k": Shape(
        lambda n: {"system": "Think.", "conversations": stratos(n), "answer": gold(n)},
        "OpenThoughts",
    ),
    "openthoughts-114k metadata": Shape(
        lambda n: {
            "problem": asked(n),
            "deepseek_reasoning": thought(n),
            "deepseek_solution": said(n),
            "ground_truth_solution": boxed(n),
            "domain": "math",
            "source": "numina_math",
            "test_cases": None,
            "starter_code": None,
        },
        "OpenThoughts, metadata",
        gold=boxed,
    ),
    "openthoughts-114k-math": Shape(
        lambda n: {
            "source": "aops",
            "problem": asked(n),
            "solution": boxed(n),
            "messages": turns(n),
            "system": "Think.",
            "conversations": stratos(n),
            "correct": True,
        },
        "NuminaMath-CoT",
    ),
    "am-distilled": Shape(am, "AM-DeepSeek-R1-Distilled"),
    "nemotron-v1": Shape(
        lambda n: {
            "uuid": f"u{n}",
            "generator": "DeepSeek-R1",
            "category": "math",
            "reasoning": "on",
            "messages": [turn | {"tool_calls": []} for turn in turns(n)],
            "metadata": json.dumps({"expected_answer": gold(n), "problem_source": "aops"}),
        },
        "Nemotron-Post-Training-v1",
    ),
    "s1k": Shape(
        lambda n: {
            "question": asked(n),
            "solution": gold(n),
            "thinking_trajectories": [thought(n)],
            "attempt": said(n),
            "source_type": "x",
        },
        "s1K",
    ),
    "s1k-1.1": Shape(s1k_1_1, "s1K-1.1"),
    "deepmath": Shape(
        lambda n: {
            "question": asked(n),
            "final_answer": gold(n),
            "difficulty": 5.0,
            "topic": "Algebra",
            **{f"r1_solution_{k}": trace(n).removeprefix("<think>\n") for k in (1, 2, 3)},
        },
        "DeepMath-103K",
    ),
    "openmath": Shape(
        lambda n: {
            "problem": asked(n),
            "generated_solution": trace(n),
            "expected_answer": gold(n),
            "problem_source": "aops",
            "generation_model": "DeepSeek-R1",
            "inference_mode": "cot",
        },
        "OpenMathReasoning",
    ),
    "openscience": Shape(
        lambda n: {"input": asked(n), "output": trace(n), "expected_answer": gold(n)}
    ),
    "dapo": Shape(lambda n: verl(n) | {"response": trace(n)}, "verl"),
    "skywork-or1": Shape(
        lambda n: (
            verl(n)
            | {"reward_model": {"ground_truth": json.dumps([gold(n)])}, "response": trace(n)}
        ),
        "verl",
    ),
    "big-math": Shape(
        lambda n: {"problem": asked(n), "answer": gold(n), "response": trace(n), "domain": ["a"]}
    ),
    "gsm8k": Shape(
        lambda n: {
            "question": asked(n),
            "answer": f"Add one.\n#### {n + 1}",
            "response": trace(n),
        },
        gold=lambda n: f"Add one.\n#### {n + 1}",
    ),
    "aime-2024": Shape(
        lambda n: {"ID": f"I-{n}", "Problem": asked(n), "Answer": n + 1, "Response": trace(n)}
    ),
    "natural reasoning": Shape(
        lambda n: {
            "question": asked(n),
            "reference_answer": gold(n),
            "responses": [{"response_model": "m", "response": trace(n), "finish_reason": "eos"}],
        }
    ),
    "synthetic-1": Shape(synthetic_1, "SYNTHETIC-1"),
    "scp-116k": Shape(
        lambda n: {
            "problem": asked(n),
            "solution": boxed(n),
            "r1_reasoning_content": thought(n),
            "r1_solution": said(n),
            "o1_mini_solution": "x",
        },
        "SCP-116K",
        gold=boxed,
    ),
    "lm-evaluation-harness": Shape(
        lambda n: {
            "doc": {"question": asked(n), "answer": boxed(n)},
            "target": gold(n),
            "arguments": {"gen_args_0": {"arg_0": asked(n), "arg_1": {"until": []}}},
            "resps": [[trace(n)]],
            "filtered_resps": [gold(n)],
        },
        "samples of lm-evaluation-harness",
    ),
    "vllm": Shape(
        lambda n: {
            "prompt": asked(n),
            "outputs": [{"index": 0, "text": trace(n), "finish_reason": "stop"}],
            "answer": gold(n),
        },
        "outputs of vLLM",
    ),
    "chat completion": Shape(
        lambda n: {
            "messages": turns(n)[:1],
            "choices": [{"message": turns(n)[1], "finish_reason": "stop"}],
            "answer": gold(n),
        },
        "answers of a chat server",
    ),
    "math": Shape(
        lambda n: {
            "problem": asked(n),
            "level": "Level 5",
            "type": "Algebra",
            "solution": boxed(n),
            "response": trace(n),
        },
        "MATH",
    ),
    "math-500": Shape(
        lambda n: {
            "problem": asked(n),
            "solution": boxed(n),
            "answer": gold(n),
            "subject": "Algebra",
            "unique_id": f"test/{n}.json",
            "response": trace(n),
        },
        SOLUTIONS,
    ),
    "limo": Shape(
        lambda n: {"question": asked(n), "solution": whole(n), "answer": gold(n)},
        SOLUTIONS,
        settings=AS_THINKING,
    ),
    "numina-1.5": Shape(
        lambda n: {"problem": asked(n), "solution": whole(n), "answer": gold(n), "source": "x"},
        SOLUTIONS,
        settings=AS_THINKING,
    ),
}

WITHOUT_GOLDS: dict[str, Shape] = {
    "openthoughts3": Shape(lambda n: {"conversations": sharegpt(n), "domain": "math"}),
    "light-r1": Shape(lambda n: {"conversations": sharegpt(n, "user", "assistant")}),
    "mixture-of-thoughts": Shape(lambda n: {"messages": turns(n), "num_tokens": 9, "source": "s"}),
    "synthetic-1-sft": Shape(lambda n: {"problem_id": f"p{n}", "messages": turns(n), "score": 1.0}),
    "sharegpt": Shape(lambda n: {"id": n, "conversations": sharegpt(n)}),
    "turns in pairs": Shape(
        lambda n: {"conversation": [{"human": asked(n), "assistant": trace(n)}]}
    ),
    "nemotron": Shape(
        lambda n: {
            "input": turns(n)[:1],
            "output": trace(n),
            "category": "math",
            "reasoning": "on",
            "generator": "DeepSeek-R1",
            "system_prompt": "",
        },
        "Llama-Nemotron-Post-Training",
    ),
    "dolphin-r1": Shape(
        lambda n: {
            "messages": turns(n)[:1],
            "reasoning": thought(n),
            "answer": said(n),
            "model": "R1",
        },
        "Dolphin-R1",
    ),
    "chinese-r1-distill": Shape(
        lambda n: {"input": asked(n), "reasoning_content": thought(n), "content": said(n)}
    ),
    "chinese-r1-distill-sft": Shape(
        lambda n: {"instruction": asked(n), "input": "", "output": trace(n)}, "Alpaca"
    ),
    "medical-o1": Shape(
        lambda n: {"Question": asked(n), "Complex_CoT": thought(n), "Response": said(n)},
        "medical-o1-reasoning",
    ),
    "glaive": Shape(lambda n: {"prompt": asked(n), "response": trace(n)}),
}
