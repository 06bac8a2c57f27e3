"""Adamax."""

from __future__ import annotations

from dataclasses import field
from typing import final

from pellucid.graph.op import Spec
from pellucid.graph.tensor import Tensor
from pellucid.graph.variable import Variable
from pellucid.ops.elementwise import abs as size
from pellucid.ops.elementwise import maximum
from pellucid.optim.formula import as_dtype
from pellucid.optim.moments import Moments, running_mean
from pellucid.optim.schedules import RATE, Schedule

__all__ = ["Adamax"]


@final
class Adamax(Moments):
    r"""Adam with the largest recent gradient in the place of the root mean square.

    .. math::
        g &\leftarrow g + \lambda p \\
        m &\leftarrow \beta_1 m + (1 - \beta_1) g \\
        u &\leftarrow \max(\beta_2 u, |g| + \varepsilon) \\
        p &\leftarrow p - \frac{\eta}{1 - \beta_1^t} \, \frac{m}{u}

    The same as ``torch.optim.Adamax``.

    Source: Kingma and Ba, "Adam: a method for stochastic optimization", 2015, algorithm 2, which
    has no ε.

    Parameters
    ----------
    learning_rate : η
    beta1, beta2 : β₁ and β₂, the share of the mean and of the largest size that is kept
    eps : ε, which keeps the step finite where the gradient vanishes
    options : those of every :class:`Optimizer`: weight_decay (λ), clip_norm, groups, averaging, …

    Examples
    --------
    >>> from pellucid import optim
    >>> optim.Adamax()
    Adamax(learning_rate=0.002, beta1=0.9, beta2=0.999, eps=1e-08)
    """

    learning_rate: float | Schedule = field(default=0.002, metadata=RATE)

    def slots(self, parameter: Variable) -> dict[str, Spec]:
        """Keep the mean, and the largest size."""
        spec = Spec(parameter.shape, parameter.dtype)
        return {"mean": spec, "largest": spec}

    def change(
        self,
        gradient: Tensor,
        slots: dict[str, Tensor],
        hyper: dict[str, Tensor],
        step: Tensor,
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Take the step of the formula above."""
        mean = running_mean(slots["mean"], gradient, hyper["beta1"])
        seen, _ = self.corrections(hyper, step)
        rate, keep, eps = as_dtype(
            gradient, hyper["learning_rate"] / seen, hyper["beta2"], hyper["eps"]
        )
        largest = maximum(keep * slots["largest"], size(gradient) + eps)
        return rate * mean / largest, {"mean": mean, "largest": largest}
