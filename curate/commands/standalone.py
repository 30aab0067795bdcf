"""Commands beside those of one run: a first config and all it asks for, checking answers and
tests, the demo."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from curate.commands.options import (
    AsJson,
    OurColumns,
    RunFolder,
    answer,
    checked_recipe,
    columns_of,
    open_run,
    show_counts,
    show_outcome,
)
from curate.store.urls import folder_of
from curate.terminal.progress import say
from filters.errors import UserError


def init(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write it.")] = Path(
        "curate.yaml"
    ),
) -> None:
    """Write a commented starter config."""
    from importlib import resources

    text = resources.files("curate").joinpath("starter.yaml").read_text(encoding="utf-8")
    try:
        with file.open("x", encoding="utf-8") as out:
            out.write(text)
    except FileExistsError:
        raise UserError(f"{file} is there already; name another file") from None
    except OSError as error:
        raise UserError(f"cannot write {file}: {error.strerror}") from None
    say(f"wrote {file}; edit it, then: curate run {file} --dry-run")


def run(
    config: Annotated[
        Path, typer.Argument(metavar="CONFIG", help="A YAML file; `curate init` writes one.")
    ],
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
        show_counts("dry run", estimate(*recipe[0]), json)
        return
    finished = [run_all(*one) for one in recipe]
    if json:
        from curate.manifest import ask as manifest
        from curate.terminal.tables import write_json

        write_json(manifest.rows(finished[-1], "select * from v_funnel"))
    else:
        show_outcome(finished[-1])


def verify(
    cases: Annotated[
        Path, typer.Argument(metavar="CASES", help="JSONL with id, gold, prediction or program.")
    ],
    out: Annotated[Path, typer.Option(help="JSONL to write, one row per input row.")],
    jobs: Annotated[int, typer.Option(min=1, help="Processes that check at once.")] = 1,
) -> None:
    """Check answers and programs, nothing else."""
    from curate.checking.verify_file import verify_file

    verify_file(cases, out, jobs)


def check_tests(
    run: RunFolder,
    programs: Annotated[
        str, typer.Argument(metavar="PROGRAMS", help="Columns problem_id, program, correct.")
    ],
    map_: OurColumns = None,
    apply: Annotated[
        bool, typer.Option("--apply", help="Make the kept cases the problems' tests.")
    ] = False,
    json: AsJson = False,
) -> None:
    """Which test cases fail correct programs, which catch wrong ones."""
    from curate.checking.clean_tests import clean_tests
    from curate.config import Source, parse_section
    from curate.terminal.tables import show_dicts

    raw = {"path": programs, "map": columns_of(map_)}
    source = parse_section(Source, raw, "tests")
    rows = clean_tests(open_run(run), source, apply)
    answer(rows, json, show_dicts)
    say("tests: written back to the problems" if apply else "tests: nothing written; see --apply")


def demo(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="Where its run folders go.")
    ] = Path("runs"),
    proof: Annotated[
        bool, typer.Option("--proof", help="With all controls and three seeds: an hour.")
    ] = False,
) -> None:
    """R1's road in small, base to R1, and real traces to judge."""
    from curate.demo import tour

    tour.proof(folder) if proof else tour.demo(folder)


def version() -> None:
    """Versions of this program and of what verdicts depend on."""
    from curate.store.run_folder import installed_packages

    for name, found in installed_packages().items():
        print(f"{name} {found}")
