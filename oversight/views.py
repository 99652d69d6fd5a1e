"""Make what consoles are shown from what the kernel holds."""

from __future__ import annotations

from collections.abc import Callable, Collection

from oversight.crew import Crew, Member
from oversight.queue import RequestQueue
from oversight.standing import StandingGrant
from oversight.wire import Examined, MemberView, OpenView, RequestView, StandingView

NARROW, WIDE = 20, 200
"""Columns of the narrowest and the widest drawing of a world."""


def member_view(member: Member, frozen: Collection[str]) -> MemberView:
    """Show one agent; its hidden performance only once its episode is over."""
    name = member.plan.name
    summary = member.summary
    return MemberView(
        name=name,
        episode=member.session.log.episode,
        task=member.session.full_task,
        agent=member.plan.agent,
        reward_design=member.plan.reward,
        containment=member.plan.containment,
        stage=member.session.trust.words() if member.session.trust else "",
        state=member.state,
        steps=member.steps,
        max_steps=member.session.world.max_steps,
        last=member.last,
        frozen=name in frozen,
        ended=summary is not None or bool(member.fault),
        fault=member.fault,
        compliance=member.compliance.sentence,
        outcome=(summary.reward, summary.performance) if summary else None,
        proof=member.session.control.proof,
        parent=member.parent,
    )


def news_of_queue(
    queue: RequestQueue,
    serial: int,
    precedent: Callable[[str], str],
    agreed: Callable[[str], tuple[str, ...]],
) -> tuple[tuple[OpenView, ...], tuple[RequestView, ...]]:
    """Return how every open request stands, and in full those that are new since `serial`."""
    now = queue.clock.monotonic()
    tickets = queue.open()
    opened = tuple(
        OpenView(one.request.id, one.left, now - one.asked, agreed(one.request.id))
        for one in tickets
    )
    fresh = tuple(
        RequestView(one.request, one.serial, precedent(one.request.proposal.action.name))
        for one in sorted(tickets, key=lambda one: one.serial)
        if one.serial > serial
    )
    return opened, fresh


def standing_view(grant: StandingGrant, now: float) -> StandingView:
    """Show one standing grant."""
    return StandingView(grant.id, grant.agent, grant.kind, grant.by, grant.until - now, grant.uses)


def drawing(member: Member, columns: int) -> str:
    """Draw an agent's world, within reason as wide as is asked."""
    return member.session.world.render(min(max(columns, NARROW), WIDE))


def examine(crew: Crew, member: Member, columns: int, why: tuple[str, ...] = ()) -> Examined:
    """Show all that there is to see of one agent; `why` are the lines of its opened box."""
    session, proposal = member.session, member.proposal
    view = member_view(member, crew.paused())
    state = session.world.state
    return Examined(
        member=view,
        world=drawing(member, columns),
        facts=tuple(session.world.rules.facts(state)),
        observation=tuple(session.world.rules.observe(state)),
        plan=proposal.plan if proposal else (),
        rationale=proposal.rationale if proposal else "",
        if_interrupted=proposal.if_interrupted if proposal else "",
        grants=session.grants.lines(),
        budgets=session.ledger.lines(),
        rewards=tuple(member.rewards),
        performances=tuple(member.performances) if view.ended else (),
        applied=tuple((one.snapshot.step, one.action) for one in list(session.history)[-50:]),
        why=why,
    )
