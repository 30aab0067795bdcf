"""Before training: decode what the trainer is about to train and compare it with the records.

It reads a batch out of the trainer's own collator, so whatever a library does to the rows on the
way (cutting, masking, rendering anew) is seen here and not in a worse model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import polars as pl

from filters.errors import UserError
from filters.trace_format import Parts, parse, parse_marked
from sft.tokenize import same_text
from sft.trainer.base_model import decode

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

IGNORED = -100
"""the label of a token that is not trained"""

CHECKS = (
    "the thinking comes back",
    "the summary comes back",
    "the end of text is trained",
    "the prompt is not trained",
)


def sampled(count: int, size: int = 32) -> list[int]:
    """Which of `count` rows to look at: spread evenly, first and last among them."""
    if count <= size:
        return list(range(count))
    return sorted({round(i * (count - 1) / (size - 1)) for i in range(size)})


def rows_of(batch: Mapping[str, Any]) -> list[tuple[list[int], list[int]]]:
    """Ids and labels of each row of a batch, without padding: padded rows (batch, longest) with an
    attention_mask, or packed ones (1, total) with cu_seq_lens_q, where each begins and the end."""
    ids, labels = batch["input_ids"].tolist(), batch["labels"].tolist()
    if "cu_seq_lens_q" in batch:
        edges = list(pairwise(batch["cu_seq_lens_q"].tolist()))
        return [(ids[0][start:end], labels[0][start:end]) for start, end in edges]
    lengths = batch["attention_mask"].sum(dim=1).tolist()
    return [
        (one[:length], labelled[:length])
        for one, labelled, length in zip(ids, labels, lengths, strict=True)
    ]


def preflight(
    batch: Mapping[str, Any],
    records: pl.DataFrame,
    tokenizer: PreTrainedTokenizerBase,
    marker: str | None = None,
) -> pl.DataFrame:
    """A row per check: how many of the rows passed. The rows of `batch` (see `rows_of`) are those
    of `records`. A UserError names the first row that fails."""
    rows = records.select("record_id", "thinking", "summary").iter_rows(named=True)
    results = [
        _check(ids, labels, record, tokenizer, marker)
        for (ids, labels), record in zip(rows_of(batch), rows, strict=True)
    ]
    for record_id, passed in zip(records.get_column("record_id"), results, strict=True):
        if not all(passed):
            failed = CHECKS[passed.index(False)]
            raise UserError(
                f"preflight: record {record_id} would be trained wrongly; not so: {failed}. "
                "Check the tokenizer and chat template of sft.model"
            )
    return pl.DataFrame(
        {
            "check": CHECKS,
            "passed": [sum(column) for column in zip(*results, strict=True)],
            "of": [len(results)] * len(CHECKS),
        }
    )


def _check(
    ids: Sequence[int],
    labels: Sequence[int],
    record: Mapping[str, Any],
    tokenizer: PreTrainedTokenizerBase,
    marker: str | None,
) -> tuple[bool, ...]:
    """One answer per line of `CHECKS`."""
    trained = [label for label in labels if label != IGNORED]
    n_prompt = len(ids) - len(trained)
    parts = _parts(decode(tokenizer, trained[:-1]), marker if record["thinking"] else None)
    return (
        same_text(parts.thinking or "", (record["thinking"] or "").strip()),
        same_text(parts.summary or "", record["summary"].strip()),
        bool(trained) and trained[-1] == tokenizer.eos_token_id,
        n_prompt > 0 and labels == [IGNORED] * n_prompt + list(ids[n_prompt:]),
    )


def _parts(text: str, marker: str | None) -> Parts:
    if marker is None:
        return parse(text)
    try:
        return parse_marked(text, marker)
    except ValueError:
        return Parts("unmarked", None, None)
