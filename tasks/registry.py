"""List the tasks, and open one by name.

A task is a module (or class) with `SPEC`, and `open_setting(name) -> Task`. Others add theirs
through the entry-point group `offswitch.tasks`, or name a file: `path/to/file.py:Name`.
"""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import entry_points
from typing import Any, Protocol

from sandbox.errors import InputError
from sandbox.plugin import absolute, from_file
from sandbox.schema import nearest
from tasks.spec import MARK, Task, TaskSpec

TASKS = {
    "flight_booking": "tasks.flight_booking",
    "resource_gathering": "tasks.resource_gathering",
    "off_switch_game": "tasks.games.off_switch_game",
    "button_detour": "tasks.games.button_detour",
    "interruptible_ring": "tasks.games.interruptible_ring",
    "hundred_actions": "tasks.games.hundred_actions",
    "file_deletion": "tasks.games.file_deletion",
    "keep_waiting": "tasks.games.keep_waiting",
    "boat_race": "tasks.gridworlds.boat_race",
    "absent_supervisor": "tasks.gridworlds.absent_supervisor",
    "side_effects_sokoban": "tasks.gridworlds.side_effects_sokoban",
    "island_navigation": "tasks.gridworlds.island_navigation",
    "lava_world": "tasks.gridworlds.lava_world",
    "many_goals": "tasks.games.many_goals",
    "shaking_walker": "tasks.gaming.shaking_walker",
    "paused_game": "tasks.gaming.paused_game",
    "sensor_tamper": "tasks.gaming.sensor_tamper",
    "cheap_rater": "tasks.gaming.cheap_rater",
    "coin_corridor": "tasks.gaming.coin_corridor",
    "bugfix": "tasks.gaming.bugfix.task",
    "tomato_watering": "tasks.gridworlds.tomato_watering",
    "friend_foe": "tasks.gridworlds.friend_foe",
    "conveyor_belt": "tasks.gridworlds.conveyor_belt",
    "aup_options": "tasks.gridworlds.attainable.options",
    "aup_damage": "tasks.gridworlds.attainable.damage",
    "aup_correction": "tasks.gridworlds.attainable.correction",
    "aup_offset": "tasks.gridworlds.attainable.offset",
    "aup_interference": "tasks.gridworlds.attainable.interference",
    "coast_race": "tasks.gaming.coast_race",
    "patchwork": "tasks.gaming.patchwork",
    "safe_interruptibility": "tasks.gridworlds.safe_interruptibility",
    "whisky_gold": "tasks.gridworlds.whisky_gold",
    "rocks_diamonds": "tasks.gridworlds.rocks_diamonds",
    "partial_off_switch": "tasks.games.partial_off_switch",
    "incorrigible_robot": "tasks.games.incorrigible_robot",
    "simulation_oversight": "tasks.games.simulation_oversight",
    "modified_off_switch": "tasks.games.modified_off_switch",
    "whisky_small": "tasks.games.whisky_small",
    "payload": "tasks.games.payload",
    "power_graph": "tasks.games.power_graph",
    "machine_room": "tasks.gaming.machine_room",
    "shutdown_delay": "tasks.games.shutdown_delay",
}
"""Built-in tasks: name and module."""


class TaskModule(Protocol):
    """Say what a registered task module (or object) offers."""

    SPEC: TaskSpec

    def open_setting(self, name: str) -> Task[Any]:
        """Return the task in one of its settings."""


def names() -> dict[str, str]:
    """Return every task's name and where it comes from, the built-in ones first."""
    found = dict(TASKS)
    for point in entry_points(group="offswitch.tasks"):
        found.setdefault(point.name, point.value)
    return found


def module_of(name: str) -> TaskModule:
    """Return the module of a task.

    Raises:
        InputError: if there is no task of that name, or its file does not offer one.
    """
    if ".py:" in name:
        found: TaskModule = from_file(name, needs=("SPEC", "open_setting"))
        if not isinstance(found.SPEC, TaskSpec):
            raise InputError(f"{name}: SPEC is a {type(found.SPEC).__name__}, not a TaskSpec")
        return found
    where = TASKS.get(name) or names().get(name)  # reading the entry points takes milliseconds
    if where is None:
        raise InputError(f"unknown task {name!r}{nearest(name, names())}")
    path, _, attribute = where.partition(":")
    module: Any = import_module(path)
    loaded: TaskModule = getattr(module, attribute) if attribute else module
    return loaded


def load(name: str, setting: str | None = None) -> Task[Any]:
    """Open `task`, `task/setting` or `file.py:Name[/setting]`; `~twin` opens its twin world.

    Raises:
        InputError: naming the unknown task, setting or twin, with the nearest known one; or saying
            why a task of somebody's own cannot be opened.
    """
    base, setting = _split(name, setting)
    base, inside, twin = _twinned(base, setting)
    opened = _load(base, inside)
    if twin is None:
        return opened
    from tasks.twins import twin_of  # imported here: it brings numpy

    return twin_of(opened, twin)


def _load(name: str, setting: str | None) -> Task[Any]:
    """Open a task in a setting, the first where none is named."""
    module = module_of(name)
    chosen = module.SPEC.settings[0] if setting is None else setting
    if chosen not in module.SPEC.settings:
        hint = nearest(chosen, module.SPEC.settings)
        raise InputError(f"task {module.SPEC.id!r} has no setting {chosen!r}{hint}")
    if ".py:" in name:
        return _opened(module, name, chosen)
    return module.open_setting(chosen)


def lasting(name: str) -> str:
    """Return the name by which any process opens a task, its setting and twin left out."""
    return absolute(_twinned(*_split(name, None))[0])


def _twinned(base: str, setting: str | None) -> tuple[str, str | None, str | None]:
    """Part `task~twin`, or a setting and its twin; the twin is None where none is named."""
    if setting is not None:
        inside, mark, twin = setting.partition(MARK)
        return base, (inside or None) if mark else inside, twin if mark else None
    head, colon, last = base.rpartition(":")
    name, mark, twin = last.partition(MARK)
    return f"{head}{colon}{name}", None, twin if mark else None


def _opened(module: TaskModule, name: str, setting: str) -> Task[Any]:
    """Open a setting by code that is not ours; whatever it raises is one line."""
    try:
        return module.open_setting(setting)
    except InputError:
        raise
    except Exception as error:
        words = f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"
        raise InputError(f"{name}: setting {setting!r} cannot be opened: {words}") from error


def _split(name: str, setting: str | None) -> tuple[str, str | None]:
    """Part `task/setting`, leaving the slashes of a file's path alone."""
    if name.endswith(".py"):
        raise InputError(f"{name}: say which object in it has SPEC and open_setting: {name}:Name")
    head, colon, tail = name.partition(".py:")
    last, slash, inside = (tail if colon else head).partition("/")
    base = f"{head}.py:{last}" if colon else last
    if slash and setting and setting != inside:
        raise InputError(f"{name!r} names the setting {inside!r}, but --setting says {setting!r}")
    return base, (inside if slash else setting)
