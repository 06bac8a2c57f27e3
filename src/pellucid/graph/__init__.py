"""The expression graph: tensors, variables, the record of an operation, and walks."""

from pellucid.graph.op import OPS, Elementwise, Gather, Leaf, Move, Op, Spec, register
from pellucid.graph.replay import Replay
from pellucid.graph.tensor import (
    Tensor,
    apply,
    as_tensor,
    constant,
    default_dtype,
    placeholder,
    provenance,
    tensor,
)
from pellucid.graph.text import listing
from pellucid.graph.variable import Variable, symbolic
from pellucid.graph.walk import declared_updates, topological, variables

__all__ = [
    "OPS", "Elementwise", "Gather", "Leaf", "Move", "Op", "Replay", "Spec", "Tensor", "Variable",
    "apply", "as_tensor", "constant", "declared_updates", "default_dtype", "listing",
    "placeholder", "provenance", "register", "symbolic", "tensor", "topological", "variables",
]  # fmt: skip
