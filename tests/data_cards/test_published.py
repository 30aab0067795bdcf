"""The published cards are what the program writes today of the demo's data."""

import re
from pathlib import Path

from curate.demo.tour import judge_real

CARDS = Path(__file__).parents[2] / "data_cards"
_BY_VERSION = re.compile(r"\b[0-9a-f]{12,64}\b|\d+\.\d+\.\d+")
"""hashes of files, whose bytes depend on the version of polars, and versions"""


def test_card_of_the_real_traces_is_true(tmp_path: Path) -> None:
    judge_real(tmp_path)
    written = (tmp_path / "demo-real-dataset" / "README.md").read_text(encoding="utf-8")
    published = (CARDS / "demo-real.md").read_text(encoding="utf-8")
    assert _BY_VERSION.sub("…", written) == _BY_VERSION.sub("…", published)
    assert str(tmp_path) not in written
