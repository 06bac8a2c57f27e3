"""Adam, and the moments that its relatives share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from pellucid.arguments import ranged
from pellucid.graph.op import Spec
from pellucid.graph.tensor import Tensor
from pellucid.graph.variable import Variable
from pellucid.ops.elementwise import cast, sqrt
from pellucid.optim.optimizer import Optimizer, as_dtype

__all__ = ["Adam", "adaptive_step", "moment_slots"]


def moment_slots(parameter: Variable) -> dict[str, Spec]:
    """Keep running means of the gradient and of its square."""
    spec = Spec(parameter.shape, parameter.dtype)
    return {"mean": spec, "square": spec}


def adaptive_step(
    gradient: Tensor, slots: dict[str, Tensor], hyper: dict[str, Tensor], step: Tensor
) -> tuple[Tensor, dict[str, Tensor]]:
    """Give Adam's step for a gradient, and the new moments.

    What is the same for all elements is computed as scalars, in the precision of `hyper`.
    """
    beta1, beta2 = hyper["beta1"], hyper["beta2"]
    count = cast(step, beta1.dtype)
    keep1, keep2, new1, new2 = as_dtype(gradient, beta1, beta2, 1 - beta1, 1 - beta2)
    mean = keep1 * slots["mean"] + new1 * gradient
    square = keep2 * slots["square"] + new2 * (gradient * gradient)
    rate, scale, eps = as_dtype(
        gradient,
        hyper["learning_rate"] / (1 - beta1**count),
        sqrt(1 - beta2**count),
        hyper["eps"],
    )
    return rate * mean / (sqrt(square) / scale + eps), {"mean": mean, "square": square}


@final
@dataclass(frozen=True)
class Adam(Optimizer):
    r"""Adaptive moments: a step length for each weight, from running means of gradient and square.

    .. math::
        g &\leftarrow g + \lambda p \\
        m &\leftarrow \beta_1 m + (1 - \beta_1) g, \qquad \hat m = m / (1 - \beta_1^t) \\
        v &\leftarrow \beta_2 v + (1 - \beta_2) g^2, \qquad \hat v = v / (1 - \beta_2^t) \\
        p &\leftarrow p - \eta \hat m / (\sqrt{\hat v} + \varepsilon)

    with the number t of the step, from 1. The same as ``torch.optim.Adam``.

    Source: Kingma and Ba, "Adam: a method for stochastic optimization", 2015, algorithm 1.

    Parameters
    ----------
    learning_rate : η
    beta1, beta2 : β₁ and β₂, the share of the means of gradient and square that is kept
    eps : ε, which keeps the step finite where the gradient vanishes
    weight_decay : λ, added to the gradient; :class:`AdamW` keeps it apart from the adaptation

    Examples
    --------
    >>> from pellucid import optim
    >>> optim.Adam(0.05)
    Adam(learning_rate=0.05, beta1=0.9, beta2=0.999, eps=1e-08, weight_decay=0.0)
    """

    learning_rate: float = ranged(0.001, low=0)
    beta1: float = ranged(0.9, low=0, below=1)
    beta2: float = ranged(0.999, low=0, below=1)
    eps: float = ranged(1e-8, low=0)
    weight_decay: float = ranged(0.0, low=0)

    def slots(self, parameter: Variable) -> dict[str, Spec]:
        """Keep the two moments."""
        return moment_slots(parameter)

    def update(
        self,
        parameter: Tensor,
        gradient: Tensor,
        slots: dict[str, Tensor],
        hyper: dict[str, Tensor],
        step: Tensor,
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Take the step of the formula above."""
        (decay,) = as_dtype(parameter, hyper["weight_decay"])
        change, slots = adaptive_step(gradient + decay * parameter, slots, hyper, step)
        return parameter - change, slots
