"""Commands that judge traces and make records of those that are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from curate.commands.options import (
    AsJson,
    ConfigFile,
    RunFolder,
    answer,
    open_run,
    run_to_write,
    show_counts,
    show_outcome,
    with_settings,
)
from curate.terminal.counts import judged, number_of
from curate.terminal.progress import say
from filters.errors import UserError

if TYPE_CHECKING:
    from curate.store.run_folder import Run


def filter_(
    run: RunFolder,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="FILTER.SETTING=VALUE", help="e.g. language.high=0.02"),
    ] = None,
    what_if: Annotated[
        bool, typer.Option("--what-if", help="With --set: what would change; nothing is written.")
    ] = False,
    config: ConfigFile = None,
    json: AsJson = False,
) -> None:
    """Judge what has not been judged under the active settings."""
    from curate.judging.filter_stage import filter_traces

    if what_if:
        if not set_:
            raise UserError("--what-if wants settings to try: --set FILTER.SETTING=VALUE")
        _show_changes(open_run(run), set_, json)
        return
    with run_to_write(run, "filter", config) as opened:
        if set_:
            opened.configure(with_settings(opened.config, set_))
        counts = filter_traces(opened)
    show_counts("filter", counts, json, judged)
    if not json:
        show_outcome(opened)


def refine(
    run: RunFolder,
    retry: Annotated[
        bool, typer.Option("--retry", help="Rewrite again what failed, was cut or dropped.")
    ] = False,
    config: ConfigFile = None,
    json: AsJson = False,
) -> None:
    """Have a model rewrite what is correct but hard to read."""
    from curate.refining.refine import refine as stage

    with run_to_write(run, "refine", config) as opened:
        counts = stage(opened, retry)
    show_counts("refine", counts, json)


def normalize(run: RunFolder, config: ConfigFile = None, json: AsJson = False) -> None:
    """Make a record of every kept trace."""
    from curate.records.normalize import normalize as stage

    with run_to_write(run, "normalize", config) as opened:
        counts = stage(opened)
    show_counts("normalize", counts, json)


def review(
    run: RunFolder,
    file: Annotated[str, typer.Argument(metavar="FILE", help="Columns trace_id, keep, note.")],
    json: AsJson = False,
) -> None:
    """Take a person's word on traces; it outranks every filter."""
    from curate.judging.review import review as stage

    show_counts("review", stage(open_run(run), file), json)


def _show_changes(opened: Run, given: list[str], json: bool) -> None:
    """What `--set` would change."""
    from curate.judging.active import active_filters
    from curate.judging.what_if import summed, what_if
    from curate.terminal.changes import show_moves

    changes = what_if(opened, active_filters(with_settings(opened.config, given)))
    if not json:
        say(f"{number_of(changes.height, 'trace')} would come to another end; nothing is written")
    answer(summed(changes).to_dicts(), json, show_moves)
