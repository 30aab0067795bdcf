"""What a crawler leaves of a page (tags, entities, navigation, cookie banners), and words that are
no sentences. What stands in code, or where the problem is about web pages, is no left-over."""

from __future__ import annotations

import re
from collections.abc import Iterator

import polars as pl

from filters.language.function_words import languages_of
from filters.verdict_rows import scattered

_ABOUT_THE_WEB = (
    r"(?i)\b(?:ht|x)ml\b|\bcss\b|javascript|\bmark(?:up|down)\b|\bweb|\bbrowser|</?\w+[ >/]|&\w+;"
)
"""a problem like that"""
# what may be a placeholder or a formula (<title>, <p>, a<b>c) counts with an attribute or as an end
_TAG = (
    r"</?(?:div|span|ul|ol|li|td|tr|th|tbody|thead|iframe|nav|h[1-6])(?:\s[^<>\n]*)?/?>"
    r"|</(?:a|p|script|style|button|table|form|footer|header|section|article|body|html)>"
    r"|<(?:a|p|img|script|style|button|table|form|input|link|meta|footer|header|section|article|svg)"
    r"\s+[\w-]+=[^<>\n]+>|<!--[^<>\n]*-->|<br ?/>\s*<br ?/>"
)
_ENTITY = (
    r"&(?:nbsp|amp|lt|gt|quot|apos|[rl][sd]quo|[mn]dash|hellip|copy|[rl]aquo|bull|middot"
    r"|#\d{2,5}|#x[\da-f]{2,5});"
)
_PLACES = r"(?:home|about(?: us)?|contact(?: us)?|blog|faq|log ?in|sign ?(?:in|up)|news|shop|menu)"
_PHRASE = (
    r"\bskip to (?:main |primary )?(?:content|navigation)|\btoggle (?:navigation|menu|sidebar)"
    r"|\b(?:accept|reject|allow|decline) (?:all )?cookies|\b(?:we|this (?:web)?site) uses? cookies"
    r"|\bcookie (?:policy|settings|preferences|consent|notice)|\ball rights reserved"
    r"|\b(?:privacy policy|terms of (?:service|use)) *[|•·&]|\bback to top\b"
    r"|\b(?:share|tweet|pin) (?:this )?(?:on|via|to)"
    r" (?:facebook|twitter|whatsapp|linkedin|pinterest)"
    r"|\b(?:subscribe|sign up) (?:to|for) (?:our|the|my) |\benable javascript"
    rf"|\bhome(?: *[|>»›•·/] *[\w ]{{2,20}}){{2}}|\bhome(?:\n+{_PLACES}){{2}}"
    r"|跳(?:到|至|转到)(?:主要?)?内容|接受(?:所有|全部) ?cookie|版权所有"
    r"|zum inhalt springen|alle cookies akzeptieren|aller au contenu|accepter (?:tous )?les cookies"
    r"|saltar al contenido|aceptar (?:todas las )?cookies|vai al contenuto|accetta i cookie"
)
_MARKS = re.compile(f"{_TAG}|{_ENTITY}", re.IGNORECASE)
_PHRASES = re.compile(_PHRASE, re.IGNORECASE)
_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`|\"[^\"\n]*\"|“[^”\n]*”", re.DOTALL)

_OF_PHRASES = (
    *("skip to ", "toggle ", "rights reserved", "privacy policy", "terms of "),
    *("back to top", "facebook", "twitter", "whatsapp", "linkedin", "pinterest", "subscribe to"),
    *("sign up for", "enable javascript", "内容", "版权", "cookie", "zum inhalt", "au contenu"),
    *(
        "al contenido",
        "al contenuto",
        *(f"home{a}{b}" for a in ("", " ") for b in "|>»›•·/"),
        "home\n",
    ),
)
"""every phrase has one of them, and few other texts: a search for these costs next to nothing"""

_RUN = r"(?:[A-Za-zÀ-ÿ]{2,} ){22,}[A-Za-zÀ-ÿ]{2,}"
"""words in a row without a sign between them; articles and pronouns of one letter end it, too"""
_GRAMMAR = 0.15
"""of such words function words are 0.3 to 0.6 in any language's prose; scraps have next to none"""
_ENDLESS = 60
"""words without a sign that are no sentence, whatever they are"""


def with_left_overs(frame: pl.DataFrame) -> pl.Series:
    text = frame.get_column("response")
    rows = text.str.contains_any(list(_OF_PHRASES), ascii_case_insensitive=True).arg_true()
    phrases = text[rows].str.to_lowercase().str.contains(_PHRASE)
    left = (scattered(len(text), rows, phrases) > 0) | text.str.contains(f"(?i){_TAG}|{_ENTITY}")
    rows = left.arg_true()
    problems = frame.get_column("problem").fill_null("")[rows]
    return scattered(len(text), rows, ~problems.str.contains(_ABOUT_THE_WEB)) > 0


def with_salad(text: pl.Series) -> pl.Series:
    rows = text.str.contains(_RUN).arg_true()
    salad = [any(map(_is_salad, runs)) for runs in text[rows].str.extract_all(_RUN)]
    return scattered(len(text), rows, salad) > 0


def web_left_overs(text: str, problem: str) -> Iterator[tuple[int, int]]:
    if re.search(_ABOUT_THE_WEB, problem):
        return
    found = list(_MARKS.finditer(text))
    small = text.lower()
    if any(part in small for part in _OF_PHRASES):
        found = sorted([*found, *_PHRASES.finditer(text)], key=re.Match.start)
    code = [match.span() for match in _CODE.finditer(text)] if found else []
    for match in found:
        if not any(begin <= match.start() and match.end() <= end for begin, end in code):
            yield match.span()


def word_salad(text: str) -> Iterator[tuple[int, int]]:
    return (run.span() for run in re.finditer(_RUN, text) if _is_salad(run[0]))


def _is_salad(run: str) -> bool:
    words = run.lower().split()
    grammar = sum(bool(languages_of(word)) for word in words)
    return len(words) >= _ENDLESS or grammar < _GRAMMAR * len(words)
