"""Problems: from a user's file to rows whose id is what the model is shown.

A gold answer is checked against itself as it is loaded. What fails (no gold, a gold that does not
parse, two golds for one text) is counted and stays a row: its traces will be undecided, not wrong.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

import polars as pl

from curate.config import Source
from curate.evaluation.trick import refuse_trick
from curate.sources.columns import Columns
from curate.sources.doubts import Doubts
from curate.sources.layouts import layout_of
from curate.sources.layouts.layout import Row
from curate.sources.plain_values import json_of
from curate.sources.problem_rows import (
    GOLD_CONFLICT,
    NO_PROBLEM,
    PROBLEM_COLUMNS,
    gold_checks,
    problem_row,
    usual_kind,
)
from curate.sources.readers import converted, peeked, row_count, rows
from curate.store import latest
from curate.store.run_folder import Run, writes
from curate.store.shards import commit_all, read
from curate.terminal.progress import Progress, say
from filters.errors import UserError
from filters.schema import PROBLEM, content_id
from filters.verifiers.outcome import CORRECT, Case

_CONFLICTS = {"gold": "conflicting_golds", "tests": "conflicting_tests"}
"""column -> where `meta` lists what one file said in it of one problem, if it was not one thing"""
_STATED = ("gold", "tests", "kind", "source", "license", "language", "source_problem_id", "meta")
"""what a file may correct; the other columns make the problem's id or follow from these"""
_BATCH = 5000


@writes("import")
def load_problems(run: Run, source: Source, again: bool = False) -> Counter[str]:
    """Add a file's problems to the run; how many got which gold check, how many are `new` and how
    many `corrected`, plus `known` and `repeated` for rows that added nothing."""
    return _loaded(run, ProblemStore(run, source, again))


@writes("import")
def problems_of(run: Run, source: Source) -> pl.DataFrame:
    """The problems of a file as it is now, added to the run or corrected there where need be: to
    evaluate on, so they may be those of `trick`."""
    store = ProblemStore(run, source, again=True, trainable=False)
    _loaded(run, store)
    return latest_problems(run).filter(pl.col("problem_id").is_in(list(store.said)))


def _loaded(run: Run, store: ProblemStore) -> Counter[str]:
    source = store.source
    source, columns, first, numbered = opened(source, PROBLEM_COLUMNS)
    columns.check(first, (("problem", "messages"),))
    counts: Counter[str] = Counter()
    doubts = Doubts(source, columns, first)

    def read_row(number: int, row: Row) -> Row:
        rest = columns.rest(row)
        return problem_row(columns, row, source) | {"meta": json_of(rest) if rest else None}

    def frames() -> Iterator[pl.DataFrame]:
        batch: list[Row] = []
        for row in converted(bar.over(numbered), read_row, source.where, counts):
            doubts.look(row)
            batch.append(row)
            if len(batch) >= _BATCH:
                doubts.check()
                yield store.new(batch, counts)
                batch = []
        doubts.check()
        yield store.new(batch, counts)

    with Progress("problems", row_count(source), "rows") as bar:
        commit_all(run.folder("problems"), frames(), PROBLEM)
    return counts


def opened(
    source: Source, known: dict[str, tuple[str, ...]]
) -> tuple[Source, Columns, list[Row], Iterator[tuple[int, Row]]]:
    """The file, read in its layout, which is said: the source with that layout's kind, the columns,
    the first rows, and all rows."""
    first, numbered = peeked(rows(source))
    layout = layout_of(source.layout, first)
    if layout.known_by and source.layout is None:
        marks = ", ".join(layout.known_by)
        say(f"{source.where}: read as {layout.name} (it has {marks}); --layout plain does not")
    if layout.note:
        say(f"{source.where}: {layout.note}")
    source = source.model_copy(update={"kind": source.kind or layout.kind})
    return source, Columns(source, known, layout), first, numbered


def latest_problems(run: Run) -> pl.DataFrame:
    """One row per problem_id, in first-seen order; where a problem was loaded again with another
    gold the last one counts."""
    return latest.latest_problems(read(run.shards("problems"), PROBLEM))


class ProblemStore:
    """The problems a run has, in all their versions, and what a file adds to them.

    A file corrects a known problem by saying what no file said before: so a configuration that is
    run again brings no old gold back. `again` takes its word on everything that differs now. Those
    that are `trainable` are not to be evaluation's own."""

    def __init__(
        self, run: Run, source: Source, again: bool = False, trainable: bool = True
    ) -> None:
        self.jobs = run.jobs
        self.source = source
        self.again, self.trainable = again, trainable
        self.versions: defaultdict[str, list[Row]] = defaultdict(list)
        self.said: defaultdict[str, list[Row]] = defaultdict(list)
        self.named: defaultdict[str, set[str]] = defaultdict(set)
        for row in read(run.shards("problems"), PROBLEM).iter_rows(named=True):
            self.versions[row["problem_id"]].append(row)
            self._name(row)

    def _name(self, row: Row) -> None:
        if row["problem"] is not None:
            self.named[row["problem_id"]] = {row["problem_id"]}
            if row["source_problem_id"] is not None:
                self.named[row["source_problem_id"]].add(row["problem_id"])

    def found(self, row: Row, must: bool) -> Row:
        """The row; one that only names its problem, as that problem's. `must` it be found?"""
        name = row["source_problem_id"]
        if row["problem"] is not None or name is None:
            self._name(row)
            return row
        ids = self.named.get(name, set())
        if len(ids) == 1:
            return {**row, "problem_id": next(iter(ids)), "source_problem_id": None}
        if not must:
            return row
        what = f"stands for {len(ids)} problems" if ids else "is no problem of the run"
        how = "name it by the run's problem_id" if ids else "import its problems first (--problems)"
        raise UserError(f"problem_id {name!r} {what}; {how}")

    def with_known_gold(self, row: Row) -> Row:
        """The row; where it has no gold, with what the run knows of its problem."""
        known = self.versions.get(row["problem_id"], [])
        return {**row, **known[-1]} if known and not (row["gold"] or row["tests"]) else row

    def new(self, batch: Iterable[Row], counts: Counter[str]) -> pl.DataFrame:
        """The rows to add: unknown problems, and known ones of which something new is said."""
        touched: dict[str, bool] = {}  # whether the batch is the first to name it
        counts["new"] += 0
        for row in batch:
            said = self.said[row["problem_id"]]
            touched.setdefault(row["problem_id"], not said)
            if said:
                counts["repeated"] += 1
            if row not in said and (not said or any(_adds(row, said, n) for n in _STATED)):
                said.append(row)
        if self.trainable:
            refuse_trick(touched, self.source.where)
        self._settle(touched)
        added = []
        for problem_id, first in touched.items():
            known = bool(self.versions[problem_id])
            if addition := self._addition(problem_id):
                counts["corrected" if known else "new"] += 1
                added.append(addition)
            elif first:
                counts["known"] += 1
        for row, check in zip(added, gold_checks(added, self.jobs), strict=True):
            row["gold_check"] = row["gold_check"] or check
            counts[row["gold_check"]] += 1
            self.versions[row["problem_id"]].append(row)
        return pl.DataFrame(added, schema=PROBLEM)

    def _settle(self, problem_ids: Iterable[str]) -> None:
        """Golds of one problem that verify as each other become the first of them."""
        from filters.verifiers import verify

        pairs = []
        for problem_id in problem_ids:
            golds, said = _stated(self.said[problem_id], "gold"), self.said[problem_id][0]
            kind, choices = said["kind"] or usual_kind(said), tuple(said["choices"] or ()) or None
            for other in golds[1:] if kind in ("math", "choice", "logic") else ():
                case = Case(other, golds[0], kind=kind, bare=True, choices=choices)
                pairs.append((problem_id, other, golds[0], case))
        outcomes = verify([case for *_, case in pairs], jobs=self.jobs)
        for (problem_id, other, first, _), found in zip(pairs, outcomes, strict=True):
            for row in self.said[problem_id] if found.outcome == CORRECT else ():
                if row["gold"] == other:
                    row |= {"gold": first, "gold_hash": content_id(first, row["tests"])}

    def _addition(self, problem_id: str) -> Row | None:
        """The problem's next version, or null where the file says nothing new of it."""
        said, versions = self.said[problem_id], self.versions[problem_id]
        stated = {name: values for name in _STATED if (values := _stated(said, name))}
        if not versions:
            default = {"kind": usual_kind(said[0]), "source": self.source.where.rsplit("/", 1)[-1]}
            return _version({**said[0], **default}, stated)
        new = {n: v for n, v in stated.items() if self._is_new(versions, n, v)}
        if "tests" in new and "kind" not in stated:
            new["kind"] = ["code"]
        return _version(versions[-1], new) if new else None

    def _is_new(self, versions: list[Row], name: str, values: list[str]) -> bool:
        if self.again:
            return set(values) != set(_meant(versions[-1], name))
        return not set(values) <= {value for row in versions for value in _meant(row, name)}


def _adds(row: Row, said: list[Row], name: str) -> bool:
    """Keeps what is said of a problem short, however many traces repeat it."""
    return row[name] is not None and _stated([*said, row], name) != _stated(said, name)


def _stated(said: list[Row], name: str) -> list[str]:
    """What the rows of a file say in a column: the first word, of golds and tests every one."""
    values = list(dict.fromkeys(row[name] for row in said if row[name] is not None))
    return values if name in _CONFLICTS else values[:1]


def _meant(row: Row, name: str) -> list[str | None]:
    """What a stored row says in a column; between conflicting golds it says each of them."""
    if row["gold_check"] != GOLD_CONFLICT or name not in ("meta", *_CONFLICTS):
        return [row[name]]
    meta = json.loads(row["meta"])
    conflicts = {column: meta.pop(noted, []) for column, noted in _CONFLICTS.items()}
    return conflicts.get(name, [json_of(meta) if meta else None])


def _version(row: Row, stated: dict[str, list[str]]) -> Row:
    """The row with what is newly stated. The same text with two golds: nobody knows which is
    right, so there is none."""
    noted = {_CONFLICTS[n]: sorted(stated[n]) for n in _CONFLICTS if n in stated}
    conflict = any(len(golds) > 1 for golds in noted.values())
    settled = noted or row["gold_check"] != GOLD_CONFLICT
    meta = {"meta": _meant(row, "meta")[0]} if settled else {}
    new = {**row, **meta, **{name: values[0] for name, values in stated.items()}}
    if conflict:
        known = json.loads(new["meta"]) if new["meta"] else {}
        new |= {"gold": None, "tests": None, "meta": json_of({**known, **noted})}
    check = NO_PROBLEM if new["problem"] is None else GOLD_CONFLICT if conflict else None
    new["gold_check"] = check if settled else GOLD_CONFLICT
    return new | {"gold_hash": content_id(new["gold"], new["tests"])}
