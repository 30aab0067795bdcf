"""Imports go leftwards only: filters ← curate ← sft ← rl; `curate/cli.py` alone loads a trainer."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from curate.cli import app

ROOT = Path(__file__).resolve().parents[1]
ORDER = ("filters", "data_cards", "curate", "sft", "rl")
FILES = [path for name in ORDER for path in sorted((ROOT / name).rglob("*.py"))]


def imports(path: Path) -> Iterator[tuple[str, bool]]:
    """(package, whether at the top of the file) of each import."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((name.name.split(".")[0], node.col_offset == 0) for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.split(".")[0], node.col_offset == 0


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_go_leftwards(path: Path) -> None:
    place = path.relative_to(ROOT)
    allowed = set(ORDER[: ORDER.index(place.parts[0]) + 1])
    for package, at_top in imports(path):
        lazily_from_cli = str(place) == "curate/cli.py" and not at_top
        assert package not in ORDER or package in allowed or lazily_from_cli, package


def test_files_are_about_one_thing() -> None:
    names = {path.stem for path in FILES}
    assert not names & {"utils", "util", "helpers", "helper", "common", "misc"}


def test_every_command_is_documented() -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    text = "\n".join(page.read_text(encoding="utf-8") for page in pages if page.exists())
    if not pages[0].exists():
        pytest.skip("README.md is not written yet")
    names = [c.name or c.callback.__name__ for c in app.registered_commands if c.callback]
    assert [name for name in names if f"curate {name}" not in text] == []


def test_test_files_have_names_of_their_own() -> None:
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert sorted(names) == sorted(set(names))
