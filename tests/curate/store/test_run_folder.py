"""The run folder: configuration by version, and what is no run."""

from pathlib import Path

import pytest
import yaml
from small_runs import files

from curate.config import Config
from curate.store.run_folder import RUN_FILE, Run
from filters.errors import UserError


def test_opened_run_has_the_config_it_was_made_with(tmp_path: Path) -> None:
    made = Run.create(tmp_path / "run", Config(name="a", seed=7, filters={"length": False}))
    assert Run.open(tmp_path / "run").config == made.config
    assert files(tmp_path / "run") == [RUN_FILE]


def test_changed_setting_adds_a_version_and_the_same_adds_none(tmp_path: Path) -> None:
    for seed in (1, 1, 2, 2):
        Run.create(tmp_path / "run", Config(seed=seed))
    run = Run.open(tmp_path / "run")
    assert [version["config"]["seed"] for version in run.versions] == [1, 2]
    assert run.config.seed == 2
    assert run.versions[0]["packages"]["polars"]


def test_folder_with_other_things_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(UserError, match="is not empty and no run folder"):
        Run.create(tmp_path, Config())
    assert files(tmp_path) == ["thesis.txt"]


def test_creation_killed_before_its_rename_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / ".run.yaml-4711").write_text("run_ver")
    assert Run.create(tmp_path, Config(seed=5)).config.seed == 5


def test_file_in_place_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="a file is where a folder should be"):
        Run.create(tmp_path / "file" / "run", Config())
    with pytest.raises(UserError, match="no run folder"):
        Run.open(tmp_path / "file")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", "is damaged: it names no run_version"),
        ("versions: [", "is damaged: not valid YAML"),
        ("\x00\x01", "is damaged: not valid YAML"),
        ("[1, 2]", "is damaged"),
        ("run_version: x", "is damaged: it names no run_version"),
        ("run_version: 1", "is damaged: it lists no versions"),
        ("run_version: 1\nversions: []", "is damaged: it lists no versions"),
        ("run_version: 1\nversions: 5", "is damaged: it lists no versions"),
        ("run_version: 1\nversions: [{}]", "is damaged: it lists no versions"),
        ("run_version: 99\nversions: [{}]", "has version 99, newer than this coldstart-curate"),
        ("run_version: 1\nversions: [{config: {sede: 1}}]", "did you mean 'seed'"),
    ],
)
def test_damaged_or_newer_run_is_one_line(tmp_path: Path, text: str, line: str) -> None:
    (tmp_path / RUN_FILE).write_text(text)
    with pytest.raises(UserError) as error:
        Run.open(tmp_path)
    assert line in str(error.value)


def test_failed_making_leaves_no_run(tmp_path: Path) -> None:
    with pytest.raises(UserError), Run.making(tmp_path / "run", Config()) as run:  # noqa: PT012
        run.folder("traces").mkdir()
        raise UserError("no such file")
    assert not (tmp_path / "run").exists()


def test_failed_making_keeps_what_was_there(tmp_path: Path) -> None:
    Run.create(tmp_path / "run", Config(seed=1))
    with pytest.raises(UserError), Run.making(tmp_path / "run", Config(seed=2)):
        raise UserError("no such file")
    assert Run.open(tmp_path / "run").config.seed == 2


def test_run_file_is_readable_yaml(tmp_path: Path) -> None:
    Run.create(tmp_path, Config(name="ü"))
    raw = yaml.safe_load((tmp_path / RUN_FILE).read_text(encoding="utf-8"))
    assert raw["run_version"] == 1
    assert raw["versions"][0]["config"]["name"] == "ü"
