"""Averages of the weights, kept beside them while training goes on, and taken at its end."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import final

from pellucid.arguments import ranged
from pellucid.graph.tensor import Tensor
from pellucid.ops.elementwise import cast, floor, maximum, remainder, where
from pellucid.optim.formula import Formula, whole

__all__ = ["AVERAGINGS", "Averaging", "ExponentialAverage", "UniformAverage"]


class Averaging(Formula, ABC):
    r"""A rule by which an average a of a weight p follows it: :math:`a ← (1 - s) a + s p`.

    Until `start` the average is the weight itself. Training goes on with the weights as they are,
    and measures these; when it ends, the averages take their place. Running statistics, of batch
    norm for instance, are not averaged.

    Parameters
    ----------
    start : the number of steps before averaging begins

    Examples
    --------
    >>> import pellucid as pel
    >>> from pellucid import optim
    >>> w = pel.Variable(1.0, name="w")
    >>> stepper = optim.SGD(0.5, averaging=optim.ExponentialAverage(0.5)).over([w])
    >>> for _ in range(2):
    ...     stepper.zero_grad(); (w * 1.0).backward(); stepper.step()
    >>> w.numpy().item(), stepper.averaged()["w"].item()
    (0.0, 0.25)
    """

    @abstractmethod
    def share(self, step: Tensor, hyper: Mapping[str, Tensor]) -> Tensor:
        """Give s, the share of the weight after a step.

        Parameters
        ----------
        step : its number, from 1
        hyper : the numbers named by `hyper`, as float64 scalars
        """


@final
class ExponentialAverage(Averaging):
    r"""Forget old weights evenly: :math:`a ← d a + (1 - d) p`, from the first weight on.

    The same as ``torch.optim.swa_utils.get_ema_multi_avg_fn``.

    Source: Polyak and Juditsky, "Acceleration of stochastic approximation by averaging", 1992, with
    the weights of Tarvainen and Valpola, "Mean teachers are better role models", 2017, section 2.

    Parameters
    ----------
    decay : d, about 1 − 1/(steps that count)
    start : the number of steps before averaging begins

    Examples
    --------
    >>> from pellucid import optim
    >>> optim.Adam(averaging=optim.ExponentialAverage(0.99)).averaging
    ExponentialAverage(decay=0.99, start=0)
    """

    decay: float = ranged(0.999, low=0, below=1)
    start: int = whole(0)

    def share(self, step: Tensor, hyper: Mapping[str, Tensor]) -> Tensor:
        """Give all to the first weight, and to later ones what is forgotten."""
        first = cast(step, "float64") <= hyper["start"] + 1
        return where(first, 1, 1 - hyper["decay"])


@final
class UniformAverage(Averaging):
    """Give all weights after `start` the same share: their arithmetic mean.

    The same as ``torch.optim.swa_utils.AveragedModel``.

    Source: Polyak and Juditsky, "Acceleration of stochastic approximation by averaging", 1992;
    Izmailov and others, "Averaging weights leads to wider optima and better generalization", 2018
    (with the steps of an epoch for `every`).

    Parameters
    ----------
    start : the number of steps before averaging begins
    every : how many steps lie between the weights that are averaged

    Examples
    --------
    >>> from pellucid import optim
    >>> optim.UniformAverage(start=1000).every
    1
    """

    start: int = whole(0)
    every: int = whole(1, at_least=1)

    def share(self, step: Tensor, hyper: Mapping[str, Tensor]) -> Tensor:
        """Give the n-th weight 1/n, and those between nothing."""
        since = maximum(cast(step, "float64") - hyper["start"], 0)
        count = maximum(floor(since / hyper["every"]), 1)
        due = (remainder(since, hyper["every"]) == 0) | (since == 0)
        return where(due, 1 / count, 0)


AVERAGINGS: dict[str, type[Averaging]] = {
    "ExponentialAverage": ExponentialAverage,
    "UniformAverage": UniformAverage,
}
