"""Put episodes under the episodes that they branch off."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NamedTuple

from sandbox.events import Header
from sandbox.log import Episode
from sandbox.text import printable


def fork_words(header: Header, *, blind: bool = False) -> str:
    """Say what is different on a branch, e.g. `veto, seed 9`; empty where it is none.

    `blind` does not name a reward design.
    """
    if "parent" not in header:
        return ""
    if blind and "fork_reward" in header:
        header = header | {"fork_reward": "(not shown)"}
    parts = (
        ("fork_decision", ""),
        ("fork_overseer", "overseer "),
        ("fork_reward", "reward "),
        ("fork_seed", "seed "),
    )
    said = [f"{word}{header[key]}" for key, word in parts if header.get(key) not in {"", None}]
    return printable(", ".join(said) or "nothing is different")


class Leaf(NamedTuple):
    """Hold one episode in its place.

    Attributes:
        depth: 0 for what branches off nothing that is listed.
        episode: its row.
        parent: id of the episode that it branches off; empty when it is no fork.
        step: of the fork; -1 when it is none.
        fork: what is different on it, in words.
        decision: at the step of the fork; empty where that is as it was.
    """

    depth: int
    episode: Episode
    parent: str
    step: int
    fork: str
    decision: str

    @property
    def name(self) -> str:
        """Return the id, set in beneath its parent."""
        return f"{'  ' * (self.depth - 1)}└ {self.episode.id}" if self.depth else self.episode.id

    @property
    def place(self) -> str:
        """Return where it branches off, and what is different; empty when it is no fork."""
        return f"step {self.step}: {self.fork}" if self.parent else ""


def leaf(episode: Episode, *, blind: bool = False) -> Leaf:
    """Read from an episode's row what it branches off; `blind` keeps reward designs back."""
    header: Header = json.loads(episode.header)
    parent = str(header.get("parent", ""))
    step = int(str(header.get("fork_step", -1))) if parent else -1
    decision = str(header.get("fork_decision", ""))
    return Leaf(0, episode, parent, step, fork_words(header, blind=blind), decision)


def tree(episodes: Sequence[Episode], *, blind: bool = False) -> list[Leaf]:
    """Return the episodes with their branches beneath them; the newest come first, as they are.

    Branches come by their step, and of one step the earlier first.
    """
    leaves = [leaf(one, blind=blind) for one in episodes]
    known = {one.episode.id for one in leaves}
    under: dict[str, list[Leaf]] = {}
    for one in leaves:
        if one.parent in known and one.parent != one.episode.id:
            under.setdefault(one.parent, []).append(one)
    found: dict[str, Leaf] = {}
    roots = [one for one in leaves if one.parent not in known or one.parent == one.episode.id]
    for root in (*roots, *leaves):  # headers that name each other in a circle have no root
        stack = [root]
        while stack:
            one = stack.pop()
            if one.episode.id in found:
                continue
            found[one.episode.id] = one
            branches = sorted(under.get(one.episode.id, []), key=lambda other: -other.step)
            stack += [branch._replace(depth=one.depth + 1) for branch in branches]
    return list(found.values())


def pair(episodes: Sequence[Episode], episode: str) -> tuple[Episode, Episode] | None:
    """Return an episode's parent and itself; of one that is no fork itself and its newest fork."""
    leaves = {one.id: leaf(one) for one in episodes}
    chosen = leaves.get(episode)
    if chosen is None:
        return None
    if chosen.parent in leaves:
        return leaves[chosen.parent].episode, chosen.episode
    forks = (one.episode for one in leaves.values() if one.parent == episode)
    newest = next(forks, None)
    return (chosen.episode, newest) if newest is not None else None
