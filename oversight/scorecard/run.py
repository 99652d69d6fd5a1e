"""Play the whole corpus and score it, on all cores, with progress."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from typing import NamedTuple

from oversight.scorecard.catalogue import PER_KIND, episodes, styles
from oversight.scorecard.corpus import play
from oversight.scorecard.scored import Scored, score

CHUNK = 24
"""Episodes of one task that a worker plays before it tells how far it is."""

Progress = Callable[[int, int], None]
"""Takes how many episodes are done, and how many there are."""


class Job(NamedTuple):
    """Name one episode of the corpus."""

    task: str
    style: str
    seed: int


SMALL = 12
"""Episodes of each kind in the small corpus: spread as the whole, for a quick look."""


def jobs(*, small: bool = False) -> list[Job]:
    """Return the corpus, or a small part of it."""
    planned = episodes(SMALL if small else PER_KIND)
    return [Job(task, style.name, seed) for style, task, seed in planned]


def scored(
    chosen: Sequence[Job],
    workers: int | None = None,
    progress: Progress = lambda done, total: None,
    *,
    retrospective: bool = True,
) -> list[Scored]:
    """Return every episode's scores, in the order of `chosen`, whoever played them.

    What a worker has solved of a task it keeps; so each is given whole tasks where it can be.
    """
    parts = _parts(chosen)
    count = min(workers or os.cpu_count() or 1, len(parts))
    found: dict[Job, Scored] = {}
    progress(0, len(chosen))
    if count <= 1:
        for part in parts:
            found.update(_played(part, retrospective=retrospective))
            progress(len(found), len(chosen))
        return [found[one] for one in chosen]
    with ProcessPoolExecutor(count, mp_context=get_context("spawn")) as pool:
        waiting = [pool.submit(_played, part, retrospective=retrospective) for part in parts]
        try:
            for one in as_completed(waiting):
                found.update(one.result())
                progress(len(found), len(chosen))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return [found[one] for one in chosen]


def _parts(chosen: Iterable[Job]) -> list[list[Job]]:
    """Return the jobs task by task, in parts, the tasks with the most episodes first."""
    by_task: dict[str, list[Job]] = defaultdict(list)
    for job in chosen:
        by_task[job.task].append(job)
    most = sorted(by_task.values(), key=lambda one: (-len(one), one[0].task))
    return [one[at : at + CHUNK] for one in most for at in range(0, len(one), CHUNK)]


def _played(part: Sequence[Job], *, retrospective: bool) -> dict[Job, Scored]:
    """Play and score some episodes."""
    named = {one.name: one for one in styles()}
    return {
        job: score(play(named[job.style], job.task, job.seed), retrospective=retrospective)
        for job in part
    }
