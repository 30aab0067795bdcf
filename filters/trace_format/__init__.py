"""Where thinking ends and the reply begins: one rule for filters, verifiers and trainers."""

from filters.trace_format.parts import (
    CLOSE,
    END_TOKENS,
    NO_TAGS,
    OPEN,
    SPACE,
    TURN_TOKEN,
    Parts,
    after_thinking,
    bare_tags,
    parse,
    parse_columns,
    parse_marked,
    reads_back,
    render,
    reply_of,
)

__all__ = [
    "CLOSE",
    "END_TOKENS",
    "NO_TAGS",
    "OPEN",
    "SPACE",
    "TURN_TOKEN",
    "Parts",
    "after_thinking",
    "bare_tags",
    "parse",
    "parse_columns",
    "parse_marked",
    "reads_back",
    "render",
    "reply_of",
]
