"""What is to be trained on: the run's kept records, and what `sft.also` mixes in.

Rows of `EXAMPLES`, whatever they come from. General data may have no thinking (R1 trained on 200K
such rows beside 600K with it); its row then has none, and the reply is trained as it is.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from curate.config import Also, Sft
from curate.evaluation.trick import refuse_trick
from curate.manifest.ask import kept_records
from curate.sources.problems import latest_problems
from curate.sources.replies import SHOWN, replies
from curate.store.run_folder import RUN_FILE, Run
from filters.errors import UserError
from filters.schema import content_id
from filters.trace_format import parse_columns
from sft.trainer.base_model import Base

EXAMPLES: dict[str, pl.DataType] = {
    "record_id": pl.String(),
    "prompt": pl.String(),  # rendered; null where it cannot be
    "thinking": pl.String(),  # null: none, the model answers at once
    "summary": pl.String(),  # null where the reply has no end
    "source": pl.String(),  # null: this run
}
NEXT = "`curate filter` and `curate normalize` make records of traces"


def mixture(run: Run, settings: Sft, base: Base) -> pl.DataFrame:
    """All rows to be trained on; one that is to be seen several times an epoch, as often."""
    own = _records(run, base, settings.want, "sft.want", None)
    parts = [own, *(_also(also, base, run.config.seed) for also in settings.also)]
    return pl.concat(parts)


def _records(
    run: Run, base: Base, want: str | None, setting: str, source: str | None
) -> pl.DataFrame:
    records = kept_records(run, want, setting)
    if records.is_empty():
        if want and not kept_records(run).is_empty():
            raise UserError(f"{setting}: none of the kept records of {run.path} meets it")
        raise UserError(f"{run.path} has no kept records to train on; {NEXT}")
    refuse_trick(records.get_column("problem_id"), setting.removesuffix(".want"))
    rows = with_prompts(records, latest_problems(run), base)
    return rows.with_columns(pl.lit(source, pl.String).alias("source")).select(*EXAMPLES)


def with_prompts(records: pl.DataFrame, problems: pl.DataFrame, base: Base) -> pl.DataFrame:
    """The records with the `prompt` that `generate` would put to this base."""
    asked = problems.join(records, on="problem_id", how="semi")
    return records.join(base.prompts(asked), on="problem_id", how="left", maintain_order="left")


def _also(also: Also, base: Base, seed: int) -> pl.DataFrame:
    """Rows in an order drawn by the seed; begun again where more are asked for than there are."""
    if (Path(also.path) / RUN_FILE).exists():
        rows = _records(Run.open(Path(also.path)), base, also.want, "sft.also.want", also.name)
    elif also.want is not None:
        raise UserError(f"sft.also: want is about the records of a run, and {also.path} is none")
    else:
        rows = _general(also, base)
    wanted = also.count or round(also.weight * rows.height)
    lot = pl.Series([content_id("also", str(seed), record) for record in rows["record_id"]])
    drawn = rows.select(pl.all().sort_by(lot)) if wanted != rows.height else rows
    return drawn.select(pl.all().gather(pl.int_range(wanted) % rows.height))


def _general(also: Also, base: Base) -> pl.DataFrame:
    """Replies of a file, their thinking apart where they have some."""
    given = replies(also.path, also.map, also.split).drop_nulls("response")
    if given.is_empty():
        raise UserError(f"sft.also: {also.path} has no replies")
    ids = [content_id("reply", *row) for row in given.select("problem_id", "response").iter_rows()]
    shown = given.select(SHOWN).unique("problem_id", maintain_order=True)
    rows = parse_columns(given).with_columns(
        pl.Series("record_id", ids), pl.lit(also.name).alias("source")
    )
    prompts = base.prompts(shown)
    return rows.join(prompts, on="problem_id", how="left", maintain_order="left").select(*EXAMPLES)
