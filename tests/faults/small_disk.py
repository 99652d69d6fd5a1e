"""Fill real small disks: run within a mount namespace of one's own, by `test_real_faults`.

It prints how many episodes were cut for want of room, and went on once there was some.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from pathlib import Path

from sandbox.errors import StoreError
from sandbox.keys import Signer
from sandbox.log import Store
from tests.faults.going_on import brought_to_its_end
from tests.faults.scene import SCENES, Notes, folder, play, reference

NOT_HERE = 77
"""Exit code that says that nothing can be mounted."""


def mount(place: Path, options: str) -> None:
    """Mount memory as a disk.

    Raises:
        CalledProcessError: when that is not allowed.
    """
    words = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)]
    subprocess.run(words, check=True, capture_output=True, text=True)


def filled(place: Path, kilobytes: int) -> bool:
    """Play on a disk of that size; return whether there was too little room on it."""
    place.mkdir()
    mount(place, f"size={kilobytes}k")
    notes, path = Notes(), place / "offswitch.db"
    try:
        with contextlib.suppress(StoreError), contextlib.closing(Store(path)) as store:
            play(SCENES[0], store, notes)
        mount(place, "remount,size=8m")
        was = brought_to_its_end(SCENES[0], path, notes)
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)
    return was.episode is not None and not was.ended


def main() -> int:
    """Try some sizes."""
    with folder() as root:
        os.environ["OFFSWITCH_KEYS"] = str(root / "keys")
        reference(SCENES[0])
        Signer.load()
        try:
            cut = [filled(root / f"{size}", size) for size in range(60, 700, 40)]
        except subprocess.CalledProcessError as error:
            print(error.stderr, file=sys.stderr)
            return NOT_HERE
    print(sum(cut))
    return 0


if __name__ == "__main__":
    sys.exit(main())
