"""A network as one C99 file without dependencies, for whatever has a C compiler."""

from __future__ import annotations

import re
from pathlib import Path

from pellucid.compile import rebuilt, specialised, trace
from pellucid.compile.passes import pruned, reduced
from pellucid.errors import ArgumentError
from pellucid.files import write_atomically
from pellucid.graph import Tensor
from pellucid.interop.c.source import Written, in_comment, written
from pellucid.interop.naming import identifier
from pellucid.interop.tracing import Forward, check_network, forward_graph
from pellucid.models import Network
from pellucid.shapes import Shape
from pellucid.version import VERSION

__all__ = ["export", "source"]

RESERVED = {"main", "float", "double", "int", "for", "if", "else", "static", "const", "void"}


def export(model: Network, path: str | Path, *, name: str | None = None) -> None:
    """Write a network as one C file: ``void NAME_predict(const float *x, float *y)``.

    It computes in float32 what ``model.predict`` gives for one row. It needs a C99 compiler and
    its mathematical library, and no memory from the heap.

    Parameters
    ----------
    path : of the file, such as ``"digits.c"``
    name : what names in the file begin with; that of the file by default

    Raises
    ------
    GraphError : when the network has not met any data yet
    EngineError : naming an operation that C does not have
    FileError : when the file cannot be written

    Examples
    --------
    >>> import tempfile
    >>> from pellucid import interop, nn
    >>> model = nn.Sequential([nn.Linear(1)])
    >>> _ = model([[1.0, 2.0]])
    >>> interop.c.export(model, Path(tempfile.mkdtemp()) / "sum.c")
    """
    wished = Path(path).stem if name is None else name
    write_atomically(path, source(model, name=wished))


def source(model: Network, *, name: str = "network") -> str:
    """Give the text of the C file that :func:`export` writes.

    >>> from pellucid import interop, nn
    >>> model = nn.Sequential([nn.Linear(1)])
    >>> _ = model([[1.0, 2.0]])
    >>> "void sum_predict(const float *x, float *y)" in interop.c.source(model, name="sum")
    True
    """
    name = _identifier(name)
    single = _single_precision(check_network(model))
    forward = forward_graph(single, all_floating=True)
    program, state = trace(forward.inputs, list(forward.outputs.values()))
    program = specialised(program, [(1, *x.shape[1:]) for x in forward.inputs])
    program = pruned(rebuilt(reduced(program)))
    layers = {path: type(module).__name__ for path, module in model.modules().items()}
    code = written(program, [variable.numpy() for variable in state], name, layers)
    return "\n".join(_file(name, model, forward, code))


def _identifier(name: str) -> str:
    """Make a name that C accepts."""
    found = identifier(name)
    if not found.strip("_"):
        raise ArgumentError("this is no name for C", got=repr(name), mend='write name="network"')
    return found if not found[0].isdigit() and found not in RESERVED else f"network_{found}"


def _single_precision(model: Network) -> Network:
    if not any(v.dtype == "float64" for v in model.variables().values()):
        return model
    twin = model.copy()
    for variable in twin.variables().values():
        if variable.dtype.kind == "f":
            variable.cast("float32")
    return twin


def _file(name: str, model: Network, forward: Forward, code: Written) -> list[str]:
    count = sum(_count(y.shape[1:]) for y in forward.outputs.values())
    written_out = [*code.arrays, *code.helpers, *code.body]
    integers = any(re.search(r"\bu?int\d+_t\b", line) for line in written_out)
    memory = [f"static float work[{code.work}];"] if code.work else []
    failed, ending = [], []
    if code.failing:
        failed = ["int failed = 0;"]
        ending = [
            "", "if (failed) { /* an input was not what the network takes */",
            f"    for (int i = 0; i < {count}; i++) {{", "        y[i] = NAN;", "    }", "}",
        ]  # fmt: skip
    body = [f"    {line}" if line else "" for line in [*memory, *failed, *code.body, *ending]]
    head = f"void {name}_predict(const float *x, float *y)"
    return [
        *_usage(name, model, forward), "", "#include <math.h>",
        *["#include <stdint.h>"] * integers, "", *code.arrays, "", *code.helpers, "",
        f"{head};", "", head, "{", *body, "}", "",
    ]  # fmt: skip


def _count(shape: Shape) -> int:
    total = 1
    for extent in shape:
        total *= extent or 1
    return total


def _usage(name: str, model: Network, forward: Forward) -> list[str]:
    """Say at the head of the file what it is and how it is used."""
    sizes = [sum(_count(t.shape[1:]) for t in ends)
             for ends in (forward.inputs, forward.outputs.values())]  # fmt: skip
    parameters = sum(v.size for v in model.parameters().values())
    lines = [
        f"{name}: a neural network of {parameters:,} parameters, written by pellucid {VERSION}.",
        "It needs nothing but a C99 compiler and its mathematical library:",
        "",
        f"    cc -O2 -std=c99 -c {name}.c      and link with -lm",
        "",
        f"    void {name}_predict(const float *x, float *y);",
        "",
        f"    float x[{sizes[0]}] = {{ ... }}, y[{sizes[1]}];",
        f"    {name}_predict(x, y);",
        "",
        *_described("x", forward.inputs, forward.columns),
        *_described("y", list(forward.outputs.values()), forward.labels),
        "",
        "One row is computed at a time; two threads must not be inside at once.",
    ]
    return ["/*", *(f" * {line}".rstrip() for line in lines), " */"]


def _described(
    letter: str, ends: list[Tensor] | tuple[Tensor, ...], columns: tuple[tuple[str, ...], ...]
) -> list[str]:
    lines, start = [], 0
    for k, tensor in enumerate(ends):
        shape, count = tensor.shape[1:], _count(tensor.shape[1:])
        extents = " x ".join(map(str, shape)) or "1"
        name = in_comment(tensor.name) if letter == "x" else ""
        whole = f"{letter}[{start}] to {letter}[{start + count - 1}]"
        lines.append(f"{whole}: {extents}{f' ({name})' if name and name != letter else ''}")
        if k < len(columns) and 0 < len(columns[k]) <= 32:
            what = "class " if letter == "y" else ""
            called = [f"{what}{in_comment(one)}" for one in columns[k]]
            lines += [f"    {letter}[{start + i}]  {one}" for i, one in enumerate(called)]
        start += count
    return lines
