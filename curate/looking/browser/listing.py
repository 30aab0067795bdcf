"""Pages of traces: which are chosen, which come next, how many of a sample have been looked at.

Rows are numbers of `Look.frame`. A page begins behind a trace, so its cost does not grow with how
far one has turned. Texts are read only where a text is searched, in the order of the shards, and
no longer than a moment; the next page goes on from there."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from curate.looking.browser.choice import FATES, Choice
from curate.looking.browser.look import Look, Rows
from curate.looking.thresholds import nearest, thresholds
from curate.store.shards import read_rows, row_groups
from filters.schema import TRACE

PAGE = 40
MOMENT = 1.5
"""seconds that one page of a search reads texts"""


@dataclass(frozen=True)
class Page:
    rows: list[int]
    total: int | None
    """traces of the choice; nobody knows where a text is searched"""
    after: str | None
    """the trace behind which the next page begins, null at the end"""
    searched: int | None = None
    """of how many a text has been looked at, up to the end of this page"""


@dataclass(frozen=True)
class Place:
    """Of a row among the chosen ones."""

    number: int | None
    """from 1; null where it is none of them"""
    of: int
    before: int | None
    """the row before it"""
    behind: int | None


def page(look: Look, choice: Choice, after: str = "") -> Page:
    rows = chosen(look, choice)
    if choice.text:
        return _searched(look, rows, choice.text, after)
    begin = _place(look, rows, after) + 1 if after else 0
    some = rows[begin : begin + PAGE].tolist()
    more = begin + PAGE < len(rows)
    return Page(some, len(rows), look.ids[some[-1]] if some and more else None)


def place_of(look: Look, choice: Choice, row: int) -> Place:
    rows = chosen(look, choice)
    found = np.flatnonzero(rows == row)
    if not len(found):
        return Place(None, len(rows), None, int(rows[0]) if len(rows) else None)
    at = int(found[0])
    before = int(rows[at - 1]) if at else None
    return Place(at + 1, len(rows), before, int(rows[at + 1]) if at + 1 < len(rows) else None)


def next_borderline(look: Look, choice: Choice, row: int | None) -> int | None:
    """The one nearest to a threshold, of the chosen, that nobody has said a word on; not `row`."""
    near = chosen(look, choice.but(order="borderline"))
    for number in map(int, near):
        word = look.word(look.ids[number])
        if number != row and not (word and word.says):
            return number
    return None


def looked_at(look: Look, choice: Choice) -> Counter[str]:
    """The words on the chosen traces, those that go against the filters counted besides."""
    counts: Counter[str] = Counter()
    rows = chosen(look, choice.but(word=""))
    among = set(rows.tolist()) if len(rows) < look.frame.height else None
    for trace_id, word in look.words.items():
        row = look.row(trace_id)
        if row is None or not word.says or (among is not None and row not in among):
            continue
        counts[word.says] += 1
        filters = _by_filters(look, row)
        counts["against"] += (word.says, filters) in (("keep", "dropped"), ("drop", "kept"))
    return counts


def _by_filters(look: Look, row: int) -> str:
    """What the filters alone would make of it."""
    keeps = [by.columns["keep"][row] for j, by in look.standing.said.items() if j.required]
    return "dropped" if False in keeps else "undecided" if None in keeps else "kept"


def chosen(look: Look, choice: Choice) -> Rows:
    """All rows of a choice in its order, its text not searched."""
    mask = pl.repeat(True, look.frame.height, eager=True)
    for condition in _conditions(look, choice):
        mask = mask & condition.fill_null(False)
    rows = np.flatnonzero(mask.to_numpy())
    if choice.sample:
        start = int(look.ids.search_sorted(choice.start))
        turned = np.roll(rows, -int(np.searchsorted(rows, start)))
        rows = turned[: choice.sample]
    if choice.word:
        rows = rows[_have_word(look, choice.word)[rows]]
    return _ordered(look, choice, rows)


def _conditions(look: Look, choice: Choice) -> Iterator[pl.Series]:
    frame = look.frame
    if choice.fate in FATES:
        yield frame["fate"] == choice.fate
    if choice.model:
        yield frame["model"] == choice.model
    if choice.problem:
        yield frame["problem_id"] == choice.problem
    if choice.reason:
        judge, _, reason = choice.reason.partition(".")
        columns_of = {j.name: by.columns for j, by in look.standing.said.items()}
        if judge in columns_of:
            columns = columns_of[judge]
            yield (columns["reason"] == reason) & ~columns["keep"].fill_null(False)
        elif judge == "traces":
            yield frame["reason"] == reason
    values = scores(look, choice)
    if values is not None:
        if choice.low is not None:
            yield values >= choice.low
        if choice.high is not None:
            yield values <= choice.high


def _have_word(look: Look, wanted: str) -> np.ndarray:
    """Which traces have such a word."""
    any_ = wanted in ("any", "none")
    ids = [t for t, word in look.words.items() if (word.says if any_ else word.says == wanted)]
    found = np.zeros(look.frame.height, dtype=bool)
    found[[row for t in ids if (row := look.row(t)) is not None]] = True
    return ~found if wanted == "none" else found


def scores(look: Look, choice: Choice) -> pl.Series | None:
    """The chosen score of each trace, if it is one."""
    name, _, score = choice.score.partition(".")
    filters = look.standing.filters
    if name not in filters or score not in filters[name].scores:
        return None
    return look.standing.scores(name).get_column(score)


def _ordered(look: Look, choice: Choice, rows: Rows) -> Rows:
    if choice.order == "borderline":
        near = _nearness(look, choice)[rows]
        order = np.argsort(near, kind="stable")
        return rows[order[np.isfinite(near[order])]]
    values = scores(look, choice)
    if values is None or choice.order not in ("highest", "lowest"):
        return rows
    descending = choice.order == "highest"
    ranked = values.gather(rows).arg_sort(descending=descending, nulls_last=True)
    return rows[ranked.to_numpy()]


def _nearness(look: Look, choice: Choice) -> np.ndarray:
    """To the thresholds of the chosen score, or to any."""
    name, _, score = choice.score.partition(".")
    of_score = [
        t for t in thresholds(look.standing.filters) if (t.filter, t.score) == (name, score)
    ]
    return nearest(look.standing, of_score) if of_score else look.nearness


def _place(look: Look, rows: Rows, trace_id: str) -> int:
    row = look.row(trace_id)
    found = [] if row is None else np.flatnonzero(rows == row).tolist()
    return int(found[0]) if found else -1


def _searched(look: Look, rows: Rows, text: str, after: str) -> Page:
    """Row group by row group, begun behind `after` in the order of the shards."""
    where = ("shard", "group", "row")
    places = look.frame.select(*where, "trace_id", "attempt")[rows]
    places = places.with_columns(number=pl.Series(rows)).sort(*where)
    begin = 0
    if after:
        behind = places.get_column("trace_id").index_of(after)
        begin = 0 if behind is None else behind + 1
    shards = look.run.shards("traces")
    columns = {name: TRACE[name] for name in ("trace_id", "attempt", "response")}
    needle, until = pl.lit(text.lower()), time.monotonic() + MOMENT
    found: list[int] = []
    done = begin
    for (shard, group), some in places[begin:].group_by("shard", "group", maintain_order=True):
        path = shards[int(str(shard))]  # keys of a group are typed as any object
        texts = read_rows(path, columns, *row_groups(path)[int(str(group))])
        same = pl.col("response").str.to_lowercase().str.contains(needle, literal=True)
        hits = some.join(texts.filter(same), on=("trace_id", "attempt"), how="semi")
        wanted = hits.sort("row")[: PAGE - len(found)]
        found += wanted.get_column("number").to_list()
        if len(found) == PAGE:
            last = wanted.get_column("trace_id")[-1]
            index = places.get_column("trace_id").index_of(last)
            done = (index or 0) + 1
            break
        done += some.height
        if time.monotonic() > until:
            break
    end = places.get_column("trace_id")[done - 1] if 0 < done < places.height else None
    return Page(found, None, end, searched=done)
