"""Tests of any form and replies of any kind: read, refused or left to the test process, and nothing
raises but as told."""

import json
import random

from hostile_data import SCALARS, tagged

from filters.verifiers.code import _outcome
from filters.verifiers.extraction.program import program_in
from filters.verifiers.outcome import Case
from filters.verifiers.programs.asserts import checks_of
from filters.verifiers.programs.forms import BadTests, map_tests, parse, usable
from filters.verifiers.sandbox.expected import CannotCross, names_of

TOKENS = """
assert f ( ) [ ] { } , : == != is not in None True 1 10 ** 9999 * + - / 2.5 1j "a" b"b" f"{x}" set
frozenset dict list tuple float "inf" lambda x = def check candidate \n \n\n \n\t class Solution
Solution() . method import math from for while if else try except raise with as and or ~ ... := @
@f -> async await yield del global return pass 0x 1e999 1_0 'é' \\ ; # ' \ud800 \x00 **{} *[]
""".split(" ")
PIECES = """
assert f(1) == 1|assert not f([1, {2: (3,)}], k=set())|assert f() is None|def check(c):\n    assert c(1)
check(f)|assert Solution().g(2) == [0] * 9|assert f(10 ** 5000) != 2 ** 70000|x = f(1)|import math
assert f({**a})|assert f(*a, **b)|assert f([[]] * 10**7) == {[]: 1}|assert f(float("x"))
assert f(1) < 2|assert {1: {}}[1] == f()|for i in (1, 2): assert f(i)|N = 5|assert f(9**9**9)|assert 1
assert f(-True) == -"a"|assert f(1 if x else 2)|assert (lambda: f(1))()|assert 1/0 == f(1e400)
""".replace("\n", "|").split("|")  # noqa: E501


def source(rng: random.Random) -> str:
    some = rng.choices(PIECES, k=rng.randrange(1, 4))
    if rng.random() < 0.3:
        return " ".join(rng.choices(TOKENS, k=rng.randrange(1, 15)))
    text = "\n".join(some)
    for _ in range(rng.randrange(3)):
        at = rng.randrange(len(text) + 1)
        text = text[:at] + rng.choice(TOKENS) + text[at + rng.randrange(4) :]
    return text


def form(rng: random.Random) -> object:
    """What a file may hold as tests."""
    names = ["mode", "tests", "code", "test", "entry_point", "test_list", "test_setup_code"]
    names += ["cases", "inputs", "outputs", "fn_name", "limits", "prelude", "starter_code"]
    case = {rng.choice(["call", "args", "expected", "stdin", "stdout", "kwargs", "tolerance"]): v
            for v in (tagged(rng) for _ in range(4))}  # fmt: skip
    whole = {"call": "f", "args": [], "expected": tagged(rng), "stdin": "", "stdout": 5}
    values = [*SCALARS, "assert", "call", "stdin", [case], [whole], source(rng), tagged(rng)]
    made = {name: rng.choice(values) for name in rng.sample(names, rng.randrange(1, 6))}
    return rng.choice([made, made, {**made, "mode": "call", "tests": [whole, case]}, *values])


def read(raw: object) -> None:
    """All that is done with tests before a program runs."""
    map_tests(raw, "def f(x): ...")
    try:
        tests = usable(raw)
        if tests and tests["mode"] == "assert":
            tree = parse(tests["tests"])
            checks_of(tree)
            names_of(tree, parse(tests.get("prelude", "")))
    except (BadTests, CannotCross):
        pass


def test_tests_of_random_form_are_read_or_refused():
    rng = random.Random(1)
    for _ in range(1500):
        read(form(rng))
        read(source(rng))


def test_random_tests_give_an_outcome():
    rng = random.Random(2)
    for _ in range(60):
        case = Case("def f(*a, **k): return 1", kind="code", bare=True, tests=form(rng))
        said = _outcome(case)
        assert not said.is_defect, (said, case)


def test_tests_nested_without_end_are_undecided():
    deep: object = 1
    for _ in range(500):
        deep = [deep]
    program = "def f(*a):\n    x = []\n    for _ in range(60): x = [x]\n    return x"
    calls = [{"call": "f", "args": [], "expected": deep}]
    for tests in ({"mode": "call", "tests": calls}, json.dumps(calls), "[" * 5000):
        said = _outcome(Case(program, kind="code", bare=True, tests=tests))
        assert said.keep is None, said
        assert not said.is_defect, said
    minus = f"assert f({'-' * 900}1) == 1"
    assert _outcome(Case(program, kind="code", bare=True, tests=minus)).keep is not True


def test_random_replies_hold_a_program_or_none():
    rng = random.Random(7)
    marks = ["```", "````", "~~~", "```python", "```py\n", "\n", " ", "\t", "`", "<think>"]
    marks += ["</think>", "<|im_end|>", "def f(x):", "x = 1", "\r\n", "\u2028", "é", "\ud800"]
    marks += ["\x00"]
    for _ in range(3000):
        reply = "".join(rng.choices(marks, k=rng.randrange(20)))
        found = program_in(reply, frozenset({"f", "x.("}))
        assert found is None or found.rule.partition("_")[0] in ("fence", "whole")
