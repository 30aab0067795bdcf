"""Kept traces → records: one each, readable back, the verified answer in it, nothing invented."""

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_runs import CHEAP, files, finished, imported, only, stored, trace, write
from traces import reasons

from curate.config import Config, Normalize, Source
from curate.judging.filter_stage import filter_traces
from curate.manifest import ask as manifest
from curate.records.normalize import clean, normalize, record_of
from curate.sources.imported_traces import import_traces
from curate.sources.problems import load_problems
from curate.store.run_folder import Run
from filters.format.format import Format
from filters.trace_format import parse, parse_marked, render

THINKING = "I have 1 apple and get one more, so there are two apples."
FORMS = {
    "close-only": f"{THINKING}\n</think>\n\nSo \\boxed{{2}}.",
    "think-open-close": f"<think>\n{THINKING}\n</think>\n\nSo \\boxed{{2}}.",
    "bare-think-answer": f"think\n{THINKING}\nanswer\nSo \\boxed{{2}}.",
    "think-open-only": f"<think>\n{THINKING}",
    "no-tags": "So \\boxed{2}.",
}


def records(run: Run) -> list[dict[str, object]]:
    return manifest.kept_records(run).to_dicts()


def test_five_tag_forms_give_one_record_or_a_reason(tmp_path: Path) -> None:
    rows = [trace(1, source_id=form) | {"response": text} for form, text in FORMS.items()]
    run = finished(tmp_path / "run", rows)
    made = manifest.kept_records(run)
    assert made["thinking"].to_list() == [THINKING] * 3
    assert made["summary"].to_list() == ["So \\boxed{2}."] * 3
    assert made["answer"].to_list() == ["2"] * 3
    lost = manifest.rows(run, "select source_id, reason from v_trace where fate <> 'kept'")
    assert {row["source_id"]: row["reason"] for row in lost} == {
        "think-open-only": "truncated",
        "no-tags": "no_tags",
    }


def test_normalizing_twice_makes_nothing(tmp_path: Path) -> None:
    run = finished(tmp_path / "run", [trace(1), trace(2)])
    before = files(run.path)
    assert normalize(run) == {"known": 2}
    assert files(run.path) == before


def test_messages_are_the_problem_and_the_rendered_reply(tmp_path: Path) -> None:
    (record,) = records(finished(tmp_path / "run", [trace(1, source="me", license="MIT")]))
    assert record["messages"] == [
        {"role": "user", "content": "What is 1 + 1?"},
        {"role": "assistant", "content": trace(1)["response"]},
    ]
    assert (record["source"], record["license"], record["kind"]) == ("me", "MIT", "math")


def test_marker_layout_changes_messages_and_no_number(tmp_path: Path) -> None:
    run = finished(tmp_path / "run", [trace(1), trace(2)])
    plain = records(run)
    marked = Run.create(
        run.path, run.config.model_copy(update={"normalize": Normalize(marker="m")})
    )
    assert normalize(marked) == {"known": 0, "made": 2, "dropped": 0}
    again = records(marked)
    assert [r["record_id"] for r in again] == [r["record_id"] for r in plain]
    assert all(str(r["messages"][1]["content"]).startswith("|m|I have") for r in again)  # type: ignore[index]
    back = Run.create(run.path, run.config.model_copy(update={"normalize": Normalize()}))
    normalize(back)
    assert records(back) == plain


def test_text_that_would_not_read_back_is_refused_with_a_reason(tmp_path: Path) -> None:
    text = render("I write |m| for what I do not know, and then I add.", "So \\boxed{2}.")
    rows = [trace(1) | {"response": text}, trace(2)]
    run = finished(tmp_path / "run", rows, normalize=Normalize(marker="m"))
    (refused,) = manifest.rows(
        run, "select fate, decided_by, reason from v_trace where fate='dropped'"
    )
    assert refused == {"fate": "dropped", "decided_by": "normalize", "reason": "tags_inside_text"}
    assert len(records(run)) == 1
    assert normalize(run) == {"known": 1}
    plain = Run.create(run.path, run.config.model_copy(update={"normalize": Normalize()}))
    normalize(plain)
    assert len(records(plain)) == 2


def test_refusal_does_not_make_select_choose_anew(tmp_path: Path) -> None:
    text = render("It is short with |m| here, and yet it is a thinking.", "So \\boxed{2}.")
    rows = [trace(1) | {"response": text}, trace(1)]
    run = finished(
        tmp_path / "run",
        rows,
        normalize=Normalize(marker="m"),
        filters=only(*CHEAP, select={"best": 1}),
    )
    assert records(run) == []
    assert filter_traces(run) == {}
    assert normalize(run) == {"known": 0}


def test_withdrawn_record_stays_stored_and_comes_back(tmp_path: Path) -> None:
    run = finished(tmp_path / "run", [trace(1), trace(2)])
    first = records(run)
    for minimum, kept in ((1000, 0), (4, 2)):
        config = run.config.model_copy(
            update={"filters": only(*CHEAP, length={"thinking_min": minimum})}
        )
        run = Run.create(run.path, config)
        filter_traces(run)
        normalize(run)
        assert len(records(run)) == kept
    assert records(run) == first
    assert stored(run, "records").height == 2


def test_corrected_gold_makes_and_withdraws_records(tmp_path: Path) -> None:
    run = finished(tmp_path / "run", [trace(1), trace(1, answer=3)])
    assert [r["answer"] for r in records(run)] == ["2"]
    gold = write(tmp_path / "g.jsonl", [{"problem": "What is 1 + 1?", "gold": "3"}])
    load_problems(run, Source(path=str(gold)))
    filter_traces(run)
    normalize(run)
    assert [r["answer"] for r in records(run)] == ["3"]


@pytest.mark.parametrize(
    ("answer", "response", "reason"),
    [
        ("3", "<think>\nso 3\n</think>\n\nIt is \\boxed{2}.", "answer_not_in_summary"),
        ("2", "<think>\nso 2\n</think>\n\nNothing here.", "answer_not_in_summary"),
        ("2", "<think>\n\n</think>\n\n\\boxed{2}", "no_thinking"),
        ("2", "<think>\na\n</think>\n\n", "no_summary"),
        ("2", "<think>\na\n<think>\nb</think>\n\n\\boxed{2}", "tags_inside_text"),
    ],
)
def test_what_has_no_record_says_why(answer: str, response: str, reason: str) -> None:
    row = {
        "trace_id": "t",
        "attempt": 0,
        "response": response,
        "answer": answer,
        "kind": "math",
        "turns": None,
        "problem": "1+1?",
    }
    assert record_of(row, Normalize()) == reason


def record(response: str) -> dict[str, object]:
    row = {"trace_id": "t", "attempt": 0, "response": response, "answer": None, "kind": "math"}
    made = record_of(row | {"turns": None, "problem": "1+1?"}, Normalize())
    assert not isinstance(made, str), made
    return made


@pytest.mark.parametrize(
    ("end", "closed"),
    [
        (r"\[ 1 + 1 = \boxed{2}", r"\[ 1 + 1 = \boxed{2} \]"),
        (r"\(\boxed{2}.", r"\(\boxed{2}\)."),
        ("$$\n\\boxed{2} \\text{ cm}", "$$\n\\boxed{2} \\text{ cm}\n$$"),
        (r"\[ 1 + 1 = \boxed{2} \]", r"\[ 1 + 1 = \boxed{2} \]"),
        (r"so \[ x and it is \boxed{2}", r"so \[ x and it is \boxed{2}"),
    ],
)
def test_last_formula_is_closed_behind_its_box(end: str, closed: str) -> None:
    assert record(render("so 2", f"It is:\n\n{end}"))["summary"] == f"It is:\n\n{closed}"


PIECES = ["<think>", "</think>", "`<think>`", '"</think>"', "\n```\n<think>\n```\n", '"', "\n", "a"]


@given(st.lists(st.sampled_from([*PIECES, "<thinking>", "think\n", "\nanswer\n"])).map("".join))
def test_what_format_keeps_has_a_record_whatever_tags_it_names(text: str) -> None:
    if reasons(Format(), text) == [[]]:
        made = record(text)
        assert (parse(text).thinking, parse(text).summary) == (made["thinking"], made["summary"])


def test_only_line_ends_and_outer_white_space_are_cleaned() -> None:
    text = " \r\nif x:\r\n\treturn  1\r \n"
    assert clean(text) == "if x:\n\treturn  1"
    assert clean(clean(text)) == clean(text)


WORDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)


@given(WORDS, WORDS, st.sampled_from([None, "m", "special_token"]))
def test_record_of_any_text_reads_back_or_is_refused(
    thinking: str, summary: str, marker: str | None
) -> None:
    row = {
        "trace_id": "t",
        "attempt": 0,
        "response": render(thinking, summary),
        "answer": None,
        "kind": "open",
        "turns": None,
        "problem": "?",
    }
    record = record_of(row, Normalize(marker=marker))
    if isinstance(record, str):
        assert record in ("no_thinking", "no_summary", "tags_inside_text")
        return
    text = record["messages"][-1]["content"]
    parts = parse_marked(text, marker) if marker else parse(text)
    assert (parts.thinking, parts.summary) == (record["thinking"], record["summary"])
    assert (
        record_of(
            row | {"response": render(record["thinking"], record["summary"])},
            Normalize(marker=marker),
        )
        == record
    )


def test_nul_and_other_odd_characters_survive(tmp_path: Path) -> None:
    odd = "I wonder about a\x00b \u2028 \ufeff \U0001f642 é for a while, and then I add."
    text = render(odd, "So \\boxed{2}.")
    run = finished(tmp_path / "run", [trace(1) | {"response": text}])
    assert [r["thinking"] for r in records(run)] == [odd]


def test_every_kept_real_trace_has_one_record(tmp_path: Path, shared: Path) -> None:
    run = Run.create(tmp_path / "run", Config(filters=only(*CHEAP)))
    import_traces(run, Source(path=str(shared / "traces.jsonl.gz"), limit=700))
    filter_traces(run)
    normalize(run)
    made = manifest.kept_records(run)
    total = manifest.rows(run, "select * from v_funnel where stage = 'total'")[0]
    assert made.height == made["trace_id"].n_unique() == total["kept"] > 50
    rest = manifest.rows(
        run,
        "select count(*) as n from traces t where t.trace_id not in (select trace_id from records)"
        " and not exists (select 1 from verdicts v where v.trace_id = t.trace_id"
        " and v.keep is not true)",
    )
    assert rest == [{"n": 0}]
    texts = made["messages"].list.get(1).struct.field("content").to_list()
    for text, thinking, summary in zip(texts, made["thinking"], made["summary"], strict=True):
        assert (parse(text).thinking, parse(text).summary) == (thinking, summary)


def test_unjudged_run_has_no_records(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = imported(tmp_path / "run", [trace(1)])
    capsys.readouterr()
    assert normalize(run) == {"known": 0}
    line = f"1 trace not judged yet, so without a record: `curate filter {run.path}`\n"
    assert capsys.readouterr().err == line
    assert manifest.kept_records(run).equals(pl.DataFrame(schema=manifest.kept_records(run).schema))
