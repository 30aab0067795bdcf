"""Rows in the shape of public sets of code: row n asks for a program that adds n."""

import base64
import json
import pickle
import zlib
from collections.abc import Callable
from typing import Any

from public_sets import Row, thought


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


def cases(n: int, **more: Any) -> list[Row]:
    return [{"input": str(x), "output": str(x + n)} | more for x in (1, 2)]


def function(n: int) -> Row:
    return {"type": "function_call", "fn_name": "add", "input": [1], "output": [1 + n]}


def kodcode(n: int) -> Row:
    return {
        "question_id": f"k{n}",
        "question": f"Add {n}.",
        "solution": program(n),
        "test": f"from solution import add\n\ndef test_one():\n    assert add(1) == {n + 1}\n",
        "test_info": [{"function_name": "add", "parameter_list": "(x)"}],
        "r1_correctness": "True",
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
    "mbpp, sanitized": (
        lambda n: {
            "task_id": n,
            "prompt": f"Add {n} with add.",
            "code": program(n),
            "test_imports": ["import math"],
            "test_list": [f"assert add(1) == {n + 1}"],
        },
        "MBPP",
        program,
    ),
    "taco": (
        lambda n: {
            "question": f"Add {n}.",
            "input_output": json.dumps({"fn_name": "add", "inputs": [[1]], "outputs": [1 + n]}),
            "starter_code": "",
            "source": "codewars",
        },
        "APPS",
        program,
    ),
    "kodcode": (kodcode, "KodCode", program),
    "deepcoder": (
        lambda n: {"problem": f"Add {n}.", "tests": json.dumps(cases(n, type="stdin_stdout"))},
        "plain",
        printed,
    ),
    "deepcoder, functions": (
        lambda n: {"problem": f"Add {n} with add.", "tests": json.dumps([function(n)])},
        "plain",
        program,
    ),
    "deepcoder, livecodebench": (
        lambda n: {
            "problem": f"Add {n} with add.",
            "tests": cases(n, testtype="functional", metadata={"func_name": "add"}),
        },
        "plain",
        program,
    ),
    "codeforces": (
        lambda n: {
            "id": f"{n}/A",
            "contest_id": str(n),
            "description": f"Add {n}.",
            "input_format": "A number.",
            "output_format": "The sum.",
            "examples": cases(n)[:1],
            "official_tests": cases(n),
            "official_tests_complete": True,
            "generated_checker": None,
        },
        "Codeforces",
        printed,
    ),
    "eurus-2-rl": (
        lambda n: {
            "data_source": "taco",
            "prompt": [{"role": "user", "content": f"Add {n}."}],
            "ability": "code",
            "reward_model": {
                "ground_truth": json.dumps({"inputs": ["1\n"], "outputs": [f"{1 + n}\n"]})
            },
        },
        "verl",
        printed,
    ),
}

UNTESTED: dict[str, tuple[Callable[[int], Row], str]] = {
    "opencodereasoning": (
        lambda n: {
            "id": str(n),
            "input": f"Add {n}.",
            "output": reply(program(n), n),
            "source": "codeforces",
            "dataset": "taco",
            "split": "train",
            "solution": program(n),
        },
        "OpenCodeReasoning",
    ),
    "opencodereasoning-2": (
        lambda n: {
            "question_id": str(n),
            "question": f"Add {n}.",
            "r1_generation": reply(program(n), n),
            "solution": program(n),
            "judgement": "right",
            "dataset": "taco",
        },
        "OpenCodeReasoning-2",
    ),
    "codeforces, tests cut off": (
        lambda n: {
            "contest_id": str(n),
            "description": f"Add {n}.",
            "official_tests": cases(n),
            "official_tests_complete": False,
            "response": reply(program(n), n),
        },
        "Codeforces",
    ),
    "codeforces-cots": (
        lambda n: {
            "id": f"{n}/A",
            "contest_id": str(n),
            "description": f"Add {n}.",
            "examples": [{"input": "1", "output": str(n + 1)}],
            "prompt": f"Solve this: add {n}.",
            "generation": reply(program(n), n),
            "finish_reason": "stop",
            "messages": [{"role": "user", "content": f"Solve this: add {n}."}],
        },
        "codeforces-cots",
    ),
}
"""sets of code without tests"""
