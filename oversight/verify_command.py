"""Carry out `offswitch verify` and `offswitch key`: is the record whole, and by whose word?"""

from __future__ import annotations

import argparse
import json
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from oversight.commands import DONE, FAILED, print_rows, store_of
from sandbox.keys import Signer, fingerprint, public_key, trusted
from sandbox.log import Episode, Store
from sandbox.verify import Problem, missing
from sandbox.verify import verify as check


def verify(options: argparse.Namespace) -> int:
    """Check one episode, all of a log, or a file that was exported."""
    keys = [public_key(one) for one in options.key] or list(trusted())
    named = Path(options.episode or "")
    is_file = named.suffix == ".jsonl" or (bool(options.episode) and named.is_file())
    rows = _of_file(named, keys) if is_file else _of_store(options, keys)
    if options.json:
        print(json.dumps(rows, indent=2))
    else:
        for row in rows:
            print(f"{row['id']}  {_word(row)}  {row['events']} events{_whose(row)}")
            for problem in row["problems"]:
                where = f"event {problem['seq']}: " if problem["seq"] else ""
                print(f"    {where}{problem['sentence']}")
    return FAILED if any(row["problems"] for row in rows) else DONE


def _word(row: dict[str, Any]) -> str:
    if row["problems"]:
        return "BROKEN"
    return "whole" if row["ended"] else "whole as far as it goes: it has not ended"


def _whose(row: dict[str, Any]) -> str:
    if row["problems"] or not row["key"]:
        return ""
    return f", sealed by {row['key']}" + (", adopted" if row["adopted"] else "")


def _row(
    episode: str,
    events: int,
    problems: Sequence[Problem],
    *,
    ended: bool,
    public: str = "",
    adopted: bool = False,
) -> dict[str, Any]:
    """Return what was found of one episode; a key is named only where its seal holds."""
    sealer = fingerprint(bytes.fromhex(public)) if public and not problems else ""
    found = [problem._asdict() for problem in problems]
    parts = {"ended": ended, "key": sealer, "adopted": adopted, "problems": found}
    return {"id": episode, "events": events, **parts}


def _of_file(path: Path, keys: Collection[bytes]) -> list[dict[str, Any]]:
    from oversight.proof import check_file

    return [
        _row(
            one.episode,
            one.events,
            one.problems,
            ended=one.ended,
            public=one.key,
            adopted=one.adopted,
        )
        for one in check_file(path, keys)
    ]


def _of_store(options: argparse.Namespace, keys: Collection[bytes]) -> list[dict[str, Any]]:
    """Check episodes of the log; where all are checked, also what is no longer there."""
    store = store_of(options)
    chosen = iter([store.find(options.episode)]) if options.episode else store.chains()
    rows = [_of_episode(store, one, keys) for one in chosen]
    for gone in () if options.episode else missing(store):
        lost = Problem(0, f"{gone.seq} events were written, and the episode is gone")
        rows.append(_row(gone.episode, 0, [lost], ended=gone.ended))
    return rows


def _of_episode(store: Store, one: Episode, keys: Collection[bytes]) -> dict[str, Any]:
    problems = check(store, one, keys)
    last = next(iter(store.seals(one.id)[-1:]), None)
    return _row(
        one.id,
        one.length,
        problems,
        ended=one.ended is not None,
        public=last.public if last else "",
        adopted=bool(last and last.statement.adopted),
    )


def key(options: argparse.Namespace) -> int:
    """Print the public key by which what this machine wrote can be checked elsewhere."""
    signer = Signer.load()
    row = {
        "id": signer.fingerprint,
        "public": signer.public.hex(),
        "sentence": f"{signer.public.hex()}  {signer.fingerprint}",
    }
    return print_rows([row], options, ("sentence",))
