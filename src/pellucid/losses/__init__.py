"""Losses: how far a prediction is from its target, one number for each row, and their mean.

A loss says what it takes from the network (logits, probabilities, log-probabilities or values),
what turns that into probabilities (its link), and which metric is read beside it. A prediction and
a target never broadcast against each other. Labels are looked at whenever their values are known.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pellucid.arguments import Absent, declared, named
from pellucid.errors import ArgumentTypeError
from pellucid.graph.tensor import Tensor
from pellucid.losses.base import LOSSES, Loss
from pellucid.losses.binary import (
    BinaryCrossEntropy,
    BinaryCrossEntropyWithLogits,
    BinaryFocal,
    Hinge,
)
from pellucid.losses.classes import (
    CategoricalCrossEntropy,
    CrossEntropy,
    Focal,
    KLDivergence,
    MulticlassHinge,
    NegativeLogLikelihood,
)
from pellucid.losses.function import FunctionLoss
from pellucid.losses.regression import (
    GaussianNegativeLogLikelihood,
    Huber,
    LogCosh,
    MeanAbsoluteError,
    MeanSquaredError,
    Poisson,
    Quantile,
    SmoothL1,
)

__all__ = [
    "LOSSES", "BinaryCrossEntropy", "BinaryCrossEntropyWithLogits", "BinaryFocal",
    "CategoricalCrossEntropy", "CrossEntropy", "Focal", "FunctionLoss",
    "GaussianNegativeLogLikelihood", "Hinge", "Huber", "KLDivergence", "LogCosh", "Loss",
    "MeanAbsoluteError", "MeanSquaredError", "MulticlassHinge", "NegativeLogLikelihood", "Poisson",
    "Quantile", "SmoothL1", "binary_cross_entropy", "binary_cross_entropy_with_logits",
    "binary_focal", "categorical_cross_entropy", "cross_entropy", "focal", "from_config",
    "gaussian_nll", "get", "hinge", "huber", "kl_divergence", "log_cosh", "mae", "mse",
    "multiclass_hinge", "nll", "poisson", "quantile", "smooth_l1", "squared_hinge", "to_config",
]  # fmt: skip

binary_cross_entropy = BinaryCrossEntropy()
binary_cross_entropy_with_logits = BinaryCrossEntropyWithLogits()
binary_focal = BinaryFocal()
categorical_cross_entropy = CategoricalCrossEntropy()
cross_entropy = CrossEntropy()
focal = Focal()
gaussian_nll = GaussianNegativeLogLikelihood()
hinge = Hinge()
huber = Huber()
kl_divergence = KLDivergence()
log_cosh = LogCosh()
mae = MeanAbsoluteError()
mse = MeanSquaredError()
multiclass_hinge = MulticlassHinge()
nll = NegativeLogLikelihood()
poisson = Poisson()
quantile = Quantile()
smooth_l1 = SmoothL1()
squared_hinge = Hinge(squared=True)

LOSSES.update({
    "binary_cross_entropy": binary_cross_entropy,
    "binary_cross_entropy_with_logits": binary_cross_entropy_with_logits,
    "binary_focal": binary_focal,
    "categorical_cross_entropy": categorical_cross_entropy,
    "cross_entropy": cross_entropy,
    "focal": focal,
    "gaussian_nll": gaussian_nll,
    "hinge": hinge,
    "huber": huber,
    "kl_divergence": kl_divergence,
    "log_cosh": log_cosh,
    "mae": mae,
    "mse": mse,
    "multiclass_hinge": multiclass_hinge,
    "nll": nll,
    "poisson": poisson,
    "quantile": quantile,
    "smooth_l1": smooth_l1,
    "squared_hinge": squared_hinge,
})  # fmt: skip


def get(loss: str | Loss | Callable[[Tensor, Tensor], Tensor]) -> Loss:
    """Find a loss by name; any function of a prediction and a target may be one.

    The function gives one number, or one for each row.

    Raises
    ------
    ArgumentError : for an unknown name, naming the closest

    Examples
    --------
    >>> from pellucid import losses
    >>> losses.get("mse")
    MeanSquaredError()
    >>> cubic = losses.get(lambda prediction, target: abs(prediction - target) ** 3)
    >>> cubic([1.0, 3.0], [1.0, 1.0])
    Tensor(4.0, float32)
    """
    if isinstance(loss, type):
        raise ArgumentTypeError(
            "a loss is given as a class", got=loss.__name__, mend=f"write {loss.__name__}()"
        )
    if isinstance(loss, Loss):
        return loss
    return FunctionLoss(loss) if callable(loss) else named(loss, "loss", LOSSES)


def to_config(loss: Loss) -> dict[str, Any]:
    """Write a loss as plain data; of a function or class of one's own only the name remains.

    >>> from pellucid import losses
    >>> losses.to_config(losses.mse)
    {'class': 'MeanSquaredError', 'arguments': {}}
    """
    return loss.config if type(loss) in map(type, LOSSES.values()) else {"function": loss.name}


def from_config(config: Mapping[str, Any]) -> Loss:
    """Make the loss that :func:`to_config` wrote; one that is only named refuses to be computed.

    >>> from pellucid import losses
    >>> losses.from_config(losses.to_config(losses.mse)) == losses.mse
    True
    """
    if "function" in config:
        return FunctionLoss(Absent(str(config["function"]), "loss"))
    return declared(config, {type(loss).__name__: type(loss) for loss in LOSSES.values()})
