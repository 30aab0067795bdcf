"""A row as the filters see it, and its response taken apart and put together again."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

Row = dict[str, Any]
"""problem, response, finish_reason, kind, language, gold, origin; inject and benign add labels"""


@dataclass(frozen=True, slots=True)
class Parts:
    """A sound response: how it is tagged, its thinking and its summary."""

    form: str
    """both, close (the template opened the block) or bare (`think` and `answer` lines)"""
    thinking: str
    summary: str

    def text(self) -> str:
        if self.form == "bare":
            return f"think\n{self.thinking}\nanswer\n{self.summary}"
        start = "<think>\n" if self.form == "both" else ""
        return f"{start}{self.thinking}\n</think>\n\n{self.summary}"


def parts(row: Row) -> Parts:
    """The parts of a sound row; a row without a thinking part is a bug of the caller."""
    response: str = row["response"]
    if response.startswith("think\n") and "\nanswer\n" in response:
        thinking, summary = response.removeprefix("think\n").rsplit("\nanswer\n", 1)
        return Parts("bare", thinking, summary)
    thinking, closing, summary = response.partition("</think>")
    if not closing:
        raise ValueError("not a sound row: no end of thinking")
    form = "both" if thinking.lstrip().startswith("<think>") else "close"
    return Parts(form, thinking.strip().removeprefix("<think>").strip(), summary.strip())


def rebuilt(row: Row, thinking: str | None = None, summary: str | None = None) -> Row:
    """The row with another thinking or summary under the same tags."""
    old = parts(row)
    new = Parts(
        old.form,
        old.thinking if thinking is None else thinking,
        old.summary if summary is None else summary,
    )
    return {**row, "response": new.text()}


def problem_id(row: Row) -> str:
    return "p" + hashlib.sha256(row["problem"].encode()).hexdigest()[:15]


def identified(rows: list[Row]) -> list[Row]:
    """Rows with a problem_id and a trace_id that is unique even among equal responses."""
    named = []
    for number, row in enumerate(rows):
        digest = hashlib.sha256(f"{number}\0{row['response']}".encode()).hexdigest()[:15]
        named.append({**row, "trace_id": "t" + digest, "problem_id": problem_id(row)})
    return named
