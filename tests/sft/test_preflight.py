"""The look at what is about to be trained."""

import polars as pl
import pytest
import torch
from tiny_checkpoint import make_tokenizer

from filters.errors import UserError
from sft.preflight import IGNORED, preflight, sampled

RECORDS = pl.DataFrame({"record_id": ["r"], "thinking": ["T"], "summary": ["S"]})
TOKENIZER = make_tokenizer()
END = TOKENIZER.eos_token_id


def batch(prompt: str, completion: str, end: list[int], masked: int | None = None) -> dict:
    before = TOKENIZER(prompt)["input_ids"]
    after = TOKENIZER(completion)["input_ids"] + end
    n = len(before) if masked is None else masked
    ids = torch.tensor([before + after])
    labels = ids.clone()
    labels[:, :n] = IGNORED
    return {"input_ids": ids, "labels": labels, "attention_mask": torch.ones_like(ids)}


@pytest.mark.parametrize(
    ("prompt", "completion"),
    [("Q", "<think>\nT\n</think>\n\nS"), ("Q<think>\n", "T\n</think>\n\nS")],
)
def test_sound_rows_pass_every_check(prompt: str, completion: str) -> None:
    checks = preflight(batch(prompt, completion, [END]), RECORDS, TOKENIZER)
    assert checks.get_column("passed").to_list() == [1, 1, 1, 1]


@pytest.mark.parametrize(
    ("rows", "failed"),
    [
        (batch("Q", "S", [END]), "the thinking comes back"),
        (batch("Q", "<think>\nT\n</think>\n\n", [END]), "the summary comes back"),
        (batch("Q", "<think>\nT\n</think>\n\nS", [10]), "the end of text is trained"),
        (batch("Q\n", "<think>\nT\n</think>\n\nS", [END], 0), "the prompt is not trained"),
    ],
)
def test_what_is_wrong_is_named(rows: dict, failed: str) -> None:
    with pytest.raises(UserError, match=f"record r would be trained wrongly.*{failed}"):
        preflight(rows, RECORDS, TOKENIZER)


def test_cut_row_is_found() -> None:
    whole = batch("Q", "<think>\nT\n</think>\n\nS", [END])
    with pytest.raises(UserError, match="preflight"):
        preflight({name: rows[:, :8] for name, rows in whole.items()}, RECORDS, TOKENIZER)


def test_sample_is_spread_and_holds_both_ends() -> None:
    assert sampled(3) == [0, 1, 2]
    rows = sampled(1000, 5)
    assert rows == [0, 250, 500, 749, 999]
