"""What a child does once the walls are up: read its payload and play one of three roles.

script  run the program with a stdin, its stdout is the result
serve   run the program, then answer calls: those listed in the payload, or, with a channel, those
        that test code in another such child asks for
test    run test code whose program is a proxy: every call goes through the channel

Nothing here is trusted by anyone after the program has begun: whatever the process writes is
taken as the program's own answer, by a reader that expects lies.
"""

from __future__ import annotations

import ast
import atexit
import builtins
import os
import socket
import sys
import threading
import types
import typing
from _sitebuiltins import Quitter
from collections.abc import Callable, Iterator
from typing import Any

from filters.verifiers.sandbox import wire

STDIN, STDOUT, STDERR, PAYLOAD, REPORT, CHANNEL = range(6)
MESSAGE_LIMIT = 64 << 20
_TEXT_LIMIT = 300


_streams: list[Any] = []


def prepare() -> None:
    """Before the fork: what every child needs, on the descriptors that will be its own."""
    for fd, mode, errors in (
        (STDIN, "r", "replace"),
        (STDOUT, "w", "backslashreplace"),
        (STDERR, "w", "backslashreplace"),
    ):
        stream = open(fd, mode, encoding="utf-8", errors=errors, closefd=False)  # noqa: SIM115
        _streams.append(stream)


def main() -> None:
    """Never returns: the frames above belong to the server."""
    code = 1
    try:
        code = _play(wire.unpack(_read_all(PAYLOAD)))
    except BaseException as error:
        _report_error(error)
    finally:
        os._exit(code)


def _play(payload: dict[str, Any]) -> int:
    _look_ordinary()
    return _ROLES[payload["role"]](payload)


def _look_ordinary() -> None:
    """As a freshly started python: no environment, its own stdin and stdout, exit and quit."""
    os.environ.clear()
    os.putenv("OPENBLAS_NUM_THREADS", "1")  # for numpy alone: os.environ stays empty
    sys.argv = ["program.py"]
    sys.stdin, sys.stdout, sys.stderr = _streams
    sys.__stdin__, sys.__stdout__, sys.__stderr__ = _streams  # type: ignore[misc]
    builtins.exit, builtins.quit = Quitter("exit", "end-of-file"), Quitter("quit", "end-of-file")
    depth = sum(1 for _ in _frames())
    sys.setrecursionlimit(1000 + depth)


def _frames() -> Iterator[types.FrameType]:
    frame: types.FrameType | None = sys._getframe()
    while frame:
        yield frame
        frame = frame.f_back


def _read_all(fd: int) -> bytes:
    data, size = b"", os.fstat(fd).st_size
    while part := os.read(fd, size):
        data += part
    return data


# ---- reports -------------------------------------------------------------------------------------


def _report(kind: str, value: Any) -> None:
    """One line: r result, n not plain data, e exception, v verdict of test code."""
    os.write(REPORT, f"{wire.pack([kind, value])}\n".encode())


def _report_error(error: BaseException) -> None:
    _report("e", _described(error))


def _described(error: BaseException) -> list[Any]:
    """Type names from the builtin one on upwards, a short text, errno and line."""
    names = [kind.__name__ for kind in type(error).__mro__ if kind.__module__ == "builtins"]
    try:
        text = str(error)[:_TEXT_LIMIT]
    except BaseException:  # a program's own __str__
        text = ""
    number = error.errno if isinstance(error, OSError) else None
    return [type(error).__name__, text, number if type(number) is int else None, names]


# ---- roles ---------------------------------------------------------------------------------------


def _script(payload: dict[str, Any]) -> int:
    module = _module("__main__")
    try:
        exec(compile(payload["source"], "program.py", "exec"), module.__dict__)
        threading._shutdown()  # type: ignore[attr-defined]
        code = 0
    except SystemExit as stop:
        code = _exit_code(stop)
    atexit._run_exitfuncs()
    sys.stdout.flush()
    return code


def _exit_code(stop: SystemExit) -> int:
    if stop.code is None or stop.code is False:
        return 0
    return stop.code & 0xFF if isinstance(stop.code, int) else 1


def _serve(payload: dict[str, Any]) -> int:
    home = os.getpid()
    module = _module("program")
    try:
        for source in (payload["prelude"], payload["source"]):
            exec(compile(source, "program.py", "exec"), module.__dict__)
    except SystemExit as stop:
        raise RuntimeError(f"the program exited ({stop.code}) before it could be called") from None
    if os.getpid() != home:
        return 0  # a child that the program forked: the answers are its parent's to give
    if payload["calls"] is None:
        return _answer(module)
    for kind, value in _listed(module, payload["calls"]):
        if os.getpid() != home:
            return 0
        _report(kind, value)
    return 0


def _module(name: str) -> types.ModuleType:
    module = types.ModuleType(name)
    module.__dict__["__builtins__"] = builtins
    sys.modules[name] = module
    return module


def _listed(module: types.ModuleType, calls: list[Any]) -> Iterator[tuple[str, Any]]:
    """Until the first call that gives no result."""
    for target, arguments, named in calls:
        kind, value = _call(module, target, arguments, named)
        yield kind, value
        if kind == "e":
            return


def _call(
    module: types.ModuleType, target: str, arguments: list[Any], named: dict[str, Any]
) -> Any:
    try:
        value = _find(module, target)(*arguments, **named)
        wire.pack(value)
        return "r", value
    except wire.NotPlain as error:
        return "n", str(error)
    except BaseException as error:  # SystemExit too: a call that exits has no result
        return "e", _described(error)


def _find(module: types.ModuleType, target: str) -> Callable[..., Any]:
    """`f`, `Class.f` (of an instance made without arguments, as LeetCode has it) or a builtin."""
    first, _, method = target.partition(".")
    names = module.__dict__
    if first not in names and hasattr(names.get("Solution"), first):
        first, method = "Solution", first
    if first not in names and not hasattr(builtins, first):
        raise NameError(f"name {first!r} is not defined")
    found = names[first] if first in names else getattr(builtins, first)
    return getattr(found(), method) if method else found


# ---- test code and the program it tests, in two processes ----------------------------------------


class Channel:
    """Messages over a socket: four bytes of length, then packed plain data."""

    def __init__(self, fd: int) -> None:
        self._socket = socket.socket(fileno=fd)

    def send(self, value: Any) -> None:
        data = wire.pack(value).encode()
        self._socket.sendall(len(data).to_bytes(4, "big") + data)

    def receive(self) -> Any:
        """EOFError when the other side is gone, ValueError when it lies."""
        size = int.from_bytes(self._exactly(4), "big")
        if size > MESSAGE_LIMIT:
            raise ValueError("message over the limit")
        return wire.unpack(self._exactly(size))

    def _exactly(self, size: int) -> bytes:
        data = bytearray()
        while len(data) < size:
            try:
                part = self._socket.recv(min(size - len(data), 1 << 20))
            except ConnectionResetError:  # it ended with a message of ours unread
                raise EOFError from None
            if not part:
                raise EOFError
            data += part
        return bytes(data)


def _answer(module: types.ModuleType) -> int:
    """Answer until the test code is done. Arguments that the call changed go back with it."""
    channel = Channel(CHANNEL)
    home = os.getpid()
    while True:
        try:
            target, arguments, named = channel.receive()
        except EOFError:
            return 0
        before = wire.pack(arguments)
        kind, value = _call(module, target, arguments, named)
        if os.getpid() != home:
            return 0
        try:
            changed = arguments if wire.pack(arguments) != before else None
        except wire.NotPlain:
            changed = None
        channel.send([kind, value, changed])


class _ProgramFailed(Exception):
    """A call gave no result: described as the program's, whatever the test code makes of it."""


class _Unsupported(BaseException):
    """The test asks for what cannot cross the wall; no test code catches this."""


class Proxy:
    """A function of the program, as test code sees it."""

    def __init__(self, channel: Channel, target: str, log: dict[str, Any]) -> None:
        self._channel, self._target, self._log = channel, target, log

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        try:
            request = [self._target, list(arguments), named]
            self._channel.send(request)
        except wire.NotPlain as error:
            raise _Unsupported(f"{self._target} is called with {error}") from None
        except OSError:
            raise _ProgramFailed(["EOFError", "the program is gone", None, []]) from None
        self._log["calls"] += 1
        return self._receive(arguments)

    def __getattr__(self, name: str) -> typing.NoReturn:
        raise _Unsupported(f"the tests read {self._target}.{name}")

    def _receive(self, arguments: tuple[Any, ...]) -> Any:
        try:
            kind, value, changed = self._channel.receive()
            _write_back(arguments, changed)
        except EOFError:
            raise _ProgramFailed(["EOFError", "the program is gone", None, []]) from None
        except (ValueError, TypeError):
            raise _NotPlain("something that is no message") from None
        if kind == "r":
            return value
        if kind == "n":
            raise _NotPlain(str(value))
        raise self._as_raised(value)

    def _as_raised(self, described: Any) -> BaseException:
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

    def __init__(self, method: Callable[[str], Proxy]) -> None:
        self._method = method

    def __call__(self) -> Maker:
        return self

    def __getattr__(self, name: str) -> Proxy:
        return self._method(name)


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


def _test(payload: dict[str, Any]) -> int:
    """Verdicts: pass, fail, program (it failed), unsupported; with the assert it came to."""
    log: dict[str, Any] = {"case": 0, "asserts": 0, "calls": 0}
    verdict, text = _verdict(payload, log)
    if verdict == "pass" and not (log["asserts"] and log["calls"]):
        verdict, text = "unsupported", "the tests assert nothing about the program"
    _report("v", [verdict, log["case"], text])
    return 0


def _verdict(payload: dict[str, Any], log: dict[str, Any]) -> tuple[str, Any]:
    try:
        exec(_counted(payload["source"]), _names(payload, log))
    except _NotPlain as error:
        return "fail", f"returned {error}"
    except _Unsupported as error:
        return "unsupported", str(error)
    except (ImportError, SyntaxError) as error:
        if error.__cause__ is None:
            return "unsupported", f"the test code: {type(error).__name__}: {error}"[:_TEXT_LIMIT]
        return "program", error.__cause__.args[0]
    except _ProgramFailed as error:
        return "program", error.args[0]
    except AssertionError as error:
        if isinstance(error.__cause__, _ProgramFailed):
            return "program", error.__cause__.args[0]
        return "fail", f"assertion failed {error}"[:_TEXT_LIMIT].strip()
    except Exception as error:
        if isinstance(error.__cause__, _ProgramFailed):
            return "program", error.__cause__.args[0]
        return "fail", f"the test raised {type(error).__name__}: {error}"[:_TEXT_LIMIT]
    except SystemExit:
        return "unsupported", "the test code exits"
    return "pass", None


def _names(payload: dict[str, Any], log: dict[str, Any]) -> dict[str, Any]:
    """The globals of the test code: what the problem's own text defines, then the program's."""

    def reached(case: int) -> None:
        log["case"] = case
        log["asserts"] += 1

    channel = Channel(CHANNEL)
    module = _module("tests")
    module.__dict__[_REACHED] = reached
    exec(compile(payload["prelude"], "prelude.py", "exec"), module.__dict__)
    for name, target in payload["proxies"].items():
        module.__dict__[name] = _stand_in(channel, target, log)
    return module.__dict__


def _stand_in(channel: Channel, target: str, log: dict[str, Any]) -> Proxy | Maker:
    if target.endswith("()"):
        return Maker(lambda method: Proxy(channel, f"{target[:-2]}.{method}", log))
    return Proxy(channel, target, log)


_REACHED = "__coldstart_reached__"


class _Counter(ast.NodeTransformer):
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


def _counted(source: str) -> types.CodeType:
    tree = _Counter().visit(ast.parse(source))
    return compile(ast.fix_missing_locations(tree), "tests.py", "exec")


_ROLES = {"script": _script, "serve": _serve, "test": _test}
