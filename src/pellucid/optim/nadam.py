"""NAdam."""

from __future__ import annotations

from dataclasses import field
from typing import final

import numpy as np

from pellucid.arguments import ranged
from pellucid.graph.op import Spec
from pellucid.graph.tensor import Tensor
from pellucid.graph.variable import Variable
from pellucid.ops.elementwise import cast, sqrt
from pellucid.optim.formula import as_dtype
from pellucid.optim.moments import Moments
from pellucid.optim.schedules import RATE, Schedule

__all__ = ["NAdam"]


@final
class NAdam(Moments):
    r"""Adam that looks ahead along its momentum, as Nesterov's does.

    .. math::
        g &\leftarrow g + \lambda p \\
        \mu_t &= \beta_1 (1 - \tfrac12 \, 0.96^{t\psi}), \qquad \Pi_t = \mu_1 \cdots \mu_t \\
        \hat m &= \frac{\mu_{t+1} m}{1 - \Pi_{t+1}} + \frac{(1 - \mu_t) g}{1 - \Pi_t} \\
        p &\leftarrow p - \eta \hat m / (\sqrt{\hat v} + \varepsilon)

    with the means m and v of :class:`Adam` that contain g already. The same as
    ``torch.optim.NAdam``.

    Source: Dozat, "Incorporating Nesterov momentum into Adam", 2016, algorithm 2, with the
    schedule of μ from Sutskever and others, 2013.

    Parameters
    ----------
    learning_rate : η
    beta1, beta2 : β₁ and β₂, the share of the means of gradient and square that is kept
    eps : ε, which keeps the step finite where the gradient vanishes
    momentum_decay : ψ, how quickly μ rises from β₁/2 to β₁
    options : those of every :class:`Optimizer`: weight_decay (λ), clip_norm, groups, averaging, …

    Examples
    --------
    >>> from pellucid import optim
    >>> optim.NAdam().momentum_decay
    0.004
    """

    learning_rate: float | Schedule = field(default=0.002, metadata=RATE)
    momentum_decay: float = ranged(0.004, low=0)

    def slots(self, parameter: Variable) -> dict[str, Spec]:
        """Keep the means, and 1 − Π, which starts at zero as every slot does."""
        return super().slots(parameter) | {"seen": Spec((), np.dtype(np.float64))}

    def change(
        self,
        gradient: Tensor,
        slots: dict[str, Tensor],
        hyper: dict[str, Tensor],
        step: Tensor,
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Take the step of the formula above."""
        moved = self.moved(gradient, slots, hyper)
        now, ahead = _momentum(hyper, step), _momentum(hyper, step + 1)
        left = (1 - slots["seen"]) * now
        _, seen2 = self.corrections(hyper, step)
        rate = hyper["learning_rate"]
        along, fresh, scale, eps = as_dtype(
            gradient,
            rate * ahead / (1 - left * ahead),
            rate * (1 - now) / (1 - left),
            sqrt(seen2),
            hyper["eps"],
        )
        direction = along * moved["mean"] + fresh * gradient
        return direction / (sqrt(moved["square"]) / scale + eps), moved | {"seen": 1 - left}


def _momentum(hyper: dict[str, Tensor], step: Tensor) -> Tensor:
    return hyper["beta1"] * (1 - 0.5 * 0.96 ** (cast(step, "float64") * hyper["momentum_decay"]))
