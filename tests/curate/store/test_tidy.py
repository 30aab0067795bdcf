"""Tidying changes what files there are, and nothing that anybody sees in them."""

import functools
import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from small_runs import CHEAP, Curate, Row, files, imported, only, stored, trace, write

from curate.checking.run_check import check
from curate.config import Source
from curate.judging.filter_stage import filter_traces
from curate.judging.review import Word, say
from curate.manifest import ask as manifest
from curate.records.export import export
from curate.records.normalize import normalize
from curate.sources.problems import load_problems
from curate.store import shards
from curate.store.run_folder import Run
from curate.store.tidy import tidy
from curate.store.urls import folder_of
from filters.errors import UserError

FILTERS = only(*CHEAP, "language", "duplicate", "difficulty")


def piecemeal(folder: Path) -> Run:
    """A run of many small shards, some of whose verdicts and records were replaced."""
    for first in range(0, 30, 5):
        rows = [trace(n, answer=9 if n % 7 == 3 else None) for n in range(first, first + 5)]
        run = imported(folder, rows, filters=FILTERS)
        filter_traces(run)
        normalize(run)
    golds = [{"problem": trace(n)["problem"], "gold": "9"} for n in (3, 10, 12)]
    file = write(folder.with_name("golds.jsonl"), golds)
    load_problems(run, Source(path=str(file)))
    filter_traces(run)
    normalize(run)
    return run


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return piecemeal(tmp_path_factory.mktemp("made") / "run").path


@pytest.fixture
def run(made: Path, tmp_path: Path) -> Run:
    return Run.open(Path(shutil.copytree(made, tmp_path / "run")))


VIEWS = {
    "problems": "select * exclude meta from problems order by problem_id",
    "traces_all": "select * exclude shard from traces_all order by trace_id, attempt",
    "verdicts": "select * from verdicts order by trace_id, filter",
    "records": "select * from records order by record_id",
    "records_all": "select record_id from records_all order by record_id",
    "fates": "select * from fates order by trace_id",
    "text": "select trace_id, response from v_trace_text order by trace_id",
}


def seen(run: Run, out: Path) -> Row:
    """All that people see of a run, and the hash of its dataset."""
    export(run, out)
    dataset = hashlib.blake2b()
    for name in files(out / "data"):
        dataset.update(name.encode() + (out / "data" / name).read_bytes())
    told = {name: manifest.rows(run, query) for name, query in VIEWS.items()}
    return told | {"dataset": dataset.hexdigest(), "faults": check(run)["faults"]}


def test_nothing_changes_but_the_files(run: Run, tmp_path: Path) -> None:
    before, there = seen(run, tmp_path / "a"), files(run.path)
    said = tidy(run)
    assert files(run.path) == there, "without --yes nothing is done"
    done = tidy(run, yes=True)
    for plan, row in zip(said, done, strict=True):
        assert {name: fact for name, fact in row.items() if name != "freed"} == plan
    after = seen(run, tmp_path / "b")
    assert after == before
    assert after["faults"] == []
    assert len(run.shards("traces")) == len(run.shards("verdicts", "length")) == 1
    correctness = next(row for row in done if row["place"] == "verdicts/correctness")
    assert (correctness["becomes"], correctness["superseded_rows"]) == (1, 3)
    assert stored(run, "verdicts").height == len(before["verdicts"])


def test_run_goes_on_as_before(run: Run, tmp_path: Path) -> None:
    straight = Run.open(Path(shutil.copytree(run.path, tmp_path / "straight" / "run")))
    tidy(run, yes=True)
    for one in (run, straight):
        assert filter_traces(one).total() == 0, "nothing is judged again"
        imported(one.path, [trace(n) for n in range(40, 45)], filters=FILTERS)
        filter_traces(one)
        normalize(one)
    ours, theirs = (seen(one, tmp_path / str(n)) for n, one in enumerate((run, straight)))
    assert {**ours, "problems": 0} == {**theirs, "problems": 0}
    assert [row["what"] for row in tidy(run)] == ["index, built again when asked"]


def test_history_stays(run: Run) -> None:
    tidy(run, yes=True)
    golds = stored(run, "problems").filter(problem=trace(12)["problem"])["gold"]
    assert golds.to_list() == ["13", "9"]


class Killed(BaseException):
    pass


def dying(kept: int, remove: Callable[[list[Path]], None], paths: list[Path]) -> None:
    remove(paths[:kept])
    raise Killed


@pytest.mark.parametrize("removed", [0, 2])
def test_killed_in_mid_work(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, removed: int
) -> None:
    before = seen(run, tmp_path / "a")
    with monkeypatch.context() as patched:
        patched.setattr(shards, "remove", functools.partial(dying, removed, shards.remove))
        with pytest.raises(Killed):
            tidy(run, yes=True)
    assert seen(run, tmp_path / "b") == before
    assert tidy(run, yes=True)[0]["what"] == "left by a tidy that was stopped"
    assert seen(run, tmp_path / "c") == before
    assert not any("left" in row["what"] for row in tidy(run))


def test_at_a_url(place: str, made: Path, tmp_path: Path) -> None:
    run = piecemeal(folder_of(f"{place}/run"))
    before = seen(run, tmp_path / "a")
    tidy(run, yes=True)
    shutil.rmtree(run.path)
    again = Run.open(run.path)
    assert seen(again, tmp_path / "b") == before
    assert before["dataset"] == seen(Run.open(made), tmp_path / "c")["dataset"]
    assert len(again.shards("traces")) == 1


@pytest.mark.parametrize("place", [5, -30])
def test_damaged_shard_is_not_written_anew(run: Run, place: int) -> None:
    path = run.shards("verdicts", "length")[2]
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)
    with pytest.raises(UserError, match="damaged: run `curate check --mend`"):
        tidy(run, yes=True)


def test_gap_stays_to_be_found(run: Run) -> None:
    gone = run.shards("verdicts", "length")[1]
    gone.unlink()
    tidy(run, yes=True)
    places = [fault["place"] for fault in check(run)["faults"]]
    assert gone.relative_to(run.path).as_posix() in places


def test_words_of_people_and_group_filters_stay_as_they_are(run: Run) -> None:
    traces = stored(run, "traces")["trace_id"]
    for trace_id in traces[:5]:
        say(run, Word(trace_id, 0, "keep"))
    places = {row["place"] for row in tidy(run)}
    assert "verdicts/language" in places
    assert places.isdisjoint({"verdicts/human", "verdicts/duplicate", "verdicts/difficulty"})


def test_command(run: Run, curate: Curate) -> None:
    assert "--yes does it" in curate("tidy", run.path).err
    assert "bytes are free" in curate("tidy", run.path, "--yes").err
    assert curate("tidy", run.path).err == "tidy: nothing to do\n"
