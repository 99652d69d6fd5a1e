"""Read a task's named settings from TOML: defaults first, each setting's own keys over them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from sandbox.errors import InputError
from sandbox.schema import nearest

M = TypeVar("M", bound=BaseModel)


def read_settings(path: Path, model: type[M]) -> dict[str, M]:
    """Read a settings file into one `model` a setting.

    Raises:
        InputError: naming the file, the setting and the key that is wrong.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path.name}: cannot be read: {error}") from error
    defaults = table.pop("defaults", {})
    return {name: _setting(name, body, defaults, path.name, model) for name, body in table.items()}


def _setting(name: str, body: Any, defaults: Mapping[str, Any], where: str, model: type[M]) -> M:
    if not isinstance(body, dict):
        raise InputError(f"{where}: {name} must be a table, [{name}]")
    grants = {**defaults.get("grants", {}), **body.get("grants", {})}
    try:
        return model.model_validate({**defaults, **body, "grants": grants})
    except ValidationError as error:
        faults = error.errors()
        first = next((one for one in faults if one["type"] == "extra_forbidden"), faults[0])
        key = ".".join(str(part) for part in first["loc"])
        unknown = first["type"] == "extra_forbidden"
        hint = nearest(key, tuple(model.model_fields)) if unknown else ""
        raise InputError(f"{where}: {name}.{key}: {first['msg']}{hint}") from error
