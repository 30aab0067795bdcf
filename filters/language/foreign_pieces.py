"""The pieces of one text that are not in its language, and whether its author wrote or quoted them.

Another script shows in its letters. The same script (French in English) shows in its function
words: they pick a piece, and a language detector confirms it. A piece is a `mention` where it is
quoted, bracketed behind its own translation, or named as a foreign word; else the author switched.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING

from filters.errors import UserError, did_you_mean
from filters.language.function_words import ELIDED, FUNCTION_WORDS, languages_of, telltale_words

if TYPE_CHECKING:
    from langdetect import DetectorFactory

SCRIPTS = {
    "han": "々〇\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff",
    "kana": "\u3041-\u309f\u30a1-\u30fa\u30fc-\u30ff\uff66-\uff9d",
    "hangul": "\uac00-\ud7af\u1100-\u11ff\u3131-\u318e",
    "cyrillic": "\u0400-\u052f",
    "arabic": "\u0620-\u065f\u066e-\u06d3\u0750-\u077f\ufb50-\ufdff\ufe70-\ufefc",
    "hebrew": "\u05d0-\u05ea",
    "devanagari": "\u0900-\u097f",
    "thai": "\u0e01-\u0e4e",
    "other": "\u0531-\u0587\u0980-\u0dff\u0e80-\u0fff\u1000-\u10ff\u1200-\u139f\u1780-\u17ff",
}
"""Letters of each script as a character class. Greek is left out: in mathematics its letters are
symbols; a Greek word is told by its accents."""
GREEK_ACCENTS = "άέήίόύώϊϋΐΰ"
_ALONE_A_SYMBOL = {"cyrillic", "arabic", "hebrew"}
"""a single letter of these is a symbol (the Tate-Shafarevich Ш), or debris that is no word"""

SCRIPTS_OF = {
    "zh": {"han"},
    "ja": {"han", "kana"},
    "ko": {"hangul", "han"},
    **{code: {"cyrillic"} for code in ("ru", "uk", "bg", "sr", "be", "kk", "mk")},
    **{code: {"arabic"} for code in ("ar", "fa", "ur")},
    "he": {"hebrew"},
    **{code: {"devanagari"} for code in ("hi", "mr", "ne")},
    "th": {"thai"},
}
"""The scripts that belong to a language; one that is not here is written in Latin letters."""
UNSPACED = {"han", "kana", "thai"}
"""scripts without blanks between words, where each character counts as a word"""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of foreign text: characters `start` to `end`."""

    start: int
    end: int
    words: int
    tongue: str
    """a script (han), or a language (fr) where the script is the same"""
    mention: bool


Window = tuple[int, int] | None
"""from one character to another; none where there is nothing to look for"""
EVERYWHERE = (0, sys.maxsize)


def foreign_pieces(
    text: str,
    target: str,
    detector: str = "langdetect",
    script: Window = EVERYWHERE,
    prose: Window = EVERYWHERE,
) -> list[Piece]:
    """All pieces of `text` that are not in the language `target`, in order. Letters of other
    scripts stand only in the window `script`, telltale words in `prose`."""
    runs = list(_script_runs(text, target, script)) if script else []
    if prose and target in SCRIPTS_OF:
        runs += _prose_runs(text)
    elif prose:
        runs += _latin_runs(text, target, detector, prose)
    if target == "ja":
        runs += _chinese_runs(text)
    runs.sort()
    lines: Lines = {}
    mentions = [_is_mention(text, start, end, lines) for start, end, _, _ in runs]
    quoted = {text[a:b] for (a, b, _, _), mention in zip(runs, mentions, strict=True) if mention}
    return [
        Piece(a, b, words, tongue, mention or text[a:b] in quoted)
        for (a, b, words, tongue), mention in zip(runs, mentions, strict=True)
    ]


def count_words(text: str) -> int:
    """Words: letters between blanks, and every character of a script that writes no blanks."""
    return len(_WORD.findall(text))


Run = tuple[int, int, int, str]  # start, end, words, script or language

_NO_BLANKS = "".join(SCRIPTS[script] for script in sorted(UNSPACED))
_WORD = re.compile(rf"[{_NO_BLANKS}]|[^\W\d_]+")


def script_class(target: str) -> str:
    """A pattern for a letter of a script that `target` is not written in."""
    own = SCRIPTS_OF.get(target, set())
    foreign = "".join(letters for name, letters in SCRIPTS.items() if name not in own)
    return f"[{foreign}{'' if target == 'el' else GREEK_ACCENTS}]"


@lru_cache(maxsize=64)
def _patterns(target: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """To find a letter, which is fast, and from there a run of one script: digits, marks and
    blanks between two letters do not end it."""
    runs = [
        rf"(?P<{name}>[{letters}](?:[\d\s、，。！？：；（）]{{0,3}}[{letters}])*)"
        for name, letters in SCRIPTS.items()
    ]
    greek = rf"(?P<greek>[{GREEK_ACCENTS}][α-ω{GREEK_ACCENTS}]*)"
    return re.compile(script_class(target)), re.compile("|".join([*runs, greek]))


def _script_runs(text: str, target: str, window: tuple[int, int]) -> Iterator[Run]:
    if text.isascii():
        return
    letter, run = _patterns(target)
    begin, stop = window
    hit = letter.search(text, begin, stop)
    while hit and (match := run.match(text, hit.start())):
        start, end = match.span()
        script = match.lastgroup or ""
        if script == "greek":
            while start and "α" <= text[start - 1] <= "ω":
                start -= 1
        if end - start > (script in _ALONE_A_SYMBOL or script == "greek"):
            yield start, end, count_words(text[start:end]), script
        hit = letter.search(text, end, stop)


# ------------------------------------------------------------------ the same script

_TOKEN = re.compile(rf"{ELIDED}(?=[^\W\d_])|[^\W\d_]+")
_SENTENCE = re.compile(r"[^\n.!?;]*[.!?;]*")
_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`", re.DOTALL)
_BRACKET = re.compile(r"[\"“”„«»()\[\]:]")
_MIN_TOKENS = 4
_SURE_HITS = 4
"""different function words of one language, and none of the target's, that need no detector"""
_CONFIRMED = 0.2
"""a detector that gives the target language more than this has not confirmed a foreign piece"""

Clause = tuple[int, int, str, int, int]  # start, end, language, words, its different function words


def _latin_runs(text: str, target: str, detector: str, window: tuple[int, int]) -> Iterator[Run]:
    """Clauses in another language of the same script."""
    for sentence in _sentences(text, target, window):
        for start, end, tongue, words, hits in _clauses(sentence.group(), target):
            a, b = sentence.start() + start, sentence.start() + end
            if hits >= _SURE_HITS or probability(text[a:b], target, detector) <= _CONFIRMED:
                yield a, b, words, tongue


def _sentences(text: str, target: str, window: tuple[int, int]) -> Iterator[re.Match[str]]:
    """Sentences outside code with a telltale word of another language."""
    begin, stop = window
    hits = [begin + hit for hit in _telltales(text[begin:stop], target)]
    code = [match.span() for match in _CODE.finditer(text)] if hits and "`" in text else []
    at = 0
    for hit in hits:
        if hit < at:
            continue
        begin = max(at, *(text.rfind(stop, at, hit + 1) + 1 for stop in "\n.!?;"))
        match = _SENTENCE.match(text, begin)
        at = max(match.end() if match else begin, hit + 1)
        if match and not any(a <= begin < b for a, b in code):
            yield match


def _telltales(text: str, target: str) -> list[int]:
    """Where they stand between blanks, from the first blank. By splitting, because a search for
    any of so many words is ten times as slow."""
    telling, tokens = telltale_words(target), text.split(" ")
    if telling.keys().isdisjoint(tokens):
        return []
    at = [i for i, token in enumerate(tokens) if token in telling and 0 < i < len(tokens) - 1]
    before = list(accumulate(map(len, tokens), initial=0))  # without the blanks
    return [before[i] + i - 1 for i in at]


def _clauses(sentence: str, target: str) -> Iterator[Clause]:
    """Stretches without a word that only the target has which hold several of one other."""
    stretch: list[tuple[re.Match[str], frozenset[str]]] = []
    end = 0
    for token in _TOKEN.finditer(sentence):
        tongues = languages_of(token.group())
        if tongues == {target} or _BRACKET.search(sentence, end, token.start()):
            yield from _as_clause(stretch, target)
            stretch = []
        if tongues != {target}:
            named = end and token.group()[0].isupper()  # El Paso: part of a name
            stretch.append((token, frozenset() if named else tongues))
        end = token.end()
    yield from _as_clause(stretch, target)


def _as_clause(
    stretch: list[tuple[re.Match[str], frozenset[str]]], target: str
) -> Iterator[Clause]:
    hits: dict[str, set[str]] = {}
    for token, tongues in stretch:
        for tongue in tongues if target not in tongues else ():
            hits.setdefault(tongue, set()).add(token.group().lower())
    if not hits or len(stretch) < _MIN_TOKENS:
        return
    tongue = max(sorted(hits), key=lambda t: len(hits[t]))
    n = len(hits[tongue])
    content = sum(t.group().islower() and not tongues for t, tongues in stretch)
    if n >= 3 or (n == 2 and content >= 2):
        yield stretch[0][0].start(), stretch[-1][0].end(), tongue, len(stretch), n


# ------------------------------------------------------------------ English in another script

_LATIN = "A-Za-zÀ-ÖØ-öø-ɏ"
_LATIN_RUN = re.compile(rf"[{_LATIN}]+(?:[ \t,.;:!?'’\"()\-–—\d]+[{_LATIN}]+)*[.!?]?")
_LATIN_WORD = re.compile(rf"{ELIDED}(?=[{_LATIN}])|[{_LATIN}]+")
_TEX_TEXT = re.compile(r"\\(?:text|mathrm|operatorname|begin|end|mbox)\s*\{[^}]*\}|\\[A-Za-z]+")
_SWITCH = {
    *("the", "wait", "but", "so", "because", "therefore", "then", "however", "let", "okay", "hmm"),
    *("alternatively", "actually", "maybe", "since", "thus", "hence", "which", "that", "this"),
    *("is", "are", "we", "now", "also", "yes", "no", "well", "again", "first"),
}
"""English words that nobody needs as a name, a unit or a symbol in a text of another script"""


def _prose_runs(text: str) -> Iterator[Run]:
    """English or another prose in Latin letters inside a text in another script: several words
    with a function word among them, or a single word that joins sentences. Names, units, code
    and formulas are neither."""
    blank = _CODE.sub(lambda m: "\n" * len(m.group()), text) if "`" in text else text
    blank = _TEX_TEXT.sub(lambda m: "\n" * len(m.group()), blank)
    for match in _LATIN_RUN.finditer(blank):
        words = [w.group() for w in _LATIN_WORD.finditer(match.group())]
        hits = Counter(t for w in words if len(w) > 1 for t in languages_of(w))
        joins = sum(w.lower() in _SWITCH and not w.isupper() for w in words)
        if len(words) >= 3 and max(hits.values(), default=0) >= 2:
            yield *match.span(), len(words), max(sorted(hits), key=lambda t: hits[t])
        elif joins and len(words) <= 3:
            yield *match.span(), len(words), "en"


_CHINESE = re.compile(rf"[^。！？\n{SCRIPTS['kana']}]{{8,}}")
_CHINESE_ONLY = re.compile(r"[的了是我这们个吗么没还]")
_HAN = re.compile(f"[{SCRIPTS['han']}]")


def _chinese_runs(text: str) -> Iterator[Run]:
    """Chinese sentences in a Japanese text: no kana, and characters that Japanese hardly uses."""
    for match in _CHINESE.finditer(text):
        han = len(_HAN.findall(match.group()))
        if han >= 8 and _CHINESE_ONLY.search(match.group()):
            yield *match.span(), han, "zh"


# ------------------------------------------------------------------ mention

_QUOTES = re.compile(
    r"\"[^\"\n]{1,300}\"|“[^”\n]{1,300}”|„[^“”\n]{1,300}[“”]|‘[^’\n]{1,200}’|«[^»\n]{1,300}»"
    r"|「[^」\n]{1,300}」|『[^』\n]{1,300}』|《[^》\n]{1,300}》|`[^`\n]{1,300}`"
    r"|(?<![^\W\d_])'[^'\n]{1,200}'(?![^\W\d_])"
)
_NAMED = re.compile(
    r"\b(?:chinese|japanese|korean|russian|arabic|hebrew|greek|cyrillic|mandarin|cantonese|hindi"
    r"|thai|french|german|spanish|italian|portuguese|latin|kanji|hanzi|pinyin|characters?|letters?"
    r"|symbols?|word for|written as|spelled|pronounced|transl\w+)\b[^.\n]{0,40}$"
)


_NAMED_WITHIN = 200
"""characters before a word in which it can be named as a foreign one"""


Lines = dict[str, tuple[list[tuple[int, int]], str]]
"""of each line where its quotations stand, and itself in small letters"""


def _is_mention(text: str, start: int, end: int, lines: Lines) -> bool:
    """`lines` keeps what is known of each line of the text."""
    begin = text.rfind("\n", 0, start) + 1
    stop = text.find("\n", end)
    line = text[begin : stop if stop >= 0 else len(text)]
    a, b = start - begin, end - begin
    if line not in lines:
        quotes = [quote.span() for quote in _QUOTES.finditer(line)]
        lines[line] = quotes, line.replace("İ", "i").lower()  # which alone would get longer
    quotes, lower = lines[line]
    if any(start <= a and b <= end for start, end in quotes):
        return True
    before, after = line[:a].rstrip(), line[b:].lstrip()
    bracketed = before.endswith(("(", "（", "[")) and after[:1] in (")", "）", "]", ",", "，", "=")
    named = _NAMED.search(lower, max(0, len(before) - _NAMED_WITHIN), len(before))
    return bracketed or named is not None


# ------------------------------------------------------------------ detectors


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

    folder = Path(PROFILES_DIRECTORY)
    files = [folder / name for name in sorted(languages)]
    factory = DetectorFactory()
    factory.load_json_profile([f.read_text(encoding="utf-8") for f in files if f.exists()])
    factory.set_seed(0)  # else the same text gets another answer on another day
    return factory


def _lingua(text: str, target: str) -> float:
    values = _lingua_detector().compute_language_confidence_values(text)
    return sum(v.value for v in values if v.language.iso_code_639_1.name.lower() == target)


@lru_cache(maxsize=1)
def _lingua_detector():  # type: ignore[no-untyped-def]
    try:
        from lingua import LanguageDetectorBuilder
    except ImportError:
        raise UserError(
            "language.detector: lingua is not installed; pip install 'coldstart-curate[lingua]'"
        ) from None
    return LanguageDetectorBuilder.from_all_languages().build()


DETECTORS: dict[str, Callable[[str, str], float]] = {
    "langdetect": _langdetect,
    "lingua": _lingua,
}


def check_detector(name: str) -> None:
    if name not in DETECTORS:
        raise UserError(f"language.detector: no {name!r}{did_you_mean(name, DETECTORS)}")


def probability(text: str, target: str, detector: str) -> float:
    """That the text is in the target language."""
    return DETECTORS[detector](text, target)
