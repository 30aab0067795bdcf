"""Benchmark questions that got into a problem: whole, edited, in part, short ones, Chinese ones."""

from __future__ import annotations

import re
from random import Random

from ..benchmark import BOILERPLATE, CHINESE, LONG, SHORT
from ..rows import Row

BEFORE = ("", "Solve the following exercise. ", "Q12. ", "Here is a problem from my class:\n\n")
AFTER = ("", "\n\nShow your work.", " Explain briefly.")


def _question(rng: Random) -> str:
    return rng.choice(LONG).replace(BOILERPLATE, "").strip()


def whole_question(row: Row, rng: Random) -> Row:
    return {**row, "problem": rng.choice(BEFORE) + _question(rng) + rng.choice(AFTER)}


def edited_question(row: Row, rng: Random) -> Row:
    """Other case, blanks and punctuation; every word still stands in its place."""
    text = _question(rng)
    text = rng.choice((str.upper, str.lower, str.title))(text)
    text = re.sub(r"[,;]", lambda m: rng.choice(("", " -", m[0])), text)
    return {**row, "problem": re.sub(r" ", lambda m: rng.choice((" ", "  ", "\n")), text)}


def part_of_question(row: Row, rng: Random) -> Row:
    """A run of 12 to 22 words of a question inside another problem."""
    words = _question(rng).split()
    count = rng.randint(12, 22)
    start = rng.randint(0, max(0, len(words) - count))
    span = " ".join(words[start : start + count])
    return {**row, "problem": f"{row['problem']} Compare this with the case: {span} …"}


def short_question(row: Row, rng: Random) -> Row:
    """A question shorter than the n-gram, as it is or with other case and punctuation."""
    text = rng.choice(SHORT)
    change = rng.choice((str, str.lower, str.upper, lambda t: t.rstrip("?.") + " ?"))
    return {**row, "problem": change(text)}


def chinese_question(row: Row, rng: Random) -> Row:
    before = rng.choice(("", "请解答：", "题目："))
    return {**row, "problem": before + rng.choice(CHINESE), "language": "zh"}


def part_of_chinese_question(row: Row, rng: Random) -> Row:
    text = rng.choice(CHINESE)
    count = rng.randint(26, 38)
    start = rng.randint(0, max(0, len(text) - count))
    return {**row, "problem": f"参考条件：{text[start : start + count]}。{row['problem']}"}


DEFECTS = {
    "whole_question": whole_question,
    "edited_question": edited_question,
    "part_of_question": part_of_question,
    "short_question": short_question,
    "chinese_question": chinese_question,
    "part_of_chinese_question": part_of_chinese_question,
}
