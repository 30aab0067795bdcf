"""Sets of programming problems: how their tests become ours (filters/verifiers/programs/forms.py
knows most forms once the columns are together)."""

from __future__ import annotations

import re
from typing import Any

from curate.sources.layouts.layout import Layout, Theirs, made
from filters.errors import UserError
from filters.verifiers.json_text import unpacked

HUMANEVAL = Layout(
    "HumanEval",
    ("prompt", "test", "entry_point"),
    {
        "problem": "prompt",
        "tests": made(
            lambda test, entry_point: {"code": test, "entry_point": entry_point},
            *("test", "entry_point"),
        ),
        "response": ("response", "completion", "generations"),
        "source_problem_id": "task_id",
    },
    kind="code",
)


_OF_NODES = ("list_node(", "tree_node(", "is_same_list(", "is_same_tree(")
"""tests that hand objects over, which plain data does not carry: undecided"""


def _leetcode(test: str, entry_point: str, imports: str | None, starter: str | None) -> Any:
    if any(call in test for call in _OF_NODES):
        return {"tests of linked objects": test}
    tests = {"mode": "assert", "tests": f"{test}\n\ncheck({entry_point})\n"}
    return tests | {"prelude": imports or "", "starter_code": starter or ""}


LEETCODE = Layout(
    "LeetCodeDataset",  # `prompt` holds imports, `query` the whole question
    ("problem_description", "test", "entry_point"),
    {
        "problem": ("query", "problem_description"),
        "tests": made(_leetcode, "test", "entry_point", "prompt", "starter_code"),
        "response": ("response", "completion"),
        "source_problem_id": ("task_id", "question_id"),
    },
    kind="code",
)

MBPP = Layout(
    "MBPP",
    ("test_list", "code"),
    {
        "problem": ("text", "prompt"),
        "tests": made(
            lambda tests, setup, imports: {
                "test_list": tests,
                "test_setup_code": setup or "\n".join(imports or []),
            },
            *("test_list", "test_setup_code", "test_imports"),
        ),
        "response": ("response", "completion", "generations"),
        "source_problem_id": "task_id",
    },
    kind="code",
)


def _contest(public: Any, private: Any, more: Any, time_limit: Any) -> dict[str, Any]:
    """All cases; the contest's time limit, in {seconds, nanos}, is what programs are told."""
    pairs = [
        {"stdin": given, "stdout": wanted}
        for tests in (public, private, more)
        for given, wanted in zip(*_columns(tests), strict=True)
    ]
    limits = _seconds(time_limit)
    return {"mode": "stdin", "tests": pairs} | ({"limits": {"cpu_s": limits}} if limits else {})


def _columns(tests: Any) -> tuple[list[str], list[str]]:
    """Inputs and outputs, of an object of lists or a list of objects."""
    tests = unpacked(tests) or {}
    if isinstance(tests, list):
        return [case["input"] for case in tests], [case["output"] for case in tests]
    return tests.get("input") or [], tests.get("output") or []


def _seconds(limit: Any) -> float | None:
    if not isinstance(limit, dict):
        return limit if isinstance(limit, int | float) else None
    return (limit.get("seconds") or 0) + (limit.get("nanos") or 0) / 1e9 or None


CODECONTESTS = Layout(
    "CodeContests",
    ("description", "public_tests"),
    {
        "problem": "description",
        "tests": made(_contest, "public_tests", "private_tests", "generated_tests", "time_limit"),
        "source_problem_id": "name",
    },
    kind="code",
)


def _apps(cases: Any, starter: str | None) -> Any:
    cases = unpacked(cases)
    return {**cases, "starter_code": starter or ""} if isinstance(cases, dict) else cases


APPS = Layout(
    "APPS",  # TACO likewise
    ("question", "input_output"),
    {
        "tests": made(_apps, "input_output", "starter_code"),
        "source_problem_id": ("problem_id", "id"),
    },
    kind="code",
)

_NO_TESTS = "it has no tests: add them from a file of problems (docs/import.md)"


def _question(text: str, dataset: str | None) -> str:
    if text == "-":
        raise UserError(
            f"the question is not here but in {dataset}; take split_0, or join it first"
        )
    return text


def _untested(name: str, known_by: tuple[str, ...], question: str, response: str) -> Layout:
    columns: dict[str, Theirs] = {
        "problem": made(_question, question, "dataset"),
        "response": response,
        "gold": "none",
        "source": ("source", "dataset"),
    }
    return Layout(name, known_by, columns, kind="code", note=_NO_TESTS)


OPENCODEREASONING = _untested(
    "OpenCodeReasoning", ("input", "output", "solution", "dataset"), "input", "output"
)
OPENCODEREASONING_2 = _untested(
    "OpenCodeReasoning-2", ("question", "r1_generation", "dataset"), "question", "r1_generation"
)


def _statement(*parts: Any) -> str:
    """The parts of a contest's task under their headings, as it shows them."""
    *texts, examples = parts
    shown = [f"{heading}{text}" for heading, text in zip(_HEADINGS, texts, strict=True) if text]
    shown += [f"Example\nInput:\n{e['input']}\nOutput:\n{e['output']}" for e in examples or ()]
    return "\n\n".join(shown)


_HEADINGS = ("", "Input\n", "Output\n", "Note\n")


def _official(tests: Any, complete: Any, checker: Any) -> Any:
    """None where some were cut off, or where several outputs are right."""
    return _contest(tests, None, None, None) if tests and complete and not checker else None


CODEFORCES = Layout(
    "Codeforces",
    ("description", "official_tests", "contest_id"),
    {
        "problem": made(
            _statement, "description", "input_format", "output_format", "note", "examples"
        ),
        "tests": made(_official, "official_tests", "official_tests_complete", "generated_checker"),
        "source_problem_id": "id",
    },
    kind="code",
    note="problems whose tests are cut off or need a checker come in without tests",
)

CODEFORCES_COTS = Layout(
    "codeforces-cots",
    ("contest_id", "generation", "prompt"),
    {"problem": "prompt", "response": "generation", "source_problem_id": "id"},
    kind="code",
    note=_NO_TESTS,
)


def _functions_called(test: str) -> dict[str, str]:
    """pytest's functions, called; the program stands where they would import it from."""
    lines = [line for line in test.splitlines() if not line.startswith("from solution import")]
    calls = [f"{name}()" for name in re.findall(r"^def (test\w*)\(\)", test, re.MULTILINE)]
    return {"mode": "assert", "tests": "\n".join([*lines, "", *calls])}


KODCODE = Layout(
    "KodCode",
    ("question", "test", "test_info"),
    {
        "problem": "question",
        "tests": made(_functions_called, "test"),
        "messages": "conversations",
        "source_problem_id": "question_id",
    },
    kind="code",
)
