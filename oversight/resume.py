"""Take an episode up again that was broken off: by a crash, a kill, a full disk, a power cut.

It is brought back to where its log ends (see `recall`). A request that was asked and not answered
is asked again; one that was answered is neither asked nor applied a second time.
"""

from __future__ import annotations

import json
from typing import Any

from agents.code import code_of
from oversight.recall import Recalled, RecalledAgent, RecalledGate, last_number
from oversight.rerun import grants_of, plan_of, policy_of, stages_of, whole_events
from oversight.run import FORMAT, Plan, Stage, Terms, open_session
from oversight.session import Session
from sandbox.errors import InputError, OffswitchError
from sandbox.events import AnyEvent, Asked, Decided, Header
from sandbox.log import Episode
from tasks.fingerprint import task_digest


def open_resume(episode: Episode, stage: Stage, by: str, name: str = "") -> tuple[Plan, Session]:
    """Open the session of an episode that was broken off; `by` says who takes it up again.

    Its agent keeps the name it has in the log; another `name` is refused. Nothing is written
    before the episode is where it was.

    Raises:
        InputError: when it has ended, is being written, is damaged, or its task has changed.
        StoreError: when the store cannot be written.
    """
    store = stage.store
    if store is None:
        raise InputError("there is no log in which an episode could be taken up again")
    header: Header = json.loads(episode.header)
    plan = _plan(episode, header)
    if name and name != plan.name:
        raise InputError(f"the agent of episode {episode.id} is called {plan.name!r}, not {name!r}")
    log = store.reopen(episode.id)
    try:
        events = whole_events(store, episode)
        recalled = Recalled(log, events, by)
        session = _session(plan, stage, recalled, header)
    except OffswitchError:
        log.abandon()
        raise
    session.gate = RecalledGate(session.gate, session, recalled)
    _pass_over(session, stage, events)
    return plan, session


def _plan(episode: Episode, header: Header) -> Plan:
    """Return what to run again, once it is sure that it is the same."""
    if header.get("format") != FORMAT or "parent" in header:
        is_fork = "parent" in header
        what = "it is a fork: fork its parent again" if is_fork else "it is of an older format"
        raise InputError(f"episode {episode.id} cannot be taken up again: {what}")
    now = task_digest(str(header["task"]))
    if now != header.get("task_digest"):
        raise InputError(
            f"the task {header['task']} has changed since episode {episode.id} was broken off "
            f"(its digest was {str(header.get('task_digest'))[:12]}, and is {now[:12]}): run it "
            "with the code of then, or begin a new episode; nothing was changed"
        )
    plan = plan_of(header, str(header["name"]))
    if "agent_code" in header and code_of(plan.agent, plan.reward) != header["agent_code"]:
        raise InputError(
            f"the code of {plan.agent} has changed since episode {episode.id} was broken off, and "
            "trust is for the code of then: begin a new episode; nothing was changed"
        )
    return plan


def _session(plan: Plan, stage: Stage, log: Recalled, header: Header) -> Session:
    """Open the session over the recorded events, with the terms of then."""

    def wrap(agent: Any) -> Any:
        return RecalledAgent(agent, log, otherwise)

    def otherwise(step: int) -> None:
        session.notes.error("the agent proposes otherwise than it did", step=step)

    terms = Terms(grants_of(header), policy_of(header), wrap, {}, stages=stages_of(header))
    session = open_session(plan, stage, log=log, terms=terms)
    return session


def _pass_over(session: Session, stage: Stage, events: list[AnyEvent]) -> None:
    """Number on from what was asked, and let a simulated person stand where they stood."""
    number = last_number(events)
    session.pass_over(number)
    for one in (stage.overseer, getattr(stage.overseer, "queue", None)):
        count = number if one is not stage.overseer else _answered(events)
        getattr(one, "pass_over", lambda _: None)(count)


def _answered(events: list[AnyEvent]) -> int:
    """Count the requests that were answered."""
    asked = {one.request for one in events if isinstance(one, Asked)}
    return sum(isinstance(one, Decided) and one.decision.request in asked for one in events)


def seed_of(episode: Episode) -> int:
    """Return the seed that an episode was begun with."""
    return int(json.loads(episode.header).get("seed", 0))


def overseer_of(episode: Episode) -> str:
    """Return the reference of the overseer that an episode was begun under.

    Raises:
        InputError: when its header does not say enough to make one.
    """
    header = json.loads(episode.header)
    name = str(header.get("overseer", ""))
    if made := str(header.get("overseer_as", "")):
        return made
    if name in {"scripted:scripted", "scripted:watchful"}:
        return name.partition(":")[2]
    if name == "human":
        raise InputError(
            f"episode {episode.id} waits for a person: `offswitch oversee --resume {episode.id}`, "
            "or say who decides from here on with --overseer"
        )
    raise InputError(
        f"episode {episode.id} was overseen by {name!r}: say with --overseer who goes on deciding"
    )
