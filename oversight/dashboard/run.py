"""Open the console, and say how each episode ended once it closes."""

from __future__ import annotations

import sys

from oversight.dashboard import Desktop
from oversight.dashboard.actions import load_keys
from oversight.dashboard.app import Console
from oversight.link import Link
from oversight.wire import MemberView
from sandbox.errors import InputError
from sandbox.text import printable


def check_desktop(desktop: Desktop) -> dict[str, str]:
    """Refuse a console without a name or with a dangerous key map; return the key map.

    Raises:
        InputError: saying what is wrong.
    """
    if not desktop.operator.strip():
        raise InputError("every decision bears a name: give yours with --operator NAME")
    return load_keys(desktop.keys) if desktop.keys else {}


def run_console(link: Link, desktop: Desktop) -> int:
    """Run the console over a kernel.

    Raises:
        InputError: when there is no operator's name, or the key map is wrong.
    """
    keys = check_desktop(desktop)
    console = Console(link, desktop.operator.strip(), desktop.logs, blind=desktop.blind, keys=keys)
    code = console.run()
    for member in console.scene.members.values():
        print(ended(member))  # noqa: T201 (what the person asked for)
    if any(not one.ended for one in console.scene.members.values()):
        print(  # noqa: T201 (narration)
            f"agents are paused; take the desk again: offswitch oversee --logs {desktop.logs}",
            file=sys.stderr,
        )
    return 1 if code is None else code


def ended(member: MemberView) -> str:
    """Say in one line how an agent's episode ended."""
    name = printable(member.name, 40)
    if member.outcome is None:
        return f"{name:<12}{printable(member.fault) or member.state}"
    reward, performance = member.outcome
    return (
        f"{name:<12}{member.state} after {member.steps} steps; reward (told) {reward:.3f}, "
        f"performance (hidden) {performance:.3f}  (offswitch show {member.episode})"
    )
