import pytest
from traces import reasons, scores, whats

from filters.contradiction import contradicts
from filters.readability import Readability

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
        (f"It is \x0crac{{1}}{{2}}.{END}", ["broken_characters"]),
        (f"ä¸­å›½çš„æ•°å­¦{END}", ["broken_characters"]),
        ("Now #@%&*^~|/<>{}[]()=+_;:!?.,#@%&~$§<>&%@!" + END, ["symbol_soup"]),
        (f"{SENTENCE}</think>\n\nTherefore, the", ["unfinished_summary"]),
        (f"{SENTENCE}</think>\n\nSo the answer is \\boxed{{", ["unfinished_summary"]),
        (f"{SENTENCE}</think>\n\n综上所述，这个", ["unfinished_summary"]),
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
    ],
)
def test_a_summary_that_says_another_number(thinking: str, summary: str, expected: bool):
    assert contradicts(thinking, summary) is expected


def test_paragraphs_are_measured_in_bytes():
    assert scores(Readability(), f"<think>{'数' * 50}\nx{END}")["paragraph"] == 157


def test_findings_lie_where_they_say():
    text = f"<think>ä\n</think>\n\n{SENTENCE}\\[ x = 4."
    assert whats(Readability(), text) == [("broken_markup", "\\[")]
