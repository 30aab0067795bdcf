"""Commands that bring traces in: import and generate."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import typer

from curate.commands.options import (
    AsJson,
    ConfigFile,
    OurColumns,
    RunFolder,
    answer,
    columns_of,
    config_of,
    open_run,
    show_counts,
)
from curate.terminal.counts import imported
from filters.errors import UserError


def import_(
    run: RunFolder,
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE…", help="Traces: .jsonl, .parquet, .csv, or a dataset."),
    ],
    map_: OurColumns = None,
    layout: Annotated[
        str | None,
        typer.Option(help="Of a public data set; plain for the usual column names alone."),
    ] = None,
    as_: Annotated[
        Literal["reply", "thinking"],
        typer.Option("--as", help="thinking: whole solutions without tags are thinking."),
    ] = "reply",
    kind: Annotated[str | None, typer.Option(help="Kind of rows that do not say theirs.")] = None,
    limit: Annotated[int | None, typer.Option(help="Only the first so many rows.")] = None,
    split: Annotated[str, typer.Option(help="Split, where FILE is a dataset.")] = "train",
    problems: Annotated[bool, typer.Option("--problems", help="Problems, no traces.")] = False,
    again: Annotated[
        bool,
        typer.Option("--again", help="With --problems: go back to what a correction replaced."),
    ] = False,
    preview: Annotated[
        bool, typer.Option("--preview", help="Show how a row is understood; write nothing.")
    ] = False,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Go on where what comes out looks wrong.")
    ] = False,
    config: ConfigFile = None,
    json: AsJson = False,
) -> None:
    """Bring in traces made elsewhere; creates a run where none is."""
    from curate.config import Source, parse_section
    from curate.sources.imported_traces import import_traces
    from curate.sources.problems import load_problems
    from curate.store.run_folder import Run

    raw = {
        "path": files[0],
        "more": files[1:],
        "map": columns_of(map_),
        "layout": layout,
        "reply_is": as_,
        "anyway": anyway,
        "split": split,
        "limit": limit,
        "kind": kind,
    }
    if again and not problems:
        raise UserError("--again corrects problems: give --problems with it")
    source = parse_section(Source, raw, "import")
    if preview:
        from curate.sources.preview import preview as understood

        answer(understood(source, problems), json, _show_preview)
        return
    with Run.making(run, config_of(run, config)) as opened:
        counts = load_problems(opened, source, again) if problems else import_traces(opened, source)
    show_counts("import", counts, json, imported)


def generate(
    run: RunFolder,
    retry: Annotated[
        str | None, typer.Option(help="Sample again what was `truncated` or `failed`.")
    ] = None,
    max_tokens: Annotated[
        int | None, typer.Option(min=1, help="In place of the config's, e.g. with --retry.")
    ] = None,
    part: Annotated[
        str, typer.Option(metavar="I/N", help="Only one of N shares of the problems.")
    ] = "1/1",
    config: ConfigFile = None,
    json: AsJson = False,
) -> None:
    """Sample the traces that are missing. Parts may run at once, on several machines too."""
    from curate.pipeline import load_inputs
    from curate.sampling.generate import generate as stage
    from curate.sampling.plan import Part
    from curate.store.lock import turn
    from curate.store.run_folder import Run

    share = Part.of(part)
    if config is None:
        writing = open_run(run).writing("generate", share.share_of)
    else:
        writing = Run.making(run, config_of(run, config), "generate", share.share_of)
    with writing as opened:
        with turn(run):
            load_inputs(opened)
        whole = None if share.count == 1 else share
        counts = stage(opened, retry=retry, max_tokens=max_tokens, part=whole)
    show_counts("generate", counts, json)


def _show_preview(found: dict[str, Any]) -> None:
    from curate.terminal.tables import show_dicts, visible

    show_dicts(found["columns"])
    print(visible(f"unused, kept in meta: {', '.join(found['unused']) or 'none'}"))
    if found["stops"]:
        print(visible(f"an import would stop: {found['stops']}"))
