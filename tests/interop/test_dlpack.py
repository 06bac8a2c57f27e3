"""Holds: numbers pass to and from other libraries without a copy, where their memory allows it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import pellucid as pel
from pellucid import data, nn
from pellucid.errors import DataError


class Capsule:
    """What a library offers that knows DLPack and not NumPy."""

    def __init__(self, array: np.ndarray) -> None:
        self.array = array

    def __dlpack__(self, **wishes: Any) -> Any:
        return self.array.__dlpack__(**wishes)

    def __dlpack_device__(self) -> tuple[int, int]:
        return self.array.__dlpack_device__()


class Elsewhere(Capsule):
    """The same, on a device that NumPy cannot reach."""

    def __dlpack__(self, **wishes: Any) -> Any:
        raise BufferError("the array is on device cuda:0")


class Interface:
    """What a library offers that knows the array interface alone."""

    def __init__(self, array: np.ndarray) -> None:
        self.array = array
        self.__array_interface__ = array.__array_interface__


ROWS = np.arange(12, dtype=np.float32).reshape(6, 2)


@pytest.mark.parametrize("kind", [Capsule, Interface, np.asarray])
def test_rows_are_read_where_they_lie(kind: Any) -> None:
    assert np.shares_memory(data.features(kind(ROWS)).array, ROWS)


def test_rows_of_another_dtype_are_copied_and_never_written() -> None:
    wide = ROWS.astype(np.float64)
    found = data.features(Capsule(wide)).array
    assert not np.shares_memory(found, wide)
    assert found.tolist() == ROWS.tolist()


def test_a_network_is_trained_on_them_to_the_same_bits() -> None:
    y = np.arange(6) % 2
    weights = []
    for X, labels in ((ROWS, y), (Capsule(ROWS), Capsule(y)), (Interface(ROWS), Interface(y))):
        model = nn.Sequential([nn.Linear(2)])
        model.fit(X, labels, epochs=2, seed=1, progress=False)
        weights.append([v.numpy().tobytes() for v in model.variables().values()])
    assert weights[0] == weights[1] == weights[2]


def test_what_lies_on_another_device_is_refused_by_name() -> None:
    with pytest.raises(DataError, match="X cannot be read where it lies") as caught:
        data.features(Elsewhere(ROWS))
    assert "bring X to the processor" in caught.value.mend


@pytest.mark.parametrize("made", [pel.tensor, pel.Variable, lambda rows: pel.tensor(rows) * 1])
def test_values_are_lent_to_other_libraries(made: Any) -> None:
    ours = made(ROWS)
    theirs = np.from_dlpack(ours)
    assert np.shares_memory(theirs, ours.numpy())
    assert not theirs.flags.writeable
    torch = pytest.importorskip("torch")
    assert torch.from_dlpack(ours).data_ptr() == ours.numpy().ctypes.data
