"""Reading a reply takes time in proportion to its length, whatever it is made of: nasty shapes of
50, 100 and 200 kB, each at most 2.6 times the processor time of the one before."""

from functools import partial

import pytest
from growth import check_growth, seconds

from filters.verifiers import Case, verify

pytestmark = pytest.mark.usefixtures("uncollected")

SHAPES = {
    "nested braces": ("{", "6", "}"),
    "dollars": ("$a ", "6", ""),
    "stars": ("**a", "6", ""),
    "single stars": ("* ", "6", ""),
    "code fences": ("```python\n", "6", "\n"),
    "quotes": ('"a" ', "6", ""),
    "boxes": (r"\boxed{5} ", "", ""),
    "open boxes": (r"\boxed{", "6", ""),
    "nested boxes": (r"\boxed{", "6", "}"),
    "brackets": ("(", "6", ")"),
    "display formulas": (r"\[ ", "6", r" \]"),
    "open formulas": (r"\( ", "6", ""),
    "fractions": (r"\frac", "6", ""),
    "equals signs": ("a = ", "6", ""),
    "commas": ("1, ", "6", ""),
    "commas without blanks": (",;", "6", ""),
    "text commands": (r"\text{", "6", "}"),
    "announcements": ("the answer is ", "6", ""),
    "answer tags": ("<answer>", "6", ""),
    "think tags": ("<think>", "6", ""),
    "headings": ("\n#### a", "6", ""),
    "sentences": ("So. ", "6", ""),
    "claims": ("Ann is a knight, ", "6", ""),
    "digits": ("1", "", ""),
    "blanks": (" ", "6 x", ""),
    "line feeds": ("\n", "6 x", ""),
    "tabs and feeds": (" \n", "6 x", ""),
}
GOLDS = {"math": "5", "exact": "5", "choice": "B", "logic": "Ann is a knight, Bob is a knave"}
SIZES = (50_000, 100_000, 200_000)


def text(shape, size):
    before, middle, after = shape
    times = size // (len(before) + len(after))
    return f"We see that abc{before * times}{middle}{after * times} and so on"


def check(cases):
    check_growth([partial(verify, [case]) for case in cases])


@pytest.mark.parametrize("kind", GOLDS)
@pytest.mark.parametrize("shape", SHAPES)
def test_twice_the_length_takes_twice_the_time(shape, kind):
    check([Case(text(SHAPES[shape], size), GOLDS[kind], kind=kind) for size in SIZES])


@pytest.mark.parametrize("shape", SHAPES)
def test_the_same_holds_of_golds_and_of_bare_answers(shape):
    texts = [text(SHAPES[shape], size) for size in SIZES]
    check([Case("5", t) for t in texts])
    check([Case(t, "5", bare=True) for t in texts])


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("before", ["", "So ", "The answer is abc ", "**Answer:** "])
def test_no_end_of_a_reply_is_dear_to_read(shape, before):
    """Rules look at the last 6,000 characters: what is not linear there is bounded by them."""
    case = Case(before + text(SHAPES[shape], 5_900)[-5_900:], "5")
    assert min(seconds(lambda: verify([case])) for _ in range(3)) < 0.2


@pytest.mark.parametrize("shape", SHAPES)
def test_no_gold_that_is_short_enough_to_be_read_is_dear(shape):
    case = Case("5", text(SHAPES[shape], 3_900)[:3_900])
    assert min(seconds(lambda: verify([case])) for _ in range(3)) < 0.2
