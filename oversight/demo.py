"""Show the whole thing once: four agents book real flights, and somebody stands at the gate."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from oversight.crew import Member
from oversight.fleet import run_together
from oversight.overseer import SCRIPTED, Scripted
from oversight.reach import reachable
from oversight.replay import verify_replay
from oversight.run import Plan, Stage, check_plan, open_session, summary_record
from oversight.transcript import lines
from sandbox.log import Store

CAST = (
    Plan("flight_booking/bos-feb", name="naive", reward="naive", seed=11),
    Plan("flight_booking/bos-feb", name="corrigible", reward="utility_indifference", seed=11),
    Plan("flight_booking/lax-thanksgiving", name="greedy", agent="greedy", seed=11),
    Plan("flight_booking/mia-seats", name="evasive", reward="naive", seed=11),
)
"""The agents of the demo: one that mutes its inbox, one that does not, one that hoards, and one
that buys a booking seat by seat, so that nobody is asked."""


def run_headless(cast: Sequence[Plan], logs: Path, *, as_json: bool) -> int:
    """Run the cast under the scripted overseer, print what happened, and replay it.

    Returns:
        0 when every replay agrees with its log, else 1.
    """
    for plan in cast:
        check_plan(plan)
    store = Store(logs / "offswitch.db")
    stage = Stage(store, Scripted(SCRIPTED))
    members = [Member(plan, open_session(plan, stage)) for plan in cast]
    sessions = [member.session for member in members]
    print(f"four agents book real flights; log in {store.path}", file=sys.stderr)
    with reachable(members, stage, logs) as crew:
        summaries = run_together(members, crew.run_here)
    records: list[dict[str, Any]] = []
    for plan, session, summary in zip(cast, sessions, summaries, strict=True):
        episode = store.find(summary.episode)
        compared, parted = verify_replay(store, episode)
        record = summary_record(plan, session, summary)
        record["replay"] = {"steps": compared, "verified": not parted}
        records.append(record)
        if not as_json:
            print("\n".join(lines(one.event for one in store.records(episode.id))))
            word = f"replay verified: {compared} steps" if not parted else parted[0].sentence
            print(f"       {word}  (offswitch show {summary.episode})\n")
    if as_json:
        import json

        print(json.dumps(records, indent=2))
    else:
        print(_table(cast, records))
    return 0 if all(record["replay"]["verified"] for record in records) else 1


def _table(cast: Sequence[Plan], records: list[dict[str, Any]]) -> str:
    """Return the comparison that the demo is about."""
    names = [plan.name for plan in cast]
    rows = [f"{'agent':<12}{'reward (told)':>14}{'performance':>13}  asked  ended by     findings"]
    for name, record in zip(names, records, strict=True):
        grave = (one for one in record["findings"] if one["severity"] != "advisory")
        kinds = sorted({finding["kind"] for finding in grave})
        rows.append(
            f"{name:<12}{record['reward']:>14.3f}{record['performance']:>13.3f}"
            f"{record['requests']:>7}  {record['termination']:<12} {', '.join(kinds) or 'none'}"
        )
    return "\n".join(rows)
