"""The expression graph: tensors, variables, the record of an operation, and walks."""

from pellucid.graph.op import (
    OPS,
    Body,
    Contract,
    Elementwise,
    Gather,
    Leaf,
    Move,
    Op,
    Random,
    Reduce,
    Scatter,
    Signature,
    Spec,
    register,
)
from pellucid.graph.replay import Replay
from pellucid.graph.tensor import (
    METHODS,
    Operand,
    Tensor,
    TensorLike,
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
    "METHODS", "OPS", "Body", "Contract", "Elementwise", "Gather", "Leaf", "Move", "Op", "Operand",
    "Random", "Reduce", "Replay", "Scatter", "Signature", "Spec", "Tensor", "TensorLike",
    "Variable", "apply", "as_tensor", "constant", "declared_updates", "default_dtype", "listing",
    "placeholder", "provenance", "register", "symbolic", "tensor", "topological", "variables",
]  # fmt: skip
