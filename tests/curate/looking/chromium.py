"""A headless Chromium, driven over the pipe of its DevTools protocol."""

import base64
import contextlib
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

PROGRAM = (
    shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
)
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--disable-dev-shm-usage", "--force-color-profile=srgb", "--hide-scrollbars"),
    "--remote-debugging-pipe",
)
WIDE, NARROW = 1280, 390
"""pixels of a desktop's window and of a phone's"""
_PATIENCE = 60
"""seconds; the machine may be busy"""

needs_chromium = pytest.mark.skipif(
    PROGRAM is None, reason="no Chromium here: apt-get install chromium fonts-noto-cjk"
)


class Browser:
    """One page. `problems`: what its console complained of; `requests`: all that it asked for."""

    def __init__(self, to: int, answers: int) -> None:
        self._to, self._answers = to, answers
        self._buffer, self._number, self._session = b"", 0, ""
        self.problems: list[str] = []
        self.requests: list[str] = []
        self._loaded: set[str] = set()
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")
        self.call("Page.setLifecycleEventsEnabled", enabled=True)

    def call(self, method: str, **parameters: Any) -> Any:
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self._number:
                assert "error" not in answer, (method, answer)
                return answer["result"]

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            piece = os.read(self._answers, 1 << 20)
            assert piece, "Chromium has ended"
            self._buffer += piece
        raw, _, self._buffer = self._buffer.partition(b"\0")
        message: dict[str, Any] = json.loads(raw)
        self._heard(message.get("method", ""), message.get("params", {}))
        return message

    def _heard(self, event: str, said: dict[str, Any]) -> None:
        if event == "Network.requestWillBeSent":
            self.requests.append(said["request"]["url"])
        elif event == "Page.lifecycleEvent" and said["name"] == "load":
            self._loaded.add(said["loaderId"])
        elif event == "Runtime.exceptionThrown":
            self.problems.append(str(said["exceptionDetails"]))
        elif event == "Runtime.consoleAPICalled" and said["type"] in ("error", "warning", "assert"):
            self.problems.append(str(said["args"]))
        elif event == "Log.entryAdded" and said["entry"]["level"] in ("error", "warning"):
            self.problems.append(said["entry"]["text"])

    def size(self, width: int, height: int = 900, dark: bool = False) -> None:
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        scheme = "dark" if dark else "light"
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.call("Emulation.setEmulatedMedia", features=features)

    def open(self, address: str) -> None:
        loader = self.call("Page.navigate", url=address)["loaderId"]
        self.wait(lambda: loader in self._loaded)

    def leave_by(self, script: str) -> None:
        """Do what opens another page, and wait for that."""
        self._leave(lambda: self.do(script))

    def key(self, key: str) -> None:
        """Press what opens another page."""
        self._leave(lambda: self._press(key))

    def _leave(self, act: Callable[[], object]) -> None:
        self.do("window.before = true")
        act()
        self.wait(lambda: self._quietly("!window.before && document.readyState === 'complete'"))

    def _quietly(self, script: str) -> Any:
        """Null while one page gives way to another."""
        try:
            return self.do(script)
        except AssertionError:
            return None

    def _press(self, key: str) -> None:
        for kind in ("keyDown", "keyUp"):
            text = {"text": key} if kind == "keyDown" and len(key) == 1 else {}
            self.call("Input.dispatchKeyEvent", type=kind, key=key, **text)

    def do(self, script: str) -> Any:
        """The value of a JavaScript expression."""
        answer = self.call(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def text(self, selector: str = "body") -> str:
        return str(self.do(f"document.querySelector({json.dumps(selector)})?.innerText ?? ''"))

    def wait(self, until: Callable[[], object]) -> None:
        end = time.monotonic() + _PATIENCE
        while not until():
            assert time.monotonic() < end, "waited in vain"
            self._quietly("0")
            time.sleep(0.02)

    def picture(self, whole: bool = False) -> bytes:
        shot = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        return base64.b64decode(shot["data"])

    def overflow(self) -> int:
        """By how many pixels the page is wider than its window."""
        return int(
            self.do("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        )


@contextlib.contextmanager
def browser() -> Iterator[Browser]:
    assert PROGRAM is not None
    (read_to, to), (answers, write_answers) = os.pipe(), os.pipe()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:

        def hand_over() -> None:  # the protocol is spoken on descriptors 3 and 4
            ours = (os.dup(read_to), os.dup(write_answers))
            os.dup2(ours[0], 3)
            os.dup2(ours[1], 4)

        process = subprocess.Popen(
            [PROGRAM, *FLAGS, f"--user-data-dir={profile}", "about:blank"],
            preexec_fn=hand_over,
            pass_fds=(3, 4),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(read_to)
        os.close(write_answers)
        try:
            yield Browser(to, answers)
        finally:
            process.terminate()
            process.wait(30)
            os.close(to)
            os.close(answers)


def save(picture: bytes, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(picture)
