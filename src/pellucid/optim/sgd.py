"""Stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Hashable
from typing import final

from pellucid.arguments import ranged
from pellucid.errors import ArgumentError
from pellucid.graph.op import Spec
from pellucid.graph.tensor import Tensor
from pellucid.graph.variable import Variable
from pellucid.ops.elementwise import where
from pellucid.optim.formula import as_dtype
from pellucid.optim.optimizer import Optimizer

__all__ = ["SGD"]


@final
class SGD(Optimizer):
    r"""Stochastic gradient descent, with momentum (plain or Nesterov's) on request.

    .. math::
        g &\leftarrow g + \lambda p \\
        v &\leftarrow \mu v + (1 - \tau) g \qquad (v = g \text{ at first}) \\
        d &= g + \mu v \quad\text{(Nesterov)}, \qquad d = v \quad\text{(plain)} \\
        p &\leftarrow p - \eta d

    Without momentum d = g. The same as ``torch.optim.SGD``.

    Source: Robbins and Monro, 1951; Polyak, 1964; Nesterov, 1983, in the form of Sutskever and
    others, "On the importance of initialization and momentum in deep learning", 2013.

    Parameters
    ----------
    learning_rate : η
    momentum : μ, the share of the last direction that is kept
    nesterov : look ahead along the momentum
    dampening : τ, the share of the gradient that momentum leaves out
    options : those of every :class:`Optimizer`: weight_decay (λ), clip_norm, groups, averaging, …

    Examples
    --------
    >>> from pellucid import optim
    >>> optim.SGD(0.1, momentum=0.9, nesterov=True)
    SGD(learning_rate=0.1, momentum=0.9, nesterov=True, dampening=0.0)
    """

    momentum: float = ranged(0.0, low=0, below=1)
    nesterov: bool = False
    dampening: float = ranged(0.0, low=0, high=1)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.nesterov and not self.momentum:
            raise ArgumentError(
                "nesterov=True needs a momentum to look ahead along", where="SGD",
                got="momentum=0.0", wanted="0 < momentum < 1", mend="write momentum=0.9",
            )  # fmt: skip
        if self.nesterov and self.dampening:
            raise ArgumentError(
                "nesterov=True does not go with dampening", where="SGD",
                got=f"dampening={self.dampening}", wanted="dampening=0",
                mend="leave dampening out, or nesterov",
            )  # fmt: skip

    @property
    def kind(self) -> Hashable:
        """Whether there is momentum, and of which kind."""
        return super().kind, self.momentum != 0

    def slots(self, parameter: Variable) -> dict[str, Spec]:
        """Keep the velocity, if there is momentum."""
        return {"velocity": Spec(parameter.shape, parameter.dtype)} if self.momentum else {}

    def change(
        self,
        gradient: Tensor,
        slots: dict[str, Tensor],
        hyper: dict[str, Tensor],
        step: Tensor,
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Take the step of the formula above."""
        if not self.momentum:
            (rate,) = as_dtype(gradient, hyper["learning_rate"])
            return rate * gradient, {}
        share = where(step == 1, 1, 1 - hyper["dampening"])
        rate, momentum, new = as_dtype(gradient, hyper["learning_rate"], hyper["momentum"], share)
        velocity = momentum * slots["velocity"] + new * gradient
        direction = gradient + momentum * velocity if self.nesterov else velocity
        return rate * direction, {"velocity": velocity}
