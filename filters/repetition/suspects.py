"""The first look: which texts may go round in circles, and at which distance.

Pieces of each text (lines; sentences, where a line is long) that are equal but for numbers are
looked up by their hash. What comes again at even distances, at once, with a word exchanged, or
makes much of the text is a sign; whether it is a loop is decided by reading (`loops`, `again`).
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.lib.stride_tricks import sliding_window_view

from filters.repetition.loops import (
    DRIFT_BYTES,
    LONG_LINE,
    LONG_TIMES,
    LONG_UNIT,
    MANY,
    SHORT_TIMES,
    SHORT_UNIT,
    WORD,
    least_equal,
)

_AT_ONCE = 80
"""bytes of a unit up to which it is looked for at every place: five fill a line that is not cut"""
_AT_A_TIME = 250
"""texts, some megabytes, that stay in the processor's cache while all distances are tried"""
_MANY_LAGS = 8
"""distances read of one text, those that cover most: a loop has one, and some have two by chance"""
_TELLING, _OFTEN = 60, 4
"""a piece of so many bytes, half a line of 20 words, that comes so often is a sign ..."""
_AGAIN = 0.1
"""... and so is such a share of the text in pieces that it has had before: both are less than what
drops, for settings that are stricter"""

_SENTENCES = ((r"([!-/:-?]) ", "$1\n"), ("[、。，！？；：（）]", "..\n"))
_WORDS = (("([dest]) ", "$1\n"), ("[\u4e00-\u6fff]", "..\n"))
"""Where a long piece is cut; a text keeps its bytes, so that distances stay. The second is for a
stretch without marks, words or not: it is cut at what comes often in it, wherever that stands."""


def suspects(texts: pl.Series, times: int) -> pl.DataFrame:
    """The `row` of each suspect; `stutters` and `lags`, bytes from one round to the next, as the
    text is and with every number as one zero; whether it `drifts`, and says much `again`."""
    pieces = _pieces(texts)
    of_its_row = pl.col("form").hash() ^ pl.col("row").hash()
    twice = pieces.with_columns(key=of_its_row).filter(pl.col("key").is_duplicated())
    twice = twice.sort("key", "at")
    found = (
        _stutters(texts, times),
        _lags(twice, times),
        _drifts(pieces),
        _again(twice, texts),
    )
    rows = pl.concat([some.select("row") for some in found]).unique().sort("row")
    for some in found:
        rows = rows.join(some, on="row", how="left", maintain_order="left")
    return rows.with_columns(pl.col("drifts", "again").fill_null(False))


def _pieces(texts: pl.Series) -> pl.DataFrame:
    """Lines, the sentences of long ones, and the words of those that have no marks, in order: of
    each its `row`, the piece as it `stands` and with every number as one zero (`form`), and of
    this its `bytes` and where it lies `at` in all texts."""
    whole = pl.DataFrame({"stands": texts}).with_columns(begin=_before()).with_row_index("row")
    lines, long_lines = _by_length(_split(whole))
    sentences, stretches = _by_length(_split(long_lines, *_SENTENCES))
    pieces = pl.concat([lines, sentences, _split(stretches, *_WORDS)]).sort("begin")
    pieces = pieces.with_columns(form=pl.col("stands").str.replace_all("[0-9]+", "0"))
    bytes_ = pl.col("form").str.len_bytes().cast(pl.Int64)
    digits = pl.col("size") - bytes_  # that are left out
    return pieces.with_columns(at=pl.col("begin") - digits.cum_sum() + digits, bytes=bytes_)


def _split(pieces: pl.DataFrame, *cuts: tuple[str, str]) -> pl.DataFrame:
    """The parts that are not empty: where in all texts each has its `begin`, and its `size`."""
    cut = pl.col("stands")
    for where, by in cuts:
        cut = cut.str.replace_all(where, by)
    parts = pieces.with_columns(cut.str.split("\n"), begin=pl.col("begin") - _before()).explode(
        "stands"
    )
    parts = parts.with_columns(begin=pl.col("begin") + _before())
    return parts.with_columns(size=_size()).filter(pl.col("size") > 0)


def _size() -> pl.Expr:
    return pl.col("stands").str.len_bytes().cast(pl.Int64)


def _before() -> pl.Expr:
    """Bytes of all pieces before each, with one for what parts it from the next: as many when the
    pieces are cut further."""
    return (_size() + 1).cum_sum() - _size() - 1


def _by_length(pieces: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    is_long = pl.col("size") > LONG_LINE
    return pieces.filter(~is_long), pieces.filter(is_long)


def _stutters(texts: pl.Series, times: int) -> pl.DataFrame:
    """Distances at which enough bytes in a row come again at once."""
    found = [
        _at_once(texts.slice(begin, _AT_A_TIME), times).with_columns(pl.col("row") + begin)
        for begin in range(0, max(1, len(texts)), _AT_A_TIME)
    ]
    return pl.concat(found).group_by("row").agg(stutters=pl.col("lag").unique())


def _at_once(texts: pl.Series, times: int) -> pl.DataFrame:
    """Row and lag of each place in a stretch that comes again so many bytes later. Looked at are
    places so far apart that two lie in any stretch that is long enough, of each eight bytes as one
    number; and where both come again, some places between."""
    data = np.frombuffer(texts.str.join("\n").cast(pl.Binary).item(), dtype=np.uint8)
    eight = sliding_window_view(data, 8).view(np.uint64)[:, 0] if len(data) >= 8 else data[:0]
    lags = range(1, min(_AT_ONCE, len(eight) - 1) + 1)
    steps = [(least_equal(lag, times) - 8) // 2 for lag in lags]
    found = []
    for lag, step in zip(lags, steps, strict=True):
        again = eight[:-lag:step] == eight[lag::step]
        found.append(step * np.flatnonzero(again[1:] & again[:-1]))
    each = np.array(list(map(len, found)), dtype=np.int64)
    at = np.concatenate([*found, np.empty(0, dtype=np.int64)])
    apart, tried = (np.repeat(np.array(some, dtype=np.int64), each) for some in (lags, steps))
    for eighth in range(1, 8):
        between = at + eighth * tried // 8
        again = eight[between] == eight[between + apart]
        at, apart, tried = at[again], apart[again], tried[again]
    ends = (texts.str.len_bytes().cast(pl.Int64) + 1).cum_sum().to_numpy()
    rows = np.searchsorted(ends, at, side="right").astype(np.uint32)
    return pl.DataFrame({"row": rows, "lag": apart})


def _lags(twice: pl.DataFrame, times: int) -> pl.DataFrame:
    """Distances from a piece to the next equal one, or the next but one, that come again at once,
    where such pieces make up half of the rounds that a loop needs."""
    key, at, bytes_ = pl.col("key"), pl.col("at"), pl.col("bytes")
    found = []
    for n in (1, 2):
        lag = at - at.shift(n)
        even = (key == key.shift(2 * n)) & (lag == lag.shift(n))
        same = pl.col("stands") == pl.col("stands").shift(n)
        pairs = twice.select("row", "bytes", "form", same=same, lag=pl.when(even).then(lag))
        found.append(pairs.drop_nulls("lag"))
    lag, equal = pl.col("lag"), bytes_.filter("same").sum()
    worded = bytes_.filter(pl.col("form").str.contains(WORD)).sum()
    rounds = pl.when(lag < SHORT_UNIT).then(SHORT_TIMES).when(lag < LONG_UNIT).then(times)
    says_the_same = 2 * pl.col("equal") >= (rounds.otherwise(LONG_TIMES) - 2) * lag
    may_count = 2 * pl.col("worded") >= (MANY - 2) * lag
    of_each = pl.concat(found).group_by("row", "lag").agg(bytes_.sum(), equal=equal, worded=worded)
    some = of_each.filter(says_the_same | may_count).sort("bytes", "lag")
    return some.group_by("row").agg(lags=pl.col("lag").tail(_MANY_LAGS))


def _drifts(pieces: pl.DataFrame) -> pl.DataFrame:
    """Whether enough pieces in a row are about as long as the one before and begin or end alike."""
    told = pieces.filter(pl.col("bytes") >= DRIFT_BYTES)
    size, before = pl.col("bytes"), pl.col("bytes").shift(1)
    as_long = 5 * pl.min_horizontal(size, before) >= 4 * pl.max_horizontal(size, before)
    as_long &= pl.col("row") == pl.col("row").shift(1)
    begin, end = pl.col("form").str.head(8), pl.col("form").str.tail(8)
    alike = (begin == begin.shift(1)) | (end == end.shift(1))
    drifting = _in_runs(_in_runs(told, as_long), as_long & alike)
    return drifting.select("row").unique().with_columns(drifts=pl.lit(True))


def _in_runs(pieces: pl.DataFrame, like_before: pl.Expr) -> pl.DataFrame:
    """The pieces that stand with enough others in a row, of which each is like the one before."""
    begins = ~like_before.fill_null(False)
    return pieces.filter(pl.len().over(begins.cum_sum()) >= MANY)


def _again(twice: pl.DataFrame, texts: pl.Series) -> pl.DataFrame:
    """Whether much of the text is pieces that it has had before, or one that tells comes often."""
    of_each = twice.group_by("key", "stands").agg(pl.col("row").first(), again=pl.len() - 1)
    size = pl.col("stands").str.len_bytes()
    often = ((pl.col("again") >= _OFTEN - 1) & (size >= _TELLING)).any()
    rows = of_each.group_by("row").agg((pl.col("again") * size).sum(), often=often)
    sizes = texts.gather(rows.get_column("row")).str.len_bytes()
    much = rows.filter(pl.col("often") | (pl.col("again") > _AGAIN * sizes))
    return much.select("row", again=pl.lit(True))
