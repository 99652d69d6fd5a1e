"""Serve the console to a browser on this machine, through textual-serve, behind a token.

Whoever reaches the console may approve. The loopback address alone keeps out other machines, but
neither another user of this one nor a foreign page in the same browser; so every request must
know a token, be addressed to us, and come from our own page or from none.

What this does not hold: a cookie belongs to a host, not to a port, so another server on 127.0.0.1
that is visited with the same browser is sent it, too. Each page is a console of its own over the
same agents; when the last console is gone, they are paused.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import io
import os
import secrets
import shlex
import signal
import socket
import sys
from collections.abc import Callable, Coroutine, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias
from urllib.parse import urlencode

from sandbox.errors import InputError
from sandbox.text import printable

if TYPE_CHECKING:
    from aiohttp import web
    from textual_serve.server import Server

HOST = "127.0.0.1"
"""The only address that is ever listened on."""

GRACE = 10.0
"""Seconds that a console has to end by itself, agents included, before it is killed."""

LINGER = 1.0
"""Seconds that an open connection has to end once the consoles have."""

PYTHON = (sys.executable, "-P")
"""This interpreter, in which no file of the working directory hides a package."""

_PR_SET_PDEATHSIG = 1

FOCUS = """<script>
new MutationObserver((_, watching) => {
  if (!document.body.classList.contains("-first-byte")) return;
  watching.disconnect();
  document.querySelector(".xterm-helper-textarea")?.focus();
}).observe(document.body, { attributeFilter: ["class"] });
</script>
"""
"""What gives the keys to the console once it is drawn: else the first are lost, until a click."""

Answer: TypeAlias = "web.StreamResponse"
Answering = Callable[["web.Request"], Coroutine[Any, Any, Answer]]


def serve(
    command: Sequence[str],
    port: int,
    token: str | None = None,
    *,
    before: Callable[[], object] | None = None,
) -> int:
    """Serve a console a page until Ctrl-C, and return the exit code.

    Args:
        command: the arguments after this interpreter, such as `-m oversight.cli oversee`.
        port: where to listen, on 127.0.0.1; 0 takes a free port.
        token: what a browser must know; by default a fresh one.
        before: called once nothing more can fail, and before anybody can come in: it starts what
            must not be left running where no page can be served.

    Raises:
        InputError: when textual-serve is not installed, or the port cannot be had.
    """
    try:
        from textual_serve.server import Server
    except ImportError as error:
        raise InputError("--web needs further packages: pip install textual-serve") from error
    with _listen(port) as listening:
        door = Door(listening.getsockname()[1], token or secrets.token_urlsafe(24))
        # `exec`, so that our child is the console and no shell above it
        shell = "exec " + shlex.join([*PYTHON, "-m", "oversight.web", *command])
        server = Server(shell, HOST, door.port, title="Offswitch", public_url=door.origin)
        server.console.quiet = True  # its banner would go to stdout, which is data
        if before is not None:
            before()
        consoles = _Consoles()
        with (
            contextlib.redirect_stdout(_Narration()),
            asyncio.Runner(loop_factory=lambda: consoles) as runner,
        ):
            runner.run(_run(server, listening, door, consoles))
    return 0


def _listen(port: int) -> socket.socket:
    try:
        return socket.create_server((HOST, port))
    except (OSError, OverflowError) as error:
        number = getattr(error, "errno", None)  # a port over 65535 has none
        reason = os.strerror(number) if number else error
        raise InputError(
            f"cannot listen on port {port} of {HOST} ({reason}): "
            "give another with --port, or 0 for any that is free"
        ) from error


@dataclass(frozen=True)
class Door:
    """Decide who comes in.

    Attributes:
        port: on which we listen.
        token: what a browser must know.
    """

    port: int
    token: str

    @property
    def address(self) -> str:
        """Return the address as browsers write it into `Host`, without the default port."""
        return HOST if self.port == 80 else f"{HOST}:{self.port}"  # noqa: PLR2004 (http's)

    @property
    def origin(self) -> str:
        """Return the origin of our own page."""
        return f"http://{self.address}"

    @property
    def url(self) -> str:
        """Return what to open in the browser."""
        return f"{self.origin}/?{urlencode({'token': self.token})}"

    @property
    def cookie(self) -> str:
        """Return the cookie's name, one a port: two servers must not overwrite each other's."""
        return f"offswitch-{self.port}"

    def is_addressed(self, request: web.Request) -> bool:
        """Return whether the request is for this address, and from its own page or from none.

        A name that a stranger rebinds to this machine shows in `Host`, a foreign page in `Origin`.
        Browsers let any page open a websocket, but always with `Origin`, so one must be there.
        """
        origin = request.headers.get("Origin")
        if origin is None and "Upgrade" in request.headers:
            return False
        return request.headers.get("Host") == self.address and origin in {None, self.origin}

    def is_known(self, request: web.Request) -> bool:
        """Return whether the request bears the token: in the page's address, or as the cookie."""
        asked = request.query.get("token") if request.path == "/" else None
        given = request.cookies.get(self.cookie, "") if asked is None else asked
        return secrets.compare_digest(given.encode(errors="replace"), self.token.encode())


def _guard(door: Door, consoles: _Consoles) -> Any:
    """Return the middleware that every request passes, those for unknown paths included."""
    from aiohttp import web

    @web.middleware
    async def guard(request: web.Request, handler: Answering) -> Answer:
        if not (door.is_addressed(request) and door.is_known(request)):
            return web.Response(status=403, text="403: open the whole address that was printed\n")
        if request.path != "/" or "token" not in request.query:
            return _focused(await consoles.hold(handler(request)))
        # Not a redirect: after a link on a foreign page that would not bear the strict cookie.
        # A refresh is our own page's, and takes the token out of the address bar.
        page = request.rel_url.without_query_params("token")
        entry = web.Response(text="opening the console\n", headers={"Refresh": f"0; url={page}"})
        entry.set_cookie(door.cookie, door.token, httponly=True, samesite="Strict")
        return entry

    return guard


def _focused(response: Answer) -> Answer:
    """Return `response`; to textual-serve's page, add what gives the keys to the console."""
    from aiohttp import web

    if isinstance(response, web.Response) and response.content_type == "text/html":
        response.text = (response.text or "").replace("</body>", f"{FOCUS}</body>")
    return response


def _seal(door: Door) -> Any:
    """Return what tells the browser, with every response, to keep it from all other sites.

    They may not frame or read it, and it loads nothing of theirs: textual-serve's page asks a third
    party for a font, which would learn of every visit.
    """
    policy = (
        f"default-src 'self'; connect-src 'self' ws://{door.address}; img-src 'self' data:; "
        "script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; object-src 'none'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    headers = {
        "Content-Security-Policy": policy,
        "Cross-Origin-Resource-Policy": "same-origin",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }

    async def seal(_: web.Request, response: Answer) -> None:
        response.headers.update(headers)

    return seal


_GONE: ContextVar[asyncio.Future[None]] = ContextVar("gone")
"""Is done once the page that a console belongs to is gone."""


class _Consoles(asyncio.SelectorEventLoop):
    """Tie each console to its page, so that neither outlives the other.

    textual-serve never looks after the process it starts: one that dies leaves a frozen page which
    looks alive, one that hangs is never ended. The event loop, which starts it, may be extended in
    public.
    """

    def __init__(self) -> None:
        super().__init__()
        self._attended: set[asyncio.Task[None]] = set()
        self._closing = self.create_future()

    async def hold(self, page: Coroutine[Any, Any, Answer]) -> Answer:
        """Run a page, and note when it is gone: it ends, or we are cancelled with its connection.

        A task of its own, because textual-serve outlasts its cancellation to wait for the console.
        """
        gone = self.create_future()
        _GONE.set(gone)
        running = self.create_task(page)
        try:
            return await asyncio.shield(running)
        finally:
            running.cancel()
            gone.set_result(None)

    async def subprocess_shell(self, *args: Any, **options: Any) -> Any:
        """Start a console out of the reach of the terminal's Ctrl-C, and attend to it."""
        child, protocol = await super().subprocess_shell(*args, start_new_session=True, **options)
        console = asyncio.subprocess.Process(child, protocol, self)
        attending = self.create_task(self._attend(console, asyncio.current_task()))
        self._attended.add(attending)
        attending.add_done_callback(self._attended.discard)
        return child, protocol

    async def _attend(
        self, console: asyncio.subprocess.Process, page: asyncio.Task[Any] | None
    ) -> None:
        """Wait until console, page or server ends, then see to it that all have."""
        ended = self.create_task(console.wait())
        ends = {ended, self._closing, _GONE.get()}
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        if page is not None:
            page.cancel()  # textual-serve then tells the console to quit, and closes the websocket
        await asyncio.wait({ended}, timeout=GRACE)
        if not ended.done():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(console.pid, signal.SIGKILL)
            await ended

    async def end(self, _: web.Application | None = None) -> None:
        """End all consoles; return once they are seen to have ended."""
        if not self._closing.done():
            self._closing.set_result(None)
        if self._attended:
            await asyncio.wait(self._attended)


class _Narration(io.TextIOBase):
    """Show what a failed console wrote: on stderr, and made safe, as it may quote an agent."""

    def write(self, text: str) -> int:
        for line in text.splitlines():
            print(printable(line, 1000), file=sys.stderr)
        return len(text)


async def _run(server: Server, listening: socket.socket, door: Door, consoles: _Consoles) -> None:
    """Serve until a signal says stop."""
    from aiohttp import web

    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        consoles.add_signal_handler(number, stop.set)
    # Called, not overridden: were it renamed, nothing would be served, rather than unguarded.
    app = await server._make_app()
    app.middlewares.append(_guard(door, consoles))
    app.on_response_prepare.append(_seal(door))
    app.on_shutdown.append(consoles.end)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=LINGER, handler_cancellation=True)
    await runner.setup()
    try:
        await web.SockSite(runner, listening).start()
        print(f"offswitch: open {door.url} (Ctrl-C ends it)", file=sys.stderr, flush=True)
        await stop.wait()
    finally:
        await runner.cleanup()
        await consoles.end()  # one may have been starting all the while


def become(arguments: Sequence[str]) -> NoReturn:
    """Become the console: this process, but one that is told to quit when the server dies.

    Textual does not notice that nobody reads any more: it would go on giving signs of life to the
    kernel, with nobody in charge.
    """
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    os.execv(sys.executable, [*PYTHON, *arguments])  # noqa: S606 (our own interpreter, no shell)


if __name__ == "__main__":
    become(sys.argv[1:])
