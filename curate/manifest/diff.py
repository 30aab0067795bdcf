"""What two runs have in common and what not: settings, funnel, the traces that one keeps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from curate.manifest import ask as manifest
from curate.store.run_folder import Run

MISSING = "not there"
"""the fate of a trace in a run that does not hold it"""
DEFAULT = "default"
"""of a filter's setting that the configuration does not name"""
EXAMPLES = 3
"""trace_ids that are named of each change"""
_FUNNELS = """
with a as (select *, row_number() over () as place from a.v_funnel),
b as (select *, row_number() over () as place from b.v_funnel)
select stage, a.kept as kept_a, b.kept as kept_b, a.dropped as dropped_a, b.dropped as dropped_b,
    a.undecided as undecided_a, b.undecided as undecided_b
from a full join b using (stage) order by greatest(a.place, b.place), stage
"""
_MOVED = f"""
with compared as (
        select a.trace_id, a.fate as fate_a, a.decided_by as by_a, a.reason as reason_a,
            b.fate as fate_b, b.decided_by as by_b, b.reason as reason_b
        from a.fates a join b.fates b using (trace_id)
        union all select trace_id, fate, decided_by, reason, '{MISSING}', null, null
        from a.fates anti join b.fates using (trace_id)
        union all select trace_id, '{MISSING}', null, null, fate, decided_by, reason
        from b.fates anti join a.fates using (trace_id))
select fate_a, by_a, reason_a, fate_b, by_b, reason_b, count(*) as traces,
    list(trace_id order by trace_id)[:{EXAMPLES}] as examples
from compared where (fate_a = 'kept') <> (fate_b = 'kept')
group by fate_a, by_a, reason_a, fate_b, by_b, reason_b
order by fate_a = 'kept', traces desc, reason_a, reason_b
"""


def diff(a: Run, b: Run) -> dict[str, Any]:
    """`settings` that differ (setting, a, b), `funnel` side by side, and `moved`: traces that only
    one of the runs keeps, by what either says of them, those that `b` gains first."""
    runs = {"a": a, "b": b}
    return {
        "settings": list(_differences(_settings(a), _settings(b))),
        "funnel": manifest.rows(runs, _FUNNELS),
        "moved": manifest.rows(runs, _MOVED),
    }


def _settings(run: Run) -> dict[str, Any]:
    """Dotted place in the configuration -> value, and the version of this program."""
    config = run.config.model_dump(mode="json", exclude={"name"})
    version = run.versions[-1]["packages"]["coldstart-curate"]
    return {"version of coldstart-curate": version, **dict(_flat(config))}


def _flat(value: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(inner, f"{place}.{key}" if place else key)
    else:
        yield place, value


def _differences(a: dict[str, Any], b: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for setting in dict.fromkeys([*a, *b]):
        of_a, of_b = (run.get(setting, DEFAULT) for run in (a, b))
        if of_a != of_b:
            yield {"setting": setting, "a": of_a, "b": of_b}
