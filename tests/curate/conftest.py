"""The command itself, called in this process: an error that is no one line fails the test."""

import dataclasses
import json
import sys
from collections.abc import Callable
from typing import Any

import pytest

from curate.cli import main


@dataclasses.dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def line(self) -> str:
        """The one line of a user's mistake."""
        assert self.code == 2, self
        assert self.out == "", self
        (line,) = self.err.splitlines()
        return line


Curate = Callable[..., Answer]


@pytest.fixture
def curate(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Curate:
    def call(*arguments: object) -> Answer:
        monkeypatch.setattr(sys, "argv", ["curate", *map(str, arguments)])
        monkeypatch.setattr(sys, "path", [*sys.path])
        with pytest.raises(SystemExit) as end:
            main()
        return Answer(int(end.value.code or 0), *capsys.readouterr())

    return call
