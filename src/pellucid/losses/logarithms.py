"""Logarithms of probabilities that stay finite at 0, and a look at what should be probabilities."""

from __future__ import annotations

from pellucid.errors import DataError
from pellucid.graph.tensor import Tensor
from pellucid.ops.elementwise import log, maximum, minimum, stop_gradient

__all__ = [
    "STEEPEST", "check_log_probabilities", "check_probabilities", "clipped_log", "ended_log",
    "only_slope",
]  # fmt: skip

LEAST_LOG = -100.0  # torch's clamp: a certain and wrong prediction costs 100, not infinity
STEEPEST = 1e12  # torch's clamp of the slope there


def clipped_log(p: Tensor, eps: float) -> Tensor:
    """Give ln p with p clipped to [eps, 1 − eps]."""
    return log(minimum(maximum(p, eps), 1 - eps))


def ended_log(p: Tensor) -> Tensor:
    """Give ln p, but at least −100, as a constant."""
    return stop_gradient(maximum(log(p), LEAST_LOG))


def only_slope(x: Tensor) -> Tensor:
    """Give zero that has the derivatives of x."""
    return x - stop_gradient(x)


def check_probabilities(p: Tensor) -> None:
    """Refuse a prediction that is known and leaves 0 … 1."""
    if p.value is None or not ((p.value < 0) | (p.value > 1)).any():
        return
    raise DataError(
        "the prediction holds numbers that are no probabilities",
        got=f"from {p.value.min():g} to {p.value.max():g}", wanted="0 ≤ prediction ≤ 1",
        mend="end the network with a sigmoid or softmax, or use the loss that takes logits",
    )  # fmt: skip


def check_log_probabilities(x: Tensor) -> None:
    """Refuse a prediction that is known and is above 0 by more than a rounding error."""
    if x.value is None or not (x.value > 1e-5).any():
        return
    raise DataError(
        "the prediction holds numbers that are no logarithms of probabilities",
        got=f"from {x.value.min():g} to {x.value.max():g}", wanted="prediction ≤ 0",
        mend="end the network with nn.LogSoftmax(), or use cross_entropy, which takes logits",
    )  # fmt: skip
