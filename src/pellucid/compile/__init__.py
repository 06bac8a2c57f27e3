"""From a graph to a program, and from a program to a better one."""

from pellucid.compile.passes import PASSES
from pellucid.compile.program import Instruction, Program, rebuilt, specialised, trace
from pellucid.compile.run import Data, Phase, Records, Run, RunState, Segment, StopRule, segments
from pellucid.compile.verify import verify

__all__ = [
    "PASSES", "Data", "Instruction", "Phase", "Program", "Records", "Run", "RunState", "Segment",
    "StopRule", "optimised", "rebuilt", "segments", "specialised", "trace", "verify",
]  # fmt: skip


def optimised(program: Program) -> Program:
    """Apply all passes, verifying the program after each."""
    for one in PASSES:
        program = verify(one(program))
    return program
