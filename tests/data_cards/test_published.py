"""The published cards are what the program writes today of the demo's data."""

import re
from pathlib import Path

import pytest

from curate.demo.tour import demo, judge_real

CARDS = Path(__file__).parents[2] / "data_cards"
_BY_VERSION = re.compile(r"\b[0-9a-f]{12,64}\b|\d+\.\d+\.\d+")
"""hashes of files, whose bytes depend on the version of polars, and versions"""


def test_card_of_the_real_traces_is_true(tmp_path: Path) -> None:
    judge_real(tmp_path)
    check(tmp_path / "demo-real-dataset", "demo-real.md")


@pytest.mark.slow
def test_card_of_the_road_is_true(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a processor like that of the published one: others round a training otherwise."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    demo(tmp_path)
    check(tmp_path / "demo-dataset", "mini-r1.md")


def check(dataset: Path, card: str) -> None:
    written = (dataset / "README.md").read_text(encoding="utf-8")
    published = (CARDS / card).read_text(encoding="utf-8")
    assert _BY_VERSION.sub("…", written) == _BY_VERSION.sub("…", published)
    assert str(dataset.parent) not in written
