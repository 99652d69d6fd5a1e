"""Pause, resume and stop agents from any terminal, whatever has become of their console.

Where the kernel itself is frozen or gone, a stop kills the agents' processes directly: each is
named by id and start time, and reported dead only when its pidfd says so.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from oversight.link import KernelGoneError, Wire
from oversight.serve import Running, control_folder, started
from oversight.wire import (
    Call,
    Done,
    MemberView,
    News,
    Pause,
    Poll,
    Reply,
    Resume,
    ShutDownAgents,
    Stopped,
)
from sandbox.errors import InputError

PATIENCE = 1.5
"""Seconds that a kernel has to answer before it counts as frozen."""

SEEN = 5.0
"""Seconds in which what was ordered should be seen."""


class Found(NamedTuple):
    """Hold one kernel that runs agents of a log."""

    socket: Path
    running: Running


class Result(NamedTuple):
    """Say what was seen of one agent."""

    agent: str
    episode: str
    ok: bool
    sentence: str


def kernels(logs: Path) -> Iterator[Found]:
    """Yield every kernel of a log that still runs; what dead ones left behind is cleared."""
    for note in sorted(control_folder(logs).glob("*.json")):
        try:
            running = msgspec.json.decode(note.read_bytes(), type=Running)
        except (OSError, msgspec.DecodeError):
            continue
        pid, since = running.kernel
        if started(pid) == since:
            yield Found(note.with_suffix(".sock"), running)
        elif not any(then and started(one) == then for one, then in running.agents.values()):
            for path in (note, note.with_suffix(".sock")):
                with contextlib.suppress(OSError):
                    path.unlink(missing_ok=True)
        else:
            yield Found(note.with_suffix(".sock"), running)


def watched(logs: Path) -> Path | None:
    """Return the socket of the run that a console may watch, if there is one."""
    for found in kernels(logs):
        if found.running.console and started(found.running.kernel[0]) == found.running.kernel[1]:
            return found.socket
    return None


def chosen(logs: Path, episode: str | None) -> list[tuple[Found, tuple[str, ...]]]:
    """Return the kernels with the agents that `episode` names: an id's beginning, or an agent.

    Raises:
        InputError: when nothing runs, or nothing of that name.
    """
    everything = list(kernels(logs))
    if not everything:
        raise InputError(f"nothing is running in {logs}; --logs DIR names another log")
    if episode is None:
        return [(one, tuple(one.running.episodes)) for one in everything]
    found = [(one, names) for one in everything if (names := _named(one.running, episode))]
    if not found:
        known = ", ".join(
            f"{name} ({number})"
            for one in everything
            for name, number in one.running.episodes.items()
        )
        raise InputError(f"no running episode or agent {episode!r}; running: {known}")
    return found


def _named(running: Running, episode: str) -> tuple[str, ...]:
    return tuple(
        name
        for name, number in running.episodes.items()
        if name == episode or (episode and number.startswith(episode))
    )


def order(verb: str, logs: Path, episode: str | None, operator: str, reason: str) -> list[Result]:
    """Carry out `pause`, `resume` or `stop`, and say what was seen of each agent.

    Raises:
        InputError: when nothing runs, or nothing of that name.
    """
    results: list[Result] = []
    operator, reason = _sendable(operator), _sendable(reason)
    for found, names in chosen(logs, episode):
        whole = () if set(names) == set(found.running.episodes) else names
        try:
            results += _ordered(verb, found, names, _call(verb, operator, whole, reason))
        except KernelGoneError:
            results += _without_kernel(verb, found, names)
    return results


def _sendable(text: str) -> str:
    """Return text that can be sent, whatever bytes stood in the command line."""
    return text.encode(errors="replace").decode()


def _call(verb: str, operator: str, names: tuple[str, ...], reason: str) -> Call:
    if verb == "pause":
        return Pause(operator, names)
    if verb == "resume":
        return Resume(operator, names)
    return ShutDownAgents(operator, reason, names)


def _ordered(verb: str, found: Found, names: tuple[str, ...], call: Call) -> list[Result]:
    """Give the order and watch until it is seen to be carried out."""
    probe = Wire(found.socket, PATIENCE)
    probe.call(Poll("", ""))  # whoever is frozen is found out soon; a kill may take longer
    link = probe.another(PATIENCE + SEEN)
    probe.close()
    try:
        reply = link.call(call)
        if isinstance(reply, Done) and not reply.ok:
            return [
                Result(name, found.running.episodes[name], False, reply.sentence) for name in names
            ]
        return _watch(verb, link, names, reply)
    finally:
        link.close()


def _watch(verb: str, link: Wire, names: tuple[str, ...], reply: Reply) -> list[Result]:
    until = time.monotonic() + SEEN
    proofs = dict(reply.proofs) if isinstance(reply, Stopped) else {}
    while True:
        news = link.call(Poll("", ""))
        members = (
            [one for one in news.members if one.name in names] if isinstance(news, News) else []
        )
        seen = [_seen(verb, one) for one in members]
        if all(seen) or time.monotonic() > until:
            break
        time.sleep(0.05)
    return [
        Result(one.name, one.episode, ok, _sentence(one, proofs.get(one.name, ""), ok=ok))
        for one, ok in zip(members, seen, strict=True)
    ]


def _seen(verb: str, member: MemberView) -> bool:
    if verb == "stop":
        return member.ended
    return member.frozen if verb == "pause" else member.ended or member.state == "running"


def _sentence(member: MemberView, proof: str, *, ok: bool) -> str:
    if member.ended:
        return proof or member.proof or f"had ended: {member.state}"
    word = "paused" if member.frozen and member.state != "running" else member.state
    return word if ok else f"not seen yet: {word}"


def _without_kernel(verb: str, found: Found, names: tuple[str, ...]) -> list[Result]:
    """Do what can be done when the kernel does not answer: kill, and see."""
    results = []
    for name in names:
        pid, since = found.running.agents.get(name, (0, 0))
        ok, sentence = False, "the kernel does not answer: nothing is applied while it is frozen"
        kernel, then = found.running.kernel
        if verb == "stop" and not pid and started(kernel) != then:
            ok, sentence = True, f"process {kernel}, in which it ran, is gone"
        elif verb == "stop":
            ok, sentence = _kill(pid, since)
        results.append(Result(name, found.running.episodes[name], ok, sentence))
    return results


def _kill(pid: int, since: int) -> tuple[bool, str]:
    """Kill one process through a pidfd, if it is still the one that was noted down."""
    if not pid:
        return False, "it has no process of its own, and its kernel does not answer"
    try:
        watch = os.pidfd_open(pid)
    except ProcessLookupError:
        return True, f"process {pid} is gone"
    try:
        if not since or started(pid) != since:
            return True, f"process {pid} is gone"
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)  # unheld, it may have started others
        with contextlib.suppress(ProcessLookupError, PermissionError):
            signal.pidfd_send_signal(watch, signal.SIGKILL)
        dead, _, _ = select.select([watch], [], [], SEEN)
    finally:
        os.close(watch)
    if dead:
        return True, f"process {pid} is seen dead (pidfd); its kernel does not answer"
    return False, f"process {pid} was killed and is NOT SEEN TO BE DEAD"
