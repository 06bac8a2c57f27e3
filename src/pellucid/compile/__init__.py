"""From a graph to a program, and from a program to a better one."""

from pellucid.compile.passes import PASSES
from pellucid.compile.plan import Plan, Record, Segment
from pellucid.compile.program import Instruction, Program, rebuilt, specialised, trace
from pellucid.compile.run import Data, Phase, Run, RunState, StopRule, next_steps
from pellucid.compile.verify import verify
from pellucid.errors import EngineError

__all__ = [
    "PASSES", "Data", "Instruction", "Phase", "Plan", "Program", "Record", "Run", "RunState",
    "Segment", "StopRule", "next_steps", "optimised", "rebuilt", "specialised", "trace", "verify",
]  # fmt: skip


def optimised(program: Program) -> Program:
    """Apply all passes, and verify what they give; a pass at fault is found where it stands."""
    better = program
    for one in PASSES:
        better = one(better)
    try:
        return verify(better)
    except EngineError:
        for one in PASSES:
            program = verify(one(program))
        raise
