"""What a child does once the walls are up: read its payload and play one of three roles.

script  run the program with a stdin, its stdout is the result
serve   run the program, then answer calls: those listed in the payload, or, with a channel, those
        that test code in another such child asks for
test    run test code whose program is a proxy (tester.py)

Nothing here is trusted by anyone after the program has begun: whatever the process writes is
taken as the program's own answer, by a reader that expects lies.
"""

from __future__ import annotations

import atexit
import builtins
import io
import os
import sys
import threading
import traceback
import types
from _sitebuiltins import Quitter
from collections.abc import Callable
from typing import Any, NoReturn

from filters.verifiers.sandbox import tester, wire
from filters.verifiers.sandbox.channel import Channel, described, report

STDIN, STDOUT, STDERR, PAYLOAD = range(4)  # REPORT and CHANNEL are 4 and 5

_streams: list[Any] = []


def prepare() -> None:
    """Before the fork: what every child needs, on the descriptors that will be its own."""
    for fd in (STDIN, STDOUT, STDERR):
        mode, errors = ("w", "backslashreplace") if fd else ("r", "replace")
        stream = open(fd, mode, encoding="utf-8", errors=errors, closefd=False)  # noqa: SIM115
        _streams.append(stream)


def main() -> NoReturn:
    """Never returns: the frames above belong to the server."""
    code = 1
    try:
        payload = wire.unpack(_read_all(PAYLOAD))
        _look_ordinary()
        code = _ROLES[payload["role"]](payload)
    except BaseException as error:
        report("e", described(error))
    finally:
        os._exit(code)


def _look_ordinary() -> None:
    """As a freshly started python: no environment, its own stdin and stdout, exit and quit."""
    os.environ.clear()
    os.putenv("OPENBLAS_NUM_THREADS", "1")  # for numpy alone: os.environ stays empty
    sys.argv = ["program.py"]
    sys.stdin, sys.stdout, sys.stderr = _streams
    sys.__stdin__, sys.__stdout__, sys.__stderr__ = _streams  # type: ignore[misc]
    builtins.exit, builtins.quit = Quitter("exit", "end-of-file"), Quitter("quit", "end-of-file")
    builtins.open = io.open = _open  # type: ignore[assignment]
    sys.set_int_max_str_digits(0)  # time is limited anyway
    depth = len(list(traceback.walk_stack(sys._getframe())))  # of ours, which is not its to use
    sys.setrecursionlimit(1002 + depth)


_STREAMS = {"/dev/stdin": STDIN, "/dev/fd/0": STDIN, "/proc/self/fd/0": STDIN}
_STREAMS |= {"/dev/stdout": STDOUT, "/dev/stderr": STDERR}
_open_file = io.open


def _open(file: Any, *arguments: Any, **named: Any) -> Any:
    """The builtin, where the names of a process's own streams mean these: there is no /proc."""
    fd = _STREAMS.get(os.fspath(file)) if isinstance(file, str | os.PathLike) else None
    return _open_file(file if fd is None else os.dup(fd), *arguments, **named)


def _read_all(fd: int) -> bytes:
    data, size = b"", os.fstat(fd).st_size
    while part := os.read(fd, size):
        data += part
    return data


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
    for target, arguments, named in payload["calls"]:
        kind, value = _call(module, target, arguments, named)
        if os.getpid() != home:
            break
        report(kind, value)
        if kind == "e":  # the first call that gives no result decides
            break
    return 0


def _module(name: str) -> types.ModuleType:
    module = types.ModuleType(name)
    module.__dict__["__builtins__"] = builtins
    sys.modules[name] = module
    return module


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
        return "e", described(error)


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


def _answer(module: types.ModuleType) -> int:
    """Answer until the test code is done. Arguments that the call changed go back with it."""
    channel = Channel()
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


_ROLES = {"script": _script, "serve": _serve, "test": tester.test}
