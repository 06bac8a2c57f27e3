"""The session on disk: what was chosen, and the recorded training, for when a worker is lost."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import FileError
from pellucid.files import read_bytes, write_atomically
from pellucid.studio.frames import plain
from pellucid.studio.legs import Leg, Mark
from pellucid.studio.session import Session
from pellucid.studio.setting import Setting
from pellucid.studio.sources import Drawn, Shelf, open_source
from pellucid.train.recording import Remembered

__all__ = ["Kept", "keep", "kept"]

ARRAYS = "session.lab"
ROOM = 32 * 2**20  # bytes of states that are written


class Kept(NamedTuple):
    """A session at one moment: copies of all that is written of it."""

    told: dict[str, Any]
    arrays: dict[str, NDArray[Any]]

    def write(self, folder: Path) -> None:
        """Write it; what was there before stays until all of it is written.

        Raises
        ------
        FileError : when it cannot be written
        """
        content = io.BytesIO()
        np.savez(content, allow_pickle=False, **self.arrays)
        text = json.dumps(plain(self.told)).encode()
        head = len(text).to_bytes(8, "little")
        write_atomically(folder / ARRAYS, head, text, content.getvalue())


def keep(session: Session) -> Kept:
    """Copy what is to be written of a session, so that it can be written while it goes on."""
    legs, curves = session.legs, session.legs.curves
    drawn = session.shelf.drawn
    states = [_some(leg) for leg in legs.legs]
    told = {
        "setting": session.setting.plain(), "edited": session.edited,
        "legs": [{"setting": leg.setting.plain()} for leg in legs.legs],
        "silent": {path: sorted(units) for path, units in session.silent.items() if units},
        "marks": list(legs.marks),
        "curves": {"steps": list(curves.steps),
                   "values": {name: list(column) for name, column in curves.values.items()}},
        "drawn": None if drawn is None else {"classes": drawn.classes, "features": drawn.features},
        "csv": [str(session.shelf.csv), session.shelf.csv_name] if session.shelf.csv else None,
    }  # fmt: skip
    arrays: dict[str, NDArray[Any]] = {}
    if drawn is not None:
        arrays |= {"drawn/X": drawn.X, "drawn/y": drawn.y, "drawn/test": drawn.test}
    for k, of_leg in enumerate(states):
        arrays[f"{k}/steps"] = np.array([one.step for one in of_leg])
        for place in range(len(of_leg[0].arrays)):
            arrays[f"{k}/{place}"] = np.stack([one.arrays[place] for one in of_leg])
    return Kept(told, arrays)


def _some(leg: Leg) -> list[Remembered]:
    """Choose as many states as there is room for, the last among them: where the leg stands."""
    live = leg.live
    now = Remembered(live.step, live.state.arrays, tuple(live.begun.hyper.values()))
    states = [one for one in live.recording.states if one.step < live.step] + [now]
    size = sum(one.nbytes for one in live.state.arrays)
    apart = max(1, -(-len(states) * size // ROOM))
    return states[::-apart][::-1]


def kept(folder: Path, shelf: Shelf) -> Session | None:
    """Read the session that was written last, if there is one.

    Raises
    ------
    FileError : when it is damaged
    """
    path = folder / ARRAYS
    if not path.exists():
        return None
    try:
        content = read_bytes(path)
        length = int.from_bytes(content[:8], "little")
        told = json.loads(content[8 : 8 + length])
        with np.load(io.BytesIO(content[8 + length :]), allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        return _restored(told, arrays, shelf)
    except (ValueError, KeyError, IndexError, TypeError, EOFError) as error:
        raise FileError("the session on disk is damaged", where=str(path), got=repr(error)[:100],
                        mend="begin a new one") from error  # fmt: skip


def _restored(told: dict[str, Any], arrays: dict[str, NDArray[Any]], shelf: Shelf) -> Session:
    drawn, csv = told["drawn"], told["csv"]
    if drawn is not None:
        X, y, test = (arrays[f"drawn/{name}"] for name in ("X", "y", "test"))
        points = Drawn(X, y, test, tuple(drawn["classes"]), tuple(drawn["features"]))
        shelf = Shelf(shelf.csv, shelf.csv_name, points, shelf.given)
    if csv is not None:
        shelf = Shelf(Path(csv[0]), csv[1], shelf.drawn, shelf.given)
    session = Session(shelf, Setting().changed(told["setting"]))
    legs = session.legs
    source = open_source(session.setting.data, shelf)
    session.silence_all(told["silent"])
    for k, one in enumerate(told["legs"]):
        legs.begin(session.network, Setting().changed(one["setting"]), source)
        legs.present.live.restore(_states(arrays, k, legs.present))
    legs.curves.steps, legs.curves.values = told["curves"]["steps"], told["curves"]["values"]
    legs.marks = [Mark(*one) for one in told["marks"]]
    session.show_anew()
    session.edited = told["edited"]
    return session


def _states(arrays: dict[str, NDArray[Any]], k: int, leg: Leg) -> list[Remembered]:
    places = range(len(leg.live.state.arrays))
    hyper = tuple(array.copy() for array in leg.live.begun.hyper.values())
    return [
        Remembered(int(step), [arrays[f"{k}/{place}"][row] for place in places], hyper)
        for row, step in enumerate(arrays[f"{k}/steps"])
    ]
