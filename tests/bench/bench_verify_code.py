"""What a fully isolated run costs in processor time, what each wall adds to it, beside a cold un-
protected python and bubblewrap doing the same. By hand: `python tests/bench/bench_verify_code.py`.

Processor time is that of the process, the fork server and their children as the kernel counts it
for them; the kernel's own clean-up of namespaces, done later in its workers, is in the system-wide
figure, which is only right on an otherwise idle machine.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from filters.verifiers import sandbox
from filters.verifiers.code import map_tests, verify_code
from filters.verifiers.outcome import Case
from filters.verifiers.sandbox import Job, Limits, linux
from filters.verifiers.sandbox.namespaces import Namespaces

PROGRAM = "a, b = map(int, input().split())\nprint(a * b)\n"
STDIN = b"3 4\n"
BWRAP = "--unshare-all --die-with-parent --ro-bind / / --dev /dev --tmpfs /tmp --clearenv --"


def processor_seconds() -> float:
    """Of this process, its ended children, and the running fork server with its children."""
    used = sum(
        u.ru_utime + u.ru_stime
        for u in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )
    for server in sandbox.client._running:
        fields = Path(f"/proc/{server._process.pid}/stat").read_text().rpartition(")")[2].split()
        used += sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
    return used


def busy_seconds() -> float:
    """Of all processors, whoever used them."""
    fields = Path("/proc/stat").read_text().splitlines()[0].split()
    return sum(int(fields[at]) for at in (1, 2, 3, 6, 7)) / os.sysconf("SC_CLK_TCK")


def measure(name: str, one: Callable[[], object], times: int) -> float:
    """Print and return processor milliseconds per run: of five rounds the cheapest, which others
    on the machine disturbed least."""
    one()
    cpu, busy, wall = min(_round(one, times) for _ in range(5))
    print(
        f"{name:44} {cpu * 1e3:7.2f} ms cpu  {1 / cpu:7.0f} runs/cpu s  "
        f"{wall * 1e3:7.2f} ms wall  {busy * 1e3:7.2f} ms system-wide"
    )
    return cpu * 1e3


def _round(one: Callable[[], object], times: int) -> tuple[float, float, float]:
    cpu, busy, wall = processor_seconds(), busy_seconds(), time.perf_counter()
    for _ in range(times):
        one()
    return (
        (processor_seconds() - cpu) / times,
        (busy_seconds() - busy) / times,
        (time.perf_counter() - wall) / times,
    )


def ours() -> None:
    [ended] = sandbox.run([Job({"role": "script", "source": PROGRAM}, STDIN)], Limits())
    assert ended.stdout == b"12\n", ended


def cold(*before: str) -> Callable[[], None]:
    def one() -> None:
        command = [*before, sys.executable, "-c", PROGRAM]
        out = subprocess.run(command, input=STDIN, capture_output=True, check=True).stdout
        assert out == b"12\n"
        reap_orphans()

    return one


def adopt_orphans() -> None:
    """bwrap ends before its own child has been waited for: what that used is then ours to count."""
    set_child_subreaper = 36
    linux.prctl(set_child_subreaper, 1)


def reap_orphans() -> None:
    servers = {server._process.pid for server in sandbox.client._running}
    for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split():
        if int(pid) not in servers:
            os.waitpid(int(pid), 0)


def humaneval() -> Callable[[], None]:
    path = Path(__file__).parents[3] / "shared" / "data" / "humaneval.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    cases = [
        Case(
            row["problem"] + row["solution"],
            kind="code",
            bare=True,
            tests=map_tests(row["tests"], row["problem"]),
        )
        for row in rows
    ]

    def one() -> None:
        assert all(said.keep for said in verify_code(cases))

    return one


def layer_by_layer(times: int = 300) -> None:
    """In a process that has become a server: bare forks, then one wall more at a time."""
    if os.fork():
        os.wait()
        return
    jail = Namespaces((), user=True)
    steps = [name for name, _ in jail.steps(Limits())]
    flags = {"fork": 0, "+ pid": linux.CLONE_NEWPID, "+ mount": linux.CLONE_NEWNS}
    flags |= {"+ ipc": linux.CLONE_NEWIPC, "+ uts": linux.CLONE_NEWUTS, "+ net": linux.CLONE_NEWNET}
    so_far, before = linux.CLONE_NEWUSER, 0.0
    for name, flag in flags.items():
        so_far = so_far | flag if flag else 0
        before = added(name, jail, so_far | (flag and linux.CLONE_NEWUSER), 0, times, before)
    for count, name in enumerate(steps, 1):
        before = added(f"+ {name}", jail, jail.flags, count, times, before)
    os._exit(0)


def added(name: str, jail: Namespaces, flags: int, steps: int, times: int, before: float) -> float:
    cost = min(_forks(jail, flags, steps, times // 5) for _ in range(5)) * 1e3
    print(f"  {name:42} {cost:7.2f} ms cpu  {cost - before:+7.2f}", flush=True)
    return cost


def _forks(jail: Namespaces, flags: int, steps: int, times: int) -> float:
    began = children_seconds()
    for _ in range(times):
        if linux.clone(flags) == 0:
            for _, build in jail.steps(Limits())[:steps]:
                build()
            os._exit(0)
        os.wait()
    return (children_seconds() - began) / times


def children_seconds() -> float:
    used = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(u.ru_utime + u.ru_stime for u in used)


def main() -> None:
    on = [name for name, on in sandbox.layers().items() if on]
    print(f"layers on: {', '.join(on)}; {os.cpu_count()} processors\n")
    mine = measure("isolated run, one stdin case", ours, 100)
    measure("HumanEval, all 164 reference solutions", humaneval(), 1)
    adopt_orphans()
    python = measure("cold python, unprotected", cold(), 15)
    print(f"{'':44} {python / mine:7.1f} x ours")
    if shutil.which("bwrap"):
        bubble = measure("cold python in bubblewrap", cold("bwrap", *BWRAP.split()), 15)
        print(f"{'':44} {bubble / mine:7.1f} x ours")
    else:
        print("bubblewrap is not installed: skipped")
    print("\nadded by each wall, cumulative (child's share and the server's):")
    layer_by_layer()


if __name__ == "__main__":
    main()
