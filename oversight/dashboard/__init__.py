"""Draw the overseer's console. The only part of Offswitch that imports textual."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from oversight.link import Link

__all__ = ["Desktop", "open_console"]


@dataclass(frozen=True)
class Desktop:
    """Say how a console is opened.

    Attributes:
        logs: folder of the log.
        operator: whose name every decision bears.
        blind: hide what kind of agent it is, and the catch trials.
        keys: file that remaps keys, or None.
    """

    logs: Path
    operator: str
    blind: bool = False
    keys: Path | None = None


def open_console(link: Link, desktop: Desktop) -> int:
    """Open the console over a kernel, and return the exit code.

    Raises:
        InputError: when there is no operator's name, or the key map is wrong.
    """
    from oversight.dashboard.run import run_console

    return run_console(link, desktop)
