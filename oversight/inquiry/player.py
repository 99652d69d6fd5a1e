"""Play the twins of a logged episode: the same agent, held as ever, many at once, within bounds.

Agent, reward design, grants, policy and overseer are those of the episode's header. A scripted
overseer answers as before; a person's stand-in repeats what the log has of each action's answers,
and asks the scripted overseer beyond that. Nobody interrupts a twin from outside.

An agent that ran unconfined because a person said so is confined here all the same.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import NamedTuple

from agents.base import Agent
from agents.registry import is_built_in
from oversight.gate import Gate
from oversight.inquiry.rested import Rest
from oversight.inquiry.twins import Compared, Job, jobs, judged, silent, steady, walked
from oversight.inquiry.walk import Walk
from oversight.overseer import POLICIES, SCRIPTED, Overseer, Scripted
from oversight.policy import ApprovalPolicy
from oversight.request import Answer, ApprovalRequest
from oversight.rerun import grants_of, plan_of, policy_of
from oversight.run import Plan, agent_of, check_plan
from oversight.session import Session, run_episode
from oversight.shutdown import Control
from sandbox.action import Action
from sandbox.clock import Clock, WallClock
from sandbox.confine.levels import HELD, Mode
from sandbox.confine.pool import Pool
from sandbox.decision import DecisionKind
from sandbox.errors import InputError
from sandbox.events import AnyEvent, Decided, EpisodeStarted, Header, Proposed
from sandbox.log import MemoryLog
from sandbox.permissions import Permissions
from tasks import load
from tasks.registry import lasting
from tasks.spec import MARK, TaskSpec

TWINS = 8
"""Seeds that are played, at most."""

SECONDS = 60.0
"""How long twins are played, at most."""

WORKERS = 2
"""Episodes that are played at once."""


class Progress(NamedTuple):
    """Say how far the twins are: episodes played, of how many, in how many seconds."""

    played: int
    of: int
    seconds: float


@dataclass(frozen=True)
class Counterfactuals:
    """Hold what the twins of a logged episode show, and what they cost.

    Attributes:
        compared: evidence, and a line for each pair of twins.
        episodes: how many were played to their end.
        seeds: how many seeds were begun.
        seconds: how long that took.
        cut: why not all were played; empty where all were.
    """

    compared: Compared
    episodes: int = 0
    seeds: int = 0
    seconds: float = 0.0
    cut: str = ""

    @property
    def cost(self) -> str:
        """Return what was played, in words."""
        seeds = f"{self.seeds} {'seed' if self.seeds == 1 else 'seeds'}"
        said = f"{self.episodes} twin episodes of {seeds} in {self.seconds:.1f} s"
        return f"{said}; {self.cut}" if self.cut else said


class AsBefore:
    """Answer each action as the log shows that it was answered; else as `then` would."""

    def __init__(self, then: Overseer, events: Iterable[AnyEvent]) -> None:
        """Read the last answer to each action that the policy alone did not decide."""
        self.name = then.name
        self._then = then
        self._answers: dict[Action, DecisionKind] = {}
        asked: dict[int, Action] = {}
        for event in events:
            if isinstance(event, Proposed):
                asked[event.step] = event.proposal.action
            elif isinstance(event, Decided) and event.decision.by != "policy":
                kind, step = event.decision.kind, event.decision.step
                if kind in {DecisionKind.APPROVE, DecisionKind.VETO} and step in asked:
                    self._answers[asked[step]] = kind

    def answer(self, request: ApprovalRequest) -> Answer:
        """Return the answer to `request`."""
        kind = self._answers.get(request.proposal.action)
        if kind is None:
            return self._then.answer(request)
        by = f"overseer:{self.name}"
        persons = tuple(f"{self.name}-{number}" for number in range(request.persons))
        return Answer(kind, by, request.digest, "as before", approvers=persons)


def play_twins(
    events: Sequence[AnyEvent],
    twins: int = TWINS,
    seconds: float = SECONDS,
    told: Callable[[Progress], None] = lambda progress: None,
    clock: Clock | None = None,
) -> Counterfactuals:
    """Play and compare the twins of a logged episode; what cannot be run again says why.

    Args:
        events: of the episode, header first.
        twins: seeds, at most; the episode's own is the first.
        seconds: for all of them.
        told: called after each episode; Ctrl-C leaves what was found so far.
        clock: tells the seconds.
    """
    try:
        player = Player(events)
    except InputError as error:
        return Counterfactuals(silent(str(error)))
    seeds = [(player.plan.seed + number) % 2**63 for number in range(max(1, twins))]
    with player.ready(WORKERS):
        run = _Run(player, clock or WallClock(), seconds, told)
        run.play(jobs(player.spec, seeds))
    return Counterfactuals(
        compared=judged(player.full_task, events, run.played),
        episodes=len(run.played),
        seeds=len({job.seed for job in run.played}),
        seconds=run.spent,
        cut=run.cut,
    )


class Player:
    """Play a logged agent again, in any twin of its world, with any seed.

    Attributes:
        plan: by which the episode is run again.
        full_task: name of the world itself, whatever twin the episode was played in.
        spec: of the task.
    """

    def __init__(self, events: Sequence[AnyEvent]) -> None:
        """Read the header.

        Raises:
            InputError: saying why the agent cannot be run again.
        """
        if not events or not isinstance(events[0], EpisodeStarted):
            raise InputError("the agent cannot be run again: the log does not begin with a header")
        header = events[0].header
        try:
            self.plan, self._terms = _read(header)
            self.full_task = f"{self.plan.task}/{str(self.plan.setting).partition(MARK)[0]}"
            self.level = check_plan(self.plan)
            self.spec: TaskSpec = load(self.full_task).spec
        except Exception as error:
            raise InputError(f"the agent cannot be run again: {_line(error)}") from error
        self._overseer = _overseer(str(header.get("overseer", "")), events)
        self._pool: Pool | None = None
        self._rest = Rest(self._fresh)
        self._running: set[Control] = set()
        self._ended = False
        self._lock = threading.Lock()

    @contextmanager
    def ready(self, workers: int) -> Iterator[None]:
        """Keep held processes ready for agents that take one of a pool."""
        self._pool = Pool(self.level, workers) if self.level in HELD else None
        try:
            yield
        finally:
            self.end("the twins are over")
            self._rest.close()
            if self._pool is not None:
                self._pool.close()

    def play(self, full_task: str, seed: int) -> list[AnyEvent]:
        """Play one episode; the same agent every time.

        Raises:
            InputError: when what it needs is not to be had.
        """
        log, control = MemoryLog(), Control()
        grants, policy = self._terms
        session = Session(
            task=load(full_task),
            agent=self._agent(full_task),
            name=self.plan.name,
            gate=Gate(policy, self._overseer),
            log=log,
            seed=seed,
            permissions=grants,
            control=control,
            opens_as=lasting(full_task),
        )
        with self._lock:
            self._running.add(control)
            ended = self._ended
        if ended:
            control.shutdown("analyzer", "the twins are over")
        try:
            run_episode(session)
        finally:
            with self._lock:
                self._running.discard(control)
        return log.events

    def _agent(self, full_task: str) -> Agent:
        """Return the agent for an episode; a built-in one may have been there before."""
        built_in = is_built_in(self.plan.agent)
        return self._rest.take(full_task) if built_in else self._fresh(full_task)

    def _fresh(self, full_task: str) -> Agent:
        return agent_of(replace(self.plan, task=full_task, setting=None), self._pool)

    def end(self, why: str) -> None:
        """Shut down what is still running; nothing more is begun."""
        with self._lock:
            self._ended, running = True, list(self._running)
        for control in running:
            control.shutdown("analyzer", why)


class _Run:
    """Play jobs side by side until they are done, time is up or a person has had enough."""

    def __init__(
        self, player: Player, clock: Clock, seconds: float, told: Callable[[Progress], None]
    ) -> None:
        self.played: dict[Job, Walk] = {}
        self.cut = ""
        self.spent = 0.0
        self._player, self._clock, self._seconds, self._told = player, clock, seconds, told
        self._begun = clock.monotonic()

    def play(self, todo: Sequence[Job]) -> None:
        """Try first whether the agent does the same again; then play the rest."""
        workers = ThreadPoolExecutor(WORKERS, thread_name_prefix="twins")
        try:
            for wave in (todo[:2], todo[2:]):
                if not self.cut and steady(self.played):
                    self._wave(workers, wave, len(todo))
        finally:
            self._player.end(self.cut or "the twins are over")
            workers.shutdown(wait=False, cancel_futures=True)
            self.spent = self._clock.monotonic() - self._begun

    def _wave(self, workers: ThreadPoolExecutor, wave: Sequence[Job], total: int) -> None:
        waiting = {workers.submit(self._one, job): job for job in wave}
        try:
            for done in as_completed(waiting, max(0.0, self._left())):
                self.played[waiting[done]] = done.result()
                spent = self._clock.monotonic() - self._begun
                self._told(Progress(len(self.played), total, spent))
                if self._left() <= 0 and len(self.played) < total:
                    self.cut = f"cut after {self._seconds:g} s"
                    return
        except TimeoutError:
            self.cut = f"cut after {self._seconds:g} s"
        except KeyboardInterrupt:
            self.cut = "stopped by Ctrl-C"

    def _left(self) -> float:
        return self._seconds - (self._clock.monotonic() - self._begun)

    def _one(self, job: Job) -> Walk:
        return walked(self._player.full_task, job, self._player.play)


def _read(header: Header) -> tuple[Plan, tuple[Permissions, ApprovalPolicy]]:
    """Return plan and terms of a header; whoever ran unconfined does so no more."""
    plan = plan_of(header, str(header.get("name", "agent-1")))
    return replace(plan, confine=Mode.AUTO), (grants_of(header), policy_of(header))


def _overseer(name: str, events: Sequence[AnyEvent]) -> Overseer:
    """Return who answers in the twins, given who answered in the episode."""
    kind, _, stem = name.partition(":")
    path = POLICIES / f"{stem}.toml"
    if kind == "scripted" and path.parent == POLICIES and path.is_file():
        return Scripted(path)
    return AsBefore(Scripted(SCRIPTED), events)


def _line(error: Exception) -> str:
    words = str(error).partition("\n")[0]
    return words if isinstance(error, InputError) else f"{type(error).__name__}: {words}"
