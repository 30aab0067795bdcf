"""Imports go leftwards only, filters ← curate ← sft ← rl, and never in a circle."""

import ast
import graphlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from curate.cli import COMMANDS

ROOT = Path(__file__).resolve().parents[1]
ORDER = ("filters", "data_cards", "curate", "sft", "rl")
FILES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for name in ORDER
    for path in sorted((ROOT / name).rglob("*.py"))
}
"""module -> file"""


def imports(path: Path) -> Iterator[str]:
    """Our modules that a file imports, wherever in it; not those named for annotations alone."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node.body = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names if name.name in FILES)
        elif isinstance(node, ast.ImportFrom) and node.module:
            parts = [f"{node.module}.{name.name}" for name in node.names]
            yield from (part if part in FILES else node.module for part in parts)


GRAPH = {name: {m for m in imports(path) if m in FILES} - {name} for name, path in FILES.items()}


@pytest.mark.parametrize("name", FILES)
def test_imports_go_leftwards(name: str) -> None:
    allowed = ORDER[: ORDER.index(name.split(".")[0]) + 1]
    assert [m for m in GRAPH[name] if m.split(".")[0] not in allowed] == []


def test_no_imports_go_in_a_circle() -> None:
    graphlib.TopologicalSorter(GRAPH).prepare()  # CycleError names the circle


def test_verifiers_know_no_filter() -> None:
    """They are the filters' means, and the rewards'."""
    shared = ("filters.verifiers", "filters.trace_format", "filters.plugins", "filters.errors")
    verifiers = {name: used for name, used in GRAPH.items() if name.startswith(shared[0])}
    assert {m for used in verifiers.values() for m in used if not m.startswith(shared)} == set()


def test_files_are_about_one_thing() -> None:
    names = {path.stem for path in FILES.values()}
    assert not names & {"utils", "util", "helpers", "helper", "common", "misc"}


def test_every_command_is_documented() -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    text = "\n".join(page.read_text(encoding="utf-8") for page in pages if page.exists())
    if not pages[0].exists():
        pytest.skip("README.md is not written yet")
    assert [name for name in COMMANDS if f"curate {name}" not in text] == []


def test_test_files_have_names_of_their_own() -> None:
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert sorted(names) == sorted(set(names))
