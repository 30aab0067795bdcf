"""Rows out of every kind of file, and one line for every way a file can be broken."""

import gzip
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
import zstandard
from small_runs import Curate

from curate.config import Source
from curate.sources.plain_values import mended
from curate.sources.readers import rows
from filters.errors import UserError

ROWS = [{"problem": "1+1?", "gold": "2"}, {"problem": 'größer,\n"so"?', "gold": None}]
JSONL = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in ROWS).encode()


def plain(kind: str, folder: Path) -> bytes:
    if kind == "jsonl":
        return JSONL
    frame, file = pl.DataFrame(ROWS), folder / "made"
    frame.write_csv(file) if kind == "csv" else frame.write_parquet(file)
    return file.read_bytes()


def read(path: Path, **settings: object) -> list[dict[str, object]]:
    return [row for _, row in rows(Source(path=str(path), **settings))]


@pytest.mark.parametrize(
    "name",
    [
        "x.jsonl",
        "x.JSONL",
        "x.jsonl.gz",
        "x.jsonl.zst",
        "x.csv",
        "x.csv.gz",
        "x.csv.zst",
        "x.parquet",
        "x [1].parquet",
        "x.ndjson",
    ],
)
def test_every_format_gives_the_same_rows(tmp_path: Path, name: str) -> None:
    kind = name.lower().split(".")[1].replace("ndjson", "jsonl")
    data = plain(kind, tmp_path)
    pack = {"gz": gzip.compress, "zst": zstandard.compress}.get(name.split(".")[-1], lambda d: d)
    (tmp_path / name).write_bytes(pack(data))
    assert read(tmp_path / name) == ROWS


@pytest.mark.parametrize(
    ("name", "data", "line"),
    [
        ("x.jsonl", b'{"a": 1}\n\n{"a": \n', "line 3: broken JSON"),
        ("x.jsonl", b'{"a": 1}\n[1, 2]\n', "line 2: a JSON object is wanted, not [1, 2]"),
        ("x.jsonl", b"[" * 100_000, "line 1: broken JSON"),
        ("x.jsonl", b'{"a":' * 100_000, "line 1: broken JSON"),
        ("x.jsonl", bytes(range(256)) * 9, "line 1: broken JSON"),
        ("x.jsonl", '{"a": 1}'.encode("utf-16")[:-1], "damaged file"),
        ("x.json", b'[{"a": 1}, {"a": ', "row 2: broken JSON"),
        ("x.json", b'[{"a": 1}, 2]', "row 2: a JSON object is wanted, not 2"),
        ("x.json", b"[" * 100_000, "row 1: broken JSON"),
        ("x.json", b"[]", "has no rows"),
        ("x.arrow", b"no arrow", "is not a readable Arrow file"),
        ("x.jsonl", b"", "has no rows"),
        ("x.jsonl", b"\n \n", "has no rows"),
        ("x.csv", b"", "has no rows"),
        ("x.csv", b"a,b\n", "has no rows"),
        ("x.csv", b"a,b\n1,2\n1,2,3\n", "line 3: 3 fields, the header has 2"),
        ("x.csv", b'a,b\n"1,2\n', "broken CSV"),
        ("x.csv", b"a,a\n1,2\n", "2 columns are called 'a'"),
        ("x.parquet", b"PAR1 no", "is not a readable Parquet file"),
        ("x.parquet", b"", "is not a readable Parquet file"),
        ("x.jsonl.gz", gzip.compress(JSONL)[:-9], "damaged file"),
        ("x.jsonl.gz", b"no gzip at all", "damaged file"),
        ("x.jsonl.zst", zstandard.compress(JSONL)[:-9], "ends inside a zstd frame"),
        ("x.jsonl.zst", b"no zstd at all", "damaged file"),
        ("x.csv.gz", gzip.compress(b"a,b\n1,2\n")[:-9], "damaged file"),
        ("x.csv.zst", zstandard.compress(b"a,b\n1,2\n")[:-3], "broken CSV"),
        (
            "x.xlsx",
            b"PK",
            "unknown format; known: .jsonl, .ndjson, .json, .csv, .tsv, .parquet, .arrow",
        ),
        ("x", b"{}", "unknown format"),
    ],
)
def test_broken_file_is_one_line(tmp_path: Path, name: str, data: bytes, line: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(UserError) as error:
        read(tmp_path / name)
    assert line in str(error.value)
    assert str(tmp_path / name) in str(error.value)


def test_missing_file_names_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "traces.jsonl").write_bytes(JSONL)
    with pytest.raises(UserError, match=r"no file .*trace.jsonl; did you mean 'traces.jsonl'"):
        read(tmp_path / "trace.jsonl")
    with pytest.raises(UserError, match=r"no file .*traces.jsnl; did you mean 'traces.jsonl'"):
        read(tmp_path / "traces.jsnl")
    with pytest.raises(UserError, match=r"no file .*other.jsonl$"):
        read(tmp_path / "other.jsonl")


def test_folder_without_data_files(tmp_path: Path) -> None:
    (tmp_path / "readme.txt").write_text("")
    with pytest.raises(UserError, match=r"holds no data files; known: \.jsonl"):
        read(tmp_path)


def test_numbers_are_those_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_bytes(b'\xef\xbb\xbf{"a": 1}\r\n\r\n{"a": 2}\r\n')
    found = list(rows(Source(path=str(tmp_path / "x.jsonl"))))
    assert found == [(1, {"a": 1}), (3, {"a": 2})]


def test_limit_reads_no_further(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_bytes(JSONL + b"{broken")
    assert read(tmp_path / "x.jsonl", limit=2) == ROWS


def test_long_line_and_many_zstd_frames(tmp_path: Path) -> None:
    long = "x" * 5_000_000
    packed = b"".join(
        zstandard.compress(json.dumps({"a": t}).encode() + b"\n") for t in (long, "y")
    )
    (tmp_path / "x.jsonl.zst").write_bytes(packed)
    assert [len(str(row["a"])) for row in read(tmp_path / "x.jsonl.zst")] == [5_000_000, 1]


@pytest.mark.parametrize(
    ("text", "whole", "broken"),
    [
        ("ok ü 🙂", "ok ü 🙂", 0),
        ("a\ud800b\udfff", "a\ufffdb\ufffd", 2),
        (b"caf\xe9".decode("utf-8", "surrogateescape"), "caf\ufffd", 1),
    ],
)
def test_lone_surrogates_are_replaced_and_counted(text: str, whole: str, broken: int) -> None:
    assert mended(text) == (whole, broken)


def test_datasets_folder(tmp_path: Path) -> None:
    (tmp_path / "train.jsonl").write_bytes(JSONL)
    assert read(tmp_path) == ROWS


def test_unknown_split_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "train.jsonl").write_bytes(JSONL)
    with pytest.raises(UserError, match=r"cannot load dataset .*, split 'test'"):
        read(tmp_path, split="test")


def test_every_other_format_gives_the_same_rows(tmp_path: Path) -> None:
    frame = pl.DataFrame(ROWS)
    (tmp_path / "x.json").write_text(json.dumps(ROWS, indent=1))
    (tmp_path / "lines.json").write_bytes(JSONL)
    frame.write_csv(tmp_path / "x.tsv", separator="\t")
    frame.write_csv(tmp_path / "semicolon.csv", separator=";")
    frame.write_ipc(tmp_path / "x.arrow")
    frame.write_ipc_stream(tmp_path / "stream.arrow")
    (tmp_path / "wide.jsonl").write_bytes(JSONL.decode().encode("utf-16"))
    for path in sorted(tmp_path.iterdir()):
        assert read(path) == ROWS, path.name


def test_json_array_longer_than_what_is_read_at_once(tmp_path: Path) -> None:
    long = [{"a": "x" * size} for size in (10, 300_000, 70_000, 5)]
    (tmp_path / "x.json").write_text(json.dumps(long))
    assert read(tmp_path / "x.json") == long


def test_a_pattern_names_several_files(tmp_path: Path) -> None:
    pl.DataFrame(ROWS).write_csv(tmp_path / "a.csv")
    (tmp_path / "b.jsonl").write_bytes(JSONL)
    found = list(rows(Source(path=str(tmp_path / "*"))))
    assert found == list(enumerate([*ROWS, *ROWS], 1))
    with pytest.raises(UserError, match="no file matches"):
        read(tmp_path / "*.parquet")


def test_several_files_are_read_as_one(curate: Curate, tmp_path: Path) -> None:
    pl.DataFrame([ROWS[0]]).write_csv(tmp_path / "a.csv")
    (tmp_path / "b.jsonl").write_text(json.dumps({"problem": "1+1?", "gold": "3"}))
    (tmp_path / "c.jsonl").write_text(json.dumps(ROWS[1]))
    named = [tmp_path / "a.csv", tmp_path / "[bc].jsonl"]
    counts = curate("import", tmp_path / "run", *named, "--problems", "--json").json
    assert (counts["new"], counts["gold_conflict"], counts["no_gold"]) == (2, 1, 1)
    line = curate("import", tmp_path / "run", named[0], tmp_path / "d.jsonl", "--problems").line
    assert line == f"curate: no file {tmp_path / 'd.jsonl'}"
    assert "is named 2 times" in curate("import", tmp_path / "run", *named[:1] * 2).line
    broken = tmp_path / "e.jsonl"
    broken.write_text('{"problem": ')
    line = curate("import", tmp_path / "run", named[0], broken, "--problems").line
    assert f"{broken}, line 1: broken JSON" in line
    line = curate("import", tmp_path / "run", *named).line
    assert "a.csv and 1 more has no column 'response'" in line
    strange = tmp_path / "f.jsonl"
    strange.write_text('{"foo": "1+1?", "bar": "2"}')
    broken.write_text("")
    for also in (strange, tmp_path / "[cef].jsonl"):  # of these the empty one says nothing
        line = curate("import", tmp_path / "run", named[0], also, "--problems").line
        assert f"{strange} has no column 'problem' (columns: bar, foo)" in line


def test_configs_of_a_dataset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, row in zip(("main", "hard"), ROWS, strict=True):
        (tmp_path / f"{name}.jsonl").write_text(json.dumps(row))
    configs = [f"- config_name: {n}\n  data_files: {n}.jsonl" for n in ("main", "hard")]
    (tmp_path / "README.md").write_text("\n".join(["---", "configs:", *configs, "---"]))
    assert read(Path(f"{tmp_path}:hard")) == ROWS[1:]
    monkeypatch.chdir(tmp_path)
    assert read(Path(".:hard")) == ROWS[1:]
    with pytest.raises(UserError, match=r"several configs, main, hard: name one as .*:CONFIG"):
        read(tmp_path)
    with pytest.raises(UserError, match="'hrd' not found"):
        read(Path(f"{tmp_path}:hrd"))


def test_folder_that_datasets_saved(tmp_path: Path) -> None:
    import datasets

    table = datasets.Dataset.from_list(ROWS)
    table.save_to_disk(tmp_path / "one")
    datasets.DatasetDict({"train": table}).save_to_disk(tmp_path / "splits")
    assert read(tmp_path / "one") == read(tmp_path / "splits") == ROWS
    with pytest.raises(UserError, match="has no split 'tran'; did you mean 'train'"):
        read(tmp_path / "splits", split="tran")


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstandard.compress])
@pytest.mark.parametrize("kind", ["jsonl", "json", "csv"])
def test_stdin(tmp_path: Path, kind: str, pack: Callable[[bytes], bytes]) -> None:
    data = json.dumps(ROWS).encode() if kind == "json" else plain(kind, tmp_path)
    script = "from curate.sources.readers import *; print([r for _, r in rows(Source(path='-'))])"
    ran = subprocess.run([sys.executable, "-c", script], input=pack(data), capture_output=True)
    assert ran.stdout.decode().strip() == str(ROWS)
