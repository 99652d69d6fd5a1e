"""Put agents on stages: files of stages, signed promotions, chains in memory and in stores."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from msgspec import structs

from agents.code import code_of
from oversight.run import Stage
from oversight.stage_chain import Change, adding, fault_of, people, read_chain, signed
from oversight.stage_file import StageFile, load_stages
from oversight.stage_place import Place, Who, place_in
from oversight.stages import EVERYTHING, StageName
from sandbox.clock import ManualClock
from sandbox.events import StageChanged
from sandbox.keys import Signer
from sandbox.log import Store
from tests.oversight.runs import Bench

SUPERVISED = '[[stages]]\nagent = "*"\nstage = "supervised"\n'
SHADOW = '[[stages]]\nagent = "*"\nstage = "shadow"\n'
QUICK = """
[promotion.supervised]
episodes = 2
[promotion.trusted]
episodes = 2
catch_rate = 0.5
catch_trials = 2
days = 10
"""
DAY = 86_400.0
SOON = 100 * DAY


def stage_file(folder: Path, text: str = SUPERVISED + QUICK) -> Path:
    path = folder / "stages.toml"
    path.write_text(text)
    return path


def read(folder: Path, text: str = SUPERVISED + QUICK) -> StageFile:
    return load_stages(stage_file(folder, text))


def who_is(agent: str = "greedy", reward: str = "naive") -> Who:
    return Who(agent, reward, code_of(agent, reward))


def kim() -> Signer:
    return Signer.load("person-kim")


def promotion(who: Who, to: StageName, scope: str = EVERYTHING, **parts: Any) -> StageChanged:
    """Return what a person would sign; trust ends in `SOON` seconds."""
    was = list(StageName)[to.rank - 1]
    until = SOON if to is StageName.TRUSTED else 0.0
    event = StageChanged(
        -1, who.agent, who.reward, scope, was, to, "operator:kim", "earned", who.code, until=until
    )
    return structs.replace(event, **parts)


def lowering(who: Who, to: StageName, scope: str = EVERYTHING, **parts: Any) -> StageChanged:
    """Return what nobody signs."""
    event = StageChanged(-1, who.agent, who.reward, scope, "", to, "operator:lee", "no", who.code)
    return structs.replace(event, **parts)


def lift(store: Store, who: Who, to: StageName, scope: str = EVERYTHING, **parts: Any) -> None:
    """Promote without a record, as whoever holds kim's key could."""
    with adding(store) as held:
        parts = {"after": held.chain.head, "at": store.clock.now()} | parts
        held.add(signed(promotion(who, to, scope, **parts), kim()))


def chained(*events: StageChanged) -> list[Change]:
    """Return events as the rows of a chain, those signed by kim among them judged."""
    kim()
    return [Change(n, one, fault_of(one, "", people())) for n, one in enumerate(events, 2)]


def where(store: Store, who: Who, file: StageFile, scope: str = EVERYTHING) -> Place:
    chain = read_chain(store)
    return place_in(chain.changes, who, scope, file, store.clock.now())


class StagedBench(Bench):
    """Hold a store under stages, whose time the test sets."""

    def __init__(self, folder: Path, text: str = SUPERVISED + QUICK, answer: Any = None) -> None:
        super().__init__(folder, answer)
        self.store.close()
        self.clock = ManualClock(1_000.0)
        self.store = Store(folder / "offswitch.db", clock=self.clock)
        self.stage = Stage(self.store, self.overseer)
        self.path = stage_file(folder, text)
        self.file = load_stages(self.path)

    def open(self, task: str, **parts: Any) -> Any:
        return super().open(task, **({"stages": self.path} | parts))

    def stages(self, who: Who, scopes: Sequence[str] = (EVERYTHING,)) -> list[str]:
        return [str(where(self.store, who, self.file, scope).stage) for scope in scopes]
