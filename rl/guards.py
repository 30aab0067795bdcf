"""What is refused before the first step, since it would cost days and teach the wrong thing."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from curate.config import Grpo
from curate.evaluation.checkpoints import TRAINING_FILE
from curate.manifest import ask
from curate.manifest.shard_sql import literal
from curate.store.run_folder import Run
from filters.errors import UserError
from sft.trainer.base_model import Base

FORM = ("format", "language", "overlong", "repetition")
"""rewards that a reply earns however wrong it is"""
BY_CHANCE = 2.0
"""standard errors of a difference that say nothing yet"""


def check_weights(settings: Grpo) -> None:
    """Form alone must not win: where no reward tells right from wrong, the best reply is a short
    one that says nothing, neatly. Where one does, form adds to it and never stands for it: among
    neat replies of a group only that reward makes a difference."""
    telling = [n for n, weight in settings.rewards.items() if weight > 0 and n not in FORM]
    if settings.rewards and not telling and not settings.anyway:
        raise UserError(
            f"grpo.rewards: {', '.join(settings.rewards)} tell nothing of right and wrong, so "
            "writing nothing neatly would win: give accuracy, a judge or a reward of your own a "
            "weight above 0 (grpo.anyway: true trains all the same)"
        )


def check_tokenizer(base: Base, settings: Grpo) -> None:
    """A checkpoint that was trained here has the tokenizer that it was trained with: with another
    run's it writes nonsense and no step fails."""
    known = _training(base).get("tokenizer_hash")
    if known not in (None, base.tokenizer_hash) and not settings.anyway:
        raise UserError(
            f"{base.setting}: {base.name} was trained with another tokenizer than lies in its "
            f"folder ({str(known)[:12]}, not {base.tokenizer_hash[:12]}): put the right one there "
            "(grpo.anyway: true goes on with it all the same)"
        )


def check_scores(run: Run, base: Base, settings: Grpo) -> None:
    """Of two evaluations on one problem set, the checkpoint's is not below its own base's."""
    before = _training(base).get("base_revision")
    if before is None or settings.anyway or not run.shards("evals"):
        return
    found = ask.rows(run, _PAIRS.format(ours=literal(base.revision), base=literal(before)))
    for row in found:
        margin = BY_CHANCE * math.hypot(row["ours_se"] or 0.0, row["base_se"] or 0.0)
        if row["ours"] < row["base"] - margin:
            raise UserError(
                f"{base.setting}: on {row['problem_set']} {base.name} has a pass@1 of "
                f"{row['ours']:.3f}, below the {row['base']:.3f} of its own base: look at what it "
                "was trained on (grpo.anyway: true goes on from it all the same)"
            )


_PAIRS = """
    with latest as (
        select * from evals where pass_at_1 is not null
        qualify row_number() over (
            partition by checkpoint_revision, problem_set_hash, temperature, top_p, max_tokens
            order by created_at desc) = 1
    )
    select
        ours.problem_set, ours.pass_at_1 as ours, ours.pass_at_1_se as ours_se,
        base.pass_at_1 as base, base.pass_at_1_se as base_se
    from latest ours join latest base using (problem_set_hash, temperature, top_p, max_tokens)
    where ours.checkpoint_revision = {ours} and base.checkpoint_revision = {base}
"""


def _training(base: Base) -> dict[str, Any]:
    """What `training.json` says of a checkpoint that was trained here; nothing of any other."""
    file = base.place / TRAINING_FILE if isinstance(base.place, Path) else None
    if file is None or not file.is_file():
        return {}
    known: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return known
