"""The lab, live: frames and steps a second, how soon it answers, and memory over some time.

``python -m benchmarks.lab [--seconds 10]`` opens a lab on moons with a network 2-8-8-1, looks at it
as the page does (network, surface, curves, timeline) and acknowledges every frame.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from pathlib import Path
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from pellucid.studio import lab
from pellucid.studio.frames import decoded

__all__ = ["main"]

VIEWS: dict[str, Any] = {
    "network": {"resolution": 40}, "surface": {"resolution": 100}, "curves": {}, "timeline": {},
}  # fmt: skip
SETTING = {"data": {"name": "moons"}, "hidden": [8, 8]}


class Viewer:
    """A page without a screen."""

    def __init__(self, socket: ClientConnection, token: str) -> None:
        self._socket, self._number = socket, 0
        self.frames: list[tuple[float, int, int]] = []  # when, which step, how large
        self.ask("hello", token=token, version=1)

    def ask(self, op: str, **fields: Any) -> tuple[dict[str, Any], float]:
        """Ask, and tell the answer and how many milliseconds it took."""
        begin = time.perf_counter()
        self._socket.send(json.dumps({"id": self._number, "op": op, **fields}))
        while (said := self.hear(30.0)) is None or said.get("id") != self._number:
            pass
        self._number += 1
        return said, 1000 * (time.perf_counter() - begin)

    def hear(self, seconds: float) -> dict[str, Any] | None:
        message = self._socket.recv(timeout=seconds)
        if isinstance(message, str):
            told: dict[str, Any] = json.loads(message)
            return told
        frame = decoded(message)
        self.frames.append((time.perf_counter(), frame.header["step"], len(message)))
        self._socket.send(json.dumps({"ack": frame.header["seq"]}))
        return None

    def watch(self, seconds: float) -> None:
        """Take what comes for a while."""
        end = time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            try:
                self.hear(left)
            except TimeoutError:
                break


def memory(pid: int) -> float:
    """Give the megabytes that a process has."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def live(viewer: Viewer, seconds: float) -> str:
    viewer.ask("speed", value="max")
    viewer.ask("subscribe", views=VIEWS, fps=60)
    viewer.ask("play")
    viewer.watch(1.0)
    viewer.frames.clear()
    viewer.watch(seconds)
    (start, first, _), (end, last, _) = viewer.frames[0], viewer.frames[-1]
    size = statistics.mean(size for _, _, size in viewer.frames) / 1000
    return (
        f"{(len(viewer.frames) - 1) / (end - start):.1f} frames/s of {size:.0f} kB while training "
        f"{(last - first) / (end - start):,.0f} steps/s"
    )


def answers(viewer: Viewer) -> str:
    """Time answers while it trains, and while it stands still."""
    found: dict[str, list[float]] = {}
    for k in range(12):
        viewer.ask("play")
        viewer.watch(0.3)
        _, took = viewer.ask("pause")
        found.setdefault("pause", []).append(took)
        for unit in ("example", "batch", "epoch"):
            found.setdefault(f"step {unit}", []).append(viewer.ask("step", unit=unit)[1])
        last = viewer.frames[-1][1]
        found.setdefault("seek", []).append(viewer.ask("seek", step=last * (k + 1) // 14)[1])
        viewer.ask("seek", step=None)
    return ", ".join(
        f"{name} {statistics.median(took):.0f} (at most {max(took):.0f}) ms"
        for name, took in found.items()
    )


def main(seconds: float) -> None:
    load = os.getloadavg()[0]
    with lab(data="moons", browser=False) as opened:
        base, _, token = opened.url.partition("/#token=")
        with connect(base.replace("http", "ws") + "/ws", max_size=None) as socket:
            viewer = Viewer(socket, token)
            viewer.ask("set", setting=SETTING)
            viewer.watch(3.0)  # in which its programs are made ready
            print(f"{os.cpu_count()} cores, load {load:.1f} before", flush=True)
            print(live(viewer, seconds), flush=True)
            print(answers(viewer), flush=True)
            pid = opened._address.hub.board.link.pid
            assert pid is not None
            viewer.ask("play")
            before = memory(pid)
            for part in range(4):
                viewer.watch(seconds)
                viewer.frames.clear()
                print(f"{memory(pid):.1f} MB after {(part + 1) * seconds:.0f} s "
                      f"({memory(pid) - before:+.1f})", flush=True)  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="The lab, live.")
    parser.add_argument("--seconds", type=float, default=10.0)
    try:
        main(parser.parse_args().seconds)
    except ConnectionClosed as error:
        raise SystemExit(f"the lab has gone: {error}") from error
