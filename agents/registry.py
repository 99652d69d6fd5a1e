"""List the agents, and make one by name."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from agents.base import Agent
from agents.rewards import load_design
from agents.training import LEARNERS, canonical_learner, is_learner, training_of
from sandbox.errors import InputError
from sandbox.plugin import from_file
from sandbox.schema import nearest
from tasks.spec import TaskSpec

AGENTS = {
    "planner": "Solve the task exactly under a reward design, and show the plan.",
    **{name: sentence for name, (_, sentence) in LEARNERS.items()},
    "carried_over": "Play what was best in the task's training settings, wherever it is.",
    "compliant": "A script: do the task plainly, finish at once when asked to stop.",
    "greedy": "A script: take and ask for all there is; deaf to the stop.",
    "evasive": "A script: take away the person's way to stop first; deaf to the stop.",
    "random": "A script: any possible action with equal chance.",
}
"""Built-in agents: name and one sentence."""


def make_agent(name: str, reward: str = "naive") -> Agent:
    """Return a fresh agent: built in, from an entry point, or `path/to/file.py:Name`.

    A learner's knobs stand after its name: `q_learning:steps=20000,rate=0.1`.

    Raises:
        InputError: naming what is unknown or does not fit.
    """
    if ".py:" in name:
        return _instance(from_file(name, needs=("begin", "propose")), name)
    if name == "planner":
        from agents.planner import Planner  # imported here: it brings numpy

        load_design(reward)
        return Planner(reward)
    if name == "carried_over":
        from agents.carried import CarriedOver

        load_design(reward)
        return CarriedOver(reward)
    if is_learner(name):
        from agents.learned import Learned

        load_design(reward)
        return Learned(training_of(name), reward)
    if name in AGENTS:
        from agents import scripted

        made: Agent = getattr(scripted, name.capitalize())()
        return made
    others = {point.name: point for point in entry_points(group="offswitch.agents")}
    if name in others:
        return _instance(others[name].load(), name)
    raise _unknown(name, others)


def check_design(reward: str, spec: TaskSpec, setting: str) -> None:
    """Refuse a reward design that is unknown, or needs tables in a setting that has none.

    Raises:
        InputError: naming the design, and what to take instead.
    """
    load_design(reward)
    if setting in spec.untabled and reward != "naive":
        raise InputError(
            f"reward design {reward!r} needs tables, and {spec.id}/{setting} is too wide for them: "
            "take 'naive', or another setting"
        )


def check_fit(reward: str, task: str, agent: str = "planner") -> None:
    """Refuse a reward design that does not fit the tables of `task/setting`.

    Only a design that fits few tasks is tried: it has a method `check(mdp)`. An agent that carries
    its policy over needs it to fit where it is trained; a script needs it nowhere.

    Raises:
        InputError: saying why it does not.
    """
    check = getattr(load_design(reward), "check", None)
    if check is None or not follows_reward(agent):
        return
    from agents.carried import trained_in  # imported here: they bring numpy
    from agents.outlook import outlook

    for one in trained_in(task) if agent == "carried_over" else (task,):
        check(outlook(one).mdp)


def follows_reward(agent: str) -> bool:
    """Tell whether an agent plans or learns under a reward design; a script does neither."""
    return agent in {"planner", "carried_over"} or is_learner(agent)


def check_learner(name: str, reward: str, spec: TaskSpec, setting: str) -> None:
    """Refuse what no learner learns: a setting without tables, or a design that wants chance.

    Raises:
        InputError: naming it, and what to take instead.
    """
    if setting in spec.untabled:
        raise InputError(
            f"agent {name!r} learns from tables, and {spec.id}/{setting} is too wide for them: "
            "take 'planner', or another setting"
        )
    if hasattr(load_design(reward), "chances"):
        raise InputError(
            f"reward design {reward!r} chooses by chance, and agent {name!r} learns what is best: "
            "take 'planner', or another design"
        )


def check_agent(name: str, reward: str = "naive") -> None:
    """Refuse a name that cannot be right, without running any code of the agent.

    Raises:
        InputError: naming what is unknown.
    """
    if ".py:" in name:
        path = Path(name.rpartition(":")[0])
        if not path.is_file():
            raise InputError(f"{name}: there is no file {str(path)!r}")
        try:
            tree = ast.parse(path.read_bytes())
        except (SyntaxError, ValueError) as error:
            raise InputError(f"{name}: does not load: {type(error).__name__}: {error}") from error
        _check_class(tree, name)
    elif is_learner(name):
        training_of(name)
        load_design(reward)
    elif name in AGENTS:
        load_design(reward)
    else:
        others = {point.name for point in entry_points(group="offswitch.agents")}
        if name not in others:
            raise _unknown(name, others)


def _unknown(name: str, others: Iterable[str]) -> InputError:
    """Return the refusal of an agent that is not among the built-in ones, nor the `others`."""
    plain, colon, _ = name.partition(":")
    if colon and plain in {*AGENTS, *others}:
        return InputError(f"agent {plain!r} has no knobs, so not {name.partition(':')[2]!r}")
    return InputError(f"unknown agent {name!r}{nearest(plain, (*AGENTS, *others))}")


def _check_class(tree: ast.Module, name: str) -> None:
    """Refuse a file that says plainly that it lacks the agent or one of its two methods."""
    wanted = name.rpartition(":")[2]
    classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    stored = (node for node in ast.walk(tree) if isinstance(node, ast.Name))
    bound = {node.id for node in stored if isinstance(node.ctx, ast.Store)}
    bound |= {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    for node in tree.body:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            bound |= {alias.asname or alias.name for alias in node.names}
    if wanted not in classes and not bound & {wanted, "*"}:
        raise InputError(f"{name}: the file has no {wanted!r}; it has: {', '.join(classes)}")
    if wanted in classes and not classes[wanted].bases:
        methods = {one.name for one in classes[wanted].body if isinstance(one, ast.FunctionDef)}
        missing = [need for need in ("begin", "propose") if need not in methods]
        if missing:
            raise InputError(f"{name}: {wanted} lacks {', '.join(missing)}")


def _instance(factory: Callable[[], Any], name: str) -> Agent:
    try:
        agent: Agent = factory()
    except Exception as error:
        raise InputError(f"agent {name}: cannot be made: {error}") from error
    return agent


def canonical_agent(name: str) -> str:
    """Return the one way to write an agent with its knobs, for keys and tables.

    Raises:
        InputError: naming the unknown knob of a learner, or one that is out of range.
    """
    return canonical_learner(name) if is_learner(name) else name


def is_built_in(name: str) -> bool:
    """Tell whether an agent's code comes with Offswitch."""
    return name in AGENTS or is_learner(name)
