"""The names that test code expects the program to define, from its syntax alone."""

from __future__ import annotations

import ast
import builtins


class CannotCross(Exception):
    """Tests that need more of the program than its functions and plain data."""


_PLAIN = frozenset(
    name for kind in (str, bytes, int, float, complex, list, tuple, dict, set, frozenset)
    for name in dir(kind)
)  # fmt: skip


def names_of(tree: ast.Module, prelude: ast.Module) -> dict[str, str]:
    """The names that test code uses and nobody but the program can define. `X()` marks a class
    that is made without arguments for one method's sake. CannotCross where the tests handle objects
    of the program's, which cannot cross."""
    ours = bound_names(tree) | bound_names(prelude, top=True)
    loaded = {
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }
    free = loaded - ours - set(dir(builtins))
    if not free:  # then the function under test has the name of a builtin
        calls = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))
        free = {function.id for function in calls if isinstance(function, ast.Name)} - ours
    classes = _handled_objects(tree, free)
    return {name: f"{name}()" if name in classes else name for name in sorted(free)}


def bound_names(tree: ast.Module, top: bool = False) -> set[str]:
    """Names that the code itself defines; with `top` those at its top level alone."""
    names: set[str] = set()
    for node in tree.body if top else ast.walk(tree):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                names.add(node.name)
            case ast.Import() | ast.ImportFrom():
                names |= {(a.asname or a.name).partition(".")[0] for a in node.names}
            case ast.arg():
                names.add(node.arg)
            case ast.ExceptHandler(name=str(name)):
                names.add(name)
            case ast.Assign() if top:
                names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
            case ast.Name(ctx=ast.Store() | ast.Del()):
                names.add(node.id)
    return names


def _handled_objects(tree: ast.Module, free: set[str]) -> set[str]:
    """Classes used as `X().method(...)`; anything more needs the object itself."""

    def made_by(node: ast.expr) -> str | None:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            return node.func.id if node.func.id in free else None
        return None

    held = {
        target.id: made_by(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name) and made_by(node.value)
    }
    classes = set()
    for node in ast.walk(tree):
        if not isinstance(node, ast.Attribute) or node.attr in _PLAIN:
            continue
        owner = node.value
        if isinstance(owner, ast.Name) and (owner.id in held or owner.id in free):
            if held.get(owner.id) != "Solution":  # LeetCode's, which keeps no state
                raise _cannot_cross(node)
            classes.add("Solution")
        elif name := made_by(owner):
            if owner.args or owner.keywords:  # type: ignore[attr-defined]
                raise _cannot_cross(node)
            classes.add(name)
    return classes


def _cannot_cross(node: ast.Attribute) -> CannotCross:
    return CannotCross(f"the tests handle an object of the program's: {ast.unparse(node)}"[:200])
