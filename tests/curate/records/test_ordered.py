"""Rows in the order of their ids, in frames of even size, whatever order they came in."""

from pathlib import Path

import polars as pl
import pytest

from curate.records import ordered
from curate.records.ordered import Ordered, text_bytes
from filters.schema import content_id

ROWS = pl.DataFrame(
    {
        "id": [content_id(str(n)) for n in range(3000)],
        "text": ["a" * (n % 7) for n in range(3000)],
        "said": [[{"role": "user", "content": str(n)}] for n in range(3000)],
    }
)


def taken(folder: Path, rows: pl.DataFrame, pieces: int, most: int) -> list[pl.DataFrame]:
    ordered = Ordered(folder, "id")
    for piece in rows.iter_slices(1 + rows.height // pieces):
        ordered.add(piece)
    return [parts.sorted() for parts in ordered.files(most)]


def test_order_and_cuts_come_from_the_rows_alone(tmp_path: Path) -> None:
    most = text_bytes(ROWS) // 4
    files = taken(tmp_path / "a", ROWS, 1, most)
    assert pl.concat(files).equals(ROWS.sort("id"))
    again = taken(tmp_path / "b", ROWS.sample(fraction=1, shuffle=True, seed=1), 7, most)
    assert [file.height for file in again] == [file.height for file in files]
    assert all(a.equals(b) for a, b in zip(again, files, strict=True))


def test_rows_that_were_too_many_to_hold_come_out_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = taken(tmp_path / "a", ROWS, 7, 4000)
    monkeypatch.setattr(ordered, "HELD_BYTES", text_bytes(ROWS) // 3)
    spilled = taken(tmp_path / "b", ROWS, 7, 4000)
    assert not (tmp_path / "a").exists()
    assert len(list((tmp_path / "b").iterdir())) == 3
    assert all(a.equals(b) for a, b in zip(held, spilled, strict=True))


def test_files_are_of_even_size(tmp_path: Path) -> None:
    sizes = [text_bytes(file) for file in taken(tmp_path / "a", ROWS, 3, text_bytes(ROWS) // 6)]
    assert len(sizes) in (6, 7)
    assert max(sizes) < 1.2 * min(sizes)


def test_nothing_gives_no_file(tmp_path: Path) -> None:
    assert taken(tmp_path / "a", ROWS.clear(), 1, 100) == []
