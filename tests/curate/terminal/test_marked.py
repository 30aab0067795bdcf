from curate.terminal.marked import with_places


def test_places_are_marked_and_control_characters_shown() -> None:
    assert with_places("one two three", [(4, 7)]) == "one »two« three"
    assert with_places("a\x1b[2Jb", [(0, 1), (0, 4), (99, 100)]) == "»a«\\x1b[2Jb"
