"""Seeing through: every quantity of a pass by name, and formulas of expressions."""

from pellucid.inspect.drawing import Drawing, draw
from pellucid.inspect.equations import equation
from pellucid.inspect.formulas import formula
from pellucid.inspect.quantity import Formula, Quantity, Symbol
from pellucid.inspect.record import Trace
from pellucid.inspect.tracing import trace
from pellucid.inspect.windows import Window

__all__ = [
    "Drawing",
    "Formula",
    "Quantity",
    "Symbol",
    "Trace",
    "Window",
    "draw",
    "equation",
    "formula",
    "trace",
]
