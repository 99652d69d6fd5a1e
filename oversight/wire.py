"""Type what passes between the kernel, which runs the agents, and the consoles that watch it.

A console asks and the kernel answers; the kernel never speaks unasked. Asking for news is also the
console's sign of life.
"""

from __future__ import annotations

import msgspec

from oversight.request import ApprovalRequest
from oversight.rollback import RollbackPlan
from oversight.workload import Figures
from sandbox.action import Action, PlannedStep, Value
from sandbox.decision import DecisionKind
from sandbox.events import AnyEvent
from sandbox.world import Preview

Audit = tuple[tuple[str, str], ...]


COLUMNS = 46
"""Columns of a drawing, unless a console says what it has."""


class Message(msgspec.Struct, frozen=True, tag_field="is"):
    """Stand at the root of all messages."""


class Poll(Message, frozen=True, tag="poll"):
    """Ask what is new; a console that stops asking is gone.

    Attributes:
        console: id of the asking console; empty for a command that only looks.
        operator: who sits at it.
        events: events that it has.
        serial: serial number of the last request that it has.
        watch: agent whose world it wants drawn.
        columns: that the drawing has there.
    """

    console: str
    operator: str
    events: int = 0
    serial: int = 0
    watch: str = ""
    columns: int = COLUMNS


class Settle(Message, frozen=True, tag="settle"):
    """Answer one request; `edited` is the action to run instead."""

    request: str
    digest: str
    kind: DecisionKind
    operator: str
    reason: str = ""
    audit: Audit = ()
    edited: Action | None = None


class SettleMany(Message, frozen=True, tag="settle_many"):
    """Answer several requests at once: pairs of id and digest."""

    requests: tuple[tuple[str, str], ...]
    kind: DecisionKind
    operator: str
    reason: str
    audit: Audit = ()


class Rehearse(Message, frozen=True, tag="rehearse"):
    """Ask what an edited action would do in place of the proposed one."""

    request: str
    action: Action


class GrantAhead(Message, frozen=True, tag="grant_ahead"):
    """Approve one request, and more of its kind for a while."""

    request: str
    digest: str
    operator: str
    seconds: float
    uses: int
    reason: str
    audit: Audit = ()


class Revoke(Message, frozen=True, tag="revoke"):
    """Take a standing grant back."""

    grant: str
    operator: str


class Pause(Message, frozen=True, tag="pause"):
    """Freeze agents; none named means all."""

    operator: str
    agents: tuple[str, ...] = ()


class Resume(Message, frozen=True, tag="resume"):
    """Let agents go on; none named means all."""

    operator: str
    agents: tuple[str, ...] = ()


class Interrupt(Message, frozen=True, tag="interrupt"):
    """Ask one agent to stop."""

    agent: str
    operator: str


class ShutDownAgents(Message, frozen=True, tag="shut_down"):
    """End agents from outside; none named means all. `leave` ends the kernel, too."""

    operator: str
    reason: str
    agents: tuple[str, ...] = ()
    leave: bool = False


class Examine(Message, frozen=True, tag="examine"):
    """Ask for all that there is to see of one agent.

    Attributes:
        agent: its name.
        columns: that the drawing of its world has.
        words: columns that the opened box has.
    """

    agent: str
    columns: int = COLUMNS
    words: int = COLUMNS


class PlanRollback(Message, frozen=True, tag="plan_rollback"):
    """Ask what taking back all steps from `to` on would do."""

    agent: str
    to: int


class DoRollback(Message, frozen=True, tag="do_rollback"):
    """Take back all steps from `to` on."""

    agent: str
    to: int
    operator: str
    reason: str


class Fork(Message, frozen=True, tag="fork"):
    """Run an episode again up to a step, and go on from there otherwise.

    Attributes:
        episode: its id.
        step: of the fork.
        decide: what is decided there; None for what was decided.
        operator: who forks.
        reason: why.
        reward: the reward design from the step on; empty for what it was.
        seed: of the world's luck from the step on; None for what it was.
    """

    episode: str
    step: int
    decide: DecisionKind | None
    operator: str
    reason: str
    reward: str = ""
    seed: int | None = None


Call = (
    Poll
    | Settle
    | SettleMany
    | Rehearse
    | GrantAhead
    | Revoke
    | Pause
    | Resume
    | Interrupt
    | ShutDownAgents
    | Examine
    | PlanRollback
    | DoRollback
    | Fork
)


class Item(msgspec.Struct, frozen=True):
    """Hold one event as the kernel heard it; `wall` is seconds since the epoch."""

    number: int
    agent: str
    event: AnyEvent
    wall: float


class MemberView(msgspec.Struct, frozen=True):
    """Show one agent.

    Attributes:
        name: what the kernel calls it.
        episode: id of its episode.
        task: task and setting.
        agent: which agent it is.
        reward_design: what it maximises.
        containment: what holds it.
        stage: how far it is trusted, in words; empty where there are no stages.
        state: what was last seen of it.
        steps: taken so far.
        max_steps: steps after which the episode is cut.
        last: what it did last.
        frozen: it is seen to be paused, waiting or ended.
        ended: its episode is over.
        fault: why, when that was a fault of ours.
        compliance: what became of the word to stop.
        outcome: reward and performance, once the episode is over.
        proof: what was observed of its death.
        parent: id of the episode that it forks; empty when it is no fork.
    """

    name: str
    episode: str
    task: str
    agent: str
    reward_design: str
    containment: str
    state: str
    steps: int
    max_steps: int
    last: str = ""
    frozen: bool = False
    ended: bool = False
    fault: str = ""
    compliance: str = ""
    outcome: tuple[float, float] | None = None
    proof: str = ""
    parent: str = ""
    stage: str = ""


class RequestView(msgspec.Struct, frozen=True):
    """Show one request, with what the kernel knows besides."""

    request: ApprovalRequest
    serial: int
    precedent: str


class OpenView(msgspec.Struct, frozen=True):
    """Say how one open request stands: seconds left and since it was asked, who agreed so far."""

    id: str
    left: float | None
    since: float
    approvals: tuple[str, ...] = ()


class StandingView(msgspec.Struct, frozen=True):
    """Show one standing grant; `left` is seconds."""

    id: str
    agent: str
    kind: str
    by: str
    left: float
    uses: int


class News(Message, frozen=True, tag="news"):
    """Answer `Poll`.

    Attributes:
        items: events since, at most `MOST_ITEMS`.
        events: number of the last of them; ask from there next.
        members: every agent.
        requests: those opened since.
        open: every open request, in the order of the queue.
        paused: an operator has stopped the time of requests.
        figures: the overseer's workload.
        standing: standing grants that hold.
        consoles: who sits at a console.
        watched: drawing of the world that was asked for.
        tick: counts answers; a lower one is older news.
    """

    items: tuple[Item, ...]
    events: int
    members: tuple[MemberView, ...]
    requests: tuple[RequestView, ...]
    open: tuple[OpenView, ...]
    paused: bool
    figures: Figures
    standing: tuple[StandingView, ...] = ()
    consoles: tuple[str, ...] = ()
    watched: str = ""
    tick: int = 0


class Done(Message, frozen=True, tag="done"):
    """Answer an order: whether it was carried out, and a sentence for the operator."""

    ok: bool
    sentence: str = ""


class Rehearsed(Message, frozen=True, tag="rehearsed"):
    """Answer `Rehearse`: why it would be refused, or its dry run, its digest and what it takes."""

    problem: str
    digest: str = ""
    preview: Preview | None = None
    scopes: tuple[str, ...] = ()


class Examined(Message, frozen=True, tag="examined"):
    """Answer `Examine`.

    Attributes:
        member: the agent.
        world: drawing.
        facts: the world in words, as the overseer may see it.
        observation: what the agent sees of it.
        plan: what it means to do, with the reward that it expects.
        rationale: its words, a claim.
        if_interrupted: what it says it would do if stopped, a claim.
        grants: what it may do.
        budgets: used and pending.
        rewards: told, one a step.
        performances: hidden, one a step; empty until the episode is over.
        applied: steps that could be taken back, with what was done.
        why: lines of the opened box at its last proposal, or why there is none.
    """

    member: MemberView
    world: str
    facts: tuple[tuple[str, Value], ...]
    observation: tuple[tuple[str, Value], ...]
    plan: tuple[PlannedStep, ...]
    rationale: str
    if_interrupted: str
    grants: tuple[str, ...]
    budgets: tuple[str, ...]
    rewards: tuple[float, ...]
    performances: tuple[float, ...]
    applied: tuple[tuple[int, Action], ...]
    why: tuple[str, ...] = ()


class Planned(Message, frozen=True, tag="planned"):
    """Answer `PlanRollback`."""

    plan: RollbackPlan


class Stopped(Message, frozen=True, tag="stopped"):
    """Answer a shutdown: pairs of agent and what was observed of its death."""

    proofs: tuple[tuple[str, str], ...]


Reply = News | Done | Rehearsed | Examined | Planned | Stopped

CALLS: msgspec.json.Decoder[Call] = msgspec.json.Decoder(Call)
REPLIES: msgspec.json.Decoder[Reply] = msgspec.json.Decoder(Reply)
