import pytest

from curate.terminal.side_by_side import compared, show_side_by_side


def told(before: str, after: str) -> list:
    """Passages as the words of each side that the other lacks."""
    return [
        p if isinstance(p, int) else [[w.strip() for w, other in side if other] for side in p]
        for p in compared(before, after)
    ]


def test_only_sentences_that_differ_are_compared_word_by_word():
    before = "I add. So we get 27. I check it.\n\nIt is right."
    after = "I add.  So I get 27. I check\nit. It is right."
    assert told(before, after) == [1, [["we"], ["I"]], 2]


def test_chinese_is_compared_by_character():
    assert told("我先检查一下。", "我再检查一下。") == [[["先"], ["再"]]]


@pytest.mark.parametrize("text", ["", "word", "a\x1b[31m"])
def test_texts_that_are_empty_or_odd(text):
    assert told(text, text) == ([1] if text else [])
    assert told(text, "") == ([[[text], []]] if text else [])


def test_long_passages_are_not_compared_word_by_word():
    (passage,) = told("a " * 5_000, "a b " * 5_000)
    assert [len(side) for side in passage] == [5_000, 10_000]


def test_what_differs_is_marked_and_commands_no_terminal(capsys):
    show_side_by_side(("old", "new"), ("So we \x1b[2J add. Fine.", "So I add. Fine."))
    out = capsys.readouterr().out
    assert "So [-we \\x1b[2J-] add." in out
    assert "So {+I+} add." in out
    assert "… 1 sentence alike …" in out
    assert "\x1b" not in out
