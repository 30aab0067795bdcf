"""Left-overs, salad and what runs on are found; tags that are named and open displays are not."""

import polars as pl
import pytest
from injector import recall_table
from injector.rows import Row

from filters.format import Format
from filters.readability.readability import Readability
from filters.trace_format import parse_columns

FOUND = ("readability.web_page", "readability.plain_salad", "format.runs_on")
KEPT = ("tag_named", "open_display", "html_tags", "poem", "ending_without_stop")


def judge(rows: list[Row]):
    frame = parse_columns(pl.DataFrame(rows, infer_schema_length=None)).with_columns(
        attempt=pl.lit(0), response_hash=pl.col("trace_id")
    )
    said = [each.judge(frame)["keep"].to_list() for each in (Format(), Readability())]
    return [{"format": (f, []), "readability": (r, [])} for f, r in zip(*said, strict=True)]


@pytest.mark.parametrize("seed", [11, 12])
def test_recall_and_false_drops(seed):
    table = recall_table(judge, 25, seed, defects=FOUND, looks_alike=KEPT)
    assert min(table.recall.values()) >= 0.95, str(table)
    assert max(table.false_drops[f"benign {kind}"] for kind in KEPT) == 0, str(table)
