"""IDX files: one array each, as MNIST and its kin are published, packed by gzip or not.

The format, as Yann LeCun describes it: two zero bytes, a byte for the type of a number, a byte for
how many dimensions there are, each extent as four bytes, the highest first, then the numbers, the
last index changing fastest, the highest byte of each first.
"""

from __future__ import annotations

import os
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import FileError
from pellucid.files import read_bytes

__all__ = ["GZIP_EXPANDS", "is_idx", "read_idx"]

TYPES = {8: "u1", 9: "i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}
GZIP_MAGIC = b"\x1f\x8b"
GZIP_EXPANDS = 1032  # deflate cannot make more bytes of one than that


def read_idx(path: str | os.PathLike[str]) -> NDArray[Any]:
    """The array of an IDX file, in native byte order.

    Nothing is reserved on the word of the header alone: what it promises must be in the file.

    Parameters
    ----------
    path : of a file such as ``train-images-idx3-ubyte.gz``

    Raises
    ------
    FileError : no such file, not IDX, damaged, shorter or longer than its header says

    Examples
    --------
    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "labels-idx1-ubyte")
    ...     _ = path.write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 3, 7, 2, 1]))
    ...     read_idx(path)
    array([7, 2, 1], dtype=uint8)
    """
    packed = read_bytes(os.fspath(path))
    if packed.startswith(GZIP_MAGIC):
        shape, dtype, start = _header(_unpacked(packed, 4 + 4 * 255, path), path)
        size = start + _size(shape, dtype)
        if size > GZIP_EXPANDS * len(packed):
            raise _other_size(path, shape, dtype, f"{len(packed):,} bytes, packed")
        raw = _unpacked(packed, size + 1, path)
    else:
        raw = packed
        shape, dtype, start = _header(raw, path)
    if len(raw) - start != _size(shape, dtype):
        more = "more than " * (packed is not raw and len(raw) - start > _size(shape, dtype))
        found = len(raw) - start - bool(more)
        raise _other_size(path, shape, dtype, f"{more}{found:,} bytes after the header")
    found_array = np.frombuffer(raw, dtype, offset=start).reshape(shape)
    return found_array.astype(dtype.newbyteorder("="))


def is_idx(path: str | os.PathLike[str]) -> bool:
    """Whether a file begins as IDX does, packed or not.

    Examples
    --------
    >>> is_idx("missing-idx1-ubyte")
    False
    """
    try:
        with Path(path).open("rb") as file:
            start = file.read(2**12)
        if start.startswith(GZIP_MAGIC):
            start = zlib.decompressobj(wbits=31).decompress(start, 4)
    except (OSError, zlib.error):
        return False
    start = start[:4]
    return len(start) == 4 and start[:2] == b"\0\0" and start[2] in TYPES


def _unpacked(packed: bytes, most: int, path: Any) -> bytes:
    """The first bytes of what gzip packed, `most` at most."""
    unpacker = zlib.decompressobj(wbits=31)
    try:
        raw = unpacker.decompress(packed, most)
    except zlib.error as error:
        raise FileError(
            "the gzip file is damaged", where=str(path), got=str(error), mend="download it again"
        ) from error
    if len(raw) < most and not unpacker.eof:
        raise FileError(
            "the gzip file ends too early", where=str(path), got=f"{len(packed):,} bytes",
            mend="download it again",
        )  # fmt: skip
    return raw


def _header(raw: bytes, path: Any) -> tuple[tuple[int, ...], np.dtype[Any], int]:
    """The shape, the dtype, and where the numbers begin."""
    begins = raw[:4].hex(" ") or "no bytes"
    if len(raw) < 4 or raw[:2] != b"\0\0" or raw[2] not in TYPES or raw[3] == 0:
        raise FileError(
            "this is no IDX file", where=str(path), got=f"it begins with {begins}",
            wanted="two zero bytes, a type (08 to 0e) and a number of dimensions",
            mend='check the path; an IDX file is packed (.gz) or not, nothing else',
        )  # fmt: skip
    start = 4 + 4 * raw[3]
    if len(raw) < start:
        raise FileError(
            "the IDX file ends within its header", where=str(path), got=f"{len(raw)} bytes",
            wanted=f"{start} bytes for {raw[3]} dimensions",
            mend='download it anew',
        )  # fmt: skip
    extents = np.frombuffer(raw, ">u4", raw[3], 4)
    return tuple(extents.tolist()), np.dtype(TYPES[raw[2]]), start


def _size(shape: tuple[int, ...], dtype: np.dtype[Any]) -> int:
    size = dtype.itemsize
    for extent in shape:
        size *= extent
    return size


def _other_size(path: Any, shape: tuple[int, ...], dtype: np.dtype[Any], got: str) -> FileError:
    size = f"{' × '.join(map(str, shape[:8]))}{' × …' * (len(shape) > 8)} {dtype.newbyteorder('=')}"
    return FileError(
        "the IDX file is not as long as its header says", where=str(path), got=got,
        wanted=f"{_size(shape, dtype):,} bytes for {size}",
        mend="the file is damaged: get it again",
    )  # fmt: skip
