"""A text is cut at its findings, nothing lost, and what hides in it is shown."""

from curate.looking.marked import Mark, marks, parts, pieces


def test_overlapping_findings_are_cut_where_they_meet() -> None:
    found = [Mark("a", 2, 6), Mark("b", 4, 8)]
    cut = [(p.text, p.found, p.begins) for p in pieces("0123456789", found)]
    assert cut == [
        ("01", (), ()),
        ("23", ("a",), ("a",)),
        ("45", ("a", "b"), ("b",)),
        ("67", ("b",), ()),
        ("89", (), ()),
    ]


def test_findings_beyond_the_text_lose_nothing() -> None:
    cut = list(pieces("abc", [Mark("x", 1, 99), Mark("y", 50, 60), Mark("z", 2, 2)]))
    assert "".join(p.text for p in cut) == "abc"


def test_hidden_characters_are_pieces_with_their_names() -> None:
    cut = list(pieces("a\u202eb\x07c\u200dd\ud800\n\t"))
    assert [p.text for p in cut] == ["a", "", "b", "", "c\u200dd", "", "\n\t"]
    assert [p.hidden for p in cut if p.hidden] == [
        "U+202E RIGHT-TO-LEFT OVERRIDE",
        "U+0007",
        "U+D800",
    ]


def test_thinking_and_reply_are_parts_with_findings_in_each() -> None:
    text = "<think>\n1 + 1\n</think>\n\nSo 2."
    at = text.index("So")
    found = [Mark("t", 8, 9), Mark("r", at, at + 2), Mark("both", 10, at + 3)]
    thinking, reply = parts(text, found)
    assert (thinking.name, reply.name) == ("thinking", "reply")
    assert "".join(p.text for part in (thinking, reply) for p in part.pieces) == text
    assert [p.text for p in reply.pieces if "r" in p.found] == ["So"]
    assert [part.name for part in parts("no tags at all")] == ["reply"]
    assert [part.name for part in parts("<think>\ncut off")] == ["thinking"]


def test_marks_are_the_findings_with_a_place() -> None:
    places = [{"what": "switch", "start": 3, "end": 5}, {"what": "answer", "start": None, "end": 1}]
    verdicts = [{"filter": "language", "detail": places}, {"filter": "x", "detail": None}]
    assert marks(verdicts) == [Mark("language: switch", 3, 5)]
