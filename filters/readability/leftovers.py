"""What a crawler leaves of a page (tags, entities, navigation, cookie banners), and words that are
no sentences. What stands in code, or where the problem is about web pages, is no left-over."""

from __future__ import annotations

import re
from collections.abc import Iterator

from filters.language.function_words import languages_of

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
_LEFT_OVER = f"(?i:{_TAG}|{_ENTITY}|{_PHRASE})"
_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`|\"[^\"\n]*\"|“[^”\n]*”", re.DOTALL)

LEFT_OVERS = _LEFT_OVER.replace(r"\b", "")
"""for a look at many texts, so without edges of words: at these polars leaves its fast search"""

WORDS = r"(?:[A-Za-zÀ-ÿ]{2,} ){22,}[A-Za-zÀ-ÿ]{2,}"
"""words in a row without a sign between them; articles and pronouns of one letter end it, too"""
_GRAMMAR = 0.15
"""of such words function words are 0.3 to 0.6 in any language's prose; scraps have next to none"""
_ENDLESS = 60
"""words without a sign that are no sentence, whatever they are"""


def web_left_overs(text: str, problem: str) -> Iterator[tuple[int, int]]:
    if re.search(_ABOUT_THE_WEB, problem):
        return
    found = list(re.finditer(_LEFT_OVER, text))
    code = [match.span() for match in _CODE.finditer(text)] if found else []
    for match in found:
        if not any(begin <= match.start() and match.end() <= end for begin, end in code):
            yield match.span()


def word_salad(text: str) -> Iterator[tuple[int, int]]:
    return (run.span() for run in re.finditer(WORDS, text) if is_salad(run[0]))


def is_salad(run: str) -> bool:
    words = run.lower().split()
    grammar = sum(bool(languages_of(word)) for word in words)
    return len(words) >= _ENDLESS or grammar < _GRAMMAR * len(words)
