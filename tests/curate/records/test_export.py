"""Records out: a folder that `datasets` opens and a second export replaces, and no other folder."""

from pathlib import Path

import polars as pl
import pytest
import yaml
from small_runs import CHEAP, files, finished, imported, only, stored, trace, write

from curate.config import Source
from curate.judging.filter_stage import filter_traces
from curate.judging.review import review
from curate.manifest import ask as manifest
from curate.publishing import card
from curate.records import export as stage
from curate.records.configs import CONFIGS
from curate.records.export import Choice, export
from curate.records.normalize import normalize
from curate.sources.imported_traces import import_traces
from curate.sources.problems import load_problems
from curate.store.run_folder import Run
from filters.errors import UserError


def test_datasets_opens_it_and_it_equals_the_records(done: Run, tmp_path: Path) -> None:
    import datasets

    assert export(done, tmp_path / "out")["records"] == 3
    found = datasets.load_dataset(str(tmp_path / "out"), split="train")
    records = manifest.kept_records(done)
    assert found.select_columns(records.columns).to_list() == records.to_dicts()
    assert found.column_names == list(CONFIGS["sft"].columns)
    assert [row["prompt"] + row["completion"] for row in found] == list(found["messages"])
    assert list(found["gold"]) == list(found["answer"])
    assert set(found["origin"]) == {"imported"}


def test_grpo_has_what_trl_and_verl_read(done: Run, tmp_path: Path) -> None:
    import datasets

    export(done, tmp_path / "out")
    found = datasets.load_dataset(str(tmp_path / "out"), "grpo", split="train")
    row = next(row for row in found if row["gold"] == "3")
    assert row["prompt"] == [{"role": "user", "content": "What is 2 + 1?"}]
    assert row["reward_model"] == {"style": "rule", "ground_truth": "3"}
    assert (row["data_source"], row["ability"]) == (row["source"], "math")
    assert (row["samples"], row["pass_rate"]) == (1, 1.0)
    assert found.num_rows == 5  # of six problems one has no gold
    assert found.column_names == list(CONFIGS["grpo"].columns)


def test_rejected_come_by_choice_with_every_reason(done: Run, tmp_path: Path) -> None:
    export(done, tmp_path / "plain")
    assert "rejected" not in "".join(files(tmp_path / "plain"))
    export(done, tmp_path / "out", Choice(include=("rejected",)))
    rows = read(tmp_path / "out", "rejected")
    reasons = {row["fate"]: row["reasons"] for row in rows.to_dicts()}
    assert reasons["dropped"] == ["correctness: incorrect"]
    assert reasons["undecided"] == ["correctness: no_gold"]
    assert "finish: failed" in reasons["failed"]
    assert rows.columns == list(CONFIGS["rejected"].columns)
    with pytest.raises(UserError, match=r"--include knows no 'rejecte'.*rejected"):
        Choice(include=("rejecte",))


def test_no_problem_is_in_two_splits(tmp_path: Path) -> None:
    rows = [trace(n, model=model) for n in range(40) for model in ("a", "b")]
    export(finished(tmp_path / "run", rows), tmp_path / "out", Choice(validation=0.3))
    of = {
        config: [set(read(tmp_path / "out", config, s)["problem_id"]) for s in stage.SPLITS]
        for config in ("sft", "grpo")
    }
    train, validation = of["sft"]
    assert of["sft"] == of["grpo"]
    assert train & validation == set()
    assert len(train | validation) == 40
    assert 6 <= len(validation) <= 18
    with pytest.raises(UserError, match="--validation is a share"):
        Choice(validation=1.0)


def test_thinking_in_a_field_of_its_own(done: Run, tmp_path: Path) -> None:
    export(done, tmp_path / "out", Choice(reasoning_field=True))
    for row in read(tmp_path / "out").to_dicts():
        asked, said = row["messages"]
        assert asked == {"role": "user", "content": row["problem"], "reasoning_content": None}
        assert (said["content"], said["reasoning_content"]) == (row["summary"], row["thinking"])
        assert [row["prompt"], row["completion"]] == [[asked], [said]]
    assert "left 1,000 of 4,990" in (tmp_path / "out" / "README.md").read_text(encoding="utf-8")


def test_system_message_goes_into_messages(tmp_path: Path) -> None:
    row = trace(1)
    turns = [
        {"role": "system", "content": "Count."},
        {"role": "user", "content": row.pop("problem")},
        {"role": "assistant", "content": row.pop("response")},
    ]
    export(finished(tmp_path / "run", [row | {"messages": turns}]), tmp_path / "out")
    (found,) = read(tmp_path / "out").to_dicts()
    assert found["prompt"] == turns[:2]


def test_bytes_do_not_depend_on_shards(tmp_path: Path) -> None:
    rows = [trace(n, source="sums") for n in range(20)]
    whole = finished(tmp_path / "whole", rows, name="sums")
    export(whole, tmp_path / "a")
    pieces = finished(tmp_path / "pieces", rows[15:], name="sums")
    import_traces(pieces, Source(path=str(write(tmp_path / "all.jsonl", rows))))
    filter_traces(pieces)
    normalize(pieces)
    assert len(pieces.shards("records")) == 2
    export(pieces, tmp_path / "b")
    assert files(tmp_path / "a") == files(tmp_path / "b")
    assert [(tmp_path / "a" / name).read_bytes() for name in files(tmp_path / "a")] == [
        (tmp_path / "b" / name).read_bytes() for name in files(tmp_path / "b")
    ]


@pytest.mark.parametrize("choice", [Choice(), Choice(reasoning_field=True)])
def test_export_imported_again_gives_the_same_records(tmp_path: Path, choice: Choice) -> None:
    first = finished(tmp_path / "run", [trace(n, language="en", license="MIT") for n in range(5)])
    export(first, tmp_path / "out", choice)
    (path,) = (tmp_path / "out" / "data" / "sft").iterdir()
    again = Run.create(tmp_path / "again", first.config)
    import_traces(again, Source(path=str(path)))
    filter_traces(again)
    normalize(again)
    same = ["content_hash", "problem_id", "thinking", "summary", "answer", "messages", "kind"]
    told = lambda run: manifest.kept_records(run).select(*same, "source").sort("content_hash")
    assert told(again).equals(told(first))
    golds = lambda run: stored(run, "problems").select("problem_id", "gold").sort("problem_id")
    assert golds(again).equals(golds(first))


def test_answer_of_an_export_is_no_gold(tmp_path: Path) -> None:
    row = {"problem": "What is 1 + 1?", "gold": None, "answer": "2", "response": "It is 2."}
    assert stored(imported(tmp_path / "run", [row]), "problems")["gold"].to_list() == [None]


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


def read(folder: Path, config: str = "sft", split: str = "train") -> pl.DataFrame:
    return pl.read_parquet(folder / "data" / config / f"{split}-*.parquet")


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
    monkeypatch.setattr(stage, "FILE_BYTES", 1)
    assert export(done, tmp_path / "out")["files"] == 8
    monkeypatch.undo()
    assert export(done, tmp_path / "out")["files"] == 2
    export(done, tmp_path / "alone")
    assert files(tmp_path / "out") == files(tmp_path / "alone")
    assert files(tmp_path / "out")[:2] == [".coldstart-curate", "README.md"]
    assert not list(tmp_path.glob(".out-*"))


def test_what_else_lies_in_an_earlier_export_stays(done: Run, tmp_path: Path) -> None:
    export(done, tmp_path / "out")
    (tmp_path / "out" / ".git").mkdir()
    for name in ("NOTES.md", ".git/HEAD", "data/sft/old.parquet"):
        (tmp_path / "out" / name).write_text("mine")
    export(done, tmp_path / "out")
    export(done, tmp_path / "alone")
    assert {*files(tmp_path / "out")} == {*files(tmp_path / "alone"), ".git/HEAD", "NOTES.md"}


def test_card_that_disagrees_with_the_files_is_not_written_nor_are_they(
    done: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export(done, tmp_path / "out")
    before = files(tmp_path / "out")
    monkeypatch.setitem(card._COUNTS, "sft", "select 4, 3")
    for folder in ("out", "new"):
        with pytest.raises(RuntimeError, match="holds 3 rows of 3 problems, the manifest 4 of 3"):
            export(done, tmp_path / folder)
    assert files(tmp_path / "out") == before
    assert not (tmp_path / "new").exists()


def test_export_that_was_killed_is_gone_on_with(done: Run, tmp_path: Path) -> None:
    export(done, tmp_path / "out")
    (tmp_path / "out" / "data").rename(tmp_path / "out" / ".coldstart-curate-old")
    (tmp_path / "out" / ".coldstart-curate-new" / "data").mkdir(parents=True)
    assert export(done, tmp_path / "out")["files"] == 2
    assert len(files(tmp_path / "out")) == 4


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
    told = capsys.readouterr().err
    assert told.count(said) == 1
    assert "--set 'decontamination.benchmarks=[FILE]'" in told
    export(run, tmp_path / "out")
    assert capsys.readouterr().err.count(said) == 1
    card = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    assert f"**Not checked: {said}.**" in card
    assert "| decontamination | 2 | 0 | 2 | 0 | 0 | 0 | 0 |" in card


def test_card_tells_how_the_records_came_about_and_shows_two(done: Run, tmp_path: Path) -> None:
    export(done, tmp_path / "out")
    card = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    section = lambda title: card.split(f"## {title}\n")[1].split("\n## ")[0]
    assert "| imported | 3 |" in section("How the traces came about")
    assert "\\boxed{" in section("One that is kept")
    assert "Dropped by correctness: incorrect." in section("One that was dropped")
    assert "| 1 | 3 | 3 |" in section("In numbers")
    assert "no benchmark was named" in section("Against which benchmarks they were checked")
    assert "| correctness | no_gold | 1 | 1 |" in section("Why others are undecided")
    assert "duckdb" in section("How to make it again")


def test_workers_change_no_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of records and files, which are many here."""
    monkeypatch.setattr(stage, "FILE_BYTES", 2000)
    monkeypatch.setattr("curate.records.normalize.PARALLEL_FROM", 1)
    monkeypatch.setattr("curate.store.shards.TEXT_ROWS", 10)
    rows = [trace(n) for n in range(40)]
    one, two = (finished(tmp_path / f"{n}" / "run", rows, jobs=n) for n in (1, 2))
    assert [path.name for path in one.shards("records")] == [p.name for p in two.shards("records")]
    assert len(one.shards("records")) == 4
    assert written(one, tmp_path / "a") == written(two, tmp_path / "b")


def written(run: Run, folder: Path) -> dict[str, bytes]:
    assert export(run, folder)["files"] > 8
    return {path.name: path.read_bytes() for path in folder.rglob("*.parquet")}


def test_run_without_the_filter_of_lengths_is_exported(tmp_path: Path) -> None:
    run = finished(tmp_path / "run", [trace(1)], filters=only("format"))
    assert export(run, tmp_path / "out")["records"] == 1


def test_no_place_is_published_of_a_source_that_was_corrected_since(tmp_path: Path) -> None:
    place, rows = "/home/ann/sums/old.jsonl", [trace(n) for n in range(3)]
    done = finished(tmp_path / "run", [row | {"source": place} for row in rows])
    named = [{"problem": row["problem"], "gold": row["gold"], "source": "sums"} for row in rows]
    load_problems(done, Source(path=str(write(tmp_path / "p.jsonl", named))), again=True)
    filter_traces(done)
    export(done, tmp_path / "out")
    assert set(read(tmp_path / "out", "sft")["source"]) == {"old.jsonl"}
