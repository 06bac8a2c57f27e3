"""Model files: the layers of a network, and how it is trained, as TOML or JSON.

::

    [[layers]]
    type = "Linear"            # any layer of pellucid.nn, with its arguments
    units = 64
    activation = "relu"

    [[layers]]
    type = "Linear"            # without units: as many as the target needs

    [fit]                      # may be left out
    optimizer = "adam"
    epochs = 50
"""

from __future__ import annotations

import contextlib
import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pellucid import nn
from pellucid.cli import wishes
from pellucid.cli.parts import as_python, layers, made, nearest
from pellucid.errors import FileError, PellucidError
from pellucid.files import read_bytes

__all__ = ["Architecture", "of_sizes", "read_architecture"]

PARTS = ("layers", "fit")
LAST = {"probabilities": {"classes": "softmax", "binary": "sigmoid"}}


@dataclass(frozen=True)
class Architecture:
    """A network as plain tables.

    Attributes
    ----------
    layers : one table for each, with its ``type``
    fit : what the file wishes for the training, checked
    given : the file it came from, for errors
    least : how many epochs, and how many steps, it is trained at least, if nobody says
    """

    layers: tuple[dict[str, Any], ...]
    fit: dict[str, Any] = field(default_factory=dict)
    given: str = ""
    least: tuple[int, int] = (20, 1_000)  # enough for small data to settle

    def ending_in(self, outputs: int) -> Architecture:
        """Give the last dense layer, if it has no units, as many as there are outputs."""
        last = max((k for k, one in enumerate(self.layers) if one["type"] == "Linear"), default=0)
        if not self._is_open(last):
            return self
        tables = list(self.layers)
        tables[last] = {"type": "Linear", "units": outputs} | tables[last]
        return replace(self, layers=tuple(tables))

    def _is_open(self, place: int) -> bool:
        return self.layers[place]["type"] == "Linear" and "units" not in self.layers[place]

    def network(self) -> nn.Sequential:
        """Make the network.

        Raises
        ------
        FileError : naming the layer that cannot be made, and why
        """
        found, kinds = [], layers()
        for number, table in enumerate(self.layers, start=1):
            kind = f" ({table['type']})" if isinstance(table.get("type"), str) else ""
            with fault_of(f"{self.given}, layer {number}{kind}"):
                found.append(made(table, kinds, "layer"))
        return nn.Sequential(found)

    def as_python(self) -> str:
        """Write the expression that makes it."""
        inside = ", ".join(map(as_python, self.layers))
        if len(inside) < 70:
            return f"nn.Sequential([{inside}])"
        lines = "".join(f"    {as_python(one)},\n" for one in self.layers)
        return f"nn.Sequential([\n{lines}])"


def of_sizes(
    hidden: Sequence[int], takes: str = "", task: str = "", *, pictures: bool = False
) -> Architecture:
    """Describe dense layers of these sizes with ReLU, and a last one as the target needs it.

    Parameters
    ----------
    pictures : whether rows have more than one dimension, and are made flat first
    takes, task : of the loss that was chosen: one that takes probabilities wants them at the end
    """
    tables: list[dict[str, Any]] = [
        {"type": "Linear", "units": units, "activation": "relu"} for units in hidden
    ]
    ending = LAST.get(takes, {}).get(task, "log_softmax" if takes == "log-probabilities" else None)
    last: dict[str, Any] = {"type": "Linear"} | ({"activation": ending} if ending else {})
    first = [{"type": "Flatten"}] if pictures else []
    return Architecture((*first, *tables, last))


def read_architecture(path: Path) -> Architecture:
    """Read a model file.

    Raises
    ------
    FileError : when it is missing, no TOML or JSON, or does not describe layers, and where
    """
    if not path.is_file():
        raise _no_file(path)
    return _architecture(str(path), _parsed(path, read_bytes(path)))


def _no_file(path: Path) -> FileError:
    folder = path.parent if path.parent.is_dir() else Path()
    known = [str(one) for kind in ("*.toml", "*.json") for one in folder.glob(kind)]
    near = nearest(str(path), known)
    what = "this is a folder" if path.is_dir() else "there is no such model file"
    return FileError(
        what, where=str(path),
        mend=f"did you mean {near}?" if near else "pellucid train --help shows how to write one",
    )  # fmt: skip


def _parsed(path: Path, content: bytes) -> Any:
    kind = path.suffix[1:].upper()
    try:
        text = content.decode("utf-8")
        return json.loads(text) if kind == "JSON" else tomllib.loads(text)
    except UnicodeDecodeError as error:
        raise FileError(
            "this is not text in utf-8", where=str(path),
            got=f"byte {error.start + 1} is no letter", mend="save it as UTF-8 in your editor",
        ) from error  # fmt: skip
    except json.JSONDecodeError as error:
        raise _unreadable(path, kind, error.msg, text, error.lineno, error.colno) from error
    except tomllib.TOMLDecodeError as error:
        what, _, place = str(error).rpartition(" (at ")
        numbers = [int(word.strip(",)")) for word in place.split() if word.strip(",)").isdecimal()]
        line, column = numbers if len(numbers) == 2 else (len(text.splitlines()), 1)
        raise _unreadable(path, kind, what or str(error), text, line, column) from error
    except RecursionError as error:
        raise FileError("the tables are nested too deeply", where=str(path),
                        mend="write the layers one below the other") from error  # fmt: skip


def _unreadable(path: Path, kind: str, what: str, text: str, line: int, column: int) -> FileError:
    shown = (text.splitlines() or [""])[min(line, len(text.splitlines())) - 1].strip()
    mend = {
        "TOML": 'write each line as name = value, such as units = 64 or type = "Linear"',
        "JSON": 'write {"layers": [{"type": "Linear", "units": 64}, {"type": "Linear"}]}',
    }
    return FileError(
        f"this is not {kind}: {what[:1].lower()}{what[1:].rstrip('.')}",
        where=f"{path}, line {line}, column {column}", got=shown[:60], mend=mend[kind],
    )  # fmt: skip


def _architecture(given: str, content: Any) -> Architecture:
    """Check what a model file holds."""
    if not isinstance(content, Mapping):
        raise _no_layers(given, "no table")
    for name in content:
        if name not in PARTS:
            near = nearest(name, PARTS)
            raise FileError(
                f"the model file has an unknown part {name!r}", where=given,
                wanted="layers, and fit if you like",
                mend=f"did you mean {near}?" if near else f"leave {name} out",
            )  # fmt: skip
    tables = content.get("layers")
    if not isinstance(tables, list) or not tables:
        raise _no_layers(given, "no layers" if tables is None else repr(tables)[:60])
    fit = content.get("fit", {})
    if not isinstance(fit, dict):
        raise FileError("fit is no table", where=given, got=repr(fit)[:60],
                        mend="write [fit], and below it lines such as epochs = 50")  # fmt: skip
    with fault_of(f"{given}, [fit]"):
        found = Architecture(tuple(tables), wishes.of_file(fit), given)
    for number, table in enumerate(tables, start=1):
        if not isinstance(table, dict) or not isinstance(table.get("type"), str):
            raise FileError(
                "a layer has no type", where=f"{given}, layer {number}", got=repr(table)[:60],
                wanted="the name of a layer, and its arguments", mend='write type = "Linear"',
            )  # fmt: skip
    found.ending_in(1).network()  # so that a mistake is found before any data are read
    return found


def _no_layers(given: str, got: str) -> FileError:
    return FileError(
        "the model file describes no layers", where=given, got=got,
        wanted="[[layers]] with a type, once for each layer",
        mend='write [[layers]], and below it type = "Linear"',
    )  # fmt: skip


@contextlib.contextmanager
def fault_of(place: str) -> Iterator[None]:
    """See a mistake met inside as one of a file, at this place of it."""
    try:
        yield
    except FileError:
        raise
    except PellucidError as error:
        raise FileError(
            error.what, where=place, got=error.got, wanted=error.wanted,
            mend=error.mend or "change what the message speaks of",
        ) from error  # fmt: skip
