import random
from collections.abc import Iterator, Sequence

import polars as pl
import pytest
from injector.defects import DEFECTS
from injector.recall import recall_table

from filters.base import GROUP_FRAME
from filters.overlap.duplicate import Duplicate
from filters.overlap.shingles import jaccard, shingle_sets

WORDS = ("so", "then", "sum", "add", "carry", "check", "wait", "hence", "digit", "ten")


def group(texts: dict[str, str | None], dropped: tuple[str, ...] = ()) -> pl.DataFrame:
    """One problem per first letter of the trace_id."""
    frame = pl.DataFrame(
        {
            "trace_id": list(texts),
            "problem_id": [t[0] for t in texts],
            "fate": ["dropped" if t in dropped else "kept" for t in texts],
            "attempt": 0,
            "response": list(texts.values()),
        }
    )
    absent = [pl.lit(None).alias(c) for c in GROUP_FRAME if c not in frame.columns]
    return frame.with_columns(absent)


NOTHING_KNOWN = pl.DataFrame(schema=Duplicate.facts)


def confirmed(
    frame: pl.DataFrame, duplicate: Duplicate, known: pl.DataFrame = NOTHING_KNOWN
) -> tuple[pl.DataFrame, pl.DataFrame, list[str]]:
    """Signs, looks candidates up and judges, as the filter stage does: verdicts, new facts, and
    whose texts were read."""
    texts = frame.select("trace_id", "response")
    looked_up: list[str] = []

    def read(trace_ids: Sequence[str]) -> Iterator[pl.DataFrame]:
        looked_up.extend(trace_ids)
        yield from texts.filter(pl.col("trace_id").is_in(list(trace_ids))).iter_slices(3)

    signed = pl.concat([frame, duplicate.sign(frame)], how="horizontal")
    blind = signed.with_columns(pl.lit(None, dtype=pl.String).alias("response"))
    rows, facts = duplicate.confirm(blind, read, known)
    return duplicate.judge(rows), facts, looked_up


def judged(frame: pl.DataFrame, duplicate: Duplicate) -> pl.DataFrame:
    return confirmed(frame, duplicate)[0]


def twins(frame: pl.DataFrame, **settings) -> dict[str, tuple]:
    """trace_id -> (reason, twin)"""
    return {
        row["trace_id"]: (row["reason"], next((f["text"] for f in row["detail"] or []), None))
        for row in judged(frame, Duplicate(**settings)).iter_rows(named=True)
    }


def prose(seed: int, n: int = 400) -> list[str]:
    chance = random.Random(seed)
    return [chance.choice(WORDS) + str(chance.randrange(100)) for _ in range(n)]


def changed(tokens: list[str], every: int) -> str:
    """Every so many words another: of 5-grams, similarity (every - 5) / (every + 5)."""
    return " ".join("new" if i % every == every // 2 else t for i, t in enumerate(tokens))


def test_exact_ignores_white_space_and_names_the_kept_twin():
    frame = group({"p2": "so  x = 4\n", "p1": "so x = 4", "p3": "so x = 5"})
    assert twins(frame) == {
        "p2": ("exact_duplicate", "p1"), "p1": (None, None), "p3": (None, None)
    }  # fmt: skip


def test_a_trace_the_others_keep_is_preferred_to_one_they_drop():
    frame = group({"p1": "a b", "p2": "a b"}, dropped=("p1",))
    assert twins(frame) == {"p1": ("exact_duplicate", "p2"), "p2": (None, None)}


def test_no_text_is_undecided_and_never_a_twin():
    assert set(twins(group({"p1": None, "p2": None})).values()) == {("no_text", None)}


def test_row_order_changes_nothing():
    frame = group({f"p{i}": f"text {i % 3}" for i in range(9)})
    assert twins(frame.reverse()) == twins(frame)


def test_near_twins_are_dropped_with_their_exact_similarity():
    base = prose(1)
    texts = {"p1": " ".join(base), "p2": changed(base, 100), "p3": changed(base, 15)}
    verdicts = judged(group(texts), Duplicate(near=0.8))
    a, b, _ = shingle_sets(list(texts.values()), 5)
    assert verdicts["reason"].to_list() == [None, "near_duplicate", None]
    assert verdicts["scores"][1][1]["value"] == jaccard(a, b) > 0.85
    assert twins(group(texts), near=None) == dict.fromkeys(texts, (None, None))


def test_punctuation_and_case_do_not_tell_texts_apart():
    words = prose(2)
    frame = group({"p1": " ".join(words), "p2": ", ".join(words).upper()})
    assert twins(frame)["p2"] == ("near_duplicate", "p1")


def test_a_dropped_twin_condemns_nobody():
    """a ~ b ~ c, a and c too far apart: b goes for a, and c stays."""
    base = prose(3)
    second = changed(base, 60).split()
    third = [w if i % 60 != 45 else "other" for i, w in enumerate(second)]
    frame = group({"p1": " ".join(base), "p2": " ".join(second), "p3": " ".join(third)})
    assert twins(frame, near=0.8) == {
        "p1": (None, None), "p2": ("near_duplicate", "p1"), "p3": (None, None)
    }  # fmt: skip


def test_other_fates_need_no_text_again():
    base = prose(7)
    texts = {f"p{i}": changed(base, 100 + i) for i in range(4)} | {"q1": " ".join(prose(8))}
    first, facts, looked_up = confirmed(group(texts), Duplicate())
    assert sorted(looked_up) == ["p0", "p1", "p2", "p3"]
    assert facts.height == 6  # all pairs of the four
    for dropped in (("p3",), ("p0",), ("p0", "p1")):
        others = group(texts, dropped)
        verdicts, more, looked_up = confirmed(others, Duplicate(), facts)
        assert (more.height, looked_up) == (0, [])
        assert verdicts.equals(judged(others, Duplicate()))
    assert not verdicts.equals(first)
    new = group(texts | {"p4": changed(base, 200)})
    verdicts, more, looked_up = confirmed(new, Duplicate(), facts)
    assert more.height == 4
    assert verdicts.equals(judged(new, Duplicate()))


def test_the_twin_named_is_one_that_is_kept():
    base = prose(6)
    near = changed(base, 100)
    frame = group({"p1": " ".join(base), "p2": near, "p3": near})
    assert twins(frame) == {
        "p1": (None, None), "p2": ("near_duplicate", "p1"), "p3": ("exact_duplicate", "p1")
    }  # fmt: skip


def test_chinese_goes_by_characters():
    chance = random.Random(4)
    text = [chr(chance.randrange(0x4E00, 0x9000)) for _ in range(600)]
    near = ["新" if i == 300 else c for i, c in enumerate(text)]
    frame = group({"p1": "".join(text), "p2": "".join(near), "p3": "".join(reversed(text))})
    assert [r for r, _ in twins(frame).values()] == [None, "near_duplicate", None]


@pytest.mark.parametrize("near", [None, 0.8])
def test_short_texts_are_twins_within_a_problem_only(near):
    short, long = "I cannot help with that.", " ".join(prose(5))
    frame = group({"p1": short, "q1": short, "q2": short, "r1": long, "s1": long})
    found = twins(frame, near=near)
    assert found["q1"] == (None, None)
    assert found["q2"] == ("exact_duplicate", "q1")
    assert found["s1"] == ("exact_duplicate", "r1")
    assert twins(frame, near=near, across_from=None)["s1"] == (None, None)


def test_near_twins_of_short_texts_stay_in_their_problem():
    a, b = "the sum of two and two is four", "The sum of two and two is four!"
    assert twins(group({"p1": a, "p2": b, "q1": b})) == {
        "p1": (None, None), "p2": ("near_duplicate", "p1"), "q1": (None, None)
    }  # fmt: skip


def test_texts_without_words_are_compared_exactly():
    assert twins(group({"p1": "+ = ?", "p2": "+ = ?", "p3": "!", "p4": ""})) == {
        "p1": (None, None), "p2": ("exact_duplicate", "p1"), "p3": (None, None), "p4": (None, None)
    }  # fmt: skip


def test_near_twins_do_not_depend_on_the_order_of_rows_or_on_batches():
    texts = {f"p{i:02}": changed(prose(i // 4), 25 + 10 * (i % 4)) for i in range(40)}
    frame = group(texts, dropped=("p00", "p09"))
    forward = judged(frame, Duplicate(near=0.6)).sort("trace_id")
    shuffled = frame.sample(fraction=1, shuffle=True, seed=1)
    assert judged(shuffled, Duplicate(near=0.6)).sort("trace_id").equals(forward)
    assert forward["reason"].count() >= 10


def test_all_near_twins_are_found_that_comparing_everything_finds():
    texts = {f"p{i:03}": changed(prose(i // 10, 200), 20 + 7 * (i % 10)) for i in range(100)}
    sets = list(shingle_sets(texts.values(), 5))
    kept: list[int] = []
    for i in range(len(sets)):
        if all(jaccard(sets[i], sets[k]) < 0.7 for k in kept):
            kept.append(i)
    reasons = judged(group(texts), Duplicate(near=0.7))["reason"]
    assert [i for i, reason in enumerate(reasons) if reason is None] == kept


def test_moving_near_reads_no_text_again():
    assert Duplicate(near=0.9).score_hash == Duplicate().score_hash
    assert Duplicate(shingle=3).score_hash != Duplicate().score_hash


def test_planted_twins_are_found_and_sound_traces_are_none():
    def judge(rows: list[dict]) -> list[dict]:
        if not rows:
            return []
        frame = pl.DataFrame(rows, infer_schema_length=None).with_columns(
            attempt=pl.lit(0), response_hash=pl.col("trace_id"), fate=pl.lit("kept")
        )
        verdicts = judged(frame, Duplicate()).select("keep", "reasons").iter_rows()
        return [{"duplicate": verdict} for verdict in verdicts]

    kinds = [name for name in DEFECTS if name.startswith("duplicate.")]
    table = recall_table(judge, n=6, seed=5, defects=kinds, looks_alike=())
    assert min(table.recall.values()) == 1, table
    assert max(table.false_drops.values()) == 0, table
