"""Detectors of languages, asked about the few clauses that function words alone do not decide."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filters.errors import UserError, did_you_mean
from filters.language.function_words import FUNCTION_WORDS

if TYPE_CHECKING:
    from langdetect import DetectorFactory

_ENOUGH = 1000
"""characters that a detector reads of a text: half a page; it is sure after some lines"""


def _langdetect(text: str, target: str) -> float:
    from langdetect import LangDetectException

    detector = _langdetect_of(frozenset({*FUNCTION_WORDS, target})).create()
    detector.n_trial = 1  # of 7: more told no clause of 20,000 traces otherwise
    detector.append(text)
    try:
        guesses = detector.get_probabilities()
    except LangDetectException:  # no letters in it
        return 0.0
    return sum(guess.prob for guess in guesses if guess.lang == target)


@lru_cache(maxsize=8)
def _langdetect_of(languages: frozenset[str]) -> DetectorFactory:
    """The profiles of the languages in question only: loading all 55 takes a second."""
    from langdetect.detector_factory import PROFILES_DIRECTORY, DetectorFactory

    profiles = sorted(Path(PROFILES_DIRECTORY).iterdir())
    factory = DetectorFactory()
    factory.load_json_profile(
        [profile.read_text(encoding="utf-8") for profile in profiles if profile.name in languages]
    )
    factory.set_seed(0)  # else the same text gets another answer on another day
    return factory


def _lingua(text: str, target: str) -> float:
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


DETECTORS: dict[str, Callable[[str, str], float]] = {"langdetect": _langdetect, "lingua": _lingua}


def check_detector(name: str) -> None:
    if name not in DETECTORS:
        raise UserError(f"language.detector: no {name!r}{did_you_mean(name, DETECTORS)}")


def probability(text: str, target: str, detector: str) -> float:
    """That the text is in the target language."""
    return DETECTORS[detector](text[:_ENOUGH], target)
