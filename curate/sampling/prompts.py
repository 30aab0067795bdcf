"""What a problem says to the model: the conversation, its rendering by the engine, both once per
problem and kept in the table `prompts`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from curate.config import Generate, Source
from curate.engines.engine import NO_PROMPT, Engine, Message, PromptError
from curate.sources.readers import rows
from curate.store.run_folder import Run
from curate.store.shards import commit, read
from filters.errors import UserError
from filters.schema import PROMPT, content_id

SHOWN = ("problem", "messages", "choices", "tests")
"""the columns of a problem that `messages` reads"""


@dataclass(frozen=True, slots=True)
class Prompt:
    """A problem as the model will read it, or why it cannot."""

    problem_id: str
    text: str
    prompt_hash: str
    error: str | None = None


def messages(
    problem: dict[str, Any], settings: Generate, examples: Sequence[Message] = ()
) -> list[Message]:
    """The conversation for a problem row: its own turns, or one user turn with what the problem
    shows, after the system prompt and the worked examples if there are any."""
    system = [{"role": "system", "content": settings.system}] if settings.system else []
    turns = problem["messages"]
    if not turns:
        turns = [{"role": "user", "content": _turn(_problem_text(problem), settings)}]
    return [*system, *examples, *turns]


def few_shot(settings: Generate) -> list[Message]:
    """The worked examples that `generate.few_shot` names, as turns: a problem and its response."""
    if settings.few_shot is None:
        return []
    turns = []
    for number, row in rows(Source(path=settings.few_shot)):
        problem, response = row.get("problem"), row.get("response")
        if not isinstance(problem, str) or not isinstance(response, str):
            raise UserError(
                f"generate.few_shot: {settings.few_shot}, row {number}: "
                "columns problem and response are wanted"
            )
        turns += [
            {"role": "user", "content": _turn(problem, settings)},
            {"role": "assistant", "content": response},
        ]
    return turns


def prompts(problems: pl.DataFrame, engine: Engine, settings: Generate) -> list[Prompt]:
    """One for every problem, in order; a UserError where none of them can be asked."""
    examples = few_shot(settings)
    columns = problems.select("problem_id", *SHOWN)
    rendered = [_prompt(row, engine, settings, examples) for row in columns.iter_rows(named=True)]
    refused = [prompt.error for prompt in rendered if prompt.error]
    if len(refused) == len(rendered):
        raise UserError(f"not one problem can be put to the model: {refused[0]}")
    return rendered


def kept(rendered: Sequence[Prompt], engine: Engine) -> pl.DataFrame:
    """As rows of the table `prompts`."""
    unique = {p.prompt_hash: p for p in rendered if p.error is None}
    rows = [(p.prompt_hash, engine.template_hash, p.text) for p in unique.values()]
    return pl.DataFrame(rows, schema=PROMPT, orient="row")


def keep(run: Run, rows: pl.DataFrame) -> None:
    """Commit the prompts that the run does not have yet."""
    known = read(run.shards("prompts"), PROMPT, ["prompt_hash"])
    commit(run.folder("prompts"), rows.join(known, on="prompt_hash", how="anti"), PROMPT)


def _turn(problem: str, settings: Generate) -> str:
    # replaced, not formatted: problems and prompts are full of braces
    return settings.prompt.replace("{problem}", problem)


def _problem_text(problem: dict[str, Any]) -> str:
    """The text, with lettered choices and starter code where there are any."""
    choices = problem["choices"] or []
    lettered = [f"{chr(ord('A') + i)}. {choice}" for i, choice in enumerate(choices)]
    starter = json.loads(problem["tests"] or "{}").get("starter_code") or ""
    is_there = starter.strip() in problem["problem"]
    fenced = [] if is_there else [f"\n```python\n{starter.strip()}\n```"]
    return "\n".join([problem["problem"], *lettered, *fenced])


def _prompt(
    problem: dict[str, Any], engine: Engine, settings: Generate, examples: Sequence[Message]
) -> Prompt:
    problem_id = problem["problem_id"]
    if problem["problem"] is None:
        return Prompt(problem_id, "", content_id(None), f"{NO_PROMPT}: the problem has no text")
    turns = messages(problem, settings, examples)
    try:
        text = engine.render(turns)
    except PromptError as error:
        turns_hash = content_id(*(part for turn in turns for part in turn.values()))
        return Prompt(problem_id, "", turns_hash, f"{NO_PROMPT}: {error}")
    return Prompt(problem_id, text, content_id(text))
