"""A reply that explains or checks what it has answered: what stands behind is no answer."""

from __future__ import annotations

import re

from filters.verifiers.extraction.conclusions import closing, concludes
from filters.verifiers.extraction.sentences import first_sentence
from filters.verifiers.extraction.statements import BOLD, VALUE, final_value

MAX_CHECK_CHARS = 1_500
_LINE = r"(?:^|\n|(?<=[.!?])[ \t])[ \t>*#-]{0,8}"
_CHECK = re.compile(
    _LINE + r"(?:(?:let(?:'s|\s+us|\s+me)|we(?:\s+can)?(?:\s+(?:now|also))?|now|to|and)\s+){0,2}"
    r"(?:double[- ]?)?(?:check(?:ing)?|verif(?:y|ying|ied|ication))\b"
    rf"|{_LINE}(?:验算|检验|验证|Probe|Comprobación|Vérification)[^\w]",
    re.IGNORECASE,
)
_HINTS = ("heck", "erif", "érif", "ompr", "Probe", "验")
"""one of them is in whatever checks: most replies need no search"""
_TAKES_BACK = re.compile(
    r"\b(?:not|wrong|incorrect|mistaken?|error|however|but|actually|instead|therefore|thus|hence|so"
    r"|answer|correction|wait|oops|hmm|should|confirm\w*\s+that|conclusion)\b|n't\b|不|错|所以|因此|答|boxed"
    r"|\n\s*(?:\\\[|\$\$)[^=]{1,60}(?:\\\]|\$\$)\s*$",
    re.IGNORECASE,
)

_AFTERWORD = re.compile(
    r"\n[ \t*_#-]*(?:key\s+)?(?:takeaways?|points|sources|references|tips|disclaimer)\b"
    r"[^\w\n]{0,4}[:：\n]",
    re.IGNORECASE,
)
_LIST_NUMBER = re.compile(r"\n[ \t]*\d+[.)]")


def without_afterword(text: str) -> str:
    """A reply without a last section that holds no value: "Key takeaways: …"."""
    section = _AFTERWORD.search(text, max(0, len(text) - MAX_CHECK_CHARS))
    if section is None or VALUE.search(_LIST_NUMBER.sub("", text[section.start() :])):
        return text
    return text[: section.start()].rstrip()


def without_check(text: str) -> str:
    """A reply up to the check that ends it: "Verification: 3 * 4 = 12, as given". One that finds
    something else stays."""
    start = max(0, len(text) - MAX_CHECK_CHARS)
    tail = text[start:]
    if not any(map(tail.__contains__, _HINTS)):
        return text
    check = _CHECK.search(text, start)
    if check is None or _TAKES_BACK.search(text, check.end()):
        return text
    last = (closing(text[check.start() :]) or ("",))[-1]
    if VALUE.search(last) and not _COMPARES.search(last):
        return text
    before = text[: check.start()].rstrip()
    return before if VALUE.search(before[-300:]) else text


_COMPARES = re.compile(
    r"[=<>≤≥✓✔]|match|hold|true|consisten|equal|satisf|agree|given|correct|一致|正确"
)

MAX_FIRST_CHARS = 200
_GIVES_REASONS = re.compile(
    r"\W*(?:explanation|reasoning|justification|(?:the\s+)?reason\b|let\s+me\s+explain|because|why\b"
    r"|here(?:'s|\s+is)\s+(?:why|the\s+(?:reason|explanation))|to\s+see\s+(?:this|why|how)|this\s+is\s+because"
    r"|解释|解析|说明|理由|Erklärung|Begründung|Explicación|Explication)",
    re.IGNORECASE,
)
_GOES_THROUGH = re.compile(
    r"\W*(?:here(?:'s|\s+is|\s+are)\s+(?:the|a|how|my)\b|breakdown|steps\b|working|details?|calculations?)",
    re.IGNORECASE,
)
"""what may begin a solution, too: only a first sentence in bold is an answer before it"""

_EXPLAIN_HINTS = (
    *("xpl", "eason", "Here", "reakdown", "teps", "ecause", "o see ", "Why", "why", "orking"),
    *("etail", "Calcul", "ustif", "egründ", "rklär", "解", "说明", "理由"),
)


def answered_first(text: str) -> str | None:
    """The value of a first sentence that the rest only explains: "She makes $18. Explanation: …",
    unless the rest comes to a conclusion of its own."""
    beginning = text[: 2 * MAX_FIRST_CHARS]
    if not any(map(beginning.__contains__, _EXPLAIN_HINTS)):
        return None
    first = first_sentence(text)
    if len(first) > MAX_FIRST_CHARS or not VALUE.search(first):
        return None
    rest = text[len(first) :].lstrip(" \t\n*#.")
    explained = _GIVES_REASONS.match(rest) or (BOLD.search(first) and _GOES_THROUGH.match(rest))
    if not explained or concludes(closing(rest)[-2:]):
        return None
    return final_value(first.strip("# "))
