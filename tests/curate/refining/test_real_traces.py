"""Refinement of real traces that mix languages, by a writer that changes nothing else."""

import gzip
import json
from pathlib import Path

from small_runs import imported, only

from curate.config import Refine
from curate.judging.filter_stage import filter_traces
from curate.manifest import ask as manifest
from curate.refining.refine import refine
from curate.store.run_folder import Run
from filters.trace_format import parse
from filters.verifiers.extraction.answers import stated_answer


def mixed(shared: Path) -> list[dict]:
    """Those that the flags name, with what they answer as the gold where there is none."""
    flags = (shared / "trace_flags.jsonl").read_text().splitlines()
    named = {flag["trace_id"] for flag in map(json.loads, flags) if flag["mixed_language"]}
    with gzip.open(shared / "traces.jsonl.gz", "rt") as lines:
        rows = [row for row in map(json.loads, lines) if row["trace_id"] in named]
    for row in rows:
        said = stated_answer(parse(row["response"]).summary or "")
        row["gold_answer"] = row["gold_answer"] or (said and said.answer)
    return rows


def test_all_kept_rewritings_of_mixed_traces_are_in_one_language(tmp_path, shared):
    run: Run = imported(
        tmp_path / "run",
        mixed(shared),
        filters=only("finish", "length", "language", "readability", "correctness", "faithful"),
        refine=Refine(engine="scripted", options={"answers": "honest_writer:write"}),
    )
    filter_traces(run)
    refine(run)
    filter_traces(run)
    children = manifest.rows(
        run,
        "select t.fate, v.keep as in_language from v_trace t join verdicts v using (trace_id) "
        "where origin = 'rewritten' and filter = 'language'",
    )
    assert len(children) >= 10  # of 15: the others have no answer, or no one answer
    assert children == [{"fate": "kept", "in_language": True}] * len(children)
