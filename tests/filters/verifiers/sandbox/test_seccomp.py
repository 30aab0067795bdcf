"""The filter of system calls, read as the kernel reads it, on either architecture."""

import struct

import pytest

from filters.verifiers.sandbox import calls, linux, seccomp

ALLOW, EPERM, ENOSYS, KILL = 0x7FFF0000, 0x00050001, 0x00050026, 0x80000000
ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}


@pytest.fixture(params=["x86_64", "aarch64"])
def arch(request, monkeypatch):
    monkeypatch.setattr(linux, "ARCH", request.param)
    return request.param


def said(code: bytes, arch: str, number: int, *arguments: int) -> int:
    """What the filter returns for a call."""
    data = struct.pack(
        "IIQ6Q", number, ARCHITECTURES[arch], 0, *arguments, *[0] * (6 - len(arguments))
    )
    lines = list(struct.iter_unpack("HBBI", code))
    at, value = 0, 0
    while True:
        operation, true, false, operand = lines[at]
        at += 1
        if operation == 0x06:
            return operand
        if operation == 0x20:
            [value] = struct.unpack_from("I", data, operand)
        else:
            holds = {0x15: value == operand, 0x35: value >= operand, 0x45: bool(value & operand)}
            at += true if holds[operation] else false


def numbers(table: calls.Numbers, arch: str) -> set[int]:
    column = 0 if arch == "x86_64" else 1
    return {row[column] for row in table.values() if row[column] is not None}


@pytest.mark.parametrize("namespaced", [True, False])
def test_every_call_is_answered_as_the_table_says(arch, namespaced):
    code = seccomp.program(namespaced=namespaced)
    denied = numbers(calls.DENIED, arch)
    if not namespaced:
        denied |= numbers(calls.DENIED_WITHOUT_NAMESPACES, arch)
    special = {435, 56 if arch == "x86_64" else 220}
    for number in set(range(600)) - special:
        assert (said(code, arch, number) == EPERM) == (number in denied), number
    assert said(code, arch, 435) == ENOSYS
    assert said(code, arch, 0x40000001) == ENOSYS
    other = "aarch64" if arch == "x86_64" else "x86_64"
    assert said(code, other, 1) == KILL


def test_without_namespaces_the_arguments_decide(arch):
    code, free = seccomp.program(namespaced=False), seccomp.program(namespaced=True)
    for number in numbers(calls.ABOUT_ITSELF, arch):
        assert said(code, arch, number, 0) == ALLOW
        assert said(code, arch, number, 1234) == EPERM
        assert said(free, arch, number, 1234) == ALLOW
    for x86_64, aarch64, argument, values in calls.DENIED_COMMANDS.values():
        number = x86_64 if arch == "x86_64" else aarch64
        for value in values:
            assert said(code, arch, number, *[7] * argument, value) == EPERM
        assert said(code, arch, number, *[7] * argument, 1) == ALLOW
    clone, thread, namespace = (56 if arch == "x86_64" else 220), 0x3D0F00, 0x10000000
    assert [said(code, arch, clone, flags) for flags in (17, thread, namespace)] == [
        EPERM,
        ALLOW,
        EPERM,
    ]
    assert [said(free, arch, clone, flags) for flags in (17, thread, namespace)] == [
        ALLOW,
        ALLOW,
        EPERM,
    ]


def test_every_number_is_a_call_of_its_own(arch):
    tables = [calls.DENIED, calls.DENIED_WITHOUT_NAMESPACES, calls.ABOUT_ITSELF]
    rows = [row for table in tables for row in table.values()]
    rows += [row[:2] for row in calls.DENIED_COMMANDS.values()]
    column = [row[0 if arch == "x86_64" else 1] for row in rows]
    known = [number for number in column if number is not None]
    assert len(known) == len(set(known))
