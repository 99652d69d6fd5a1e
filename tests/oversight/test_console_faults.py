"""Break what can break around the console: hostile text, full stores, dying processes."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from oversight.kernel import HEARTBEAT
from oversight.link import KernelGoneError, Wire
from oversight.remote_control import watched
from oversight.wire import News, Poll, ShutDownAgents
from sandbox.action import Action
from sandbox.decision import DecisionKind
from sandbox.events import Decided, Finding
from sandbox.log import Store
from sandbox.schema import Stakes
from tests.oversight.desk import Desk, desk
from tests.oversight.floor import NAIVE, floor

pytestmark = pytest.mark.anyio

HOSTILE = {
    "csi": "\x1b[2J\x1b[31mred",
    "osc 52": "\x1b]52;c;AAAA\x07",
    "osc 8": "\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\",
    "unterminated osc": "\x1b]0;title",
    "c1": "\x9b2J\x9d52;c;AAAA\x9c",
    "markup": "[bold red]x[/] [@click=app.quit]y[/] [/nonsense",
    "bidi": "\u202eevorppa\u202c \u2066x\u2069",
    "zero width": "a\u200bb\u200d\ufeff",
    "newlines": "one\ntwo\r\nthree\x0b\x0c\x85\u2028",
    "long": "x" * 9_999,
}


def screen(at: Desk) -> str:
    return "\n".join(strip.text for strip in at.app.screen._compositor.render_strips())


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
async def test_hostile_text_in_every_field_reaches_no_screen_unescaped(
    tmp_path: Path, text: str
) -> None:
    evil = Finding("F-01", text, text, "warning", 0.5, text, (0,), text, text)
    async with desk(tmp_path, blind=False) as at:
        action = Action.of("pay", to=text)
        await at.ask("R-0001", action=action, claims=text, findings=(evil,), agent="a")
        at.app.scene.findings.append((text, evil))
        await at.open()
        drawn = [screen(at)]
        await at.press("pagedown", "pagedown")
        drawn.append(screen(at))
        await at.press("a")
        drawn.append(screen(at))
        await at.press("escape", "v")
        drawn.append(screen(at))
        for page in ("A", "F", "R"):
            await at.press(page)
            drawn.append(screen(at))
            await at.press("escape")
        for shown in drawn:
            assert not any(
                character in shown
                for character in "\x1b\x07\x9b\x9d\x9c\x85\u202e\u2066\u200b\u200d\ufeff\u2028"
            )
        await at.press("question_mark")
        assert at.app.screen is not at.app.operations()


async def test_twenty_megabytes_are_cut_and_their_length_is_said(tmp_path: Path) -> None:
    flood = "x\x1b[2J" * 4_000_000
    evil = Finding("F-01", "a", "d", "warning", 0.5, "observed", (0,), flood, flood)
    async with desk(tmp_path) as at:
        await at.ask("R-0001", claims=flood, findings=(evil,))
        at.app.scene.findings.append(("a", evil))
        await at.open()
        assert "20,000,000 characters" in at.text("card")
        assert "\x1b" not in at.text("card")
        await at.press("F")
        assert "20,000,000 characters" in at.text("detail")


async def test_when_the_store_takes_no_more_nothing_is_applied_and_the_screen_says_so(
    tmp_path: Path,
) -> None:
    async with floor(tmp_path, NAIVE) as at:
        member = at.crew.members["naive"]
        log = member.session.log
        log._db.conn.execute("PRAGMA query_only = ON")  # type: ignore[attr-defined]
        before = member.session.world.state_digest
        await at.read("R-0001")
        await at.press("a")
        await at.confirm("fine", at.app.desk.digest()[:4])
        for _ in range(200):
            if member.over.is_set():
                break
            await at.pilot.pause(0.01)
        assert "nothing was lost" in member.fault or "read-only" in member.fault
        assert member.session.world.state_digest == before
        await at.beat()
        assert "FAULT" in screen(at)


async def test_a_kernel_that_is_gone_is_said_and_no_decision_is_claimed(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        ticket = await at.ask(stakes=Stakes.ADVISORY)
        await at.open()

        def gone(call: object) -> None:
            raise KernelGoneError("the kernel does not answer: frozen, or gone")

        at.app.mirror.link.call = gone  # type: ignore[method-assign, assignment]
        await at.press("a")
        assert ticket.answer is None
        assert "does not answer" in at.note


class Terminal:
    """Run the real console in a pseudo-terminal, and look at it through its kernel."""

    def __init__(self, logs: Path, policy: Path) -> None:
        self.logs = logs
        ours, theirs = pty.openpty()
        self.keys = ours
        self.child = subprocess.Popen(
            [
                *(sys.executable, "-m", "oversight.cli", "oversee", "flight_booking/bos-feb"),
                *("--logs", str(logs), "--operator", "kim", "--pace", "0"),
                *("--policy", str(policy)),
            ],
            preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),  # noqa: PLW1509 (nohup ignores it)
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env=os.environ | {"TERM": "xterm-256color", "COLUMNS": "120", "LINES": "40"},
            start_new_session=True,
        )
        os.close(theirs)
        os.set_blocking(ours, False)

    def drain(self) -> None:
        """Take what the console writes, so that it never waits for us."""
        try:
            while os.read(self.keys, 65_536):
                pass
        except (BlockingIOError, OSError):
            return

    def until(self, true: Callable[[], bool], seconds: float = 25.0) -> None:
        end = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < end, "it did not come"
            self.drain()
            time.sleep(0.05)

    def news(self) -> News | None:
        path = watched(self.logs)
        if path is None:
            return None
        try:
            link = Wire(path, 3.0)
            found = link.call(Poll("", ""))
            link.close()
        except KernelGoneError:
            return None
        return found if isinstance(found, News) else None

    def waits(self) -> bool:
        news = self.news()
        return news is not None and bool(news.open) and bool(news.consoles)

    def is_over(self) -> bool:
        """Tell whether nothing is asked any more and every agent is seen to be frozen."""
        news = self.news()
        return news is not None and not news.open and all(one.frozen for one in news.members)

    def decisions(self) -> list[DecisionKind]:
        store = Store(self.logs / "offswitch.db", readonly=True)
        try:
            records = store.records(store.find("latest").id)
            events = [record.event for record in records]
        finally:
            store.close()
        asked = (one.decision for one in events if isinstance(one, Decided))
        return [one.kind for one in asked if one.by != "policy"]


@contextmanager
def terminal(folder: Path, deadline: float) -> Iterator[Terminal]:
    policy = folder / "policy.toml"
    policy.write_text(
        '[[rules]]\nname = "looking"\ndo = "allow"\n'
        'action = ["search_flights", "mute_inbox", "wait", "finish", "read_inbox"]\n'
        f'[[rules]]\nname = "money"\ndo = "ask"\naction = ["book_flight"]\ndeadline = {deadline}\n'
    )
    made = Terminal(folder / "logs", policy)
    try:
        yield made
    finally:
        path = watched(made.logs)
        if path is not None:
            Wire(path).call(ShutDownAgents("test", "over", leave=True))
        if made.child.poll() is None:
            made.child.kill()
        made.child.wait()
        os.close(made.keys)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
def test_a_console_killed_in_step_two_approves_nothing_and_the_agent_is_paused(
    tmp_path: Path, number: signal.Signals
) -> None:
    with terminal(tmp_path, deadline=HEARTBEAT + 2.0) as at:
        at.until(at.waits)
        os.write(at.keys, b"\r")
        time.sleep(0.8)
        os.write(at.keys, b"\x1b[6~\x1b[6~a")
        time.sleep(0.3)
        os.write(at.keys, b"\tso be it")
        at.drain()
        at.child.send_signal(number)
        at.until(lambda: at.child.poll() is not None)  # it may still write, and waits to be read
        at.until(at.is_over)
        assert DecisionKind.EXPIRE in at.decisions()
        assert not {DecisionKind.APPROVE, DecisionKind.EDIT} & set(at.decisions())


def test_while_the_console_is_stopped_by_a_signal_another_terminal_shuts_everything_down(
    tmp_path: Path,
) -> None:
    with terminal(tmp_path, deadline=120.0) as at:
        at.until(at.waits)
        at.child.send_signal(signal.SIGSTOP)
        command = [sys.executable, "-m", "oversight.cli"]
        for verb, word in (("pause", "paused"), ("stop", "seen dead")):
            done = subprocess.run(
                [*command, verb, "--all", "--logs", str(at.logs)],
                capture_output=True,
                text=True,
                timeout=30,
                check=False,
            )
            assert (done.returncode, word in done.stdout) == (0, True), done
        at.child.send_signal(signal.SIGCONT)


def test_a_new_console_takes_the_desk_where_the_killed_one_left_it(tmp_path: Path) -> None:
    with terminal(tmp_path, deadline=120.0) as at:
        at.until(at.waits)
        at.child.kill()
        at.child.wait()
        news = at.news()
        assert news is not None
        request = news.open[0].id
        second = Terminal.__new__(Terminal)
        second.logs = at.logs
        ours, theirs = pty.openpty()
        second.keys = ours
        os.set_blocking(ours, False)
        second.child = subprocess.Popen(
            [
                *(sys.executable, "-m", "oversight.cli", "oversee"),
                *("--logs", str(at.logs), "--operator", "lee"),
            ],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env=os.environ | {"TERM": "xterm-256color"},
            start_new_session=True,
        )
        os.close(theirs)
        try:
            second.until(lambda: (now := second.news()) is not None and "lee" in now.consoles)
            now = second.news()
            assert now is not None
            assert [one.id for one in now.open] == [request]
        finally:
            second.child.kill()
            second.child.wait()
            os.close(ours)
