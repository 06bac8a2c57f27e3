"""From a program to the text of a module: one function for each kernel, and one that calls them.

``step(arrays, workspace, fault)`` is given a table of pointers (inputs, state, constants, outputs,
in this order), changes the state in place, and leaves 0 in `fault`, or the number of the check
that failed; then the state is as it was.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from pellucid.compile.fuse import fused
from pellucid.compile.memory import Layout, Location, laid_out
from pellucid.compile.program import Program
from pellucid.engines.native import product  # noqa: F401  (enters its loops in the table)
from pellucid.engines.native.emitter import INDEX, Emitter
from pellucid.engines.native.lowering import KernelWriter
from pellucid.engines.native.value import register_type

__all__ = ["ATTRIBUTES", "STEP", "ProgramText", "check_fault", "program_text"]

STEP = "step"
ATTRIBUTES = "attributes #0 = { nounwind noinline }"


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


def program_text(program: Program, *, inline: bool = True) -> ProgramText:
    """Write a concrete program as a module; without `inline`, every line on its own.

    Raises
    ------
    EngineError : for a dtype of which no machine code is made
    """
    for line in program.instructions:
        register_type(line.spec.dtype)
    fusion = fused(program, inline=inline)
    layout = laid_out(program, fusion)
    faults: list[tuple[str, str]] = []
    writers = [KernelWriter(program, fusion, layout, one, faults) for one in fusion.kernels]
    functions = [writer.text(f"kernel{k}") for k, writer in enumerate(writers)]
    caller = _Caller(program, layout)
    for k, writer in enumerate(writers):
        if k == layout.early and any(kernel.may_fail for kernel in fusion.kernels[:k]):
            check_fault(caller)
        caller.call_kernel(f"kernel{k}", list(writer.pointers))
    if any(kernel.may_fail for kernel in fusion.kernels[layout.early :]) or (
        layout.early == len(writers) and faults
    ):
        check_fault(caller)
    for copy in layout.copies:
        caller.copy(copy.source, copy.target, copy.size)
    declared = {**caller.declared}
    for writer in writers:
        declared.update(writer.b.declared)
    own = {f"kernel{k}" for k in range(len(writers))}
    outside = [text for text in declared if text.split("@")[1].split("(")[0] not in own]
    parts = [*outside, *functions, caller.function(), ATTRIBUTES]
    constants = tuple(line.value for line in program.instructions if line.value is not None)
    return ProgramText("\n".join(parts) + "\n", tuple(faults), layout.workspace, constants)


def check_fault(emitter: Emitter) -> None:
    """Leave the function if a check has failed."""
    found = emitter.emit(f"load {INDEX}, ptr %fault")
    fine, stop = emitter.fresh("fine"), emitter.fresh("stop")
    emitter.fork(emitter.emit(f"icmp eq {INDEX} {found}, 0"), fine, stop)
    emitter.open(stop)
    emitter.write("ret void")
    emitter.open(fine)


class _Caller(Emitter):
    """Writes the function that calls the kernels one after the other."""

    def __init__(self, program: Program, layout: Layout) -> None:
        super().__init__()
        constants = sum(line.value is not None for line in program.instructions)
        inputs, state = len(program.inputs), len(program.state)
        self._first = {
            "input": 0,
            "state": inputs,
            "constant": inputs + state,
            "output": inputs + state + constants,
        }

    def pointer(self, place: Location) -> str:
        """Point to an array."""
        if place.kind == "workspace":
            return self.once(
                place,
                lambda: self.emit(f"getelementptr i8, ptr %workspace, {INDEX} {place.number}"),
            )
        return self.once(place, lambda: self._from_table(self._first[place.kind] + place.number))

    def _from_table(self, row: int) -> str:
        entry = self.emit(f"getelementptr ptr, ptr %arrays, {INDEX} {row}")
        return self.emit(f"load ptr, ptr {entry}")

    def call_kernel(self, name: str, places: list[Location]) -> None:
        """Call a kernel."""
        operands = [("ptr", self.pointer(place)) for place in places]
        self.call("void", name, [*operands, ("ptr", "%fault")])

    def copy(self, source: Location, target: Location, size: int) -> None:
        """Copy bytes."""
        operands = [("ptr", self.pointer(target)), ("ptr", self.pointer(source))]
        if size:
            self.call("void", "llvm.memcpy.p0.p0.i64", [*operands, (INDEX, str(size)), ("i1", "false")])

    def function(self) -> str:
        """Write the function."""
        head = f"define void @{STEP}(ptr %arrays, ptr %workspace, ptr %fault) {{"
        return "\n".join([head, "entry:", *self.lines, "  ret void", "}"])
