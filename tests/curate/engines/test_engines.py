"""The engines: what they are asked and what they answer."""

from collections.abc import Iterator

import pytest

from curate.config import Generate
from curate.engines.engine import Completion, Request, Requests, Sampling, take
from curate.engines.scripted import ScriptedEngine
from curate.engines.templates import named_template, rendered
from filters.errors import UserError

USER = [{"role": "user", "content": "1+1?"}]


class Forgetful(ScriptedEngine):
    """Answers only the first sample of each prompt."""

    def generate(self, requests: Requests, sampling: Sampling) -> Iterator[list[Completion]]:
        kept = {}
        for done in super().generate(_noted(requests, kept), sampling):
            yield [c for c in done if kept[c.id].index == 0]


def _noted(requests: Requests, kept: dict[str, Request]) -> Requests:
    for request in requests:
        if request is not None:
            kept[request.id] = request
        yield request


class Thrifty(ScriptedEngine):
    """Ends after one batch, as one that may spend no more."""

    def generate(self, requests: Requests, sampling: Sampling) -> Iterator[list[Completion]]:
        yield next(super().generate(requests, sampling))
        self.stopped = "enough is spent"


def interrupted_at_third(prompt: str) -> list[str]:
    """As when a person presses Ctrl-C while the third problem is sampled."""
    if prompt == "c":
        raise KeyboardInterrupt
    return ["fine"]


def answered(answers: object, *requests: Request, **sampling: int) -> list[Completion]:
    engine = ScriptedEngine(Generate(options={"answers": answers}))
    batches = engine.generate(iter(requests), Sampling(**sampling))
    return [completion for batch in batches for completion in batch]


def test_scripted_answers_go_round() -> None:
    done = answered({"q": ["a", "b"]}, *(Request(f"t{i}", "q", index=i) for i in range(3)))
    assert [(c.id, c.text) for c in done] == [("t0", "a"), ("t1", "b"), ("t2", "a")]


def test_scripted_answer_is_cut_like_a_models() -> None:
    (done,) = answered({"q": ["one  two three"]}, Request("t", "q"), max_tokens=2)
    assert (done.text, done.finish_reason, done.num_tokens) == ("one  two", "length", 2)


def test_scripted_prompt_without_answer_is_an_error() -> None:
    (done,) = answered({}, Request("t", "q"))
    assert done.finish_reason == "error"
    assert done.error == "engine_error: the script has no answer to this prompt"


def test_take_stops_where_nothing_is_to_be_had_at_the_moment() -> None:
    requests = iter([Request("a", ""), None, Request("b", ""), Request("c", "")])
    assert [[r.id for r in take(requests, 2)] for _ in range(3)] == [["a"], ["b", "c"], []]


def test_r1_zero_template_is_the_papers() -> None:
    text = rendered(named_template("r1-zero"), USER)
    assert text.startswith("A conversation between User and Assistant. The user asks a question,")
    assert text.endswith("<answer> answer here </answer>. User: 1+1? Assistant:")


def test_worked_examples_and_system_prompt_fit_the_r1_zero_template() -> None:
    turns = [{"role": "system", "content": "Be brief."}, *USER]
    turns += [{"role": "assistant", "content": "<think>so</think> 2"}, *USER]
    text = rendered(named_template("r1-zero"), turns)
    assert text == "Be brief. User: 1+1? Assistant: <think>so</think> 2 User: 1+1? Assistant:"


def test_template_that_is_nowhere_is_one_line() -> None:
    with pytest.raises(UserError, match=r"'r1zero' is neither .*; did you mean 'r1-zero'"):
        named_template("r1zero")
