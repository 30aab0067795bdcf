"""Plain data on the wire: it crosses unchanged, and no text makes its reader raise but as told."""

import contextlib
import random

import pytest
from hostile_data import LITERALS, line, spoilt, value

from filters.verifiers.programs.comparison import same, shown, truth
from filters.verifiers.sandbox import wire

VALUES = [
    None, True, 0, -7, 10**400, 1.5, float("inf"), "", "é\x00\ud800", b"\x00", 1 - 2j,
    [], [1, [2]], (), (1,), {}, {"a": 1, (1, 2): None}, set(), {1, "a"}, frozenset({(1,)}),
]  # fmt: skip


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_plain_data_crosses_and_equals_only_itself(value):
    got = wire.load(wire.pack(value))
    assert wire.unpack(wire.pack(value)) == value
    assert [same(other, got) for other in VALUES] == [other == value for other in VALUES]


@pytest.mark.parametrize(
    "text",
    [
        *('{"x": 1}', '{"t": 1}', '{"i": "zz"}', "[" * 9999, '{"c": []}', "{}"),
        *('{"t": [], "s": []}', '{"i": "0x1", "i": "0x2"}', "NaN", "[Infinity]", "1" * 5000),
        *('{"d": [[1]]}', '{"d": ""}', '{"f": []}', '{"b": 5}', b"\xff", '"é"'.encode(), ""),
        '{"t": [' * 150 + "]}" * 150,
    ],
)
def test_what_pack_cannot_have_written_is_refused(text):
    with pytest.raises(wire.Unreadable):
        wire.load(text)


def test_what_cannot_be_hashed_is_refused_when_it_is_built():
    with pytest.raises(wire.Unreadable):
        wire.unpack('{"s": [[1]]}')
    assert not same({1}, wire.load('{"s": [[1]]}'))


def test_data_as_deep_as_may_cross_is_read():
    deep = 7
    for _ in range(wire.MAX_DEPTH):
        deep = {1: (deep,)} if len(wire.pack(deep)) % 2 else [deep]
        try:
            packed = wire.pack([deep])
        except wire.NotPlain:
            break
        assert same([deep], wire.load(packed))
    else:
        pytest.fail("no limit")


def test_colliding_keys_cost_the_comparison_nothing():
    colliding = wire.Tagged("s", [n * (2**61 - 1) for n in range(20000)])
    assert not same(set(range(20000)), colliding)
    assert shown(colliding).startswith("{0, 2305843009213693951")


@pytest.mark.parametrize(
    ("value", "text"),
    [({"a": (1,)}, "{'a': (1,)}"), ([10**5000], "[a huge number]"), ([b"x", None], "[b'x', None]")],
)
def test_values_are_shown_as_python_shows_them(value, text):
    assert shown(wire.load(wire.pack(value))) == text


def compared_with_anything(text: bytes, expected: object, tolerance: float | None) -> None:
    got = wire.load(text)
    for json in (False, True):
        same(expected, got, json=json, tolerance=tolerance)
    truth(got)
    assert len(shown(got)) <= 60


def fuzz(seed: int, rounds: int) -> None:
    rng = random.Random(seed)
    for _ in range(rounds):
        text = line(rng)
        try:
            compared_with_anything(text, value(rng), rng.choice([None, 0.1]))
            wire.unpack(text)
        except wire.Unreadable:
            pass


def test_no_text_makes_reader_or_comparison_raise():
    fuzz(seed=9, rounds=3000)


def test_a_value_equals_itself_and_what_is_spoilt_is_read_or_refused():
    rng = random.Random(4)
    for _ in range(500):
        honest = value(rng)
        packed = wire.pack(honest)
        assert same(honest, wire.load(packed)) or "nan" in packed
        with contextlib.suppress(wire.Unreadable):
            wire.unpack(spoilt(rng, packed))


def test_literals_that_are_known_to_hurt():
    for literal in LITERALS:
        with contextlib.suppress(wire.Unreadable):
            wire.unpack(literal)
