"""The figures of one evaluation, out of its samples and what the filters say of them."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

import polars as pl

from curate.evaluation.at_k import cons_at_k, pass_at_1, pass_at_k, standard_error
from curate.evaluation.votes import VOTED, Poll, count
from curate.manifest.ask import connect
from curate.store.run_folder import Run
from filters.reflection import PATTERN

JUDGES = ("finish", "format", "language", "repetition", "readability", "correctness")
"""the filters that the figures are made of"""

# what has not found its answer (`v_samples`) is wrong, as it is for v_problem_pass_rate
_SAMPLES = """
with said as (
    select
        trace_id,
        any_value(keep) filter (where filter = 'format') as well_formed,
        any_value(keep) filter (where filter = 'language') as one_language,
        bool_and(keep) filter (where filter in ('readability', 'repetition')) as readable,
        any_value(list_filter(detail, lambda d: d.what = 'answer')[1].text)
            filter (where filter = 'correctness') as answer
    from verdicts join asked using (trace_id) group by trace_id
)
select
    t.problem_id, t.num_tokens, v.failed, t.finish_reason = 'length' as truncated, s.well_formed,
    s.one_language, s.readable, s.answer, if(v.unended, false, v.correct) as correct,
    len(regexp_extract_all(t.response, '{pattern}')) as reflections
from v_trace_text t join asked using (trace_id) join said s using (trace_id)
    join v_samples v using (trace_id)
order by t.problem_id, t.sample_index
"""


@dataclass(frozen=True)
class Scores:
    """Columns of `EVAL`; `k` is the k of pass@k."""

    pass_at_1: float | None
    pass_at_1_se: float | None
    pass_at_k: float | None
    cons_at_k: float | None
    cons_at_k_se: float | None
    format_rate: float | None
    mixed_language_rate: float | None
    unreadable_rate: float | None
    truncated_rate: float | None
    mean_tokens: float | None
    reflection_rate: float | None
    undecided: int
    failed: int


def samples_of(run: Run, trace_ids: Sequence[str]) -> pl.DataFrame:
    """One row a sample that is there: problem_id, answer, what is true of it."""
    asked = pl.DataFrame({"trace_id": trace_ids}, schema={"trace_id": pl.String})
    with contextlib.closing(connect(run)) as con:
        con.register("asked", asked)
        return con.sql(_SAMPLES.format(pattern=PATTERN)).pl()


def scores(samples: pl.DataFrame, problems: pl.DataFrame, k: int, jobs: int = 1) -> Scores:
    """`problems`: columns problem_id, kind, choices. Shares of replies are over those with text;
    what is undecided or failed is in no share of correct ones."""
    replies = samples.filter(~pl.col("failed"))
    by_problem = _by_problem(replies, problems)
    first = _known([pass_at_1(one["correct"]) for one in by_problem])
    any_of = _known([pass_at_k(one["correct"], k) for one in by_problem])
    votes = _known(_votes(by_problem, jobs))
    share = lambda column: _mean(replies, pl.col(column).cast(pl.Float64))
    return Scores(
        pass_at_1=_fmean(first),
        pass_at_1_se=standard_error(first),
        pass_at_k=_fmean(any_of),
        cons_at_k=_fmean(votes),
        cons_at_k_se=standard_error(votes),
        format_rate=share("well_formed"),
        mixed_language_rate=_not(share("one_language")),
        unreadable_rate=_not(share("readable")),
        truncated_rate=share("truncated"),
        mean_tokens=share("num_tokens"),
        reflection_rate=share("reflections"),
        undecided=replies.get_column("correct").null_count(),
        failed=samples.height - replies.height,
    )


def _by_problem(replies: pl.DataFrame, problems: pl.DataFrame) -> list[dict[str, Any]]:
    """kind, choices, and the lists `answer` and `correct` of the replies, of every problem that has
    any."""
    columns = problems.select("problem_id", "kind", "choices").iter_rows()
    known = {name: {"kind": k, "choices": tuple(c or ()) or None} for name, k, c in columns}
    return [
        {**known[str(name)], **rows.select("answer", "correct").to_dict(as_series=False)}
        for (name,), rows in replies.group_by("problem_id", maintain_order=True)
    ]


def _votes(by_problem: list[dict[str, Any]], jobs: int) -> list[float | None]:
    """cons@k of each problem whose answers can be compared."""
    polls = [
        Poll(one["kind"], one["choices"], one["answer"], one["correct"])
        for one in by_problem
        if one["kind"] in VOTED
    ]
    count(polls, jobs)
    return [cons_at_k(poll.votes, poll.correct) for poll in polls]


def _known(values: list[float | None]) -> list[float]:
    return [value for value in values if value is not None]


def _fmean(values: list[float]) -> float | None:
    return fmean(values) if values else None


def _mean(frame: pl.DataFrame, value: pl.Expr) -> float | None:
    found = frame.select(value.mean()).item()
    return None if found is None else float(found)


def _not(share: float | None) -> float | None:
    return None if share is None else 1.0 - share
