"""Text banks: `texts/<language>.txt` holds sections of sentences with choices and blanks.

`⟨a|b⟩` picks one, `{name}` is filled in, a paragraph that starts with `?` may be left out, and
`---` on a line of its own parts alternative versions.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

FOLDER = Path(__file__).parent / "texts"
_CHOICE = re.compile(r"⟨([^⟨⟩]*)⟩")
_BLANK = re.compile(r"\{(\w+)\}")


@cache
def sections(language: str) -> dict[str, str]:
    text = (FOLDER / f"{language}.txt").read_text(encoding="utf-8")
    parts = re.split(r"^=== (\S+)\n", text, flags=re.MULTILINE)[1:]
    return {name: body.strip("\n") for name, body in zip(parts[::2], parts[1::2], strict=True)}


def has(language: str, name: str) -> bool:
    return name in sections(language)


@cache
def lines(language: str, name: str) -> tuple[str, ...]:
    """A section as one entry a line."""
    return tuple(line for line in sections(language)[name].split("\n") if line)


def spin(rng: Random, text: str) -> str:
    """Every `⟨a|b⟩` replaced by one of its choices, innermost first."""
    while "⟨" in text:
        text = _CHOICE.sub(lambda found: rng.choice(found[1].split("|")), text)
    return text


def fill(rng: Random, text: str, values: dict[str, Any]) -> str:
    """Choices made, blanks filled; braces that name no value (LaTeX, code) stay as they are."""
    return _BLANK.sub(
        lambda found: str(values[found[1]]) if found[1] in values else found[0], spin(rng, text)
    )


def one(rng: Random, language: str, name: str, values: dict[str, Any]) -> str:
    """One line of a section, filled."""
    return fill(rng, rng.choice(lines(language, name)), values)


def block(rng: Random, language: str, name: str, values: dict[str, Any]) -> list[str]:
    """The paragraphs of one version of a section, filled; optional ones come or stay away."""
    version = rng.choice(sections(language)[name].split("\n---\n"))
    kept = [p for p in version.split("\n\n") if not p.startswith("?") or rng.random() < 0.5]
    return [fill(rng, paragraph.removeprefix("?"), values) for paragraph in kept]
