"""Networks in files: one file, signed throughout, that says all there is to know of a network.

The tensors are the network's variables by dotted name. Texts hold all the rest, as JSON:
``architecture``, ``built`` (the inputs' shapes; of a network that was never called, ``parts`` has
those of the modules inside that were), ``frozen`` (weights that are not trained) and ``fit`` (what
the last fit has to be remembered by). Names that begin with ``history/`` and ``run/``
belong to no variable: the columns of a long history, and what a training under way keeps (see
``resuming``).
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import FileError, PellucidError
from pellucid.graph import Spec, placeholder, symbolic
from pellucid.layers.config import from_config, to_config
from pellucid.layers.module import REGISTRY, Module
from pellucid.train.record import FitRecord
from pellucid.train.signed import Content, encoded, json_of, parsed, read, write

__all__ = [
    "RUN", "content_of", "distrust", "from_bytes", "load", "load_weights", "network_of",
    "record_of", "save", "to_bytes",
]  # fmt: skip

LONG = 20_000  # values of a history, beyond which they are kept as tensors
COLUMN, RUN = "history/", "run/"  # what the names of tensors that are no weights begin with

Arrays = Mapping[str, NDArray[Any]]


def save(network: Module, path: str | Path) -> None:
    """Write a network to a file, which replaces the one that was there in one step.

    Raises
    ------
    FileError : when it cannot be written, or the architecture cannot be told by plain data
    """
    write(path, content_of(network))


def load(path: str | Path, modules: Sequence[type[Module]] = ()) -> Module:
    """Make the network that :func:`save` wrote, equal to it in every bit.

    Parameters
    ----------
    modules : classes of one's own that the architecture uses

    Raises
    ------
    FileError : for a file that is missing, damaged, foreign or too new, or an unknown class
    """
    return network_of(read(path), str(path), modules)


def load_weights(network: Module, path: str | Path) -> None:
    """Put the weights of a file into a network of the same architecture, bit by bit.

    A network that has no variables yet gets them, as in the file. Dtypes become those of the file.

    Raises
    ------
    FileError : for a file that is missing, damaged, foreign or too new, and for weights that do
        not fit; none is changed then
    """
    content = read(path)
    if not network.built:
        with distrust(str(path)):
            _build(network, content.metadata)
    _fill(network, _weights(content), str(path))


def to_bytes(network: Module) -> bytes:
    """Give the content of the file that :func:`save` writes."""
    return b"".join(encoded(content_of(network)))


def from_bytes(data: bytes, modules: Sequence[type[Module]] = ()) -> Module:
    """Make the network that :func:`to_bytes` saw."""
    return network_of(parsed(data), "", modules)


# --- what a file says ----------------------------------------------------------------------


def content_of(network: Module, values: Arrays | None = None) -> Content:
    """Say all of a network in texts and tensors.

    Parameters
    ----------
    values : of its variables by name, in place of those that they have
    """
    if values is None:
        values = {name: variable.numpy() for name, variable in network.variables().items()}
    record: FitRecord | None = getattr(network, "_record", None)
    config, columns = (None, {}) if record is None else _without_long_columns(record.to_config())
    metadata = {
        "architecture": json_of(to_config(network)),
        "built": json_of(_specs(network)),
        "frozen": json_of(_frozen(network)),
        **({} if config is None else {"fit": json_of(config)}),
    }
    parts = {path: _specs(part) for path, part in network.modules().items() if part.built}
    if parts and not network.built:
        metadata["parts"] = json_of(parts)
    return Content(metadata, {**values, **columns})


def _specs(module: Module) -> list[Any]:
    return [[list(spec.shape), spec.dtype.name] for spec in module.input_specs]


def _frozen(network: Module) -> list[str]:
    """List the weights that training is kept from changing."""
    return [k for k, v in network.variables().items() if v.is_parameter and not v.trainable]


def _without_long_columns(config: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Take the columns out of a history that is too long for a header; give them as arrays."""
    columns = dict(config["history"]["columns"])
    if sum(map(len, columns.values())) <= LONG:
        return config, {}
    history = {**config["history"], "columns": [[name, None] for name in columns]}
    arrays = {COLUMN + name: np.array(column, np.float64) for name, column in columns.items()}
    return {**config, "history": history}, arrays


def record_of(content: Content) -> FitRecord | None:
    """Read what the network keeps of its last fit, if there was one."""
    if "fit" not in content.metadata:
        return None
    config = json.loads(content.metadata["fit"])
    columns = config["history"]["columns"]
    config["history"]["columns"] = [
        [name, content.tensors[COLUMN + name].tolist() if column is None else column]
        for name, column in columns
    ]
    return FitRecord.from_config(config)


def _weights(content: Content) -> Arrays:
    return {k: array for k, array in content.tensors.items() if not k.startswith((COLUMN, RUN))}


# --- the network ---------------------------------------------------------------------------


def network_of(content: Content, where: str, modules: Sequence[type[Module]] = ()) -> Module:
    """Make the network that a file holds."""
    registry = {**REGISTRY, **{cls.__name__: cls for cls in modules}}
    with distrust(where):
        network = from_config(json.loads(content.metadata["architecture"]), registry)
        _build(network, content.metadata)
        record = record_of(content)
    _fill(network, _weights(content), where)
    with distrust(where):
        for name in json.loads(content.metadata["frozen"]):
            network.variables()[name].trainable = False
    if record is not None:
        network._set("_record", record)
    return network


@contextlib.contextmanager
def distrust(where: str) -> Iterator[None]:
    """Refuse the file, whatever goes wrong inside: what it says comes from outside."""
    try:
        yield
    except FileError as error:
        raise error.located(where) from error.__cause__
    except Exception as error:
        what = error.what if isinstance(error, PellucidError) else str(error)
        raise FileError(
            f"the network in the file cannot be built: {what}", where=where,
            mend="load it with the classes, and the version of pellucid, that saved it",
        ) from error  # fmt: skip


def _build(network: Module, metadata: dict[str, str]) -> None:
    """Make the variables, not yet drawn, for inputs as the saved network has them."""
    parts = network.modules()
    inner = json.loads(metadata.get("parts", "{}"))
    for path, written in [("", json.loads(metadata["built"])), *inner.items()]:
        specs = [Spec(tuple(shape), np.dtype(name)) for shape, name in written]
        if specs and not parts[path].built:
            with symbolic():
                parts[path](*[placeholder(spec.shape, spec.dtype) for spec in specs])


def _fill(network: Module, tensors: Arrays, where: str) -> None:
    """Give each variable its tensor; nothing is changed unless all fit."""
    variables = network.variables()
    faults = [
        *_listed("missing in the file", [name for name in variables if name not in tensors]),
        *_listed("not in the network", [name for name in tensors if name not in variables]),
        *_listed(
            "of another kind",
            [
                f"{name} {_kind(array)} instead of {_kind(variables[name])}"
                for name, array in tensors.items()
                if name in variables and not _fits(array, variables[name])
            ],
        ),
    ]
    if faults:
        raise FileError(
            "the weights do not fit the network", where=where, got="; ".join(faults),
            wanted=f"the {len(variables)} variables of this {type(network).__name__}",
            mend="load it into the architecture that was saved: pel.load(path) makes it anew",
        )  # fmt: skip
    for name, array in tensors.items():
        variables[name].cast(array.dtype)
        variables[name].adopt(array)


def _fits(array: Any, variable: Any) -> bool:
    alike = array.dtype == variable.dtype or array.dtype.kind == variable.dtype.kind == "f"
    return alike and tuple(array.shape) == tuple(variable.shape)


def _kind(one: Any) -> str:
    return f"{one.dtype}{list(one.shape)}".replace(" ", "")


def _listed(what: str, names: Sequence[str], limit: int = 4) -> list[str]:
    shown = ", ".join(names[:limit])
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return [f"{what}: {shown}{more}"] if names else []
