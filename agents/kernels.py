"""Choose between numpy and the same loops compiled by numba (the extra `fast`).

Both give the same numbers, so that the choice, which depends on what else a process has solved,
is a matter of time alone. Compiled loops are faster, but numba must be imported first, and a loop
read from where it was kept, or compiled: `auto` changes to it once numpy has worked for as long as
that takes, so that no run takes more than about twice the time of the better choice.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from sandbox.errors import InputError
from sandbox.schema import nearest

VARIABLE = "OFFSWITCH_KERNEL"
"""Environment variable that names the kernel where a call does not."""

KERNELS = ("auto", "numpy", "numba")

LOADING = 0.5
"""Seconds that it takes to import numba and to read a loop that was kept, roughly."""

COMPILING = 5.0
"""Seconds that it takes to compile a loop for the first time, roughly."""

F = TypeVar("F", bound=Callable[..., object])


class _Account:
    """Hold the seconds of work that numpy did while loops might have, and the loops that pay."""

    spent = 0.0
    ready: ClassVar[set[str]] = set()


def compiled(seconds: float, loop: str, kernel: str | None = None) -> bool:
    """Tell whether to run a compiled loop for work that takes numpy so many seconds, roughly.

    Args:
        seconds: a guess from the size of the work, never a measurement.
        loop: module and name of the loop, which is looked for among what was kept.
        kernel: one of `KERNELS`; the environment's choice, else `auto`, if None.

    Raises:
        InputError: if there is no such kernel, or numba is asked for and not installed.
    """
    chosen = kernel or os.environ.get(VARIABLE) or "auto"
    if chosen not in KERNELS:
        raise InputError(f"unknown kernel {chosen!r}{nearest(chosen, KERNELS)}")
    if chosen == "numba" and not installed():
        raise InputError("kernel numba: numba is not installed; pip install 'offswitch[fast]'")
    if chosen != "auto" or not installed():
        return chosen == "numba"
    if _Account.spent < COMPILING:
        _Account.spent += seconds
    if _Account.spent < LOADING:
        return False
    if loop not in _Account.ready and (folder := kept()) is not None:
        if _Account.spent < COMPILING and not any(folder.glob(f"{loop}-*.nbi")):
            return False
        _Account.ready.add(loop)
    return loop in _Account.ready


@cache
def installed() -> bool:
    """Tell whether numba is there, without importing it."""
    return find_spec("numba") is not None


@cache
def kept() -> Path | None:
    """Return the folder in which compiled loops are kept; None if each process compiles anew."""
    try:
        probe = import_module("numba").njit(cache=True)(installed.__wrapped__)
    except (ImportError, OSError, RuntimeError):  # a numba that is broken; no folder to be had
        return None
    return Path(probe.stats.cache_path) if hasattr(probe, "stats") else None  # or it is disabled


def jit(loop: F) -> F:
    """Compile a loop when it is first called; without numba it stays a slow loop.

    Division follows IEEE as numpy's does, and no product is fused with a sum: the numbers must be
    those of numpy.
    """
    if not installed():
        return loop
    numba = import_module("numba")
    options: dict[str, Any] = {"error_model": "numpy", "nogil": True}
    made: F = numba.njit(cache=kept() is not None, **options)(loop)
    return made
