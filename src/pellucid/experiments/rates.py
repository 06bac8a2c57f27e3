"""The range test: the learning rate grows from step to step, until the loss does too."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any, final

import numpy as np
from numpy.typing import NDArray

from pellucid.arguments import Frozen, number_in, ranged, whole_number
from pellucid.errors import ArgumentError, NonFiniteError
from pellucid.graph import Tensor
from pellucid.lazy import load
from pellucid.models import Network
from pellucid.optim import Adam, Optimizer
from pellucid.optim.schedules import Schedule
from pellucid.plot.style import ACCENT, CONTRAST, MUTED, axes_or_new, headed, legend, short

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes

__all__ = ["RateTest", "find_learning_rate"]

WIDTH = 0.03  # of all steps: how far losses are smoothed
FELL, NOISE = 0.02, 1.5  # of the first losses, and of what batches differ by: what counts as a fall
CEILING = 4.0  # times the first losses: beyond it they have no more to say


@final
class Rising(Schedule):
    """Multiply the rate by a factor of more than 1 at each step."""

    initial: float = ranged(1e-6, above=0)
    factor: float = ranged(1.2, low=1)

    def at(self, time: Tensor, hyper: Mapping[str, Tensor]) -> Tensor:
        """Raise the factor to the time."""
        return hyper["initial"] * hyper["factor"] ** time


@final
class RateTest(Frozen):
    """The loss over the learning rate, and the rate at which it fell fastest.

    Attributes
    ----------
    rates, losses : of each step
    smoothed : the losses, smoothed
    suggestion : a rate to begin with, or ``None`` where the loss never fell
    """

    rates: NDArray[np.float64]
    losses: NDArray[np.float64]
    smoothed: NDArray[np.float64]
    suggestion: float | None

    __eq__ = object.__eq__
    __hash__ = object.__hash__

    def plot(self, *, ax: Axes | None = None) -> Axes:
        """Draw the losses over the rates, with the suggestion.

        Examples
        --------
        >>> import pellucid as pel
        >>> from matplotlib.figure import Figure
        >>> from pellucid import data, nn
        >>> test = pel.find_learning_rate(nn.Sequential([nn.Linear(2)]), *data.moons(99), seed=1)
        >>> test.plot(ax=Figure().subplots()).get_xlabel()
        'learning rate'
        """
        ax = axes_or_new(ax, (4.5, 2.9))
        pale = ax.plot(self.rates, self.losses, color=MUTED, linewidth=0.7, alpha=0.6)
        bold = ax.plot(self.rates, self.smoothed, color=ACCENT, linewidth=1.6)
        ax.set_xscale("log")
        ax.set_ylim(top=1.1 * max(float(self.losses[0]), float(self.smoothed[0])) * 1.5, bottom=0)
        handles, names = pale + bold, ["one step", "smoothed"]
        if self.suggestion is not None:
            handles += [ax.axvline(self.suggestion, color=CONTRAST, linestyle=(0, (4, 1.5)))]
            names += ["suggestion"]
        legend(ax, names, handles, loc="lower left")
        aside = "the loss never fell" if self.suggestion is None else f"{short(self.suggestion)}"
        return headed(ax, "Range test", x="learning rate", y="loss", aside=aside)

    def __repr__(self) -> str:
        said = "none, the loss never fell" if self.suggestion is None else f"{self.suggestion:.2g}"
        return (
            f"RateTest(suggestion={said}; {len(self.rates)} steps from {self.rates[0]:.2g} to "
            f"{self.rates[-1]:.2g})"
        )


def find_learning_rate(
    model: Network,
    X: Any,
    y: Any = None,
    *,
    optimizer: Optimizer | None = None,
    low: float = 1e-6,
    high: float = 10.0,
    steps: int = 100,
    seed: int | None = None,
    **options: Any,
) -> RateTest:
    """Train a copy of `model` while the learning rate grows, and see where the loss falls fastest.

    Formula: η_t = low · (high / low)^(t / (steps − 1)). The suggestion is the rate of the steepest
    fall of the smoothed loss over log η, before its least value.

    Source: Smith, "Cyclical learning rates for training neural networks", 2017 (first 2015).

    Parameters
    ----------
    X, y : as for ``fit``
    optimizer : whose rate is sought; Adam by default
    low, high : the first and the last rate
    steps : how many batches are drawn
    seed : of weights not yet drawn and of the batches
    options : what else ``fit`` takes: loss, batch_size, prepare, …

    Raises
    ------
    ArgumentError : for rates that do not grow, and fewer than 20 steps

    Examples
    --------
    >>> import pellucid as pel
    >>> from pellucid import data, nn
    >>> model = nn.Sequential([nn.Linear(16, activation="tanh"), nn.Linear(2)])
    >>> test = pel.find_learning_rate(model, *data.moons(300, seed=1), seed=1)
    >>> 0.001 < test.suggestion < 1
    True
    """
    steps, low = whole_number(steps, "steps", at_least=20), number_in(low, "low", above=0)
    if number_in(high, "high", above=0) <= low:
        raise ArgumentError(
            "the rate is to grow", got=f"low={low:g}, high={high:g}", wanted="low < high",
            mend="write low=1e-6, high=10",
        )  # fmt: skip
    rate = Rising(low, factor=(high / low) ** (1 / (steps - 1)))
    rising = replace(optimizer or Adam(), learning_rate=rate)
    twin = model.copy()
    with contextlib.suppress(NonFiniteError):
        twin.fit(X, y, optimizer=rising, steps=steps, seed=seed, progress=False, **options)
    assert twin.history is not None
    losses = twin.history.step_losses
    return _judged(rate.values(steps)[: len(losses)], losses)


def _judged(rates: NDArray[np.float64], losses: NDArray[np.float64]) -> RateTest:
    """Smooth the losses, and find the steepest fall before the least of them."""
    first = float(losses[:5].mean())
    bounded = np.minimum(losses, CEILING * abs(first))
    smooth = load("scipy.ndimage").gaussian_filter1d(bounded, WIDTH * len(losses), mode="nearest")
    least, noise = int(smooth.argmin()), float(np.diff(losses[:20]).std()) / np.sqrt(2)
    if first - smooth[least] < max(FELL * abs(first), NOISE * noise) or least < 2:
        return RateTest(rates, losses, smooth, None)
    slope = np.gradient(smooth[: least + 1], np.log(rates[: least + 1]))
    return RateTest(rates, losses, smooth, float(rates[int(slope.argmin())]))
