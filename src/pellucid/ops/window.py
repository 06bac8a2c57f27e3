"""Windows that slide over an array, and the padding that lets them reach beyond its border."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

from pellucid.errors import ArgumentError, ShapeError
from pellucid.graph.op import Gather, Move, Op, Spec, register
from pellucid.graph.tensor import Tensor, TensorLike, apply, as_tensor
from pellucid.ops.view import slices
from pellucid.shapes import pairs, per_axis, windowed

__all__ = ["pad", "windows"]

Index = tuple[Any, ...]
Extents = tuple[int, ...]


# --- padding -------------------------------------------------------------------------------


def _pad_rule(x: Spec, *, widths: tuple[tuple[int, int], ...], value: float) -> Spec:
    extents = zip(x.shape, widths, strict=True)
    return Spec(tuple(None if n is None else n + sum(both) for n, both in extents), x.dtype)


def _pad_element(b: Any, index: Index, x: Any, *, widths: Any, value: float) -> Any:
    place, inside = [], b.constant(True, "bool")
    for i, extent, (before, _) in zip(index, x.spec.shape, widths, strict=True):
        inside = inside & (i >= before) & (i - before < extent)
        place.append(i - before)
    return b.guarded(inside, lambda: x[tuple(place)], b.constant(value, x.spec.dtype))


def _pad_vjp(g: Tensor, y: Tensor, x: Tensor, *, widths: Any, value: float) -> Tensor:
    return slices(g, [(before or None, -after or None, 1) for before, after in widths])


PAD: Op = register(
    Op(
        "pad",
        _pad_rule,
        lambda xp, x, widths, value: xp.pad(x, widths, constant_values=value),
        Gather(_pad_element),
        r"\operatorname{{pad}} {0}",
        (_pad_vjp,),
    )
)


def pad(x: TensorLike, widths: Any, value: float = 0) -> Tensor:
    """Put elements of one `value` before and after each axis.

    Parameters
    ----------
    widths : how many: one number, one for each axis, or a pair for each axis

    >>> import pellucid as pel
    >>> pel.pad([1, 2], ((1, 2),))
    Tensor([0 1 2 0 0], int64)
    """
    x = as_tensor(x)
    both = pairs(widths, x.ndim, "pad", "widths")
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ArgumentError("pad: the value is a number", got=repr(value), mend="write value=0")
    if not any(map(any, both)):
        return x
    return apply(PAD, x, widths=both, value=x.dtype.type(value).item())


# --- windows -------------------------------------------------------------------------------
# `overlap` is the adjoint of `windows`: each element receives what it lent.


def taps(xp: Any, x: Any, kernel: Extents, stride: Extents, dilation: Extents, *, axis: int) -> Any:
    """Stack, along a new axis, what each place of the kernel sees as the window slides."""
    seen = [x[place] for place in _tap_slices(x.shape, kernel, stride, dilation)]
    return xp.stack(seen, axis=axis)


def _tap_slices(shape: Any, kernel: Extents, stride: Extents, dilation: Extents) -> list[Index]:
    last = list(zip(shape[len(shape) - len(kernel) :], kernel, stride, dilation, strict=True))
    return [
        (..., *(slice(at * d, at * d + s * windowed(n, k, s, d), s)  # type: ignore[operator]
                for at, (n, k, s, d) in zip(tap, last, strict=True)))
        for tap in itertools.product(*map(range, kernel))
    ]  # fmt: skip


def overlapped(
    xp: Any, seen: Any, shape: Any, kernel: Extents, stride: Extents, dilation: Extents
) -> Any:
    """Undo `taps`: add what each place of the kernel holds, along the last axis, where it saw."""
    total = xp.zeros(shape, seen.dtype)
    for k, place in enumerate(_tap_slices(shape, kernel, stride, dilation)):
        if hasattr(total, "at"):
            total = total.at[place].add(seen[..., k])
        else:
            total[place] += seen[..., k]
    return total


def _windows_rule(x: Spec, *, kernel: Extents, stride: Extents, dilation: Extents) -> Spec:
    lead = len(x.shape) - len(kernel)
    places = tuple(map(windowed, x.shape[lead:], kernel, stride, dilation))
    if 0 in places:
        raise ShapeError(
            "the window is larger than what it slides over",
            got=f"window {kernel}, dilation {dilation}, shape {x.shape}",
            wanted="a window that fits", mend="make the window smaller, or pad more",
        )  # fmt: skip
    return Spec((*x.shape[:lead], *places, *kernel), x.dtype)


def _windows_source(
    b: Any, index: Index, shapes: Any, out: Any, *, kernel: Extents, stride: Extents, dilation: Any
) -> tuple[Index, None]:
    rank = len(kernel)
    lead, place, tap = index[: -2 * rank], index[-2 * rank : -rank], index[-rank:]
    moves = zip(place, stride, tap, dilation, strict=True)
    return (*lead, *(p * s + k * d for p, s, k, d in moves)), None


def _windows_array(xp: Any, x: Any, *, kernel: Extents, stride: Extents, dilation: Any) -> Any:
    seen = taps(xp, x, kernel, stride, dilation, axis=-1)
    return xp.reshape(seen, (*seen.shape[:-1], *kernel))


WINDOWS: Op = register(
    Op(
        "windows",
        _windows_rule,
        _windows_array,
        Move(_windows_source),
        r"\operatorname{{windows}} {0}",
        (lambda g, y, x, **attrs: apply(OVERLAP, g, x, **attrs),),
    )
)


def _overlap_array(
    xp: Any, seen: Any, like: Any, *, kernel: Extents, stride: Extents, dilation: Extents
) -> Any:
    flat = xp.reshape(seen, (*seen.shape[: -len(kernel)], math.prod(kernel)))
    return overlapped(xp, flat, like.shape, kernel, stride, dilation)


def _overlap_element(
    b: Any, index: Index, seen: Any, like: Any, *, kernel: Extents, stride: Extents, dilation: Any
) -> Any:
    lead, at = index[: -len(kernel)], index[len(index) - len(kernel) :]
    places = seen.spec.shape[len(lead) : -len(kernel)]
    if all(d == 1 and s >= k for k, s, d in zip(kernel, stride, dilation, strict=True)):
        return _lent_once(b, lead, at, seen, places, kernel, stride)

    def add(tap: Index, total: Any) -> Any:
        place, inside = came_from(b, at, tap, places, stride, dilation)
        zero = b.constant(0, seen.spec.dtype)
        return total + b.guarded(inside, lambda: seen[(*lead, *place, *tap)], zero)

    return folded(b, kernel, b.constant(0, seen.spec.dtype), add)


def _lent_once(
    b: Any, lead: Index, at: Index, seen: Any, places: Any, kernel: Extents, stride: Extents
) -> Any:
    """Windows that do not overlap: an element was lent to one of them at most."""
    place = tuple(i // s for i, s in zip(at, stride, strict=True))
    tap = tuple(i % s for i, s in zip(at, stride, strict=True))
    inside: Any = True  # and stays so, where all that can be told while code is made
    for i, extent in zip((*place, *tap), (*places, *kernel), strict=True):
        inside = (i < extent) & inside
    return b.guarded(inside, lambda: seen[(*lead, *place, *tap)], b.constant(0, seen.spec.dtype))


OVERLAP: Op = register(
    Op(
        "overlap",
        lambda seen, like, **attrs: Spec(like.shape, seen.dtype),
        _overlap_array,
        Gather(_overlap_element),
        r"\operatorname{{overlap}} {0}",
        (lambda g, y, seen, like, **attrs: apply(WINDOWS, g, **attrs), None),
    )
)


def folded(b: Any, extents: Sequence[int], start: Any, step: Any) -> Any:
    """Fold ``step(index, so far)`` over every index within `extents`, in row-major order."""

    def along(index: Index, so_far: Any) -> Any:
        if len(index) == len(extents):
            return step(index, so_far)
        return b.fold(extents[len(index)], so_far, lambda i, now: along((*index, i), now))

    return along((), start)


def came_from(
    b: Any, at: Index, tap: Index, places: Sequence[int], stride: Extents, dilation: Extents
) -> tuple[Index, Any]:
    """Find the place of the window whose `tap` lies on `at`, and whether there is one."""
    place, inside = [], b.constant(True, "bool")
    for i, k, extent, s, d in zip(at, tap, places, stride, dilation, strict=True):
        moved = i - k * d
        inside = inside & (moved >= 0) & (moved % s == 0) & (moved // s < extent)
        place.append(moved // s)
    return tuple(place), inside


def windows(x: TensorLike, kernel: Any, stride: Any = 1, dilation: Any = 1) -> Tensor:
    """Show every window of the last axes: what a kernel sees at each place it slides to.

    Shapes: x (…, n, m) and a kernel (k, l) give (…, places down, places across, k, l).

    >>> import pellucid as pel
    >>> pel.windows([1, 2, 3, 4], (2,))
    Tensor([[1 2]
     [2 3]
     [3 4]], int64)
    """
    x = as_tensor(x)
    rank = len(kernel) if isinstance(kernel, Sequence) else 1
    if rank > x.ndim:
        raise ShapeError(
            "windows: the window has more axes than the array", got=f"window {kernel}, {x.shape}",
            wanted=f"at most {x.ndim} extents", mend="give one extent for each of the last axes",
        )  # fmt: skip
    return apply(
        WINDOWS, x, kernel=per_axis(kernel, rank, "windows", "kernel"),
        stride=per_axis(stride, rank, "windows", "stride"),
        dilation=per_axis(dilation, rank, "windows", "dilation"),
    )  # fmt: skip
