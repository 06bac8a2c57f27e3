"""The extents of a convolution, and where its operands lie."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pellucid.compile.access import extents
from pellucid.engines.native.builder import NativeBuilder
from pellucid.engines.native.lowering import KernelWriter, Operand, pointer
from pellucid.engines.native.product import Matrix, located, row_major

__all__ = ["Convolution"]


@dataclass(frozen=True)
class Convolution:
    """A convolution y of x with w, or one of its gradients, which lie in row-major order.

    Parameters
    ----------
    images, weights, results : the shapes of x, w and y
    x, w, y : where each begins: the array, and an element of it
    """

    writer: KernelWriter
    number: int
    images: tuple[int, ...]
    weights: tuple[int, ...]
    results: tuple[int, ...]
    x: tuple[str, int]
    w: tuple[str, int]
    y: tuple[str, int]

    @classmethod
    def found(cls, writer: KernelWriter, number: int, made: str) -> Convolution | None:
        """Find the operands, if they are floating numbers in row-major order.

        Parameters
        ----------
        made : which of x, w and y the line makes; the others are its operands, in this order
        """
        line = writer.lines[number]
        read = "yw" if made == "x" else "xwy".replace(made, "")
        specs = {made: line.spec}
        places = {made: (pointer(writer.layout.locations[number]), 0)}
        for name, operand in zip(read, writer.operands(number), strict=False):
            place = _in_order(writer, operand)
            if place is None:
                return None
            specs[name], places[name] = operand.spec, place
        shapes = {name: extents(spec.shape) for name, spec in specs.items()}
        whole = all(math.prod(shape) for shape in shapes.values())
        if line.spec.dtype.kind != "f" or not whole:
            return None
        return cls(writer, number, shapes["x"], shapes["w"], shapes["y"], **places)

    @property
    def b(self) -> NativeBuilder:
        """What writes the instructions."""
        return self.writer.b

    @cached_property
    def attrs(self) -> dict[str, Any]:
        """The settings."""
        return dict(self.writer.lines[self.number].attrs)

    @property
    def stride(self) -> tuple[int, ...]:
        """The steps of the kernel."""
        return tuple(self.attrs["stride"])

    @property
    def dilation(self) -> tuple[int, ...]:
        """The steps between taps."""
        return tuple(self.attrs["dilation"])

    @property
    def groups(self) -> int:
        """Into how many parts channels and results fall."""
        return int(self.attrs["groups"])

    @property
    def channels(self) -> int:
        """How many channels a group has."""
        return self.weights[1]

    @property
    def outputs(self) -> int:
        """How many results a group has."""
        return self.weights[0] // self.groups

    @property
    def kernel(self) -> tuple[int, ...]:
        """The extents of taps."""
        return self.weights[2:]

    @property
    def dtype(self) -> Any:
        """Of all numbers."""
        return self.writer.lines[self.number].spec.dtype

    @property
    def places(self) -> int:
        """How many places the kernel slides to."""
        return math.prod(self.results[2:])

    @property
    def seen(self) -> int:
        """How many numbers a kernel of one group sees."""
        return math.prod(self.weights[1:])

    def scratch(self, name: str, shape: tuple[int, ...], names: tuple[str, ...]) -> Matrix:
        """Give memory that is needed for a moment."""
        array = self.writer.scratch(name, math.prod(shape) * self.dtype.itemsize)
        return self.matrix((array, 0), shape, names)

    def matrix(self, place: tuple[str, int], shape: Any, names: tuple[str, ...]) -> Matrix:
        """See what lies in row-major order by the names of its axes."""
        steps = dict(zip(names, row_major(shape), strict=True))
        return Matrix(self.b, self.dtype, *place, steps)


def _in_order(writer: KernelWriter, operand: Operand) -> tuple[str, int] | None:
    """Give the array of an operand and where it begins, if it lies in row-major order."""
    shape = extents(operand.spec.shape)
    names = [f"axis {k}" for k in range(len(shape))]
    found = located(writer, operand, names)
    if found is None:
        return None
    steps = dict(zip(names, row_major(shape), strict=True))
    wanted = {name: steps[name] for name, n in zip(names, shape, strict=True) if n > 1}
    return (found.pointer, found.start) if found.steps == wanted else None
