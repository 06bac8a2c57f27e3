"""Who may talk to the lab: the token, the addresses that it answers to, and what it says of itself.

Host and Origin are compared with lists that are made when the server starts, never with each other:
a name that is made to point here (rebinding) is in neither.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from typing import Any, final

from pellucid.arguments import Frozen
from pellucid.lazy import load

__all__ = ["LARGEST_MESSAGE", "LOOPBACK", "MOST_PAGES", "Access", "Gate", "headers", "new_token"]

LARGEST_MESSAGE = 2**20
HTTP = 80  # the port that a browser leaves out
MOST_PAGES = 16
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")

Scope = MutableMapping[str, Any]
Application = Callable[[Scope, Any, Any], Awaitable[None]]


def new_token() -> str:
    """Draw a token: 256 bits that nobody can guess."""
    return str(load("secrets").token_urlsafe(32))


class Access(Frozen):
    """What is let in.

    Attributes
    ----------
    token : compared in constant time
    hosts : what the header Host may say
    origins : what the header Origin may say, if it is there
    """

    token: str
    hosts: frozenset[str]
    origins: frozenset[str]

    @classmethod
    def of(cls, token: str, hosts: Iterable[str], port: int) -> Access:
        """List the addresses of a server that is reached by these names on this port."""
        names = {*LOOPBACK, *(f"[{one}]" if ":" in one else one.lower() for one in hosts)}
        hosts = {f"{name}:{port}" for name in names} | (names if port == HTTP else set())
        return cls(token, frozenset(hosts), frozenset(f"http://{one}" for one in hosts))

    def knows(self, token: object) -> bool:
        """Compare a token, taking as long for a wrong one as for a right one."""
        given = token if isinstance(token, str) else ""
        return bool(load("hmac").compare_digest(given.encode(), self.token.encode()))

    def lets_in(self, given: Mapping[bytes, list[bytes]]) -> bool:
        """Look at the headers of a request."""
        hosts = [one.decode("latin-1").lower() for one in given.get(b"host", ())]
        origins = [one.decode("latin-1").lower() for one in given.get(b"origin", ())]
        return (
            len(hosts) == 1
            and hosts[0] in self.hosts
            and len(origins) < 2
            and all(one in self.origins for one in origins)
        )


def headers(hosts: frozenset[str]) -> dict[str, str]:
    """Give the headers of every answer."""
    sockets = " ".join(sorted(f"ws://{one}" for one in hosts if "[" not in one))
    policy = {
        "default-src": "'none'", "script-src": "'self'", "style-src": "'self'",
        "img-src": "'self' data: blob:", "connect-src": f"'self' {sockets}",
        "base-uri": "'none'", "form-action": "'none'", "frame-ancestors": "'none'",
    }  # fmt: skip
    return {
        "content-security-policy": "; ".join(f"{k} {v}" for k, v in policy.items()),
        "x-content-type-options": "nosniff", "referrer-policy": "no-referrer",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin", "cache-control": "no-store",
        "x-frame-options": "DENY",
    }  # fmt: skip


@final
class Gate:
    """Stands before the application: whoever has a foreign Host or Origin sees nothing of it."""

    def __init__(self, application: Application, access: Access) -> None:
        self._application, self._access = application, access
        told = headers(access.hosts).items()
        self._headers = [(name.encode(), value.encode()) for name, value in told]

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        """Let a request pass, or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            await self._application(scope, receive, send)
            return
        given: dict[bytes, list[bytes]] = {}
        for name, value in scope["headers"]:
            given.setdefault(name, []).append(value)
        if not self._access.lets_in(given):
            await self._refuse(scope, send)
            return

        async def with_headers(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                own = {name for name, _ in self._headers}
                kept = [pair for pair in message["headers"] if pair[0].lower() not in own]
                message["headers"] = [*kept, *self._headers]
            await send(message)

        await self._application(scope, receive, with_headers)

    async def _refuse(self, scope: Scope, send: Any) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 4403, "reason": "foreign"})
            return
        start = {"type": "http.response.start", "status": 403, "headers": self._headers}
        await send(start)
        await send({"type": "http.response.body", "body": b"This address is not of the lab.\n"})
