"""Sampling that is killed (SIGKILL) at random moments and started again, until it is done.

By hand, a hundred times: `python tests/curate/killing.py`, or of one engine:
`… killing.py vllm 10`."""

import functools
import multiprocessing
import os
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl

from curate.config import Config, Generate
from curate.sampling import rows
from curate.sampling.generate import generate
from curate.store.run_folder import Run
from curate.store.shards import commit, read
from filters.schema import PROBLEM, TRACE

PRELOADED = ["curate.sampling.generate", "curate.engines.scripted", "curate.engines.transformers"]

VLLM_ON_A_CPU = {
    "VLLM_CPU_KVCACHE_SPACE": "1",
    "TORCH_COMPILE_DISABLE": "1",
    "VLLM_LOGGING_LEVEL": "ERROR",
}
VLLM_OPTIONS = {
    **{"enforce_eager": True, "enable_chunked_prefill": False, "max_num_batched_tokens": 2048},
    **{"max_num_seqs": 4, "use_tqdm_on_load": False},
}


def slow_answers(prompt: str) -> list[str]:
    time.sleep(0.004)
    return [f"<think>{prompt}</think> \\boxed{{{n}}}" for n in range(7)]


def made(folder: Path, problems: int, **settings: Any) -> Run:
    run = Run.create(folder, Config(jobs=1, generate=Generate(**settings)))
    texts = [f"{n} + {n}?" for n in range(problems)]
    frame = pl.DataFrame({"problem_id": texts, "problem": texts}).with_columns(
        pl.lit("3").alias("gold"), pl.lit("math").alias("kind")
    )
    commit(run.folder("problems"), frame, PROBLEM)
    return run


def sample(folder: str) -> None:
    """In the process that is killed: every batch is committed."""
    rows.COMMIT_EVERY_S = 0.0
    generate(Run.open(Path(folder)))


def killed(
    run: Run,
    kills: int,
    longest: float,
    seed: int,
    work: Callable[[str], object] = sample,
    samples: str = "traces",
) -> int:
    """Kills so often, at most `longest` seconds after the first new commit into the folder of
    samples; how many times it was in the middle of its work. Then lets it end."""
    context = multiprocessing.get_context("forkserver")  # does not load everything anew
    context.set_forkserver_preload(PRELOADED)
    moments = random.Random(seed)
    struck = 0
    for _ in range(kills):
        process = context.Process(target=work, args=(str(run.path),))
        before = len(run.shards(samples))
        process.start()
        while process.is_alive() and len(run.shards(samples)) == before:
            time.sleep(0.005)
        time.sleep(moments.uniform(0, longest))
        process.kill()
        process.join()
        struck += process.exitcode == -9
        if process.exitcode == 0:
            break
    process = context.Process(target=work, args=(str(run.path),))
    process.start()
    process.join()
    assert process.exitcode == 0
    return struck


def content(run: Run) -> pl.DataFrame:
    """All samples, each once."""
    found = read(run.shards("traces"), TRACE).drop("meta").sort("problem_id", "sample_index")
    assert found.select("problem_id", "sample_index").is_duplicated().sum() == 0
    return found


def by_hand(folder: Path, engine: str, kills: int) -> None:
    sys.path.append(str(Path(__file__).parents[1]))
    from tiny_checkpoint import make_checkpoint

    settings: dict[str, Any] = {"engine": engine, "samples": 8}
    if engine == "scripted":
        settings |= {"batch_size": 4, "options": {"answers": "killing:slow_answers"}}
    else:
        model = make_checkpoint(folder / "model")
        settings |= {"model": model, "batch_size": 4, "max_tokens": 60, "device": "cpu"}
    if engine == "vllm":
        os.environ |= VLLM_ON_A_CPU
        settings |= {"dtype": "float32", "options": VLLM_OPTIONS}
    make = functools.partial(made, problems=20 * kills if engine == "scripted" else 4 * kills)
    run, straight = (make(folder / f"{engine}-{name}", **settings) for name in ("killed", "whole"))
    began = time.time()
    struck = killed(run, kills, 0.5, seed=kills)
    generate(straight)
    ours, theirs = content(run), content(straight)
    same = (ours["token_ids"] == theirs["token_ids"]) | theirs["token_ids"].is_null()
    print(
        f"{engine}: killed {struck} times in {time.time() - began:.0f} s, {ours.height} samples of "
        f"{theirs.height}, ids equal {ours['trace_id'].equals(theirs['trace_id'])}, "
        f"token ids equal {same.sum()}, shards {len(run.shards('traces'))}"
    )


if __name__ == "__main__":
    import tempfile

    sys.path.insert(0, str(Path(__file__).parent))
    engines = [("scripted", 60), ("transformers", 30)]
    if len(sys.argv) > 1:
        engines = [(sys.argv[1], int(sys.argv[2]))]
    for name, times in engines:
        with tempfile.TemporaryDirectory() as scratch:
            by_hand(Path(scratch), name, times)
