"""The openai engine against servers on loopback that behave, and that do not."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from openai_server import Script, served

from curate.config import Config, Generate
from curate.engines import load_engine
from curate.engines.engine import Completion, Request, Sampling
from curate.engines.openai import OpenAIEngine
from curate.sampling.generate import generate
from curate.store.run_folder import Run
from curate.store.shards import commit, read
from filters.errors import UserError
from filters.schema import PROBLEM, TRACE

USER = [{"role": "user", "content": "1+1?"}]
KEY = "sk-very-secret-0123"


@pytest.fixture
def script() -> Script:
    return Script()


@pytest.fixture
def url(script: Script) -> Iterator[str]:
    with served(script) as address:
        yield address


def made(url: str | list[str], **options: Any) -> OpenAIEngine:
    engine = load_engine(settings(url, **options))
    assert isinstance(engine, OpenAIEngine)
    return engine


def settings(url: str | list[str], samples: int = 8, **options: Any) -> Generate:
    template = True if options.get("api") != "completions" else "r1-zero"
    return Generate(
        engine="openai",
        model="m",
        samples=samples,
        max_tokens=20,
        chat_template=template,
        options={"base_url": url, **options},
    )


def asked(engine: OpenAIEngine, count: int = 1, **sampling: Any) -> list[Completion]:
    requests = (Request(f"t{i}", engine.render(USER), seed=i) for i in range(count))
    batches = engine.generate(requests, Sampling(**{"max_tokens": 20, **sampling}))
    return sorted((done for batch in batches for done in batch), key=lambda done: done.id)


def test_chat_sends_the_messages_and_every_setting(script: Script, url: str) -> None:
    (done,) = asked(made(url, body={"return_token_ids": True}), more={"top_k": 5})
    assert (done.text, done.finish_reason, done.num_tokens) == ("1+1? says 0", "stop", 7)
    assert script.bodies == [
        {
            **{"model": "m", "messages": USER, "temperature": 1.0, "top_p": 1.0, "seed": 0},
            **{"max_tokens": 20, "top_k": 5, "return_token_ids": True},
        }
    ]


def test_field_may_be_left_out_or_called_otherwise(script: Script, url: str) -> None:
    script.choice = {"message": {"content": "2"}}
    engine = made(url, body={"temperature": None}, max_tokens_name="max_completion_tokens")
    asked(engine)
    assert "temperature" not in script.bodies[0]
    assert script.bodies[0]["max_completion_tokens"] == 20


def test_completions_are_asked_with_a_rendered_prompt(script: Script, url: str) -> None:
    (done,) = asked(made(url, api="completions"))
    assert script.bodies[0]["prompt"].endswith("User: 1+1? Assistant:")
    assert done.text == script.bodies[0]["prompt"] + " says 0"


@pytest.mark.parametrize("name", ["reasoning", "reasoning_content"])
@pytest.mark.parametrize(
    ("content", "text"), [("2", "<think>\nso\n</think>\n\n2"), (None, "<think>\nso\n")]
)
def test_reasoning_is_joined(
    script: Script, url: str, name: str, content: str | None, text: str
) -> None:
    script.choice = {"message": {"content": content, name: "so\n"}, "token_ids": [5, 6]}
    (done,) = asked(made(url))
    assert (done.text, done.token_ids, done.num_tokens) == (text, [5, 6], 2)


def test_content_filter_is_a_refusal(script: Script, url: str) -> None:
    script.choice = {"message": {"content": ""}, "finish_reason": "content_filter"}
    (done,) = asked(made(url))
    assert done.error == "refused_by_server: it ended with finish_reason content_filter"


@pytest.mark.parametrize(
    ("says", "error"),
    [
        ("This model's maximum context length is 10 tokens", "prompt_too_long"),
        ("no such field", "refused_by_server"),
    ],
)
def test_bad_request_is_a_failed_sample(script: Script, url: str, says: str, error: str) -> None:
    script.status, script.says = 400, says
    (done,) = asked(made(url))
    assert done.error is not None
    assert done.error.startswith(f"{error}: ")
    assert says in done.error
    assert len(script.bodies) == 1


@pytest.mark.parametrize(
    ("status", "line"), [(401, "the key is not accepted"), (404, "there is no such model")]
)
def test_users_mistake_stops_with_one_line(
    script: Script, url: str, status: int, line: str
) -> None:
    script.status = status
    with pytest.raises(UserError, match=line):
        asked(made(url), count=3)


def test_failing_server_is_asked_again_and_then_the_sample_has_failed(
    script: Script, url: str
) -> None:
    script.status = 500
    (done,) = asked(made(url, retries=1))
    assert done.error is not None
    assert done.error.startswith("server_error: ")
    assert len(script.bodies) == 2


def test_hanging_server_is_a_timeout(script: Script, url: str) -> None:
    script.hang = 1.0
    (done,) = asked(made(url, retries=0, timeout=0.2))
    assert done.error == "timeout: Request timed out."


def test_server_that_never_was_is_given_up() -> None:
    with pytest.raises(UserError, match=r"no answer from http://127\.0\.0\.1:9/v1/ for"):
        asked(made("http://127.0.0.1:9/v1", patience=0.3, retries=99))


def test_sick_server_is_put_aside_and_tried_again(script: Script, url: str) -> None:
    """While one is down the other answers all; afterwards both do."""
    other = Script(status=503)
    script.seconds = 0.02
    with served(other) as sick:
        engine = made([sick, url], concurrency=4)
        done = asked(engine, count=30)
        assert [d.finish_reason for d in done] == ["stop"] * 30
        assert len(other.bodies) < 12
        other.status = 200
        asked(engine, count=30)
    assert len(other.answered) > 5


def test_concurrency_is_bounded(script: Script, url: str) -> None:
    script.seconds = 0.02
    asked(made(url, concurrency=3), count=20)
    assert 1 < script.most_open <= 3


def test_requests_per_minute_are_spread(script: Script, url: str) -> None:
    began = time.monotonic()
    asked(made(url, requests_per_minute=1200), count=11)
    assert time.monotonic() - began >= 0.5


def test_tokens_per_minute_are_spread(script: Script, url: str) -> None:
    """Eleven answers of 14 tokens or so, as many as a quarter of a minute allows."""
    began = time.monotonic()
    asked(made(url, tokens_per_minute=6000, concurrency=1), count=11)
    assert time.monotonic() - began >= 1.0


def test_key_goes_to_the_server_and_nowhere_else(
    script: Script, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_KEY", KEY)
    script.status, script.says = 400, f"not with {KEY}"
    run = problems(tmp_path, 2, settings(url, api_key_env="MY_KEY"))
    generate(run)
    assert script.keys == {f"Bearer {KEY}"}
    assert "not with ***" in read(run.shards("traces"), TRACE)["error"][0]
    for path in run.path.rglob("*"):
        assert path.is_dir() or KEY.encode() not in path.read_bytes()


def test_key_of_openai_goes_to_openai_alone(
    script: Script, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    asked(made(url))
    assert script.keys == {"Bearer none"}


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"concurency": 3}, "unknown key 'concurency'; did you mean 'concurrency'"),
        ({"base_url": "http://me:pass@host/v1"}, "no key in an address"),
        ({"base_url": "host:8000"}, "an address is wanted"),
        ({"api_key_env": "NOT_THERE"}, "the environment has no NOT_THERE"),
        ({"api_key": KEY}, "unknown key 'api_key'; did you mean 'api_key_env'"),
    ],
)
def test_wrong_option_is_one_line(options: dict[str, Any], line: str) -> None:
    with pytest.raises(UserError, match=line) as error:
        load_engine(Generate(engine="openai", model="m", options=options))
    assert KEY not in str(error.value)
    assert "me:pass" not in str(error.value)


def test_revision_of_a_served_checkpoint_is_the_users_word() -> None:
    here = settings("http://localhost/v1")
    assert load_engine(here.model_copy(update={"revision": "abc"})).revision == "abc"
    assert (
        load_engine(here).revision
        != load_engine(here.model_copy(update={"model": "other"})).revision
    )


def test_every_sample_is_accounted_for_on_a_server_that_does_all_it_can(tmp_path: Path) -> None:
    script = Script(drop=0.05, half=0.03, hang=0.004, burst=(150, 20))
    counts = sampled_while_it_dies_once(tmp_path, script, problems_=100, samples=5)
    assert (counts["requested"], counts["stop"], counts["error"]) == (500, 500, 0)
    rows = read(Run.open(tmp_path / "run").shards("traces"), TRACE)
    assert rows["trace_id"].n_unique() == rows.height == 500
    assert len(script.answered) == 500
    assert set(script.answered.values()) == {1}
    assert len(script.bodies) > 560


def sampled_while_it_dies_once(
    folder: Path, script: Script, problems_: int, samples: int
) -> dict[str, int]:
    """Half way the server is gone for a second."""
    dead = threading.Event()

    def live() -> None:
        with served(script) as address:
            port.append(int(address.split(":")[2].removesuffix("/v1")))
            ready.set()
            while len(script.answered) < problems_ * samples // 2:
                time.sleep(0.01)
        time.sleep(1.0)
        with served(script, port[0]):
            dead.wait()

    port: list[int] = []
    ready = threading.Event()
    life = threading.Thread(target=live)
    life.start()
    ready.wait()
    url = f"http://127.0.0.1:{port[0]}/v1"
    run = problems(folder, problems_, settings(url, samples, concurrency=32, timeout=2.0))
    try:
        return generate(run)
    finally:
        dead.set()
        life.join()


def test_cost_is_kept_under_its_limit_and_the_rest_is_left(tmp_path: Path) -> None:
    script = Script(drop=0.05, half=0.05)
    price = 1e6  # a token costs 1
    with served(script) as url:
        options = {"price_in": price, "price_out": price, "cost_limit": 1500, "concurrency": 8}
        run = problems(tmp_path, 100, settings(url, 2, **options))
        counts = generate(run)
        again = generate(run)
        assert again["requested"] == again["left"] == counts["left"]
        assert script.tokens <= 1500
        rows = read(run.shards("traces"), TRACE)
        assert counts["left"] + rows.height == 200
        assert rows["meta"].str.json_path_match("$.cost").cast(pl.Float64).sum() <= 1500
        options["cost_limit"] = 100_000
        more = run.configure(Config(generate=settings(url, 2, **options)))
        assert generate(more)["stop"] == counts["left"]
    assert set(script.answered.values()) == {1}


def problems(folder: Path, count: int, settings: Generate) -> Run:
    run = Run.create(folder / "run", Config(generate=settings))
    rows = [{"problem_id": f"p{i}", "problem": f"question {i}"} for i in range(count)]
    commit(run.folder("problems"), pl.DataFrame(rows), PROBLEM)
    return run
