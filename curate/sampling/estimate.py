"""What `generate` would do and cost, found out by trying a few requests for a few seconds."""

from __future__ import annotations

import contextlib
import random
from dataclasses import dataclass

from curate.sampling.generate import Work, plan_work, request_of
from curate.sampling.plan import Part, Sample
from curate.store.run_folder import Run
from curate.terminal.progress import say


@dataclass(frozen=True)
class Estimate:
    requests: int
    already: int
    prompt_tokens: int
    max_completion_tokens: int
    seconds_least: float | None
    seconds_most: float | None
    basis: str
    """how the seconds were found"""
    cost_most: float | None
    """if every sample ran to max_tokens; null where nothing is paid"""


def estimate(run: Run, until: float, *, part: Part | None = None) -> Estimate:
    """Tries requests out until that moment (`time.monotonic`)."""
    work = plan_work(run, None, None, part or Part())
    with contextlib.closing(work.source):
        return _estimate(work, until)


def _estimate(work: Work, until: float) -> Estimate:
    """Where verdicts decide how many are asked for, it is at most."""
    samples: list[Sample] = []
    for sample in work.source:
        if sample is None:
            break
        samples.append(sample)
    total = work.source.total - work.source.already
    texts = list({sample.prompt.text: None for sample in samples})
    tokens = dict(zip(texts, work.engine.count_tokens(texts), strict=True)) if texts else {}
    prompts = [tokens[sample.prompt.text] for sample in samples]
    prompt_tokens = round(sum(prompts) * total / max(1, len(prompts)))
    max_completion_tokens = total * work.sampling.max_tokens
    cost = work.engine.cost(prompt_tokens, max_completion_tokens) if work.engine.priced else None
    least, most, basis = _seconds(work, samples, total, until)
    return Estimate(
        requests=total,
        already=work.source.already,
        prompt_tokens=prompt_tokens,
        max_completion_tokens=max_completion_tokens,
        seconds_least=least,
        seconds_most=most,
        basis=basis,
        cost_most=None if cost is None else round(cost, 2),
    )


def _seconds(
    work: Work, samples: list[Sample], total: int, until: float
) -> tuple[float | None, float | None, str]:
    """At least, at most, and how they were found."""
    askable = [sample for sample in samples if sample.prompt.error is None]
    if not askable:
        return 0.0, 0.0, "nothing is left to do"
    say(
        f"dry run: {total:,} samples to ask the {work.engine.name} engine for; "
        f"loading {work.engine.model} and trying some of them for some seconds"
    )
    # from all over the problems, which are often sorted by how hard they are
    tried = random.Random(0).sample(askable, min(len(askable), 8 * work.settings.batch_size))
    requests = [request_of(sample) for sample in tried]
    pace = work.engine.pace(requests, work.sampling, total, until)
    if pace is None:
        return None, None, f"the {work.engine.name} engine gives no estimate of time"
    return (
        round(pace.loading / 2 + pace.least, 1),
        round(pace.loading * 2 + pace.most, 1),
        f"loaded the model in {pace.loading:.1f} s and {pace.basis}",
    )
