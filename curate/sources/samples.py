"""The samples in one row of a file: a reply, a list of replies, of objects, a conversation; with
what the row says of each of them (thinking, finish_reason, model, whether it is correct)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from curate.sources.columns import Columns
from curate.sources.conversations import Turn, parts_of, reasoning_in, turns_of
from curate.sources.layouts.layout import Row
from curate.sources.plain_values import json_of, mended, text_of
from filters.trace_format import NO_TAGS, OPEN, parse, render

FINISH = {
    **dict.fromkeys(("stop", "eos", "eos_token", "end_turn", "stop_sequence", "complete"), "stop"),
    **dict.fromkeys(("length", "max_tokens", "model_length", "max_length", "incomplete"), "length"),
    **dict.fromkeys(("error", "content_filter", "abort", "aborted", "cancelled"), "error"),
}
"""what servers write -> ours"""
_TEXT = ("content", "text", "response", "completion", "output", "generation", "answer", "message")
_SWITCHES = {"on", "off", "true", "false", "yes", "no"}
"""Nemotron's `reasoning` says whether there is any"""
_LARGEST = 2**31


@dataclass
class Sample:
    text: str | None
    repairs: list[str] = field(default_factory=list)
    finish_reason: str | None = None
    model: str | None = None
    correct: bool | None = None
    """the file's own word"""


def samples_of(columns: Columns, row: Row, as_thinking: bool = False) -> Iterator[Sample]:
    given = _given(columns, row)
    of_each = {
        name: _of_each(columns.get(row, name), len(given))
        for name in ("thinking", "finish_reason", "model", "correct")
    }
    for number, (said, inside) in enumerate(given):
        get = lambda name, at=number, inside=inside: inside.get(name) or of_each[name][at]
        text, repairs = _assembled(said, get("thinking"), as_thinking)
        correct = of_each["correct"][number]
        yield Sample(
            text,
            repairs,
            FINISH.get(str(get("finish_reason")).lower()),
            text_of(get("model")),
            correct if isinstance(correct, bool) else None,
        )


def _given(columns: Columns, row: Row) -> list[tuple[str | None, Row]]:
    """(text, what stands beside it) of each sample."""
    value = columns.get(row, "response")
    turns = turns_of(value)
    if turns and any(turn["role"] != "assistant" for turn in turns):
        return [_last(turns)]  # a conversation, not samples
    if value is None:
        return [_last(turns_of(columns.get(row, "messages")) or [])]
    several = value if isinstance(value, list) else [value]
    return [_one(sample) for sample in several] or [(None, {})]


def _last(turns: list[Turn]) -> tuple[str | None, Row]:
    if not turns or turns[-1]["role"] != "assistant":
        return None, {}
    return turns[-1]["content"], {"thinking": turns[-1]["reasoning"]}


def _one(sample: Any) -> tuple[str | None, Row]:
    """One of the row's samples, which may be an object as a server or a data set writes it."""
    if not isinstance(sample, dict):
        return text_of_reply(sample), {}
    name = next((name for name in _TEXT if sample.get(name) is not None), None)
    if name is None:
        return (None, {}) if reasoning_in(sample) is None else ("", _beside(sample))
    if isinstance(sample[name], dict):  # {"message": {…}, "finish_reason": "stop"}
        text, inner = _one(sample[name])
        return text, {**_beside(sample), **inner}
    text, thought = parts_of(sample[name])
    return text, _beside(sample) | ({"thinking": thought} if thought else {})


def _beside(sample: Row) -> Row:
    found = {
        "thinking": reasoning_in(sample),
        "finish_reason": sample.get("finish_reason") or sample.get("stop_reason"),
        "model": sample.get("response_model") or sample.get("model"),
    }
    return {name: value for name, value in found.items() if value is not None}


def text_of_reply(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else json_of(value)


def _of_each(value: Any, samples: int) -> list[Any]:
    """A value for each sample: a list of as many, a list of one, or the same for all."""
    if isinstance(value, list):
        if len(value) == samples:
            return value
        value = "\n\n".join(value) if value and all(isinstance(v, str) for v in value) else None
    return [value] * samples


def _assembled(text: str | None, thinking: Any, as_thinking: bool) -> tuple[str | None, list[str]]:
    """The text as it will be stored, and what was done to it: broken Unicode replaced, a separate
    reasoning column joined (with no closing tag where the reply is empty: it was cut off)."""
    repairs = []
    thought = _thought(thinking)
    if thought and not _tagged(text):
        text = render(thought, text) if text else f"{OPEN}\n{thought}"
        repairs.append("assembled")
    elif as_thinking and text and not _tagged(text):
        text = render(text.strip(), _ending(text))
        repairs.append("as_thinking")
    if text is not None:
        text, broken = mended(text)
        repairs += [f"lone_surrogates={broken}"] if broken else []
    return text, repairs


def _thought(thinking: Any) -> str | None:
    """What was thought, without tags of its own; a switch is no thought."""
    if not isinstance(thinking, str) or thinking.strip().lower() in ("", *_SWITCHES):
        return None
    inside = parse(thinking).thinking if _tagged(thinking) else None
    return inside or thinking.strip()


def _tagged(text: str | None) -> bool:
    return text is not None and parse(text).form != NO_TAGS


def _ending(solution: str) -> str:
    """What a whole solution ends with, as its summary: nothing is written that it does not say."""
    for between in ("\n\n", "\n", ". "):
        *before, last = solution.strip().split(between)
        if before:
            return last.strip()
    return solution.strip()


def number_of(value: Any, number: type[int] | type[float]) -> int | float | None:
    """A number where it is one that fits; a note such as `unknown` is none."""
    try:
        found = number(value) if value is not None else None
    except (TypeError, ValueError, OverflowError):
        return None
    return found if found is None or abs(found) < _LARGEST else None
