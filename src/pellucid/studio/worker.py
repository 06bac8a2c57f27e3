"""The worker: a process of its own that trains, draws and answers, until its parent is gone.

``python -m pellucid.studio.worker FOLDER`` reads packets from its standard input and writes them to
its standard output; whatever else prints goes to the standard error.
"""

from __future__ import annotations

import base64
import contextlib
import inspect
import json
import os
import queue
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from pellucid import train
from pellucid.arguments import named
from pellucid.errors import ArgumentError, EngineError, FileError, NonFiniteError, PellucidError
from pellucid.lazy import load
from pellucid.studio.frames import encoded, plain
from pellucid.studio.keeping import Kept, keep, kept
from pellucid.studio.messages import Ack, Request, Subscription, problem, read_message
from pellucid.studio.opening import opened
from pellucid.studio.racing import RaceWish
from pellucid.studio.script import race_script, script, sweep_script
from pellucid.studio.session import Session
from pellucid.studio.sweeping import SweepWish
from pellucid.studio.views import View, seen
from pellucid.studio.wire import EVERYONE, Packet, Wire

__all__ = ["Worker", "main"]

SLICE = 0.006  # seconds of training between two looks at the messages
IN_FLIGHT = 2  # frames that a page may have before it has drawn one
BETWEEN_LOOKS = 2.0  # seconds from one search for findings to the next
BETWEEN_SAVES = 2.0
BETWEEN_PEEKS = 0.1  # seconds from one look at a race or a sweep to the next
TRIES = 25  # to remove the folder of a session
PATIENCE = 0.25  # seconds without a message, after which programs are made ready


class Page:
    """What one page wants to see, and how far it has drawn."""

    def __init__(self) -> None:
        self.wanted = Subscription({}, 30.0)
        self.seq, self.drawn, self.seen_version, self.due = 0, 0, -1, 0.0

    def is_waiting(self, version: int, now: float) -> bool:
        """Whether it is to have a frame now."""
        free = self.seq - self.drawn < IN_FLIGHT
        return bool(self.wanted.views) and free and self.seen_version != version and now >= self.due


@final
class Worker:
    """Trains and answers in turn.

    Parameters
    ----------
    wire : to and from the server
    folder : private to the session
    """

    def __init__(self, wire: Wire, folder: Path) -> None:
        self._wire, self._folder = wire, folder
        self._inbox: queue.Queue[Packet | None] = queue.Queue()
        self._pages: dict[int, Page] = {}
        self._rate, self._allowed = 0.0, 0.0
        self._since, self._counted = time.perf_counter(), 0
        self._looked = self._saved = time.perf_counter()
        self._saved_version = -1
        self._warm: Any = None
        self._ticked = self._peeked = time.perf_counter()
        self._beside: tuple[Any, ...] = ()
        self._said = ""
        self._writing: threading.Thread | None = None
        shelf, setting, weights = opened(folder)
        try:
            session = kept(folder, shelf)
        except PellucidError as error:
            session = None
            self._notice("warning", error)
        self._session = session or Session(shelf, setting, weights)

    def run(self) -> None:
        """Go on until the other end of the wire is closed."""
        listener = threading.Thread(target=self._listen, daemon=True)
        listener.start()
        with contextlib.suppress(BrokenPipeError):  # nobody is there who hears
            while True:
                self._hear()
                if self._session.playing:
                    self._train()
                self._look_beside()
                self._draw()
                self._now_and_then()
        listener.join()

    def _listen(self) -> None:
        """Pass on what comes; without a parent nothing is left to do, nor to be kept."""
        while (packet := self._wire.read()) is not None:
            self._inbox.put(packet)
        for _ in range(TRIES):  # a session may be about to be written into the folder
            load("shutil").rmtree(self._folder, ignore_errors=True)
            if not self._folder.exists():
                break
            time.sleep(0.02)
        os._exit(0)

    def _hear(self) -> None:
        """Answer everything that has come; when nothing is to be done, wait for it."""
        wait = 0.0 if self._session.playing else PATIENCE
        if self._session.is_busy:
            wait = min(wait, BETWEEN_PEEKS / 2)
        limited = self._session.speed != np.inf and self._session.goal is None
        if self._session.playing and limited:
            wait = min(SLICE, max(0.0, (1 - self._allowed) / self._session.speed))
        if any(one.is_waiting(self._session.version, np.inf) for one in self._pages.values()):
            wait = min(wait, SLICE / 4)
        try:
            packet = self._inbox.get(timeout=wait) if wait else self._inbox.get_nowait()
            while packet is not None:
                self._take(packet)
                packet = self._inbox.get_nowait()
        except queue.Empty:
            pass

    def _take(self, packet: Packet) -> None:
        if packet.kind == b"I":
            self._internal(packet)
            return
        number = None
        try:
            message = read_message(packet.body.decode("utf-8", "replace"))
            if isinstance(message, Ack):
                page = self._pages.setdefault(packet.page, Page())
                page.drawn = max(page.drawn, min(message.seq, page.seq))
                return
            number = message.id
            answer = self._answer(packet.page, message)
            self._reply(packet.page, {"id": number, "ok": True, **answer})
        except PellucidError as error:
            number = getattr(error, "request", number)
            self._reply(packet.page, {"id": number, "ok": False, "error": problem(error)})
        except Exception as error:
            traceback.print_exc()
            told = EngineError(f"the lab failed: {type(error).__name__}: {error}",
                              mend="undo the last change, and report this")  # fmt: skip
            self._reply(packet.page, {"id": number, "ok": False, "error": problem(told)})
        self._tell_state()

    def _internal(self, packet: Packet) -> None:
        """Do what the server asks for itself: forget a page, take a table."""
        told = json.loads(packet.body)
        if told["op"] == "gone":
            self._pages.pop(packet.page, None)
            return
        try:
            found = self._session.put_table(Path(told["path"]), told["name"])
            answer: dict[str, Any] = {"ok": True, **found}
        except PellucidError as error:
            answer = {"ok": False, "error": problem(error)}
        body = {"ticket": told["ticket"], "answer": answer}
        self._wire.write(b"I", packet.page, json.dumps(plain(body)).encode())

    # --- answers ---

    def _answer(self, page: int, request: Request) -> dict[str, Any]:
        """Do what is asked, and give the fields of the reply."""
        session = self._session
        verbs: dict[str, Callable[..., Any]] = {
            "hello": self._hello, "restart": self._hello, "play": self._play,
            "pause": self._pause, "step": session.step, "speed": session.set_speed,
            "set": self._set, "seek": self._seek, "branch": session.branch,
            "points": session.points, "edit_weight": session.edit_weight,
            "silence": session.silence, "reset": session.reset, "example": session.look_at,
            "subscribe": partial(self._subscribe, page), "export": self._export,
            "script": self._script, "race": self._race, "sweep": self._sweep,
            "end": session.end_job, "open_run": session.open_run,
        }  # fmt: skip
        verb = verbs[request.op]
        try:
            inspect.signature(verb).bind(**request.fields)
        except TypeError as error:
            raise ArgumentError(f"{request.op}: {error}", mend="update the page") from error
        return verb(**request.fields) or {}

    def _hello(self, **_: Any) -> dict[str, Any]:
        return {"state": self._session.state(), "catalogue": self._session.catalogue()}

    def _set(self, setting: Any) -> dict[str, Any]:
        if not isinstance(setting, dict):
            raise ArgumentError("a setting is an object", got=repr(setting)[:60],
                                mend='write {"learning_rate": 0.1}')  # fmt: skip
        self._session.set(setting)
        return {"state": self._session.state()}

    def _script(self, of: Any = "run") -> dict[str, Any]:
        """Give the Python of what is on the screen, or of the race or the sweep beside it."""
        session = self._session
        jobs = {"run": None, "race": session.race, "sweep": session.sweep}
        job = named(of, "script", jobs)
        if job is None and of != "run":
            raise ArgumentError(f"there is no {of} yet", mend="begin one")
        return {"text": script(session) if job is None else job.script}

    def _race(self, racers: Any, start: Any = "first", epochs: Any = 20) -> None:
        wish = RaceWish.of(racers, start, epochs)
        text = race_script(self._session, wish)
        self._session.begin_race(wish).script = text

    def _sweep(self, axes: Any, seeds: Any = 5, epochs: Any = 20) -> None:
        sweep = self._session.begin_sweep(SweepWish.of(axes, seeds, epochs))
        sweep.script = sweep_script(sweep)

    def _seek(self, step: Any) -> dict[str, Any]:
        return {"step": self._session.seek(step)}

    def _subscribe(self, page: int, views: Any, fps: Any = 30) -> None:
        known = self._pages.setdefault(page, Page())
        known.wanted = Subscription.of(views, fps)
        known.seen_version, known.due = -1, 0.0

    def _play(self) -> None:
        if self._session.legs.viewed is not None:
            self._session.seek(None)
        self._session.playing, self._session.goal = True, None
        self._since = self._ticked = time.perf_counter()
        self._counted, self._allowed, self._rate = 0, 0.0, 0.0

    def _pause(self) -> None:
        self._session.playing = False
        self._session.version += 1

    def _export(self, kind: Any) -> dict[str, Any]:
        """Give a file: the script, the model, the recording, or the curves."""
        session = self._session
        session.legs.show()
        kinds: dict[str, Callable[[], dict[str, Any]]] = {
            "script": lambda: {"name": "training.py", "text": script(session)},
            "model": lambda: _file("model.safetensors", train.to_bytes(session.plain_network)),
            "recording": lambda: _file("recording.safetensors", self._recording()),
            "csv": lambda: {"name": "curves.csv", "text": _as_csv(session)},
        }
        return named(kind, "export", kinds)()

    def _recording(self) -> bytes:
        with tempfile.TemporaryDirectory(dir=self._folder) as folder:
            path = Path(folder, "recording.safetensors")
            self._session.legs.present.live.recording.save(path)
            return path.read_bytes()

    # --- training and drawing ---

    def _train(self) -> None:
        session, steps = self._session, np.inf
        if session.goal is not None:
            steps = session.goal - session.legs.last
        elif session.speed != np.inf:
            now = time.perf_counter()
            earned = (now - self._ticked) * session.speed
            self._allowed = min(self._allowed + earned, session.speed * 0.1 + 1)
            self._ticked, steps = now, int(self._allowed)
            if not steps:
                return
        try:
            done = session.advance(SLICE, steps)
        except NonFiniteError as error:
            self._notice("error", error)
            self._tell_state()
            return
        self._allowed -= done if steps < np.inf else 0
        self._measure_rate(done)
        if session.goal is not None and session.legs.last >= session.goal:
            session.playing, session.goal = False, None
            self._tell_state()

    def _measure_rate(self, done: int) -> None:
        self._counted += done
        passed = time.perf_counter() - self._since
        if passed > 0.5:
            self._rate = self._counted / passed
            self._since, self._counted = time.perf_counter(), 0

    def _look_beside(self) -> None:
        """See whether a race or a sweep has gone on, some times a second."""
        now = time.perf_counter()
        version = self._session.jobs_version
        if version != self._beside and now - self._peeked > BETWEEN_PEEKS:
            self._beside, self._peeked = version, now
            self._session.version += 1

    def _draw(self) -> None:
        """Send a frame to each page that has drawn the ones before."""
        session, now = self._session, time.perf_counter()
        waiting = {number: one for number, one in self._pages.items()
                   if one.is_waiting(session.version, now)}  # fmt: skip
        if not waiting:
            return
        session.legs.show()
        cache: dict[str, Any] = {}
        for number, page in waiting.items():
            header: dict[str, Any] = {}
            arrays: dict[str, NDArray[Any]] = {}
            for name, options in page.wanted.views.items():
                key = f"{name} {json.dumps(options, sort_keys=True)}"
                if key not in cache:
                    cache[key] = _seen(session, name, options)
                header[name] = cache[key].header
                arrays |= cache[key].arrays
            page.seq += 1
            page.seen_version, page.due = session.version, now + 1 / page.wanted.fps
            legs = session.legs
            head = {
                "seq": page.seq, "step": legs.step, "epoch": legs.epoch, "last": legs.last,
                "playing": session.playing, "views": header,
                "rate": self._rate if session.playing else 0.0,
            }  # fmt: skip
            self._wire.write(b"B", number, encoded(head, arrays))

    def _now_and_then(self) -> None:
        """Look for findings, save, and make programs ready while nobody asks for anything."""
        session, now = self._session, time.perf_counter()
        if now - self._looked > BETWEEN_LOOKS:
            if session.look():
                self._tell_state()
            self._looked = time.perf_counter()
        changed = self._saved_version != session.version
        if changed and now - self._saved > BETWEEN_SAVES:
            self._save()
        live = session.legs.present.live
        if not session.playing and self._warm is not live and self._inbox.empty():
            self._warm = live
            live.warm()

    def _save(self) -> None:
        """Write the session in a thread of its own: a disk can be slow."""
        if self._writing is not None and self._writing.is_alive():
            return
        kept_now = keep(self._session)
        self._writing = threading.Thread(target=self._write, args=(kept_now,), daemon=True)
        self._writing.start()
        self._saved, self._saved_version = time.perf_counter(), self._session.version

    def _write(self, now: Kept) -> None:
        try:
            now.write(self._folder)
        except FileError as error:
            self._notice("warning", error)

    # --- what is said ---

    def _reply(self, page: int, said: dict[str, Any]) -> None:
        self._wire.write(b"T", page, json.dumps(plain(said), ensure_ascii=False).encode())

    def _tell_state(self) -> None:
        """Tell everyone how it stands, unless that is what they were told last."""
        said = json.dumps(plain({"event": "state", "state": self._session.state()}))
        if said != self._said:
            self._said = said
            self._wire.write(b"T", EVERYONE, said.encode())

    def _notice(self, severity: str, error: PellucidError) -> None:
        told = {"event": "notice", "severity": severity, "what": error.what,
                "where": error.where or None, "mend": error.mend or None}  # fmt: skip
        self._reply(EVERYONE, told)


def _seen(session: Session, name: str, options: dict[str, Any]) -> Any:
    """Compute a view; one that fails must not end the training."""
    try:
        return seen(session, name, options)
    except Exception as error:
        traceback.print_exc()
        return View({"reason": f"this view failed: {type(error).__name__}: {error}"})


def _file(name: str, content: bytes) -> dict[str, str]:
    return {"name": name, "base64": base64.b64encode(content).decode()}


def _as_csv(session: Session) -> str:
    """Write the curves as a table."""
    curves = session.legs.curves
    names = list(curves.values)
    rows = zip(curves.steps, *curves.values.values(), strict=True)
    lines = [",".join(["step", *names]), *(",".join(map(repr, row)) for row in rows)]
    return "\n".join(lines) + "\n"


def main(folder: str) -> None:
    """Serve the parent on the standard streams."""
    target = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    # What is drawn is small: more threads of NumPy would only wait for each other.
    load("threadpoolctl").threadpool_limits(1)
    Worker(Wire(sys.stdin.buffer, target), Path(folder)).run()


if __name__ == "__main__":
    main(sys.argv[1])
