"""From a program to the text of a module.

``step(arrays, workspace, fault)`` is given a table of pointers (inputs, state, constants, outputs,
in this order), changes the state in place, and leaves 0 in `fault`, or the number of the check
that failed; then the state is as it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.arguments import Frozen
from pellucid.compile.memory import Layout, Location, laid_out
from pellucid.compile.program import Program
from pellucid.compile.schedule import Schedule, scheduled
from pellucid.engines.native import convolution, product  # noqa: F401  (they enter their loops)
from pellucid.engines.native.builder import NativeBuilder
from pellucid.engines.native.emitter import INDEX, Emitter
from pellucid.engines.native.lowering import KernelWriter, pointer
from pellucid.engines.native.value import register_type

__all__ = ["STEP", "ProgramText", "constants", "first_rows", "module_text", "program_text"]

STEP = "step"
ARGUMENTS = "(ptr %arrays, ptr %workspace, ptr %fault)"
TOGETHER = 8  # kernels in one function: each function costs time to compile, and so do long ones


class ProgramText(Frozen):
    """A program as LLVM IR.

    Attributes
    ----------
    text : the module
    faults : the messages of checks, with what they belong to; number k + 1 is the k-th
    workspace : how many bytes a call needs
    """

    text: str
    faults: tuple[tuple[str, str], ...]
    workspace: int

    @property
    def notes(self) -> dict[str, Any]:
        """What is kept with the machine code."""
        return {"faults": self.faults, "workspace": self.workspace}


def program_text(program: Program, vector_bytes: int, *, inline: bool = True) -> ProgramText:
    """Write a concrete program as a module; without `inline`, every line on its own.

    Raises
    ------
    EngineError : for a dtype of which no machine code is made
    """
    for line in program.instructions:
        register_type(line.spec.dtype)
    schedule = scheduled(program, inline=inline)
    layout = laid_out(program, schedule)
    module = _Module(program, schedule, layout, vector_bytes)
    return ProgramText(module.text(), tuple(module.faults), layout.workspace + module.scratch)


def constants(program: Program) -> list[NDArray[Any]]:
    """Give the arrays in the third part of the table of pointers."""
    values = [line.value for line in program.instructions]
    return [np.asarray(value, order="C") for value in values if value is not None]


def module_text(declared: Iterable[str], functions: Sequence[str]) -> str:
    """Put a module together."""
    return "\n".join([*dict.fromkeys(declared), *functions]) + "\n"


def first_rows(program: Program) -> dict[str, int]:
    """Tell at which row of the table of pointers each part begins."""
    inputs, state = len(program.inputs), len(program.state)
    kept = sum(line.value is not None for line in program.instructions)
    return {
        "input": 0,
        "state": inputs,
        "constant": inputs + state,
        "output": inputs + state + kept,
    }


class _Module:
    """The functions of a program: parts of a few kernels each, and one that calls them."""

    def __init__(
        self, program: Program, schedule: Schedule, layout: Layout, vector_bytes: int
    ) -> None:
        self.layout = layout
        self.faults: list[tuple[str, str]] = []
        self.first = first_rows(program)
        self.writers = []
        for k, kernel in enumerate(schedule.kernels):
            builder = NativeBuilder(f"k{k}.", self.faults)
            writer = KernelWriter(program, schedule, layout, kernel, builder, vector_bytes)
            writer.write()
            self.writers.append(writer)
        self.scratch = max((writer.scratch_bytes for writer in self.writers), default=0)

    def text(self) -> str:
        """Write the module."""
        functions: list[str] = []
        caller = Emitter()
        early = self.layout.early
        for writers in (self.writers[:early], self.writers[early:]):
            for k in range(0, len(writers), TOGETHER):
                part, name = writers[k : k + TOGETHER], f"part{len(functions)}"
                places = [place for writer in part for place in writer.places]
                lines = [line for writer in part for line in writer.b.lines]
                functions.append(self._function(name, places, lines))
                caller.write(f"call void @{name}{ARGUMENTS}")
            self._leave_if_failed(caller)
        for source, target, size in self.layout.copies:
            caller.copy(pointer(target), pointer(source), str(size))
        places = [place for copy in self.layout.copies for place in (copy.source, copy.target)]
        functions.append(self._function(STEP, places, caller.lines))
        emitters = [caller, *[writer.b for writer in self.writers]]
        return module_text([text for one in emitters for text in one.declared], functions)

    def _function(self, name: str, places: Iterable[Location], lines: list[str]) -> str:
        """Write a function that finds its arrays, and then does what `lines` say."""
        head = [f"define {'' if name == STEP else 'internal '}void @{name}{ARGUMENTS} nounwind {{"]
        head.append(
            f"  %scratch = getelementptr i8, ptr %workspace, {INDEX} {self.layout.workspace}"
        )
        for place in dict.fromkeys(places):
            head += self._found(place)
        return "\n".join([*head, *lines, "  ret void", "}"])

    def _found(self, place: Location) -> list[str]:
        name = pointer(place)
        if place.kind == "workspace":
            return [f"  {name} = getelementptr i8, ptr %workspace, {INDEX} {place.number}"]
        row = self.first[place.kind] + place.number
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
