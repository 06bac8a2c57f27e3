"""AdaGrad."""

from __future__ import annotations

from typing import final

from pellucid.arguments import ranged
from pellucid.graph.op import Spec
from pellucid.graph.tensor import Tensor
from pellucid.graph.variable import Variable
from pellucid.ops.elementwise import cast, sqrt
from pellucid.optim.formula import as_dtype
from pellucid.optim.optimizer import Optimizer

__all__ = ["AdaGrad"]


@final
class AdaGrad(Optimizer):
    r"""Divide the gradient by the root of the sum of all its squares so far.

    .. math::
        g &\leftarrow g + \lambda p \\
        s &\leftarrow s + g^2 \\
        p &\leftarrow p - \frac{\eta}{1 + (t - 1)\gamma} \, \frac{g}{\sqrt{s_0 + s} + \varepsilon}

    with the number t of the step, from 1. The same as ``torch.optim.Adagrad``.

    Source: Duchi, Hazan and Singer, "Adaptive subgradient methods for online learning and
    stochastic optimization", 2011, figure 1 (with the diagonal matrix).

    Parameters
    ----------
    learning_rate : η
    learning_rate_decay : γ, how quickly the rate itself shrinks
    initial_accumulator : s₀, the sum of squares at first
    eps : ε, which keeps the step finite where the gradient vanishes
    options : those of every :class:`Optimizer`: weight_decay (λ), clip_norm, groups, averaging, …

    Examples
    --------
    >>> from pellucid import optim
    >>> optim.AdaGrad(0.1, initial_accumulator=0.1).eps
    1e-10
    """

    learning_rate_decay: float = ranged(0.0, low=0)
    initial_accumulator: float = ranged(0.0, low=0)
    eps: float = ranged(1e-10, low=0)

    def slots(self, parameter: Variable) -> dict[str, Spec]:
        """Keep the sum of squares, without the one at first."""
        return {"total": Spec(parameter.shape, parameter.dtype)}

    def change(
        self,
        gradient: Tensor,
        slots: dict[str, Tensor],
        hyper: dict[str, Tensor],
        step: Tensor,
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Take the step of the formula above."""
        shrunk = 1 + (cast(step, "float64") - 1) * hyper["learning_rate_decay"]
        rate, first, eps = as_dtype(
            gradient, hyper["learning_rate"] / shrunk, hyper["initial_accumulator"], hyper["eps"]
        )
        total = slots["total"] + gradient * gradient
        return rate * gradient / (sqrt(first + total) + eps), {"total": total}
