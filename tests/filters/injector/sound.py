"""Sound traces: a problem of some family, thought through and summarized in its language."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

from . import maths, prose, puzzles, word_problems
from .rows import Parts, Row
from .texts import block, has, one

Family = tuple[str, Callable[[Random, str], dict[str, Any]]]

FAMILIES: dict[str, Family] = {
    **{
        name: ("math", make)
        for name, make in (
            *word_problems.TOLD_IN_ALL.items(),
            ("cages", word_problems.cages),
            ("sets", word_problems.sets),
            ("mean", word_problems.mean),
            ("quadratic", maths.quadratic),
            ("digit", maths.digit),
            ("committee", maths.committee),
            ("gcd", maths.euclid),
            ("dice", maths.dice),
            ("triangle", maths.triangle),
            ("system", maths.system),
            ("parity", maths.parity),
            ("extremum", maths.extremum),
            ("base", maths.base),
            ("mixture", maths.mixture),
        )
    },
    "knights": ("logic", word_problems.knights),
    "weekday": ("logic", word_problems.weekday),
    "order": ("logic", puzzles.order),
    "jugs": ("logic", puzzles.jugs),
    "window": ("code", puzzles.window),
    "runs": ("code", puzzles.runs),
    "brackets": ("code", puzzles.brackets),
    "grid": ("code", puzzles.grid),
    "letter": ("open", prose.letter),
    "explain": ("open", prose.explain),
    "essay": ("open", prose.essay),
    "advice": ("open", prose.advice),
    "trick": ("open", prose.trick),
}

FEW_VERSIONS = ("brackets", "grid", "essay")
"""families with so few versions that two of their traces would be near twins by themselves"""

LANGUAGES = {"en": 60, "zh": 20, "fr": 4, "de": 4, "es": 4, "ru": 4, "ja": 4}
"""languages that have problems, and how often each comes in a hundred"""
FORMS = {"both": 50, "close": 40, "bare": 10}


@dataclass(frozen=True, slots=True)
class Draft:
    """One problem told: everything a trace of it is put together from."""

    family: str
    kind: str
    language: str
    problem: str
    values: dict[str, Any]
    body: list[str]
    summary: str


def families_of(language: str) -> list[str]:
    return [name for name in FAMILIES if has(language, f"{name}.problem")]


def draft(rng: Random, language: str, family: str | None = None) -> Draft:
    family = family or rng.choice(families_of(language))
    kind, make = FAMILIES[family]
    return tell(rng, language, family, kind, make(rng, language))


def tell(rng: Random, language: str, family: str, kind: str, values: dict[str, Any]) -> Draft:
    asked = {**values, "ask": one(rng, language, f"{family}.ask", values)}
    return Draft(
        family,
        kind,
        language,
        one(rng, language, f"{family}.problem", values),
        asked,
        block(rng, language, f"{family}.thinking", asked),
        "\n\n".join(block(rng, language, f"{family}.summary", asked)),
    )


def thinking(rng: Random, told: Draft, reflections: int) -> list[str]:
    """Opening, the derivation with some reflection between its steps, the answer at the end."""
    out = [one(rng, told.language, "open", told.values), *told.body]
    said = [one(rng, told.language, "reflect", told.values) for _ in range(reflections)]
    for text in dict.fromkeys(said):
        out.insert(rng.randint(2, len(out)), text)
    if told.values["gold"] is not None:
        out.append(one(rng, told.language, "close", told.values))
    return out


def rehearsed(rng: Random, told: Draft, reflections: int) -> list[str]:
    """The thinking with a rehearsal on other numbers of the same family before the derivation."""
    other = draft(rng, told.language, told.family)
    values = {"problem2": other.problem, "gold2": other.values["gold"]}
    own = thinking(rng, told, reflections)
    before = one(rng, told.language, "warmup", values)
    back = one(rng, told.language, "back", values)
    return [own[0], before, *other.body, back, *own[1:]]


def single(rng: Random, language: str) -> Row:
    told = draft(rng, language)
    if told.family in FEW_VERSIONS:
        return several(rng, language, 2, first=told.family)
    # doubts about a calculation would sound odd in a letter
    reflections = 0 if told.kind == "open" else rng.choice((0, 1, 1, 2, 3))
    rehearse = told.values["gold"] is not None and has(language, "warmup") and rng.random() < 0.2
    make = rehearsed if rehearse else thinking
    return _row(rng, told, "\n\n".join(make(rng, told, reflections)))


def several(rng: Random, language: str, count: int, first: str | None = None) -> Row:
    """One problem of several parts from different families: how long traces come about."""
    names = families_of(language)
    chosen = rng.sample(names, min(count, len(names)))
    if first:
        chosen = [first, *(name for name in chosen if name not in FEW_VERSIONS)]
    told = [draft(rng, language, name) for name in chosen]
    out, problems, summaries = [], [], []
    for letter, each in zip("abcdefghijklmnop", told, strict=False):
        own = thinking(rng, each, 0 if each.kind == "open" else rng.choice((1, 2, 3)))
        out += [one(rng, language, "part", {"letter": letter}), *own]
        problems.append(f"({letter}) {each.problem}")
        summaries.append(f"**({letter})** {each.summary}")
    whole = Draft(
        "several",
        told[0].kind,
        language,
        "\n".join(problems),
        {**told[0].values, "gold": None},
        out,
        "\n\n".join(summaries),
    )
    return _row(rng, whole, "\n\n".join(out))


def _row(rng: Random, told: Draft, thought: str) -> Row:
    form = rng.choices(list(FORMS), list(FORMS.values()))[0]
    gold = told.values["gold"]
    return {
        "problem": told.problem,
        "response": Parts(form, thought, told.summary).text(),
        "finish_reason": rng.choice(("stop", "stop", None)),
        "kind": told.kind,
        "language": told.language,
        "gold": None if gold is None else str(gold),
        "origin": "generated",
    }


def rows_without_end(rng: Random, shared: Path | None = None) -> Iterator[Row]:
    """Sound rows, two in five of them real where the folder of shared data is given.

    A real row may come again; whoever needs distinct rows takes `real_traces`.
    """
    real = real_traces(shared) if shared else ()
    while True:
        if real and rng.random() < 0.4:
            yield rng.choice(real)
            continue
        language = rng.choices(list(LANGUAGES), list(LANGUAGES.values()))[0]
        long = language in ("en", "zh") and rng.random() < 0.15
        yield several(rng, language, rng.randint(2, 4)) if long else single(rng, language)


def sound_traces(n: int, seed: int, shared: Path | None = None) -> list[Row]:
    """n rows; a quarter of them real ones where the folder of shared data is given."""
    rng = Random(f"sound-{seed}")
    real = list(real_traces(shared)) if shared else []
    taken = rng.sample(real, min(n // 4, len(real)))
    rows = [*taken, *islice(rows_without_end(rng), n - len(taken))]
    rng.shuffle(rows)
    return rows


@cache
def real_traces(shared: Path) -> tuple[Row, ...]:
    """Correct real traces on which none of the shared heuristic flags is raised."""
    flags = {f["trace_id"]: f for f in _json_lines(shared / "trace_flags.jsonl")}
    with gzip.open(shared / "traces.jsonl.gz", "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    return tuple(_real(row) for row in rows if _unflagged(row, flags[row["trace_id"]]))


def _json_lines(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def _unflagged(row: dict[str, Any], flag: dict[str, Any]) -> bool:
    doubts = ("mixed_language", "mention_only", "looping", "truncated", "garbled", "api_error")
    tagged = flag["tag_form"] in ("close-only", "think-open-close", "bare-think-answer")
    clean = not any(flag[doubt] for doubt in doubts)
    return row["label"] == "correct" and tagged and clean and _well_formed(row["response"])


def _well_formed(text: str) -> bool:
    """One end of thinking, with text on both sides, so that defects can be put in safely."""
    if text.startswith("think\n"):
        return text.count("\nanswer\n") == 1
    before, _, after = text.partition("</think>")
    return len(before) > 400 and len(after.strip()) > 20 and text.count("</think>") == 1


def _real(row: dict[str, Any]) -> Row:
    return {
        "problem": row["problem"],
        "response": row["response"],
        "finish_reason": None,
        "kind": "math" if row["problem_id"].startswith("mip") else "open",
        "language": "en",
        "gold": row["gold_answer"],
        "origin": "shared",
    }


def rendered(rng: Random, language: str, family: str, values: dict[str, Any]) -> tuple[str, str]:
    """Thinking and summary of given numbers in a language, for a trace in the wrong one."""
    told = tell(rng, language, family, FAMILIES[family][0], values)
    return "\n\n".join(thinking(rng, told, 2)), told.summary
