"""The demo's problems, corpus and tiny checkpoints."""

import random
import re
from pathlib import Path

import pytest
from small_runs import stored, write
from transformers import AutoModelForCausalLM, AutoTokenizer

from curate.config import Config, Generate, Source
from curate.demo import corpus, problems, zero
from curate.manifest import ask as manifest
from curate.pipeline import run_all
from filters.errors import UserError
from filters.verifiers import verify
from filters.verifiers.outcome import Case


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Hardly trained."""
    folder = tmp_path_factory.mktemp("demo") / "models"
    zero.build(folder, textbook_steps=2, dirty_steps=1)
    return folder


def test_problems_are_in_two_languages_and_not_in_the_corpus() -> None:
    rows = problems.rows(100)
    assert {row["language"] for row in rows} == {"en", "zh"}
    assert len({row["problem"] for row in rows}) == 100
    rng = random.Random(0)
    learnt = {(a.a, a.b) for a in (problems.draw(rng) for _ in range(20_000))}
    asked = {tuple(map(int, re.findall(r"\d+", row["problem"]))) for row in rows}
    assert len(learnt) > 6000
    assert not learnt & asked


def test_clean_working_is_right_and_a_slip_is_not() -> None:
    rng = random.Random(0)
    for wrong in (False, True):
        additions = [problems.draw(rng) for _ in range(30)]
        cases = [Case(corpus.worked(rng, a, wrong).text, gold=a.gold) for a in additions]
        outcomes = {o.outcome for o in verify(cases)}
        assert outcomes <= {"incorrect", "correct"}
        assert ("incorrect" in outcomes) == wrong


@pytest.mark.parametrize("spoil", list(corpus.SPOILS), ids=lambda spoil: spoil.__name__)
def test_every_spoil_changes_the_text(spoil: corpus.Spoil) -> None:
    rng = random.Random(0)
    draft = corpus.worked(rng, problems.draw(rng))
    before = draft.text
    spoil(rng, draft)
    assert draft.text != before


def test_digits_are_single_and_think_tags_are_ordinary_text(models: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(models / "zero")
    ids = tokenizer.encode("<think>\n47+138 好\n</think>")
    assert tokenizer.decode(ids, skip_special_tokens=True) == "<think>\n47+138 好\n</think>"
    assert [token for token in tokenizer.convert_ids_to_tokens(ids) if token.isdigit()] == list(
        "47138"
    )


def test_saved_tokenizer_has_the_hash_of_a_fresh_one(models: Path) -> None:
    fresh = zero.tokenizer_hash(zero.make_tokenizer())
    for name in (zero.BASE, zero.ZERO):
        assert zero.tokenizer_hash(AutoTokenizer.from_pretrained(models / name)) == fresh


def test_models_are_small_llamas_that_differ(models: Path) -> None:
    base, grown = (
        AutoModelForCausalLM.from_pretrained(models / name) for name in (zero.BASE, zero.ZERO)
    )
    assert grown.config.model_type == "llama"
    assert sum(p.numel() for p in grown.parameters()) < 450_000
    assert not base.model.norm.weight.equal(grown.model.norm.weight)


def test_same_recipe_is_not_cooked_again_and_another_is(models: Path) -> None:
    weights = models / "zero" / "model.safetensors"
    before = weights.stat().st_mtime_ns
    zero.build(models, textbook_steps=2, dirty_steps=1)
    assert weights.stat().st_mtime_ns == before
    zero.build(models, textbook_steps=1, dirty_steps=1)
    assert weights.stat().st_mtime_ns != before


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("dear")
    with pytest.raises(UserError, match="is not empty and holds no demo model"):
        zero.build(tmp_path, textbook_steps=1, dirty_steps=1)


@pytest.mark.slow
def test_samples_are_a_healthy_mix(tmp_path: Path) -> None:
    _, model = zero.build(tmp_path / "model")
    file = write(tmp_path / "problems.jsonl", problems.rows(60))
    config = Config(
        problems=[Source(path=str(file))],
        generate=Generate(model=str(model), max_tokens=192, batch_size=120, device="cpu"),
        filters={"length": {"thinking_min": 8}},
    )
    run = run_all(config, tmp_path / "run")
    traces = stored(run, "traces").height
    assert 0.25 < stored(run, "records").height / traces < 0.6
    drops = manifest.rows(run, "select * from v_drop_reasons where deciding > 0")
    by_filter = {row["filter"] for row in drops}
    assert by_filter >= {"correctness", "language", "format", "repetition", "readability"}
