"""A model as judge, as in R1's last stage of RL (arXiv 2501.12948 v2): how helpful the summary is,
how harmless the whole.

The judge answers in words and ends with `Score: N`, N from 0 to 10; the reward is N / 10. Equal
texts for one problem are judged once a step. No answer, or one without a score, is no fault of the
completion: undecided. One that does not come to a summary has nothing to judge: 0.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Any

from curate.config import Judge
from curate.engines import load_engine
from curate.engines.engine import Completion, Engine, PromptError, Request, Sampling, seed_of
from curate.terminal.progress import say
from filters.base import NOT_APPLICABLE
from filters.errors import UserError, did_you_mean
from filters.schema import content_id
from filters.trace_format import parse, reply_of

RUBRICS = ("helpfulness", "harmlessness")
HIGHEST = 10
NO_REPLY, JUDGED = "no_reply", "judged"
NO_SCORE, DOWN = "no_score", "judge_down"
PATIENCE = 3
"""batches in a row to which the judge did not answer at all, after which the training stops"""
_SCORE = re.compile(r"^\W*score\W{1,5}(\d{1,2}(?:\.\d+)?)\b", re.IGNORECASE | re.MULTILINE)

Judgement = tuple[float | None, str]
"""value and outcome"""


class JudgeReward:
    def __init__(self, name: str, settings: Judge) -> None:
        self.name, self.settings = name, settings
        self.rubric = rubric(settings.rubric, f"grpo.judges.{name}.rubric")
        self.silent = 0  # batches in a row without any answer

    @cached_property
    def engine(self) -> Engine:
        """A step waits for the judge: no longer than this unless the options say so."""
        patience = {"timeout": 120.0, "patience": 120.0} if self.settings.engine == "openai" else {}
        options = patience | self.settings.options
        settings = self.settings.model_copy(update={"options": options})
        return load_engine(settings, {"generate.": f"grpo.judges.{self.name}."})

    def __call__(
        self,
        completions: Sequence[str],
        problem: Sequence[str],
        kind: Sequence[str | None],
        log_extra: Callable[[str, list[str | None]], None] | None = None,
        **_: Any,
    ) -> list[float | None]:
        rows = [self._text(*row) for row in zip(completions, kind, strict=True)]
        pairs = {
            (question, text): None
            for question, (text, _) in zip(problem, rows, strict=True)
            if text is not None
        }
        judgements = self._ask(list(pairs)) if pairs else {}
        found = [
            (0.0, nothing) if text is None else judgements[question, text]
            for question, (text, nothing) in zip(problem, rows, strict=True)
        ]
        if log_extra is not None:
            log_extra("outcome", [outcome for _, outcome in found])
        return [value for value, _ in found]

    def _text(self, completion: str, kind: str | None) -> tuple[str | None, str]:
        """What is judged; or null and why there is nothing to judge."""
        if kind not in self.settings.kinds:
            return None, NOT_APPLICABLE
        if self.settings.reads == "whole":
            return completion, ""
        return (parse(completion).summary or None), NO_REPLY

    def _ask(self, pairs: list[tuple[str, str]]) -> dict[tuple[str, str], Judgement]:
        requests = {content_id("judge", self.rubric, *pair): pair for pair in pairs}
        judgements: dict[tuple[str, str], Judgement] = dict.fromkeys(pairs, (None, DOWN))
        try:
            for done in self._completions(requests):
                judgements[requests[done.id]] = read(done)
        except UserError as error:  # the server is gone: what is not judged yet is undecided
            say(f"reward {self.name}: {error}")
        self._count_silence(any(outcome != DOWN for _, outcome in judgements.values()))
        return judgements

    def _completions(self, requests: dict[str, tuple[str, str]]) -> Iterator[Completion]:
        prompts = (
            Request(key, prompt, seed=seed_of(key), place=place)
            for place, (key, pair) in enumerate(requests.items())
            if (prompt := self._prompt(*pair)) is not None
        )
        for batch in self.engine.answers(prompts, Sampling.of(self.settings)):
            yield from batch

    def _prompt(self, problem: str, reply: str) -> str | None:
        """Filled in one pass: what a completion writes is never a place to fill."""
        texts = {"{problem}": problem, "{reply}": reply}
        filled = re.sub(r"\{problem\}|\{reply\}", lambda mark: texts[mark[0]], self.rubric)
        try:
            return self.engine.render([{"role": "user", "content": filled}])
        except PromptError:
            return None

    def _count_silence(self, answered: bool) -> None:
        self.silent = 0 if answered else self.silent + 1
        if self.silent == PATIENCE:
            raise UserError(
                f"the judge {self.name!r} has not answered for {PATIENCE} steps, and without it "
                "nothing is learned: see to it and start again, the training goes on"
            )


def read(done: Completion) -> Judgement:
    """The last score that the judge gives, after its own thinking; a share of `HIGHEST`."""
    if done.text is None:
        return None, DOWN
    scores = _SCORE.findall(reply_of(done.text))
    if not scores or float(scores[-1]) > HIGHEST:
        return None, NO_SCORE
    return float(scores[-1]) / HIGHEST, JUDGED


def rubric(name: str, setting: str) -> str:
    """The text of a shipped rubric, or of a file; it has {problem} and {reply} to be filled."""
    if name in RUBRICS:
        shipped = resources.files("rl.rewards").joinpath(f"rubrics/{name}.md")
        return shipped.read_text(encoding="utf-8")
    try:
        text = Path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        near = did_you_mean(name, RUBRICS)
        raise UserError(
            f"{setting}: {name!r} is neither a file nor a shipped rubric{near}"
        ) from None
    if "{reply}" not in text:
        raise UserError(f"{setting}: {name} has no {{reply}} to stand for what is judged")
    return text
