"""A server on loopback that speaks OpenAI's protocol, and misbehaves as asked."""

import json
import random
import socket
import subprocess
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Script:
    """What the server does, and what it was asked."""

    drop: float = 0.0
    """share of requests whose connection is closed without an answer"""
    half: float = 0.0
    """share that gets half an answer"""
    hang: float = 0.0
    """share that waits for ever"""
    burst: tuple[int, int] | None = None
    """of so many requests the first so many are answered 429"""
    status: int = 200
    """of every answer"""
    says: str = "no"
    """the message of a refusal"""
    seconds: float = 0.0
    """before an answer"""
    choice: dict[str, Any] | None = None
    """in place of the usual one"""
    writer: Callable[[str], str] | None = None
    """says what is written to a prompt, in place of the usual answer"""
    bodies: list[dict[str, Any]] = field(default_factory=list)
    keys: set[str | None] = field(default_factory=set)
    answered: Counter[tuple[str, int]] = field(default_factory=Counter)
    """whole answers by prompt and seed"""
    tokens: int = 0
    """of whole and half answers, prompts too: what would be paid"""
    open: int = 0
    most_open: int = 0
    dice: random.Random = field(default_factory=lambda: random.Random(0))
    lock: threading.Lock = field(default_factory=threading.Lock)

    def fate(self) -> str:
        if self.status != 200:
            return "refuse"
        if self.burst and len(self.bodies) % self.burst[0] < self.burst[1]:
            return "busy"
        dice = self.dice.random()
        for what in ("drop", "half", "hang"):
            if dice < (share := getattr(self, what)):
                return what
            dice -= share
        return "answer"


def _choice(script: Script, body: dict[str, Any], text: str) -> dict[str, Any]:
    if script.choice is not None:
        return {"index": 0, "finish_reason": "stop", **script.choice}
    content = {"text": text} if "prompt" in body else {"message": {"content": text}}
    return {"index": 0, "finish_reason": "stop", **content}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    script: Script

    def log_message(self, *_: object) -> None: ...

    def do_POST(self) -> None:
        script = self.script
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        with script.lock:
            fate = script.fate()
            script.bodies.append(body)
            script.keys.add(self.headers["authorization"])
            script.open += 1
            script.most_open = max(script.most_open, script.open)
        try:
            getattr(self, f"_{fate}")(script, body)
        finally:
            with script.lock:
                script.open -= 1

    def _answer(self, script: Script, body: dict[str, Any]) -> None:
        time.sleep(script.seconds)
        prompt, data = self._made(script, body)
        self._send(200, data)
        with script.lock:
            script.answered[prompt, body["seed"]] += 1

    def _half(self, script: Script, body: dict[str, Any]) -> None:
        _, data = self._made(script, body)
        self._head(200, len(data))
        self.wfile.write(data[: len(data) // 2])
        self.close_connection = True

    def _drop(self, *_: object) -> None:
        self.close_connection = True

    def _hang(self, *_: object) -> None:
        time.sleep(30)
        self.close_connection = True

    def _busy(self, *_: object) -> None:
        self._send(429, b'{"error": {"message": "slowly"}}', [("retry-after", "0.05")])

    def _refuse(self, script: Script, body: dict[str, Any]) -> None:
        self._send(script.status, json.dumps({"error": {"message": script.says}}).encode())

    def _made(self, script: Script, body: dict[str, Any]) -> tuple[str, bytes]:
        prompt = body["prompt"] if "prompt" in body else body["messages"][-1]["content"]
        said = script.writer(prompt) if script.writer else f"{prompt} says {body['seed']}"
        usage = {"prompt_tokens": len(prompt), "completion_tokens": 7}
        with script.lock:
            script.tokens += sum(usage.values())
        answer = {
            **{"id": "x", "object": "x", "created": 0, "model": body["model"]},
            "choices": [_choice(script, body, said)],
            "usage": usage,
        }
        return prompt, json.dumps(answer).encode()

    def _send(self, status: int, data: bytes, more: list[tuple[str, str]] | None = None) -> None:
        self._head(status, len(data), more)
        self.wfile.write(data)

    def _head(self, status: int, size: int, more: list[tuple[str, str]] | None = None) -> None:
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(size))
        for name, value in more or ():
            self.send_header(name, value)
        self.end_headers()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256
    allow_reuse_address = True

    def handle_error(self, *_: object) -> None: ...


@contextmanager
def served(script: Script, port: int = 0) -> Iterator[str]:
    """The base_url under which it answers."""
    handler = type("Handler", (_Handler,), {"script": script})
    server = _Server(("127.0.0.1", port), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def until_it_answers(url: str, process: subprocess.Popen[bytes]) -> None:
    """Waits for a server that another process starts; raises where that ends."""
    while True:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with code {process.returncode}")
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except OSError:
            time.sleep(0.2)
        else:
            return
