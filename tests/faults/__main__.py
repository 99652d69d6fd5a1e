"""Let seeded schedules of faults come to pass: `python -m tests.faults --schedules 1000`.

It prints how many faults fired, by kind and by call, and each law that broke. Exit code 1 when one
did.
"""

from __future__ import annotations

import argparse
import json
import sys

from tests.faults.library import UnreachableError
from tests.faults.report import lines, many
from tests.faults.vfs import faulty


def main() -> int:
    """Run, print, and tell whether every law held."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--schedules", type=int, default=1000, metavar="N", help="how many")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of the first")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args()
    try:
        faulty()
    except UnreachableError as error:
        print(f"nothing was tried: {error}", file=sys.stderr)
        return 2
    report = many(range(arguments.seed, arguments.seed + arguments.schedules))
    record = report.record()
    print(json.dumps(record) if arguments.json else "\n".join(lines(record)))
    return 1 if report.problems else 0


if __name__ == "__main__":
    sys.exit(main())
