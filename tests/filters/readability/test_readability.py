import pytest
from traces import reasons, scores, whats

from filters.readability.contradiction import contradiction
from filters.readability.markup import broken_markup
from filters.readability.readability import Readability

END = "\n</think>\n\nIt is \\(\\boxed{4}\\)."
SENTENCE = "We add the two numbers and see what comes out of it. "


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"{SENTENCE}{END}", []),
        (f"First.\n{SENTENCE * 100}{END}", ["long_paragraph"]),
        (SENTENCE * 50 + "</think> It is 4.", ["wall_of_text"]),
        (f"Try:\n```python\nprint(4)\n```\n{END}", ["code_in_thinking"]),
        (f"~~~js\nf()\n~~~\n{END}", ["code_in_thinking"]),
        (f"{SENTENCE}</think>\n\nRun\n```python\nprint(4)\n```", []),
        (f"{SENTENCE}</think>\n\nRun\n```python\nprint(4)", ["broken_markup"]),
        (f"{SENTENCE}</think>\n\n\\[ x = \\frac{{7}}{{2}} and so on.", ["broken_markup"]),
        (f"{SENTENCE}</think>\n\n\\begin{{align}} x &= 4 \\\\[4pt] y &= 5.", ["broken_markup"]),
        (f"{SENTENCE}</think>\n\n\\( \\left( a + b ^2 \\) is it.", ["broken_markup"]),
        (f"It isnâ€™t so, and the cafÃ© is closed.{END}", ["broken_characters"]),
        (f"It is \ufffd so.{END}", ["broken_characters"]),
        (f"ĠSoĠtheĠsum is \uf06d.{END}", ["broken_characters"]),
        (f"It is six &Psi; of it.{END}", ["web_left_overs"]),
        (f"In HTML the entities are &Omega; and &Psi;.{END}", []),
        (f"It is six.\n\nPowered by WordPress{END}", ["web_left_overs"]),
        (f"It is \x0crac{{1}}{{2}}.{END}", ["broken_characters"]),
        (f"ä¸­å›½çš„æ•°å­¦{END}", ["broken_characters"]),
        ("Now #@%&*^~|/<>{}[]()=+_;:!?.,#@%&~$§<>&%@!" + END, ["symbol_soup"]),
        ("Now +|¬•¤[`  ¦;,|=/;*;)]†%◊%{•-!∑>≈)//}°]'|^{'!;=.:,<◊'§" + END, ["symbol_soup"]),
        (f"{SENTENCE}</think>\n\nTherefore, the", ["unfinished_summary"]),
        (f"{SENTENCE}</think>\n\nSo the answer is \\boxed{{", ["unfinished_summary"]),
        (f"{SENTENCE}</think>\n\n综上所述，这个", ["unfinished_summary"]),
        (f"{SENTENCE}</think>\n\nSo it is \\boxed{{}}", ["unfinished_summary"]),
        (f"{SENTENCE}</think>\n\nNobody can know: \\boxed{{?}}", []),
    ],
)
def test_what_makes_a_trace_unreadable(text: str, expected: list[str]):
    assert reasons(Readability(), f"<think>\n{text}") == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "| a | b |\n|---|:---|\n| 1 | 2 |\n\n----------------------------------------\n",
        "\\[ f(x) = \\begin{cases} 1 \\\\[2pt] 2 \\end{cases} \\] costs $5 and $6.",
        "$$\\left(\\frac{a}{\\left[b\\right]}\\right)$$ in ]0, 1[ and [0, 1)",
        "NÃO, the São Paulo café is at 20 °C; ½ × ¾ ≠ 1 — “so” it’s fine … 👍🏽",
        "Is `a || b && !c` true? f(g(h(x))) != {{1}, {2}}",
        "The answer is B",
    ],
)
def test_look_alikes_stay(text: str):
    assert reasons(Readability(), f"<think>{SENTENCE}\n{text}{END}") == [[]]


def test_slips_count_by_their_share_in_the_thinking_and_each_in_the_summary():
    slip, sound = "\\( x = 4\n", "\\( x = 4 \\)\n"
    many = f"<think>{sound * 20}{slip}</think>"
    assert reasons(Readability(), f"{many}It is 4.") == [[]]
    assert reasons(Readability(), f"<think>{sound * 4}{slip}</think>It is 4.") == [
        ["broken_markup"]
    ]
    assert reasons(Readability(), f"{many}It is {slip} or so.") == [["broken_markup"]]


@pytest.mark.parametrize(
    ("text", "broken"),
    [
        (r"\( a \) \[ b \]", []),
        (r"\) a \(", [r"\)", r"\("]),
        (r"\[ \left( a \] \right)", [r"\left", r"\right"]),
        (r"\begin{a} \begin{b} \end{a}", [r"\begin{b}"]),
        (r"$$ a $$ b $$", ["$$"]),
        (r"`\(` and \\[4pt] and \$$5", []),
        ("```\n\\(\n``` and ~~~\n```", ["~~~\n```"]),
    ],
)
def test_which_marks_are_broken(text: str, broken: list[str]):
    assert [text[begin:end] for begin, end in broken_markup(text)] == broken


def test_a_brace_that_is_copied_from_the_problem_is_no_slip():
    formula = "(\\rho \\times 7.01 \\cdot (\\lambda))"
    text = f"<think>{SENTENCE}</think>It is \\(\\sqrt{{{formula[1:]} \\).\n\nNo value."
    problem = f"What is $\\sqrt{formula}$?"
    assert reasons(Readability(), text, problem=problem) == [[]]
    assert reasons(Readability(), text) == [["broken_markup"]]


@pytest.mark.parametrize("end", ["**Answer:** East", "\\[\n\\boxed{4}\n\\]", "4", "Good luck! 🚗"])
def test_a_summary_may_end_without_a_full_stop(end: str):
    assert reasons(Readability(), f"<think>{SENTENCE}\n</think>\n\n{end}") == [[]]


@pytest.mark.parametrize(
    ("thinking", "summary", "expected"),
    [
        ("So the answer is 12.", "It is \\boxed{15}.", True),
        ("Hence \\boxed{12}.", "It is \\boxed{15}.", True),
        ("所以，答案是12。", "一共是\\boxed{15}个。", True),
        ("So the answer is 12.", "It is \\boxed{12}.", False),
        ("So the answer is 0.5.", "It is \\boxed{1/2}.", False),
        ("So the answer is 3.1416.", "It is \\boxed{3.14}.", False),
        ("So the answer is 1,200.", "It is \\boxed{\\$1200}.", False),
        ("First 15, then the answer is 12.", "It is \\boxed{15}.", False),
        ("So the answer is 12.", "(a) \\boxed{15} (b) \\boxed{12}", False),
        ("Nobody knows.", "It is \\boxed{15}.", False),
        ("So the answer is x.", "It is \\boxed{y}.", False),
        # whole numbers are compared exactly, unless one is an estimate
        ("So the answer is 1240 trees.", "It is \\boxed{1239}.", True),
        ("So the answer is about 1240.", "It is \\boxed{1239}.", False),
        ("So the answer is 3,5.", "It is \\boxed{3.5}.", False),
        ("So the answer is 1\\,200.", "It is \\boxed{1200}.", False),
        ("So the answer is 18 hours and 48 minutes.", "It is \\boxed{1128}.", False),
        ("So the answer is 2 hours.", "It is \\boxed{120} minutes.", False),
        # a result that is not called the answer
        ("$24 + $8 = $32.\n\nAnd $32 + $6 = $38.", "It is \\boxed{37}.", True),
        ("Each of 2 kids can have 7 cookies, so there are 14.", "It is \\boxed{15}.", True),
        ("Next, I'll multiply it by 12.", "It is \\boxed{36}.", False),
        ("The last price is 12 euros each.", "The sum is \\boxed{12 + 24}.", False),
        # fractions, choices, yes and no; other words may say the same
        ("Hence \\boxed{\\frac{3}{4}}.", "It is \\boxed{\\frac{1}{4}}.", True),
        ("Hence \\boxed{\\frac{3}{4}}.", "It is \\boxed{\\dfrac{6}{8}}.", False),
        ("Hence \\boxed{B}.", "It is \\boxed{\\text{C}}.", True),
        ("Hence \\boxed{\\text{(B)}}.", "It is \\boxed{B}.", False),
        ("Hence \\boxed{\\text{Yes}}.", "It is \\boxed{No}.", True),
        ("Hence \\boxed{undefined}.", "It is \\boxed{impossible}.", False),
        # a summary without a box
        ("So the answer is 12.", "**Answer:** 15", True),
        ("So the answer is 12.", "The answer is **12**.", False),
        ("So the answer is 50%.", "**Answer:** Switching to Door #2 changes nothing.", False),
        # a value that is still to be worked out, or only asked about
        ("So the labor costs $150.\n\nNow, add it to the $80.", "It is \\boxed{230}.", False),
        ("I will multiply by 170.", "It is \\boxed{11050}.", False),
        ("Perhaps the answer is 50%?", "It is \\boxed{12}.", False),
        # the last word outranks what was said before it
        (
            "It was 15 before I read the question again, then 12. The answer is 12.",
            "It is \\boxed{15}.",
            True,
        ),
        # a box that other answers follow
        ("So the answer is 9.", "(a) \\boxed{15}.\n\n(b) Nine.", False),
    ],
)
def test_a_summary_that_says_another_number(thinking: str, summary: str, expected: bool):
    assert (contradiction(thinking, summary) is not None) is expected


def test_paragraphs_are_measured_in_bytes():
    assert scores(Readability(), f"<think>{'数' * 50}\nx{END}")["paragraph"] == 157


def test_findings_lie_where_they_say():
    text = f"<think>ä\n</think>\n\n{SENTENCE}\\[ x = 4."
    assert whats(Readability(), text) == [("broken_markup", "\\[")]


def test_what_the_thinking_closes_and_the_summary_opens_does_not_balance():
    assert reasons(Readability(), r"So \] it is 4.</think>It is \[ 4.") == [["broken_markup"]]
    assert reasons(Readability(), r"So 4.</think>It is \[ 4 \), done.") == [["broken_markup"]]


def test_a_longer_number_is_another_number():
    text = "I get \\boxed{38}.\n</think>\n\nIt is \\boxed{3}."
    assert reasons(Readability(), text) == [["contradicting_summary"]]
