"""The transformers engine on a real checkpoint of random weights."""

import shutil
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from tiny_checkpoint import OPENED, make_checkpoint

from curate.config import Generate
from curate.engines import load_engine
from curate.engines import transformers as transformers_engine
from curate.engines.engine import Completion, PromptError, Request, Sampling
from curate.engines.transformers import TransformersEngine, _extrapolated
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


def test_template_of_ones_own_is_a_name_or_a_file(checkpoint: Path, tmp_path: Path) -> None:
    zero = made(checkpoint, chat_template="r1-zero")
    assert zero.render(USER).startswith("<s>A conversation between User and Assistant.")
    own = tmp_path / "own.jinja"
    own.write_text("{% for m in messages %}{{ m.content }}{% endfor %} =")
    assert made(checkpoint, chat_template=str(own)).render(USER) == "1+1? ="


def test_same_unit_gives_the_same_samples(checkpoint: Path) -> None:
    requests = asked(made(checkpoint), samples=3, problems=2)
    first, again = (texts(made(checkpoint), requests, max_tokens=12) for _ in range(2))
    assert first == again
    assert len(set(first.values())) == 6


def test_tokens_are_counted_without_padding_and_the_end_is_hidden(checkpoint: Path) -> None:
    engine = made(checkpoint)
    done = drawn(engine, asked(engine, samples=40), max_tokens=60)
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
    done = engine.completion(Request("p", ""), ids)
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
    long = Request("long", "x" * 600, place=9)
    done = drawn(engine, [*asked(engine), long], max_tokens=4)
    assert [(c.id, c.finish_reason) for c in done] == [("long", "error"), ("p0.0", "length")]
    assert done[0].error == "prompt_too_long: 600 tokens, the model reads 512"


def test_completion_ends_with_the_context(checkpoint: Path) -> None:
    engine = made(checkpoint)
    (done,) = drawn(engine, [Request("p", "x" * 510, 7)], max_tokens=99)
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
    done = drawn(engine, asked(engine, samples=2))
    assert [c.error for c in done] == ["engine_error: out of memory: tried to allocate 7 GiB"] * 2


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
        drawn(made(copy), asked(made(copy)))


def test_missing_weights_are_one_line(checkpoint: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(checkpoint, tmp_path / "copy"))
    config = (copy / "config.json").read_text()
    deeper = config.replace('"num_hidden_layers": 2', '"num_hidden_layers": 3')
    assert deeper != config
    (copy / "config.json").write_text(deeper)
    with pytest.raises(UserError, match=r"weights are missing: model\.layers\.2"):
        drawn(made(copy), asked(made(copy)))


def test_unit_is_the_same_whatever_else_is_asked(checkpoint: Path) -> None:
    """Places 4 to 7 are a batch of their own, also where those before them are done."""
    engine = made(checkpoint, batch_size=4)
    requests = asked(engine, samples=8)
    whole = texts(engine, requests, max_tokens=12)
    rest = texts(engine, requests[4:], max_tokens=12)
    assert rest == {request.id: whole[request.id] for request in requests[4:]}


def test_units_end_where_nothing_more_is_asked_at_the_moment(checkpoint: Path) -> None:
    engine = made(checkpoint, batch_size=8)
    one, two = asked(engine, samples=2)
    batches = engine.generate(iter([one, None, two]), Sampling(max_tokens=2))
    assert [[c.id for c in batch] for batch in batches] == [["p0.0"], ["p0.1"]]


def test_seed_of_the_unit_is_told(checkpoint: Path) -> None:
    engine = made(checkpoint, batch_size=2)
    seeds = [c.seed for c in drawn(engine, asked(engine, samples=4), max_tokens=1)]
    assert seeds[0] == seeds[1] != seeds[2] == seeds[3]


def test_more_sampling_settings_reach_the_model(checkpoint: Path) -> None:
    engine = made(checkpoint)
    done = texts(engine, asked(engine, samples=3), max_tokens=8, more={"top_k": 1})
    assert len(set(done.values())) == 1


def test_pace_of_whole_batches_is_a_range(checkpoint: Path) -> None:
    engine = made(checkpoint, batch_size=2)
    until = time.monotonic() + 60
    pace = engine.pace(asked(engine, samples=4), Sampling(max_tokens=20), 8, until)
    assert pace is not None
    assert 0 < pace.least < pace.most
    assert pace.basis == "timed 2 of 4 batches"


def test_pace_without_time_is_from_a_few_tokens(
    checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transformers_engine, "TRIAL_S", 0.0)
    engine = made(checkpoint, batch_size=2)
    pace = engine.pace(asked(engine, samples=4), Sampling(max_tokens=500), 8, 0.0)
    assert pace is not None
    assert pace.basis == "timed 1 of at most 500 tokens of a batch"
    assert pace.most > 100 * pace.least


def test_steps_that_grow_are_extrapolated() -> None:
    """1, 2, 3 … 10 seconds for ten steps: a hundred take 5,050."""
    assert _extrapolated([float(n) for n in range(1, 11)], 100) == pytest.approx(5050, rel=0.05)
    assert _extrapolated([2.0] * 10, 100) == 200


class Cramped(TransformersEngine):
    """A model that has room for so many sequences."""

    room: int

    def __init__(self, settings: Generate) -> None:
        super().__init__(settings)
        self.sizes: list[int] = []

    def _sample(self, batch: Any, sampling: Sampling, **options: Any) -> list[Completion]:
        self.sizes.append(len(batch))
        if len(batch) > self.room:
            raise torch.OutOfMemoryError("tried to allocate 7 GiB")
        return super()._sample(batch, sampling, **options)


def settings(model: Path, **changes: Any) -> Generate:
    return Generate(model=str(model), device="cpu", **changes)


def made(model: Path, **changes: Any) -> TransformersEngine:
    engine = load_engine(settings(model, **changes))
    assert isinstance(engine, TransformersEngine)
    return engine


def asked(engine: TransformersEngine, samples: int = 1, problems: int = 1) -> list[Request]:
    prompt = engine.render(USER)
    grid = [(p, i) for p in range(problems) for i in range(samples)]
    return [
        Request(f"p{p}.{i}", prompt + "?" * p, seed=place, index=i, place=place)
        for place, (p, i) in enumerate(grid)
    ]


def drawn(engine: TransformersEngine, requests: list[Request], **sampling: Any) -> list[Completion]:
    batches = engine.generate(iter(requests), Sampling(**sampling))
    return [completion for batch in batches for completion in batch]


def texts(
    engine: TransformersEngine, requests: list[Request], **sampling: Any
) -> dict[str, str | None]:
    return {c.id: c.text for c in drawn(engine, requests, **sampling)}
