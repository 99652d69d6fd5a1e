"""Tests are run on what was really patched, really held, and what came of it is kept by content."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.confine.levels import HELD, Level, probe
from sandbox.errors import InputError
from tasks.gaming.bugfix import run_tests
from tasks.gaming.bugfix.repository import FOLDER, Patch, open_repository
from tasks.gaming.bugfix.results import SHIPPED, contents, result_of, shipped
from tasks.gaming.bugfix.runner import Outcome, Result, digest, named, run

REPOSITORIES = sorted(one.name for one in FOLDER.iterdir() if one.is_dir())
CONTENTS = {what: files for name in REPOSITORIES for what, files in contents(open_repository(name))}
LEVELS = [
    pytest.param(
        one, marks=pytest.mark.skipif(bool(probe(one).problem), reason=probe(one).problem or "held")
    )
    for one in HELD
]

ATTACKS = {
    "write beside itself": "open(__file__ + '.new', 'w')",
    "write to itself": "open(__file__, 'a')",
    "read a file of the machine": "open('/etc/passwd')",
    "make a socket": "__import__('socket').socket()",
    "fork": "__import__('os').fork()",
    "run a program": "__import__('os').execv('/bin/true', ['true'])",
    "signal its parent": "__import__('os').kill(__import__('os').getppid(), 9)",
}

READS = "    assert 'test_reads' in open(__file__).read()\n"


def never(files: Mapping[str, str]) -> Result:
    """Stand for a machine on which nothing can be run."""
    raise InputError(f"nothing here can hold them, nor the {len(files)} files")


def test_the_shipped_file_holds_every_content_and_nothing_else() -> None:
    assert {digest(files) for files in CONTENTS.values()} == set(shipped())


def test_a_share_of_what_is_shipped_comes_to_the_same_again() -> None:
    """Every sixth content that ends; `run_tests --check` runs them all."""
    ends = [f for f in CONTENTS.values() if shipped()[digest(f)].outcome is not Outcome.NEVER_ENDS]
    share = ends[::6]
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(run, share)) == [shipped()[digest(files)] for files in share]


@pytest.mark.parametrize("level", LEVELS)
def test_a_race_shows_every_time_and_at_every_level(level: Level) -> None:
    files = open_repository("ledger").sealed(0)
    found = {run(files, level=level) for _ in range(2)}
    assert found == {Result(Outcome.FAILED, 1, failed=3)}


@pytest.mark.parametrize("patch", ["intervals: edit_source b", "ledger: edit_source c"])
def test_tests_that_never_end_are_killed_at_the_limit(patch: str) -> None:
    files = CONTENTS[f"{patch}, hidden tests"]
    assert run(files, seconds=1.0) == shipped()[digest(files)] == Result(Outcome.NEVER_ENDS, 137)


@pytest.mark.parametrize("level", LEVELS)
def test_the_tests_code_can_only_read_its_folder_and_compute(level: Level) -> None:
    tests = [
        f"def test_{number}():\n    with pytest.raises(OSError):\n        {code}\n"
        for number, code in enumerate(ATTACKS.values())
    ]
    files = {"test_it.py": "\n".join(["import pytest", *tests, "def test_reads():", READS])}
    assert run(files, level=level) == Result(Outcome.PASSED, 0, passed=len(ATTACKS) + 1)


def test_a_process_that_a_signal_ends_has_crashed() -> None:
    body = "import ctypes\n\ndef test_it():\n    ctypes.string_at(0)\n"
    result = run({"test_it.py": body})
    assert (result.outcome, result.green) == (Outcome.CRASHED, False)


def test_what_tests_say_is_capped_and_too_much_of_it_is_one_line() -> None:
    body = "import os\n\ndef test_it():\n    while True: os.write({pipe}, b'passed\\n' * 9000)\n"
    flood = body.replace("{pipe}", "max(fd for fd in range(3, 20) if ready(fd))").replace(
        "def test_it",
        "def ready(fd):\n    try: return os.write(fd, b'x\\n')\n"
        "    except OSError: return 0\n\ndef test_it",
    )
    with pytest.raises(InputError, match="wrote more than"):
        run({"test_it.py": flood})


def test_what_cannot_be_held_is_not_run() -> None:
    with pytest.raises(InputError, match="nothing here can hold them"):
        run({"test_it.py": ""}, level=Level.NONE)


@pytest.mark.parametrize(
    ("said", "code", "outcome"),
    [
        ({"passed": 2, "finished": 1}, 0, Outcome.PASSED),
        ({"passed": 2}, 0, Outcome.CUT_SHORT),
        ({"passed": 1, "failed": 1, "finished": 1}, 0, Outcome.FAILED),
        ({"passed": 1, "skipped": 1, "finished": 1}, 0, Outcome.SKIPPED),
        ({"skipped": 1, "finished": 1}, 0, Outcome.NOTHING_RAN),
        ({"finished": 1}, 5, Outcome.NOTHING_RAN),
        ({}, 0, Outcome.NOTHING_RAN),
        ({"errors": 1, "finished": 1}, 2, Outcome.ERROR),
        ({}, 4, Outcome.ERROR),
        ({"passed": 1}, 139, Outcome.CRASHED),
    ],
)
def test_a_run_is_named_by_what_was_seen_not_by_its_exit_code(
    said: dict[str, int], code: int, outcome: Outcome
) -> None:
    found = named(said, code)
    assert found.outcome is outcome
    assert found.green == (code == 0)


def test_a_content_that_is_not_shipped_is_run_once_and_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    files = {"test_it.py": "def test_it():\n    assert 1 + 1 == 2\n"}
    found = result_of("mine", files)
    assert found == Result(Outcome.PASSED, 0, passed=1)
    assert result_of("mine", files, never) == found
    (kept,) = (tmp_path / "offswitch" / "bugfix").iterdir()
    assert kept.name == f"{digest(files)}.json"
    kept.write_text("{")
    with pytest.raises(InputError):
        result_of("mine", files, never)


def test_a_folder_that_cannot_be_written_keeps_nothing_and_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    green = Result(Outcome.PASSED, 0, passed=1)
    assert result_of("mine", {"test_it.py": "unheard of"}, lambda files: green) == green


def test_what_is_neither_known_nor_runnable_is_one_line_that_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(InputError, match=r"ledger: mine.*cannot be run here.*run_tests") as told:
        result_of("ledger: mine", {"test_it.py": "unheard of"}, never)
    assert "\n" not in str(told.value)


def test_a_damaged_file_of_results_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    path.write_text(SHIPPED.read_text()[:200])
    with pytest.raises(InputError, match=r"results\.json is damaged.*run_tests"):
        shipped(path)
    path.write_text(json.dumps({"runner": -1, "entries": []}))
    shipped.cache_clear()
    assert shipped(path) == {}


def test_making_the_file_anew_changes_nothing_while_nothing_changed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = SHIPPED.read_bytes()
    assert run_tests.main([]) == 0
    assert "0 new or changed" in capsys.readouterr().err
    assert SHIPPED.read_bytes() == before


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('file = "conftest.py"', 'file = "notes.md"', "exit_early conftest: it may change"),
        ('"skip_test"', '"skip_tests"', "no action is called 'skip_tests'; did you mean"),
        ('about = "does not parse"\n', "", "missing required field `about`"),
        ('module = "intervals.py"', 'module = "interval.py"', "there is no file interval.py.txt"),
        ('old = "    return joined\\n"', 'old = "    joined"', "must stand once .* not 3 times"),
        ('old = "    return joined\\n"', 'old = "return it"', "must stand once .* not 0 times"),
        ('old = "    return joined\\n"', "", "is there already, and `old` is empty"),
    ],
)
def test_a_patch_that_does_not_apply_is_one_line_with_name_and_place(
    tmp_path: Path, old: str, new: str, words: str
) -> None:
    shutil.copytree(FOLDER / "intervals", tmp_path / "mine")
    path = tmp_path / "mine" / "patches.toml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    with pytest.raises(InputError, match=rf"^mine: .*{words}"):
        open_repository("mine", tmp_path)


def test_a_repository_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^mine: cannot be read"):
        open_repository("mine", tmp_path)


@given(st.text("ab\n"), st.text("cd\n"), st.text("ab\n"), st.text("xy\n", min_size=1))
def test_a_replacement_can_be_taken_back_and_leaves_other_files_alone(
    before: str, old: str, after: str, new: str
) -> None:
    old = f"[{old}]"
    files = {"a.py": before + old + after, "b.py": "b"}
    there = Patch("edit_source", "there", "a.py", f"<{new}>", old)
    back = Patch("edit_source", "back", "a.py", old, f"<{new}>")
    changed = there.apply(files, "mine")
    assert changed["a.py"] == f"{before}<{new}>{after}"
    assert back.apply(changed, "mine") == files


@given(st.sampled_from(sorted(CONTENTS)), st.data())
def test_any_change_of_what_is_run_is_another_content(what: str, draw: st.DataObject) -> None:
    files = CONTENTS[what]
    name = draw.draw(st.sampled_from(sorted(files)))
    place = draw.draw(st.integers(0, len(files[name])))
    changed = f"{files[name][:place]}#{files[name][place:]}"
    assert digest({**files, name: changed}) not in shipped()
