"""A network whose forward pass is an ONNX graph."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, Self, final

from numpy.typing import NDArray

from pellucid.errors import FileError, GraphError, PellucidError
from pellucid.graph import Spec, Tensor, Variable, as_tensor, constant
from pellucid.interop.onnx.reading.graph import READERS, Graph, Step, graph_of, parsed
from pellucid.interop.onnx.reading.plain import plain, restored
from pellucid.models import Network

__all__ = ["Imported", "from_onnx", "load"]

# Which operands of which operators are weights, which training may change.
WEIGHTS: dict[str, tuple[int, ...]] = {
    **dict.fromkeys(("Add", "Mul", "MatMul"), (0, 1)),
    **dict.fromkeys(("Gather", "Identity", "Reshape", "Transpose", "Unsqueeze"), (0,)),
    **dict.fromkeys(("PRelu", "RMSNormalization"), (1,)),
    **dict.fromkeys(
        ("BatchNormalization", "Conv", "ConvTranspose", "GroupNormalization",
         "InstanceNormalization", "LayerNormalization"), (1, 2),
    ),
    "Gemm": (0, 1, 2),
}  # fmt: skip
STATISTICS = ("running_mean", "running_var")
RESERVED = ("graph", "history/", "run/", "_")  # attributes of the network, and parts of its file


@final
class Imported(Network):
    """A network that was read from ONNX: it predicts, is trained and exported as any other.

    Its floating weights are parameters under the names that they have in the file, and ``reset``
    brings back the numbers of the file. ``save`` writes the graph as plain data with the weights;
    what is loaded from there, or copied, knows the weights as they were then, and has no others to
    be reset to. Other arrays, such as running statistics, may have 3 MB in all.

    Parameters
    ----------
    graph : what :func:`pellucid.interop.onnx.load` has read
    """

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._own: dict[str, Variable] = {}

    @property
    def input_names(self) -> tuple[str, ...]:
        """The names of the graph's inputs."""
        return self.graph.inputs

    def build(self, *specs: Spec) -> None:
        """Make variables of what training may change; other arrays stay as they are."""
        for name in weights_of(self.graph):
            array = self.graph.arrays[name]
            is_taken = hasattr(type(self), name) or name.startswith(RESERVED)
            own = f"onnx/{name}" if is_taken else name
            stored = partial(_stored, self.graph, name)
            self._own[name] = self._make(own, array.shape, stored, array.dtype, trainable=True)

    @property
    def arguments(self) -> dict[str, Any]:
        """The graph as plain data, from which :meth:`from_arguments` makes it anew.

        The weights are in it as long as they are no variables.
        """
        return {"graph": plain(self.graph, self._own)}

    @classmethod
    def from_arguments(cls, arguments: Mapping[str, Any]) -> Self:
        """Make the network that :attr:`arguments` describes."""
        graph = restored(arguments["graph"])
        lost = sorted(graph.absent - {*weights_of(graph)})
        if lost:
            raise FileError("the numbers of an array are missing", got=", ".join(lost[:4]),
                            mend="restore the file from a copy")  # fmt: skip
        return cls(graph)

    def forward(self, *inputs: Tensor) -> Any:
        """Do the steps of the graph."""
        graph = self.graph
        if len(inputs) != len(graph.inputs):
            raise GraphError(
                "the graph takes another number of inputs", got=str(len(inputs)),
                wanted=", ".join(graph.inputs), mend="give one array for each",
            )  # fmt: skip
        values: dict[str, Any] = dict(zip(graph.inputs, inputs, strict=True))
        for name, array in graph.arrays.items():
            own = self._own.get(name)
            values[name] = constant(array) if own is None else as_tensor(own)
        last = {name: k for k, step in enumerate(graph.steps) for name in step.inputs}
        for k, step in enumerate(graph.steps):
            found = _done(step, [values[name] if name else None for name in step.inputs])
            values.update(zip(step.outputs, found, strict=True))
            for name in step.inputs:
                if last[name] == k and name not in graph.outputs:
                    values.pop(name, None)
        results = {name: values[name] for name in graph.outputs}
        return results if len(results) > 1 else results[graph.outputs[0]]

    def __repr__(self) -> str:
        ends = ", ".join(self.graph.inputs), ", ".join(self.graph.outputs)
        return f"Imported({ends[0]} → {ends[1]}, {len(self.graph.steps)} steps)"


def weights_of(graph: Graph) -> list[str]:
    """List the arrays of a graph that training may change."""
    operands = {
        name
        for step in graph.steps
        for k, name in enumerate(step.inputs)
        if k in WEIGHTS.get(step.node.kind, ()) and not name.endswith(STATISTICS)
    }
    return [
        name
        for name, array in graph.arrays.items()
        if name in operands and array.dtype.kind == "f" and array.ndim
    ]


def _stored(graph: Graph, name: str) -> NDArray[Any]:
    if name in graph.absent:
        raise GraphError(
            "what a copy of the network was reset to is not known", where=name,
            mend="read the ONNX file anew: interop.onnx.load(path)",
        )  # fmt: skip
    return graph.arrays[name]


def _done(step: Step, operands: list[Any]) -> tuple[Tensor, ...]:
    try:
        found = READERS[step.node.kind](step.node, *operands)
    except PellucidError as error:
        raise error.located(f"{step.node.kind} {step.node.name}") from None
    except (
        TypeError,
        ValueError,
        KeyError,
        IndexError,
        AttributeError,
        ZeroDivisionError,
    ) as error:
        raise GraphError(
            f"{step.node.kind} has operands or settings that it cannot have",
            where=step.node.name,
            got=str(error)[:200],
            mend="check the graph: onnx.checker",
        ) from error
    return found if isinstance(found, tuple) else (found,)


def from_onnx(model: Any) -> Imported:
    """Make a network of an ``onnx.ModelProto`` that is in memory.

    Raises
    ------
    GraphError : naming all operators that are not known here
    FileError : when it is damaged, or its numbers are in other files

    Examples
    --------
    >>> from pellucid import interop, nn
    >>> model = nn.Sequential([nn.Linear(1)])
    >>> before = model([[1.0, 2.0]])
    >>> again = interop.onnx.from_onnx(interop.onnx.to_onnx(model))
    >>> bool((again([[1.0, 2.0]]) == before).item())
    True
    """
    return Imported(graph_of(model))


def load(path: str | Path) -> Imported:
    """Read an ONNX file as a network; nothing in it is executed but the operators that are known.

    Raises
    ------
    FileError : when it is missing or damaged, or points to files outside its folder
    GraphError : naming all operators that are not known here

    Examples
    --------
    >>> import tempfile
    >>> from pellucid import interop, nn
    >>> model = nn.Sequential([nn.Linear(1)])
    >>> before = model([[1.0, 2.0]])
    >>> path = Path(tempfile.mkdtemp()) / "sum.onnx"
    >>> interop.onnx.export(model, path)
    >>> bool((interop.onnx.load(path)([[1.0, 2.0]]) == before).item())
    True
    """
    return Imported(graph_of(parsed(path), Path(path).parent, path))
