"""The vllm engine on a real vLLM; `make test-vllm` runs these in an environment of their own."""

import json
import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from openai_server import free_port, until_it_answers
from tiny_checkpoint import make_checkpoint

from curate.config import Generate
from curate.engines import load_engine
from curate.engines.engine import Completion, Engine, Request, Sampling
from curate.engines.vllm import VllmEngine
from filters.errors import UserError

pytestmark = pytest.mark.vllm
USER = [{"role": "user", "content": "1+1?"}]
SMALL = {
    **{"enforce_eager": True, "enable_chunked_prefill": False, "max_num_batched_tokens": 2048},
    **{"max_num_seqs": 16, "distributed_executor_backend": "uni", "use_tqdm_on_load": False},
}
"""as vLLM runs on a CPU"""


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(make_checkpoint(tmp_path_factory.mktemp("tiny") / "model"))


@pytest.fixture(scope="module", autouse=True)
def _cpu() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VLLM_CPU_KVCACHE_SPACE", "1")
        patch.setenv("TORCH_COMPILE_DISABLE", "1")
        patch.setenv("VLLM_LOGGING_LEVEL", "ERROR")
        patch.setenv("VLLM_ENABLE_V1_MULTIPROCESSING", "0")
        yield


def made(model: Path, **options: Any) -> VllmEngine:
    settings = Generate(engine="vllm", model=str(model), dtype="float32", options=SMALL | options)
    engine = load_engine(settings)
    assert isinstance(engine, VllmEngine)
    return engine


def drawn(engine: Engine, requests: list[Request], **sampling: Any) -> list[Completion]:
    batches = engine.generate(iter(requests), Sampling(**sampling))
    return sorted((done for batch in batches for done in batch), key=lambda done: done.id)


def asked(engine: VllmEngine, count: int) -> list[Request]:
    prompt = engine.render(USER)
    return [Request(f"t{i:04d}", prompt + "?" * (i % 7), seed=i) for i in range(count)]


@pytest.fixture(scope="module")
def plain(checkpoint: Path) -> list[Completion]:
    """120 samples drawn in peace, and a prompt that is too long."""
    engine = made(checkpoint, logprobs=True)
    return drawn(engine, [*asked(engine, 120), Request("x", "x" * 600)], max_tokens=60)


def test_samples_end_as_those_of_other_engines_do(
    checkpoint: Path, plain: list[Completion]
) -> None:
    engine = made(checkpoint)
    *done, refused = plain
    assert {c.finish_reason for c in done} == {"stop", "length"}
    for c in done:
        assert c.text is not None
        assert c.token_ids is not None
        assert c.num_tokens == len(c.token_ids) <= 60
        assert not any(token in c.text for token in ("</s>", "<pad>", "<s>"))
        assert (c.token_ids[-1] in engine.ends) == (c.finish_reason == "stop")
        assert c.text == engine.decode(c.token_ids)
        assert c.facts["logprob"] < 0
    assert refused.error is not None
    assert refused.error.startswith("prompt_too_long: ")


BARE = """
import json, sys
from vllm import LLM, SamplingParams
model, options, asked, out = sys.argv[1], *map(json.loads, sys.argv[2:4]), sys.argv[4]
prompts = [{"prompt_token_ids": ids} for ids, _ in asked]
params = [SamplingParams(temperature=1.0, max_tokens=60, seed=seed) for _, seed in asked]
done = LLM(model, dtype="float32", **options).generate(prompts, params, use_tqdm=False)
json.dump([list(d.outputs[0].token_ids) for d in done], open(out, "w"))
"""


def test_tokens_are_those_of_bare_vllm(
    checkpoint: Path, plain: list[Completion], tmp_path: Path
) -> None:
    engine = made(checkpoint)
    requests = [(engine.encode([r.prompt])[0], r.seed) for r in asked(engine, 120)]
    given = (str(checkpoint), json.dumps(SMALL), json.dumps(requests), str(tmp_path / "out"))
    subprocess.run([sys.executable, "-c", BARE, *given], check=True, capture_output=True)
    bare = json.loads((tmp_path / "out").read_text())
    assert sum(ours.token_ids == theirs for ours, theirs in zip(plain, bare, strict=False)) >= 119


def test_stop_string_cuts_the_text_alone(checkpoint: Path, plain: list[Completion]) -> None:
    engine = made(checkpoint)
    cut = drawn(engine, asked(engine, 40), max_tokens=60, more={"stop": ["a"]})
    for short, whole in zip(cut, plain[:40], strict=True):
        assert whole.text is not None
        assert short.text == whole.text.partition("a")[0]
        assert short.finish_reason == ("stop" if "a" in whole.text else whole.finish_reason)


def killed_at(batches: set[int], engine: VllmEngine, requests: list[Request]) -> list[Completion]:
    """All completions, where a worker is killed behind each of these batches."""
    done: list[Completion] = []
    for number, batch in enumerate(engine.generate(iter(requests), Sampling(max_tokens=60))):
        done += batch
        if number in batches:
            os.kill(multiprocessing.active_children()[0].pid or 0, signal.SIGKILL)
    return sorted(done, key=lambda c: c.id)


def test_worker_that_dies_is_started_again_and_nothing_is_lost(
    checkpoint: Path, plain: list[Completion], capsys: pytest.CaptureFixture[str]
) -> None:
    engine = made(checkpoint, data_parallel=2)
    done = killed_at({2}, engine, asked(engine, 120))
    assert "ended with code -9: it is started again" in capsys.readouterr().err
    assert [c.id for c in done] == [c.id for c in plain[:120]]
    assert sum(a.token_ids == b.token_ids for a, b in zip(done, plain, strict=False)) >= 119
    assert not multiprocessing.active_children()


def test_worker_that_dies_twice_is_an_error_that_names_it(checkpoint: Path) -> None:
    engine = made(checkpoint)
    with pytest.raises(UserError, match="the vllm process ended with code -9, for the second time"):
        killed_at({0, 1}, engine, asked(engine, 200))


def test_unknown_option_is_one_line(checkpoint: Path) -> None:
    engine = made(checkpoint, max_num_seq=3)
    with pytest.raises(UserError, match=r"vllm cannot work like this: .*max_num_seq"):
        drawn(engine, asked(engine, 1))


@pytest.fixture(scope="module")
def server(checkpoint: Path) -> Iterator[str]:
    """The base_url of vLLM's own server."""
    port = free_port()
    command = [
        *(sys.executable, "-m", "vllm.entrypoints.openai.api_server", "--model", str(checkpoint)),
        *("--port", str(port), "--host", "127.0.0.1", "--served-model-name", "tiny"),
        *("--enforce-eager", "--no-enable-chunked-prefill", "--max-num-batched-tokens", "2048"),
        *("--dtype", "float32", "--max-num-seqs", "16"),
    ]
    small = {"VLLM_CPU_KVCACHE_SPACE": "1", "TORCH_COMPILE_DISABLE": "1"}
    environment = {**os.environ, **small, "VLLM_LOGGING_LEVEL": "ERROR"}
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as process:
        try:
            until_it_answers(f"http://127.0.0.1:{port}/health", process)
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            process.terminate()


@pytest.mark.parametrize("api", ["chat", "completions"])
def test_real_server_gives_the_tokens_of_the_engine(
    checkpoint: Path, plain: list[Completion], server: str, api: str
) -> None:
    remote = load_engine(
        Generate(
            **{"engine": "openai", "model": "tiny", "chat_template": api == "chat"},
            options={"base_url": server, "api": api, "body": {"return_token_ids": True}},
        )
    )
    requests = asked(made(checkpoint), 120)[::7]  # those that ask USER itself
    if api == "chat":
        requests = [replace(r, prompt=remote.render(USER)) for r in requests]
    # our template writes the beginning of text, which the server would write once more
    more = {} if api == "chat" else {"add_special_tokens": False}
    theirs = drawn(remote, requests, max_tokens=60, more=more)
    same = [a.token_ids == b.token_ids for a, b in zip(theirs, plain[:120:7], strict=True)]
    assert sum(same) >= len(same) - 1
    assert {c.finish_reason for c in theirs} == {"stop", "length"}


def test_real_server_refuses_what_is_too_long(server: str) -> None:
    remote = load_engine(Generate(engine="openai", model="tiny", options={"base_url": server}))
    prompt = remote.render([{"role": "user", "content": "x" * 900}])
    (done,) = drawn(remote, [Request("t", prompt)], max_tokens=5)
    assert done.error is not None
    assert done.error.startswith("prompt_too_long: ")
