"""RMSProp."""

from __future__ import annotations

from collections.abc import Hashable
from typing import final

from pellucid.arguments import ranged
from pellucid.graph.op import Spec
from pellucid.graph.tensor import Tensor
from pellucid.graph.variable import Variable
from pellucid.ops.elementwise import maximum, sqrt
from pellucid.optim.formula import as_dtype
from pellucid.optim.moments import running_mean
from pellucid.optim.optimizer import Optimizer

__all__ = ["RMSProp"]


@final
class RMSProp(Optimizer):
    r"""Divide the gradient by its root mean square, or by its standard deviation.

    .. math::
        g &\leftarrow g + \lambda p \\
        v &\leftarrow \alpha v + (1 - \alpha) g^2, \qquad
        m \leftarrow \alpha m + (1 - \alpha) g \quad\text{(centred, else 0)} \\
        d &\leftarrow \mu d + g / (\sqrt{v - m^2} + \varepsilon) \\
        p &\leftarrow p - \eta d

    The same as ``torch.optim.RMSprop``.

    Source: Tieleman and Hinton, "Lecture 6.5: RMSProp", Neural networks for machine learning, 2012;
    centred as in Graves, "Generating sequences with recurrent neural networks", 2013, equations
    38 to 41.

    Parameters
    ----------
    learning_rate : η
    alpha : α, the share of the means that is kept
    momentum : μ, the share of the last direction that is kept
    eps : ε, which keeps the step finite where the gradient vanishes
    centered : subtract the square of the mean gradient
    options : those of every :class:`Optimizer`: weight_decay (λ), clip_norm, groups, averaging, …

    Examples
    --------
    >>> from pellucid import optim
    >>> optim.RMSProp(0.001, centered=True)
    RMSProp(learning_rate=0.001, alpha=0.99, momentum=0.0, eps=1e-08, centered=True)
    """

    alpha: float = ranged(0.99, low=0, below=1)
    momentum: float = ranged(0.0, low=0, below=1)
    eps: float = ranged(1e-8, low=0)
    centered: bool = False

    @property
    def kind(self) -> Hashable:
        """Whether there is momentum, and whether it is centred."""
        return super().kind, self.momentum != 0

    def slots(self, parameter: Variable) -> dict[str, Spec]:
        """Keep the mean square, and what centring and momentum need."""
        names = ["square"] + ["mean"] * self.centered + ["velocity"] * (self.momentum != 0)
        return dict.fromkeys(names, Spec(parameter.shape, parameter.dtype))

    def change(
        self,
        gradient: Tensor,
        slots: dict[str, Tensor],
        hyper: dict[str, Tensor],
        step: Tensor,
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Take the step of the formula above."""
        alpha = hyper["alpha"]
        moved = {"square": running_mean(slots["square"], gradient * gradient, alpha)}
        spread = moved["square"]
        if self.centered:
            moved["mean"] = running_mean(slots["mean"], gradient, alpha)
            spread = maximum(spread - moved["mean"] * moved["mean"], 0)  # rounding can go below
        rate, momentum, eps = as_dtype(
            gradient, hyper["learning_rate"], hyper["momentum"], hyper["eps"]
        )
        direction = gradient / (sqrt(spread) + eps)
        if self.momentum:
            direction = moved["velocity"] = momentum * slots["velocity"] + direction
        return rate * direction, moved
