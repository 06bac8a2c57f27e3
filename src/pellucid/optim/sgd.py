"""Stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import final

from pellucid.arguments import ranged
from pellucid.errors import ArgumentError
from pellucid.graph.op import Spec
from pellucid.graph.tensor import Tensor
from pellucid.graph.variable import Variable
from pellucid.optim.optimizer import Optimizer, as_dtype

__all__ = ["SGD"]


@final
@dataclass(frozen=True)
class SGD(Optimizer):
    r"""Stochastic gradient descent, with momentum (plain or Nesterov's) on request.

    .. math::
        g &\leftarrow g + \lambda p \\
        v &\leftarrow \mu v + g \\
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
    weight_decay : λ, the strength of the pull towards zero

    Examples
    --------
    >>> from pellucid import optim
    >>> optim.SGD(0.1, momentum=0.9, nesterov=True)
    SGD(learning_rate=0.1, momentum=0.9, nesterov=True, weight_decay=0.0)
    """

    learning_rate: float = ranged(0.01, low=0)
    momentum: float = ranged(0.0, low=0, below=1)
    nesterov: bool = False
    weight_decay: float = ranged(0.0, low=0)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.nesterov and not self.momentum:
            raise ArgumentError(
                "nesterov=True needs a momentum to look ahead along", where="SGD",
                got="momentum=0.0", wanted="0 < momentum < 1", mend="write momentum=0.9",
            )  # fmt: skip

    @property
    def kind(self) -> Hashable:
        """Whether there is momentum, and of which kind."""
        return "SGD", self.momentum != 0, self.nesterov

    def slots(self, parameter: Variable) -> dict[str, Spec]:
        """Keep the velocity, if there is momentum."""
        return {"velocity": Spec(parameter.shape, parameter.dtype)} if self.momentum else {}

    def update(
        self,
        parameter: Tensor,
        gradient: Tensor,
        slots: dict[str, Tensor],
        hyper: dict[str, Tensor],
        step: Tensor,
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Take the step of the formula above."""
        rate, momentum, decay = as_dtype(
            parameter, hyper["learning_rate"], hyper["momentum"], hyper["weight_decay"]
        )
        direction = gradient + decay * parameter
        if "velocity" in slots:
            velocity = momentum * slots["velocity"] + direction
            direction = direction + momentum * velocity if self.nesterov else velocity
            slots = {"velocity": velocity}
        return parameter - rate * direction, slots
