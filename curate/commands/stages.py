"""Commands that bring a run further: from traces in to a trained checkpoint."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from curate.commands.options import (
    AsJson,
    ConfigFile,
    RunFolder,
    checked_recipe,
    config_of,
    open_run,
    pairs,
    report,
    run_to_train,
    run_to_write,
    show_changes,
    show_outcome,
    show_preview,
    with_settings,
)
from curate.store.urls import folder_of
from curate.terminal.progress import say
from filters.errors import UserError


def import_(
    run: RunFolder,
    file: Annotated[str, typer.Argument(help="Traces: .jsonl, .parquet, .csv, or a dataset.")],
    map_: Annotated[
        list[str] | None,
        typer.Option("--map", metavar="OURS=THEIRS", help="Our column, the file's column."),
    ] = None,
    layout: Annotated[
        str | None,
        typer.Option(help="Of a public data set; plain for the usual column names alone."),
    ] = None,
    as_: Annotated[
        str, typer.Option("--as", help="thinking: whole solutions without tags are thinking.")
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
        bool, typer.Option("--preview", help="Show how the first row is understood; write nothing.")
    ] = False,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Go on where what comes out looks wrong.")
    ] = False,
    config: ConfigFile = None,
    json: AsJson = False,
) -> None:
    """Bring in traces made elsewhere; creates a run where none is."""
    from curate.config import parse_config
    from curate.sources.imported_traces import import_traces
    from curate.sources.problems import load_problems
    from curate.store.run_folder import Run

    raw = {
        "path": file,
        "map": pairs(map_ or [], "--map", "OURS=THEIRS"),
        "layout": layout,
        "reply_is": as_,
        "anyway": anyway,
        "split": split,
        "limit": limit,
    }
    if again and not problems:
        raise UserError("--again corrects problems: give --problems with it")
    field = "problems" if problems else "imports"
    source = getattr(parse_config({field: [raw | {"kind": kind}]}, "import"), field)[0]
    if preview:
        from curate.sources.preview import preview as understood

        show_preview(understood(source, problems), json)
        return
    with Run.making(run, config_of(run, config)) as opened:
        counts = load_problems(opened, source, again) if problems else import_traces(opened, source)
    report("import", counts, json)


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
    report("generate", counts, json)


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
        show_changes(open_run(run), set_, json)
        return
    with run_to_write(run, "filter", config) as opened:
        if set_:
            opened.configure(with_settings(opened.config, set_))
        counts = filter_traces(opened)
    if json:
        report("filter", counts, json)
    else:
        say(f"filter: {_judged(counts)}")
        show_outcome(opened)


def _judged(counts: Counter[str]) -> str:
    """From `filter.read`, `filter.derived` and the like: what was done, in words."""
    by: dict[str, dict[str, int]] = {}
    for name, n in counts.items():
        filter, _, how = name.rpartition(".")
        by.setdefault(how, {})[filter] = n
    told = []
    if "read" in by:
        told.append(f"read {max(by['read'].values()):,} traces for {', '.join(by['read'])}")
    if "derived" in by:
        most = max(by["derived"].values())
        told.append(f"new thresholds on {most:,} stored scores of {', '.join(by['derived'])}")
    return "; ".join(told) or "nothing new to judge"


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
    report("refine", counts, json)


def normalize(run: RunFolder, config: ConfigFile = None, json: AsJson = False) -> None:
    """Make a record of every kept trace."""
    from curate.records.normalize import normalize as stage

    with run_to_write(run, "normalize", config) as opened:
        counts = stage(opened)
    report("normalize", counts, json)


def review(
    run: RunFolder,
    file: Annotated[str, typer.Argument(help="Columns trace_id, keep, note.")],
    json: AsJson = False,
) -> None:
    """Take a person's word on traces; it outranks every filter."""
    from curate.judging.review import review as stage

    report("review", stage(open_run(run), file), json)


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
    report(f"export to {folder}", stage(open_run(run), folder, choice), json)


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
    from curate.terminal.tables import show_dicts, write_json

    where = Where(revision, create_pr, private)
    choice = Choice(tuple(include or ()), validation, reasoning_field)
    if model is not None:
        from curate.publishing.push_model import push_model

        if dry_run or choice != Choice():
            raise UserError("--model goes without --dry-run and the options of a dataset")
        report(f"push to {repo}", push_model(open_run(run), repo, where, model), json)
        return
    if not dry_run:
        report(f"push to {repo}", stage(open_run(run), repo, where, choice), json)
        return
    told = rehearse(open_run(run), repo, where, choice)
    if json:
        write_json(told)
        return
    show_dicts(told["files"])
    for line in told["card_lacks"] or ["nothing"]:
        say(f"the card lacks: {line}")


Resume = Annotated[
    bool, typer.Option("--resume/--no-resume", help="Go on with a training that was interrupted.")
]


def sft(
    run: RunFolder, resume: Resume = True, config: ConfigFile = None, json: AsJson = False
) -> None:
    """Fine-tune a base on the run's records."""
    _train("sft", run, resume, config, json)


def grpo(
    run: RunFolder, resume: Resume = True, config: ConfigFile = None, json: AsJson = False
) -> None:
    """Reinforcement learning with the verifiers as rewards."""
    _train("grpo", run, resume, config, json)


def _train(trainer: str, run: Path, resume: bool, config: Path | None, json: bool) -> None:
    from curate.pipeline import train
    from curate.store.lock import follows

    with run_to_train(run, trainer, config) as opened:
        counts = train(opened, trainer, resume)
    if not follows():
        report(trainer, counts, json)


def run(
    config: Annotated[Path, typer.Argument(help="A YAML file; `curate init` writes one.")],
    out: Annotated[
        Path | None,
        typer.Option(
            help="Run folder, runs/<name> by default; of several runs the folder around.",
            parser=folder_of,
        ),
    ] = None,
    seed: Annotated[int | None, typer.Option(help="In place of the file's.")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what it would cost; do nothing.")
    ] = False,
    json: AsJson = False,
) -> None:
    """Everything the config asks for, going on where it stopped."""
    from curate.pipeline import dry_run as estimate
    from curate.pipeline import run_all

    recipe = checked_recipe(config, out, seed)
    if dry_run:
        if len(recipe) > 1:
            raise UserError(f"{config} holds {len(recipe)} runs: --dry-run takes a file with one")
        report("dry run", estimate(*recipe[0]), json)
        return
    finished = [run_all(*one) for one in recipe]
    if json:
        from curate.manifest import ask as manifest
        from curate.terminal.tables import write_json

        write_json(manifest.rows(finished[-1], "select * from v_funnel"))
    else:
        show_outcome(finished[-1])
