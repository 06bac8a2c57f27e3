"""Rows that lie in files, of which the system reads what is needed: more than memory holds."""

from __future__ import annotations

import contextlib
import mmap
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self, final

import numpy as np
from numpy.typing import DTypeLike, NDArray

from pellucid.errors import FileError
from pellucid.lazy import load

__all__ = ["VALUES_AT_ONCE", "GrowingFile", "converted", "is_mapped", "parts", "room", "taken"]

VALUES_AT_ONCE = 2**20  # are worked on together
SMALL = 2**24  # bytes, which may lie in memory whatever they are made from


def is_mapped(array: Any) -> bool:
    """Whether the numbers of an array lie in a file.

    Examples
    --------
    >>> is_mapped(np.zeros(3)), is_mapped(room(np.zeros(3), (3,), "float32"))
    (False, False)
    """
    while isinstance(array, np.ndarray | memoryview):
        if isinstance(array, np.memmap):
            return True
        array = array.base if isinstance(array, np.ndarray) else array.obj
    return isinstance(array, mmap.mmap)


def parts(array: NDArray[Any]) -> Iterator[slice]:
    """Cut the rows of an array into parts that are small beside memory.

    Examples
    --------
    >>> list(parts(np.zeros((3, 2))))
    [slice(0, 3, None)]
    """
    width = max(1, array.size // max(1, len(array)))
    step = max(1, VALUES_AT_ONCE // width)
    for start in range(0, len(array), step):
        yield slice(start, min(start + step, len(array)))


def room(source: Any, shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
    """An array to be filled: in memory, or where `source` lies in a file, in one without a name.

    The file is in the folder for temporary files, and gone when the array is.

    Raises
    ------
    FileError : when the disk has too little space
    """
    size = np.dtype(dtype).itemsize * int(np.prod(shape, dtype=np.int64))
    if size <= SMALL or not is_mapped(source):
        return np.empty(shape, dtype)
    tempfile = load("tempfile")
    try:
        with tempfile.TemporaryFile() as file:
            if hasattr(os, "posix_fallocate"):  # else a full disk ends the process, much later
                os.posix_fallocate(file.fileno(), 0, size)
            return np.asarray(np.memmap(file, dtype, "w+", shape=shape))
    except OSError as error:
        raise FileError(
            "rows that lie in a file were to be written to another one: " + str(error.strerror),
            where=tempfile.gettempdir(), got=f"{size / 2**20:,.0f} MiB",
            mend="free some space, or set TMPDIR to a folder on another disk",
        ) from error  # fmt: skip


def taken(array: NDArray[Any], rows: NDArray[Any], dtype: DTypeLike | None = None) -> NDArray[Any]:
    """The given rows in that order; of an array that lies in a file, in a file again.

    In another `dtype` they never lie in memory in their own.

    Examples
    --------
    >>> taken(np.array([5, 6, 7]), np.array([2, 0])).tolist()
    [7, 5]
    """
    wanted = array.dtype if dtype is None else np.dtype(dtype)
    if rows.dtype.kind not in "iu" or (wanted == array.dtype and not is_mapped(array)):
        return array[rows]
    found = room(array, (len(rows), *array.shape[1:]), wanted)
    for some in parts(found):
        found[some] = array[rows[some]]
    return found


def converted(array: NDArray[Any], dtype: DTypeLike) -> NDArray[Any]:
    """The same numbers in another dtype; of an array that lies in a file, in a file again."""
    found = room(array, array.shape, dtype)
    for some in parts(array):
        found[some] = array[some]
    return found


@final
class GrowingFile:
    """An NPY file that rows are added to, whose name appears when it is whole.

    Parameters
    ----------
    path : what it is called in the end
    like : an array whose dtype and shape, but for the rows, all that is added has

    Raises
    ------
    FileError : when it cannot be written

    Examples
    --------
    >>> folder = Path(load("tempfile").mkdtemp())
    >>> with GrowingFile(folder / "X.npy", np.zeros((1, 2))) as file:
    ...     for _ in range(3):
    ...         file.append(np.ones((4, 2)))
    ...     found = file.finish()
    >>> found.shape, is_mapped(found)
    ((12, 2), True)
    """

    def __init__(self, path: Path, like: NDArray[Any]) -> None:
        self._path, self._part = path, path.with_name(path.name + ".part")
        self._like, self._rows = like, 0
        with self._telling():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._part.open("wb")
            self._write_header()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self._part.unlink(missing_ok=True)

    def append(self, rows: NDArray[Any]) -> None:
        """Add rows."""
        with self._telling():
            self._file.write(np.ascontiguousarray(rows, self._like.dtype).data)
        self._rows += len(rows)

    def finish(self) -> NDArray[Any]:
        """Give all rows, as they lie in the file."""
        with self._telling():
            self._file.seek(0)
            self._write_header()
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            self._part.replace(self._path)
            return np.asarray(np.load(self._path, mmap_mode="r"))

    def _write_header(self) -> None:
        """Write how many rows there are; there is space in the header for more digits."""
        np.lib.format.write_array_header_1_0(
            self._file,
            {
                "descr": np.lib.format.dtype_to_descr(self._like.dtype),
                "fortran_order": False,
                "shape": (self._rows, *self._like.shape[1:]),
            },
        )

    @contextlib.contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise FileError(
                f"the rows cannot be written: {(error.strerror or str(error)).lower()}",
                where=str(self._path), mend="choose another folder, or free some space",
            ) from error  # fmt: skip
