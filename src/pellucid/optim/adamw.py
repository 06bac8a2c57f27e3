"""Adam with decoupled weight decay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from pellucid.arguments import ranged
from pellucid.graph.op import Spec
from pellucid.graph.tensor import Tensor
from pellucid.graph.variable import Variable
from pellucid.optim.adam import adaptive_step, moment_slots
from pellucid.optim.optimizer import Optimizer, as_dtype

__all__ = ["AdamW"]


@final
@dataclass(frozen=True)
class AdamW(Optimizer):
    r"""Adam whose weight decay does not pass through the adaptation.

    .. math::
        p \leftarrow (1 - \eta\lambda) p - \eta \hat m / (\sqrt{\hat v} + \varepsilon)

    with the moments of :class:`Adam`. The same as ``torch.optim.AdamW``.

    Source: Loshchilov and Hutter, "Decoupled weight decay regularization", 2019, algorithm 2.

    Parameters
    ----------
    learning_rate : η
    beta1, beta2 : the share of the means of gradient and square that is kept
    eps : ε, which keeps the step finite where the gradient vanishes
    weight_decay : λ

    Examples
    --------
    >>> from pellucid import optim
    >>> optim.AdamW(0.01).weight_decay
    0.01
    """

    learning_rate: float = ranged(0.001, low=0)
    beta1: float = ranged(0.9, low=0, below=1)
    beta2: float = ranged(0.999, low=0, below=1)
    eps: float = ranged(1e-8, low=0)
    weight_decay: float = ranged(0.01, low=0)

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
        (kept,) = as_dtype(parameter, 1 - hyper["learning_rate"] * hyper["weight_decay"])
        change, slots = adaptive_step(gradient, slots, hyper, step)
        return kept * parameter - change, slots
