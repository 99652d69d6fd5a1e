"""Law 8: the seed determines every byte, in this process and in any other."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from hashlib import sha256

from sandbox.action import canonical
from sandbox.chance import Chance
from tests.contract.cases import ALL, Case, apply
from tests.test_size_limits import ROOT

STEPS = 12


def played(case: Case, seed: int) -> str:
    """Return a digest of all that a random walk by `seed` shows to agent and overseer."""
    world, seen = case.world(seed), sha256()
    for step in range(STEPS):
        offered = world.rules.actions(world.state)
        seen.update(canonical(world.observe()))
        seen.update(canonical([case.task.facts(world.state), world.render(72), offered]))
        if world.done:
            break
        action = offered[int(Chance(seed).uniform(step, "pick") * len(offered))]
        seen.update(canonical([world.preview(action), world.requirements(action)]))
        seen.update(canonical(apply(world, action)))
    return seen.hexdigest()


def play_all() -> None:
    """Print the digest of every setting; run in a process of its own, the last task first."""
    found = {full: played(Case(full), 3) for full in reversed(ALL)}
    sys.stdout.write(json.dumps(found))


@cache
def elsewhere() -> dict[str, str]:
    """Return what another process prints, whose sets and hashes are in another order."""
    source = "from tests.contract.test_same_bytes import play_all; play_all()"
    environment = os.environ | {"PYTHONHASHSEED": "7", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", source], cwd=ROOT, env=environment, capture_output=True, check=True
    )
    found: dict[str, str] = json.loads(done.stdout)
    return found


def test_the_same_seed_shows_the_same_bytes_here_and_in_another_process(case: Case) -> None:
    here = played(case, 3)
    assert here == played(Case(case.full), 3)
    assert here == elsewhere()[case.full]
