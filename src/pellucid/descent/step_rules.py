"""How far to go along a direction: constant, backtracking, exact, or by the Wolfe conditions."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar, final

import numpy as np

from pellucid.arguments import Declaration, ranged
from pellucid.descent.objective import Floats, Iterate, Objective
from pellucid.errors import ArgumentError
from pellucid.lazy import load

__all__ = ["Backtracking", "Constant", "Exact", "Line", "StepRule", "Wolfe"]

MOST = 100  # trials of one search


@final
class Line:
    """The function along a direction, φ(α) = f(x + αp), and the trials made on it.

    Attributes
    ----------
    start, descent : φ(0) and φ′(0)
    first : the length that a search tries first
    trials : the lengths that were tried
    """

    def __init__(
        self, objective: Objective, here: Iterate, direction: Floats, first: float
    ) -> None:
        self._objective, self._here, self._direction = objective, here, direction
        self.start = here.value
        self.descent = float(here.gradient @ direction)
        self.first = first
        self.trials: list[float] = []
        self._values: dict[float, float] = {}
        self._gradients: dict[float, Floats] = {}

    def point(self, length: float) -> Floats:
        """Give x + αp."""
        return self._here.point + length * self._direction

    def value(self, length: float) -> float:
        """Compute φ(α); an infinity where it is not a number."""
        if length not in self._values:
            self._note(length, self._objective.value(self.point(length)))
        value = self._values[length]
        return value if np.isfinite(value) or value < 0 else np.inf

    def slope(self, length: float) -> float:
        """Compute φ′(α) = ∇f(x + αp)ᵀp."""
        return float(self.gradient(length)[1] @ self._direction)

    def gradient(self, length: float) -> tuple[float, Floats]:
        """Compute φ(α) and ∇f(x + αp)."""
        if length not in self._gradients:
            value, self._gradients[length] = self._objective.gradient(self.point(length))
            self._note(length, value)
        return self._values[length], self._gradients[length]

    def decreases(self, length: float, c1: float) -> bool:
        """Whether φ(α) ≤ φ(0) + c₁αφ′(0), the sufficient decrease of Armijo."""
        return self.value(length) <= self.start + c1 * length * self.descent

    def _note(self, length: float, value: float) -> None:
        if length not in self._values:
            self.trials.append(length)
        self._values[length] = value


class StepRule(Declaration, ABC):
    """A rule for the length of a step; subclass it and write `length`.

    Examples
    --------
    >>> from pellucid import descent
    >>> class Halving(descent.StepRule):
    ...     def length(self, line):
    ...         return next((a for a in (1, 0.5, 0.25) if line.value(a) < line.start), None)
    >>> descent.minimise(lambda x: x**2, 3.0, descent.SteepestDescent(), Halving()).x
    array(0.)
    """

    searches: ClassVar[bool] = True

    @abstractmethod
    def length(self, line: Line) -> float | None:
        """Give α > 0, or None where no trial is good enough."""


@final
class Constant(StepRule):
    """Every step has the same length α: xₖ₊₁ = xₖ + αpₖ. ``step=0.1`` is short for it.

    Examples
    --------
    >>> from pellucid import descent
    >>> path = descent.minimise(lambda x: x**2, 1.0, descent.SteepestDescent(), 0.25, steps=2)
    >>> path.points.tolist()
    [1.0, 0.5, 0.25]
    """

    searches: ClassVar[bool] = False
    step: float = ranged(0.1, above=0)

    def length(self, line: Line) -> float | None:
        """Give α."""
        return self.step


@final
class Backtracking(StepRule):
    """Shorten the step until the value has fallen enough, by Armijo's condition.

    .. math:: f(x + αp) ≤ f(x) + c_1 α ∇f(x)^T p

    For steepest descent and c₁ = ½ the right side is f − (α/2)‖∇f‖²: the least value of the local
    model h(x + d) = f + ∇fᵀd + ‖d‖²/(2α), so that a step is taken when the model does not promise
    too much.

    Source: Armijo, 1966; Nocedal and Wright, Numerical Optimization, 2006, Algorithm 3.1 and
    equation (3.4).

    Parameters
    ----------
    initial : the length that is tried first
    contraction : what a length that is too long is multiplied by
    c1 : c₁, the share of the decrease promised by the slope that must be kept

    Examples
    --------
    >>> from pellucid import descent
    >>> rule = descent.Backtracking(initial=0.5, contraction=0.8, c1=0.5)
    >>> f = lambda x: 2 - 3 * x**3 + x**4
    >>> path = descent.minimise(f, 1.0, descent.SteepestDescent(), rule, steps=1)
    >>> [round(a, 2) for a in path.trials[0]], round(float(path.x), 6)
    ([0.5, 0.4, 0.32], 2.6)
    """

    initial: float = ranged(1.0, above=0)
    contraction: float = ranged(0.5, above=0, below=1)
    c1: float = ranged(1e-4, above=0, below=1)

    def length(self, line: Line) -> float | None:
        """Give the first trial that decreases enough."""
        trial = self.initial
        while not line.decreases(trial, self.c1):
            trial *= self.contraction
            if np.array_equal(line.point(trial), line.point(0.0)):
                return None
        return trial


@final
class Exact(StepRule):
    """Go to the first local minimum along the direction that a bracket finds: φ′(α) = 0.

    The bracket doubles until the slope turns; Brent's method finds its root.

    Source: Nocedal and Wright, Numerical Optimization, 2006, section 3.1; Brent, 1973
    (``scipy.optimize.brentq``).

    Examples
    --------
    >>> from pellucid import descent
    >>> f = lambda x: (x[0] - 3) ** 2 + 4 * x[1] ** 2
    >>> path = descent.minimise(f, [0, 0], descent.SteepestDescent(), descent.Exact())
    >>> path.lengths.tolist(), path.x.tolist()
    ([0.5], [3.0, 0.0])
    """

    def length(self, line: Line) -> float | None:
        """Give a root of φ′ where φ has a minimum."""
        low, trial, far = 0.0, line.first, np.inf
        for _ in range(MOST):
            value = line.value(trial)
            if value == -np.inf:
                break
            if np.isfinite(value) and line.slope(trial) >= 0:
                return self._root(line, low, trial)
            if value > line.value(low):
                far = trial  # a minimum, then a hump, were passed
            else:
                low = trial
            trial = (low + far) / 2 if far < np.inf else 2 * trial
        if far < np.inf:
            return None
        raise _endless(line, trial)

    @staticmethod
    def _root(line: Line, low: float, high: float) -> float | None:
        if line.slope(high) == 0:
            return high
        return float(load("scipy.optimize").brentq(line.slope, low, high, xtol=1e-300)) or None


@final
class Wolfe(StepRule):
    """Search a step that keeps the strong Wolfe conditions.

    .. math::
        f(x + αp) ≤ f(x) + c_1 α ∇f(x)^T p, \\qquad
        |∇f(x + αp)^T p| ≤ c_2 |∇f(x)^T p|

    The first refuses steps that are too long, the second those that are too short. Where they hold,
    BFGS keeps its curvature positive.

    Source: Wolfe, 1969; Nocedal and Wright, Numerical Optimization, 2006, equations (3.7) and
    Algorithms 3.5 and 3.6, with the cubic interpolation (3.59).

    Parameters
    ----------
    c1, c2 : 0 < c₁ < c₂ < 1; conjugate gradients need c₂ < ½

    Raises
    ------
    ArgumentError : when c₁ is not below c₂

    Examples
    --------
    >>> from pellucid import descent
    >>> f = lambda x: 2 - 3 * x**3 + x**4
    >>> descent.minimise(f, 1.0, descent.SteepestDescent(), descent.Wolfe(c2=0.1)).converged
    True
    """

    c1: float = ranged(1e-4, above=0, below=1)
    c2: float = ranged(0.9, above=0, below=1)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.c1 >= self.c2:
            raise ArgumentError(
                "no step may keep both conditions", where="Wolfe",
                got=f"c1={self.c1}, c2={self.c2}",
                wanted="0 < c1 < c2 < 1", mend="write Wolfe(c1=1e-4, c2=0.9)",
            )  # fmt: skip

    def length(self, line: Line) -> float | None:
        """Lengthen the trial until it has passed a good one, then close in on that."""
        before, trial = 0.0, line.first
        for k in range(MOST):
            value = line.value(trial)
            if value == -np.inf:
                break
            if not line.decreases(trial, self.c1) or (k and value >= line.value(before)):
                return self._between(line, before, trial)
            if self._is_flat(line, trial):
                return trial
            if line.slope(trial) >= 0:
                return self._between(line, trial, before)
            before, trial = trial, 2 * trial
        raise _endless(line, trial)

    def _is_flat(self, line: Line, trial: float) -> bool:
        return abs(line.slope(trial)) <= -self.c2 * line.descent

    def _between(self, line: Line, low: float, high: float) -> float | None:
        """Close in on a good length; `low` is the best end that decreases enough."""
        for _ in range(MOST):
            trial = _interpolated(line, low, high)
            if trial in (low, high):
                return None
            if not line.decreases(trial, self.c1) or line.value(trial) >= line.value(low):
                high = trial
                continue
            if self._is_flat(line, trial):
                return trial
            if line.slope(trial) * (high - low) >= 0:
                high = low
            low = trial
        return None


def _interpolated(line: Line, low: float, high: float) -> float:
    """Minimise the cubic through both ends (3.59), kept from the ends; else halve."""
    middle = (low + high) / 2
    if not np.isfinite(line.value(high)):
        return middle
    f, g, slope_f, slope_g = line.value(low), line.value(high), line.slope(low), line.slope(high)
    d1 = slope_f + slope_g - 3 * (f - g) / (low - high)
    inside = d1**2 - slope_f * slope_g
    if not inside >= 0:
        return middle
    d2 = np.copysign(np.sqrt(inside), high - low)
    steepness = slope_g - slope_f + 2 * d2
    if steepness == 0:
        return middle
    least = high - (high - low) * (slope_g + d2 - d1) / steepness
    share = (least - low) / (high - low)
    return float(least) if 0.1 <= share <= 0.9 else middle


def _endless(line: Line, length: float) -> ArgumentError:
    return ArgumentError(
        "the function falls without end along this direction",
        where=f"a step of length α = {length:.3g}", got=f"f(x + αp) = {line.value(length):.3g}",
        wanted="a function that is bounded below",
        mend="minimise -f if it was a maximum that was meant",
    )  # fmt: skip
