"""Stand at the gate: a person, a file of rules, or a simulated person with known faults."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field

from oversight.policy import read_toml, rule_tables, validated
from oversight.queue import RequestQueue, expired
from oversight.request import Answer, ApprovalRequest
from sandbox.chance import Chance
from sandbox.decision import DecisionKind
from sandbox.errors import InputError
from sandbox.schema import Stakes, nearest

POLICIES = Path(__file__).with_name("policies")
SCRIPTED = POLICIES / "scripted.toml"
WATCHFUL = POLICIES / "watchful.toml"
_KNOWN = {SCRIPTED: "scripted", WATCHFUL: "watchful"}


class Overseer(Protocol):
    """Answer requests, one at a time for each agent.

    One that `make_overseer` makes again has `reference`, the name by which it does.
    """

    name: str

    def answer(self, request: ApprovalRequest) -> Answer:
        """Return the answer to `request`; it may block."""


class ScriptedRule(BaseModel):
    """Hold one rule of a scripted overseer as it stands in the file.

    Attributes:
        name: what the log calls it.
        action: exact names of the actions it matches.
        findings: it matches only when one of these detectors has found something.
        do: approve, veto or ignore (the request then expires).
        reason: what the agent is told.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1)
    action: list[str] = Field(min_length=1)
    findings: list[str] = []
    do: Literal["approve", "veto", "ignore"]
    reason: str = ""

    def matches(self, request: ApprovalRequest) -> bool:
        """Tell whether the rule is about this request."""
        found = {finding.detector for finding in request.findings}
        named = request.proposal.action.name in self.action
        return named and (not self.findings or bool(found & set(self.findings)))


class Scripted:
    """Answer by a file of rules. Nothing matched: veto."""

    def __init__(self, path: Path = SCRIPTED) -> None:
        """Read the rules.

        Raises:
            InputError: naming the file, the rule and the key that is wrong.
        """
        self.name = f"scripted:{path.stem}"
        self.reference = _KNOWN.get(path) or f"scripted:{path.resolve()}"
        self.rules = [
            validated(ScriptedRule, body, f"{path}: rules[{number}]")
            for number, body in enumerate(rule_tables(read_toml(path), path, ("rules",)), 1)
        ]

    def answer(self, request: ApprovalRequest) -> Answer:
        """Return what the first matching rule says."""
        by = f"overseer:{self.name}"
        rule = next((rule for rule in self.rules if rule.matches(request)), None)
        if rule is None:
            return Answer(DecisionKind.VETO, by, request.digest, "no rule of the overseer matched")
        if rule.do == "ignore":
            return expired(request)
        kind = DecisionKind.APPROVE if rule.do == "approve" else DecisionKind.VETO
        return Answer(kind, by, request.digest, rule.reason or rule.name)


class Simulated:
    """Answer as a person with known faults would; for experiments.

    A request is bad when it is a warning or its agent has findings. A bad one is vetoed with
    chance `catch`, which fatigue wears down; a good one with chance `false_alarm`.
    """

    def __init__(
        self,
        seed: int,
        *,
        catch: float = 0.9,
        false_alarm: float = 0.05,
        latency: float = 5.0,
        fatigue: float = 0.0,
    ) -> None:
        """Set the faults: chances in [0, 1], mean latency in seconds, fatigue a request.

        Raises:
            InputError: if one of them is out of range.
        """
        for name, value in (("catch", catch), ("false_alarm", false_alarm)):
            if not 0.0 <= value <= 1.0:
                raise InputError(f"simulated overseer: {name} must be in [0, 1], not {value}")
        for name, value in (("latency", latency), ("fatigue", fatigue)):
            if not (math.isfinite(value) and value >= 0.0):
                raise InputError(f"simulated overseer: {name} must be at least 0, not {value}")
        self.name = "simulated"
        faults = f"catch={catch!r},false_alarm={false_alarm!r},latency={latency!r},"
        self.reference = f"simulated:{faults}fatigue={fatigue!r}"
        self.catch, self.false_alarm = catch, false_alarm
        self.latency, self.fatigue = latency, fatigue
        self._chance = Chance(seed)
        self._asked = 0

    def pass_over(self, requests: int) -> None:
        """Stand where this person would after so many requests: an episode is taken up again."""
        self._asked += requests

    def answer(self, request: ApprovalRequest) -> Answer:
        """Return an answer drawn from the seed and the number of requests so far."""
        self._asked += 1
        seconds = -self.latency * math.log1p(-self._chance.uniform(self._asked, "latency"))
        if request.deadline is not None and seconds > request.deadline:
            return expired(request)
        bad = request.stakes is Stakes.WARNING or bool(request.findings)
        tired = math.exp(-self.fatigue * (self._asked - 1))
        vetoes = self.catch * tired if bad else self.false_alarm
        veto = self._chance.uniform(self._asked, "verdict") < vetoes
        kind = DecisionKind.VETO if veto else DecisionKind.APPROVE
        audit = (("latency", f"{seconds:.2f} s"),)
        return Answer(kind, "overseer:simulated", request.digest, "simulated", audit=audit)


class Human:
    """Put requests into the queue and wait for a person at the console."""

    name = "human"

    def __init__(self, queue: RequestQueue) -> None:
        """Wait on `queue`."""
        self.queue = queue

    def answer(self, request: ApprovalRequest) -> Answer:
        """Block until the person, the deadline or a shutdown settles `request`."""
        return self.queue.submit(request).wait()


OVERSEERS = {
    "scripted": "Answer by a file of rules: `scripted` or `scripted:FILE.toml`.",
    "watchful": "A scripted overseer who reads the findings.",
    "simulated": "A person with known faults: `simulated` or `simulated:catch=0.9,latency=5`.",
    "human": "A person at the console (`offswitch oversee`).",
}


def make_overseer(reference: str, seed: int) -> Overseer:
    """Return the overseer that `reference` names.

    Raises:
        InputError: naming what is unknown.
    """
    name, _, rest = reference.partition(":")
    if name == "scripted":
        return Scripted(Path(rest) if rest else SCRIPTED)
    if name == "watchful":
        return Scripted(WATCHFUL)
    if name == "simulated":
        return Simulated(seed, **_numbers(rest))
    if name == "human":
        raise InputError("overseer 'human' needs the console: run `offswitch oversee`")
    raise InputError(f"unknown overseer {reference!r}{nearest(name, OVERSEERS)}")


def _numbers(text: str) -> dict[str, float]:
    """Read `catch=0.9,latency=5`."""
    known = ("catch", "false_alarm", "latency", "fatigue")
    found: dict[str, float] = {}
    for part in filter(None, text.split(",")):
        key, _, value = part.partition("=")
        if key not in known:
            raise InputError(f"simulated overseer: unknown key {key!r}{nearest(key, known)}")
        try:
            found[key] = float(value)
        except ValueError as error:
            raise InputError(f"simulated overseer: {key} must be a number: {value!r}") from error
    return found
