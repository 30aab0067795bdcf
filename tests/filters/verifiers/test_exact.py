"""Exact match, and what the table of verifiers does with kinds it does not know."""

import subprocess
import sys

import pytest

from filters.verifiers import Case, verify, verify_gold


@pytest.mark.parametrize(
    ("gold", "reply", "outcome"),
    [
        ("Paris", "</think>paris", "correct"),
        ("Paris", "</think>The answer is Paris.", "correct"),
        ("Paris", "</think>\\boxed{\\text{Paris}}", "correct"),
        ("Paris", "</think>\\boxed{Lyon}", "incorrect"),
        ("1/2", "</think>\\boxed{0.5}", "incorrect"),
        ("[1, 2)", "</think>\\boxed{(1, 2]}", "incorrect"),
        ("x is 5", "x is 5", "correct"),
    ],
)
def test_exact(gold, reply, outcome):
    assert verify([Case(reply, gold, kind="exact")])[0].outcome == outcome


def test_an_unknown_kind_is_unsupported_and_the_order_of_kinds_is_kept():
    cases = [Case("5", "5"), Case("x", "x", kind="poem"), Case("B", "B", kind="choice")]
    assert [o.outcome for o in verify(cases)] == ["correct", "unsupported", "correct"]


def test_golds_are_checked_against_themselves():
    golds = ["5", r"\frac{1}{", None, r"\sqrt{2}", "x+1"]
    outcomes = [o.outcome for o in verify_gold(golds)]
    assert outcomes == ["correct", "gold_unparseable", "no_gold", "correct", "correct"]


def test_importing_the_package_loads_nothing_heavy():
    code = "import sys, filters.verifiers; print(*sorted(sys.modules))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"sympy", "mpmath", "polars", "math_verify", "torch"} & set(found.stdout.split())


def test_the_driver_never_loads_the_symbolic_libraries():
    code = """if True:
        import sys
        from filters.verifiers import Case, verify
        outcome = verify([Case(r"\\boxed{\\\\sqrt{8}}", r"2\\sqrt{2}")])[0]
        print(outcome.outcome, outcome.stage, "sympy" in sys.modules, "mpmath" in sys.modules)
    """
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["correct", "symbolic", "False", "False"]
