"""Batches of rows for a training loop written by hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from pellucid.arguments import truth, whole_number
from pellucid.data.arrays import as_array, is_frame
from pellucid.data.intake import check_rows, features, take
from pellucid.errors import ShapeError
from pellucid.lazy import load
from pellucid.ops.random import derive_key
from pellucid.order import rows_in_order

__all__ = ["Batches", "batches", "epoch_order"]

LAST_EPOCH = 2**32 - 1

Rows = NDArray[Any] | dict[str, NDArray[Any]]


@final
class Batches:
    """An iterable of batches: each pass over it is the next epoch, in an order of its own.

    `epoch` counts the passes that have begun; set it to repeat one.

    Examples
    --------
    >>> five = batches(np.arange(5.0).reshape(5, 1), batch_size=2, seed=1)
    >>> five, len(five)
    (Batches(5 rows, 3 batches of 2, seed 1), 3)
    """

    def __init__(
        self, X: Rows, y: Rows | None, batch_size: int, seed: int, shuffle: bool, drop_last: bool
    ) -> None:
        self.rows = check_rows(**_named("X", X), **(_named("y", y) if y is not None else {}))
        self.batch_size = batch_size
        self.seed = seed
        self.shuffle = shuffle
        self.drop_last = drop_last
        self.epoch = 0
        self._arrays = (X,) if y is None else (X, y)

    def __len__(self) -> int:
        whole, rest = divmod(self.rows, self.batch_size)
        return whole + (rest > 0 and not self.drop_last)

    def __iter__(self) -> Iterator[Any]:
        epoch, self.epoch = self.epoch, self.epoch + 1
        order = epoch_order(self.seed, epoch, self.rows) if self.shuffle else np.arange(self.rows)
        return map(
            self._batch,
            np.split(order, range(self.batch_size, self.rows, self.batch_size))[: len(self)],
        )

    def __repr__(self) -> str:
        return (
            f"Batches({self.rows} rows, {len(self)} batches of {self.batch_size}, seed {self.seed})"
        )

    def _batch(self, rows: NDArray[np.int64]) -> Any:
        found = tuple(take(part, rows) for part in self._arrays)
        return found if len(found) > 1 else found[0]


def batches(
    X: Any,
    y: Any = None,
    batch_size: int = 32,
    *,
    seed: int | None = None,
    shuffle: bool = True,
    drop_last: bool = False,
) -> Batches:
    """Batches ``(xb, yb)``, or ``xb`` alone without `y`, in the order of `epoch_order`.

    Parameters
    ----------
    X, y : arrays, lists or frames of equal length; or dictionaries of them
    batch_size : rows in a batch; the last one holds the rest
    seed : of the order; drawn if it is not given, and kept as `Batches.seed`
    shuffle : whether to change the order of the rows
    drop_last : leave out a last batch that is smaller

    Raises
    ------
    ArgumentError : a batch size that is not a whole number of at least 1
    ShapeError : `X` and `y` differ in length, or hold no rows

    Examples
    --------
    >>> for xb, yb in batches(np.arange(10).reshape(5, 2), np.arange(5), 2, seed=1):
    ...     print(xb.tolist(), yb)
    [[0, 1], [6, 7]] [0 3]
    [[8, 9], [4, 5]] [4 2]
    [[2, 3]] [1]
    """
    size = whole_number(batch_size, "batch_size", at_least=1)
    if seed is None:
        seed = load("secrets").randbits(31)
    seed = whole_number(seed, "seed")
    arrays = (_arrays(X, "X"), None if y is None else _arrays(y, "y"))
    found = Batches(*arrays, size, seed, truth(shuffle, "shuffle"), truth(drop_last, "drop_last"))
    if found.rows == 0:
        raise ShapeError(
            "there are no rows to batch",
            where="X",
            got="0 rows",
            wanted="1 or more",
            mend="check that the data are not empty",
        )
    return found


def epoch_order(seed: int, epoch: int, n: int) -> NDArray[np.int64]:
    """(n,) the rows in the order in which ``fit`` and `batches` with this seed visit them.

    Parameters
    ----------
    seed : as it was given to them
    epoch : counted from 0
    n : how many rows there are

    Examples
    --------
    >>> sorted(epoch_order(1, 0, 6).tolist())
    [0, 1, 2, 3, 4, 5]
    """
    whole_number(seed, "seed")
    whole_number(epoch, "epoch", 0, LAST_EPOCH)
    whole_number(n, "n", at_least=1)
    first, second = derive_key(seed, "order")
    return rows_in_order((first, second), epoch, 0, n, n)


def _arrays(given: Any, name: str) -> Rows:
    if isinstance(given, Mapping):
        return {key: _array(value, f"{name}[{key!r}]") for key, value in given.items()}
    return _array(given, name)


def _array(given: Any, name: str) -> NDArray[Any]:
    found = (
        features(given, dtype="float64", name=name).array
        if is_frame(given)
        else as_array(given, name=name)
    )
    if found.ndim == 0:
        raise ShapeError(
            f"{name} is a single value",
            where=name,
            got=repr(found.item()),
            wanted="one value or row for each example",
            mend="give one for each row, in a list or an array",
        )
    return found


def _named(name: str, given: Rows) -> dict[str, NDArray[Any]]:
    if isinstance(given, dict):
        return {f"{name}[{key!r}]": array for key, array in given.items()}
    return {name: given}
