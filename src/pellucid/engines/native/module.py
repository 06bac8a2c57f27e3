"""From a program to the text of a module.

``step(arrays, workspace, fault)`` is given a table of pointers (inputs, state, constants, outputs,
in this order), changes the state in place, and leaves 0 in `fault`, or the number of the check
that failed; then the state is as it was.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.arguments import Frozen
from pellucid.compile.memory import Layout, Location, laid_out
from pellucid.compile.program import Program
from pellucid.compile.schedule import Schedule, scheduled
from pellucid.engines.native import direct, product  # noqa: F401  (they enter their loops)
from pellucid.engines.native.builder import NativeBuilder
from pellucid.engines.native.emitter import INDEX
from pellucid.engines.native.lowering import KernelWriter, pointer
from pellucid.engines.native.sharing import DEAL, MEET, shared_out
from pellucid.engines.native.turning import turned_shapes
from pellucid.engines.native.value import register_type

__all__ = [
    "MEMBER", "STEP", "WAIT", "ProgramText", "constants", "first_rows", "kernels_text",
    "module_text", "program_text",
]  # fmt: skip

STEP = "step"
ARGUMENTS = "(ptr %arrays, ptr %workspace, ptr %fault, ptr %team)"
WAIT = "call void @meet(ptr %team)"
MEMBER = (  # what a thread is told: which it is, and how many there are
    f"  %me.at = getelementptr {INDEX}, ptr %team, {INDEX} 1",
    f"  %me = load {INDEX}, ptr %me.at",
    f"  %threads.at = getelementptr {INDEX}, ptr %team, {INDEX} 2",
    f"  %threads = load {INDEX}, ptr %threads.at",
)
# What is not shared out is done by the first thread; the others came for another program of a plan.
FIRST_ONLY = (
    *MEMBER,
    f"  %is.first = icmp eq {INDEX} %me, 0",
    "  br i1 %is.first, label %mine, label %others",
    "others:",
    "  ret void",
    "mine:",
)
TOGETHER = 8  # kernels in one function: each function costs time to compile, and so do long ones


class ProgramText(Frozen):
    """A program as LLVM IR.

    Attributes
    ----------
    text : the module
    faults : the messages of checks, with what they belong to; number k + 1 is the k-th
    workspace, scratch : how many bytes a call needs, and each of its threads beside
    together : whether several threads have something to do
    """

    text: str
    faults: tuple[tuple[str, str], ...]
    workspace: int
    scratch: int = 0
    together: bool = False

    @property
    def notes(self) -> dict[str, Any]:
        """What is kept with the machine code."""
        return {name: value for name, value in self.arguments.items() if name != "text"}


def program_text(program: Program, vector_bytes: int, *, inline: bool = True) -> ProgramText:
    """Write a concrete program as a module; without `inline`, every line on its own.

    Raises
    ------
    EngineError : for a dtype of which no machine code is made
    """
    module = _written(program, vector_bytes, inline=inline)
    return ProgramText(
        module.text(), tuple(module.faults), module.layout.workspace, module.scratch,
        module.sharing.together,
    )  # fmt: skip


def kernels_text(program: Program, vector_bytes: int, kernels: Iterable[int]) -> str:
    """Write some kernels of a program as a module: each a function, called kernel and its number.

    Raises
    ------
    EngineError : for a dtype of which no machine code is made
    """
    return _written(program, vector_bytes).apart(kernels)


def _written(program: Program, vector_bytes: int, *, inline: bool = True) -> _Module:
    for line in program.instructions:
        register_type(line.spec.dtype)
    schedule = scheduled(program, inline=inline)
    return _Module(program, schedule, laid_out(program, schedule), vector_bytes)


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
        self.sharing = shared_out(program, schedule, layout)
        turned = turned_shapes(program, schedule, layout, vector_bytes)
        self.writers, loops = [], itertools.count(1)
        for k, kernel in enumerate(schedule.kernels):
            builder = NativeBuilder(f"k{k}.", self.faults, loops)
            writer = KernelWriter(program, schedule, layout, kernel, builder, vector_bytes, turned)
            self._write(k, writer)
            self.writers.append(writer)
        self.scratch = max((writer.scratch_bytes for writer in self.writers), default=0)

    def _write(self, k: int, writer: KernelWriter) -> None:
        """Write a kernel: for all threads, for one of them, or for the only one."""
        if self.sharing.waits[k]:
            writer.b.write(WAIT)
        if self.sharing.together and not self.sharing.shared[k]:
            writer.b.by_one(writer.write)
            return
        writer.b.together = self.sharing.shared[k]
        writer.write()

    def text(self) -> str:
        """Write the module."""
        functions: list[str] = []
        caller = NativeBuilder()
        early = self.layout.early
        for writers in (self.writers[:early], self.writers[early:]):
            for k in range(0, len(writers), TOGETHER):
                part, name = writers[k : k + TOGETHER], f"part{len(functions)}"
                places = [place for writer in part for place in writer.places]
                lines = [line for writer in part for line in writer.b.lines]
                functions.append(self._function(name, places, lines))
                caller.write(f"call void @{name}{ARGUMENTS}")
            self._leave_if_failed(caller)
        if self.layout.copies:
            self._copy(caller)
        places = [place for copy in self.layout.copies for place in (copy.source, copy.target)]
        functions.append(self._function(STEP, places, caller.lines))
        emitters = [caller, *[writer.b for writer in self.writers]]
        return self._module([text for one in emitters for text in one.declared], functions)

    def _module(self, declared: Iterable[str], functions: list[str]) -> str:
        common = [MEET, DEAL] if self.sharing.together else []
        return module_text(declared, [*common, *functions])

    def _copy(self, caller: NativeBuilder) -> None:
        """Write the copies that come last."""

        def copies() -> None:
            for source, target, size in self.layout.copies:
                caller.copy(pointer(target), pointer(source), str(size))

        if self.sharing.together:
            caller.write(WAIT)
            caller.by_one(copies)
        else:
            copies()

    def apart(self, kernels: Iterable[int]) -> str:
        """Write some kernels as functions of their own."""
        chosen = {f"kernel{k}": self.writers[k] for k in kernels}
        functions = [self._function(k, one.places, one.b.lines) for k, one in chosen.items()]
        declared = [text for one in chosen.values() for text in one.b.declared]
        common = ["declare void @meet(ptr)", DEAL] if self.sharing.together else []
        return module_text([*declared, *common], functions)

    def _function(self, name: str, places: Iterable[Location], lines: list[str]) -> str:
        """Write a function that finds its arrays, and then does what `lines` say."""
        head = [f"define {'' if name == STEP else 'internal '}void @{name}{ARGUMENTS} nounwind {{"]
        first = str(self.layout.workspace)
        if name == STEP and not self.sharing.together:
            head += FIRST_ONLY
        if self.sharing.together:
            head += MEMBER
            head.append(f"  %scratch.mine = mul {INDEX} %me, {self.scratch}")
            head.append(f"  %scratch.first = add {INDEX} %scratch.mine, {first}")
            first = "%scratch.first"
        head.append(f"  %scratch = getelementptr i8, ptr %workspace, {INDEX} {first}")
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

    def _leave_if_failed(self, caller: NativeBuilder) -> None:
        """Leave the function if a check has failed, before the state is changed."""
        if not self.faults:
            return
        if self.sharing.together:
            caller.write(WAIT)
        found = caller.emit(f"load {INDEX}, ptr %fault")
        fine, stop = caller.fresh("fine"), caller.fresh("stop")
        caller.fork(caller.emit(f"icmp eq {INDEX} {found}, 0"), fine, stop)
        caller.open(stop)
        caller.write("ret void")
        caller.open(fine)
        if self.sharing.together:  # nobody notes a fault until all have looked
            caller.write(WAIT)
