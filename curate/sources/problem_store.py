"""The problems a run has, in all their versions, and what a file adds to them.

What was said of a problem is held as hashes, some hundred bytes however long its text and tests
are; the texts are read again from the shards where a file says something new of a known problem.
"""

from __future__ import annotations

import json
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

import polars as pl

from curate.config import Source
from curate.evaluation.trick import refuse_trick
from curate.sources.layouts.layout import Row
from curate.sources.plain_values import json_of
from curate.sources.problem_rows import GOLD_CONFLICT, NO_PROBLEM, gold_checks, usual_kind
from curate.store.run_folder import Run
from curate.store.shards import Staging, batches, read_where
from filters.errors import UserError
from filters.schema import PROBLEM, content_id
from filters.verifiers.outcome import CORRECT, Case

_CONFLICTS = {"gold": "conflicting_golds", "tests": "conflicting_tests"}
"""column -> where `meta` lists what one file said in it of one problem, if it was not one thing"""
_STATED = ("gold", "tests", "kind", "source", "license", "language", "source_problem_id", "meta")
"""what a file may correct; the other columns make the problem's id or follow from these"""

Stated = dict[str, list[str]]
"""column -> what is said in it: one thing, of golds and tests every one"""


class ProblemStore:
    """A file corrects a known problem by saying what no file said before: so a configuration that
    is run again brings no old gold back. `again` takes its word on everything that differs now.
    Those that are `trainable` are not to be evaluation's own."""

    def __init__(
        self, run: Run, source: Source, again: bool = False, trainable: bool = True
    ) -> None:
        self.jobs = run.jobs
        self.folder = run.folder("problems")
        self.source = source
        self.again, self.trainable = again, trainable
        self.shards = list(run.shards("problems"))
        self.said: dict[str, bytes] = {}
        """problem_id -> the facts that this file states"""
        self.meant: dict[str, bytes] = {}
        """problem_id -> the facts of its versions, with `again` of the last one; none yet: empty"""
        self.textless: set[str] = set()
        self.named: dict[str, str | set[str]] = {}
        """a file's own id of a problem -> its problem_id, or several"""
        self.instructed: defaultdict[int, set[str]] = defaultdict(set)
        """hash of a question -> the problems that ask it behind a system prompt"""
        for row in self._rows():
            self._name(row)
            self._remember(row)

    def _rows(self) -> Iterator[Row]:
        for shard in self.shards:
            for frame in batches(shard, PROBLEM):
                yield from frame.iter_rows(named=True)

    def _name(self, row: Row) -> None:
        problem_id, name = row["problem_id"], row["source_problem_id"]
        if row["problem"] is None:
            self.textless.add(problem_id)
            return
        self.meant.setdefault(problem_id, b"")
        roles = [turn["role"] for turn in row["messages"] or ()]
        if roles == ["system", "user"] and not row["choices"]:
            self.instructed[hash(row["problem"])].add(problem_id)
        if name is not None and self.named.setdefault(name, problem_id) != problem_id:
            self.named[name] = self._standing_for(name) | {problem_id}

    def _standing_for(self, name: str) -> set[str]:
        """The problems that an id names: the run's own ids, and the files'."""
        if name in self.meant and name not in self.textless:
            return {name}
        found = self.named.get(name, set())
        return {found} if isinstance(found, str) else found

    def _remember(self, row: Row) -> None:
        """What a version of a problem means."""
        facts = [_fact(n, v) for n in _STATED for v in _meant(row, n) if v is not None]
        known = [] if self.again else _from_bytes(self.meant.get(row["problem_id"], b""))
        self.meant[row["problem_id"]] = _as_bytes(dict.fromkeys([*known, *facts]))

    def found(self, row: Row, must: bool) -> Row:
        """The row; one that only names its problem, as that problem's. `must` it be found?"""
        name = row["source_problem_id"]
        if row["problem"] is not None or name is None:
            self._name(row)
            return row
        ids = self._standing_for(name)
        if len(ids) == 1:
            return {**row, "problem_id": next(iter(ids)), "source_problem_id": None}
        if not must:
            return row
        what = f"stands for {len(ids)} problems" if ids else "is no problem of the run"
        how = "name it by the run's problem_id" if ids else "import its problems first (--problems)"
        raise UserError(f"problem_id {name!r} {what}; {how}")

    def asking(self, row: Row) -> list[Row]:
        """The row as each of the run's problems that it speaks of: a bare question is that of the
        problems that ask it behind a system prompt, and its own only where the run has it."""
        bare = not (row["messages"] or row["choices"])
        others = self.instructed.get(hash(row["problem"]), set()) if bare else set()
        rows = [{**row, "problem_id": problem_id} for problem_id in sorted(others)]
        return [row, *rows] if not rows or row["problem_id"] in self.meant else rows

    def versions(self, problem_ids: Iterable[str]) -> dict[str, list[Row]]:
        """The stored rows of these problems, the last one last."""
        found: defaultdict[str, list[Row]] = defaultdict(list)
        if wanted := [problem_id for problem_id in problem_ids if self.meant.get(problem_id)]:
            rows = read_where(self.shards, PROBLEM, pl.col("problem_id").is_in(wanted))
            for row in rows.iter_rows(named=True):
                found[row["problem_id"]].append(row)
        return found

    def with_known_golds(self, rows: list[Row]) -> Iterator[Row]:
        """The rows; those without gold with what the run knows of their problem."""
        bare = {row["problem_id"] for row in rows if not (row["gold"] or row["tests"])}
        known = self.versions(bare)
        for row in rows:
            versions = known.get(row["problem_id"])
            yield {**row, **versions[-1]} if versions else row

    def add(self, staging: Staging, batch: Iterable[Row], counts: Counter[str]) -> None:
        """Stages what a file's rows add: unknown problems, and known ones of which something new is
        said."""
        counts["new"] += 0
        telling, first = self._telling(batch, counts)
        if self.trainable:
            refuse_trick(telling, self.source.where)
        newer = [p for p in telling if not self.meant.get(p) or self._has_news(p)]
        versions = self.versions(newer)
        stated = {p: self._stated(p, telling[p], versions[p]) for p in newer}
        self._settle(stated, {p: (versions[p][-1:] or telling[p])[0] for p in newer})
        added = []
        for problem_id in telling:
            told = stated.get(problem_id, {})
            addition = self._addition(telling[problem_id][0], versions[problem_id], told)
            if addition is not None:
                counts["corrected" if versions[problem_id] else "new"] += 1
                added.append(addition)
            elif problem_id in first:
                counts["known"] += 1
        for row, check in zip(added, gold_checks(added, self.jobs), strict=True):
            row["gold_check"] = row["gold_check"] or check
            counts[row["gold_check"]] += 1
            self._remember(row)
        self.shards += staging.add(self.folder, pl.DataFrame(added, schema=PROBLEM), PROBLEM)

    def _telling(
        self, batch: Iterable[Row], counts: Counter[str]
    ) -> tuple[dict[str, list[Row]], set[str]]:
        """Of each problem the rows that say what the file has not said; and which problems are
        named for the first time."""
        telling: dict[str, list[Row]] = {}
        first = set()
        for row in batch:
            problem_id = row["problem_id"]
            said = _from_bytes(self.said.get(problem_id, b""))
            facts = [_fact(name, row[name]) for name in _STATED if row[name] is not None]
            new = [fact for fact in facts if not _is_said(fact, said)]
            if problem_id not in self.said:
                first.add(problem_id)
            else:
                counts["repeated"] += 1
            if new or problem_id not in self.said:
                telling.setdefault(problem_id, []).append(row)
                self.said[problem_id] = _as_bytes([*said, *new])
        return telling, first

    def _has_news(self, problem_id: str) -> bool:
        said = _from_bytes(self.said[problem_id])
        return any(self._is_new(problem_id, column, said) for column in range(len(_STATED)))

    def _is_new(self, problem_id: str, column: int, facts: list[int]) -> bool:
        """Whether no version has meant them; with `again`, whether the last one does not."""
        said = {fact for fact in facts if fact & 7 == column}
        meant = {fact for fact in _from_bytes(self.meant[problem_id]) if fact & 7 == column}
        return bool(said) and (said != meant if self.again else not said <= meant)

    def _stated(self, problem_id: str, rows: list[Row], versions: list[Row]) -> Stated:
        """What this file has said of the problem, as texts: those of the batch's rows, and what it
        said before, which is a version's. A gold that became another (`_settle`) is neither."""
        texts = {_fact(n, r[n]): r[n] for r in rows for n in _STATED if r[n] is not None}
        texts |= {
            _fact(n, v): v for r in versions for n in _STATED for v in _meant(r, n) if v is not None
        }
        stated: Stated = {}
        for fact in _from_bytes(self.said[problem_id]):
            if fact in texts:
                stated.setdefault(_STATED[fact & 7], []).append(texts[fact])
        return stated

    def _settle(self, stated: dict[str, Stated], rows: dict[str, Row]) -> None:
        """Golds of one problem that verify as each other become the first of them."""
        from filters.verifiers import verify

        pairs = []
        for problem_id, told in stated.items():
            row = rows[problem_id]
            kind = told.get("kind", [row["kind"] or usual_kind(row)])[0]
            choices = tuple(row["choices"] or ()) or None
            first, *others = told.get("gold") or [""]
            for other in others if kind in ("math", "choice", "logic") else ():
                case = Case(other, first, kind=kind, bare=True, choices=choices)
                pairs.append((told["gold"], other, case))
        outcomes = verify([case for *_, case in pairs], jobs=self.jobs)
        for (golds, other, _), found in zip(pairs, outcomes, strict=True):
            if found.outcome == CORRECT:
                golds.remove(other)

    def _addition(self, row: Row, versions: list[Row], stated: Stated) -> Row | None:
        """The problem's next version, or null where the file says nothing new of it."""
        if not versions:
            if self.meant.get(row["problem_id"]):
                return None
            default = {"kind": usual_kind(row), "source": self.source.where.rsplit("/", 1)[-1]}
            return _version({**row, **default}, stated)
        new = {}
        for name, values in stated.items():
            facts = [_fact(name, value) for value in values]
            if self._is_new(row["problem_id"], _STATED.index(name), facts):
                new[name] = values
        if "tests" in new and "kind" not in stated:
            new["kind"] = ["code"]
        return _version(versions[-1], new) if new else None


def _fact(name: str, value: str) -> int:
    """A value and its column, which is in the last three bits, as 64 bits: enough to tell apart
    what is said of one problem, within this process."""
    return hash(value) & ~7 | _STATED.index(name)


def _as_bytes(facts: Iterable[int]) -> bytes:
    return array("q", facts).tobytes()


def _from_bytes(facts: bytes) -> list[int]:
    return array("q", facts).tolist()


def _is_said(fact: int, said: list[int]) -> bool:
    """Golds and tests are said one by one; of the other columns the first word counts."""
    if _STATED[fact & 7] in _CONFLICTS:
        return fact in said
    return any(fact & 7 == other & 7 for other in said)


def _conflicts(row: Row) -> tuple[dict[str, list[str]], str | None]:
    """Of a stored row: between which golds or tests nobody decided, and the rest of its `meta`."""
    if row["gold_check"] not in (GOLD_CONFLICT, NO_PROBLEM) or not row["meta"]:
        return {}, row["meta"]
    meta = json.loads(row["meta"])
    found = {column: meta.pop(noted) for column, noted in _CONFLICTS.items() if noted in meta}
    return found, json_of(meta) if meta else None


def _meant(row: Row, name: str) -> list[str | None]:
    """What a stored row says in a column; between conflicting golds it says each of them."""
    conflicts, meta = _conflicts(row)
    if name in conflicts:
        return [*conflicts[name]]
    return [meta if name == "meta" else row[name]]


def _version(row: Row, stated: Stated) -> Row:
    """The row with what is newly stated. The same text with two golds: nobody knows which is
    right, so there is none, until a file says one."""
    before, meta = _conflicts(row)
    new = {**row, "meta": meta, **{name: values[0] for name, values in stated.items()}}
    said = {name: sorted(stated[name]) for name in _CONFLICTS if name in stated}
    if not any(len(golds) > 1 for golds in said.values()):
        said = {} if said else before
    if said:
        noted = {_CONFLICTS[name]: golds for name, golds in said.items()}
        rest = json.loads(new["meta"]) if new["meta"] else {}
        new |= {"gold": None, "tests": None, "meta": json_of({**rest, **noted})}
    new["gold_check"] = NO_PROBLEM if new["problem"] is None else GOLD_CONFLICT if said else None
    return new | {"gold_hash": content_id(new["gold"], new["tests"])}
