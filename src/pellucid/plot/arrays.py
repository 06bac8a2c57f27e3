"""What a display is given, checked and made plain before anything is drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pellucid.arguments import Frozen
from pellucid.errors import ArgumentError, DataError, LabelError, ShapeError

__all__ = [
    "Classes",
    "at_least_one",
    "call",
    "column",
    "encode",
    "finite",
    "grid_cells",
    "image_stack",
    "numbers",
    "points",
    "same_length",
]

Floats = NDArray[np.float64]


def numbers(values: ArrayLike, name: str) -> Floats:
    """`values` as a float64 array of any shape; not-a-number stays."""
    try:
        array = np.asarray(values)
        if array.dtype.kind not in "biufO":
            raise TypeError(f"an array of {array.dtype}")
        return array.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(
            f"{name} cannot be drawn: not an array of real numbers",
            where=name,
            got=str(error),
            wanted="numbers in rows of equal length",
            mend=f"convert {name} to numbers first",
        ) from error


def finite(array: Floats, name: str) -> Floats:
    """`array`, if it has an entry and all entries are finite."""
    if array.size == 0:
        raise DataError(f"{name} is empty", where=name, mend="give at least one value")
    bad = np.argwhere(~np.isfinite(array))
    if len(bad):
        raise DataError(
            f"{name} has values that are not finite",
            where=f"{name}[{', '.join(map(str, bad[0]))}]",
            got=f"{len(bad)} of {array.size} values are nan or infinite",
            mend=f"leave them out: {name}[np.isfinite({name})]",
        )
    return array


def column(values: ArrayLike, name: str) -> Floats:
    """Finite numbers of shape (n,); a column (n, 1) is one too."""
    return finite(_flat(numbers(values, name), name), name)


def points(X: ArrayLike, dimensions: Sequence[int] = (2,)) -> Floats:
    """Finite points (n, d), where d is one of `dimensions`."""
    array = numbers(X, "X")
    if array.ndim != 2 or array.shape[1] not in dimensions:
        wanted = " or ".join(f"(n, {d})" for d in dimensions)
        raise ShapeError(
            "these points cannot be drawn on axes",
            where="X",
            got=f"shape {array.shape}",
            wanted=f"shape {wanted}",
            mend="choose two features, for example X[:, [0, 1]]",
        )
    return finite(array, "X")


def same_length(mend: str = "pass the same examples to each", /, **arrays: np.ndarray) -> None:
    """Refuse arrays of different length."""
    lengths = {name: len(array) for name, array in arrays.items()}
    if len(set(lengths.values())) > 1:
        raise ShapeError(
            f"{' and '.join(lengths)} differ in length",
            got=", ".join(f"{name} has {n}" for name, n in lengths.items()),
            wanted="equal lengths",
            mend=mend,
        )


class Classes(Frozen):
    """Labels as whole numbers 0..K-1 with the K names.

    Parameters
    ----------
    names : the classes, in order
    codes : one array of class numbers for each array of labels given
    """

    names: tuple[str, ...]
    codes: tuple[NDArray[np.intp], ...]


def encode(names: Sequence[str] | None = None, **labels: ArrayLike) -> Classes:
    """Number the classes that occur in any of `labels`.

    Without `names` the classes are the labels that occur, sorted. With them a whole number is a
    place in `names` and a word must be one of them.

    Raises
    ------
    LabelError : fractional labels, or labels that `names` does not have
    ShapeError : labels that are not one per example

    Examples
    --------
    >>> encode(truth=["b", "a"], predicted=["b", "b"]).names
    ('a', 'b')
    >>> encode(["no", "yes"], truth=[1, 0, 1]).codes[0].tolist()
    [1, 0, 1]
    """
    arrays = {name: _labels(values, name) for name, values in labels.items()}
    if names is not None:
        codes = tuple(_places(array, name, names) for name, array in arrays.items())
        return Classes(tuple(map(str, names)), codes)
    if len({array.dtype.kind == "U" for array in arrays.values()}) > 1:
        raise LabelError(
            f"{' and '.join(arrays)} do not speak of the same classes",
            got=", ".join(f"{n}: {array[0]!s}, …" for n, array in arrays.items()),
            mend="pass names=[…], the class names in the order of their numbers",
        )
    values, places = np.unique(np.concatenate(list(arrays.values())), return_inverse=True)
    borders = np.cumsum([len(array) for array in arrays.values()])[:-1]
    said = values if values.dtype.kind == "U" else [str(one).replace("-", "−") for one in values]
    return Classes(tuple(map(str, said)), tuple(np.split(places.reshape(-1), borders)))


def image_stack(images: ArrayLike) -> Floats:
    """Images as (n, h, w) grey, in their own scale, or (n, h, w, 3 or 4) colours in [0, 1].

    Takes (n, h, w), (n, c, h, w) and (n, h, w, c) with c = 1, 3 or 4; when both readings fit,
    channels come first.
    """
    array = finite(numbers(images, "images"), "images")
    channels = {1, 3, 4}
    if array.ndim == 4 and array.shape[1] in channels:
        array = np.moveaxis(array, 1, -1)
    if array.ndim != 3 and not (array.ndim == 4 and array.shape[-1] in channels):
        raise ShapeError(
            "these are not images",
            where="images",
            got=f"shape {np.shape(images)}",
            wanted="(n, h, w), (n, c, h, w) or (n, h, w, c) with c = 1, 3 or 4",
            mend="write images.reshape(-1, height, width) for rows of pixels, images[None] for one",
        )
    if array.ndim == 3 or array.shape[-1] == 1:
        return array.reshape(array.shape[:3])
    if np.asarray(images).dtype.kind in "iu":
        array = array / 255
    if array.min() < 0 or array.max() > 1:
        raise DataError(
            "these colours are outside their scale",
            where="images",
            got=f"values from {array.min():.4g} to {array.max():.4g}",
            wanted="0 to 1, or whole numbers from 0 to 255",
            mend="divide by the largest possible value, such as images / 255",
        )
    return array


def grid_cells(
    count: int, rows: int | None, columns: int | None, what: str = "images"
) -> tuple[int, int]:
    """Rows and columns of a grid; one that is missing follows from the count, both must hold it.

    Raises
    ------
    ShapeError : for a grid of another number of cells
    """
    for name, value in {"rows": rows, "columns": columns}.items():
        if value is not None:
            at_least_one(name, value)
    if rows is not None and columns is not None and rows * columns != count:
        raise ShapeError(
            f"the {what} do not fill the grid",
            where="rows, columns",
            got=f"{count} {what} for {rows} × {columns} = {rows * columns} cells",
            mend=f"pass {what}[:{rows * columns}], or leave rows out"
            if count > rows * columns
            else "pass fewer rows or columns, or leave rows out",
        )
    columns = columns or (-(-count // rows) if rows else min(count, 5))
    return rows or -(-count // columns), columns


def at_least_one(name: str, value: int) -> None:
    """Refuse a count below 1."""
    if value < 1:
        raise ArgumentError(
            f"{name} must be at least 1", where=name, got=str(value), mend=f"write {name}=3"
        )


def call(function: Callable[[Floats], ArrayLike], given: Floats, name: str) -> Floats:
    """The numbers that `function` returns for `given`, one answer for each row."""
    values = numbers(function(given), name)
    if values.ndim == 0 or len(values) != len(given):
        raise ShapeError(
            f"{name} does not answer once for each point",
            where=name,
            got=f"shape {values.shape} for {len(given)} points",
            wanted=f"{len(given)} values",
            mend=f"make {name} a function of an array of points",
        )
    return values


def _flat(array: np.ndarray, name: str) -> np.ndarray:
    if array.ndim == 2 and array.shape[1] == 1:
        return array[:, 0]
    if array.ndim != 1:
        raise ShapeError(
            f"{name} must hold one value for each example",
            where=name,
            got=f"shape {array.shape}",
            wanted="shape (n,)",
            mend=f"write {name}.argmax(axis=1) for one-hot rows, {name}[:, 0] for one output",
        )
    return array


def _labels(values: ArrayLike, name: str) -> np.ndarray:
    """Labels of shape (n,), as integers or as words."""
    array = np.asarray(values)
    if array.dtype.kind == "O":
        array = np.asarray(array.tolist())
    array = _flat(array, name)
    if len(array) == 0:
        raise DataError(f"{name} is empty", where=name, mend="give at least one label")
    if array.dtype.kind == "f":
        odd = array[~np.isfinite(array) | (array != np.round(array))]
    else:
        odd = array[:0] if array.dtype.kind in "biuU" else array
    if len(odd):
        raise LabelError(
            f"{name} holds values that are not classes",
            where=name,
            got=f"{array.dtype} such as {odd[0]}",
            wanted="whole numbers or words",
            mend="turn probabilities into classes: probabilities.argmax(axis=1), or p > 0.5",
        )
    return array if array.dtype.kind == "U" else array.astype(np.int64)


def _places(array: np.ndarray, name: str, names: Sequence[str]) -> NDArray[np.intp]:
    if array.dtype.kind == "U":
        place = {word: k for k, word in enumerate(map(str, names))}
        codes = np.array([place.get(word, -1) for word in array.tolist()], dtype=np.intp)
    else:
        codes = np.where(array < len(names), array, -1).astype(np.intp)
    if (codes < 0).any():
        raise LabelError(
            f"{name} holds a class that names does not have",
            where=f"{name}[{int(np.argmax(codes < 0))}]",
            got=f"{array[codes < 0][0]!s} with {len(names)} names",
            wanted=f"whole numbers 0 to {len(names) - 1}, or words out of names",
            mend="give every class its name, in the order of the class numbers",
        )
    return codes
