"""Adadelta."""

from __future__ import annotations

from dataclasses import field
from typing import final

from pellucid.arguments import ranged
from pellucid.graph.op import Spec
from pellucid.graph.tensor import Tensor
from pellucid.graph.variable import Variable
from pellucid.ops.elementwise import sqrt
from pellucid.optim.formula import as_dtype
from pellucid.optim.moments import running_mean
from pellucid.optim.optimizer import Optimizer
from pellucid.optim.schedules import RATE, Schedule

__all__ = ["Adadelta"]


@final
class Adadelta(Optimizer):
    r"""Give each step the size of the steps before it, so that no rate has to be chosen.

    .. math::
        g &\leftarrow g + \lambda p \\
        v &\leftarrow \rho v + (1 - \rho) g^2 \\
        d &= g \sqrt{u + \varepsilon} / \sqrt{v + \varepsilon} \\
        u &\leftarrow \rho u + (1 - \rho) d^2 \\
        p &\leftarrow p - \eta d

    The same as ``torch.optim.Adadelta``.

    Source: Zeiler, "ADADELTA: an adaptive learning rate method", 2012, algorithm 1 (η = 1).

    Parameters
    ----------
    learning_rate : η
    rho : ρ, the share of the means that is kept
    eps : ε, which sets the size of the first steps
    options : those of every :class:`Optimizer`: weight_decay (λ), clip_norm, groups, averaging, …

    Examples
    --------
    >>> from pellucid import optim
    >>> optim.Adadelta()
    Adadelta(learning_rate=1.0, rho=0.9, eps=1e-06)
    """

    learning_rate: float | Schedule = field(default=1.0, metadata=RATE)
    rho: float = ranged(0.9, low=0, below=1)
    eps: float = ranged(1e-6, low=0)

    def slots(self, parameter: Variable) -> dict[str, Spec]:
        """Keep the mean squares of gradients and of changes."""
        spec = Spec(parameter.shape, parameter.dtype)
        return {"square": spec, "moved": spec}

    def change(
        self,
        gradient: Tensor,
        slots: dict[str, Tensor],
        hyper: dict[str, Tensor],
        step: Tensor,
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Take the step of the formula above."""
        rho = hyper["rho"]
        rate, eps = as_dtype(gradient, hyper["learning_rate"], hyper["eps"])
        square = running_mean(slots["square"], gradient * gradient, rho)
        direction = sqrt(slots["moved"] + eps) / sqrt(square + eps) * gradient
        moved = running_mean(slots["moved"], direction * direction, rho)
        return rate * direction, {"square": square, "moved": moved}
