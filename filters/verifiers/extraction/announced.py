"""The answer that a reply announces: "the final answer is", `Answer:`, 答案, 故选 and the like."""

from __future__ import annotations

import re

from filters.verifiers.extraction.clauses import without_condition, without_parts
from filters.verifiers.extraction.sentences import DISPLAYED, TAIL_CHARS, first_sentence
from filters.verifiers.extraction.statements import VALUE, final_value, is_value

_AT_LINE = r"(?:^|\n)[ \t*#>]{0,20}"
_COLON = r"\.?[ \t]*\**[ \t]*[:：]"
_ANNOUNCING: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (
        ("answer",),
        (
            r"\b(?:the\s+)?(?:final|correct|right|best)\s+answer\b",
            r"(?<![\w'])(?=[(*]*[A-J][)*]*\s+is\s+(?:the\s+)?(?:correct|right|best)\s+(?:answer|option|choice)\b)",
            r"\b(?:the\s+answer|answer\s+is|(?:our|my(?:\s+final)?)\s+answer)\b",
            r"(?:^|[\n*]|(?<=[.!?])[ ])[ \t*#]{0,20}answer[ \t]*\**[ \t]*(?::|[-–—→=][ \t])",
            r"(?:^|\n)[ \t*#_]{0,20}answer[ \t*#_.]*(?=\n[^\0]{1,150}\Z)",
        ),
    ),
    (
        ("option", "choice", "letter", "reply", "pick"),
        (
            r"\b(?:the\s+)?(?:correct|right|best)\s+(?:option|choice|letter)\b",
            r"\boption(?=\s*[(*]*[A-J]\b[)*]*\s*"
            r"(?:is\s+(?:the\s+)?(?:right|correct|true|best)\b|[.!*]*\s*$))",
            r"\bmy\s+(?:final\s+)?(?:reply|pick|choice)\b",
        ),
    ),
    (("\nans", "\na:", "\na*"), (rf"{_AT_LINE}(?:ans|a){_COLON}", r"(?:^|\n)ans\.(?=[ ])")),
    (("result", "conclusion"), (rf"{_AT_LINE}(?:(?:final\s+)?result|conclusion){_COLON}",)),
    (
        ("réponse",),
        (
            r"\bla\s+(?:bonne\s+)?réponse(?:\s+(?:correcte|finale))?\b",
            r"\bréponse\s*(?:finale)?\s*:",
        ),
    ),
    (
        ("antwort", "lösung", "ergebnis"),
        (
            r"\bantwort\s*:",
            r"\bdie\s+(?:richtige\s+|korrekte\s+)?(?:antwort|lösung)\b",
            rf"{_AT_LINE}ergebnis{_COLON}",
        ),
    ),
    (
        ("respuesta", "opción", "resultado", "resposta"),
        (
            r"\bla\s+(?:respuesta|opción)(?:\s+(?:correcta|final))?\b",
            r"\brespuesta\s*(?:final\s*)?:|\ba\s+resposta\b",
            rf"{_AT_LINE}resultado{_COLON}",
        ),
    ),
    (("ответ", "उत्तर"), (r"\bответ\s*:", r"उत्तर\s*:")),
    (
        ("选", "答"),
        (
            "正确的?(?:选项|选择)",
            r"选项(?=\s*[A-J]\s*(?:是?正确|。?\s*$))",
            "(?:最终|正确)?答案|答え",
            "故选|应选|因此选择?|所以选择?|应该选择?",
            r"选择?(?=\s*[A-J]\s*[。.．]?\s*$)",
            r"(?:^|\n)[ \t*]*答[ \t]*\**[:：]",
        ),
    ),
)
"""(stems, patterns): where none of the stems is, the patterns, which are dear, need no search"""


def _announcements(tail: str) -> list[re.Match[str]]:
    """All of them in order; the search begins a little before the first stem of each kind."""
    lower = "\n" + tail.lower()
    longer = len(lower) - len(tail)  # İ is two letters in small
    found: list[re.Match[str]] = []
    for stems, pattern in _SEARCHED:
        places = [place for place in map(lower.find, stems) if place >= 0]
        if places:
            found += pattern.finditer(tail, max(0, min(places) - longer - MAX_LEAD_CHARS))
    return sorted(found, key=re.Match.start)


MAX_LEAD_CHARS = 60
"""what an announcement has before its stem, and more"""

_SEARCHED = [(stems, re.compile("|".join(p), re.IGNORECASE)) for stems, p in _ANNOUNCING]

_LEAD_IN = re.compile(
    r"(?:[ \t*:：=,，】\]#]|\b(?:is|are|equals|be|est|ist|es|é|therefore|thus|for\s+sure|definitely"
    r"|clearly|simply|indeed|just)\b|为|是|應為|应为|选择?|：)+",
    re.IGNORECASE,
)


def announced(text: str) -> str | None:
    tail = text[-TAIL_CHARS:]
    announcements = _announcements(tail)
    for match in reversed(announcements):
        lead = _LEAD_IN.match(tail, match.end())
        start = lead.end() if lead else match.end()
        if _NAMED_ONLY.match(match[0]) and not tail[match.end() : start].strip():
            qualified = _QUALIFIED.match(tail, start)
            if qualified is None:
                continue
            start = qualified.end()
        statement = _statement(tail, start)
        heads_all = not tail[: match.start()].strip(" *#\n")
        if (
            heads_all
            and len(tail) - start > MAX_FIRST_LINE
            and not is_value(statement.strip("* ."))
        ):
            continue
        if _JUDGED.fullmatch(statement) or _DENIES.match(statement):
            continue
        answer = final_value(_without_clause(statement))
        if answer and _TAKEN_BACK.match(tail, tail.find(statement, start) + len(statement)):
            return None
        if answer:
            return _with_alternative(tail, match, announcements, answer)
    return None


def _with_alternative(
    text: str, last: re.Match[str], announcements: list[re.Match[str]], answer: str
) -> str:
    """Both answers of "If …, the answer is 24; if …, the answer is 14.": neither is the answer."""
    line_start = text.rfind("\n", 0, last.start()) + 1
    first = next(match for match in announcements if match.end() > line_start)
    case = _OTHER_CASE.search(text, first.end(), last.start())
    if case is None:
        return answer
    other = final_value(_LEAD_IN.sub("", text[first.end() : case.start()], count=1))
    return f"{other} or {answer}" if other and other != answer else answer


_OTHER_CASE = re.compile(
    r"[;,.，；]\s*(?:(?:but|and)\s+)?(?:(?:if|when|otherwise|or|else|under|with|without)\b|如果|若|否则)",
    re.IGNORECASE,
)

_TAKEN_BACK = re.compile(
    r"[\s.*!?)\]$\\]*(?:actually|wait|no\b[,.]|hmm|oops|correction|scratch\s+that|on\s+second\s+thought"
    r"|(?:sorry|but)[,.]?\s[^.\n]{0,60}\b(?:wrong|incorrect|not\s+right|mistake))\b",
    re.IGNORECASE,
)
"""what begins the sentence behind an answer that is none any more"""
_DENIES = re.compile(r"\W*(?:not|nicht)\b(?![^.]*\b(?:but|sondern)\b)", re.IGNORECASE)
_JUDGED = re.compile(
    r"\W*(?:indeed |also |now |clearly )?(?:correct|right|wrong|reasonable|consistent|verified"
    r"|valid|clear|as follows|below|above|正确的?|合理的?)\W*",
    re.IGNORECASE,
)
_CLAUSE = re.compile(
    r"[,;]?\s+(?:because|since)\b|[,;]\s+(?:which|who|that)\s+(?!is\b|are\b|equals?\b|gives\b"
    r"|simplif|makes\b|means\b|comes\b|amounts\b|rounds\b|can\b|reduces\b|would\b|we\b)"
    r"|\s+and\s+(?:they|it|this|these|she|he|we)\b"
    r"|[，；,](?=比|因为|其中|这)"
)


def _without_clause(statement: str) -> str:
    """A statement up to the clause that only adds to its value: `20 apples, which cost $35`."""
    statement = without_condition(without_parts(statement))
    clause = _CLAUSE.search(statement)
    if clause is None or not VALUE.search(statement[: clause.start()]):
        return statement
    return statement[: clause.start()]


_NAMED_ONLY = re.compile(r"\s*(?:the|our|my|la|die|a)\s", re.IGNORECASE)
MAX_FIRST_LINE = 150
"""`Answer:` as the first word of a longer reply announces a value, or is only its heading."""

_QUALIFIED = re.compile(r"[^\n.!?=,]{0,80}?\b(?:is|are|to be|equals|=|:)[ \t:]*")

_UNDERLINE = re.compile(r"^(?:[-=]{3,}|=)\s*")


def _statement(text: str, start: int) -> str:
    """The rest of the announcing sentence; of the next lines where the line ends at once."""
    rest = _UNDERLINE.sub("", text[start:].lstrip(" \t*:：\n"))
    if rest[:2] in ("\\[", "$$"):
        close = {"\\[": "\\]", "$$": "$$"}[rest[:2]]
        end = rest.find(close, 2)
        if end > 0:
            return rest[: end + 2]
    statement = first_sentence(rest)
    if statement.rstrip(" *").endswith("?"):  # the question, restated
        rest = rest[len(statement) :].lstrip(" \t*\n")
        statement = first_sentence(rest)
    below = rest[len(statement) :].lstrip(" \t\n:：*")
    if _INTRODUCES.search(statement):
        formula, line = DISPLAYED.match(below), below.partition("\n")[0].strip("* ")
        if formula or (line and is_value(line)):
            return formula[0] if formula else line
    return statement


_INTRODUCES = re.compile(r"(?:\b(?:is|are|equals?|be|est|ist|es)|[:：=为是])[\s*]*$")
"""how a sentence ends whose value is displayed below it"""
