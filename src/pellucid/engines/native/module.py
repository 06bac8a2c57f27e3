"""From a program to the text of a module.

``step(arrays, workspace, fault)`` is given a table of pointers (inputs, state, constants, outputs,
in this order), changes the state in place, and leaves 0 in `fault`, or the number of the check
that failed; then the state is as it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.compile.fuse import Fusion, fused
from pellucid.compile.memory import Layout, Location, laid_out
from pellucid.compile.program import Program
from pellucid.engines.native import product  # noqa: F401  (enters its loops in the table)
from pellucid.engines.native.builder import NativeBuilder
from pellucid.engines.native.emitter import INDEX, Emitter
from pellucid.engines.native.lowering import KernelWriter, pointer
from pellucid.engines.native.value import register_type

__all__ = ["STEP", "ProgramText", "module_text", "program_text"]

STEP = "step"
PARAMETERS = "(ptr %arrays, ptr %workspace, ptr %fault)"
TOGETHER = 8  # kernels in one function: each function costs time to compile, and so do long ones


@dataclass(frozen=True)
class ProgramText:
    """A program as LLVM IR.

    Attributes
    ----------
    text : the module
    faults : the messages of checks, with what they belong to; number k + 1 is the k-th
    workspace : how many bytes a call needs
    constants : the arrays in the third part of the table of pointers
    """

    text: str
    faults: tuple[tuple[str, str], ...]
    workspace: int
    constants: tuple[NDArray[Any], ...]


def program_text(program: Program, vector_bytes: int, *, inline: bool = True) -> ProgramText:
    """Write a concrete program as a module; without `inline`, every line on its own.

    Raises
    ------
    EngineError : for a dtype of which no machine code is made
    """
    for line in program.instructions:
        register_type(line.spec.dtype)
    fusion = fused(program, inline=inline)
    module = _Module(program, fusion, laid_out(program, fusion), vector_bytes)
    values = [line.value for line in program.instructions]
    constants = tuple(np.asarray(value, order="C") for value in values if value is not None)
    return ProgramText(module.text(), tuple(module.faults), module.layout.workspace, constants)


def module_text(declared: Iterable[str], functions: Sequence[str]) -> str:
    """Put a module together."""
    return "\n".join([*dict.fromkeys(declared), *functions]) + "\n"


class _Module:
    """The functions of a program."""

    def __init__(self, program: Program, fusion: Fusion, layout: Layout, vector_bytes: int) -> None:
        self.program, self.fusion, self.layout = program, fusion, layout
        self.faults: list[tuple[str, str]] = []
        self.declared: dict[str, None] = {}
        constants = sum(line.value is not None for line in program.instructions)
        inputs, state = len(program.inputs), len(program.state)
        self._first = {
            "input": 0,
            "state": inputs,
            "constant": inputs + state,
            "output": inputs + state + constants,
        }
        self._writers = [self._written(k, vector_bytes) for k in range(len(fusion.kernels))]

    def _written(self, k: int, vector_bytes: int) -> KernelWriter:
        builder = NativeBuilder(f"k{k}.", self.faults)
        kernel = self.fusion.kernels[k]
        writer = KernelWriter(self.program, self.fusion, self.layout, kernel, builder, vector_bytes)
        writer.write()
        self.declared.update(builder.declared)
        return writer

    def text(self) -> str:
        """Write the module."""
        early = self.layout.early
        parts = [*self._cut(self._writers[:early]), *self._cut(self._writers[early:])]
        functions = [
            self._function(f"part{k}", [writer.places for writer in part], _lines(part))
            for k, part in enumerate(parts)
        ]
        caller = Emitter()
        for k, part in enumerate(parts):
            if part[0] is self._writers[min(early, len(self._writers) - 1)]:
                self._leave_if_failed(caller)
            caller.write(f"call void @part{k}(ptr %arrays, ptr %workspace, ptr %fault)")
        self._leave_if_failed(caller)
        self._copy(caller)
        places = [place for copy in self.layout.copies for place in copy[:2]]
        functions.append(self._function(STEP, [places], caller.lines))
        self.declared.update(caller.declared)
        return module_text(self.declared, functions)

    def _cut(self, writers: list[KernelWriter]) -> list[list[KernelWriter]]:
        return [writers[k : k + TOGETHER] for k in range(0, len(writers), TOGETHER)]

    def _function(self, name: str, places: Sequence[Sequence[Location]], lines: list[str]) -> str:
        """Write a function that finds its arrays, and then does what `lines` say."""
        used = dict.fromkeys(place for some in places for place in some)
        linkage = "" if name == STEP else "internal "
        head = [f"define {linkage}void @{name}{PARAMETERS} nounwind {{", "entry:"]
        for place in used:
            head += self._found(place)
        return "\n".join([*head, *lines, "  ret void", "}"])

    def _found(self, place: Location) -> list[str]:
        name = pointer(place)
        if place.kind == "workspace":
            return [f"  {name} = getelementptr i8, ptr %workspace, {INDEX} {place.number}"]
        row = self._first[place.kind] + place.number
        return [
            f"  {name}.row = getelementptr ptr, ptr %arrays, {INDEX} {row}",
            f"  {name} = load ptr, ptr {name}.row",
        ]

    def _leave_if_failed(self, caller: Emitter) -> None:
        """Leave the function if a check has failed, before the state is changed."""
        if not self.faults:
            return
        found = caller.emit(f"load {INDEX}, ptr %fault")
        fine, stop = caller.fresh("fine"), caller.fresh("stop")
        caller.fork(caller.emit(f"icmp eq {INDEX} {found}, 0"), fine, stop)
        caller.open(stop)
        caller.write("ret void")
        caller.open(fine)

    def _copy(self, caller: Emitter) -> None:
        for source, target, size in self.layout.copies:
            ends = [f"ptr {pointer(target)}", f"ptr {pointer(source)}"]
            if size:
                caller.call("void", "llvm.memcpy.p0.p0.i64", [*ends, f"{INDEX} {size}", "i1 false"])


def _lines(part: Sequence[KernelWriter]) -> list[str]:
    return [line for writer in part for line in writer.b.lines]
