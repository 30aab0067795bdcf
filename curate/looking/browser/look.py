"""The run as it is looked at: read once, then held as columns over all traces by trace_id, beside
the words that people said since."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.judging.review import SAYS, Word, say
from curate.judging.what_if import Standing
from curate.looking.thresholds import nearest, thresholds
from curate.manifest.ask import connect
from curate.manifest.fates import PERSON
from curate.manifest.snapshot import Snapshot
from curate.store.run_folder import Run
from curate.store.shards import read
from filters.schema import VERDICT

Rows = npt.NDArray[np.int64]
_NARROW = pl.Categorical()


@dataclass(frozen=True)
class Said:
    """A person's word on a trace, as it stands now."""

    says: str  # of `review.SAYS`, withdrawn excepted; empty where there is but a note
    note: str | None = None


class Look:
    def __init__(self, run: Run) -> None:
        self.run = run
        self.standing = Standing(run)
        narrow = pl.col("model", "origin", "finish_reason", "kind", "source").cast(_NARROW)
        facts = self.standing.traces.frame.with_columns(narrow)
        fates = self.standing.fates.select(pl.col("fate", "decided_by", "reason").cast(_NARROW))
        self.frame = pl.concat([facts, fates], how="horizontal")
        self.ids = self.frame.get_column("trace_id")
        self.words = _words(run)
        self.label = self._label()
        self.con = connect(run)
        self.nearness  # noqa: B018 -- the scores are read now, so that no page waits for them

    def ask(self, sql: str, *values: object) -> list[dict[str, Any]]:
        """The manifest, as it was when the run was read."""
        found = self.con.cursor().execute(sql, list(values))
        names = [column[0] for column in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    def row(self, trace_id: str) -> int | None:
        at = int(self.ids.search_sorted(trace_id))
        return at if at < len(self.ids) and self.ids[at] == trace_id else None

    def facts(self, row: int) -> dict[str, Any]:
        return self.frame.row(row, named=True) | {"word": self.word(self.ids[row])}

    def word(self, trace_id: str) -> Said | None:
        return self.words.get(trace_id)

    def has_changed(self) -> bool:
        """Has another program brought the run further since?"""
        return self.label != self._label()

    def say(self, row: int, says: str, note: str | None) -> None:
        """Write a person's word and see it at once; its effect on the fates of others comes with
        the next reading. Raises UserError where another program is writing."""
        trace_id, attempt = self.frame.select("trace_id", "attempt").row(row)
        say(self.run, Word(trace_id, attempt, says, note))
        if says == "withdrawn" and not note:
            self.words.pop(trace_id, None)
        else:
            self.words[trace_id] = Said("" if says == "withdrawn" else says, note)

    @cached_property
    def nearness(self) -> npt.NDArray[np.float64]:
        """To the nearest threshold of any filter: how many traces lie between."""
        return nearest(self.standing, thresholds(self.standing.filters))

    @cached_property
    def models(self) -> list[tuple[str, int]]:
        return self._counted("model")

    @cached_property
    def fates(self) -> dict[str, int]:
        return dict(self._counted("fate"))

    @cached_property
    def reasons(self) -> list[tuple[str, list[tuple[str, int]]]]:
        """Of each judge in funnel order why it did not keep traces, the first reason of each."""
        found = []
        for judge, by in self.standing.said.items():
            not_kept = by.columns.filter(~by.columns.get_column("keep").fill_null(False) & by.there)
            counted = not_kept.drop_nulls("reason").group_by("reason").len().sort("len", "reason")
            rows = [(str(reason), n) for reason, n in counted.reverse().iter_rows()]
            rows = [row for row in rows if row[0] not in ("not_judged", "no_text")]
            if rows:
                found.append((judge.name, rows))
        return found

    def _counted(self, column: str) -> list[tuple[str, int]]:
        counted = self.frame.get_column(column).drop_nulls().value_counts(sort=True)
        return [(str(name), n) for name, n in counted.iter_rows()]

    def _label(self) -> tuple[str, ...]:
        """Of the run without people's words, which are known here."""
        now = Snapshot.of(Run.open(self.run.path))
        shards = [path for path in now.shards["verdicts"] if path.parent.name != PERSON.name]
        label = Snapshot(now.run, {**now.shards, "verdicts": shards}).label
        return (label.tables, label.verdicts, label.settings)


def _words(run: Run) -> dict[str, Said]:
    """The last word on each trace."""
    columns = ["trace_id", "keep", "reason", "detail"]
    says_by_ending = {ends: says for says, ends in SAYS.items()}
    words = {}
    for row in read(run.shards("verdicts", PERSON.name), VERDICT, columns).iter_rows(named=True):
        note = next((item["text"] for item in row["detail"] or ()), None)
        says = says_by_ending.get((row["keep"], row["reason"]), "")
        words[row["trace_id"]] = Said("" if says == "withdrawn" else says, note)
    return {name: word for name, word in words.items() if word.says or word.note}
