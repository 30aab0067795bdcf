"""What became of a run's traces, in words for the end of a stage."""

from __future__ import annotations

from collections.abc import Iterator

from curate.manifest import ask as manifest
from curate.store.run_folder import Run
from curate.store.urls import with_urls

_FATES = """
select fate, decided_by, reason, count(*) as traces,
    sum(count(*)) over (partition by fate) as of_fate, sum(count(*)) over () as of_all
from fates group by fate, decided_by, reason
order by array_position(['kept', 'dropped', 'undecided', 'failed'], fate),
    traces desc, decided_by, reason
"""
MOST_REASONS = 6
"""of one fate that are told: with four fates they still fit a small terminal"""


def outcome(run: Run) -> Iterator[str]:
    """Lines: how many traces are kept, dropped, undecided, failed, and the commonest reasons."""
    rows = manifest.rows(run, _FATES)
    if not rows:
        yield f"{with_urls(str(run.path))} holds no traces"
        return
    yield f"{rows[0]['of_all']:,} traces in {with_urls(str(run.path))}"
    for fate in dict.fromkeys(row["fate"] for row in rows):
        reasons = [row for row in rows if row["fate"] == fate]
        first = reasons[0]
        yield f"{first['of_fate']:>9,} {fate:<10}{_percent(first['of_fate'], first['of_all'])}"
        if fate == "kept":
            continue
        for row in reasons[:MOST_REASONS]:
            yield f"{row['traces']:>15,}  {row['reason'].replace('_', ' ')} ({row['decided_by']})"
        if more := reasons[MOST_REASONS:]:
            yield f"{sum(row['traces'] for row in more):>15,}  for {len(more)} more reasons"


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:5.1f} %"
