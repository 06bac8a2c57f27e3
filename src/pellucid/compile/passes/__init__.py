"""Passes: each makes a program from a program that computes the same."""

from pellucid.compile.passes.cse import common, sharing
from pellucid.compile.passes.fold import folded, folding
from pellucid.compile.passes.prune import pruned
from pellucid.compile.passes.simplify import simplified, simplifying
from pellucid.compile.passes.turn import turned
from pellucid.compile.program import Program, rebuilt

__all__ = ["PASSES", "common", "folded", "pruned", "reduced", "simplified", "turned"]


def reduced(program: Program) -> Program:
    """Simplify, compute at once what can be, and compute nothing twice: all in one walk."""
    return rebuilt(program, simplifying, folding, sharing())


PASSES = (reduced, turned, reduced, pruned)
