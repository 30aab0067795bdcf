"""`curate sql RUN` without a query: a small shell with history and completion."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator, Sequence
from importlib import resources
from pathlib import Path

from filters.errors import UserError, did_you_mean

HISTORY = Path("~/.local/state/coldstart-curate/sql_history")
HELP = """A query ends with a semicolon or an empty line and may have several lines.
.views       tables and views        .columns NAME   columns of one
.examples    queries to begin with   .quit           end; also Ctrl-D"""
_KEYWORDS = "select from where group by order limit having join using count avg median filter desc"
Ask = Callable[[str], None]
"""runs a query and shows its answer"""


def shell(ask: Ask, columns: dict[str, list[str]]) -> None:
    """Read queries until the end; `columns` by table. Where stdin is no terminal, the queries in
    it are run one after the other, and the first mistake ends them."""
    if not sys.stdin.isatty():
        for part in _parts(sys.stdin.read()):
            if part.startswith(".quit"):
                return
            if part.startswith("."):
                _command(part, columns)
            else:
                for query in _queries(part):
                    ask(query)
        return
    print(HELP)
    with _line_editing([*columns, *sorted({c for names in columns.values() for c in names})]):
        for query in _typed():
            try:
                _command(query, columns) if query.startswith(".") else ask(query)
            except UserError as error:
                print(error, file=sys.stderr)
            except KeyboardInterrupt:
                print("stopped", file=sys.stderr)


def statements(text: str) -> list[str]:
    """The queries of a text, as DuckDB cuts them; raises UserError where it cannot."""
    import duckdb

    from curate.manifest.shard_sql import explained

    try:
        return [statement.query for statement in duckdb.extract_statements(text)]
    except duckdb.Error as error:
        raise UserError(explained(error)) from None


def _queries(text: str) -> Iterator[str]:
    """The queries of a text, those before a line that DuckDB cannot cut too: such a line may be the
    beginning of a longer query, and is a mistake only where nothing behind it mends it."""
    begun = ""
    for line in text.splitlines(keepends=True):
        begun += line
        if line.rstrip().endswith(";"):
            try:
                queries = statements(begun)
            except UserError:
                continue
            yield from queries
            begun = ""
    yield from statements(begun)


def examples() -> str:
    """Queries with the question each answers, as SQL with comments."""
    return resources.files("curate.manifest").joinpath("examples.sql").read_text(encoding="utf-8")


def _parts(text: str) -> Iterator[str]:
    """The shell's commands, each a line, and the text between them."""
    between = ""
    for line in text.splitlines(keepends=True):
        if line.startswith(".") and between.rstrip()[-1:] in ("", ";"):
            yield between
            yield line.strip()
            between = ""
        else:
            between += line
    yield between


def _typed() -> Iterator[str]:
    """What a person types, query by query, until `.quit` or the end of input."""
    lines: list[str] = []
    while True:
        try:
            line = input("   ... " if lines else "curate> ").rstrip()
        except EOFError:
            print()
            return
        except KeyboardInterrupt:
            lines = []
            print()
            continue
        if not lines and line in (".quit", ".exit", "quit", "exit"):
            return
        if line:
            lines.append(line)
        if lines and (not line or line.endswith(";") or lines[0].startswith(".")):
            yield "\n".join(lines).rstrip(";")
            lines = []


def _command(line: str, columns: dict[str, list[str]]) -> None:
    name, _, table = line.partition(" ")
    if name == ".views":
        print("\n".join(sorted(columns)))
    elif name == ".columns" and table in columns:
        print("\n".join(columns[table]))
    elif name == ".columns" and table:
        print(f"no table or view {table!r}{did_you_mean(table, columns)}")
    elif name == ".examples":
        print(examples())
    else:
        print(HELP)


@contextlib.contextmanager
def _line_editing(words: Sequence[str]) -> Iterator[None]:
    """History over calls, and completion of words by Tab, where Python has readline."""
    try:
        import readline
    except ImportError:
        yield
        return
    known = [*words, *_KEYWORDS.split(), ".views", ".columns", ".examples", ".quit"]

    def complete(begun: str, number: int) -> str | None:
        fitting = [word for word in known if word.startswith(begun)]
        return fitting[number] if number < len(fitting) else None

    file = HISTORY.expanduser()
    readline.set_completer(complete)
    readline.set_completer_delims(" \t\n,()=<>+-*/;'\"")
    readline.parse_and_bind("tab: complete")
    with contextlib.suppress(OSError):
        readline.read_history_file(file)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            file.parent.mkdir(parents=True, exist_ok=True)
            readline.set_history_length(1_000)
            readline.write_history_file(file)
