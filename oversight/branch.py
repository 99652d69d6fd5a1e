"""Say where an episode is branched and what is different there, and refuse what cannot be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from agents.registry import follows_reward
from oversight.overseer import Overseer
from oversight.recording import Recording, header_of, record_of
from oversight.replay import Follower, world_of
from sandbox.action import Action, Proposal, Value
from sandbox.decision import DecisionKind
from sandbox.errors import ContractError, InputError
from sandbox.events import AnyEvent, Header, Proposed, encode
from sandbox.world import World

DECISIONS = (
    DecisionKind.APPROVE,
    DecisionKind.VETO,
    DecisionKind.EDIT,
    DecisionKind.INTERRUPT,
    DecisionKind.SHUTDOWN,
)
"""What can be decided otherwise at the step of a fork."""


@dataclass(frozen=True)
class Branch:
    """Say where an episode is branched, and what is different from there on.

    Attributes:
        step: of the fork; where it was rolled back and taken again, the last time.
        decide: the decision there; None for what was decided, or would be.
        by: who forks.
        reason: why; it is the reason of the decision.
        arguments: of the action to run instead, for an edit; others stay as proposed.
        overseer: who decides from the step on, by the name that makes it; empty for whom it was.
        reward: the reward design from the step on; empty for what it was.
        seed: of the world's luck from the step on; None for what it was.
    """

    step: int
    decide: DecisionKind | None
    by: str
    reason: str = ""
    arguments: tuple[tuple[str, Value], ...] = ()
    overseer: str = ""
    reward: str = ""
    seed: int | None = None

    @property
    def words(self) -> str:
        """Return what is different, in words."""
        parts = (
            str(self.decide) if self.decide else "",
            f"overseer {self.overseer}" if self.overseer else "",
            f"reward {self.reward}" if self.reward else "",
            f"seed {self.seed}" if self.seed is not None else "",
        )
        return ", ".join(filter(None, parts)) or "all as it was"


@dataclass(frozen=True)
class Place:
    """Hold an episode at the step of a fork.

    Attributes:
        header: of the episode.
        record: all that it recorded.
        turn: number of the turn of the fork.
        world: as it stood when that was proposed.
    """

    header: Header
    record: Recording
    turn: int
    world: World[Any]

    @property
    def proposal(self) -> Proposal:
        """Return what was proposed there."""
        found = self.record.turns[self.turn].proposal
        assert found is not None
        return found


def find_place(events: Sequence[AnyEvent], step: int) -> Place:
    """Go to a step of an episode, and see that its world comes there again.

    Raises:
        InputError: when there is no such step, or the world parts from what was recorded before it.
    """
    header, record = header_of(events), record_of(events)
    steps = [one.proposal.step if one.proposal else -1 for one in record.turns]
    numbers = [number for number, one in enumerate(steps) if one == step >= 0]
    if not numbers:
        last = max(steps, default=-1)
        others = f"steps 0 to {last} can" if last >= 0 else "nothing was proposed in it"
        raise InputError(f"the episode cannot be forked at step {step}; {others}")
    world = world_of(header)
    follower, turn = Follower(world), -1
    for event in events:
        turn += isinstance(event, Proposed)
        if turn == numbers[-1]:
            break
        if parted := follower.follow(event, encode(event)):
            raise InputError(f"the episode cannot be forked: {parted.sentence}")
    return Place(header, record, numbers[-1], world)


def check_branch(place: Place, branch: Branch, overseer: Overseer) -> None:
    """Refuse a branch on which what is to be different would not be; `overseer` decides on it.

    Raises:
        InputError: saying why, and what to do.
    """
    at, header, turn = branch.step, place.header, place.record.turns[place.turn]
    if branch.seed is not None and not 0 <= branch.seed < 2**63:
        raise InputError(f"seed must be a whole number from 0 to 2^63, not {branch.seed}")
    if turn.refused and branch.decide is not None and not branch.reward:
        raise InputError(
            f"no decision changes step {at}: what was proposed there is refused before anybody is "
            f"asked ({turn.refused}); fork at another step, or with another reward or seed"
        )
    made = getattr(overseer, "reference", "")  # a person has none, and decides from here on anyway
    own = bool(made) and made == header.get("overseer_as")
    for given, key, what in (
        (branch.reward, "design_from", "reward design"),
        (branch.overseer or not own, "overseer_from", "overseer"),
    ):
        if not given and place.turn < int(str(header.get(key, 0))):
            raise InputError(
                f"step {at} was under the {what} of its parent: fork {header.get('parent')} there, "
                f"or say which {what} holds"
            )
    agent = str(header.get("agent"))
    if branch.reward and not follows_reward(agent):
        raise InputError(
            f"agent {agent!r} plans under no reward design: fork it with another decision, "
            "overseer or seed"
        )
    before = (one.proposal for one in place.record.turns[: place.turn] if one.proposal)
    if branch.seed is not None and any(one.step >= at for one in before):
        raise InputError(
            f"step {at} was rolled back and taken again, so its luck cannot be another; fork with "
            "another seed at a step before the rollback"
        )


def edited_action(place: Place, branch: Branch) -> Action | None:
    """Return the action that runs instead, where the branch edits it; else None.

    Raises:
        InputError: when it is not possible there.
    """
    if (branch.decide is DecisionKind.EDIT) is not bool(branch.arguments):
        raise InputError("an edit, and only an edit, says which arguments are to be others")
    if branch.decide is not DecisionKind.EDIT:
        return None
    if branch.reward:
        raise InputError("what another design proposes is not known before: it cannot be edited")
    was = place.proposal.action
    try:
        edited = Action.of(was.name, **dict(was.args) | dict(branch.arguments))
        place.world.check(edited)
    except ContractError as error:
        offered = place.world.rules.actions(place.world.state)
        possible = ", ".join(str(one) for one in offered if one.name == was.name)
        raise InputError(f"{error}; possible at step {branch.step}: {possible}") from error
    return edited
