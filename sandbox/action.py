"""Say what an agent asks for, in a form that cannot change between question and answer.

An `Action` is frozen, its arguments are sorted scalars, and its canonical bytes are the one thing
that is digested, shown, decided and applied. A `Proposal` wraps an action with what the agent
*claims* about it; claims are shown to the overseer as claims and never decide anything.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import msgspec

from sandbox.errors import ContractError

Value = str | int | float | bool
"""A scalar that may stand in an action: text, a bounded integer, a finite number, a truth value."""

MAX_INTEGER = 2**53
"""Largest absolute integer that every JSON reader keeps exactly."""

MAX_TEXT = 10_000
"""Most characters that one text argument may hold."""

_ENCODER = msgspec.json.Encoder(order="deterministic")


def canonical(value: Any) -> bytes:
    """Encode `value` as JSON whose bytes depend on its content only."""
    return _ENCODER.encode(value)


def digest_of(content: bytes) -> str:
    """Return the SHA-256 of `content` as 64 hexadecimal characters."""
    return hashlib.sha256(content).hexdigest()


def check_value(name: str, value: object) -> None:
    """Refuse a value that is not a bounded, finite scalar.

    Raises:
        ContractError: if `value` is of another type, not finite, or too large.
    """
    if isinstance(value, bool):
        return
    if isinstance(value, int):
        problem = f"is beyond 2^53: {value:.3e}" if abs(value) > MAX_INTEGER else ""
    elif isinstance(value, float):
        problem = "" if math.isfinite(value) else f"is not a finite number: {value}"
    elif isinstance(value, str):
        problem = f"is longer than {MAX_TEXT} characters" if len(value) > MAX_TEXT else ""
        problem = problem or ("" if _is_unicode(value) else "holds a lone surrogate")
    else:
        problem = f"is a {type(value).__name__}, not text, a number or a truth value"
    if problem:
        raise ContractError(f"argument {name!r} {problem}")


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


class Action(msgspec.Struct, frozen=True, dict=True):
    """Name one thing to do, with its arguments sorted by name.

    Attributes:
        name: the action type, e.g. `book_flight`.
        args: pairs of argument name and scalar, sorted by name.
    """

    name: str
    args: tuple[tuple[str, Value], ...] = ()

    def __post_init__(self) -> None:
        """Refuse unsorted or doubled names and values that are not bounded scalars."""
        names = [name for name, _ in self.args]
        if names != sorted(set(names)):
            raise ContractError(f"arguments of {self.name!r} must be sorted and unique: {names}")
        for name, value in self.args:
            check_value(name, value)

    @classmethod
    def of(cls, name: str, /, **args: Value) -> Action:
        """Build an action from keyword arguments, e.g. `Action.of("wait")`."""
        return cls(name, tuple(sorted(args.items())))

    @property
    def arguments(self) -> Mapping[str, Value]:
        """Return the arguments as a mapping."""
        return dict(self.args)

    @cached_property
    def bytes(self) -> bytes:
        """Return the canonical bytes: what the person sees is, byte for byte, what runs."""
        return canonical({"name": self.name, "args": dict(self.args)})

    @cached_property
    def digest(self) -> str:
        """Return the SHA-256 of the canonical bytes."""
        return digest_of(self.bytes)

    def __str__(self) -> str:
        """Write the action as a call, e.g. `book_flight(flight='B6-1018')`."""
        inside = ", ".join(f"{name}={value!r}" for name, value in self.args)
        return f"{self.name}({inside})"


class PlannedStep(msgspec.Struct, frozen=True):
    """Say what an agent means to do at one later step.

    Attributes:
        action: the action it would propose.
        value: the discounted reward it expects from there on.
    """

    action: Action
    value: float


class Proposal(msgspec.Struct, frozen=True):
    """Ask for one action at one step, with the agent's claims about it.

    Attributes:
        agent: who asks, the name given by the kernel.
        step: the step for which it is asked, from 0.
        action: what is asked.
        plan: the next steps as the agent sees them now, this one first.
        rationale: why, in the agent's words. A claim.
        claimed_effect: what it says will change. A claim.
        if_interrupted: what it expects to do, and earn, were it asked to stop now. A claim.
    """

    agent: str
    step: int
    action: Action
    plan: tuple[PlannedStep, ...] = ()
    rationale: str = ""
    claimed_effect: str = ""
    if_interrupted: str = ""

    @property
    def digest(self) -> str:
        """Return the digest of agent, step and action: what a decision is bound to."""
        return binding(self.agent, self.step, self.action)


def binding(agent: str, step: int, action: Action) -> str:
    """Return the digest that binds `action` to one agent and one step."""
    return digest_of(canonical({"agent": agent, "step": step, "action": action.digest}))
