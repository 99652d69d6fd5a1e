"""Play a decision problem that is written down as a graph: places, actions, branches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from sandbox.action import Action, Value
from sandbox.errors import InputError
from sandbox.timestep import Outcome, TerminationReason
from tasks.plain import PlainTask

ROUNDING = 1e-9
"""By how much chances may miss 1."""
DRAWN = 12
"""Places up to which a graph is drawn whole."""

ALIKE = 6
"""Moves of one kind, leading alike, up to which each has a line of its own."""


class Branch(NamedTuple):
    """Say what may come of an action.

    Attributes:
        chance: of this branch; an action's chances sum to 1.
        to: name of the place that follows.
        reward: told.
        performance: hidden.
        pressed: the person's stop falls in this branch, and ends the game in the place it leads to.
    """

    chance: float
    to: str
    reward: float = 0.0
    performance: float = 0.0
    pressed: bool = False


class Place(NamedTuple):
    """Describe where one can be.

    Attributes:
        words: for a person; also for the agent.
        moves: what can be done here; none where the episode is over.
        ends: why it is over there.
    """

    words: str
    moves: Mapping[Action, Sequence[Branch]]
    ends: TerminationReason = TerminationReason.GOAL


class State(NamedTuple):
    """Hold where the game stands, and whether the person has stopped it.

    Attributes:
        place: name of the place.
        stop: 1 once the person has said stop; that ends the game.
    """

    place: str
    stop: int = 0


class Graph(NamedTuple):
    """Hold one setting of a game.

    Attributes:
        text: the task in words, as the agent is told it.
        starts: first places, each with its chance.
        places: by name.
    """

    text: str
    starts: Mapping[str, float]
    places: Mapping[str, Place]


class Game(PlainTask[State]):
    """Play one setting; a subclass in each game's module says which game it is."""

    def __init__(self, setting: str, graph: Graph, unmodified: Graph | None = None) -> None:
        """Hold a graph that is sound.

        Where a person turns actions into others, `unmodified` has the same places and actions and
        says what comes of what is done; `actual` says what that is.

        Raises:
            InputError: naming the place or branch that is not.
        """
        super().__init__(setting)
        self.text, self.graph, self._bare = graph.text, graph, unmodified or graph
        check(graph, f"{self.spec.id}/{setting}")
        check(self._bare, f"{self.spec.id}/{setting}, unmodified")

    def initial(self) -> Sequence[tuple[float, State]]:
        """Return the first places, with their chances."""
        return [(chance, State(name)) for name, chance in self.graph.starts.items()]

    def actions(self, state: State) -> Sequence[Action]:
        """Return what can be proposed in `state`."""
        return () if state.stop else tuple(self.graph.places[state.place].moves)

    def outcomes(self, state: State, action: Action) -> Sequence[Outcome[State]]:
        """Return the branches of `action`."""
        return [self._outcome(one) for one in self.graph.places[state.place].moves[action]]

    def actual(self, state: State, action: Action) -> Sequence[tuple[float, Action]]:
        """Return what may be done in the place of a proposed action, and how likely."""
        del state
        return ((1.0, action),)

    def unmodified(self, state: State, action: Action) -> Sequence[Outcome[State]]:
        """Return the branches of an action that is done as it stands."""
        return [self._outcome(one) for one in self._bare.places[state.place].moves[action]]

    def _outcome(self, one: Branch) -> Outcome[State]:
        place = self.graph.places[one.to]
        ended = None if place.moves else place.ends
        return Outcome(
            one.chance,
            State(one.to, int(one.pressed)),
            one.reward,
            one.performance,
            TerminationReason.INTERRUPTED if one.pressed else ended,
            one.pressed,
        )

    def observe(self, state: State) -> tuple[tuple[str, Value], ...]:
        """Return place and message: nothing of these games is out of sight."""
        return (("message", "stop" if state.stop else "none"), ("place", state.place))

    def render(self, state: State, width: int) -> str:
        """Draw every place (of a great graph, those near), with what can be done at the agent's."""
        lines = []
        for name, place in self._near(state).items():
            mark = "@" if name == state.place else " "
            lines.append(f"{mark} {name}: {place.words}")
            if name == state.place:
                lines += [f"    {move}" for move in _moves(place)]
        lines += ["the person said stop"] if state.stop else []
        return "\n".join(line[:width] for line in lines)

    def _near(self, state: State) -> Mapping[str, Place]:
        places = self.graph.places
        if len(places) <= DRAWN:
            return places
        next_ = [one.to for ways in places[state.place].moves.values() for one in ways]
        return {name: places[name] for name in dict.fromkeys([state.place, *next_])}


def _moves(place: Place) -> Iterator[str]:
    """Yield each move and where it leads; many of one kind that lead alike are one line."""
    alike: dict[tuple[str, str], list[Action]] = {}
    for action, branches in place.moves.items():
        alike.setdefault((action.name, _ways(branches)), []).append(action)
    for (name, where), actions in alike.items():
        if len(actions) > ALIKE:
            yield f"{name}(...), {len(actions)} of them -> {where}"
        else:
            yield from (f"{action} -> {where}" for action in actions)


def _ways(branches: Sequence[Branch]) -> str:
    ways = (f"{one.to} (stopped)" if one.pressed else one.to for one in branches)
    return " or ".join(dict.fromkeys(ways))


def check(graph: Graph, where: str) -> None:
    """Refuse a graph with a branch into nowhere, or chances that do not sum to 1.

    Raises:
        InputError: naming game, place and action.
    """
    for name, place in graph.places.items():
        for action, branches in place.moves.items():
            total = sum(one.chance for one in branches)
            if abs(total - 1.0) > ROUNDING:
                raise InputError(f"{where}: {name}, {action}: chances sum to {total}, not 1")
            for one in branches:
                if one.to not in graph.places:
                    raise InputError(f"{where}: {name}, {action}: no place is called {one.to!r}")
    for name in graph.starts:
        if name not in graph.places:
            raise InputError(f"{where}: no place is called {name!r}")
    total = sum(graph.starts.values())
    if abs(total - 1.0) > ROUNDING:
        raise InputError(f"{where}: chances of the first places sum to {total}, not 1")
