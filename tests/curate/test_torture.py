"""The short version of `tests/bench/torture.py`: a road killed at random moments and refused the
disk ends in the same rows and the same dataset, byte for byte; damage is found, and mended by doing
the road again."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from torture.fire import Fire, under_fire, undisturbed
from torture.road import DATA, Road, prepared

from curate.checking.run_check import check
from curate.store.run_folder import Run


@pytest.fixture(scope="module")
def fire() -> Fire:
    return Fire(seed=3)


@pytest.fixture(scope="module")
def whole(fire: Fire, tmp_path_factory: pytest.TempPathFactory) -> tuple[Road, dict[str, str]]:
    road = prepared(tmp_path_factory.mktemp("torture"), "whole", jobs=1)
    return road, undisturbed(fire, road, DATA)


@pytest.mark.slow
def test_killed_and_refused_road_ends_like_one_that_was_not(
    fire: Fire, whole: tuple[Road, dict[str, str]]
) -> None:
    road, expected = whole
    killed = prepared(road.here.parent, "killed", jobs=1)
    assert under_fire(fire, killed, DATA, kills=2, refusals=1) == expected
    assert fire.kills.total() >= 8
    assert check(Run.open(Path(killed.run)))["faults"] == []


def flip(path: Path, at: float) -> None:
    data = bytearray(path.read_bytes())
    data[int(at * len(data))] ^= 1
    path.write_bytes(data)


def cut(path: Path, at: float) -> None:
    path.write_bytes(path.read_bytes()[: int(at * path.stat().st_size)])


def remove(path: Path, _: float) -> None:
    path.unlink()


def test_damage_anywhere_is_named_and_mended(
    fire: Fire, whole: tuple[Road, dict[str, str]]
) -> None:
    road, expected = whole
    run = Run.open(Path(road.run))
    chance = random.Random(5)
    damage: list[Callable[[Path, float], None]] = [flip, cut, remove]
    folders = sorted({path.parent for path in run.path.rglob("[0-9]*.parquet")})
    hit = [chance.choice(sorted(folder.glob("*.parquet"))) for folder in folders]
    for number, path in enumerate(hit):
        damage[number % 3](path, chance.random())
    told = check(run, mend=True)
    assert {run.path / fault["place"] for fault in told["faults"]} == set(hit)
    assert undisturbed(fire, road, DATA) == expected
    assert check(Run.open(run.path))["faults"] == []
