"""`trick`: questions that look like famous ones and are not (the cat is dead before it goes into
the box), so who answers from memory is wrong; the column `trap` has what memory says. To evaluate
on, never to train on: known by their ids, which are hashes of what a model is shown."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable
from importlib import resources

from filters.errors import UserError

TRICK = "trick"
FILE = resources.files("curate.evaluation").joinpath(f"{TRICK}.jsonl")


@functools.cache
def trick_ids() -> frozenset[str]:
    lines = FILE.read_text(encoding="utf-8").splitlines()
    return frozenset(json.loads(line)["problem_id"] for line in lines)


def refuse_trick(problem_ids: Iterable[str], what: str) -> None:
    """Raises UserError where one of them is among the problems that `what` would train on."""
    if found := trick_ids().intersection(problem_ids):
        raise UserError(
            f"{what}: {len(found)} of the problems, such as {min(found)}, belong to the evaluation "
            f"set `{TRICK}`, which nothing is trained on: leave them out"
        )
