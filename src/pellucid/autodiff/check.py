"""Check gradients against finite differences, to second order, and name the worst entry."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.arguments import Frozen
from pellucid.autodiff.reverse import grad
from pellucid.errors import ArgumentError, GradientError
from pellucid.graph.tensor import Operand, Tensor, TensorLike, as_tensor, constant
from pellucid.ops.reduce import sum

__all__ = ["GradientCheck", "check_gradient"]


class GradientCheck(Frozen):
    """What :func:`check_gradient` found: the worst entry, and how far apart the two values are."""

    error: float
    order: int
    argument: int
    index: tuple[int, ...]
    automatic: float
    numerical: float

    def __str__(self) -> str:
        return (
            f"largest error {self.error:.1e}, order {self.order}, argument {self.argument} at "
            f"{list(self.index)}: automatic {self.automatic:.6g}, numerical {self.numerical:.6g}"
        )


def check_gradient(
    function: Callable[..., Tensor],
    *points: TensorLike,
    order: int = 2,
    step: float = 1e-5,
    tolerance: float = 1e-5,
) -> GradientCheck:
    """Compare the gradients of `function` at `points` with central differences in float64.

    The result is projected on fixed weights, f·w, whose gradient is compared entry by entry; for
    order 2 the gradient, projected again, takes the place of f. The error of an entry is
    |automatic − numerical| / max(1, |automatic|, |numerical|).

    Parameters
    ----------
    function : takes tensors and gives one tensor
    points : where to differentiate; floating arguments are checked, others are passed on
    order : 1, or 2 for second derivatives as well
    step : half the distance of the two evaluations
    tolerance : the largest error allowed

    Raises
    ------
    GradientError : naming the worst entry, when its error exceeds `tolerance`

    Examples
    --------
    >>> import pellucid as pel
    >>> pel.check_gradient(lambda x: pel.tanh(x), [0.5, -1.0]).error < 1e-8
    True
    """
    arrays = [_double(point) for point in points]
    if not any(array.size for array in arrays if array.dtype.kind == "f"):
        raise ArgumentError(
            "check_gradient: nothing to differentiate by", got="no floating point with elements",
            mend="give floating points, such as [0.5, -1.0]",
        )  # fmt: skip
    checks = _compare(function, arrays, order, step, 1)
    worst = max(checks, key=lambda check: check.error if np.isfinite(check.error) else np.inf)
    if not worst.error <= tolerance:
        raise GradientError(
            "a gradient differs from finite differences", got=str(worst),
            wanted=f"an error of at most {tolerance:g}",
            mend="check the gradient rule, or keep the points away from kinks",
        )  # fmt: skip
    return worst


def _double(point: TensorLike) -> NDArray[Any]:
    array = np.array(as_tensor(point).numpy() if isinstance(point, Operand) else point)
    return array.astype(np.float64) if array.dtype.kind == "f" else array


def _projected(y: Tensor) -> Tensor:
    """Weigh the elements unevenly, so that no two errors cancel."""
    weights = np.cos(np.arange(1, y.numpy().size + 1, dtype=np.float64)).reshape(y.numpy().shape)
    return sum(y * constant(weights.astype(y.dtype)))


def _compare(
    function: Callable[..., Tensor],
    arrays: Sequence[NDArray[Any]],
    order: int,
    step: float,
    present: int,
) -> list[GradientCheck]:
    floating = [k for k, array in enumerate(arrays) if array.dtype.kind == "f"]

    def gradients(*tensors: Tensor) -> list[Tensor]:
        y = _projected(function(*tensors))
        found = grad(y, [tensors[k] for k in floating], unused="zero")
        return found if isinstance(found, list) else [found]

    def value(k: int, index: tuple[int, ...], shift: float) -> float:
        moved = [array.copy() for array in arrays]
        moved[k][index] += shift
        return float(_projected(function(*map(constant, moved))))

    automatic = gradients(*map(constant, arrays))
    checks = []
    for k, g in zip(floating, automatic, strict=True):
        if g.spec != (arrays[k].shape, arrays[k].dtype):
            raise GradientError(
                "a gradient has another shape or dtype than its argument", got=str(g.spec),
                wanted=f"{arrays[k].dtype}{list(arrays[k].shape)} for argument {k}",
                mend="sum the gradient over the axes along which the argument was stretched",
            )  # fmt: skip
        for index in np.ndindex(arrays[k].shape):
            numerical = (value(k, index, step) - value(k, index, -step)) / (2 * step)
            exact = float(g.numpy()[index])
            scale = max(1.0, np.abs(exact), np.abs(numerical))
            error = float(np.abs(exact - numerical) / scale)
            checks.append(GradientCheck(error, present, k, index, exact, numerical))
    if present < order:
        for position, g in enumerate(automatic):
            if g.requires_grad or g.inputs:
                inner = lambda *tensors, p=position: gradients(*tensors)[p]  # noqa: E731
                checks += _compare(inner, arrays, order, step, present + 1)
    return checks
