"""What `curate explain` knows of a trace, for a person to read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from curate.terminal.marked import with_places
from curate.terminal.side_by_side import show_side_by_side
from curate.terminal.tables import short, show, visible

Facts = dict[str, Any]


def show_explanation(facts: Facts, text: bool) -> None:
    """The facts of `curate.manifest.explain`; `text`: with what the model wrote, places marked."""
    trace = facts["trace"]
    for noun, fact in _lines(facts):
        print(visible(f"{noun:<10}{fact}"))
    columns = ("filter", "says", "score", "label")
    rows = [(*(v[name] for name in columns), _reasons(v)) for v in facts["verdicts"]]
    show((*columns, "reasons"), rows)
    for verdict in facts["verdicts"]:  # below the table: it would be the first that has no room
        if found := _findings(verdict):
            print(visible(f"{verdict['filter']} found {found}"))
    if text:
        print(with_places(trace["response"] or "", _places(facts["verdicts"])))
    if facts["parent"]:
        _show_changes(facts["parent"][0], trace)
    elif facts["rewritings"]:
        _show_changes(trace, facts["rewritings"][0])


def _lines(facts: Facts) -> Iterator[tuple[str, str]]:
    trace = facts["trace"]
    yield "trace", f"{trace['trace_id']}  ({trace['origin']}, {trace['model'] or 'model unknown'})"
    yield "problem", short(trace["problem"], 200)
    yield "gold", trace["gold"] if trace["gold"] is not None else "none"
    yield "fate", _fate(trace)
    if len(facts["attempts"]) > 1:
        yield "attempts", f"{len(facts['attempts'])}, the last one counts"
    for rollout in facts["imported_from"]:
        yield "sampled", _rollout(rollout)
    for parent in facts["parent"]:
        yield "parent", f"{parent['trace_id']}  {_fate(parent)}"
        yield "written", _written(trace)
    for child in facts["rewritings"]:
        yield "rewritten", f"as {child['trace_id']}  {_fate(child)}"
        yield "", _written(child)
    yield from _uses(facts)


def _uses(facts: Facts) -> Iterator[tuple[str, str]]:
    """What was made from it."""
    for record in facts["record"]:
        yield "record", f"{record['record_id']}, answer {record['answer']}"
    for trained in facts["checkpoints"]:
        seen = f"seen {trained['times']} times"
        yield "trained", f"{trained['path']} ({trained['stage']} at step {trained['step']}, {seen})"
    for push in facts["pushes"]:
        what = "" if push["kind"] != "model" else "as trained on by "
        yield "pushed", f"{what}{pushed(push)}"
    for group in facts["rollouts"]:
        steps = f"steps {group['first_step']} to {group['last_step']}"
        correct = "" if group["correct"] is None else f", {100 * group['correct']:.0f} % correct"
        rollouts = f"{group['rollouts']} of its problem by {group['checkpoint']}"
        yield "rollouts", f"{rollouts} ({steps}{correct})"


def pushed(push: Facts) -> str:
    """Of a row of `pushes`: where it lies."""
    at = push["pull_request"] or f"commit {push['commit']}"
    return f"{push['repo']} ({push['branch']}, {at})"


def _rollout(rollout: Facts) -> str:
    origin = f"by {rollout['checkpoint']} in step {rollout['step']}"
    known = [name for name in ("reward", "advantage") if rollout[name] is not None]
    numbers = [f"{name} {rollout[name]:.4g}" for name in known]
    return ", ".join([origin, *numbers, *filter(None, [rollout["outcome"]])])


def _places(verdicts: list[Facts]) -> list[tuple[int, int]]:
    """What the filters that do not keep the trace found in its text."""
    found = (item for v in verdicts if not v["keep"] for item in v["detail"] or [])
    return [(item["start"], item["end"]) for item in found if item["start"] is not None]


def _show_changes(parent: Facts, child: Facts) -> None:
    titles = (f"parent {parent['trace_id'][:12]}", f"rewriting {child['trace_id'][:12]}")
    show_side_by_side(titles, (parent["response"] or "", child["response"] or ""))


def _fate(trace: Facts) -> str:
    decided = f" by {trace['decided_by']}: {trace['reason']}" if trace["decided_by"] else ""
    return f"{trace['fate']}{decided}"


def _written(rewriting: Facts) -> str:
    steps = json.loads(rewriting["meta"] or "{}").get("steps", [])
    by = f"by {rewriting['model']} in steps {', '.join(steps)}"
    return f"{by}; prompts {rewriting['prompt_hash']}, attempt {rewriting['attempt']}"


def _reasons(verdict: Facts) -> str:
    return ", ".join(verdict["reasons"] or [])


def _findings(verdict: Facts) -> str:
    places = []
    for item in (verdict["detail"] or [])[:4]:
        at = f" at {item['start']}" if item["start"] is not None else ""
        places.append(f"{item['what']}{at}: {short(item['text'], 60)}")
    return "; ".join(places)
