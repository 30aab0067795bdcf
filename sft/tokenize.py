"""Records → token ids, and where in them training begins.

Prompt and completion are tokenized apart and joined as ids, because a chat template asked for the
whole conversation may change it: the stock R1-distill templates delete the think block from an
assistant turn without a warning (measured with transformers 5.23).
"""

from __future__ import annotations

import unicodedata
from array import array
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import polars as pl

from filters.schema import content_id
from filters.trace_format import OPEN, render
from filters.trace_format.tags import named_tags
from sft.trainer.base_model import Base, decode, encode

CHUNK = 1000
"""records tokenized in one call: enough for the tokenizer's own threads, little memory"""

NO_PROMPT = "no_prompt"  # the problem has no text, or the chat template refuses it
LOSSY = "lossy"  # the text does not come back from its ids
TOO_LONG = "too_long"
NO_END = "no_end"  # the reply ends inside its thinking

TOKENS: dict[str, pl.DataType] = {
    "record_id": pl.String(),
    "source": pl.String(),
    "input_ids": pl.List(pl.Int32()),
    "n_prompt": pl.Int32(),  # the first so many ids are not trained
    "n_tokens": pl.Int32(),
    "n_trained": pl.Int32(),
    "token_hash": pl.String(),
    "fault": pl.String(),  # why the record is left out; null where it is trained on
}


def tokenize(
    records: pl.DataFrame, base: Base, max_length: int, marker: str | None = None
) -> pl.DataFrame:
    """A row of `TOKENS` per row of `EXAMPLES` (see mixture.py), in their order. Nothing is ever
    cut: what does not fit has a fault."""
    parts = [
        pl.DataFrame(list(_rows(part, base, marker)), schema=TOKENS)
        for part in records.iter_slices(CHUNK)
    ]
    tokens = pl.concat(parts or [pl.DataFrame(schema=TOKENS)])
    too_long = pl.col("fault").is_null() & (pl.col("n_tokens") > max_length)
    return tokens.with_columns(
        pl.when(too_long).then(pl.lit(TOO_LONG)).otherwise("fault").alias("fault")
    )


def completion_text(
    prompt: str, thinking: str | None, summary: str, marker: str | None = None
) -> str:
    """What the model is to write after `prompt`. Where the template has opened the think block
    already, the completion begins inside it, and closes it at once where there is no thinking."""
    opened = marker is None and opens_thinking(prompt)
    text = summary if thinking is None else render(thinking, summary, marker)
    if not opened:
        return text
    text = render(thinking or "", summary)
    return text.removeprefix(OPEN).removeprefix(prompt.rpartition(OPEN)[2])


def opens_thinking(prompt: str) -> bool:
    return prompt.rstrip().endswith(OPEN)


def same_text(left: str, right: str) -> bool:
    """Equal, or equal in Unicode's composed form: some tokenizers (Qwen's) compose what they
    read."""
    if left == right:
        return True
    return unicodedata.normalize("NFC", left) == unicodedata.normalize("NFC", right)


def token_hash(ids: Sequence[int], n_prompt: int) -> str:
    return content_id(str(n_prompt), array("i", ids).tobytes().hex())


def _spelled(base: Base, texts: Sequence[str]) -> Iterator[list[int]]:
    """The ids of each text, in which a tag that it only names is no tag: cut inside, so that a
    tokenizer that has a token for `<think>` spells the name."""
    cuts = [[tag.start + 1 for tag in named_tags(text)] for text in texts]
    pieces = [
        [text[a:b] for a, b in pairwise([0, *at, len(text)])]
        for text, at in zip(texts, cuts, strict=True)
    ]
    ids = iter(encode(base.tokenizer, [piece for some in pieces for piece in some]))
    return ([token for _ in some for token in next(ids)] for some in pieces)


def _rows(part: pl.DataFrame, base: Base, marker: str | None) -> Iterator[dict[str, Any]]:
    rows = part.select("record_id", "source", "prompt", "thinking", "summary").to_dicts()
    whole = [row for row in rows if row["prompt"] is not None and row["summary"] is not None]
    texts = [
        completion_text(row["prompt"], row["thinking"], row["summary"], marker) for row in whole
    ]
    prompts = iter(base.encode_prompts([row["prompt"] for row in whole]))
    completions = zip(texts, _spelled(base, texts), strict=True)
    for row in rows:
        names = {"record_id": row["record_id"], "source": row["source"]}
        if row["prompt"] is None or row["summary"] is None:
            yield names | {"fault": NO_PROMPT if row["prompt"] is None else NO_END}
            continue
        prompt, (text, completion) = next(prompts), next(completions)
        ids = [*prompt, *completion, base.tokenizer.eos_token_id]
        yield names | {
            "input_ids": ids,
            "n_prompt": len(prompt),
            "n_tokens": len(ids),
            "n_trained": len(completion) + 1,
            "token_hash": token_hash(ids, len(prompt)),
            "fault": None if same_text(decode(base.tokenizer, completion), text) else LOSSY,
        }
