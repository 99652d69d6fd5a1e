"""List the system calls that an agent's process may make; every other one fails.

No fork, exec, socket, kill, ptrace, mount, or anything that makes the kernel do new things. `clone`
is for threads only, which the filter checks by its flags.
"""

from __future__ import annotations

import platform
from typing import NamedTuple


class Machine(NamedTuple):
    """Hold what a filter must know of an architecture.

    Attributes:
        audit: its number in `seccomp_data.arch`.
        allowed: numbers of the calls that may be made.
        clone: number of the call that only makes threads.
        clone3: number of the call that must look as if it did not exist.
        mmap: number of the call that only makes private memory.
    """

    audit: int
    allowed: tuple[int, ...]
    clone: int
    clone3: int
    mmap: int


_X86_64 = {
    "read": 0,
    "write": 1,
    "close": 3,
    "stat": 4,
    "fstat": 5,
    "lstat": 6,
    "poll": 7,
    "lseek": 8,
    "mprotect": 10,
    "munmap": 11,
    "brk": 12,
    "rt_sigaction": 13,
    "rt_sigprocmask": 14,
    "rt_sigreturn": 15,
    "pread64": 17,
    "readv": 19,
    "writev": 20,
    "access": 21,
    "select": 23,
    "sched_yield": 24,
    "mremap": 25,
    "madvise": 28,
    "dup": 32,
    "dup2": 33,
    "nanosleep": 35,
    "getpid": 39,
    "exit": 60,
    "uname": 63,
    "fcntl": 72,
    "ftruncate": 77,
    "getdents": 78,
    "getcwd": 79,
    "readlink": 89,
    "gettimeofday": 96,
    "getrlimit": 97,
    "getrusage": 98,
    "sysinfo": 99,
    "times": 100,
    "getuid": 102,
    "getgid": 104,
    "geteuid": 107,
    "getegid": 108,
    "getppid": 110,
    "sigaltstack": 131,
    "arch_prctl": 158,
    "gettid": 186,
    "futex": 202,
    "sched_getaffinity": 204,
    "getdents64": 217,
    "set_tid_address": 218,
    "clock_gettime": 228,
    "clock_getres": 229,
    "clock_nanosleep": 230,
    "exit_group": 231,
    "openat": 257,
    "newfstatat": 262,
    "readlinkat": 267,
    "faccessat": 269,
    "pselect6": 270,
    "ppoll": 271,
    "set_robust_list": 273,
    "get_robust_list": 274,
    "dup3": 292,
    "pipe2": 293,
    "getrandom": 318,
    "membarrier": 324,
    "statx": 332,
    "rseq": 334,
    "close_range": 436,
    "faccessat2": 439,
    "open": 2,
    "get_mempolicy": 239,
    "sched_getparam": 143,
    "sched_getscheduler": 145,
    "epoll_create1": 291,
    "eventfd2": 290,
}

_AARCH64 = {
    "getcwd": 17,
    "dup": 23,
    "dup3": 24,
    "fcntl": 25,
    "ftruncate": 46,
    "faccessat": 48,
    "openat": 56,
    "close": 57,
    "pipe2": 59,
    "getdents64": 61,
    "lseek": 62,
    "read": 63,
    "write": 64,
    "readv": 65,
    "writev": 66,
    "pread64": 67,
    "pselect6": 72,
    "ppoll": 73,
    "readlinkat": 78,
    "newfstatat": 79,
    "fstat": 80,
    "exit": 93,
    "exit_group": 94,
    "set_tid_address": 96,
    "futex": 98,
    "set_robust_list": 99,
    "get_robust_list": 100,
    "nanosleep": 101,
    "clock_gettime": 113,
    "clock_getres": 114,
    "clock_nanosleep": 115,
    "sched_getscheduler": 120,
    "sched_getparam": 121,
    "sched_getaffinity": 123,
    "sched_yield": 124,
    "sigaltstack": 132,
    "rt_sigaction": 134,
    "rt_sigprocmask": 135,
    "rt_sigreturn": 139,
    "times": 153,
    "uname": 160,
    "getrlimit": 163,
    "getrusage": 165,
    "gettimeofday": 169,
    "getpid": 172,
    "getppid": 173,
    "getuid": 174,
    "geteuid": 175,
    "getgid": 176,
    "getegid": 177,
    "gettid": 178,
    "sysinfo": 179,
    "brk": 214,
    "munmap": 215,
    "mremap": 216,
    "mprotect": 226,
    "madvise": 233,
    "get_mempolicy": 236,
    "getrandom": 278,
    "membarrier": 283,
    "statx": 291,
    "rseq": 293,
    "close_range": 436,
    "faccessat2": 439,
    "epoll_create1": 20,
    "eventfd2": 19,
}

MACHINES = {
    "x86_64": Machine(0xC000003E, tuple(sorted(_X86_64.values())), 56, 435, 9),
    "aarch64": Machine(0xC00000B7, tuple(sorted(_AARCH64.values())), 220, 435, 222),
}
"""Every architecture that can be filtered; any other is level `none`."""


def this_machine() -> Machine | None:
    """Return this architecture's table, or None when there is none."""
    return MACHINES.get(platform.machine())
