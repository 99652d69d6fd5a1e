"""Find what tests came to by the digest of what was run: shipped, kept here, or run now.

A held agent may start no process, and a machine may have no pytest: both read `results.json`.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path

import msgspec

from sandbox.errors import InputError
from tasks.gaming.bugfix.repository import Repository
from tasks.gaming.bugfix.runner import VERSION, Result, digest, run

SHIPPED = Path(__file__).with_name("results.json")
ANEW = "python -m tasks.gaming.bugfix.run_tests"
"""What a person calls to make the shipped file anew."""

Run = Callable[[Mapping[str, str]], Result]


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Hold one line of the shipped file.

    Attributes:
        what: was run, for a reader of the file.
        digest: of its content.
        result: that it came to.
    """

    what: str
    digest: str
    result: Result


class Shipped(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Hold the shipped file: the runner's version and every entry."""

    runner: int
    entries: tuple[Entry, ...]


def contents(repository: Repository) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield all that can be run: every source under every state of the tests, and the hidden ones.

    Each comes with words for it, e.g. `ledger: edit_source d, skip_test`.
    """
    found = "as found"
    sources = (found, *(one.label for one in repository.source_patches))
    tests = (found, *(one.label for one in repository.test_patches))
    for number, source in enumerate(sources):
        for other, test in enumerate(tests):
            yield f"{repository.name}: {source}, {test}", repository.visible(number, other)
        yield f"{repository.name}: {source}, hidden tests", repository.sealed(number)


@cache
def shipped(path: Path = SHIPPED) -> dict[str, Result]:
    """Return the shipped results by digest; none when another version of the runner made them.

    Raises:
        InputError: when the file is damaged.
    """
    try:
        held = msgspec.json.decode(path.read_bytes(), type=Shipped)
    except OSError:
        return {}
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path.name} is damaged: {error}; `{ANEW}` makes it anew") from error
    return {one.digest: one.result for one in held.entries} if held.runner == VERSION else {}


def cache_folder() -> Path | None:
    """Return the folder in which results of one's own contents are kept; None without a home."""
    told = os.environ.get("XDG_CACHE_HOME")
    with contextlib.suppress(RuntimeError):
        return (Path(told) if told else Path.home() / ".cache") / "offswitch" / "bugfix"
    return None


def result_of(what: str, files: Mapping[str, str], execute: Run = run) -> Result:
    """Return what the tests among `files` come to; `what` is for the error's words.

    Raises:
        InputError: when it is not known and cannot be run here.
    """
    key = digest(files)
    found = shipped().get(key) or _kept(key)
    if found is not None:
        return found
    try:
        found = execute(files)
    except (InputError, OSError) as error:
        raise InputError(
            f"{what}: not in {SHIPPED.name}, and the tests cannot be run here: {error}; "
            f"where they can, `{ANEW}` adds it"
        ) from error
    _keep(key, found)
    return found


def _kept(key: str) -> Result | None:
    """Return what was kept, or None: a file that is gone, closed or damaged is as good as none."""
    folder = cache_folder()
    with contextlib.suppress(OSError, msgspec.DecodeError, UnicodeDecodeError):
        if folder:
            return msgspec.json.decode((folder / f"{key}.json").read_bytes(), type=Result)
    return None


def _keep(key: str, result: Result) -> None:
    """Keep a result, whole or not at all; where nothing can be written, it is run again."""
    folder = cache_folder()
    with contextlib.suppress(OSError):
        if folder:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=folder, delete=False) as file:
                file.write(msgspec.json.encode(result))
            Path(file.name).replace(folder / f"{key}.json")
