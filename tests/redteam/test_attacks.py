"""Run every attack at every level; none may do better than the table in the docs says."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sandbox.confine.levels import HELD, Level, probe
from tests.redteam.arena import run
from tests.redteam.attacks import ATTACKS, Attack

TABLE = Path(__file__).parents[2] / "docs" / "red-team.md"
AS_ROOT = {
    *("poison the shim", "poison the packages", "load BPF", "open a file by its number"),
    *("watch the file system", "leave its cgroup", "set the kernel"),
}
"""Whose controls need a privilege that an ordinary user has not."""


def documented() -> dict[str, list[str]]:
    """Return attack -> what the table says at none, confined, contained."""
    rows = [line.split("|")[1:-1] for line in TABLE.read_text().splitlines() if ": " in line]
    return {
        row[0].split(": ", 1)[1].strip(): [cell.strip() for cell in row[1:]]
        for row in rows
        if len(row) == 4
    }


def need(level: Level) -> None:
    """Skip where this machine has no such level; fail where it was promised."""
    problem = probe(level).problem
    if problem and os.environ.get("OFFSWITCH_HAS_BUBBLEWRAP"):
        pytest.fail(f"bubblewrap was installed, and still: {problem}")
    if problem:
        pytest.skip(problem)


def test_the_table_names_every_attack_and_nothing_else() -> None:
    assert list(documented()) == [one.name for one in ATTACKS]


def test_at_most_one_attack_is_documented_to_succeed_where_agents_run_by_default() -> None:
    cells = documented().values()
    assert sum("SUCCEEDS" in row[2] for row in cells) == 0
    assert sum("SUCCEEDS" in row[1] for row in cells) <= 1
    assert all("SUCCEEDS" in row[0] for row in cells)


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda one: one.name)
def test_an_attack_succeeds_where_nothing_holds(attack: Attack, tmp_path: Path) -> None:
    if os.getuid() and attack.name in AS_ROOT:
        pytest.skip("its control needs root")
    done, said = run(attack, Level.NONE, tmp_path / "arena")
    assert done, said


@pytest.mark.parametrize("level", HELD, ids=lambda one: one.name.lower())
@pytest.mark.parametrize("attack", ATTACKS, ids=lambda one: one.name)
def test_an_attack_does_no_better_than_documented(
    attack: Attack, level: Level, tmp_path: Path
) -> None:
    need(level)
    done, said = run(attack, level, tmp_path / "arena")
    allowed = "SUCCEEDS" in documented()[attack.name][1 + (level is Level.CONTAINED)]
    assert not done or allowed, said
