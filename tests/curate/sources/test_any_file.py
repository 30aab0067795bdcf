"""Import of whatever a file holds: rows, a counted row, or one line; never a traceback."""

import gzip
import json
import random
from collections import Counter
from pathlib import Path

import polars as pl
import pytest
import zstandard
from small_runs import stored, trace

from curate.config import Config, Source
from curate.sources.imported_traces import import_traces
from curate.sources.readers import converted
from curate.store.run_folder import Run
from filters.errors import UserError

COLUMNS = ("problem", "gold", "kind", "choices", "tests", "messages", "response", "thinking")
COLUMNS += ("source_id", "model", "num_tokens", "temperature", "seed", "meta")
DEEP = "[" * 900 + "]" * 900
ODD = (
    *("null", "true", "-1", "1e999", "NaN", "9" * 400, '""', '"\\ud800x"', '"\\u0000"', DEEP),
    *('"{"', json.dumps("[" * 5000), "[]", "[1]", '[["a"]]', "{}", '{"text": null}', '{"a": [{}]}'),
    *('[{"role": 1, "content": {}}]', '[{"from": "gpt", "value": null}]', '{"mode": 3}'),
)


def mutated(data: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.randrange(4)):
        at = chance.randrange(len(changed))
        changed[at : at + chance.randrange(3)] = chance.randbytes(chance.randrange(3))
    return bytes(changed)


def odd_file(chance: random.Random) -> tuple[str, bytes]:
    lines = []
    for number in range(chance.randrange(1, 4)):
        row = {name: json.dumps(value) for name, value in trace(number).items()}
        row |= {chance.choice(COLUMNS): chance.choice(ODD) for _ in range(3)}
        lines.append("{" + ", ".join(f'"{name}": {value}' for name, value in row.items()) + "}")
    data = mutated("\n".join(lines).encode(), chance)
    ends = ("jsonl", "csv", "jsonl.gz", "jsonl.zst", "parquet")
    end = chance.choice(ends)
    pack = {"gz": gzip.compress, "zst": zstandard.compress}.get(end[6:], bytes)
    packed = pack(data)
    return end, mutated(packed, chance) if chance.random() < 0.3 else packed


def test_no_file_raises_but_with_one_line(tmp_path: Path) -> None:
    chance = random.Random(0)
    run = Run.create(tmp_path / "run", Config(jobs=1))
    imported, refused = 0, []
    for _ in range(200):
        end, data = odd_file(chance)
        (tmp_path / f"odd.{end}").write_bytes(data)
        try:
            import_traces(run, Source(path=str(tmp_path / f"odd.{end}")))
            imported += 1
        except UserError as error:
            refused.append(str(error))
    assert imported > 20
    assert len(refused) > 20
    assert all("odd." in line for line in refused)


@pytest.mark.parametrize(
    "column",
    [
        pl.Series([1, None]),
        pl.Series([b"\xff", b""]),
        pl.Series([{"a": 1}, None]),
        pl.Series(["A", "b"], dtype=pl.Categorical),
        pl.Series([float("nan"), None]),
        pl.Series(["2020-01-01", None]).str.to_date(),
        pl.Series([["a", "b"], []]),
        pl.Series([[{"role": "user", "content": "x"}], []]),
        pl.Series([None, None]),
        pl.Series([1, 2], dtype=pl.Duration),
    ],
)
@pytest.mark.parametrize("name", ["choices", "gold", "messages", "num_tokens", "response", "tests"])
def test_any_type_of_a_column_gives_rows(tmp_path: Path, name: str, column: pl.Series) -> None:
    rows = pl.DataFrame([trace(1), trace(2)]).with_columns(column.alias(name))
    rows.write_parquet(tmp_path / "odd.parquet")
    run = Run.create(tmp_path / "run", Config(jobs=1))
    source = Source(path=str(tmp_path / "odd.parquet"))
    if name == "gold" and "Struct" in str(column.dtype):
        with pytest.raises(UserError, match="row 1: the gold 'gold' is an object"):
            import_traces(run, source)
        return
    counts = import_traces(run, source)
    assert counts["unreadable"] == 0
    assert stored(run, "traces").height == counts["rows"]


def test_row_that_makes_us_raise_is_counted_and_told(capsys: pytest.CaptureFixture[str]) -> None:
    counts: Counter[str] = Counter()
    numbered = [(1, {"a": 1}), (2, {}), (3, {"a": 3}), (4, {})]
    made = converted(numbered, lambda number, row: row["a"], "a.jsonl", counts)
    assert list(made) == [1, 3]
    assert counts == {"unreadable": 2}
    assert capsys.readouterr().err == "a.jsonl, row 2: unreadable, left out (KeyError: 'a')\n"
