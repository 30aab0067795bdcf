import pytest
from traces import frame, reasons

from filters.finish import Finish

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
        ("East", None, []),
        ("Error code: 500 - {'error': 'Internal Server Error'}", None, ["failed"]),
        ("", None, []),
    ],
)
def test_how_a_sample_ended(text: str, reason: str | None, expected: list[str]):
    assert reasons(Finish(), text, finish_reason=reason) == [expected]


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
