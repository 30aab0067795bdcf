"""The command that says how good a checkpoint is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from curate.commands.options import AsJson, ConfigFile, RunFolder, answer, config_of, open_run
from curate.terminal.progress import say
from filters.errors import UserError

if TYPE_CHECKING:
    from curate.config import Config, Eval


def eval_(
    run: RunFolder,
    checkpoints: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[STAGE=]CHECKPOINT…",
            help="A folder, one inside the run, a Hub name; grpo/* is a whole training. "
            "Without any, those of the section `eval`.",
        ),
    ] = None,
    problems: Annotated[
        list[str] | None,
        typer.Option(metavar="SET", help="A file, a set of the section `eval`, or `trick`."),
    ] = None,
    k: Annotated[int | None, typer.Option("--k", help="Samples of each problem.")] = None,
    temperature: Annotated[float | None, typer.Option(help="0.6, as R1's.")] = None,
    top_p: Annotated[float | None, typer.Option(help="0.95, as R1's.")] = None,
    max_tokens: Annotated[int | None, typer.Option(help="32768, as R1's.")] = None,
    engine: Annotated[str | None, typer.Option(help="In place of that of `generate`.")] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Refuse problems that the run trains on.")
    ] = False,
    retry: Annotated[
        bool, typer.Option("--retry", help="Ask again for samples that failed.")
    ] = False,
    plot: Annotated[
        Path | None,
        typer.Option(
            "--plot",
            metavar="DIR",
            help="Draw what was evaluated, as PNG and SVG; only that if nothing is named.",
        ),
    ] = None,
    with_: Annotated[
        list[Path] | None,
        typer.Option("--with", metavar="RUN", help="With --plot: this run's curves beside."),
    ] = None,
    config: ConfigFile = None,
    json: AsJson = False,
) -> None:
    """How good checkpoints are: pass@1, cons@k, mixing, length."""
    given: dict[str, Any] = {
        "k": k,
        "temperature": temperature,
        "top_p": top_p,
        "max_tokens": max_tokens,
        "engine": engine,
        "strict": strict or None,
    }
    if with_ and plot is None:
        raise UserError("--with draws another run's curves beside: give --plot DIR with it")
    if plot is None or checkpoints or problems:
        _evaluate(run, config, checkpoints or [], problems or [], given, retry, json)
    if plot is not None:
        _draw([run, *(with_ or [])], plot)


def _evaluate(
    run: Path,
    config: Path | None,
    checkpoints: list[str],
    problems: list[str],
    given: dict[str, Any],
    retry: bool,
    json: bool,
) -> None:
    from curate.evaluation.evaluate import evaluate
    from curate.store.run_folder import Run
    from curate.terminal.evaluations import as_table
    from curate.terminal.tables import show_dicts

    with Run.making(run, config_of(run, config), "eval") as opened:
        section = _section(opened.config, checkpoints, problems, given)
        rows = evaluate(opened, section, retry)
    answer(rows, json, lambda rows: show_dicts(list(as_table(rows))))


def _draw(runs: list[Path], folder: Path) -> None:
    from curate.evaluation.curves import plot

    for picture in plot([open_run(run) for run in runs], folder):
        say(f"eval: drew {picture}")


def _section(
    config: Config, checkpoints: list[str], problems: list[str], given: dict[str, Any]
) -> Eval:
    """The section `eval` with what the command line says in its place."""
    from curate.config import Eval, parse_section
    from curate.evaluation.checkpoints import by_stage
    from curate.evaluation.sets import named

    usual = config.eval or Eval()
    raw = usual.model_dump(exclude_unset=True)
    raw |= {name: value for name, value in given.items() if value is not None}
    if checkpoints:
        raw["checkpoints"] = by_stage(checkpoints)
    if problems:
        known = {named(one).name: one.model_dump(exclude_unset=True) for one in usual.problems}
        raw["problems"] = [known.get(one, one) for one in problems]
    return parse_section(Eval, raw, "eval")
