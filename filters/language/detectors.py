"""Detectors of languages, asked about the few clauses that function words alone do not decide."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filters.errors import UserError, did_you_mean
from filters.language.function_words import COMMON, FUNCTION_WORDS
from filters.language.scripts import Candidate, Run

if TYPE_CHECKING:
    from langdetect import DetectorFactory

_ENOUGH = 1000
"""characters that a detector reads of a text: half a page; it is sure after some lines"""

_SURE = 0.9
"""share of the likeliest language above which a question is in it: most have 0.99, code less"""
_ALL = frozenset({*FUNCTION_WORDS, "el"})


def _langdetect(text: str, target: str, other: str) -> float:
    languages = COMMON if {target, other} <= COMMON else _ALL
    if target not in _langdetect_of(languages).langlist:
        return 1.0
    return _guesses(text, languages).get(target, 0.0)


def _guesses(text: str, languages: frozenset[str]) -> dict[str, float]:
    """Language -> probability, where that is over 0.1."""
    from langdetect import LangDetectException

    detector = _langdetect_of(languages).create()
    detector.n_trial = 1  # of 7: more told no clause of 20,000 traces otherwise
    detector.append(text)
    try:
        return {guess.lang: guess.prob for guess in detector.get_probabilities()}
    except LangDetectException:  # no letters in it
        return {}


@lru_cache(maxsize=2)
def _langdetect_of(languages: frozenset[str]) -> DetectorFactory:
    """The profiles of the languages in question only: six load in 0.1 s, all 55 in one."""
    from langdetect.detector_factory import PROFILES_DIRECTORY, DetectorFactory

    profiles = sorted(Path(PROFILES_DIRECTORY).iterdir())
    factory = DetectorFactory()
    factory.load_json_profile(
        [profile.read_text(encoding="utf-8") for profile in profiles if profile.name in languages]
    )
    factory.set_seed(0)  # else the same text gets another answer on another day
    return factory


def _lingua(text: str, target: str, _: str) -> float:
    values = _lingua_detector().compute_language_confidence_values(text)
    return sum(v.value for v in values if v.language.iso_code_639_1.name.lower() == target)


@lru_cache(maxsize=1)
def _lingua_detector() -> Any:
    try:
        from lingua import LanguageDetectorBuilder
    except ImportError:
        raise UserError(
            "language.detector: lingua is not installed; pip install 'coldstart-curate[lingua]'"
        ) from None
    return LanguageDetectorBuilder.from_all_languages().build()


DETECTORS: dict[str, Callable[[str, str, str], float]] = {
    "langdetect": _langdetect,
    "lingua": _lingua,
}


def check_detector(name: str) -> None:
    if name not in DETECTORS:
        raise UserError(f"language.detector: no {name!r}{did_you_mean(name, DETECTORS)}")


def probability(text: str, target: str, other: str, detector: str) -> float:
    """That the text is in the target language, rather than in the other one; 1 where the detector
    does not know the target."""
    return DETECTORS[detector](text[:_ENOUGH], target, other)


def surely(text: str) -> str | None:
    """The language of Latin script that a text is in beyond doubt."""
    guesses = _guesses(text[:_ENOUGH], _ALL)
    return next((code for code, share in guesses.items() if share > _SURE), None)


_CONFIRMED = 0.2
"""a detector that gives the target language more than this has not confirmed a foreign piece: it is
sure of most clauses, and says 0 or nearly 1"""
_ASKED = 30
"""pieces of a text that the detector is asked about one by one, for 0.03 s; the others it sees as
one text. Of 21,847 traces none has more than seven"""


def confirmed(text: str, target: str, candidates: list[Candidate], detector: str) -> list[Run]:
    """The sure ones, and those that the detector finds in another language than the target."""
    doubtful = {text[c.run.start : c.run.end]: c.run.tongue for c in candidates if not c.sure}
    questions = [([piece], tongue) for piece, tongue in list(doubtful.items())[:_ASKED]]
    if others := list(doubtful)[_ASKED:]:
        questions.append((others, doubtful[others[0]]))
    refuted = {
        piece
        for pieces, tongue in questions
        if probability(" ".join(pieces), target, tongue, detector) > _CONFIRMED
        for piece in pieces
    }
    return [c.run for c in candidates if c.sure or text[c.run.start : c.run.end] not in refuted]
