"""Holds: IDX files give the arrays that were written, and no header is believed on its word."""

from __future__ import annotations

import gzip
import struct
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pellucid.data import read_idx
from pellucid.errors import FileError

CODES = {"u1": 8, "i1": 9, "i2": 11, "i4": 12, "f4": 13, "f8": 14}


def idx_bytes(array):
    """As the description of the format says: the highest byte first."""
    code = CODES[array.dtype.str[1:]]
    extents = struct.pack(f">{array.ndim}I", *array.shape)
    return (
        bytes([0, 0, code, array.ndim])
        + extents
        + array.astype(array.dtype.newbyteorder(">")).tobytes()
    )


@given(
    st.data(),
    st.sampled_from(sorted(CODES)),
    hnp.array_shapes(max_dims=4, min_side=0, max_side=4),
    st.booleans(),
)
def test_what_was_written_is_read(tmp_path_factory, data, kind, shape, packed):
    array = data.draw(hnp.arrays(kind, shape))
    raw = idx_bytes(array)
    path = tmp_path_factory.mktemp("idx") / "a-idx"
    path.write_bytes(gzip.compress(raw) if packed else raw)
    found = read_idx(path)
    assert found.dtype == array.dtype
    assert found.dtype.isnative
    assert found.flags.writeable
    assert np.array_equal(found, array, equal_nan=kind[0] == "f")


LABELS = idx_bytes(np.arange(5, dtype=np.uint8))
HUGE = bytes([0, 0, 8, 3]) + b"\xff" * 12
BROKEN = {
    "empty": (b"", "this is no IDX file"),
    "text": (b"size,kind\n1,2\n", "this is no IDX file"),
    "an unknown type": (b"\0\0\x0a\1" + LABELS[4:], "this is no IDX file"),
    "no dimensions": (b"\0\0\x08\0", "this is no IDX file"),
    "ends in the header": (LABELS[:6], "ends within its header"),
    "too short": (LABELS[:-1], "not as long as its header says"),
    "too long": (LABELS + b"\0", "not as long as its header says"),
    "huge": (HUGE, "not as long as its header says"),
    "255 dimensions": (b"\0\0\x08\xff" + b"\xff" * 1020, "not as long as its header says"),
    "packed: huge": (gzip.compress(HUGE), "not as long as its header says"),
    "packed: too long": (gzip.compress(LABELS + b"\0"), "not as long as its header says"),
    "packed: cut": (gzip.compress(LABELS)[:-9], "the gzip file ends too early"),
    "packed: no more than the mark": (b"\x1f\x8b", "the gzip file ends too early"),
    "packed: damaged": (gzip.compress(LABELS)[:-6] + b"\0\0\0\0\0\0", "the gzip file is damaged"),
}


@pytest.mark.parametrize(("raw", "what"), BROKEN.values(), ids=BROKEN)
def test_a_broken_file_is_refused(tmp_path: Path, raw, what):
    path = tmp_path / "a-idx"
    path.write_bytes(raw)
    with pytest.raises(FileError, match=what) as caught:
        read_idx(path)
    assert str(path) in caught.value.where


def test_a_bomb_is_not_unpacked(tmp_path: Path):
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(LABELS + bytes(2**26)))
    tracemalloc.start()
    with pytest.raises(FileError, match="not as long"):
        read_idx(path)
    assert tracemalloc.get_traced_memory()[1] < 2**20
    tracemalloc.stop()


def test_every_cut_and_every_flipped_bit_of_a_packed_file_is_refused_or_harmless(tmp_path: Path):
    array = np.arange(12, dtype=np.uint8).reshape(3, 4)
    raw = gzip.compress(idx_bytes(array), mtime=0)
    path = tmp_path / "a.gz"
    for k in range(len(raw)):
        for damaged in (raw[:k], raw[:k] + bytes([raw[k] ^ 4]) + raw[k + 1 :]):
            path.write_bytes(damaged)
            try:
                found = read_idx(path)
            except FileError:
                continue
            assert np.array_equal(found, array)  # a bit of the time stamp, for instance
