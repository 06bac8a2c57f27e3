"""Labels of classes as codes: what classifiers share, whatever they train."""

from __future__ import annotations

from abc import ABC
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import column_or_1d

from pellucid.data import LabelCoding, Targets
from pellucid.data.labels import distinct
from pellucid.errors import ArgumentError, LabelError
from pellucid.sklearn.estimator import Estimator
from pellucid.train.weighting import class_weights

__all__ = ["LabelledEstimator"]


class LabelledEstimator(ClassifierMixin, Estimator, ABC):  # type: ignore[misc]
    """An estimator whose rows have labels.

    Attributes
    ----------
    classes_ : the labels, sorted; or the numbers of the columns of a y of yes and no
    """

    classes_: NDArray[Any]
    _is_multilabel: bool

    def _learn_labels(self, y: NDArray[Any], classes: Any) -> None:
        """Learn what the labels are, from y or from a list of all of them."""
        _check_labels(y)
        kind = "multiclass" if _are_whole(y) else type_of_target(y, input_name="y")
        if kind == "multiclass-multioutput":
            raise LabelError(
                "y has several columns of labels", where="y", got=f"shape {y.shape}",
                wanted="one column of labels, or columns of 0 and 1",
                mend="wrap the estimator in sklearn.multioutput.MultiOutputClassifier",
            )  # fmt: skip
        self._is_multilabel = kind == "multilabel-indicator"
        if self._is_multilabel:
            self.classes_ = np.arange(y.shape[1])
            return
        labels = column_or_1d(y) if classes is None else np.asarray(classes)
        found = distinct(labels)
        if len(found) < 2:
            raise LabelError(
                "y holds one class only: there is nothing to tell apart", where="y",
                got=f"{found.tolist()} in all {len(y):,} rows", wanted="two classes or more",
                mend="add rows of the other classes",
            )  # fmt: skip
        self.classes_ = found

    def _codes(self, y: NDArray[Any]) -> NDArray[Any]:
        """Give the place of each label among the classes, or the columns of yes and no as they are.

        Raises
        ------
        LabelError : for a label that is none of them
        """
        if self._is_multilabel:
            return self._columns(y)
        y = column_or_1d(y, warn=True)
        _check_labels(y)
        try:
            return self._coding.encode(y)
        except LabelError as error:
            raise LabelError(
                error.what, where=error.where, got=error.got, wanted=error.wanted,
                mend="name all classes in the first partial_fit(…, classes=…), or begin anew "
                "with warm_start=False",
            ) from error  # fmt: skip

    @property
    def _coding(self) -> LabelCoding:
        kind = self.classes_.dtype
        dtype = {"U": "str", "O": "str", "b": "bool"}.get(kind.kind, kind.name)
        return LabelCoding(tuple(self.classes_.tolist()), dtype)

    def _columns(self, y: NDArray[Any]) -> NDArray[Any]:
        if y.ndim != 2 or y.shape[1] != len(self.classes_):
            raise LabelError(
                "y has another number of columns than in the first fit", where="y",
                got=f"shape {y.shape}", wanted=f"(rows, {len(self.classes_)})",
                mend="give a column of 0 and 1 for each label",
            )  # fmt: skip
        return y.astype(np.float64)

    def _class_weights(self, wish: Any, codes: NDArray[Any]) -> NDArray[np.float64]:
        """Give each row the weight of its class."""
        if self._is_multilabel:
            raise ArgumentError(
                "a row of several labels has no class of its own", where="class_weight",
                got=repr(wish), mend="give sample_weight=, or a loss such as "
                "nn.BinaryCrossEntropyWithLogits(positive_weight=[…])",
            )  # fmt: skip
        return class_weights(wish, Targets(codes, "classification", self._coding))

    def _check_first(self, fresh: bool, classes: Any) -> None:
        """Refuse a first part of the rows that does not say which classes there are."""
        if fresh and classes is None:
            raise LabelError(
                "the first call of partial_fit needs all classes",
                where="classes",
                mend="write partial_fit(X, y, classes=numpy.unique(all_labels))",
            )


def _are_whole(y: NDArray[Any]) -> bool:
    return y.ndim == 1 and y.dtype.kind in "iub"


def _check_labels(y: NDArray[Any]) -> None:
    """Refuse what scikit-learn does not take for labels; it looks at each, which takes its time."""
    if not _are_whole(y):
        check_classification_targets(y)
