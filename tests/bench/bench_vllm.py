"""The vllm engine beside bare `LLM.generate` on the same requests, by turns, and how many of them
have the same tokens. What is compared is how vLLM is fed: loading is left out.

    .venv-vllm/bin/python tests/bench/bench_vllm.py [requests] [rounds]"""

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ |= {
    **{"VLLM_ENABLE_V1_MULTIPROCESSING": "0", "VLLM_CPU_KVCACHE_SPACE": "2"},
    **{"TORCH_COMPILE_DISABLE": "1", "VLLM_LOGGING_LEVEL": "ERROR"},
}
sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[1])]

OPTIONS: dict[str, Any] = {
    **{"enforce_eager": True, "enable_chunked_prefill": False, "max_num_batched_tokens": 4096},
    **{"max_num_seqs": 64, "distributed_executor_backend": "uni", "use_tqdm_on_load": False},
}
TOKENS = 64


def main(count: int, rounds: int) -> None:
    from tiny_checkpoint import make_checkpoint
    from vllm import LLM, SamplingParams

    from curate.config import Generate
    from curate.engines.engine import Request, Sampling
    from curate.engines.vllm import VllmEngine

    model = make_checkpoint(Path(tempfile.mkdtemp()) / "model")
    settings = Generate(engine="vllm", model=model, dtype="float32", options=OPTIONS)
    engine = VllmEngine(settings)
    prompts = [engine.render([{"role": "user", "content": f"{i // 8} + 1?"}]) for i in range(count)]
    inputs = [{"prompt_token_ids": ids} for ids in engine.encode(prompts)]
    params = [
        SamplingParams(
            temperature=1.0, max_tokens=TOKENS, seed=i, stop_token_ids=sorted(engine.ends)
        )
        for i in range(count)
    ]
    theirs: list[list[int]] = []
    ours: dict[str, Any] = {}
    took: dict[str, list[float]] = {"bare": [], "engine": []}
    open_: set[str] = set()

    def requests() -> Iterator[Request | None]:
        """A round of the engine's, once bare has had its own."""
        # made now that the engine's process is there: it would inherit the one core that vLLM binds
        # the thread to which it is made in
        bare = LLM(model, dtype="float32", **OPTIONS)
        for number in range(-1, rounds):  # the first warms up
            began = time.perf_counter()
            done = bare.generate(inputs, params, use_tqdm=False)
            if number >= 0:
                took["bare"].append(time.perf_counter() - began)
            theirs[:] = [list(d.outputs[0].token_ids) for d in done]
            began = time.perf_counter()
            for i, prompt in enumerate(prompts):
                open_.add(f"{number}/{i}")
                yield Request(f"{number}/{i}", prompt, i)
            while open_:
                yield None
            if number >= 0:
                took["engine"].append(time.perf_counter() - began)

    for batch in engine.generate(requests(), Sampling(max_tokens=TOKENS)):
        for done in batch:
            open_.discard(done.id)
            ours[done.id] = done.token_ids
    same = sum(ours[f"{rounds - 1}/{i}"] == ids for i, ids in enumerate(theirs))
    tokens = sum(map(len, theirs))
    medians = {name: statistics.median(seconds) for name, seconds in took.items()}
    for name, seconds in took.items():
        print(f"{name}: {', '.join(f'{s:.1f}' for s in seconds)} s")
    print(
        f"{count} requests, {tokens} tokens: bare {tokens / medians['bare']:,.0f} tokens/s, engine "
        f"{tokens / medians['engine']:,.0f}, ratio {medians['bare'] / medians['engine']:.2f}; "
        f"the same tokens in {same} of {count}"
    )


if __name__ == "__main__":
    arguments = [int(argument) for argument in sys.argv[1:]]
    main(*(arguments + [960, 5][len(arguments) :]))
