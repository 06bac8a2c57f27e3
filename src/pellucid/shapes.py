"""Shape arithmetic on plain integers; an unknown extent is ``None``.

An unknown extent is a symbol: it never broadcasts as 1, and two unknown extents that meet are
taken to be equal, which :func:`check_met` verifies once they are known.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable, Sequence
from typing import Any

from pellucid.errors import ArgumentError, ArgumentTypeError, ShapeError
from pellucid.wording import counted

__all__ = [
    "Shape",
    "agreed",
    "broadcast",
    "check_met",
    "integers",
    "normalise_axes",
    "pairs",
    "per_axis",
    "reduced",
    "reshaped",
    "size",
    "sliced",
    "summed_axes",
    "windowed",
]

Shape = tuple[int | None, ...]


def text(shape: Shape) -> str:
    """Write a shape as Python does, unknown extents as ``None``."""
    return str(tuple(shape))


def size(shape: Shape) -> int | None:
    """Count the elements, or ``None`` when an extent is unknown.

    >>> size((2, 3)), size((None, 3)), size(())
    (6, None, 1)
    """
    known = [extent for extent in shape if extent is not None]
    return math.prod(known) if len(known) == len(shape) else None


def integers(value: Any, what: str, argument: str) -> tuple[int, ...]:
    """Read an argument that is one whole number, or several, as plain integers.

    >>> integers(3, "reshape", "shape"), integers([2, -1], "reshape", "shape")
    ((3,), (2, -1))
    """
    if type(value) is int:
        return (value,)
    try:
        return tuple(map(operator.index, value if isinstance(value, Iterable) else (value,)))
    except TypeError:
        raise ArgumentTypeError(
            f"{what}: {argument} is not made of whole numbers", got=f"{argument}={value!r}",
            wanted="a whole number, or several", mend="write whole numbers, as 1 or (0, 1)",
        ) from None  # fmt: skip


def agreed(shapes: Sequence[Shape]) -> Shape | None:
    """Join shapes that must be equal, ``None`` if they are not; an unknown extent agrees with any.

    >>> agreed([(None, 3), (5, None)]), agreed([(2,), (3,)])
    ((5, 3), None)
    """
    if len({len(shape) for shape in shapes}) > 1:
        return None
    known = [set(extents) - {None} for extents in zip(*shapes, strict=True)]
    if any(len(extents) > 1 for extents in known):
        return None
    return tuple(extents.pop() if extents else None for extents in known)


def broadcast(shapes: Sequence[Shape], what: str = "broadcast") -> Shape:
    """Combine shapes by NumPy's rule: aligned at the right, 1 stretches, the rest must agree.

    >>> broadcast([(None, 3), (3,)]), broadcast([(4, 1), (1, 5)])
    ((None, 3), (4, 5))
    """
    if all(shape == shapes[0] for shape in shapes):
        return shapes[0]
    rank = max(map(len, shapes))
    result: list[int | None] = []
    for axis in range(-rank, 0):
        extents = {shape[axis] for shape in shapes if len(shape) >= -axis} - {1}
        known = extents - {None}
        if len(known) > 1:
            raise ShapeError(
                f"{what}: the shapes do not broadcast together",
                got=" and ".join(map(text, shapes)),
                wanted=f"equal extents, or 1, at axis {axis}",
                mend=_broadcast_mend(shapes),
            )
        result.append(known.pop() if known else None if extents else 1)
    return tuple(result)


def _broadcast_mend(shapes: Sequence[Shape]) -> str:
    first, second = shapes[0], shapes[-1]
    if len(first) == len(second) == 2 and first == second[::-1]:
        return "write y.T to transpose one of them"
    if len(first) != len(second) and max(first, second, key=len)[:1] == min(first, second, key=len):
        return "write y.reshape(-1, 1) to make the shorter one a column"
    return "reshape one of them, or check which axis was meant"


def check_met(symbolic: Sequence[Shape], known: Sequence[Shape], what: str) -> None:
    """Verify, once extents are known, that unknown ones which met are equal and stretched nothing.

    `symbolic` are the shapes as declared, `known` the same shapes at a call.
    """
    rank = max(map(len, symbolic))
    for axis in range(-rank, 0):
        met = [
            (declared[axis], actual[axis])
            for declared, actual in zip(symbolic, known, strict=True)
            if len(declared) >= -axis and declared[axis] != 1
        ]
        if any(declared is None for declared, _ in met) and len({actual for _, actual in met}) > 1:
            raise ShapeError(
                f"{what}: extents that were unknown when the graph was built differ at this call",
                got=" and ".join(map(text, known)),
                wanted=f"equal extents at axis {axis}: an unknown extent never stretches",
                mend="pass inputs with the same number of rows",
            )


def normalise_axes(axis: int | Sequence[int] | None, rank: int, what: str) -> tuple[int, ...]:
    """Turn an axis argument into sorted, distinct, non-negative axes; ``None`` means all.

    >>> normalise_axes(-1, 3, "sum"), normalise_axes(None, 2, "sum")
    ((2,), (0, 1))
    """
    if axis is None:
        return tuple(range(rank))
    if type(axis) is int and -rank <= axis < rank:
        return (axis % rank,)
    axes = integers(axis, what, "axis")
    for one in axes:
        if not -rank <= one < rank:
            raise ArgumentError(
                f"{what}: axis {one} does not exist",
                got=f"axis={axis} for {counted(rank, 'dimension')}",
                wanted=f"an axis from {-rank} to {rank - 1}" if rank else "no axis: it is a scalar",
                mend="count from 0; -1 is the last" if rank else "give it an axis: x.reshape(1)",
            )
    result = tuple(sorted([one % rank for one in axes]))
    if len(set(result)) != len(result):
        raise ArgumentError(
            f"{what}: an axis is named twice", got=f"axis={axis}", mend="name it once"
        )
    return result


def reduced(shape: Shape, axes: Sequence[int], keepdims: bool) -> Shape:
    """Take `axes` away, or leave them with extent 1.

    >>> reduced((4, 5), (1,), True), reduced((4, 5), (1,), False)
    ((4, 1), (4,))
    """
    kept = [
        1 if i in axes else extent for i, extent in enumerate(shape) if keepdims or i not in axes
    ]
    return tuple(kept)


def summed_axes(source: Shape, target: Shape) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Find what undoes a broadcast from `target` to `source`: leading axes, and stretched axes.

    >>> summed_axes((4, 3, 5), (3, 1))
    ((0,), (2,))
    """
    lead = len(source) - len(target)
    stretched = tuple(
        lead + i for i, extent in enumerate(target) if extent == 1 and source[lead + i] != 1
    )
    return tuple(range(lead)), stretched


def reshaped(shape: Shape, wanted: Sequence[int]) -> Shape:
    """Compute the shape after a reshape in which one extent may be -1.

    >>> reshaped((2, 6), (3, -1)), reshaped((None, 2, 3), (-1, 6))
    ((3, 4), (None, 6))
    """
    open_axes = [i for i, extent in enumerate(wanted) if extent == -1]
    if len(open_axes) > 1 or any(extent < -1 for extent in wanted):
        raise ArgumentError(
            "reshape: extents are at least 0, and at most one is -1", got=f"shape={tuple(wanted)}",
            mend="write -1 for the one extent that is to be worked out",
        )  # fmt: skip
    known = math.prod(extent for extent in wanted if extent != -1)
    have = size(shape)
    if have is None:
        return tuple(None if extent == -1 else extent for extent in wanted)
    if open_axes and not known:
        raise ShapeError(
            "reshape: -1 cannot be worked out beside an extent of 0",
            got=f"{text(shape)} to {tuple(wanted)}", mend="write the extent instead of -1",
        )  # fmt: skip
    inferred = have // known if open_axes else 1
    if known * inferred != have:
        raise ShapeError(
            "reshape: the number of elements changes", got=f"{text(shape)} to {tuple(wanted)}",
            wanted=f"{have} elements",
            mend=f"choose extents that divide {have}" if open_axes else "write -1 for one extent",
        )  # fmt: skip
    return tuple(inferred if extent == -1 else extent for extent in wanted)


def sliced(extent: int | None, start: int | None, stop: int | None, step: int) -> int | None:
    """Count the positions that a slice picks from an axis, ``None`` when that is unknown.

    >>> sliced(10, 2, None, 3), sliced(None, None, None, -1), sliced(5, None, -1, 1)
    (3, None, 4)
    """
    if extent is None:
        return None
    return len(range(*slice(start, stop, step).indices(extent)))


def pairs(value: Any, rank: int, what: str, argument: str) -> tuple[tuple[int, int], ...]:
    """Read what is put before and after each of `rank` axes: one number, one an axis, or pairs.

    >>> pairs(1, 2, "pad", "widths"), pairs((1, (0, 2)), 2, "pad", "widths")
    (((1, 1), (1, 1)), ((1, 1), (0, 2)))
    """
    several = list(value) if isinstance(value, Iterable) else [value] * rank
    both = [integers(one, what, argument) for one in several]
    if len(both) != rank or any(len(one) not in (1, 2) or min(one) < 0 for one in both):
        raise ArgumentError(
            f"{what}: {argument} says how much goes before and after each axis",
            got=f"{argument}={value!r} for {rank} axes", wanted="whole numbers, none below 0",
            mend=f"write {argument}=1, or {argument}=((1, 1), (0, 2)) for two axes",
        )  # fmt: skip
    return tuple((one[0], one[-1]) for one in both)


def per_axis(value: Any, rank: int, what: str, argument: str, *, low: int = 1) -> tuple[int, ...]:
    """Read a setting that is one number for all axes, or one for each.

    >>> per_axis(2, 2, "conv", "stride"), per_axis((1, 3), 2, "conv", "stride")
    ((2, 2), (1, 3))
    """
    found = integers(value, what, argument)
    found = found * rank if len(found) == 1 else found
    if len(found) != rank or min(found, default=low) < low:
        raise ArgumentError(
            f"{what}: {argument} is one number for all axes, or one for each",
            got=f"{argument}={value!r} for {rank} axes", wanted=f"numbers of at least {low}",
            mend=f"write {argument}={low or 1}",
        )  # fmt: skip
    return found


def windowed(extent: int | None, kernel: int | None, stride: int, dilation: int) -> int | None:
    """Count the places at which a window fits on an axis, ``None`` when that is unknown.

    Formula: ⌊(n − d (k − 1) − 1) / s⌋ + 1 (Dumoulin and Visin, "A guide to convolution arithmetic
    for deep learning", 2016, relationship 15).

    >>> windowed(7, 3, 2, 1), windowed(2, 3, 1, 1)
    (3, 0)
    """
    if extent is None or kernel is None:
        return None
    return max((extent - dilation * (kernel - 1) - 1) // stride + 1, 0)
