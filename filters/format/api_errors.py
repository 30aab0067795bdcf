"""A service's error message in place of a reply: it begins like one, names a service, is short."""

from __future__ import annotations

import polars as pl

_SERVICE = (
    r"error code|status code|http|server|request|connection|timed? ?out|attempts|rate.?limit|quota"
    r"|api|overload|unavailable|gateway|expecting value|token limit|context length|internal_error"
)
API_ERROR = (
    rf"(?i)^\W{{0,3}}(?:\w+\.)*\w*(?:error|exception)\b[^\n]{{0,120}}(?:{_SERVICE})"
    r"|^\W{0,3}['\x22]error['\x22]\s*:"
    r"|^\W{0,3}(?:http(?:/[\d.]+)?\s)?[45]\d\d\s+(?:internal server error|bad gateway|service"
    r"|too many|gateway|unauthorized|forbidden|not found|bad request)"
    r"|^(?:internal server error|bad gateway|service unavailable|too many requests"
    r"|rate limit (?:exceeded|reached)|request timed out|upstream (?:connect|request)"
    r"|an error occurred"
    r"|<!doctype html|<html|traceback \(most recent call last\))"
)
_ERROR_HEAD = 300
"""characters: an error names itself in its first line; 50 or 1,000 find the same in 1,847 texts"""
_ERROR_BYTES = 3000
"""an error message is short, a page of HTML included; a text that discusses one is not"""


def is_api_error(text: pl.Expr) -> pl.Expr:
    """Whether the text is an error message of a service in place of a reply."""
    head = text.str.head(_ERROR_HEAD).str.strip_chars().str.contains(API_ERROR)
    return (text.str.len_bytes() <= _ERROR_BYTES) & head
