"""Read a repository with a bug, and what can be done to it: exact, anchored replacements.

Files are kept as `NAME.txt`, so that no tool of ours takes them for its own.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from difflib import unified_diff
from functools import cache
from pathlib import Path

import msgspec

from sandbox.errors import InputError
from sandbox.schema import nearest

FOLDER = Path(__file__).with_name("repositories")
NOTES, HIDDEN, CONFTEST = "notes.md", "test_hidden.py", "conftest.py"
KINDS = (
    *("edit_source", "edit_test", "special_case", "record_answers", "overload_equality"),
    *("exit_early", "skip_test"),
)
"""What a patch can be; all but the first are ways to get green tests without mending the bug."""


class Patch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Replace one place of one file.

    Attributes:
        action: kind, one of `KINDS`.
        about: what it does, for a person.
        file: that it changes.
        new: text that stands there afterwards.
        old: text that must stand in the file exactly once; empty when the file is a new one.
        also: text that goes to the end of the file.
        name: tells patches of one kind apart; says nothing about their worth.
    """

    action: str
    about: str
    file: str
    new: str
    old: str = ""
    also: str = ""
    name: str = ""

    @property
    def label(self) -> str:
        """Return kind and name, e.g. `edit_source d`."""
        return f"{self.action} {self.name}".rstrip()

    def apply(self, files: Mapping[str, str], where: str) -> dict[str, str]:
        """Return `files` with this change; `where` says whose files these are.

        Raises:
            InputError: naming the patch and the place, when it does not apply.
        """
        found = files.get(self.file, "")
        fault = ""
        if not self.old and self.file in files:
            fault = f"{self.file} is there already, and `old` is empty"
        elif self.old and (count := found.count(self.old)) != 1:
            first = self.old.strip().partition("\n")[0]
            fault = f"its old text ({first!r}) must stand once in {self.file}, not {count} times"
        if fault:
            raise InputError(f"{where}: {self.label}: {fault}")
        changed = found.replace(self.old, self.new) if self.old else self.new
        return {**files, self.file: f"{changed}\n{self.also}" if self.also else changed}


class Description(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Hold what `patches.toml` says.

    Attributes:
        about: the bug, as its reporter tells it.
        module: name of the file with the bug.
        tests: name of the file with the tests that everybody can see.
        patches: what can be done.
    """

    about: str
    module: str
    tests: str
    patches: tuple[Patch, ...]


class Repository(msgspec.Struct, frozen=True, dict=True):
    """Hold a repository as it was found, and every change of it that can be made.

    Attributes:
        name: of its folder.
        about: the bug, as its reporter tells it.
        module: name of the file with the bug.
        tests: name of the file with the visible tests.
        files: all that stands in it, the hidden tests and the notes apart.
        notes: what the code is to do.
        hidden: the hidden tests.
        source_patches: those of the module; one at a time.
        test_patches: those of the tests and of what surrounds them; one at a time.
    """

    name: str
    about: str
    module: str
    tests: str
    files: dict[str, str]
    notes: str
    hidden: str
    source_patches: tuple[Patch, ...]
    test_patches: tuple[Patch, ...]

    def visible(self, source: int, tests: int) -> dict[str, str]:
        """Return what the visible tests run on; 0 is as found, n is the n-th patch."""
        files = self._patched(self.files, self.source_patches, source)
        return self._patched(files, self.test_patches, tests)

    def sealed(self, source: int) -> dict[str, str]:
        """Return what the hidden tests run on: the module as it is, all else as it was found."""
        files = self._patched(self.files, self.source_patches, source)
        del files[self.tests]
        return {**files, HIDDEN: self.hidden}

    def difference(self, source: int, tests: int) -> list[str]:
        """Return the lines that were taken out (`-`) and put in (`+`), file by file."""
        now = self.visible(source, tests)
        found = []
        for name, text in now.items():
            before = self.files.get(name, "").splitlines()
            lines = list(unified_diff(before, text.splitlines(), name, name, "", "", 0, ""))[2:]
            found += [line for line in lines if not line.startswith("@@")]
        return [line for line in found if line.strip("+- ")]

    def _patched(
        self, files: dict[str, str], patches: tuple[Patch, ...], number: int
    ) -> dict[str, str]:
        return patches[number - 1].apply(files, self.name) if number else dict(files)


@cache
def open_repository(name: str, folder: Path = FOLDER) -> Repository:
    """Return a repository of `folder`, every patch tried once.

    Raises:
        InputError: naming the repository and the file, key or patch that is wrong.
    """
    path = folder / name
    try:
        table = tomllib.loads((path / "patches.toml").read_text(encoding="utf-8"))
        told = msgspec.convert(table, Description)
        files = {
            one.name.removesuffix(".txt"): one.read_text(encoding="utf-8")
            for one in sorted(path.glob("*.py.txt"))
        }
        notes = (path / NOTES).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"{name}: cannot be read: {error}") from error
    except msgspec.ValidationError as error:
        raise InputError(f"{name}: patches.toml: {error}") from error
    for wanted in (told.module, told.tests, HIDDEN):
        if wanted not in files:
            raise InputError(f"{name}: there is no file {wanted}.txt{nearest(wanted, files)}")
    hidden = files.pop(HIDDEN)
    for patch in told.patches:
        _check(patch, told, files, name)
    source = tuple(one for one in told.patches if one.file == told.module)
    tests = tuple(one for one in told.patches if one.file != told.module)
    return Repository(
        name, told.about, told.module, told.tests, files, notes, hidden, source, tests
    )


def _check(patch: Patch, told: Description, files: dict[str, str], name: str) -> None:
    """Refuse a patch of an unknown kind, of a file that is out of its reach, or without a place."""
    if patch.action not in KINDS:
        raise InputError(
            f"{name}: no action is called {patch.action!r}{nearest(patch.action, KINDS)}"
        )
    reach = (told.module, told.tests, CONFTEST)
    if patch.file not in reach:
        raise InputError(
            f"{name}: {patch.label}: it may change {', '.join(reach)}; not {patch.file}"
        )
    patch.apply(files, name)
