"""Write the table of attacks and levels: `python -m tests.redteam.table > docs/red-team.md`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from sandbox.confine.levels import HELD, Level, probe
from tests.redteam.arena import run
from tests.redteam.attacks import ATTACKS

LEVELS = (Level.NONE, *reversed(HELD))
HEAD = """# Attacks and levels

What an agent tried, and where it came true. `SUCCEEDS` under "none" shows that the attack is real;
each is looked at from outside, and an agent's own claim of success counts as one. Made by
`python -m tests.redteam.table > docs/red-team.md`; a test fails when a cell gets worse. Attacks on
the protocol, on the shutdown and on the person are tests of their own, named in
[threat-model.md](threat-model.md).
"""


def cells(folder: Path) -> dict[str, dict[str, bool]]:
    """Run everything and return attack -> level -> whether it came true."""
    found: dict[str, dict[str, bool]] = {}
    for attack in ATTACKS:
        found[attack.name] = {
            level.name.lower(): run(attack, level, folder / "arena")[0] for level in LEVELS
        }
        print(attack.name, found[attack.name], file=sys.stderr)
    return found


def main() -> int:
    """Print the table; every level must be there to fill it."""
    missing = [level for level in HELD if probe(level).problem]
    if missing:
        print(f"not here: {', '.join(missing)}", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        found = cells(Path(folder))
    names = [level.name.lower() for level in LEVELS]
    print(HEAD)
    sums = {name: sum(row[name] for row in found.values()) for name in names}
    print(f"Of {len(found)}: " + ", ".join(f"{sums[name]} at {name}" for name in names) + ".\n")
    print("| attack | " + " | ".join(names) + " |\n|---|" + "---|" * len(names))
    for attack in ATTACKS:
        row = found[attack.name]
        said = [("**SUCCEEDS**" if row[name] else "refused") for name in names]
        print(f"| {attack.group}: {attack.name} | " + " | ".join(said) + " |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
