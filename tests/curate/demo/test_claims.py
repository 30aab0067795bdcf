"""The claims that the mini road makes of its evaluations."""

import polars as pl

from curate.demo.claims import claims, table

# seed, stage, step, pass@1, cons@k, mixed
ROWS = [
    (1, "r1-zero", 0, 0.1, 0.3, 0.5),
    (1, "r1-zero", 30, 0.6, 0.9, 0.5),
    (1, "r1-zero-long", 50, 0.75, 0.9, 0.5),
    (1, "unfiltered", 90, 0.5, 0.8, 0.5),
    (1, "one-try", 30, 0.2, 0.3, 0.5),
    (1, "r1", 0, 0.55, 0.9, 0.02),
    (1, "r1", 5, 0.7, 0.9, 0.01),
    (1, "r1", 20, 0.9, 1.0, 0.0),
    (2, "r1-zero", 0, 0.2, 0.3, 0.5),
    (2, "r1-zero", 30, 0.7, 0.65, 0.5),
    (2, "r1", 0, 0.6, 0.8, 0.1),
    (2, "r1", 20, 0.65, 0.8, 0.1),
]


def evals() -> pl.DataFrame:
    columns = ["seed", "stage", "step", "pass_at_1", "cons_at_k", "mixed_language_rate"]
    rest = ["pass_at_1_se", "format_rate", "unreadable_rate", "mean_tokens", "reflection_rate"]
    frame = pl.DataFrame(ROWS, schema=columns, orient="row")
    figures = (pl.lit(0.01).alias(name) for name in rest)
    return frame.with_columns(*figures, pl.lit("held_out").alias("problem_set"))


def test_claims_are_the_differences_they_name_seed_by_seed() -> None:
    assert {row["claim"]: (row["seed 1"], row.get("seed 2")) for row in claims(evals())} == {
        "R1-Zero's pass@1 rises by": (0.5, 0.5),
        "its vote is above that by at least": (0.2, -0.05),
        "steps of RL in which it got there": (30, 30),
        "steps in which R1, after its cold start, does": (5, None),
        "R1 ends above R1-Zero by": (0.3, -0.05),
        "R1-Zero's mixed languages": (0.5, 0.5),
        "R1's": (0.0, 0.1),
        "R1 is above R1-Zero of as many steps in all by": (0.15, None),
        "a filtered cold start is above an unfiltered one by": (0.05, None),
        "R1-Zero is above one that may try only once by": (0.4, None),
        "R1-Zero's reflection words at first": (0.01, None),
        "and at last": (0.01, None),
    }


def test_table_has_the_error_over_seeds_or_over_problems() -> None:
    rows = {(row["stage"], row["step"]): row for row in table(evals())}
    assert rows["r1-zero", 30]["pass_at_1"] == 0.65
    assert rows["r1-zero", 30]["se"] == 0.05  # sd 0.0707 / sqrt 2
    assert rows["r1", 5]["se"] == 0.01
