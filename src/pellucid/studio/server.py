"""The server: the page, a socket for each, a way in for tables; everything else is the worker's."""

from __future__ import annotations

import contextlib
import itertools
import json
import signal
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

from pellucid.errors import FileError
from pellucid.lazy import load
from pellucid.studio.security import LARGEST_MESSAGE, MOST_PAGES, Access, Gate
from pellucid.studio.setting import LIMITS
from pellucid.studio.switchboard import Switchboard

if TYPE_CHECKING:
    import asyncio
    import socket

__all__ = ["ASSETS", "Hub", "application", "bound", "serve"]

ASSETS = Path(__file__).parent / "assets"
KINDS = {".js": "text/javascript", ".css": "text/css", ".html": "text/html"}
SERVED = {"/": "index.html", "/assets/lab.js": "lab.js", "/assets/lab.css": "lab.css"}
FIRST_WORD = 5.0  # seconds that a page has to say its token
LONGEST_UPLOAD = 60.0  # seconds that a table may take to be read
WAITING = 64  # messages that a page may be behind before it is let go
TABLES = (".csv", ".tsv", ".txt")


@final
class Hub:
    """Lets pages in, and brings them together with the worker."""

    def __init__(self, access: Access, folder: Path) -> None:
        self.access, self.folder = access, folder
        self._asyncio: Any = load("asyncio")
        self._loop: asyncio.AbstractEventLoop | None = None
        self.board = Switchboard(folder, self._soon)
        self._numbers = itertools.count(1)

    @contextlib.asynccontextmanager
    async def life(self, _: Any) -> AsyncIterator[None]:
        """Start the worker with the server, and end it with it."""
        self._loop = self._asyncio.get_running_loop()
        self.board.link.start()
        try:
            yield
        finally:
            await self._asyncio.to_thread(self.board.link.stop)
            load("shutil").rmtree(self.folder, ignore_errors=True)

    def _soon(self, call: Callable[..., None], *given: Any) -> None:
        """Let something that the worker's thread has heard be done in the server's."""
        assert self._loop is not None
        with contextlib.suppress(RuntimeError):  # the server is ending
            self._loop.call_soon_threadsafe(call, *given)

    # --- pages ---

    def enter(self, put: Callable[[str | bytes], None]) -> int:
        """Take in a page that is no socket of this server; any thread may."""
        number = next(self._numbers)
        self._soon(self.board.join, number, put)
        return number

    def say(self, number: int, text: str) -> None:
        """Pass on what such a page says."""
        self._soon(self.board.say, number, text)

    def leave(self, number: int) -> None:
        """Let such a page go."""
        self._soon(self.board.leave, number)

    async def page(self, web: Any) -> None:
        """Talk with one page until it goes."""
        if len(self.board.pages) >= MOST_PAGES:
            await web.close(4429, "too many pages")
            return
        await web.accept()
        first = await self._greeted(web)
        if first is None:
            return
        number = next(self._numbers)
        waiting: asyncio.Queue[str | bytes] = self._asyncio.Queue(WAITING)
        self.board.join(number, self._putting(number, waiting))
        sending = self._asyncio.create_task(self._send(web, waiting, number))
        try:
            self.board.say(number, json.dumps({"id": first["id"], "op": "hello"}))
            while True:
                self.board.say(number, await web.receive_text())
        except (load("starlette.websockets").WebSocketDisconnect, KeyError):
            pass  # KeyError: bytes came instead of text
        finally:
            sending.cancel()
            self.board.leave(number)
            with contextlib.suppress(Exception):
                await web.close()

    def _putting(
        self, number: int, waiting: asyncio.Queue[str | bytes]
    ) -> Callable[[str | bytes], None]:
        def put(body: str | bytes) -> None:
            try:
                waiting.put_nowait(body)
            except self._asyncio.QueueFull:  # nobody is reading there
                self.board.leave(number)

        return put

    async def _greeted(self, web: Any) -> dict[str, Any] | None:
        """Wait for the token; without it there is no talk."""
        try:
            text = await self._asyncio.wait_for(web.receive_text(), FIRST_WORD)
            first = json.loads(text)
            if not isinstance(first, dict) or first.get("op") != "hello":
                await web.close(4400, "say hello first")
                return None
            if isinstance(first.get("id"), int) and self.access.knows(first.get("token")):
                return first
        except TimeoutError:
            pass
        except (ValueError, KeyError, RecursionError):
            await web.close(4400, "say hello first")
            return None
        except load("starlette.websockets").WebSocketDisconnect:
            return None
        await web.close(4401, "wrong token")
        return None

    async def _send(self, web: Any, waiting: asyncio.Queue[str | bytes], number: int) -> None:
        with contextlib.suppress(Exception):  # the page is gone: whoever listens to it will see
            while number in self.board.pages:
                body = await waiting.get()
                await (web.send_bytes if isinstance(body, bytes) else web.send_text)(body)
            await web.close(4408, "too slow")

    # --- tables ---

    async def upload(self, request: Any) -> Any:
        """Take a table into the folder of the session, and tell its columns."""
        answer = load("starlette.responses").JSONResponse
        if not self.access.knows(request.headers.get("x-lab-token")):
            return answer({"ok": False, "error": _said("wrong token")}, 401)
        name = Path(request.query_params.get("name", "table.csv").replace("\\", "/")).name[:100]
        if not name.lower().endswith(TABLES):
            told = _said("this is no table", f"a file that ends in {', '.join(TABLES)}")
            return answer({"ok": False, "error": told}, 415)
        content = await _limited(request)
        if content is None:
            told = _said("the file is too large", f"at most {LIMITS['upload'] // 2**20} MB")
            return answer({"ok": False, "error": told}, 413)
        ticket = next(self._numbers)
        path = self.folder / f"upload-{ticket}.csv"  # a name of our own: theirs is only shown
        path.write_bytes(content)
        future = self._asyncio.get_running_loop().create_future()
        if not self.board.read_table(ticket, path, name, future.set_result):
            return answer({"ok": False, "error": _said("the training process has ended")}, 503)
        try:
            found = await self._asyncio.wait_for(future, LONGEST_UPLOAD)
        except TimeoutError:
            return answer({"ok": False, "error": _said("the table could not be read")}, 503)
        return answer(found, 200 if found["ok"] else 422)


async def _limited(request: Any) -> bytes | None:
    """Read a body, unless it is too large."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > LIMITS["upload"]:
            return None
        parts.append(part)
    return b"".join(parts)


def _said(what: str, wanted: str = "") -> dict[str, str | None]:
    return {"what": what, "where": None, "got": None, "wanted": wanted or None, "mend": None}


# --- the application -----------------------------------------------------------------------


def application(hub: Hub, assets: Path = ASSETS) -> Any:
    """Make the application that a server runs."""
    routing, responses = load("starlette.routing"), load("starlette.responses")

    def answered(file: str) -> Callable[[Any], Any]:
        async def answer(_: Any) -> Any:
            path = assets / file
            if not path.is_file():
                text = f"The page is not built: {file} is missing. Run: node page/build.mjs\n"
                return responses.PlainTextResponse(text, 503)
            kind = f"{KINDS[path.suffix]}; charset=utf-8"
            return responses.Response(path.read_bytes(), headers={"content-type": kind})

        return answer

    routes = [routing.Route(path, answered(file)) for path, file in SERVED.items()]
    routes.append(routing.Route("/upload", hub.upload, methods=["POST"]))
    routes.append(routing.WebSocketRoute("/ws", hub.page))
    made = load("starlette.applications").Starlette(routes=routes, lifespan=hub.life)
    return Gate(made, hub.access)


def bound(host: str, port: int) -> socket.socket:
    """Take a port, any free one for 0.

    Raises
    ------
    FileError : when the address cannot be had
    """
    sockets = load("socket")
    family = sockets.AF_INET6 if ":" in host else sockets.AF_INET
    taken: socket.socket = sockets.socket(family, sockets.SOCK_STREAM)
    taken.setsockopt(sockets.SOL_SOCKET, sockets.SO_REUSEADDR, 1)
    try:
        taken.bind((host, port))
        taken.listen()  # so that whoever reads the address can use it at once
    except OSError as error:
        taken.close()
        raise FileError(
            f"the lab cannot have this address: {(error.strerror or str(error)).lower()}",
            where=f"{host}:{port}", mend="leave --port and --host out, for a free one",
        ) from error  # fmt: skip
    return taken


def serve(hub: Hub, taken: socket.socket, *, started: Callable[[Any], None] | None = None) -> None:
    """Serve until the process is told to end; within two seconds of that everything has ended.

    Parameters
    ----------
    started : called with the server, whose ``should_exit`` ends it
    """
    uvicorn = load("uvicorn")
    config = uvicorn.Config(
        application(hub), log_level="error", access_log=False, ws="websockets-sansio",
        ws_max_size=LARGEST_MESSAGE, ws_per_message_deflate=False, server_header=False,
        timeout_graceful_shutdown=1, lifespan="on", ws_max_queue=WAITING,
        proxy_headers=False,
    )  # fmt: skip
    server = uvicorn.Server(config)
    if started is not None:
        started(server)
    with _hanging_up(server):
        server.run(sockets=[taken])


@contextlib.contextmanager
def _hanging_up(server: Any) -> Any:
    """End also when the terminal is closed."""
    if sys.platform == "win32" or load("threading").current_thread().name != "MainThread":
        yield
        return

    def end(*_: Any) -> None:
        server.should_exit = True

    before = signal.signal(signal.SIGHUP, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGHUP, before)
