"""Claim an episode for one process at a time; the kernel lets go when that process dies."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from sandbox.errors import InputError, StoreError


class Claim:
    """Hold the right to write one episode, until `release` or death."""

    def __init__(self, folder: Path, episode: str) -> None:
        """Take the claim.

        Raises:
            InputError: when another process writes the episode.
            StoreError: when the folder cannot be written.
        """
        self.path = folder / f"{episode}.lock"
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._descriptor = self._take()
        except BlockingIOError as error:
            raise InputError(
                f"episode {episode} is being written by another process; nothing was changed"
            ) from error
        except OSError as error:
            raise StoreError(f"{folder}: cannot be written: {error.strerror}") from error

    def _take(self) -> int:
        while True:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if _is_at(descriptor, self.path):  # else who held it removed it meanwhile
                    return descriptor
            except OSError:
                os.close(descriptor)
                raise
            os.close(descriptor)

    def release(self) -> None:
        """Let go; a second time does nothing."""
        if self._descriptor >= 0:
            self.path.unlink(missing_ok=True)
            os.close(self._descriptor)
            self._descriptor = -1


def _is_at(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def claimed(folder: Path, episode: str) -> bool:
    """Tell whether a living process writes the episode."""
    try:
        descriptor = os.open(folder / f"{episode}.lock", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False


def writers(folder: Path) -> list[str]:
    """Return the episodes that living processes write."""
    found = (path.stem for path in sorted(folder.glob("*.lock")))
    return [episode for episode in found if claimed(folder, episode)]
