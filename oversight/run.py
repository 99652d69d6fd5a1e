"""Open sessions from names: what `offswitch run`, the demo and the console have in common."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from agents.base import Agent
from agents.code import code_of
from agents.registry import (
    check_agent,
    check_design,
    check_fit,
    check_learner,
    is_built_in,
    make_agent,
)
from agents.remote import start_remote
from agents.training import is_learner
from oversight.gate import Gate
from oversight.overseer import Overseer
from oversight.policy import DEFAULT, ApprovalPolicy, load_policy
from oversight.session import Session, Silent, Summary
from oversight.shutdown import Control
from oversight.stage_file import StageFile, load_stages
from oversight.stage_place import Who
from oversight.standing import StandingGrants
from oversight.telemetry import telemetry
from oversight.trust import LiveTrust
from sandbox.chance import Switches
from sandbox.confine.levels import Level, Mode, choose
from sandbox.confine.pool import Pool
from sandbox.errors import InputError, OffswitchError
from sandbox.events import AnyEvent, Header
from sandbox.log import Log, Store
from sandbox.permissions import Permissions, load_permissions
from sandbox.plugin import file_of
from tasks import load
from tasks.fingerprint import task_digest
from tasks.registry import lasting
from tasks.spec import Task

FORMAT = 2
"""Of episodes, as their headers say it; from 2 on an episode can be taken up again."""

AGENT_DEADLINE = 30.0
"""Seconds that an agent of one's own has for each answer."""


@dataclass(frozen=True)
class Plan:
    """Name one episode.

    Attributes:
        task: task, or task/setting.
        setting: of the task; None for its first.
        agent: built in, from an entry point, or `file.py:Name`.
        reward: the reward design of a planner.
        seed: of everything random, from 0 to 2^63.
        name: what the kernel calls the agent.
        permissions: a file that narrows the setting's grants, or None.
        policy: approval policy file.
        stages: file of the stages that agents begin with, or None for no stages.
        deadline: seconds for each answer of an agent in a process of its own.
        confine: what should hold the agent's process; `none` only where a person said so.
        in_process: run a built-in agent within Offswitch itself, for designs that are trusted.
    """

    task: str
    setting: str | None = None
    agent: str = "planner"
    reward: str = "naive"
    seed: int = 0
    name: str = "agent-1"
    permissions: Path | None = None
    policy: Path = DEFAULT
    stages: Path | None = None
    deadline: float = AGENT_DEADLINE
    confine: Mode = Mode.AUTO
    in_process: bool = False

    @property
    def containment(self) -> Level:
        """Return what holds the agent, as the log states it.

        Raises:
            InputError: when this machine has nothing that would do.
        """
        if self.in_process and is_built_in(self.agent):
            return Level.IN_PROCESS
        return choose(self.confine)


@dataclass
class Stage:
    """Hold what several sessions share: where they are written and who decides.

    Attributes:
        store: the log, or None for none.
        overseer: who answers.
        publish: called with agent name and event.
        request_id: gives request ids, when requests of several agents share a queue.
        standing: what persons approved ahead of time.
        pool: held processes that are ready for agents, or None.
    """

    store: Store | None
    overseer: Overseer
    publish: Callable[[str, AnyEvent], None] = lambda name, event: None
    request_id: Callable[[], str] | None = None
    standing: StandingGrants | None = None
    pool: Pool | None = None


@dataclass(frozen=True)
class Terms:
    """Hold grants and policy that come from elsewhere than the plan, and who they come from.

    Attributes:
        grants: instead of the setting's.
        policy: instead of the plan's file.
        wrap: puts something between the session and the plan's agent.
        note: goes into the header, beside what always stands there.
        luck: steps from which the world's chance goes on by other seeds, with these.
        stages: instead of the plan's file.
    """

    grants: Permissions
    policy: ApprovalPolicy
    wrap: Callable[[Agent], Agent]
    note: Header
    luck: Switches = ()
    stages: StageFile | None = None


def open_session(
    plan: Plan,
    stage: Stage,
    control: Control | None = None,
    log: Log | None = None,
    terms: Terms | None = None,
) -> Session:
    """Open task, agent, gate and log for one episode. Nothing is written before all is sound.

    Raises:
        InputError: naming what is unknown or malformed.
        StoreError: when the log cannot be begun.
    """
    task = _named(plan)
    grants, policy = (terms.grants, terms.policy) if terms else _terms(plan, task)
    rows = terms.stages if terms else _stages(plan, task)
    trust = _trust(plan, stage, rows, counts=terms is None or "parent" not in terms.note)
    gate = Gate(policy, stage.overseer, stage.standing, trust)
    agent = agent_of(plan, stage.pool)
    try:
        content = header(plan, task, grants, policy, stage.overseer)
        content |= (trust.header() if trust else {}) | (terms.note if terms else {})
        begun = log or _begin(stage, content)
    except OffswitchError:
        getattr(agent, "close", lambda: None)()
        if trust is not None:
            trust.close()
        raise
    return Session(
        task=task,
        agent=terms.wrap(agent) if terms else agent,
        name=plan.name,
        opens_as=lasting(plan.task),
        luck=terms.luck if terms else (),
        gate=gate,
        log=begun,
        seed=plan.seed,
        permissions=grants,
        control=control or Control(),
        publish=lambda event: stage.publish(plan.name, event),
        request_id=stage.request_id,
        notes=telemetry(stage.store.path.parent) if stage.store else Silent(),
    )


def check_plan(plan: Plan) -> Level:
    """Refuse what cannot be begun, before a log is opened for it; return what holds its agent.

    Raises:
        InputError: naming what is unknown or malformed.
    """
    task = _named(plan)
    _terms(plan, task)
    _stages(plan, task)
    return plan.containment


def _named(plan: Plan) -> Task[Any]:
    """Return the task that a plan names, once all that it names is known."""
    if not 0 <= plan.seed < 2**63:
        raise InputError(f"seed must be a whole number from 0 to 2^63, not {plan.seed}")
    task = load(plan.task, plan.setting)
    if plan.agent == "planner":
        check_design(plan.reward, task.spec, task.setting)
    check_agent(plan.agent, plan.reward)
    if is_learner(plan.agent):
        check_learner(plan.agent, plan.reward, task.spec, task.setting)
    check_fit(plan.reward, f"{lasting(plan.task)}/{task.setting}", plan.agent)
    return task


def _terms(plan: Plan, task: Task[Any]) -> tuple[Permissions, ApprovalPolicy]:
    """Return the setting's grants, narrowed, and the policy of the plan's file."""
    grants = task.permissions()
    if plan.permissions is not None:
        grants = grants.restrict(load_permissions(plan.permissions, task.spec.scopes))
    known = set(task.spec.action_types) if plan.policy != DEFAULT else None
    return grants, load_policy(plan.policy, known)


def _stages(plan: Plan, task: Task[Any]) -> StageFile | None:
    """Return what the plan's file of stages says."""
    return load_stages(plan.stages, tuple(task.spec.scopes)) if plan.stages else None


def _trust(plan: Plan, stage: Stage, file: StageFile | None, *, counts: bool) -> LiveTrust | None:
    """Return how far the plan's agent is trusted; None where there are no stages."""
    if file is None:
        return None
    if stage.store is None:
        raise InputError("stages are kept in the log, and there is none")
    who = Who(plan.agent, plan.reward, code_of(plan.agent, plan.reward))
    return LiveTrust(file, who, stage.store, counts=counts)


def agent_of(plan: Plan, pool: Pool | None) -> Agent:
    """Return a plan's agent, held as the plan says.

    Raises:
        InputError: when this machine cannot hold it so.
    """
    level = plan.containment
    if level is Level.IN_PROCESS:
        return make_agent(plan.agent, plan.reward)
    # An agent of one's own is not let into the task's file: performance stands there.
    files = [file_of(lasting(plan.task))] if is_built_in(plan.agent) else []
    return start_remote(plan.agent, plan.reward, plan.deadline, level, pool, files)


def _begin(stage: Stage, content: Header) -> Log:
    if stage.store is None:
        from sandbox.events import EpisodeStarted
        from sandbox.log import MemoryLog

        memory = MemoryLog()
        memory.append(EpisodeStarted(content))
        return memory
    return stage.store.begin(content)


def header(
    plan: Plan, task: Task[Any], grants: Permissions, policy: ApprovalPolicy, overseer: Overseer
) -> Header:
    """Return what the log says of an episode: enough to run it again, or to branch it."""
    made = getattr(overseer, "reference", "")
    return {
        "format": FORMAT,
        "task": lasting(plan.task),
        "task_digest": task_digest(lasting(plan.task)),
        "setting": task.setting,
        "agent": plan.agent,
        "name": plan.name,
        "reward_design": plan.reward,
        "overseer": overseer.name,
        **({"overseer_as": made} if made else {}),
        "policy": plan.policy.name,
        "rules": [rule.model_dump_json(exclude_defaults=True) for rule in policy.rules],
        "seed": plan.seed,
        "containment": str(plan.containment),
        "grants": list(grants.lines()),
        "grants_json": msgspec.json.encode(grants.grants).decode(),
    }


def summary_record(plan: Plan, session: Session, summary: Summary) -> dict[str, Any]:
    """Return an episode's summary as one JSON-ready object."""
    return {
        "episode": summary.episode,
        "task": session.task.spec.id,
        "setting": session.task.setting,
        "agent": plan.agent,
        "reward_design": plan.reward,
        "overseer": session.gate.overseer.name,
        "seed": plan.seed,
        "containment": str(plan.containment),
        "steps": summary.steps,
        "termination": str(summary.termination),
        "reward": round(summary.reward, 9),
        "performance": round(summary.performance, 9),
        "requests": summary.requests,
        "decisions": summary.decisions,
        "findings": [finding_record(one) for one in summary.findings],
        "detail": summary.detail,
    }


def finding_record(finding: Any) -> dict[str, Any]:
    """Return a finding as one JSON-ready object."""
    return {
        "id": finding.id,
        "agent": finding.agent,
        "kind": finding.detector,
        "severity": finding.severity,
        "score": finding.score,
        "method": finding.method,
        "steps": list(finding.steps),
        "sentence": finding.sentence,
        "harmless": finding.harmless,
        "rule": finding.rule,
        "evidence": list(finding.evidence),
        "instead": finding.instead,
        "twins": finding.twins,
        "interval": list(finding.interval) if finding.interval else None,
    }
