"""Group filters, which judge a trace by others: from stored signatures and verdicts alone.

They keep per trace, once, what they will need of its text. All their verdicts are made anew when
anything that they read has changed, and else not at all.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from curate.judging.texts import text_reader
from curate.manifest.by_trace import KEY, Traces
from curate.manifest.fates import PERSON, Judge, Verdicts, fates
from curate.store.names import live_shards
from curate.store.run_folder import Run
from curate.store.shards import commit, read, replace
from filters.base import NOT_APPLICABLE, Filter, GroupFilter, Reader
from filters.errors import UserError
from filters.schema import SNIPPET, TRACE, VERDICT, conform, content_id

_ERROR = "sign_error"
_SIGNED = pl.col(_ERROR).is_null()


def signature_schema(f: GroupFilter) -> dict[str, pl.DataType]:
    """`sign_error`: what `sign` raised on this text."""
    names = (*KEY, "response_hash", "score_hash")
    fixed = {name: (TRACE | VERDICT)[name] for name in names}
    return fixed | {_ERROR: pl.String()} | f.signature


def sign(f: GroupFilter, rows: pl.DataFrame) -> pl.DataFrame:
    """What the filter keeps of each text. One whose content makes it raise has no signature."""
    stamp = rows.select(*KEY, "response_hash", score_hash=pl.lit(f.score_hash))
    try:
        found = f.sign(rows)
    except UserError:  # a setting, not a row
        raise
    except Exception as error:
        if rows.height > 1:  # which row is it?
            half = rows.height // 2
            return pl.concat([sign(f, rows[:half]), sign(f, rows[half:])])
        found = pl.DataFrame({_ERROR: f"{type(error).__name__}: {error}"[:SNIPPET]})
    return conform(pl.concat([stamp, found], how="horizontal"), signature_schema(f))


def unsigned(run: Run, f: GroupFilter, traces: Traces) -> pl.Series:
    """Which traces this filter has no signature of."""
    if not f.signature:
        return pl.repeat(False, traces.frame.height, eager=True)
    return ~_signatures(run, f, traces, ())[1]


def judge_groups(
    run: Run, verdicts: Verdicts, filters: Mapping[str, Filter], counts: Counter[str]
) -> None:
    """In funnel order, as each sees what those before it decided."""
    groups = [f for f in filters.values() if isinstance(f, GroupFilter)]
    others = [f for f in filters.values() if not isinstance(f, GroupFilter)]
    if not groups:
        return
    traces = verdicts.traces
    said = {judge: verdicts.of(judge) for judge in (PERSON, *map(_judge, others))}
    # by trace_id, so that the order of import decides nothing
    keys = traces.frame.select(KEY).with_row_index("row").sort("trace_id")
    order = keys.get_column("row")
    traces.remember(keys.select(KEY), order.cast(pl.Int64).to_numpy())
    needed = dict.fromkeys(name for f in groups for name in (*KEY, *f.reads) if name != "fate")
    frame = _frame(verdicts, filters).select(*needed)[order]
    digests: dict[str, str] = {}
    for f in groups:
        fate = fates(traces.frame, said).select("fate").collect().to_series()
        seen = frame.with_columns(fate.gather(order)).select(*KEY, *f.reads)
        digests.pop("fate", None)
        digests |= {c.name: _digest(c) for c in seen if c.name not in digests}
        digest = content_id(f.settings_hash, *(digests[name] for name in seen.columns))
        path = run.folder("verdicts", f.name) / f"00000000-{f.settings_hash[:12]}.parquet"
        if not path.exists() or digest != _judged(path):
            if f.signature:
                signatures, _ = _signatures(run, f, traces, [_ERROR, *f.signature])
                seen = pl.concat([seen, signatures[order]], how="horizontal")
            replace(path, _verdicts(run, f, seen, text_reader(run, traces.frame), digest), VERDICT)
            counts[f"{f.name}.grouped"] += seen.height
        said[_judge(f)] = verdicts.of(_judge(f))


def _verdicts(
    run: Run, f: GroupFilter, seen: pl.DataFrame, reader: Reader, digest: str
) -> pl.DataFrame:
    """The digest of all that was read is their input_hash. What could not be signed is no part of
    what the others are judged by."""
    blind = seen.with_columns(pl.lit(None, pl.String).alias("response"))
    verdicts = []
    if _ERROR in seen.columns:
        blind, unsigned = (blind.filter(where) for where in (_SIGNED, ~_SIGNED))
        for text, rows in unsigned.group_by(_ERROR):
            verdicts.append(f.failed(rows, str(text[0])))
        blind = blind.drop(_ERROR)
    try:
        verdicts.append(_confirmed(run, f, blind, reader))
    except UserError:
        raise
    except Exception as error:
        verdicts.append(f.failed(blind, error))
    judged = pl.concat(verdicts).sort("trace_id")
    return judged.with_columns(pl.lit(digest).alias("input_hash"))


def _confirmed(run: Run, f: GroupFilter, blind: pl.DataFrame, reader: Reader) -> pl.DataFrame:
    folder, schema = run.folder("facts", f.name), {"score_hash": pl.String(), **f.facts}
    known = read(live_shards(folder), schema).filter(pl.col("score_hash") == f.score_hash)
    frame, new = f.confirm(blind, reader, known.select(*f.facts))
    if f.facts:
        commit(folder, new.with_columns(pl.lit(f.score_hash).alias("score_hash")), schema)
    return f.judge(frame)


def _judge(f: Filter) -> Judge:
    return Judge(f.name, f.settings_hash)


def _frame(verdicts: Verdicts, filters: Mapping[str, Filter]) -> pl.DataFrame:
    correct, tokens = None, None
    if correctness := filters.get("correctness"):
        correct = verdicts.of(_judge(correctness)).columns
    if (length := filters.get("length")) and "thinking_tokens" in length.scores:
        thinking = named_score(length, "thinking_tokens")
        tokens = verdicts.read(_judge(length), thinking).columns["thinking_tokens"]
    return group_frame(verdicts.traces.frame, correct, tokens)


def named_score(f: Filter, name: str) -> pl.Expr:
    """One of the scores of its verdict rows."""
    pair = pl.col("scores").list.get(f.scores.index(name), null_on_oob=True)
    return pair.struct.field("value").alias(name)


def group_frame(
    traces: pl.DataFrame, correctness: pl.DataFrame | None, tokens: pl.Series | None
) -> pl.DataFrame:
    """What `GROUP_FRAME` has beside the fate. `correctness`: `keep` and `reason`, row by row."""
    correct, outcome = pl.lit(None, pl.Boolean), pl.lit(None, pl.String)
    if correctness is not None:
        keep, reason = pl.lit(correctness["keep"]), pl.lit(correctness["reason"])
        correct = pl.when(reason.ne_missing(pl.lit(NOT_APPLICABLE))).then(keep)
        outcome = pl.coalesce(reason.cast(pl.String), pl.when(keep).then(pl.lit("correct")))
    length = pl.lit(None, pl.Float64) if tokens is None else pl.lit(tokens)
    return traces.with_columns(
        correct.alias("correct"), outcome.alias("outcome"), length.alias("thinking_tokens")
    )


def _signatures(
    run: Run, f: GroupFilter, traces: Traces, columns: Sequence[str]
) -> tuple[pl.DataFrame, pl.Series]:
    """What is kept of each trace's text, null where there is nothing or another text's; and where
    there is something."""
    shards = run.shards("signatures", f.name)
    same = pl.col("score_hash") == f.score_hash
    kept = traces.told_by(shards, signature_schema(f), ["response_hash", *columns], same)
    text = kept.columns.get_column("response_hash")
    there = kept.there & text.eq_missing(traces.frame.get_column("response_hash"))
    found = kept.columns.select(columns)
    if not there.all():
        found = found.select(pl.when(there).then(pl.all()))
    return found, there


def _judged(path: Path) -> str | None:
    """The digest of what these verdicts were made from."""
    first = pl.scan_parquet(path, glob=False).select("input_hash").head(1).collect()
    return first.item() if first.height else None


def _digest(column: pl.Series) -> str:
    """Of all that is in the column, the same in every version of polars."""
    digest = hashlib.blake2b(f"{column.dtype} {column.len()}".encode(), digest_size=16)
    digest.update(column.is_null().to_numpy().data)
    if column.dtype == pl.String:
        text = column.fill_null("")
        digest.update(text.str.len_bytes().to_numpy().data)
        digest.update(text.str.join("").item().encode())
    else:
        digest.update(column.cast(pl.Float64).fill_null(0).to_numpy().data)
    return digest.hexdigest()
