"""The summary of a network: its layers, their output shapes and numbers of parameters."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import NamedTuple

from pellucid.errors import GraphError
from pellucid.graph import Tensor, Variable, placeholder, symbolic
from pellucid.layers.module import Module, Observation, observed
from pellucid.shapes import Shape

__all__ = ["Row", "Summary", "outline", "summarise"]


class Row(NamedTuple):
    """A layer of a summary."""

    path: str
    kind: str
    shape: Shape
    parameters: int


@dataclass(frozen=True)
class Summary:
    """A table of layers; printed as text, and as HTML in a notebook."""

    title: str
    rows: tuple[Row, ...]
    total: int
    trainable: int

    def _cells(self) -> list[tuple[str, str, str, str]]:
        return [
            (row.path or "·", row.kind, str(row.shape), f"{row.parameters:,}") for row in self.rows
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
        body = "".join(
            "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>"
            for row in self._cells()
        )
        return (
            f"<table><caption>{html.escape(self.title)}</caption><tr><th>path</th><th>layer</th>"
            f"<th>output shape</th><th>parameters</th></tr>{body}</table>"
            f"<p>{self._sums()}</p>"
        )


def _line(cells: tuple[str, ...], widths: list[int]) -> str:
    left = "  ".join(cell.ljust(width) for cell, width in zip(cells[:3], widths, strict=False))
    return f"{left}  {cells[3].rjust(widths[3])}"


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
    rows = []
    counted: set[int] = set()
    for module, _, output in seen:
        given = [v for v in vars(module).values() if isinstance(v, Variable)]
        if not given and any(True for _ in module.children()):
            continue
        own = {id(v): v for v in given if v.is_parameter}
        new = sum(v.size for key, v in own.items() if key not in counted)
        counted |= own.keys()
        rows.append(Row(module.path, type(module).__name__, output.shape, new))
    total = sum(v.size for v in network.variables().values() if v.is_parameter)
    trainable = sum(v.size for v in network.parameters().values())
    return Summary(type(network).__name__, tuple(rows), total, trainable)
