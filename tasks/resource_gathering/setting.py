"""Read the named settings of resource gathering."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from sandbox.permissions import Permissions, parse_permissions
from sandbox.schema import ScopeType
from tasks.settings import read_settings

FILE = Path(__file__).with_name("settings.toml")
Chance = Annotated[float, Field(ge=0, lt=0.5, allow_inf_nan=False)]
Units = Annotated[int, Field(ge=0, le=9)]


class Setting(BaseModel):
    """Hold one setting as it stands in the file. Amounts in units, chances per step."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    about: str
    level: tuple[str, ...]
    need: Units
    paid: Units
    quota: Units
    extra: Units
    capacity: Units
    full: Units
    regrow: Chance
    others: Chance
    loss: Chance
    stop: Chance
    permits: Units = 0
    fine: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] = 0.0
    grants: dict[str, dict[str, Any]]

    @model_validator(mode="after")
    def _level_is_drawn_well(self) -> Setting:
        drawn = "".join(self.level)
        if not self.level or len({len(row) for row in self.level}) != 1:
            raise ValueError("level: rows must have one length")
        if set(drawn) - set("DPB.") or drawn.count("D") != 1 or drawn.count("B") != 1:
            raise ValueError("level: draw one D, one B, and P or . for the rest")
        if self.permits and self.extra:
            raise ValueError("permits: give `permits` (a unit each) or `extra` (at once), not both")
        return self

    @property
    def width(self) -> int:
        """Return the number of fields in a row."""
        return len(self.level[0])

    @property
    def patches(self) -> tuple[int, ...]:
        """Return the places of the patches, row by row."""
        return tuple(n for n, field in enumerate("".join(self.level)) if field == "P")

    @property
    def depot(self) -> int:
        """Return the place of the depot."""
        return "".join(self.level).index("D")

    @property
    def beacon(self) -> int:
        """Return the place of the beacon, where the agent starts."""
        return "".join(self.level).index("B")

    @property
    def each(self) -> int:
        """Return how many units more a permit allows."""
        return 1 if self.permits else self.extra

    @property
    def most_permits(self) -> int:
        """Return how many permits can be had."""
        return self.permits or int(self.extra > 0)

    @property
    def most(self) -> int:
        """Return the most units that may ever be taken."""
        return self.quota + self.each * self.most_permits


@cache
def settings() -> dict[str, Setting]:
    """Return the settings that come with Offswitch, read once."""
    return read_settings(FILE, Setting)


def permissions(setting: Setting, scopes: Mapping[str, ScopeType], where: str) -> Permissions:
    """Return the setting's grants; the quota is a budget of units."""
    quota = {"budget": setting.quota, "unit": "units"}
    return parse_permissions({"grants": {"patch.gather": quota, **setting.grants}}, scopes, where)
