"""The mini road, walked to its end: minutes."""

from pathlib import Path

import pytest

from curate.demo.claims import claims
from curate.demo.tour import SEED, walk
from curate.evaluation.curves import evals_of


@pytest.mark.slow
def test_mini_road_shows_what_r1_claims(tmp_path: Path) -> None:
    evals = evals_of(walk("mini-r1.yaml", tmp_path, SEED))
    steps = evals.group_by("stage").agg("step").rows_by_key("stage", unique=True)
    assert sorted(steps["r1-zero"]) == [0, 5, 10, 15, 20, 25, 30]
    assert sorted(steps["r1"]) == [0, 5, 10, 15, 20]
    told = {row["claim"]: row[f"seed {SEED}"] for row in claims(evals)}
    assert told["R1-Zero's pass@1 rises by"] >= 0.15
    assert told["its vote is above that by at least"] >= 0
    assert told["steps in which R1, after its cold start, does"] <= 15
    assert told["R1's"] <= 0.05
