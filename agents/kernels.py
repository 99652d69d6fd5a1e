"""Choose between numpy and the same loops compiled by numba (the extra `fast`).

Both give the same numbers, so that the choice, which depends on what else a process has solved,
is a matter of time alone. Compiled loops are faster, but numba must be imported first, and the
loops read from where they were kept: `auto` changes to them once numpy has worked for as long as
that takes, so that a short run never pays for what it does not need.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any, TypeVar

from sandbox.errors import InputError
from sandbox.schema import nearest

VARIABLE = "OFFSWITCH_KERNEL"
"""Environment variable that names the kernel where a call does not."""

KERNELS = ("auto", "numpy", "numba")

LOADING = 0.5
"""Seconds that it takes to import numba and to read the loops, within a factor of two."""

F = TypeVar("F", bound=Callable[..., object])


class _Account:
    """Hold the seconds of work that numpy did while numba might have; -1 once that has paid."""

    spent = 0.0


def compiled(seconds: float, kernel: str | None = None) -> bool:
    """Tell whether to run compiled loops for work that takes numpy so many seconds, roughly.

    Args:
        seconds: a guess from the size of the work, never a measurement.
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
    if _Account.spent < LOADING:
        _Account.spent += seconds
    return _Account.spent >= LOADING and kept()


@cache
def installed() -> bool:
    """Tell whether numba is there, without importing it."""
    return find_spec("numba") is not None


@cache
def kept() -> bool:
    """Tell whether compiled loops can be kept on disk: else each process would compile anew."""
    try:
        import_module("numba").njit(cache=True)(installed.__wrapped__)
    except (ImportError, OSError, RuntimeError):  # no folder for them; or a numba that is broken
        return False
    return True


def jit(loop: F) -> F:
    """Compile a loop when it is first called; without numba it stays a slow loop.

    Division follows IEEE as numpy's does, and no product is fused with a sum: the numbers must be
    those of numpy.
    """
    if not installed():
        return loop
    numba = import_module("numba")
    options: dict[str, Any] = {"error_model": "numpy", "nogil": True}
    made: F = numba.njit(cache=kept(), **options)(loop)
    return made
