"""Draw the overseer's console. The only part of Offswitch that imports textual."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from oversight.run import Plan

__all__ = ["open_console"]


def open_console(plans: Sequence[Plan], logs: Path, operator: str) -> int:
    """Open the console over one agent a plan, and return the exit code.

    Raises:
        InputError: when there is no operator's name, or a plan does not fit.
        StoreError: when the log cannot be opened.
    """
    from oversight.dashboard.app import run_console

    return run_console(plans, logs, operator)
