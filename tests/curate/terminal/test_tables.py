"""Texts in the width of a terminal."""

import pytest

from curate.terminal.tables import short


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (None, ""),
        (" one\ntwo ", "one two"),
        ("a" * 10, "a" * 10),
        ("a" * 11, "a" * 9 + "…"),
        ("\n" * 99 + "far below", "far below"),
        ("a" + " " * 99 + "b", "a…"),
    ],
)
def test_what_is_left_out_is_shown(text, shown):
    assert short(text, 10) == shown
