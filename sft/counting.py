"""SFTTrainer, and the proof that it trained on what it was given.

TRL trains exactly the given tokens only as `input_ids` + `labels`; from `messages` it renders and
masks by itself, and by default it cuts at 1024 tokens without a word (TRL 1.16).
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import polars as pl
import pyarrow.compute
from datasets import Dataset
from trl import SFTTrainer

from sft.by_length import ByLength
from sft.preflight import IGNORED, rows_of
from sft.tokenize import token_hash
from sft.trainer.processes import collect

COUNTED = ("trained_tokens", "padded_tokens")
READ = "num_tokens"
"""TRL's count of all tokens, prompts among them, which it forgets (TRL 1.16)"""


class CountingTrainer(SFTTrainer):
    """Counts, where the loss is taken, the tokens it is taken over and the rows they are of."""

    trained_tokens = padded_tokens = 0  # by this process; so is `seen`

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.seen: Counter[str] = Counter()
        super().__init__(*args, **kwargs)

    def compute_loss(self, model: Any, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        if model.training:
            self.padded_tokens += inputs["input_ids"].numel()
            for ids, labels in rows_of(inputs):
                self.padded_tokens -= len(ids)
                # the first position has nothing before it to be predicted from
                self.trained_tokens += len(ids) - max(1, masked := labels.count(IGNORED))
                self.seen[token_hash(ids, masked)] += 1
        return super().compute_loss(model, inputs, *args, **kwargs)

    def _get_train_sampler(self, train_dataset: Dataset | None = None) -> Any:
        args = self.args
        if args.train_sampling_strategy != "group_by_length":
            return super()._get_train_sampler(train_dataset)
        rows: Any = self.train_dataset
        ids = rows.data.column("input_ids")
        lengths = pyarrow.compute.list_value_length(ids).to_pylist()
        batch = args.train_batch_size * args.gradient_accumulation_steps * args.world_size
        return ByLength(lengths, batch, args.seed, lambda: int(self.state.epoch or 0))

    def counts(self) -> dict[str, Any]:
        """Of all processes together."""
        seen = sum(collect(self.seen), Counter[str]())
        return {**self._counted(), READ: self._total_train_tokens, "seen": dict(seen)}

    def go_on(self, counts: dict[str, Any]) -> None:
        """From the counts of a saved state; one of the processes does, for all."""
        self.trained_tokens, self.padded_tokens = (counts[name] for name in COUNTED)
        self.seen = Counter(counts["seen"])
        self._total_train_tokens = counts[READ]

    def log(self, logs: dict[str, float], *args: Any, **kwargs: Any) -> None:
        super().log({**logs, **self._counted()}, *args, **kwargs)

    def _counted(self) -> dict[str, int]:
        """By all processes."""
        each = collect((self.trained_tokens, self.padded_tokens))
        return dict(zip(COUNTED, map(sum, zip(*each, strict=True)), strict=True))


def labelled(tokens: pl.DataFrame) -> Dataset:
    """The only two columns with which SFTTrainer trains exactly what it is given."""
    masked = pl.lit(IGNORED, dtype=pl.Int32).repeat_by("n_prompt")
    labels = pl.concat_list(masked, pl.col("input_ids").list.slice(pl.col("n_prompt")))
    return Dataset.from_polars(tokens.select("input_ids", labels.alias("labels")))


def seen_records(tokens: pl.DataFrame, counts: dict[str, Any]) -> pl.DataFrame:
    """The rows of `tokens` that a training has seen by now, and how many `times`. Rows with equal
    ids were counted together, and share the count evenly."""
    seen = pl.DataFrame(
        list(counts["seen"].items()),
        schema={"token_hash": pl.String, "times": pl.Int64},
        orient="row",
    )
    copies = tokens.group_by(tokens.columns, maintain_order=True).len("copies")
    share = pl.col("times") * pl.col("copies") // pl.col("copies").sum().over("token_hash")
    return copies.join(seen, on="token_hash", maintain_order="left").with_columns(times=share)


def check_counts(
    counts: dict[str, Any], tokens: pl.DataFrame, epochs: float | None, spare: int = 0
) -> None:
    """What was trained is what `tokenized` says, row by row and in sum; `epochs` is null where
    `max_steps` decided, and a whole number of epochs sees every row just so often. Several
    processes see up to `spare` rows of an epoch once more, to have as many as each other."""
    n_trained = dict(tokens.select("token_hash", "n_trained").iter_rows())
    trained, seen = counts["trained_tokens"], Counter(counts["seen"])
    if strangers := seen.keys() - n_trained.keys():
        raise RuntimeError(f"{len(strangers)} rows were trained that are not those tokenized")
    expected = sum(n_trained[key] * times for key, times in seen.items())
    if trained != expected:
        raise RuntimeError(f"{trained} tokens were trained, {expected} tokenized")
    if epochs is not None and epochs == int(epochs):
        once = Counter(tokens.get_column("token_hash").to_list())
        whole = Counter({key: n * int(epochs) for key, n in once.items()})
        if whole - seen or (seen - whole).total() > spare * epochs:
            raise RuntimeError(f"not every record was trained on {int(epochs)} times")
