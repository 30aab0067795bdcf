"""What the mini road shows, from the rows of `evals`: R1's claims as numbers, and its curves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from curate.terminal.tables import show_dicts

MAIN = "held_out"
"""the problem set that claims and curves are about"""
ZERO, R1 = "r1-zero", "r1"
LONG, UNFILTERED, ONE_TRY = "r1-zero-long", "unfiltered", "one-try"
CONTROLS = (UNFILTERED, "readable", "correct")
"""cold starts by other filters: in the table, and left out of the curves for being points"""


def show(evals: pl.DataFrame, folder: Path) -> None:
    """The table of all checkpoints, what it says of R1's claims, and the curves into `folder`."""
    from curate.evaluation.charts import eval_charts, write

    show_dicts(table(evals), "Checkpoints on held-out problems")
    main = evals.filter(problem_set=MAIN)
    show_dicts(claims(main), "What R1 claims")
    drawn = eval_charts(main.filter(~pl.col("stage").is_in(CONTROLS)))
    show_dicts([{"curves": str(path)} for path in write(drawn, folder)])


def table(evals: pl.DataFrame) -> list[dict[str, Any]]:
    """A row a problem set, stage and step: means over the seeds, and the standard error, over seeds
    where there are several, else over problems."""
    seeds = pl.col("seed").n_unique()
    spread = pl.col("pass_at_1").std() / seeds.sqrt()
    ordered = evals.sort("problem_set", "stage", "step", "seed")
    figures = ordered.group_by("problem_set", "stage", "step", maintain_order=True).agg(
        pl.col("pass_at_1").mean(),
        pl.when(seeds > 1).then(spread).otherwise(pl.col("pass_at_1_se").first()).alias("se"),
        pl.col("cons_at_k").mean(),
        pl.col("format_rate").mean().alias("format"),
        pl.col("mixed_language_rate").mean().alias("mixed"),
        pl.col("unreadable_rate").mean().alias("unreadable"),
        pl.col("mean_tokens").mean().alias("tokens"),
        pl.col("reflection_rate").mean().alias("reflection"),
    )
    return figures.with_columns(pl.selectors.float().round(3)).to_dicts()


def claims(evals: pl.DataFrame) -> list[dict[str, Any]]:
    """A row a claim, a column a seed; without those whose control was not evaluated."""
    by_claim: dict[str, dict[str, Any]] = {}
    for (seed,), rows in evals.sort("seed").group_by("seed", maintain_order=True):
        for claim, value in _of_seed(rows).items():
            by_claim.setdefault(claim, {"claim": claim})[f"seed {seed}"] = value
    return list(by_claim.values())


def _of_seed(rows: pl.DataFrame) -> dict[str, float | int | None]:
    course = {
        str(stage): some.sort("step")
        for (stage,), some in rows.group_by("stage", maintain_order=True)
    }
    zero, r1 = course[ZERO], course[R1]
    final = {stage: some.row(-1, named=True) for stage, some in course.items()}
    aim = final[ZERO]["pass_at_1"]
    reached = r1.filter(pl.col("pass_at_1") >= aim).get_column("step")
    vote = zero.select((pl.col("cons_at_k") - pl.col("pass_at_1")).min()).item()
    found = {
        "R1-Zero's pass@1 rises by": aim - zero.item(0, "pass_at_1"),
        "its vote is above that by at least": vote,
        "steps of RL in which it got there": final[ZERO]["step"],
        "steps in which R1, after its cold start, does": reached.item(0) if len(reached) else None,
        "R1 ends above R1-Zero by": final[R1]["pass_at_1"] - aim,
        "R1-Zero's mixed languages": final[ZERO]["mixed_language_rate"],
        "R1's": final[R1]["mixed_language_rate"],
    }
    if LONG in final:
        longer = final[R1]["pass_at_1"] - final[LONG]["pass_at_1"]
        found["R1 is above R1-Zero of as many steps in all by"] = longer
    if UNFILTERED in final:
        better = r1.item(0, "pass_at_1") - final[UNFILTERED]["pass_at_1"]
        found["a filtered cold start is above an unfiltered one by"] = better
    if ONE_TRY in final:
        found["R1-Zero is above one that may try only once by"] = aim - final[ONE_TRY]["pass_at_1"]
        found["R1-Zero's reflection words at first"] = zero.item(0, "reflection_rate")
        found["and at last"] = final[ZERO]["reflection_rate"]
    return {claim: round(v, 3) if isinstance(v, float) else v for claim, v in found.items()}
