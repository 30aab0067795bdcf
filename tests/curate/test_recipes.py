"""The shipped recipes are configurations that the program understands."""

from pathlib import Path

import pytest
import yaml

from curate.commands.options import checked_recipe
from curate.config import Sft

RECIPES = Path(__file__).parents[2] / "recipes"


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
