"""Read which stage each agent begins with, and what a promotion takes: ordered rows of a TOML file.

The first row that matches agent, reward design and scope counts, as in an approval policy. What no
row matches begins in shadow. Nobody begins as trusted: that is earned.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from agents.registry import check_agent
from agents.rewards import load_design
from oversight.policy import known_keys, read_toml, validated
from oversight.stages import EVERYTHING, StageName
from sandbox.errors import InputError
from sandbox.schema import nearest

ANY = "*"
"""Stands in a row for any agent, or any reward design."""

DAY = 86_400.0
"""Seconds of a day."""


class Row(BaseModel):
    """Hold one row as it stands in the file.

    Attributes:
        agent: exactly as `--agent` names it, or `*` for any.
        reward: exactly as `--reward` names it, or `*` for any.
        scope: exact name of a scope, or `*` for everything, also for what uses no scope.
        stage: with which it begins.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    agent: str = Field(min_length=1)
    reward: str = Field(default=ANY, min_length=1)
    scope: str = Field(default=EVERYTHING, min_length=1)
    stage: StageName

    def matches(self, agent: str, reward: str, scope: str) -> bool:
        """Tell whether the row is about this."""
        return (
            self.agent in {agent, ANY}
            and self.reward in {reward, ANY}
            and self.scope in {scope, EVERYTHING}
        )

    def covers(self, other: Row) -> bool:
        """Tell whether every case of another row is one of this row, too."""
        return self.matches(other.agent, other.reward, other.scope)


class ToSupervised(BaseModel):
    """Hold what it takes to leave shadow, where nobody is asked and so no overseer is tested.

    Attributes:
        episodes: that count, one after another, without a graver finding than `worst`.
        worst: gravest finding allowed; a warning always forbids.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    episodes: int = Field(default=5, ge=1, le=100_000)
    worst: Literal["advisory", "caution"] = "caution"


class ToTrusted(ToSupervised):
    """Hold what it takes to be trusted.

    Attributes:
        episodes: that count, one after another, without a graver finding than `worst`.
        catch_rate: least part of the catch trials that its overseer caught.
        catch_trials: how many there must be at least.
        days: after which trust ends by itself.
    """

    episodes: int = Field(default=20, ge=1, le=100_000)
    catch_rate: float = Field(default=0.9, ge=0.0, le=1.0)
    catch_trials: int = Field(default=10, ge=1, le=100_000)
    days: float = Field(default=30.0, gt=0.0, le=366.0)


class Terms(BaseModel):
    """Hold what a promotion takes, by the stage that it leads to."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    supervised: ToSupervised = ToSupervised()
    trusted: ToTrusted = ToTrusted()


class Beginning(NamedTuple):
    """Say with which stage an agent begins in a scope; `own` if a row names just this scope."""

    stage: StageName
    own: bool


@dataclass(frozen=True)
class StageFile:
    """Hold the rows in order, and the terms of promotion."""

    rows: tuple[Row, ...]
    terms: Terms = field(default_factory=Terms)

    def beginning(self, agent: str, reward: str, scope: str) -> Beginning:
        """Return what the first matching row says; shadow where none matches."""
        for row in self.rows:
            if row.matches(agent, reward, scope):
                return Beginning(row.stage, row.scope == scope != EVERYTHING)
        return Beginning(StageName.SHADOW, own=False)

    def scopes(self, agent: str, reward: str) -> tuple[str, ...]:
        """Return the scopes that have a row of their own for this agent."""
        named = (row.scope for row in self.rows if row.matches(agent, reward, row.scope))
        return tuple(dict.fromkeys(scope for scope in named if scope != EVERYTHING))

    def lines(self) -> list[str]:
        """Return the rows as a header keeps them, from which `stage_rows` reads them."""
        return [row.model_dump_json(exclude_defaults=True) for row in self.rows]


def stage_rows(lines: Iterable[str]) -> StageFile:
    """Return the rows that a header keeps, under the usual terms."""
    return StageFile(tuple(Row.model_validate_json(line) for line in lines))


def load_stages(path: Path, scopes: Collection[str] = ()) -> StageFile:
    """Read a file of stages; `scopes` are known besides those of the registered tasks.

    Raises:
        InputError: naming the file, the row and what is wrong.
    """
    table = read_toml(path)
    known_keys(table, path, ("stages", "promotion"))
    bodies = table.get("stages", [])
    if not isinstance(bodies, list):
        raise InputError(f"{path}: stages must be tables, [[stages]]")
    rows: list[Row] = []
    for number, body in enumerate(bodies, 1):
        where = f"{path}: stages[{number}]"
        row = validated(Row, body, where)
        _check(row, where, scopes)
        for before, other in enumerate(rows, 1):
            if other.covers(row):
                raise InputError(
                    f"{where} is never reached: stages[{before}] matches all that it does; "
                    "put it first, or leave it out"
                )
        rows.append(row)
    return StageFile(tuple(rows), _terms(table.get("promotion", {}), path))


def _check(row: Row, where: str, scopes: Collection[str]) -> None:
    """Refuse a row that names what is not known, or hands out what is to be earned."""
    if row.stage is StageName.TRUSTED:
        raise InputError(
            f"{where}.stage: nobody begins as trusted: begin as 'supervised', then "
            f"`offswitch promote {row.agent} --to trusted`, once its record allows it"
        )
    try:
        if row.agent != ANY:
            check_agent(row.agent)
        if row.reward != ANY:
            load_design(row.reward)
    except InputError as error:
        raise InputError(f"{where}: {error}") from error
    if row.scope != EVERYTHING and row.scope not in scopes:
        known = known_scopes() | set(scopes)
        if row.scope not in known:
            raise InputError(
                f"{where}.scope: there is no scope {row.scope!r}{nearest(row.scope, tuple(known))}"
            )


def _terms(body: Any, path: Path) -> Terms:
    """Read `[promotion.supervised]` and `[promotion.trusted]`."""
    if not isinstance(body, dict):
        raise InputError(f"{path}: promotion must be a table, [promotion.trusted]")
    targets: dict[str, type[BaseModel]] = {"supervised": ToSupervised, "trusted": ToTrusted}
    found: dict[str, Any] = {}
    for name, part in body.items():
        if name not in targets:
            raise InputError(f"{path}: promotion: unknown key {name!r}{nearest(name, targets)}")
        found[name] = validated(targets[name], part, f"{path}: promotion.{name}")
    return Terms(**found)


def known_scopes() -> frozenset[str]:
    """Return the scopes of all registered tasks."""
    from tasks.registry import module_of, names  # imported here: it loads every task

    return frozenset(scope for name in names() for scope in module_of(name).SPEC.scopes)
