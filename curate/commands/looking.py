"""Commands for people who look at a run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from curate.commands.options import RunFolder, open_run
from filters.errors import needs_extra


def view(
    run: RunFolder,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any that is free.")] = 0,
    browser: Annotated[bool, typer.Option("--open", help="Open it in a browser.")] = False,
) -> None:
    """Read traces in a web browser; keep or drop them by keyboard."""
    with needs_extra("report"):
        from curate.looking.browser.serve import serve
    serve(open_run(run), port, browser)


def report(
    run: RunFolder,
    out: Annotated[
        Path | None, typer.Option(help="The file to write; RUN/report.html by default.")
    ] = None,
) -> None:
    """Write figures and traces of the run as one HTML file."""
    with needs_extra("report"):
        from curate.looking.report.report import report as stage
    print(stage(open_run(run), out))
