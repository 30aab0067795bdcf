"""Reading assert tests without running them. Where every assert is `f(arguments) == literal` or
the like, they become checks: the call goes to the program, the literal stays here. Else the
source must run itself, in a second process, with the program's names as proxies (`tester.py`)."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator
from typing import Any

from filters.verifiers.programs.comparison import Check
from filters.verifiers.sandbox.expected import bound_names


class NotSimple(Exception):
    """The test code must be run to know what it asks."""


def checks_of(tree: ast.Module) -> list[Check] | None:
    """None where some of it is not simple."""
    try:
        checks = list(_Reader().checks(tree.body, {}))
    except (NotSimple, RecursionError):
        return None
    ours = bound_names(tree, top=True)  # asserts about the test code's own functions
    return None if any(check.call.partition(".")[0] in ours for check in checks) else checks


class _Reader:
    """Of one test source."""

    def __init__(self) -> None:
        self._functions: dict[str, ast.FunctionDef] = {}

    def checks(
        self, body: list[ast.stmt], names: dict[str, str], top: bool = True
    ) -> Iterator[Check]:
        """In `body`, where `names` mean functions of the program's: `check(f)` is the body of check
        with `candidate` meaning f, or `Class().f`; `test()` without parameters likewise."""
        for node in body:
            match node:
                case ast.Assert(test=test):
                    yield from self._check(test, names)
                case ast.FunctionDef(name=name) if top:
                    self._functions[name] = node
                case ast.Expr(ast.Call(ast.Name(name), given, [])) if (
                    top and name in self._functions
                ):
                    function = self._functions[name]
                    meant = [_target(argument, {}) for argument in given]
                    parameters = [parameter.arg for parameter in function.args.args]
                    if len(parameters) != len(meant):
                        raise NotSimple
                    inside = dict(zip(parameters, meant, strict=True))
                    yield from self.checks(function.body, inside, top=False)
                case _ if not _is_idle(node):
                    raise NotSimple

    def _check(self, test: ast.expr, names: dict[str, str]) -> Iterator[Check]:
        match test:
            case ast.Constant(value=value) if value:
                return  # `assert True, "a note"`
            case ast.UnaryOp(op=ast.Not(), operand=call):
                yield self._call(call, names, "false")
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                yield self._comparison(left, op, right, names)
            case _:
                yield self._call(test, names, "true")

    def _comparison(
        self, left: ast.expr, op: ast.cmpop, right: ast.expr, names: dict[str, str]
    ) -> Check:
        sign = {ast.Eq: "==", ast.NotEq: "!=", ast.Is: "is", ast.IsNot: "is not"}.get(type(op))
        if sign is None:
            raise NotSimple
        if not _is_target(left, names):
            left, right = right, left
        expected = _literal(right)
        if sign.startswith("is") and not (expected is None or type(expected) is bool):
            raise NotSimple
        return self._call(left, names, sign, expected)

    def _call(
        self, node: ast.expr, names: dict[str, str], test: str, expected: Any = None
    ) -> Check:
        if not isinstance(node, ast.Call) or any(word.arg is None for word in node.keywords):
            raise NotSimple
        target = _target(node.func, names)
        args = [_literal(argument) for argument in node.args]
        named = {str(word.arg): _literal(word.value) for word in node.keywords}
        return Check(target, args, named, test, expected)


def _literal(node: ast.expr) -> Any:
    try:
        value = ast.literal_eval(node)
    except (ValueError, TypeError):
        raise NotSimple from None
    if value is Ellipsis:
        raise NotSimple
    return value


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
    match node:
        case ast.Name(name) if name in names:
            return names[name]
        case ast.Name(name) if not hasattr(builtins, name):
            return name
        case ast.Attribute(ast.Call(ast.Name() as made, [], []), method):
            return f"{_target(made, names)}.{method}"
    raise NotSimple
