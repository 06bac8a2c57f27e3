"""What slides over images: borders, pooling, transposed convolution, filters of plain arrays."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from pellucid.arguments import one_of
from pellucid.errors import ArgumentError, GraphError, ShapeError
from pellucid.functional.indexing import getitem
from pellucid.graph.tensor import Tensor, TensorLike, apply, as_tensor
from pellucid.ops.conv import CONV_INPUT, operands, settings
from pellucid.ops.elementwise import cast
from pellucid.ops.index import take
from pellucid.ops.linalg import matmul
from pellucid.ops.reduce import max as greatest
from pellucid.ops.reduce import sum as total
from pellucid.ops.scan import flip
from pellucid.ops.view import broadcast_to, transpose
from pellucid.ops.window import pad as pad_with_value
from pellucid.ops.window import windows
from pellucid.shapes import pairs, per_axis

__all__ = [
    "adaptive_avg_pool", "avg_pool", "conv_transposed", "convolve", "correlate", "max_pool", "pad",
]  # fmt: skip

# What NumPy calls the borders that SciPy names.
BORDERS = {"reflect": "symmetric", "mirror": "reflect", "nearest": "edge", "wrap": "wrap"}


# --- borders -------------------------------------------------------------------------------


def pad(x: TensorLike, widths: Any, mode: str = "constant", value: float = 0) -> Tensor:
    """Put elements before and after each axis.

    Modes, by SciPy's names, for the row a b c d: ``constant`` (`value` on both sides), ``reflect``
    (d c b a | a b c d | d c b a), ``mirror`` (d c b | a b c d | c b a), ``nearest``
    (a a a | a b c d | d d d) and ``wrap`` (b c d | a b c d | a b c).

    Parameters
    ----------
    widths : how many: one number, one for each axis, or a pair for each axis

    >>> import pellucid as pel
    >>> pel.pad([1, 2, 3], 2, mode="mirror")
    Tensor([3 2 1 2 3 2 1], int64)
    """
    if one_of(mode, "mode", ("constant", *BORDERS)) == "constant":
        return pad_with_value(x, widths, value)
    x = as_tensor(x)
    for axis, both in enumerate(pairs(widths, x.ndim, "pad", "widths")):
        if any(both):
            x = take(x, _border(x, axis, both, mode), axis)
    return x


def _border(x: Tensor, axis: int, both: tuple[int, int], mode: str) -> Any:
    extent = x.shape[axis]
    if not extent:
        raise GraphError(
            "pad: the elements of the border are not known", got=f"shape {x.shape}, axis {axis}",
            mend='give the axis a known extent of at least 1, or write mode="constant"',
        )  # fmt: skip
    return np.pad(np.arange(extent), both, mode=BORDERS[mode])  # type: ignore[call-overload]


# --- filters of plain arrays ----------------------------------------------------------------


def correlate(
    image: TensorLike,
    kernel: TensorLike,
    *,
    boundary: str = "constant",
    value: float = 0,
    divisor: float = 1,
) -> Tensor:
    """Give at each place the sum of the image under the kernel times the kernel: a filter.

    Formula: y[i, j] = Σₖₗ x[i + k − k₀, j + l − l₀] w[k, l] / divisor, (k₀, l₀) the centre (extent
    // 2). The same as ``scipy.ndimage.correlate``; :func:`pellucid.conv` is for batches with
    channels.

    Parameters
    ----------
    image : (…, H, W) for a kernel of two axes; leading axes are kept
    boundary : what is seen beyond the border; the modes of :func:`pellucid.pad`

    >>> import pellucid as pel
    >>> pel.correlate([1, 2, 3], [1, 0, -1])
    Tensor([-2 -2  2], int64)
    """
    return _filtered(as_tensor(image), as_tensor(kernel), False, boundary, value, divisor)


def convolve(
    image: TensorLike,
    kernel: TensorLike,
    *,
    boundary: str = "constant",
    value: float = 0,
    divisor: float = 1,
) -> Tensor:
    """Filter as :func:`correlate` does, with the kernel flipped along every axis.

    Formula: y[i, j] = Σₖₗ x[i − k + k₀, j − l + l₀] w[k, l] / divisor. The same as
    ``scipy.ndimage.convolve``.

    >>> import pellucid as pel
    >>> pel.convolve([1, 2, 3], [1, 0, -1])
    Tensor([ 2  2 -2], int64)
    """
    return _filtered(as_tensor(image), as_tensor(kernel), True, boundary, value, divisor)


def _filtered(
    x: Tensor, w: Tensor, flipped: bool, boundary: str, value: float, divisor: float
) -> Tensor:
    rank = w.ndim
    if not 1 <= rank <= x.ndim or None in w.shape or 0 in w.shape:
        raise ShapeError(
            "a filter has as many axes as it slides over", got=f"image {x.shape}, kernel {w.shape}",
            wanted="an image (…, H, W) for a kernel (k, l)", mend="reshape one of them",
        )  # fmt: skip
    before = [n // 2 for n in w.shape]  # type: ignore[operator]
    around = [(b, n - 1 - b) for b, n in zip(before, w.shape, strict=True)]  # type: ignore[operator]
    if flipped:
        w, around = flip(w), [(after, first) for first, after in around]
    padded = pad(x, [(0, 0)] * (x.ndim - rank) + around, boundary, value)
    seen = windows(padded, w.shape)
    y = total(seen * w, tuple(range(-rank, 0)))
    return y if divisor == 1 else y / divisor


# --- pooling -------------------------------------------------------------------------------


def max_pool(
    x: TensorLike, kernel: Any, stride: Any = None, *, padding: Any = 0, dilation: Any = 1,
    ceil: bool = False, rank: int | None = None,
) -> Tensor:  # fmt: skip
    """Keep the greatest element under each window; ties share the gradient.

    Shapes: (N, C, H, W) gives (N, C, places down, places across); any number of axes may follow
    the channels.

    Parameters
    ----------
    stride : the kernel's extent by default, so that windows do not overlap
    padding : places around that never win
    ceil : keep also the windows at the far edge that reach beyond it
    rank : how many axes are pooled; by default all behind rows and channels

    >>> import pellucid as pel
    >>> pel.max_pool([[[1.0, 5.0, 2.0, 3.0]]], 2)
    Tensor([[[5. 3.]]], float32)
    """
    x = as_tensor(x)
    least = -math.inf if x.dtype.kind == "f" else int(np.iinfo(x.dtype).min)
    seen, rank, _ = _pooled(x, "max_pool", kernel, stride, padding, dilation, ceil, least, rank)
    return greatest(seen, tuple(range(-rank, 0)))


def avg_pool(
    x: TensorLike, kernel: Any, stride: Any = None, *, padding: Any = 0, ceil: bool = False,
    count_padding: bool = True, rank: int | None = None,
) -> Tensor:  # fmt: skip
    """Average what is under each window; the settings are those of :func:`max_pool`.

    Parameters
    ----------
    count_padding : divide also by the zeros of the padding, as torch does by default

    >>> import pellucid as pel
    >>> pel.avg_pool([[[1.0, 5.0, 2.0, 3.0]]], 2)
    Tensor([[[3.  2.5]]], float32)
    """
    x = as_tensor(x)
    x = x if x.dtype.kind == "f" else cast(x, np.float64)
    seen, rank, beyond = _pooled(x, "avg_pool", kernel, stride, padding, 1, ceil, 0, rank)
    sums = total(seen, tuple(range(-rank, 0)))
    extents = per_axis(kernel, rank, "avg_pool", "kernel")
    around = pairs(padding, rank, "avg_pool", "padding")
    if not any(map(any, beyond)) and (count_padding or not any(map(any, around))):
        return sums / math.prod(extents)
    inner = _extents(x, "images")[x.ndim - 2 - rank :]
    counted = np.ones([n + sum(p) for n, p in zip(inner, around, strict=True)], x.dtype)
    if not count_padding:
        counted = np.pad(np.ones(inner, x.dtype), around)
    steps = per_axis(kernel if stride is None else stride, rank, "avg_pool", "stride")
    valid = windows(np.pad(counted, beyond), extents, steps)
    return sums / total(valid, tuple(range(-rank, 0)))


def _pooled(
    x: Tensor, name: str, kernel: Any, stride: Any, padding: Any, dilation: Any, ceil: bool,
    value: float, rank: int | None,
) -> tuple[Tensor, int, list[tuple[int, int]]]:  # fmt: skip
    """Pad and lay out the windows; give also the rank and what `ceil` adds behind each axis."""
    rank = x.ndim - 2 if rank is None else rank
    if rank < 1 or x.ndim < rank:
        raise ShapeError(
            f"{name}: images come with rows and channels", got=f"shape {x.shape}",
            wanted="(N, C, H, W), or (N, C, L)", mend="write x[None, None] for one grey image",
        )  # fmt: skip
    extents = per_axis(kernel, rank, name, "kernel")
    steps = extents if stride is None else per_axis(stride, rank, name, "stride")
    apart = per_axis(dilation, rank, name, "dilation")
    around = pairs(padding, rank, name, "padding")
    for k, both in zip(extents, around, strict=True):
        if max(both) > k // 2:
            raise ArgumentError(
                f"{name}: a window would see nothing but padding",
                got=f"kernel={kernel}, padding={padding}",
                wanted="padding of at most half a kernel", mend="make the padding smaller",
            )  # fmt: skip
    beyond = [(0, 0)] * rank
    if ceil:
        sizes = zip(_extents(x, "images"), extents, steps, around, apart, strict=True)
        beyond = [(0, _more(*size)) for size in sizes]
    added = [(b, a + more) for (b, a), (_, more) in zip(around, beyond, strict=True)]
    padded = pad_with_value(x, [(0, 0)] * (x.ndim - rank) + added, value)
    return windows(padded, extents, steps, apart), rank, beyond


def _more(extent: int, kernel: int, stride: int, around: tuple[int, int], dilation: int) -> int:
    """Count what is missing behind for the last window, which must begin inside or before."""
    reach, have = dilation * (kernel - 1) + 1, extent + sum(around)
    places = -(-(have - reach) // stride) + 1
    if (places - 1) * stride >= extent + around[0]:
        places -= 1
    return max((places - 1) * stride + reach - have, 0)


def adaptive_avg_pool(x: TensorLike, extents: Any) -> Tensor:
    """Average over as many windows as are wanted, of extents as equal as possible.

    Window i of m along an axis of n covers ⌊i n / m⌋ … ⌈(i + 1) n / m⌉ − 1. An average is linear:
    each axis is multiplied by a matrix of weights.

    >>> import pellucid as pel
    >>> pel.adaptive_avg_pool([[[1.0, 2.0, 3.0, 4.0, 6.0]]], 2)
    Tensor([[[2.       4.333333]]], float32)
    """
    x = as_tensor(x)
    x = x if x.dtype.kind == "f" else cast(x, np.float64)
    rank = x.ndim - 2
    wanted = per_axis(extents, max(rank, 1), "adaptive_avg_pool", "extents")
    for k, (extent, places) in enumerate(zip(_extents(x, "images"), wanted, strict=True)):
        order = [*range(x.ndim)]
        order[2 + k], order[-1] = order[-1], order[2 + k]
        averaged = matmul(transpose(x, order), _averages(extent, places, x.dtype).T)
        x = transpose(averaged, order)
    return x


def _averages(extent: int, places: int, dtype: Any) -> Any:
    if extent < 1:
        raise ShapeError(
            "adaptive_avg_pool of no elements", mend="check that the data are not empty"
        )
    weights = np.zeros((places, extent), dtype)
    for i in range(places):
        start, stop = i * extent // places, -(-(i + 1) * extent // places)
        weights[i, start:stop] = 1 / (stop - start)
    return weights


def _extents(x: Tensor, what: str) -> tuple[int, ...]:
    """Give the extents behind rows and channels, which must be known."""
    known = tuple(extent for extent in x.shape[2:] if extent is not None)
    if len(known) < x.ndim - 2:
        raise GraphError(
            f"the extents of the {what} must be known here", got=f"shape {x.shape}",
            mend="give the placeholder fixed extents beside the batch",
        )  # fmt: skip
    return known


# --- transposed convolution ------------------------------------------------------------------


def conv_transposed(
    x: TensorLike,
    w: TensorLike,
    *,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Tensor:
    """Spread every element over a window of the result: the gradient of ``conv`` as a map.

    Shapes: x (N, C, H, W) and w (C, O / groups, k, l) give (N, O, …), along each axis
    (H − 1) · stride − padding + d (k − 1) + 1 + output_padding.

    Parameters
    ----------
    padding : how much is cut off around
    output_padding : how much longer the result is: several lengths give the same H with ``conv``

    >>> import pellucid as pel
    >>> pel.conv_transposed([[[1.0, 2.0]]], [[[1.0, -1.0]]], stride=2)
    Tensor([[[ 1. -1.  2. -2.]]], float32)
    """
    name = "conv_transposed"
    x, w, rank = operands(name, x, w)
    attrs = settings(name, rank, stride, dilation, groups)
    if x.shape[1] != w.shape[0] or (w.shape[0] or 0) % attrs["groups"]:
        raise ShapeError(
            f"{name}: the channels do not fit",
            got=f"input {x.shape}, weight {w.shape}, groups={groups}",
            wanted="input (rows, channels, …), weight (channels, results / groups, …)",
            mend="images come as (N, C, H, W)",
        )  # fmt: skip
    steps, apart = attrs["stride"], attrs["dilation"]
    cut = pairs(padding, rank, name, "padding")
    more = per_axis(output_padding, rank, name, "output_padding", low=0)
    parts = zip(_extents(x, "images"), _extents(w, "kernel"), steps, apart, strict=True)
    full = [(n - 1) * s + d * (k - 1) + 1 for n, k, s, d in parts]
    kept = [n - sum(p) + o for n, p, o in zip(full, cut, more, strict=True)]
    if min(kept) < 1 or any(o >= max(both) for o, *both in zip(more, steps, apart, strict=True)):
        raise ArgumentError(
            f"{name}: nothing would be left, or output_padding reaches the stride",
            got=f"extents {kept}, output_padding={output_padding}",
            wanted="extents of at least 1, output_padding below stride or dilation",
            mend="make the padding smaller",
        )  # fmt: skip
    whole = tuple(map(sum, zip(full, more, strict=True)))
    like = broadcast_to(as_tensor(0, x.dtype), (1, 1, *whole))  # it lends its extents alone
    y = apply(CONV_INPUT, x, w, like, **attrs)
    places = zip(cut, kept, strict=True)
    return getitem(y, (..., *(slice(before, before + n) for (before, _), n in places)))
