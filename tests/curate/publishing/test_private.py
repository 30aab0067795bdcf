"""Nothing of the author's machine in what is published: places, accounts, tokens."""

import io
import json
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from publishing.hub import served
from small_runs import CHEAP, Curate, files, only, trace, write

from curate.config import Config, Source
from curate.judging.filter_stage import filter_traces
from curate.manifest import ask as manifest
from curate.publishing.private import public, public_name, scrubbed
from curate.records.export import Choice, export
from curate.records.normalize import normalize
from curate.sources.imported_traces import import_traces
from curate.store.run_folder import Run
from curate.store.shards import commit
from filters.schema import TABLES

ACCOUNT = "janecanary"
SECRET = "hf_CanaryInAConfigOrAFileName"
IN_ENVIRONMENT = "canary-in-the-environment"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "home" / ACCOUNT
    home.mkdir(parents=True)
    for name, value in (("HOME", home), ("USER", ACCOUNT), ("LOGNAME", ACCOUNT)):
        monkeypatch.setenv(name, str(value))
    monkeypatch.setenv("SOME_API_KEY", IN_ENVIRONMENT)
    return home


def canary_run(home: Path) -> Run:
    """Everything that takes a path or a name has a canary in it."""
    model = home / "checkpoints" / f"zero-{ACCOUNT}"
    model.mkdir(parents=True)
    rows = [
        trace(n, 9 if n > 3 else None, model=str(model), source=str(home / "sums.jsonl"))
        for n in range(1, 6)
    ]
    file = write(home / f"traces-{SECRET}.jsonl", rows)
    benchmark = write(home / "aime-of-mine.jsonl", [{"problem": "Nothing like these.", "id": 1}])
    config = Config.model_validate(
        {
            "name": f"sums-of-{ACCOUNT}",
            "imports": [{"path": str(file)}],
            "filters": only(*CHEAP, decontamination={"benchmarks": [str(benchmark)]}),
            "generate": {
                "engine": "openai",
                "model": str(model),
                "few_shot": f"../{ACCOUNT}/shots.jsonl",
                "prompt": f"As {home}/notes/prompt.txt says: {{problem}}",
                "options": {
                    "api_key": "planted",
                    "base_url": "http://gpu7.canary.lan:8000/v1",
                    "header": SECRET,
                    "note": IN_ENVIRONMENT,
                },
            },
            "sft": {"model": str(home / "base")},
            "jobs": 1,
        }
    )
    run = Run.create(home / "runs" / "canary", config)
    import_traces(run, Source(path=str(file)))
    filter_traces(run)
    normalize(run)
    return run


def trained(run: Run, home: Path) -> Run:
    """As if it had been trained, evaluated and pushed from a place that nobody shall know."""
    checkpoint = run.path / "sft"
    checkpoint.mkdir()
    (checkpoint / "model.safetensors").write_bytes(b"weights")
    settings = {"model": str(home / "base"), "also": [{"name": f"/data/{ACCOUNT}/more.jsonl"}]}
    told = {"run": run.config.name, "base_model": str(home / "base"), "settings": settings}
    (checkpoint / "training.json").write_text(json.dumps(told))
    (record, *_) = manifest.rows(run, "select record_id from records order by 1")
    rows = {
        "checkpoints": {
            **{"checkpoint_id": "c", "path": "sft", "stage": "sft", "revision": "r", "step": 1},
            **{"base_model": str(home / "base"), "settings": json.dumps(settings)},
        },
        "checkpoint_records": {"checkpoint_id": "c", "source": str(home / "other-run"), **record},
        "evals": {
            **{"eval_id": "e", "stage": f"r1-{ACCOUNT}", "checkpoint": str(home / "base")},
            **{"problem_set": f"aime-{ACCOUNT}", "checkpoint_revision": "r", "step": 1},
            **{"k": 1, "n_problems": 1, "seed": 0, "pass_at_1": 0.5, "mean_tokens": 9.0},
            "samples": str(home / "evals"),
        },
        "metrics": {
            **{"stage": f"sft-{SECRET}", "step": 1, "metric": "loss", "value": 1.0},
            "checkpoint": str(checkpoint),
        },
    }
    for table, row in rows.items():
        commit(run.folder(table), pl.DataFrame([row]), TABLES[table])
    return run


CANARIES = (ACCOUNT, SECRET, IN_ENVIRONMENT, "planted", "gpu7")


def test_canaries_are_nowhere_in_a_report(home: Path, tmp_path: Path) -> None:
    pytest.importorskip("vl_convert")
    from curate.looking.report.report import html

    text = html(trained(canary_run(home), home))
    assert [canary for canary in (*CANARIES, str(tmp_path)) if canary in text] == []
    assert "eval-aime-…-accuracy" in text
    assert "training-loss" in text


def test_canaries_are_nowhere_with_a_model(home: Path, tmp_path: Path) -> None:
    run = trained(canary_run(home), home)
    with served() as hub:
        command = [sys.executable, "-m", "curate.cli", "push", str(run.path), "user/model"]
        done = subprocess.run(
            [*command, "--model", "sft"],
            env=hub.environment,
            capture_output=True,
            text=True,
            check=True,
        )
        there = hub.files("user/model")
    rows = pl.read_parquet(io.BytesIO(there.pop("trained_on.parquet")))
    assert rows["source"].to_list() == ["other-run"]
    said = [done.stdout, done.stderr, " ".join(there), rows.write_json()]
    texts = [*said, *(data.decode() for data in there.values())]
    for text in texts:
        assert [canary for canary in (*CANARIES, str(tmp_path)) if canary in text] == []
    assert "more.jsonl" in there["training.json"].decode()
    assert "aime-…" in there["README.md"].decode()


def test_canaries_are_nowhere_in_folder_or_log(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], curate: Curate
) -> None:
    run = canary_run(home)
    capsys.readouterr()
    assert export(run, tmp_path / "out", Choice(("rejected",)))["records"] == 3
    told = capsys.readouterr()
    answer = curate("push", run.path, "user/sums", "--dry-run")
    said = (told.out + told.err + answer.out + answer.err).encode()
    written = [(tmp_path / "out" / name).read_bytes() for name in files(tmp_path / "out")]
    # Parquet pages are compressed: what stands in them is read as a table
    rows = "".join(
        pl.read_parquet(path).write_json()
        for path in (tmp_path / "out" / "data").rglob("*.parquet")
    ).encode()
    names = " ".join(files(tmp_path / "out")).encode()
    for text in (said, rows, names, *written):
        assert [canary for canary in (*CANARIES, str(tmp_path)) if canary.encode() in text] == []
    card = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    assert "aime-of-mine.jsonl (sha256 " in card
    assert "traces-….jsonl (sha256 " in card
    assert "| sums.jsonl |  | zero-… | 3 |" in card


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("deepseek-ai/DeepSeek-R1", "deepseek-ai/DeepSeek-R1"),
        ("openai/gsm8k", "openai/gsm8k"),
        ("/data/ckpt/zero", "zero"),
        ("ckpt/gone/zero", "zero"),
        ("mine/problems.jsonl.gz", "problems.jsonl.gz"),
        (r"C:\Users\jane\zero", "zero"),
        ("<think>a</think>\n1/2 and a/b/c", "<think>a</think>\n1/2 and a/b/c"),
        ("https://huggingface.co/a/b", "https://huggingface.co/a/b"),
        ("sk-proj-0123456789abcdef0123", "…"),
        ("square root", "square root"),
        (r"A step a line/turn, then \boxed{}", r"A step a line/turn, then \boxed{}"),
    ],
)
def test_places_are_names_and_names_stay(given: str, expected: str) -> None:
    assert public_name(given) == expected


def test_known_folder_that_looks_like_a_name_on_the_hub_is_none() -> None:
    assert public({"model": "ckpt/zero"}, {"ckpt/zero"}) == {"model": "zero"}


def test_model_folder_is_called_as_its_card_says(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("---\nmodel_name: R1-Zero-tiny\n---\n")
    assert public_name(str(tmp_path)) == "R1-Zero-tiny"


def test_numbers_and_flags_stay() -> None:
    settings = {"max_tokens": 4096, "api_key": "x", "on": True, "list": [1, "a"]}
    assert public(settings) == settings | {"api_key": "…"}


def test_scrubbing_twice_changes_nothing() -> None:
    text = "see /data/x/y.txt at http://me:pw@host/x"
    assert scrubbed(text) == scrubbed(scrubbed(text)) == "see y.txt at …"
