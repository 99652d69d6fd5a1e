"""Name the stages of trust, and say what each does to a verdict of the approval policy.

In `shadow` an agent proposes and nothing is applied. `Supervised`, everything from caution up is
asked, also what the policy would allow. `Trusted`, what the policy asks about is allowed below a
warning, and only that: what the policy refuses stays refused in every stage.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol

from oversight.policy import Verdict
from oversight.standing import always_asked
from sandbox.events import Finding, Header, StageChanged
from sandbox.schema import ActionType, Stakes

EVERYTHING = "*"
"""The scope that stands for everything, also for what uses no scope at all."""

POLICY, STAGE = "policy", "stage"
"""Who decides where nobody is asked."""


class StageName(StrEnum):
    """Name the three stages, the strictest first."""

    SHADOW = "shadow"
    SUPERVISED = "supervised"
    TRUSTED = "trusted"

    @property
    def rank(self) -> int:
        """Return 0 for shadow, 1 for supervised, 2 for trusted."""
        return list(StageName).index(self)

    @property
    def above(self) -> StageName | None:
        """Return the next stage, or None at the top."""
        return None if self is StageName.TRUSTED else list(StageName)[self.rank + 1]

    @property
    def below(self) -> StageName:
        """Return the stage one stricter; shadow stays shadow."""
        return list(StageName)[max(0, self.rank - 1)]


def strictest(stages: Iterable[StageName]) -> StageName:
    """Return the strictest of several stages; shadow of none at all."""
    return min(stages, key=lambda one: one.rank, default=StageName.SHADOW)


def header_lines(stages: Mapping[str, StageName]) -> list[str]:
    """Return stages by scope as a header keeps them."""
    return [f"{scope} {stage}" for scope, stage in stages.items()]


def stages_said(header: Header) -> dict[str, StageName]:
    """Return the stages by scope that a header keeps; none where there were no stages."""
    lines = header.get("stages")
    pairs = (line.rsplit(" ", 1) for line in lines) if isinstance(lines, list) else ()
    return {scope: StageName(stage) for scope, stage in pairs}


def in_words(stages: Mapping[str, StageName]) -> str:
    """Return stages by scope in words, that of everything first; empty of none."""
    whole = [str(stage) for scope, stage in stages.items() if scope == EVERYTHING]
    others = [f"{scope} {stage}" for scope, stage in stages.items() if scope != EVERYTHING]
    return "; ".join(whole + others)


class Trust(Protocol):
    """Say how far one running agent is trusted; see `oversight.trust`.

    Attributes:
        heard: called with each change of a stage of this agent, in the thread of its episode.
    """

    heard: Callable[[StageChanged], None]

    def look(self) -> None:
        """Take in what has changed since the last look: promotions, demotions, expiry.

        Raises:
            StoreError: when the record of it is not whole, or cannot be written.
        """

    def stage(self, scopes: Sequence[str]) -> StageName:
        """Return the stage that counts for an action that uses `scopes`."""

    def found(self, finding: Finding, episode: str) -> None:
        """Lower the agent at once, in every scope, where a finding is a warning.

        Raises:
            StoreError: when that cannot be written.
        """

    def begun(self) -> None:
        """See, once the agent has loaded its code, that it is still the code that was looked at.

        Raises:
            AgentError: when its file was changed meanwhile.
        """

    def stood(self, stages: Mapping[str, StageName]) -> None:
        """Say where the agent stood when its episode was broken off; the next look tells more."""

    def words(self) -> str:
        """Return its stages in words. Any thread may call."""

    def close(self) -> None:
        """Let go of the store."""


@dataclass(frozen=True)
class Staged:
    """Hold what is done with a request once its agent's stage has been looked at.

    Attributes:
        verdict: of the policy, made stricter or looser by the stage.
        by: who decides where nobody is asked: `policy` or `stage`.
        reason: why, where the stage decides; for the record, never for the agent.
        would: what had been done without the stage; empty where the policy decides.
    """

    verdict: Verdict
    by: str = POLICY
    reason: str = ""
    would: str = ""


def staged(verdict: Verdict, stage: StageName | None, kind: ActionType) -> Staged:
    """Return what becomes of the policy's verdict in a stage; None is no stage at all."""
    if stage is None or verdict.do == "refuse":
        return Staged(verdict)
    if stage is StageName.SHADOW:
        would = "asked about" if verdict.do == "ask" else "allowed"
        rule = f" by rule {verdict.rule!r}" if verdict.rule else ""
        reason = f"in shadow nothing is applied; it would have been {would}{rule}"
        return Staged(replace(verdict, do="refuse"), STAGE, reason, verdict.do)
    if verdict.do == "allow":
        least = Stakes.CAUTION if stage is StageName.SUPERVISED else Stakes.WARNING
        asked = verdict.stakes.rank >= least.rank
        return Staged(replace(verdict, do="ask") if asked else verdict)
    if stage is StageName.TRUSTED and not must_ask(verdict, kind):
        reason = f"trusted: rule {verdict.rule!r} would have asked"
        return Staged(replace(verdict, do="allow"), STAGE, reason, verdict.do)
    return Staged(verdict)


def must_ask(verdict: Verdict, kind: ActionType) -> str:
    """Say why a request is asked however far its agent is trusted; empty when it need not be."""
    if not verdict.rule:
        return "what no rule of the policy names is always asked"
    return always_asked(kind, verdict.stakes, verdict.persons)
