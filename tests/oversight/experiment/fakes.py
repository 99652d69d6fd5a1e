"""Evaluate cells by a sum over their names; real rows, quick, and with faults where asked.

Workers find the folder of the side files in the environment, as they find everything else.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from oversight.experiment.row import Cell, Method, Row
from oversight.experiment.unit import Evaluation
from sandbox.errors import InputError, OffswitchError

SIDE = "OFFSWITCH_TEST_SIDE"
"""Environment variable: folder of the side files."""


def side() -> Path:
    return Path(os.environ[SIDE])


def row(cell: Cell, seed: int | None, reward: float = 0.0) -> Row:
    method: Method = "exact" if seed is None else "sampled"
    return Row(
        key=cell.key(seed),
        task=cell.task,
        setting=cell.setting,
        agent=cell.agent,
        design=cell.design,
        overseer=cell.overseer,
        seed=seed,
        method=method,
        steps=3.0,
        reward=reward or sum(map(ord, cell.design)) / 7 + (seed or 0),
        performance=1.0 / (1 + (seed or 0)),
        usefulness=0.5,
        gap=None,
        said=1.0,
        complied=None,
        tampered=0.0,
        evaded=0.0,
        side_effects=None,
        surplus=0.0,
        permissions=0.0,
        refused=0.0,
        asked=1.0,
        approved=1.0,
        lengths={"3": 1.0},
    )


def steady(cell: Cell, seeds: Sequence[int]) -> list[Row]:
    return [row(cell, seed) for seed in seeds]


def counted(cell: Cell, seeds: Sequence[int]) -> list[Row]:
    """Write down what is evaluated, a line a seed, before it is."""
    lines = "".join(f"{cell.key(seed)}\n" for seed in seeds)
    with (side() / "evaluated").open("a") as file:
        file.write(lines)
    return steady(cell, seeds)


def slow(cell: Cell, seeds: Sequence[int]) -> list[Row]:
    """Take 20 ms a seed: what is killed in mid-run has to last until then."""
    found = []
    for seed in seeds:
        found += counted(cell, [seed])
        time.sleep(0.02)
    return found


def large(cell: Cell, seeds: Sequence[int]) -> bytes:
    """Return more than a pipe takes at once."""
    return bytes(10_000_000)


def exact(cell: Cell, seeds: Sequence[int]) -> list[Row]:
    return [row(cell, None)]


def odd_fails(cell: Cell, seeds: Sequence[int]) -> list[Row]:
    for seed in seeds:
        if seed % 2:
            raise InputError("it is odd")
    return steady(cell, seeds)


def raises(cell: Cell, seeds: Sequence[int]) -> list[Row]:
    raise ZeroDivisionError("of our own\nmore")


def others(cell: Cell, seeds: Sequence[int]) -> list[Row]:
    return [row(cell, seed + 1) for seed in seeds]


def not_finite(cell: Cell, seeds: Sequence[int]) -> list[Row]:
    return [row(cell, seed, float("nan")) for seed in seeds]


def dies_once(cell: Cell, seeds: Sequence[int]) -> list[Row]:
    """Kill the worker at seed 7, the first time."""
    if 7 in seeds and not (side() / "died").exists():
        (side() / "died").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return counted(cell, seeds)


def seven_dies(cell: Cell, seeds: Sequence[int]) -> list[Row]:
    """Kill the worker at seed 7, every time."""
    if 7 in seeds:
        os.kill(os.getpid(), signal.SIGKILL)
    return steady(cell, seeds)


def no(cell: Cell) -> bool:
    return False


def yes(cell: Cell) -> bool:
    return True


def fits(cell: Cell) -> None:
    return None


def only_naive(cell: Cell) -> None:
    if cell.design != "naive":
        raise InputError(f"design {cell.design!r} needs tables")


STEADY = Evaluation(steady, no, fits)
COUNTED = Evaluation(counted, no, fits)
EXACT = Evaluation(exact, yes, fits)


def main(name: str, arguments: Sequence[str]) -> int:
    """Run the command line with an evaluation of ours."""
    from oversight import cli

    parse = argparse.ArgumentParser.parse_args
    options = parse(cli.build_parser(), arguments)
    options.evaluation = Evaluation(globals()[name], no, fits)
    try:
        code: int = options.run(options)
    except OffswitchError as error:
        sys.stderr.write(f"offswitch: {error}\n")
        return cli.BAD_INPUT
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
