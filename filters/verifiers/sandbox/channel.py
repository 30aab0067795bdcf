"""Test code and the program it tests, in two processes, talk through this."""

from __future__ import annotations

import socket
from typing import Any

from filters.verifiers.sandbox import wire

CHANNEL = 5  # the descriptor
_MESSAGE_LIMIT = 64 << 20


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
