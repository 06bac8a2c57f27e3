"""The forward pass of a network as an ONNX graph, operation by operation."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import EngineError
from pellucid.graph import Tensor, topological
from pellucid.graph.tensor import CONSTANT, PLACEHOLDER
from pellucid.graph.variable import READ
from pellucid.interop.onnx.special import SPECIAL, absorbed
from pellucid.interop.onnx.table import SAME, TRUTH
from pellucid.interop.tracing import check_network, forward_graph
from pellucid.lazy import load
from pellucid.models import Network
from pellucid.version import VERSION

__all__ = ["IR", "OPSET", "to_onnx"]

OPSET, IR = 21, 10
LARGEST = 2**31 - 2**20  # bytes: protobuf has messages of at most 2 GiB


def to_onnx(model: Network, name: str = "network") -> Any:
    """Make an ``onnx.ModelProto`` of what ``model.predict`` computes, with any number of rows.

    Raises
    ------
    GraphError : when the network has not met any data yet
    EngineError : naming an operation that ONNX does not have, or when it is larger than 2 GiB
    MissingPackageError : when onnx is not installed

    Examples
    --------
    >>> from pellucid import interop, nn
    >>> model = nn.Sequential([nn.Linear(3, activation="relu")])
    >>> _ = model([[1.0, 2.0]])
    >>> [node.op_type for node in interop.onnx.to_onnx(model).graph.node]
    ['Transpose', 'MatMul', 'Add', 'Relu']
    """
    return _Writer(check_network(model)).model(name)


class _Writer:
    """The ONNX graph while it is being made."""

    def __init__(self, network: Network) -> None:
        self.onnx = load("onnx", extra="onnx")
        load("onnx.helper")
        load("onnx.numpy_helper")
        self.forward = forward_graph(network)
        self.order = topological(self.forward.outputs.values())
        self.uses = Counter(id(x) for node in self.order for x in node.inputs)
        self.uses.update(id(y) for y in self.forward.outputs.values())
        self.absorbed = absorbed(self.order, self.uses)
        self.names: dict[int, str] = {}
        self.taken: set[str] = set()
        self.nodes: list[Any] = []
        self.weights: list[Any] = []
        self.constants: dict[tuple[Any, ...], str] = {}
        self.size = 0
        self.label = ""

    def model(self, name: str) -> Any:
        """Write everything."""
        self.taken |= set(self.forward.outputs)
        inputs = [self._ended(x, self.named(x, x.name)) for x in self.forward.inputs]
        for node in self.order:
            if id(node) not in self.absorbed and id(node) not in self.names:
                self._write(node)
        outputs = []
        for title, y in self.forward.outputs.items():
            self.nodes.append(self.onnx.helper.make_node("Identity", [self.names[id(y)]], [title]))
            outputs.append(self._ended(y, title))
        self._shorten()
        graph = self.onnx.helper.make_graph(self.nodes, name, inputs, outputs, self.weights)
        return self.onnx.helper.make_model(
            graph, opset_imports=[self.onnx.helper.make_opsetid("", OPSET)], ir_version=IR,
            producer_name="pellucid", producer_version=VERSION,
        )  # fmt: skip

    def _shorten(self) -> None:
        """Let what makes an output bear its name, where nothing else reads it."""
        made = {node.output[0]: node for node in self.nodes}
        reads = Counter(one for node in self.nodes for one in node.input)
        for node in [one for one in self.nodes if one.output[0] in self.forward.outputs]:
            source = made.get(node.input[0])
            if source is not None and reads[node.input[0]] == 1:
                source.output[0] = node.output[0]
                self.nodes.remove(node)

    def _ended(self, tensor: Tensor, name: str) -> Any:
        shape = [
            n if n is not None else "rows" if axis == 0 else f"{name}_{axis}"
            for axis, n in enumerate(tensor.shape)
        ]
        return self.onnx.helper.make_tensor_value_info(name, self.kind(tensor.dtype), shape)

    def kind(self, dtype: Any) -> int:
        """Give the number that ONNX has for a dtype."""
        return int(self.onnx.helper.np_dtype_to_tensor_dtype(np.dtype(dtype)))

    # --- names ---

    def fresh(self, wanted: str) -> str:
        """Give a name that is not in use, as near to `wanted` as can be."""
        name, k = wanted, 1
        while name in self.taken:
            k += 1
            name = f"{wanted}_{k}"
        self.taken.add(name)
        return name

    def named(self, node: Tensor, wanted: str) -> str:
        """Name the result of a node."""
        self.names[id(node)] = name = self.fresh(wanted)
        return name

    def constant(self, value: Any, dtype: Any = np.int64, name: str = "") -> str:
        """Give the name of an array that is known; equal small ones are one."""
        array = np.ascontiguousarray(np.asarray(value, dtype)).reshape(np.shape(value))
        key = (array.dtype, array.shape, array.tobytes()) if array.size < 64 else (id(value),)
        if name or key not in self.constants:
            self.constants[key] = self.fresh(name or f"constant_{len(self.constants)}")
            self._weigh(array, self.constants[key])
        return self.constants[key]

    def _weigh(self, array: NDArray[Any], name: str) -> None:
        self.size += array.nbytes
        if self.size > LARGEST:
            raise EngineError(
                "the network is too large for one ONNX file", got=f"more than {LARGEST:,} bytes",
                mend="save it: model.save(path)",
            )  # fmt: skip
        self.weights.append(self.onnx.numpy_helper.from_array(array, name))

    def add(self, kind: str, *operands: str, **attributes: Any) -> str:
        """Add a node, and give the name of its result."""
        name = self.fresh(f"{self.label or 'network'}.{kind}")
        node = self.onnx.helper.make_node(kind, list(operands), [name], name, **attributes)
        self.nodes.append(node)
        return name

    # --- nodes ---

    def _write(self, node: Tensor) -> None:
        if node.op is READ:
            variable = node.attrs["variable"]
            known = [k for k in self.order if k.op is READ and k.attrs["variable"] is variable]
            name = self.constant(variable.numpy(), variable.dtype, variable.name)
            self.names.update(dict.fromkeys(map(id, known), name))
            return
        if node.op is CONSTANT and node.value is not None:
            self.names[id(node)] = self.constant(node.value, node.dtype, node.name)
            return
        if node.op is PLACEHOLDER:
            raise EngineError(f"the placeholder {node.name} is not among the inputs")
        self.label = node.label.rpartition(".")[0]
        self.names[id(node)] = self._made(node, [self.names.get(id(x), "") for x in node.inputs])

    def _made(self, node: Tensor, operands: list[str]) -> str:
        name = node.op.name
        if name in SAME:
            return self.add(SAME[name], *operands)
        if name in TRUTH:
            return self.add(TRUTH[name][node.dtype.kind != "b"], *operands)
        if name not in SPECIAL:
            raise EngineError(
                f"the operation {name!r} has no equivalent in ONNX", where=node.label,
                mend="write the layer by other operations",
            )  # fmt: skip
        return SPECIAL[name](self, node, *operands)
