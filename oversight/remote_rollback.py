"""Roll a running episode back from any terminal: pause it, show what will come of it, order it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import NamedTuple

from oversight.link import KernelGoneError, Wire
from oversight.remote_control import PATIENCE, SEEN, chosen, order
from oversight.rollback import RollbackPlan
from oversight.wire import Done, DoRollback, News, Planned, PlanRollback, Poll
from sandbox.errors import InputError
from sandbox.events import Asked, Decided, RollbackBegun, RollbackEnded, Undoing


class Target(NamedTuple):
    """Name one running agent.

    Attributes:
        socket: of its kernel.
        agent: what the kernel calls it.
        episode: id.
    """

    socket: Path
    agent: str
    episode: str


class Outcome(NamedTuple):
    """Say how far a rollback was seen to come.

    Attributes:
        ended: it was seen to its end.
        undoings: what became of each action, the latest first; as planned while it goes on.
        waiting: id of the request that it waits for, or empty.
    """

    ended: bool
    undoings: tuple[Undoing, ...]
    waiting: str = ""


def target(logs: Path, reference: str) -> Target:
    """Return the one running agent that `reference` names.

    Raises:
        InputError: when there is none, or more than one.
    """
    found = [(one, name) for one, names in chosen(logs, reference) for name in names]
    if len(found) != 1:
        named = ", ".join(one.running.episodes[name] for one, name in found)
        raise InputError(f"{reference!r} names {len(found)} running episodes: {named}")
    kernel, name = found[0]
    return Target(kernel.socket, name, kernel.running.episodes[name])


def plan(logs: Path, at: Target, to: int, operator: str) -> RollbackPlan:
    """Pause the agent, and say what taking back all steps from `to` on would do.

    Raises:
        InputError: when it does not pause, has ended, or no such step was taken.
    """
    paused = order("pause", logs, at.episode, operator, "to be rolled back")
    if not all(one.ok for one in paused):
        raise InputError(f"{at.agent} is not seen to be paused; nothing was changed")
    reply = _call(at, PlanRollback(at.agent, to))
    if not isinstance(reply, Planned):
        raise InputError(f"{getattr(reply, 'sentence', 'no answer')}; nothing was changed")
    return reply.plan


def carry_out(at: Target, to: int, operator: str, reason: str) -> Outcome:
    """Order the rollback, and watch it to its end, or to the request that it waits for.

    Raises:
        InputError: when the kernel refuses it, or is gone.
    """
    link = Wire(at.socket, PATIENCE + SEEN)
    try:
        since = _newest(link)
        reply = link.call(DoRollback(at.agent, to, operator, reason))
        if isinstance(reply, Done) and not reply.ok:
            raise InputError(f"{reply.sentence}; nothing was changed")
        return _watch(link, at.agent, since)
    except KernelGoneError as error:
        raise InputError(f"{at.agent}: {error}; `offswitch show` says how far it came") from error
    finally:
        link.close()


def _newest(link: Wire) -> int:
    """Return the number of the last event so far."""
    since = 0
    while True:
        news = link.call(Poll("", "", events=since))
        if not isinstance(news, News) or not news.items:
            return since
        since = news.items[-1].number


def _watch(link: Wire, agent: str, since: int) -> Outcome:
    """Read what happens until the rollback has ended, or waits for a decision."""
    until = time.monotonic() + SEEN
    planned: tuple[Undoing, ...] = ()
    waiting = ""
    while True:
        news = link.call(Poll("", "", events=since))
        for item in news.items if isinstance(news, News) else ():
            since = item.number
            event = item.event
            if item.agent != agent:
                continue
            if isinstance(event, RollbackBegun):
                planned = event.undoings
            elif isinstance(event, RollbackEnded):
                return Outcome(True, event.undoings)
            elif planned and isinstance(event, Asked):
                waiting = event.request
            elif isinstance(event, Decided):
                waiting = ""
        if time.monotonic() > until or waiting:
            return Outcome(False, planned, waiting)
        time.sleep(0.05)


def _call(at: Target, call: PlanRollback) -> object:
    link = Wire(at.socket, PATIENCE)
    try:
        return link.call(call)
    except KernelGoneError as error:
        raise InputError(f"{at.agent}: its kernel does not answer; nothing was changed") from error
    finally:
        link.close()
