"""The engines: what they are asked and what they answer."""

from collections.abc import Iterator, Sequence

from curate.config import Generate
from curate.engines.engine import Completion, Request, Sampling
from curate.engines.scripted import ScriptedEngine


class Forgetful(ScriptedEngine):
    """Answers only the first sample of each request."""

    def generate(self, requests: Sequence[Request], sampling: Sampling) -> Iterator[Completion]:
        yield from (c for c in super().generate(requests, sampling) if c.sample_index == 0)


def interrupted_at_third(prompt: str) -> list[str]:
    """As when a person presses Ctrl-C while the third problem is sampled."""
    if prompt == "c":
        raise KeyboardInterrupt
    return ["fine"]


def test_scripted_answers_go_round() -> None:
    engine = ScriptedEngine(Generate(options={"answers": {"q": ["a", "b"]}}))
    done = list(engine.generate([Request("p", (0, 1, 2), "q", 0)], Sampling()))
    assert [c.text for c in done] == ["a", "b", "a"]


def test_scripted_answer_is_cut_like_a_models() -> None:
    engine = ScriptedEngine(Generate(options={"answers": {"q": ["one  two three"]}}))
    (done,) = engine.generate([Request("p", (0,), "q", 0)], Sampling(max_tokens=2))
    assert (done.text, done.finish_reason, done.num_tokens) == ("one  two", "length", 2)


def test_scripted_prompt_without_answer_is_an_error() -> None:
    engine = ScriptedEngine(Generate(options={"answers": {}}))
    (done,) = engine.generate([Request("p", (4,), "q", 0)], Sampling())
    assert done.finish_reason == "error"
    assert done.error == "no_answer: the script has none for this prompt"
