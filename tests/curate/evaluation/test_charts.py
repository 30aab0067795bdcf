"""Curves: what is drawn, and that it can be drawn."""

import datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from small_runs import Curate

from curate.config import Config
from curate.evaluation.curves import evals_of
from curate.store.run_folder import Run
from curate.store.shards import commit
from filters.schema import EVAL, conform

pytest.importorskip("altair")
pytest.importorskip("vl_convert")

from curate.evaluation.charts import FIGURES, eval_charts, over_seeds

MEASURES = ("pass_at_1", "cons_at_k", "mixed_language_rate", "unreadable_rate", "mean_tokens")


def row(stage: str, step: int, value: float, seed: int = 1, **columns: Any) -> dict[str, Any]:
    return {
        **{"eval_id": f"{stage} {step} {seed}", "problem_set": "aime", "stage": stage},
        **{"step": step, "seed": seed, "k": 16, "n_problems": 30, "pass_at_1_se": 0.05},
        **{"checkpoint_revision": f"{stage} {step}", "reflection_rate": value},
        **dict.fromkeys(MEASURES, value),
        **columns,
    }


ROAD = [row("base", 0, 0.1), *(row("r1-zero", s, 0.1 + s / 100) for s in (0, 20, 40))]


def frame(rows: list[dict[str, Any]]) -> pl.DataFrame:
    return conform(pl.DataFrame(rows, infer_schema_length=None), EVAL)


def run_with(folder: Path, rows: list[dict[str, Any]]) -> Run:
    run = Run.create(folder, Config())
    commit(run.folder("evals"), frame(rows), EVAL)
    return run


def test_bar_is_the_rows_own_error_with_one_seed_and_that_over_seeds_with_more() -> None:
    accuracy = FIGURES["accuracy"]
    one = over_seeds(frame([row("r1", 0, 0.5)]), accuracy).filter(measure="pass@1")
    assert one.select("low", "high").row(0) == pytest.approx((0.45, 0.55))
    seeds = [row("r1", 0, value, seed) for seed, value in enumerate((0.4, 0.5, 0.6))]
    (three,) = over_seeds(frame(seeds), accuracy).filter(measure="pass@1").to_dicts()
    assert (three["value"], three["error"]) == pytest.approx((0.5, 0.1 / 3**0.5))


def test_stage_with_one_step_is_a_level_and_one_with_more_a_course() -> None:
    drawn = over_seeds(frame(ROAD), FIGURES["length"])
    courses = drawn.select("stage", "course").unique().sort("stage").rows()
    assert courses == [("base", False), ("r1-zero", True)]


def test_every_problem_set_has_every_figure() -> None:
    charts = eval_charts(frame([*ROAD, row("base", 0, 0.5, problem_set="trick")]))
    assert set(charts) == {f"{name}-{figure}" for name in ("aime", "trick") for figure in FIGURES}


def test_pictures_are_written_of_several_runs_together(tmp_path: Path, curate: Curate) -> None:
    run_with(tmp_path / "zero", ROAD)
    run_with(tmp_path / "r1", [row("r1", s, 0.8) for s in (0, 20)])
    plots = tmp_path / "plots"
    told = curate("eval", tmp_path / "zero", "--with", tmp_path / "r1", "--plot", plots)
    assert told.code == 0
    assert {path.name for path in plots.iterdir()} == {
        f"aime-{figure}.{ending}" for figure in FIGURES for ending in ("png", "svg")
    }
    assert (plots / "aime-accuracy.png").read_bytes().startswith(b"\x89PNG")
    svg = (plots / "aime-accuracy.svg").read_text()
    assert all(f">{stage}<" in svg for stage in ("base", "r1-zero", "r1"))


def test_what_two_runs_have_is_drawn_once(tmp_path: Path) -> None:
    runs = [run_with(tmp_path / name, ROAD) for name in ("a", "b")]
    assert evals_of(runs).height == len(ROAD)


def test_last_word_on_a_checkpoint_counts(tmp_path: Path) -> None:
    for value, hour in ((0.1, 1), (0.7, 3), (0.2, 2)):
        said = {"eval_id": str(hour), "created_at": datetime.datetime(2026, 11, 28, hour)}
        run = run_with(tmp_path / "run", [row("r1", 5, value, **said)])
    assert evals_of([run]).get_column("pass_at_1").to_list() == [0.7]


def test_nothing_to_draw_is_said(tmp_path: Path, curate: Curate) -> None:
    Run.create(tmp_path / "run", Config())
    line = curate("eval", tmp_path / "run", "--plot", tmp_path / "plots").line
    assert "has been evaluated: name one, and --problems" in line
    assert not (tmp_path / "plots").exists()
