"""Pushes to a hub on loopback, by the command itself in a process of its own."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from publishing.hub import TOKEN, Hub, served
from small_runs import Answer, Curate, files

from curate.judging.review import review
from curate.manifest import ask as manifest
from curate.records.export import export
from curate.store.run_folder import Run

REPO = "user/traces"


@pytest.fixture
def hub() -> Iterator[Hub]:
    with served() as hub:
        yield hub
        assert hub.unknown == []


def push(hub: Hub, run: Run, *options: str, **environment: str) -> Answer:
    """The command; the token is in none of its words."""
    command = [sys.executable, "-m", "curate.cli", "push", str(run.path), REPO, *options, "--json"]
    done = subprocess.run(
        command, env=hub.environment | environment, capture_output=True, text=True, check=False
    )
    assert TOKEN not in done.stdout + done.stderr
    assert done.returncode in (0, 2), done.stderr
    return Answer(done.returncode, done.stdout, done.stderr)


def loaded(hub: Hub, scratch: Path, *options: object) -> Any:
    """What `datasets` loads from there: all rows, streamed too."""
    program = (
        "import datasets, json, sys\n"
        "name, more = sys.argv[1], json.loads(sys.argv[2])\n"
        "load = lambda **how: list(datasets.load_dataset(name, 'sft', **how, **more)['train'])\n"
        "print(json.dumps([load(), load(streaming=True)]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, REPO, json.dumps(dict(options))],  # type: ignore[arg-type]
        env=hub.environment | {"HF_HOME": str(scratch)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def exported(run: Run, folder: Path) -> dict[str, bytes]:
    export(run, folder)
    return {name: (folder / name).read_bytes() for name in files(folder)}


def drop_one(run: Run, scratch: Path) -> None:
    first, *_ = manifest.kept_records(run)["trace_id"]
    words = scratch / "words.csv"
    words.write_text(f"trace_id,keep\n{first},false\n")
    review(run, str(words))


def test_what_is_pushed_is_the_export_and_loads_back_equal(
    hub: Hub, done: Run, tmp_path: Path, curate: Curate
) -> None:
    told = push(hub, done).json
    there = hub.files(REPO)
    assert there.pop(".gitattributes")
    assert there == exported(done, tmp_path / "out")
    assert (told["files"], told["uploaded"]) == (4, 4)
    assert told["commit"] == hub.repos[REPO].refs["main"]
    (path,) = (tmp_path / "out" / "data" / "sft").iterdir()
    records = pl.read_parquet(path).to_dicts()
    assert loaded(hub, tmp_path / "home") == [records, records]
    status = curate("status", done.path, "--json").json
    assert [(row["repo"], row["commit"]) for row in status["pushes"]] == [(REPO, told["commit"])]
    assert told["commit"] in curate("status", done.path).out
    of_kept, of_dropped = (curate("explain", done.path, name).out for name in ("t1", "wrong"))
    assert f"pushed    {REPO} (main, commit {told['commit']})" in of_kept
    assert REPO not in of_dropped


def test_second_push_uploads_nothing_and_a_changed_one_what_changed(
    hub: Hub, done: Run, tmp_path: Path
) -> None:
    push(hub, done)
    asked = hub.asked.copy()
    assert push(hub, done).json["uploaded"] == 0
    assert hub.asked == asked
    assert len(manifest.rows(done, "select * from pushes")) == 1
    drop_one(done, tmp_path)
    hub.repos[REPO].commit("main", {**hub.files(REPO), "notes.txt": b"a person's"})
    assert push(hub, done).json["uploaded"] == 2
    there = hub.files(REPO)
    assert there.pop(".gitattributes")
    assert there.pop("notes.txt") == b"a person's"
    assert there == exported(done, tmp_path / "out")
    assert len(manifest.rows(done, "select * from pushes")) == 2


def test_push_that_broke_off_goes_on_with_what_is_there(hub: Hub, done: Run) -> None:
    hub.faults = [("POST /api/datasets/user/traces/commit", 403)]
    assert "may not write to user/traces" in push(hub, done).line
    assert hub.asked == {"preupload": 1, "stored": 2}
    assert push(hub, done).code == 0
    assert hub.asked == {"preupload": 2, "stored": 2, "commits": 1}


def test_busy_hub_is_tried_again(hub: Hub, done: Run) -> None:
    commit = "POST /api/datasets/user/traces/commit"
    hub.faults = [(commit, 429), (commit, 409), ("PUT /store", 429), ("GET /api/datasets", 503)]
    answer = push(hub, done)
    assert answer.json["uploaded"] == 4
    assert [line.split(";")[0] for line in answer.err.splitlines() if "push:" in line] == [
        "push: the Hub answered 503",
        "push: the Hub answered 429",
        "push: the Hub answered 409",
    ]
    assert hub.asked["stored"] == 2


def test_commit_of_somebody_else_in_between_is_kept(hub: Hub, done: Run, tmp_path: Path) -> None:
    push(hub, done)
    drop_one(done, tmp_path)
    hub.between = [REPO]
    answer = push(hub, done)
    assert "answered 412" in answer.err
    assert answer.json["uploaded"] == 2
    assert hub.files(REPO)["notes.txt"] == b"somebody's"


def test_branch_is_made_where_it_is_missing(hub: Hub, done: Run) -> None:
    assert push(hub, done, "--revision", "v2", "--private").json["uploaded"] == 4
    assert hub.repos[REPO].private
    assert list(hub.files(REPO)) == [".gitattributes"]
    assert len(hub.files(REPO, "v2")) == 5
    assert push(hub, done, "--revision", "v2").json["uploaded"] == 0


def test_pull_request_leaves_main_and_is_made_once(hub: Hub, done: Run) -> None:
    hub.make(REPO)
    told = push(hub, done, "--create-pr").json
    assert told["pull_request"].endswith("/datasets/user/traces/discussions/1")
    assert list(hub.files(REPO)) == [".gitattributes"]
    assert len(hub.files(REPO, "refs/pr/1")) == 5
    again = push(hub, done, "--create-pr").json
    assert (again["uploaded"], again["commit"]) == (0, told["commit"])
    assert hub.asked["commits"] == 1


def test_refusals_are_one_line(hub: Hub, done: Run, tmp_path: Path) -> None:
    home = str(tmp_path)
    wrong = push(hub, done, HF_TOKEN="hf_wrong")
    assert "the Hub does not know the token" in wrong.line
    assert "hf_wrong" not in wrong.err
    assert "the Hub wants a token: set HF_TOKEN" in push(hub, done, HF_TOKEN="", HF_HOME=home).line
    hub.make(REPO).commit("main", {"thesis.txt": b"mine"})
    assert "holds something else that `curate push` did not write" in push(hub, done).line
    assert "is public already" in push(hub, done, "--private").line
    assert hub.asked == {}
    assert manifest.rows(done, "select * from pushes") == []


def test_mistaken_names_are_one_line(done: Run, curate: Curate) -> None:
    assert "'traces' is no name on the Hub" in curate("push", done.path, "traces").line
    line = curate("push", done.path, REPO, "--create-pr", "--revision", "v2").line
    assert "--create-pr proposes to main" in line


def test_rehearsal_lists_files_and_what_the_card_lacks(
    done: Run, tmp_path: Path, curate: Curate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:1")
    told = curate("push", done.path, REPO, "--dry-run", "--json").json
    sizes = {name: len(data) for name, data in exported(done, tmp_path / "out").items()}
    assert {row["file"]: row["bytes"] for row in told["files"]} == sizes
    assert "the language of the problems" in told["card_lacks"]
    answer = curate("push", done.path, REPO, "--dry-run")
    assert "the card lacks: the language of the problems" in answer.err
    assert manifest.rows(done, "select * from pushes") == []
