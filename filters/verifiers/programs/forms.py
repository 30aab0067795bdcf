"""Test forms. The files' own are mapped to our three at load (`map_tests`):

{"mode": "assert", "tests": "assert f(1) == 2"}
{"mode": "call",   "tests": [{"call": "f", "args": [1], "expected": 2}]}
{"mode": "stdin",  "tests": [{"stdin": "1", "stdout": "2"}]}

Each may have a `prelude`, source that the problem itself gives and the program may count on, the
`limits` its programs are told, and the `starter_code` the model is shown. A case of `call` and
`stdin` may ask for a `tolerance`; `wrapped` says that its expected value stands in a list of one,
as some files have it.
"""

from __future__ import annotations

import ast
import json
import re
import warnings
from collections.abc import Mapping
from typing import Any

from filters.verifiers.json_text import unpacked

_SOURCE_LIMIT = 1 << 18  # characters, for which Python's parser takes 0.8 s and 250 MB at worst
_FILE = "tests of a problem"
# of what the parser warns of there; `catch_warnings` around it would not be safe among threads
_SILENCE = ("ignore", None, Warning, re.compile(_FILE), 0)


class BadTests(ValueError):
    """Tests in no form we know; the message says what is amiss."""


class TooLong(BadTests):
    """To be read here: they are left to the process that runs them, which has its own limits."""


def parse(source: str) -> ast.Module:
    """BadTests on what is no Python. For short test code only: what is long or written by a model
    is parsed behind the walls alone."""
    if len(source) > _SOURCE_LIMIT:
        raise TooLong("the source is too long to be read")
    if _SILENCE not in warnings.filters:  # whoever caught warnings meanwhile took it along
        warnings.filterwarnings("ignore", module=_FILE)
    try:
        return ast.parse(source, _FILE)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise BadTests(f"the test source is no Python: {error}") from None


def map_tests(raw: Any, problem: str | None = None) -> dict[str, Any]:
    """Ours, of whatever a problem file has. `problem` is the prompt: where that is Python
    (HumanEval), its imports and helpers are the prelude. Tests of no known form come back without
    a `mode` and with what is amiss as `unknown`: the row stays, its traces are undecided."""
    try:
        raw = unpacked(raw)
        return _with_tolerance(_mapped(raw, problem), raw)
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        return {"tests": raw, "unknown": str(error)[:200]}


def usable(raw: Any) -> dict[str, Any] | None:
    """Tests in one of our forms, every field of its type; None where there are none, BadTests where
    they are not to be used."""
    if not raw or (isinstance(raw, dict) and not raw.get("tests", True)):
        return None
    tests = map_tests(raw)
    if "mode" not in tests:
        raise BadTests(tests["unknown"])
    if not isinstance(tests.get("prelude", ""), str):
        raise BadTests("the prelude must be source text")
    if not tests["tests"]:
        return None
    if tests["mode"] == "assert":
        if not isinstance(tests["tests"], str):
            raise BadTests("assert tests must be source text")
        return tests
    for number, test in enumerate(tests["tests"], 1):
        _check_case(test, number, _FIELDS[tests["mode"]])
    return tests


_FIELDS: dict[str, dict[str, Any]] = {
    "call": {"call": str, "args": list, "expected": object},
    "stdin": {"stdin": str | int | float, "stdout": str | int | float},
}
_OPTIONAL: dict[str, Any] = {"kwargs": dict, "tolerance": int | float | None}


def _check_case(test: Any, number: int, fields: dict[str, Any]) -> None:
    if not isinstance(test, dict) or not fields.keys() <= test.keys():
        raise BadTests(f"case {number} needs {', '.join(fields)}")
    for name, kind in (fields | _OPTIONAL).items():
        if name in test and not isinstance(test[name], kind):
            raise BadTests(f"case {number}: {name} is {test[name]!r:.40}")
    if not 0 <= (test.get("tolerance") or 0) <= 1e300:
        raise BadTests(f"case {number}: tolerance is {test['tolerance']!r:.40}")


def _with_tolerance(mapped: dict[str, Any], raw: Any) -> dict[str, Any]:
    """One that stands beside the cases is each case's that has none."""
    tolerance = raw.get("tolerance") if isinstance(raw, Mapping) else None
    if tolerance is None or not isinstance(mapped["tests"], list):
        return mapped
    cases = [
        {"tolerance": tolerance} | case if isinstance(case, dict) else case
        for case in mapped["tests"]
    ]
    return mapped | {"tests": cases}


def _mapped(raw: Any, problem: str | None) -> dict[str, Any]:
    if isinstance(raw, str):
        return {"mode": "assert", "tests": raw}
    if isinstance(raw, list):
        return _of_list(raw)
    if not isinstance(raw, Mapping):
        raise BadTests(f"tests must be an object, a list or source text, not {raw!r:.40}")
    if not isinstance(raw.get("limits") or {}, Mapping):
        raise BadTests(f"limits must be an object, not {raw['limits']!r:.40}")
    match raw:
        case {"mode": "assert" | "call" | "stdin"}:
            return _of_ours(raw, problem)
        case {"code": source, "entry_point": name} | {"test": source, "entry_point": name}:
            return _of_check(source, name, problem)
        case {"test_list": lines}:  # MBPP
            lines = filter(None, [raw.get("test_setup_code"), *lines])
            return {"mode": "assert", "tests": "\n".join(lines)}
        case {"cases": cases}:
            pairs = [(case["stdin"], case["stdout"]) for case in cases]
        case {"inputs": given, "outputs": wanted}:  # APPS
            if len(given) != len(wanted):
                raise BadTests("as many inputs as outputs are needed")
            pairs = list(zip(given, wanted, strict=True))
        case _:
            raise BadTests(f"tests of no known form: keys {', '.join(map(str, raw))}")
    return _stdin_or_call(pairs, raw.get("fn_name")) | _carried(raw)


def _of_ours(raw: Mapping[str, Any], problem: str | None) -> dict[str, Any]:
    """A mode, and tests in its own form or still in a file's."""
    tests = raw["tests"]
    if isinstance(tests, Mapping):
        return _mapped(tests, problem) | _carried(raw)
    if not isinstance(tests, str | list):
        raise BadTests(f"tests must be a list or source text, not {tests!r:.40}")
    lines = isinstance(tests, list) and all(isinstance(line, str) for line in tests)
    return {**raw, "tests": "\n".join(tests)} if raw["mode"] == "assert" and lines else dict(raw)


def _of_list(raw: list[Any]) -> dict[str, Any]:
    if all(isinstance(item, str) for item in raw):
        return {"mode": "assert", "tests": "\n".join(raw)}
    if not all(isinstance(item, Mapping) for item in raw):
        raise BadTests("a list of tests must hold assert lines or objects")
    if all("input" in item and "output" in item for item in raw):
        return _of_typed(raw)
    mode = "stdin" if all("stdin" in item for item in raw) else "call"
    return {"mode": mode, "tests": [dict(item) for item in raw]}


def _of_typed(raw: list[Any]) -> dict[str, Any]:
    """PrimeIntellect, DeepCoder: {input, output}, fed and printed unless their type says that they
    are a function's."""
    if not any(_is_call(item) for item in raw):
        return _stdin_or_call([(item["input"], item["output"]) for item in raw], None)
    return {"mode": "call", "tests": [_typed_call(item) for item in raw]}


def _is_call(item: Mapping[str, Any]) -> bool:
    types = {item.get("type"), item.get("testtype")}
    return bool(item.get("fn_name")) or not types.isdisjoint({"function_call", "functional"})


def _typed_call(item: Mapping[str, Any]) -> dict[str, Any]:
    wanted = unpacked(item["output"])
    if item.get("testtype") == "functional":  # LiveCodeBench: lines, each of them JSON
        name = item["metadata"]["func_name"]
        lines = [line for line in item["input"].split("\n") if line.strip()]
        return {
            "call": name,
            "args": [*map(json.loads, lines)],
            "expected": json.loads(item["output"]),
        }
    given = unpacked(item["input"])
    call = {"call": item["fn_name"], "args": given if isinstance(given, list) else [given]}
    # a list of one may be the file's and not the function's
    listed = isinstance(wanted, list) and len(wanted) == 1
    return call | {"expected": wanted} | ({"wrapped": True} if listed else {})


def _of_check(source: str, name: str, problem: str | None) -> dict[str, Any]:
    """HumanEval: `def check(candidate)` and the name to check."""
    mapped = {"mode": "assert", "tests": f"{source}\n\ncheck({name})\n"}
    prelude = _prelude(problem or "", name)
    return mapped | {"prelude": prelude} if prelude else mapped


def _prelude(problem: str, name: str) -> str:
    """What the prompt gives besides the function asked for."""
    try:
        body = parse(problem).body
    except BadTests:  # prose
        return ""
    given = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef, ast.Assign)
    kept = [
        node for node in body if isinstance(node, given) and getattr(node, "name", None) != name
    ]
    return "\n".join(ast.unparse(node) for node in kept)


def _stdin_or_call(pairs: list[tuple[Any, Any]], name: str | None) -> dict[str, Any]:
    """What is fed and printed, or for a function its arguments and result."""
    if name is None:
        tests = [{"stdin": _text(given), "stdout": _text(wanted)} for given, wanted in pairs]
        return {"mode": "stdin", "tests": tests}
    # where every result is a list of one, the list may be the file's and not the function's
    wrapped = all(isinstance(wanted, list) and len(wanted) == 1 for _, wanted in pairs)
    calls = [{"call": name, "args": given, "expected": wanted} for given, wanted in pairs]
    tests = [case | {"wrapped": True} for case in calls] if wrapped else calls
    return {"mode": "call", "tests": tests}


def _carried(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {name: raw[name] for name in ("starter_code", "limits") if raw.get(name)}


def _text(value: Any) -> str:
    return "\n".join(map(str, value)) if isinstance(value, list) else str(value)
