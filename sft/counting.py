"""SFTTrainer, and the proof that it trained on what it was given.

TRL trains exactly the given tokens only as `input_ids` + `labels`; from `messages` it renders and
masks by itself, and by default it cuts at 1024 tokens without a word (TRL 1.16).
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import polars as pl
from datasets import Dataset
from trl import SFTTrainer

from sft.preflight import IGNORED
from sft.tokenize import token_hash


class CountingTrainer(SFTTrainer):
    """Counts, where the loss is taken, the tokens it is taken over and the rows they are of."""

    trained_tokens = 0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.seen: Counter[str] = Counter()
        super().__init__(*args, **kwargs)

    def compute_loss(self, model: Any, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        if model.training:
            labels, lengths = inputs["labels"], inputs["attention_mask"].sum(dim=1)
            # the first position has nothing before it to be predicted from
            self.trained_tokens += int((labels[:, 1:] != IGNORED).sum())
            masked = lengths - (labels != IGNORED).sum(dim=1)
            for ids, length, n_prompt in zip(
                inputs["input_ids"].tolist(), lengths.tolist(), masked.tolist(), strict=True
            ):
                self.seen[token_hash(ids[:length], n_prompt)] += 1
        return super().compute_loss(model, inputs, *args, **kwargs)

    def log(self, logs: dict[str, float], *args: Any, **kwargs: Any) -> None:
        super().log({**logs, "trained_tokens": self.trained_tokens}, *args, **kwargs)


def labelled(tokens: pl.DataFrame) -> Dataset:
    """The only two columns with which SFTTrainer trains exactly what it is given."""
    masked = pl.lit(IGNORED, dtype=pl.Int32).repeat_by("n_prompt")
    labels = pl.concat_list(masked, pl.col("input_ids").list.slice(pl.col("n_prompt")))
    return Dataset.from_polars(tokens.select("input_ids", labels.alias("labels")))


def check_counts(
    trained: int, seen: Counter[str], tokens: pl.DataFrame, epochs: float | None
) -> None:
    """What was trained is what `tokenized` says, row by row and in sum; `epochs` is null where
    `max_steps` decided, and a whole number of epochs sees every row just so often."""
    n_trained = dict(tokens.select("token_hash", "n_trained").iter_rows())
    if strangers := seen.keys() - n_trained.keys():
        raise RuntimeError(f"{len(strangers)} rows were trained that are not those tokenized")
    expected = sum(n_trained[key] * times for key, times in seen.items())
    if trained != expected:
        raise RuntimeError(f"{trained} tokens were trained, {expected} tokenized")
    if epochs is not None and epochs == int(epochs):
        whole = Counter(tokens.get_column("token_hash").to_list())
        if seen != Counter({key: n * int(epochs) for key, n in whole.items()}):
            raise RuntimeError(f"not every record was trained on {int(epochs)} times")
