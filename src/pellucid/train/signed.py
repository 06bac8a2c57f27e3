"""Files of tensors and texts, in safetensors format, in which a single changed bit is noticed.

The metadata, text as the format wants it, hold ``format`` and ``version``; ``sha256.<tensor>`` over
dtype, shape and bytes of each tensor; and ``sha256`` over the header without it. The header is
written in one canonical form, so that the same content always gives the same file. Nothing is ever
unpickled.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pellucid import lazy
from pellucid.errors import FileError
from pellucid.files import read_bytes, write_atomically

__all__ = ["LARGEST_HEADER", "Content", "encoded", "json_of", "parsed", "read", "write"]

FORMAT, VERSION = "pellucid", "1"
NEEDED = "0.1.0"  # the first pellucid that reads this version
LARGEST_HEADER = 4 * 2**20  # bytes; a larger one would cost a reader much memory
DTYPES = {
    "BOOL": "?", "U8": "<u1", "U16": "<u2", "U32": "<u4", "U64": "<u8", "I8": "<i1", "I16": "<i2",
    "I32": "<i4", "I64": "<i8", "F16": "<f2", "F32": "<f4", "F64": "<f8",
}  # fmt: skip

FOREIGN = {  # how files of others begin and end, which people try
    (b"PK\x03\x04", b""): "an archive, as PyTorch and NumPy write",
    (b"\x89HDF", b""): "HDF5, as Keras writes",
    (b"\x80", b"."): "a pickle, which might run anything",
}

Part = bytes | memoryview


class Content(NamedTuple):
    """What a file holds: texts, and tensors by name."""

    metadata: dict[str, str]
    tensors: dict[str, NDArray[Any]]


def write(path: str | Path, content: Content) -> None:
    """Write a file, which replaces the one that was there in one step.

    Raises
    ------
    FileError : when it cannot be written, or the texts are too long
    """
    write_atomically(path, *encoded(content, str(path)))


def read(path: str | Path) -> Content:
    """Read a file and check every byte of it.

    Raises
    ------
    FileError : for a file that is missing, damaged, foreign or too new
    """
    return parsed(read_bytes(path), str(path))


def encoded(content: Content, where: str = "") -> list[Part]:
    """Give the bytes of a file, in parts; what `where` is, an error says."""
    tensors = {name: np.asarray(array, order="C") for name, array in content.tensors.items()}
    metadata = {
        "format": FORMAT,
        "version": VERSION,
        "needs": NEEDED,
        **content.metadata,
        **{f"sha256.{name}": _digest_of_tensor(array) for name, array in tensors.items()},
    }
    raw = memoryview(lazy.load("safetensors.numpy").save(tensors, metadata))
    size = int.from_bytes(raw[:8], "little")
    header = _canonical(_signed(json.loads(bytes(raw[8 : 8 + size]))))
    if len(header) > LARGEST_HEADER:
        raise FileError(
            "the network has too many parts, or its labels are too long, for one file",
            where=where, got=f"{len(header):,} bytes beside the weights",
            wanted=f"at most {LARGEST_HEADER:,}", mend="save its parts in files of their own",
        )  # fmt: skip
    return [len(header).to_bytes(8, "little"), header, raw[8 + size :]]


def parsed(data: bytes, where: str = "") -> Content:
    """Check the bytes of a file, every one of them; what is said about it comes after what it is.

    Raises
    ------
    FileError : for bytes that are damaged, foreign or too new
    """
    size = int.from_bytes(data[:8], "little")
    if len(data) < 8 or size > min(len(data) - 8, LARGEST_HEADER):
        raise _unreadable(data, where, f"it has {size:,} bytes, and the file {len(data):,}")
    try:
        found = dict(lazy.load("safetensors").deserialize(data))
        header = json.loads(data[8 : 8 + size])
    except Exception as error:  # the library has a single error for all that can be wrong
        raise _damaged("the header", where, str(error)) from error
    metadata = header.get("__metadata__", {})
    if metadata.get("format") != FORMAT and "architecture" not in metadata:
        raise _foreign(where, found)
    if data[8 : 8 + size] != _canonical(_signed(header)):
        raise _damaged("the header", where, "its checksum is another one")
    if metadata.get("version") != VERSION:
        raise _too_new(where, metadata)
    return Content(
        metadata, {name: _array(name, found[name], header, where) for name in sorted(found)}
    )


def _array(name: str, tensor: Mapping[str, Any], header: Any, where: str) -> NDArray[Any]:
    if tensor["dtype"] not in DTYPES:
        raise FileError(
            f"no dtype {tensor['dtype']} is known here",
            where=where,
            mend="save the network in float32 or float64",
        )
    array = np.frombuffer(tensor["data"], DTYPES[tensor["dtype"]]).reshape(tensor["shape"])
    if header["__metadata__"].get(f"sha256.{name}") != _digest_of_tensor(array):
        raise _damaged(f"the tensor {name!r}", where, "its checksum is another one")
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def _damaged(what: str, where: str, got: str) -> FileError:
    return FileError(
        f"{what} is damaged" + ", or no file of pellucid" * (what == "the header"),
        where=where, got=got, mend="restore the file from a copy, or save the network again",
    )  # fmt: skip


def _unreadable(data: bytes, where: str, got: str) -> FileError:
    error = _damaged("the header", where, got)
    for (begin, end), kind in FOREIGN.items():
        if data.startswith(begin) and data.endswith(end):
            error.got = kind
            error.mend = (
                "write the weights with safetensors where they come from: "
                "safetensors.torch.save_file(module.state_dict(), path)"
            )
    return error


def _foreign(where: str, found: Mapping[str, Any]) -> FileError:
    names = sorted(found)
    return FileError(
        "this safetensors file was not written by pellucid", where=where,
        got="tensors " + ", ".join(names[:4]) + ", …" * (len(names) > 4) if names else "no tensors",
        wanted="a file of model.save(path)",
        mend="read it with safetensors.numpy.load_file, and give each array to variable.assign",
    )  # fmt: skip


def _too_new(where: str, metadata: Mapping[str, str]) -> FileError:
    needed = metadata.get("needs", "a newer one")
    return FileError(
        f"the file needs pellucid {needed}", where=where,
        got=f"version {metadata.get('version')} of the format", wanted=f"version {VERSION}",
        mend=f"run pip install 'pellucid>={needed}'",
    )  # fmt: skip


def _signed(header: dict[str, Any]) -> dict[str, Any]:
    """Give the header with the digest of all the rest of it."""
    metadata = {k: v for k, v in header["__metadata__"].items() if k != "sha256"}
    digest = _sha256([json_of({**header, "__metadata__": metadata}).encode()])
    return {**header, "__metadata__": {**metadata, "sha256": digest}}


def _canonical(header: dict[str, Any]) -> bytes:
    """Write a header in the one form that is accepted, filled up so that tensors are aligned."""
    text = json_of(header).encode()
    return text + b" " * (-len(text) % 8)


def json_of(value: Any) -> str:
    """Write JSON in the one form that a header has."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def _digest_of_tensor(array: NDArray[Any]) -> str:
    little = array.astype(array.dtype.newbyteorder("<"), copy=False)
    return _sha256([f"{array.dtype.name}{list(array.shape)}".encode(), little.reshape(-1).data])


def _sha256(parts: Iterable[bytes | memoryview]) -> str:
    digest = lazy.load("hashlib").sha256()
    for part in parts:
        digest.update(part)
    return digest.hexdigest()
