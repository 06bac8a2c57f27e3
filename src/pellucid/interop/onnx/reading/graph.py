"""An ONNX file as plain records. What a file says is not trusted: sizes and paths are checked."""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import FileError, GraphError
from pellucid.files import read_bytes
from pellucid.interop.onnx.reading.arithmetic import ARITHMETIC
from pellucid.interop.onnx.reading.folding import FOLDING
from pellucid.interop.onnx.reading.moving import MOVING
from pellucid.interop.onnx.reading.neural import NEURAL
from pellucid.interop.onnx.reading.node import DTYPES, Node, Reader
from pellucid.interop.onnx.reading.resizing import RESIZING
from pellucid.lazy import load

__all__ = ["READERS", "Graph", "Step", "check_order", "graph_of", "parsed"]

READERS: dict[str, Reader] = {**ARITHMETIC, **FOLDING, **MOVING, **NEURAL, **RESIZING}
OWN = ("", "ai.onnx")
TEXT, WHERE = 8, "an ONNX file"
FIELDS = {  # where a message keeps numbers one by one; of all others, as int32
    "float32": "float_data", "float64": "double_data", "int64": "int64_data",
    "uint32": "uint64_data", "uint64": "uint64_data",
}  # fmt: skip


class Step(NamedTuple):
    """A node with the names of what it takes and gives; a name may be empty."""

    node: Node
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


class Graph(NamedTuple):
    """A graph as plain records.

    Attributes
    ----------
    steps : in an order in which they can be done
    inputs : the names of what is given at a call
    outputs : the names of what is wanted
    arrays : the numbers that the file holds, by name
    absent : those of which the shape and dtype alone are known
    """

    steps: tuple[Step, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    arrays: Mapping[str, NDArray[Any]]
    absent: frozenset[str] = frozenset()


def parsed(path: str | Path) -> Any:
    """Read a file as an ``onnx.ModelProto``, without what lies in other files.

    Raises
    ------
    FileError : when it is missing, or no ONNX
    """
    onnx = load("onnx", extra="onnx")
    data = read_bytes(path)
    try:
        proto = onnx.ModelProto.FromString(data)
    except Exception as error:  # protobuf has several implementations, each with errors of its own
        raise _refused("this is no ONNX file", path, str(error)) from None
    if not proto.opset_import or not proto.graph.node:
        raise _refused("this is no ONNX file, or an empty one", path, f"{len(data):,} bytes")
    return proto


def _refused(what: str, where: str | Path, got: str) -> FileError:
    return FileError(
        what, where=str(where), got=got[:200],
        mend="export it anew; do not use it, if you do not know where it comes from",
    )  # fmt: skip


def graph_of(proto: Any, folder: Path | None = None, where: str | Path = WHERE) -> Graph:
    """Write an ``onnx.ModelProto`` down as plain records.

    Parameters
    ----------
    folder : in which tensors may lie that are in files of their own; none by default

    Raises
    ------
    FileError : for tensors whose size is not what is said, or that lie outside the folder
    GraphError : naming all operators that are not known
    """
    versions = {one.domain: one.version for one in proto.opset_import}
    opset = next((versions[domain] for domain in OWN if domain in versions), 1)
    if proto.functions:
        raise GraphError(
            "the graph has functions of its own", where=str(where),
            got=", ".join(one.name for one in proto.functions)[:80],
            mend="write them out: onnx.inliner.inline_local_functions(model)",
        )  # fmt: skip
    graph = _expanded(proto, where).graph
    if graph.sparse_initializer:
        raise GraphError("sparse tensors are not known", where=str(where), mend="make them dense")
    arrays = {one.name: array_of(one, folder, where) for one in graph.initializer}
    steps = tuple(_step(one, opset, folder, where) for one in graph.node)
    inputs = tuple(one.name for one in graph.input if one.name not in arrays)
    outputs = tuple(one.name for one in graph.output)
    check_order(steps, [*inputs, *arrays], outputs, where)
    return Graph(steps, inputs, outputs, arrays)


def _expanded(proto: Any, where: str | Path) -> Any:
    """Write out operators that ONNX itself defines by others, where only these are known."""
    unknown = _unknown(proto.graph.node)
    if unknown:
        inliner = load("onnx.inliner")
        kept = [(domain, name) for name in READERS for domain in OWN]
        with contextlib.suppress(Exception):  # what it cannot write out stays unknown
            proto = inliner.inline_selected_functions(
                proto, kept, exclude=True, inline_schema_functions=True
            )
        unknown = _unknown(proto.graph.node)
    if unknown:
        raise GraphError(
            "the graph has operators that are not known here", where=str(where),
            got=", ".join(unknown[:12]), mend="export the network without them",
        )  # fmt: skip
    return proto


def _unknown(nodes: Iterable[Any]) -> list[str]:
    return sorted({
        f"{one.domain}.{one.op_type}".strip(".")
        for one in nodes if one.domain not in OWN or one.op_type not in READERS
    })  # fmt: skip


def _step(proto: Any, opset: int, folder: Path | None, where: str | Path) -> Step:
    outputs = tuple(proto.output)
    number = max((k + 1 for k, name in enumerate(outputs) if name), default=0)
    attributes = {one.name: _attribute(one, folder, where) for one in proto.attribute}
    node = Node(proto.op_type, outputs[0] if outputs else "", attributes, opset, number)
    return Step(node, tuple(proto.input), outputs[:number])


def _attribute(proto: Any, folder: Path | None, where: str | Path) -> Any:
    kinds = load("onnx").AttributeProto
    found = {
        kinds.FLOAT: lambda: proto.f, kinds.INT: lambda: proto.i,
        kinds.STRING: lambda: proto.s.decode("utf-8", "replace"),
        kinds.TENSOR: lambda: array_of(proto.t, folder, where),
        kinds.FLOATS: lambda: tuple(proto.floats), kinds.INTS: lambda: tuple(proto.ints),
        kinds.STRINGS: lambda: tuple(one.decode("utf-8", "replace") for one in proto.strings),
    }.get(proto.type)  # fmt: skip
    if found is None:
        raise GraphError(
            "a node has a graph inside, or something else that is not known", where=str(where),
            got=f"attribute {proto.name}", mend="export the network without loops and conditions",
        )  # fmt: skip
    return found()  # type: ignore[no-untyped-call]


def check_order(
    steps: Iterable[Step], given: Iterable[str], outputs: Iterable[str], where: str | Path
) -> None:
    """Check that every name is made once, and before it is used."""
    names = {*given}
    for step in steps:
        absent = [name for name in step.inputs if name and name not in names]
        twice = [name for name in step.outputs if name and name in names]
        if absent or twice:
            raise _refused(
                "the graph uses a name before it is made" if absent else "a name is made twice",
                where, (absent or twice)[0],
            )  # fmt: skip
        names.update(step.outputs)
    if not {*outputs} <= names:
        raise _refused("an output is never made", where, ", ".join({*outputs} - names))


# --- arrays --------------------------------------------------------------------------------


def array_of(proto: Any, folder: Path | None, where: str | Path) -> NDArray[Any]:
    """Give the numbers of a ``TensorProto``, whose size must be what it says."""
    name = DTYPES.get(proto.data_type)
    if name is None:
        kind = "text" if proto.data_type == TEXT else f"kind {proto.data_type}"
        raise GraphError(f"a tensor of {kind}", where=f"{where}: {proto.name}",
                         mend="export the network with numbers alone")  # fmt: skip
    dtype, shape = np.dtype(name), tuple(proto.dims)
    if min(shape, default=0) < 0:
        raise _refused("a tensor has a negative extent", where, f"{proto.name} {shape}")
    wanted = math.prod(shape) * dtype.itemsize
    if proto.data_location == 1:
        raw = _external(proto, folder, where, wanted)
    elif proto.HasField("raw_data"):
        raw = proto.raw_data
    else:
        field = FIELDS.get(name, "int32_data")
        values = getattr(proto, field)
        if name == "float16":
            return np.array(values, np.uint16).view(np.float16).reshape(shape)
        if len(values) != math.prod(shape):
            raise _refused("a tensor has another size than it says", where, proto.name)
        return np.array(values, dtype).reshape(shape)
    if len(raw) != wanted:
        raise _refused(
            "a tensor has another size than it says", where,
            f"{proto.name}: {len(raw)} bytes for shape {shape}",
        )  # fmt: skip
    return np.frombuffer(raw, dtype.newbyteorder("<")).astype(dtype, copy=False).reshape(shape)


def _external(proto: Any, folder: Path | None, where: str | Path, size: int) -> bytes:
    """Read numbers from a file of their own, which must lie in the folder of the graph."""
    given = {one.key: one.value for one in proto.external_data}
    location = given.get("location", "")
    outside = _refused("a tensor lies in a file outside the folder of the graph", where, location)
    if folder is None or not location or Path(location).is_absolute() or "\0" in location:
        raise outside
    path = Path(os.path.realpath(folder / location))
    if ".." in Path(location).parts or Path(os.path.realpath(folder)) not in path.parents:
        raise outside
    try:
        offset, length = int(given.get("offset", 0)), int(given.get("length", size))
    except ValueError:
        raise _refused("a tensor lies at no place", where, str(given)) from None
    if length != size or offset < 0 or not path.is_file() or offset + size > path.stat().st_size:
        raise _refused(
            "a tensor has another size than it says, or its file is missing or cut off", where,
            f"{proto.name}: {length} bytes at {offset} of {location}",
        )  # fmt: skip
    with path.open("rb") as file:
        file.seek(offset)
        return file.read(size)
