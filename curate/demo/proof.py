"""`curate demo --proof`: the mini road with its controls, over three seeds and on both tasks, and
what it shows."""

from __future__ import annotations

from pathlib import Path

from curate.demo.claims import show
from curate.demo.tour import one_thread, walk
from curate.evaluation.curves import evals_of

SEEDS = (1, 2, 3)


def proof(folder: Path) -> None:
    """Seed after seed below `folder`; running it again goes on or changes nothing."""
    one_thread()
    for recipe, task, curves in (
        ("mini-r1-proof.yaml", "demo", "curves"),
        ("mini-r1-guess.yaml", "guess", "guess-curves"),
    ):
        runs = [run for seed in SEEDS for run in walk(recipe, folder / f"seed-{seed}", seed, task)]
        show(evals_of(runs), folder / curves)
