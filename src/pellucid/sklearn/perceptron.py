"""Rosenblatt's perceptron, as an estimator of scikit-learn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any, Self, final

import numpy as np
from numpy.typing import NDArray

from pellucid import losses
from pellucid.functional import any as any_of
from pellucid.graph import Tensor
from pellucid.layers import Linear
from pellucid.models import Network, Sequential
from pellucid.ops import cast, where
from pellucid.optim import SGD
from pellucid.sklearn.estimator import Target
from pellucid.sklearn.labels import LabelledEstimator
from pellucid.train import Callback, Training

__all__ = ["PerceptronClassifier"]


def perceptron(prediction: Tensor, target: Tensor) -> Tensor:
    """Give how far each row is on the wrong side: Σ max(0, −t f), its slope −t also at f = 0."""
    margin = prediction * target
    return where(margin <= 0, -margin, 0 * margin).sum(axis=1)


def mistakes(prediction: Tensor, target: Tensor) -> Tensor:
    """Count rows that are not on their side."""
    return cast(any_of(prediction * target <= 0, axis=1), prediction.dtype)


class _UntilNoMistake(Callback):
    looks_at_model = False

    def on_progress(self, training: Training) -> None:
        """End the training after an epoch without a mistake."""
        if training.history["mistakes"][-1] == 0:
            training.stop("no mistake in a whole epoch")


@final
@dataclass(eq=False, repr=False)
class PerceptronClassifier(LabelledEstimator):
    """Rosenblatt's perceptron: of each row that it takes wrongly, it learns; of others, nothing.

    Rule: where t (w·x + b) ≤ 0, w ← w + η t x and b ← b + η t, for labels t = ±1, row by row, from
    w = 0 and b = 0. It ends after the first epoch without a mistake, which comes if a plane parts
    the classes. More than two classes are told by a perceptron each, one against the rest.

    Source: Rosenblatt, "The perceptron: a probabilistic model for information storage and
    organization in the brain", 1958.

    Parameters
    ----------
    learning_rate : η, which scales w and b and changes no decision
    max_iter : the most epochs, for classes that no plane parts
    prepare, callbacks, shuffle, warm_start, random_state, dtype, engine, verbose : as in
        :class:`NeuralClassifier`; inputs are taken as they are by default

    Attributes
    ----------
    coef_, intercept_ : w (1, columns) and b (1,), or a row of them for each of several classes
    mistakes_ : how many rows were taken wrongly in each epoch of the last fit
    network_, classes_, n_iter_, … : as in :class:`NeuralClassifier`

    Examples
    --------
    >>> from pellucid.sklearn import PerceptronClassifier
    >>> X = [[0, 0], [0, 1], [1, 0], [1, 1]]
    >>> model = PerceptronClassifier(shuffle=False).fit(X, ["no", "no", "no", "yes"])
    >>> model.predict(X).tolist(), model.mistakes_[-1]
    (['no', 'no', 'no', 'yes'], 0)
    >>> model.coef_.tolist(), model.intercept_.tolist()
    ([[3.0, 2.0]], [-4.0])
    """

    learning_rate: float = 1.0
    _: KW_ONLY
    max_iter: int = 1000
    prepare: Any = None
    callbacks: Sequence[Callback | Callable[..., None]] = ()
    shuffle: bool = True
    warm_start: bool = False
    random_state: Any = None
    dtype: str | None = None
    engine: str | None = None
    verbose: bool | int = False

    def fit(self, X: Any, y: Any) -> Self:
        """Train until no row is taken wrongly, or for ``max_iter`` epochs.

        Parameters
        ----------
        X : (rows, columns) numbers: an array, a frame, lists or a sparse matrix
        y : (rows,) labels of any kind
        """
        return self._trained(X, y)

    def partial_fit(self, X: Any, y: Any, classes: Any = None) -> Self:
        """Go on for one epoch over these rows; the first call needs all classes."""
        self._check_first(not hasattr(self, "network_"), classes)
        return self._trained(X, y, part=True, classes=classes)

    def decision_function(self, X: Any) -> NDArray[Any]:
        """Give w·x + b: (rows,) for two classes, positive for the second, else (rows, classes)."""
        found = self._asked(lambda network, rows: network.predict(rows), X)
        return found[:, 0] if found.shape[1] == 1 else found

    def predict(self, X: Any) -> NDArray[Any]:
        """Give the label of each row."""
        scores = self.decision_function(X)
        places = scores.argmax(axis=1) if scores.ndim > 1 else (scores > 0).astype(np.int64)
        found: NDArray[Any] = self.classes_[places]
        return found

    @property
    def coef_(self) -> NDArray[Any]:
        """The weights, (1, columns) or (classes, columns)."""
        return self.coefs_[0].T

    @property
    def intercept_(self) -> NDArray[Any]:
        """The biases, (1,) or (classes,)."""
        return self.intercepts_[0]

    @property
    def mistakes_(self) -> list[int]:
        """How many rows were taken wrongly in each epoch of the last fit."""
        rows = self.t_ // self.n_iter_
        return [round(share * rows) for share in self.history_["mistakes"]]

    def _target(self, y: NDArray[Any], *, fresh: bool, classes: Any = None) -> Target:
        if fresh:
            self._learn_labels(y, classes)
        codes, count = self._codes(y), len(self.classes_)
        outputs = count if count > 2 else 1
        signs = 2 * np.eye(count)[codes] - 1
        return Target(signs if outputs > 1 else signs[:, 1:], outputs, losses.get(perceptron))

    def _network(self, inputs: int, outputs: int) -> Network:
        return Sequential([Linear(outputs, weight_init="zeros", bias_init="zeros")])

    def _calls(self) -> Any:
        given = self.callbacks
        return [*given, _UntilNoMistake()] if isinstance(given, list | tuple) else given

    def _wishes(self, target: Target, validation: Any, *, part: bool) -> dict[str, Any]:
        return {
            "optimizer": SGD(self.learning_rate), "batch_size": 1, "metrics": [mistakes],
        }  # fmt: skip
