"""What a person must hear at the end of a stage: what was not checked or not judged, and where a
filter, a verifier or the normalization itself failed on a row (the row is undecided, the defect is
ours)."""

from __future__ import annotations

from curate.manifest import ask as manifest
from curate.store.run_folder import Run
from curate.terminal.counts import number_of
from curate.terminal.progress import say
from filters.base import FILTER_ERROR
from filters.verifiers.outcome import DEFECT

NORMALIZE_ERROR = "normalize_error"
_WHERE = "https://pypi.org/project/coldstart-curate/"

_NOT_CHECKED = """
select filter, unchecked as traces, (select count(*) from traces) as all_traces
from active where unchecked > 0 order by filter
"""
_DEFECTS = f"""
with found as (
    select filter, trace_id, reason, unnest(detail) as item from verdicts
    where filter in (select filter from active where doubts > 0 or filter = 'normalize')
        and (keep is null or reason = '{NORMALIZE_ERROR}'))
select filter, count(*) as traces, min({{{{trace_id: trace_id, said: item.text}}}}) as example
from found
where (reason in ('{FILTER_ERROR}', '{NORMALIZE_ERROR}') or starts_with(item.text, '{DEFECT}'))
    and (filter = 'normalize') = {{of_normalize}}
group by filter order by filter
"""


_NAME_ONE = " (--set 'decontamination.benchmarks=[FILE]' of `curate filter` names one)"


def not_checked(run: Run) -> list[str]:
    """A filter that lacks its means keeps everything: nobody shall take that for a check."""
    return [_unchecked(**row) for row in manifest.rows(run, _NOT_CHECKED)]


def _unchecked(filter: str, traces: int, all_traces: int) -> str:
    why = "no benchmark named, " if filter == "decontamination" else ""
    what = "nothing was" if traces == all_traces else f"{traces:,} traces were not"
    return f"{filter}: {why}{what} checked"


def tell_not_checked(run: Run) -> None:
    for line in not_checked(run):
        say(line + (_NAME_ONE if "no benchmark named" in line else ""))


def tell_not_judged(run: Run) -> None:
    """Traces that no filter has seen have no record: said, or they would seem to be dropped."""
    query = "select count(*) as traces from fates where decided_by = 'not_judged'"
    (row,) = manifest.rows(run, query)
    if row["traces"]:
        what = number_of(row["traces"], "trace")
        say(f"{what} not judged yet, so without a record: `curate filter {run.path}`")


def tell_defects(run: Run, stage: str = "filter") -> None:
    """How many rows made our own code, or a filter of the user's, raise; with one example."""
    for row in manifest.rows(run, _DEFECTS.format(of_normalize=stage == "normalize")):
        trace_id = row["example"]["trace_id"]
        said = " ".join(row["example"]["said"].removeprefix(DEFECT).split())
        say(
            f"{row['filter']}: a defect of the program: it failed on {row['traces']:,} traces, "
            f"which are not kept; first on {trace_id}: {said}. "
            "In a filter of your own, mend it and raise its `version`; else please report it at "
            f"{_WHERE} with `curate version` and `curate explain {run.path} {trace_id} --text`"
        )
