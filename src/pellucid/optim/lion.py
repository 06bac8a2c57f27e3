"""Lion."""

from __future__ import annotations

from dataclasses import field
from typing import ClassVar, final

from pellucid.arguments import ranged
from pellucid.graph.op import Spec
from pellucid.graph.tensor import Tensor
from pellucid.graph.variable import Variable
from pellucid.ops.elementwise import sign
from pellucid.optim.formula import as_dtype
from pellucid.optim.moments import running_mean
from pellucid.optim.optimizer import Optimizer
from pellucid.optim.schedules import RATE, Schedule

__all__ = ["Lion"]


@final
class Lion(Optimizer):
    r"""Evolved sign momentum: a step of one length for all weights, in the mean direction.

    .. math::
        d &= \operatorname{sign}(\beta_1 m + (1 - \beta_1) g) \\
        m &\leftarrow \beta_2 m + (1 - \beta_2) g \\
        p &\leftarrow (1 - \eta\lambda) p - \eta d

    Source: Chen and others, "Symbolic discovery of optimization algorithms", 2023, algorithm 2.

    Parameters
    ----------
    learning_rate : η, some three to ten times smaller than Adam's
    beta1 : β₁, the share of the mean in the direction
    beta2 : β₂, the share of the mean that is kept
    options : those of every :class:`Optimizer`: weight_decay (λ), clip_norm, groups, averaging, …

    Examples
    --------
    >>> from pellucid import optim
    >>> optim.Lion(weight_decay=0.1)
    Lion(learning_rate=0.0001, beta1=0.9, beta2=0.99, weight_decay=0.1)
    """

    decoupled: ClassVar[bool] = True

    learning_rate: float | Schedule = field(default=0.0001, metadata=RATE)
    beta1: float = ranged(0.9, low=0, below=1)
    beta2: float = ranged(0.99, low=0, below=1)

    def slots(self, parameter: Variable) -> dict[str, Spec]:
        """Keep the mean gradient."""
        return {"mean": Spec(parameter.shape, parameter.dtype)}

    def change(
        self,
        gradient: Tensor,
        slots: dict[str, Tensor],
        hyper: dict[str, Tensor],
        step: Tensor,
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Take the step of the formula above."""
        (rate,) = as_dtype(gradient, hyper["learning_rate"])
        direction = sign(running_mean(slots["mean"], gradient, hyper["beta1"]))
        return rate * direction, {"mean": running_mean(slots["mean"], gradient, hyper["beta2"])}
