"""The walls themselves: what a program sees, what it may use, where it may be started from."""

# ruff: noqa: E501  (programs, one a line)
import asyncio
import json
import multiprocessing
import os
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest

from filters.errors import UserError
from filters.verifiers import sandbox
from filters.verifiers.code import verify_code
from filters.verifiers.outcome import Case
from filters.verifiers.sandbox import Job, Limits, client

PROJECT = Path(__file__).parents[4]


def script(source: str, stdin: bytes = b"", **limits: float) -> sandbox.Ended:
    job = Job({"role": "script", "source": textwrap.dedent(source)}, stdin)
    return sandbox.run([job], Limits(**limits))[0]


def printed(source: str) -> str:
    ended = script(source)
    assert ended.exit == 0, ended.report
    return ended.stdout.decode()


needs_namespaces = pytest.mark.skipif(
    sandbox.way() not in ("namespaces", "root"), reason="this host allows no namespaces"
)


def test_the_layers_are_named():
    assert sandbox.way() in ("namespaces", "root", "bubblewrap", "bare")
    assert {"pid", "net", "mount", "landlock", "seccomp", "rlimits"} <= sandbox.layers().keys()


@needs_namespaces
def test_a_program_sees_an_empty_machine():
    seen = printed(
        """
        import os, socket
        print(dict(os.environ), os.getpid(), os.getppid(), os.getuid() == 0, os.listdir("."))
        print([name for name in ("/proc", "/etc", "/home", "/sys", "/dev/shm") if os.path.exists(name)])
        print(socket.gethostname(), [fd for fd in range(256) if os.path.exists(f"/dev/fd/{fd}")])
        """
    )
    assert seen == "{} 1 0 False []\n[]\nbox []\n"


@needs_namespaces
def test_a_program_inherits_no_descriptor_but_its_own():
    seen = printed(
        """
        import os
        def is_open(fd):
            try: os.fstat(fd)
            except OSError: return False
            return True
        print([fd for fd in range(1024) if is_open(fd)])
        """
    )
    assert seen == "[0, 1, 2, 3, 4, 5]\n"


def test_no_variable_of_ours_is_in_its_memory(monkeypatch):
    sandbox.close()
    monkeypatch.setenv("SECRET_OF_THE_PARENT", "hunter2")
    source = "import ctypes\nprint(ctypes.CDLL(None).getenv(b'SECRET_OF_THE_PARENT'))"
    assert printed(source) == "0\n"


@needs_namespaces
def test_runs_share_no_file_and_no_process():
    for _ in range(2):
        seen = printed("import os\nprint(os.listdir('.'))\nopen('x', 'w')\nif os.fork() == 0:\n    import time; time.sleep(99)")  # fmt: skip
        assert seen == "[]\n"
    assert os.listdir(f"/proc/{server_pid()}/task/{server_pid()}") != []
    assert Path(f"/proc/{server_pid()}/task/{server_pid()}/children").read_text() == ""


def server_pid() -> int:
    return client._running[0]._process.pid


def test_it_runs_without_privileges_behind_seccomp():
    seen = printed(
        """
        import ctypes, struct
        libc = ctypes.CDLL(None)
        header = ctypes.create_string_buffer(struct.pack("Ii", 0x20080522, 0))
        held = ctypes.create_string_buffer(24)
        libc.capget(header, held)
        print(held.raw == bytes(24), libc.prctl(39, 0, 0, 0, 0), libc.prctl(21, 0, 0, 0, 0))
        """
    )
    assert seen == "True 1 2\n"  # no capability, no new privileges, seccomp in filter mode


def test_the_limits_reach_the_program():
    source = "import resource as r\nprint([r.getrlimit(w)[1] for w in (r.RLIMIT_AS, r.RLIMIT_CPU, r.RLIMIT_CORE)])"  # fmt: skip
    limits = Limits(memory_mib=300, cpu_s=3)
    [ended] = sandbox.run([Job({"role": "script", "source": source})], limits)
    assert ended.stdout == f"[{300 << 20}, 5, 0]\n".encode()


def test_memory_stays_within_a_tenth_of_the_limit():
    ended = script("x = [0]\nwhile True: x += x", memory_mib=200)
    assert b"MemoryError" in ended.report
    assert ended.peak < 220 << 20


@needs_namespaces
def test_memory_of_a_tree_is_counted_together_and_shared_pages_once():
    fork = "import os, time\nx = bytearray({own} * 2**20)\nfor _ in range(4):\n    if os.fork() == 0:\n        y = bytearray({child} * 2**20)\n        time.sleep({naps})\n        os._exit(0)\nfor _ in range(4): os.wait()"  # fmt: skip
    assert script(fork.format(own=100, child=1, naps=0.2), memory_mib=256).stop is None
    assert script(fork.format(own=1, child=100, naps=99), memory_mib=256).stop == "memory"


def test_a_flood_of_output_ends_at_the_limit():
    ended = script("import os\nwhile True: os.write(1, b'x' * 5000)", output_kib=64)
    assert (len(ended.stdout), ended.full) == (64 << 10, True)


def test_a_sleeper_is_ended_by_the_wall_and_a_worker_by_the_processor():
    assert script("import time\ntime.sleep(99)", wall_s=0.3).stop == "wall"
    busy = script("while True: pass", wall_s=99, cpu_s=0.3)
    assert busy.stop == "cpu"
    assert 0.3 <= busy.cpu < 1


def test_a_worker_at_its_wall_but_under_its_processor_limit_is_a_failure_of_ours():
    assert script("while True: pass", wall_s=0.3, cpu_s=50).stop == "starved"
    case = Case("while True: pass", kind="code", bare=True, tests={"mode": "stdin", "tests": [{"stdin": "", "stdout": ""}]}, params={"wall_s": 0.2, "cpu_s": 50})  # fmt: skip
    assert verify_code([case])[0].outcome == "sandbox_error"


# ---- the other jails -----------------------------------------------------------------------------

ATTEMPTS = {
    "reads the host's files": "open('/etc/passwd')",
    "lists them": "import os\nos.listdir('/home')",
    "writes outside": "open('/usr/lib/x', 'w')",
    "connects": "import socket\nsocket.create_connection(('127.0.0.1', 22))",
    "signals its watcher": "import os\nos.kill(WATCHER, 0)",
    "executes": "import os\nos.execv('/bin/sh', ['sh'])",
    "floods": "while True: print('x' * 10000)",
    "hogs": "x = bytearray(10**10)",
}
JAILS = ["namespaces", "root", "bubblewrap", "bare"]


@pytest.mark.parametrize("jail", JAILS, indirect=True)
def test_every_jail_holds(jail):
    assert sandbox.way() == jail
    assert script("print(input())", b"7\n").stdout == b"7\n"
    sources = {what: text.replace("WATCHER", str(server_pid())) for what, text in ATTEMPTS.items()}
    escaped = [what for what, text in sources.items() if script(text, output_kib=64).exit == 0]
    assert escaped == []
    assert script("import time\ntime.sleep(99)", wall_s=0.5).stop == "wall"


@pytest.mark.parametrize("jail", ["bubblewrap", "bare"], indirect=True)
def test_test_code_and_program_meet_in_every_jail(jail):
    tests = {"mode": "assert", "tests": "for x in (1, 2): assert f(x) == x"}
    programs = ["def f(x): return x", "def f(x): return 1"]
    said = verify_code([Case(p, kind="code", bare=True, tests=tests) for p in programs])
    assert [s.outcome for s in said] == ["correct", "incorrect"]


def test_no_sandbox_is_refused_in_one_line(monkeypatch):
    monkeypatch.setenv("CURATE_SANDBOX", "bubblewrap")
    monkeypatch.setattr(os, "defpath", "/nowhere")
    sandbox.close()
    if sandbox_missing("bubblewrap"):
        with pytest.raises(UserError, match="CURATE_SANDBOX=none to run them unprotected"):
            sandbox.layers()
    monkeypatch.setenv("CURATE_SANDBOX", "namespace")
    with pytest.raises(UserError, match="did you mean 'namespaces'"):
        sandbox.layers()


def sandbox_missing(name: str) -> bool:
    return not any(Path(folder, "bwrap").exists() for folder in ("/bin", "/usr/bin"))


def test_an_ordinary_user_gets_a_sandbox_too(tmp_path):
    """With an interpreter any user can read; where there is none, the walls are those of root."""
    python = next(
        (p for p in ("/usr/bin/python3.11", "/usr/bin/python3") if Path(p).exists()), None
    )
    if os.geteuid() != 0 or python is None:
        pytest.skip("needs root, to leave it, and a system python")
    source = textwrap.dedent(
        f"""
        import os, sys
        sys.path.insert(0, {str(tmp_path)!r})
        os.setgroups([]); os.setresgid(12345, 12345, 12345); os.setresuid(12345, 12345, 12345)
        from filters.verifiers.sandbox import Job, Limits, run, way
        [ended] = run([Job({{"role": "script", "source": "import os; print(os.getuid() != 12345)"}})], Limits())
        print(way(), ended.stdout.decode().strip())
        """
    )
    copy_for_all(PROJECT / "filters", tmp_path)
    out = subprocess.run([python, "-c", source], capture_output=True, text=True, cwd="/")
    if "SyntaxError" in out.stderr:
        pytest.skip(f"{python} is too old")
    assert out.stdout.split()[1:] == ["True"], out.stderr


def copy_for_all(source: Path, target: Path) -> None:
    """Readable by any user, the way to it too."""
    for path in source.rglob("*.py"):
        copy = target / source.name / path.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    for parent in (target, *target.parents):
        if parent.stat().st_uid == os.geteuid() and parent != Path("/"):
            parent.chmod(parent.stat().st_mode | 0o055)


# ---- where it may be started from ----------------------------------------------------------------

TESTS = {"mode": "assert", "tests": "assert f(2) == 4\nassert f(3) == 9"}
PROGRAMS = {
    "def f(x): return x * x": "correct",
    "def f(x): return 4": "incorrect",
    "def f(x): raise SystemExit(0)": "runtime_error",
    "while True: pass": "timeout",
    "import time\ntime.sleep(99)": "timeout",
}


def outcomes(jobs: int = 1) -> list[str]:
    cases = [Case(p, kind="code", bare=True, tests=TESTS, params={"wall_s": 0.5}) for p in PROGRAMS]
    return [said.outcome for said in verify_code(cases, jobs=jobs)]


def put_outcomes(queue) -> None:
    queue.put(outcomes())


EXPECTED = list(PROGRAMS.values())


def test_from_threads():
    found: list[list[str]] = []
    threads = [threading.Thread(target=lambda: found.append(outcomes())) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [EXPECTED] * 3


def test_from_an_asyncio_loop():
    async def several() -> list[list[str]]:
        return await asyncio.gather(*(asyncio.to_thread(outcomes) for _ in range(2)), direct())

    async def direct() -> list[str]:
        return outcomes()

    assert asyncio.run(several()) == [EXPECTED] * 3


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_from_a_worker_process(method):
    outcomes()  # the parent has a server of its own by then
    context = multiprocessing.get_context(method)
    queue = context.Queue()
    worker = context.Process(target=put_outcomes, args=(queue,))
    worker.start()
    assert queue.get(timeout=120) == EXPECTED
    worker.join()
    assert outcomes() == EXPECTED


def test_on_a_loaded_machine():
    """Four times as many busy processes as processors."""
    busy = [
        subprocess.Popen([sys.executable, "-c", "while True: pass"])
        for _ in range(4 * (os.cpu_count() or 1))
    ]
    try:
        assert outcomes(jobs=5) == EXPECTED
    finally:
        for process in busy:
            process.kill()
            process.wait()


def test_a_server_that_died_is_replaced():
    assert printed("print(1)") == "1\n"
    first = client._running[0]
    first._process.kill()
    first._process.wait()
    assert outcomes() == EXPECTED
    assert client._running[0] is not first


def test_the_server_ends_with_its_parent():
    source = (
        "from filters.verifiers.sandbox import client, layers; layers(); "
        "import os; print(client._running[0]._process.pid, flush=True); os._exit(1)"
    )
    out = subprocess.run(
        [sys.executable, "-c", source], capture_output=True, text=True, cwd=PROJECT
    )
    pid = int(json.loads(out.stdout))
    stat = Path(f"/proc/{pid}/stat")
    for _ in range(200):
        if not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] == "Z":
            break
        threading.Event().wait(0.05)
    else:
        pytest.fail("the fork server lives on")
