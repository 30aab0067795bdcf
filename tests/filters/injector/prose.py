"""Open questions: letters, explanations, plans, riddles; their casts stand in `texts/`."""

from __future__ import annotations

from random import Random
from typing import Any

from .texts import lines

Values = dict[str, Any]


def _cast(rng: Random, language: str, name: str) -> list[str]:
    return rng.choice(lines(language, f"{name}.cast")).split("|")


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def letter(rng: Random, language: str) -> Values:
    who, addressee, offer, why, alt, alt2, short = _cast(rng, language, "letter")
    return {
        **{"who": who, "addressee": addressee, "offer": offer, "why": why, "alt": alt},
        **{"alt2": alt2, "short": short, "name": rng.choice(lines(language, "names"))},
        "gold": None,
    }


def explain(rng: Random, language: str) -> Values:
    topic, core, image, limit, myth, attempt = _cast(rng, language, "explain")
    return {
        **{"topic": topic, "core": core, "core_s": _capital(core), "image": image},
        **{"limit": limit, "myth": myth, "try": attempt, "gold": None},
    }


def essay(rng: Random, language: str) -> Values:
    topic, core, image, limit, myth, attempt = _cast(rng, language, "essay")
    return {
        **{"topic": topic, "core": core, "image": image, "limit": limit, "myth": myth},
        **{"try": attempt, "gold": None},
    }


def advice(rng: Random, language: str) -> Values:
    aim, trap, guard, s1, s2, s3 = _cast(rng, language, "advice")
    weeks, hours = rng.randint(4, 16), rng.randint(2, 8)
    total = weeks * hours
    p1 = max(1, total * rng.randint(15, 35) // 100)
    p2 = max(1, total * rng.randint(30, 45) // 100)
    return {
        **{"aim": aim, "trap": trap, "guard": guard, "s1": s1, "s2": s2, "s3": s3},
        **{"weeks": weeks, "hours": hours, "total": total, "p1": p1, "p2": p2},
        **{"p3": total - p1 - p2, "person": rng.choice(lines(language, "names")), "gold": None},
    }


def trick(rng: Random, language: str) -> Values:
    question, restate, wrong, why, gold, short = _cast(rng, language, "trick")
    return {
        **{"question": question, "restate": restate, "restate_s": short, "wrong": wrong},
        **{"why": why, "gold": gold},
    }
