"""The report: one file that holds all it shows, the same for the same run, and nothing private."""

import getpass
import json
import os
import re
import sys
from datetime import datetime
from pathlib import Path

import polars as pl
import pytest
from chromium import NARROW, WIDE, Browser, browser, needs_chromium
from small_runs import Curate, finished, imported, only, stored, trace

from curate.manifest import ask as manifest
from curate.store.run_folder import Run
from curate.store.shards import commit
from filters.schema import EVAL, METRIC, conform

pytest.importorskip("altair")
pytest.importorskip("vl_convert")

from curate.judging.filter_stage import filter_traces
from curate.judging.review import review
from curate.judging.what_if import Standing
from curate.looking.marked import Mark
from curate.looking.report.examples import excerpt
from curate.looking.report.figures import figures, tables
from curate.looking.report.report import html


def test_the_same_run_gives_the_same_bytes_in_one_file_that_needs_no_other(run: Run) -> None:
    text = html(run)
    assert text == html(Run.open(run.path))
    assert len(text.encode()) < 3_000_000
    own = re.sub(r"<script>.*?</script>", "", text, flags=re.S)
    assert "vegaEmbed" not in own
    assert not re.search(r"(?:src|href)=\"(?!#|data:,\")", own)
    assert "default-src &#39;none&#39;" in own


def test_what_a_model_wrote_is_text(run: Run) -> None:
    text = html(run)
    assert "<b>evil" not in text
    assert "<script>document" not in text
    assert not re.search("[\u202e\u200b\x07]", text)


def test_funnel_and_figures_hold_what_the_manifest_says(run: Run) -> None:
    text = html(run)
    for row in manifest.rows(run, "select * from v_funnel"):
        cells = "".join(
            f'<td class="number">{row[name]}</td>'
            for name in ("rows_in", "kept", "not_checked", "dropped", "undecided", "failed")
        )
        assert f"<td>{row['stage']}</td>{cells}" in text
    drawn = {f.name: f.spec for theirs in figures(run, Standing(run)).values() for f in theirs}
    bars = drawn["score-length-thinking_tokens"]["layer"][0]["data"]["values"]
    (scored,) = manifest.rows(
        run,
        "select count(*) as n from verdicts "
        "where filter = 'length' and scores['thinking_tokens'] is not null",
    )
    assert sum(bar["traces"] for bar in bars) == scored["n"] == 23
    by_model, *_ = tables(run)["reasons"]
    cells = dict(by_model.rows)["correctness: incorrect"]
    numbers = {name: n for name, (n, _) in zip(by_model.columns, cells, strict=True)}
    assert numbers == {"model-0\n12": 0, "model-1\n11": 5, "<b>evil</b>\n1": 0}


def test_languages_are_told_by_pair(run: Run) -> None:
    (pairs,) = tables(run)["languages"]
    assert pairs.columns == ["han"]
    assert ("en", [(1, 1.0)]) in pairs.rows


def test_an_excerpt_leaves_out_what_it_says_and_no_finding() -> None:
    text = "\n".join(f"line {n} of many that say the same" for n in range(400))
    at = text.index("line 200")
    told = list(excerpt(text, [Mark("x", at, at + 8), Mark("far", 0, len(text))]))
    shown = [entry for entry in told if not isinstance(entry, int)]
    length = sum(len(piece.text) for entry in shown for piece in entry)
    assert length + sum(entry for entry in told if isinstance(entry, int)) == len(text)
    assert any(piece.text == "line 200" and "x" in piece.found for e in shown for piece in e)
    assert len(list(excerpt("short", []))) == 1


def test_nothing_private_is_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_canarycanarycanarycanary")
    monkeypatch.setenv("USER", "canaryperson")
    folder = tmp_path / "canaryperson" / "secret-place"
    folder.mkdir(parents=True)
    rows = [trace(n, model=str(folder), answer=9 if n % 3 == 0 else None) for n in range(1, 8)]
    run = finished(folder / "run", rows, filters=only("finish", "format", "length", "correctness"))
    text = html(run)
    for private in ("canary", str(tmp_path), "secret-place/", getpass.getuser() + "/"):
        assert private not in text, private
    assert "secret-place" in text  # a folder is called by its name


def test_runs_with_little_in_them_have_a_report(tmp_path: Path) -> None:
    off = only("finish", "correctness")
    silent = {"problem": "?", "gold": "1", "response": None}
    nothing = finished(tmp_path / "a", [silent], filters=off)
    one = finished(tmp_path / "b", [trace(1)], filters=off)
    assert "1 trace of 1 problem was judged; 0 became records" in html(nothing)
    waiting = imported(tmp_path / "c", [trace(1)], filters=off)
    filter_traces(waiting)
    (said := tmp_path / "said.jsonl").write_text(
        json.dumps({"trace_id": stored(waiting, "traces")["trace_id"][0], "keep": True})
    )
    review(waiting, str(said))
    assert "1 kept trace waits for <code>curate normalize" in html(waiting)
    assert "People looked at 1 trace:" in html(waiting)
    assert 'id="traces"' in html(one)


def test_mistakes_are_one_line(
    curate: Curate, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = curate("report", run.path, "--out", tmp_path / "r.html")
    assert answer.out.strip() == str(tmp_path / "r.html")
    assert "cannot write" in curate("report", run.path, "--out", tmp_path / "no" / "r.html").line
    os.mkfifo(pipe := tmp_path / "pipe")
    assert "is a device or a pipe" in curate("report", run.path, "--out", pipe).line
    assert pipe.is_fifo()
    changed = {**run.config.filters, "length": {"thinking_max": 100}}
    run.configure(run.config.model_copy(update={"filters": changed}))
    told = curate("report", run.path).err.splitlines()[-1]
    assert "have not been judged by: run `curate filter" in told
    filter_traces(run)
    for name in [name for name in sys.modules if name.startswith("curate.looking")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    for verb in ("report", "view"):
        assert "pip install 'coldstart-curate[report]'" in curate(verb, run.path).line


def _with_curves(run: Run) -> None:
    now = datetime(2026, 1, 1)
    steps = [
        {"training_id": "t", "stage": "sft", "checkpoint": "c", "step": n, "metric": name,
         "value": 1 / (n + 1), "created_at": now}
        for n in range(5)
        for name in ("loss", "learning_rate")
    ]  # fmt: skip
    commit(run.folder("metrics"), conform(pl.DataFrame(steps), METRIC), METRIC)
    evals = [
        {"eval_id": f"e{n}", "stage": "r1-zero", "checkpoint": "c", "step": n, "seed": 0,
         "problem_set": "aime", "n_problems": 3, "k": 4, "pass_at_1": n / 9, "pass_at_1_se": 0.1,
         "cons_at_k": n / 8, "mixed_language_rate": 0.1, "unreadable_rate": 0.0,
         "mean_tokens": 100.0 + n, "reflection_rate": 0.5, "created_at": now}
        for n in range(4)
    ]  # fmt: skip
    commit(run.folder("evals"), conform(pl.DataFrame(evals), EVAL), EVAL)


@needs_chromium
def test_it_is_drawn_whole_on_desktop_and_phone_light_and_dark(run: Run, tmp_path: Path) -> None:
    _with_curves(run)
    file = tmp_path / "report.html"
    file.write_text(html(run), encoding="utf-8")
    with browser() as chrome:
        for width, dark in ((WIDE, False), (NARROW, False), (NARROW, True)):
            chrome.size(width, dark=dark)
            chrome.open(file.as_uri())
            _drawn(chrome)
            assert chrome.overflow() <= 0
            assert chrome.do(f"{_SIDEWAYS}.filter(s => s.querySelector('.cells')).length") == 0
        assert chrome.do("document.querySelectorAll('#trainings .chart svg').length") == 6
        assert chrome.problems == []
        assert [u for u in chrome.requests if not u.startswith((file.as_uri(), "data:"))] == []


_SIDEWAYS = (
    "[...document.querySelectorAll('.scroll')].filter(s => s.scrollWidth > s.clientWidth + 1)"
)


def _drawn(chrome: Browser) -> None:
    left = "document.querySelectorAll('.chart:not([data-drawn])').length"
    chrome.wait(lambda: chrome.do(left) == 0)
    # nothing of a chart lies outside of the page
    beyond = (
        "[...document.querySelectorAll('.chart svg')].filter(s => "
        "s.getBoundingClientRect().right > innerWidth + 1).length"
    )
    assert chrome.do(beyond) == 0
