"""Batches of someone else's making, from a generator or a loader, gathered into arrays."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from pellucid.arguments import Frozen, whole_number
from pellucid.data.arrays import as_array, is_frame, is_series
from pellucid.data.wording import counted
from pellucid.errors import ArgumentTypeError, DataError, ShapeError

__all__ = ["Gathered", "gather", "is_batches"]

MOST_ROWS = 10_000_000
MOST_BYTES = 2**32
FOREVER = (itertools.count, itertools.cycle, itertools.repeat)


@final
class Gathered(Frozen):
    """The rows of all batches, in the order in which they came.

    Parameters
    ----------
    X : (n, …) inputs
    y : (n, …) targets; None if the batches had none
    batches : how many there were

    Examples
    --------
    >>> gather([[1.0, 2.0]] * 3 for _ in range(4))
    Gathered(4 batches: 12 rows of 2 float64)
    """

    X: NDArray[Any]
    y: NDArray[Any] | None
    batches: int

    __eq__ = object.__eq__
    __hash__ = object.__hash__

    @property
    def note(self) -> str:
        """What was done, in a sentence."""
        return (
            f"{counted(self.batches, 'batch').replace('batchs', 'batches')} were read once and "
            f"gathered: {self._size}, {self.X.nbytes / 2**20:.1f} MiB."
        )

    @property
    def _size(self) -> str:
        row = " × ".join(map(str, self.X.shape[1:])) or "1"
        return f"{counted(len(self.X), 'row')} of {row} {self.X.dtype}"

    def __repr__(self) -> str:
        return f"Gathered({self.batches} batches: {self._size})"


def gather(batches: Iterable[Any], *, most_rows: int = MOST_ROWS) -> Gathered:
    """Read all batches once, and join their rows into arrays that every epoch can visit.

    Parameters
    ----------
    batches : gives ``(X, y)`` or X again and again: a generator, a list, a loader of PyTorch
    most_rows : where to stop with an error; also at 4 GiB, and at what never ends

    Raises
    ------
    ArgumentTypeError : not an iterable of batches
    DataError : no batches, or more than may be held: an endless generator
    ShapeError : batches that do not fit together

    Examples
    --------
    >>> found = gather((np.ones((2, 3)), [0, 1]) for _ in range(5))
    >>> found.X.shape, found.y.shape
    ((10, 3), (10,))
    >>> found.note
    '5 batches were read once and gathered: 10 rows of 3 float64, 0.0 MiB.'
    """
    whole_number(most_rows, "most_rows", at_least=1)
    if isinstance(batches, FOREVER):
        raise _endless(f"{type(batches).__name__}, which never ends")
    if isinstance(batches, str | bytes | Mapping) or not isinstance(batches, Iterable):
        raise ArgumentTypeError(
            "these are no batches", got=f"an object of type {type(batches).__name__}",
            wanted="something that gives (X, y) again and again, such as a generator",
            mend='write for a list: zip(list_of_X, list_of_y)',
        )  # fmt: skip
    parts: list[tuple[NDArray[Any], ...]] = []
    rows = size = 0
    for place, batch in enumerate(batches):
        part = _part(batch, place)
        if parts:
            _check_alike(part, parts[0], place)
        rows, size = rows + len(part[0]), size + sum(array.nbytes for array in part)
        if rows > most_rows or size > MOST_BYTES:
            raise _endless(f"{rows:,} rows, {size / 2**20:,.0f} MiB after {place + 1:,} batches")
        parts.append(part)
    if not rows:
        raise DataError(
            "there are no batches", got=f"{len(parts)} batches without rows",
            mend="a generator can be read only once: make it anew",
        )  # fmt: skip
    joined = [np.concatenate(arrays) for arrays in zip(*parts, strict=True)]
    return Gathered(joined[0], joined[1] if len(joined) > 1 else None, len(parts))


def is_batches(X: Any) -> bool:
    """Whether `X` can only be read batch by batch: a generator, an iterator, a loader.

    Examples
    --------
    >>> is_batches(x for x in "ab"), is_batches([1, 2]), is_batches(np.zeros(3))
    (True, False, False)
    """
    if isinstance(X, Sequence | Mapping | set | frozenset | np.ndarray) or not isinstance(
        X, Iterable
    ):
        return False
    return not (hasattr(X, "__array__") or hasattr(X, "shape") or is_frame(X) or is_series(X))


def _part(batch: Any, place: int) -> tuple[NDArray[Any], ...]:
    """One batch as X, or X and y, of equal length."""
    where = f"batch {place} (counted from 0)"
    if isinstance(batch, Mapping):
        keys = ", ".join(map(repr, batch))
        raise DataError(
            "a batch is a dictionary", where=where, got=f"the keys {keys}", wanted="(X, y)",
            mend="choose the two: data.gather((b['x'], b['y']) for b in batches)",
        )  # fmt: skip
    # PyTorch's loaders give a list of two tensors; a list of two lists is two rows.
    is_pair = isinstance(batch, list) and [hasattr(one, "shape") for one in batch] == [True, True]
    parts = batch if isinstance(batch, tuple) or is_pair else (batch,)
    found = tuple(as_array(one, name=where) for one in parts)
    if len(found) > 2:
        raise DataError(
            "a batch has more than two parts", where=where, got=f"{len(found)} parts",
            wanted="(X, y)", mend="choose the two: data.gather((b[0], b[1]) for b in batches)",
        )  # fmt: skip
    if any(array.ndim == 0 for array in found):
        raise ShapeError(
            "a batch holds one example, not rows of them", where=where,
            got=", ".join(f"shape {array.shape}" for array in found),
            wanted="(rows, …) for X and for y",
            mend="give batches of one row: data.gather((x[None], [y]) for x, y in examples)",
        )  # fmt: skip
    if len({len(array) for array in found}) > 1:
        raise ShapeError(
            "X and y of a batch have different numbers of rows", where=where,
            got=f"X {found[0].shape}, y {found[1].shape}", wanted="the same first size",
            mend='give a target for each row of the batch',
        )  # fmt: skip
    return tuple(np.array(array) for array in found)  # a loader may use its memory again


def _check_alike(
    part: tuple[NDArray[Any], ...], first: tuple[NDArray[Any], ...], place: int
) -> None:
    shapes = [str(tuple(array.shape[1:] for array in one)) for one in (part, first)]
    if shapes[0] != shapes[1]:
        raise ShapeError(
            "the batches do not fit together", where=f"batch {place} (counted from 0)",
            got=f"rows of the shapes {shapes[0]}", wanted=f"{shapes[1]}, as in batch 0",
            mend='give rows of one shape in every batch',
        )  # fmt: skip


def _endless(got: str) -> DataError:
    return DataError(
        "the batches have no end, or more rows than may be gathered", where="batches", got=got,
        wanted=f"an end: at most {MOST_ROWS:,} rows and {MOST_BYTES // 2**30} GiB",
        mend="take some of them: data.gather(itertools.islice(batches, 1000))",
    )  # fmt: skip
