"""Speak to the kernel: in this process, or over its socket."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import msgspec

from oversight.kernel import Kernel
from oversight.wire import REPLIES, Call, Reply
from sandbox.errors import OffswitchError

ANSWER = 10.0
"""Seconds in which the kernel must answer: a kill waits for its proof."""

MAX_REPLY = 64 * 2**20
"""Most bytes of one answer."""


class KernelGoneError(OffswitchError):
    """Say that the kernel does not answer: frozen, or gone."""


class Link(Protocol):
    """Carry calls to a kernel, one at a time."""

    def call(self, call: Call) -> Reply:
        """Return the kernel's answer.

        Raises:
            KernelGoneError: when there is none.
        """

    def another(self, seconds: float) -> Link:
        """Return a second link to the same kernel, whose calls may take `seconds`.

        Raises:
            KernelGoneError: when there is no kernel.
        """

    def close(self) -> None:
        """Let go of the kernel; it goes on."""


class Direct:
    """Speak to a kernel in this process."""

    def __init__(self, kernel: Kernel) -> None:
        """Speak to `kernel`."""
        self.kernel = kernel

    def call(self, call: Call) -> Reply:
        """Return the kernel's answer."""
        return self.kernel.answer(call)

    def another(self, seconds: float) -> Direct:
        """Return this very link: there is no connection that could be busy."""
        del seconds
        return self

    def close(self) -> None:
        """Do nothing: there is no connection."""


@contextmanager
def short_path(path: Path) -> Iterator[str]:
    """Give a name for `path` that fits into a socket's address, however deep its folder lies."""
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


class Wire:
    """Speak to a kernel over its socket. Any thread may call; calls go one at a time."""

    def __init__(self, path: Path, seconds: float = ANSWER) -> None:
        """Connect to the socket at `path`.

        Raises:
            KernelGoneError: when nobody listens there.
        """
        self.path = path
        self._lock = threading.Lock()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(seconds)
        try:
            with short_path(path) as name:
                self._socket.connect(name)
        except OSError as error:
            self._socket.close()
            raise KernelGoneError(f"{path}: no kernel answers: {error.strerror}") from error
        self._file = self._socket.makefile("rb")

    def call(self, call: Call) -> Reply:
        """Return the kernel's answer.

        Raises:
            KernelGoneError: when it does not answer in time; the link is of no use after that.
        """
        with self._lock:
            try:
                self._socket.sendall(msgspec.json.encode(call) + b"\n")
                line = self._file.readline(MAX_REPLY)
            except (OSError, ValueError) as error:
                self.close()
                raise KernelGoneError("the kernel does not answer: frozen, or gone") from error
            if not line.endswith(b"\n"):
                self.close()
                raise KernelGoneError("the kernel is gone")
            return REPLIES.decode(line)

    def another(self, seconds: float) -> Wire:
        """Return a second connection, whose calls may take `seconds`.

        Raises:
            KernelGoneError: when nobody listens any more.
        """
        return Wire(self.path, seconds)

    def close(self) -> None:
        """Close the connection; the kernel goes on."""
        with contextlib.suppress(OSError):
            self._file.close()
            self._socket.close()
