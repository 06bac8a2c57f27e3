"""A network that predicts quantities, as an estimator of scikit-learn."""

from __future__ import annotations

from typing import Any, Self, final

import numpy as np
from numpy.typing import NDArray
from sklearn.base import RegressorMixin
from sklearn.utils.validation import column_or_1d

from pellucid import losses
from pellucid.sklearn.estimator import Target
from pellucid.sklearn.neural import NeuralEstimator

__all__ = ["NeuralRegressor"]


@final
class NeuralRegressor(RegressorMixin, NeuralEstimator):  # type: ignore[misc]
    """Predicts one or several quantities with a network; MLPRegressor and more.

    Parameters and attributes are those of :class:`NeuralClassifier`, without what is about classes.
    The loss is the squared error unless said. Where `prepare` asks for scaled inputs, the targets
    are standardised too: ``loss_curve_`` is in those units, predictions are in the units of y.

    Examples
    --------
    >>> import numpy as np
    >>> from pellucid.sklearn import NeuralRegressor
    >>> X = np.linspace(-1, 1, 100).reshape(-1, 1)
    >>> y = 1000 + 20 * X[:, 0] ** 2
    >>> model = NeuralRegressor(learning_rate=0.01, random_state=1).fit(X, y)
    >>> model.score(X, y) > 0.95
    True
    >>> NeuralRegressor((8,), random_state=1).fit(X, np.column_stack([y, -y])).predict(X).shape
    (100, 2)
    """

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Go on for one epoch over these rows; scaling is that of the first rows."""
        return self._trained(X, y, sample_weight, part=True)

    def predict(self, X: Any) -> NDArray[Any]:
        """Give the quantities of each row: (rows,), or (rows, outputs) where y had columns."""
        found = self._asked(lambda network, rows: network.predict(rows), X)
        return found[:, 0] if self._is_column else found

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def _target(self, y: NDArray[Any], *, fresh: bool, classes: Any = None) -> Target:
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        if fresh:
            self._is_column = y.ndim == 1
        loss = self._wanted_loss() or losses.mse
        outputs = 1 if y.ndim == 1 else y.shape[1]
        return Target(y.astype(np.float64), outputs, loss, is_scaled=loss.task == "regression")
