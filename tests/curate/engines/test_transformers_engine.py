"""The transformers engine on a real checkpoint of random weights."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from tiny_checkpoint import OPENED, make_checkpoint

from curate.config import Generate
from curate.engines import load_engine
from curate.engines.engine import Completion, PromptError, Request, Sampling
from curate.engines.transformers import TransformersEngine, _fitted
from filters.errors import UserError

USER = [{"role": "user", "content": "1+1?"}]


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(make_checkpoint(tmp_path_factory.mktemp("tiny") / "model"))


def test_prompt_goes_through_the_chat_template(checkpoint: Path) -> None:
    engine = made(checkpoint)
    assert engine.render(USER) == "<s>user: 1+1?\nassistant: "
    assert engine.count_tokens([engine.render(USER)]) == [23]


def test_without_template_the_prompt_goes_as_it_is(checkpoint: Path) -> None:
    engine = made(checkpoint, chat_template=False)
    assert engine.render(USER) == "1+1?"
    assert engine.template_hash is None


def test_template_that_refuses_is_a_prompt_error(tmp_path: Path) -> None:
    model = make_checkpoint(tmp_path / "m", "{{ raise_exception('no system role') }}")
    with pytest.raises(PromptError, match="no system role"):
        made(Path(model)).render(USER)


def test_same_unit_gives_the_same_samples(checkpoint: Path) -> None:
    requests = asked(made(checkpoint), samples=3, problems=2)
    first, again = (texts(made(checkpoint), requests, max_tokens=12) for _ in range(2))
    assert first == again
    assert len(set(first.values())) == 6


def test_tokens_are_counted_without_padding_and_the_end_is_hidden(checkpoint: Path) -> None:
    engine = made(checkpoint)
    done = list(engine.generate(asked(engine, samples=40), Sampling(max_tokens=60)))
    stopped = [c for c in done if c.finish_reason == "stop"]
    assert stopped
    assert {c.finish_reason for c in done} == {"stop", "length"}
    for c in done:
        assert c.text is not None
        assert c.token_ids is not None
        assert c.num_tokens == len(c.token_ids) <= 60
        assert not any(token in c.text for token in ("</s>", "<pad>", "<s>"))
    end = engine._tokenizer.eos_token_id
    assert all(c.token_ids.index(end) == len(c.token_ids) - 1 for c in stopped if c.token_ids)
    assert all(c.num_tokens == 60 for c in done if c.finish_reason == "length")


def test_think_tag_survives_as_a_special_token_too(tmp_path: Path) -> None:
    folder = make_checkpoint(tmp_path / "m")
    engine = made(Path(folder))
    engine._tokenizer.add_special_tokens({"additional_special_tokens": ["<think>"]})
    ids = engine._tokenizer.encode("<think>so</s>", add_special_tokens=False)
    done = engine._completion(Request("p", (0,), "", 0), 0, ids)
    assert (done.text, done.finish_reason) == ("<think>so", "stop")


def test_greedy_samples_are_all_the_same(checkpoint: Path) -> None:
    engine = made(checkpoint)
    done = texts(engine, asked(engine, samples=3), max_tokens=8, temperature=0.0)
    assert len(set(done.values())) == 1


def test_sampling_defaults_of_the_checkpoint_are_not_applied(
    checkpoint: Path, tmp_path: Path
) -> None:
    copy = Path(shutil.copytree(checkpoint, tmp_path / "copy"))
    defaults = '{"eos_token_id": 257, "top_k": 1, "do_sample": true, "repetition_penalty": 9.0}'
    (copy / "generation_config.json").write_text(defaults)
    engine = made(copy)
    assert len(set(texts(engine, asked(engine, samples=8), max_tokens=8).values())) > 1


def test_prompt_longer_than_the_context_is_an_error(checkpoint: Path) -> None:
    engine = made(checkpoint)
    long = Request("long", (0, 1), "x" * 600, 0)
    done = list(engine.generate([long, *asked(engine)], Sampling(max_tokens=4)))
    assert [c.error for c in done if c.problem_id == "long"] == [
        "prompt_too_long: 600 tokens, the model reads 512"
    ] * 2
    assert [c.finish_reason for c in done if c.problem_id != "long"] == ["length"]


def test_completion_ends_with_the_context(checkpoint: Path) -> None:
    engine = made(checkpoint)
    (done,) = engine.generate([Request("p", (0,), "x" * 510, 7)], Sampling(max_tokens=99))
    assert (done.finish_reason, done.num_tokens) == ("length", 2)


def test_batch_out_of_memory_is_halved(checkpoint: Path) -> None:
    engine = Cramped(settings(checkpoint))
    engine.room = 3
    done = texts(engine, asked(engine, samples=8), max_tokens=4)
    assert len(done) == 8
    assert engine.sizes == [8, 4, 2, 2, 4, 2, 2]


def test_what_fits_in_no_batch_is_an_error(checkpoint: Path) -> None:
    engine = Cramped(settings(checkpoint))
    engine.room = 0
    done = list(engine.generate(asked(engine, samples=2), Sampling()))
    assert [c.error for c in done] == ["out_of_memory: tried to allocate 7 GiB"] * 2


def test_revision_follows_the_content(checkpoint: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(checkpoint, tmp_path / "elsewhere"))
    (copy / "training.json").write_text("{}")
    assert made(copy).revision == made(checkpoint).revision
    (copy / "config.json").write_text((copy / "config.json").read_text() + " ")
    assert made(copy).revision != made(checkpoint).revision


def test_template_that_opens_the_thinking_has_its_own_hash(
    checkpoint: Path, tmp_path: Path
) -> None:
    opened = made(Path(make_checkpoint(tmp_path / "m", OPENED)))
    assert opened.render(USER).endswith("<think>\n")
    assert opened.template_hash != made(checkpoint).template_hash


@pytest.mark.parametrize(
    ("gone", "line"),
    [
        ("config.json", "is no checkpoint folder: it has no configuration"),
        ("model.safetensors", "it has no weights"),
        ("tokenizer*", "it has no tokenizer"),
    ],
)
def test_folder_without_a_part_is_no_checkpoint(
    checkpoint: Path, tmp_path: Path, gone: str, line: str
) -> None:
    copy = Path(shutil.copytree(checkpoint, tmp_path / "copy"))
    for path in copy.glob(gone):
        path.unlink()
    with pytest.raises(UserError, match=line):
        made(copy)


@pytest.mark.parametrize(
    ("model", "line"),
    [
        ("", "generate.model is empty"),
        ("./nowhere", "there is no folder ./nowhere"),
        (__file__, "is a file, a checkpoint folder is wanted"),
    ],
)
def test_model_that_is_nowhere_is_one_line(model: str, line: str) -> None:
    with pytest.raises(UserError, match=line):
        load_engine(Generate(model=model))


def test_damaged_weights_are_one_line(checkpoint: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(checkpoint, tmp_path / "copy"))
    (copy / "model.safetensors").write_bytes(b"no weights")
    with pytest.raises(UserError, match="transformers cannot load"):
        list(made(copy).generate(asked(made(copy)), Sampling()))


def test_missing_weights_are_one_line(checkpoint: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(checkpoint, tmp_path / "copy"))
    config = (copy / "config.json").read_text()
    deeper = config.replace('"num_hidden_layers": 2', '"num_hidden_layers": 3')
    assert deeper != config
    (copy / "config.json").write_text(deeper)
    with pytest.raises(UserError, match=r"weights are missing: model\.layers\.2"):
        list(made(copy).generate(asked(made(copy)), Sampling()))


def test_pace_is_measured(checkpoint: Path) -> None:
    engine = made(checkpoint)
    pace = engine.pace(asked(engine, samples=2), Sampling(max_tokens=50))
    assert pace is not None
    assert 0 < pace.first < pace.seconds(50)


def test_pace_follows_three_timings() -> None:
    """1 s to the first token, then 2 s each and 0.1 s more each time."""
    pace = _fitted((1.0, 1), (1 + 20 + 5.0, 11), (1 + 80 + 80.0, 41))
    assert (pace.first, pace.further, pace.growth) == pytest.approx((1, 2, 0.1))
    assert pace.seconds(101) == pytest.approx(1 + 200 + 500)


def test_noise_does_not_make_the_pace_fall() -> None:
    assert _fitted((1.0, 1), (9.0, 11), (7.0, 41)).growth == 0


class Cramped(TransformersEngine):
    """A model that has room for so many sequences."""

    room: int

    def __init__(self, settings: Generate) -> None:
        super().__init__(settings)
        self.sizes: list[int] = []

    def _sample(self, batch: Any, sampling: Sampling) -> list[Completion]:
        self.sizes.append(len(batch))
        if len(batch) > self.room:
            raise torch.OutOfMemoryError("tried to allocate 7 GiB")
        return super()._sample(batch, sampling)


def settings(model: Path, **changes: Any) -> Generate:
    return Generate(model=str(model), device="cpu", **changes)


def made(model: Path, **changes: Any) -> TransformersEngine:
    engine = load_engine(settings(model, **changes))
    assert isinstance(engine, TransformersEngine)
    return engine


def asked(engine: TransformersEngine, samples: int = 1, problems: int = 1) -> list[Request]:
    prompt = engine.render(USER)
    return [
        Request(f"p{i}", tuple(range(samples)), prompt + "?" * i, seed=5) for i in range(problems)
    ]


def texts(
    engine: TransformersEngine, requests: list[Request], **sampling: Any
) -> dict[tuple[str, int], str | None]:
    done: Iterator[Completion] = engine.generate(requests, Sampling(**sampling))
    return {(c.problem_id, c.sample_index): c.text for c in done}
