"""Expression graphs as pictures: SVG, in rows from the leaves down to the result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, final

from pellucid.arguments import Frozen
from pellucid.errors import ArgumentError, ArgumentTypeError
from pellucid.files import write_atomically
from pellucid.graph import Tensor, as_tensor, topological
from pellucid.graph.tensor import CONSTANT, PLACEHOLDER, Operand
from pellucid.graph.variable import READ
from pellucid.inspect.layout import Layout, laid_out
from pellucid.lazy import load

__all__ = ["Drawing", "draw"]

MOST_NODES = 400
SIGNS = {
    "add": "+", "divide": "÷", "equal": "=", "greater": ">", "less": "<", "log": "ln",
    "multiply": "×", "negative": "−", "sigmoid": "σ", "subtract": "−", "sum": "Σ",
}  # fmt: skip
# What a node is shows in its fill; text is dark on all of them, in print too.
FILLS = {"variable": "#d9e6f4", "input": "#f7e2d0", "constant": "#ececea", "result": "#ffffff"}
INK, MUTED, LINE = "#22262b", "#5b6269", "#8f9296"
HEIGHT, ACROSS, DOWN, MARGIN, PORT = 40.0, 16.0, 30.0, 10.0, 14.0
LETTER, SMALL_LETTER = 7.6, 6.2  # how wide one is, at most


class _Box(NamedTuple):
    """A node as it is drawn: what it is, and below that its value or its shape."""

    head: str
    detail: str
    kind: str

    @property
    def width(self) -> float:
        return max(44.0, LETTER * len(self.head) + 16, SMALL_LETTER * len(self.detail) + 12)


@final
class Drawing(Frozen):
    """A picture of an expression graph; a notebook shows it.

    Attributes
    ----------
    svg : the picture, as SVG text
    nodes : how many there are

    Examples
    --------
    >>> import pellucid as pel
    >>> pel.draw(pel.placeholder((), name="a") + pel.placeholder((), name="b"))
    <Drawing of 3 nodes>
    """

    svg: str
    nodes: int

    def save(self, path: str | Path) -> None:
        """Write the picture to a file whose name ends in .svg."""
        if Path(path).suffix != ".svg":
            raise ArgumentError(
                "the picture is SVG, and the name of the file says otherwise", got=str(path),
                mend=f'write "{Path(path).with_suffix(".svg")}"',
            )  # fmt: skip
        write_atomically(path, self.svg.encode())

    def _repr_svg_(self) -> str:
        return self.svg

    def __repr__(self) -> str:
        return f"<Drawing of {self.nodes} nodes>"


def draw(tensor: Operand, /, **names: Operand) -> Drawing:
    """Draw the expression graph of a tensor: what it is made from, down to it, as SVG.

    Placeholders, variables and constants have colours of their own. A scalar shows its value, if it
    has one, and everything else its shape.

    Parameters
    ----------
    names : what tensors and variables are called in the picture

    Raises
    ------
    ArgumentError : for more than 400 nodes

    Examples
    --------
    >>> import pellucid as pel
    >>> theta = pel.tensor(1.0, "float64")
    >>> z = (1 - pel.log(1 + pel.exp(theta))) ** 2
    >>> picture = pel.draw(z, theta=theta)
    >>> picture
    <Drawing of 8 nodes>
    >>> picture.svg.startswith("<svg")
    True
    """
    for name, node in [("tensor", tensor), *names.items()]:
        if not isinstance(node, Operand):
            raise ArgumentTypeError(
                "what is drawn is a tensor, and so are its parts", got=f"{name}={node!r}",
                mend="write pel.draw(y, x=x)",
            )  # fmt: skip
    order = topological([as_tensor(tensor)])
    if len(order) > MOST_NODES:
        raise ArgumentError(
            "the graph is too large for a picture", got=f"{len(order):,} nodes",
            wanted=f"at most {MOST_NODES}", mend="print(pel.listing([y])), or draw a part of it",
        )  # fmt: skip
    known = {id(node): name for name, node in names.items()}
    boxes = [_box(node, known) for node in order]
    number = {id(node): k for k, node in enumerate(order)}
    edges = [(number[id(x)], k) for k, node in enumerate(order) for x in node.inputs]
    ports = [k - (len(node.inputs) - 1) / 2 for node in order for k in range(len(node.inputs))]
    places, ways = laid_out([box.width for box in boxes], edges, ACROSS)
    for way, port in zip(ways, ports, strict=True):  # operands arrive in their order
        x, row = way[-1]
        way[-1] = x + PORT * port, row
    return Drawing(_svg(boxes, Layout(places, ways)), len(order))


def _box(node: Tensor, known: Mapping[int, str]) -> _Box:
    thing = node.attrs["variable"] if node.op is READ else node
    name = known.get(id(thing)) or known.get(id(node)) or node.name
    value = f"{node.value.item():.6g}" if node.value is not None and node.value.size == 1 else ""
    shape = str(node.spec)
    if node.op is CONSTANT and not name:
        return _Box(value or "constant", shape, "constant")
    kinds = {READ: "variable", PLACEHOLDER: "input", CONSTANT: "input"}
    kind = kinds.get(node.op, "result")
    sign = SIGNS.get(node.op.name, node.op.name) if kind == "result" else ""
    head = f"{name} = {sign}" if name and sign else name or sign or kind
    return _Box(head, value or shape, kind)


def _svg(boxes: Sequence[_Box], layout: Layout) -> str:
    lefts = [x - box.width / 2 for box, (x, _) in zip(boxes, layout.nodes, strict=True)]
    rights = [x + box.width / 2 for box, (x, _) in zip(boxes, layout.nodes, strict=True)]
    through = [x for way in layout.edges for x, _ in way]
    left = min([*lefts, *through]) - MARGIN
    width = max([*rights, *through]) + MARGIN - left
    height = max(row for _, row in layout.nodes) * (HEIGHT + DOWN) + HEIGHT + 2 * MARGIN
    lines = [_edge(way, left) for way in layout.edges]
    nodes = [_node(box, x - left, row) for box, (x, row) in zip(boxes, layout.nodes, strict=True)]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" font-family="sans-serif" text-anchor="middle">'
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
        f'markerHeight="7" orient="auto"><path d="M0 0 L8 4 L0 8 z" fill="{LINE}"/></marker></defs>'
        f'<rect width="100%" height="100%" fill="white"/>{"".join([*lines, *nodes])}</svg>'
    )


def _top(row: int) -> float:
    return MARGIN + row * (HEIGHT + DOWN)


def _edge(way: Sequence[tuple[float, int]], left: float) -> str:
    """Draw a curve from below one node, through the rows between, to above another."""
    x, row = way[0]
    path = [f"M{x - left:.1f} {_top(row) + HEIGHT:.1f}"]
    y = _top(row) + HEIGHT
    for k, (to, row) in enumerate(way[1:], 1):
        end = _top(row)
        bend = (y + end) / 2
        path.append(
            f"C{x - left:.1f} {bend:.1f} {to - left:.1f} {bend:.1f} {to - left:.1f} {end:.1f}"
        )
        x, y = to, end
        if k < len(way) - 1:
            y += HEIGHT
            path.append(f"V{y:.1f}")
    return (
        f'<path d="{" ".join(path)}" fill="none" stroke="{LINE}" stroke-width="1.2" '
        'marker-end="url(#tip)"/>'
    )


def _node(box: _Box, x: float, row: int) -> str:
    escape = load("html").escape
    y, left = _top(row), x - box.width / 2
    return (
        f'<g><rect x="{left:.1f}" y="{y:.1f}" width="{box.width:.1f}" height="{HEIGHT:.0f}" '
        f'rx="6" fill="{FILLS[box.kind]}" stroke="{LINE}"/>'
        f'<text x="{x:.1f}" y="{y + 17:.1f}" font-size="13" fill="{INK}">'
        f"{escape(box.head)}</text>"
        f'<text x="{x:.1f}" y="{y + 32:.1f}" font-size="10" fill="{MUTED}">'
        f"{escape(box.detail)}</text></g>"
    )
