"""Commands that hand on what a run made: a folder, the Hub."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from curate.commands.options import (
    AsJson,
    RunFolder,
    answer,
    open_run,
    show_counts,
)
from curate.terminal.progress import say
from filters.errors import UserError

Include = Annotated[
    list[str] | None, typer.Option("--include", help="A config besides: `rejected`.")
]
Validation = Annotated[
    float, typer.Option("--validation", help="Share of the problems for a validation split.")
]
ReasoningField = Annotated[
    bool, typer.Option("--reasoning-field", help="Thinking apart, as reasoning_content.")
]


def export(
    run: RunFolder,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The dataset folder to write.")],
    include: Include = None,
    validation: Validation = 0.0,
    reasoning_field: ReasoningField = False,
    json: AsJson = False,
) -> None:
    """Write the records as a dataset folder with its card."""
    from curate.records.export import Choice
    from curate.records.export import export as stage

    choice = Choice(tuple(include or ()), validation, reasoning_field)
    show_counts(f"export to {folder}", stage(open_run(run), folder, choice), json)


def push(
    run: RunFolder,
    repo: Annotated[str, typer.Argument(metavar="USER/NAME", help="A dataset on the Hub.")],
    private: Annotated[
        bool, typer.Option("--private", help="Where it is new, show it to nobody.")
    ] = False,
    revision: Annotated[str | None, typer.Option(help="A branch; main by default.")] = None,
    create_pr: Annotated[
        bool, typer.Option("--create-pr", help="Propose it as a pull request.")
    ] = False,
    model: Annotated[
        str | None, typer.Option(metavar="CHECKPOINT", help="Push this model, not the dataset.")
    ] = None,
    include: Include = None,
    validation: Validation = 0.0,
    reasoning_field: ReasoningField = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be pushed; ask nobody.")
    ] = False,
    json: AsJson = False,
) -> None:
    """Bring the dataset, or a checkpoint, to the Hub, in one commit."""
    from curate.publishing.push import Where
    from curate.publishing.push import dry_run as rehearse
    from curate.publishing.push import push as stage
    from curate.records.export import Choice

    where = Where(revision, create_pr, private)
    choice = Choice(tuple(include or ()), validation, reasoning_field)
    if model is not None:
        from curate.publishing.push_model import push_model

        if dry_run or choice != Choice():
            raise UserError("--model goes without --dry-run and the options of a dataset")
        show_counts(f"push to {repo}", push_model(open_run(run), repo, where, model), json)
        return
    if not dry_run:
        show_counts(f"push to {repo}", stage(open_run(run), repo, where, choice), json)
        return
    answer(rehearse(open_run(run), repo, where, choice), json, _show_rehearsal)


def _show_rehearsal(rehearsal: dict[str, Any]) -> None:
    from curate.terminal.tables import show_dicts

    show_dicts(rehearsal["files"])
    for line in rehearsal["card_lacks"] or ["nothing"]:
        say(f"the card lacks: {line}")
