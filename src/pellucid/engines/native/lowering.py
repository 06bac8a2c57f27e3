"""From a kernel of a program to code: a loop nest around what bodies say."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from pellucid.compile.access import Affine, extents
from pellucid.compile.fuse import Kernel
from pellucid.compile.memory import ALIGNMENT, Layout, Location
from pellucid.compile.program import Program
from pellucid.compile.schedule import Schedule
from pellucid.engines.native.builder import NativeBuilder, OneByOne
from pellucid.engines.native.emitter import INDEX
from pellucid.engines.native.folding import last_of, row_folded
from pellucid.engines.native.value import Value
from pellucid.errors import EngineError
from pellucid.graph.op import (
    Contract,
    Elementwise,
    Move,
    Reduce,
    Scatter,
    Spec,
    ravelled,
    unravelled,
)
from pellucid.shapes import Shape, size

__all__ = ["SPECIAL", "KernelWriter", "Operand", "pointer", "shared_axis"]

Index = tuple[Any, ...]
SPECIAL: dict[str, Callable[[KernelWriter, int], bool]] = {}  # loops of their own, by operation
ENOUGH = 32  # turns of a loop that is shared out, if there is such a loop
SHORTEST = 4  # elements: a shorter row is not reduced with vectors


def pointer(place: Location) -> str:
    """Name the pointer to an array."""
    return f"%{place.kind}.{place.number}"


def _innermost(shape: Sequence[Any]) -> int:
    """Give the last extent that is not 1."""
    return next((n for n in reversed(shape) if n != 1), 1) or 1


def _first_false(truths: Sequence[bool]) -> int:
    return next((k for k, one in enumerate(truths) if not one), len(truths))


def shared_axis(shape: Sequence[int]) -> int | None:
    """Choose the axis along which threads share a loop: the first with something for each."""
    most = max(shape, default=1)
    return next((k for k, n in enumerate(shape) if n >= min(most, ENOUGH)), None)


@dataclass(frozen=True)
class Operand:
    """An operand as bodies see it: it has a spec, and elements."""

    writer: KernelWriter
    number: int
    spec: Spec

    def __getitem__(self, place: Index) -> Value:
        pairs = zip(place, self.spec.shape, strict=True)
        return self.writer.element(self.number, tuple(0 if n == 1 else i for i, n in pairs))


class KernelWriter:
    """Writes the code of one kernel, which finds its arrays under the names of their places.

    Parameters
    ----------
    builder : what writes the instructions
    vector_bytes : how wide the CPU's vectors are
    turned : shapes of which everything in the workspace lies column by column
    """

    def __init__(
        self,
        program: Program,
        schedule: Schedule,
        layout: Layout,
        kernel: Kernel,
        builder: NativeBuilder,
        vector_bytes: int,
        turned: frozenset[Shape] = frozenset(),
    ) -> None:
        self.turned = turned
        self.lines, self.base = program.instructions, schedule.base
        self.layout, self.kernel = layout, kernel
        self.b = builder
        self.vector_bytes = vector_bytes
        self.flat = self._is_flat()
        self.lanes = vector_bytes // self._widest()
        self.scratch_bytes = 0
        self._scratch: dict[str, int] = {}
        touched = [*kernel.results, *kernel.reads]
        self.places = [layout.locations[k] for k in touched if not self.lines[k].is_literal]

    def scratch(self, name: str, size: int) -> str:
        """Give a pointer to memory that is needed while this kernel runs; one name, one place."""
        if name not in self._scratch:
            self._scratch[name] = self.scratch_bytes
            self.scratch_bytes += -(-size // ALIGNMENT) * ALIGNMENT
        text = f"getelementptr i8, ptr %scratch, {INDEX} {self._scratch[name]}"
        return self.b.once(("scratch", name), lambda: self.b.emit(text))

    def _is_flat(self) -> bool:
        """Tell whether all arrays are walked through alike, so that one loop will do."""
        loop = self.lines[self.kernel.results[0]].spec.shape
        for number in (*self.kernel.results, *self.kernel.inlined):
            line = self.lines[number]
            shapes = [self.lines[k].spec.shape for k in (number, *line.inputs)]
            if not isinstance(line.op.body, Elementwise) or any(
                shape != loop and size(shape) != 1 for shape in shapes
            ):
                return False
        written = [k for k in (*self.kernel.results, *self.kernel.reads) if self._is_array(k)]
        return len({self._lies_turned(number) for number in written}) < 2

    def _is_array(self, number: int) -> bool:
        return size(self.lines[number].spec.shape) != 1

    def _lies_turned(self, base: int) -> bool:
        """Tell whether what is in memory lies column by column."""
        here = self.layout.locations[base].kind == "workspace"
        return here and self.lines[base].spec.shape in self.turned

    def _widest(self) -> int:
        """Find the bytes of a number: of the widest floating one, if there are any."""
        numbers = [*self.kernel.results, *self.kernel.inlined, *self.kernel.reads]
        dtypes = {self.lines[k].spec.dtype for k in numbers}
        floating = [dtype.itemsize for dtype in dtypes if dtype.kind == "f"]
        return max(floating or [max(dtype.itemsize, 4) for dtype in dtypes])

    # --- loops ---

    def write(self) -> None:
        """Write the code."""
        number = self._contracted()
        line = self.lines[number]
        special = SPECIAL.get(line.op.name)
        if special is not None and special(self, number):
            return
        if isinstance(line.op.body, Scatter):
            self._scatter(number, line.op.body)
            return
        shape = self.spec(self.kernel.results[0]).shape

        def in_rows() -> None:
            self.b.attempt(
                lambda: self.walk(shape, self._results_at, self._lanes_across(), share=True),
                lambda: self.walk(shape, self._results_at, share=True),
            )

        self.b.attempt(lambda: self._write_joined(shape), in_rows)

    def _contracted(self) -> int:
        """Find the line that decides how the kernel loops: a contraction, or else its result."""
        for number in self.kernel.inlined:
            if isinstance(self.lines[number].op.body, Contract):
                return number
        return self.kernel.results[0]

    def finish(self, number: int, value: Value, index: Index) -> None:
        """Compute and write all results at one index, where this is the value of a line."""
        place = tuple(
            0 if n == 1 else i for i, n in zip(index, self.spec(number).shape, strict=True)
        )
        with self.b.scope():
            self.b.once(self._key(number, place), lambda: value)
            self._results_at(place)

    def _write_joined(self, shape: Shape, count: int | None = None) -> None:
        """Loop over the last axes as if they were one, which then has more whole vectors.

        Raises
        ------
        OneByOne : where that would be no better
        """
        count = self._joinable(shape) if count is None else count
        last, rows = extents(shape[len(shape) - count :]), extents(shape[: len(shape) - count])
        if count < 2 or 0 in shape or last[-1] % self.lanes == 0 or not self._lanes_across():
            raise OneByOne
        lying = (*rows, math.prod(last))

        def at(index: Index) -> None:
            self._results_at((*index[:-1], *unravelled(index[-1], last)))

        def together() -> None:
            with self.b.neighbours():
                self.nest(lying, at, min(self.lanes, lying[-1]), shared_axis(lying))

        self.b.attempt(together, lambda: self._write_joined(shape, count - 1))

    def _joinable(self, shape: Shape) -> int:
        """Count the last axes along which no array that is walked through with them is cut.

        Nor may one stand still there, except along so few that a vector reaches beyond them.
        """
        if shape in self.turned:
            return 0
        count = len(shape)
        for number in self._alongside():
            pairs = list(zip(reversed(self.spec(number).shape), reversed(shape), strict=False))
            same = _first_false([n == m for n, m in pairs])
            still = _first_false([n == 1 for n, _ in pairs])
            few = math.prod(extents(shape[len(shape) - still :])) < self.lanes
            if 0 < still < len(pairs) and few:
                same = _first_false([n in (1, m) for n, m in pairs])
            count = min(count, len(shape) if still == len(pairs) else max(same, still))
        return count

    def _alongside(self) -> set[int]:
        """Find the lines of which an element is met at each turn, as deep as the results or less.

        What a move picks its elements from is walked through in ways of its own.
        """
        computed = {*self.kernel.results, *self.kernel.inlined}
        depth = len(self.spec(self.kernel.results[0]).shape)
        found: set[int] = set()
        waiting = list(self.kernel.results)
        while waiting:
            number = waiting.pop()
            if number not in found and len(self.spec(number).shape) <= depth:
                found.add(number)
                moves = isinstance(self.lines[number].op.body, Move)
                waiting += self.lines[number].inputs if number in computed and not moves else ()
        return found

    def order(self, shape: Shape) -> tuple[int, ...]:
        """Give the axes of a shape, that of neighbours in memory last."""
        axes = tuple(range(len(shape)))
        return axes[::-1] if shape in self.turned else axes

    def walk(
        self, shape: Shape, body: Callable[[Index], None], lanes: int = 1, *, share: bool = False
    ) -> None:
        """Loop over all indices of a shape in the order in which they lie in memory."""
        order = self.order(shape)
        lying = [shape[axis] or 0 for axis in order]

        def at(index: Index) -> None:
            body(tuple(index[order.index(axis)] for axis in range(len(order))))

        self.nest(lying, at, lanes, shared_axis(lying) if share else None)

    def nest(
        self,
        shape: Sequence[Any],
        body: Callable[[Index], None],
        lanes: int = 1,
        share: int | None = None,
        index: Index = (),
    ) -> None:
        """Loop over all indices of a shape, the last that counts innermost, and in vectors.

        The loop over the axis `share` may be shared out between threads.
        """
        mine = share == len(index)
        if not shape:
            body(index)
        elif all(n == 1 for n in shape[1:]):
            rest = (0,) * (len(shape) - 1)
            self.b.across(shape[0], lanes, lambda i: body((*index, i, *rest)), share=mine)
        else:
            loop = self.b.shared if mine else self.b.loop
            loop(shape[0], lambda i: self.nest(shape[1:], body, lanes, share, (*index, i)))

    def _lanes_across(self) -> int:
        """Compute results side by side, unless each is folded from elements that lie so."""
        shape = self.spec(self.kernel.results[0]).shape
        if not shape or any(
            self._folds_row(k) for k in (*self.kernel.results, *self.kernel.inlined)
        ):
            raise OneByOne
        return min(self.lanes, _innermost([shape[axis] for axis in self.order(shape)]))

    def _folds_row(self, number: int) -> bool:
        line = self.lines[number]
        if not isinstance(line.op.body, Reduce):
            return False
        shape = self.lines[line.inputs[0]].spec.shape
        if not shape:
            return False
        axes = last_of(self.order(shape), dict(line.attrs)["axes"])
        row = math.prod(shape[axis] or 0 for axis in axes)
        if not axes or row < SHORTEST:
            return False
        return row >= self.lanes or _innermost(line.spec.shape) < min(self.lanes, row)

    def _results_at(self, index: Index) -> None:
        """Compute all results at one index, and only then write them: they may replace operands."""
        values = [self.element(number, index) for number in self.kernel.results]
        for number, value in zip(self.kernel.results, values, strict=True):
            self.store(value, number, index)

    def _offset(self, number: int, index: Index) -> tuple[str, Any]:
        return pointer(self.layout.locations[number]), self._position(number, index)

    def _position(self, number: int, index: Index) -> Any:
        """Count the elements before one in the memory of a line."""
        shape = extents(self.spec(number).shape)
        if self.is_turned(number):
            return ravelled(index[::-1], shape[::-1])
        return ravelled(index, shape)

    def is_turned(self, number: int) -> bool:
        """Tell whether the elements of a line lie column by column, as this kernel sees them."""
        base, shape = self.base[number], self.spec(number).shape
        return self.lines[base].spec.shape == shape and self._lies_turned(base)

    def store(self, value: Value, number: int, index: Index) -> None:
        """Write an element of a result."""
        self.b.store(value, *self._offset(number, index))

    # --- elements ---

    def spec(self, number: int) -> Spec:
        """Give the spec of a line as this kernel sees it."""
        spec = self.lines[number].spec
        if not self.flat:
            return spec
        loop = self.lines[self.kernel.results[0]].spec.shape
        return Spec((size(loop),) if spec.shape == loop else (), spec.dtype)

    def operands(self, number: int) -> list[Operand]:
        """Give the operands of a line to its body."""
        return [Operand(self, k, self.spec(k)) for k in self.lines[number].inputs]

    def in_memory(self, number: int) -> str | None:
        """Name the array that holds a line, if this kernel reads it."""
        base = self.base[number]
        if base < 0 or base in self.kernel.results or self.lines[base].is_literal:
            return None
        return pointer(self.layout.locations[base])

    def element(self, number: int, place: Index) -> Value:
        """Load or compute one element of a line, once."""
        return self.b.once(self._key(number, place), lambda: self._element(number, place))

    def _key(self, number: int, place: Index) -> tuple[Any, ...]:
        return (number, *[getattr(i, "key", None) or getattr(i, "name", i) for i in place])

    def _element(self, number: int, place: Index) -> Value:
        line, spec = self.lines[number], self.spec(number)
        base, array = self.base[number], self.in_memory(number)
        if array is not None:
            return self.b.load(array, spec.dtype, self._position(number, place))
        if base >= 0 and self.lines[base].is_literal:
            value = self.lines[base].value
            assert value is not None
            return self.b.constant(value.item(), spec.dtype)
        if base >= 0 and base != number:
            return self.element(base, place)
        outside, self.b.label = self.b.label, line.label
        found = self.b.value(self._computed(number, place))
        self.b.label = outside
        if found.dtype != spec.dtype:
            raise EngineError(
                f"the body of {line.op.name} gives {found.dtype}", wanted=str(spec.dtype),
                mend="this is a fault of the operation's declaration",
            )  # fmt: skip
        return found

    def _computed(self, number: int, place: Index) -> Any:
        line, operands, attrs = self.lines[number], self.operands(number), self._attrs(number)
        body = line.op.body

        def plainly() -> Any:
            return body.element(self.b, place, operands, self.spec(number), attrs)

        if self.b.lanes > 1 or not isinstance(body, Reduce) or not self._folds_row(number):
            return plainly()
        return self.b.attempt(
            lambda: row_folded(
                self.b,
                body,
                operands[0],
                place,
                attrs,
                self.lanes,
                self.order(operands[0].spec.shape),
            ),
            plainly,
        )

    def _attrs(self, number: int) -> dict[str, Any]:
        return dict(self.lines[number].attrs)

    def strided(self, number: int, place: Index) -> tuple[str, Affine | int] | None:
        """Give the array and the offset of an element, if it lies at constant steps in memory."""
        array = self.in_memory(number)
        if array is not None:
            return array, self._position(number, place)
        line = self.lines[number]
        if not isinstance(line.op.body, Move) or self.base[number] >= 0:
            return None
        shapes = [self.lines[k].spec.shape for k in line.inputs]
        source, inside = line.op.body.source(
            self.b, place, shapes, self.spec(number).shape, **self._attrs(number)
        )
        return self.strided(line.inputs[0], source) if inside is None else None

    # --- scattering ---

    def _scatter(self, number: int, body: Scatter) -> None:
        """Set the result to zero, then add each element of the last operand where it belongs."""
        spec, operands = self.spec(number), self.operands(number)
        zero = self.b.constant(0, spec.dtype)
        innermost = (1, *[spec.shape[axis] or 1 for axis in self.order(spec.shape)])[-1]
        lanes = min(self.lanes, innermost)
        self.walk(spec.shape, lambda index: self.store(zero, number, index), lanes)
        self.b.label = self.lines[number].label

        def add(index: Index) -> None:
            target = body.target(self.b, index, *operands, **self._attrs(number))
            array, offset = self._offset(number, target)
            before = self.b.load(array, spec.dtype, offset)
            self.b.store(before + operands[-1][index], array, offset)

        self.nest(operands[-1].spec.shape, add)
