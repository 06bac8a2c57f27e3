"""Holds: nobody is let in who should not be: token, Host, Origin, sizes, paths, headers."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from pellucid.errors import PellucidWarning
from pellucid.studio import Lab, lab
from pellucid.studio import server as serving
from pellucid.studio.security import Access, new_token
from pellucid.studio.server import Hub
from studio.talking import Page

Connected = Callable[..., Page]


def base_of(opened: Lab) -> str:
    return opened.url.partition("/#")[0]


def closed(page: Page) -> int:
    """Give the code with which the server ends the talk, whatever it says before."""
    try:
        while True:
            page.socket.recv(timeout=10)
    except ConnectionClosed as ended:
        return 0 if ended.rcvd is None else ended.rcvd.code


def hello(token: object) -> str:
    return json.dumps({"id": 0, "op": "hello", "token": token, "version": 1})


@pytest.mark.parametrize("token", ["", "wrong", None, 7, ["x"], "é"])
def test_a_wrong_token_is_shown_the_door(connected: Connected, token: object) -> None:
    page = connected(greet=False)
    page.socket.send(hello(token))
    assert closed(page) == 4401


def test_a_token_that_begins_right_is_wrong(connected: Connected, open_lab: Lab) -> None:
    for token in (open_lab.url[:-1].partition("=")[2], open_lab.url.partition("=")[2] + "x"):
        page = connected(greet=False)
        page.socket.send(hello(token))
        assert closed(page) == 4401


@pytest.mark.parametrize(
    "text", ['{"id": 1, "op": "play"}', "{", "[]", '{"ack": 1}', "null", "[" * 9000]
)
def test_nothing_is_heard_before_hello(connected: Connected, text: str) -> None:
    page = connected(greet=False)
    page.socket.send(text)
    assert closed(page) == 4400


def test_silence_is_not_waited_for(connected: Connected, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "FIRST_WORD", 0.2)
    assert closed(connected(greet=False)) == 4401


def test_bytes_are_no_greeting(connected: Connected) -> None:
    page = connected(greet=False)
    page.socket.send(b"\x80\x04")
    assert closed(page) in (4400, 4401)


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://127.0.0.1", "file://"])
def test_a_foreign_origin_gets_no_socket_and_no_page(open_lab: Lab, origin: str) -> None:
    base = base_of(open_lab)
    with pytest.raises(InvalidStatus) as refused:
        Page(base, origin=origin)
    assert refused.value.response.status_code == 403
    assert httpx.get(base, headers={"origin": origin}).status_code == 403
    said = httpx.post(base + "/upload", headers={"origin": origin}, content=b"a,b\n1,2\n")
    assert said.status_code == 403


def test_the_own_origin_is_let_in(connected: Connected, open_lab: Lab) -> None:
    assert connected(origin=base_of(open_lab)).ask("hello")["ok"]


@pytest.mark.parametrize("host", ["evil.example", "evil.example:{port}", "127.0.0.1", "", "x y"])
def test_a_name_that_was_made_to_point_here_gets_nothing(open_lab: Lab, host: str) -> None:
    """Rebinding: Host and Origin agree with each other, and are not the lab's."""
    base = base_of(open_lab)
    port = base.rpartition(":")[2]
    name = host.format(port=port)
    said = _raw(int(port), f"GET / HTTP/1.1\r\nHost: {name}\r\nOrigin: http://{name}\r\n\r\n")
    assert said.startswith((b"HTTP/1.1 403", b"HTTP/1.1 400"))
    assert b"<html" not in said


def test_two_hosts_get_nothing(open_lab: Lab) -> None:
    port = int(base_of(open_lab).rpartition(":")[2])
    own = f"Host: 127.0.0.1:{port}\r\n"
    said = _raw(port, f"GET / HTTP/1.1\r\n{own}Host: evil.example\r\n\r\n")
    assert said.startswith((b"HTTP/1.1 403", b"HTTP/1.1 400"))


def _raw(port: int, text: str) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=5) as wire:
        wire.sendall(text.encode())
        return wire.recv(4000)


def test_a_message_that_is_too_large_ends_the_talk(connected: Connected) -> None:
    page = connected()
    page.socket.send(json.dumps({"id": 1, "op": "set", "setting": {"x": "y" * 2**20}}))
    assert closed(page) == 1009
    assert connected().ask("hello")["ok"]


@pytest.mark.parametrize(
    "path",
    ["/../server.py", "/assets/../server.py", "/assets/%2e%2e/server.py", "/assets/lab.js/..",
     "/assets/..%2fserver.py", "/etc/passwd", "/assets/", "/download/model", "/docs",
     "/openapi.json", "/assets/lab.js%00"],
)  # fmt: skip
def test_nothing_but_the_page_is_served(open_lab: Lab, path: str) -> None:
    port = int(base_of(open_lab).rpartition(":")[2])
    said = _raw(port, f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n")
    assert said.startswith((b"HTTP/1.1 404", b"HTTP/1.1 400", b"HTTP/1.1 405"))


@pytest.mark.parametrize("path", ["/", "/assets/lab.css", "/nowhere"])
def test_every_answer_says_what_a_browser_may_do(open_lab: Lab, path: str) -> None:
    said = httpx.get(base_of(open_lab) + path).headers
    policy = said["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert said["x-content-type-options"] == "nosniff"
    assert said["referrer-policy"] == "no-referrer"
    assert "server" not in said
    assert "access-control-allow-origin" not in said


@pytest.mark.parametrize("token", [None, "wrong", ""])
def test_an_upload_needs_the_token(open_lab: Lab, token: str | None) -> None:
    headers = {} if token is None else {"x-lab-token": token}
    said = httpx.post(base_of(open_lab) + "/upload?name=a.csv", headers=headers, content=b"a,b\n")
    assert said.status_code == 401
    assert said.json()["ok"] is False


@pytest.mark.parametrize(
    ("name", "content", "status"),
    [
        ("model.pkl", b"\x80\x04K\x01.", 415), ("x.npy", b"\x93NUMPY", 415), ("x", b"a,b", 415),
        ("x.csv", b"\x80\x04K\x01.", 422), ("x.csv", b"", 422), ("x.csv", b"\x00" * 1000, 422),
        ("x.csv", b"a,a\n1,2\n", 422), ("x.csv", b"a\n1\n", 422),
    ],
)  # fmt: skip
def test_a_hostile_upload_is_refused(open_lab: Lab, name: str, content: bytes, status: int) -> None:
    base, _, token = open_lab.url.partition("/#token=")
    said = httpx.post(f"{base}/upload", params={"name": name}, headers={"x-lab-token": token},
                      content=content, timeout=30)  # fmt: skip
    assert said.status_code == status
    assert said.json()["error"]["what"]


def test_an_upload_that_is_too_large_is_cut_off(
    open_lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(serving.LIMITS, "upload", 10_000)
    base, _, token = open_lab.url.partition("/#token=")
    said = httpx.post(f"{base}/upload?name=x.csv", headers={"x-lab-token": token},
                      content=b"a,b\n" + b"1,2\n" * 5000)  # fmt: skip
    assert said.status_code == 413


def test_there_is_an_end_to_pages(connected: Connected, monkeypatch: pytest.MonkeyPatch) -> None:
    first = connected()
    monkeypatch.setattr(serving, "MOST_PAGES", 1)
    with pytest.raises((InvalidStatus, ConnectionClosed)):
        connected()
    assert first.ask("hello")["ok"]


def test_the_token_is_long_new_and_compared_whole() -> None:
    tokens = {new_token() for _ in range(20)}
    assert len(tokens) == 20
    assert min(map(len, tokens)) >= 43
    access = Access.of("secret", ["127.0.0.1"], 8000)
    assert access.knows("secret")
    assert not any(access.knows(one) for one in ("", "secre", "secret ", None, 3, "sécret"))


def test_another_address_warns() -> None:
    with pytest.warns(PellucidWarning, match="every machine"):
        opened = lab(host="0.0.0.0", browser=False)
    with opened:
        assert socket.gethostname().lower() in opened.url
        port = base_of(opened).rpartition(":")[2]
        assert httpx.get(f"http://127.0.0.1:{port}/", headers={"host": f"x:{port}"}).is_error


def test_a_page_that_does_not_read_is_let_go(tmp_path: Path) -> None:
    hub = Hub(Access.of("t", ["127.0.0.1"], 1), tmp_path)
    hub.board.join(1, hub._putting(1, hub._asyncio.Queue(2)))
    for _ in range(3):
        hub.board._put(1, "x")
    assert 1 not in hub.board.pages
