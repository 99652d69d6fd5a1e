"""Exchange lines with another process over two pipes, under one total deadline and a size limit."""

from __future__ import annotations

import os
import select
import time

from sandbox.errors import AgentError, AgentTimeoutError

MAX_LINE = 2**20
"""Most bytes of one line."""

_CHUNK = 65_536


class Channel:
    """Send and receive newline-terminated lines. Use it from one thread at a time."""

    def __init__(self, reading: int, writing: int) -> None:
        """Own the two file descriptors."""
        self._reading, self._writing = reading, writing
        self._buffer = bytearray()
        os.set_blocking(reading, False)
        os.set_blocking(writing, False)

    def exchange(self, line: bytes, seconds: float) -> bytes:
        """Send one line and return the line that answers it.

        Raises:
            AgentTimeoutError: when both together take longer than `seconds`.
            AgentError: when the other side is gone, writes too much, or spoke unasked.
        """
        if self._buffer:
            raise AgentError("the agent's process spoke without being asked")
        until = time.monotonic() + seconds
        self._send(line + b"\n", until, seconds)
        return self._receive(until, seconds)

    def tell(self, line: bytes, seconds: float) -> None:
        """Send one line that is not answered.

        Raises:
            AgentTimeoutError: when it is not taken within `seconds`.
            AgentError: when the other side is gone.
        """
        self._send(line + b"\n", time.monotonic() + seconds, seconds)

    def rest(self, seconds: float) -> bytes:
        """Return all that the other side still writes until it is gone.

        Raises:
            AgentTimeoutError: when it is not gone within `seconds`.
            AgentError: when it writes too much.
        """
        until = time.monotonic() + seconds
        while len(self._buffer) <= MAX_LINE:
            self._ready([self._reading], [], until, seconds)
            chunk = os.read(self._reading, _CHUNK)
            if not chunk:
                found = bytes(self._buffer)
                self._buffer.clear()
                return found
            self._buffer += chunk
        raise AgentError(f"the process wrote more than {MAX_LINE:,} bytes")

    def _send(self, content: bytes, until: float, seconds: float) -> None:
        rest = memoryview(content)
        while rest:
            self._ready([], [self._writing], until, seconds)
            try:
                rest = rest[os.write(self._writing, rest) :]
            except BrokenPipeError:
                raise AgentError("the agent's process is gone") from None

    def _receive(self, until: float, seconds: float) -> bytes:
        while b"\n" not in self._buffer:
            if len(self._buffer) > MAX_LINE:
                raise AgentError(f"the agent's answer is longer than {MAX_LINE:,} bytes")
            self._ready([self._reading], [], until, seconds)
            chunk = os.read(self._reading, _CHUNK)
            if not chunk:
                raise AgentError("the agent's process is gone")
            self._buffer += chunk
        line, _, rest = bytes(self._buffer).partition(b"\n")
        self._buffer = bytearray(rest)
        return line

    def _ready(self, reads: list[int], writes: list[int], until: float, seconds: float) -> None:
        left = until - time.monotonic()
        if left <= 0 or not any(select.select(reads, writes, [], left)):
            raise AgentTimeoutError(f"no answer within {seconds:g} s")

    def close(self) -> None:
        """Close both ends."""
        os.close(self._reading)
        os.close(self._writing)
