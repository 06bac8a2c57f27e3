"""The verifier, run between passes: a pass that breaks a program is found where it stands."""

from __future__ import annotations

from pellucid.compile.program import Instruction, Program, inferred
from pellucid.errors import EngineError
from pellucid.graph.op import Leaf

__all__ = ["verify"]


def verify(program: Program) -> Program:
    """Check that a program is whole, and give it back.

    Every line refers to earlier lines only; its shape and dtype are what its rule says; inputs,
    state and updates are in place and of the right kind.

    Raises
    ------
    EngineError : naming the line; it is a fault of pellucid, not of its user
    """
    for number, line in enumerate(program.instructions):
        _check_line(program, number, line)
    for kind, numbers in (("placeholder", program.inputs), ("read", program.state)):
        for number in numbers:
            if program.instructions[number].op.name != kind:
                raise _fault(number, f"is listed as a {kind} but is not one")
    for number in program.results:
        if not 0 <= number < len(program.instructions):
            raise _fault(number, "is a result but does not exist")
    for place, new in program.updates:
        old = program.instructions[program.state[place]].spec
        if program.instructions[new].spec != old:
            raise _fault(new, f"updates {old} with {program.instructions[new].spec}")
    return program


def _check_line(program: Program, number: int, line: Instruction) -> None:
    if line.inputs and not 0 <= min(line.inputs) <= max(line.inputs) < number:
        raise _fault(number, f"takes a later line: {line}")
    if isinstance(line.op.body, Leaf):
        if (line.op.name == "constant") != (line.value is not None):
            raise _fault(number, "is a constant without value, or has a value without being one")
        return
    wanted = inferred(
        line.op, line.attrs, tuple([program.instructions[k].spec for k in line.inputs])
    )
    if wanted != line.spec:
        raise _fault(number, f"has {line.spec}, its rule gives {wanted}: {line}")


def _fault(number: int, what: str) -> EngineError:
    return EngineError(
        f"a compiled program is broken: line %{number} {what}",
        mend="this is a fault of pellucid; please report it with the program",
    )
