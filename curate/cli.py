"""The `curate` command. Its verbs are in `commands/`.

A user's mistake is one line on stderr and exit code 2; a bug shows its traceback. Results go to
stdout, everything else to stderr. Nothing heavy is imported before a verb needs it.
"""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from curate.commands import (
    asking,
    evaluation,
    judging,
    looking,
    publishing,
    questions,
    standalone,
    traces_in,
    training,
)
from curate.terminal.progress import say
from filters.errors import UserError, did_you_mean

app = typer.Typer(
    name="curate",
    help="Cold-start reasoning datasets, with the fate of every trace in SQL.\n\n"
    "From a file of traces to a dataset: import, filter, normalize, export or push.",
    add_completion=False,
    rich_markup_mode=None,  # plain help, which loads a third of what drawing boxes does
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

COMMANDS: dict[str, Callable[..., None]] = {
    "import": traces_in.import_,
    "generate": traces_in.generate,
    "filter": judging.filter_,
    "refine": judging.refine,
    "normalize": judging.normalize,
    "export": publishing.export,
    "push": publishing.push,
    "index": questions.index,
    "status": questions.status,
    "sql": asking.sql,
    "explain": questions.explain,
    "worst": asking.worst,
    "diff": asking.diff,
    "audit": questions.audit,
    "check": questions.check,
    "tidy": questions.tidy,
    "report": looking.report,
    "view": looking.view,
    "tests": standalone.check_tests,
    "review": judging.review,
    "sft": training.sft,
    "grpo": training.grpo,
    "eval": evaluation.eval_,
    "init": standalone.init,
    "run": standalone.run,
    "verify": standalone.verify,
    "demo": standalone.demo,
    "version": standalone.version,
}
"""verb -> function; `--help` shows them in this order"""
for _verb, _function in COMMANDS.items():
    app.command(name=_verb)(_function)


@app.callback(invoke_without_command=True)
def _before(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    if version:
        import importlib.metadata

        print(importlib.metadata.version("coldstart-curate"))
    elif context.invoked_subcommand is None:
        print(context.get_help())


INTERRUPTED = 130
"""exit code after Ctrl-C, typer's too"""


def main() -> None:
    """Entry point of the `curate` script."""
    usage_error: Any = typer.BadParameter.__bases__[0]
    sys.path.append(str(Path.cwd()))  # for filters of the user's own, named module:Class
    _mend_streams()
    try:
        code = app(prog_name="curate", standalone_mode=False)
    except UserError as error:
        code = _fail(str(error))
    except usage_error as error:
        code = _fail(_usage(error))
    except (KeyboardInterrupt, typer.Abort):
        code = INTERRUPTED
    except (BrokenPipeError, SystemExit):  # the reader of stdout went away, e.g. `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except OSError as error:
        if error.errno != errno.ENOSPC or error.filename:
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = _fail("cannot write the answer to stdout: the disk is full")
    if code == INTERRUPTED:
        say("\nstopped; what was finished is kept: run the same command again to go on")
    sys.exit(code if isinstance(code, int) else 0)


def _mend_streams() -> None:
    """A closed stdout is none, and what a terminal has no letters for is shown as escapes."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _fail(message: str) -> int:
    say("curate: " + " ".join(message.split()))
    return 2


def _usage(error: Any) -> str:
    """Typer's message, with where to read on."""
    where = error.ctx.command_path if getattr(error, "ctx", None) else "curate"
    # typer has pydantic look at choices, which says first what kind of error it is
    message = str(error.format_message()).rstrip(".").replace("Value error, ", "")
    if message.startswith("No such command"):
        given = message.split("'")[1]
        message = f"no command {given!r}{did_you_mean(given, COMMANDS)}"
    return f"{message}{'' if message.endswith('?') else ';'} see `{where} --help`"


if __name__ == "__main__":
    main()
