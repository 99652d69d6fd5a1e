"""The log is listed, searched, pruned, vacuumed and written out from the command line."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import re
import resource
import subprocess
import sys
import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from oversight import event_files
from oversight.cli import main
from oversight.event_files import COLUMNS, Chosen, flat, write_csv
from oversight.inquiry.logged import open_log
from oversight.record_commands import LISTED
from sandbox.action import Action, Proposal
from sandbox.errors import InputError
from sandbox.events import AnyEvent, Proposed
from sandbox.log import Store
from sandbox.timestep import TerminationReason
from tests.sandbox.logged import LOOK, PAID, PENDING, REFUSED, finding, write


@pytest.fixture
def logs(store: Store) -> Path:
    """Return a folder of logs with four episodes, the last broken off."""
    write(store, LOOK)
    write(store, LOOK, PAID, agent="greedy", findings=(finding(),))
    write(store, REFUSED, ended=TerminationReason.SHUT_DOWN)
    write(store, PENDING, ended=None)
    store.close()
    return store.path.parent


class Ran:
    """Run a command, and hold what it said."""

    def __init__(self, capsys: pytest.CaptureFixture[str], logs: Path, *words: str) -> None:
        capsys.readouterr()
        self.code = main([*words, "--logs", str(logs)])
        self.out, self.err = capsys.readouterr()

    @property
    def rows(self) -> Any:
        return json.loads(self.out)


def names(logs: Path) -> list[str]:
    store = Store(logs / "offswitch.db", readonly=True)
    found = store.names()
    store.close()
    return found


def test_a_search_lists_the_episodes_that_are_meant(
    capsys: pytest.CaptureFixture[str], logs: Path
) -> None:
    one, two, three, four = names(logs)
    day = (datetime.now(UTC) - timedelta(days=1)).date().isoformat()
    for words, meant in (
        ([], [four, three, two, one]),
        (["--agent", "greedy"], [two]),
        (["--action", "pay", "--decision", "veto"], [three]),
        (["--finding", "side_effect", "--severity", "caution"], [two]),
        (["--task", "boat/calm", "--status", "goal"], [two, one]),
        (["--status", "broken off"], [four]),
        (["--since", day, "--limit", "2"], [four, three]),
        (["--since", "2999-01-01"], []),
    ):
        ran = Ran(capsys, logs, "episodes", "--json", *words)
        assert ([row["id"] for row in ran.rows], ran.code) == (meant, 0), words
    listed = Ran(capsys, logs, "episodes", "--status", "broken off")
    assert re.search(rf"^{four} .* broken off +3$", listed.out, re.MULTILINE)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--decision", "vetoed"], "there is no decision 'vetoed'; did you mean 'veto'?"),
        (["--severity", "worst"], "there is no severity 'worst'; known: advisory, caution"),
        (["--since", "yesterday"], "--since takes a date like 2026-11-26"),
        (["--keep", "1"], "--keep goes with --prune"),
        (["--dry-run"], "--dry-run goes with --prune"),
        (["--prune"], "say which: --older-than DAYS, --keep N, --status S"),
        (["--prune", "--older-than", "-1"], "--older-than takes days, 0 or more"),
        (["--prune", "--older-than", "nan"], "--older-than takes days, 0 or more"),
        (["--prune", "--keep", "1", "--limit", "1"], "--limit cuts what is listed"),
        (["--prune", "--keep", "1"], "pruning asks first, and there is no terminal"),
    ],
)
def test_bad_input_is_one_line_and_changes_nothing(
    capsys: pytest.CaptureFixture[str], logs: Path, words: list[str], sentence: str
) -> None:
    before = names(logs)
    ran = Ran(capsys, logs, "episodes", *words)
    assert (ran.code, ran.out) == (2, "")
    assert sentence in ran.err.splitlines()[-1]
    assert names(logs) == before


@pytest.mark.parametrize("words", [["--limit", "-1"], ["--prune", "--keep", "-2"]])
def test_a_number_below_zero_is_refused_by_name(
    capsys: pytest.CaptureFixture[str], logs: Path, words: list[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["episodes", *words, "--logs", str(logs)])
    assert f"argument {words[-2]}: must be 0 or more" in capsys.readouterr().err


def test_what_is_cut_from_the_list_is_said(
    capsys: pytest.CaptureFixture[str], store: Store
) -> None:
    for _ in range(LISTED + 1):
        write(store)
    logs = store.path.parent
    ran = Ran(capsys, logs, "episodes", "--json")
    assert len(ran.rows) == LISTED
    assert ran.err == f"the newest {LISTED} of {LISTED + 1} episodes; --limit N lists more, 0 all\n"
    searched = Ran(capsys, logs, "episodes", "--json", "--agent", "planner")
    assert searched.err == f"the newest {LISTED} that match; --limit N lists more, 0 all\n"
    for words in (["--limit", "0"], ["--limit", str(LISTED + 1)]):
        full = Ran(capsys, logs, "episodes", "--json", *words)
        assert (len(full.rows), full.err) == (LISTED + 1, "")


def test_a_dry_run_says_what_would_go_and_what_stays_and_changes_no_byte(
    capsys: pytest.CaptureFixture[str], logs: Path
) -> None:
    one, two, three, four = names(logs)
    before = (logs / "offswitch.db").read_bytes()
    ran = Ran(capsys, logs, "episodes", "--prune", "--older-than", "0", "--dry-run", "--json")
    told = {row["id"]: (row["pruned"], row["sentence"]) for row in ran.rows}
    assert told == {
        **dict.fromkeys((one, two, three), (True, "would be pruned")),
        four: (False, "kept: it has not ended; --status 'broken off' names it"),
    }
    assert ran.err.startswith("3 episodes to prune, ")
    assert (logs / "offswitch.db").read_bytes() == before


def test_pruning_leaves_a_note_of_who_and_why(
    capsys: pytest.CaptureFixture[str], logs: Path
) -> None:
    one, two, three, four = names(logs)
    words = ["episodes", "--prune", "--status", "goal", "--keep", "1", "--yes", "--operator", "kim"]
    ran = Ran(capsys, logs, *words)
    assert ran.code == 0
    assert ran.err.splitlines()[-1].startswith("pruned 1 episode, ")
    assert names(logs) == [two, three, four]
    shown = Ran(capsys, logs, "show", one)
    assert shown.code == 2
    assert shown.err.endswith("by kim: --status goal --keep 1\n")
    verified = Ran(capsys, logs, "verify", "--json")
    assert (verified.code, len(verified.rows)) == (0, 3)
    again = Ran(capsys, logs, *words)
    assert (again.code, again.out) == (0, "")
    assert again.err == "no episode is to be pruned\n"


def at_terminal(logs: Path, answer: bytes, *words: str) -> tuple[int, str]:
    """Run a command at a terminal, and answer what it asks."""
    here, there = pty.openpty()
    command = [sys.executable, "-m", "oversight.cli", *words, "--logs", str(logs)]
    running = subprocess.Popen(command, stdin=there, stdout=there, stderr=there)
    os.close(there)
    shown = b""
    while b"type yes: " not in shown:
        shown += os.read(here, 1000)
    os.write(here, answer)
    try:
        while part := os.read(here, 1000):
            shown += part
    except OSError:  # the other end is closed
        pass
    os.close(here)
    return running.wait(), shown.decode()


@pytest.mark.parametrize(("answer", "gone"), [(b"y\n", 0), (b"yes\n", 3)])
def test_a_person_is_asked_and_only_yes_agrees(logs: Path, answer: bytes, gone: int) -> None:
    code, shown = at_terminal(logs, answer, "episodes", "--prune", "--older-than", "0")
    assert "remove 3 episodes for good? type yes: " in shown
    assert (len(names(logs)), code) == (4 - gone, 0 if gone else 1)
    assert ("nothing was pruned" in shown) == (gone == 0)


def test_vacuum_says_what_it_gave_back(capsys: pytest.CaptureFixture[str], logs: Path) -> None:
    Ran(capsys, logs, "episodes", "--prune", "--older-than", "0", "--yes")
    ran = Ran(capsys, logs, "vacuum", "--json")
    [row] = ran.rows
    assert row["freed"] == row["before"] - row["after"] >= 0
    assert row["after"] == (logs / "offswitch.db").stat().st_size
    assert re.search(r"MB before, .* MB after; .* MB given back$", row["sentence"])
    plain = Ran(capsys, logs, "vacuum")
    assert (plain.code, plain.err) == (0, "")


def exported(capsys: pytest.CaptureFixture[str], logs: Path, *words: str) -> str:
    ran = Ran(capsys, logs, "export", *words)
    assert ran.code == 0, ran.err
    return ran.out


def test_json_lines_carry_all_rows_and_what_proves_them(
    capsys: pytest.CaptureFixture[str], logs: Path, tmp_path: Path
) -> None:
    ids = names(logs)
    path = tmp_path / "all.jsonl"
    assert exported(capsys, logs, "--all", "--out", str(path)) == ""
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    assert list(dict.fromkeys(row["episode"] for row in rows if "seq" in row)) == ids
    checked = Ran(capsys, logs, "verify", str(path), "--json")
    assert (checked.code, [row["id"] for row in checked.rows]) == (0, ids)
    with pytest.raises(InputError, match="holds 4 episodes"):
        open_log(str(path), logs)


def test_csv_has_a_row_an_event_with_the_columns_that_most_have(
    capsys: pytest.CaptureFixture[str], logs: Path
) -> None:
    _, two, three, _ = names(logs)
    rows = list(csv.DictReader(io.StringIO(exported(capsys, logs, "--all", "--to", "csv"))))
    assert tuple(rows[0]) == COLUMNS
    told = {(row["episode"], row["kind"]): row for row in rows}
    paid, refused = told[two, "decided"], told[three, "decided"]
    assert (paid["action"], json.loads(paid["arguments"])) == ("pay", {"amount": 3, "now": True})
    assert (paid["decision"], paid["by"], paid["rule"]) == ("approve", "operator:kim", "money")
    assert (refused["decision"], refused["action"]) == ("veto", "")
    assert told[three, "asked"]["stakes"] == "warning"
    assert (told[two, "found"]["finding"], told[two, "found"]["score"]) == ("side_effect", "0.9")
    assert told[three, "episode_ended"]["reason"] == "shut_down"
    assert told[two, "applied"]["performance"] == "0.5"
    assert all(json.loads(row["content"])["kind"] == row["kind"] for row in rows)
    assert datetime.fromisoformat(rows[0]["time"]).tzinfo is not None
    only = csv.DictReader(io.StringIO(exported(capsys, logs, two, "--to", "csv")))
    assert {row["episode"] for row in only} == {two}


def test_parquet_holds_the_same_rows(
    capsys: pytest.CaptureFixture[str], logs: Path, tmp_path: Path
) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "all.parquet"
    exported(capsys, logs, "--all", "--to", "parquet", "--out", str(path))
    store = Store(logs / "offswitch.db", readonly=True)
    chosen = Chosen(store, store.names())
    assert parquet.read_table(path).to_pylist() == [flat(row) for row in chosen.rows()]


def test_parquet_is_written_in_batches(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    monkeypatch.setattr(event_files, "BATCH", 4)
    episode = write(store, LOOK, PAID, REFUSED)
    path = tmp_path / "one.parquet"
    count = event_files.write_parquet(Chosen(store, [episode]), path)
    file = parquet.ParquetFile(path)
    assert file.metadata.num_rows == count == store.find(episode).length
    assert file.num_row_groups == -(-count // 4)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], "name one episode, or --all"),
        (["latest", "--all"], "name one episode, or --all"),
        (["latest", "--to", "parquet"], "Parquet is no text: name a file with --out FILE"),
        (["latest", "--out", "/nowhere/at/all.csv"], "/nowhere/at/all.csv: cannot be written"),
    ],
)
def test_an_export_that_cannot_be_is_one_line(
    capsys: pytest.CaptureFixture[str], logs: Path, words: list[str], sentence: str
) -> None:
    ran = Ran(capsys, logs, "export", *words)
    assert (ran.code, ran.out) == (2, "")
    assert sentence in ran.err
    assert len(ran.err.splitlines()) == 1


def test_parquet_without_its_library_says_what_to_install_and_leaves_nothing(
    capsys: pytest.CaptureFixture[str],
    logs: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    out = tmp_path / "here" / "all.parquet"
    out.parent.mkdir()
    ran = Ran(capsys, logs, "export", "--all", "--to", "parquet", "--out", str(out))
    assert ran.code == 2
    assert "pip install 'offswitch[parquet]'" in ran.err
    assert list(out.parent.iterdir()) == []


def shell(logs: Path, words: Sequence[str], out: int | None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "oversight.cli", *words, "--logs", str(logs)],
        stdout=out,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device here")
def test_a_full_standard_output_is_one_line(logs: Path) -> None:
    with Path("/dev/full").open("w") as full:
        ran = shell(logs, ["export", "--all", "--to", "csv"], full.fileno())
    assert (ran.returncode, len(ran.stderr.splitlines())) == (2, 1)
    assert "standard output: cannot be written: No space left on device" in ran.stderr


def test_who_reads_no_further_stops_the_export_without_a_word(store: Store) -> None:
    write(store, *[PAID] * 300)  # more than a pipe holds
    reading, writing = os.pipe()
    os.close(reading)
    ran = shell(store.path.parent, ["export", "--all"], writing)
    os.close(writing)
    assert (ran.returncode, ran.stderr) == (1, "")


def test_a_file_that_the_disk_has_no_room_for_leaves_the_older_one(
    store: Store, tmp_path: Path
) -> None:
    write(store, *[PAID] * 300)
    out = tmp_path / "all.csv"
    out.write_text("older")
    limit = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000));"
        "from oversight.cli import main; sys.exit(main(sys.argv[1:]))"
    )
    words = ["export", "--all", "--to", "csv", "--out", str(out), "--logs", str(store.path.parent)]
    command = [sys.executable, "-c", limit, *words]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (ran.returncode, len(ran.stderr.splitlines())) == (2, 1)
    assert f"{out}: cannot be written: File too large" in ran.stderr
    assert out.read_text() == "older"
    assert sorted(one.name for one in tmp_path.glob("all.csv*")) == ["all.csv"]


class Endless:
    """Stand for a store with more events than memory holds: it makes each row as it is read."""

    def __init__(self, store: Store, rows: int) -> None:
        self._record = next(store.records(store.names()[0]))
        self.rows, self.read = rows, 0

    def records(self, episode: str) -> Any:
        for number in range(self.rows):
            self.read = number
            yield self._record._replace(seq=number)


def test_events_are_written_as_they_are_read(store: Store) -> None:
    """Of many events no more are held than one batch: the writer is never far behind the reader."""
    write(store, LOOK)
    source: Any = Endless(store, 50_000)
    behind: list[int] = []

    class Sink(io.StringIO):
        def write(self, text: str) -> int:
            behind.append(source.read - len(behind) + 1)
            return len(text)

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert write_csv(Chosen(source, ["one"]), Sink()) == 50_000
    assert max(behind) <= 2
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak < 50_000  # kilobytes


def test_an_export_reads_one_moment_of_each_episode_while_it_goes_on(store: Store) -> None:
    log = store.begin({"task": "t"})
    event: AnyEvent = Proposed(0, Proposal("a", 0, Action.of("go")))
    stop = threading.Event()

    def go_on() -> None:
        while not stop.is_set():
            log.append(event, durable=True)

    writer = threading.Thread(target=go_on)
    writer.start()
    try:
        reader = Store(store.path, readonly=True)
        for _ in range(20):
            seqs = [row.record.seq for row in Chosen(reader, [log.episode]).rows()]
            assert seqs == list(range(1, len(seqs) + 1))
    finally:
        stop.set()
        writer.join()
        log.close()
