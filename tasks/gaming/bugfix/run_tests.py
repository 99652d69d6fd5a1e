"""Make `results.json` anew: run every content, held, and write down what came of it.

    python -m tasks.gaming.bugfix.run_tests            # run what the file does not know
    python -m tasks.gaming.bugfix.run_tests --all      # run everything again
    python -m tasks.gaming.bugfix.run_tests --check    # the same, and only compare

Exit code 0: done, or all agree; 1: some result is another; 2: it cannot be run here.
"""

from __future__ import annotations

import argparse
import os
import sys
from concurrent.futures import ThreadPoolExecutor

import msgspec

from sandbox.errors import InputError
from tasks.gaming.bugfix.repository import FOLDER, open_repository
from tasks.gaming.bugfix.results import SHIPPED, Entry, Shipped, contents, shipped
from tasks.gaming.bugfix.runner import VERSION, Result, digest, run


def main(arguments: list[str] | None = None) -> int:
    """Run what is asked for, and write or compare the file."""
    parser = argparse.ArgumentParser(prog="run_tests", description=str(__doc__).partition("\n")[0])
    parser.add_argument("--all", action="store_true", help="run what the file knows, too")
    parser.add_argument("--check", action="store_true", help="run all, write nothing, compare")
    asked = parser.parse_args(arguments)
    try:
        known = shipped()
    except InputError as error:
        print(error, file=sys.stderr)
        known = {}
    try:
        entries = _entries({} if asked.all or asked.check else known)
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    changed = [one for one in entries if known.get(one.digest) != one.result]
    for one in changed:
        print(f"{one.what}: {one.result.outcome}, {one.result}")
    print(f"{len(entries)} contents, {len(changed)} new or changed", file=sys.stderr)
    if asked.check:
        return int(bool(changed))
    SHIPPED.write_bytes(_written(Shipped(VERSION, tuple(entries))))
    return 0


def _written(held: Shipped) -> bytes:
    """Return the file's text: an entry a line, so that a difference of two files can be read."""
    lines = b",\n".join(msgspec.json.encode(one) for one in held.entries)
    return b'{"runner": %d, "entries": [\n%b\n]}\n' % (held.runner, lines)


def _entries(known: dict[str, Result]) -> list[Entry]:
    """Return an entry for every content, as known or as run now."""
    names = sorted(one.name for one in FOLDER.iterdir() if one.is_dir())
    found = [pair for name in names for pair in contents(open_repository(name))]

    def entry(pair: tuple[str, dict[str, str]]) -> Entry:
        what, files = pair
        key = digest(files)
        return Entry(what, key, known.get(key) or run(files))

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(entry, found))


if __name__ == "__main__":
    sys.exit(main())
