"""The card of an export: what the dataset is and what became of every trace.

Told from the manifest and from the Parquet files that were written; where the two disagree there is
no card."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from curate.judging.remarks import not_checked
from curate.manifest.ask import as_dicts
from curate.manifest.fates import PERSON
from curate.publishing import figures
from curate.publishing.markdown import as_yaml, fenced, table
from curate.publishing.private import public, public_name, scrubbed
from curate.records.configs import CONFIGS, Con
from curate.store.run_folder import Run
from data_cards import render

_PEOPLE = """
with looked_at as (select trace_id from verdicts where filter = 'human'),
filters as (
    select trace_id, bool_and(coalesce(keep, false)) as keep
    from verdicts semi join looked_at using (trace_id)
    where filter in (select filter from active where required) group by trace_id)
select
    if(people.keep, 'keep', 'drop') as word,
    count(*) as traces,
    count(*) filter (where people.keep <> filters.keep) as against_the_filters
from verdicts people join filters using (trace_id)
where people.filter = 'human' and people.keep is not null
group by people.keep order by people.keep desc
"""
_COUNTS = {
    "sft": "select count(*), count(distinct problem_id) from fates where fate = 'kept'",
    "rejected": "select count(*), count(distinct problem_id) from fates where fate <> 'kept'",
}
"""what the manifest says a config holds: rows and problems"""
_REASONING_FIELD = """
The thinking of a reply is in `reasoning_content` of its message, apart from `content`: a template
may delete a think block within `content`. That of R1's distilled models left 1,000 of 4,990
characters of a reply.
"""


def card(
    run: Run,
    con: Con,
    folder: Path,
    hashes: Mapping[Path, str],
    places: Collection[str],
    reasoning_field: bool,
) -> str:
    """The card of the data files in `folder`, whose sha256 are given. `places`: models that are
    folders of this machine. Raises RuntimeError where files and manifest hold different numbers of
    rows or problems."""
    files = _files(folder, hashes)
    configs = list(dict.fromkeys(file["config"] for file in files))
    counts = {config: _counted(config, folder, con) for config in configs}
    records, problems = counts["sft"]
    rows = _rows("sft", folder)
    funnel = as_dicts(con.sql("from v_funnel"))
    reasons, doubts = figures.reasons(con)
    people = as_dicts(con.sql(_PEOPLE)) if run.shards("verdicts", PERSON.name) else []
    settings = as_yaml(public(run.config.model_dump(mode="json", exclude_defaults=True), places))
    examples = figures.examples(con)
    sampled = figures.sampling(con, lambda model: public_name(model, places))
    return render(
        "card.md",
        front=as_yaml(_front(run, rows, records, files)),
        title=scrubbed(run.config.name),
        records=f"{records:,}",
        problems=f"{problems:,}",
        traces=f"{funnel[-1]['rows_in']:,}",
        columns="\n\n".join(map(_columns, configs)),
        reasoning_field=_REASONING_FIELD if reasoning_field else "",
        files=table(files),
        funnel=table(funnel),
        not_checked=_not_checked(run),
        people=table(people) if people else "Nobody was asked.",
        rewritten=_rewritten(con, rows),
        reasons=table(reasons) if reasons else "None was.",
        doubts=table(doubts) if doubts else "None is.",
        sources=table(_sources(rows)),
        sampling=table(sampled) if sampled else "There are no records.",
        kept=_example(examples.get("kept")),
        rejected=_example(examples.get("dropped")),
        decontamination=_decontamination(run, con),
        lengths=table(figures.lengths(con, rows)),
        languages=table(figures.languages(rows)),
        pass_rates=_pass_rates(con),
        config_hash=hashlib.sha256(settings.encode()).hexdigest()[:16],
        versions=", ".join(f"{n} {v}" for n, v in run.versions[-1]["packages"].items()),
        settings=settings,
        version=str(run.versions[-1]["packages"]["coldstart-curate"]),
    )


def _rows(config: str, folder: Path) -> pl.LazyFrame:
    return pl.scan_parquet(folder / "data" / config / "*.parquet")


def _counted(config: str, folder: Path, con: Con) -> tuple[int, int]:
    """The rows and problems in a config's files, which are as many as the manifest says."""
    counting = _rows(config, folder).select(pl.len(), pl.col("problem_id").n_unique())
    written: tuple[int, int] = counting.collect().row(0)
    known = con.execute(_COUNTS[config]).fetchall()[0] if config in _COUNTS else written
    if written != known:
        raise RuntimeError(
            f"config {config} holds {written[0]:,} rows of {written[1]:,} problems, the manifest "
            f"{known[0]:,} of {known[1]:,}"
        )
    return written


def _files(folder: Path, hashes: Mapping[Path, str]) -> list[dict[str, Any]]:
    """Of each data file its config, its rows, and the hash by which the Hub knows it."""
    return [
        {
            "config": path.parent.name,
            "file": path.relative_to(folder).as_posix(),
            "rows": pl.scan_parquet(path).select(pl.len()).collect().item(),
            "sha256": sha256,
        }
        for path, sha256 in hashes.items()
    ]


def _columns(config: str) -> str:
    lines = [f"| {name} | {what} |" for name, what in CONFIGS[config].columns.items()]
    return "\n".join([f"Config `{config}`:", "", "| column | what |", "|---|---|", *lines])


_BEFORE_AND_AFTER = """
select p.response as before, c.response as after
from records r join v_trace_text c using (trace_id)
    join v_trace_text p on p.trace_id = c.parent_trace_id
where c.origin = 'rewritten' order by length(c.response), c.trace_id limit 1
"""  # the shortest: it is to be read


def _rewritten(con: Con, rows: pl.LazyFrame) -> str:
    """How many records, by which model, and one before and after."""
    by_model = rows.filter(pl.col("origin") == "rewritten").group_by("model")
    writers = by_model.agg(pl.len().alias("records")).collect()
    if writers.is_empty():
        return "Nothing: every record is as its model wrote it."
    writers = writers.sort("records", "model", descending=True)
    (example,) = as_dicts(con.sql(_BEFORE_AND_AFTER))
    return (
        f"{writers['records'].sum():,} records are rewritings of traces that were correct. "
        "Each was judged by all filters again, and against the trace it was made from.\n\n"
        f"{table(writers.to_dicts())}\n\nBefore:\n\n{fenced(example['before'])}\n\n"
        f"After:\n\n{fenced(example['after'])}"
    )


def _example(row: dict[str, Any] | None) -> str:
    if row is None:
        return "There is none."
    why = f"Dropped by {row['reason']}.\n\n" if row["reason"] else ""
    return f"{why}{fenced(row['problem'] or '')}\n\n{fenced(row['response'])}"


def _decontamination(run: Run, con: Con) -> str:
    settings = run.config.filters.get("decontamination")
    against = settings.get("benchmarks") if isinstance(settings, dict) else None
    if not against:
        return "None: no benchmark was named, so the records may hold benchmark problems."
    hits = figures.contaminated(con)
    found = table(hits) if hits else "Nothing of them was found."
    return f"{', '.join(public(list(against)))}.\n\n{found}"


def _pass_rates(con: Con) -> str:
    rates = figures.pass_rates(con)
    return table(rates) if rates else "No problem has verified samples, so there are no pass rates."


def _not_checked(run: Run) -> str:
    found = not_checked(run)
    return f"**Not checked: {'; '.join(found)}.**" if found else "Every filter had its means."


def _front(
    run: Run, rows: pl.LazyFrame, records: int, files: list[dict[str, Any]]
) -> dict[str, Any]:
    """The YAML head that the Hub and `datasets` read."""
    languages = _values(rows, "language")
    licenses = _values(rows, "license")
    one_license = len(licenses) == 1 and None not in licenses
    known = [language for language in languages if language is not None]
    return {
        "pretty_name": scrubbed(run.config.name),
        "configs": _configs(files),
        "license": licenses[0].lower() if one_license else "other",
        **({"language": known} if known else {}),
        "size_categories": [_size(records)],
        "task_categories": ["text-generation"],
        "tags": ["reasoning", "chain-of-thought", "cold-start", "coldstart-curate"],
    }


def _configs(files: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """`sft` is what `load_dataset` takes where none is named."""
    paths: dict[str, dict[str, str]] = {}
    for file in files:
        folder, name = file["file"].rsplit("/", 1)
        split, *_, digest = name.split("-")
        paths.setdefault(file["config"], {})[split] = f"{folder}/{split}-*-{digest}"
    return [
        {
            "config_name": config,
            **({"default": True} if config == "sft" else {}),
            "data_files": [{"split": split, "path": path} for split, path in splits.items()],
        }
        for config, splits in paths.items()
    ]


def _values(rows: pl.LazyFrame, column: str) -> list[Any]:
    return rows.select(pl.col(column).unique().sort()).collect().to_series().to_list()


def _size(rows: int) -> str:
    """As the Hub groups datasets."""
    names = ["n<1K", "1K<n<10K", "10K<n<100K", "100K<n<1M", "1M<n<10M", "10M<n<100M"]
    return names[min(max(0, len(str(rows)) - 3), len(names) - 1)]


def _sources(rows: pl.LazyFrame) -> list[dict[str, Any]]:
    counted = rows.group_by("source", "license", "model").agg(pl.len().alias("records"))
    ordered = counted.sort("records", "source", "model", descending=[True, False, False])
    return ordered.collect().to_dicts()
