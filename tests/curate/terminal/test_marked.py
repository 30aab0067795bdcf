import pytest

from curate.terminal.marked import with_places


def test_places_are_marked_and_control_characters_shown() -> None:
    assert with_places("one two three", [(4, 7)]) == "one »two« three"
    assert with_places("a\x1b[2Jb", [(0, 1), (0, 4), (99, 100)]) == "»a«\\x1b[2Jb"


def test_colour_is_for_a_terminal_whose_user_wants_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert with_places("one two", [(4, 7)]) == "one \x1b[1;31mtwo\x1b[0m"
    monkeypatch.setenv("NO_COLOR", "1")
    assert with_places("one two", [(4, 7)]) == "one »two«"
