"""Metrics of all rows together, which scikit-learn computes."""

from __future__ import annotations

from typing import Any, Literal, final

import numpy as np
from numpy.typing import NDArray

from pellucid.arguments import Frozen
from pellucid.lazy import load

__all__ = ["Score", "confusion"]

Array = NDArray[Any]
Kind = Literal["area", "balanced", "labels", "log", "numbers"]


@final
class Score(Frozen):
    """A function of ``sklearn.metrics``, called on what a network gives.

    Several answers in a row, each a yes or no, have the mean of their scores. It is not a number
    where the rows are too few for it to mean anything: an area under the curve of a single class,
    an R² of a single row.

    Parameters
    ----------
    function : its name in ``sklearn.metrics``
    kind : what it compares, and what it must be told beside
    task : "binary" where several columns are several answers, "signs" for labels −1 and 1

    >>> import numpy as np
    >>> from pellucid.metrics.scores import Score
    >>> f1 = Score("f1_score", "labels")
    >>> round(f1(np.array([0, 1, 1]), np.array([[0.1], [0.8], [0.3]])), 4)
    0.6667
    """

    function: str
    kind: Kind
    task: str = "any"

    def __call__(
        self, truth: Array, prediction: Array, sample_weight: Array | None = None
    ) -> float:
        """Compute it, rows counting as much as their weights."""
        if self.kind == "numbers":
            few = self.function == "r2_score" and len(truth) < 2
            return float("nan") if few else self._compute(truth, prediction, sample_weight)
        truth = labels_of(truth > 0 if self.task == "signs" else truth, self._independent)
        if truth.ndim == 1:
            return self._one(truth, prediction, sample_weight)
        pairs = zip(truth.T, prediction.T, strict=True)
        return float(np.mean([self._one(t, p, sample_weight) for t, p in pairs]))

    @property
    def _independent(self) -> bool:
        return self.task in ("binary", "signs")

    def _one(self, truth: Array, prediction: Array, weight: Array | None) -> float:
        """Compute it for one answer a row."""
        classes = prediction.shape[1] if prediction.ndim == 2 else 1
        if self.kind in ("area", "log"):
            given = prediction[:, 1] if classes == 2 else prediction
            given = given.reshape(-1) if classes == 1 else given
            if self.kind == "log":
                return _log_loss(truth, given, weight)
            if len(np.unique(truth)) < max(classes, 2):
                return float("nan")
            return self._compute(truth, given, weight, multi_class="ovr")
        said = answers_of(prediction, 0.0 if self.task == "signs" else 0.5)
        labels = np.unique(truth) if self.kind == "balanced" else None
        average = "binary" if labels is None and classes <= 2 else "macro"
        return self._compute(truth, said, weight, average=average, labels=labels, zero_division=0)

    def _compute(self, truth: Array, given: Array, weight: Array | None, **settings: Any) -> float:
        score = getattr(load("sklearn.metrics"), self.function)
        return float(score(truth, given, sample_weight=weight, **settings))


def _log_loss(truth: Array, given: Array, weight: Array | None) -> float:
    """Average −ln p of what was true, as scikit-learn's ``log_loss`` does, at no cost for checks.

    Its checks of labels take more than ten milliseconds, at the end of every epoch.
    """
    eps = np.finfo(given.dtype).eps
    if given.ndim == 1:
        right = np.where(truth == 1, given, 1 - given)
    else:
        right = given[np.arange(len(given)), truth]
    return float(
        np.average(-np.log(np.clip(right, eps, 1 - eps), dtype=np.float64), weights=weight)
    )


def labels_of(truth: Array, independent: bool = False) -> Array:
    """See one-hot rows as labels, and numbers as whole ones; independent columns stay."""
    if truth.ndim == 2 and truth.shape[1] > 1 and not independent:
        return np.asarray(truth.argmax(axis=1))
    flat = truth if truth.ndim == 2 and truth.shape[1] > 1 else truth.reshape(-1)
    return np.rint(flat).astype(np.int64) if flat.dtype.kind in "fb" else flat


def answers_of(prediction: Array, threshold: float = 0.5) -> Array:
    """See probabilities as the labels they stand for."""
    if prediction.ndim == 2 and prediction.shape[1] > 1:
        return np.asarray(prediction.argmax(axis=1))
    flat = prediction.reshape(-1)
    return (flat > threshold).astype(np.int64) if flat.dtype.kind == "f" else flat


def confusion(truth: Any, prediction: Any, weight: Any = None) -> Array:
    """Count how often class i (row) was called class j (column).

    Parameters
    ----------
    truth : labels (n,), or one-hot rows
    prediction : labels (n,), or probabilities (n, classes), or (n, 1) of a yes
    weight : what each row counts

    >>> from pellucid import metrics
    >>> metrics.confusion([0, 0, 1, 1], [0, 1, 1, 1])
    array([[1, 1],
           [0, 2]])
    >>> metrics.confusion([0, 1], [[0.8, 0.1, 0.1], [0.2, 0.2, 0.6]])
    array([[1, 0, 0],
           [0, 0, 1],
           [0, 0, 0]])
    """
    truth, said, labels = np.asarray(truth), np.asarray(prediction), None
    if said.ndim == 2:
        truth, said, labels = labels_of(truth), answers_of(said), range(max(said.shape[1], 2))
    table = load("sklearn.metrics").confusion_matrix(
        truth, said, labels=labels, sample_weight=weight
    )
    return np.asarray(table)
