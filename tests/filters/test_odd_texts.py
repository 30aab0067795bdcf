"""Whatever a text is made of, every text filter judges it, and judges it alike in any company."""

from random import Random

import polars as pl
import pytest
from injector import sound_traces
from traces import frame

from filters.base import Filter
from filters.finish.finish import Finish
from filters.format.format import Format
from filters.language.language import Language
from filters.length import Length
from filters.readability.readability import Readability
from filters.repetition.repetition import Repetition

FILTERS = (Finish(), Format(), Length(), Language(), Repetition(), Readability())
PIECES = [
    *("<think>", "</think>", "\n", " ", ". ", "。", "，所以", "the ", " le chat et la ", " der "),
    *(r"\boxed{12}", "$$", "```", "~~~", r"\[", r"\]", r"\left(", "é", "Ã©", "%@&~", "12", "= 3."),
    *("<|im_end|>", "[INST]", "a" * 70, "ab " * 30, "x" * 63, "y" * 64, "\x0c", "привет "),
    *("\U00020000", "Error code: 500 server", "Wait, let me check again. ", "日本語の的"),
    *("\n### Question", "User: hi", "\x00", "\u202e", "\u200f", "\ufeff", "\ufffd", "e\u0301" * 40),
    *("\ud83d\udc4d".encode("utf-16", "surrogatepass").decode("utf-16"), "\u2028", "\x1c", "\r"),
    *(r"\boxed{", r"\frac{1}{0}", r"\begin{a}", r"\end{b}", "{" * 30, "}" * 30, "9" * 400),
    *("So the answer is ", "答案是", "\n\nanswer\n", "think\n", "◁/think▷", "https://a.b/c?d=é"),
]  # fmt: skip


def made_up(rng: Random) -> str:
    pieces = "".join(rng.choices(PIECES, k=rng.choice((0, 1, 2, 5, 20, 60))))
    return pieces[: rng.choice((63, 64, 65, 129, 256, 10_000))]


def mutated(rng: Random, text: str) -> str:
    """With some of its stretches gone, doubled, turned round or replaced by odd pieces."""
    for _ in range(rng.randint(1, 8)):
        begin = rng.randrange(len(text) + 1)
        end = min(len(text), begin + rng.choice((0, 1, 3, 20, 300)))
        stretch, piece = text[begin:end], rng.choice(PIECES)
        new = rng.choice(("", stretch * 2, stretch[::-1], piece, piece * 9, stretch.upper()))
        text = text[:begin] + new + text[end:]
    return text


def any_texts(seed: int, count: int) -> list[str]:
    rng = Random(seed)
    real = [row["response"] for row in sound_traces(40, seed)]
    return [made_up(rng) if i % 2 else mutated(rng, rng.choice(real)) for i in range(count)]


def without_exception(texts: list[str]) -> None:
    rows = frame(*texts, problem="How much is 6 + 6? Answer in English.")
    for judge in FILTERS:
        assert judge.score(rows).height == len(texts)


def test_no_text_makes_a_filter_raise():
    without_exception(any_texts(seed=1, count=200))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 12))
def test_none_of_many_texts_makes_a_filter_raise(seed: int):
    without_exception(any_texts(seed, count=500))


@pytest.mark.parametrize("judge", FILTERS, ids=lambda judge: judge.name)
@pytest.mark.parametrize("language", [None, "en", "zh", "fr", "xx"])
def test_odd_texts_have_a_verdict(judge: Filter, language: str | None):
    texts = ["", " ", "\x00", "\n" * 3000, "</think>", "<think>", "a" * 300_000, "1 " * 100_000]
    verdicts = judge.judge(frame(None, *texts, language=language, problem=""))
    assert verdicts.height == len(texts) + 1
    assert "filter_error" not in verdicts.get_column("reason").to_list()


def judged(texts: list[str]) -> list[pl.DataFrame]:
    rows = frame(*texts)
    return [f.judge(rows).select("scores", "keep", "reasons", "detail") for f in FILTERS]


def test_verdicts_do_not_depend_on_the_company():
    texts = any_texts(seed=0, count=120)
    together, backwards = judged(texts), judged(texts[::-1])
    for some, others in zip(together, backwards, strict=True):
        assert some.equals(others.reverse())
    for i in range(0, len(texts), 10):
        for some, alone in zip(together, judged([texts[i]]), strict=True):
            assert some[i].equals(alone)


@pytest.mark.parametrize("before", range(0, 200, 7))
def test_a_foreign_sentence_is_found_wherever_the_text_ends(before: int):
    french = ". Donc nous avons le chat et la souris dans ici"
    text = ("We add the two of them. " * 9)[:before] + french
    assert Language().judge(frame(text)).get_column("keep").to_list() == [False]
