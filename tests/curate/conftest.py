"""The command itself, called in this process: an error that is no one line fails the test."""

import shutil
import sys
from pathlib import Path

import pytest
from small_runs import Answer, Curate, finished, trace

from curate.cli import main
from curate.store.run_folder import Run


@pytest.fixture(scope="session")
def finished_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run folder after all stages: of six traces three are kept, one is wrong, one is undecided,
    one has no text."""
    rows = [trace(n, source_id=f"t{n}", model="m", license="MIT") for n in range(1, 7)]
    rows[3] |= {"response": trace(4, answer=9)["response"], "source_id": "wrong"}
    rows[4] |= {"gold": None, "source_id": "undecided"}
    rows[5] |= {"response": None, "source_id": "failed"}
    return finished(tmp_path_factory.mktemp("once") / "run", rows).path


@pytest.fixture
def done(finished_once: Path, tmp_path: Path) -> Run:
    """A copy of that run for one test."""
    return Run.open(Path(shutil.copytree(finished_once, tmp_path / "run")))


@pytest.fixture
def curate(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Curate:
    def call(*arguments: object) -> Answer:
        monkeypatch.setattr(sys, "argv", ["curate", *map(str, arguments)])
        monkeypatch.setattr(sys, "path", [*sys.path])
        with pytest.raises(SystemExit) as end:
            main()
        return Answer(int(end.value.code or 0), *capsys.readouterr())

    return call
