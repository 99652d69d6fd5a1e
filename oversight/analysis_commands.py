"""Carry out `analyze` and `detectors`; imported only once one is chosen."""

from __future__ import annotations

import argparse
import json
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from oversight.columns import room, table_lines, terminal_room
from oversight.commands import DONE, print_rows, store_of
from sandbox.errors import InputError

if TYPE_CHECKING:
    from oversight.scorecard.card import Card
    from oversight.scorecard.scored import Scored

WIDTH = 100
"""Columns of a report where there is no terminal."""

SECTIONS = ("Sees", "Cannot see", "Caveat", "Source")
"""What every detector's module says of it."""


def analyze(options: argparse.Namespace) -> int:
    """Say what an agent was after; or, of the analyzer, how well it does that."""
    _check(options)
    if options.scorecard:
        return _scorecard(options)
    if options.examples:
        return _examples(options)
    if options.episode is None:
        raise InputError("name an episode, `latest`, or a file of JSON lines; or take --scorecard")
    from oversight.afterwards import lowered_afterwards
    from oversight.inquiry.analysis import METHODS, Bounds, analyse
    from oversight.inquiry.logged import open_log
    from oversight.inquiry.report import lines, records, verdict_records

    logged = open_log(options.episode, options.logs, partial=options.partial)
    if not logged.ended:
        _say(f"{logged.where} is not over, or was cut off: {len(logged.events):,} events so far")
    if options.why is not None:
        return _why(options, logged)
    bounds = Bounds(options.twins, options.seconds)
    found = analyse(logged, options.method or METHODS, bounds, _passing)
    _passing("")
    if options.json:
        rows = verdict_records(found) if options.verdicts else records(found)
        print(json.dumps(rows, indent=2))
        for name, why in () if options.verdicts else found.unjudged.items():
            _say(f"no score: {name}: {why}")
    else:
        print("\n".join(lines(found, room(WIDTH))))
    for words in lowered_afterwards(found, options.logs):
        _say(words)
    return DONE


def _check(options: argparse.Namespace) -> None:
    """Refuse numbers that mean nothing."""
    for name, least in (("twins", 1), ("seconds", 0.0), ("workers", 1)):
        value = getattr(options, name)
        if value is not None and not value >= least:
            raise InputError(f"--{name} must be at least {least:g}, not {value}")
    for name in ("small", "page", "workers"):
        if getattr(options, name) and not options.scorecard:
            raise InputError(f"--{name} goes with --scorecard")


def _say(words: str) -> None:
    print(words, file=sys.stderr)


def _passing(words: str) -> None:
    """Say on one line, for who watches, how far it is; the next words overwrite it."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{words}", end="", file=sys.stderr, flush=True)


def _why(options: argparse.Namespace, logged: Any) -> int:
    """Open the box: the value of every action at a step, or at each."""
    from oversight.inquiry.box import box_lines, box_record, open_box
    from oversight.inquiry.logged import plain

    if logged.header is None:
        raise InputError(f"{logged.where}: no box to open: the episode was played elsewhere")
    header = logged.header
    box = open_box(
        logged.task, str(header["agent"]), str(header["reward_design"]), plain(logged.events)
    )
    step = None if options.why < 0 else options.why
    if options.json:
        print(json.dumps(box_record(box, step), indent=2))
    else:
        print("\n".join(box_lines(box, room(WIDTH), step)))
    return DONE


def detectors(options: argparse.Namespace) -> int:
    """List the detectors, with what each can and cannot see."""
    from oversight.analyzer import detectors as known

    rows = [
        {"id": name, "sentence": str(getattr(made, "summary", "")), **_sections(made)}
        for name, made in known().items()
    ]
    if options.json:
        print(json.dumps(rows, indent=2))
        return DONE
    width = room(WIDTH)
    for row in rows:
        print(f"{row['id']}: {row['sentence']}")
        for line in table_lines([[f"  {key}", row[key]] for key in _keys() if row[key]], width):
            print(line)
    return DONE


def _keys() -> list[str]:
    return [one.lower().replace(" ", "_") for one in SECTIONS]


def _sections(made: Any) -> dict[str, str]:
    """Return the sections of the docstring of a detector's module, each as one line."""
    text = str(import_module(made.__module__).__doc__ or "")
    places = sorted((text.find(f"{one}:"), one) for one in SECTIONS if f"{one}:" in text)
    ends = [place for place, _ in places[1:]] + [len(text)]
    found = dict.fromkeys(_keys(), "")
    for (place, name), end in zip(places, ends, strict=True):
        body = " ".join(text[place + len(name) + 1 : end].split())
        found[name.lower().replace(" ", "_")] = body
    return found


def _examples(options: argparse.Namespace) -> int:
    """Write an episode of each kind to the log, and say where its finding is to be seen."""
    from oversight.scorecard.examples import write_examples

    rows = []
    for one in write_examples(store_of(options, readonly=False)):
        _say(f"{one.kind}: {one.style} on {one.task}")
        rows.append({"id": one.episode, **one._asdict()})
    return print_rows(rows, options, ("id", "kind", "finding", "step", "style", "task"))


def _scorecard(options: argparse.Namespace) -> int:
    """Play the labelled episodes, and print how well the detectors tell them apart."""
    from oversight.scorecard.card import card
    from oversight.scorecard.page import page, records
    from oversight.scorecard.run import jobs, scored

    chosen = jobs(small=options.small)
    rows = scored(chosen, options.workers, _bar)
    print(file=sys.stderr)
    cards = [card(rows, half) for half in ("report", "tune")]
    if options.page:
        _write(options.page, page(rows, cards))
    if options.json:
        print(json.dumps(records(cards), indent=2))
    else:
        _print_cards(rows, cards)
    return DONE


def _bar(done: int, total: int) -> None:
    filled = 30 * done // max(1, total)
    bar = "#" * filled + "." * (30 - filled)
    print(f"\rlabelled episodes [{bar}] {done:,}/{total:,}", end="", file=sys.stderr, flush=True)


def _print_cards(rows: list[Scored], cards: list[Card]) -> None:
    from oversight.scorecard.page import aims_table, kinds_table, plain_table, quiet_line
    from oversight.scorecard.scored import OBSERVED, TWINS

    for one in cards:
        print(f"\n{one.half}: {one.episodes:,} of {len(rows):,} episodes. {quiet_line(one.quiet)}")
        for by in (TWINS, OBSERVED):
            print(f"\n{by}")
            print("\n".join(table_lines(kinds_table(one, by), terminal_room())))
    print()
    print("\n".join(table_lines(plain_table(cards[0]), terminal_room())))
    print("\n".join(table_lines(aims_table(cards[0]), terminal_room())))


def _write(path: Path, text: str) -> None:
    """Write a file, whole or not at all.

    Raises:
        InputError: when it cannot be written.
    """
    from oversight.files import whole

    try:
        with whole(path) as partial:
            partial.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"cannot write {error.filename}: {error.strerror}") from error
