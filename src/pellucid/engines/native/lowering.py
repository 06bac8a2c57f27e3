"""From a kernel of a program to a function in LLVM IR: a loop nest around what bodies say."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pellucid.compile.access import Affine
from pellucid.compile.fuse import Fusion, Kernel, sums_columns
from pellucid.compile.memory import Layout, Location
from pellucid.compile.program import Instruction, Program
from pellucid.engines.native.builder import NativeBuilder
from pellucid.engines.native.value import Value
from pellucid.errors import EngineError
from pellucid.graph.op import Elementwise, Move, Reduce, Scatter, Spec, ravelled

__all__ = ["SPECIAL", "KernelWriter", "Operand", "is_literal"]

Index = tuple[Any, ...]
SPECIAL: dict[str, Callable[[KernelWriter, int], bool]] = {}  # loops of their own, by operation


def is_literal(line: Instruction) -> bool:
    """Tell whether a line is a number that is written into the code."""
    return line.value is not None and line.value.size == 1


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
    """Writes one kernel as a function of pointers to the arrays that it reads and writes."""

    def __init__(
        self,
        program: Program,
        fusion: Fusion,
        layout: Layout,
        kernel: Kernel,
        faults: list[tuple[str, str]],
    ) -> None:
        self.program = program
        self.lines, self.base = program.instructions, fusion.base
        self.layout, self.kernel = layout, kernel
        self.b = NativeBuilder(faults)
        self.pointers = self._pointers()
        self.flat = self._is_flat()

    def _pointers(self) -> dict[Location, str]:
        """Name a parameter for each array; one that is read and written is one parameter."""
        touched = [*self.kernel.results, *self.kernel.reads]
        arrays = [self.layout.locations[k] for k in touched if not is_literal(self.lines[k])]
        return {array: f"%p{k}" for k, array in enumerate(dict.fromkeys(arrays))}

    def _is_flat(self) -> bool:
        """Tell whether all arrays are walked through alike, so that one loop will do."""
        loop = self.lines[self.kernel.results[0]].spec.shape
        for number in (*self.kernel.results, *self.kernel.inlined):
            line = self.lines[number]
            shapes = [self.lines[k].spec.shape for k in (number, *line.inputs)]
            if not isinstance(line.op.body, Elementwise) or any(
                shape != loop and math.prod(n or 0 for n in shape) != 1 for shape in shapes
            ):
                return False
        return True

    # --- the function ---

    def text(self, name: str) -> str:
        """Write the function."""
        self._body(self.kernel.results[0])
        parameters = ", ".join(f"ptr noalias {pointer}" for pointer in self.pointers.values())
        head = f"define internal void @{name}({parameters}{', ' * bool(parameters)}ptr %fault) #0 {{"
        return "\n".join([head, "entry:", *self.b.lines, "  ret void", "}"])

    def _body(self, number: int) -> None:
        line = self.lines[number]
        special = SPECIAL.get(line.op.name)
        if special is not None and special(self, number):
            return
        if isinstance(line.op.body, Scatter):
            self._scatter(number, line.op.body)
        elif self._columns(number):
            self._sum_columns(number)
        else:
            self.nest(self.spec(number).shape, self._results_at)

    def nest(self, shape: Sequence[Any], body: Callable[[Index], None], index: Index = ()) -> None:
        """Loop over all indices of a shape, the last one innermost."""
        if not shape:
            body(index)
        else:
            self.b.loop(shape[0], lambda i: self.nest(shape[1:], body, (*index, i)))

    def _results_at(self, index: Index) -> None:
        """Compute all results at one index, and only then write them: they may replace operands."""
        values = [self.element(number, index) for number in self.kernel.results]
        for number, value in zip(self.kernel.results, values, strict=True):
            self.store(value, number, index)

    def store(self, value: Value, number: int, index: Index) -> None:
        """Write an element of a result."""
        pointer = self.pointers[self.layout.locations[number]]
        self.b.store(value, pointer, ravelled(index, self.spec(number).shape))

    def stored(self, number: int, index: Index) -> Value:
        """Read an element of a result again."""
        spec = self.spec(number)
        pointer = self.pointers[self.layout.locations[number]]
        return self.b.load(pointer, spec.dtype, ravelled(index, spec.shape))

    # --- elements ---

    def spec(self, number: int) -> Spec:
        """Give the spec of a line as this kernel sees it."""
        spec = self.lines[number].spec
        if not self.flat:
            return spec
        count = math.prod(n or 0 for n in spec.shape)
        loop = self.lines[self.kernel.results[0]].spec.shape
        return Spec((count,) if spec.shape == loop else (), spec.dtype)

    def operands(self, number: int) -> list[Operand]:
        """Give the operands of a line to its body."""
        return [Operand(self, k, self.spec(k)) for k in self.lines[number].inputs]

    def in_memory(self, number: int) -> str | None:
        """Name the array that holds a line, if this kernel reads it."""
        base = self.base[number]
        if base < 0 or base in self.kernel.results or is_literal(self.lines[base]):
            return None
        return self.pointers[self.layout.locations[base]]

    def element(self, number: int, place: Index) -> Value:
        """Load or compute one element of a line, once."""
        parts = [getattr(i, "key", None) or getattr(i, "name", i) for i in place]
        return self.b.once((number, *parts), lambda: self._element(number, place))

    def _element(self, number: int, place: Index) -> Value:
        line, spec = self.lines[number], self.spec(number)
        base, pointer = self.base[number], self.in_memory(number)
        if pointer is not None:
            return self.b.load(pointer, spec.dtype, ravelled(place, spec.shape))
        if base >= 0 and is_literal(self.lines[base]):
            value = self.lines[base].value
            assert value is not None
            return self.b.constant(value.item(), spec.dtype)
        if base >= 0 and base != number:
            return self.element(base, place)
        outside, self.b.label = self.b.label, line.label
        found = self.b.value(
            line.op.body.element(self.b, place, self.operands(number), spec, dict(line.attrs))
        )
        self.b.label = outside
        if found.dtype != spec.dtype:
            raise EngineError(
                f"the body of {line.op.name} gives {found.dtype}", wanted=str(spec.dtype),
                mend="this is a fault of the operation's declaration",
            )  # fmt: skip
        return found

    def strided(self, number: int, place: Index) -> tuple[str, Affine | int] | None:
        """Give the array and the offset of an element, if it lies at constant steps in memory."""
        pointer, spec = self.in_memory(number), self.spec(number)
        if pointer is not None:
            return pointer, ravelled(place, spec.shape)
        line = self.lines[number]
        if not isinstance(line.op.body, Move) or self.base[number] >= 0:
            return None
        shapes = [self.lines[k].spec.shape for k in line.inputs]
        source, inside = line.op.body.source(
            self.b, place, shapes, spec.shape, **dict(line.attrs)
        )
        return self.strided(line.inputs[0], source) if inside is None else None

    # --- loops of their own ---

    def _scatter(self, number: int, body: Scatter) -> None:
        """Set the result to zero, then add each element of the last operand where it belongs."""
        line, spec = self.lines[number], self.spec(number)
        operands = self.operands(number)
        zero = self.b.constant(0, spec.dtype)
        self.nest(spec.shape, lambda index: self.store(zero, number, index))

        def add(index: Index) -> None:
            self.b.label = line.label
            target = body.target(self.b, index, *operands, **dict(line.attrs))
            added = operands[-1][index]
            self.store(self.stored(number, target) + added, number, target)

        self.nest(operands[-1].spec.shape, add)

    def _columns(self, number: int) -> bool:
        """Tell whether a line goes down the columns, with one number kept for each."""
        line = self.lines[number]
        if not isinstance(line.op.body, Reduce):
            return False
        reduces = sums_columns(self.program, number)
        return reduces and isinstance(self._identity(line, line.op.body), Value)

    def _identity(self, line: Instruction, body: Reduce) -> Any:
        return body.identity(self.b, self.lines[line.inputs[0]].spec.dtype)

    def _sum_columns(self, number: int) -> None:
        """Go through the rows, and combine each with the results so far, which lie in memory."""
        line, (x,) = self.lines[number], self.operands(number)
        body, attrs = line.op.body, dict(line.attrs)
        assert isinstance(body, Reduce)
        shape, axes, keepdims = x.spec.shape, attrs["axes"], attrs["keepdims"]
        kept = [axis for axis in range(len(shape)) if axis not in axes]

        def result(place: Mapping[int, Any]) -> Index:
            return tuple(place.get(axis, 0) for axis in range(len(shape)) if keepdims or axis in kept)

        def over(order: Sequence[int], turn: Callable[[dict[int, Any]], None]) -> None:
            extents = [shape[axis] for axis in order]
            self.nest(extents, lambda index: turn(dict(zip(order, index, strict=True))))

        def combine(place: dict[int, Any]) -> None:
            k = ravelled([place[axis] for axis in axes], [shape[axis] for axis in axes])
            lifted = body.lift(self.b, x[tuple(place[axis] for axis in range(len(shape)))], k)
            at = result({axis: place[axis] for axis in kept})
            self.store(body.combine(self.b, self.stored(number, at), lifted), number, at)

        identity = self._identity(line, body)
        over(kept, lambda place: self.store(identity, number, result(place)))
        over([*kept[:-1], *axes, kept[-1]], combine)
        if body.finish(self.b, identity) is not identity:
            over(kept, lambda place: self.store(
                body.finish(self.b, self.stored(number, result(place))), number, result(place)
            ))  # fmt: skip
