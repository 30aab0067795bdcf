"""Damage of every kind is found, named, and mended by doing that part again."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from small_runs import CHEAP, Curate, contents, finished, only, stored, trace

from curate.checking.run_check import check
from curate.config import Source
from curate.judging.filter_stage import filter_traces
from curate.judging.review import Word, say
from curate.records.normalize import normalize
from curate.sources.imported_traces import import_traces
from curate.store.run_folder import Run
from curate.store.seal import is_whole

ROWS = [trace(n, answer=9 if n == 2 else None) for n in range(1, 6)]


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:100])


def whole_again(run: Run) -> None:
    import_traces(run, Source(path=str(run.path.with_name("run.jsonl"))))
    filter_traces(run)
    normalize(run)


@pytest.mark.parametrize("damage", [flip, cut])
@pytest.mark.parametrize("table", ["problems", "traces", "verdicts", "records"])
def test_damage_is_named_and_mended(
    tmp_path: Path, damage: Callable[[Path], None], table: str
) -> None:
    run = finished(tmp_path / "run", ROWS)
    before = contents(run)
    assert check(run)["faults"] == []
    path = run.shards(table)[0]
    damage(path)
    told = check(run, mend=True)
    (fault,) = told["faults"]
    assert fault["place"] == path.relative_to(run.path).as_posix()
    assert "not what was written" in fault["fault"]
    assert "`curate" in fault["again"]
    assert told["moved"] == 1
    whole_again(Run.open(run.path))
    assert check(run)["faults"] == []
    after = contents(run)
    assert all(after[name].equals(before[name]) for name in before)


def test_verdicts_that_are_replaced_hold_their_hash(tmp_path: Path) -> None:
    filters = only(*CHEAP, "difficulty", "duplicate", "select")
    run = finished(tmp_path / "run", ROWS, filters=filters)
    assert check(run)["faults"] == []
    (verdicts,) = run.shards("verdicts", "select")
    whole = verdicts.read_bytes()
    for place in random.Random(1).sample(range(len(whole)), 100):
        verdicts.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        assert not is_whole(verdicts), place
    told = check(run, mend=True)
    assert [fault["place"] for fault in told["faults"]] == [f"verdicts/select/{verdicts.name}"]
    filter_traces(Run.open(run.path))
    assert check(run)["faults"] == []
    assert run.shards("verdicts", "select")[0].read_bytes() == whole


def test_word_in_a_shard_that_takes_it_in_is_no_damage(tmp_path: Path) -> None:
    run = finished(tmp_path / "run", ROWS)
    first, second, *_ = stored(run, "traces")["trace_id"]
    for trace_id in (first, second):
        say(run, Word(trace_id, 0, "keep", "well done"))
    normalize(run)
    assert len(run.shards("verdicts", "human")) == 1
    assert check(run)["faults"] == []


def test_what_is_gone_is_named_until_it_is_mended(tmp_path: Path, curate: Curate) -> None:
    run = finished(tmp_path / "run", ROWS)
    before = contents(run)
    for table in ("verdicts", "traces", "problems", "records"):
        gone = run.shards(table)[-1]
        gone.unlink()
        said = curate("check", run.path, "--json")
        assert said.code == 1
        assert [fault["place"] for fault in said.json["faults"]] == [
            gone.relative_to(run.path).as_posix()
        ]
        whole_again(Run.open(run.path))
        check(run, mend=True)
        assert check(run)["faults"] == []
        after = contents(run)
        assert all(after[name].equals(before[name]) for name in before)
