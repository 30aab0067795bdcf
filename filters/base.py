"""What a filter is: a frozen dataclass whose fields are its settings, and one `score(frame)`.

Scores are facts about a text and stay; keep and reasons are derived from them by `rules()`, so a
threshold moves without reading the text again. A filter sees a frame of traces with the columns
of `FRAME` and answers with a verdict row for each, in the same order.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar

import numpy as np
import polars as pl
import pyarrow as pa

from filters.schema import FOUNDS, SCORE, VERDICT, conform, content_id

FRAME = (
    # of the trace
    *("trace_id", "attempt", "problem_id", "sample_index", "response", "response_hash"),
    *("finish_reason", "error", "num_tokens", "origin", "model"),
    # of its problem
    *("problem", "kind", "gold", "gold_hash", "choices", "tests", "language", "source"),
    # parsed once for all filters, by `trace_format.parse_columns`
    *("tag_form", "thinking", "summary", "thinking_chars", "summary_chars"),
)
"""The columns a text filter may read. `language` is the problem's, null where the file had none."""

Reader = Callable[[Sequence[str]], Iterable[pl.DataFrame]]
"""trace_ids -> their `trace_id` and `response`, in pieces and any order"""

NOT_APPLICABLE = "not_applicable"
NOT_JUDGED = "not_judged"
NO_TEXT = "no_text"


def scoring(default: Any) -> Any:
    """A field that changes the scores themselves: moving it means reading text again."""
    if isinstance(default, list | dict | set):
        return dataclasses.field(default_factory=lambda: default, metadata={"scoring": True})
    return dataclasses.field(default=default, metadata={"scoring": True})


@dataclasses.dataclass(frozen=True)
class Filter:
    """Subclasses set `name`, `version`, `scores`, and write `score` and `rules`."""

    name: ClassVar[str]
    version: ClassVar[int] = 1
    """raise it whenever the same text and settings may now score differently"""
    scores: ClassVar[tuple[str, ...]]
    """names of the score columns, the one the filter is about first"""
    judges_missing_text: ClassVar[bool] = False

    def score(self, frame: pl.DataFrame) -> pl.DataFrame:
        """One row per row of `frame`, same order: the columns of `scores`, numeric, null where
        there is nothing to score; and, where something was found, a column `detail` of
        `List(FOUND)`."""
        raise NotImplementedError

    def rules(self) -> dict[str, pl.Expr]:
        """Reason to drop -> condition over the score columns. All that hold are recorded, in this
        order. A null condition does not drop."""
        raise NotImplementedError

    def undecided(self) -> dict[str, pl.Expr]:
        """Reason for null -> condition over the score columns; a drop outranks it."""
        return {}

    def not_applicable(self) -> pl.Expr | None:
        """Condition over the score columns under which the filter has nothing to say."""
        return None

    def input_hash(self) -> pl.Expr:
        """What `score` reads of a row, as one string; the row is judged anew when it changes."""
        return pl.col("response_hash")

    @property
    def score_hash(self) -> str:
        """Of all that the scores depend on besides the row."""
        return content_id(self.name, str(self.version), _canonical(self._fields(scoring_only=True)))

    @property
    def settings_hash(self) -> str:
        return content_id(self.name, str(self.version), _canonical(self._fields()))

    def judge(self, frame: pl.DataFrame) -> pl.DataFrame:
        """A verdict row for every row of `frame`, in its order."""
        if self.judges_missing_text or not frame.get_column("response").null_count():
            return self._judged(frame)
        frame = frame.with_row_index("_row")
        with_text = frame.filter(pl.col("response").is_not_null())
        without = frame.filter(pl.col("response").is_null())
        mute = conform(self._stamp(without), VERDICT)
        verdicts = pl.concat([self._judged(with_text), self.derive(mute)])
        rows = pl.concat([with_text.get_column("_row"), without.get_column("_row")])
        return verdicts.with_columns(rows).sort("_row").drop("_row")

    def derive(self, scored: pl.DataFrame) -> pl.DataFrame:
        """Verdicts from rows that hold `scores`: fresh ones, or stored ones under new settings.
        A row whose `scores` are null had no text to score, and stays undecided."""
        facts = scored.select(
            pl.col("scores").list.get(i, null_on_oob=True).struct.field("value").alias(name)
            for i, name in enumerate(self.scores)
        )
        return self._decided(scored, facts, scored.get_column("scores").is_null())

    def _decided(
        self, scored: pl.DataFrame, facts: pl.DataFrame, unread: pl.Series
    ) -> pl.DataFrame:
        """`scored` with what follows from `facts`. Few combinations of conditions ever hold at
        once, so that each is worked out once and not row by row."""
        exempt = self.not_applicable()
        drops, doubts = self.rules(), self.undecided()
        idle = [pl.lit(False) if exempt is None else exempt]
        conditions = enumerate([pl.lit(unread), *idle, *drops.values(), *doubts.values()])
        flags = facts.select(on.fill_null(False).alias(str(i)) for i, on in conditions)
        # no filter has 60 rules
        codes = flags.to_numpy() @ (np.uint64(1) << np.arange(flags.width, dtype=np.uint64))
        seen = sorted(set(codes.tolist()))
        which = np.searchsorted(seen, codes)
        held = [[bool(code >> i & 1) for i in range(flags.width)] for code in seen]
        outcomes = [
            _outcome(of[0], of[1], _held(drops, of[2:]), _held(doubts, of[2 + len(drops) :]))
            for of in held
        ]
        keep, reasons = zip(*outcomes, strict=True) if outcomes else ((), ())
        first = [next(iter(some), None) for some in reasons]
        said = {
            "settings_hash": _everywhere(self.settings_hash, scored.height),
            "keep": pl.Series(keep, dtype=pl.Boolean)[which],
            "reason": pl.Series(first, dtype=pl.String)[which],
            "reasons": _lists(reasons, which),
        }
        columns = {name: scored.get_column(name) for name in VERDICT if name not in said} | said
        return pl.DataFrame({name: columns[name] for name in VERDICT})

    def _judged(self, frame: pl.DataFrame) -> pl.DataFrame:
        scored = self.score(frame)
        if scored.height != frame.height:
            raise RuntimeError(f"{self.name} scored {scored.height} of {frame.height} rows")
        # a NaN would pass every threshold unseen: `NaN <= x` is false
        columns = [scored.get_column(name).cast(pl.Float64).to_numpy() for name in self.scores]
        values = np.column_stack(columns)
        facts = pl.DataFrame(values, schema=list(self.scores), nan_to_null=True)
        found = scored.get_column("detail") if "detail" in scored.columns else None
        rows = self._stamp(
            frame,
            score=facts.to_series(0),
            scores=_named(values, self.scores),
            detail=_everywhere(None, frame.height, FOUNDS) if found is None else found.cast(FOUNDS),
        )
        return self._decided(rows, facts, _everywhere(False, frame.height))

    def _stamp(self, frame: pl.DataFrame, **more: pl.Series) -> pl.DataFrame:
        n = frame.height
        return pl.DataFrame(
            {
                "trace_id": frame.get_column("trace_id"),
                "attempt": frame.get_column("attempt").cast(VERDICT["attempt"]),
                "filter": _everywhere(self.name, n),
                "filter_version": _everywhere(self.version, n, VERDICT["filter_version"]),
                "settings_hash": _everywhere(None, n, VERDICT["settings_hash"]),
                "score_hash": _everywhere(self.score_hash, n),
                "input_hash": frame.select(self.input_hash().alias("input_hash")).to_series(),
                **more,
            }
        )

    def _fields(self, scoring_only: bool = False) -> dict[str, Any]:
        return {
            f.name: getattr(self, f.name)
            for f in dataclasses.fields(self)
            if not scoring_only or f.metadata.get("scoring")
        }


GROUP_FRAME = (
    *("trace_id", "attempt", "problem_id", "sample_index", "response_hash", "finish_reason"),
    *("num_tokens", "kind"),
    # of the correctness verdict: null where there is none or it is undecided
    "correct",
    "outcome",
    # kept, dropped, failed or undecided by all filters before this one, and how long its thinking
    # is in tokens by the length filter (estimated without a tokenizer)
    "fate",
    "thinking_tokens",
)


class GroupFilter(Filter):
    """A filter that needs all samples of a problem, or all traces, to judge one.

    It reads no text when it judges: `sign` keeps, per trace and once, what it will need of the
    text, and `score` sees one frame of all traces with the columns of `GROUP_FRAME` and those of
    the signature. All its verdicts are recomputed from there whenever anything changed. A filter
    whose signatures only point at candidates looks these few up in `confirm`, which comes before.
    """

    judges_missing_text: ClassVar[bool] = True
    signature: ClassVar[dict[str, pl.DataType]] = {}
    """columns that `sign` adds; empty where the filter needs nothing of the text"""
    reads: ClassVar[tuple[str, ...]] = GROUP_FRAME
    """columns of `GROUP_FRAME` that the verdicts depend on: while they stay, so do the verdicts"""

    def sign(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The signature columns for a text-filter frame, row by row in its order."""
        raise NotImplementedError

    facts: ClassVar[dict[str, pl.DataType]] = {}
    """columns of what `confirm` finds out and keeps; they depend on texts and `score_hash` alone"""

    def confirm(
        self, frame: pl.DataFrame, read: Reader, known: pl.DataFrame
    ) -> tuple[pl.DataFrame, pl.DataFrame]:
        """The frame with what `score` needs besides, found in the texts of a few traces; and new
        facts, which from the next time on are among those `known`, so that no text is read twice
        for them."""
        return frame, known.clear()


def _everywhere(value: Any, height: int, dtype: pl.DataType | None = None) -> pl.Series:
    return pl.Series([value], dtype=dtype).new_from_index(0, height)


def _named(values: np.ndarray, names: Sequence[str]) -> pl.Series:
    """A list of (name, value) per row. Put together from flat columns: an expression that builds
    lists of structs takes fourteen times as long."""
    flat = pl.Series("value", values.ravel(), nan_to_null=True)
    keys = pl.Series("key", names, dtype=pl.String)[np.tile(np.arange(len(names)), len(values))]
    pairs = pl.DataFrame([keys, flat]).to_struct("scores")
    return pairs.reshape(values.shape).arr.to_list().cast(pl.List(SCORE))


def _lists(texts: Sequence[list[str]], which: np.ndarray) -> pl.Series:
    """For every row one of few lists of texts, most of them empty."""
    sizes = np.array([len(some) for some in texts], dtype=np.int64)[which]
    flat = [text for i in which[sizes > 0] for text in texts[i]]
    ends = np.cumsum(sizes, dtype=np.int64)
    of_text = pa.array(flat, type=pa.large_string())
    return pl.Series(pa.LargeListArray.from_arrays(np.insert(ends, 0, 0), of_text))


def _held(conditions: dict[str, pl.Expr], flags: list[bool]) -> list[str]:
    return [name for name, flag in zip(conditions, flags, strict=False) if flag]


def _outcome(
    unread: bool, idle: bool, drops: list[str], doubts: list[str]
) -> tuple[bool | None, list[str]]:
    """`keep` and `reasons`."""
    if unread:
        return None, [NO_TEXT]
    if idle:
        return True, [NOT_APPLICABLE]
    return (False, drops) if drops else (None, doubts) if doubts else (True, [])


def _canonical(fields: dict[str, Any]) -> str:
    return json.dumps(fields, sort_keys=True, ensure_ascii=False, default=list)
