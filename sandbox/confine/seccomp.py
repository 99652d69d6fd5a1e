"""Filter system calls by an allow-list (classic BPF), for this process and all its threads.

Source: seccomp(2); linux/seccomp.h, linux/bpf_common.h.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct

from sandbox.confine.syscalls import Machine

_LD, _JEQ, _JGE, _JSET, _RET = 0x20, 0x15, 0x35, 0x45, 0x06
_KILL, _ERRNO, _ALLOW = 0x80000000, 0x00050000, 0x7FFF0000
_NR, _ARCH, _ARG0 = 0, 4, 16
_ARG3 = 40
_CLONE_THREAD = 0x00010000
_MAP_SHARED = 0x01
_X32 = 0x40000000
_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _FILTER = 38, 22, 2

Instruction = tuple[int, int, int, int]


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]


def program(machine: Machine) -> list[Instruction]:
    """Return the filter: allowed calls, threads and private memory pass, all else fails with EPERM.

    Memory that could be shared is not counted by RLIMIT_DATA.
    """
    refuse = _ERRNO | errno.EPERM
    found: list[Instruction] = [
        (_LD, 0, 0, _ARCH),
        (_JEQ, 1, 0, machine.audit),
        (_RET, 0, 0, _KILL),
        (_LD, 0, 0, _NR),
        (_JGE, 0, 1, _X32),  # the other numbering of x86-64; a number beyond all elsewhere
        (_RET, 0, 0, refuse),
        (_JEQ, 0, 1, machine.clone3),
        (_RET, 0, 0, _ERRNO | errno.ENOSYS),  # so that the C library falls back to clone
        (_JEQ, 0, 4, machine.clone),
        (_LD, 0, 0, _ARG0),
        (_JSET, 0, 1, _CLONE_THREAD),
        (_RET, 0, 0, _ALLOW),
        (_RET, 0, 0, refuse),
        (_JEQ, 0, 4, machine.mmap),
        (_LD, 0, 0, _ARG3),
        (_JSET, 0, 1, _MAP_SHARED),
        (_RET, 0, 0, refuse),
        (_RET, 0, 0, _ALLOW),
    ]
    for number in machine.allowed:
        found += [(_JEQ, 0, 1, number), (_RET, 0, 0, _ALLOW)]
    return [*found, (_RET, 0, 0, refuse)]


def install(machine: Machine) -> None:
    """Put the filter on this process; nothing takes it off again.

    Raises:
        OSError: when the kernel refuses.
    """
    code = b"".join(struct.pack("=HBBI", *one) for one in program(machine))
    buffer = ctypes.create_string_buffer(code, len(code))
    whole = _Program(len(code) // 8, ctypes.cast(buffer, ctypes.c_void_p).value)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    if libc.prctl(_PR_SET_SECCOMP, _FILTER, ctypes.byref(whole), 0, 0) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
