r"""Finds the answer in a reply, by one fixed order; the rule that fired is recorded.

Only the text after the closing think tag counts. Then: the last complete box; `<answer>`; `####`;
a line that announces the answer; a bold answer; the value of the concluding sentence; a reply that
is one short sentence. See docs/verifiers.md. Every pattern is linear in the length of the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from filters.trace_format import DIALECTS
from filters.trace_format import parse as parse_trace
from filters.verifiers.choice import letter_in
from filters.verifiers.forms import tree
from filters.verifiers.tokens import Unparseable

MAX_REPLY_CHARS = 400_000
"""After the thinking; a longer reply is read from its end only."""
TAIL_CHARS = 6_000
"""How far back from the end an unboxed answer is looked for."""


class Found(NamedTuple):
    answer: str
    rule: str


_CHAT_TOKEN = re.compile(
    r"<\|(?:im_start|im_end|endoftext|eot_id|end|end_of_text|user)\|>|</s>|<｜end▁of▁sentence｜>"
)


def reply_of(text: str) -> str:
    """What stands after the thinking, up to where it begins anew; nothing if it never closed."""
    reply = parse_trace(text).summary or ""
    if "<" in reply or "[" in reply or "◁" in reply:
        for opening, _ in DIALECTS:
            reply = reply.partition(opening)[0]
    return _until_chat_token(reply)


def _until_chat_token(text: str) -> str:
    token = _CHAT_TOKEN.search(text)
    return text[: token.start()] if token and text[: token.start()].strip() else text


def extract(text: str, *, last_number: bool = False) -> Found | None:
    """The answer of a reply and the rule that found it, or None."""
    reply = reply_of(text)[-MAX_REPLY_CHARS:]
    for rule, find in _RULES.items():
        answer = find(reply)
        if answer:
            return Found(answer, rule)
    if last_number and (number := _last_number(reply)):
        return Found(number, "last_number")
    return None


def extract_bare(text: str) -> Found | None:
    """The answer of a text that is itself the answer, perhaps in a little prose."""
    text = reply_of(text)[-MAX_REPLY_CHARS:].strip()
    if boxed := last_boxed(text):
        return Found(boxed, "boxed")
    if text and _PROSE.search(text) and not is_value(text):
        if answer := _announced(text) or _final_value(text):
            return Found(answer, "prose")
    return Found(text, "bare") if text else None


def is_value(text: str) -> bool:
    """Whether a text reads as an answer as it stands, without words around a value."""
    if len(text) > 2_000:
        return True
    try:
        return tree(text)[0] != "text"
    except (Unparseable, RecursionError):
        return False


# boxes

_BOX = re.compile(r"\\(?:boxed|fbox|framebox)\s*(?=[{\d\\A-Za-z-])")
_BETWEEN_BOXES = re.compile(
    r"(?:\s|\$|\\\(|\\\)|\\\[|\\\]|,|;|，|、|；|&|\\quad|\\qquad|\\,|\\;|\\ |\\\\"
    r"|\\text\s*\{\s*(?:and|or|,|和|或)\s*\}|\b(?:and|or|et|ou|und|oder|y|o)\b|和|或|及|与){1,40}"
)


def last_boxed(text: str) -> str | None:
    r"""What is in the last complete box; boxes joined by `and`, `or` or a comma are one list."""
    if "\\boxed" not in text and "\\fbox" not in text and "\\framebox" not in text:
        return None
    boxes = _boxes(text)
    if not boxes:
        return None
    start, _, content = boxes[-1]
    contents = [content]
    for before in reversed(boxes[:-1]):
        if not _BETWEEN_BOXES.fullmatch(text, before[1], start):
            break
        contents.append(before[2])
        start = before[0]
    return ", ".join(reversed(contents)) if len(contents) > 1 else content


def _boxes(text: str) -> list[tuple[int, int, str]]:
    """(start, end, content) of the complete outermost boxes that hold something, last 40 tried."""
    starts = list(_BOX.finditer(text))[-40:]
    boxes: list[tuple[int, int, str]] = []
    for match in starts:
        if boxes and match.start() < boxes[-1][1]:
            continue
        found = _content(text, match.end())
        if found is not None and found[0].strip():
            boxes.append((match.start(), found[1], found[0].strip()))
    return boxes


_BRACE = re.compile(r"[{}]|\\[{}\\]")
MAX_BOX_CHARS = 200_000


def _content(text: str, place: int) -> tuple[str, int] | None:
    """The braced argument at `place`, or the one token there; None if it is never closed."""
    if text[place] != "{":
        token = re.compile(r"\\[a-zA-Z]+|-?\d+(?:\.\d+)?|[A-Za-z]").match(text, place)
        return (token[0], token.end()) if token else None
    depth = 0
    for match in _BRACE.finditer(text, place, place + MAX_BOX_CHARS):
        if match[0] == "{":
            depth += 1
        elif match[0] == "}":
            depth -= 1
            if depth == 0:
                return text[place + 1 : match.start()], match.end()
    return None


# announced answers


def _answer_tag(text: str) -> str | None:
    end = text.rfind("</answer>")
    start = text.rfind("<answer>", 0, end) if end >= 0 else -1
    if start < 0:
        return None
    inside = text[start + len("<answer>") : end].strip()
    return _final_value(inside) if len(inside) > 300 else inside or None


_HASHES = re.compile(r"^[ \t]*####[ \t]+([^\n#]+)$", re.MULTILINE)


def _hashes(text: str) -> str | None:
    found = _HASHES.findall(text[-TAIL_CHARS:])
    line = found[-1].strip() if found else ""
    return line if line and re.search(r"\d|\$|\\", line) else None


_ANNOUNCED = re.compile(
    r"(?:\b(?:the\s+)?(?:final|correct|right)\s+answer\b|\bthe\s+answer\b|\banswer\s+is\b"
    r"|(?:^|[\n*])[ \t*#]*answer[ \t]*\**[ \t]*:|\bour\s+answer\b|\bmy\s+(?:answer|reply)\b"
    r"|最终答案|正确答案|答案|故选|应选|因此选|所以选|(?:^|\n)[ \t*]*答[ \t]*\**[:：]"
    r"|\bla\s+réponse\b|\bréponse\s*(?:finale)?\s*:|\bdie\s+antwort\b|\bantwort\s*:"
    r"|\bla\s+respuesta\b|\brespuesta\s*:|\ba\s+resposta\b|\bответ\s*:|उत्तर\s*:|答え)",
    re.IGNORECASE,
)
_LEAD_IN = re.compile(
    r"(?:[ \t*:：=,，]|\b(?:is|are|equals|be|est|ist|es|é|therefore|thus|for\s+sure|definitely|clearly"
    r"|simply|indeed|just)\b|为|是|應為|应为|选|：)+",
    re.IGNORECASE,
)


def _announced(text: str) -> str | None:
    tail = text[-TAIL_CHARS:]
    for match in reversed(list(_ANNOUNCED.finditer(tail))):
        lead = _LEAD_IN.match(tail, match.end())
        start = lead.end() if lead else match.end()
        if (
            match[0].lower().lstrip().startswith("the")
            and lead is None
            and match[0][-1:] not in ":："
        ):
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
        answer = _final_value(statement)
        if answer:
            return answer
    return None


MAX_FIRST_LINE = 150
"""`Answer:` as the first word of a longer reply announces a value, or is only its heading."""
_QUALIFIED = re.compile(r"[^\n.!?=]{0,80}?\b(?:is|are|equals|=|:)[ \t:]*")


def _statement(text: str, start: int) -> str:
    """The rest of the announcing sentence; of the next lines where the line ends at once."""
    rest = text[start:].lstrip(" \t*:：\n")
    if rest[:2] in ("\\[", "$$"):
        close = {"\\[": "\\]", "$$": "$$"}[rest[:2]]
        end = rest.find(close, 2)
        if end > 0:
            return rest[: end + 2]
    return _first_sentence(rest)


# sentences

_SENTENCE_END = re.compile(
    r"(?<=[.!?])[\"')*]*(?:\s+|$)(?=[^a-z]|$)|[。！？।]|(?<![:：])\n\s*\n|\n(?=\s*(?:[-*#]|\d+\.))"
)
_ABBREVIATION = re.compile(
    r"(?:\b(?:approx|ca|e\.g|i\.e|vs|no|Mr|Mrs|Dr|St|sq|ft|in|hr|min)|\b[A-Z])\.$"
)


def _first_sentence(text: str) -> str:
    line = text.split("\n", 1)[0] if not text.startswith(("\\[", "$$")) else text
    for match in _SENTENCE_END.finditer(line):
        if not _ABBREVIATION.search(line[max(0, match.start() - 10) : match.start()]):
            return line[: match.start()]
    return line


def _sentences(text: str) -> list[str]:
    found, start = [], 0
    display = _display_spans(text)
    for match in _SENTENCE_END.finditer(text):
        if any(a < match.start() < b for a, b in display):
            continue
        if _ABBREVIATION.search(text[max(0, match.start() - 10) : match.start()]):
            continue
        found.append(text[start : match.end()].strip())
        start = match.end()
    found.append(text[start:].strip())
    return [sentence for sentence in found if sentence]


_DISPLAY = re.compile(r"\\\[|\\\]|\$\$")


def _display_spans(text: str) -> list[tuple[int, int]]:
    marks = [m.start() for m in _DISPLAY.finditer(text)]
    return list(zip(marks[::2], marks[1::2], strict=False))[-100:]


_BOLD = re.compile(r"\*\*([^*\n]{1,300})\*\*|<b>([^<\n]{1,300})</b>|__([^_\n]{1,300})__")


def _bold(text: str) -> str | None:
    """The last bold text near the end that holds a value and is no heading."""
    tail = _ending(text[-TAIL_CHARS:])
    for match in reversed(list(_BOLD.finditer(tail))):
        body = (match[1] or match[2] or match[3]).strip()
        after = tail[match.end() : match.end() + 2].lstrip()
        if body.endswith((":", "：")) or after.startswith((":", "：")) or _HEADING.match(body):
            continue
        if letter := _choice(body):
            return letter
        if _VALUE.search(body) and (answer := _final_value(body)):
            return answer
    return None


_PARAGRAPH = re.compile(r"\n\s*\n")


def _ending(text: str) -> str:
    """The last two paragraphs, from behind the last display formula on: older bold text is a step."""
    text = text.rstrip()
    display = _display_spans(text)
    start = display[-1][1] + 2 if display else 0
    breaks = [m.end() for m in _PARAGRAPH.finditer(text)]
    return text[max(start, breaks[-2] if len(breaks) > 1 else 0) :]


_HEADING = re.compile(r"(?:step|case|part|question|problem|note|example|第)\s*\d", re.IGNORECASE)
_VALUE = re.compile(r"\d|\$|\\[a-zA-Z(\[]|[一二三四五六七八九十百½¼¾√π∞]")

_CONCLUDING = re.compile(
    r"\b(?:therefore|thus|hence|so|consequently|accordingly|in\s+conclusion|we\s+conclude|finally"
    r"|in\s+total|altogether|in\s+all|it\s+follows|which\s+(?:means|gives|implies)"
    r"|donc|ainsi|par\s+conséquent|en\s+conclusion|daher|somit|folglich|insgesamt"
    r"|por\s+lo\s+tanto|por\s+tanto|portanto|entonces|así\s+que|quindi|dunque"
    r"|следовательно|поэтому|значит|таким\s+образом)\b"
    r"|∴|\\therefore|因此|所以|于是|故|即|综上|由此|总共|一共|इसलिए|अतः|したがって|よって|ゆえに|따라서|그러므로",
    re.IGNORECASE,
)


def _conclusion(text: str) -> str | None:
    """The value of the formula that ends the reply, or of a conclusion in its last sentences."""
    sentences = _sentences(text[-TAIL_CHARS:])
    if sentences and (formula := _DISPLAYED.fullmatch(sentences[-1])):
        return _final_value(formula[0])
    return _concluded(sentences[-2:])


def _older_conclusion(text: str) -> str | None:
    return _concluded(_sentences(text[-TAIL_CHARS:])[-12:-2])


def _concluded(sentences: list[str]) -> str | None:
    for sentence in reversed(sentences):
        places = list(_CONCLUDING.finditer(sentence))
        if places and (answer := _final_value(sentence[places[-1].start() :], concluding=True)):
            return answer
    return None


_DISPLAYED = re.compile(
    r"(?:\\\[[^\0]{1,2000}\\\]|\$\$[^$]{1,2000}\$\$|\\\([^\n]{1,500}\\\))[.\s]*"
)


def _last_sentence(text: str) -> str | None:
    """The one value of the sentence that ends the reply; two values there are no answer."""
    sentences = _sentences(text[-TAIL_CHARS:])
    last = sentences[-1] if sentences else ""
    formulas = [m for m in _MATH.finditer(last) if _is_formula(m)]
    if len(formulas) == 1 and not _NUMBER.search(last[: formulas[0].start()]):
        return _final_value(last)
    if formulas and not last[formulas[-1].end() :].strip(" .。!*"):
        return _from_formulas(last, formulas)
    numbers = [m for m in _NUMBER.finditer(last) if _stands_alone(last, m)]
    return _number_in(last) if len(numbers) == 1 and not formulas else None


MAX_SHORT = 300


def _short(text: str) -> str | None:
    """A reply that is one short sentence is its own answer."""
    text = text.strip()
    if not text or len(text) > MAX_SHORT:
        return None
    sentences = _sentences(text)
    if len(sentences) > 2 or (len(sentences) == 2 and len(sentences[0]) > 40):
        return None
    return _final_value(sentences[-1]) or text


# the value of a statement

_MATH = re.compile(
    r"\$\$(?P<a>[^$]{1,3000})\$\$|\\\[(?P<b>.{1,3000}?)\\\]|\\\((?P<c>.{1,3000}?)\\\)"
    r"|(?<![\\$\d])\$(?P<d>(?=[^\s$])[^$\n]{0,1000}?[^\s$\\])\$(?!\d)|(?<![\\$\d])\$ (?P<e>[^$\n]{1,1000}?) \$(?!\d)",
    re.DOTALL,
)


def _final_value(statement: str, concluding: bool = False) -> str | None:
    """The final formula, else the bold part, else the number with its unit, else the words."""
    statement = statement.strip().rstrip(".。!！ \t")
    if statement.count("**") % 2:
        statement = statement.removesuffix("**").strip()
    if not statement:
        return None
    if not concluding and (letter := _choice(statement)):
        return letter
    if (verdict := _YES_NO.match(statement)) and not concluding:
        return verdict[1]
    if boxed := last_boxed(statement):
        return boxed
    formulas = [m for m in _MATH.finditer(statement) if _is_formula(m)]
    if formulas:
        return _from_formulas(statement, formulas)
    if found := [m[1] or m[2] or m[3] for m in _BOLD.finditer(statement)]:
        return _final_value(found[-1].strip(":： ")) if found[-1] != statement else None
    if not concluding and is_value(right := _after_equals(statement)):
        return right
    return _number_in(statement) or (None if concluding else _words(statement))


_YES_NO = re.compile(r"(yes|no|true|false|是的|是|否|不是|对|不对)\s*[,;.:，。；!]", re.IGNORECASE)


def _choice(text: str) -> str | None:
    return letter_in(text) if len(text) < 400 and letter_in(text) else None


def _is_formula(match: re.Match[str]) -> bool:
    """Not the money between two dollar signs: `$5 and then $`."""
    body = match["d"]
    return body is None or not re.search(
        r"[a-z]{3,} [a-z]{2,}", re.sub(r"\\text\s*\{[^{}]*\}", "", body)
    )


def _from_formulas(statement: str, formulas: list[re.Match[str]]) -> str:
    """The last formula; formulas joined by `and` or a comma are one list."""
    last = formulas[-1]
    joined, start = [_body(last)], last.start()
    for before in reversed(formulas[:-1]):
        if not _BETWEEN_BOXES.fullmatch(statement, before.end(), start):
            break
        joined.append(_body(before))
        start = before.start()
    if len(joined) > 1:
        return ", ".join(reversed(joined))
    unit = _UNIT_AFTER.match(statement, last.end())
    value = _after_equals(joined[0])
    return f"{value} {unit[1]}" if unit and _UNIT_BEFORE.search(value) else value


_UNIT_AFTER = re.compile(
    r"[ \t]?(%|percent|°C|°F|degrees?|km/h|m/s|mph|[kcm]?m(?:\^?[23²³])?|kg|g|mL|L|cm|mm|hours?|minutes?|seconds?"
    r"|days?|weeks?|months?|years?|dollars?|cents?|miles?|feet|inches|meters?|元|米|千米|厘米|公里|小时|分钟|天|吨|千克|克)"
    r"(?![\w])"
)
_UNIT_BEFORE = re.compile(r"[\d}]\s*$")


def _body(match: re.Match[str]) -> str:
    return (
        (match["a"] or match["b"] or match["c"] or match["d"] or match["e"] or "")
        .strip()
        .rstrip(".,;")
    )


def _after_equals(text: str) -> str:
    """The right side of the last `=` where the left side names or computes the value."""
    if "=" not in text or text.count("=") == text.count("\\begin{"):
        return text
    left, _, right = text.rpartition("=")
    if not right.strip() or left.rstrip()[-1:] in tuple("<>!≤≥\\") or _LISTED.search(text):
        return text
    if right.strip() in ("0", "0.") and not re.search(
        r"^[\w\\{}()\s^|]{1,12}$|\d\s*$", left.strip()
    ):
        return text
    if left.count("(") != left.count(")") or left.count("{") != left.count("}"):
        return text
    return text if _EQUATION.search(right) else right.strip()


_LISTED = re.compile(
    r",\s*\\?[a-zA-Z]\w*\s*=|\\text\s*\{\s*(?:and|or)|\b(?:and|or)\b|;|\\begin|\\in\b|∈|[<>≤≥]|\\[lg]eq?\b"
)
_EQUATION = re.compile(r"(?<![\\a-zA-Z])[xyzt](?![a-zA-Z])")

_NUMBER = re.compile(
    r"(?P<sign>(?<![\w)\]])[-−]\s?)?(?P<money>[$€£¥]\s?|\\\$\s?)?"
    r"(?P<body>(?:\d{1,3}(?:,\d{3})+|\d+)(?:[.,]\d+)?(?:\s?/\s?\d+)?|\.\d+)"
    r"(?P<repeat>\s(?=\d+/\d)\d+/\d+)?"
    r"(?P<unit>\s?(?:%|percent\b|€|£|km/h|m/s|(?:[kcm]?m|ft)(?:\^?[23²³])?(?!\w)|kg\b|mg\b|g\b|mL\b|L\b"
    r"|miles?\b|hours?\b|minutes?\b|seconds?\b|days?\b|weeks?\b|months?\b|years?\b|dollars?\b|cents?\b"
    r"|feet\b|inches\b|meters?\b|degrees?\b|°|元|米|千米|厘米|公里|小时|分钟|天|吨|千克|克))?"
)
_DENIED = re.compile(
    r"(?:\b(?:not|isn't|never|than|except)|[<>≠≤≥]|\\n?[lg]?eq?|\\[lg]t|不是|不等于|大于|小于)\s*[$(]?$",
    re.IGNORECASE,
)
_PROSE = re.compile(r"(?<![\\a-zA-Z])[a-zA-Z]{2,}|[^\W\d_a-zA-Z]")
_TEX_VALUE = re.compile(r"\\(?:d?frac|sqrt|pi)\b")
_ASIDE = re.compile(
    r"(?:\b(?:after|in|for|of|from|per|by|within|during|over|at|than|with|every|each|step|case|out\s+of"
    r"|between|since|until|×|times)|第|每)\s*(?:the\s+|a\s+)?\(?[$\\]*$",
    re.IGNORECASE,
)


def _number_in(statement: str) -> str | None:
    """The number a sentence states: after its last `=`, else the last that is no aside."""
    if _TEX_VALUE.search(statement):
        if value := _tex_in(statement):
            return value
    head, equals, right = statement.rpartition("=")
    if equals and (match := _NUMBER.search(right)):
        statement = right if not re.search(r"[a-z]{4,}.*\d", right[match.end() :]) else statement
    matches = [m for m in _NUMBER.finditer(statement) if _stands_alone(statement, m)]
    if not matches:
        return None
    stated = [
        m for m in matches if not _ASIDE.search(statement[max(0, m.start() - 20) : m.start()])
    ]
    last = (stated or matches)[-1]
    if _DENIED.search(statement[max(0, last.start() - 20) : last.start()]):
        return None
    hedged = _hedge(statement, matches, last)
    return hedged or _spelled(last)


def _stands_alone(text: str, match: re.Match[str]) -> bool:
    """Not the 2 of x2, H2O or 3.4.5."""
    before, after = text[: match.start()][-1:], text[match.end() :][:1]
    if before and before.isascii() and (before.isalpha() or before in "_^\\"):
        return False
    if _ORDINAL.match(text, match.end()):
        return True
    return not (after and after.isascii() and after.isalpha() and match["unit"] is None)


_ORDINAL = re.compile(r"(?:st|nd|rd|th)\b")


def _hedge(statement: str, matches: list[re.Match[str]], last: re.Match[str]) -> str | None:
    """`3 or 4`, `3 and 4` stay together: half of a hedge is no answer."""
    place = matches.index(last)
    if place == 0:
        return None
    before = matches[place - 1]
    if _JOINT.fullmatch(statement, before.end(), last.start()):
        return f"{_spelled(before)}, {_spelled(last)}"
    return None


_JOINT = re.compile(
    r"\s*(?:\w+\s+)?(?:or|and|,|或|和|与)\s*(?:maybe\s+|perhaps\s+)?", re.IGNORECASE
)


def _spelled(match: re.Match[str]) -> str:
    sign = "-" if match["sign"] else ""
    money = "\\$" if match["money"] and "$" in match["money"] else (match["money"] or "")
    unit = f" {match['unit'].strip()}" if match["unit"] else ""
    return f"{sign}{money}{match['body']}{match['repeat'] or ''}{unit}"


_TEX_RUN = re.compile(
    r"(?:-\s?)?(?:\d+(?:\.\d+)?\s?)?(?:\\[a-zA-Z]+|[{}\[\]()^_+\-*/.\d\s]|(?<![a-zA-Z])[a-zA-Z](?![a-zA-Z])){1,200}"
)


def _tex_in(statement: str) -> str | None:
    r"""A formula that stands in a sentence without dollar signs: `… is (\frac{2}{5}) tonnes`."""
    runs = [m[0].strip() for m in _TEX_RUN.finditer(statement) if _TEX_VALUE.search(m[0])]
    return runs[-1] if runs else None


def _words(statement: str) -> str | None:
    return statement if len(statement) <= 200 else None


def _last_number(text: str) -> str | None:
    matches = [
        m for m in _NUMBER.finditer(text[-TAIL_CHARS:]) if _stands_alone(text[-TAIL_CHARS:], m)
    ]
    return _spelled(matches[-1]) if matches else None


_RULES: dict[str, Callable[[str], str | None]] = {
    "boxed": last_boxed,
    "answer_tag": _answer_tag,
    "hashes": _hashes,
    "answer_line": _announced,
    "bold": _bold,
    "conclusion": _conclusion,
    "short": _short,
    "last_sentence": _last_sentence,
    "earlier_conclusion": _older_conclusion,
}
