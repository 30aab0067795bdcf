"""Where something can be put into a text: between sentences of prose, never into code or maths."""

from __future__ import annotations

import re
from random import Random

_ENDS = re.compile(r"(?<=[a-zà-ÿа-яё\d)]{2}[.!?])(?= [A-ZÀ-ÞА-ЯЁ¿])|(?<=[。！？])(?=[^\n”」])")
_STOPS = re.compile(r"(?<=[a-zà-ÿа-яё\d]{2})\.(?= [A-ZÀ-Þ]|\n\n)|(?<=[一-鿿ぁ-ん\d])。(?!”)")


def _prose(text: str, at: int) -> bool:
    """Not in a fence, a formula, a table row or a quotation."""
    before, line = text[:at], text[text.rfind("\n", 0, at) + 1 : at]
    return (
        before.count("```") % 2 == 0
        and before.count("\\[") == before.count("\\]")
        and before.count("$$") % 2 == 0
        and line.count('"') % 2 == 0
        and line.count("`") % 2 == 0
        and line.count("“") == line.count("”")
        and not line.startswith(("|", "- ", "  "))
    )


def gaps(text: str) -> list[int]:
    """Offsets between two sentences of one paragraph, or between paragraphs where none is."""
    found = [m.start() for m in _ENDS.finditer(text) if _prose(text, m.start())]
    return found or [m.start() for m in re.finditer(r"\n\n", text) if _prose(text, m.start())]


def put(rng: Random, text: str, sentence: str) -> str:
    """The sentence between two others; a blank before it unless the script has none."""
    at = rng.choice(gaps(text) or [len(text)])
    blank = "" if text[at - 1 : at] in "。！？" else " "
    return f"{text[:at]}{blank}{sentence}{text[at:]}"


def carry_on(rng: Random, text: str, clause: str) -> str | None:
    """One sentence goes on with a clause instead of ending; None where no sentence ends."""
    stops = [m.start() for m in _STOPS.finditer(text) if _prose(text, m.start())]
    if not stops:
        return None
    at = rng.choice(stops)
    comma = "，" if text[at] == "。" else ", "
    return f"{text[:at]}{comma}{clause}{text[at:]}"


def paragraphs(text: str) -> list[str]:
    return [p for p in text.split("\n\n") if p.strip()]


def between(rng: Random, text: str, new: str, lowest: int = 1) -> str:
    """A new paragraph between two others (at the end of a text that has only one)."""
    own = paragraphs(text)
    at = rng.randint(min(lowest, len(own)), max(lowest, len(own) - 1)) if own else 0
    return "\n\n".join([*own[:at], new, *own[at:]])


def sentences(text: str, shortest: int = 30) -> list[str]:
    """Whole sentences of prose without formulas."""
    found = re.findall(r"(?<=[.!?。！？] |\n\n|.[。！？])[^\n.!?。！？\\$`|]+[.!?。！？]", text)
    return [s for s in found if len(s) >= shortest]
