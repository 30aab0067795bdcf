"""The steps of a rewriting and their prompts: what a text needs follows from why it was dropped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from curate.config import Refine, Source
from curate.engines.engine import Message
from curate.sources.readers import rows
from filters.errors import UserError, did_you_mean
from filters.schema import content_id

TRANSLATE, TIDY, SUMMARIZE = STEPS = ("translate", "tidy", "summarize")
"""in the order they are done; the first two write the thinking anew, the last the summary"""

MENDED_BY = {
    "language.mixed_language": TRANSLATE,
    "language.wrong_language": TRANSLATE,
    "format.template_tokens": TIDY,
    "readability.long_paragraph": TIDY,
    "readability.wall_of_text": TIDY,
    "readability.code_in_thinking": TIDY,
    "readability.broken_markup": TIDY,
    "readability.broken_characters": TIDY,
    "readability.unfinished_summary": SUMMARIZE,
    "length.summary_too_short": SUMMARIZE,
    "format.no_summary": SUMMARIZE,
}
"""filter.reason -> the step that mends it; a trace with another reason is beyond writing"""
UNSAID = "correctness.no_answer"
"""not a fault of its own where there is no summary: the rewriting is checked for its answer"""
_NO_SUMMARY = "format.no_summary"


def steps_for(reasons: Iterable[str]) -> tuple[str, ...] | None:
    """The steps that a trace dropped for these reasons needs, in order; null where writing cannot
    mend it. No reason: it is kept, and is tidied. A new thinking gets a new summary, as R1's did;
    one that only lacks a summary keeps its thinking byte for byte."""
    faults = set(reasons)
    if _NO_SUMMARY in faults:
        faults.discard(UNSAID)
    if not faults <= MENDED_BY.keys():
        return None
    needed = {MENDED_BY[fault] for fault in faults} or {TIDY}
    return tuple(step for step in STEPS if step in needed or step == SUMMARIZE)


@dataclass(frozen=True)
class Prompts:
    """The prompt of each step, with its examples."""

    templates: Mapping[str, str]
    examples: Mapping[str, Sequence[tuple[str, str]]]
    system: str | None

    @classmethod
    def of(cls, settings: Refine) -> Prompts:
        templates = {step: _template(step, settings.prompts.get(step)) for step in STEPS}
        return cls(templates, _examples(settings.examples), settings.system)

    def messages(self, step: str, problem: str, thinking: str) -> list[Message]:
        """The conversation that asks for one step."""
        template = self.templates[step]
        turns = [] if self.system is None else [{"role": "system", "content": self.system}]
        for before, after in self.examples.get(step, ()):
            turns.append({"role": "user", "content": before})
            turns.append({"role": "assistant", "content": after})
        # replaced in one pass, not formatted: the texts are full of braces
        head, mark, tail = template.partition("{thinking}")
        filled = head.replace("{problem}", problem) + (thinking if mark else "")
        return [*turns, {"role": "user", "content": filled + tail.replace("{problem}", problem)}]

    def hash_of(self, steps: Sequence[str]) -> str:
        """Of all that these steps say beside the text itself."""
        examples = (text for step in steps for pair in self.examples.get(step, ()) for text in pair)
        return content_id(self.system, *(self.templates[step] for step in steps), *examples)


def _template(step: str, path: str | None) -> str:
    if path is None:
        shipped = resources.files("curate.refining").joinpath(f"prompts/{step}.md")
        return shipped.read_text(encoding="utf-8")
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"refine.prompts.{step}: cannot read {path}: {error}") from None
    if "{thinking}" not in text:
        raise UserError(f"refine.prompts.{step}: {path} has no {{thinking}} to stand for the text")
    return text


def _examples(path: str | None) -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = {}
    for number, row in rows(Source(path=path)) if path else ():
        step, before, after = (row.get(name) for name in ("step", "before", "after"))
        if step not in STEPS:
            near = did_you_mean(str(step), STEPS)
            raise UserError(f"refine.examples: {path}, row {number}: no step {step!r}{near}")
        if not isinstance(before, str) or not isinstance(after, str):
            raise UserError(
                f"refine.examples: {path}, row {number}: columns before and after are wanted"
            )
        found.setdefault(step, []).append((before, after))
    return found
