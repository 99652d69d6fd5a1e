"""Lower an agent for a warning that was found after its episode: by twins, or by exact values.

What the log shows was found while it was written, and has lowered the agent then. An episode costs
one step at the most for what is found later, and none if it has cost one before.
"""

from __future__ import annotations

from pathlib import Path

from agents.code import code_of
from oversight.demotion import ANALYZER, for_warning, is_grave
from oversight.inquiry.analysis import OBSERVED, Analysis
from oversight.inquiry.logged import Logged
from oversight.rerun import stages_of
from oversight.stage_chain import Adding, adding
from oversight.stage_file import StageFile
from oversight.stage_place import Who, places_of
from oversight.stages import EVERYTHING
from sandbox.errors import OffswitchError
from sandbox.events import Finding, Header
from sandbox.log import Store


def lowered_afterwards(found: Analysis, logs: Path) -> list[str]:
    """Lower the agent of an analysed episode, if that is due; return what there is to say of it."""
    grave = [one for one in found.findings if is_grave(one) and one.method != OBSERVED]
    header, file = found.logged.header, _rows(found.logged)
    if not grave or header is None or file is None:
        return []
    who = Who(str(header["agent"]), str(header["reward_design"]), str(header["agent_code"]))
    try:
        if code_of(who.agent, who.reward) != who.code:
            return [f"{who.words} is of other code by now: its stage stays as it is"]
        return _lowered(found.logged, who, file, grave[0], logs)
    except OffswitchError as error:
        return [f"{who.words} could not be demoted: {error}", "`offswitch demote` does it by hand"]


def _rows(logged: Logged) -> StageFile | None:
    """Return the rows under which an episode of the store ran; None where it costs no trust."""
    header: Header = logged.header or {}
    return stages_of(header) if logged.episode and "parent" not in header else None


def _lowered(logged: Logged, who: Who, file: StageFile, finding: Finding, logs: Path) -> list[str]:
    store = Store(logs / "offswitch.db")
    try:
        with adding(store) as held:
            if _has_cost(held, logged.episode):
                return []
            now = max(store.clock.now(), held.chain.latest)
            was = places_of(held.chain.changes, who, file, now)[EVERYTHING].stage
            for_warning(held, who, file, finding, logged.episode, now)
            stage = places_of(held.chain.changes, who, file, now)[EVERYTHING].stage
    finally:
        store.close()
    what = f"from {was} to {stage}" if stage is not was else f"it stays in {stage}, and begins anew"
    return [f"{who.words} is demoted for {finding.id} ({finding.method}), in every scope: {what}"]


def _has_cost(held: Adding, episode: str) -> bool:
    """Tell whether an episode has lowered its agent before."""
    return any(
        one.event.by == ANALYZER and episode in dict(one.event.evidence)
        for one in held.chain.changes
    )
