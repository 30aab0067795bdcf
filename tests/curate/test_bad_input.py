"""Bad input is one line, exit code 2 and nothing half-written; bad rows are rows with a reason."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from small_runs import CHEAP, Curate, files, imported, only, trace, write

from curate.config import Config
from curate.manifest import ask as manifest
from curate.manifest.index import INDEX_FILE
from curate.store import shards
from curate.store.run_folder import Run
from filters.schema import TRACE


@pytest.mark.parametrize(
    ("name", "data", "line"),
    [
        ("none.jsonl", None, "no file"),
        ("t.jsonl", b"", "has no rows"),
        ("t.jsonl", b'{"problem": "a", "reply": "b"}\n', "no column 'response' (columns: problem"),
        ("t.jsonl", b'{"reply": "b", "response": "c"}\n', "no column 'problem'"),
        ("t.jsonl", b'{"problem": "a", "response": "b"}\n{"problem"\n', "line 2: broken JSON"),
        ("t.jsonl", bytes(range(256)) * 40, "line 1: broken JSON"),
        ("t.csv", b"problem,response\na,b\nc\n", "line 3: 1 fields, the header has 2"),
        ("t.parquet", b"PAR1", "is not a readable Parquet file"),
        ("t.txt", b"text", "unknown format"),
    ],
)
def test_wrong_file_leaves_no_run(
    curate: Curate, tmp_path: Path, name: str, data: bytes | None, line: str
) -> None:
    if data is not None:
        (tmp_path / name).write_bytes(data)
    before = files(tmp_path)
    assert line in curate("import", tmp_path / "run", tmp_path / name).line
    assert files(tmp_path) == before
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("verb", ["filter", "normalize", "status", "sql", "export", "index"])
def test_folder_that_is_no_run(curate: Curate, tmp_path: Path, verb: str) -> None:
    more = {"sql": ["select 1"], "export": [tmp_path / "out"]}.get(verb, [])
    assert "has no run.yaml, so it is no run folder" in curate(verb, tmp_path, *more).line
    assert files(tmp_path) == []


def test_folder_that_is_no_checkpoint(curate: Curate, tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    write(tmp_path / "p.jsonl", [{"problem": "1+1?", "gold": "2"}])
    section = json.dumps({"model": str(tmp_path / "model")})
    source = json.dumps([{"path": str(tmp_path / "p.jsonl")}])
    (tmp_path / "c.yaml").write_text(f"generate: {section}\nproblems: {source}\n")
    pytest.importorskip("torch")
    answer = curate("run", tmp_path / "c.yaml", "--out", tmp_path / "run")
    assert answer.code == 2
    assert str(tmp_path / "model") in answer.err.splitlines()[-1]
    assert "Traceback" not in answer.err


@pytest.mark.parametrize("verb", ["filter", "normalize", "status"])
def test_newer_shard(curate: Curate, done: Run, verb: str, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = shards.read(done.shards("traces"), TRACE)
    with monkeypatch.context() as patched:
        patched.setattr(shards, "SCHEMA_VERSION", 99)
        shards.commit(done.folder("traces"), frame, TRACE)
    before = files(done.path)
    assert "has version 99, newer than this coldstart-curate knows" in curate(verb, done.path).line
    assert files(done.path) == before


def test_newer_run(curate: Curate, done: Run) -> None:
    text = (done.path / "run.yaml").read_text()
    (done.path / "run.yaml").write_text(text.replace("run_version: 1", "run_version: 2"))
    assert "has version 2, newer than this coldstart-curate" in curate("status", done.path).line


@pytest.mark.parametrize("verb", ["filter", "normalize", "import", "generate"])
def test_wrong_config_changes_nothing(curate: Curate, done: Run, tmp_path: Path, verb: str) -> None:
    (tmp_path / "c.yaml").write_text("filters: {lenght: false}")
    before = (done.path / "run.yaml").read_bytes()
    more = [write(tmp_path / "t.jsonl", [trace(1)])] if verb == "import" else []
    answer = curate(verb, done.path, *more, "--config", tmp_path / "c.yaml")
    assert "no filter 'lenght'; did you mean 'length'" in answer.line
    assert (done.path / "run.yaml").read_bytes() == before


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 3 MB of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(folder)]
    if os.geteuid() or not shutil.which("mount") or subprocess.call(mount, stderr=-3):
        pytest.skip("mounting a small file system needs root")
    yield folder
    subprocess.check_call(["umount", str(folder)])


def fill(folder: Path) -> None:
    with (folder / "ballast").open("wb", buffering=0) as file:
        try:
            while file.write(b"x" * 4096):
                pass
        except OSError:
            return


def noise(size: int) -> str:
    return os.urandom(size // 2).hex()


def test_full_disk_while_importing(curate: Curate, small_disk: Path, tmp_path: Path) -> None:
    small = write(tmp_path / "small.jsonl", [trace(1)])
    assert curate("import", small_disk / "run", small).code == 0
    before = files(small_disk)
    large = write(tmp_path / "large.jsonl", [trace(2) | {"response": noise(8_000_000)}])
    line = curate("import", small_disk / "run", large).line
    assert "the disk is full: free some space and run the same command again" in line
    assert files(small_disk) == before


@pytest.mark.parametrize("verb", ["filter", "normalize", "export", "review", "import"])
def test_full_disk_in_every_stage(
    curate: Curate, small_disk: Path, tmp_path: Path, verb: str
) -> None:
    run = imported(small_disk / "run", [trace(n) for n in range(20)])
    if verb != "filter":
        assert curate("filter", run.path).code == 0
    if verb == "export":
        assert curate("normalize", run.path).code == 0
    ids = manifest.rows(run, "select trace_id, false as keep from traces")
    more = {
        "import": [write(tmp_path / "t.jsonl", [trace(n) for n in range(90, 99)])],
        "review": [write(tmp_path / "w.jsonl", ids)],
        "export": [small_disk / "out"],
    }.get(verb, [])
    fill(small_disk)
    before = files(small_disk)
    assert "the disk is full" in curate(verb, run.path, *more).line
    assert files(small_disk) == before
    assert curate("status", run.path, "--json").json["rows"]["traces"] == 20
    (small_disk / "ballast").unlink()
    assert curate(verb, run.path, *more).code == 0


def test_file_size_limit(tmp_path: Path) -> None:
    run = imported(tmp_path / "run", [trace(1)])
    large = write(tmp_path / "t.jsonl", [trace(2) | {"response": noise(400_000)}])
    before = files(run.path)
    code = (
        "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000)); "
        "from curate.cli import main; main()"
    )
    command = [sys.executable, "-c", code, "import", str(run.path), str(large)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    (line,) = ended.stderr.splitlines()
    assert "the file would be larger than is allowed here" in line
    assert files(run.path) == before


@pytest.fixture
def read_only(small_disk: Path, finished_once: Path) -> Path:
    """A finished run on a disk that is mounted read-only (permission bits do not bind root)."""
    run = Path(shutil.copytree(finished_once, small_disk / "run"))
    (run / INDEX_FILE).unlink()
    subprocess.check_call(["mount", "-o", "remount,ro", str(small_disk)])
    return run


def test_read_only_folder_is_refused_by_what_writes(
    curate: Curate, read_only: Path, tmp_path: Path
) -> None:
    more = write(tmp_path / "t.jsonl", [trace(50)])
    for arguments in (
        ["import", read_only, more],
        ["import", read_only.parent / "new", more],
        ["filter", read_only, "--set", "length.thinking_min=9"],
        ["export", read_only, read_only.parent / "out"],
        ["index", read_only],
    ):
        assert "the file system is read-only: choose another folder" in curate(*arguments).line


def test_read_only_run_can_be_read(curate: Curate, read_only: Path, tmp_path: Path) -> None:
    assert curate("status", read_only, "--json").json["rows"]["records"] == 3
    assert curate("explain", read_only, "wrong").code == 0
    assert curate("filter", read_only, "--json").json == {}
    assert curate("export", read_only, tmp_path / "out").code == 0


HUGE = "<think>\n" + "so " * 3_400_000 + "on.\n</think>\n\n\\boxed{5}"


def said(number: int, instead_of_apples: str) -> str:
    return str(trace(number)["response"]).replace("apples", instead_of_apples)


BAD_ROWS = [
    trace(1, source_id="null") | {"response": None},
    trace(2, source_id="empty") | {"response": ""},
    trace(3, source_id="blank") | {"response": " \n"},
    trace(4, source_id="huge") | {"response": HUGE},
    trace(5, source_id="surrogate") | {"response": said(5, "\ud83d")},
    trace(6, source_id="raw") | {"response": said(6, "@@")},
    trace(7, source_id="no_gold") | {"gold": None},
    trace(8, source_id="odd_gold") | {"gold": "\\frac{1}{"},
    trace(9, source_id="twice"),
    trace(9, source_id="twice"),
    trace(10, source_id="no_problem") | {"problem": None},
    trace(11, source_id="list") | {"response": ["a", ["b"]]},
    trace(12, source_id="good"),
]


def test_bad_rows_are_rows_with_a_reason(curate: Curate, tmp_path: Path) -> None:
    file = write(tmp_path / "t.jsonl", BAD_ROWS)
    file.write_bytes(file.read_bytes().replace(b"@@", b"\xff\xfe"))
    (tmp_path / "c.yaml").write_text(f"jobs: 1\nfilters: {json.dumps(only(*CHEAP))}\n")
    brought = curate("import", tmp_path / "run", file, "--config", tmp_path / "c.yaml", "--json")
    assert {k: brought.json[k] for k in ("rows", "new", "no_text", "repaired")} == {
        "rows": 14, "new": 14, "no_text": 1, "repaired": 2}  # fmt: skip
    assert brought.json["problems_gold_unparseable"] == 1
    for verb in ("filter", "normalize"):
        assert curate(verb, tmp_path / "run").code == 0
    query = "select source_id, fate, reason from v_trace order by all"
    rows = curate("sql", tmp_path / "run", query, "--json").json
    assert [(r["source_id"], r["fate"], r["reason"]) for r in rows] == [
        ("blank", "dropped", "no_tags"),
        ("empty", "dropped", "no_tags"),
        ("good", "kept", None),
        ("huge", "dropped", "thinking_too_long"),
        ("list", "dropped", "no_tags"),
        ("list", "dropped", "no_tags"),
        ("no_gold", "undecided", "no_gold"),
        ("no_problem", "kept", None),
        ("null", "failed", "no_text"),
        ("odd_gold", "undecided", "gold_unparseable"),
        ("raw", "kept", None),
        ("surrogate", "kept", None),
        ("twice", "kept", None),
        ("twice", "kept", None),
    ]


def test_run_without_traces_says_how_to_get_some(curate: Curate, tmp_path: Path) -> None:
    Run.create(tmp_path / "run", Config())
    assert (
        "holds no traces yet; `curate import RUN FILE`" in curate("filter", tmp_path / "run").line
    )


@pytest.mark.parametrize(
    ("shell", "code", "told"),
    [
        ("PYTHONIOENCODING=latin-1 {curate} sql {run} \"select '中é' as x\"", 0, b"\\u4e2d\xe9"),
        ("{curate} status {run} >&-", 0, b""),
        ("{curate} status {run} >/dev/full", 2, b"cannot write the answer to stdout: the disk"),
    ],
)
def test_output_that_goes_nowhere_is_no_traceback(
    done: Run, shell: str, code: int, told: bytes
) -> None:
    command = shell.format(curate=f"{sys.executable} -m curate.cli", run=done.path)
    ended = subprocess.run(command, shell=True, capture_output=True, check=False)
    assert ended.returncode == code, ended.stderr
    assert told in ended.stdout + ended.stderr
    assert b"Traceback" not in ended.stderr


def test_misspelt_file_is_no_dataset_and_review_has_no_map(
    curate: Curate, done: Run, tmp_path: Path
) -> None:
    assert "no file a.txt; known formats: .jsonl" in curate("import", done.path, "a.txt").line
    file = write(tmp_path / "words.jsonl", [{"trace_id": "a", "kep": True}])
    assert "--map" not in curate("review", done.path, file).line
