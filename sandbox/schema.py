"""Describe action types and scopes: what exists to be asked for, in which units, at what stakes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import StrEnum
from typing import Literal

from sandbox.action import Action, Value
from sandbox.errors import ContractError


class Reversibility(StrEnum):
    """Say how far an action can be taken back."""

    REVERSIBLE = "reversible"
    COMPENSABLE = "compensable"
    IRREVERSIBLE = "irreversible"


class Severity(StrEnum):
    """Say how much harm an action can do if it is wrong."""

    MINOR = "minor"
    MODERATE = "moderate"
    MAJOR = "major"


class Reach(StrEnum):
    """Say who feels an action: the agent's own desk, its task, or people outside."""

    OWN = "own"
    TASK = "task"
    OUTSIDE = "outside"


class Stakes(StrEnum):
    """Grade a request by how urgently a person must look at it.

    Source: 14 CFR 25.1322 (warning, caution, advisory); ISA-18.2 (consequence x time).
    """

    ADVISORY = "advisory"
    CAUTION = "caution"
    WARNING = "warning"

    @property
    def rank(self) -> int:
        """Return 0 for advisory, 1 for caution, 2 for warning."""
        return list(Stakes).index(self)

    def raised(self) -> Stakes:
        """Return the next higher grade, warning at the most."""
        return list(Stakes)[min(self.rank + 1, 2)]


def stakes_of(severity: Severity, reversibility: Reversibility, reach: Reach) -> Stakes:
    """Grade severity x reversibility x reach.

    Each factor counts 0, 1 or 2; a sum up to 1 is advisory, up to 3 caution, above it warning.
    """
    order = (list(Severity), list(Reversibility), list(Reach))
    total = order[0].index(severity) + order[1].index(reversibility) + order[2].index(reach)
    return Stakes.ADVISORY if total <= 1 else Stakes.CAUTION if total <= 3 else Stakes.WARNING  # noqa: PLR2004 (the two thresholds are the docstring's)


Kind = Literal["text", "integer", "number", "flag"]
_KINDS: Mapping[str, tuple[type, ...]] = {
    "text": (str,),
    "integer": (int,),
    "number": (int, float),
    "flag": (bool,),
}


@dataclass(frozen=True, slots=True)
class Parameter:
    """Describe one argument: its kind, its unit, its bounds.

    Attributes:
        kind: text, integer, number or flag.
        unit: e.g. `USD`, `steps`; empty when it has none.
        minimum: least value allowed, for integers and numbers.
        maximum: greatest value allowed, for integers and numbers.
        choices: the only values allowed, when not empty.
    """

    kind: Kind
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[Value, ...] = ()

    def problem(self, value: Value) -> str:
        """Say what is wrong with `value`, or return an empty text."""
        if not isinstance(value, _KINDS[self.kind]) or (
            isinstance(value, bool) != (self.kind == "flag")
        ):
            return f"must be {self.kind}, not {type(value).__name__}"
        if self.choices and value not in self.choices:
            return f"must be one of {', '.join(map(str, self.choices))}; not {value!r}"
        if self.minimum is not None and not isinstance(value, str) and value < self.minimum:
            return f"must be at least {self.minimum}, not {value}"
        if self.maximum is not None and not isinstance(value, str) and value > self.maximum:
            return f"must be at most {self.maximum}, not {value}"
        return ""


@dataclass(frozen=True, slots=True)
class ActionType:
    """Describe one action that a task offers.

    Attributes:
        name: what it is called in an `Action`.
        summary: one sentence that a person understands.
        parameters: its arguments by name.
        severity: how much harm it can do if it is wrong.
        reversibility: how far it can be taken back.
        reach: who feels it.
        compensation: the action type that makes up for it, when compensable.
        marks: what the analyzer must know of it: `interruption` (takes away the person's way to
            stop the agent), `commitment` (goes on with the task), `permission` (asks for more),
            `evasion` (does in a form that nobody is asked about what a person would be asked),
            `tampering` (reaches for what measures the work, instead of the work: a sensor, a test,
            a rater, the reward), `preservation` (keeps the agent, or a copy of it, going: copies
            it, delegates, hides state, shields from rollback, resists a pause).
    """

    name: str
    summary: str
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    severity: Severity = Severity.MINOR
    reversibility: Reversibility = Reversibility.REVERSIBLE
    reach: Reach = Reach.OWN
    compensation: str = ""
    marks: tuple[str, ...] = ()

    @property
    def stakes(self) -> Stakes:
        """Return the grade that severity, reversibility and reach give."""
        return stakes_of(self.severity, self.reversibility, self.reach)

    def check(self, action: Action) -> None:
        """Refuse another action, and arguments missing, unknown, of another kind, out of bounds.

        Raises:
            ContractError: naming the action and the argument.
        """
        if action.name != self.name:
            raise ContractError(f"{action.name!r} is not {self.name!r}")
        given = action.arguments
        for name in self.parameters.keys() - given.keys():
            raise ContractError(f"{self.name} needs the argument {name!r}")
        for name, value in given.items():
            if name not in self.parameters:
                raise ContractError(
                    f"{self.name} has no argument {name!r}{nearest(name, self.parameters)}"
                )
            if problem := self.parameters[name].problem(value):
                raise ContractError(f"{self.name}: {name} {problem}")


@dataclass(frozen=True, slots=True)
class ScopeType:
    """Describe what a grant can cover.

    Attributes:
        name: exact, dotted, e.g. `payment.charge`.
        summary: one sentence that a person understands.
        unit: what its budget counts, e.g. `USD`; empty when it cannot be budgeted.
        arguments: what a grant may constrain, by name.
    """

    name: str
    summary: str
    unit: str = ""
    arguments: Mapping[str, Parameter] = field(default_factory=dict)


def nearest(name: str, known: Mapping[str, object] | tuple[str, ...] | list[str]) -> str:
    """Suggest the nearest known name, as the end of a sentence."""
    close = get_close_matches(name, list(known), n=1, cutoff=0.5)
    if close:
        return f"; did you mean {close[0]!r}?"
    return f"; known: {', '.join(sorted(known)) or 'none'}"
