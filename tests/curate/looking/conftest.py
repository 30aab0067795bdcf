"""One run that has of everything: samples, a rewriting, Chinese, what harms a reader."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from hostile import HOSTILE
from small_runs import Row, finished, only, trace

from curate.store.run_folder import Run

TEXT_FILTERS = ("finish", "format", "length", "language", "repetition", "readability")


_ASIDES = (
    "First I look at what is asked, slowly and with care.",
    "The apples lie in a basket near the window.",
    "Nobody takes any of them away while I count.",
    "It would be easy to forget the one that comes last.",
    "A friend of mine once counted twice and got confused.",
    "There is no trick in the wording as far as I can tell.",
    "Each fruit is worth the same, so order is of no matter.",
    "Perhaps a small drawing helps to see the whole picture.",
    "My pencil is short, but it will do for today.",
    "Adding by fingers is slow, yet it never fails me.",
    "Let me think about whether zero would make sense here.",
    "It would not, because something is clearly there.",
    "Now the sum has to be written down in a clean way.",
    "I would rather be late than give a wrong result.",
    "The teacher said that showing the work is important.",
)


def rows() -> list[Row]:
    """Of six problems four traces each: some wrong, one in two languages, one hostile."""
    made = []
    for number in range(1, 7):
        for sample in range(4):
            row = trace(number, answer=99 if sample == 3 else None, model=f"model-{sample % 2}")
            more = " ".join(_ASIDES[: 3 * sample + number])
            row["response"] = row["response"].replace("<think>\n", f"<think>\n{more}\n")
            row["source_id"] = f"{number}-{sample}"
            made.append(row)
    made[0]["response"] = made[0]["response"].replace("I have", "我有一些苹果，然后 I have")
    made[5]["response"] = made[5]["response"].replace("I have", f"{HOSTILE} I have")
    made[5]["model"] = "<b>evil</b>"
    made[9] |= {"response": None}
    made[11] |= {"gold": None, "problem": "How many are there? 一共有多少个？"}
    return made


@pytest.fixture(scope="session")
def looked_at_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    filters = only(*TEXT_FILTERS, "correctness", "difficulty", "select")
    return finished(tmp_path_factory.mktemp("look") / "run", rows(), filters=filters).path


@pytest.fixture
def run(looked_at_once: Path, tmp_path: Path) -> Run:
    """A copy for one test."""
    return Run.open(Path(shutil.copytree(looked_at_once, tmp_path / "run")))


@pytest.fixture
def pages(run: Run) -> Any:
    """A client of the browser's pages; addresses are given without the token."""
    pytest.importorskip("starlette")
    from starlette.testclient import TestClient

    from curate.looking.browser.app import app

    guarded = app(run, "token", ["testserver"])
    return TestClient(guarded, base_url="http://testserver/token", follow_redirects=False)
