"""Token ids and where training begins."""

from pathlib import Path

import polars as pl
import pytest
from tiny_checkpoint import OPENED, TEMPLATE, make_checkpoint
from tokenizers.normalizers import Lowercase

from sft.tokenize import completion_text, tokenize
from sft.trainer.base_model import Base, decode


def records(**columns: object) -> pl.DataFrame:
    row = {
        "record_id": "r",
        "source": "",
        "prompt": "Q: ",
        "thinking": "So ≠ 3.",
        "summary": "Four.",
    }
    return pl.DataFrame({**row, **columns})


@pytest.fixture(scope="module")
def base(checkpoint: str) -> Base:
    return Base(checkpoint, None, "sft.model")


def test_only_thinking_summary_and_end_of_text_are_trained(base: Base) -> None:
    (row,) = tokenize(records(), base, 512).iter_rows(named=True)
    prompt, trained = row["input_ids"][: row["n_prompt"]], row["input_ids"][row["n_prompt"] :]
    assert decode(base.tokenizer, prompt) == "Q: "
    assert decode(base.tokenizer, trained) == "<think>\nSo ≠ 3.\n</think>\n\nFour.</s>"
    assert (row["n_tokens"], row["n_trained"]) == (len(row["input_ids"]), len(trained))
    assert row["fault"] is None


def test_reply_that_ends_inside_its_thinking_is_left_out(base: Base) -> None:
    frame = records(summary=pl.Series([None], dtype=pl.String))
    assert tokenize(frame, base, 512).get_column("fault").to_list() == ["no_end"]


@pytest.mark.parametrize(
    ("prompt", "completion"),
    [
        ("User: 1+1? Assistant:", "<think>\nT\n</think>\n\nS"),
        ("<|assistant|><think>\n", "T\n</think>\n\nS"),
        ("<|assistant|><think>", "\nT\n</think>\n\nS"),
        ("What does <think> mean?\nAssistant: ", "<think>\nT\n</think>\n\nS"),
    ],
)
def test_completion_goes_on_where_the_prompt_ends(prompt: str, completion: str) -> None:
    assert completion_text(prompt, "T", "S") == completion


def test_marker_layout_is_trained_as_it_was_rendered() -> None:
    assert completion_text("Q<think>\n", "T", "S", marker="cot") == "|cot|T|cot|S"


@pytest.mark.parametrize("prompt", ["Q: ", "Q: <think>\n"])
def test_only_the_tags_that_are_meant_are_their_tokens(tmp_path: Path, prompt: str) -> None:
    base = Base(make_checkpoint(tmp_path / "base"), None, "sft.model")
    base.tokenizer.add_tokens(["<think>", "</think>"])
    named = records(prompt=prompt, thinking='So "</think>" ends it.', summary="As `<think>` does.")
    (row,) = tokenize(named, base, 512).iter_rows(named=True)
    tags = base.tokenizer.convert_tokens_to_ids(["<think>", "</think>"])
    assert [row["input_ids"].count(tag) for tag in tags] == [1, 1]
    assert row["fault"] is None


def test_too_long_record_is_left_out_and_never_cut(base: Base) -> None:
    whole = tokenize(records(), base, 512).row(0, named=True)
    just = tokenize(records(), base, whole["n_tokens"]).row(0, named=True)
    short = tokenize(records(), base, whole["n_tokens"] - 1).row(0, named=True)
    assert (just["fault"], short["fault"]) == (None, "too_long")
    assert short["input_ids"] == whole["input_ids"]


def test_text_that_does_not_come_back_is_lossy(tmp_path: Path) -> None:
    base = Base(make_checkpoint(tmp_path / "base"), None, "sft.model")
    base.tokenizer.backend_tokenizer.normalizer = Lowercase()
    assert tokenize(records(), base, 512).get_column("fault").to_list() == ["lossy"]


def test_prompt_that_could_not_be_rendered_leaves_the_record_out(base: Base) -> None:
    frame = records(prompt=pl.Series([None], dtype=pl.String))
    assert tokenize(frame, base, 512).get_column("fault").to_list() == ["no_prompt"]


def test_prompt_is_the_chat_template_with_one_begin_of_text(tmp_path: Path) -> None:
    problems = pl.DataFrame(
        {"problem_id": "p", "problem": "1+1?", "messages": None, "choices": None, "tests": None}
    )
    for template, end in ((TEMPLATE, "assistant: "), (OPENED, "assistant: <think>\n")):
        base = Base(make_checkpoint(tmp_path / end[-2], template), None, "sft.model")
        prompt = base.prompts(problems).item(0, "prompt")
        assert prompt == f"<s>user: 1+1?\n{end}"
        assert base.encode_prompts([prompt])[0].count(base.tokenizer.bos_token_id) == 1
