"""Walks over bytes: what they are given, and that no walk reads beyond a text."""

import os
import subprocess
import sys
from pathlib import Path
from random import Random

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from traces import frame

from filters.finish import Finish
from filters.format import Format
from filters.language.language import Language
from filters.length import Length
from filters.readability.readability import Readability
from filters.repetition.repetition import Repetition
from filters.texts import NONE, Texts, compiled, find_byte, text_at

FILTERS = (Finish(), Format(), Length(), Language(), Repetition(), Readability())
PIECES = [
    *("<think>", "</think>", "\n", " ", ". ", "。", "，所以", "the ", " le chat et la ", " der "),
    *(r"\boxed{12}", "$$", "```", "~~~", r"\[", r"\]", r"\left(", "é", "Ã©", "%@&~", "12", "= 3."),
    *("<|im_end|>", "[INST]", "a" * 70, "ab " * 30, "x" * 63, "y" * 64, "\x0c", "привет "),
    *("\U00020000", "Error code: 500 server", "Wait, let me check again. ", "日本語の的"),
    *("\n### Question", "User: hi"),
]  # fmt: skip


@compiled
def _feeds(places, out):
    for row in places.rows:
        text = text_at(places, row)
        at = find_byte(text, 10, 0)
        while at < len(text):
            out[row, 0] += 1
            at = find_byte(text, 10, at + 1)


@given(st.lists(st.none() | st.text(max_size=200) | st.text("\nab", max_size=300), max_size=8))
def test_a_walk_sees_the_bytes_of_each_text(texts: list[str | None]):
    looked = Texts(pl.Series(texts, dtype=pl.String))
    assert looked.sizes().tolist() == [len((text or "").encode()) for text in texts]
    assert looked.walk(_feeds, 1)[:, 0].tolist() == [(text or "").count("\n") for text in texts]
    chars = [np.nan if text is None else len(text) for text in texts]
    np.testing.assert_array_equal(looked.characters(), chars)


@given(st.lists(st.text("ab中\n", max_size=40), max_size=8), st.randoms(use_true_random=False))
def test_a_slice_is_text_again(texts: list[str], rng: Random):
    spans = [sorted(rng.choices(range(len(text) + 1), k=2)) for text in texts]
    begins, ends = (
        np.array([len(text[: span[i]].encode()) for text, span in zip(texts, spans, strict=True)])
        for i in range(2)
    )
    column = pl.Series(texts, dtype=pl.String)
    expected = [text[a:b] for text, (a, b) in zip(texts, spans, strict=True)]
    if texts:
        assert Texts(column).slices(begins, ends).to_list() == expected
        assert Texts(column).slices(begins, np.full(len(texts), NONE)).null_count() == len(texts)


def any_texts(seed: int, count: int) -> list[str]:
    rng = Random(seed)
    sizes = (63, 64, 65, 127, 128, 129, 191, 192, 256, 10_000)
    return [
        "".join(rng.choices(PIECES, k=rng.choice((0, 1, 2, 5, 20, 60))))[: rng.choice(sizes)]
        for _ in range(count)
    ]


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


@pytest.mark.slow
def test_no_walk_reads_beyond_its_text(tmp_path: Path):
    """All walks compiled anew with every index checked: a minute."""
    here = Path(__file__)
    code = "from test_texts import any_texts, judged; judged(any_texts(1, 600))"
    paths = os.pathsep.join(map(str, (here.parent, here.parents[1], here.parents[2])))
    checked = {"NUMBA_BOUNDSCHECK": "1", "NUMBA_CACHE_DIR": str(tmp_path), "PYTHONPATH": paths}
    done = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | checked, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
