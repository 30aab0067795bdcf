"""No row stops a run: what makes our code, or a user's filter, raise is that row's own affair."""

from pathlib import Path

import polars as pl
import pytest
from small_runs import CHEAP, Curate, Row, imported, only, stored, trace

from curate.judging.filter_stage import filter_traces
from curate.manifest import ask as manifest
from curate.records import normalize as normalization
from curate.store.run_folder import Run

NASTY = {
    "floor(1,2)": "incorrect",
    "\\log(8,2,3)": "incorrect",
    "\\sgn(1,2)": "incorrect",
    "12:30}": "incorrect",
    "\\binom0.5": "incorrect",
    "9" * 6000: "loop",
    "{" * 3000: "loop",
    "\ud800\x00": "broken_characters",
    "((((((((((10^10)^10)^10)^10)^10)^10)^10)^10)^10)^10)": "resource_limit",
    "\\frac" * 2000: "loop",
}


def fates(run: Run) -> dict[str, tuple[str, str | None, str | None]]:
    rows = manifest.rows(run, "select source_id, fate, decided_by, reason from v_trace")
    return {r["source_id"]: (r["fate"], r["decided_by"], r["reason"]) for r in rows}


def skull(number: int) -> Row:
    """A trace as good as any, for who can read it."""
    row = trace(number, source_id=f"skull {number}")
    return row | {"response": row["response"] + " ☠"}


def poisoned() -> list[Row]:
    nasty = [trace(n, answer=text, source_id=f"nasty {n}") for n, text in enumerate(NASTY)]  # type: ignore[arg-type]
    return [skull(n) for n in range(10)] + nasty


def test_a_thousand_traces_twenty_of_them_poisoned(tmp_path: Path, curate: Curate) -> None:
    sound = [trace(n, answer=7 if n % 7 == 0 else None, source_id=f"t{n}") for n in range(980)]
    mixed = [row for n, row in enumerate(sound) for row in (row, *poisoned()[n : n + 1])]
    on = only(*CHEAP, "repetition", "readability", "difficulty") | {"own_filter:Fragile": True}
    clean, run = (
        imported(tmp_path / name, rows, filters=on)
        for name, rows in (("clean", sound), ("run", mixed))
    )
    filter_traces(clean)
    told = curate("filter", run.path)
    assert told.code == 0
    assert "fragile: a defect of the program: it failed on 10 traces" in told.err
    assert "ValueError: a skull in the text" in told.err
    found, before = fates(Run.open(run.path)), fates(clean)
    assert len(found) == 1000
    assert {name: found[name] for name in before} == before
    skulls = {found[f"skull {n}"] for n in range(10)}
    assert skulls == {("undecided", "fragile", "filter_error")}
    said = {text: found[f"nasty {n}"][2] for n, text in enumerate(NASTY)}
    assert said == NASTY


def test_group_filter_leaves_out_what_it_cannot_sign(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [skull(1), *(trace(n, source_id=f"t{n}") for n in range(2, 9))]
    on = only(*CHEAP) | {"own_filter:FragileGroup": {"at_most": 8}}
    run = imported(tmp_path / "run", rows, filters=on)
    filter_traces(run)
    found = fates(run)
    assert found.pop("skull 1") == ("undecided", "fragile_group", "filter_error")
    assert set(found.values()) == {("kept", None, None)}
    assert (
        "fragile_group: a defect of the program: it failed on 1 traces" in capsys.readouterr().err
    )
    assert filter_traces(run) == {}


def test_group_filter_that_raises_decides_nothing(tmp_path: Path) -> None:
    on = only(*CHEAP) | {"own_filter:FragileGroup": {"at_most": 2}}
    run = imported(tmp_path / "run", [trace(n) for n in range(4)], filters=on)
    filter_traces(run)
    said = stored(run, "verdicts").filter(pl.col("filter") == "fragile_group")
    assert said["reason"].to_list() == ["filter_error"] * 4
    assert said["keep"].null_count() == 4


def test_record_that_cannot_be_made_is_that_rows_verdict(
    tmp_path: Path, curate: Curate, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = imported(tmp_path / "run", [trace(n, source_id=f"t{n}") for n in range(3)])
    filter_traces(run)
    real = normalization.clean
    monkeypatch.setattr(
        normalization, "clean", lambda text: real(text if "1 apples" not in text else None)
    )
    told = curate("normalize", run.path)
    assert told.code == 0
    assert "normalize: a defect of the program: it failed on 1 traces" in told.err
    assert fates(run)["t1"] == ("dropped", "normalize", "normalize_error")
    assert len(manifest.kept_records(run)) == 2
