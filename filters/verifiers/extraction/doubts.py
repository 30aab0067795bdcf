r"""What takes an answer back: a reply gives up, hedges between two values, or is cut off inside a
formula. None of these states a value, whatever number stands there."""

from __future__ import annotations

import re

from filters.verifiers.extraction.boxes import ends_in_box
from filters.verifiers.extraction.clauses import without_condition
from filters.verifiers.extraction.figures import same_measured, spelled
from filters.verifiers.extraction.stated_numbers import numbers_stated


def gives_up(sentences: tuple[str, ...]) -> bool:
    """Whether the last sentences say that there is no answer: "I cannot solve this, 42"."""
    said = " ".join(sentences[-3:])[-600:]
    if not said or not any(map(said.__contains__, _HINTS)):
        return False
    return bool(_GIVES_UP.search(said) or _RETRACTS.search(sentences[-1][-300:]))


_RETRACTS = re.compile(
    r"\bI\s+made\s+(?:an?|some)\s+(?:\w+\s+)?(?:mistake|error)"
    r"|\bno\s+(?:unique\s+|definite\s+)?(?:answer|solution)\b(?![^\n]*\d)"
    r"|\b(?:that|this|which|it|something)\s+is\s+(?:wrong|incorrect|not\s+right)\W*$"
    r"|\bbut\s+(?:I|we)\s+(?:still\s+)?(?:need|have|forgot|must|should)\b"
    r"|\b(?:could|might|may)\s+(?:also\s+)?be\s+\W{0,3}\d[^\n]*\b(?:though|too|as\s+well|also)\W*$",
    re.IGNORECASE,
)
"""how a last sentence takes back what was before, or adds another answer to it"""
_HINTS = (
    "not", "n't", "no ", "No ", "nable", "nsure", "stuck", "lost", "ailed", "ive up", "ave up",
    "error", "mistake", "wrong", "ncorrect", " too", "also", "as well", "though", "ard to",
    "mpossible", "nsufficient", "nough", "but I ", "but we ", "eine Ahn", " nicht",
    " sais ", " peux ",
    "我不", "我无", "无法", "不知", "条件",
)  # fmt: skip
"""one of them is in whatever gives up: a search for words is dear, and needless for most replies"""

_GIVES_UP = re.compile(
    r"\b(?:I|we)\s+(?:cannot|can\s?not|can't|could\s?n[o']t"
    r"|(?:am|was|are|were|'m|'re)\s+(?:unable|not\s+able)\s+to|failed\s+to"
    r"|(?:ha(?:ve|d)|did)(?:\s+not|n't)\s+(?:been\s+able|managed?)\s+to)"
    r"\s+(?:solve|answer|determine|work|find\s+(?:it|out|(?:the|an|any)\s+(?:answer|solution|value))|figure|tell|do"
    r"|help|assist|provide|complete|compute|calculate|say|verify|be\s+(?:sure|certain))\b"
    r"|\b(?:I|we)\s+ha(?:ve|d)(?:\s+no\s+(?:answer|clue|solution|idea)|(?:n't|\s+not)\s+found)\b"
    r"|\btoo\s+(?:hard|difficult|complex)\s+for\s+(?:me|us)\b|\bno\s+clue\b"
    r"|\bI(?:\s+do\s+not|\s+don't)\s+know\b|\bI(?:'m|\s+am)\s+(?:not\s+(?:sure|certain)|unsure|stuck|lost)\b"
    r"|\bI\s+(?:give|gave)\s+up\b|\b(?:no|any)\s+way\s+(?:to|of)\s+(?:know|tell|find|determin)"
    r"|\b(?:unable|impossible|hard)\s+to\s+(?:solve|answer|know|tell|say|determine)\b"
    r"|\b(?:no\s+idea|keine\s+ahnung|(?:not|\w+n't)\s+(?:\w+\s+){0,2}(?:enough|sufficient)"
    r"\s+(?:information|data|details)|insufficient\s+(?:information|data)|has\s+no\s+answer|no\s+(?:answer|solution)\s+found)\b"
    r"|\b(?:cannot|can't|can\s+not|\w+n't\s+(?:think|believe)\s+(?:this|that|it)\s+can)\s+be\s+(?:determined|solved|answered|known)\b"
    r"|\bno\s+(?:lo\s+)?(?:puedo|sé)\b|\bich\s+(?:kann|weiß)\s[^.,]{0,30}nicht\b|\bje\s+ne\s+(?:sais|peux)\s+pas\b"
    r"|我不知道|我不会|我不确定|(?:我无法|我不能|无法)(?:确定|求解|回答|解答|解决)|不知道答案|条件不足",
    re.IGNORECASE,
)


def is_cut_off(text: str) -> bool:
    r"""Whether a text ends inside a formula or a sum: `\boxed{5`, `\(3 \cdot`, `$10^{`, `3 +`."""
    tail = text[-1_000:].rstrip().removesuffix("**")
    pairs = ((r"\(", r"\)"), (r"\[", r"\]"), (r"\begin{", r"\end{"))
    if any(tail.rfind(a) > tail.rfind(b) for a, b in pairs):
        return True
    if tail.count("$$") % 2 or not ends_in_box(tail) or _DANGLING.search(tail[-20:]):
        return True
    inside = tail.count("$") % 2 == 1  # a formula, or money
    formula = tail.rpartition("$")[2] if inside else tail.rpartition("\n")[2]
    if formula.count("{") > formula.count("}"):
        return True
    return inside and _OPEN_END.search(formula) is not None


_DANGLING = re.compile(
    r"\d(?:\s*(?:[-+/×÷·−]|\\(?:cdot|times|div|pm|frac)|\band)|\s+\*)$|\b(?:the|an|plus|of|with|which|has|have|is|are)$|[\w)}]\s*=$|[\^\\]$"
)
_OPEN_END = re.compile(r"(?:[-+*/=^_\\]|\\[a-zA-Z]+)$")


def hedged(statement: str) -> str | None:
    """Both values of a statement that leaves open which: "8, although it might be 9"; else None."""
    if not any(map(statement.__contains__, _DOUBTFUL)) or _DOUBT.search(statement) is None:
        return None
    if _TWO_CASES.search(statement) is None:
        statement = without_condition(statement)
    stated = numbers_stated(statement)
    for doubt in _DOUBT.finditer(stated[0].string if stated else ""):
        before = [m for m in stated if m.end() <= doubt.start()]
        after = [m for m in stated if m.end() > doubt.start()]
        if not before or not after or same_measured(before[-1], after[0]):
            continue
        if before[-1]["body"] != after[0]["body"]:
            return f"{spelled(before[-1])} or {spelled(after[0])}"
    return None


_TWO_CASES = re.compile(
    r"\b(?:else|otherwise)\b"
    r"|\d[^.;]{0,60}\bif\b[^.;]{0,60}\b(?:and|but|or)\s+\W{0,3}\d[^.;]{0,60}\bif\b"
)
_DOUBTFUL = (
    "else", " if ", "also", " or", "oder", " ou ", " o ", "may", "ight ", "ould ", "erhaps",
    "ossibl", "ternativ", "therwise", "though", "but", "elleicht", "uiz", "tal vez", "eut-être",
    "或", "可能", "也许",
)  # fmt: skip
_NUMBER_SOON = r"(?=(?:\W+[^\W\d]+){0,3}\W{0,6}\d)"
_DOUBT = re.compile(
    r"\b(?:else|maybe|perhaps|possibly|alternatively|otherwise|(?:might|may|could)\s+(?:also\s+)?be"
    r"|or(?!\s+(?:about|approximately|roughly|around)\b)|oder|ou|vielleicht|quizás|tal\s+vez|peut-être|(?<=\d\s)o)\b"
    + _NUMBER_SOON
    + "|"
    r"\bor(?=,\s[^.\d]{0,60},\s\W{0,2}\d)|\b(?:and|but)(?=\s+\W{0,3}\d[^.;]{0,60}\bif\b)|\((?=\W{0,2}\d[\d.,]*\s+(?:if|is\s+(?:also|possible))\b)|"
    r"\b(?:although|though|but)\s+[$(\\]*\d[\d.,]*\)?\s+(?:is|seems|may|might|could)\b[^.\d]{0,60}"
    r"\b(?:possible|right|be)\b|(?:可能|或者?|也许)[^，。\d]{0,4}(?=\d)",
    re.IGNORECASE,
)
