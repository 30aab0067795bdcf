"""What says nothing about where a problem is from, and so is no words of it: instructions to the
solver, stock phrases of competitions, TeX commands, drawings."""

from __future__ import annotations

import re
from collections.abc import Sequence

import polars as pl

from filters.errors import UserError

BOILERPLATE = (
    # competition mathematics
    "where m and n are relatively prime positive integers",
    "where m and n are relatively prime integers",
    "where m n and p are positive integers",
    "where m and n are positive integers",
    "where m and n are integers",
    "m and n are relatively prime",
    "n is not divisible by the square of any prime",
    "is a positive integer not divisible by the square of any prime",
    *("can be written in the form", "can be expressed in the form", "in the form"),
    *("can be written as", "can be expressed as", "can be represented as"),
    *("find m n p q", "find m n p", "find m n", "what is m n p", "what is m n"),
    *("m sqrt n", "let x y and z be positive real numbers"),
    "how many of the following statements are true",
    "which of the following is closest to",
    *("express your answer as a common fraction", "express your answer in simplest radical form"),
    *("round your answer to the nearest", "you are given an array of integers"),
    *("from typing import list", "下列说法正确的是", "下列选项中", "请问一共有多少"),
)
"""A single letter stands for any."""

CUT = "ꙮ"
"""stands for an instruction, so that no run goes across it: a letter that one old manuscript has"""
_GAP = r"[[:punct:][:space:]，。：]*"
_CUES = (
    # of a sentence that tells how to answer, and asks nothing
    *("step[ -]by[ -]step", "boxed", "final answer", "chain of thought", "let's think"),
    r"your (?:final |own )?(?:answer|response|reply|reasoning|solution|output|work|thought)",
    r"(?:the|this|that|these|a|each) (?:following |given |next )?"
    r"(?:math[a-z]*|multiple[ -]choice|coding|programming|reasoning|logic) "
    r"(?:problem|question|task)",
    *("the following (?:problem|question|task|instruction)s?", "the problem specification"),
    r"you are an? (?:[a-z]+ ){0,4}(?:assistant|expert|tutor|teacher|mathematician|programmer|AI)",
    *("you will be (?:given|presented)", "the last line of", "write a python function"),
    *("(?:the|an?) (?:answer|response) (?:is|should|must)", "answer the question"),
    *("passes all tests", "without quotes"),
)
_CUES_ZH = ("逐步", "一步一步", "最终答案", "请(?:回答|解答|计算|推理|你)")
_CLAUSE = r"[^\n.!?:;。！？，；：]*"
_INSTRUCTION = rf"(?i){_CLAUSE}(?:(?-u:\b)(?:{'|'.join(_CUES)})|{'|'.join(_CUES_ZH)}){_CLAUSE}"
_NO_WORDS = re.compile(
    r"\[asy\](?:[^\[]|\[(?!/?asy\]))*\[/asy\]|\\(?:begin|end)\s*\{[a-z*]+\}|\\[a-z]+", re.IGNORECASE
)
_WORD = re.compile(r"[⺀-鿿]|[^\W_⺀-鿿]+")


def without_tex(text: str) -> str:
    """The same length, so that places stay."""
    return _NO_WORDS.sub(lambda found: " " * len(found[0]), text)


def without_instructions(texts: pl.Series, put: str) -> pl.Series:
    return texts.str.replace_all(_INSTRUCTION, f" {put} ")


def without_phrases(texts: pl.Series, phrases: Sequence[str]) -> pl.Series:
    """The words around a phrase become neighbours."""
    stock = "|".join(map(_pattern, phrases))
    return texts.str.replace_all(f"(?i){stock}", " ") if stock else texts


def _pattern(phrase: str) -> str:
    found = _WORD.findall(phrase)
    if len(found) < 2:
        raise UserError(f"boilerplate phrase {phrase!r} has fewer than two words")
    parts = ("[a-z]" if len(w) == 1 and w.isascii() else re.escape(w) for w in found)
    ends = (r"(?-u:\b)" if w.isascii() else "" for w in (found[0], found[-1]))
    return next(ends) + _GAP.join(parts) + next(ends)
