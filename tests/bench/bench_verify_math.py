"""Checks per CPU second of the mathematics verifier beside math-verify, on the same real replies.

    python tests/bench/bench_verify_math.py [traces.jsonl.gz]

Both get the whole reply with its thinking and the gold answer. math-verify is called as its users
call it: `verify(parse(gold), parse(reply))`. CPU time is this process and its children; imports,
worker start and one warming pass over ten replies are left out for both.
"""

from __future__ import annotations

import gzip
import json
import logging
import resource
import sys
from collections.abc import Callable
from pathlib import Path

from filters.verifiers import Case, verify
from filters.verifiers import math as ours

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "traces.jsonl.gz"


def cpu() -> float:
    usages = [resource.getrusage(w) for w in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in usages)


def check_ours(rows: list[dict[str, str]]) -> list[bool]:
    outcomes = verify([Case(r["response"], r["gold_answer"]) for r in rows])
    return [o.outcome == "correct" for o in outcomes]


def check_ours_one_by_one(rows: list[dict[str, str]]) -> list[bool]:
    """As a reward function does it that gets one completion at a time."""
    return [check_ours([row])[0] for row in rows]


def check_peer(rows: list[dict[str, str]]) -> list[bool]:
    from math_verify import parse
    from math_verify import verify as peer_verify

    return [bool(peer_verify(parse(r["gold_answer"]), parse(r["response"]))) for r in rows]


def measure(
    check: Callable[[list[dict[str, str]]], list[bool]], rows: list[dict[str, str]]
) -> tuple[float, list[bool]]:
    check(rows[:10])
    ours._cache.clear()
    start = cpu()
    found = check(rows)
    return cpu() - start, found


def main() -> None:
    logging.disable(logging.CRITICAL)
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else DATA
    with gzip.open(path, "rt") as lines:
        rows = [row for line in lines if (row := json.loads(line))["gold_answer"]]
    problems = len({row["problem_id"] for row in rows})
    print(f"{len(rows)} replies to {problems} problems, {path.name}")
    numeric = [r["label"] if r["label_source"] == "computed:numeric" else None for r in rows]
    rates = {}
    for name, check in [
        ("ours, one batch", check_ours),
        ("ours, one by one", check_ours_one_by_one),
        ("math-verify", check_peer),
    ]:
        seconds, found = measure(check, rows)
        rates[name] = len(rows) / seconds
        agree = [f == (n == "correct") for f, n in zip(found, numeric, strict=True) if n]
        print(
            f"{name:<18}{seconds:8.2f} CPU s{rates[name]:10,.0f} checks per CPU s   "
            f"{sum(agree)}/{len(agree)} computed labels confirmed"
        )
    print(f"ours is {rates['ours, one batch'] / rates['math-verify']:.0f} times as fast")


if __name__ == "__main__":
    main()
