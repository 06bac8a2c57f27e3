"""Holds: frames are read as they were written, the golden one by every reader; others refused."""

from __future__ import annotations

import contextlib
import json
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.errors import DataError
from pellucid.studio.frames import decoded, encoded, plain
from studio.golden import ARRAYS, HEADER, expected

HERE = Path(__file__).parent


def test_the_golden_frame_is_what_both_sides_read() -> None:
    frame = (HERE / "golden.plf").read_bytes()
    told = json.loads((HERE / "golden.json").read_text(encoding="utf-8"))
    assert told == json.loads(json.dumps(expected()))
    found = decoded(frame)
    assert found.header == told["header"]
    assert list(found.arrays) == list(told["arrays"])
    for name, array in found.arrays.items():
        assert (array.dtype.str[1:], list(array.shape)) == (
            told["arrays"][name]["dtype"],
            told["arrays"][name]["shape"],
        )
        assert array.ravel().tolist() == told["arrays"][name]["values"]
    assert frame == encoded(HEADER, ARRAYS)


def test_everything_begins_at_a_multiple_of_eight() -> None:
    frame = encoded({"seq": 1}, {"a": np.ones(3, np.uint8), "b": np.ones(1, np.float32)})
    (length,) = struct.unpack_from("<I", frame, 4)
    header = json.loads(frame[8 : 8 + length])
    assert (8 + length) % 8 == 0
    assert [one["offset"] for one in header["arrays"]] == [0, 8]
    assert len(frame) % 8 == 0


def test_what_json_has_no_word_for_becomes_null() -> None:
    assert plain({"a": np.float32("nan"), "b": (np.inf, 1), 3: np.int64(2)}) == {
        "a": None,
        "b": [None, 1],
        "3": 2,
    }


def test_other_dtypes_are_refused() -> None:
    with pytest.raises(DataError, match="dtype"):
        encoded({}, {"a": np.ones(2, np.int64)})


@pytest.mark.parametrize(
    "damage",
    [
        lambda frame: b"XLF1" + frame[4:],
        lambda frame: b"PLF2" + frame[4:],
        lambda frame: frame[:5],
        lambda frame: frame[:4] + struct.pack("<I", 2**31) + frame[8:],
        lambda frame: frame[:4] + struct.pack("<I", 12) + frame[8:],
        lambda frame: frame[:-8],
        lambda frame: frame.replace(b'"shape"', b'"shade"', 1),
        lambda frame: frame.replace(b'"f4"', b'"f2"', 1),
        lambda frame: frame.replace(b'"offset": 0', b'"offset": 4', 1),
        lambda frame: frame.replace(b"[3, 2, 2]", b"[-3,2,2]", 1),
        lambda frame: frame.replace(b"[3, 2, 2]", b"[9, 9, 9]", 1),
    ],
)
def test_a_damaged_frame_is_refused(damage: object) -> None:
    with pytest.raises(DataError, match="this is no frame"):
        decoded(damage(encoded(HEADER, ARRAYS)))  # type: ignore[operator]


@given(st.binary(max_size=80))
def test_no_bytes_do_anything_but_be_refused(tail: bytes) -> None:
    for frame in (tail, b"PLF1" + tail, b"PLF1" + struct.pack("<I", 16) + tail):
        with contextlib.suppress(DataError):
            decoded(frame)
