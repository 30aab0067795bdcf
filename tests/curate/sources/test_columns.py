"""Which column becomes what: one meaning each, paths into objects, golds that are values."""

from pathlib import Path

import pytest
from small_runs import Row, stored, write

from curate.config import Config, Source
from curate.sources.imported_traces import import_traces
from curate.sources.problems import load_problems
from curate.store.run_folder import Run
from filters.errors import UserError


def bring(folder: Path, *rows: Row, **settings: object) -> Run:
    run = Run.create(folder / "run", Config(jobs=1))
    import_traces(run, Source(path=str(write(folder / "t.jsonl", rows)), **settings))
    return run


def problems_of(folder: Path, *rows: Row, **settings: object) -> list[Row]:
    run = Run.create(folder / "run", Config(jobs=1))
    load_problems(run, Source(path=str(write(folder / "p.jsonl", rows)), **settings))
    return stored(run, "problems").to_dicts()


def test_a_path_leads_into_objects_lists_and_json_text(tmp_path: Path) -> None:
    row = {"problem": "a", "more": {"facts": '[{"value": 7}]'}, "response": "7"}
    run = bring(tmp_path, row, map={"gold": "more.facts.0.value"})
    assert stored(run, "problems")["gold"].to_list() == ["7"]
    assert '"more"' in stored(run, "traces")["meta"][0]


@pytest.mark.parametrize(
    ("columns", "line"),
    [
        ({"response": "answer"}, "'answer' would be the gold too; .*--map gold=none"),
        ({"response": "text", "gold": "text"}, "'text' would be the gold too"),
        ({"gold": "info.ansewr"}, "nothing at 'info.ansewr'; did you mean 'answer'"),
        ({"gold": "inof.answer"}, "no column 'inof.answer'; did you mean 'info'"),
    ],
)
def test_map_that_cannot_be_meant(tmp_path: Path, columns: dict[str, str], line: str) -> None:
    row = {"problem": "a", "answer": "1", "text": "It is 1.", "info": {"answer": "1"}}
    with pytest.raises(UserError, match=line):
        bring(tmp_path, row, map=columns)


def test_a_column_may_be_no_gold(tmp_path: Path) -> None:
    row = {"problem": "a", "answer": "It is 1."}
    run = bring(tmp_path, row, map={"response": "answer", "gold": "none"})
    assert stored(run, "problems")["gold_check"].to_list() == ["no_gold"]


@pytest.mark.parametrize("gold", [{"value": 1}, [{"value": 1}, {"value": 2}]])
def test_gold_that_is_an_object_is_refused(tmp_path: Path, gold: object) -> None:
    row = {"problem": "a", "response": "1", "answer": gold}
    with pytest.raises(UserError, match=r"row 1: the gold 'answer' is an object.*answer\.PART"):
        bring(tmp_path, row)


@pytest.mark.parametrize(
    ("row", "gold", "check"),
    [
        ({"choices": ["3", "1"], "answer": 1}, "B", "correct"),
        ({"choices": ["3", "1"], "answer": 2}, "2", "gold_unparseable"),
        ({"choices": ["3", "1"], "answer": "A"}, "A", "correct"),
        ({"choices": {"text": ["x", "y"], "label": ["1", "2"]}, "answerKey": "2"}, "B", "correct"),
    ],
)
def test_an_index_means_its_option(tmp_path: Path, row: Row, gold: str, check: str) -> None:
    (problem,) = problems_of(tmp_path, {"question": "a"} | row)
    assert (problem["gold"], problem["kind"], problem["gold_check"]) == (gold, "choice", check)


@pytest.mark.parametrize("role", ["gpt", "chatgpt", "GPT", "model", "bot", "assistant"])
def test_replies_by_every_name(tmp_path: Path, role: str) -> None:
    turns = [{"from": "human", "value": "1+1?"}, {"from": role, "value": "2"}]
    run = bring(tmp_path, {"conversations": turns})
    assert stored(run, "traces")["response"].to_list() == ["2"]
    assert stored(run, "problems")["problem"].to_list() == ["1+1?"]


def test_unknown_role_stops_with_its_name(tmp_path: Path) -> None:
    turns = [{"role": "user", "content": "1+1?"}, {"role": "asistant", "content": "2"}]
    line = "row 1: a turn's role is 'asistant'; did you mean 'assistant'"
    with pytest.raises(UserError, match=line):
        bring(tmp_path, {"messages": turns})


@pytest.mark.parametrize("switch", ["on", "off", "True"])
def test_a_switch_is_no_thinking(tmp_path: Path, switch: str) -> None:
    run = bring(tmp_path, {"problem": "a", "response": "b", "reasoning": switch})
    assert stored(run, "traces")["response"].to_list() == ["b"]


def test_whole_solutions_become_thinking(tmp_path: Path) -> None:
    row = {"question": "1+1?", "solution": "One and one.\n\nSo \\boxed{2}.", "answer": "2"}
    run = bring(tmp_path, row, reply_is="thinking")
    (trace,) = stored(run, "traces").to_dicts()
    assert trace["response"].endswith("</think>\n\nSo \\boxed{2}.")
    assert trace["repaired"] == "as_thinking"


def test_every_sample_has_its_own_finish_and_word(tmp_path: Path) -> None:
    samples = [{"text": "a", "finish_reason": "eos"}, {"text": "b", "stop_reason": "abort"}]
    run = bring(tmp_path, {"problem": "p", "responses": samples, "correct": [True, False]})
    rows = stored(run, "traces")
    assert rows["finish_reason"].to_list() == ["stop", "error"]
    assert rows["meta"].to_list() == ['{"said_correct": true}', '{"said_correct": false}']


def test_thinking_column_with_tags_of_its_own(tmp_path: Path) -> None:
    run = bring(tmp_path, {"problem": "p", "response": "2", "thinking": "<think>1+1</think>"})
    assert stored(run, "traces")["response"].to_list() == ["<think>\n1+1\n</think>\n\n2"]


def test_layout_is_said_and_overruled(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    turns = [{"from": "human", "value": "1+1?"}, {"from": "gpt", "value": "2"}]
    row = {"system": "s", "conversations": turns}
    bring(tmp_path, row)
    assert "read as OpenThoughts (it has system, conversations)" in capsys.readouterr().err
    (tmp_path / "b").mkdir()
    bring(tmp_path / "b", row, layout="plain")
    assert "read as" not in capsys.readouterr().err
    with pytest.raises(UserError, match="no layout 'openthougths'; did you mean 'openthoughts'"):
        bring(tmp_path, row, layout="openthougths")


def test_usual_names_in_capitals(tmp_path: Path) -> None:
    run = bring(tmp_path, {"ID": "p", "Question": "a", "Expected_Answer": "1", "RESPONSE": "x"})
    (problem,) = stored(run, "problems").to_dicts()
    assert (problem["problem"], problem["gold"]) == ("a", "1")
    assert stored(run, "traces")["response"].to_list() == ["x"]


@pytest.mark.parametrize(
    ("gold", "stored_as"), [('["7"]', "7"), (["7"], "7"), ("[7]", "[7]"), ('["7", "8"]', None)]
)
def test_a_list_of_one_answer_is_that_answer(
    tmp_path: Path, gold: object, stored_as: str | None
) -> None:
    (problem,) = problems_of(tmp_path, {"problem": "a", "gold": gold})
    assert problem["gold"] == (stored_as or gold)


def test_a_row_with_other_columns_than_the_one_before_is_read_by_its_own(tmp_path: Path) -> None:
    usual = {"problem": "a", "gold": "1", "response": "x"}
    rows = [usual, {"question": "b", "answer": "2", "output": "y"}, {**usual, "problem": "c"}]
    run = bring(tmp_path, *rows)
    assert stored(run, "problems")["gold"].to_list() == ["1", "2", "1"]
    assert stored(run, "traces")["response"].to_list() == ["x", "y", "x"]
