"""Near duplicates beside datasketch, on the same traces in one run, per CPU second, and what each
misses of all pairs at the threshold, which an exact join finds.

    python tests/bench/corpus.py CORPUS --traces 20000
    python tests/bench/bench_duplicates.py CORPUS [--traces 4000]     speed and recall
    python tests/bench/bench_duplicates.py CORPUS --memory 20000      peak memory of ours alone

Both sides get the texts and give confirmed pairs. Needs datasketch (extra `bench`).
"""

from __future__ import annotations

import argparse
import re
import resource
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import polars as pl

from filters.overlap.duplicate import Duplicate
from filters.overlap.minhash import similar_pairs
from filters.overlap.shingles import jaccard, shingle_sets

THRESHOLD, SHINGLE, PLACES = 0.8, 5, 128
Pairs = set[tuple[int, int]]

NOTHING_KNOWN = pl.DataFrame(schema=Duplicate.facts)
_WORD = re.compile(r"[㐀-鿿぀-ヿ]|[^\W_㐀-鿿぀-ヿ]+")


def ours(frame: pl.DataFrame) -> pl.DataFrame:
    """The filter as a run calls it."""
    texts = frame.select("trace_id", "response")

    def read(trace_ids: Sequence[str]) -> Iterator[pl.DataFrame]:
        yield texts.filter(pl.col("trace_id").is_in(list(trace_ids)))

    duplicate = Duplicate(near=THRESHOLD, shingle=SHINGLE, across_from=0)
    signed = pl.concat([frame, duplicate.sign(frame)], how="horizontal")
    return duplicate.judge(duplicate.confirm(signed, read, NOTHING_KNOWN)[0])


def our_pairs(frame: pl.DataFrame, sets: list) -> Pairs:
    duplicate = Duplicate(near=THRESHOLD, shingle=SHINGLE, across_from=0)
    table = np.frombuffer(b"".join(duplicate.sign(frame).get_column("sketch")), dtype=np.uint16)
    table = table.reshape(-1, PLACES)
    pairs = similar_pairs(table, THRESHOLD, np.zeros(len(table), dtype=np.uint64))
    return {(a, b) for a, b in pairs.iter_rows() if jaccard(sets[a], sets[b]) >= THRESHOLD}


def datasketch_pairs(texts: list[str]) -> Pairs:
    """As its documentation has it: sketch, insert, query; candidates confirmed on word sets."""
    from datasketch import MinHash, MinHashLSH

    lsh = MinHashLSH(threshold=THRESHOLD, num_perm=PLACES)
    grams, pairs = [], set()
    for i, text in enumerate(texts):
        words = _WORD.findall(text.lower())
        last = max(len(words) - SHINGLE + 1, 1)
        grams.append({" ".join(words[k : k + SHINGLE]) for k in range(last)})
        sketch = MinHash(num_perm=PLACES)
        sketch.update_batch([gram.encode("utf-8", "surrogatepass") for gram in grams[i]])
        pairs |= {(j, i) for j in lsh.query(sketch) if _alike(grams[i], grams[j])}
        lsh.insert(i, sketch)
    return pairs


def exact_pairs(sets: list) -> Pairs:
    """All pairs at the threshold: two such sets share one of their rarest n-grams, namely of the
    first |set| - ceil(threshold * |set|) + 1 in order of rarity."""
    shingles = pl.concat(
        pl.DataFrame({"text": pl.Series([i] * len(s), dtype=pl.UInt32), "gram": s})
        for i, s in enumerate(sets)
    )
    shingles = shingles.with_columns(pl.len().over("gram").alias("frequency"))
    shingles = shingles.sort("text", "frequency", "gram")
    size, rank = pl.len().over("text"), pl.int_range(pl.len()).over("text")
    prefix = shingles.filter(rank < size - (size * THRESHOLD).ceil() + 1, pl.col("frequency") > 1)
    seen = defaultdict(list)
    pairs: Pairs = set()
    for text, gram in prefix.select("text", "gram").iter_rows():
        pairs |= {(other, text) for other in seen[gram]}
        seen[gram].append(text)
    return {(i, j) for i, j in pairs if jaccard(sets[i], sets[j]) >= THRESHOLD}


def _alike(a: set, b: set) -> bool:
    return len(a & b) >= THRESHOLD * len(a | b)


def parts(corpus: Path, traces: int) -> Iterator[pl.DataFrame]:
    """The corpus in pieces, as frames that the filter takes."""
    left = traces
    for path in sorted((corpus / "traces").glob("*.parquet")):
        columns = ["trace_id", "attempt", "problem_id", "response", "response_hash"]
        part = pl.read_parquet(path, columns=columns).head(left)
        yield part.filter(pl.col("response").is_not_null()).with_columns(fate=pl.lit("kept"))
        left -= part.height
        if left <= 0:
            return


def compare(corpus: Path, traces: int) -> None:
    frame = pl.concat(parts(corpus, traces))
    texts = frame.get_column("response").to_list()
    ours(frame.head(50))  # tables are built once a process
    start = time.process_time()
    ours(frame)
    fast, start = time.process_time() - start, time.process_time()
    theirs = datasketch_pairs(texts)
    slow = time.process_time() - start
    sets = list(shingle_sets(texts, SHINGLE))
    truth, mine = exact_pairs(sets), our_pairs(frame, sets)
    size = sum(map(len, texts)) / 1e6
    print(f"{len(texts)} traces, {size:.1f}M characters, {len(truth)} pairs at {THRESHOLD}")
    for name, seconds, found in (("ours", fast, mine), ("datasketch", slow, theirs)):
        recall = len(found & truth) / max(len(truth), 1)
        rate = len(texts) / seconds
        print(f"{name:12} {rate:8.0f} traces per CPU second   recall of pairs {recall:.4f}")
    print(f"ratio {slow / fast:.1f}")


def memory(corpus: Path, traces: int) -> None:
    """Signs part by part, as the stage does, and judges all at once."""
    duplicate = Duplicate(near=THRESHOLD, shingle=SHINGLE)

    def read(trace_ids: Sequence[str]) -> Iterator[pl.DataFrame]:
        wanted = pl.Series(list(trace_ids))
        for part in parts(corpus, traces):
            yield part.filter(pl.col("trace_id").is_in(wanted.implode()))

    start = time.process_time()
    signed = pl.concat(_signed(duplicate, parts(corpus, traces)))
    after_signing = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    verdicts = duplicate.judge(duplicate.confirm(signed, read, NOTHING_KNOWN)[0])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    seconds = time.process_time() - start
    print(
        f"{verdicts.height} traces, {verdicts['reason'].count()} dropped, {seconds:.0f} CPU s,"
        f" peak {peak:.0f} MB ({after_signing:.0f} MB after signing)"
    )


def _signed(duplicate: Duplicate, pieces: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    for piece in pieces:
        blind = piece.with_columns(pl.lit(None, dtype=pl.String).alias("response"))
        yield pl.concat([blind, duplicate.sign(piece)], how="horizontal")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--traces", type=int, default=4_000)
    parser.add_argument("--memory", type=int, metavar="TRACES")
    given = parser.parse_args()
    if given.memory:
        memory(given.corpus, given.memory)
    else:
        compare(given.corpus, given.traces)


if __name__ == "__main__":
    main()
