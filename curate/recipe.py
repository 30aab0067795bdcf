"""A file with several runs, done one after the other: `runs:`, a list of ordinary configs.

    runs:
      - name: road
        problems: [{path: $OUT/problems.jsonl}]
        grpo: &rl {model: $OUT/base, output: zero}
      - name: road                # the same run folder, under other settings
        generate: {model: $OUT/road/zero}
        sft: {model: $OUT/base}
        grpo: {<<: *rl, model: "", output: r1}

`$OUT` stands for the folder that the run folders lie in, so that a run can go on from what an
earlier one has trained. A file with one config is a recipe of one run.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from curate.config import Config, config_of, read_yaml
from filters.errors import UserError

OUT = "$OUT"
RUNS = Path("runs")


def load_recipe(
    path: Path, out: Path | None = None, seed: int | None = None
) -> list[tuple[Config, Path]]:
    """The configs and their run folders: below `out` (by default runs/<file>) where the file has a
    list of runs; `out` itself (runs/<name>) where it has one config. `seed` replaces the file's."""
    raw = read_yaml(path)
    changes = {} if seed is None else {"seed": seed}
    if "runs" not in raw:
        below = RUNS if out is None else out.parent
        config = config_of(_placed(raw, below) | changes, path)
        return [(config, out or RUNS / config.name)]
    if set(raw) != {"runs"} or not isinstance(raw["runs"], list) or not raw["runs"]:
        raise UserError(f"{path}: `runs` is a list of configs, and nothing stands beside it")
    below = out or RUNS / (path.stem if seed is None else f"{path.stem}-{seed}")
    configs = [config_of(_placed(run, below) | changes, path) for run in raw["runs"]]
    return [(config, below / config.name) for config in configs]


def _placed(value: Any, below: Path) -> Any:
    """The settings with `$OUT` made good, wherever it stands in them."""
    if isinstance(value, dict):
        return {name: _placed(inner, below) for name, inner in value.items()}
    if isinstance(value, list):
        return [_placed(inner, below) for inner in value]
    return value.replace(OUT, str(below)) if isinstance(value, str) else value
