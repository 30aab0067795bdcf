"""A row that is lost, doubled or invented is found wherever it is, and named with its place."""

import shutil
from pathlib import Path

import polars as pl
import pytest
from small_runs import finished, trace, write

from curate.judging.review import review
from curate.manifest.conservation import check_conservation
from curate.store.run_folder import Run
from curate.store.shards import read, replace
from filters import FILTERS
from filters.schema import TABLES

PLACES = ["problems", "traces", *(f"verdicts/{name}" for name in FILTERS), "records"]
OTHER = "f" * 32


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that every filter judged, and a person."""
    folder = tmp_path_factory.mktemp("whole")
    run = finished(folder / "run", [trace(n) for n in range(4)], filters={})
    some = read(run.shards("traces"), TABLES["traces"], ["trace_id"])["trace_id"].sort()[:2]
    review(run, str(write(folder / "words.jsonl", [{"trace_id": t, "keep": True} for t in some])))
    return run.path


@pytest.fixture
def run(whole: Path, tmp_path: Path) -> Run:
    return Run.open(Path(shutil.copytree(whole, tmp_path / "run")))


def change(run: Run, place: str, how: str) -> str:
    """Lose, double or invent one row of the place's shard; the id of it."""
    table, *below = place.split("/")
    id_name = "problem_id" if table == "problems" else "trace_id"
    (path,) = run.shards(table, *below)
    rows = read([path], TABLES[table])
    assert rows.height > 1
    one, others = rows.head(1), rows.tail(-1)
    (found,) = one[id_name]
    if how == "lose":
        replace(path, others, TABLES[table])
    elif how == "double":
        replace(path, pl.concat([rows, one]), TABLES[table])
    else:
        new = one.with_columns(pl.lit(OTHER).alias(id_name))
        replace(path, pl.concat([rows, new]), TABLES[table])
        return OTHER
    return str(found)


NAMED = {
    ("problems", "lose"): "problems: 1 not there, but a trace answers it, such as",
    ("problems", "invent"): "problems: 1 under another's id, such as",
    ("traces", "lose"): "finish: 1 of no trace, such as",
    ("traces", "invent"): "finish: 1 not there for a trace, such as",
    ("records", "lose"): "records: 1 not there for a kept trace, such as",
}
FAULTS = {"lose": "not there for a trace", "double": "there twice", "invent": "of no trace"}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("how", FAULTS)
def test_row_is_missed_wherever_it_is(run: Run, place: str, how: str) -> None:
    check_conservation(run, records=True)
    row = change(run, place, how)
    told = f"{place.split('/')[-1]}: 1 {FAULTS[how]}, such as"
    with pytest.raises(RuntimeError) as error:
        check_conservation(run, records=True)
    assert f"{NAMED.get((place, how), told)} {row}" in str(error.value)
