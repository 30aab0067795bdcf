"""Every form of a kind that people reported, crossed: headings with bodies, options with clauses,
tags with contents, units with brackets. Each is right for its gold and wrong for another."""

import itertools

import pytest

from filters.verifiers import Case, verify

HEADINGS = (
    "Final Answer:", "**Final Answer**", "Answer:", "**Answer:**", "## Final Answer", "### Answer",
    "The final answer is:", "Final Answer", "ANSWER:", "# Answer", "**Answer**", "*Final Answer:*",
)  # fmt: skip
BODIES = (
    ("12", "The area of triangle $ABC$ is:\n\\[12\\]"),
    ("15", "The sum of the first $n$ terms for $n=5$ is:\n$$\n15\n$$"),
    ("\\frac{1}{2}", "The probability $P(A)$ is:\n\\[\n\\frac{1}{2}\n\\]"),
    ("9", "The last three digits of \\(2003^{2002^{2001}}\\) are:\n\\[Answer: 009\\]"),
    ("7", "The remainder when $3^{100}$ is divided by $11$ is $7$."),
    ("101", "The remainder when $2^{50}$ is divided by $1000$ is **101**."),
    ("12", "For $n = 5$, the count is 12."),
    ("3", "The maximum value of $f(x)$ on $[0, 2]$ is 3"),
    ("8", "How many integers $n$ satisfy $1 < n < 10$?\n8"),
    ("(2, 3)", "The lines $y = x + 1$ and $y = 2x - 1$ meet at:\n$$(2, 3)$$"),
    ("14", "Step 1 gives $7$, step 2 gives $2 \\cdot 7 = 14$."),
    ("5", "$5$"),
)
BEFORE = ("", "Let $n=5$ and $x = 2$.\n\nThen $x + n = 7$.\n\n")
CLAUSES = (
    "I would choose {}.", "Answer: It must be {}.", "My choice is {}.", "{} is the right one.",
    "\\boxed{{\\text{{({})}}}}", "### Answer\n**{}) 3.2 eV**", "It's {}.", "{} (3.2 eV)",
    "ANSWER IS {}. F is incorrect.", "So the correct answer is option {}", "I'd go with ({}).",
    "**({})**", "Correct: {}", "({})", "{}: 3.2 eV", "\\boxed{{12}}, so the answer is {}",
    "Only {} works.", "Selected option: {}", "{} because the mass is larger", "Ans. ({})",
    "So, {} it is.", "This matches choice ({}).", "故选：{}．", "因此选{}。", "本题答案为{}",
    "\\boxed{{12}}\n\n\\boxed{{{}}}", "$\\boxed{{12}}$, so ({}).", "\\boxed{{12}} → {}",
)  # fmt: skip
TAGS = ("answer", "Final_Answer", "solution", "RESULT", "response", "final answer")
INSIDE = ("7", "The answer is 7.", "\n7\n", "$7$", "\\boxed{7}", "x = 7", "7 apples", "3 + 4 = 7")
UNITS = ("days", "km", "元", "cm^2", "m/s", "千克", "%", "square units")
BRACKETS = (
    "\\boxed{180 (%s)}", "\\boxed{180\\ (\\text{%s})}", "\\boxed{180（%s）}", "**180 (%s)**",
    "\\boxed{180 \\text{ (%s)}}", "The answer is 180 (%s).", "\\boxed{180 [%s]}", "答案：180（%s）",
)  # fmt: skip
QUOTES = ("“%s”", "«%s»", "「%s」", '"%s"', "'%s'", "`%s`")
SAID = ("The answer is %s.", "Answer: %s", "\\boxed{%s}", "**Answer:** %s", "答案是%s。")
GIVES_UP = (
    "I was unable to find it; 42 appears.", "I have no answer. 42 is given.",
    "I failed to do it. 42",
    "This problem is too hard for me, 42.", "I did not manage to solve this. 42.", "No idea. 42?",
    "I haven't found the answer 42.", "I could not determine the value 42.", "无法确定，42。",
)  # fmt: skip
TWO = (
    "There are $12$ hens and $18$ ducks.", "Answer: 12 hens, 18 ducks", "Hens: 12, ducks: 18.",
    "**12** hens and **18** ducks.", "鸡有12只，兔有18只。", "Thus, hens = 12 and ducks = 18.",
)  # fmt: skip


def missed(rows, wanted=("correct",), kind="math"):
    """The (gold, reply) of which the outcome is not wanted."""
    outcomes = verify([Case(reply, gold, kind=kind) for gold, reply in rows])
    return [
        (*row, o.outcome, o.answer)
        for row, o in zip(rows, outcomes, strict=True)
        if o.outcome not in wanted
    ]


WRONG = ("incorrect", "no_answer")


def test_a_value_below_a_heading():
    several = itertools.product(BEFORE, HEADINGS, ("\n", "\n\n"), BODIES)
    assert (
        missed([(gold, b + heading + sep + body) for b, heading, sep, (gold, body) in several])
        == []
    )


@pytest.mark.parametrize("kind", ["math", "choice"])
def test_an_option_in_a_clause(kind):
    rows = [(x, before + c.format(x)) for x in "ABE" for c in CLAUSES for before in BEFORE]
    assert missed(rows, kind=kind) == []
    assert missed([("C", reply) for _, reply in rows], WRONG, kind) == []


@pytest.mark.parametrize(
    ("forms", "fillings", "gold", "other"),
    [
        ([f"<{tag}>%s</{tag}>" for tag in TAGS], INSIDE, "7", "8"),
        ([f"[{tag}]%s[/{tag}]" for tag in TAGS], INSIDE, "7", "8"),
        (BRACKETS, UNITS, "180", "18"),
        (SAID, [quote % "x=3" for quote in QUOTES], "x=3", "x=4"),
        (SAID, [quote % "apple" for quote in QUOTES], "apple", "pear"),
    ],
    ids=["tags", "brackets", "units", "quotes", "quoted words"],
)
def test_what_stands_around_an_answer(forms, fillings, gold, other):
    replies = [form % filling for form in forms for filling in fillings]
    assert missed([(gold, reply) for reply in replies]) == []
    assert missed([(other, reply) for reply in replies], WRONG) == []


def test_who_gives_up_states_no_number():
    assert missed([("42", before + said) for said in GIVES_UP for before in BEFORE], WRONG) == []


def test_two_named_numbers_are_neither_of_them():
    assert missed([("12, 18", said) for said in TWO]) == []
    assert (
        missed([(gold, said) for said in TWO for gold in ("12", "18", "30", "12, 19")], WRONG) == []
    )
