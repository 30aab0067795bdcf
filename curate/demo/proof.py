"""`curate demo --proof`: the mini road with its controls, over three seeds and on both tasks, and
what it shows."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from curate.demo.shown import evals_of, show
from curate.demo.tour import one_thread, walk

SEEDS = (1, 2, 3)


def proof(folder: Path) -> None:
    """Seed after seed below `folder`; running it again goes on or changes nothing."""
    one_thread()
    for recipe, task, curves in (
        ("mini-r1-proof.yaml", "demo", "curves"),
        ("mini-r1-guess.yaml", "guess", "guess-curves"),
    ):
        evals = [evals_of(walk(recipe, folder / f"seed-{seed}", seed, task)) for seed in SEEDS]
        show(pl.concat(evals, how="vertical_relaxed"), folder / curves)
