"""Test code that must run itself: the names of the program are proxies, every call of one goes
through the channel to the program's process."""

from __future__ import annotations

import ast
import builtins
import sys
import types
import typing
from typing import Any

from filters.verifiers.sandbox import wire
from filters.verifiers.sandbox.channel import TEXT_LIMIT, Channel, report
from filters.verifiers.sandbox.expected import CannotCross, names_of


class _ProgramFailed(Exception):
    """A call gave no result: described as the program's, whatever the test code makes of it."""


class _Unsupported(BaseException):
    """The test asks for what cannot cross the wall; no test code catches this."""


class Proxy:
    """A function of the program, as test code sees it."""

    def __init__(self, channel: Channel, target: str, log: dict[str, int]) -> None:
        self._channel, self._target, self._log = channel, target, log

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        try:
            self._channel.send([self._target, list(arguments), named])
            self._log["calls"] += 1
            kind, value, changed = self._channel.receive()
            _write_back(arguments, changed)
        except wire.NotPlain as error:
            raise _Unsupported(f"{self._target} is called with {error}") from None
        except (OSError, EOFError):
            raise _ProgramFailed(["EOFError", "the program is gone", None, []]) from None
        except (ValueError, TypeError):
            raise _NotPlain("something that is no message") from None
        if kind == "r":
            return value
        if kind == "n":
            raise _NotPlain(str(value))
        raise _as_raised(value)

    def __getattr__(self, name: str) -> typing.NoReturn:
        raise _Unsupported(f"the tests read {self._target}.{name}")


def _as_raised(described: Any) -> BaseException:
    """The builtin exception the program raised, for a test that expects it."""
    failed = _ProgramFailed(described)
    for name in described[3] if isinstance(described, list) and len(described) == 4 else []:
        kind = getattr(builtins, name, None) if isinstance(name, str) else None
        if isinstance(kind, type) and issubclass(kind, Exception) and kind not in _NEVER_RAISED:
            try:
                error = kind(str(described[1]))
            except TypeError:  # UnicodeDecodeError and its like want more
                continue
            error.__cause__ = failed
            return error
    return failed


# the catch-all says nothing, and the others would end a loop of the test code without a word
_NEVER_RAISED = (Exception, StopIteration, StopAsyncIteration)


class Maker:
    """A class of the program whose instances the tests call one method of each: `X().f(1)`."""

    def __init__(self, channel: Channel, target: str, log: dict[str, int]) -> None:
        self._channel, self._target, self._log = channel, target, log

    def __call__(self) -> Maker:
        return self

    def __getattr__(self, name: str) -> Proxy:
        return Proxy(self._channel, f"{self._target}.{name}", self._log)


class _NotPlain(BaseException):
    """No test code catches this: what the program returned is incorrect."""


def _write_back(arguments: tuple[Any, ...], changed: Any) -> None:
    """`sort_in_place(x)` has changed the test's x."""
    for ours, theirs in zip(arguments, changed or (), strict=False):
        if type(ours) is not type(theirs):
            continue
        if type(ours) is list:
            ours[:] = theirs
        elif type(ours) in (dict, set):
            ours.clear()
            ours.update(theirs)


def test(payload: dict[str, Any]) -> int:
    """Verdicts: pass, fail, program (it failed), unreadable, unsupported; with the assert it came
    to."""
    log = {"case": 0, "calls": 0}
    verdict, text = _verdict(payload, log)
    if verdict == "pass" and not (log["case"] and log["calls"]):
        verdict, text = "unsupported", "the tests assert nothing about the program"
    report("v", [verdict, log["case"], text])
    return 0


def _verdict(payload: dict[str, Any], log: dict[str, int]) -> tuple[str, Any]:
    try:
        trees = [ast.parse(payload[name]) for name in ("source", "prelude")]
        expected, code = names_of(*trees), _with_count(trees[0])
    except CannotCross as error:
        return "unsupported", str(error)
    except MemoryError:
        return "unreadable", "it takes more memory than the limit"
    except (SyntaxError, ValueError, RecursionError) as error:
        return "unreadable", str(error)[:TEXT_LIMIT]
    try:
        exec(code, _names(payload["prelude"], expected, log))
    except _NotPlain as error:
        return "fail", f"returned {error}"
    except _Unsupported as error:
        return "unsupported", str(error)
    except SystemExit:
        return "unsupported", "the test code exits"
    except Exception as error:
        failed = error if isinstance(error, _ProgramFailed) else error.__cause__
        if isinstance(failed, _ProgramFailed):
            return "program", failed.args[0]
        if isinstance(error, ImportError | SyntaxError | MemoryError):
            return "unsupported", f"the test code: {type(error).__name__}: {error}"[:TEXT_LIMIT]
        if isinstance(error, AssertionError):
            return "fail", f"assertion failed {error}"[:TEXT_LIMIT].strip()
        return "fail", f"the test raised {type(error).__name__}: {error}"[:TEXT_LIMIT]
    return "pass", None


def _names(prelude: str, expected: dict[str, str], log: dict[str, int]) -> dict[str, Any]:
    """The globals of the test code: what the problem's own text defines, then the program's."""
    channel = Channel()
    module = sys.modules["tests"] = types.ModuleType("tests")
    names = module.__dict__
    names[_REACHED] = lambda case: log.update(case=case)
    exec(compile(prelude, "prelude.py", "exec"), names)
    for name, target in expected.items():
        kind = Maker if target.endswith("()") else Proxy
        names[name] = kind(channel, target.removesuffix("()"), log)
    return names


_REACHED = "__coldstart_reached__"


class _CountsAsserts(ast.NodeTransformer):
    """Before each assert, say which it is: its place in the source."""

    def __init__(self) -> None:
        self._count = 0

    def visit_Assert(self, node: ast.Assert) -> list[ast.stmt]:
        self._count += 1
        if isinstance(node.test, ast.Constant):
            return [node]
        name = ast.Name(_REACHED, ast.Load())
        mark = ast.Expr(ast.Call(name, [ast.Constant(self._count)], []))
        return [ast.copy_location(mark, node), node]


def _with_count(tree: ast.Module) -> types.CodeType:
    tree = ast.fix_missing_locations(_CountsAsserts().visit(tree))
    return compile(tree, "tests.py", "exec")
