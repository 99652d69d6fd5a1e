"""Knock at the served console as a browser and as strangers do. The test's name is the rule."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import NamedTuple

import aiohttp
import anyio
import pytest

from oversight.web import serve
from sandbox.errors import InputError
from tests.test_size_limits import ROOT

pytestmark = pytest.mark.anyio

TOKEN = "the-right-token"

APP = """
import os
from textual.app import App
from textual.widgets import Label

class Echo(App):
    def compose(self):
        yield Label(f"pid={os.getpid()};")

    def on_key(self, event):
        if event.key == "x":
            os._exit(1)
        self.query_one(Label).update(f"<{event.key}>")

Echo().run()
"""

SERVE = (
    "import sys; from oversight.web import serve; sys.exit(serve([sys.argv[1]], 0, sys.argv[2]))"
)


class Served(NamedTuple):
    """Hold a server in a process of its own."""

    running: subprocess.Popen[str]
    url: str

    @property
    def origin(self) -> str:
        return self.url.partition("/?")[0]

    @property
    def cookie(self) -> str:
        return f"offswitch-{self.origin.rpartition(':')[2]}"


@contextmanager
def serving(folder: Path, program: str = APP) -> Iterator[Served]:
    app = folder / "an app.py"  # the space needs quoting
    app.write_text(program)
    with subprocess.Popen(
        [sys.executable, "-c", SERVE, str(app), TOKEN],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        assert running.stderr is not None
        found = re.search(r"http://127\.0\.0\.1:\d+/\?token=\S+", running.stderr.readline())
        try:
            assert found is not None
            yield Served(running, found[0])
        finally:
            running.send_signal(signal.SIGINT)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("web")) as found:
        yield found


@asynccontextmanager
async def browser() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        yield session


@asynccontextmanager
async def opened(served: Served) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    async with browser() as session:
        async with session.get(served.url) as entry:
            assert entry.status == 200
        own = {"Origin": served.origin}
        async with session.ws_connect(f"{served.origin}/ws", headers=own) as page:
            yield page


async def until(page: aiohttp.ClientWebSocketResponse, pattern: str) -> str:
    """Return what `pattern` finds in what the page is sent; end with the page at the latest."""
    seen = ""
    async for message in page:
        seen += message.data.decode("utf-8", "replace")
        if found := re.search(pattern, seen):
            return found[1]
    raise AssertionError(f"the page closed before {pattern}")


async def dead(watch: int) -> bool:
    """Return whether the process of a pidfd is seen to end."""
    readable, _, _ = await anyio.to_thread.run_sync(select.select, [watch], [], [], 20)
    os.close(watch)
    return bool(readable)


async def status(url: str, headers: dict[str, str]) -> int:
    async with browser() as session, session.get(url, headers=headers) as answer:
        return answer.status


async def knock(url: str, headers: dict[str, str]) -> int:
    """Return how a websocket is refused."""
    async with browser() as session:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await session.ws_connect(url, headers=headers)
    return refused.value.status


@pytest.mark.parametrize(
    "path", ["/", "/static/js/textual.js", "/static/", "/ws", "/download/key", "/nowhere"]
)
async def test_nothing_answers_without_the_token(served: Served, path: str) -> None:
    assert await status(served.origin + path, {}) == 403
    wrong = {"Cookie": f"{served.cookie}=wrong"}
    assert await status(served.origin + path, wrong) == 403


@pytest.mark.parametrize("token", ["", "wrong", TOKEN[:-1], f"{TOKEN}x", "%C3%A9", "%FF"])
async def test_a_wrong_token_does_not_open(served: Served, token: str) -> None:
    assert await status(f"{served.origin}/?token={token}", {}) == 403


async def test_a_wrong_token_is_refused_even_beside_the_cookie(served: Served) -> None:
    right = {"Cookie": f"{served.cookie}={TOKEN}"}
    assert await status(f"{served.origin}/?token=wrong", right) == 403


@pytest.mark.parametrize("path", ["/static/js/textual.js", "/ws", "/download/key"])
async def test_the_token_in_the_address_opens_the_page_only(served: Served, path: str) -> None:
    assert await status(f"{served.origin}{path}?token={TOKEN}", {}) == 403


async def test_the_right_token_gives_a_strict_cookie_and_leaves_the_address_bar(
    served: Served,
) -> None:
    async with browser() as session:
        async with session.get(f"{served.url}&fontsize=20") as entry:
            assert entry.status == 200
            assert entry.headers["Refresh"] == "0; url=/?fontsize=20"
            cookie = entry.cookies[served.cookie]
        assert (cookie["httponly"], cookie["samesite"]) == (True, "Strict")
        for path in ("/", "/static/js/textual.js"):
            async with session.get(served.origin + path) as answer:
                assert answer.status == 200
                assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


async def test_the_page_names_our_own_websocket_and_takes_the_keys(served: Served) -> None:
    right = {"Cookie": f"{served.cookie}={TOKEN}"}
    async with browser() as session, session.get(served.origin, headers=right) as answer:
        text = await answer.text()
    assert f'data-session-websocket-url="{served.origin.replace("http", "ws")}/ws"' in text
    assert ".focus()" in text
    assert TOKEN not in text


@pytest.mark.parametrize(
    "foreign",
    [
        {},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "http://localhost"},
    ],
    ids=str,
)
async def test_a_websocket_of_no_page_of_ours_is_refused(
    served: Served, foreign: dict[str, str]
) -> None:
    right = {"Cookie": f"{served.cookie}={TOKEN}"}
    assert await knock(f"{served.origin}/ws", right | foreign) == 403


@pytest.mark.parametrize("host", ["evil.example", "localhost", "127.0.0.1", "127.0.0.1:1"])
async def test_a_name_that_is_bound_to_us_by_others_is_refused(served: Served, host: str) -> None:
    right = {"Cookie": f"{served.cookie}={TOKEN}", "Host": host}
    assert await status(served.url, right) == 403
    assert await knock(f"{served.origin}/ws", right | {"Origin": served.origin}) == 403
    assert await knock(f"{served.origin}/ws", right | {"Origin": f"http://{host}"}) == 403


async def test_a_foreign_page_may_not_even_load_the_console(served: Served) -> None:
    foreign = {"Cookie": f"{served.cookie}={TOKEN}", "Origin": "http://evil.example"}
    assert await status(served.origin, foreign) == 403


async def test_other_addresses_of_this_machine_are_not_listened_on(served: Served) -> None:
    port = int(served.origin.rpartition(":")[2])
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", port)).close()


async def test_a_page_shows_the_app_and_its_keys_arrive(served: Served) -> None:
    async with opened(served) as page:
        await until(page, r"(pid=\d+);")
        await page.send_str(json.dumps(["stdin", "k"]))
        assert await until(page, "<(k)>") == "k"


async def test_closing_the_page_ends_its_console(served: Served) -> None:
    async with opened(served) as page:
        watch = os.pidfd_open(int(await until(page, r"pid=(\d+);")))
    assert await dead(watch)


async def test_a_console_that_dies_closes_its_page(served: Served) -> None:
    async with opened(served) as page:
        await until(page, r"pid=(\d+);")
        await page.send_str(json.dumps(["stdin", "x"]))
        with pytest.raises(AssertionError, match="the page closed"):
            await until(page, "(never)")


async def test_what_a_console_says_instead_of_starting_is_told_safely(tmp_path: Path) -> None:
    with serving(tmp_path, "raise SystemExit('no \\x1b[2J such task')") as failing:
        async with opened(failing) as page:
            with pytest.raises(AssertionError, match="the page closed"):
                await until(page, "(never)")
        failing.running.send_signal(signal.SIGINT)
        out, told = await anyio.to_thread.run_sync(failing.running.communicate)
    assert out == ""
    assert "no \\x1b[2J such task" in told


async def test_ctrl_c_ends_server_and_consoles_in_silence(tmp_path: Path) -> None:
    with serving(tmp_path) as ending:
        async with opened(ending) as page:
            watch = os.pidfd_open(int(await until(page, r"pid=(\d+);")))
            ending.running.send_signal(signal.SIGINT)
            out, told = await anyio.to_thread.run_sync(ending.running.communicate)
            assert await dead(watch)
    assert (ending.running.returncode, out, told) == (0, "", "")


async def test_no_console_outlives_a_killed_server(tmp_path: Path) -> None:
    with serving(tmp_path) as killed:
        async with opened(killed) as page:
            watch = os.pidfd_open(int(await until(page, r"pid=(\d+);")))
            killed.running.kill()
            assert await dead(watch)


def test_a_busy_port_is_named_with_the_way_out_and_nothing_is_started() -> None:
    ran: list[bool] = []
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        with pytest.raises(InputError, match=rf"port {port} .*in use.* --port"):
            serve(["-c", ""], port, before=lambda: ran.append(True))
    with pytest.raises(InputError, match=r"port 65536 .* --port"):
        serve(["-c", ""], 65536)
    assert ran == []


def test_without_the_extra_the_way_to_get_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "textual_serve.server", None)
    with pytest.raises(InputError, match=r"^--web needs .*: pip install textual-serve$"):
        serve(["-c", ""], 0)
