"""The card of an export: what the dataset is and what became of every trace, from the manifest."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

import polars as pl
import yaml

from curate.judging.remarks import not_checked
from curate.manifest import ask as manifest
from curate.publishing.private import scrubbed, shown
from curate.store.run_folder import Run
from data_cards import render_card
from filters.schema import RECORD

_MEANING = {
    "record_id": "hash of the trace and its text",
    "trace_id": "the trace it was made from",
    "attempt": "which attempt at that sample",
    "problem_id": "hash of what the model was shown",
    "problem": "the problem as the model was shown it",
    "thinking": "the chain of thought",
    "summary": "what the reader gets, the verified answer in it",
    "answer": "the verified answer as it stands in the summary",
    "messages": "problem and rendered reply as chat messages",
    "kind": "math, code, logic, choice, open, safety",
    "language": "of the problem, where the source says it",
    "source": "where the problem comes from",
    "license": "of the problem, where the source says it",
    "model": "that wrote the trace",
    "content_hash": "hash of problem, thinking and summary",
    "normalize_hash": "hash of the settings of the normalization",
}

_PEOPLE = """
with filters as (
    select trace_id, bool_and(coalesce(keep, false)) as keep
    from verdicts where filter in (select filter from active where required) group by trace_id)
select
    if(people.keep, 'keep', 'drop') as word,
    count(*) as traces,
    count(*) filter (where people.keep <> filters.keep) as against_the_filters
from verdicts people join filters using (trace_id)
where people.filter = 'human' and people.keep is not null
group by people.keep order by people.keep desc
"""


def card(run: Run, records: pl.DataFrame, path: str, places: Collection[str]) -> str:
    """The card of these records in the files that `path` matches; `places`: models that are folders
    of this machine."""
    funnel = manifest.rows(run, "select * from v_funnel")
    reasons = manifest.rows(run, "select filter, reason, says, traces from v_drop_reasons")
    people = manifest.rows(run, _PEOPLE)
    total = funnel[-1]
    return render_card(
        front=yaml.safe_dump(
            _front(run, records, path), sort_keys=False, allow_unicode=True
        ).strip(),
        title=scrubbed(run.config.name),
        records=f"{records.height:,}",
        problems=f"{records['problem_id'].n_unique():,}",
        traces=f"{total['rows_in']:,}",
        columns="\n".join(f"| {name} | {_MEANING[name]} |" for name in RECORD),
        funnel=table(funnel),
        not_checked=_not_checked(run),
        people=table(people) if people else "Nobody was asked.",
        rewritten=_rewritten(run, records),
        reasons=table(reasons) if reasons else "None was.",
        sources=table(_sources(records)),
        settings=yaml.safe_dump(
            shown(run.config.model_dump(mode="json", exclude_defaults=True), places),
            sort_keys=False,
            allow_unicode=True,
        ).strip(),
        version=str(run.versions[-1]["packages"]["coldstart-curate"]),
    )


_BEFORE_AND_AFTER = """
select p.response as before, c.response as after
from records r join v_trace_text c using (trace_id)
    join v_trace_text p on p.trace_id = c.parent_trace_id
where c.origin = 'rewritten' order by length(c.response), c.trace_id limit 1
"""  # the shortest: it is to be read
_SHOWN = 3_000
"""characters of an example"""


def _rewritten(run: Run, records: pl.DataFrame) -> str:
    """How many records, by which model, and one before and after."""
    made = manifest.rows(run, "select trace_id from traces where origin = 'rewritten'")
    theirs = records.filter(pl.col("trace_id").is_in([row["trace_id"] for row in made]))
    if theirs.is_empty():
        return "Nothing: every record is as its model wrote it."
    writers = theirs.group_by("model").len("records").sort("records", "model", descending=True)
    (example,) = manifest.rows(run, _BEFORE_AND_AFTER)
    return (
        f"{theirs.height:,} records are rewritings of traces that were correct. Each was judged by "
        "all filters again, and against the trace it was made from.\n\n"
        f"{table(writers.to_dicts())}\n\nBefore:\n\n{_fenced(example['before'])}\n\n"
        f"After:\n\n{_fenced(example['after'])}"
    )


def _fenced(text: str) -> str:
    """As a block that nothing in the text can end."""
    shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
    fence = "`" * max(3, *(len(run) + 1 for run in re.findall("`+", shown)), 3)
    return f"{fence}text\n{shown}\n{fence}"


def _not_checked(run: Run) -> str:
    found = not_checked(run)
    return f"**Not checked: {'; '.join(found)}.**" if found else "Every filter had its means."


def _front(run: Run, records: pl.DataFrame, path: str) -> dict[str, Any]:
    """The YAML head that the Hub and `datasets` read."""
    languages = records["language"].drop_nulls().unique().sort().to_list()
    licenses = records["license"].drop_nulls().unique().sort().to_list()
    one_license = len(licenses) == 1 and records["license"].null_count() == 0
    return {
        "pretty_name": scrubbed(run.config.name),
        "configs": [{"config_name": "sft", "data_files": [{"split": "train", "path": path}]}],
        **({"license": licenses[0].lower()} if one_license else {"license": "other"}),
        **({"language": languages} if languages else {}),
        "size_categories": [_size(records.height)],
        "task_categories": ["text-generation"],
        "tags": ["reasoning", "chain-of-thought", "cold-start", "coldstart-curate"],
    }


def _size(rows: int) -> str:
    """As the Hub groups datasets."""
    names = ["n<1K", "1K<n<10K", "10K<n<100K", "100K<n<1M", "1M<n<10M", "10M<n<100M"]
    return names[min(max(0, len(str(rows)) - 3), len(names) - 1)]


def _sources(records: pl.DataFrame) -> list[dict[str, Any]]:
    counted = records.group_by("source", "license", "model").len("records")
    return counted.sort("records", "source", "model", descending=[True, False, False]).to_dicts()


def table(rows: list[dict[str, Any]]) -> str:
    """Rows as a Markdown table; numbers with thousands separators."""
    show = lambda v: "" if v is None else f"{v:,}" if isinstance(v, int) else str(v)
    names = list(rows[0])
    lines = ["| " + " | ".join(names) + " |", "|" + "---|" * len(names)]
    lines += [
        "| " + " | ".join(show(row[n]).replace("|", "\\|") for n in names) + " |" for row in rows
    ]
    return "\n".join(lines)
