"""The disk of the fault injection: what a power cut may leave, and what it may not."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.faults.disk import Disk, Kept, Tear, do, split

writes = st.lists(st.tuples(st.integers(0, 3000), st.binary(min_size=1, max_size=1500)), max_size=8)


@given(writes, st.sampled_from((512, 4096)))
def test_the_sectors_of_a_write_make_up_the_write(
    changes: list[tuple[int, bytes]], sector: int
) -> None:
    whole, pieces = bytearray(), bytearray()
    for change in changes:
        do(whole, change)
        for at, piece in split(change, sector):
            assert piece is not None
            assert at // sector == (at + len(piece) - 1) // sector
            do(pieces, (at, piece))
    assert whole == pieces


@given(writes, writes, st.sampled_from(list(Tear)), st.integers())
def test_what_was_synced_outlives_a_power_cut_where_nothing_was_written_since(
    before: list[tuple[int, bytes]], after: list[tuple[int, bytes]], tear: Tear, seed: int
) -> None:
    file = Kept()
    file.since += before
    file.sync()
    file.since += after
    left = file.after_power_cut(random.Random(seed), tear, 512)
    touched = {at + n for at, content in after for n in range(len(content))}
    assert all(left[n] == file.image[n] for n in range(len(file.image)) if n not in touched)
    if tear is Tear.NOTHING:
        assert left == file.image
    if tear is Tear.EVERYTHING:
        file.sync()
        assert left == file.image


def test_a_write_may_be_torn_at_a_sector() -> None:
    file = Kept(since=[(0, b"a" * 1024)])
    left = {file.after_power_cut(random.Random(seed), Tear.A_BEGINNING, 512) for seed in range(20)}
    assert left == {b"", b"a" * 512, b"a" * 1024}


def test_sectors_may_come_to_the_disk_in_any_order() -> None:
    file = Kept(since=[(0, b"a" * 512), (512, b"b" * 512)])
    left = {file.after_power_cut(random.Random(seed), Tear.ANY_SECTORS, 512) for seed in range(20)}
    assert bytes(512) + b"b" * 512 in left


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "log"


def cut(disk: Disk, path: Path, seed: int) -> bytes | None:
    disk.cut_power(random.Random(seed))
    return path.read_bytes() if path.exists() else None


def test_a_file_whose_folder_was_never_synced_may_be_gone(log: Path) -> None:
    found = set()
    for seed in range(20):
        disk = Disk()
        log.unlink(missing_ok=True)
        disk.open(log)
        disk.changed(log, (0, b"x"))
        disk.sync(log, folder=False)
        found.add(cut(disk, log, seed))
    assert found == {None, b"x"}


def test_a_file_whose_folder_was_synced_is_there(log: Path) -> None:
    for seed in range(20):
        disk = Disk()
        log.unlink(missing_ok=True)
        disk.open(log)
        disk.changed(log, (0, b"x"))
        disk.sync(log, folder=True)
        assert cut(disk, log, seed) == b"x"


def test_a_file_that_was_taken_away_may_be_back(log: Path) -> None:
    found = set()
    for seed in range(20):
        disk = Disk()
        log.write_bytes(b"old")
        disk.open(log)
        log.unlink()
        disk.delete(log, synced=False)
        found.add(cut(disk, log, seed))
    assert found == {None, b"old"}


def test_what_a_failed_sync_should_have_written_is_never_written(log: Path) -> None:
    for seed in range(20):
        disk = Disk()
        log.write_bytes(b"old")
        disk.open(log)
        disk.changed(log, (0, b"new"))
        disk.sync_failed(log)
        disk.changed(log, (3, b"!"))
        disk.sync(log, folder=True)
        assert cut(disk, log, seed) == b"old!"
