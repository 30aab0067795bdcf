"""The mini road's additions, what is written of them, what filters say of it, and its base."""

import dataclasses
import random
import re
from pathlib import Path

import polars as pl
import pytest
from small_runs import stored, write
from transformers import AutoModelForCausalLM, AutoTokenizer

from curate.config import Config, Source
from curate.demo import addition, base, problems
from curate.demo.course import Course
from curate.pipeline import run_all
from filters.errors import UserError
from filters.verifiers import verify
from filters.verifiers.outcome import Case


def short_course(*steps: int) -> Course:
    pairs = zip(addition.COURSE.lessons, steps, strict=True)
    lessons = tuple(dataclasses.replace(lesson, steps=n) for lesson, n in pairs)
    return dataclasses.replace(addition.COURSE, lessons=lessons)


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Hardly trained."""
    return base.build(tmp_path_factory.mktemp("demo") / "base", short_course(2, 1))


def test_held_out_pairs_are_in_no_text_and_no_training_problem() -> None:
    asked = [
        numbers(row["problem"]) for row in problems.rows(addition.draw, 200, "test", held_out=True)
    ]
    rng = random.Random(0)
    read = {numbers(source(rng)[0]) for source in [addition.textbook, addition.dirty] * 3000}
    trained = {
        numbers(row["problem"])
        for row in problems.rows(addition.draw, 200, "train", held_out=False)
    }
    assert not {*asked, *(pair[::-1] for pair in asked)} & (read | trained)
    assert len(read) > 5500


def numbers(text: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", text)[:2]))


def test_problems_are_in_two_languages() -> None:
    rows = problems.rows(addition.draw, 100, "test", held_out=True)
    assert {row["language"] for row in rows} == {"en", "zh"}
    assert len({row["problem"] for row in rows}) == 100


@pytest.mark.parametrize("style", ["short", "full", "checked"])
def test_careful_author_is_right_and_one_who_slips_mostly_is_not(style: str) -> None:
    rng = random.Random(0)
    for slip, right in ((0.0, 1.0), (1.0, 0.0)):
        author = addition.Author(rng, style=style, slip=slip)
        additions = [addition.draw(rng) for _ in range(30)]
        outcomes = verify([Case(author.reply(a), gold=a.gold) for a in additions])
        assert sum(o.outcome == "correct" for o in outcomes) / 30 == pytest.approx(right, abs=0.2)


def test_filters_find_all_dirt_and_nothing_else(tmp_path: Path) -> None:
    """Another language, garbled characters, a lost tag: each is seen by the filter meant for it."""
    rng = random.Random(1)
    rows = []
    for dirt in ({}, {"tongue": "other"}, {"tongue": "mixed"}, {"junk": "â€¦"}, {"closes": False}):
        for problem in (addition.draw(rng) for _ in range(20)):
            text = addition.Author(rng, style="checked", **dirt).reply(problem)
            row = {"problem": problem.question, "gold": problem.gold, "response": text}
            rows.append(row | {"language": problem.language, "dirt": next(iter(dirt), "none")})
    config = Config(
        imports=[Source(path=str(write(tmp_path / "traces.jsonl", rows)))],
        filters={"length": {"thinking_min": 8}},
    )
    run = run_all(config, tmp_path / "run")
    dropped = stored(run, "verdicts").filter(pl.col("keep") == False)  # noqa: E712
    meta = pl.col("meta").str.json_path_match("$.dirt")
    found = dropped.join(stored(run, "traces"), on="trace_id").group_by("filter", dirt=meta)
    counts = {(f, d): n for f, d, n in found.agg(pl.len()).iter_rows()}
    assert counts.pop(("language", "tongue")) > 35  # by chance a mixed one is in one language
    assert counts == {
        ("readability", "junk"): 20,
        ("format", "closes"): 20,
        ("finish", "closes"): 20,
        ("correctness", "closes"): 20,
    }


def test_digits_are_single_and_think_tags_are_ordinary_text(checkpoint: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(checkpoint)
    ids = tokenizer.encode("<think>\n47+138 好\n</think>")
    assert tokenizer.decode(ids, skip_special_tokens=True) == "<think>\n47+138 好\n</think>"
    assert [token for token in tokenizer.convert_ids_to_tokens(ids) if token.isdigit()] == list(
        "47138"
    )


def test_saved_tokenizer_has_the_hash_of_a_fresh_one(checkpoint: Path) -> None:
    saved = AutoTokenizer.from_pretrained(checkpoint)
    assert base.tokenizer_hash(saved) == base.tokenizer_hash(base.make_tokenizer(addition.COURSE))


def test_base_is_a_small_llama_that_vllm_takes(checkpoint: Path) -> None:
    model = AutoModelForCausalLM.from_pretrained(checkpoint)
    assert model.config.model_type == "llama"
    assert model.config.hidden_size / model.config.num_attention_heads == 32
    assert sum(p.numel() for p in model.parameters()) < 400_000


def test_base_is_not_made_again_and_another_is(checkpoint: Path) -> None:
    weights = checkpoint / "model.safetensors"
    before = weights.stat().st_mtime_ns
    base.build(checkpoint, short_course(2, 1))
    assert weights.stat().st_mtime_ns == before
    base.build(checkpoint, short_course(1, 1))
    assert weights.stat().st_mtime_ns != before


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("dear")
    with pytest.raises(UserError, match="is not empty and holds no base of ours"):
        base.build(tmp_path, short_course(1, 1))
