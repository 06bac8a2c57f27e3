"""Two ways to smooth a signal: forget at once, or never wholly."""

from __future__ import annotations

from itertools import accumulate

import numpy as np
from numpy.typing import ArrayLike

from pellucid.arguments import number_in, whole_number
from pellucid.descent.objective import Floats
from pellucid.errors import DataError

__all__ = ["ewma", "moving_average"]


def ewma(signal: ArrayLike, a: float) -> Floats:
    """Smooth by the exponentially weighted moving average yₙ = a·xₙ + (1 − a)·yₙ₋₁, y₀ = x₀.

    A value k steps ago counts with a(1 − a)ᵏ: it fades, but is never gone. Adam's first moment is
    the same with a = 1 − β₁, begun at 0 instead of x₀ and divided by 1 − β₁ⁿ for that.

    Source: Roberts, 1959; Kingma and Ba, "Adam", 2015, section 3.

    Parameters
    ----------
    signal : x, shape (n,)
    a : the weight of the newest value, 0 < a < 1

    Examples
    --------
    >>> from pellucid import descent
    >>> descent.ewma([0.0, 8.0, 0.0, 0.0], 0.5).tolist()
    [0.0, 4.0, 2.0, 1.0]
    """
    x, a = _signal(signal), number_in(a, "a", above=0, below=1)
    return np.fromiter(accumulate(x, lambda before, new: a * new + (1 - a) * before), np.float64)


def moving_average(signal: ArrayLike, window: int) -> Floats:
    """Smooth by the mean of the last `window` values; at the beginning, of those there are.

    A value counts fully until it leaves the window, and then not at all.

    Parameters
    ----------
    signal : x, shape (n,)
    window : how many values, the newest among them

    Examples
    --------
    >>> from pellucid import descent
    >>> descent.moving_average([0.0, 8.0, 0.0, 0.0], 2).tolist()
    [0.0, 4.0, 4.0, 0.0]
    """
    x = _signal(signal)
    whole_number(window, "window", at_least=1, at_most=len(x))
    sums = np.convolve(x, np.ones(window))[: len(x)]
    return np.asarray(sums / np.minimum(np.arange(1, len(x) + 1), window))


def _signal(signal: ArrayLike) -> Floats:
    x = np.asarray(signal, np.float64)
    if x.ndim != 1 or not len(x):
        raise DataError(
            "a signal is one row of numbers", got=f"shape {x.shape}", wanted="(n,)",
            mend="smooth each column by itself",
        )  # fmt: skip
    return x
