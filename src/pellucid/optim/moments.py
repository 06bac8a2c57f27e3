"""What Adam and its relatives share: running means of the gradient and of its size."""

from __future__ import annotations

from abc import ABC
from dataclasses import field

from pellucid.arguments import ranged
from pellucid.graph.op import Spec
from pellucid.graph.tensor import Tensor
from pellucid.graph.variable import Variable
from pellucid.ops.elementwise import cast
from pellucid.optim.formula import as_dtype
from pellucid.optim.optimizer import Optimizer
from pellucid.optim.schedules import RATE, Schedule

__all__ = ["Moments", "running_mean"]


def running_mean(mean: Tensor, value: Tensor, kept: Tensor) -> Tensor:
    """Move a mean towards a value: :math:`κ m + (1 - κ) v`."""
    keep, new = as_dtype(value, kept, 1 - kept)
    return keep * mean + new * value


class Moments(Optimizer, ABC):
    """A rule with the running means m of the gradient g and v of its square.

    .. math:: m ← β_1 m + (1 - β_1) g, \\qquad v ← β_2 v + (1 - β_2) g^2
    """

    learning_rate: float | Schedule = field(default=0.001, metadata=RATE)
    beta1: float = ranged(0.9, low=0, below=1)
    beta2: float = ranged(0.999, low=0, below=1)
    eps: float = ranged(1e-8, low=0)

    def slots(self, parameter: Variable) -> dict[str, Spec]:
        """Keep the two means."""
        spec = Spec(parameter.shape, parameter.dtype)
        return {"mean": spec, "square": spec}

    def moved(
        self, gradient: Tensor, slots: dict[str, Tensor], hyper: dict[str, Tensor]
    ) -> dict[str, Tensor]:
        """Give the means with this gradient in them."""
        return {
            "mean": running_mean(slots["mean"], gradient, hyper["beta1"]),
            "square": running_mean(slots["square"], gradient * gradient, hyper["beta2"]),
        }

    def corrections(self, hyper: dict[str, Tensor], step: Tensor) -> tuple[Tensor, Tensor]:
        """Give the share of each mean that is no longer the zero it began with: 1 − βᵗ."""
        count = cast(step, "float64")
        return 1 - hyper["beta1"] ** count, 1 - hyper["beta2"] ** count
