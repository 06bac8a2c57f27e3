"""Convolution over any number of axes, and the two products that are its gradients.

Between an input x, weights w and a result y there are three products, each linear in two of them:
``conv`` makes y, ``conv_input`` x (it is also the transposed convolution), ``conv_weight`` w. Each
is the gradient of the others, so that the three are closed under differentiation. As in every
framework the kernel is not flipped: strictly it is a cross-correlation. Padding is an operation of
its own, so that here no index ever leaves the input.
"""

from __future__ import annotations

import math
from typing import Any

from pellucid.errors import ShapeError
from pellucid.graph.op import Contract, Op, Spec, register
from pellucid.graph.tensor import Tensor, TensorLike, apply
from pellucid.ops.elementwise import promoted
from pellucid.ops.window import came_from, folded, overlapped, pad, taps
from pellucid.shapes import pairs, per_axis, windowed

__all__ = ["conv", "operands", "settings"]

Index = tuple[Any, ...]
Extents = tuple[int, ...]


def _times(extent: int | None, factor: int) -> int | None:
    return None if extent is None else extent * factor


def _over(extent: int | None, factor: int) -> int | None:
    return None if extent is None else extent // factor


def _conv_rule(x: Spec, w: Spec, *, stride: Extents, dilation: Extents, groups: int) -> Spec:
    wanted = _times(w.shape[1], groups)
    if (None not in (x.shape[1], wanted) and x.shape[1] != wanted) or (w.shape[0] or 0) % groups:
        raise ShapeError(
            "conv: the channels do not fit",
            got=f"input {x.shape}, weight {w.shape}, groups={groups}",
            wanted="input (rows, channels, …), weight (results, channels / groups, …)",
            mend="images come as (N, C, H, W)",
        )  # fmt: skip
    places = tuple(map(windowed, x.shape[2:], w.shape[2:], stride, dilation))
    if 0 in places:
        raise ShapeError(
            "conv: the kernel is larger than what it slides over",
            got=f"padded input {x.shape}, weight {w.shape}, dilation {dilation}",
            wanted="a kernel that fits", mend="make the kernel smaller, or pad more",
        )  # fmt: skip
    return Spec((x.shape[0], w.shape[0], *places), x.dtype)


# --- the meaning: all windows as columns, and one matrix product a group --------------------


def _columns(xp: Any, x: Any, kernel: Extents, groups: int, **steps: Any) -> tuple[Any, Extents]:
    """Lay out x as (rows, groups, channels × taps, places); give also the extents of places."""
    seen = taps(xp, x, kernel, axis=2, **steps)
    places = seen.shape[3:]
    channels = x.shape[1] // groups * math.prod(kernel)
    return xp.reshape(seen, (len(x), groups, channels, math.prod(places))), places


def _grouped(xp: Any, x: Any, groups: int, axis: int) -> Any:
    """Split an axis into groups, and see all behind it as one."""
    lead, behind = x.shape[:axis], math.prod(x.shape[axis + 1 :])
    return xp.reshape(x, (*lead, groups, x.shape[axis] // groups, behind))


def _conv_array(xp: Any, x: Any, w: Any, *, groups: int, **steps: Any) -> Any:
    columns, places = _columns(xp, x, w.shape[2:], groups, **steps)
    return xp.reshape(_grouped(xp, w, groups, 0) @ columns, (len(x), len(w), *places))


def _input_array(xp: Any, y: Any, w: Any, like: Any, *, groups: int, **steps: Any) -> Any:
    columns = xp.swapaxes(_grouped(xp, w, groups, 0), 1, 2) @ _grouped(xp, y, groups, 1)
    shape = (len(y), groups * w.shape[1])
    seen = xp.reshape(columns, (*shape, math.prod(w.shape[2:]), *y.shape[2:]))
    return overlapped(xp, xp.moveaxis(seen, 2, -1), (*shape, *like.shape[2:]), w.shape[2:], **steps)


def _weight_array(xp: Any, x: Any, y: Any, like: Any, *, groups: int, **steps: Any) -> Any:
    columns, _ = _columns(xp, x, like.shape[2:], groups, **steps)
    products = _grouped(xp, y, groups, 1) @ xp.swapaxes(columns, 2, 3)
    shape = (y.shape[1], x.shape[1] // groups, *like.shape[2:])
    return xp.reshape(xp.sum(products, axis=0, dtype=y.dtype), shape)


# --- the bodies ----------------------------------------------------------------------------


def _seen(place: Index, tap: Index, stride: Extents, dilation: Extents) -> Index:
    moves = zip(place, tap, stride, dilation, strict=True)
    return tuple(p * s + k * d for p, k, s, d in moves)


def _conv_element(b: Any, index: Index, x: Any, w: Any, *, groups: int, **steps: Any) -> Any:
    row, out, *place = index
    results, channels, *kernel = w.spec.shape
    first = out // (results // groups) * channels

    def step(k: Index, total: Any) -> Any:
        at = _seen(tuple(place), k[1:], **steps)
        return total + x[(row, first + k[0], *at)] * w[(out, *k)]

    return folded(b, (channels, *kernel), b.constant(0, x.spec.dtype), step)


def _input_element(
    b: Any, index: Index, y: Any, w: Any, like: Any, *, groups: int, **steps: Any
) -> Any:
    row, channel, *at = index
    results, channels, *kernel = w.spec.shape
    first, zero = channel // channels * (results // groups), b.constant(0, y.spec.dtype)

    def step(k: Index, total: Any) -> Any:
        place, inside = came_from(b, tuple(at), k[1:], y.spec.shape[2:], **steps)
        out = first + k[0]
        seen = b.guarded(inside, lambda: y[(row, out, *place)], zero)
        return total + seen * w[(out, channel % channels, *k[1:])]

    return folded(b, (results // groups, *kernel), zero, step)


def _weight_element(
    b: Any, index: Index, x: Any, y: Any, like: Any, *, groups: int, **steps: Any
) -> Any:
    out, channel, *tap = index
    rows, results, *places = y.spec.shape
    first = out // (results // groups) * (x.spec.shape[1] // groups)

    def step(k: Index, total: Any) -> Any:
        at = _seen(k[1:], tuple(tap), **steps)
        return total + x[(k[0], first + channel, *at)] * y[(k[0], out, *k[1:])]

    return folded(b, (rows, *places), b.constant(0, y.spec.dtype), step)


# --- the declarations ----------------------------------------------------------------------
# The gradients' last operand lends its extents alone.


def _to_input(g: Tensor, w: Tensor, x: Tensor, attrs: Any) -> Tensor:
    return apply(CONV_INPUT, g, w, x, **attrs)


def _to_weight(x: Tensor, g: Tensor, w: Tensor, attrs: Any) -> Tensor:
    return apply(CONV_WEIGHT, x, g, w, **attrs)


CONV: Op = register(
    Op(
        "conv",
        _conv_rule,
        _conv_array,
        Contract(_conv_element),
        "{0} * {1}",
        (
            lambda g, y, x, w, **attrs: _to_input(g, w, x, attrs),
            lambda g, y, x, w, **attrs: _to_weight(x, g, w, attrs),
        ),
    )
)
CONV_INPUT: Op = register(
    Op(
        "conv_input",
        lambda y, w, like, groups, **steps: Spec(
            (y.shape[0], _times(w.shape[1], groups), *like.shape[2:]), y.dtype
        ),
        _input_array,
        Contract(_input_element),
        r"{0} *^{{\top}} {1}",
        (
            lambda g, x, y, w, like, **attrs: apply(CONV, g, w, **attrs),
            lambda g, x, y, w, like, **attrs: _to_weight(g, y, w, attrs),
        ),
    )
)
CONV_WEIGHT: Op = register(
    Op(
        "conv_weight",
        lambda x, y, like, groups, **steps: Spec(
            (y.shape[1], _over(x.shape[1], groups), *like.shape[2:]), y.dtype
        ),
        _weight_array,
        Contract(_weight_element),
        r"{0} \star {1}",
        (
            lambda g, w, x, y, like, **attrs: _to_input(y, g, x, attrs),
            lambda g, w, x, y, like, **attrs: apply(CONV, x, g, **attrs),
        ),
    )
)


# --- what is called ------------------------------------------------------------------------


def operands(name: str, x: TensorLike, w: TensorLike) -> tuple[Tensor, Tensor, int]:
    """Bring input and weight together; give also how many axes are slid over."""
    x, w = promoted("multiply", name, [x, w])
    if x.ndim != w.ndim or x.ndim < 3:
        raise ShapeError(
            f"{name}: input and weight have rows and channels before what is slid over",
            got=f"input {x.shape}, weight {w.shape}",
            wanted="input (rows, channels, …), weight (results, channels, …), with as many axes",
            mend="write x[None, None] for one grey image",
        )  # fmt: skip
    return x, w, x.ndim - 2


def settings(name: str, rank: int, stride: Any, dilation: Any, groups: int) -> dict[str, Any]:
    """Read the settings of a convolution."""
    (parts,) = per_axis(groups, 1, name, "groups")
    steps = {"stride": stride, "dilation": dilation}
    return {k: per_axis(v, rank, name, k) for k, v in steps.items()} | {"groups": parts}


def conv(
    x: TensorLike,
    w: TensorLike,
    *,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Tensor:
    """Slide kernels over images: y = Σ over channels and taps of w · x under the tap.

    Shapes: x (N, C, H, W) and w (O, C / groups, k, l) give (N, O, …); any number of axes may
    follow the channels. As many places as fit: ⌊(H + padding − d (k − 1) − 1) / stride⌋ + 1.

    Parameters
    ----------
    stride, dilation : steps of the kernel, and between its taps; a number, or one an axis
    padding : zeros around: a number, one an axis, or a pair (before, after) an axis
    groups : parts into which the channels fall; each result sees one part

    Raises
    ------
    ShapeError : when channels do not fit, or the kernel is larger than the padded input

    >>> import pellucid as pel
    >>> pel.conv([[[1.0, 2.0, 3.0]]], [[[1.0, -1.0]]])
    Tensor([[[-1. -1.]]], float32)
    """
    x, w, rank = operands("conv", x, w)
    attrs = settings("conv", rank, stride, dilation, groups)
    around = pairs(padding, rank, "conv", "padding")
    return apply(CONV, pad(x, ((0, 0), (0, 0), *around)), w, **attrs)
