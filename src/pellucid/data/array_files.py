"""Arrays in files of NumPy: one in NPY, several with names in NPZ. Nothing is ever unpickled."""

from __future__ import annotations

import io
import os
import struct
import zlib
from collections.abc import Iterator, Mapping
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from pellucid.arguments import named
from pellucid.data.idx import GZIP_EXPANDS
from pellucid.errors import DataError, FileError
from pellucid.files import read_bytes
from pellucid.lazy import load

__all__ = ["inputs_and_target", "read_npy", "read_npz"]

SOME_BYTES = 2**20  # what the directory of an archive may take besides the arrays
STORED, DEFLATED = 0, 8  # how NumPy packs the arrays of an archive
UNREADABLE = (  # what Python's reader of archives answers damaged ones with
    zlib.error, struct.error, EOFError, RuntimeError, ValueError, ArithmeticError
)  # fmt: skip
INPUTS = ("x", "data", "images", "inputs", "features")
TARGETS = ("y", "target", "targets", "labels", "label")


def read_npy(path: str | os.PathLike[str]) -> NDArray[Any]:
    """The array of an NPY file; one of Python objects is refused, for reading it could run code.

    Raises
    ------
    FileError : no such file, not NPY, damaged, shorter than its header says, of Python objects

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     np.save(f"{folder}/two.npy", [1, 2])
    ...     read_npy(f"{folder}/two.npy")
    array([1, 2])
    """
    raw = read_bytes(os.fspath(path))
    return _array(io.BytesIO(raw), len(raw), str(path))


def read_npz(path: str | os.PathLike[str]) -> dict[str, NDArray[Any]]:
    """The arrays of an NPZ file by name; Python objects are refused, for reading could run code.

    Raises
    ------
    FileError : no such file, no archive of arrays, damaged, one that would expand beyond reason
    DataError : no arrays in it

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     np.savez(f"{folder}/both.npz", X=[[1.5], [2.5]], y=[0, 1])
    ...     {name: array.shape for name, array in read_npz(f"{folder}/both.npz").items()}
    {'X': (2, 1), 'y': (2,)}
    """
    raw = read_bytes(os.fspath(path))
    zipfile = load("zipfile")
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            found = dict(_members(archive, len(raw), str(path)))
    except (*UNREADABLE, zipfile.BadZipFile) as error:
        raise FileError(
            "this is no readable NPZ file",
            where=str(path),
            got=str(error),
            mend="save it anew with numpy.savez(path, X=X, y=y)",
        ) from error
    if not found:
        raise DataError(
            "the file holds no arrays",
            where=str(path),
            mend="save at least one: numpy.savez(path, X=X, y=y)",
        )
    return found


def _members(archive: Any, length: int, place: str) -> Iterator[tuple[str, NDArray[Any]]]:
    """The arrays of an archive of so many bytes, with their names."""
    members = archive.infolist()
    size = sum(member.file_size for member in members)
    if size > GZIP_EXPANDS * length + SOME_BYTES:
        raise FileError(
            "the archive promises more than it can hold", where=place,
            got=f"{size:,} bytes in a file of {length:,}", mend="get the file again",
        )  # fmt: skip
    for member in members:
        if member.compress_type not in (STORED, DEFLATED):
            raise ValueError("it is packed in a way that NumPy does not use")
        name = member.filename.removesuffix(".npy")
        with archive.open(member) as stream:
            yield name, _array(stream, member.file_size, f"{place}, array {name!r}")


def inputs_and_target(
    arrays: Mapping[str, NDArray[Any]], target: str | None, inputs: str | None, place: str
) -> tuple[NDArray[Any], NDArray[Any], str, int]:
    """The arrays to learn from, the name of the target, and how many rows at the end are a test.

    Parameters
    ----------
    arrays : by name
    target, inputs : their names; without them those that are usual, such as ``x_train`` and
        ``y_train`` with ``x_test`` and ``y_test``, ``X`` and ``y``, ``images`` and ``labels``

    Raises
    ------
    ArgumentError : no array of that name
    DataError : no pair of usual names
    """
    if target is not None:
        y = named(target, "array", arrays)
        rows = y.shape[:1]
        others = [name for name in arrays if name != target and arrays[name].shape[:1] == rows]
        if inputs is None and len(others) != 1:
            mend = f"say which: read_arrays(path, {target!r}, inputs={(others or ['X'])[0]!r})"
            raise _which("inputs", arrays, place, mend)
        return named(inputs or others[0], "array", arrays), y, target, 0
    for pattern in ("{}train", "train{}", "{}"):
        x, y_name = _usual(arrays, INPUTS, pattern), _usual(arrays, TARGETS, pattern)
        if x is None or y_name is None:
            continue
        pattern = pattern.replace("train", "test")
        test_x, test_y = _usual(arrays, INPUTS, pattern), _usual(arrays, TARGETS, pattern)
        if test_x in (None, x) or test_y in (None, y_name):
            return arrays[x], arrays[y_name], y_name, 0
        X, y = (_joined(arrays, *pair, place) for pair in ((x, test_x), (y_name, test_y)))
        return X, y, y_name, len(arrays[str(test_y)])
    raise _which("target", arrays, place, f"say which: target={list(arrays)[-1]!r}")


def _usual(arrays: Mapping[str, Any], words: tuple[str, ...], pattern: str) -> str | None:
    """The first name that is usual, whatever its capitals and underscores."""
    plain = {name.lower().replace("_", ""): name for name in arrays}
    wanted = (pattern.format(word) for word in words)
    return next((plain[name] for name in wanted if name in plain), None)


def _joined(arrays: Mapping[str, Any], train: str, test: Any, place: str) -> NDArray[Any]:
    if arrays[train].shape[1:] != arrays[test].shape[1:]:
        raise DataError(
            "the rows to test on have another shape than those to train on", where=place,
            got=f"{train} {arrays[train].shape}, {test} {arrays[test].shape}",
            wanted="the same but for the number of rows",
            mend='save arrays of the same shape beside the rows',
        )  # fmt: skip
    return np.concatenate([arrays[train], arrays[test]])


def _which(what: str, arrays: Mapping[str, NDArray[Any]], place: str, mend: str) -> DataError:
    shapes = ", ".join(f"{name} {array.shape}" for name, array in list(arrays.items())[:8])
    return DataError(
        f"it is not certain which array holds the {what}", where=place, got=shapes, mend=mend
    )


def _array(stream: IO[bytes], size: int, place: str) -> NDArray[Any]:
    """One array; its header is held against the size of the file before anything is reserved."""
    try:
        version = np.lib.format.read_magic(stream)
        read_header = {
            (1, 0): np.lib.format.read_array_header_1_0,
            (2, 0): np.lib.format.read_array_header_2_0,
        }[version]
        shape, is_turned, dtype = read_header(stream)
    except (ValueError, KeyError, EOFError) as error:
        reason = str(error).splitlines()[0][:100]
        raise FileError(
            "this is no array in NumPy's format", where=place, got=reason,
            mend="write it with numpy.save or numpy.savez",
        ) from error  # fmt: skip
    if dtype.hasobject:
        raise FileError(
            "the array holds Python objects, and reading them could run any code", where=place,
            got=f"dtype {dtype}", wanted="numbers or text",
            mend="where it was made, write numpy.save(path, array.astype(float)), or .astype(str)",
        )  # fmt: skip
    wanted = dtype.itemsize
    for extent in shape:
        wanted *= extent
    if wanted > size or min(shape, default=0) < 0:
        raise _short(place, shape, dtype, f"a file of {size:,} bytes")
    raw = stream.read(wanted)
    if len(raw) < wanted:
        raise _short(place, shape, dtype, f"{len(raw):,} bytes of {wanted:,}")
    return np.frombuffer(bytearray(raw), dtype).reshape(shape, order="F" if is_turned else "C")


def _short(place: str, shape: tuple[int, ...], dtype: np.dtype[Any], got: str) -> FileError:
    return FileError(
        "the array is shorter than its header says", where=place, got=got,
        wanted=f"{' × '.join(map(str, shape))} {dtype}", mend="the file is damaged: get it again",
    )  # fmt: skip
