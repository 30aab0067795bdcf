"""Files with one run or several, and those that are shipped."""

import subprocess
import sys
from importlib import resources
from pathlib import Path

import pytest
import yaml
from small_runs import write
from typer.testing import CliRunner

from curate.cli import app
from curate.commands.options import checked_recipe
from curate.config import Sft
from curate.recipe import load_recipe
from filters.errors import UserError

RECIPES = Path(__file__).parents[2] / "recipes"
RUNS = """
runs:
  - name: zero
    problems: [{path: $OUT/problems.jsonl}]
    grpo: &rl {model: $OUT/base, max_steps: 7}
  - name: cold
    seed: 3
    generate: {model: $OUT/zero/grpo, samples: 2}
    sft: {model: $OUT/base}
    grpo: {<<: *rl, model: ""}
"""


def test_runs_lie_in_one_folder_and_name_what_earlier_ones_trained(tmp_path: Path) -> None:
    file = tmp_path / "road.yaml"
    file.write_text(RUNS)
    (zero, zero_folder), (cold, cold_folder) = load_recipe(file, tmp_path / "out")
    assert (zero_folder, cold_folder) == (tmp_path / "out/zero", tmp_path / "out/cold")
    assert zero.grpo
    assert cold.grpo
    assert cold.generate
    assert zero.problems[0].path == f"{tmp_path}/out/problems.jsonl"
    assert cold.generate.model == f"{tmp_path}/out/zero/grpo"
    assert cold.grpo.model_dump() == zero.grpo.model_dump() | {"model": ""}


def test_seed_is_that_of_all_runs_and_of_the_folder(tmp_path: Path) -> None:
    file = tmp_path / "road.yaml"
    file.write_text(RUNS)
    assert [config.seed for config, _ in load_recipe(file)] == [0, 3]
    seeded = load_recipe(file, seed=5)
    assert [config.seed for config, _ in seeded] == [5, 5]
    assert [folder for _, folder in seeded] == [Path("runs/road-5/zero"), Path("runs/road-5/cold")]


def test_file_with_one_config_is_one_run(tmp_path: Path) -> None:
    file = tmp_path / "one.yaml"
    file.write_text("generate: {model: $OUT/base}")
    ((config, folder),) = load_recipe(file)
    assert folder == Path("runs/one")
    assert config.generate
    assert config.generate.model == "runs/base"
    assert load_recipe(file, tmp_path / "there")[0][1] == tmp_path / "there"


@pytest.mark.parametrize("text", ["runs: []", "runs: {name: a}", "runs: [{name: a}]\nseed: 1"])
def test_what_is_no_list_of_runs_is_one_line(tmp_path: Path, text: str) -> None:
    file = tmp_path / "road.yaml"
    file.write_text(text)
    with pytest.raises(UserError, match="`runs` is a list of configs"):
        load_recipe(file)


def test_two_configs_of_one_run_folder_are_done_in_order(tmp_path: Path) -> None:
    traces = write(
        tmp_path / "traces.jsonl",
        [{"problem": "2+2?", "gold": "4", "response": "<think>\n2 and 2 make 4\n</think>\n\n4"}],
    )
    file = tmp_path / "two.yaml"
    file.write_text(f"""
runs:
  - {{name: r, imports: [{{path: {traces}}}]}}
  - {{name: r, imports: [{{path: {traces}}}], filters: {{length: false}}}}
""")
    told = CliRunner().invoke(app, ["run", str(file), "--out", str(tmp_path)])
    assert told.exit_code == 0, told.output
    assert "settings of" in told.output
    assert (tmp_path / "r" / "run.yaml").read_text().count("created_at") == 2


@pytest.mark.parametrize(
    ("name", "task"),
    [("mini-r1.yaml", "demo"), ("mini-r1-proof.yaml", "demo"), ("mini-r1-guess.yaml", "guess")],
)
def test_shipped_road_is_understood(name: str, task: str) -> None:
    recipe = load_recipe(Path(str(resources.files("recipes").joinpath(name))), Path("out"), 2)
    trained = [
        (str(folder / section.output), section.model)
        for config, folder in recipe
        for section in (config.sft, config.grpo)
        if section
    ]
    assert (f"out/{task}/zero", f"out/{task}-model/base") in trained
    assert (f"out/{task}/sft", f"out/{task}-model/base") in trained
    assert (f"out/{task}/r1", "") in trained
    assert {config.seed for config, _ in recipe} == {2}


def test_recipes_come_with_the_installed_program(tmp_path: Path) -> None:
    """Outside a checkout too, where no folder of that name lies."""
    program = "from importlib.resources import files\n"
    program += "print((files('recipes') / 'mini-r1.yaml').is_file())"
    command = [sys.executable, "-c", program]
    told = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "True"


@pytest.mark.parametrize("file", sorted(RECIPES.glob("*.yaml")), ids=lambda file: file.stem)
def test_every_recipe_is_understood(file: Path, tmp_path: Path) -> None:
    runs = checked_recipe(file, tmp_path, None)
    assert any(config.sft or config.grpo for config, _ in runs)


def test_r1_trains_on_128_records_a_step_with_its_rates() -> None:
    ((config, _),) = checked_recipe(RECIPES / "r1-cold-start.yaml", None, None)
    sft = config.sft
    assert isinstance(sft, Sft)
    launched = yaml.safe_load((RECIPES / "accelerate" / "fsdp.yaml").read_text())
    assert sft.batch_size * sft.gradient_accumulation * launched["num_processes"] == 128
    assert (sft.learning_rate, sft.min_learning_rate, sft.max_length) == (5e-5, 5e-6, 32768)
