"""PLF1: what the page draws, as bytes: a short header in JSON, then arrays as they lie in memory.

::

    "PLF1"   u32 H   header, JSON padded with spaces to H bytes   array   array   …

``8 + H`` and the start of every array are multiples of eight; all numbers are little-endian. The
header lists under ``arrays`` the name, dtype, shape and offset of each, counted from its own end.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import DataError

__all__ = ["MAGIC", "Frame", "decoded", "encoded", "plain"]

MAGIC = b"PLF1"
DTYPES = {name: np.dtype(f"<{name}") for name in ("f4", "f8", "i4", "u1", "u2", "u4")}
ALIGNED = 8


class Frame(NamedTuple):
    """What a frame says: the header without its list of arrays, and the arrays by name."""

    header: dict[str, Any]
    arrays: dict[str, NDArray[Any]]


def encoded(header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Write a frame.

    Raises
    ------
    DataError : for an array of a dtype that a frame does not have

    Examples
    --------
    >>> frame = encoded({"seq": 1}, {"map": np.eye(2, dtype=np.float32)})
    >>> frame[:4], len(frame) % 8
    (b'PLF1', 0)
    >>> decoded(frame).arrays["map"].tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    listed: list[dict[str, Any]] = []
    parts: list[bytes] = []
    offset = 0
    for name, array in arrays.items():
        kind = array.dtype.str[1:]
        if kind not in DTYPES:
            raise DataError(
                "a frame has no arrays of this dtype", where=name, got=array.dtype.name,
                wanted=", ".join(DTYPES), mend="convert it first",
            )  # fmt: skip
        data = np.ascontiguousarray(array, DTYPES[kind]).tobytes()
        listed.append({"name": name, "dtype": kind, "shape": array.shape, "offset": offset})
        parts += [data, bytes(-len(data) % ALIGNED)]
        offset += len(data) + -len(data) % ALIGNED
    text = json.dumps(plain({**header, "arrays": listed}), ensure_ascii=False, allow_nan=False)
    head = text.encode()
    head += b" " * (-len(head) % ALIGNED)
    return b"".join([MAGIC, struct.pack("<I", len(head)), head, *parts])


def plain(value: Any) -> Any:
    """Give the same in what JSON has: NumPy's numbers as Python's, what is not finite as null."""
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    if isinstance(value, (np.ndarray, np.generic)):
        return plain(value.tolist())
    return None if isinstance(value, float) and not math.isfinite(value) else value


def decoded(frame: bytes) -> Frame:
    """Read a frame, trusting nothing in it.

    Raises
    ------
    DataError : for anything but a whole frame of this version
    """
    if len(frame) < 8 or frame[:3] != MAGIC[:3]:
        raise _damaged("it does not begin as a frame", repr(frame[:4]))
    if frame[3:4] != MAGIC[3:]:
        raise _damaged("it is of another version", repr(frame[:4]))
    (length,) = struct.unpack_from("<I", frame, 4)
    body = 8 + length
    if body % ALIGNED or body > len(frame):
        raise _damaged("its header does not fit", f"{length} of {len(frame)} bytes")
    try:
        header = json.loads(frame[8:body].decode("utf-8"))
        listed = header.pop("arrays")
        found = {one["name"]: _array(frame, body, one) for one in listed}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        if isinstance(error, DataError):
            raise
        raise _damaged("its header is none", str(error)[:80]) from error
    return Frame(header, found)


def _array(frame: bytes, body: int, told: Mapping[str, Any]) -> NDArray[Any]:
    shape, offset = told["shape"], told["offset"]
    whole = [isinstance(one, int) and not isinstance(one, bool) and one >= 0
             for one in (*shape, offset)]  # fmt: skip
    if told["dtype"] not in DTYPES or not all(whole) or offset % ALIGNED:
        raise _damaged("it lists an array that cannot be", repr(dict(told))[:80])
    dtype, count = DTYPES[told["dtype"]], math.prod(shape)
    if body + offset + count * dtype.itemsize > len(frame):
        raise _damaged("an array reaches beyond its end", str(told["name"]))
    return np.frombuffer(frame, dtype, count, body + offset).reshape(shape)


def _damaged(why: str, got: str) -> DataError:
    return DataError(
        f"this is no frame: {why}", got=got, wanted="PLF1, a header, and its arrays",
        mend="reload the page: it and pellucid may be of different versions",
    )  # fmt: skip
