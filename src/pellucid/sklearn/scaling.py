"""How an estimator's network reads its rows: scaled by what the rows say, each by its weight."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.preprocessing import StandardScaler

from pellucid.arguments import one_of
from pellucid.data import Preparation, TargetScaling
from pellucid.data.rules import NumberRule

__all__ = ["input_scaling", "target_scaling"]

Weight = NDArray[np.float64] | None


def input_scaling(wish: Any, X: NDArray[Any], weight: Weight) -> Preparation | None:
    """Learn how the columns are scaled.

    Parameters
    ----------
    wish : "standard", "minmax", a Preparation that is ready, or ``None``
    weight : how much each row counts; rows of weight 0 do not

    Examples
    --------
    >>> X = np.array([[1.0], [2.0], [9.0]])
    >>> input_scaling("standard", X, np.array([1.0, 1.0, 0.0])).apply(X).array.tolist()
    [[-1.0], [1.0], [15.0]]
    """
    if wish is None or isinstance(wish, Preparation):
        return wish
    scaling = one_of(wish, "prepare", ("standard", "minmax"))
    if weight is None or X.ndim > 2 or scaling == "minmax":
        rows = X if weight is None else X[weight > 0]
        return Preparation.fit(rows, scaling=scaling)  # type: ignore[arg-type]
    rules = [
        NumberRule(f"column {j}", "number", centre, scale, centre)
        for j, (centre, scale) in enumerate(_centres_and_scales(X, weight))
    ]
    return Preparation(tuple(rules), "standard", named=False)


def target_scaling(y: NDArray[np.float64], weight: Weight) -> TargetScaling:
    """Learn how quantities are standardised, for the network to predict them.

    Examples
    --------
    >>> target_scaling(np.array([1.0, 5.0, 9.0]), np.array([1.0, 1.0, 0.0]))
    TargetScaling(centre=(3.0,), scale=(2.0,))
    """
    if weight is None:
        return TargetScaling.fit(y)
    centres, scales = zip(*_centres_and_scales(y.reshape(len(y), -1), weight), strict=True)
    return TargetScaling(centres, scales)


def _centres_and_scales(
    columns: NDArray[Any], weight: NDArray[np.float64]
) -> list[tuple[float, float]]:
    found = StandardScaler().fit(columns, sample_weight=weight)
    return list(zip(found.mean_.tolist(), found.scale_.tolist(), strict=True))
