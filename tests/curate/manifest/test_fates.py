"""Who decides what becomes of a trace."""

import polars as pl
import pytest

from curate.manifest.by_trace import ByTrace
from curate.manifest.fates import PERSON, READS, Judge, fates

FINISH, SAFETY = Judge("finish", "1"), Judge("safety", "2")
NORMALIZE = Judge("normalize", "3", required=False)
Word = tuple[bool | None, str | None] | None
YES, NO, DOUBT = (True, None), (False, "bad"), (None, "unsure")


def said(word: Word) -> ByTrace:
    keep, reason = word or (None, None)
    schema = {"keep": pl.Boolean(), "reason": pl.Categorical()}
    columns = pl.DataFrame([(keep, reason)], schema=schema, orient="row")
    return ByTrace(columns, pl.Series([word is not None]), pl.DataFrame())


def fate(*words: Word, **trace: str | None) -> tuple[str | None, ...]:
    row = dict.fromkeys(READS) | {"response_hash": "text"} | trace
    judges = dict(zip((FINISH, SAFETY, NORMALIZE, PERSON), map(said, words), strict=False))
    frame = pl.DataFrame([row], schema=dict.fromkeys(READS, pl.String))
    ((_, _, *end),) = fates(frame, judges).collect().rows()
    return tuple(end)


@pytest.mark.parametrize(
    ("words", "end"),
    [
        ((YES, YES), ("kept", None, None)),
        ((YES, NO), ("dropped", "safety", "bad")),
        (((False, "first"), NO), ("dropped", "finish", "first")),
        ((DOUBT, NO), ("dropped", "safety", "bad")),
        ((YES, DOUBT), ("undecided", "safety", "unsure")),
        ((None, DOUBT), ("undecided", "safety", "unsure")),
        ((None, NO), ("dropped", "safety", "bad")),
        ((YES, None), ("undecided", "not_judged", "not_judged")),
        ((), ("undecided", "not_judged", "not_judged")),
        ((YES, YES, NO), ("dropped", "normalize", "bad")),
        ((NO, NO, None, YES), ("kept", None, None)),
        ((None, None, None, YES), ("kept", None, None)),
        ((NO, YES, NO, YES), ("dropped", "normalize", "bad")),
        ((YES, YES, None, NO), ("dropped", "human", "human")),
        ((NO, YES, None, (None, "withdrawn")), ("dropped", "finish", "bad")),
    ],
)
def test_first_no_decides_then_first_doubt_and_a_person_outranks_them(
    words: tuple[Word, ...], end: tuple[str | None, ...]
) -> None:
    assert fate(*words) == end


def test_failed_is_failed_whatever_anybody_says() -> None:
    assert fate(YES, YES, None, YES, response_hash=None) == ("failed", "traces", "failed")
    assert fate(NO, finish_reason="error", error="engine") == ("failed", "traces", "engine")
