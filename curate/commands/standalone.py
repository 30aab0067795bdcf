"""Commands beside the stages: a first config, checking answers and tests, the demo."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from curate.commands.options import AsJson, RunFolder, open_run, pairs
from curate.terminal.progress import say
from filters.errors import UserError


def init(
    file: Annotated[Path, typer.Argument(help="Where to write it.")] = Path("curate.yaml"),
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


def verify(
    cases: Annotated[Path, typer.Argument(help="JSONL with id, gold, prediction or program.")],
    out: Annotated[Path, typer.Option(help="JSONL to write, one row per input row.")],
    jobs: Annotated[int, typer.Option(min=1, help="Processes that check at once.")] = 1,
) -> None:
    """Check answers and programs, nothing else."""
    from curate.checking.verify_file import verify_file

    verify_file(cases, out, jobs)


def check_tests(
    run: RunFolder,
    programs: Annotated[str, typer.Argument(help="Columns problem_id, program, correct.")],
    map_: Annotated[
        list[str] | None,
        typer.Option("--map", metavar="OURS=THEIRS", help="Our column, the file's column."),
    ] = None,
    apply: Annotated[
        bool, typer.Option("--apply", help="Make the kept cases the problems' tests.")
    ] = False,
    json: AsJson = False,
) -> None:
    """Which test cases fail correct programs, which catch wrong ones."""
    from curate.checking.clean_tests import clean_tests
    from curate.config import parse_config
    from curate.terminal.tables import show_dicts, write_json

    raw = {"path": programs, "map": pairs(map_ or [], "--map", "OURS=THEIRS")}
    source = parse_config({"imports": [raw]}, "tests").imports[0]
    report = clean_tests(open_run(run), source, apply)
    write_json(report) if json else show_dicts(report)
    say("tests: written back to the problems" if apply else "tests: nothing written; see --apply")


def demo(
    folder: Annotated[Path, typer.Argument(help="Where its run folders go.")] = Path("runs"),
    proof: Annotated[
        bool, typer.Option("--proof", help="With all controls and three seeds: an hour.")
    ] = False,
) -> None:
    """R1's road in small, base to R1, and real traces to judge."""
    from curate.demo.proof import proof as prove
    from curate.demo.tour import demo as tour

    prove(folder) if proof else tour(folder)


def version() -> None:
    """Versions of this program and of what verdicts depend on."""
    from curate.store.run_folder import installed_packages

    for name, found in installed_packages().items():
        print(f"{name} {found}")
