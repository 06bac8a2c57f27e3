"""Networks in files: one safetensors file, in which a single changed bit is noticed.

The tensors are the network's variables by dotted name. The metadata, text as the format wants it,
holds all the rest: ``format`` and ``version``; ``architecture``, ``built`` (the inputs' shapes),
``frozen`` (weights that are not trained) and ``fit`` (what the last fit has to be remembered by) as
JSON; ``sha256.<tensor>`` over dtype, shape and bytes of each tensor; and ``sha256`` over the header
without it. The header is written in one canonical form, so that the same network always gives the
same file. Nothing is ever unpickled.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pellucid import lazy
from pellucid.errors import FileError, PellucidError
from pellucid.files import read_bytes, write_atomically
from pellucid.graph import Spec, placeholder, symbolic
from pellucid.layers.config import from_config, to_config
from pellucid.layers.module import REGISTRY, Module
from pellucid.train.record import FitRecord

__all__ = ["load", "load_weights", "save"]

FORMAT, VERSION = "pellucid", "1"
NEEDED = "0.1.0"  # the first pellucid that reads this version
LARGEST_HEADER = 4 * 2**20  # bytes; a larger one would cost a reader much memory
DTYPES = {
    "BOOL": "?", "U8": "<u1", "U16": "<u2", "U32": "<u4", "U64": "<u8", "I8": "<i1", "I16": "<i2",
    "I32": "<i4", "I64": "<i8", "F16": "<f2", "F32": "<f4", "F64": "<f8",
}  # fmt: skip


class Content(NamedTuple):
    """What a file holds, checked."""

    metadata: dict[str, str]
    tensors: dict[str, NDArray[Any]]


def save(network: Module, path: str | Path) -> None:
    """Write a network to a file, which replaces the one that was there in one step.

    Raises
    ------
    FileError : when it cannot be written, or the architecture cannot be told by plain data
    """
    tensors = {name: np.asarray(v.numpy(), order="C") for name, v in network.variables().items()}
    record: FitRecord | None = getattr(network, "_record", None)
    metadata = {
        "format": FORMAT,
        "version": VERSION,
        "needs": NEEDED,
        "architecture": _json(to_config(network)),
        "built": _json([[list(s.shape), s.dtype.name] for s in network.input_specs]),
        "frozen": _json(_frozen(network)),
        **({} if record is None else {"fit": _json(record.to_config())}),
        **{f"sha256.{name}": _digest_of_tensor(array) for name, array in tensors.items()},
    }
    raw = memoryview(lazy.load("safetensors.numpy").save(tensors, metadata))
    size = int.from_bytes(raw[:8], "little")
    header = _canonical(_signed(json.loads(bytes(raw[8 : 8 + size]))))
    if len(header) > LARGEST_HEADER:
        raise FileError(
            "the network has too many parts, or its labels are too long, for one file",
            where=str(path), got=f"{len(header):,} bytes beside the weights",
            wanted=f"at most {LARGEST_HEADER:,}", mend="save its parts in files of their own",
        )  # fmt: skip
    write_atomically(path, len(header).to_bytes(8, "little"), header, raw[8 + size :])


def load(path: str | Path, modules: Sequence[type[Module]] = ()) -> Module:
    """Make the network that :func:`save` wrote, equal to it in every bit.

    Parameters
    ----------
    modules : classes of one's own that the architecture uses

    Raises
    ------
    FileError : for a file that is missing, damaged, foreign or too new, or an unknown class
    """
    metadata, tensors = _read(path)
    registry = {**REGISTRY, **{cls.__name__: cls for cls in modules}}
    with _distrust(path):
        network = from_config(json.loads(metadata["architecture"]), registry)
        _build(network, metadata)
        record = FitRecord.from_config(json.loads(metadata["fit"])) if "fit" in metadata else None
    _fill(network, tensors, path)
    with _distrust(path):
        for name in json.loads(metadata["frozen"]):
            network.variables()[name].trainable = False
    if record is not None:
        network._set("_record", record)
    return network


def load_weights(network: Module, path: str | Path) -> None:
    """Put the weights of a file into a network of the same architecture, bit by bit.

    A network that has no variables yet gets them, as in the file. Dtypes become those of the file.

    Raises
    ------
    FileError : for a file that is missing, damaged, foreign or too new, and for weights that do
        not fit; none is changed then
    """
    metadata, tensors = _read(path)
    if not network.built:
        with _distrust(path):
            _build(network, metadata)
    _fill(network, tensors, path)


# --- the network ---------------------------------------------------------------------------


def _frozen(network: Module) -> list[str]:
    """List the weights that training is kept from changing."""
    return [k for k, v in network.variables().items() if v.is_parameter and not v.trainable]


@contextlib.contextmanager
def _distrust(path: str | Path) -> Iterator[None]:
    """Refuse the file, whatever goes wrong inside: what it says comes from outside."""
    try:
        yield
    except FileError as error:
        raise error.located(str(path)) from error.__cause__
    except Exception as error:
        what = error.what if isinstance(error, PellucidError) else str(error)
        raise FileError(
            f"the network in the file cannot be built: {what}", where=str(path),
            mend="load it with the classes, and the version of pellucid, that saved it",
        ) from error  # fmt: skip


def _build(network: Module, metadata: dict[str, str]) -> None:
    """Make the variables, not yet drawn, for inputs as the saved network has them."""
    specs = [Spec(tuple(shape), np.dtype(name)) for shape, name in json.loads(metadata["built"])]
    if specs:
        with symbolic():
            network(*[placeholder(spec.shape, spec.dtype) for spec in specs])


def _fill(network: Module, tensors: Mapping[str, NDArray[Any]], path: str | Path) -> None:
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
            "the weights do not fit the network", where=str(path), got="; ".join(faults),
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


# --- the file ------------------------------------------------------------------------------


def _read(path: str | Path) -> Content:
    """Read a file and check every byte of it; what is said about it comes after what it is."""
    data = read_bytes(path)
    size = int.from_bytes(data[:8], "little")
    if len(data) < 8 or size > min(len(data) - 8, LARGEST_HEADER):
        raise _damaged("the header", path, f"it has {size:,} bytes, and the file {len(data):,}")
    try:
        found = dict(lazy.load("safetensors").deserialize(data))
        header = json.loads(data[8 : 8 + size])
    except Exception as error:  # the library has a single error for all that can be wrong
        raise _damaged("the header", path, str(error)) from error
    metadata = header.get("__metadata__", {})
    if metadata.get("format") != FORMAT and "architecture" not in metadata:
        raise _foreign(path, found)
    if data[8 : 8 + size] != _canonical(_signed(header)):
        raise _damaged("the header", path, "its checksum is another one")
    if metadata.get("version") != VERSION:
        raise _too_new(path, metadata)
    return Content(
        metadata, {name: _array(name, found[name], header, path) for name in sorted(found)}
    )


def _array(name: str, tensor: Mapping[str, Any], header: Any, path: str | Path) -> NDArray[Any]:
    if tensor["dtype"] not in DTYPES:
        raise FileError(
            f"no dtype {tensor['dtype']} is known here",
            where=str(path),
            mend="save the network in float32 or float64",
        )
    array = np.frombuffer(tensor["data"], DTYPES[tensor["dtype"]]).reshape(tensor["shape"])
    if header["__metadata__"].get(f"sha256.{name}") != _digest_of_tensor(array):
        raise _damaged(f"the tensor {name!r}", path, "its checksum is another one")
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def _damaged(what: str, path: str | Path, got: str) -> FileError:
    return FileError(
        f"{what} is damaged" + ", or no file of pellucid" * (what == "the header"),
        where=str(path), got=got, mend="restore the file from a copy, or save the network again",
    )  # fmt: skip


def _foreign(path: str | Path, found: Mapping[str, Any]) -> FileError:
    names = sorted(found)
    return FileError(
        "this safetensors file was not written by pellucid", where=str(path),
        got="tensors " + ", ".join(names[:4]) + ", …" * (len(names) > 4) if names else "no tensors",
        wanted="a file of model.save(path)",
        mend="read it with safetensors.numpy.load_file, and give each array to variable.assign",
    )  # fmt: skip


def _too_new(path: str | Path, metadata: Mapping[str, str]) -> FileError:
    needed = metadata.get("needs", "a newer one")
    return FileError(
        f"the file needs pellucid {needed}", where=str(path),
        got=f"version {metadata.get('version')} of the format", wanted=f"version {VERSION}",
        mend=f"run pip install 'pellucid>={needed}'",
    )  # fmt: skip


def _signed(header: dict[str, Any]) -> dict[str, Any]:
    """Give the header with the digest of all the rest of it."""
    metadata = {k: v for k, v in header["__metadata__"].items() if k != "sha256"}
    digest = _sha256([_json({**header, "__metadata__": metadata}).encode()])
    return {**header, "__metadata__": {**metadata, "sha256": digest}}


def _canonical(header: dict[str, Any]) -> bytes:
    """Write a header in the one form that is accepted, filled up so that tensors are aligned."""
    text = _json(header).encode()
    return text + b" " * (-len(text) % 8)


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def _digest_of_tensor(array: NDArray[Any]) -> str:
    little = array.astype(array.dtype.newbyteorder("<"), copy=False)
    return _sha256([f"{array.dtype.name}{list(array.shape)}".encode(), little.reshape(-1).data])


def _sha256(parts: Iterable[bytes | memoryview]) -> str:
    digest = lazy.load("hashlib").sha256()
    for part in parts:
        digest.update(part)
    return digest.hexdigest()
