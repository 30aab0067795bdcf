"""What a stage says at its end."""

from pathlib import Path

from small_runs import Curate, trace, write


def test_an_import_says_what_came_in_and_what_its_golds_are_worth(
    curate: Curate, tmp_path: Path
) -> None:
    rows = [trace(1), trace(1), trace(2, gold=None), trace(3, response=None)]
    file = write(tmp_path / "rows.jsonl", rows)
    assert curate("import", tmp_path / "run", file).err == (
        "import: 4 rows; traces: 4 new, 1 without text; problems: 3 new, 1 named again, "
        "2 with a gold that stands, 1 without gold\n"
    )
    again = curate("import", tmp_path / "run", file).err
    assert "traces: 0 new, 4 known, 1 without text; problems: 0 new, 3 known" in again
