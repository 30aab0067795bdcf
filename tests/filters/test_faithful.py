import polars as pl
import pytest
from traces import frame

from filters.faithful import Faithful
from filters.trace_format import render

PROBLEM = "Tom has 12 apples and buys 3 bags of 5 apples. How many apples has he?"
PARENT = render(
    "So Tom has 12 apples. 他买了三袋, so 3*5 = 15 apples more. Wait, let me check: "
    "5+5+5 = 15, yes. 12 + 15 = 27. So it is twenty-seven, that is 27.",
    "\\boxed{27}",
)
THINKING = (
    "I start with the 12 apples that Tom has. I note that he bought three bags, which gives "
    "$3 \\times 5 = 15$ more. Let me check: $5 + 5 + 5 = 15$, yes. I add: $12 + 15 = 27$."
)
SUMMARY = "Tom buys $3 \\times 5 = 15$ apples, so he has $12 + 15 = 27$ of them: $\\boxed{27}$."


def judged(thinking: str, summary: str, parent: str | None = PARENT, **settings) -> pl.DataFrame:
    text = render(thinking, summary)
    rows = frame(text, problem=PROBLEM).with_columns(
        parent=pl.lit(parent, pl.String), parent_hash=pl.lit("p")
    )
    return Faithful(**settings).judge(rows)


def test_a_faithful_rewriting_is_kept():
    verdict = judged(THINKING, SUMMARY).row(0, named=True)
    assert (verdict["keep"], verdict["reasons"]) == (True, [])


@pytest.mark.parametrize(
    ("thinking", "summary", "reasons"),
    [
        (THINKING, SUMMARY.replace("27", "15"), ["other_answer"]),
        (THINKING + " A year has 365 days.", SUMMARY, ["new_numbers"]),
        ("I add: 12 + 15 = 27.", SUMMARY, ["reasoning_dropped"]),
        (THINKING * 3, SUMMARY, ["reasoning_added"]),
        (THINKING, "Here is the rewritten text: " + SUMMARY, ["about_itself"]),
        (THINKING, "以下是改写后的内容：" + SUMMARY, ["about_itself"]),
        ("I see 15 = 12 + 3, 27 = 5 and 27 = 3. " + THINKING[:90], "\\boxed{27}", ["new_formulas"]),
    ],
)
def test_what_is_not_in_the_parent_is_named(thinking, summary, reasons):
    assert judged(thinking, summary)["reasons"].to_list() == [reasons]


def test_what_was_invented_is_pointed_at():
    verdict = judged(THINKING + " A year has 365 days.", SUMMARY).row(0, named=True)
    assert [(f["what"], f["text"]) for f in verdict["detail"]] == [("new_number", "365")]


@pytest.mark.parametrize(
    ("parent", "child"),
    [
        ("1,360 meals", "$1{,}360$ meals"),
        ("24642 and 1\\,000", "24,642 and 1000.0"),
        ("about .5 of it", "0.50 of it"),
        ("twenty-one of a hundred and five", "21 of 105"),
        ("half of it, a third, twice that", "$\\frac{1}{2}$ of it, $\\frac{1}{3}$, $2$ times"),
        ("80% of it", "0.8 of it"),
        ("0.25 of it", "25\\% of it"),
        ("一共三十五个，两百个", "35 and 200"),
        ("1. I take it.\n4. I see.", "Step 1: I take it. 4. I see."),
        ("so it is", "1. so\n2. it is"),
    ],
)
def test_the_same_number_may_be_written_otherwise(parent, child):
    verdict = judged(f"{THINKING}\n{child}", SUMMARY, PARENT.replace("yes", f"\n{parent}"))
    assert "new_numbers" not in verdict["reasons"].item(), verdict["detail"].item()


@pytest.mark.parametrize(
    ("parent", "child", "new"),
    [
        ("1,360 meals", "1,370 meals", "1,370"),
        ("0.25 of it", "0.75 of it", "0.75"),
        ("80% of it", "0.08 of it", "0.08"),
        ("twenty-one", "42 of it", "42"),
        ("5 apples", ".5 apples", ".5"),
    ],
)
def test_another_number_is_new(parent, child, new):
    verdict = judged(f"{THINKING}\n{child}", SUMMARY, PARENT.replace("yes", f"\n{parent}")).row(
        0, named=True
    )
    assert [f["text"] for f in verdict["detail"]] == [new]


def test_formulas_compare_however_thousands_are_written():
    parent = PARENT.replace("yes", "5,000 + 2,000 + 1,000 = 8,000")
    child = "$5000 + 2000 + 1000 = 8000$, so I have $5000 + 3000 = 8000$. " + THINKING[:90]
    verdict = judged(child.replace("3000", "2{,}000"), "\\boxed{27}", parent)
    assert "new_formulas" not in verdict["reasons"].item()


def test_first_person_where_the_style_asks_for_it():
    thinking = THINKING.replace("I ", "we ").replace("Let me", "Let's")
    assert judged(thinking, SUMMARY)["keep"].item() is True
    assert judged(thinking, SUMMARY, first_person=True)["reason"].item() == "not_first_person"


def test_a_trace_that_was_not_rewritten_is_none_of_its_business():
    assert judged(THINKING, SUMMARY, None)["reason"].item() == "not_applicable"
