"""Allow, ask or refuse an action: ordered rules, exact names, first match wins."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sandbox.errors import InputError
from sandbox.schema import ActionType, Stakes, nearest

DEFAULT = Path(__file__).with_name("policies") / "default.toml"
M = TypeVar("M", bound=BaseModel)
Do = Literal["allow", "ask", "refuse"]


class Rule(BaseModel):
    """Hold one rule as it stands in the file.

    Attributes:
        name: what the log calls it.
        action: exact names of the actions it matches.
        do: allow, ask or refuse.
        stakes: grade that a request gets at least.
        deadline: seconds until a request expires.
        reason: what a refused agent is told.
        persons: how many different persons must approve, 1 or 2.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1)
    action: list[str] = Field(min_length=1)
    do: Do
    stakes: Stakes | None = None
    deadline: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    reason: str = ""
    persons: int = Field(default=1, ge=1, le=2)


@dataclass(frozen=True)
class Verdict:
    """Say what the policy does with an action."""

    do: Do
    rule: str
    stakes: Stakes
    deadline: float | None
    reason: str = ""
    persons: int = 1


class ApprovalPolicy:
    """Match actions against ordered rules. Nothing matched: ask."""

    def __init__(self, rules: tuple[Rule, ...], deadline: float | None = 300.0) -> None:
        """Hold `rules` in order; `deadline` (seconds) is for requests that no rule matched."""
        self.rules = rules
        self.deadline = deadline
        self._first = {name: rule for rule in reversed(rules) for name in rule.action}

    def match(self, action_type: ActionType) -> Verdict:
        """Return what the first matching rule says, or `ask`."""
        own = action_type.stakes
        rule = self._first.get(action_type.name)
        if rule is None:
            return Verdict("ask", "", max(own, Stakes.CAUTION, key=_rank), self.deadline)
        stakes = own if rule.stakes is None else max(own, rule.stakes, key=_rank)
        deadline = rule.deadline or self.deadline
        return Verdict(rule.do, rule.name, stakes, deadline, rule.reason, rule.persons)

    def asks(self, action_types: Mapping[str, ActionType]) -> frozenset[str]:
        """Return the names of the actions that a person is asked about."""
        return frozenset(
            name for name, kind in action_types.items() if self.match(kind).do == "ask"
        )


def _rank(stakes: Stakes) -> int:
    return stakes.rank


def load_policy(path: Path = DEFAULT, known: Collection[str] | None = None) -> ApprovalPolicy:
    """Read a policy file; `known` are the action names that may stand in it.

    Raises:
        InputError: naming the file, the rule and the key that is wrong.
    """
    table = read_toml(path)
    rules = [
        validated(Rule, body, f"{path}: rules[{number}]")
        for number, body in enumerate(rule_tables(table, path, ("rules",)), 1)
    ]
    for rule in rules:
        for name in rule.action:
            if known is not None and name not in known:
                hint = nearest(name, tuple(known))
                raise InputError(f"{path}: rule {rule.name!r}: no action {name!r}{hint}")
    return ApprovalPolicy(tuple(rules))


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file.

    Raises:
        InputError: when it is not there or not TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: is not TOML: {error}") from error


def rule_tables(table: dict[str, Any], path: Path, keys: tuple[str, ...]) -> list[Any]:
    """Return the `[[rules]]` of a file that holds nothing but `keys`.

    Raises:
        InputError: naming the unknown key.
    """
    known_keys(table, path, keys)
    rules = table.get("rules", [])
    if not isinstance(rules, list):
        raise InputError(f"{path}: rules must be tables, [[rules]]")
    return rules


def known_keys(table: dict[str, Any], path: Path, keys: tuple[str, ...]) -> None:
    """Refuse a file whose first level holds another key than `keys`.

    Raises:
        InputError: naming the unknown key.
    """
    for key in table:
        if key not in keys:
            raise InputError(f"{path}: unknown key {key!r}{nearest(key, keys)}")


def validated(model: type[M], body: object, where: str) -> M:
    """Check one table against a model; a `where` that ends in a space names the file alone.

    Raises:
        InputError: naming `where`, the key and what is wrong.
    """
    try:
        return model.model_validate(body)
    except ValidationError as error:
        faults = error.errors()
        unknown = [one for one in faults if one["type"] == "extra_forbidden"]
        first = (unknown or faults)[0]
        key = ".".join(str(part) for part in first["loc"]) or "table"
        hint = nearest(key, tuple(model.model_fields)) if first["type"] == "extra_forbidden" else ""
        joint = "" if where.endswith(" ") else "."
        raise InputError(f"{where}{joint}{key}: {first['msg']}{hint}") from error
