"""The summary of a network: its layers, their output shapes and numbers of parameters."""

from __future__ import annotations

from typing import NamedTuple

from pellucid.arguments import Frozen
from pellucid.errors import GraphError
from pellucid.graph import Tensor, Variable, placeholder, symbolic
from pellucid.layers.module import Module, Observation, observed
from pellucid.lazy import load
from pellucid.shapes import Shape

__all__ = ["Row", "Summary", "outline", "summarise"]


class Row(NamedTuple):
    """A layer of a summary, a block of layers, or one of several inputs.

    Attributes
    ----------
    shape : of the output; of several heads, their shapes
    parameters : those of its own, counted where they are met first
    is_layer : whether it computes anything itself
    """

    path: str
    kind: str
    shape: Shape | tuple[Shape, ...]
    parameters: int
    is_layer: bool = True


class Summary(Frozen):
    """A table of layers; printed as text, and as HTML in a notebook."""

    title: str
    rows: tuple[Row, ...]
    total: int
    trainable: int

    def _cells(self) -> list[tuple[str, str, str, str]]:
        return [
            (row.path or "·", row.kind, _shapes(row.shape), f"{row.parameters:,}" * row.is_layer)
            for row in self.rows
        ]

    def __str__(self) -> str:
        heads = ("path", "layer", "output shape", "parameters")
        cells = self._cells()
        widths = [max(len(row[k]) for row in [heads, *cells]) for k in range(4)]
        lines = [_line(heads, widths), "─" * (sum(widths) + 6), *(_line(c, widths) for c in cells)]
        lines += ["─" * (sum(widths) + 6), self._sums()]
        return "\n".join([self.title, *lines])

    def _sums(self) -> str:
        frozen = self.total - self.trainable
        return f"{self.total:,} parameters: {self.trainable:,} trainable, {frozen:,} frozen"

    __repr__ = __str__

    def _repr_html_(self) -> str:
        escape = load("html").escape
        body = "".join(
            "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>"
            for row in self._cells()
        )
        return (
            f"<table><caption>{escape(self.title)}</caption><tr><th>path</th><th>layer</th>"
            f"<th>output shape</th><th>parameters</th></tr>{body}</table>"
            f"<p>{self._sums()}</p>"
        )


def _shapes(shape: Shape | tuple[Shape, ...]) -> str:
    several = shape and isinstance(shape[0], tuple)
    return ", ".join(map(str, shape)) if several else str(shape)


def _line(cells: tuple[str, ...], widths: list[int]) -> str:
    left = "  ".join(cell.ljust(width) for cell, width in zip(cells[:3], widths, strict=False))
    return f"{left}  {cells[3].rjust(widths[3])}".rstrip()


def outline(network: Module) -> Tensor:
    """Call a network, whose inputs are known, on symbols: nothing is computed, nothing drawn."""
    if not network.input_specs:
        raise GraphError(
            "the network has no shapes yet: the size of its inputs is not known",
            mend="fit it, call it on one row, or begin it with nn.Input",
        )
    with symbolic():
        return network(*[placeholder(spec.shape, spec.dtype) for spec in network.input_specs])


def summarise(network: Module) -> Summary:
    """Make the summary, by calling the network on symbols and watching the layers."""
    seen: list[Observation] = []
    with observed(seen.append):
        outline(network)
    rows: list[Row] = []
    counted: set[int] = set()
    for module, _, outputs in seen:
        given = [v for v in vars(module).values() if isinstance(v, Variable)]
        is_layer = bool(given) or not any(True for _ in module.children())
        if not (module.path or is_layer):
            continue  # the network itself
        own = {id(v): v for v in given if v.is_parameter}
        new = sum(v.size for key, v in own.items() if key not in counted)
        counted |= own.keys()
        shapes = tuple(output.shape for output in outputs)
        shape = shapes[0] if len(shapes) == 1 else shapes
        row = Row(module.path, type(module).__name__, shape, new, is_layer)
        rows.insert(_before_its_parts(rows, module.path), row)
    total = sum(v.size for v in network.variables().values() if v.is_parameter)
    trainable = sum(v.size for v in network.parameters().values())
    return Summary(type(network).__name__, (*_inputs(network), *rows), total, trainable)


def _before_its_parts(rows: list[Row], path: str) -> int:
    """Find the place of a block: before the layers inside it, which were called just before."""
    place = len(rows)
    while path and place and rows[place - 1].path.startswith(f"{path}."):
        place -= 1
    return place


def _inputs(network: Module) -> list[Row]:
    """List the inputs, where there are several."""
    specs, names = network.input_specs, getattr(network, "input_names", None)
    if len(specs) < 2:
        return []
    names = names or [f"input{k}" for k in range(len(specs))]
    return [
        Row(name, "Input", spec.shape, 0, is_layer=False)
        for name, spec in zip(names, specs, strict=True)
    ]
