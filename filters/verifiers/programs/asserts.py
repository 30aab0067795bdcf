"""Reading assert tests without running them. Where every assert is `f(arguments) == literal` or
the like, they become checks: the call goes to the program, the literal stays here. Else the
source must run itself, in a second process, with the program's names as proxies (proxies.py)."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from filters.verifiers.programs.comparison import same, truth
from filters.verifiers.programs.literals import Literals, NotSimple
from filters.verifiers.programs.proxies import bound_names


@dataclass(frozen=True, slots=True)
class Check:
    """One call and what must hold of its result (`got`, in wire form)."""

    call: str
    args: list[Any]
    named: dict[str, Any]
    test: str
    expected: Any = None

    def holds(self, got: Any) -> bool:
        return _TESTS[self.test](self.expected, got)


_TESTS = {
    "==": lambda expected, got: same(expected, got),
    "!=": lambda expected, got: not same(expected, got),
    "is": lambda expected, got: expected is got,  # None, True and False are themselves on the wire
    "is not": lambda expected, got: expected is not got,
    "true": lambda expected, got: truth(got),
    "false": lambda expected, got: not truth(got),
}


def checks_of(tree: ast.Module) -> list[Check] | None:
    """None where some of it is not simple."""
    try:
        checks = list(_Reader().checks(tree))
    except (NotSimple, RecursionError):
        return None
    ours = bound_names(tree, top=True)  # asserts about the test code's own functions
    return None if any(check.call.partition(".")[0] in ours for check in checks) else checks


class _Reader:
    """Of one test source."""

    def __init__(self) -> None:
        self._literals = Literals()
        self._functions: dict[str, ast.FunctionDef] = {}

    def checks(self, tree: ast.Module) -> Iterator[Check]:
        for node in tree.body:
            if isinstance(node, ast.Assert):
                yield from self._check(node.test, {})
            elif isinstance(node, ast.FunctionDef):
                self._functions[node.name] = node
            elif isinstance(node, ast.Expr) and (function := self._called(node.value)):
                yield from self._within(function, node.value)
            elif not _is_idle(node):
                raise NotSimple

    def _called(self, node: ast.expr) -> ast.FunctionDef | None:
        """A function of the test code's own."""
        named = isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        return self._functions.get(node.func.id) if named else None  # type: ignore[attr-defined]

    def _within(self, function: ast.FunctionDef, node: ast.expr) -> Iterator[Check]:
        """`check(f)`: the body with `candidate` meaning f, or `Class().f`; `test()` without
        parameters likewise."""
        assert isinstance(node, ast.Call)
        parameters = [parameter.arg for parameter in function.args.args]
        given = [_target(argument, {}) for argument in node.args]
        if node.keywords or len(parameters) != len(given):
            raise NotSimple
        names = dict(zip(parameters, given, strict=True))
        for statement in function.body:
            if isinstance(statement, ast.Assert):
                yield from self._check(statement.test, names)
            elif not _is_idle(statement):
                raise NotSimple

    def _check(self, test: ast.expr, names: dict[str, str]) -> Iterator[Check]:
        if isinstance(test, ast.Constant) and test.value:
            return  # `assert True, "a note"`
        if isinstance(test, ast.Call):
            yield self._call(test, names, "true")
        elif isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            yield self._call(test.operand, names, "false")
        elif isinstance(test, ast.Compare) and len(test.ops) == 1:
            yield self._comparison(test.left, test.ops[0], test.comparators[0], names)
        else:
            raise NotSimple

    def _comparison(
        self, left: ast.expr, op: ast.cmpop, right: ast.expr, names: dict[str, str]
    ) -> Check:
        sign = {ast.Eq: "==", ast.NotEq: "!=", ast.Is: "is", ast.IsNot: "is not"}.get(type(op))
        if sign is None:
            raise NotSimple
        if not _is_target(left, names):
            left, right = right, left
        expected = self._literals.value(right)
        if sign.startswith("is") and not (expected is None or type(expected) is bool):
            raise NotSimple
        return self._call(left, names, sign, expected)

    def _call(
        self, node: ast.expr, names: dict[str, str], test: str, expected: Any = None
    ) -> Check:
        if not isinstance(node, ast.Call):
            raise NotSimple
        target = _target(node.func, names)
        args = [self._literals.value(argument) for argument in node.args]
        if any(word.arg is None for word in node.keywords):
            raise NotSimple
        named = {str(word.arg): self._literals.value(word.value) for word in node.keywords}
        return Check(target, args, named, test, expected)


def _is_idle(node: ast.stmt) -> bool:
    """Changes nothing for asserts that use literals only: an import, text, METADATA = {...}."""
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    if isinstance(node, ast.Assign):
        return all(isinstance(name, ast.Name) and name.id.isupper() for name in node.targets)
    return isinstance(node, ast.Import | ast.ImportFrom | ast.Pass)


def _is_target(node: ast.expr, names: dict[str, str]) -> bool:
    try:
        return isinstance(node, ast.Call) and bool(_target(node.func, names))
    except NotSimple:
        return False


def _target(node: ast.expr, names: dict[str, str]) -> str:
    """`f`, or `Class().f`. A builtin that a test applies to a literal is no call to the program,
    unless it is what the test is about."""
    if isinstance(node, ast.Name):
        if node.id in names:
            return names[node.id]
        if hasattr(builtins, node.id):
            raise NotSimple
        return node.id
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Call):
        made = node.value
        if isinstance(made.func, ast.Name) and not made.args and not made.keywords:
            return f"{_target(made.func, names)}.{node.attr}"
    raise NotSimple
