import pytest
from traces import frame, reasons

from filters.finish.finish import Finish

WHOLE = "<think>\nTwo and two.\n</think>\n\nIt is 4."
LONG = "The sum of the two numbers is what we look for, so we add them. " * 10


@pytest.mark.parametrize(
    ("text", "reason", "expected"),
    [
        (WHOLE, "stop", []),
        (WHOLE, None, []),
        (WHOLE, "length", ["truncated"]),
        (WHOLE, "error", ["failed"]),
        ("<think>\nTwo and", None, ["truncated"]),
        ("<think>\nTwo and", "stop", []),  # it ended by itself; format drops it
        (LONG + "But then the", None, ["truncated"]),
        (LONG + "\n\nAlternatively", None, ["truncated"]),
        (LONG + "So it is 4.", None, []),
        (LONG + "\n\n*(Note: nobody asked for a solution.)*", None, []),
        (LONG + "\n\n**The goat goes first**", None, []),
        (LONG + "Now 3 *", None, ["truncated"]),
        (LONG + "\n\n**Answer:** East", None, []),
        (LONG + "\n\n- goat\n- wolf", None, []),
        (LONG + "\n\nEs heißt „Der alte Mann und das Meer“.", None, []),
        ("East", None, []),
        ("Error code: 500 - {'error': 'Internal Server Error'}", None, ["failed"]),
        ("", None, []),
    ],
)
def test_how_a_sample_ended(text: str, reason: str | None, expected: list[str]):
    assert reasons(Finish(), text, finish_reason=reason) == [expected]


REPLY = "Each box holds 12 pens, and there are 4 boxes. So we multiply the two numbers.\n\n"
CUT = (
    "Therefore, the number of pens that",
    "**Step 2",
    "There are 48 pens (12 in each box, 4",
    "| boxes | pens |\n|---|---|\n| 4 |",
    "- Each box has 12 pens.\n- There are 4 boxes.\n- Together they",
    "1. The first thing to know is how many pens each of the boxes",
    "所以一共有四十八支铅笔，也就是说，每个人",
    "Together that is:\n\n\\[\n4 \\times 12 = 4",
    "**Inradius.** $r = \\dfra",
    "Try this: four times twelve. It is for",
    "**Answer:** Miriam has forty-eight pen",
    "- pens in a box: 12\n- boxes: 4\n- pen",
    "## Solution\n\nIt is 48.\n\n## Final Answe",
    "What we do:\n1. Take the box",
)
FINISHED = (
    "**Answer: 48**",
    "The answer is \\boxed{48} pens",
    "Answer: forty-eight",
    "- boxes\n- pens",
    "- pens in a box: 12\n- boxes: 4\n- pens: 48",
    "Kind regards,\nMiriam",
    "The pens are few\nthe boxes many\nand nobody knows",
    "| boxes | pens |\n|---|---|\n| 4 | 48 |",
    "It takes \\(x \\in (0, 1]\\)",
    "$20.00 (subtotal) + $4.00 (fee) = **$24.00**",
    "and so 4 × 12 = 48",
    "Together they hold\n\n\\[ 4 \\times 12 = \\boxed{48}",
    "**Answer:** Take the goat",
    "Answer: a pen and a box of pens",
    "The price is $48",
    "```python\nprint(4 * 12)\n```",
)


@pytest.mark.parametrize(
    "part", ["<think>\nThinking.\n</think>\n\n{}", "<think>\n{}\n</think>\n\nIt is 48."]
)
@pytest.mark.parametrize(
    ("ends", "expected"), [*((e, ["truncated"]) for e in CUT), *((e, []) for e in FINISHED)]
)
def test_a_part_that_stops_short_is_cut_where_no_reason_is_known(part, ends, expected):
    text = part.format(REPLY + ends)
    assert reasons(Finish(), text) == [expected]
    assert reasons(Finish(), text, finish_reason="stop") == [[]]


def test_a_failed_sample_has_no_text_and_is_dropped():
    verdicts = Finish().judge(frame(None, None, error=["engine: out of memory", None]))
    assert verdicts.get_column("keep").to_list() == [False, False]
    assert verdicts.get_column("reason").to_list() == ["failed", "failed"]


def test_the_label_is_the_recorded_reason():
    verdicts = Finish().judge(frame(*[WHOLE] * 3, finish_reason=["stop", None, "length"]))
    assert verdicts.get_column("label").to_list() == ["stop", None, "length"]


def test_a_finish_reason_that_becomes_known_is_judged_anew():
    hashes = Finish().judge(frame(WHOLE, WHOLE, finish_reason=[None, "stop"]))["input_hash"]
    assert hashes.n_unique() == 2
