"""`curate demo`: the whole road in a few minutes on a laptop, in two run folders.

`demo` goes from a tiny checkpoint's samples to a dataset and trains on it; `demo-real` judges real
traces of DeepSeek-R1 and others that the package ships.
"""

from __future__ import annotations

import json
import os
import time
from importlib import resources
from pathlib import Path

from curate.config import Config, Source, load_config
from curate.manifest import ask as manifest
from curate.pipeline import run_all
from curate.records.export import export
from curate.store.run_folder import Run
from curate.terminal.progress import say
from curate.terminal.tables import show_dicts

PROBLEMS = 120
DROPS = """
    select f.decided_by as filter, f.reason, p.problem,
        replace(right(t.response, 70), chr(10), '⏎') as end_of_response
    from fates f join v_trace_text t using (trace_id) join problems p on p.problem_id = f.problem_id
    where f.fate = 'dropped'
    qualify row_number() over (partition by f.decided_by, f.reason order by f.trace_id) = 1
    order by count(*) over (partition by f.decided_by, f.reason) desc, filter, f.reason limit 5
"""


def demo(folder: Path) -> None:
    """Both runs below `folder`; running it again goes on or changes nothing."""
    # matrices this small only make threads wait for each other: two take six times what one does
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    started = time.monotonic()
    folder.mkdir(parents=True, exist_ok=True)
    sampled = _sampled(folder)
    real = _real(folder)
    _funnel(sampled, "runs/demo: samples of the tiny checkpoint")
    _funnel(real, "runs/demo-real: real traces of R1, QwQ and others")
    for run in (sampled, real):
        show_dicts(manifest.rows(run, DROPS), f"{run.path}: five drops and why")
    _where(folder)
    say(f"demo: done in {time.monotonic() - started:.0f} s")


def _sampled(folder: Path) -> Run:
    from curate.demo import problems, zero

    say("demo: making a tiny R1-Zero-like checkpoint (about a minute, once)")
    models = folder / "demo-model"
    zero.build(models)
    lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in problems.rows(PROBLEMS))
    (models / "problems.jsonl").write_text("".join(lines), encoding="utf-8")
    run = run_all(_config(folder), folder / "demo")
    _export(run, folder / "demo-dataset")
    return run


def _config(folder: Path) -> Config:
    """demo.yaml beside the models, its paths made good for the folder the demo works in."""
    text = resources.files("curate.demo").joinpath("demo.yaml").read_text(encoding="utf-8")
    where = os.path.relpath(folder)
    path = folder / "demo-model" / "demo.yaml"
    path.write_text(text.replace("demo-model/", f"{where}/demo-model/"), encoding="utf-8")
    return load_config(path)


def _real(folder: Path) -> Run:
    shipped = resources.files("curate.demo").joinpath("data/real_traces.jsonl.gz")
    with resources.as_file(shipped) as path:
        config = Config(name="demo-real", imports=[Source(path=str(path))])
        run = run_all(config, folder / "demo-real")
    _export(run, folder / "demo-real-dataset")
    return run


def _export(run: Run, folder: Path) -> None:
    """Write the dataset and open it as its users will."""
    import datasets

    datasets.disable_progress_bars()
    written = export(run, folder)["records"]
    dataset = datasets.load_dataset(str(folder), "sft", split="train")
    if dataset.num_rows != written:
        raise RuntimeError(f"{folder}: {written} records written, {dataset.num_rows} read back")
    say(f"export: {folder} opens with datasets.load_dataset: {dataset.num_rows} records")


def _funnel(run: Run, title: str) -> None:
    show_dicts(manifest.rows(run, "select * from v_funnel"), title)


def _where(folder: Path) -> None:
    rows = [
        {"where": str(folder / name), "what": what}
        for name, what in (
            ("demo-model", "the tiny checkpoints `base` and `zero`, the problems and demo.yaml"),
            ("demo", "the run: problems, traces, verdicts, records, trained checkpoints"),
            ("demo-dataset", "the cold-start dataset"),
            ("demo-real", "the run on real traces"),
            ("demo-real-dataset", "their dataset"),
        )
    ]
    show_dicts(rows, "Where everything lies")
    say(f'next: curate sql {folder / "demo"} "select * from v_drop_reasons"')
