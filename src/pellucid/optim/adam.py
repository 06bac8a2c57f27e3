"""Adam, and Adam with decoupled weight decay."""

from __future__ import annotations

from abc import ABC
from dataclasses import KW_ONLY
from typing import ClassVar, final

from pellucid.arguments import ranged
from pellucid.graph.tensor import Tensor
from pellucid.ops.elementwise import sqrt
from pellucid.optim.formula import as_dtype
from pellucid.optim.moments import Moments

__all__ = ["Adam", "AdamW"]


class _Adaptive(Moments, ABC):
    """The step that both take."""

    def change(
        self,
        gradient: Tensor,
        slots: dict[str, Tensor],
        hyper: dict[str, Tensor],
        step: Tensor,
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Divide the mean gradient by its root mean square, both without bias.

        The factors that take the bias away are the same for all weights: the fraction is expanded
        by that of the root, so that each weight takes one division.
        """
        moved = self.moved(gradient, slots, hyper)
        seen1, seen2 = self.corrections(hyper, step)
        scale = sqrt(seen2)
        rate, eps = as_dtype(gradient, hyper["learning_rate"] * scale / seen1, hyper["eps"] * scale)
        return rate * moved["mean"] / (sqrt(moved["square"]) + eps), moved


@final
class Adam(_Adaptive):
    r"""Adaptive moments: a step length for each weight, from running means of gradient and square.

    .. math::
        g &\leftarrow g + \lambda p \\
        m &\leftarrow \beta_1 m + (1 - \beta_1) g, \qquad \hat m = m / (1 - \beta_1^t) \\
        v &\leftarrow \beta_2 v + (1 - \beta_2) g^2, \qquad \hat v = v / (1 - \beta_2^t) \\
        p &\leftarrow p - \eta \hat m / (\sqrt{\hat v} + \varepsilon)

    with the number t of the step, from 1. The same as ``torch.optim.Adam``.

    Source: Kingma and Ba, "Adam: a method for stochastic optimization", 2015, algorithm 1.

    Parameters
    ----------
    learning_rate : η
    beta1, beta2 : β₁ and β₂, the share of the means of gradient and square that is kept
    eps : ε, which keeps the step finite where the gradient vanishes
    options : those of every :class:`Optimizer`; weight_decay (λ) is added to the gradient here,
        :class:`AdamW` keeps it apart from the adaptation

    Examples
    --------
    >>> from pellucid import optim
    >>> optim.Adam(0.05)
    Adam(learning_rate=0.05, beta1=0.9, beta2=0.999, eps=1e-08)
    """


@final
class AdamW(_Adaptive):
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
    options : those of every :class:`Optimizer`; weight_decay (λ) is 0.01 here

    Examples
    --------
    >>> from pellucid import optim
    >>> optim.AdamW(0.01).weight_decay
    0.01
    """

    decoupled: ClassVar[bool] = True

    _: KW_ONLY
    weight_decay: float = ranged(0.01, low=0)
