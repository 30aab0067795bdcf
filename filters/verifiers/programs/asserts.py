"""Reading assert tests without running them. Where every assert is `f(arguments) == literal` or
the like, they become checks: the call goes to the program, the literal stays here. Else the
source must run itself, in a second process, with the program's names as proxies."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from filters.verifiers.programs.comparison import same, truth
from filters.verifiers.programs.forms import BadTests, CannotCross

_SOURCE_LIMIT = 4 << 20
_BITS_LIMIT = 1 << 16
_ITEMS_LIMIT = 1_000_000


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


class NotSimple(Exception):
    """The test code must be run to know what it asks."""


def parse(source: str) -> ast.Module:
    if len(source) > _SOURCE_LIMIT:
        raise BadTests("the test source is over 4 MiB")
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise BadTests(f"the test source is no Python: {error}") from None


def checks_of(tree: ast.Module) -> list[Check] | None:
    """None where some of it is not simple."""
    try:
        checks = list(_checks(tree))
    except (NotSimple, RecursionError):
        return None
    ours = _bound(tree, top=True)  # asserts about the test code's own functions
    return None if any(check.call.partition(".")[0] in ours for check in checks) else checks


def _checks(tree: ast.Module) -> Iterator[Check]:
    functions: dict[str, ast.FunctionDef] = {}
    for node in tree.body:
        if isinstance(node, ast.Assert):
            yield from _check(node.test, {})
        elif isinstance(node, ast.FunctionDef):
            functions[node.name] = node
        elif isinstance(node, ast.Expr) and _is_check_call(node.value, functions):
            yield from _within(functions, node.value)
        elif not _idle(node):
            raise NotSimple


def _idle(node: ast.stmt) -> bool:
    """Changes nothing for asserts that use literals only: an import, text, METADATA = {...}."""
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    if isinstance(node, ast.Assign):
        return all(isinstance(name, ast.Name) and name.id.isupper() for name in node.targets)
    return isinstance(node, ast.Import | ast.ImportFrom | ast.Pass)


def _is_check_call(node: ast.expr, functions: dict[str, ast.FunctionDef]) -> bool:
    return (
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in functions
    )


def _within(functions: dict[str, ast.FunctionDef], node: ast.expr) -> Iterator[Check]:
    """`check(f)`: the body with `candidate` meaning f; `test()` without parameters likewise."""
    assert isinstance(node, ast.Call)
    assert isinstance(node.func, ast.Name)
    function = functions[node.func.id]
    parameters = [parameter.arg for parameter in function.args.args]
    if node.keywords or len(parameters) != len(node.args):
        raise NotSimple
    if not all(isinstance(argument, ast.Name) for argument in node.args):
        raise NotSimple
    names = {name: a.id for name, a in zip(parameters, node.args, strict=True)}  # type: ignore
    for statement in function.body:
        if isinstance(statement, ast.Assert):
            yield from _check(statement.test, names)
        elif not _idle(statement):
            raise NotSimple


def _check(test: ast.expr, names: dict[str, str]) -> Iterator[Check]:
    if isinstance(test, ast.Constant) and test.value:
        return  # `assert True, "a note"`
    if isinstance(test, ast.Call):
        yield _call(test, names, "true")
    elif isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        yield _call(test.operand, names, "false")
    elif isinstance(test, ast.Compare) and len(test.ops) == 1:
        yield _comparison(test.left, test.ops[0], test.comparators[0], names)
    else:
        raise NotSimple


def _comparison(left: ast.expr, op: ast.cmpop, right: ast.expr, names: dict[str, str]) -> Check:
    sign = {ast.Eq: "==", ast.NotEq: "!=", ast.Is: "is", ast.IsNot: "is not"}.get(type(op))
    if sign is None:
        raise NotSimple
    if not _is_target(left, names):
        left, right = right, left
    expected = literal(right)
    if sign.startswith("is") and expected not in (None, True, False):
        raise NotSimple
    return _call(left, names, sign, expected)


def _is_target(node: ast.expr, names: dict[str, str]) -> bool:
    try:
        _call(node, names, "true")
    except NotSimple:
        return False
    return True


def _call(node: ast.expr, names: dict[str, str], test: str, expected: Any = None) -> Check:
    if not isinstance(node, ast.Call) or any(word.arg is None for word in node.keywords):
        raise NotSimple
    args = [literal(argument) for argument in node.args]
    named = {str(word.arg): literal(word.value) for word in node.keywords}
    return Check(_target(node.func, names), args, named, test, expected)


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


# ---- literals ------------------------------------------------------------------------------------

_EMPTY = {"set": set, "frozenset": frozenset, "list": list, "tuple": tuple, "dict": dict}


def literal(node: ast.expr) -> Any:
    """As `ast.literal_eval`, with bounded arithmetic (10**12, [0] * 9), set() and float("inf")."""
    if isinstance(node, ast.Constant):
        if node.value is Ellipsis:
            raise NotSimple
        return node.value
    if isinstance(node, ast.List | ast.Tuple | ast.Set):
        items = [literal(item) for item in node.elts]
        return {ast.List: list, ast.Tuple: tuple, ast.Set: _set}[type(node)](items)  # type: ignore
    if isinstance(node, ast.Dict):
        return _dict(node)
    if isinstance(node, ast.UnaryOp):
        return _unary(node)
    if isinstance(node, ast.BinOp):
        return _binary(literal(node.left), node.op, literal(node.right))
    if isinstance(node, ast.Call):
        return _made(node)
    raise NotSimple


def _set(items: list[Any]) -> set[Any]:
    try:
        return set(items)
    except TypeError:
        raise NotSimple from None


def _dict(node: ast.Dict) -> dict[Any, Any]:
    keys = [literal(key) if key else None for key in node.keys]
    if None in node.keys:
        raise NotSimple
    try:
        return dict(zip(keys, [literal(value) for value in node.values], strict=True))
    except TypeError:
        raise NotSimple from None


def _unary(node: ast.UnaryOp) -> Any:
    value = literal(node.operand)
    if isinstance(value, bool) or not isinstance(value, int | float | complex):
        raise NotSimple
    if isinstance(node.op, ast.USub):
        return -value
    if isinstance(node.op, ast.UAdd):
        return value
    raise NotSimple


def _binary(left: Any, op: ast.operator, right: Any) -> Any:
    numbers = all(type(side) in (int, float, complex) for side in (left, right))
    try:
        if isinstance(op, ast.Pow) and numbers:
            return _power(left, right)
        if isinstance(op, ast.Mult):
            return _product(left, right, numbers)
        if isinstance(op, ast.Add) and (numbers or type(left) is type(right) in (str, list, tuple)):
            return left + right
        if isinstance(op, ast.Sub) and numbers:
            return left - right
        if isinstance(op, ast.Div) and numbers:
            return left / right
    except (ArithmeticError, ValueError, TypeError):
        pass
    raise NotSimple


def _power(base: Any, exponent: Any) -> Any:
    if type(exponent) is not int or not 0 <= exponent <= _BITS_LIMIT:
        if type(base) is int and type(exponent) is int:
            raise NotSimple
    elif type(base) is int and base.bit_length() * exponent > _BITS_LIMIT:
        raise NotSimple
    return base**exponent


def _product(left: Any, right: Any, numbers: bool) -> Any:
    if numbers:
        if all(type(side) is int and side.bit_length() > _BITS_LIMIT for side in (left, right)):
            raise NotSimple
        return left * right
    sequence, count = (right, left) if type(left) is int else (left, right)
    if type(sequence) not in (str, list, tuple) or type(count) is not int:
        raise NotSimple
    if len(sequence) * count > _ITEMS_LIMIT:
        raise NotSimple
    return sequence * count


def _made(node: ast.Call) -> Any:
    """set([1, 2]), tuple(), float("nan")"""
    if not isinstance(node.func, ast.Name) or node.keywords or len(node.args) > 1:
        raise NotSimple
    arguments = [literal(argument) for argument in node.args]
    name = node.func.id
    try:
        if name == "float" and arguments and type(arguments[0]) in (str, int, float):
            return float(arguments[0])
        if name in _EMPTY and all(type(a) in (list, tuple, set, str, dict) for a in arguments):
            return _EMPTY[name](*arguments)
    except (TypeError, ValueError, OverflowError):
        pass
    raise NotSimple


# ---- names of the program ------------------------------------------------------------------------

_PLAIN = frozenset(
    name for kind in (str, bytes, int, float, complex, list, tuple, dict, set, frozenset)
    for name in dir(kind)
)  # fmt: skip


def proxies(tree: ast.Module, prelude: str) -> dict[str, str]:
    """The names that test code uses and nobody but the program can define. `X()` marks a class
    that is made without arguments for one method's sake. CannotCross where the tests handle objects
    of the program's, which cannot cross."""
    ours = _bound(tree) | _bound(parse(prelude), top=True)
    free = _loaded(tree) - ours - set(dir(builtins))
    if not free:  # then the function under test has the name of a builtin
        free = _called(tree) - ours
    made = _handled_objects(tree, free)
    return {name: f"{name}()" if name in made else name for name in sorted(free)}


def _loaded(tree: ast.AST) -> set[str]:
    return {
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }


def _called(tree: ast.AST) -> set[str]:
    calls = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))
    return {function.id for function in calls if isinstance(function, ast.Name)}


def _bound(tree: ast.Module, top: bool = False) -> set[str]:
    nodes = list(tree.body) if top else list(ast.walk(tree))
    names: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names |= {(a.asname or a.name).partition(".")[0] for a in node.names}
        elif isinstance(node, ast.arg):
            names.add(node.arg)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            names.add(node.name)
        elif isinstance(node, ast.Assign) and top:
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
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
    made = set()
    for node in ast.walk(tree):
        if not isinstance(node, ast.Attribute) or node.attr in _PLAIN:
            continue
        owner = node.value
        if isinstance(owner, ast.Name) and (owner.id in held or owner.id in free):
            if held.get(owner.id) != "Solution":  # LeetCode's, which keeps no state
                raise CannotCross(
                    f"the tests handle an object of the program's: {ast.unparse(node)}"
                )
            made.add("Solution")
        elif name := made_by(owner):
            if owner.args or owner.keywords:  # type: ignore[attr-defined]
                raise CannotCross(
                    f"the tests handle an object of the program's: {ast.unparse(node)}"
                )
            made.add(name)
    return made
