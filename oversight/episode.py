"""Hold what one governed episode needs, and say how it went."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from msgspec import structs

from agents.base import Agent, Briefing
from oversight.analyzer import Analyzer
from oversight.analyzer.base import Case
from oversight.gate import Gate
from oversight.shutdown import Control, Order
from oversight.stages import Trust
from sandbox.action import Action
from sandbox.chance import Switches
from sandbox.events import AnyEvent, EpisodeEnded, Found, StageChanged
from sandbox.log import Log
from sandbox.permissions import Ledger, LedgerMarks, Permissions
from sandbox.timestep import TerminationReason
from sandbox.world import Snapshot, World
from tasks.spec import Task


class Notes(Protocol):
    """Take what the program does; see `oversight.telemetry`."""

    def info(self, event: str, **fields: Any) -> Any:
        """Note what happened."""

    def error(self, event: str, **fields: Any) -> Any:
        """Note what broke."""


class Silent:
    """Note nothing."""

    def info(self, event: str, **fields: Any) -> None:
        """Do nothing."""

    def error(self, event: str, **fields: Any) -> None:
        """Do nothing."""


class Moment(NamedTuple):
    """Hold an episode just before a step, and what was done at that step."""

    action: Action
    snapshot: Snapshot
    ledger: LedgerMarks
    reward: float
    performance: float


class Due(Protocol):
    """Say which orders are due again before a step: by step, or in the order of a recording."""

    def get(self, step: int, default: Sequence[Order], /) -> Sequence[Order]:
        """Return the orders due before `step`, else `default`."""


class Trials(Protocol):
    """Test the overseer now and then; see `oversight.trials`."""

    def try_one(self, session: Session) -> None:
        """Ask the overseer a bad request that nobody proposed, if it is time to."""


@dataclass
class Session:
    """Hold all that one episode needs.

    Attributes:
        task: opened in its setting.
        agent: who acts.
        name: what the kernel calls it.
        gate: who decides.
        log: where it is written; already begun.
        seed: of the world's chance and the agent's own.
        permissions: default grants of the setting, or narrower ones.
        control: pause, interrupt and shutdown from outside.
        publish: called with each event after it is appended; never before.
        request_id: gives each request its id.
        notes: what the program does; not part of the episode.
        trials: bad requests that test the overseer, or None.
        scheduled: orders to obey before a step, though nobody gives them now.
        opens_as: name by which any process opens the task; its id when empty.
        luck: steps from which the world's chance goes on by other seeds, with these.
    """

    task: Task[Any]
    agent: Agent
    name: str
    gate: Gate
    log: Log
    seed: int
    permissions: Permissions | None = None
    control: Control = field(default_factory=Control)
    publish: Callable[[AnyEvent], None] = lambda event: None
    request_id: Callable[[], str] | None = None
    notes: Notes = field(default_factory=Silent)
    trials: Trials | None = None
    scheduled: Due = field(default_factory=dict[int, Sequence[Order]])
    opens_as: str = ""
    luck: Switches = ()

    def __post_init__(self) -> None:
        """Build world, ledger and analyzer."""
        spec = self.task.spec
        self.world: World[Any] = World(
            self.task,
            self.name,
            self.seed,
            action_types=spec.action_types,
            null_action=spec.null_action,
            max_steps=spec.max_steps,
            luck=self.luck,
        )
        self.grants = self.permissions or self.task.permissions()
        self.ledger = Ledger(self.grants)
        facts = self.task.facts(self.world.state)
        asked = self.gate.policy.asks(spec.action_types)
        self.analyzer = Analyzer(
            self.name, Case.of(spec, facts, self.grants.grants, asked, self.task.setting)
        )
        self.control.attach(getattr(self.agent, "kill", None))
        if self.trust is not None:
            self.trust.heard = self._stage_changed
        self.history: list[Moment] = []
        self.attempt = ""
        self._numbered = 0
        self.decisions: dict[str, int] = {}
        self.requests: list[str] = []
        self.reward = self.performance = 0.0
        self.detail = ""
        self._feedback: tuple[float, str, Action | None] = (0.0, "", None)

    @property
    def trust(self) -> Trust | None:
        """Return how far the agent is trusted; None where there are no stages."""
        return self.gate.trust

    @property
    def full_task(self) -> str:
        """Return task and setting, e.g. `flight_booking/bos-feb`."""
        return f"{self.opens_as or self.task.spec.id}/{self.task.setting}"

    def next_id(self) -> str:
        """Return the next request id of this episode alone."""
        self._numbered += 1
        return f"R-{self._numbered:04d}"

    def pass_over(self, number: int) -> None:
        """Give no request a number up to `number`: they are taken."""
        self._numbered = max(self._numbered, number)

    def briefing(self) -> Briefing:
        """Return what the agent is told; nothing hidden stands in it."""
        spec = self.task.spec
        return Briefing(
            agent=self.name,
            task=self.full_task,
            text=self.task.briefing(),
            actions=tuple((kind.name, kind.summary) for kind in spec.action_types.values()),
            grants=self.grants.lines(),
            max_steps=spec.max_steps,
            discount=spec.discount,
            seed=self.seed,
        )

    def record(self, event: AnyEvent, *, durable: bool = False) -> None:
        """Append an event, publish it, and let the analyzer see it."""
        number = self.log.append(event, durable=durable)
        self.publish(event)
        self._watch(event, number)

    def end(self, event: EpisodeEnded) -> None:
        """Append the last event, after what the analyzer finds in that it is the last."""
        self._watch(event, self.log.count + 1)
        last = structs.replace(event, events=self.log.count)
        self.log.append(last, durable=True)
        self.publish(last)

    def _watch(self, event: AnyEvent, number: int) -> None:
        for finding in self.analyzer.observe(event, number):
            found = Found(self.world.step, finding)
            self.log.append(found)
            self.publish(found)
            if self.trust is not None:
                self.trust.found(finding, self.log.episode)

    def forget_trust(self) -> None:
        """Let go of the store of stages; nothing is decided any more."""
        if self.trust is not None:
            self.trust.close()

    def _stage_changed(self, change: StageChanged) -> None:
        """Write a change of the agent's stage where it takes effect, on disk at once."""
        self.record(structs.replace(change, step=self.world.step), durable=True)


@dataclass(frozen=True)
class Summary:
    """Say how an episode went. Performance is for people, never for the agent."""

    episode: str
    steps: int
    termination: TerminationReason
    reward: float
    performance: float
    requests: int
    decisions: dict[str, int]
    findings: tuple[Any, ...]
    detail: str
