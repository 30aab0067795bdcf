"""A corpus of traces to measure filters on: `python tests/bench/corpus.py OUT --traces 20000`.

Writes OUT/problems, OUT/traces and OUT/labels as Parquet, one part for every 1,000 traces, so
that memory does not grow with the corpus. About 10 kB a trace: generated problems of many parts
in seven languages and, where the folder of shared data is there, real traces cut and spliced.
Six in a hundred rows carry a defect of the injector; OUT/labels says which. The same arguments
give the same files.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

import polars as pl

from filters.schema import PROBLEM, TRACE, conform, content_id

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "filters"))

from injector import DEFECTS, inject
from injector.places import paragraphs
from injector.rows import Parts, Row, parts
from injector.sound import LANGUAGES, real_traces, several

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
PART = 1000
"""traces a file; a file is made from its own seed, so files do not depend on each other"""
ROW_GROUP = 250

DEFECT_SHARE = 0.06
WEIGHTS = {
    "language.same_script_sentence": 12,
    "language.foreign_word": 8,
    "language.foreign_sentence": 4,
    "repetition.exact_tail": 5,
    "repetition.counting": 5,
    "repetition.exact_middle": 4,
    "duplicate.exact": 5,
    "duplicate.word_edits": 8,
    "duplicate.across_problems": 4,
}
"""kinds of defect that come more often than once; all others have weight 1"""
LEFT_OUT = ("length.thinking_too_long", "decontamination.")
"""a quarter of a megabyte each; and those that say nothing about a trace"""


def spliced(rng: Random, real: tuple[Row, ...]) -> Row:
    """Stretches of several real traces one after the other, under the last one's problem.

    What it says makes no sense as a whole, but its words, marks and lengths are those of models.
    """
    chosen = rng.sample(real, rng.randint(3, 6))
    thought: list[str] = []
    for row in chosen:
        own = paragraphs(parts(row).thinking)
        start = rng.randrange(len(own))
        thought += own[start : start + rng.randint(10, 40)]
    last = chosen[-1]
    form = rng.choice(("both", "close"))
    text = Parts(form, "\n\n".join(thought), parts(last).summary).text()
    return {**last, "response": text, "gold": None, "origin": "spliced"}


def sound(rng: Random, real: tuple[Row, ...]) -> Iterator[Row]:
    while True:
        if real and rng.random() < 0.4:
            yield spliced(rng, real)
            continue
        language = rng.choices(list(LANGUAGES), list(LANGUAGES.values()))[0]
        yield several(rng, language, rng.randint(8, 20))


def damaged(row: Row, rng: Random) -> Row:
    """The row with a defect of some kind that it can carry."""
    kinds = [name for name in DEFECTS if not name.startswith(LEFT_OUT)]
    while True:
        kind = rng.choices(kinds, [WEIGHTS.get(name, 1) for name in kinds])[0]
        if (planted := inject(row, kind, rng)) is not None:
            return planted


def rows(rng: Random, real: tuple[Row, ...]) -> Iterator[Row]:
    """Sound rows, some with a defect; a planted twin follows its original."""
    for row in sound(rng, real):
        planted = damaged(row, rng) if rng.random() < DEFECT_SHARE else None
        if planted is None or DEFECTS[planted["defect"]].twin:
            yield row
        if planted is not None:
            yield planted


def frames(chosen: list[Row], number: int) -> dict[str, pl.DataFrame]:
    """Problems, traces and labels of one part."""
    problems, traces, labels, seen = {}, [], [], dict[str, int]()
    for index, row in enumerate(chosen):
        problem_id = content_id("problem", row["problem"])
        occurrence = seen[row["response"]] = seen.get(row["response"], -1) + 1
        trace_id = content_id(problem_id, row["response"], str(number), str(occurrence))
        problems[problem_id] = _problem(problem_id, row)
        traces.append(_trace(trace_id, problem_id, number * PART + index, row))
        label = {"trace_id": trace_id, "origin": row["origin"], "language": row["language"]}
        labels.append(label | {key: row.get(key) for key in ("defect", "filter", "label")})
    return {
        "problems": conform(_table(list(problems.values())), PROBLEM),
        "traces": conform(_table(traces), TRACE),
        "labels": pl.DataFrame(labels, schema=dict.fromkeys(labels[0], pl.String)),
    }


def _table(found: list[dict[str, Any]]) -> pl.DataFrame:
    # every row decides on the types: a column may be null for hundreds of rows
    return pl.DataFrame(found, infer_schema_length=None)


def _problem(problem_id: str, row: Row) -> dict[str, Any]:
    kept = ("problem", "gold", "kind", "language")
    return {"problem_id": problem_id, "source": "corpus", **{key: row[key] for key in kept}}


def _trace(trace_id: str, problem_id: str, index: int, row: Row) -> dict[str, Any]:
    return {
        **{"trace_id": trace_id, "problem_id": problem_id, "sample_index": 0, "attempt": 0},
        **{"response": row["response"], "response_hash": content_id(row["response"])},
        **{"finish_reason": row["finish_reason"], "origin": "imported", "model": "corpus"},
        "source_id": str(index),
    }


def build(out: Path, traces: int, seed: int = 0, shared: Path | None = None) -> int:
    """Writes the corpus and says how many bytes of response text it holds."""
    real = real_traces(shared) if shared else ()
    size = 0
    for table in ("problems", "traces", "labels"):
        (out / table).mkdir(parents=True, exist_ok=True)
    for number in range(-(-traces // PART)):
        rng = Random(f"corpus-{seed}-{number}")
        chosen = list(islice(rows(rng, real), min(PART, traces - number * PART)))
        for table, frame in frames(chosen, number).items():
            path = out / table / f"part-{number:05}.parquet"
            frame.write_parquet(path, row_group_size=ROW_GROUP)
        size += sum(len(row["response"].encode()) for row in chosen)
    return size


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path, metavar="OUT", help="folder to write")
    parser.add_argument("--traces", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--generated", action="store_true", help="use no shared data")
    given = parser.parse_args()
    shared = SHARED if SHARED.is_dir() and not given.generated else None
    size = build(given.out, given.traces, given.seed, shared)
    labels = pl.scan_parquet(given.out / "labels" / "*.parquet")
    counts = labels.group_by("filter").len().sort("filter").collect()
    told = ", ".join(f"{name or 'sound'} {n}" for name, n in counts.iter_rows())
    print(f"{given.traces} traces, {size / 1e6:.0f} MB of text in {given.out}: {told}")


if __name__ == "__main__":
    main()
