"""Taylor polynomials of a function of one number, of any order."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import final

import numpy as np
from numpy.typing import ArrayLike

from pellucid.arguments import Frozen, number_in, whole_number
from pellucid.autodiff import grad
from pellucid.descent.objective import Floats
from pellucid.errors import GraphError, NonFiniteError
from pellucid.graph import Tensor, tensor

__all__ = ["Taylor", "taylor"]


@final
class Taylor(Frozen):
    """A Taylor polynomial T(x) = Σ f⁽ᵏ⁾(c)/k! · (x − c)ᵏ; made by :func:`taylor`.

    Attributes
    ----------
    centre : c
    coefficients : f⁽ᵏ⁾(c)/k! for k = 0, 1, …

    Examples
    --------
    >>> from pellucid import descent
    >>> descent.Taylor(1.0, (0.0, -5.0))([1.0, 3.0]).tolist()
    [0.0, -10.0]
    """

    centre: float
    coefficients: tuple[float, ...]

    def __call__(self, x: ArrayLike) -> Floats:
        """Compute T at numbers of any shape."""
        d = np.asarray(x, np.float64) - self.centre
        return np.asarray(np.polynomial.polynomial.polyval(d, np.array(self.coefficients)))


def taylor(function: Callable[[Tensor], Tensor], centre: float, order: int = 2) -> Taylor:
    """Expand a function of one number at a point; derivatives are automatic.

    Parameters
    ----------
    function : takes a scalar tensor, gives one
    centre : c
    order : the highest derivative that counts

    Raises
    ------
    NonFiniteError : for a derivative that is not finite there

    Examples
    --------
    >>> from pellucid import descent
    >>> descent.taylor(lambda x: 2 - 3 * x**3 + x**4, 1.0, order=4)
    Taylor(centre=1.0, coefficients=(0.0, -5.0, -3.0, 1.0, 1.0))
    """
    centre = number_in(centre, "centre")
    whole_number(order, "order", at_least=0)
    x = tensor(centre, dtype="float64")
    y = function(x)
    if not isinstance(y, Tensor) or y.shape != ():
        raise GraphError(
            "taylor expands a function of one number", got=repr(y), wanted="a scalar tensor",
            mend="compute with x itself: pel.exp(x)",
        )  # fmt: skip
    derivatives = [float(y)]
    for _ in range(order):
        y = grad(y, x, unused="zero")  # type: ignore[assignment]
        derivatives.append(float(y))
    if not np.isfinite(derivatives).all():
        raise NonFiniteError(
            "a derivative is not finite there", where=f"x = {centre:g}", got=str(derivatives),
            mend="expand at another point, or to a lower order",
        )  # fmt: skip
    return Taylor(centre, tuple(d / math.factorial(k) for k, d in enumerate(derivatives)))
