"""Batches of someone else's making, from a generator or a loader, gathered into arrays or files."""

from __future__ import annotations

import contextlib
import itertools
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from pellucid.arguments import Frozen, whole_number
from pellucid.data.arrays import as_array, is_frame, is_series
from pellucid.data.mapping import GrowingFile, is_mapped
from pellucid.errors import ArgumentTypeError, DataError, ShapeError
from pellucid.wording import counted

__all__ = ["Gathered", "gather", "is_batches"]

MOST_ROWS = 10_000_000
MOST_BYTES = 2**32
MOST_IN_FILES = 10**9  # rows
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
            f"{self.batches} batch{'es were' if self.batches != 1 else ' was'} read once and "
            f"gathered{' in files' * is_mapped(self.X)}: {self._size}, "
            f"{self.X.nbytes / 2**20:.1f} MiB."
        )

    @property
    def _size(self) -> str:
        row = " × ".join(map(str, self.X.shape[1:])) or "1"
        return f"{counted(len(self.X), 'row')} of {row} {self.X.dtype}"

    def __repr__(self) -> str:
        return f"Gathered({self.batches} batches: {self._size})"


def gather(
    batches: Iterable[Any],
    *,
    folder: str | os.PathLike[str] | None = None,
    most_rows: int | None = None,
) -> Gathered:
    """Read all batches once, and join their rows into arrays that every epoch can visit.

    Parameters
    ----------
    batches : gives ``(X, y)`` or X again and again: a generator, a list, a loader of PyTorch
    folder : where the rows are written to, as ``X.npy`` and ``y.npy``, instead of being held: the
        arrays are views of these files, and may be larger than memory; floats become float32
    most_rows : where to stop with an error, 10 million by default, with a folder a billion; in
        memory also at 4 GiB, and everywhere at what never ends

    Raises
    ------
    ArgumentTypeError : not an iterable of batches
    DataError : no batches, or more than may be held: an endless generator
    ShapeError : batches that do not fit together
    FileError : when the folder cannot be written to

    Examples
    --------
    >>> found = gather((np.ones((2, 3)), [0, 1]) for _ in range(5))
    >>> found.X.shape, found.y.shape
    ((10, 3), (10,))
    >>> found.note
    '5 batches were read once and gathered: 10 rows of 3 float64, 0.0 MiB.'
    """
    most = MOST_ROWS if folder is None else MOST_IN_FILES
    if most_rows is not None:
        most = whole_number(most_rows, "most_rows", at_least=1)
    if isinstance(batches, FOREVER):
        raise _endless(f"{type(batches).__name__}, which never ends")
    if isinstance(batches, str | bytes | Mapping) or not isinstance(batches, Iterable):
        raise ArgumentTypeError(
            "these are no batches", got=f"an object of type {type(batches).__name__}",
            wanted="something that gives (X, y) again and again, such as a generator",
            mend='write for a list: zip(list_of_X, list_of_y)',
        )  # fmt: skip
    if folder is not None:
        return _in_files(batches, Path(folder), most)
    # copied, since a loader may use its memory again
    parts = [tuple(map(np.array, part)) for part in _counted(batches, most, MOST_BYTES)]
    joined = [np.concatenate(arrays) for arrays in zip(*parts, strict=True)]
    return Gathered(joined[0], joined[1] if len(joined) > 1 else None, len(parts))


def _counted(
    batches: Iterable[Any], most_rows: int, most_bytes: float
) -> Iterator[tuple[NDArray[Any], ...]]:
    """Give the parts of each batch, checked and counted."""
    rows, size, place = 0, 0, -1
    kinds: tuple[Any, ...] = ()
    for place, batch in enumerate(batches):
        part = _part(batch, place)
        if place:
            _check_alike(part, kinds, place)
        kinds = tuple(array.shape[1:] for array in part)
        rows, size = rows + len(part[0]), size + sum(array.nbytes for array in part)
        if rows > most_rows or size > most_bytes:
            got = f"{rows:,} rows, {size / 2**20:,.0f} MiB after {place + 1:,} batches"
            raise _endless(got, most_rows, most_bytes)
        yield part
    if not rows:
        raise DataError(
            "there are no batches", got=f"{place + 1} batches without rows",
            mend="a generator can be read only once: make it anew",
        )  # fmt: skip


def _in_files(batches: Iterable[Any], folder: Path, most_rows: int) -> Gathered:
    """Write each batch to files that grow, which get their names when they are whole."""
    count = 0
    writers: list[tuple[GrowingFile, np.dtype[Any]]] = []
    with contextlib.ExitStack() as stack:
        for part in _counted(batches, most_rows, np.inf):
            arrays = [_narrow(part[0]), *part[1:]]
            if not writers:
                names = zip(("X", "y"), arrays, strict=False)
                writers = [
                    (stack.enter_context(GrowingFile(folder / f"{name}.npy", array)), array.dtype)
                    for name, array in names
                ]
            for (writer, kind), array in zip(writers, arrays, strict=True):
                _check_kind(array, kind, count)
                writer.append(array)
            count += 1
        found = [writer.finish() for writer, _ in writers]
    return Gathered(found[0], found[1] if len(found) > 1 else None, count)


def _narrow(X: NDArray[Any]) -> NDArray[Any]:
    return X.astype(np.float32) if X.dtype.kind == "f" else X


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
    return found


def _check_alike(part: tuple[NDArray[Any], ...], kinds: tuple[Any, ...], place: int) -> None:
    shapes = [str(tuple(array.shape[1:] for array in part)), str(kinds)]
    if shapes[0] != shapes[1]:
        raise ShapeError(
            "the batches do not fit together", where=f"batch {place} (counted from 0)",
            got=f"rows of the shapes {shapes[0]}", wanted=f"{shapes[1]}, as in batch 0",
            mend='give rows of one shape in every batch',
        )  # fmt: skip


def _check_kind(array: NDArray[Any], kind: np.dtype[Any], place: int) -> None:
    if not np.can_cast(array.dtype, kind, "same_kind"):
        raise DataError(
            "a batch has values that those before it have no room for",
            where=f"batch {place} (counted from 0)", got=str(array.dtype),
            wanted=f"{kind}, as in batch 0",
            mend="give all of one kind: data.gather(((X, y.astype(float)) for X, y in batches), …)",
        )  # fmt: skip


def _endless(got: str, most_rows: int = MOST_ROWS, most_bytes: float = MOST_BYTES) -> DataError:
    limit = "" if np.isinf(most_bytes) else f" and {most_bytes // 2**30:.0f} GiB"
    return DataError(
        "the batches have no end, or more rows than may be gathered", where="batches", got=got,
        wanted=f"an end: at most {most_rows:,} rows{limit}",
        mend="take some of them: data.gather(itertools.islice(batches, 1000))"
        + "; or let them lie in files: data.gather(batches, folder='rows')" * bool(limit),
    )  # fmt: skip
