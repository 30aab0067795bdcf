"""`curate demo`: R1's road in small on a laptop, and beside it some real traces to judge; with
`--proof` the road on both tasks, with its controls and over three seeds.

`recipes/mini-r1.yaml` goes from a tiny base to R1-Zero, a cold-start dataset and R1, all by the
stages that a large road uses; `demo-real` judges real traces of DeepSeek-R1 and others that the
package ships.
"""

from __future__ import annotations

import os
import time
from importlib import resources
from pathlib import Path

from curate.config import Config, Source
from curate.demo.claims import show
from curate.evaluation.curves import evals_of
from curate.manifest import ask as manifest
from curate.pipeline import run_all
from curate.recipe import load_recipe
from curate.records.export import export
from curate.store.disk import make_folder, writing
from curate.store.run_folder import Run
from curate.terminal.progress import say
from curate.terminal.tables import show_dicts

SEED = 1
PROOF_SEEDS = (1, 2, 3)
FUNNEL = "select * exclude (would_drop) from v_funnel"
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
    one_thread()
    started = time.monotonic()
    (road,) = walk("mini-r1.yaml", folder, SEED)
    _export(road, folder / "demo-dataset")
    real = judge_real(folder)
    for run, what in ((road, "samples of R1-Zero"), (real, "real traces of R1, QwQ and others")):
        show_dicts(manifest.rows(run, FUNNEL), f"{run.path}: {what}")
    for run in (road, real):
        show_dicts(manifest.rows(run, DROPS), f"{run.path}: five drops and why")
    show(evals_of([road]), folder / "demo-curves")
    _where(folder)
    say(f"demo: done in {time.monotonic() - started:.0f} s")


def proof(folder: Path) -> None:
    """Seed after seed below `folder`; running it again goes on or changes nothing."""
    one_thread()
    for recipe, task, curves in (
        ("mini-r1-proof.yaml", "demo", "curves"),
        ("mini-r1-guess.yaml", "guess", "guess-curves"),
    ):
        roads = (walk(recipe, folder / f"seed-{seed}", seed, task) for seed in PROOF_SEEDS)
        show(evals_of([run for road in roads for run in road]), folder / curves)


def one_thread() -> None:
    """Matrices this small only make threads wait for each other: two take six times what one
    does."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")


def walk(recipe: str, folder: Path, seed: int, task: str = "demo") -> list[Run]:
    """The base and the problems of that seed, then all runs of the recipe; their folders."""
    from curate.demo.start import prepare

    with writing(folder):  # said now, not after the base
        make_folder(folder)
    say("demo: a tiny base learns its task, badly (two minutes, once)")
    prepare(folder / f"{task}-model", seed, task)
    with resources.as_file(resources.files("recipes").joinpath(recipe)) as file:
        runs = {path: run_all(config, path) for config, path in load_recipe(file, folder, seed)}
    return list(runs.values())


def judge_real(folder: Path) -> Run:
    """The run on the real traces that are shipped, and their dataset beside it."""
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


def _where(folder: Path) -> None:
    rows = [
        {"where": str(folder / name), "what": what}
        for name, what in (
            ("demo-model", "the base, problems to train on and problems held out"),
            ("demo", "the road: R1-Zero (zero), its samples, verdicts and records, sft, r1"),
            ("demo-curves", "accuracy, mixing, length, reflection over the steps of RL"),
            ("demo-dataset", "the cold-start dataset"),
            ("demo-real", "the run on real traces"),
            ("demo-real-dataset", "their dataset"),
        )
    ]
    show_dicts(rows, "Where everything lies")
    say(f'next: curate sql {folder / "demo"} "select * from v_drop_reasons"')
