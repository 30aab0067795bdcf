"""What a child has to say: a report to whoever started it, and messages between test code and the
program it tests, which are two such children."""

from __future__ import annotations

import os
import socket
from typing import Any

from filters.verifiers.sandbox import wire

REPORT, CHANNEL = 4, 5  # the descriptors
TEXT_LIMIT = 300
_MESSAGE_LIMIT = 64 << 20  # what has to fit into the reader's memory


def report(kind: str, value: Any) -> None:
    """One line: r result, n not plain data, e exception, v verdict of test code."""
    os.write(REPORT, f"{wire.pack([kind, value])}\n".encode())


def described(error: BaseException) -> list[Any]:
    """Its name, a short text, errno, and the names of the builtin types it comes from."""
    names = [kind.__name__ for kind in type(error).__mro__ if kind.__module__ == "builtins"]
    try:
        text = str(error)[:TEXT_LIMIT]
    except BaseException:  # a program's own __str__
        text = ""
    number = error.errno if isinstance(error, OSError) else None
    return [type(error).__name__, text, number if type(number) is int else None, names]


class Channel:
    """Messages over a socket: four bytes of length, then packed plain data."""

    def __init__(self) -> None:
        self._socket = socket.socket(fileno=CHANNEL)

    def send(self, value: Any) -> None:
        data = wire.pack(value).encode()
        self._socket.sendall(len(data).to_bytes(4, "big") + data)

    def receive(self) -> Any:
        """EOFError when the other side is gone, ValueError when it lies."""
        size = int.from_bytes(self._exactly(4), "big")
        if size > _MESSAGE_LIMIT:
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
