"""Let consoles and commands reach a kernel: a socket in the log's folder, one thread a connection.

Only the same user may connect, and never a process that an agent started. The folder also says
which processes are agents, so that they can be killed when the kernel itself is frozen.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
import struct
import threading
import time
from pathlib import Path

import msgspec

from oversight.kernel import Kernel
from oversight.link import short_path
from oversight.wire import CALLS, Done
from sandbox.errors import OffswitchError, StoreError
from sandbox.text import printable

MAX_CALL = 2**20
"""Most bytes of one call."""

_PEER = struct.Struct("3i")


class Running(msgspec.Struct, frozen=True):
    """Say what runs, for whoever finds the kernel frozen.

    Attributes:
        kernel: process id and start time of the kernel.
        agents: name to process id and start time, which is 0 of one that has ended.
        episodes: name to id of the episode.
        console: the agents wait for a person at a console.
    """

    kernel: tuple[int, int]
    agents: dict[str, tuple[int, int]]
    episodes: dict[str, str]
    console: bool = False


def started(pid: int) -> int:
    """Return when a process started, in clock ticks since boot; 0 when it is not there."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return 0
    fields = stat.rpartition(")")[2].split()
    return 0 if fields[0] in {"Z", "X"} else int(fields[19])


def parent(pid: int) -> int | None:
    """Return the parent's process id; 0 when it has none, None when the process is gone."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    return int(stat.rpartition(")")[2].split()[1])


def control_folder(logs: Path) -> Path:
    """Return the folder in which kernels of a log can be reached."""
    return logs / "control"


class Server:
    """Serve one kernel until closed."""

    def __init__(self, kernel: Kernel, logs: Path, *, alone: bool = False) -> None:
        """Listen in the folder of `logs`; `alone` when all our children are agents, or theirs.

        Raises:
            StoreError: when the folder cannot be written.
        """
        self.kernel = kernel
        kernel.started = self.note
        self._shunned = {os.getpid()} if alone else set()
        folder = control_folder(logs)
        self.path = folder / f"{os.getpid()}-{secrets.token_hex(4)}.sock"
        self._note = self.path.with_suffix(".json")
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with short_path(self.path) as name:
                self._socket.bind(name)
            self.path.chmod(0o600)
            self.note()
        except OSError as error:
            self._socket.close()
            raise StoreError(f"{folder}: cannot be written: {error.strerror}") from error
        self._socket.listen(64)
        self._busy: set[threading.Thread] = set()
        threading.Thread(target=self._accept, daemon=True).start()

    def note(self) -> None:
        """Write down which processes run, whole or not at all."""
        agents: dict[str, tuple[int, int]] = {}
        for name, member in list(self.kernel.crew.members.items()):
            pid = getattr(member.session.agent, "pid", 0)
            if pid:
                agents[name] = (pid, started(pid))
        running = Running(
            (os.getpid(), started(os.getpid())),
            agents,
            {
                name: member.session.log.episode
                for name, member in list(self.kernel.crew.members.items())
            },
            self.kernel.watched,
        )
        fresh = self._note.with_suffix(".new")
        fresh.write_bytes(msgspec.json.encode(running))
        fresh.replace(self._note)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._busy.add(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            self._talk(connection)
        finally:
            self._busy.discard(threading.current_thread())

    def _talk(self, connection: socket.socket) -> None:
        with (
            contextlib.suppress(OSError, ValueError),
            connection,
            connection.makefile("rb") as lines,
        ):
            refused = self._refused(connection)
            while line := lines.readline(MAX_CALL):
                if refused:  # only now: to close on unread words would reset the connection
                    connection.sendall(msgspec.json.encode(Done(False, refused)) + b"\n")
                    return
                connection.sendall(self._answer(line) + b"\n")
                if not line.endswith(b"\n"):
                    return  # what follows is the rest of a call, not a call

    def _answer(self, line: bytes) -> bytes:
        if not line.endswith(b"\n"):
            return msgspec.json.encode(
                Done(False, f"malformed call: not a line of {MAX_CALL} bytes")
            )
        try:
            call = CALLS.decode(line)
        except (msgspec.DecodeError, OffswitchError, RecursionError) as error:
            return msgspec.json.encode(Done(False, f"malformed call: {error}"))
        try:
            return msgspec.json.encode(self.kernel.answer(call))
        except Exception as error:  # noqa: BLE001 (who asks must not take the kernel for gone)
            reason = f"the kernel broke on this call: {type(error).__name__}: {error}"
            return msgspec.json.encode(Done(False, printable(reason, 500)))

    def _refused(self, connection: socket.socket) -> str:
        """Say why the other side may not speak to the kernel; empty when it may."""
        peer = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size)
        pid, uid, _ = _PEER.unpack(peer)
        if uid != os.getuid():
            return "another user's process may not control these agents"
        agents = {
            getattr(member.session.agent, "pid", 0)
            for member in list(self.kernel.crew.members.values())
        } - {0} | self._shunned
        above: int | None = pid
        while above and above > 1:
            if above in agents:
                return "an agent may not reach its own off-switch"
            above = parent(above)
        # whoever has ended, or whose parents are ending, may have been an agent's: not let in
        return "" if above is not None else "the process that asks is gone"

    def drain(self, seconds: float) -> None:
        """Let those who are connected take their last answer, for `seconds` at the most."""
        until = time.monotonic() + seconds
        for thread in list(self._busy):
            thread.join(max(0.0, until - time.monotonic()))

    def close(self) -> None:
        """Stop listening and leave no trace in the folder."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for path in (self.path, self._note):
            path.unlink(missing_ok=True)
