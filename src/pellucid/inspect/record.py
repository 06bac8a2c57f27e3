"""The record of a pass: every quantity by name, as a table, as HTML and as LaTeX."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, final

from pellucid.arguments import Frozen, named
from pellucid.inspect import pictures
from pellucid.inspect.quantity import Quantity, plain
from pellucid.inspect.windows import Slide, Window, window_of
from pellucid.lazy import load

__all__ = ["Trace"]

HEADS = ("name", "shape", "formula", "value")
DIGITS = 4
CELL = "text-align:left; vertical-align:top; padding-right:1em"
RULE = "; border-top:1px solid"


@final
class Trace(Frozen):
    """Every quantity of a forward and a backward pass, in the order in which they come about.

    Index it by name: ``trace["Z1"]``, ``trace["dL/dW1"]``; a weight also by its dotted name,
    ``trace["0.weight"]``. Iterate over it, ask ``"A1" in trace``; print it for a table.

    Attributes
    ----------
    title : of which network, on how many rows
    quantities : all of them
    slides : how windows slide, by the name of what they give; ask ``trace.window``

    Examples
    --------
    >>> from pellucid import nn
    >>> model = nn.Sequential([nn.Linear(1, weight_init="ones", bias_init="zeros")])
    >>> trace = model.trace([[1.0, 2.0], [0.0, 1.0]], [2.0, 1.0], loss="mse")
    >>> trace
    <Trace of Sequential on 2 rows: X, W1, b1, Z1, Y, L, dL/dZ1, dL/dW1, dL/db1, dL/dX>
    >>> trace["dL/dW1"]
    <dL/dW1 (1, 2) = (dL/dZ1)ᵀ · X>
    >>> print(trace)
    Trace of Sequential on 2 rows
    name    shape   formula           value
    ───────────────────────────────────────
    X       (2, 2)  input             1  2
                                      0  1
    W1      (1, 2)  0.weight          1  1
    b1      (1,)    0.bias            0
    Z1      (2, 1)  X · W1ᵀ + b1      3
                                      1
    Y       (2, 1)  target            2
                                      1
    L       ()      mean((Z1 − Y)²)   0.5
    ───────────────────────────────────────
    dL/dZ1  (2, 1)  2 × (Z1 − Y) / 2  1
                                      0
    dL/dW1  (1, 2)  (dL/dZ1)ᵀ · X     1  2
    dL/db1  (1,)    Σ_rows(dL/dZ1)    1
    dL/dX   (2, 2)  dL/dZ1 · W1       1  1
                                      0  0
    """

    title: str
    quantities: tuple[Quantity, ...]
    slides: tuple[tuple[str, Slide], ...] = ()

    __eq__ = object.__eq__
    __hash__ = object.__hash__

    @property
    def names(self) -> tuple[str, ...]:
        """What there is, in order."""
        return tuple(one.name for one in self.quantities)

    @property
    def forward(self) -> tuple[Quantity, ...]:
        """What the forward pass takes and gives, up to the loss."""
        return tuple(one for one in self.quantities if one.kind != "gradient")

    @property
    def backward(self) -> tuple[Quantity, ...]:
        """The gradients, from the output back to the input."""
        return tuple(one for one in self.quantities if one.kind == "gradient")

    def of(self, path: str) -> Trace:
        """Keep what belongs to a layer, or to the layers inside it: ``trace.of("0")``."""
        own = [one for one in self.quantities if f"{one.path}.".startswith(f"{path}.")]
        layers = {one.path: one for one in self.quantities if one.kind == "value"}
        if not own:
            named(path, "layer in this trace", layers)
        names = {one.name for one in own}
        slides = tuple(pair for pair in self.slides if pair[0] in names)
        return Trace(f"{self.title}, layer {path}", tuple(own), slides)

    def window(
        self, name: str, place: int | Sequence[int], *, row: int = 0, channel: int = 0
    ) -> Window:
        """Show one step of a convolution or a pooling, with its arithmetic.

        Parameters
        ----------
        name : of what the windows give, such as "Z1" or "pool1"
        place : where in it, down and across
        row, channel : of it

        Raises
        ------
        ArgumentError : where no window slides, and for a place, row or channel that is not there

        Examples
        --------
        >>> from pellucid import nn
        >>> model = nn.Sequential([nn.Conv2d(1, 2, weight_init="ones", bias_init="zeros")])
        >>> model.trace([[[[1.0, 2.0], [3.0, 4.0]]]]).window("Z1", (0, 0))
        <Z1[0, 0, 0, 0]: 1·1 + 2·1 + 3·1 + 4·1 = 10>
        """
        slide = named(name, "convolution or pooling in this trace", dict(self.slides))
        return window_of(slide, name, self[name].value, place, row, channel)

    def plot(self, *, figure: Any = None, title: str | None = None) -> Any:
        """Draw how outputs, weights and gradients are distributed in each layer: a figure.

        Raises
        ------
        ArgumentError : where no layer has a matrix or kernels

        Examples
        --------
        >>> from matplotlib.figure import Figure
        >>> from pellucid import nn
        >>> model = nn.Sequential([nn.Linear(2, activation="tanh"), nn.Linear(1)])
        >>> drawn = model.trace([[1.0, 2.0], [0.0, 1.0]], [2.0, 1.0]).plot(figure=Figure())
        >>> [ax.get_title() for ax in drawn.axes[:3]]
        ['output', 'weights', 'gradient of the weights']
        """
        return pictures.distributions(pictures.layers_of(self.quantities), figure, title)

    def plot_gradients(self, *, ax: Any = None, title: str | None = None) -> Any:
        """Draw the size of the gradient of each layer's weights, as `plot.gradient_flow` does."""
        return pictures.gradients(pictures.layers_of(self.quantities), ax, title)

    def plot_network(self, row: int | None = None, *, ax: Any = None, **look: Any) -> Any:
        """Draw a network of dense layers with its weights, as `plot.network_diagram` does.

        Parameters
        ----------
        row : whose values the circles show; by default none
        look : ``inputs``, ``outputs``, ``most``, ``title`` and what else `network_diagram` takes
        """
        layers = pictures.layers_of(self.quantities)
        return pictures.network(self.quantities, layers, row, ax, look)

    def plot_maps(self, row: int = 0, *, figure: Any = None) -> Any:
        """Draw what each layer makes of one image, as `plot.feature_maps` does."""
        return pictures.maps(self.quantities, row, figure)

    def __getitem__(self, name: str) -> Quantity:
        weights = {one.path: one for one in self.quantities if one.kind == "weight"}
        known = {one.name: one for one in self.quantities}
        if name not in known and name in weights:
            return weights[name]
        return named(name, "quantity in this trace", known)

    def __contains__(self, name: object) -> bool:
        return name in self.names

    def __iter__(self) -> Iterator[Quantity]:
        return iter(self.quantities)

    def __len__(self) -> int:
        return len(self.quantities)

    def __repr__(self) -> str:
        return f"<{self.title}: {', '.join(self.names)}>"

    def __str__(self) -> str:
        return self.table()

    def table(self, *, digits: int = DIGITS, values: bool = True) -> str:
        """Write a line for each quantity, with its numbers where they are few, else their range.

        Parameters
        ----------
        digits : of each number, those that are significant
        values : whether numbers are shown
        """
        heads = HEADS if values else HEADS[:3]
        blocks = [self._block(one, digits)[: len(heads)] for one in self.quantities]
        widths = [
            max(len(line) for block in [[[head] for head in heads], *blocks] for line in block[k])
            for k, head in enumerate(heads)
        ]
        lines = [_line(heads, widths), rule := "─" * (sum(widths) + 2 * len(widths) - 2)]
        for k, block in enumerate(blocks):
            if self._turns(k):
                lines.append(rule)
            for j in range(max(map(len, block))):
                cells = [column[j] if j < len(column) else "" for column in block]
                lines.append(_line(cells, widths))
        return "\n".join([self.title, *lines])

    def _block(self, one: Quantity, digits: int) -> list[list[str]]:
        return [[one.name], [str(one.shape)], [one.formula.text], plain(one.value, digits)]

    def latex(self, *, digits: int = DIGITS) -> str:
        r"""Write all of it as aligned equations, with the numbers where they are few.

        >>> from pellucid import nn
        >>> model = nn.Sequential([nn.Linear(1, weight_init="ones", bias=False)])
        >>> print(model.trace([[1.0, 2.0]]).latex())
        \begin{aligned}
        X &= \begin{pmatrix} 1 & 2 \end{pmatrix} \\
        W_{1} &= \begin{pmatrix} 1 & 1 \end{pmatrix} \\
        Z_{1} &= X W_{1}^{\top} = \begin{pmatrix} 3 \end{pmatrix}
        \end{aligned}
        """
        equations = [one.latex(digits=digits) for one in self.quantities]
        lines = " \\\\\n".join(one.replace(" = ", " &= ", 1) for one in equations)
        return f"\\begin{{aligned}}\n{lines}\n\\end{{aligned}}"

    def _repr_html_(self) -> str:
        escape = load("html").escape
        heads = "".join(f"<th style='text-align:left'>{head}</th>" for head in HEADS)
        rows = []
        for k, one in enumerate(self.quantities):
            name, shape, formula, value = ("\n".join(cell) for cell in self._block(one, DIGITS))
            cells = [f"<b>{escape(name)}</b>", escape(shape), escape(formula)]
            cells.append(f"<pre style='margin:0'>{escape(value)}</pre>")
            style = CELL + RULE * self._turns(k)
            rows.append("".join(f"<td style='{style}'>{cell}</td>" for cell in cells))
        body = "".join(f"<tr>{row}</tr>" for row in [heads, *rows])
        return f"<table><caption>{escape(self.title)}</caption>{body}</table>"

    def _turns(self, k: int) -> bool:
        """Whether the way back begins with this quantity."""
        kinds = [one.kind for one in self.quantities[max(k - 1, 0) : k + 1]]
        return len(kinds) == 2 and (kinds[0] == "gradient") < (kinds[1] == "gradient")


def _line(cells: list[str] | tuple[str, ...], widths: list[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=False)).rstrip()
