"""A filter's two sides: by its thresholds, whichever of its scores they are held against."""

from pathlib import Path
from typing import Any

import pytest
from small_runs import Curate, finished, only, trace

from curate.looking.worst import worst
from curate.store.run_folder import Run


def counting(number: int, words: int) -> Any:
    text = f"<think>\n{'So I count on. ' * words}\n</think>\n\nIt is \\boxed{{{number + 1}}}."
    return trace(number, response=text, source_id=f"{words}")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Of nine traces one is too short, three are too long, one is wrong."""
    rows = [counting(n, words) for n, words in enumerate((1, 5, 9, 20, 31, 60, 100, 200))]
    folder = tmp_path_factory.mktemp("worst") / "run"
    filters = only("correctness", length={"thinking_min": 10, "thinking_max": 200})
    return finished(folder, [*rows, trace(50, answer=9)], filters=filters)


def test_both_sides_of_every_threshold(run: Run) -> None:
    groups = worst(run, "length", 2)
    assert {
        name: sorted(s for row in rows for s in row["scores"]) for name, rows in groups.items()
    } == {
        "worst": [
            "thinking_tokens 455 (thinking_max: > 200)",
            "thinking_tokens 909 (thinking_max: > 200)",
        ],
        "just dropped": [
            "thinking_tokens 273 (thinking_max: > 200)",
            "thinking_tokens 5 (thinking_min: < 10)",
        ],
        "just kept": [
            "thinking_tokens 141 (thinking_max: > 200)",
            "thinking_tokens 18 (thinking_min: < 10)",
        ],
    }


def test_without_thresholds_there_is_no_border(run: Run) -> None:
    groups = worst(run, "correctness", 5)
    assert list(groups) == ["worst"]
    assert [(row["reason"], row["scores"]) for row in groups["worst"]] == [("incorrect", [])]


def test_the_command_shows_it_in_context(curate: Curate, run: Run, tmp_path: Path) -> None:
    assert "thinking_too_short  thinking_tokens 5" in curate("worst", run.path, "length").out
    assert "did you mean 'length'" in curate("worst", run.path, "lenght").line
