"""Note what happens in a process that is killed where no kill can undo it: in a file, at once."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from sandbox.decision import Decision
from tests.faults.scene import Given, Moved, Notes

T = TypeVar("T")
LISTS: dict[str, Any] = {"given": Given, "moved": Moved, "settled": Decision}


class Told(list[T]):
    """Write each thing down before it is in the list."""

    def __init__(self, name: str, file: int) -> None:
        """Write to the open file under `name`."""
        super().__init__()
        self._name, self._file = name, file

    def append(self, one: T) -> None:
        """Write it down, in one call of the operating system."""
        os.write(self._file, msgspec.json.encode((self._name, one)) + b"\n")
        super().append(one)


def telling(file: int) -> Notes:
    """Return notes that write themselves down."""
    return Notes(Told("given", file), Told("moved", file), Told("settled", file))


def told(path: Path) -> Notes:
    """Return the notes that were written down."""
    notes = Notes()
    for line in path.read_bytes().splitlines():
        name, body = msgspec.json.decode(line, type=tuple[str, msgspec.Raw])
        getattr(notes, name).append(msgspec.json.decode(body, type=LISTS[name]))
    return notes
