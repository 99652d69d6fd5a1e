"""Remember what of each file has reached the disk, and what a power cut may leave of the rest.

A write reaches the disk for sure at the next sync of its file that succeeds. Until then each of
its sectors may be there or not, in any order; a file may not be there at all before the first sync
in its folder; and a file that was deleted may be back. After a sync that failed, what it should
have written is never written: the next sync succeeds, and does not know of it.

Source: Rebello et al., "Can Applications Recover from fsync Failures?", USENIX ATC 2020.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise
from pathlib import Path

Change = tuple[int, bytes | None]
"""Where bytes were written, and which; or where the file was cut off, and None."""


class Tear(StrEnum):
    """Say what of the writes since the last sync is there after a power cut."""

    NOTHING = "nothing"
    A_BEGINNING = "a beginning"
    ANY_SECTORS = "any sectors"
    EVERYTHING = "everything"


@dataclass
class Kept:
    """Hold one file: its content at the last sync, and what has been done since.

    Attributes:
        image: what is on the disk for sure.
        since: changes that are in memory only, in order.
        entered: whether the file's name is on the disk for sure.
    """

    image: bytearray = field(default_factory=bytearray)
    since: list[Change] = field(default_factory=list)
    entered: bool = False

    def sync(self) -> None:
        """Bring all changes to the disk."""
        for change in self.since:
            do(self.image, change)
        self.since.clear()

    def after_power_cut(self, chance: random.Random, tear: Tear, sector: int) -> bytes:
        """Return what the file may hold when the power is back."""
        image = bytearray(self.image)
        pieces = [piece for change in self.since for piece in split(change, sector)]
        upto = chance.randrange(len(pieces) + 1)
        for number, piece in enumerate(pieces):
            kept = {
                Tear.NOTHING: False,
                Tear.A_BEGINNING: number < upto,
                Tear.ANY_SECTORS: chance.random() < 0.5,
                Tear.EVERYTHING: True,
            }[tear]
            if kept:
                do(image, piece)
        return bytes(image)


def do(image: bytearray, change: Change) -> None:
    """Make one change; what lies between the end and a later write is zeros."""
    at, content = change
    if content is None:
        del image[at:]
        return
    image.extend(bytes(max(0, at - len(image))))
    image[at : at + len(content)] = content


def split(change: Change, sector: int) -> list[Change]:
    """Cut a write where it crosses from one sector into the next."""
    at, content = change
    if content is None:
        return [change]
    cuts = [0, *range(sector - at % sector, len(content), sector), len(content)]
    return [(at + a, content[a:b]) for a, b in pairwise(cuts)]


class Disk:
    """Hold the files of one folder as a disk does."""

    def __init__(self) -> None:
        """Know no file."""
        self.files: dict[Path, Kept] = {}
        self.gone: dict[Path, Kept] = {}

    def open(self, path: Path) -> None:
        """Learn of a file before it is opened; what stands in it already is on the disk."""
        if path not in self.files:
            there = path.exists()
            content = path.read_bytes() if there else b""
            self.files[path] = Kept(bytearray(content), entered=there)

    def changed(self, path: Path, change: Change) -> None:
        """Note a write or a cut that the disk has not promised to keep."""
        self.files[path].since.append(change)

    def sync(self, path: Path, *, folder: bool) -> None:
        """Keep what was written to a file; and what is in its folder, if that is synced with it."""
        self.files[path].sync()
        if folder:
            self.gone = {one: kept for one, kept in self.gone.items() if one.parent != path.parent}
            for other, file in self.files.items():
                file.entered |= other.parent == path.parent

    def sync_failed(self, path: Path) -> None:
        """Forget what a failed sync should have written: nothing will write it again."""
        self.files[path].since.clear()

    def delete(self, path: Path, *, synced: bool) -> None:
        """Take a file away; until its folder is synced it may come back."""
        file = self.files.pop(path, None)
        if file is not None and file.entered and not synced:
            self.gone[path] = file

    def cut_power(self, chance: random.Random) -> tuple[Tear, int]:
        """Put every file back to what may be left of it; nobody may have one open.

        Returns:
            What became of the writes that were not synced, and the size of a sector in bytes.
        """
        tear, sector = chance.choice(list(Tear)), chance.choice((512, 4096))
        for path, file in self.gone.items():
            if path not in self.files and chance.random() < 0.5:
                self.files[path] = file
        for path, file in self.files.items():
            if not file.entered and chance.random() < 0.5:
                path.unlink(missing_ok=True)
            else:
                path.write_bytes(file.after_power_cut(chance, tear, sector))
        self.files.clear()
        self.gone.clear()
        return tear, sector
