"""What a file says of a problem far apart is put together as if it stood side by side."""

import json
from pathlib import Path

import pytest
from small_runs import Row, stored, write

from curate.config import Config, Source
from curate.sources import problems
from curate.sources.problems import latest_problems, load_problems
from curate.store.run_folder import Run

MANY = 40
"""rows between two of one problem: more than a batch, so the first is only in a shard"""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setattr(problems, "_BATCH", 8)
    return Run.create(tmp_path / "run", Config(jobs=1))


def load(run: Run, *rows: Row) -> dict[str, int]:
    between = [{"problem": f"q{n}", "gold": n} for n in range(MANY)]
    apart = [one for row in rows for one in (row, *between)]
    file = write(run.path.with_suffix(".jsonl"), apart)
    return dict(load_problems(run, Source(path=str(file))))


def of_a(run: Run) -> Row:
    return next(row for row in latest_problems(run).to_dicts() if row["problem"] == "a")


def test_golds_that_differ_far_apart_conflict(run: Run) -> None:
    rows = [{"problem": "a", "gold": gold, "license": "mit"} for gold in ("1", "2", "3", "2")]
    load(run, *rows)
    found = of_a(run)
    assert (found["gold"], found["gold_check"], found["license"]) == (None, "gold_conflict", "mit")
    assert json.loads(found["meta"]) == {"conflicting_golds": ["1", "2", "3"]}
    before = stored(run, "problems").height
    assert load(run, *rows)["known"] == MANY + 1
    assert stored(run, "problems").height == before


def test_golds_that_verify_as_each_other_far_apart_are_the_first(run: Run) -> None:
    load(run, *({"problem": "a", "gold": gold} for gold in ("72", "72 dollars", "72.0", "72")))
    assert (of_a(run)["gold"], of_a(run)["gold_check"]) == ("72", "correct")
    assert stored(run, "problems").height == MANY + 1


def test_a_conflict_stays_noted_until_a_file_says_one_gold(run: Run) -> None:
    load(run, {"problem": "a", "gold": "1", "level": 1}, {"problem": "a", "gold": "2"})
    load(run, {"problem": "a", "level": 2})
    meta = json.loads(of_a(run)["meta"])
    assert (meta, of_a(run)["gold_check"]) == (
        {"conflicting_golds": ["1", "2"], "level": 2},
        "gold_conflict",
    )
    load(run, {"problem": "a", "gold": "3"})
    assert (of_a(run)["gold"], of_a(run)["meta"]) == ("3", '{"level": 2}')


def test_a_bare_question_tells_the_gold_of_those_behind_a_system_prompt(run: Run) -> None:
    asked = [{"role": "system", "content": "Think."}, {"role": "user", "content": "a"}]
    load(run, {"messages": asked})
    bare = load(run, {"problem": "a", "gold": "7"}, {"problem": "a ", "gold": "8"})
    assert (bare["corrected"], bare["new"]) == (1, 1)  # the other text is another question
    assert (of_a(run)["gold"], of_a(run)["gold_check"]) == ("7", "correct")
    assert [turn["role"] for turn in of_a(run)["messages"]] == ["system", "user"]
