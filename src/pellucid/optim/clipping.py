"""Gradients that are too large, cut down before an optimizer sees them."""

from __future__ import annotations

from collections.abc import Mapping

from pellucid.graph.tensor import Tensor
from pellucid.ops.elementwise import cast, maximum, minimum, sqrt
from pellucid.ops.reduce import sum as total
from pellucid.optim.formula import as_dtype

__all__ = ["clipped"]

TINY = 1e-6  # as in PyTorch: keeps the scale finite where all gradients vanish


def clipped(gradients: Mapping[str, Tensor], hyper: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Bound each element by ``hyper["clip_value"]``, then all together by ``hyper["clip_norm"]``.

    Bounds that are not there do nothing.
    """
    found = dict(gradients)
    if "clip_value" in hyper:
        found = {name: _within(g, hyper["clip_value"]) for name, g in found.items()}
    return _shortened(found, hyper["clip_norm"]) if "clip_norm" in hyper else found


def _within(gradient: Tensor, bound: Tensor) -> Tensor:
    (most,) = as_dtype(gradient, bound)
    return minimum(maximum(gradient, -most), most)


def _shortened(gradients: Mapping[str, Tensor], bound: Tensor) -> dict[str, Tensor]:
    """Scale all gradients by one number, computed in float64."""
    wide = [cast(g, "float64") for g in gradients.values()]
    squares = [total(g * g) for g in wide]
    norm = sqrt(sum(squares[1:], start=squares[0]))
    scale = minimum(bound / (norm + TINY), 1)
    return {name: g * as_dtype(g, scale)[0] for name, g in gradients.items()}
