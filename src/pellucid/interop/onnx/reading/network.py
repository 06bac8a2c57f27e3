"""A network whose forward pass is an ONNX graph."""

from __future__ import annotations

from pathlib import Path
from typing import Any, final

from pellucid.errors import GraphError, PellucidError
from pellucid.graph import Spec, Tensor, Variable, as_tensor, constant
from pellucid.interop.onnx.reading.graph import READERS, Graph, Step, graph_of, parsed
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


@final
class Imported(Network):
    """A network that was read from ONNX: it predicts, is trained and exported as any other.

    Its floating weights are parameters under the names that they have in the file, and ``reset``
    brings back the numbers of the file. It is written
    to a file by ``interop.onnx.export``, since it has no layers of ours that ``save`` could name.

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
        weights = {
            name
            for step in self.graph.steps
            for k, name in enumerate(step.inputs)
            if k in WEIGHTS.get(step.node.kind, ())
        }
        for name, array in self.graph.arrays.items():
            is_weight = name in weights and not name.endswith(STATISTICS)
            if is_weight and array.dtype.kind == "f" and array.ndim:
                own = name if not hasattr(type(self), name) and name != "graph" else f"{name}_"
                stored = lambda array=array: array  # noqa: E731
                self._own[name] = self._make(own, array.shape, stored, array.dtype, trainable=True)

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

    def save(self, path: str | Path) -> None:
        """Refuse: a file of ours names layers, and this network has none.

        Raises
        ------
        GraphError : always, saying what to write instead
        """
        raise GraphError(
            "a network that was read from ONNX is written as ONNX", where=str(path),
            mend="write interop.onnx.export(model, path)",
        )  # fmt: skip

    def __repr__(self) -> str:
        ends = ", ".join(self.graph.inputs), ", ".join(self.graph.outputs)
        return f"Imported({ends[0]} → {ends[1]}, {len(self.graph.steps)} steps)"


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
