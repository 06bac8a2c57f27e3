"""The operations for which XLA has a way of its own; all others are computed as declared."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from pellucid.compile import Instruction
from pellucid.engines.xla.layout import jax

__all__ = ["lowered"]

Extents = tuple[int, ...]


def lowered(xp: Any, line: Instruction, operands: Sequence[Any], precision: str | None) -> Any:
    """Compute one line.

    Parameters
    ----------
    precision : the dtype to which the factors of float32 products are rounded; sums keep theirs
    """
    attrs, own = dict(line.attrs), OWN.get(line.op.name)
    if line.op.name == "floor_divide" and line.spec.dtype.kind == "f":
        return _floor_divide(xp, *operands)
    if own is None or line.spec.dtype.kind != "f":
        return line.op.array(xp, *operands, **attrs)
    factors, *like = operands[:2], *operands[2:]
    if precision is not None and line.spec.dtype == "float32":
        factors = [x.astype(precision) for x in factors]
    return own(*factors, *like, to=line.spec.dtype, **attrs)


def _floor_divide(xp: Any, x: Any, y: Any) -> Any:
    """Divide by zero as NumPy does; JAX gives what is not a number, up to 0.6 at least."""
    return xp.where(y == 0, x / y, x // y)


def _matmul(x: Any, y: Any, *, to: Any) -> Any:
    return jax("numpy").matmul(x, y, preferred_element_type=to)


def _conv(
    x: Any, w: Any, *, stride: Extents, dilation: Extents, groups: int, to: Any, **more: Any
) -> Any:
    return jax("lax").conv_general_dilated(
        x, w, stride, more.pop("padding", "VALID"), rhs_dilation=dilation,
        feature_group_count=groups, preferred_element_type=to, **more,
    )  # fmt: skip


def _conv_input(
    y: Any, w: Any, like: Any, *, stride: Extents, dilation: Extents, groups: int, to: Any
) -> Any:
    """Slide the mirrored kernel over results that are `stride` apart."""
    xp, (results, channels, *kernel) = jax("numpy"), w.shape
    parts = xp.reshape(w, (groups, results // groups, channels, *kernel))
    mirrored = xp.flip(xp.swapaxes(parts, 1, 2), axis=tuple(range(3, parts.ndim)))
    turned = xp.reshape(mirrored, (groups * channels, results // groups, *kernel))
    padding = [
        ((k - 1) * d, n - 1 - (places - 1) * s)
        for n, places, k, s, d in zip(
            like.shape[2:], y.shape[2:], kernel, stride, dilation, strict=True
        )
    ]
    ones = (1,) * len(kernel)
    return _conv(
        y, turned, stride=ones, dilation=dilation, groups=groups, to=to,
        padding=padding, lhs_dilation=stride,
    )  # fmt: skip


def _conv_weight(
    x: Any, y: Any, like: Any, *, stride: Extents, dilation: Extents, groups: int, to: Any
) -> Any:
    """Slide the results over the input, whose rows are now what is summed over."""
    padding = [
        (0, (k - 1) * d + (places - 1) * s + 1 - n)
        for n, places, k, s, d in zip(
            x.shape[2:], y.shape[2:], like.shape[2:], stride, dilation, strict=True
        )
    ]
    turned = (1, 0, *range(2, x.ndim))
    numbers = jax("lax").ConvDimensionNumbers(turned, turned, turned)
    return _conv(
        x, y, stride=dilation, dilation=stride, groups=1, to=to, padding=padding,
        batch_group_count=groups, dimension_numbers=numbers,
    )  # fmt: skip


OWN: dict[str, Callable[..., Any]] = {
    "matmul": _matmul,
    "conv": _conv,
    "conv_input": _conv_input,
    "conv_weight": _conv_weight,
}
