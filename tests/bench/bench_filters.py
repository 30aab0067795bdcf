"""The six text filters beside what others use, on the same traces in one run, per CPU second.

    python tests/bench/corpus.py CORPUS --traces 20000
    python tests/bench/bench_filters.py CORPUS              the rule chain against the scan bound
    python tests/bench/bench_filters.py CORPUS --peers      language and repetition beside peers
    python tests/bench/bench_filters.py CORPUS --memory     peak memory of the rule chain alone

The scan bound is what no filter can be faster than: reading the column, one look for a tag, one
look for a Han character. The chain reads, parses, judges by six filters and writes six shards of
verdicts. All on one thread. Peers (extra `bench`): langdetect, pycld2, datatrove; they are slow,
so they get a sample, and the rates are compared. Processors are shared and their speed changes
within seconds: what is compared takes turns, and of each the fastest round counts.
"""

from __future__ import annotations

import os

os.environ["POLARS_MAX_THREADS"] = "1"

import argparse
import importlib
import resource
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import polars as pl

from curate.judging.filter_stage import COMMIT_ROWS
from curate.store.shards import TEXT_ROWS, write_parquet
from filters import FILTERS
from filters.base import Filter
from filters.language.question_language import _asked
from filters.trace_format import parse_columns

CHAIN = ("finish", "format", "length", "language", "repetition", "readability")
PEER_SECONDS = 1.0
"""about as long as a peer works in a round"""
ROUNDS = 3
OF_TRACE = (
    *("trace_id", "attempt", "problem_id", "sample_index", "response", "response_hash"),
    *("finish_reason", "error", "num_tokens", "origin", "model"),
)
OF_PROBLEM = (
    *("problem_id", "problem", "kind", "gold", "gold_hash", "choices", "tests", "language"),
    "source",
)


def a_filter(name: str) -> Filter:
    module, cls = FILTERS[name].split(":")
    return getattr(importlib.import_module(module), cls)()


def cpu(work: Callable[[], object]) -> float:
    """Processor seconds of it, children too."""

    def now() -> float:
        used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        return sum(u.ru_utime + u.ru_stime for u in used)

    begin = now()
    work()
    return now() - begin


def in_turns(*works: Callable[[], object]) -> list[float]:
    """Processor seconds of the fastest of some rounds of each."""
    seconds = []
    for _ in range(ROUNDS):
        _asked.cache_clear()  # what was read of the problems in the round before
        seconds.append([cpu(work) for work in works])
    return [min(rounds) for rounds in zip(*seconds, strict=True)]


def parts(corpus: Path) -> Iterator[list[Path]]:
    """Files of 1,000 traces, some at a time: as many rows as `curate filter` judges at once."""
    files = sorted((corpus / "traces").glob("*.parquet"))
    for first in range(0, len(files), TEXT_ROWS // 1000):
        yield files[first : first + TEXT_ROWS // 1000]


def traces(corpus: Path) -> Iterator[pl.DataFrame]:
    problems = pl.read_parquet(corpus / "problems" / "*.parquet", columns=list(OF_PROBLEM))
    problems = problems.unique("problem_id")
    for some in parts(corpus):
        rows = pl.read_parquet(some, columns=list(OF_TRACE))
        yield rows.join(problems, on="problem_id", how="left", maintain_order="left")


def scan(corpus: Path) -> None:
    for some in parts(corpus):
        text = pl.read_parquet(some, columns=["response"]).to_series()
        text.str.contains("</think>", literal=True).sum()
        text.str.count_matches(r"\p{Han}").sum()


def chain(corpus: Path, out: Path) -> None:
    """As `curate filter` does it: a shard of each filter for every `COMMIT_ROWS` traces."""
    judges = [a_filter(name) for name in CHAIN]
    verdicts: dict[str, list[pl.DataFrame]] = {name: [] for name in CHAIN}
    for number, rows in enumerate(traces(corpus)):
        parsed = parse_columns(rows)
        for judge in judges:
            verdicts[judge.name].append(judge.judge(parsed))
        if sum(some.height for some in verdicts[CHAIN[0]]) >= COMMIT_ROWS:
            write(verdicts, out, number)
    write(verdicts, out, -1)


def write(verdicts: dict[str, list[pl.DataFrame]], out: Path, number: int) -> None:
    for name, some in verdicts.items():
        (out / name).mkdir(parents=True, exist_ok=True)
        if some:
            shard = out / name / f"{number:05}.parquet"
            write_parquet(shard, pl.concat(some))
            some.clear()


def size(corpus: Path) -> tuple[int, float]:
    """Traces, and megabytes of text."""
    text = pl.scan_parquet(corpus / "traces" / "*.parquet").select(
        pl.len().alias("n"), pl.col("response").str.len_bytes().sum().alias("bytes")
    )
    count, total = text.collect().row(0)
    return count, total / 1e6


def bench_chain(corpus: Path) -> None:
    count, megabytes = size(corpus)
    parsed = [parse_columns(rows) for rows in traces(corpus)]
    for judge in map(a_filter, CHAIN):  # what is compiled and loaded once a process
        judge.judge(parsed[0])
    with tempfile.TemporaryDirectory() as out:
        bound, ours = in_turns(lambda: scan(corpus), lambda: chain(corpus, Path(out)))
    told("scan bound", count, megabytes, bound)
    told("rule chain", count, megabytes, ours)
    print(f"chain / bound: {bound / ours:.3f}")
    judges = [a_filter(name) for name in CHAIN]
    each = in_turns(*(lambda j=judge: [j.judge(rows) for rows in parsed] for judge in judges))
    for judge, seconds in zip(judges, each, strict=True):
        told(f"  {judge.name}", count, megabytes, seconds)


def bench_peers(corpus: Path) -> None:
    parsed = [parse_columns(rows) for rows in traces(corpus)]
    count, megabytes = size(corpus)
    texts = pl.concat(parsed).get_column("response").sample(fraction=1, shuffle=True, seed=0)
    for name, peers in (("language", LANGUAGE), ("repetition", REPETITION)):
        judge = a_filter(name)
        judge.judge(parsed[0])
        for peer, make in peers.items():
            try:
                look = make()
            except ImportError as missing:
                print(f"{name}: {peer} is not installed ({missing.name}); extra `bench`")
                continue
            some = texts.head(100).to_list()
            each = cpu(lambda f=look, some=some: over(f, some)) / len(some)
            sample = texts.head(int(PEER_SECONDS / each)).to_list()
            part = sum(len(text.encode()) for text in sample) / 1e6
            ours, theirs = in_turns(
                lambda j=judge: [j.judge(rows) for rows in parsed],
                lambda f=look, some=sample: over(f, some),
            )
            told(f"{name}: ours", count, megabytes, ours)
            told(f"{name}: {peer}", len(sample), part, theirs)
            print(f"{name}: ours / {peer}: {theirs / len(sample) / (ours / count):.0f} x")


def over(look: Callable[[str], object], texts: Iterable[str]) -> None:
    for text in texts:
        look(text)


def langdetect() -> Callable[[str], object]:
    from langdetect import DetectorFactory, LangDetectException, detect_langs

    DetectorFactory.seed = 0
    detect_langs("a first text loads the profiles")

    def look(text: str) -> object:
        try:
            return detect_langs(text)
        except LangDetectException:
            return None

    return look


def pycld2() -> Callable[[str], object]:
    import pycld2

    def look(text: str) -> object:
        try:
            return pycld2.detect(text, returnVectors=True)
        except pycld2.error:
            return None

    return look


def gopher() -> Callable[[str], object]:
    from datatrove.data import Document
    from datatrove.pipeline.filters import GopherRepetitionFilter

    judge = GopherRepetitionFilter()
    judge.filter(Document(text="a first text loads the tokenizer", id=""))
    return lambda text: judge.filter(Document(text=text, id=""))


Make = Callable[[], Callable[[str], object]]
LANGUAGE: dict[str, Make] = {"langdetect": langdetect, "pycld2": pycld2}
REPETITION: dict[str, Make] = {"datatrove Gopher repetition": gopher}


def told(what: str, count: int, megabytes: float, seconds: float) -> None:
    rate, speed = count / seconds, megabytes / seconds
    print(f"{what:<42}{seconds:8.2f} s{rate:10.0f} traces/s{speed:8.1f} MB/s")


def bench_memory(corpus: Path) -> None:
    with tempfile.TemporaryDirectory() as out:
        chain(corpus, Path(out))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory over {size(corpus)[0]} traces: {peak:.0f} MB")


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("corpus", type=Path)
    asked.add_argument("--peers", action="store_true")
    asked.add_argument("--memory", action="store_true")
    options = asked.parse_args()
    begin = time.time()
    bench = bench_memory if options.memory else bench_peers if options.peers else bench_chain
    bench(options.corpus)
    print(f"({time.time() - begin:.0f} s by the clock)")


if __name__ == "__main__":
    main()
