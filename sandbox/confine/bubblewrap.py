"""Give a process namespaces of its own by bubblewrap: nothing of the machine is in them.

No /proc, no /dev, no network, no environment, nothing that can be written: bubblewrap makes an
empty root, and a few folders to read are bound into it.

The namespace's first process is bubblewrap's own: it keeps our user, and so is killed when we are.
The agent, which another user's id may hold, would outlive us as the first one: a signal of a dying
parent is held to the rights of that parent, and bubblewrap has dropped its own.

Source: bwrap(1).
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

SYSTEM = "/usr/bin/bwrap"
"""Preferred to any other: AppArmor profiles are bound to this path."""

INSTALL = "apt-get install bubblewrap (or your distribution's package of that name)"
"""How a person gets it."""

_NAMESPACES = (
    *("--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try"),
    *("--die-with-parent", "--new-session", "--hostname", "agent"),
)

_AS_ROOT = (
    *("--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"),
    *("--cap-add", "CAP_SETPCAP"),
)
"""What the shim needs in order to leave root for good."""

_AS_USER = ("--unshare-user", "--disable-userns")


def find() -> str | None:
    """Return the path of bubblewrap, or None."""
    return SYSTEM if Path(SYSTEM).is_file() else shutil.which("bwrap")


def command(bwrap: str, paths: Sequence[str], files: Sequence[str], told: int) -> list[str]:
    """Return what starts a process among `paths` and `files` alone; a command follows.

    bubblewrap writes the process's id to the descriptor `told`.
    """
    found = [bwrap, *_NAMESPACES, *(_AS_USER if os.getuid() else _AS_ROOT)]
    above = {str(one) for path in (*paths, *files) for one in Path(path).parents} - {"/"}
    for folder in sorted(above):  # else they are the user's alone, and the process is another's
        found += ["--perms", "0755", "--dir", folder]
    for path in (*paths, *files):
        found += ["--ro-bind", os.path.realpath(path), path]
    return [*found, "--chdir", "/", "--remount-ro", "/", "--info-fd", str(told), "--"]
