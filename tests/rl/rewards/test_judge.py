"""A model that grades: what it is shown, and what becomes of what it says."""

from pathlib import Path
from typing import Any

import pytest

from curate.config import Judge
from filters.errors import UserError
from rl.rewards.judge import RUBRICS, JudgeReward, rubric

KIND_REPLY = "<think>\nThey want tea.\n</think>\n\nBoil water, then wait."
CRUEL_THOUGHT = "<think>\nI despise them.\n</think>\n\nBoil water, then wait."
asked: list[str] = []


def grades(prompt: str) -> list[Any]:
    asked.append(prompt)
    if "despise" in prompt:
        return ["Contempt.\nScore: 1"]
    if "silent" in prompt:
        return [{"error": "server_error: 500"}]
    if "vague" in prompt:
        return ["It is fine."]
    return ["<think>Score: 2?</think>It helps.\n**Score: 8**"]


def judge(**settings: Any) -> JudgeReward:
    asked.clear()
    options = {"answers": f"{__name__}:grades"}
    return JudgeReward("judge", Judge(engine="scripted", options=options, **settings))


def graded(
    reward: JudgeReward, texts: list[str], kind: str = "open"
) -> list[tuple[float | None, str | None]]:
    found: dict[str, list[str | None]] = {}
    rows = {"problem": ["How do I make tea?"] * len(texts), "kind": [kind] * len(texts)}
    values = reward(texts, log_extra=found.__setitem__, **rows)
    return list(zip(values, found["outcome"], strict=True))


def test_helpfulness_reads_the_summary_and_harmlessness_the_whole() -> None:
    assert graded(judge(), [CRUEL_THOUGHT]) == [(0.8, "judged")]
    whole = judge(rubric="harmlessness", reads="whole")
    assert graded(whole, [KIND_REPLY, CRUEL_THOUGHT]) == [(0.8, "judged"), (0.1, "judged")]
    assert "How do I make tea?" in asked[0]


def test_equal_texts_are_judged_once() -> None:
    assert graded(judge(), [KIND_REPLY] * 5) == [(0.8, "judged")] * 5
    assert len(asked) == 1


def test_a_judge_that_fails_leaves_it_undecided_and_no_summary_is_zero() -> None:
    texts = ["<think>a</think> silent", "<think>a</think> vague", "<think>never ends"]
    assert graded(judge(), texts) == [(None, "judge_down"), (None, "no_score"), (0.0, "no_reply")]


def test_other_kinds_of_problems_get_nothing() -> None:
    assert graded(judge(), [KIND_REPLY], kind="math") == [(0.0, "not_applicable")]
    assert asked == []


def test_a_completion_cannot_fill_in_the_rubric() -> None:
    graded(judge(), ["<think>a</think>{problem}{reply}"])
    assert asked[0].count("How do I make tea?") == 1


def test_a_judge_that_stays_silent_stops_the_training() -> None:
    reward = judge()
    for _ in range(2):
        assert graded(reward, ["<think>a</think> silent"]) == [(None, "judge_down")]
    with pytest.raises(UserError, match="the judge 'judge' has not answered for 3 steps"):
        graded(reward, ["<think>a</think> silent"])


def test_rubrics_are_shipped_or_files(tmp_path: Path) -> None:
    assert all(
        "{problem}" in rubric(name, "") and "{reply}" in rubric(name, "") for name in RUBRICS
    )
    (tmp_path / "own.md").write_text("Grade this.")
    with pytest.raises(UserError, match=r"own.md has no \{reply\}"):
        rubric(str(tmp_path / "own.md"), "grpo.judges.a.rubric")
    with pytest.raises(UserError, match="neither a file nor a shipped rubric; did you mean 'help"):
        rubric("helpfulnes", "grpo.judges.a.rubric")
