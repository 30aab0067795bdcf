"""What a file's first rows became, looked at before anything is written: a file misread as a whole
is a user's mistake, told in one line; `--anyway` goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import polars as pl

from curate.config import Source
from curate.sources.columns import Columns
from curate.sources.layouts.layout import Row
from filters.errors import UserError
from filters.trace_format import NO_TAGS, parse

LOOKED_AT = 1000
"""traces"""
LEAST = 10
"""fewer say nothing of a file"""
GOLD_WORDS = ("answer", "gold", "truth", "solution", "label", "correct")
"""a column that is called so may hold golds"""
ANYWAY = "; --anyway goes on"


class Doubts:
    """Gathers the first rows' problems and traces; raises UserError where all are wrong alike."""

    def __init__(self, source: Source, columns: Columns, first: list[Row]) -> None:
        self.where = source.where
        self.anyway = source.anyway
        unused = {n for row in first for n, v in columns.rest(row).items() if v is not None}
        self.columns = sorted(unused) if columns.names["gold"] else []
        self.problems: list[Row] = []
        self.forms: list[str | None] = []
        self.named_only = not any(columns.has(first, name) for name in ("problem", "messages"))
        """the file names the run's problems and has no texts of its own"""

    @property
    def wants_more(self) -> bool:
        return not self.anyway and len(self.problems) < LOOKED_AT

    def look(self, problem: Row, traces: Iterable[Row] = ()) -> None:
        """At one row: its problem, and its traces, of which only the form is kept."""
        if self.wants_more:
            self.problems += [{name: problem[name] for name in _KEPT}]
            texts = (trace["response"] for trace in traces)
            self.forms += [parse(text).form if text and text.strip() else None for text in texts]

    def check(self) -> None:
        for wrong, line in _DOUBTS:
            if not self.anyway and len(self.problems) >= LEAST and wrong(self):
                raise UserError(f"{self.where}: {line(self)}{ANYWAY}")

    def gold_like(self) -> list[str]:
        return [n for n in self.columns if any(word in n.lower() for word in GOLD_WORDS)]


_KEPT = ("problem_id", "problem", "gold", "tests", "kind", "source_problem_id")


def _without_gold(doubts: Doubts) -> bool:
    asked = [p for p in doubts.problems if p["problem"] and p["kind"] not in ("open", "safety")]
    golds = any(p["gold"] or p["tests"] for p in doubts.problems)
    return len(asked) >= LEAST and not golds and bool(doubts.gold_like())


def _one_problem(doubts: Doubts) -> bool:
    """One text for all, though the rows say themselves that they are of several problems."""
    frame = pl.DataFrame(doubts.problems, schema=dict.fromkeys(_KEPT, pl.String))
    said = frame.select(pl.col("gold", "tests", "source_problem_id").n_unique()).row(0)
    many = len(doubts.problems) >= LOOKED_AT or max(said) > 1
    return frame["problem_id"].n_unique() == 1 and many


_DOUBTS: tuple[tuple[Callable[[Doubts], bool], Callable[[Doubts], str]], ...] = (
    (
        lambda doubts: len(doubts.forms) >= LEAST and not any(doubts.forms),
        lambda doubts: (
            f"the first {len(doubts.forms):,} traces are all empty; say which column "
            "the reply is with --map response=THEIRS, or bring in problems alone with --problems"
        ),
    ),
    (
        lambda doubts: len(doubts.forms) >= LEAST and set(doubts.forms) <= {None, NO_TAGS},
        lambda doubts: (
            f"none of the first {len(doubts.forms):,} traces has thinking tags, so all "
            "would be dropped; --map thinking=THEIRS joins a column of reasoning, --as thinking "
            "takes whole solutions for it"
        ),
    ),
    (
        lambda doubts: not doubts.named_only and not any(p["problem"] for p in doubts.problems),
        lambda doubts: (
            f"none of the first {len(doubts.problems):,} rows has a question; say which column it "
            "is with --map problem=THEIRS"
        ),
    ),
    (
        _one_problem,
        lambda doubts: (
            f"the first {len(doubts.problems):,} rows are all of one problem; say which "
            "column the question is with --map problem=THEIRS"
        ),
    ),
    (
        _without_gold,
        lambda doubts: (
            "no row has a gold, though there is a column "
            f"{' and '.join(map(repr, doubts.gold_like()[:3]))}; name it with --map gold=THEIRS, "
            "or say --map gold=none"
        ),
    ),
)
