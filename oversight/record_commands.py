"""Carry out the commands about what is on record."""

from __future__ import annotations

import argparse
import json

from oversight.columns import terminal_room
from oversight.commands import store_of

DONE = 0


def compare(options: argparse.Namespace) -> int:
    """Print where two episodes part, and what came of each."""
    from oversight import compared
    from oversight.compare import compare as beside

    store = store_of(options)
    found = beside(store, store.find(options.episode), store.find(options.other))
    if options.json:
        print(json.dumps(compared.record(found), indent=2))
    else:
        print("\n".join(compared.lines(found, terminal_room())))
    return DONE
