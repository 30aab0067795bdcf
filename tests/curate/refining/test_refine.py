"""A writer's work becomes traces of its own, which every filter judges against their parents."""

from pathlib import Path

import pytest
import writers
from openai_server import Script, served
from small_runs import Curate, imported, only, stored, write

from curate.config import Refine
from curate.judging.filter_stage import filter_traces
from curate.manifest import ask as manifest
from curate.records.export import export
from curate.records.normalize import normalize
from curate.refining.refine import _counted, refine
from curate.sampling.plan import Part
from curate.sampling.spread import Step
from curate.store.run_folder import Run
from filters.errors import UserError
from filters.trace_format import parse, render

ON = (
    *("finish", "format", "length", "language", "readability"),
    *("correctness", "faithful", "rewritten"),
)


def row(a: int, b: int, thinking: str = writers.MIXED, summary: str | None = None) -> dict:
    said = f"So it is \\boxed{{{a + b}}}." if summary is None else summary
    text = render(writers.filled(thinking, a, b), said)
    return {"problem": writers.problem(a, b), "gold": str(a + b), "response": text}


def rewritten(folder: Path, writer: str, rows: list[dict], **refine_: object) -> Run:
    section = {"engine": "scripted", "options": {"answers": f"writers:{writer}"}, **refine_}
    run = imported(folder, rows, filters=only(*ON), refine=Refine(**section))
    filter_traces(run)
    refine(run)
    filter_traces(run)
    normalize(run)
    return run


def ends(run: Run, origin: str) -> list[tuple[str, str | None, str | None]]:
    query = f"select fate, decided_by, reason from v_trace where origin = '{origin}'"
    return [tuple(found.values()) for found in manifest.rows(run, query)]


def test_a_good_rewriting_becomes_the_record(tmp_path):
    run = rewritten(tmp_path / "run", "good", [row(12, 15)])
    assert ends(run, "imported") == [("dropped", "language", "mixed_language")]
    assert ends(run, "rewritten") == [("kept", None, None)]
    (record,) = stored(run, "records").to_dicts()
    assert record["thinking"] == writers.filled(writers.THINKING, 12, 15)
    assert record["summary"] == writers.filled(writers.SUMMARY, 12, 15)


BAD = {
    "changes_the_answer": {"correctness.incorrect", "faithful.other_answer"},
    "invents_a_number": {"faithful.new_numbers"},
    "wrong_language": {"language.wrong_language", "language.mixed_language"},
    "drops_the_reasoning": {"faithful.reasoning_dropped"},
    "says_what_it_does": {"faithful.about_itself"},
}


def drops(run: Run) -> set[str]:
    """Every reason for which a rewriting was dropped."""
    query = (
        "select distinct filter || '.' || unnest(reasons) as why from verdicts "
        "join traces using (trace_id) where origin = 'rewritten' and keep is false"
    )
    return {found["why"] for found in manifest.rows(run, query)}


@pytest.mark.parametrize("writer", BAD)
def test_a_bad_rewriting_is_dropped_with_its_reason(tmp_path, writer):
    run = rewritten(tmp_path / "run", writer, [row(12, 15)])
    assert drops(run) == BAD[writer]
    assert stored(run, "records").is_empty()


@pytest.mark.parametrize("writer", ["good", *BAD])
def test_of_servers_that_write_only_the_good_ones_work_is_kept(tmp_path, writer):
    server = Script(writer=lambda prompt: getattr(writers, writer)(prompt)[0])
    with served(server) as url:
        run = rewritten(
            *(tmp_path / "run", writer, [row(12, 15), row(7, 8)]),
            **{"engine": "openai", "model": writer, "options": {"base_url": url}},
        )
    assert len(server.bodies) == 4  # two traces, two steps each
    assert drops(run) == BAD.get(writer, set())
    assert stored(run, "records").height == (2 if writer == "good" else 0)
    children = stored(run, "traces").filter(origin="rewritten")
    assert children["model"].to_list() == [writer] * 2


def test_only_a_summary_missing_keeps_the_thinking_byte_for_byte(tmp_path):
    thinking = "  I add\n\n\n" + writers.THINKING + "  "
    run = rewritten(tmp_path / "run", "good", [row(3, 4, thinking, "7.")], want="true")
    assert ends(run, "imported") == [("kept", None, None)]  # a terse summary is one
    run = rewritten(tmp_path / "other", "good", [row(3, 4, thinking, "")])
    (child,) = stored(run, "traces").filter(origin="rewritten").to_dicts()
    assert parse(child["response"]).thinking == writers.filled(thinking, 3, 4).strip()


def test_what_writing_cannot_mend_is_left_alone(tmp_path):
    wrong = row(1, 2) | {"gold": "4"}
    loop = row(5, 6, "I add five. " * 3)
    run = rewritten(tmp_path / "run", "good", [wrong, loop, row(12, 15)])
    assert stored(run, "traces").filter(origin="rewritten").height == 1


def test_refining_again_does_nothing_and_a_retry_only_what_failed(tmp_path):
    run = rewritten(tmp_path / "run", "fails", [row(12, 15), row(7, 8)])
    assert ends(run, "rewritten") == [("failed", "traces", "server_error: 500")] * 2
    assert refine(run) == {"already": 2}
    assert refine(run, retry=True) == {"already": 0, "failed": 2}
    assert stored(run, "traces").filter(origin="rewritten")["attempt"].sort().to_list() == [
        0,
        0,
        1,
        1,
    ]


def test_a_part_that_is_lost_and_fails_the_same_again_leaves_none_behind():
    failed, stop = ({"finish_reason": reason} for reason in ("error", "stop"))
    begun, again = Step([], 5, 3, first=True), Step([], 5, 3, first=True)
    steps = [begun, Step([failed], 5, 3), again, *(Step([row], 5, 3) for row in (failed, stop))]
    counts = _counted((Part(), step) for step in [*steps, Step([], 5, 3, last=True)])
    assert counts == {"already": 3, "failed": 2, "rewritten": 1}


def test_what_was_cut_is_tried_again_with_more_room(tmp_path):
    run = rewritten(tmp_path / "run", "good", [row(12, 15)], max_tokens=20)
    assert ends(run, "rewritten") == [("dropped", "finish", "truncated")]
    assert refine(run) == {"already": 1}
    assert refine(run, retry=True) == {"already": 0, "truncated": 1}
    more = run.config.refine.model_copy(update={"max_tokens": 2000})
    run.configure(run.config.model_copy(update={"refine": more}))
    assert refine(run, retry=True) == {"already": 0, "rewritten": 1}  # before any judgement
    assert refine(run, retry=True) == {"already": 1}


@pytest.mark.parametrize("kept", [False, True])
def test_a_kept_rewriting_stays_counted(tmp_path, kept):
    tidy = row(12, 15, writers.THINKING.replace("$", ""))
    run = rewritten(tmp_path / "run", "good", [tidy if kept else row(12, 15)], kept=kept)
    assert refine(run, retry=True) == {"already": 1}


ODD = {
    "no problem": row(12, 15, writers.MIXED) | {"problem": None},
    "lone surrogates": row(7, 8, writers.MIXED + " \ud83d") | {"problem": "What \ud800?"},
    "no tags": {"problem": "7 and 8?", "gold": "15", "response": "又 7 + 8 = \\boxed{15}"},
    "huge": row(2, 3, writers.MIXED * 2_000),
    "nothing thought": row(3, 9, "", "然后 \\boxed{12}"),
}


@pytest.mark.parametrize("rows", [[row] for row in ODD.values()], ids=list(ODD))
@pytest.mark.parametrize("filters", [only(*ON), only("finish", "language", "correctness")])
def test_an_odd_parent_is_rewritten_or_left_never_an_error(tmp_path, rows, filters):
    writer = {"engine": "scripted", "options": {"answers": "honest_writer:write"}}
    run = imported(tmp_path / "run", rows, filters=filters, refine=Refine(**writer))
    filter_traces(run)
    counts = refine(run)
    filter_traces(run)
    assert counts["failed"] == 0
    assert len(ends(run, "rewritten")) == counts["rewritten"] + counts["truncated"]
    assert ends(run, "imported")[0][0] == "dropped"


def test_kept_ones_are_rewritten_where_asked_and_never_stand_twice(tmp_path):
    tidy = row(12, 15, writers.THINKING.replace("$", ""))
    run = rewritten(tmp_path / "run", "good", [tidy], kept=True)
    assert ends(run, "rewritten") == [("kept", None, None)]
    assert ends(run, "imported") == [("dropped", "rewritten", "has_rewriting")]
    (record,) = manifest.rows(run, "select * from records")
    assert record["thinking"] == writers.filled(writers.THINKING, 12, 15)


def test_where_the_rewriting_is_dropped_the_original_stays(tmp_path):
    tidy = row(12, 15, writers.THINKING.replace("$", ""))
    run = rewritten(tmp_path / "run", "invents_a_number", [tidy], kept=True)
    assert ends(run, "imported") == [("kept", None, None)]
    assert stored(run, "records").height == 1


def test_a_condition_chooses(tmp_path):
    run = rewritten(tmp_path / "run", "good", [row(12, 15), row(7, 8)], want="gold = '15'")
    assert stored(run, "traces").filter(origin="rewritten").height == 1
    with pytest.raises(UserError, match=r"refine\.want: .*modle"):
        rewritten(tmp_path / "other", "good", [row(1, 2)], want="modle = 'x'")


def test_the_command(curate: Curate, tmp_path):
    file = write(tmp_path / "t.jsonl", [row(12, 15)])
    config = tmp_path / "c.yaml"
    config.write_text(
        "refine: {engine: scripted, options: {answers: 'writers:good'}}\n"
        "filters: {duplicate: false, difficulty: false, select: false}\njobs: 1\n"
    )
    run = tmp_path / "run"
    curate("import", run, file, "--config", config)
    curate("filter", run)
    assert curate("refine", run, "--json").json == {"already": 0, "rewritten": 1}


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ({"options": {}}, r"^refine\.options\.answers: give a table"),
        ({"engine": "scriptd"}, r"^refine\.engine: no engine 'scriptd'; did you mean 'scripted'"),
        ({"engine": "openai"}, r"^refine\.model is empty"),
        ({"prompts": {"tidy": "nope.md"}}, r"^refine\.prompts\.tidy: cannot read nope\.md"),
        ({"want": "true -- all"}, r"^refine\.want: "),
    ],
)
def test_a_mistake_in_the_section_is_named_there(tmp_path, section, said):
    with pytest.raises(UserError, match=said):
        rewritten(tmp_path / "run", "good", [row(1, 2)], **section)


def test_an_unknown_step_is_named_with_the_nearest(curate: Curate, tmp_path):
    config = tmp_path / "c.yaml"
    config.write_text("refine: {prompts: {tody: p.md}}\n")
    file = write(tmp_path / "t.jsonl", [row(1, 2)])
    line = curate("import", tmp_path / "run", file, "--config", config).line
    assert "refine.prompts: " in line
    assert "no step 'tody'; did you mean 'tidy'?" in line


def test_the_funnel_tells_parents_from_rewritings_and_adds_up(curate: Curate, tmp_path):
    rows = [row(12, 15), row(1, 2, writers.THINKING), row(3, 4) | {"gold": "5"}]
    run = rewritten(tmp_path / "run", "invents_a_number", rows, kept=True)
    told = manifest.rows(run, "select * from v_funnel_by_origin")
    ins = {(r["origin"], r["stage"]): r["rows_in"] for r in told}
    assert (ins["original", "finish"], ins["rewritten", "finish"]) == (3, 2)
    assert [
        r["dropped"] for r in told if (r["origin"], r["stage"]) == ("rewritten", "faithful")
    ] == [2]
    for stage in manifest.rows(run, "select * from v_funnel where stage <> 'total'"):
        parts = [r for r in told if r["stage"] == stage["stage"]]
        for column in ("rows_in", "dropped", "failed", "undecided"):
            assert sum(part[column] for part in parts) == stage[column]
        assert sum(part["kept"] for part in parts) == stage["kept"] + stage["not_checked"]
    assert "rewritten  faithful" in curate("status", run.path).out


def test_the_card_counts_rewritings_and_shows_one(tmp_path):
    run = rewritten(tmp_path / "run", "good", [row(12, 15), row(7, 8)])
    export(run, tmp_path / "out")
    card = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    assert "2 records are rewritings" in card
    assert "| scripted | 2 |" in card
    before, after = card.split("Before:")[1].split("After:")
    assert writers.filled(writers.MIXED, 7, 8) in before
    assert writers.filled(writers.THINKING, 7, 8) in after


def test_explain_shows_parent_and_rewriting_beside_each_other(curate: Curate, tmp_path):
    run = rewritten(tmp_path / "run", "good", [row(12, 15)])
    (child,) = stored(run, "traces").filter(origin="rewritten").to_dicts()
    parent = child["parent_trace_id"]
    of_child = curate("explain", run.path, child["trace_id"]).out
    of_parent = curate("explain", run.path, parent).out
    assert f"parent    {parent}  dropped by language: mixed_language" in of_child
    assert f"rewritten as {child['trace_id']}  kept" in of_parent
    for out in (of_child, of_parent):
        assert f"by scripted in steps translate, summarize; prompts {child['prompt_hash']}" in out
        assert "[-We have-] 12 apples" in out
        assert "{+I start with the+} 12 apples" in out
    facts = curate("explain", run.path, parent, "--json").json
    assert [row["trace_id"] for row in facts["rewritings"]] == [child["trace_id"]]
