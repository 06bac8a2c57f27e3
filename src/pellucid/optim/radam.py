"""RAdam."""

from __future__ import annotations

from typing import final

from pellucid.graph.tensor import Tensor
from pellucid.ops.elementwise import cast, maximum, sqrt, where
from pellucid.optim.formula import as_dtype
from pellucid.optim.moments import Moments

__all__ = ["RAdam"]


@final
class RAdam(Moments):
    r"""Adam that adapts only once its mean square rests on enough gradients.

    .. math::
        g &\leftarrow g + \lambda p \\
        \rho_\infty &= \frac{2}{1 - \beta_2} - 1, \qquad
        \rho = \rho_\infty - \frac{2 t \beta_2^t}{1 - \beta_2^t} \\
        p &\leftarrow p - \eta \hat m r / (\sqrt{v} + \varepsilon), \qquad
        r = \sqrt{\frac{(\rho - 4)(\rho - 2) \rho_\infty}
        {(\rho_\infty - 4)(\rho_\infty - 2) \rho} (1 - \beta_2^t)}
        \qquad\text{if } \rho > 5 \\
        p &\leftarrow p - \eta \hat m \qquad\text{else}

    with the means of :class:`Adam`. The same as ``torch.optim.RAdam``.

    Source: Liu and others, "On the variance of the adaptive learning rate and beyond", 2020,
    algorithm 2, with 5 for its threshold of 4, as its authors' program has it.

    Parameters
    ----------
    learning_rate : η
    beta1, beta2 : β₁ and β₂, the share of the means of gradient and square that is kept
    eps : ε, which keeps the step finite where the gradient vanishes
    options : those of every :class:`Optimizer`: weight_decay (λ), clip_norm, groups, averaging, …

    Examples
    --------
    >>> from pellucid import optim
    >>> optim.RAdam(beta2=0.99)
    RAdam(learning_rate=0.001, beta1=0.9, beta2=0.99, eps=1e-08)
    """

    def change(
        self,
        gradient: Tensor,
        slots: dict[str, Tensor],
        hyper: dict[str, Tensor],
        step: Tensor,
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Take the step of the formula above."""
        moved = self.moved(gradient, slots, hyper)
        seen1, seen2 = self.corrections(hyper, step)
        most = 2 / (1 - hyper["beta2"]) - 1
        length = most - 2 * cast(step, "float64") * (1 - seen2) / seen2
        enough = length > 5
        some = maximum(length, 5)  # keeps the root real where it is not used
        shrink = (some - 4) * (some - 2) * most / (maximum(most - 4, 1) * (most - 2) * some)
        rate, rectified, eps = as_dtype(
            gradient, hyper["learning_rate"] / seen1, sqrt(shrink * seen2), hyper["eps"]
        )
        adapted = where(enough, rectified / (sqrt(moved["square"]) + eps), 1)
        return rate * moved["mean"] * adapted, moved
