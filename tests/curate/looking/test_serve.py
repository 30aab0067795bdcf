"""`curate view` as a person starts it: it says where it is, and answers there and nowhere else."""

import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from curate.store.run_folder import Run
from filters.errors import UserError

pytest.importorskip("uvicorn")


def test_it_prints_an_address_that_answers_until_it_is_stopped(run: Run) -> None:
    code = "import sys; from curate.cli import main; sys.argv = ['curate', *sys.argv[1:]]; main()"
    with subprocess.Popen(
        [sys.executable, "-c", code, "view", str(run.path)],
        cwd=Path(__file__).parents[3],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        address = process.stdout.readline().strip()
        with urllib.request.urlopen(address, timeout=60) as answer:
            assert "24 traces" in answer.read().decode()
        host, token = address.removeprefix("http://").strip("/").split("/")
        assert host.startswith("127.0.0.1:")
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(f"http://{host}/", timeout=60)
        process.send_signal(signal.SIGINT)
        said = process.stderr.read()
        assert process.wait(60) in (0, 130)
    assert len(token) > 20
    assert token not in said
    assert "Traceback" not in said


def test_a_port_that_is_taken_is_one_line(run: Run) -> None:
    from curate.looking.browser.serve import serve

    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(UserError, match=r"cannot be had .*; leave out --port"):
            serve(run, other.getsockname()[1])
