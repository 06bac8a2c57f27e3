"""From a program to a C file: a loop nest for each kernel, told by the bodies of its operations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from textwrap import wrap
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pellucid.compile import Instruction, Program
from pellucid.compile.access import extents
from pellucid.compile.fuse import Kernel, fused, viewed
from pellucid.compile.memory import Lifetime, packed
from pellucid.errors import EngineError
from pellucid.graph.op import Leaf, Scatter, Spec, ravelled
from pellucid.interop.c.expressions import (
    C_TYPES,
    CBuilder,
    Expression,
    NotShared,
    affine_text,
    literal,
)
from pellucid.interop.naming import identifier
from pellucid.shapes import size

__all__ = ["Written", "in_comment", "written"]

WIDTH = 96


class Written(NamedTuple):
    """The parts of a C file.

    Attributes
    ----------
    arrays : definitions of the weights
    helpers : functions that C does not have
    body : statements of the function
    work : how many floats of memory it needs for what lies between
    failing : whether it may find its input wrong
    """

    arrays: list[str]
    helpers: list[str]
    body: list[str]
    work: int
    failing: bool


@dataclass(frozen=True)
class _Operand:
    """An operand as bodies see it: it has a spec, and elements."""

    source: _Source
    number: int
    spec: Spec

    def __getitem__(self, place: Any) -> Expression:
        return self.source.element(self.number, self.spec, place)


def written(
    program: Program, values: Sequence[NDArray[Any]], name: str, layers: Mapping[str, str]
) -> Written:
    """Write a concrete program, with the values of its state, as C.

    Parameters
    ----------
    layers : what each layer is, by its path

    Raises
    ------
    EngineError : naming an operation, or a dtype, that C does not have
    """
    return _Source(program, values, name, layers).written()


class _Source:
    """The C file while it is being written."""

    def __init__(
        self, program: Program, values: Sequence[NDArray[Any]], name: str, layers: Mapping[str, str]
    ) -> None:
        self.layers = layers
        self.program, self.lines = program, program.instructions
        self.fusion = fused(program)
        self.helpers: dict[str, str] = {}
        self.arrays: dict[int, list[str]] = {}
        self.places: dict[int, str] = {}  # what the array of a line is called
        self.prefix, self.failing, self.work = name, False, 0
        self.builder = CBuilder()
        self.values = dict(zip(program.state, values, strict=True))
        self._place_inputs()
        self.copies = self._place_outputs()
        self.declared = self._place_between()

    # --- places ---

    def _place_inputs(self) -> None:
        start = 0
        for number in self.program.inputs:
            self.places[number] = "x" if not start else f"(x + {start})"
            start += size(self.lines[number].spec.shape) or 0

    def _place_outputs(self) -> list[tuple[str, int, int]]:
        """Let kernels write to y; list what no kernel writes, which is copied there."""
        start, copies = 0, []
        made = {kernel.results[0] for kernel in self.fusion.kernels}
        for number in self.program.outputs:
            count, base = size(self.lines[number].spec.shape) or 0, self.fusion.base[number]
            target = "y" if not start else f"(y + {start})"
            start += count
            if base in made and base not in self.places and _is_float(self.lines[base]):
                self.places[base] = target
            else:
                copies.append((target, count, base))
        return copies

    def _place_between(self) -> list[str]:
        """Give what lies between memory that is used again."""
        kernels = self.fusion.kernels
        last = {base: k for k, kernel in enumerate(kernels) for base in kernel.reads}
        last.update(
            dict.fromkeys(map(partial(viewed, self.program), self.program.outputs), len(kernels))
        )
        lives, numbers, declared = [], [], []
        for k, kernel in enumerate(kernels):
            number = kernel.results[0]
            line = self.lines[number]
            if number in self.places:
                continue
            self.places[number] = name = f"h{k + 1}"
            count = size(line.spec.shape) or 0
            if _is_float(line):
                lives.append(Lifetime(k, last.get(number, k), 4 * count))
                numbers.append(name)
            else:
                declared.append(f"static {C_TYPES[line.spec.dtype.name]} {name}[{count}];")
        offsets, total = packed(lives)
        self.work = total // 4
        for name, offset in zip(numbers, offsets, strict=True):
            declared.append(f"float *const {name} = work + {offset // 4};")
        return declared

    def _array(self, number: int) -> str:
        """Give the name of what is in memory; a weight is written down when it is first read."""
        if number not in self.places:
            line = self.lines[number]
            value = self.values.get(number, line.value)
            if value is None:
                raise EngineError(f"C has no place for {line}")
            label = line.label or f"constant {number}"
            name = f"{self.prefix}_{identifier(label)}"
            taken = {*self.places.values(), f"{self.prefix}_predict"}
            self.places[number] = name if name not in taken else f"{name}_{number}"
            self.arrays[number] = _table(self.places[number], np.asarray(value), label)
        return self.places[number]

    # --- code ---

    def written(self) -> Written:
        """Write everything."""
        body: list[str] = []
        for kernel in self.fusion.kernels:
            comment = wrap(
                f"/* {in_comment(self._title(kernel))} */", WIDTH, subsequent_indent=" * "
            )
            body += ["", *comment, *self._kernel(kernel)]
        for target, count, base in self.copies:
            copy = f"{target}[i] = (float){self._array(base)}[i];"
            body += ["", f"for (int i = 0; i < {count}; i++) {{", f"    {copy}", "}"]
        arrays = [line for lines in self.arrays.values() for line in lines]
        return Written(
            arrays, list(self.helpers.values()), [*self.declared, *body], self.work,
            self.failing,
        )  # fmt: skip

    def _title(self, kernel: Kernel) -> str:
        """Say which layers a kernel belongs to, and what it does."""
        numbers = sorted({*kernel.inlined, *kernel.results})
        lines = [self.lines[k] for k in numbers if not isinstance(self.lines[k].op.body, Leaf)]
        paths = dict.fromkeys(line.label.rpartition(".")[0] for line in lines)
        named = [f"{path} ({self.layers[path]})" for path in paths if path and path in self.layers]
        what = ", ".join(dict.fromkeys(line.op.name for line in lines))
        shape = " x ".join(map(str, self.lines[kernel.results[0]].spec.shape[1:])) or "1"
        return f"{', '.join(named) or 'network'}: {what}; gives {shape}"

    def _kernel(self, kernel: Kernel) -> list[str]:
        for sharing in (True, False):
            self.builder = CBuilder(sharing=sharing)
            try:
                lines = self._loops(kernel.results[0])
            except NotShared:
                continue
            self.helpers |= self.builder.helpers
            self.failing |= self.builder.failing
            return lines
        raise EngineError("the loops could not be written", where=self._title(kernel))

    def _loops(self, number: int) -> list[str]:
        line, b = self.lines[number], self.builder
        if isinstance(line.op.body, Scatter):
            raise EngineError(f"the operation {line.op.name!r} is not written in C")
        shape, target = extents(line.spec.shape), self.places[number]

        def along(index: tuple[Any, ...]) -> Any:
            if len(index) < len(shape):
                b.looped(shape[len(index)], lambda i: along((*index, i)))
                return None
            value = self.computed(number, index)
            value.used()
            place = affine_text(ravelled(index, shape))
            return lambda: [f"{target}[{place}] = {value.text()};"]

        lines, end = b.inside(lambda: along(()))
        lines = [*lines, *(end or [])]
        if lines[0].startswith("for") and lines[-1] == "}":
            return lines
        return ["{", *(f"    {line}" for line in lines), "}"]

    def computed(self, number: int, index: tuple[Any, ...]) -> Any:
        """Give an element of a line through the body of its operation."""
        line = self.lines[number]
        operands = [_Operand(self, k, self.lines[k].spec) for k in line.inputs]
        found = line.op.body.element(self.builder, index, operands, line.spec, dict(line.attrs))
        return self.builder.value(found)

    def element(self, number: int, spec: Spec, place: tuple[Any, ...]) -> Expression:
        """Give an element of an operand: from memory, or computed where it is needed."""
        line, b = self.lines[number], self.builder
        if line.is_literal and line.value is not None:
            return b.constant(line.value.item(), line.spec.dtype)
        pairs = zip(place, extents(spec.shape), strict=True)
        place = tuple(0 if n == 1 else i for i, n in pairs)
        base = self.fusion.base[number]
        if base < 0:
            return self.computed(number, place)
        offset, name = ravelled(place, extents(spec.shape)), self._array(base)
        if isinstance(offset, Expression):
            return b.made(spec.dtype, f"{name}[{{}}]", offset)
        return Expression(b, spec.dtype, f"{name}[{affine_text(offset)}]")


def in_comment(text: str) -> str:
    """Let a text, which may come from a file, not end the comment that it stands in."""
    return " ".join(text.replace("*/", "* /").replace("/*", "/ *").split())


def _is_float(line: Instruction) -> bool:
    return line.spec.dtype == np.float32


def _table(name: str, value: NDArray[Any], label: str) -> list[str]:
    """Define an array of numbers, some on each line."""
    shape = " x ".join(map(str, value.shape)) or "1"
    lines = [
        f"/* {in_comment(label)}: {shape} */",
        f"static const {C_TYPES[value.dtype.name]} {name}[{value.size}] = {{",
    ]
    row = "   "
    for number in value.ravel():
        text = f" {literal(number, value.dtype)},"
        if len(row) + len(text) > WIDTH:
            lines.append(row)
            row = "   "
        row += text
    return [*lines, row, "};"]
