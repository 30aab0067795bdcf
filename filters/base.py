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

import polars as pl

from filters.errors import UserError
from filters.schema import FOUNDS, SNIPPET, VERDICT, conform, content_id

FRAME = (
    # of the trace
    *("trace_id", "attempt", "problem_id", "sample_index", "response", "response_hash"),
    *("finish_reason", "error", "num_tokens", "origin", "model"),
    # of the trace it was rewritten from, null where it was not
    *("parent", "parent_hash"),
    # of its problem
    *("problem", "kind", "gold", "gold_hash", "choices", "tests", "language", "source"),
    # parsed once for all filters, by `trace_format.parse_columns`
    *("tag_form", "thinking", "summary"),
)
"""The columns a text filter may read. `language` is the problem's, null where the file had none."""

Reader = Callable[[Sequence[str]], Iterable[pl.DataFrame]]
"""trace_ids -> their `trace_id` and `response`, in pieces and any order"""

NOT_APPLICABLE = "not_applicable"
NOT_JUDGED = "not_judged"
NOT_CHECKED = "not_checked"
"""kept, since the filter lacks its means: shown as not checked, never as checked and kept"""
NO_TEXT = "no_text"
FILTER_ERROR = "filter_error"
"""undecided, since the content of the row made the filter raise: a defect of the filter"""


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
    thresholds: ClassVar[dict[str, tuple[str, str]]] = {}
    """setting -> the score it is held against, and how: ("mixing", ">") drops what lies above. For
    people who look at scores; `rules` decides"""
    judges_missing_text: ClassVar[bool] = False

    def score(self, frame: pl.DataFrame) -> pl.DataFrame:
        """One row per row of `frame`, same order: the columns of `scores`, numeric, null where
        there is nothing to score; where a name says it and no number does (an outcome, a tag
        form), that name as a column `label`; and, where something was found, a column `detail` of
        `List(FOUND)`."""
        raise NotImplementedError

    def rules(self) -> dict[str, pl.Expr]:
        """Reason to drop -> condition over the score columns and `label`. All that hold are
        recorded, in this order. A null condition does not drop."""
        raise NotImplementedError

    def undecided(self) -> dict[str, pl.Expr]:
        """Reason for null -> condition over the score columns; a drop outranks it."""
        return {}

    def not_applicable(self) -> pl.Expr | None:
        """Condition over the score columns under which the filter has nothing to say."""
        return None

    def not_checked(self) -> pl.Expr | None:
        """Condition under which the filter lacked its means, e.g. a benchmark to compare with."""
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
        """A verdict row for every row of `frame`, in its order. A row whose content makes `score`
        raise is undecided, `FILTER_ERROR`; the others are judged as if it were not there."""
        has_text = pl.col("response").is_not_null()
        if self.judges_missing_text or frame.select(has_text.all()).item():
            return self._judged(frame)
        rows = frame.with_row_index("_row")
        with_text, without = rows.filter(has_text), rows.filter(~has_text)
        silent = conform(self._stamp(without), VERDICT).with_columns(reason=pl.lit(NO_TEXT))
        verdicts = pl.concat([self._judged(with_text.drop("_row")), self.derive(silent)])
        order = pl.concat([with_text.get_column("_row"), without.get_column("_row")])
        return verdicts.with_columns(order).sort("_row").drop("_row")

    def derive(self, scored: pl.DataFrame) -> pl.DataFrame:
        """Verdicts from rows that hold `scores` and `label`: fresh ones, or stored ones under new
        settings. A row without scores (no text, or an error) stays as undecided as it was."""
        value = pl.col("scores").list
        facts = scored.select(
            *(
                value.get(i, null_on_oob=True).struct.field("value").alias(name)
                for i, name in enumerate(self.scores)
            ),
            "label",
            pl.when(pl.col("scores").is_null()).then("reason").alias("_unread"),
        )
        said = self.decided(facts).with_columns(settings_hash=pl.lit(self.settings_hash))
        return scored.with_columns(said).select(*VERDICT)

    def decided(self, facts: pl.DataFrame) -> pl.DataFrame:
        """`keep`, `reason` and `reasons` for each row of `facts`: a column per score, `label`, and
        `_unread`, the reason of a row that has no scores. Few combinations of conditions ever hold
        at once: what each comes to is worked out once."""
        kinds: dict[str, dict[str, pl.Expr | None]] = {
            "exempt": {NOT_APPLICABLE: self.not_applicable()},
            "unchecked": {NOT_CHECKED: self.not_checked()},
            "drop": {**self.rules()},
            "doubt": {**self.undecided()},
        }
        held = facts.select(
            "_unread",
            *(
                on.fill_null(False).alias(f"{kind}.{reason}")
                for kind, conditions in kinds.items()
                for reason, on in conditions.items()
                if on is not None
            ),
        )
        cases = held.unique()
        outcomes = [_outcome(case) for case in cases.iter_rows(named=True)]
        told = cases.with_columns(
            pl.Series("keep", [keep for keep, _ in outcomes], dtype=pl.Boolean),
            pl.Series("reasons", [reasons for _, reasons in outcomes], dtype=pl.List(pl.String)),
        ).with_columns(reason=pl.col("reasons").list.first())
        found = held.join(
            told, on=held.columns, how="left", nulls_equal=True, maintain_order="left"
        )
        return found.select("keep", "reason", "reasons")

    def _judged(self, frame: pl.DataFrame) -> pl.DataFrame:
        try:
            return self._scored(frame)
        except UserError:  # a setting, not a row
            raise
        except Exception as error:
            return self._spoiled(frame, error)

    def _spoiled(self, frame: pl.DataFrame, error: Exception) -> pl.DataFrame:
        """Some row made `score` raise. Which is it? The others shall not suffer from it."""
        if frame.height <= 1:
            return self.failed(frame, error)
        half = frame.height // 2
        return pl.concat([self._judged(frame[:half]), self._judged(frame[half:])])

    def _scored(self, frame: pl.DataFrame) -> pl.DataFrame:
        scored = self.score(frame)
        if scored.height != frame.height:
            raise RuntimeError(f"{self.name} scored {scored.height} of {frame.height} rows")
        # a NaN would pass every threshold unseen: `NaN <= x` is false
        values = scored.select(pl.col(*self.scores).cast(pl.Float64).fill_nan(None))
        rows = self._stamp(frame).with_columns(
            values.to_series(0).alias("score"),
            values.select(scores=_named(self.scores)).to_series(),
            *(scored.get_column(name) for name in ("label", "detail") if name in scored.columns),
        )
        return self.derive(conform(rows, VERDICT))

    def failed(self, frame: pl.DataFrame, error: Exception | str) -> pl.DataFrame:
        """The verdict on rows that made the filter raise: its own defect, so it is told."""
        told = error if isinstance(error, str) else f"{type(error).__name__}: {error}"[:SNIPPET]
        finding = {"what": "exception", "start": None, "end": None, "text": told}
        rows = conform(self._stamp(frame), VERDICT).with_columns(
            reason=pl.lit(FILTER_ERROR), detail=pl.lit([finding], dtype=FOUNDS)
        )
        return self.derive(rows)

    def _stamp(self, frame: pl.DataFrame) -> pl.DataFrame:
        """What every verdict row says, whatever the scores."""
        return frame.select(
            "trace_id",
            "attempt",
            filter=pl.lit(self.name),
            filter_version=pl.lit(self.version),
            score_hash=pl.lit(self.score_hash),
            input_hash=self.input_hash(),
        )

    def _fields(self, scoring_only: bool = False) -> dict[str, Any]:
        return {
            f.name: getattr(self, f.name)
            for f in dataclasses.fields(self)
            if not scoring_only or f.metadata.get("scoring")
        }


GROUP_FRAME = (
    *("trace_id", "attempt", "problem_id", "sample_index", "response_hash", "finish_reason"),
    *("num_tokens", "kind", "origin", "parent_trace_id"),
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
    within_problem: ClassVar[bool] = False
    """does the verdict on a trace depend on the traces of its own problem alone?"""

    def sign(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The signature columns for a text-filter frame, row by row in its order."""
        raise NotImplementedError

    def input_hash(self) -> pl.Expr:
        """The filter stage puts the digest of all that was read in its place."""
        return pl.lit(None, pl.String)

    def _spoiled(self, frame: pl.DataFrame, error: Exception) -> pl.DataFrame:
        """All are undecided: judged without half of the others, a row might get another verdict."""
        return self.failed(frame, error)

    facts: ClassVar[dict[str, pl.DataType]] = {}
    """columns of what `confirm` finds out and keeps; they depend on texts and `score_hash` alone"""

    def confirm(
        self, frame: pl.DataFrame, read: Reader, known: pl.DataFrame
    ) -> tuple[pl.DataFrame, pl.DataFrame]:
        """The frame with what `score` needs besides, found in the texts of a few traces; and new
        facts, which from the next time on are among those `known`, so that no text is read twice
        for them."""
        return frame, known.clear()


def _named(scores: Iterable[str]) -> pl.Expr:
    """(name, value) of each. By way of an array: lists of structs are put together far slower."""
    pairs = (pl.struct(key=pl.lit(name), value=name) for name in scores)
    return pl.concat_arr(pairs).arr.to_list()


_KEEP = {"exempt": True, "unchecked": True, "drop": False, "doubt": None}
"""kind of condition -> the verdict where one holds; the first kind decides"""


def _outcome(case: dict[str, Any]) -> tuple[bool | None, list[str]]:
    """`keep` and `reasons`, from which conditions `kind.reason` hold."""
    if case["_unread"]:
        return None, [case["_unread"]]
    for kind, keep in _KEEP.items():
        if reasons := [
            name.partition(".")[2] for name in case if case[name] and name.startswith(f"{kind}.")
        ]:
            return keep, reasons
    return True, []


def _canonical(fields: dict[str, Any]) -> str:
    return json.dumps(fields, sort_keys=True, ensure_ascii=False, default=list)
