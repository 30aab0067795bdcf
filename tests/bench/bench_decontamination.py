"""Decontamination beside the usual way (a Python set of 8-grams split at blanks, as in open-r1),
in one run: traces per CPU second on problems and responses, and what each finds.

    python tests/bench/corpus.py CORPUS --traces 20000
    python tests/bench/bench_decontamination.py CORPUS [--traces 4000]

Planted are the questions of shared benchmark files in several guises; the false ones are problems
of other sets.
"""

from __future__ import annotations

import argparse
import re
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import polars as pl

from filters.overlap.decontamination import Decontamination

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
SETS = ("aime2024", "amc23", "humaneval", "cmath_zh_200", "gsm8k_train_2000")
STEPS = " Please reason step by step, and put your final answer within \\boxed{}."
GUISES: dict[str, Callable[[str], str]] = {
    "verbatim": lambda text: text,
    "prompt around it": lambda text: "Solve the following problem.\n\n" + text + STEPS,
    "other case and punctuation": lambda text: re.sub(r"[,.!?，。？]", " ", text).upper(),
    "first 60 % of it": lambda text: text[: int(len(text) * 0.6)],
}
FALSE = ("aime_1983_2012", "math_train_1000", "logic_kk_150", "misguided_problems")


class BlankSplit:
    """8-grams of lower-cased words between blanks."""

    def __init__(self, texts: Sequence[str], n: int = 8) -> None:
        self.n = n
        self.grams = {gram for text in texts for gram in self._grams(text)}

    def _grams(self, text: str) -> list[str]:
        words = text.lower().split()
        return [" ".join(words[i : i + self.n]) for i in range(len(words) - self.n + 1)]

    def found(self, texts: Sequence[str]) -> int:
        return sum(any(gram in self.grams for gram in self._grams(text)) for text in texts)


def questions(name: str) -> list[str]:
    path = SHARED / f"{name}.jsonl"
    return pl.read_ndjson(path, infer_schema_length=None).get_column("problem").to_list()


def dropped(filter_: Decontamination, problems: Sequence[str]) -> int:
    frame = pl.DataFrame({"problem": problems, "response": "x", "response_hash": "h"})
    keys = {"trace_id": pl.int_range(pl.len()).cast(pl.String), "attempt": pl.lit(0)}
    verdicts = filter_.judge(frame.with_columns(**keys, problem_id=keys["trace_id"]))
    return verdicts.filter(pl.col("keep").not_()).height


def findings(filter_: Decontamination, peer: BlankSplit) -> None:
    print(f"{'':44} ours   8-grams at blanks")
    for name in SETS:
        originals = questions(name)
        for guise, change in GUISES.items():
            texts = [change(text) for text in originals]
            a, b = dropped(filter_, texts) / len(texts), peer.found(texts) / len(texts)
            print(f"found  {name:17} {guise:26} {a:6.3f} {b:6.3f}")
    for name in FALSE:
        texts = questions(name)
        a, b = dropped(filter_, texts) / len(texts), peer.found(texts) / len(texts)
        print(f"false  {name:44} {a:6.3f} {b:6.3f}")


def rewordings(folder: Path) -> None:
    """Share of reworded questions whose own original is the one named, and the scores."""
    pairs = pl.read_ndjson(SHARED / "decontam_rephrased.jsonl")
    path = folder / "originals.parquet"
    pairs.select("problem_id", problem="original").write_parquet(path)
    filter_ = Decontamination(benchmarks=(str(path),))
    frame = pairs.select(
        "problem_id", "benchmark", problem="rephrased", trace_id="problem_id", attempt=pl.lit(0)
    ).with_columns(response=pl.lit("x"), response_hash=pl.lit("h"))
    verdicts = filter_.judge(frame)
    score = verdicts.get_column("scores").list.get(3).struct.field("value").alias("near")
    item = pl.element().filter(pl.element().struct.field("what") == "near_item")
    named = verdicts.get_column("detail").list.eval(item).list.first().struct.field("text")
    right = (named == pairs.get_column("problem_id") + " (question)").fill_null(False)
    table = pl.DataFrame([pairs.get_column("benchmark"), score, right.alias("right")])
    print(
        table.group_by("benchmark").agg(pl.len(), pl.col("right").mean(), pl.col("near").median())
    )


def speed(corpus: Path, traces: int, filter_: Decontamination, peer: BlankSplit) -> None:
    columns = ["trace_id", "attempt", "problem_id", "response", "response_hash"]
    problems = pl.read_parquet(corpus / "problems", columns=["problem_id", "problem"])
    frame = pl.scan_parquet(corpus / "traces").select(columns).head(traces).collect()
    problems = problems.unique("problem_id")
    frame = frame.join(problems, on="problem_id", how="left").drop_nulls("response")
    size = frame.get_column("response").str.len_chars().sum() / 1e6
    print(f"{frame.height} traces, {size:.1f}M characters, {len(filter_.index.items)} items")
    both = Decontamination(benchmarks=filter_.benchmarks, on_response=True)
    for name, judge in (("problems", filter_.judge), ("problems and responses", both.judge)):
        start = time.process_time()
        judge(frame)
        print(f"ours {name:24} {frame.height / (time.process_time() - start):9.0f} per CPU second")
    start = time.process_time()
    peer.found(frame.get_column("response").to_list())
    print(f"8-grams, responses {frame.height / (time.process_time() - start):19.0f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--traces", type=int, default=4_000)
    given = parser.parse_args()
    filter_ = Decontamination(benchmarks=tuple(str(SHARED / f"{s}.jsonl") for s in SETS))
    peer = BlankSplit([item.text for item in filter_.index.items])
    findings(filter_, peer)
    with tempfile.TemporaryDirectory() as folder:
        rewordings(Path(folder))
    speed(given.corpus, given.traces, filter_, peer)


if __name__ == "__main__":
    main()
