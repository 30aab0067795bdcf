"""The tags around thinking: how model families spell them, and which of them in a text mean it.

A tag that a text only names, in code or quotation marks, is none. Where that is not clear, as a
text may have an odd number of quotation marks, the only tag of its kind is one.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from filters.spans import Span, inside

DIALECTS = (
    ("<think>", "</think>"),
    ("<|begin_of_thought|>", "<|end_of_thought|>"),
    ("<thinking>", "</thinking>"),
    ("<thought>", "</thought>"),
    ("<reasoning>", "</reasoning>"),
    ("<seed:think>", "</seed:think>"),
    ("<scratchpad>", "</scratchpad>"),
    ("<reflection>", "</reflection>"),
    ("<inner_monologue>", "</inner_monologue>"),
    ("[THINK]", "[/THINK]"),
    ("◁think▷", "◁/think▷"),
)
"""(opening, closing); a text is read in the first dialect of which it has a tag"""
WRAPPER = ("<|begin_of_solution|>", "<|end_of_solution|>")
TAGS = frozenset(tag for pair in (*DIALECTS, WRAPPER) for tag in pair)
"""some look like template tokens and are none"""

_ANY = re.compile(
    r"(?i)[<＜\[◁](?:"
    r"(?<=[<＜]) ?(?P<slash>/?) ?(?:think(?:ing)?|thought|reasoning|seed:think"
    r"|scratchpad|reflection|inner_monologue) ?[>＞]"
    r"|(?<=\[)(?P<barred>/?)think\]|(?<=◁)(?P<turned>/?)think▷"
    r"|(?<=<)\|(?:begin|(?P<end>end))_of_thought\|>)"
)
"""a tag of any dialect, in any letters; its first character stands in front of all, since the
search is fast only where a pattern begins with one set of characters"""
ENDS = (
    r"(?i)(?:think(?:ing)?|thought|reasoning|scratchpad|reflection|monologue) ?[>＞\]▷]"
    r"|_of_thought\|>"
)
"""what each of them ends in: for a look at many texts, which is four times as fast with letters
first"""
_HEAD = 64
"""characters in which an opening tag must begin that is spelled unlike the closing one"""


class Tag(NamedTuple):
    start: int
    end: int
    closes: bool


def tags_of(text: str) -> list[Tag]:
    """The tags of the dialect that the text is in, in order."""
    of_dialects = (_meant(text, _places(text, *pair)) for pair in DIALECTS)
    tags = next(filter(None, of_dialects), [])
    if not any(tag.closes for tag in tags):
        return all_tags(text)
    return tags if not tags[0].closes else [*_odd_opening(text), *tags]


def all_tags(text: str) -> list[Tag]:
    """Those of every dialect and in any letters, in order."""
    return _meant(text, map(_read, _ANY.finditer(text)))


def named_tags(text: str) -> list[Tag]:
    """Those that it only speaks of, whatever their dialect."""
    meant = set(tags_of(text))
    return [tag for tag in map(_read, _ANY.finditer(text)) if tag not in meant]


def _odd_opening(text: str) -> Iterator[Tag]:
    head = text[:_HEAD]
    match = _ANY.match(head, len(head) - len(head.lstrip()))
    if match and not (tag := _read(match)).closes:
        yield tag


def _read(match: re.Match[str]) -> Tag:
    return Tag(*match.span(), any(match.groupdict().values()))


def _places(text: str, opening: str, closing: str) -> list[Tag]:
    found = []
    for tag in (opening, closing):
        at = text.find(tag)
        while at >= 0:
            found.append(Tag(at, at + len(tag), tag == closing))
            at = text.find(tag, at + len(tag))
    return sorted(found)


# ------------------------------------------------------------------ only named

_QUOTE = re.compile(
    r"`[^`\n]*`|\"[^\"\n]*\"|“[^“”\n]*”|«[^«»\n]*»|「[^「」\n]*」|(?<!\w)['‘][^'‘’\n]*['’](?!\w)"
)
_FENCE = re.compile(r"(?<=\n)[ \t]*(```|~~~).*?\n[ \t]*\1", re.DOTALL)
_MARKS = frozenset("`\"“«「'‘")
_NAME = 64
"""characters of a quotation that holds tags and nothing else to speak of"""


def _meant(text: str, tags: Iterable[Tag]) -> list[Tag]:
    """Without those in code or quotation marks; of openings and closings each, where all are in
    some, without those that can only be a name."""
    tags = list(tags)
    if _plain(text, tags):
        return tags
    held: dict[Span, list[Tag]] = defaultdict(list)
    free: list[Tag] = []
    quotes, fences = _quotes(text, tags), [(m.start(1), m.end()) for m in _FENCE.finditer(text)]
    for tag in tags:
        span = _around(tag, fences) or _around(tag, quotes)
        (held[span] if span else free).append(tag)
    doubtful = [tag for span, some in held.items() if not _names(text, span, some) for tag in some]
    kinds = {tag.closes for tag in free}
    return sorted([*free, *(tag for tag in doubtful if tag.closes not in kinds)])


def _plain(text: str, tags: list[Tag]) -> bool:
    """Whether they need no look: one, or two of which the first begins the text, and no mark in
    front."""
    few = len(tags) < 2 or (len(tags) == 2 and not text[: tags[0].start].strip())
    return few and not any(text[tag.start - 1 : tag.start] in _MARKS for tag in tags if tag.start)


def _quotes(text: str, tags: list[Tag]) -> list[Span]:
    """In the lines that have tags."""
    starts = sorted({text.rfind("\n", 0, tag.start) + 1 for tag in tags})
    ends = (text.find("\n", start) for start in starts)
    lines = zip(starts, (end if end >= 0 else len(text) for end in ends), strict=True)
    return [match.span() for line in lines for match in _QUOTE.finditer(text, *line)]


def _around(tag: Tag, spans: list[Span]) -> Span | None:
    """The one of the spans that the tag is in."""
    span = inside(tag.start, spans)
    return span if span and tag.end <= span[1] else None


def _names(text: str, span: Span, held: list[Tag]) -> bool:
    """Whether it is code that has tags of both kinds, or a quotation that begins and ends with
    one."""
    if text.startswith(("```", "~~~"), span[0]):
        return len({tag.closes for tag in held}) == 2
    whole = held[0].start - span[0] == span[1] - held[-1].end == 1
    return whole and span[1] - span[0] <= _NAME
