"""Passes: each makes a program from a program that computes the same."""

from pellucid.compile.passes.cse import common
from pellucid.compile.passes.fold import folded
from pellucid.compile.passes.prune import pruned
from pellucid.compile.passes.simplify import simplified
from pellucid.compile.passes.turn import turned

__all__ = ["PASSES", "common", "folded", "pruned", "simplified", "turned"]

PASSES = (pruned, simplified, folded, turned, simplified, common, pruned)
