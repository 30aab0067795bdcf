"""Which of the file's columns is which of ours: the user's map first, then the file's layout, then
the usual names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from curate.config import Source
from curate.sources.layouts.layout import PLAIN, Layout, Made, Row, Theirs, at
from filters.errors import UserError, did_you_mean

CONTENT = ("problem", "gold", "choices", "tests", "response", "thinking")
"""a column can be one of these alone: a reply that were its own gold would always be right"""
NONE = "none"
"""`--map gold=none`, or a layout: the file has no such column, whatever its columns are called"""


class Columns:
    """The first rows decide: a required column that none of them has is the user's mistake, found
    before anything is read further."""

    def __init__(
        self, source: Source, known: Mapping[str, tuple[str, ...]], layout: Layout = PLAIN
    ) -> None:
        known = {ours: _spelled(usual) for ours, usual in known.items()}
        for ours in source.map:
            if ours not in known:
                raise UserError(f"no column {ours!r} to map to{did_you_mean(ours, known)}")
        said: dict[str, Theirs] = {**layout.columns, **source.map}
        said = {ours: theirs for ours, theirs in said.items() if ours in known}
        told = [said[ours] for ours in (*CONTENT, "messages") if ours in said]
        taken = {path for theirs in told for path in _paths(theirs)}
        self.mapped = source.map
        self.where = source.where
        self.layout = layout
        _check_once(source.map, known, said)
        self.names: dict[str, tuple[str, ...] | Made] = {}
        for ours, usual in known.items():
            if ours not in said:
                free = ours not in CONTENT
                usual = tuple(name for name in usual if free or name not in taken)
            theirs = said.get(ours, usual)
            self.names[ours] = (theirs,) if isinstance(theirs, str) else theirs
        for ours in (ours for ours, theirs in said.items() if theirs == NONE):
            self.names[ours] = ()
        self.known = {path for theirs in self.names.values() for path in _paths(theirs)}
        self._columns: tuple[str, ...] = ()
        self._there: dict[str, tuple[str, ...] | Made] = {}

    def check(
        self,
        first: list[Row],
        required: tuple[tuple[str, ...], ...],
        how: str = "say which it is with --map {}={}",
        where: str | None = None,
    ) -> None:
        """Each group of `required` needs one column that occurs in the first rows: of the source,
        or of `where`, one of its files."""
        where = where or self.where
        present = sorted({name for row in first for name in row})
        for theirs in self.mapped.values():
            if theirs != NONE and theirs not in present:
                self._check_path(first, theirs, present, where)
        for group in required:
            if not any(self.has(first, ours) for ours in group):
                raise UserError(
                    f"{where} has no column {group[0]!r} (columns: {', '.join(present)}); "
                    + how.format(group[0], _likely(first, group[0]))
                )

    def _check_path(self, first: list[Row], path: str, present: list[str], where: str) -> None:
        root, _, rest = path.partition(".")
        if not rest or root not in present:
            near = did_you_mean(path if not rest else root, present)
            raise UserError(f"{where} has no column {path!r}{near}")
        if all(at(row, path) is None for row in first):
            found = [value for row in first if isinstance(value := at(row, root), dict)]
            near = did_you_mean(rest, map(str, found[0])) if found else ""
            raise UserError(f"{where}: the first rows have nothing at {path!r}{near}")

    def has(self, first: list[Row], ours: str) -> bool:
        theirs = self.names[ours]
        if isinstance(theirs, Made):
            return any(theirs.get(row) is not None for row in first)
        return any(name in row or at(row, name) is not None for row in first for name in theirs)

    def there(self, row: Row) -> dict[str, tuple[str, ...] | Made]:
        """`names` without columns that this row has not: worked out where a row has others than the
        one before it, which is seldom."""
        columns = tuple(row)
        if columns != self._columns:
            self._columns = columns
            there = {ours: _among(row, theirs) for ours, theirs in self.names.items()}
            self._there = {ours: theirs for ours, theirs in there.items() if theirs}
        return self._there

    def get(self, row: Row, ours: str) -> Any:
        theirs = self.there(row).get(ours, ())
        if isinstance(theirs, Made):
            return theirs.get(row)
        for name in theirs:
            if (value := at(row, name)) is not None:
                return value
        return None

    def used(self, row: Row) -> Iterator[tuple[str, tuple[str, ...]]]:
        """(ours, the columns or paths its value comes from), for each that this row has."""
        for ours, theirs in self.there(row).items():
            if isinstance(theirs, Made):
                found = tuple(path for path in theirs.of if at(row, path) is not None)
            else:
                found = tuple(name for name in theirs if at(row, name) is not None)[:1]
            if found:
                yield ours, found

    def rest(self, row: Row) -> Row:
        """The columns that are none of ours; of one that only a part was taken from, all of it."""
        taken = {path for _, paths in self.used(row) for path in paths}
        return {
            name: value
            for name, value in row.items()
            if name not in taken and not (value is None and name in self.known)
        }


def _likely(first: list[Row], ours: str) -> str:
    """The column that a user will mean: of replies, the one that has thinking in it."""
    with_thinking = (n for row in first for n, v in row.items() if "</think>" in str(v))
    return next(with_thinking, "THEIRS") if ours == "response" else "THEIRS"


def _spelled(usual: tuple[str, ...]) -> tuple[str, ...]:
    """The usual names, then the same in capitals: Question, Expected_Answer, ID."""
    spellings = (str, str.capitalize, str.title, str.upper)
    return tuple(dict.fromkeys(spell(name) for spell in spellings for name in usual))


def _among(row: Row, theirs: tuple[str, ...] | Made) -> tuple[str, ...] | Made:
    """Those that the row has, or has the beginning of."""
    if isinstance(theirs, Made):
        return theirs
    return tuple(name for name in theirs if name in row or name.partition(".")[0] in row)


def _paths(theirs: Theirs) -> tuple[str, ...]:
    if isinstance(theirs, str):
        return (theirs,)
    return theirs.of if isinstance(theirs, Made) else theirs


def _check_once(
    mapped: Mapping[str, str], known: Mapping[str, tuple[str, ...]], said: Mapping[str, Theirs]
) -> None:
    """Whether the user gives one column two meanings, or takes one that has another by its name."""
    for ours, theirs in mapped.items():
        for other in CONTENT:
            if ours not in CONTENT or other == ours or other not in known or theirs == NONE:
                continue
            if theirs in (_paths(said[other]) if other in said else known[other]):
                raise UserError(
                    f"--map {ours}={theirs}: {theirs!r} would be the {other} too; say which column "
                    f"that is with --map {other}=THEIRS, or --map {other}={NONE}"
                )
