"""Programs that cheat or attack: none is `correct`, and each ends as the table says."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from filters.verifiers.code import verify_code
from filters.verifiers.outcome import Case, Outcome
from filters.verifiers.sandbox import Job, Limits, limits_of, run

LIMITS = {"wall_s": 0.5, "memory_mib": 256, "output_kib": 256, "disk_mib": 8, "processes": 16}
# simple asserts are compared here; the loop must run as test code in a second process
SIMPLE = "assert mul(1, 2) == 2\nassert mul(-4, 9) == -36\nassert mul(10**12, 1) == 10**12\n"
RUNNING = "for a, b in [(1, 2), (-4, 9), (3, 5)]:\n    assert mul(a, b) == a * b\n"
GOOD = "def mul(a, b):\n    return a * b\n"

WRONG, ERROR, TIME, ROOM = "incorrect", "runtime_error", "timeout", "resource_limit"

# name: (program, outcomes it may get)
CHEATS = {
    "exits before it is called": ("raise SystemExit(0)", {ERROR}),
    "exits hard before it is called": ("import os; os._exit(0)", {ERROR}),
    "exits when called": ("import sys\ndef mul(a, b): sys.exit(0)", {ERROR}),
    "exits hard when called": ("import os\ndef mul(a, b): os._exit(0)", {ERROR}),
    "right once, then gone": (
        "import os\nn = []\ndef mul(a, b):\n    n.append(1)\n"
        "    return a * b if len(n) < 2 else os._exit(0)",
        {ERROR},
    ),
    "always equal": (
        "class Any:\n    def __eq__(self, other): return True\n    def __hash__(self): return 2\n"
        "def mul(a, b): return Any()",
        {WRONG},
    ),
    "int subclass that is always equal": (
        "class Int(int):\n    def __eq__(self, other): return True\n    __hash__ = int.__hash__\n"
        "def mul(a, b): return Int(7)",
        {WRONG},
    ),
    "int subclass with the right value": (
        "class Int(int): pass\ndef mul(a, b): return Int(a * b)",
        {WRONG},
    ),
    "list subclass inside a list": (
        "class L(list):\n    def __eq__(self, other): return True\ndef mul(a, b): return [L()]",
        {WRONG},
    ),
    "mock": ("from unittest.mock import ANY\ndef mul(a, b): return ANY", {WRONG}),
    "nan": ("def mul(a, b): return float('nan')", {WRONG}),
    "generator": ("def mul(a, b): yield a * b", {WRONG}),
    "returns itself": ("def mul(a, b): return mul", {WRONG}),
    "none": ("def mul(a, b): pass", {WRONG}),
    "the number as text": ("def mul(a, b): return str(a * b)", {WRONG}),
    "endless nesting": (
        "def mul(a, b):\n    x = []\n    x.append(x)\n    return x",
        {WRONG},
    ),
    "patched builtins": (
        "import builtins\nbuiltins.all = builtins.any = builtins.isinstance = lambda *a: True\n"
        "builtins.len = builtins.abs = builtins.hash = builtins.repr = lambda *a: 1\n"
        "def mul(a, b): return 0",
        {WRONG, ERROR, TIME},
    ),
    "patched json": (
        "import json\njson.dumps = lambda *a, **k: '\"ok\"'\njson.loads = lambda *a: True\n"
        "def mul(a, b): return 0",
        {WRONG, ERROR},
    ),
    "patched runner": (
        "import sys\nchild = sys.modules['filters.verifiers.sandbox.child']\n"
        "child.report = child._call = lambda *a: ('r', True)\ndef mul(a, b): return 0",
        {WRONG, ERROR},
    ),
    "forged report": (
        "import os\nfor line in (b'[\"v\", [\"pass\", 3, null]]\\n', b'[\"r\", true]\\n') * 9:\n"
        "    os.write(4, line)\nos._exit(0)",
        {WRONG, ERROR},
    ),
    "forged report on every descriptor": (
        "import os\nfor fd in range(100):\n    try:\n"
        "        os.write(fd, b'[\"v\", [\"pass\", 3, null]]\\nPASS ok All tests passed\\n')\n"
        "    except OSError: pass\nos._exit(0)",
        {WRONG, ERROR},
    ),
    "forged messages to the test code": (
        "import os\ntext = b'[\"r\", true, null]'\n"
        "try:\n    os.write(5, (len(text).to_bytes(4, 'big') + text) * 50)\nexcept OSError: pass\n"
        "os._exit(0)",
        {WRONG, ERROR},
    ),
    "a message of four gigabytes": (
        "import os\ntry:\n    os.write(5, b'\\xff' * 64)\nexcept OSError: pass\nos._exit(0)",
        {WRONG, ERROR},
    ),
    "a report of empty lines": (
        "import os\nos.write(4, b'\\n' * 200000)\nos._exit(0)",
        {WRONG, ERROR},
    ),
    "deep JSON": ("import os\nos.write(4, b'[' * 200000 + b'\\n')\nos._exit(0)", {WRONG, ERROR}),
    "StopIteration": ("def mul(a, b): raise StopIteration", {ERROR}),
    "AssertionError": ("def mul(a, b): raise AssertionError", {ERROR}),
    "exception with its own text": (
        "class E(Exception):\n    def __str__(self): raise SystemExit(0)\n"
        "def mul(a, b): raise E",
        {ERROR},
    ),
    "searches its memory for expected values": (
        "import gc, sys\ndef mul(a, b):\n    found = {}\n"
        "    for o in gc.get_objects():\n"
        "        if type(o) is dict and 'expected' in o: found = o\n"
        "    frame = sys._getframe()\n    while frame:\n"
        "        if 'expected' in frame.f_locals: found = frame.f_locals\n"
        "        frame = frame.f_back\n    return found.get('expected')",
        {WRONG},
    ),
    "searches the files for tests": (
        "import os\ntext = ''\nfor top, _, names in os.walk('/'):\n    for name in names:\n"
        "        if name.startswith(('test', 'case')) and top[:5] not in ('/usr/', '/lib/'):\n"
        "            text += open(os.path.join(top, name), errors='ignore').read()\n"
        "def mul(a, b): return eval(text)",
        {ERROR, TIME},
    ),
    "reads its descriptors": (
        "import os\ntext = b''\nfor fd in range(64):\n    try: text += os.pread(fd, 100000, 0)\n"
        "    except OSError: pass\n"
        "def mul(a, b): return 2 if b'== 2' in text or b'-36' in text else None",
        {WRONG},
    ),
    "overwrites its payload": (
        "import os\nos.pwrite(3, b'{}' * 99, 0)\ndef mul(a, b): return 0",
        {WRONG},
    ),
    "reads /proc": (
        "def mul(a, b): return open('/proc/self/maps').read()",
        {ERROR},
    ),
    "reads the host's files": ("def mul(a, b): return open('/etc/passwd').read()", {ERROR}),
    "writes where it may not": ("open('/usr/lib/x.py', 'w').write('1')\n" + GOOD, {ERROR}),
    "makes a device": (
        "import os\nos.mknod('/tmp/sda', 0o60666, os.makedev(8, 0))\n" + GOOD,
        {ERROR},
    ),
    "connects": ("import socket\nsocket.create_connection(('127.0.0.1', 80), 1)\n" + GOOD, {ERROR}),
    "listens": ("import socket\nsocket.socket().bind(('', 8000))\n" + GOOD, {ERROR}),
    "starts a shell": ("import subprocess\n"
        "subprocess.check_call(['/bin/sh', '-c', 'true'])\n" + GOOD, {ERROR}),
    "executes": ("import os, sys\nos.execv(sys.executable, ['python', '-c', '0'])", {ERROR}),
    "mounts": (
        "import ctypes\n"
        "if ctypes.CDLL(None).mount(b'x', b'/tmp', b'tmpfs', 0, None): raise OSError\n"
        + GOOD,
        {ERROR},
    ),
    "new namespace": (
        "import ctypes\nif ctypes.CDLL(None).unshare(0x10000000): raise OSError\n" + GOOD,
        {ERROR},
    ),
    "ptraces": (
        "import ctypes\nif ctypes.CDLL(None).ptrace(16, 1, 0, 0) < 0: raise OSError\n" + GOOD,
        {ERROR},
    ),
    "reads another process's memory": (
        "import ctypes, os\nlibc = ctypes.CDLL(None, use_errno=True)\n"
        "if libc.process_vm_readv(os.getppid(), None, 0, None, 0, 0) < 0: raise OSError\n" + GOOD,
        {ERROR},
    ),
    "raises its limits": (
        "import resource\nresource.setrlimit(resource.RLIMIT_AS, (-1, -1))\n" + GOOD,
        {ERROR},
    ),
    "becomes root": ("import os\nos.setuid(0)\n" + GOOD, {ERROR}),
    "signals everyone": ("import os\nos.kill(-1, 9)\nos.kill(os.getppid(), 9)\n"
        "raise OSError", {ERROR, WRONG}),
    "crashes": ("import ctypes\nctypes.string_at(0)", {ERROR}),
    "recursion without end": ("def mul(a, b): return mul(a, b)", {ERROR}),
    "crash by recursion": (
        "import sys\nsys.setrecursionlimit(10**9)\ndef mul(a, b): return eval('mul(a, b)')",
        {ERROR, ROOM, TIME},  # filling the room takes about as long as the limit allows
    ),
    "null byte": ("def mul(a, b):\n    return a * b\x00", {ERROR}),
    "no Python": ("Sure! Here is the function you asked for.", {ERROR}),
    "a source of brackets": ("(" * 50000, {ERROR, ROOM}),
    "another name": ("def multiply(a, b): return a * b", {ERROR}),
    # resources
    "memory: doubling list": ("x = [0]\nwhile True: x += x", {ROOM}),
    "memory: one allocation": ("x = bytearray(10**10)", {ROOM}),
    "memory: a power": ("x = 10 ** 10 ** 10", {ROOM, TIME}),
    "memory: a mapping": ("import mmap\nx = mmap.mmap(-1, 2**31)", {ROOM, ERROR}),
    "memory: many children": (
        "import os, time\nfor _ in range(8):\n    if os.fork() == 0:\n"
        "        x = bytearray(100 * 2**20)\n        time.sleep(60)\ntime.sleep(60)",
        {ROOM, TIME},  # 800 MB may cost all its processor time
    ),
    "memory: a returned list": ("def mul(a, b): return [0] * 10**7", {ROOM, TIME}),
    "memory: a memory file": (
        "import os\nfd = os.memfd_create('x')\nwhile True: os.write(fd, bytes(2**20))",
        {ERROR, ROOM},
    ),
    "fork bomb": ("import os\nwhile True: os.fork()", {ERROR, ROOM, TIME}),
    "fork bomb that does not give up": (
        "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass",
        {ROOM, TIME},
    ),
    "thread bomb": (
        "import threading, time\n"
        "while True: threading.Thread(target=time.sleep, args=(60,)).start()",
        {ERROR, ROOM},
    ),
    "output flood": ("import os\nwhile True: os.write(1, b'x' * 10000)", {ROOM}),
    "output flood by print": ("while True: print('x' * 10000)", {ROOM}),
    "output flood that does not give up": (
        "import os\nwhile True:\n    try: os.write(1, b'x' * 10000)\n    except OSError: pass",
        {ROOM, TIME},
    ),
    "disk: one file": ("f = open('x', 'wb')\nwhile True: f.write(bytes(2**20))", {ROOM}),
    "disk: many files": (
        "n = 0\nwhile True:\n    n += 1\n    open(f'{n}', 'w').write('x')",
        {ROOM},
    ),
    "descriptors": ("x = []\nwhile True: x.append(open('/dev/null'))", {ROOM}),
    "busy": ("while True: pass", {TIME}),
    "busy in C": ("sum(range(10**14))", {TIME}),
    "busy in a regular expression": ("import re\nre.match('(a+)+$', 'a' * 60 + 'b')", {TIME}),
    "busy in children": (
        "import os\nfor _ in range(4):\n    if os.fork() == 0:\n        while True: pass\n"
        "while True: os.wait()",
        {TIME},
    ),
    "busy in children nobody waits for": (
        "import os, signal, time\nsignal.signal(signal.SIGCHLD, signal.SIG_IGN)\n"
        "while True:\n    if os.fork() == 0:\n        for _ in range(10**7): pass\n"
        "        os._exit(0)\n    time.sleep(0.1)",
        {TIME, ROOM},
    ),
    "busy when called": ("def mul(a, b):\n    while True: pass", {TIME}),
    "asleep": ("import time\ntime.sleep(3600)", {TIME}),
    "asleep when called": ("import time\ndef mul(a, b): time.sleep(3600)", {TIME}),
    "deaf to signals": (
        "import signal\nfor n in range(1, 65):\n    try: signal.signal(n, signal.SIG_IGN)\n"
        "    except (OSError, ValueError): pass\nwhile True: pass",
        {TIME},
    ),
    "waits for input": ("input()\n" + GOOD, {ERROR}),
    "deadlock": ("import threading\nl = threading.Lock()\nl.acquire()\nl.acquire()", {TIME}),
}  # fmt: skip

HONEST = {
    "plain": GOOD,
    "leaves a daemon behind": (
        "import os, time\nif os.fork() == 0:\n    os.setsid()\n"
        "    time.sleep(3600)\n" + GOOD
    ),
    "prints": "print('hello')\n" + GOOD,
    "shows its environment": "import os\nassert not os.environ\n" + GOOD,
    "a thread": (
        "import threading\nt = threading.Thread(target=print)\nt.start()\n"
        "t.join()\n" + GOOD
    ),
    "asyncio": (
        "import asyncio\nasync def f(a, b): return a * b\n"
        "def mul(a, b): return asyncio.run(f(a, b))"
    ),
    "files of its own": "open('x', 'w').write('1')\nassert open('/tmp/x').read() == '1'\n" + GOOD,
    "a temporary file": (
        "import tempfile\n"
        "with tempfile.TemporaryFile() as f: f.write(b'1')\n" + GOOD
    ),
    "late imports": "import sqlite3, hashlib, zoneinfo, decimal, uuid\n" + GOOD,
    "a child it waits for": (
        "import os\npid = os.fork()\nif not pid: os._exit(0)\n"
        "os.waitpid(pid, 0)\n" + GOOD
    ),
    "a closure": "mul = (lambda f: lambda a, b: f(a, b))(lambda a, b: a * b)",
    "the operator": "from operator import mul",
    "main guard": GOOD + "if __name__ == '__main__':\n    raise SystemExit(input())",
    "dataclass": "from dataclasses import dataclass\n@dataclass\nclass P:\n    a: int\n" + GOOD,
}  # fmt: skip


def judged(programs: dict[str, str], source: str) -> dict[str, Outcome]:
    tests = {"mode": "assert", "tests": source}
    cases = [
        Case(program, kind="code", bare=True, tests=tests, params=LIMITS)
        for program in programs.values()
    ]
    return dict(zip(programs, verify_code(cases, jobs=2), strict=True))


@pytest.fixture(scope="module", params=[SIMPLE, RUNNING], ids=["simple", "running"])
def outcomes(request) -> dict[str, Outcome]:
    cheats = {name: program for name, (program, _) in CHEATS.items()}
    return judged(cheats | HONEST, request.param)


@pytest.mark.parametrize("name", CHEATS)
def test_a_hostile_program_earns_nothing(name, outcomes):
    assert outcomes[name].outcome in CHEATS[name][1], outcomes[name]
    assert outcomes[name].keep is False


@pytest.mark.parametrize("name", HONEST)
def test_an_honest_program_is_correct(name, outcomes):
    assert outcomes[name].outcome == "correct", outcomes[name]


OURS = {"pass": "correct", "fail": "incorrect"}


@pytest.fixture(scope="module")
def rows(shared: Path) -> list[dict]:
    lines = (shared / "code_hostile_examples.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def test_the_shared_hostile_programs_get_an_expected_verdict(rows):
    tests = [{"mode": row["mode"], "tests": row["tests"]} for row in rows]
    cases = [
        Case(row["program"], kind="code", bare=True, tests=test, params=row["limits"])
        for row, test in zip(rows, tests, strict=True)
    ]
    for row, said in zip(rows, verify_code(cases, jobs=4), strict=True):
        assert said.outcome in {OURS.get(name, name) for name in row["expected"]}, (row, said)


def test_each_hostile_program_keeps_each_of_its_own_limits(rows):
    programs = {row["id"]: (row["program"], limits_of(row["limits"])) for row in rows}
    programs |= {name: (program, limits_of(LIMITS)) for name, (program, _) in CHEATS.items()}
    with ThreadPoolExecutor(2) as pool:
        used = dict(zip(programs, pool.map(lambda of: over(*of), programs.values()), strict=True))
    assert {name: some for name, some in used.items() if some} == {}


def over(program: str, limits: Limits) -> dict[str, float]:
    """What a program used beyond its limit by more than a tenth, or than a look takes to come."""
    [ended] = run([Job({"role": "script", "source": program}, b"")], limits)
    used = {
        "cpu": ended.cpu / (limits.cpu_s + 0.5),
        # of several processes together the memory is looked at, and no limit of the kernel's
        "memory": "fork" not in program and ended.peak / (limits.memory_mib * 2**20 * 1.1),
        "output": len(ended.stdout + ended.report) / (2 * limits.output_kib * 2**10),
        "patience": ended.wall / (limits.patience_s + 1),
    }
    return {name: share for name, share in used.items() if share > 1}
