"""How many defects of each kind are caught, and how many sound rows are dropped for nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path
from random import Random

from .benign import BENIGN, benign
from .defects import DEFECTS, Defect, inject
from .rows import Row, identified
from .sound import real_traces, rows_without_end

Verdict = tuple[bool | None, list[str]]
Judge = Callable[[list[Row]], list[dict[str, Verdict]]]
"""rows to one dict a row, in order: filter → (keep, reasons); it sees `SHOWN` only"""
SHOWN = (
    "trace_id",
    "problem_id",
    "problem",
    "response",
    "finish_reason",
    "kind",
    "language",
    "gold",
)


@dataclass
class RecallTable:
    """Shares by kind; the rows behind every miss and every false drop are kept to look at."""

    recall: dict[str, float] = field(default_factory=dict)
    """defect → share caught by the filter that must catch it, or one named beside it"""
    false_drops: dict[str, float] = field(default_factory=dict)
    """`sound <origin> <language>` or `benign <kind>` → share dropped by any filter"""
    false_by_filter: dict[str, dict[str, float]] = field(default_factory=dict)
    """filter → kind → share dropped by it"""
    counts: dict[str, int] = field(default_factory=dict)
    missed: dict[str, list[Row]] = field(default_factory=dict)
    dropped: dict[str, list[tuple[Row, str, list[str]]]] = field(default_factory=dict)
    """kind → row, filter, reasons"""

    def __str__(self) -> str:
        lines = [f"{'defect':<44}{'n':>5}{'recall':>9}"]
        lines += [f"{k:<44}{self.counts[k]:>5}{v:>9.3f}" for k, v in self.recall.items()]
        lines += ["", f"{'no defect':<44}{'n':>5}{'dropped':>9}  by"]
        for kind, share in self.false_drops.items():
            by = Counter(name for _, name, _ in self.dropped.get(kind, []))
            told = ", ".join(f"{name} {n}" for name, n in by.most_common())
            lines.append(f"{kind:<44}{self.counts[kind]:>5}{share:>9.3f}  {told}")
        return "\n".join(lines)


def recall_table(
    judge: Judge,
    n: int,
    seed: int,
    shared: Path | None = None,
    defects: Iterable[str] = DEFECTS,
    looks_alike: Iterable[str] = BENIGN,
) -> RecallTable:
    """n rows of every defect and look-alike, 20 n sound ones, and up to 20 n real ones where
    the folder of shared data is given; then defects go into real text too.

    The three sorts are judged apart, so that twins planted for `duplicate` are the only ones.
    """
    table = RecallTable()
    _clean(table, judge, _clean_rows(n, seed, shared, list(looks_alike)))
    chosen = [DEFECTS[name] for name in defects]
    _planted(table, judge, [d for d in chosen if not d.twin], n, seed, shared)
    _twins(table, judge, [d for d in chosen if d.twin], n, seed)
    return table


def _clean_rows(n: int, seed: int, shared: Path | None, kinds: list[str]) -> list[Row]:
    rng = Random(f"clean-{seed}")
    rows = list(islice(rows_without_end(rng), 20 * n))
    if shared:
        real = real_traces(shared)
        rows += rng.sample(real, min(20 * n, len(real)))
    for kind in kinds:
        rows += carriers(partial(benign, kind=kind, rng=rng), rng, n)
    return rows


def carriers(
    change: Callable[[Row], Row | None], rng: Random, n: int, shared: Path | None = None
) -> list[Row]:
    """n changed rows, from as many sound ones as it takes to find those that can be changed."""
    changed = (change(row) for row in rows_without_end(rng, shared))
    found = (row for row in changed if row is not None)
    return [next(found) for _ in range(n)]


def _judged(judge: Judge, rows: list[Row]) -> list[dict[str, Verdict]]:
    """The verdicts on the rows without their labels."""
    return judge([{name: row[name] for name in SHOWN} for row in rows])


def _kind(row: Row) -> str:
    if "benign" in row:
        return f"benign {row['benign']}"
    return f"sound {row['origin']} {row['language']}"


def _clean(table: RecallTable, judge: Judge, rows: list[Row]) -> None:
    rows = identified(rows)
    for row, verdicts in zip(rows, _judged(judge, rows), strict=True):
        kind = _kind(row)
        table.counts[kind] = table.counts.get(kind, 0) + 1
        for name, (keep, reasons) in verdicts.items():
            if keep is False:
                table.dropped.setdefault(kind, []).append((row, name, reasons))
    for kind in sorted(set(map(_kind, rows))):
        fallen = table.dropped.get(kind, [])
        once = {row["trace_id"] for row, _, _ in fallen}
        table.false_drops[kind] = len(once) / table.counts[kind]
        for name in sorted({name for _, name, _ in fallen}):
            share = sum(other == name for _, other, _ in fallen) / table.counts[kind]
            table.false_by_filter.setdefault(name, {})[kind] = share


def _planted(
    table: RecallTable, judge: Judge, kinds: list[Defect], n: int, seed: int, shared: Path | None
) -> None:
    rng = Random(f"defects-{seed}")
    rows: list[Row] = []
    for defect in kinds:
        rows += carriers(partial(inject, defect=defect.name, rng=rng), rng, n, shared)
    rows = identified(rows)
    for row, verdicts in zip(rows, _judged(judge, rows), strict=True):
        _count(table, DEFECTS[row["defect"]], row, [verdicts])
    _share(table, kinds)


def _twins(table: RecallTable, judge: Judge, kinds: list[Defect], n: int, seed: int) -> None:
    """A pair counts as caught when one of the two is dropped."""
    for defect in kinds:
        rng = Random(f"twins-{seed}-{defect.name}")
        pairs: list[Row] = []
        for row in rows_without_end(rng):
            twin = inject(row, defect.name, rng)
            pairs += [row, twin] if twin is not None else []
            if len(pairs) >= 2 * n:
                break
        pairs = identified(pairs)
        verdicts = _judged(judge, pairs)
        for i in range(0, len(pairs), 2):
            _count(table, defect, pairs[i + 1], verdicts[i : i + 2])
    _share(table, kinds)


def _count(
    table: RecallTable, defect: Defect, row: Row, verdicts: list[dict[str, Verdict]]
) -> None:
    table.counts[defect.name] = table.counts.get(defect.name, 0) + 1
    said = {name for each in verdicts for name, (keep, _) in each.items() if keep is False}
    if not said & {defect.filter, *defect.also}:
        table.missed.setdefault(defect.name, []).append(row)


def _share(table: RecallTable, kinds: list[Defect]) -> None:
    for defect in kinds:
        missed = len(table.missed.get(defect.name, []))
        table.recall[defect.name] = 1 - missed / table.counts[defect.name]
