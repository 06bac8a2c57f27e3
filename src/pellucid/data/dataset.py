"""A data set: rows, what is to be learned from them, and what one must know to show both."""

from __future__ import annotations

from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from pellucid.arguments import Frozen
from pellucid.data.arrays import is_frame
from pellucid.data.intake import take
from pellucid.data.labels import Task
from pellucid.errors import DataError
from pellucid.wording import counted

__all__ = ["Dataset"]


@final
class Dataset(Frozen):
    """A data set with what one must know to show it.

    Parameters
    ----------
    name : as in `named`, or of the file
    description : one sentence; empty for a file
    X : (n, features) a matrix or a frame; or pictures, (n, channels, height, width)
    y : (n,) class indices, labels or quantities; (n, k) several quantities
    task : ``"classification"`` or ``"regression"``
    feature_names : one for each column; empty for pictures
    class_names : one for each class index; empty if labels are names themselves, and for regression
    image_shape : (height, width) if a row is a picture
    target_name : what is predicted
    notes : what was decided, left out or resized, in plain sentences
    test_rows : how many rows, the last ones, were set apart for a test by those who made the set

    Examples
    --------
    >>> Dataset("two", "", np.eye(2), np.array([0, 1]), "classification", ("a", "b"))
    Dataset(two: 2 rows of 2 features, 2 classes)
    """

    name: str
    description: str
    X: Any
    y: NDArray[Any]
    task: Task
    feature_names: tuple[str, ...]
    class_names: tuple[str, ...] = ()
    image_shape: tuple[int, int] | None = None
    target_name: str = "target"
    notes: tuple[str, ...] = ()
    test_rows: int = 0

    __eq__ = object.__eq__
    __hash__ = object.__hash__

    @property
    def row_shape(self) -> tuple[int, ...]:
        """The shape of one row: (features,) or (channels, height, width)."""
        return (len(self.feature_names),) if is_frame(self.X) else tuple(self.X.shape[1:])

    @property
    def train(self) -> tuple[Any, NDArray[Any]]:
        """X and y of the rows to train on: all, if none were set apart."""
        return self._part(slice(0, len(self.y) - self.test_rows))

    @property
    def test(self) -> tuple[Any, NDArray[Any]]:
        """X and y of the rows that were set apart for a test.

        Raises
        ------
        DataError : none were
        """
        if not self.test_rows:
            raise DataError(
                f"{self.name} has no rows that are set apart for a test",
                where=self.name,
                mend="choose them: train, test = data.split(len(y), 0.3, seed=1)",
            )
        return self._part(slice(len(self.y) - self.test_rows, len(self.y)))

    def _part(self, rows: slice) -> tuple[Any, NDArray[Any]]:
        X = take(self.X, np.arange(len(self.y))[rows]) if is_frame(self.X) else self.X[rows]
        return X, self.y[rows]

    def __repr__(self) -> str:
        shape = self.row_shape
        row = f"{counted(shape[0], 'feature')}" if len(shape) == 1 else " × ".join(map(str, shape))
        classes = len(self.class_names) or len(np.unique(self.y))
        kind = f"{classes} classes" if self.task == "classification" else self.task
        return f"Dataset({self.name}: {counted(len(self.y), 'row')} of {row}, {kind})"
