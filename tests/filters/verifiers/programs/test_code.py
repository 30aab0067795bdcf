"""The program verifier: test forms, where the program is in a reply, what counts as equal."""

# ruff: noqa: E501  (tables, a case per line)
import json
import warnings

import pytest

from filters.errors import UserError
from filters.verifiers.code import map_tests, verify_code
from filters.verifiers.outcome import Case, Outcome
from filters.verifiers.programs.asserts import checks_of
from filters.verifiers.programs.comparison import same_text
from filters.verifiers.programs.forms import parse
from filters.verifiers.sandbox import limits_of

MUL = "def mul(a, b):\n    return a * b\n"
CALLS = [{"call": "mul", "args": [2, 3], "expected": 6}, {"call": "mul", "args": [0, 1], "expected": 0}]  # fmt: skip
STDIN = [{"stdin": "3 4\n", "stdout": "12\n"}, {"stdin": "-2 5\n", "stdout": "-10\n"}]
SCRIPT = "a, b = map(int, input().split())\nprint(a * b)\n"


def case(program: str | None, tests: object) -> Case:
    return Case(program, kind="code", bare=True, tests=tests)


def run(program: str | None, mode: str, tests: object, **more: object) -> Outcome:
    return verify_code([case(program, {"mode": mode, "tests": tests, **more})])[0]


def rows(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


# ---- test forms ----------------------------------------------------------------------------------


def test_all_humaneval_solutions_pass(shared):
    problems = rows(shared / "humaneval.jsonl")
    cases = [
        case(p["problem"] + p["solution"], map_tests(p["tests"], p["problem"])) for p in problems
    ]
    said = verify_code(cases, jobs=2)
    wrong = {p["problem_id"]: s for p, s in zip(problems, said, strict=True) if not s.keep}
    assert len(said) == 164
    assert wrong == {}


def test_humaneval_solutions_of_another_problem_fail(shared):
    problems = rows(shared / "humaneval.jsonl")[:30]
    cases = [
        case(
            f"{other['problem']}{other['solution']}\n{name(p)} = {name(other)}\n",
            map_tests(p["tests"], p["problem"]),
        )
        for p, other in zip(problems, problems[1:] + problems[:1], strict=True)
    ]
    assert [said.keep for said in verify_code(cases, jobs=2)] == [False] * 30


def name(problem):
    return problem["tests"]["entry_point"]


def test_apps_solutions_and_samples_agree_with_their_source(shared):
    problems = {p["problem_id"]: p for p in rows(shared / "stdio_apps_5.jsonl")}
    samples = [s for s in rows(shared / "stdio_apps_5_samples.jsonl") if "Timeout" not in str(s)]
    samples = [s for s in samples if s["error_type"] not in (None, "timeoutexception")]
    tests = {key: map_tests(p["tests"]) for key, p in problems.items()}
    cases = [case(s["code"], tests[s["problem_id"]]) for s in samples]
    said = verify_code(cases, jobs=2)
    assert [s.keep for s in said] == [s["result"] == "True" for s in samples]


@pytest.mark.parametrize(
    ("raw", "mode", "tests"),
    [
        ("assert f(1) == 2", "assert", "assert f(1) == 2"),
        (["assert f(1) == 2", "assert f(2)"], "assert", "assert f(1) == 2\nassert f(2)"),
        ({"test_list": ["assert f(1)"], "test_setup_code": "x = 1"}, "assert", "x = 1\nassert f(1)"),
        ({"mode": "stdin", "tests": STDIN}, "stdin", STDIN),
        ({"mode": "assert", "tests": ["assert f(1)"]}, "assert", "assert f(1)"),
        ({"mode": "assert", "tests": {"type": "check", "entry_point": "f", "code": "..."}}, "assert", "...\n\ncheck(f)\n"),
        ({"entry_point": "f", "test": "..."}, "assert", "...\n\ncheck(f)\n"),
        ({"cases": [{"stdin": 1, "stdout": 2}]}, "stdin", [{"stdin": "1", "stdout": "2"}]),
        (STDIN, "stdin", STDIN),
        (json.dumps(CALLS), "call", CALLS),
        ({"inputs": ["1\n"], "outputs": ["2\n"]}, "stdin", [{"stdin": "1\n", "stdout": "2\n"}]),
        ({"inputs": [["1", "2"]], "outputs": [["3"]]}, "stdin", [{"stdin": "1\n2", "stdout": "3"}]),
        ({"inputs": ["1"], "outputs": ["2"], "tolerance": 0.1}, "stdin", [{"tolerance": 0.1, "stdin": "1", "stdout": "2"}]),
        ({"fn_name": "f", "inputs": [[1]], "outputs": [2]}, "call", [{"call": "f", "args": [1], "expected": 2}]),
        ({"fn_name": "f", "inputs": [[1]], "outputs": [[2]]}, "call", [{"call": "f", "args": [1], "expected": [2], "wrapped": True}]),
    ],
)  # fmt: skip
def test_test_forms_are_mapped_to_ours(raw, mode, tests):
    assert map_tests(raw) == {"mode": mode, "tests": tests}


def test_humaneval_prompts_give_their_helpers_as_prelude():
    prompt = 'import math\n\ndef half(x):\n    return x / 2\n\ndef f(x):\n    """Twice."""\n'
    mapped = map_tests({"type": "check", "entry_point": "f", "code": "def check(c): ..."}, prompt)
    assert mapped["prelude"] == "import math\ndef half(x):\n    return x / 2"
    assert mapped["tests"].endswith("check(f)\n")


@pytest.mark.parametrize(
    ("mode", "tests", "more"),
    [
        ("call", [{"call": "mul", "args": "ab", "expected": 1}], {}),
        ("call", [{"call": "mul", "args": [1, 2]}], {}),
        ("call", ["mul(1, 2)"], {}),
        ("call", {"mul": 1}, {}),
        ("call", [{"call": "mul", "args": [], "expected": 1, "kwargs": [1]}], {}),
        ("stdin", [{"stdin": "1", "stdout": "2", "tolerance": "little"}], {}),
        ("stdin", [{"stdin": None, "stdout": "2"}], {}),
        ("assert", [1], {}),
        ("assert", "assert mul(1, 2) == 2", {"limits": 3}),
    ],
)
def test_malformed_tests_are_the_golds_fault(mode, tests, more):
    assert run(MUL, mode, tests, **more).outcome == "gold_unparseable"


def test_long_test_code_is_read_where_it_runs():
    """Never parsed here: that may take gigabytes."""
    asserts = f"assert f({list(range(60_000))}) == 60_000\n"
    program = "def f(x): return len(x)"
    assert run(program, "assert", asserts).outcome == "correct"
    assert run("def f(x): return 1", "assert", asserts).outcome == "incorrect"
    dense = run(program, "assert", "a;" * 500_000)
    assert dense.outcome == "gold_unparseable"
    assert "more memory" in dense.detail
    assert run(program, "assert", "1 +" * 200_000).outcome == "gold_unparseable"


def test_tests_of_no_known_form_stay_a_row():
    assert map_tests({"cases": [{"in": 1}]}).keys() == {"tests", "unknown"}
    assert run(MUL, "assert", "assert mul(").outcome == "gold_unparseable"
    assert verify_code([case(MUL, map_tests({"what": 1}))])[0].outcome == "gold_unparseable"


@pytest.mark.parametrize("tests", [None, {}, {"mode": "stdin", "tests": []}, {"mode": "assert", "tests": ""}])  # fmt: skip
def test_no_tests_is_no_gold(tests):
    assert verify_code([case(MUL, tests)])[0].outcome == "no_gold"


@pytest.mark.parametrize(
    ("program", "mode", "tests"),
    [
        (SCRIPT, "stdin", STDIN),
        (MUL, "call", CALLS),
        (MUL, "assert", "assert mul(2, 3) == 6"),
        ("class Solution:\n    def mul(self, a: List[int], b): return a * b", "call", CALLS),
        ("def f(x): return tuple(x)", "call", [{"call": "f", "args": [[1, 2]], "expected": [1, 2]}]),
        ("def f(x): return {1: x}", "call", [{"call": "f", "args": [2], "expected": {"1": 2}}]),
        ("def f(x): return x % 2 == 0", "call", [{"call": "f", "args": [2], "expected": [True], "wrapped": True}]),
        ("def f(x): return x / 3", "call", [{"call": "f", "args": [1], "expected": 0.3333333, "tolerance": 1e-6}]),
        ("from collections import Counter\nf = Counter", "assert", "assert f('aab') == {'a': 2, 'b': 1}"),
        ("def f(x): x.sort()", "assert", "x = [2, 1]\nf(x)\nassert x == [1, 2]"),
        ("def f(x): return x[0]", "assert", "try:\n    f([])\n    assert False\nexcept IndexError: pass\nassert f([1]) == 1"),
        ("def f(x): raise ValueError('no')", "assert", "def raises():\n    try: f(1)\n    except ValueError as e: return str(e)\nassert raises() == 'no'"),
        ("class S:\n    def f(self, x): return x", "assert", "assert S().f(1) == 1"),
        ("class S:\n    def f(self, x): return x", "assert", "for i in range(3): assert S().f(i) == i"),
        ("def f(x): return x", "assert", "assert abs(f(1.5) - 1.5) < 1e-9"),
        ("def f(x): return x", "assert", "import math\nassert math.isclose(f(1.5), 1.5)"),
        ("def f(x): return set(x)", "assert", "assert f([1, 2]) == {2, 1} and f([]) == set()"),
        ("def f(*x, **y): return x, y", "assert", "assert f(1, b=2) == ((1,), {'b': 2})"),
        ("def f(x): return x", "assert", "def test_it():\n    assert f(2) == 2\ntest_it()"),
        ("def sum(x): return len(x)", "assert", "assert sum([5, 6]) == 2"),
        ("def f(n): return 10 ** n", "assert", "assert f(5000) == 10 ** 5000"),
        ("def f(): return '\\ud800\\x00é'", "assert", "assert f() == '\\ud800\\x00é'"),
        ("def f(): return float('inf')", "assert", "assert f() == float('inf')"),
        ("def f(): return b'a', 1j, frozenset([1])", "assert", "assert f() == (b'a', 1j, frozenset({1}))"),
        ("print(open(0).read().strip()[::-1], end='')", "stdin", [{"stdin": "ab", "stdout": "ba\n\n"}]),
        ("import sys\nfor line in sys.stdin: print(line.strip(), '')\nsys.exit()", "stdin", [{"stdin": "a\nb", "stdout": "a\nb"}]),
        ("print(1 / 3)", "stdin", [{"stdin": "", "stdout": "0.33333", "tolerance": 1e-4}]),
        ("print(open('/dev/stdin').read()[::-1])", "stdin", [{"stdin": "ab", "stdout": "ba"}]),
        ("from pathlib import Path\nopen('/dev/stdout', 'w').write(Path('/dev/fd/0').read_text())", "stdin", [{"stdin": "ab", "stdout": "ab"}]),
        ("print(int(input()) + 1)", "stdin", [{"stdin": "1" + "0" * 5000, "stdout": "1" + "0" * 4999 + "1"}]),
        ("import sys\nfrom functools import cache\nsys.setrecursionlimit(10**6)\n@cache\ndef f(n): return n and 1 + f(n - 1)\nprint(f(50_000))", "stdin", [{"stdin": "", "stdout": "50000"}]),
        ("class Solution:\n    def f(self, n): return n and 1 + self.f(n - 1)", "call", [{"call": "f", "args": [20_000], "expected": 20_000}]),
        ("import threading\nthreading.Thread(target=print, args=(7,)).start()", "stdin", [{"stdin": "", "stdout": "7"}]),
        ("import atexit\natexit.register(print, 7)", "stdin", [{"stdin": "", "stdout": "7"}]),
        ("if __name__ == '__main__': print(7)\nexit(0)", "stdin", [{"stdin": "", "stdout": "7"}]),
    ],
)  # fmt: skip
def test_right_programs_are_correct(program, mode, tests):
    said = run(program, mode, tests)
    assert said.outcome == "correct", said


@pytest.mark.parametrize(
    ("program", "mode", "tests", "outcome", "detail"),
    [
        (SCRIPT + "print('done')", "stdin", STDIN, "incorrect", "case 1: printed 12 done, not 12"),
        ("print(12)", "stdin", STDIN, "incorrect", "case 2: printed 12, not -10"),
        ("print(1.0)", "stdin", [{"stdin": "", "stdout": "1"}], "incorrect", "case 1: printed 1.0, not 1"),
        ("print('a', 'b')", "stdin", [{"stdin": "", "stdout": "a  b"}], "incorrect", None),
        ("print()\nprint(1)", "stdin", [{"stdin": "", "stdout": "1"}], "incorrect", None),
        ("print('1 2')", "stdin", [{"stdin": "", "stdout": "1\n2", "tolerance": 0.1}], "incorrect", None),
        ("print(1)\nraise SystemExit(3)", "stdin", [{"stdin": "", "stdout": "1"}], "runtime_error", "case 1: exit status 3"),
        ("print(1)\n1 / 0", "stdin", [{"stdin": "", "stdout": "1"}], "runtime_error", "case 1: ZeroDivisionError: division by zero"),
        ("def mul(a, b): return 6", "call", CALLS, "incorrect", "case 2: returned 6, not 0"),
        ("def mul(a): return 6", "call", CALLS, "runtime_error", None),
        ("def mul(a, b): return 6", "assert", "assert mul(2, 3) == 6\nassert mul(2, 2) == 4", "incorrect", "case 2: returned 6, not 4"),
        ("def mul(a, b): return 6", "assert", "for b in (3, 2):\n    assert mul(2, b) == 2 * b", "incorrect", "case 1: assertion failed"),
        ("def f(x): return [x]", "assert", "assert f(1) == (1,)", "incorrect", None),
        ("def f(x): return 1", "assert", "assert f(1) is True", "incorrect", None),
        ("def f(x): return None", "assert", "assert len(f(1)) == 0", "incorrect", "case 1: the test raised TypeError: object of type 'NoneType' has no len()"),
        ("def f(x): raise StopIteration", "assert", "assert all(map(f, [1, 2]))", "runtime_error", None),
        ("def g(x): return x", "assert", "assert f(1) == 1", "runtime_error", "case 1: NameError: name 'f' is not defined"),
        ("def f(): return {1: {2: [3]}}", "assert", "assert f() == 0", "incorrect", None),
    ],
)  # fmt: skip
def test_wrong_programs_are_not(program, mode, tests, outcome, detail):
    said = run(program, mode, tests)
    assert said.outcome == outcome, said
    assert detail in (None, said.detail)


@pytest.mark.parametrize(
    "tests",
    [
        "root = Node(1)\nroot.left = Node(2)\nassert depth(root) == 2",
        "s = Stack()\ns.push(1)\nassert s.pop() == 1",
        "assert apply(lambda x: x + 1, 2) == 3",
        "import no_such_module\nassert no_such_module.g(f(1)) == 1",
        "def check(candidate):\n    assert candidate(1) == 2",
        "assert True",
        "f(1)",
        "import sys\nf(1)\nsys.exit(0)",
    ],
)
def test_tests_that_cannot_be_asked_through_a_pipe_are_unsupported(tests):
    program = "class Node:\n    def __init__(self, x): pass\nclass Stack(Node):\n    def __init__(self): pass\ndef f(x): return x\ndepth = apply = f"  # fmt: skip
    said = run(program, "assert", tests)
    assert (said.outcome, said.keep) == ("unsupported", None), said


def test_helpers_of_the_problem_are_not_the_programs_to_define():
    tests = "for x in (1, 2): assert twice(x) == f(x)"
    cheat = "def f(x): return 0\ndef twice(x): return 0\n"
    assert run(cheat, "assert", tests).outcome == "correct"  # nobody said what twice is
    said = run(cheat, "assert", tests, prelude="def twice(x): return 2 * x")
    assert said.outcome == "incorrect"


def test_an_assert_is_read_without_being_run():
    checks = checks_of(parse("assert f([1], k=-2) == {'a': (1.5, None)}\nassert not g()"))
    assert [(c.call, c.args, c.named, c.test) for c in checks] == [
        ("f", [[1]], {"k": -2}, "=="),
        ("g", [], {}, "false"),
    ]


@pytest.mark.parametrize(
    "source",
    ["assert f(9**9**9) == 1", "assert f([0] * 10**9)", "assert f(x) == 1", "assert f(1) < 2"],
)
def test_what_is_too_much_to_read_is_left_to_the_test_process(source):
    assert checks_of(parse(source)) is None


def test_what_the_parser_warns_of_in_tests_is_silent():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(parse("assert f('\\d') == 1or 2").body) == 1


def test_a_reply_without_program_has_no_answer():
    tests = {"mode": "call", "tests": CALLS}
    replies = ["I do not know.", None, f"<think>hm</think>\n```python\n{MUL}```"]
    *none, said = verify_code([Case(reply, kind="code", tests=tests) for reply in replies])
    assert [s.outcome for s in none] == ["no_answer"] * 2
    assert (said.outcome, said.rule, said.answer) == ("correct", "fence_named", MUL)


def test_tolerance_is_only_where_it_is_asked_for():
    assert not same_text("0.5", "0.50000001")
    assert same_text("0.5 1e3", "0.50000001 1000", 1e-6)
    assert not same_text("0.5", "0.6", 1e-6)
    assert not same_text("nan", "0.5", 1e-6)


# ---- cases, limits -------------------------------------------------------------------------------


def test_wall_alone_is_the_processor_limit_too():
    assert limits_of({"wall_s": 3}).cpu_s == 3
    assert limits_of({"cpu_s": 3}).wall_s >= 7
    with pytest.raises(UserError, match="did you mean 'memory_mib'"):
        limits_of({"memory_mb": 3})
    with pytest.raises(UserError, match="must be a number above 0"):
        limits_of({"wall_s": -1})


def test_equal_cases_run_once_and_outcomes_keep_their_order():
    tests = {"mode": "call", "tests": CALLS}
    programs = [MUL, "def mul(a, b): return 0", MUL]
    said = verify_code([case(p, tests) for p in programs], jobs=3)
    assert [s.outcome for s in said] == ["correct", "incorrect", "correct"]
    assert [s.stage for s in said] == ["code", "code", "cache"]
    assert said[2].seconds == 0 < said[0].seconds
