"""A run at a URL and its copies, of which each machine has its own."""

import shutil
from pathlib import Path

import fsspec
import pytest
from small_runs import contents, files, finished, imported, stored, trace

from curate.checking.run_check import check
from curate.config import Config
from curate.judging.filter_stage import filter_traces
from curate.manifest import ask as manifest
from curate.store.remote import Remote
from curate.store.run_folder import Run
from curate.store.shards import read_rows
from curate.store.urls import folder_of
from filters.errors import UserError

ROWS = [trace(n, answer=9 if n == 2 else None) for n in range(1, 6)]


def forget(run: Run) -> Run:
    """As another machine sees the run, that has no copy of it."""
    shutil.rmtree(run.path)
    return Run.open(run.path)


def test_run_is_that_of_a_disk_and_another_machine_sees_it(place: str, tmp_path: Path) -> None:
    local = finished(tmp_path / "run", ROWS)
    run = finished(folder_of(f"{place}/run"), ROWS)
    for seen in (run, forget(run)):
        there = contents(seen)
        assert all(there[name].equals(rows) for name, rows in contents(local).items())
    assert check(run)["faults"] == []
    funnel = "select * from v_funnel"
    assert manifest.rows(run, funnel) == manifest.rows(local, funnel)


def test_nothing_is_there_but_what_is_committed(place: str) -> None:
    run = finished(folder_of(f"{place}/run"), ROWS)
    manifest.rows(run, "select 1")
    there = Remote.of(run.path).versions()  # type: ignore[union-attr]
    visible = {name for name in files(run.path) if not name.startswith((".", "manifest"))}
    assert {name for name in there if not name.startswith(".lease/")} == visible


def test_what_is_replaced_or_removed_there_is_so_in_the_copy(place: str) -> None:
    run = imported(folder_of(f"{place}/run"), ROWS)
    remote = Remote.of(run.path)
    assert remote
    text = remote.read("run.yaml")
    assert text
    remote.put("run.yaml", text.replace(b"seed: 0", b"seed: 7"))
    (shard,) = run.shards("traces")
    remote.delete(f"traces/{shard.name}")
    again = Run.open(run.path)
    assert again.config.seed == 7
    assert again.shards("traces") == []


def test_copy_is_fetched_once(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    run = finished(folder_of(f"{place}/run"), ROWS)
    fetched: list[str] = []
    fetch = Remote.fetch
    monkeypatch.setattr(
        Remote, "fetch", lambda self, name, to: (fetched.append(name), fetch(self, name, to))
    )
    filter_traces(Run.open(run.path))
    assert fetched == []
    forget(run)
    assert sorted(fetched) == [n for n in files(run.path) if not n.startswith((".", "manifest"))]


def test_worker_elsewhere_fetches_what_it_is_told_to_read(place: str) -> None:
    run = imported(folder_of(f"{place}/run"), ROWS)
    (shard,) = run.shards("traces")
    shutil.rmtree(run.path)
    from filters.schema import TRACE

    assert read_rows(shard, {"trace_id": TRACE["trace_id"]}, 0, 9).height == 5


def test_checkpoint_goes_there_whole_and_is_fetched_by_who_asks(place: str) -> None:
    run = imported(folder_of(f"{place}/run"), ROWS)
    with run.writing("sft"):
        (run.path / "sft").mkdir()
        for name in ("old", "weights"):
            (run.path / "sft" / name).write_text(name)
    again = forget(run)
    assert not (run.path / "sft").exists()
    with again.writing("sft"):
        assert (run.path / "sft" / "weights").read_text() == "weights"
        (run.path / "sft" / "weights").write_text("others")
        (run.path / "sft" / "old").unlink()
    with forget(run).writing("grpo"):
        assert files(run.path / "sft") == ["weights"]
        assert (run.path / "sft" / "weights").read_text() == "others"


def test_misspelt_file_leaves_nothing_there(place: str) -> None:
    folder = folder_of(f"{place}/run")
    with pytest.raises(UserError, match="oops"), Run.making(folder, Config()):
        raise UserError("oops")
    left = Remote.of(folder).versions()  # type: ignore[union-attr]
    assert [name for name in left if not name.startswith(".lease/")] == []
    Run.create(folder, Config())


def test_folder_of_something_else_is_no_place_for_a_run(place: str) -> None:
    folder = folder_of(f"{place}/run")
    remote = Remote.of(folder)
    assert remote
    remote.put("notes.txt", b"mine")
    with pytest.raises(UserError, match="not empty"):
        Run.create(folder, Config())


def test_what_is_nowhere_is_said_in_one_line(s3: str) -> None:
    for url, told in (
        (f"{s3}/run", "does not exist"),
        ("s3://no-such-bucket/run", "bucket does not exist"),
        ("memory://nothing/run", "does not exist"),
        ("xyz://b/run", "no store that fsspec knows"),
    ):
        with pytest.raises(UserError, match=told):
            Run.open(folder_of(url))


def test_credentials_are_nowhere_in_what_is_written(s3: str, tmp_path: Path) -> None:
    import os

    os.environ["AWS_SECRET_ACCESS_KEY"] = secret = "verysecret"
    run = finished(folder_of(f"{s3}/run"), ROWS)
    fs = fsspec.filesystem("s3")
    there = [fs.cat_file(name) for name in fs.find(s3)]
    here = [path.read_bytes() for path in run.path.rglob("*") if path.is_file()]
    assert not any(secret.encode() in text for text in there + here)


def test_rows_of_two_machines_add_up(place: str) -> None:
    run = imported(folder_of(f"{place}/run"), ROWS)
    more = imported(run.path, [trace(n) for n in range(10, 14)])
    assert stored(forget(more), "traces").height == 9


def test_damage_there_is_found_and_mended(place: str) -> None:
    run = finished(folder_of(f"{place}/run"), ROWS)
    before = contents(run)
    remote = Remote.of(run.path)
    assert remote
    flipped, gone = (
        f"verdicts/{f}/{run.shards('verdicts', f)[0].name}" for f in ("length", "finish")
    )
    data = bytearray(remote.read(flipped) or b"")
    data[len(data) // 2] ^= 1
    remote.put(flipped, bytes(data))
    remote.delete(gone)
    told = check(Run.open(run.path), mend=True)
    assert {fault["place"] for fault in told["faults"]} == {flipped, gone}
    assert {fault["again"] for fault in told["faults"]} == {"`curate filter`"}
    assert f"damaged/{flipped}" in remote.versions()
    assert flipped not in remote.versions()
    filter_traces(Run.open(run.path))
    again = forget(run)
    assert check(again)["faults"] == []
    assert all(contents(again)[name].equals(rows) for name, rows in before.items())


def test_older_copy_is_never_put_over_what_is_there(place: str) -> None:
    run = imported(folder_of(f"{place}/run"), ROWS)
    with run.writing("sft"):
        (run.path / "sft").mkdir()
        (run.path / "sft" / "weights").write_text("first")
    remote = Remote.of(run.path)
    assert remote
    with run.writing("generate", (1, 2)):
        remote.put("sft/weights", b"another machine's")
        remote.put("progress/generate-2-of-2.json", b"{}")
        shutil.rmtree(run.path / "traces")  # whoever cleans up takes nothing from there
    assert remote.read("sft/weights") == b"another machine's"
    assert len(Run.open(run.path).shards("traces")) == 1
    remote.delete("sft/weights")
    Run.open(run.path)
    assert not (run.path / "sft" / "weights").exists()
