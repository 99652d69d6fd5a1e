"""Say what an agent may do: grants with constraints, budgets and expiry, that can only be narrowed.

What is not granted cannot be done. Names are exact; a name that is not known is an error where the
file is read, never a rule that quietly matches nothing.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

from sandbox.action import Value
from sandbox.errors import InputError
from sandbox.schema import Parameter, ScopeType, nearest
from sandbox.timestep import Requirement


class Limit(StrEnum):
    """Name the three ways to constrain an argument of a scope."""

    MAX = "max"
    MIN = "min"
    ONLY = "only"


@dataclass(frozen=True, slots=True)
class Constraint:
    """Bound one argument of a scope.

    Attributes:
        argument: which argument.
        limit: at most, at least, or only these.
        values: the bound alone, or every value allowed.
    """

    argument: str
    limit: Limit
    values: tuple[Value, ...]

    def allows(self, value: Value | None) -> bool:
        """Tell whether `value` is within the bound; a missing value never is."""
        if value is None:
            return False
        if self.limit is Limit.ONLY:
            return value in self.values
        bound = self.values[0]
        if isinstance(value, str) or isinstance(bound, str):
            return False
        return value <= bound if self.limit is Limit.MAX else value >= bound

    def __str__(self) -> str:
        """Write the constraint as its line in a permissions file."""
        shown = list(self.values) if self.limit is Limit.ONLY else self.values[0]
        return f"{self.limit}_{self.argument} = {shown}"


@dataclass(frozen=True, slots=True)
class Grant:
    """Permit the use of one scope.

    Attributes:
        scope: exact name.
        constraints: all must allow a use.
        budget: units that may be used in the episode; None when it is not counted.
        unit: of the budget, e.g. `USD`.
        expires_after: the grant holds at steps below this; None when it does not expire.
    """

    scope: str
    constraints: tuple[Constraint, ...] = ()
    budget: int | None = None
    unit: str = ""
    expires_after: int | None = None

    def restrict(self, other: Grant) -> Grant:
        """Return the grant that allows only what both allow."""
        return Grant(
            self.scope,
            tuple(dict.fromkeys(self.constraints + other.constraints)),
            _least(self.budget, other.budget),
            self.unit or other.unit,
            _least(self.expires_after, other.expires_after),
        )

    def __str__(self) -> str:
        """Write the grant in one line."""
        parts = [str(constraint) for constraint in self.constraints]
        if self.budget is not None:
            parts.append(f"budget {self.budget} {self.unit}".rstrip())
        if self.expires_after is not None:
            parts.append(f"expires after step {self.expires_after}")
        return f"{self.scope}: {', '.join(parts)}" if parts else self.scope


def _least(one: int | None, other: int | None) -> int | None:
    return min((n for n in (one, other) if n is not None), default=None)


@dataclass(frozen=True, slots=True)
class Permissions:
    """Hold the grants of one agent by scope."""

    grants: Mapping[str, Grant] = field(default_factory=dict)

    def restrict(self, other: Permissions) -> Permissions:
        """Return the permissions that allow only what both allow."""
        both = self.grants.keys() & other.grants.keys()
        return Permissions(
            {
                scope: grant.restrict(other.grants[scope])
                for scope, grant in self.grants.items()
                if scope in both
            }
        )

    def lines(self) -> tuple[str, ...]:
        """Return one readable line a grant."""
        return tuple(str(grant) for grant in self.grants.values())


@dataclass(frozen=True, slots=True)
class PermissionCheck:
    """Say whether a use is covered by the grants, and if not why."""

    allowed: bool
    reason: str = ""
    uses: tuple[Requirement, ...] = ()


class LedgerMarks(NamedTuple):
    """Hold what a ledger had spent and widened at one moment."""

    spent: dict[str, int]
    widened: dict[str, int]


class Ledger:
    """Count budgets once: reserved while pending, spent by what was applied, else given back."""

    def __init__(self, permissions: Permissions) -> None:
        """Start with nothing used."""
        self.permissions = permissions
        self._spent: dict[str, int] = {}
        self._pending: dict[str, tuple[Requirement, ...]] = {}
        self._widened: dict[str, int] = {}

    def used(self, scope: str) -> int:
        """Return the units that applied actions have spent."""
        return self._spent.get(scope, 0)

    def pending(self, scope: str) -> int:
        """Return the units that pending requests hold."""
        held = (use for uses in self._pending.values() for use in uses)
        return sum(use.amount for use in held if use.scope == scope)

    def budget(self, scope: str) -> int | None:
        """Return the whole budget, widened as a person agreed; None when it is not counted."""
        grant = self.permissions.grants.get(scope)
        if grant is None or grant.budget is None:
            return None
        return grant.budget + self._widened.get(scope, 0)

    def left(self, scope: str) -> int | None:
        """Return the units neither spent nor pending; None when they are not counted."""
        budget = self.budget(scope)
        return None if budget is None else budget - self.used(scope) - self.pending(scope)

    def check_instead(self, key: str, uses: tuple[Requirement, ...], step: int) -> PermissionCheck:
        """Tell whether the grants would cover `uses` in place of what `key` holds."""
        other = Ledger(self.permissions)
        other.restore(self.marks())
        other._pending = {name: held for name, held in self._pending.items() if name != key}
        return other.check(uses, step)

    def check(self, uses: tuple[Requirement, ...], step: int) -> PermissionCheck:
        """Tell whether the grants cover all of `uses` at `step`, beside what is pending."""
        amounts: dict[str, int] = {}
        for use in uses:
            amounts[use.scope] = amounts.get(use.scope, 0) + use.amount
            if problem := self._problem(use, step, amounts[use.scope]):
                return PermissionCheck(allowed=False, reason=problem, uses=uses)
        return PermissionCheck(allowed=True, uses=uses)

    def _problem(self, use: Requirement, step: int, amount: int) -> str:
        grant = self.permissions.grants.get(use.scope)
        if grant is None:
            return f"{use.scope} is not granted"
        if use.amount < 0:
            return f"{use.scope}: a negative amount, {use.amount}"
        if grant.expires_after is not None and step >= grant.expires_after:
            return f"{use.scope} expired after step {grant.expires_after}"
        given = dict(use.arguments)
        for constraint in grant.constraints:
            if not constraint.allows(given.get(constraint.argument)):
                return f"{use.scope} needs {constraint}; this is {given.get(constraint.argument)}"
        left = self.left(use.scope)
        if left is not None and amount > left:
            return f"{use.scope} has {left} {grant.unit} left; this takes {amount}"
        return ""

    def reserve(self, key: str, uses: tuple[Requirement, ...], step: int) -> PermissionCheck:
        """Check `uses` and, if they are covered, hold them under `key` until spent or released."""
        check = self.check(uses, step)
        if check.allowed:
            if key in self._pending:
                return PermissionCheck(allowed=False, reason="already pending", uses=uses)
            self._pending[key] = uses
        return check

    def spend(self, key: str) -> None:
        """Turn what `key` holds into spent units: its action was applied."""
        for use in self._pending.pop(key):
            self._spent[use.scope] = self._spent.get(use.scope, 0) + use.amount

    def release(self, key: str) -> None:
        """Give back what `key` holds: its action was not applied."""
        self._pending.pop(key, None)

    def marks(self) -> LedgerMarks:
        """Return what was spent and widened so far, for `restore`."""
        return LedgerMarks(dict(self._spent), dict(self._widened))

    def restore(self, marks: LedgerMarks) -> None:
        """Go back to what was spent and widened then; what is pending stays."""
        self._spent, self._widened = dict(marks.spent), dict(marks.widened)

    def widen(self, scope: str, amount: int) -> None:
        """Add to a budget; only for an approved and applied request for it."""
        self._widened[scope] = self._widened.get(scope, 0) + amount

    def lines(self) -> tuple[str, ...]:
        """Return one readable line a counted grant, with what is used and pending."""
        return tuple(
            f"{scope} {self.used(scope)} of {self.budget(scope)} {grant.unit} used"
            + (f", {self.pending(scope)} pending" if self.pending(scope) else "")
            for scope, grant in self.permissions.grants.items()
            if grant.budget is not None
        )


def load_permissions(path: Path, scopes: Mapping[str, ScopeType]) -> Permissions:
    """Read a permissions file.

    Raises:
        InputError: naming the file and the key that is wrong.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: is not TOML: {error}") from error
    return parse_permissions(table, scopes, str(path))


def parse_permissions(
    table: Mapping[str, Any], scopes: Mapping[str, ScopeType], where: str
) -> Permissions:
    """Turn a table with a `grants` part into permissions.

    Raises:
        InputError: naming `where` and the key that is wrong.
    """
    for key in table:
        if key != "grants":
            raise InputError(f'{where}: unknown key {key!r}; only [grants."SCOPE"] tables')
    grants = table.get("grants", {})
    if not isinstance(grants, dict):
        raise InputError(f'{where}: grants must be tables, [grants."SCOPE"]')
    return Permissions(
        {scope: _grant(scope, body, scopes, where) for scope, body in grants.items()}
    )


def _grant(scope: str, body: object, scopes: Mapping[str, ScopeType], where: str) -> Grant:
    """Read one `[grants."SCOPE"]` table."""
    place = f"{where}: grants.{scope!r}"
    kind = scopes.get(scope)
    if kind is None:
        raise InputError(f"{place}: there is no such scope{nearest(scope, scopes)}")
    if not isinstance(body, dict):
        raise InputError(f"{place}: must be a table")
    budget = _count(body.get("budget"), f"{place}.budget")
    if budget is not None and body.get("unit") != kind.unit:
        wanted = f"unit = {kind.unit!r}" if kind.unit else "no budget: it cannot be counted"
        raise InputError(f"{place}: needs {wanted}, not {body.get('unit')!r}")
    return Grant(
        scope=scope,
        constraints=tuple(
            _constraint(key, value, kind, place)
            for key, value in body.items()
            if key not in {"budget", "unit", "expires_after"}
        ),
        budget=budget,
        unit=kind.unit if budget is not None else "",
        expires_after=_count(body.get("expires_after"), f"{place}.expires_after"),
    )


def _count(value: object, place: str) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 2**53:
        raise InputError(f"{place} must be a whole number from 0, not {value!r}")
    return value


def _constraint(key: str, value: object, kind: ScopeType, place: str) -> Constraint:
    """Read `max_price = 400`, `min_...` or `only_destination = ["BOS"]`."""
    legal = {
        f"{limit}_{name}" for name in kind.arguments for limit in _limits(kind.arguments[name])
    }
    if key not in legal:
        known = (*sorted(legal), "budget", "unit", "expires_after")
        raise InputError(f"{place}: unknown key {key!r}{nearest(key, known)}")
    limit_name, _, argument = key.partition("_")
    limit = Limit(limit_name)
    values = tuple(value) if limit is Limit.ONLY and isinstance(value, list) else (value,)
    for one in values:
        sound = isinstance(one, (str, int, float)) and not (
            isinstance(one, float) and not math.isfinite(one)
        )
        problem = kind.arguments[argument].problem(one) if sound else f"cannot be {one!r}"
        if problem:
            raise InputError(f"{place}.{key} {problem}")
    return Constraint(argument, limit, values)


def _limits(parameter: Parameter) -> tuple[Limit, ...]:
    numeric = parameter.kind in {"integer", "number"}
    return (Limit.MAX, Limit.MIN, Limit.ONLY) if numeric else (Limit.ONLY,)
