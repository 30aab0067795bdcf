"""`curate export`: the records as a folder that `datasets.load_dataset` opens and the Hub takes.

Parquet files and a README with `configs`; config `sft` holds every row of the view `records`. It is
built under a hidden name and renamed in. In the folder of an earlier export it takes the place of
data/ and README.md; what else lies there stays.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import polars as pl
import yaml

from curate.judging.remarks import not_checked, tell_not_checked
from curate.manifest import ask as manifest
from curate.store.disk import writing
from curate.store.run_folder import Run
from curate.store.shards import write_parquet
from data_cards import render_card
from filters.errors import UserError
from filters.schema import RECORD, content_id

ROWS_PER_FILE = 50_000
MARK = ".coldstart-curate"
"""A file that says the folder was written by export, so that a later export may go there"""
_NEW, _OLD = f"{MARK}-new", f"{MARK}-old"

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


def export(run: Run, folder: Path) -> dict[str, int]:
    """Write the records and their card. Counts: records, files, bytes."""
    records = manifest.kept_records(run)
    if records.is_empty():
        raise UserError(
            f"{run.path} has no records; `curate filter` and `curate normalize` make them from "
            "kept traces (`curate status` says what became of the others)"
        )
    folder = folder.resolve()
    if folder.exists() and not folder.is_dir():
        raise UserError(f"{folder} is a file; name a folder to write")
    if folder.exists() and not (folder / MARK).exists() and _names(folder) - {_NEW, _OLD}:
        raise UserError(f"{folder} is not empty and no earlier export; choose another folder")
    there = folder.exists()
    staged = folder / _NEW if there else folder.with_name(f".{folder.name}-{os.getpid()}")
    shutil.rmtree(staged, ignore_errors=True)
    try:
        with writing(folder):
            files = _write(run, records, staged)
            if there:
                _take_place(staged, folder)
            else:
                os.replace(staged, folder)
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    tell_not_checked(run)
    size = sum(path.stat().st_size for path in (folder / "data").rglob("*.parquet"))
    return {"records": records.height, "files": files, "bytes": size}


def _names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def _take_place(staged: Path, folder: Path) -> None:
    """The new files for the old ones, which are not deleted before the new ones are there."""
    data, old = folder / "data", folder / _OLD
    if data.exists():
        shutil.rmtree(old, ignore_errors=True)
        os.replace(data, old)
    os.replace(staged / "data", data)
    for name in ("README.md", MARK):
        os.replace(staged / name, folder / name)
    shutil.rmtree(old, ignore_errors=True)


def _write(run: Run, records: pl.DataFrame, staged: Path) -> int:
    """The whole dataset folder; how many Parquet files."""
    data = staged / "data" / "sft"
    data.mkdir(parents=True)
    starts = range(0, records.height, ROWS_PER_FILE)
    for number, start in enumerate(starts):
        name = f"train-{number:05d}-of-{len(starts):05d}-{_digest(records)}.parquet"
        write_parquet(data / name, records.slice(start, ROWS_PER_FILE))
    (staged / "README.md").write_text(_card(run, records), encoding="utf-8")
    (staged / MARK).write_text("written by curate export\n", encoding="utf-8")
    return len(starts)


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


def _card(run: Run, records: pl.DataFrame) -> str:
    funnel = manifest.rows(run, "select * from v_funnel")
    reasons = manifest.rows(run, "select filter, reason, says, traces from v_drop_reasons")
    people = manifest.rows(run, _PEOPLE)
    total = funnel[-1]
    return render_card(
        front=yaml.safe_dump(_front(records), sort_keys=False, allow_unicode=True).strip(),
        title=run.config.name,
        records=f"{records.height:,}",
        problems=f"{records['problem_id'].n_unique():,}",
        traces=f"{total['rows_in']:,}",
        columns="\n".join(f"| {name} | {_MEANING[name]} |" for name in RECORD),
        funnel=table(funnel),
        not_checked=_not_checked(run),
        people=table(people) if people else "Nobody was asked.",
        reasons=table(reasons) if reasons else "None was.",
        sources=table(_sources(records)),
        settings=yaml.safe_dump(
            run.config.model_dump(mode="json", exclude_defaults=True),
            sort_keys=False,
            allow_unicode=True,
        ).strip(),
        version=str(run.versions[-1]["packages"]["coldstart-curate"]),
    )


def _not_checked(run: Run) -> str:
    found = not_checked(run)
    return f"**Not checked: {'; '.join(found)}.**" if found else "Every filter had its means."


def _digest(records: pl.DataFrame) -> str:
    """Of the content, for the names of the files: `datasets` (5.2) knows a folder again by its name
    and the paths in its card alone, and would go on showing what an earlier export held."""
    told = ("record_id", "content_hash", "normalize_hash", "kind", "language", "source", "license")
    return content_id(*(value for name in told for value in records[name]))[:12]


def _front(records: pl.DataFrame) -> dict[str, Any]:
    """The YAML head that the Hub and `datasets` read."""
    path = f"data/sft/train-*-{_digest(records)}.parquet"
    languages = records["language"].drop_nulls().unique().sort().to_list()
    licenses = records["license"].drop_nulls().unique().sort().to_list()
    one_license = len(licenses) == 1 and records["license"].null_count() == 0
    return {
        "configs": [{"config_name": "sft", "data_files": [{"split": "train", "path": path}]}],
        **({"license": licenses[0].lower()} if one_license else {"license": "other"}),
        **({"language": languages} if languages else {}),
        "task_categories": ["text-generation"],
        "tags": ["reasoning", "chain-of-thought", "cold-start", "coldstart-curate"],
    }


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
