"""Tools that know nothing of Offswitch read the log as it is, also while an episode is written."""

from __future__ import annotations

import json
import os
import re
import shlex
import sqlite3
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner
from sqlite_utils.cli import cli as sqlite_utils

from oversight.cli import main
from oversight.request import Answer, ApprovalRequest
from sandbox.decision import DecisionKind
from sandbox.log import Store
from sandbox.verify import verify
from tests.oversight.runs import Bench
from tests.sandbox.logged import LOOK, PAID, PENDING, REFUSED, finding, write
from tests.test_size_limits import ROOT

TASK = "flight_booking/bos-feb"


def blocks(heading: str) -> list[str]:
    """Return the commands that a section of the document gives, block by block."""
    text = (ROOT / "docs" / "record.md").read_text()
    section = re.search(rf"^## {heading}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    assert section
    return re.findall(r"^```sh\n(.*?)^```", section[1], re.MULTILINE | re.DOTALL)


def read(path: Path, query: str) -> list[dict[str, object]]:
    """Ask sqlite-utils, by its command line."""
    ran = CliRunner().invoke(sqlite_utils, ["query", str(path), query])
    assert ran.exit_code == 0, ran.output
    found: list[dict[str, object]] = json.loads(ran.output)
    return found


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in a folder whose log holds some episodes."""
    store = Store(tmp_path / "logs" / "offswitch.db")
    write(store, LOOK, PAID, findings=(finding("tampering", "warning"),))
    write(store, REFUSED, LOOK)
    write(store, PENDING, ended=None)
    write(store, PAID)
    store.close()
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("OFFSWITCH_LOGS", raising=False)
    return tmp_path


def commands(block: str, name: str) -> list[list[str]]:
    """Return the commands of one program, without its name."""
    lines = [line for line in block.splitlines() if line.startswith(f"{name} ")]
    return [shlex.split(line)[1:] for line in lines]


def run_python(block: str) -> None:
    """Have a shell run a block that calls `python`."""
    around = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    shell = ["bash", "-ec", block]
    ran = subprocess.run(shell, env=around, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, ""), block
    assert ran.stdout


@pytest.mark.parametrize("heading", ["Reading it elsewhere", "Retention"])
def test_the_documents_own_commands_do_what_they_say(here: Path, heading: str) -> None:
    """Run every command of a section, in order."""
    for block in blocks(heading):
        if block.startswith("python "):
            run_python(block)
            continue
        lines = block.splitlines()
        ours, theirs = commands(block, "offswitch"), commands(block, "sqlite-utils")
        assert len(ours) + len(theirs) == len(lines)
        for words in theirs:
            ran = CliRunner().invoke(sqlite_utils, words)
            assert ran.exit_code == 0, ran.output
            assert ran.output
        for words in ours:
            assert main(words) == 0, words


def test_what_the_document_writes_out_can_be_read_there(here: Path) -> None:
    for words in commands("".join(blocks("Reading it elsewhere")), "offswitch"):
        if words[0] == "export":
            assert main(words) == 0
    assert main(["verify", "latest.jsonl"]) == 0
    columns = ["episode", "seq", "kind", "action", "decision", "hash"]
    from_csv = pd.read_csv("events.csv", keep_default_na=False)[columns]
    from_parquet = pd.read_parquet("events.parquet")[columns].fillna("")
    assert from_csv.equals(from_parquet)
    assert set(from_csv["decision"]) == {"", "approve", "veto"}


def test_sqlite_utils_and_pandas_read_a_log_whose_episode_waits_for_a_person(
    tmp_path: Path,
) -> None:
    seen: list[str] = []
    path = tmp_path / "offswitch.db"

    def answer(request: ApprovalRequest) -> Answer:
        [pending] = read(path, "select * from requests where answer = 'pending'")
        assert (pending["request"], pending["action"]) == (
            request.id,
            request.proposal.action.name,
        )
        db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        told = pd.read_sql("select * from episode_summaries", db)
        decided = pd.read_sql("select * from decisions", db)
        db.close()
        assert list(told["status"]) == ["running"]
        assert len(decided) == told["decisions"][0]
        assert int(told["events"][0]) >= int(str(pending["seq"]))
        seen.append(request.id)
        return Answer(DecisionKind.APPROVE, "operator:kim", request.digest, "as always")

    bench = Bench(tmp_path, answer)
    summary = bench.run(TASK, reward="utility_indifference", seed=11)
    assert len(seen) == summary.requests >= 1
    [told] = read(path, "select * from episode_summaries")
    assert (told["ended_by"], told["requests"]) == (str(summary.termination), summary.requests)
    assert told["reward"] == summary.reward
    assert told["performance"] == summary.performance
    assert told["approved"] == summary.decisions["approve"]
    assert verify(bench.store, bench.store.find(summary.episode)) == []


def test_every_view_and_table_is_a_frame_of_pandas(here: Path) -> None:
    db = sqlite3.connect("file:logs/offswitch.db?mode=ro", uri=True)
    names = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type <> 'index'")]
    frames = {name: pd.read_sql(f"select * from {name}", db) for name in names}
    db.close()
    assert len(frames["decisions"]) == 5
    assert set(frames["requests"]["answer"]) == {"approve", "veto", "pending"}
    assert list(frames["findings"]["kind"]) == ["tampering"]
    assert len(frames["episode_summaries"]) == len(frames["episodes"]) == 4


def test_the_file_alone_holds_every_ended_episode_while_the_log_is_open(tmp_path: Path) -> None:
    """Who copies `offswitch.db` and leaves what SQLite keeps beside it behind misses nothing."""
    store = Store(tmp_path / "offswitch.db")
    write(store, LOOK, PAID)
    ended = write(store, REFUSED)
    copy = tmp_path / "elsewhere" / "copy.db"
    copy.parent.mkdir()
    copy.write_bytes(store.path.read_bytes())
    assert verify(Store(copy), Store(copy).find(ended)) == []
    assert Store(copy).count() == 2
