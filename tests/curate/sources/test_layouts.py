"""Files in the shape of public sets, ten rows each, from the file to the record."""

import base64
import json
import pickle
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from small_runs import CHEAP, Row, only, stored, write

from curate.config import Config, Source
from curate.judging.filter_stage import filter_traces
from curate.records.normalize import normalize
from curate.sources.imported_traces import import_traces
from curate.sources.layouts import LAYOUTS, layout_of
from curate.sources.problems import load_problems
from curate.store.run_folder import Run

THOUGHT = "I start from {n} and count one further, which gives the number that is asked for."


def asked(n: int) -> str:
    return f"What is {n} + 1?"


def thought(n: int) -> str:
    return THOUGHT.format(n=n)


def said(n: int) -> str:
    return f"One more than {n} is \\boxed{{{n + 1}}}."


def trace(n: int) -> str:
    return f"<think>\n{thought(n)}\n</think>\n\n{said(n)}"


def sharegpt(n: int) -> list[Row]:
    reply = (
        f"<|begin_of_thought|>\n\n{thought(n)}\n\n<|end_of_thought|>\n\n"
        f"<|begin_of_solution|>\n\n{said(n)}\n\n<|end_of_solution|>"
    )
    return [{"from": "user", "value": asked(n)}, {"from": "assistant", "value": reply}]


def openr1(n: int) -> Row:
    return {
        "problem": asked(n),
        "solution": f"${n} + 1 = {n + 1}$",
        "answer": str(n + 1),
        "uuid": f"u{n}",
        "generations": [trace(n), trace(n).replace(f"{{{n + 1}}}", "{999}")],
        "finish_reasons": ["stop", "length"],
        "correctness_math_verify": [True, n == 0],
        "messages": [{"role": "user", "content": asked(n)}],
    }


def am(n: int) -> Row:
    info = {"source": "s", "reference_answer": str(n + 1), "test_case": None}
    reply = f"<think>\n{thought(n)}\n</think>\n<answer>\n{said(n)}\n</answer>"
    none = {"reference_answer": None}
    return {
        "messages": [
            {"role": "user", "content": asked(n), "info": info},
            {"role": "assistant", "content": reply, "info": none},
        ]
    }


def nemotron(n: int) -> Row:
    turns = [{"role": "user", "content": asked(n)}]
    return {"input": turns, "output": trace(n), "reasoning": "on", "generator": "R1"}


def s1k_1_1(n: int) -> Row:
    row = {"question": asked(n), "solution": str(n + 1), "source_type": "x"}
    for model in ("gemini", "deepseek"):
        row |= {f"{model}_attempt": said(n), f"{model}_thinking_trajectory": thought(n)}
        row |= {f"{model}_grade": "Yes"}
    return row


def served(n: int) -> Row:
    """As DeepSeek and vLLM answer."""
    reply = {"role": "assistant", "content": said(n), "reasoning_content": thought(n)}
    return {"messages": [{"role": "user", "content": asked(n)}, reply], "answer": str(n + 1)}


def in_parts(n: int) -> Row:
    parts = [{"type": "thinking", "thinking": thought(n)}, {"type": "text", "text": said(n)}]
    turns = [{"role": "user", "content": [{"type": "text", "text": asked(n)}]}]
    return {"messages": [*turns, {"role": "model", "content": parts}], "answer": n + 1}


def solution(n: int) -> Row:
    return {"question": asked(n), "solution": f"{thought(n)}\n\n{said(n)}", "answer": str(n + 1)}


GOLD = {"gold": str}
TRACES: dict[str, tuple[Callable[[int], Row], str]] = {
    "reasoning beside the reply": (served, "plain"),
    "content in parts": (in_parts, "plain"),
    "openr1": (openr1, "OpenR1-Math"),
    "openthoughts": (
        lambda n: {"system": "Think.", "conversations": sharegpt(n), "answer": str(n + 1)},
        "OpenThoughts",
    ),
    "openthoughts metadata": (
        lambda n: {
            "problem": asked(n),
            "deepseek_reasoning": thought(n),
            "deepseek_solution": said(n),
            "ground_truth_solution": f"It is \\boxed{{{n + 1}}}.",
            "domain": "math",
        },
        "OpenThoughts, metadata",
    ),
    "am": (am, "AM-DeepSeek-R1-Distilled"),
    "nemotron": (nemotron, "Llama-Nemotron-Post-Training"),
    "s1k": (
        lambda n: {
            "question": asked(n),
            "solution": str(n + 1),
            "thinking_trajectories": [thought(n)],
            "attempt": said(n),
        },
        "s1K",
    ),
    "s1k-1.1": (s1k_1_1, "s1K-1.1"),
    "dolphin": (
        lambda n: {
            "messages": [{"role": "user", "content": asked(n)}],
            "reasoning": thought(n),
            "answer": said(n),
            "model": "R1",
        },
        "Dolphin-R1",
    ),
    "openmath": (
        lambda n: {
            "problem": asked(n),
            "generated_solution": trace(n),
            "expected_answer": str(n + 1),
        },
        "OpenMathReasoning",
    ),
    "verl": (
        lambda n: {
            "data_source": "math_dapo",
            "prompt": [{"role": "user", "content": asked(n)}],
            "reward_model": {"ground_truth": str(n + 1), "style": "rule"},
            "extra_info": {"index": f"i{n}"},
            "response": trace(n),
        },
        "verl",
    ),
    "natural reasoning": (
        lambda n: {
            "question": asked(n),
            "reference_answer": str(n + 1),
            "responses": [{"response_model": "m", "response": trace(n), "finish_reason": "eos"}],
        },
        "plain",
    ),
    "synthetic-1": (
        lambda n: {
            "prompt": asked(n),
            "verification_info": json.dumps({"ground_truth": str(n + 1)}),
            "llm_response": trace(n),
        },
        "SYNTHETIC-1",
    ),
}
NO_GOLDS = {"nemotron": "nemotron", "dolphin": "dolphin-r1"}
"""these sets have none; theirs come from a file of problems"""


def road(folder: Path, rows: list[Row], **settings: Any) -> Run:
    run = Run.create(folder / "run", Config(filters=only(*CHEAP), jobs=1))
    import_traces(run, Source(path=str(write(folder / "set.jsonl", rows)), **settings))
    return run


@pytest.mark.parametrize("name", TRACES)
def test_ten_rows_become_ten_records(tmp_path: Path, name: str) -> None:
    row, called = TRACES[name]
    rows = [row(n) for n in range(10)]
    assert layout_of(None, rows).name == called
    run = road(tmp_path, rows)
    if name in NO_GOLDS:
        golds = [{"problem": asked(n), "gold": str(n + 1)} for n in range(10)]
        load_problems(run, Source(path=str(write(tmp_path / "golds.jsonl", golds))))
    filter_traces(run)
    normalize(run)
    records = stored(run, "records").unique("problem_id").sort("problem")
    assert records["problem"].to_list() == [asked(n) for n in range(10)]
    assert records["thinking"].to_list() == [thought(n) for n in range(10)]
    assert records["summary"].to_list() == [said(n) for n in range(10)]
    assert stored(run, "problems")["gold"].drop_nulls().len() == 10


def program(n: int) -> str:
    return f"def add(x):\n    return x + {n}"


def reply(code: str, n: int) -> str:
    return f"<think>\n{thought(n)}\n</think>\n\n```python\n{code}\n```"


def packed(cases: list[Row]) -> str:
    return base64.b64encode(zlib.compress(pickle.dumps(json.dumps(cases)))).decode()


def printed(n: int) -> str:
    return f"print(int(input()) + {n})"


def check(n: int) -> str:
    return f"def check(candidate):\n    assert candidate(1) == {n + 1}\n"


def livecodebench(n: int) -> Row:
    case = lambda x: {"input": str(x), "output": str(x + n), "testtype": "functional"}
    return {
        "question_content": f"Add {n}.",
        "question_id": str(n),
        "public_test_cases": json.dumps([case(1)]),
        "private_test_cases": packed([case(2)]),
        "metadata": json.dumps({"func_name": "add"}),
        "starter_code": "class Solution:\n    def add(self, x: int) -> int:",
    }


CODE: dict[str, tuple[Callable[[int], Row], str, Callable[[int], str]]] = {
    "humaneval": (
        lambda n: {
            "task_id": f"H/{n}",
            "prompt": f'import math\n\ndef add(x):\n    """Add {n}."""\n',
            "test": check(n),
            "entry_point": "add",
        },
        "HumanEval",
        program,
    ),
    "leetcode": (
        lambda n: {
            "task_id": f"l-{n}",
            "prompt": "from typing import *",
            "problem_description": f"Add {n}.",
            "query": f"Add {n}, please.",
            "starter_code": "class Solution:\n    def add(self, x: int) -> int:\n",
            "entry_point": "Solution().add",
            "test": check(n),
        },
        "LeetCodeDataset",
        lambda n: (
            f"class Solution:\n    def add(self, x: List[int]) -> int:\n        return x + {n}"
        ),
    ),
    "mbpp": (
        lambda n: {
            "task_id": n,
            "text": f"Add {n} with add.",
            "code": program(n),
            "test_list": [f"assert add(1) == {n + 1}"],
        },
        "MBPP",
        program,
    ),
    "codecontests": (
        lambda n: {
            "name": f"c{n}",
            "description": f"Add {n}.",
            "public_tests": {"input": ["1\n"], "output": [f"{1 + n}\n"]},
            "private_tests": {"input": ["2\n"], "output": [f"{2 + n}\n"]},
            "generated_tests": {"input": [], "output": []},
            "time_limit": {"seconds": 2, "nanos": 0},
        },
        "CodeContests",
        printed,
    ),
    "apps": (
        lambda n: {
            "problem_id": n,
            "question": f"Add {n}.",
            "input_output": json.dumps({"inputs": ["1\n"], "outputs": [f"{1 + n}\n"]}),
            "starter_code": "",
        },
        "APPS",
        printed,
    ),
    "livecodebench": (
        livecodebench,
        "LiveCodeBench",
        lambda n: f"class Solution:\n    def add(self, x):\n        return x + {n}",
    ),
    "synthetic-1": (
        lambda n: {
            "prompt": f"Add {n}.",
            "verification_info": json.dumps(
                {"test_cases": [{"type": "stdin_stdout", "input": "1", "output": str(1 + n)}]}
            ),
        },
        "SYNTHETIC-1",
        printed,
    ),
    "primeintellect functions": (
        lambda n: {
            "prompt": f"Add {n} with add.",
            "verification_info": {
                "test_cases": [
                    {"type": "function_call", "fn_name": "add", "input": [1], "output": [1 + n]}
                ]
            },
        },
        "SYNTHETIC-1",
        program,
    ),
}


@pytest.mark.parametrize("name", CODE)
def test_their_tests_are_run(tmp_path: Path, name: str) -> None:
    row, called, right = CODE[name]
    rows = [row(n) | {"response": reply(right(n if n else 99), n)} for n in range(10)]
    assert layout_of(None, rows).name == called
    run = road(tmp_path, rows)
    problems = stored(run, "problems")
    assert (problems.height, set(problems["kind"])) == (10, {"code"})
    assert set(problems["gold_check"]) == {"correct"}
    filter_traces(run)
    normalize(run)
    assert stored(run, "records").height == 9  # the first program adds 99


def test_every_layout_of_the_table_is_tried() -> None:
    tried = {called for _, called in TRACES.values()} | {called for _, called, _ in CODE.values()}
    more = {"multiple choice, as MMLU", "ARC", "OpenCodeReasoning", "problems with whole solutions"}
    more |= {"rollouts of GRPO"}  # tests/rl/test_rollouts.py
    assert {layout_of(name, []).name for name in LAYOUTS} == (tried | more) - {"plain"}
