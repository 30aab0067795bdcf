"""A person at the shell: a pseudo-terminal, and what it prints."""

import io
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from small_runs import Curate, finished, trace

from curate.manifest import ask as manifest
from curate.store.run_folder import Run
from curate.terminal.sql_shell import examples, statements

DOCS = Path(__file__).parents[3] / "docs"


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return finished(tmp_path_factory.mktemp("shell") / "run", [trace(1), trace(2, answer=9)])


def test_every_example_is_answered_and_stands_in_the_docs(done: Run) -> None:
    page = (DOCS / "sql.md").read_text(encoding="utf-8")
    for query in statements(examples()):
        manifest.rows(done, query)
    blocks = examples().strip().split("\n\n")
    assert len(blocks) >= 12
    for block in blocks:
        assert block.partition("\n")[2] in page


def test_piped_queries_and_commands(
    done: Run, curate: Curate, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = ".columns fates\nselect 40\n+ 2 as n;\n.quit\nselect nothing"
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    said = curate("sql", done.path)
    assert said.code == 0
    assert "decided_by" in said.out
    assert "42" in said.out


def test_typed_queries_mistakes_and_commands(done: Run, tmp_path: Path) -> None:
    typed = "select 40 + count(*) as n\nfrom traces;\nselect nothing from traces;\n"
    typed += ".columns fates\n.quit\n"
    ours, theirs = pty.openpty()
    env = os.environ | {"HOME": str(tmp_path), "TERM": "dumb", "COLUMNS": "100"}
    command = [sys.executable, "-m", "curate.cli", "sql", str(done.path)]
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=env) as shell:
        os.close(theirs)
        os.write(ours, typed.encode())
        said = _read_all(ours)
    assert shell.returncode == 0
    assert "42" in said
    assert 'Referenced column "nothing" not found' in said
    assert "decided_by" in said
    history = tmp_path / ".local/state/coldstart-curate/sql_history"
    assert "from traces;" in history.read_text(encoding="utf-8")


def _read_all(terminal: int) -> str:
    read = b""
    while True:
        try:
            piece = os.read(terminal, 65536)
        except OSError:  # Linux says so when the last writer has gone
            piece = b""
        if not piece:
            os.close(terminal)
            return read.decode()
        read += piece


def test_queries_on_stdin(curate: Curate, done: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("select 1 as a; select 2 as b;"))
    assert curate("sql", done.path).out.split() == ["a", "─", "1", "b", "─", "2"]
    monkeypatch.setattr("sys.stdin", io.StringIO("select 'b;\nc' as a;\nselct 2;\nselect 3;"))
    said = curate("sql", done.path)
    assert said.code == 2
    assert said.out.split() == ["a", "─────", "b;\\nc"]
    assert "syntax error" in said.err


def test_a_misspelt_table_and_an_empty_query(
    curate: Curate, done: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(".columns fate"))
    assert "no table or view 'fate'; did you mean 'fates'?" in curate("sql", done.path).out
    assert "gives no rows; ask with select" in curate("sql", done.path, "").line
