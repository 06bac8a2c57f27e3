"""Where to go: each direction is a formula over the iterates so far, and keeps nothing itself."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import field
from itertools import pairwise
from typing import ClassVar, final

import numpy as np

from pellucid.arguments import Declaration, one_of, ranged, whole_number
from pellucid.descent.objective import Floats, Iterate, place
from pellucid.descent.step_rules import Backtracking, StepRule, Wolfe
from pellucid.errors import ArgumentError

__all__ = [
    "LBFGS",
    "ConjugateGradient",
    "Direction",
    "Momentum",
    "Nesterov",
    "Newton",
    "SteepestDescent",
]


class Direction(Declaration, ABC):
    """A rule for the direction of a step; subclass it and write `towards`.

    Examples
    --------
    >>> import numpy as np
    >>> from pellucid import descent
    >>> class Signs(descent.Direction):
    ...     def towards(self, iterates):
    ...         return -np.sign(iterates[-1].gradient)
    >>> path = descent.minimise(lambda x: (x * x).sum(), [2.0, -1.0], Signs(), 0.5, steps=2)
    >>> path.points.tolist()
    [[2.0, -1.0], [1.5, -0.5], [1.0, 0.0]]
    """

    carries_on: ClassVar[bool] = False  # by momentum, where the gradient is zero
    compares: ClassVar[bool] = False  # gradients or curvatures, which must be of one function

    @property
    def rule(self) -> StepRule | None:
        """The step rule that goes with it, if there is one that mostly works."""
        return None

    @abstractmethod
    def towards(self, iterates: Sequence[Iterate]) -> Floats:
        """Give pₖ, from all iterates up to xₖ."""

    def curvature(self, iterates: Sequence[Iterate], length: float) -> Floats | None:
        """Give B of the local model f + ∇fᵀd + ½dᵀBd at xₖ; None where the model is a plane."""
        return None

    def first_trial(self, iterates: Sequence[Iterate], slope: float) -> float:
        """Give the length that a line search tries first: by the decrease of the step before.

        Source: Nocedal and Wright, 2006, equation (3.60).
        """
        if len(iterates) == 1:
            return min(1.0, 1 / float(np.linalg.norm(iterates[0].gradient)))
        fallen = iterates[-2].value - iterates[-1].value
        return min(1.0, 1.01 * 2 * fallen / -slope) if fallen > 0 > slope else 1.0


@final
class SteepestDescent(Direction):
    """Gradient descent: pₖ = −∇f(xₖ).

    A step of length α minimises the local model f + ∇fᵀd + ‖d‖²/(2α).
    Its own step rule is :class:`Backtracking`.

    Source: Cauchy, 1847; Nocedal and Wright, Numerical Optimization, 2006, section 2.2.

    Examples
    --------
    >>> from pellucid import descent
    >>> f = lambda x: 2 - 3 * x**3 + x**4
    >>> path = descent.minimise(f, 0.1, descent.SteepestDescent(), step=0.1, steps=20)
    >>> path.points[-3:].round(4).tolist()
    [2.3865, 2.0755, 2.3762]
    """

    @property
    def rule(self) -> StepRule:
        """Backtracking from α = 1."""
        return Backtracking()

    def towards(self, iterates: Sequence[Iterate]) -> Floats:
        """Give −∇f."""
        return -iterates[-1].gradient

    def curvature(self, iterates: Sequence[Iterate], length: float) -> Floats:
        """Give I/α."""
        return np.eye(len(iterates[-1].point)) / length


@final
class Newton(Direction):
    """Newton's method: pₖ = −∇²f(xₖ)⁻¹∇f(xₖ), the minimum of the second Taylor polynomial.

    Its own step rule is :class:`Backtracking`, which takes the full step α = 1 wherever that helps.

    Source: Nocedal and Wright, Numerical Optimization, 2006, equation (3.38); section 3.4,
    "eigenvalue modification", for `modified`.

    Parameters
    ----------
    modified : where the Hessian is not positive definite, take the size |λ| of each eigenvalue, at
        least 10⁻⁸ of the largest, so that the direction still descends

    Raises
    ------
    ArgumentError : at a point where the Hessian is not positive definite, without `modified`

    Examples
    --------
    >>> from pellucid import descent
    >>> path = descent.minimise(lambda x: 2 - 3 * x**3 + x**4, 2.0, descent.Newton())
    >>> path.x, path.values.round(8).tolist()[:3]
    (array(2.25), [-6.0, -6.4691358, -6.54265522])
    """

    compares: ClassVar[bool] = True
    modified: bool = False

    @property
    def rule(self) -> StepRule:
        """Backtracking from the full step."""
        return Backtracking()

    def towards(self, iterates: Sequence[Iterate]) -> Floats:
        """Give −B⁻¹∇f."""
        values, vectors = self._eigen(iterates)
        return -vectors @ ((iterates[-1].gradient @ vectors) / values)

    def curvature(self, iterates: Sequence[Iterate], length: float) -> Floats:
        """Give the Hessian, modified if asked for."""
        values, vectors = self._eigen(iterates)
        return (vectors * values) @ vectors.T

    def _eigen(self, iterates: Sequence[Iterate]) -> tuple[Floats, Floats]:
        here = iterates[-1]
        values, vectors = np.linalg.eigh(here.curvature())
        largest = float(abs(values).max())
        least = max(largest, 1e-300) * (1e-8 if self.modified else 1e-14)
        if self.modified:
            return np.maximum(abs(values), least), vectors
        if values[0] < least:
            raise ArgumentError(
                "Newton's step would climb or has no end: the Hessian is not positive definite",
                where=f"step {len(iterates) - 1}, {place(here.point)}",
                got=f"eigenvalues from {values[0]:.4g} to {values[-1]:.4g}",
                wanted="all of them > 0",
                mend="write descent.Newton(modified=True), or start nearer to a minimum",
            )
        return values, vectors

    def first_trial(self, iterates: Sequence[Iterate], slope: float) -> float:
        """Give the full step."""
        return 1.0


@final
class ConjugateGradient(Direction):
    r"""Nonlinear conjugate gradients: pₖ = −∇fₖ + βₖpₖ₋₁.

    .. math::
        β^{FR} = \frac{∇f_k^T ∇f_k}{∇f_{k-1}^T ∇f_{k-1}}, \qquad
        β^{PR+} = \max\left(0, \frac{∇f_k^T (∇f_k - ∇f_{k-1})}{∇f_{k-1}^T ∇f_{k-1}}\right)

    On a convex quadratic function of n variables, with :class:`Exact` steps, it ends in n steps.
    Where the direction would climb it begins anew with −∇f. Its own step rule is ``Wolfe(c2=0.1)``.

    Source: Fletcher and Reeves, 1964; Polak and Ribière, 1969; Nocedal and Wright, Numerical
    Optimization, 2006, equations (5.41a), (5.44), (5.45).

    Parameters
    ----------
    beta : "polak-ribiere+" or "fletcher-reeves"

    Examples
    --------
    >>> from pellucid import descent
    >>> f = lambda x: x[0] ** 2 + 10 * x[1] ** 2 + x[0] * x[1]
    >>> path = descent.minimise(f, [1, 1], descent.ConjugateGradient(), descent.Exact())
    >>> path.steps
    2
    """

    compares: ClassVar[bool] = True
    beta: str = field(
        default="polak-ribiere+",
        metadata={
            "check": lambda value, name: one_of(value, name, ["polak-ribiere+", "fletcher-reeves"])
        },
    )

    @property
    def rule(self) -> StepRule:
        """The strong Wolfe conditions with c₂ = 0.1."""
        return Wolfe(c2=0.1)

    def towards(self, iterates: Sequence[Iterate]) -> Floats:
        """Give −∇fₖ + βₖpₖ₋₁."""
        gradient, last = iterates[-1].gradient, iterates[-1].direction
        if last is None:
            return -gradient
        before = iterates[-2].gradient
        change = gradient - before if self.beta == "polak-ribiere+" else gradient
        share = max(0.0, float(gradient @ change) / float(before @ before))
        direction = -gradient + share * last
        return direction if direction @ gradient < 0 else -gradient


@final
class LBFGS(Direction):
    """Limited-memory BFGS: pₖ = −Hₖ∇fₖ, with Hₖ ≈ ∇²f(xₖ)⁻¹ learned from the last steps.

    H is never stored: two loops over the pairs s = xₖ₊₁ − xₖ, y = ∇fₖ₊₁ − ∇fₖ apply it, from
    γI with γ = sᵀy / yᵀy. Its own step rule is :class:`Wolfe`. A good first choice.

    Source: Nocedal, 1980; Nocedal and Wright, Numerical Optimization, 2006, Algorithm 7.4 and
    equation (7.20).

    Parameters
    ----------
    memory : m, how many pairs are used

    Examples
    --------
    >>> from pellucid import descent
    >>> rosenbrock = lambda x: 100 * (x[1] - x[0] ** 2) ** 2 + (1 - x[0]) ** 2
    >>> descent.minimise(rosenbrock, [-1.2, 1], descent.LBFGS()).x.round(6).tolist()
    [1.0, 1.0]
    """

    compares: ClassVar[bool] = True
    memory: int = field(
        default=10,
        metadata={"check": lambda value, name: whole_number(value, name, at_least=1)},
    )

    @property
    def rule(self) -> StepRule:
        """The strong Wolfe conditions."""
        return Wolfe()

    def towards(self, iterates: Sequence[Iterate]) -> Floats:
        """Give −Hₖ∇fₖ."""
        return -self._apply(iterates, iterates[-1].gradient)

    def curvature(self, iterates: Sequence[Iterate], length: float) -> Floats | None:
        """Give Hₖ⁻¹."""
        columns = [self._apply(iterates, unit) for unit in np.eye(len(iterates[-1].point))]
        inverse: Floats = np.linalg.inv(np.stack(columns))
        return (inverse + inverse.T) / 2

    def first_trial(self, iterates: Sequence[Iterate], slope: float) -> float:
        """Give the full step, once there is a pair."""
        return 1.0 if len(iterates) > 1 else super().first_trial(iterates, slope)

    def _apply(self, iterates: Sequence[Iterate], vector: Floats) -> Floats:
        """Give Hₖ times a vector."""
        pairs = self._pairs(iterates)
        shares = []
        for s, y in reversed(pairs):
            shares.append(float(s @ vector) / float(s @ y))
            vector = vector - shares[-1] * y
        if pairs:
            s, y = pairs[-1]
            vector = vector * (float(s @ y) / float(y @ y))
        for (s, y), share in zip(pairs, reversed(shares), strict=True):
            vector = vector + (share - float(y @ vector) / float(s @ y)) * s
        return vector

    def _pairs(self, iterates: Sequence[Iterate]) -> list[tuple[Floats, Floats]]:
        """The last steps with the changes of the gradient, where the curvature is positive."""
        recent = iterates[-self.memory - 1 :]
        pairs = [
            (new.point - old.point, new.gradient - old.gradient) for old, new in pairwise(recent)
        ]
        return [(s, y) for s, y in pairs if s @ y > 1e-14 * np.linalg.norm(s) * np.linalg.norm(y)]


@final
class Momentum(Direction):
    """Gradient descent with momentum, the heavy ball: pₖ = −∇fₖ + βpₖ₋₁.

    With a constant step this is xₖ₊₁ = xₖ − α∇fₖ + β(xₖ − xₖ₋₁). It may climb for a while, so it
    goes with a constant step and has no other of its own.

    Source: Polyak, "Some methods of speeding up the convergence of iteration methods", 1964.

    Parameters
    ----------
    momentum : β, the share of the last direction that is kept

    Examples
    --------
    >>> from pellucid import descent
    >>> path = descent.minimise(lambda x: x**2, 1.0, descent.Momentum(0.5), 0.25, steps=3)
    >>> path.points.tolist()
    [1.0, 0.5, 0.0, -0.25]
    """

    carries_on: ClassVar[bool] = True
    momentum: float = ranged(0.9, low=0, below=1)

    def towards(self, iterates: Sequence[Iterate]) -> Floats:
        """Give −∇fₖ + βpₖ₋₁."""
        gradient, last = iterates[-1].gradient, iterates[-1].direction
        return -gradient if last is None else self.momentum * last - gradient


@final
class Nesterov(Direction):
    """Nesterov's accelerated gradient: the gradient is taken where momentum is about to lead.

    With vₖ = βvₖ₋₁ + ∇f(yₖ) it is yₖ₊₁ = yₖ − α(∇f(yₖ) + βvₖ); the points of the path are these yₖ,
    at which gradients are taken. It goes with a constant step. ``optim.SGD(nesterov=True)`` is the
    same rule.

    Source: Nesterov, 1983, in the form of Sutskever and others, "On the importance of
    initialization and momentum in deep learning", 2013.

    Parameters
    ----------
    momentum : β

    Examples
    --------
    >>> from pellucid import descent
    >>> path = descent.minimise(lambda x: x**2, 1.0, descent.Nesterov(0.5), 0.25, steps=3)
    >>> path.points.tolist()
    [1.0, 0.25, -0.0625, -0.109375]
    """

    carries_on: ClassVar[bool] = True
    momentum: float = ranged(0.9, low=0, below=1)

    def towards(self, iterates: Sequence[Iterate]) -> Floats:
        """Give −(∇fₖ + βvₖ); βvₖ₋₁ is read off the direction before, −(∇fₖ₋₁ + βvₖ₋₁)."""
        gradient, last = iterates[-1].gradient, iterates[-1].direction
        carried = 0.0 if last is None else -(last + iterates[-2].gradient)
        return -(gradient + self.momentum * (carried + gradient))
