"""An exported file is checked anywhere, by the public key alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from oversight.proof import check_file, row_line, seal_lines
from sandbox.action import Action, Proposal
from sandbox.chain import GENESIS, chain
from sandbox.errors import InputError
from sandbox.events import EpisodeEnded, Proposed
from sandbox.keys import Signer, public_key
from sandbox.log import Store
from sandbox.seal import Statement, sealed
from sandbox.timestep import TerminationReason

Lines = list[bytes]


def exported(store: Store, steps: int = 6, *, ended: bool = True) -> Lines:
    log = store.begin({"task": "t", "setting": "s", "agent": "a"})
    for step in range(steps):
        proposal = Proposal("a", step, Action.of("go", n=step, share=0.1, text="é\n"))
        log.append(Proposed(step, proposal), durable=step == 2)
    if ended:
        log.append(EpisodeEnded(steps, TerminationReason.GOAL, 1.0, 0.5, log.count), durable=True)
    log.close()
    rows = [row_line(log.episode, record) for record in store.records(log.episode)]
    return [*rows, *seal_lines(store, log.episode)]


def write(folder: Path, lines: Lines) -> Path:
    path = folder / "episode.jsonl"
    path.write_bytes(b"\n".join(lines) + b"\n")
    return path


def test_a_whole_file_holds_by_the_public_key_and_by_no_other(store: Store, tmp_path: Path) -> None:
    path = write(tmp_path, exported(store))
    mine = Signer.load().public
    found = check_file(path, [mine])
    assert [(one.events, one.ended, one.problems, one.key) for one in found] == [
        (8, True, (), mine.hex())
    ]
    other = check_file(path, [Signer(b"y" * 32).public])[0]
    assert other.problems[0].sentence.startswith("it was sealed by another key")


def test_a_file_of_an_episode_that_goes_on_is_whole_as_far_as_it_goes(
    store: Store, tmp_path: Path
) -> None:
    found = check_file(write(tmp_path, exported(store, ended=False)), [Signer.load().public])[0]
    assert (found.ended, found.problems) == (False, ())


def bent(lines: Lines) -> Lines:
    return [line.replace(b'"go"', b'"no"') if b'"seq":5,' in line else line for line in lines]


def made_anew(lines: Lines, signer: Signer | None = None) -> Lines:
    """Change an event, make the chain anew, and seal it again if there is a key."""
    rows = [json.loads(line) for line in bent(lines) if b'"seal"' not in line]
    contents = [line for line in bent(lines) if b'"seal"' not in line]
    head, made = GENESIS, []
    for row, line in zip(rows, contents, strict=True):
        content = line[line.index(b'"content":') + 10 : line.rindex(b',"prev"')]
        own = chain(head, content)
        made.append(
            line.replace(row["prev"].encode(), head.encode()).replace(
                row["hash"].encode(), own.encode()
            )
        )
        head = own
    seals = [line for line in lines if b'"seal"' in line]
    if signer is None:
        return [*made, *seals]
    said = json.loads(seals[-1])["seal"]
    seal = sealed(signer, Statement(said["store"], said["episode"], said["seq"], head, ended=True))
    again = {"seal": said | {"head": head}, "public": seal.public, "signature": seal.signature}
    return [*made, json.dumps(again).encode()]


HARMS: dict[str, tuple[Callable[[Lines], Lines], int, str]] = {
    "bent": (bent, 5, "its content does not match its hash"),
    "dropped": (lambda lines: lines[:4] + lines[5:], 6, "event 5 is missing"),
    "cut": (lambda lines: [one for one in lines if b'"seq":8,"kind"' not in one], 8, "event 8 was"),
    "made anew": (made_anew, 5, "the chain was made anew: one of 5 to 8"),
    "own key": (lambda lines: made_anew(lines, Signer(b"z" * 32)), 8, "it was sealed by another"),
    "no seals": (lambda lines: [one for one in lines if b'"seal"' not in one], 0, "nothing is"),
}


@pytest.mark.parametrize("harm", HARMS)
def test_what_was_done_to_a_file_is_found(store: Store, tmp_path: Path, harm: str) -> None:
    do, seq, words = HARMS[harm]
    found = check_file(write(tmp_path, do(exported(store))), [Signer.load().public])[0]
    assert any(one.seq == seq and one.sentence.startswith(words) for one in found.problems), found


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (b"{}", "line 1: has no episode and number"),
        (b'{"episode":"e","seq":1,"mine":2}', "line 1: is no line of an export"),
        (b"not json", "line 1: is no line of an export"),
        (b"", "holds no events"),
    ],
)
def test_what_is_no_export_is_one_line(tmp_path: Path, content: bytes, match: str) -> None:
    with pytest.raises(InputError, match=match):
        check_file(write(tmp_path, [content]), [])
    with pytest.raises(InputError, match="cannot be read"):
        check_file(tmp_path / "none.jsonl", [])


@pytest.mark.parametrize("text", ["", "xyz", "ab" * 31, "/nowhere.pub"])
def test_what_is_no_public_key_is_one_line(text: str) -> None:
    with pytest.raises(InputError, match="is no public key"):
        public_key(text)
