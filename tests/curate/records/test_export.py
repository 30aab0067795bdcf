"""Records out: a folder that `datasets` opens and a second export replaces, and no other folder."""

from pathlib import Path

import pytest
import yaml
from small_runs import CHEAP, files, finished, imported, only, trace, write

from curate.judging.filter_stage import filter_traces
from curate.judging.review import review
from curate.manifest import ask as manifest
from curate.publishing import card
from curate.records import export as stage
from curate.records.export import export
from curate.records.normalize import normalize
from curate.store.run_folder import Run
from filters.errors import UserError


def test_datasets_opens_it_and_it_equals_the_records(done: Run, tmp_path: Path) -> None:
    import datasets

    assert export(done, tmp_path / "out")["records"] == 3
    found = datasets.load_dataset(str(tmp_path / "out"), "sft", split="train")
    records = manifest.kept_records(done)
    assert found.to_list() == records.to_dicts()
    assert found.column_names == records.columns


def test_card_has_a_head_and_the_funnel(done: Run, tmp_path: Path) -> None:
    export(done, tmp_path / "out")
    card = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    head = yaml.safe_load(card.split("---")[1])
    assert head["license"] == "mit"
    assert head["configs"][0]["config_name"] == "sft"
    assert "| total | 6 | 3 | 0 | 1 | 1 | 1 |" in card


def test_card_counts_what_people_said(done: Run, tmp_path: Path) -> None:
    export(done, tmp_path / "out")
    assert "Nobody was asked." in (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    ids = {row["source_id"]: row["trace_id"] for row in manifest.rows(done, "select * from traces")}
    said = {"wrong": True, "t1": True, "t2": False, "undecided": None}
    words = [{"trace_id": ids[name], "keep": keep} for name, keep in said.items()]
    review(done, str(write(tmp_path / "words.jsonl", words)))
    normalize(done)
    export(done, tmp_path / "out")
    card = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    assert "| keep | 2 | 1 |\n| drop | 1 | 1 |" in card


def digest(run: Run) -> str:
    return stage._digest(manifest.kept_records(run))


def test_a_folder_exported_anew_is_read_anew(done: Run, tmp_path: Path) -> None:
    from datasets import load_dataset

    before = export(done, tmp_path / "out")["records"]
    assert load_dataset(str(tmp_path / "out"), "sft", split="train").num_rows == before
    first, *_ = manifest.kept_records(done)["trace_id"]
    words = tmp_path / "words.csv"
    words.write_text(f"trace_id,keep\n{first},false\n")
    review(done, str(words))
    assert export(done, tmp_path / "out")["records"] == before - 1
    assert load_dataset(str(tmp_path / "out"), "sft", split="train").num_rows == before - 1


def test_second_export_replaces_the_first(
    done: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stage, "ROWS_PER_FILE", 2)
    assert export(done, tmp_path / "out")["files"] == 2
    monkeypatch.undo()
    assert export(done, tmp_path / "out")["files"] == 1
    assert files(tmp_path / "out") == [
        ".coldstart-curate",
        "README.md",
        f"data/sft/train-00000-of-00001-{digest(done)}.parquet",
    ]
    assert not list(tmp_path.glob(".out-*"))


def test_what_else_lies_in_an_earlier_export_stays(done: Run, tmp_path: Path) -> None:
    export(done, tmp_path / "out")
    (tmp_path / "out" / ".git").mkdir()
    for name in ("NOTES.md", ".git/HEAD", "data/sft/old.parquet"):
        (tmp_path / "out" / name).write_text("mine")
    export(done, tmp_path / "out")
    assert files(tmp_path / "out") == [
        ".coldstart-curate",
        ".git/HEAD",
        "NOTES.md",
        "README.md",
        f"data/sft/train-00000-of-00001-{digest(done)}.parquet",
    ]


def test_failed_export_leaves_the_earlier_one(
    done: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export(done, tmp_path / "out")
    before = files(tmp_path / "out")
    monkeypatch.setattr(card, "_MEANING", {})
    for folder in ("out", "new"):
        with pytest.raises(KeyError):
            export(done, tmp_path / folder)
    assert files(tmp_path / "out") == before
    assert not (tmp_path / "new").exists()


def test_export_that_was_killed_is_gone_on_with(done: Run, tmp_path: Path) -> None:
    export(done, tmp_path / "out")
    (tmp_path / "out" / "data").rename(tmp_path / "out" / ".coldstart-curate-old")
    (tmp_path / "out" / ".coldstart-curate-new" / "data").mkdir(parents=True)
    assert export(done, tmp_path / "out")["files"] == 1
    assert len(files(tmp_path / "out")) == 3


def test_folder_with_other_things_is_left_alone(done: Run, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("")
    for folder, line in (
        ("mine", "is not empty and no earlier export"),
        ("mine/thesis.txt", "file"),
    ):
        with pytest.raises(UserError, match=line):
            export(done, tmp_path / folder)
    assert files(tmp_path / "mine") == ["thesis.txt"]


def test_empty_current_folder_will_do(
    done: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert export(done, Path("."))["records"] == 3
    assert (tmp_path / "here" / "README.md").exists()


def test_nothing_kept_is_one_line_and_no_folder(tmp_path: Path) -> None:
    run = imported(tmp_path / "run", [trace(1, answer=7)])
    filter_traces(run)
    with pytest.raises(UserError, match="has no records; `curate filter` and `curate normalize`"):
        export(run, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_card_says_what_was_not_checked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    filters = only(*CHEAP, "decontamination")
    run = finished(tmp_path / "run", [trace(1), trace(2)], filters=filters)
    said = "decontamination: no benchmark named, nothing was checked"
    assert capsys.readouterr().err.count(said) == 1
    export(run, tmp_path / "out")
    assert capsys.readouterr().err.count(said) == 1
    card = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    assert f"**Not checked: {said}.**" in card
    assert "| decontamination | 2 | 0 | 2 | 0 | 0 | 0 | 0 |" in card
