"""The windows of a convolution or a pooling: what one of them saw, and the arithmetic on it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Literal, NamedTuple, final

import numpy as np
from numpy.typing import NDArray

from pellucid import plot
from pellucid.arguments import Frozen, whole_number
from pellucid.errors import ArgumentError
from pellucid.graph import Tensor
from pellucid.graph.variable import READ
from pellucid.inspect.quantity import Symbol, plain
from pellucid.inspect.writing import seen_through
from pellucid.lazy import load
from pellucid.plot.style import short

__all__ = ["Slide", "Window", "slide_of", "window_of"]

Array = NDArray[Any]
Kind = Literal["convolution", "transposed", "max", "mean"]
Name = Callable[[Tensor], Symbol | None]

MOST_TERMS = 9  # of a sum that is written out
MOST_DRAWN = 4  # channels
CONVOLUTIONS = ("conv", "conv_input")
BORDERS = ("pad", "cast", "take")  # what brings a border around the numbers


class Slide(NamedTuple):
    """How windows slide over something: read off the graph of what they give.

    Attributes
    ----------
    kind : what is made of a window
    over : the name of what it slides over
    padded : that, with its padding, (rows, channels, …)
    extents, stride, dilation : of the window, along each axis of space
    kernels, kernel : the numbers of all kernels (channels, channels seen, …), and their name
    biases, bias : what is added, and its name
    groups : parts into which the channels fall
    """

    kind: Kind
    over: str
    padded: Array
    extents: tuple[int, ...]
    stride: tuple[int, ...]
    dilation: tuple[int, ...]
    kernels: Array | None = None
    kernel: str = ""
    biases: Array | None = None
    bias: str = ""
    groups: int = 1

    def kernel_of(self, channel: int) -> str:
        """Name the kernel of a channel; a transposed convolution keeps them by columns."""
        if self.kernels is None:
            return ""
        if self.kind == "convolution":
            return f"{self.kernel}[{channel}]"
        group, place = divmod(channel, len(self.kernels) // self.groups)
        width = self.kernels.shape[1]
        rows = f"{group * width}:{(group + 1) * width}" if self.groups > 1 else ":"
        return f"{self.kernel}[{rows}, {place}] turned"

    def seen(self, row: int, channel: int, place: tuple[int, ...]) -> Array:
        """Give what the window sees at a place, (channels seen, …)."""
        steps = zip(place, self.extents, self.stride, self.dilation, strict=True)
        under = tuple(slice(p * s, p * s + d * (k - 1) + 1, d) for p, k, s, d in steps)
        first, width = channel, 1
        if self.kernels is not None:
            width = self.kernels.shape[1]
            first = channel // (len(self.kernels) // self.groups) * width
        where: Any = (row, slice(first, first + width), *under)
        return self.padded[where]


@final
class Window(Frozen):
    """One step of a convolution or a pooling: what the window saw, and what became of it.

    ``print(window)`` shows the arithmetic, ``window.plot()`` draws it.

    A transposed convolution is shown as the convolution that gives the same numbers: its input has
    stride − 1 zeros between its numbers and d (k − 1) − padding around them, the kernel is turned
    by half a circle, and the window moves one step at a time.

    Attributes
    ----------
    name, index : of which quantity, and where in it: row, channel, place
    over : the name of what the window slides over
    seen : what it saw, (channels, …), padding included
    kernel, weights : the name of this kernel, such as "W1[0]", and its numbers, shaped as `seen`
    bias : what is added in the end; nothing for pooling
    kind : "convolution", "transposed", "max" or "mean"
    value : the result

    Examples
    --------
    >>> from pellucid import nn
    >>> model = nn.Sequential([nn.Conv2d(1, 2, weight_init="ones", bias=False), nn.MaxPool2d(2)])
    >>> trace = model.trace([[[[1.0, 2.0, 0.0], [3.0, 4.0, 0.0], [0.0, 0.0, 5.0]]]])
    >>> print(trace.window("Z1", (0, 1)))
    Z1[0, 0, 0, 1]
    channel  X     W1[0]  products  sum
    0        2  0  1  1   2  0        6
             4  0  1  1   4  0
    2·1 + 0·1 + 4·1 + 0·1 = 6
    >>> print(trace.window("pool1", (0, 0)).arithmetic)
    max(10, 6, 7, 9) = 10
    """

    name: str
    index: tuple[int, ...]
    over: str
    seen: Array
    kernel: str
    weights: Array | None
    bias: float
    kind: Kind
    value: float

    __eq__ = object.__eq__
    __hash__ = object.__hash__

    @property
    def products(self) -> Array:
        """What the window saw times the weights, element by element."""
        return self.seen if self.weights is None else self.seen * self.weights + 0.0

    @property
    def arithmetic(self) -> str:
        """The result as one would work it out; of many terms, sums of channels, or of all."""
        numbers = [_signed(x) for x in self.seen.reshape(-1)]
        if self.kind == "max":
            return f"max({', '.join(map(_bare, self.seen.reshape(-1)))}) = {_bare(self.value)}"
        if self.weights is None:
            inner = " + ".join(numbers)
            return f"({inner}) / {len(numbers)} = {_bare(self.value)}"
        weights = [_signed(w) for w in self.weights.reshape(-1)]
        terms = [f"{x}·{w}" for x, w in zip(numbers, weights, strict=True)]
        if len(terms) > MOST_TERMS:
            terms = [_signed(one) for one in _sums(self.products)]
        if len(terms) > MOST_TERMS:
            terms = [f"{_bare(self.products.sum())} ({self.seen.size} products)"]
        if self.bias:
            terms.append(_signed(self.bias))
        return f"{' + '.join(terms)} = {_bare(self.value)}"

    def __repr__(self) -> str:
        return f"<{self.name}{list(self.index)}: {self.arithmetic}>"

    def __str__(self) -> str:
        head = f"{self.name}{list(self.index)}"
        if self.weights is None:
            return "\n".join([head, *plain(self.seen[0], 4), self.arithmetic])
        names = ("channel", self.over, self.kernel, "products", "sum")
        columns: list[list[str]] = [[name] for name in names]
        shown = self._largest(MOST_TERMS)
        for k in shown:
            total = self.products[k].sum()
            blocks = [plain(one[k], 4) for one in (self.seen, self.weights, self.products)]
            height = len(blocks[0])
            for column, block in zip(columns[1:4], blocks, strict=True):
                column += block
            columns[0] += [str(k), *[""] * (height - 1)]
            columns[4] += [f"{total:.4g}", *[""] * (height - 1)]
        lines = _aligned(columns)
        if len(shown) < len(self.seen):
            lines.append(f"and {len(self.seen) - len(shown)} channels of smaller products")
        said = [f"bias {self.bias:.4g}"] * bool(self.bias)
        return "\n".join([head, *lines, *said, self.arithmetic])

    def _repr_html_(self) -> str:
        *table, last = map(load("html").escape, str(self).splitlines())
        return f"<pre>{chr(10).join(table)}</pre><p>{last}</p>"

    def _largest(self, most: int) -> list[int]:
        """Choose channels, those of the largest products."""
        sizes = abs(self.products.reshape(len(self.seen), -1)).sum(axis=1)
        return sorted(np.argsort(-sizes, kind="stable")[:most].tolist())

    def plot(self, *, figure: Any = None, title: str | None = None) -> Any:
        """Draw what was seen, the weights and the products, channel by channel: a figure.

        Of many channels those of the largest products are drawn.
        """
        if self.weights is None:
            kept = np.full((1, 1), self.value)
            heads = [self.over, self.kind]
            return plot.matrix_grid(
                [np.atleast_2d(self.seen[0]), kept], heads, columns=2, number_format=".3g",
                figure=figure, title=title,
            )  # fmt: skip
        arrays, heads = [], []
        for k in self._largest(MOST_DRAWN):
            parts = self.seen[k], self.weights[k], self.products[k]
            arrays += [np.atleast_2d(one) for one in parts]
            of = f", channel {k}" * (len(self.seen) > 1)
            heads += [
                f"{self.over}{of}",
                self.kernel,
                f"products: {_bare(self.products[k].sum())}",
            ]
        title = f"{self.name}{list(self.index)} = {_bare(self.value)}" if title is None else title
        return plot.matrix_grid(
            arrays, heads, columns=3, number_format=".2g", signed=True, figure=figure, title=title
        )


def window_of(slide: Slide, name: str, value: Array, place: Any, row: int, channel: int) -> Window:
    """Give one window of a quantity whose value is an array (rows, channels, …)."""
    row = whole_number(row, "row", 0, value.shape[0] - 1)
    channel = whole_number(channel, "channel", 0, value.shape[1] - 1)
    given = tuple(np.ravel(place).tolist())
    extents = value.shape[2:]
    inside = len(given) == len(extents) and all(
        0 <= p < n for p, n in zip(given, extents, strict=False)
    )
    if not inside:
        raise ArgumentError(
            "the window does not come to this place", where="place", got=str(given),
            wanted=f"{(0,) * len(extents)} to {tuple(n - 1 for n in extents)}",
            mend="count places from 0",
        )  # fmt: skip
    own = None if slide.kernels is None else slide.kernels[channel]
    bias = 0.0 if slide.biases is None else float(slide.biases[channel])
    index = (row, channel, *given)
    seen = slide.seen(row, channel, given)
    return Window(
        name, index, slide.over, seen, slide.kernel_of(channel), own, bias, slide.kind,
        float(value[index]),
    )  # fmt: skip


# --- read off a graph ------------------------------------------------------------------------


def slide_of(node: Tensor, name: Name) -> Slide | None:
    """Find how windows slide, if a tensor is a convolution or a pooling of something."""
    inner, added = node, None
    if node.op.name == "add" and _behind(node.inputs[0], "slice").op.name in CONVOLUTIONS:
        inner, added = node.inputs[0], _behind(node.inputs[1], "reshape")
        if added.op is not READ or added.ndim != 1:
            return None
    if inner.op.name == "conv":
        return _convolution(inner, added, name)
    if inner.op.name == "slice" and inner.inputs[0].op.name == "conv_input":
        return _transposed(inner, added, name)
    if inner.op.name == "divide" and inner.inputs[0].op.name == "sum":
        found, count = _pooling(inner.inputs[0], "mean", name), inner.inputs[1]
        is_count = found and count.shape == () and count.item() == math.prod(found.extents)
        return found if is_count else None
    return _pooling(inner, "max", name) if inner.op.name == "max" else None


def _convolution(node: Tensor, added: Tensor | None, name: Name) -> Slide:
    x, w = node.inputs
    kernels = w.numpy()
    own = None if added is None else added.numpy()
    attrs = node.attrs
    return Slide(
        "convolution", _over(x, name), x.numpy(), kernels.shape[2:], attrs["stride"],
        attrs["dilation"], kernels, _called(w, name), own,
        "" if added is None else _called(added, name), attrs["groups"],
    )  # fmt: skip


def _transposed(node: Tensor, added: Tensor | None, name: Name) -> Slide:
    """See each element of the result as a window over the input with zeros between its numbers."""
    spread = node.inputs[0]
    x, kernels = (one.numpy() for one in spread.inputs[:2])
    attrs, extents = spread.attrs, kernels.shape[2:]
    stride, dilation = attrs["stride"], attrs["dilation"]
    reach = [d * (k - 1) for k, d in zip(extents, dilation, strict=True)]
    whole = spread.numpy().shape[2:]
    padded = np.zeros((*x.shape[:2], *map(sum, zip(whole, reach, strict=True))), x.dtype)
    steps = zip(x.shape[2:], reach, stride, strict=True)
    apart: Any = [slice(r, r + (n - 1) * s + 1, s) for n, r, s in steps]
    padded[(..., *apart)] = x
    ends = zip(node.attrs["slices"][2:], reach, strict=True)
    kept: Any = [slice(first, last + r) for (first, last, _), r in ends]
    own = None if added is None else added.numpy()
    return Slide(
        "transposed", _over(spread.inputs[0], name), padded[(..., *kept)], extents,
        (1,) * len(extents), dilation, _turned(kernels, attrs["groups"]),
        _called(spread.inputs[1], name), own, "" if added is None else _called(added, name),
        attrs["groups"],
    )  # fmt: skip


def _turned(kernels: Array, groups: int) -> Array:
    """Lay (channels, results / groups, …) out as (results, channels / groups, …), turned around."""
    channels, results, *extents = kernels.shape
    parts = kernels.reshape(groups, channels // groups, results, *extents).swapaxes(1, 2)
    whole = parts.reshape(groups * results, channels // groups, *extents)
    return np.flip(whole, tuple(range(2, whole.ndim)))


def _pooling(node: Tensor, kind: Kind, name: Name) -> Slide | None:
    laid = node.inputs[0]
    if laid.op.name != "windows":
        return None
    x, attrs = laid.inputs[0], laid.attrs
    rank = len(attrs["kernel"])
    if laid.ndim != 2 + 2 * rank or node.attrs["axes"] != tuple(range(2 + rank, laid.ndim)):
        return None
    steps = attrs["kernel"], attrs["stride"], attrs["dilation"]
    return Slide(kind, _over(x, name), x.numpy(), *steps)


def _over(x: Tensor, name: Name) -> str:
    """Say over what windows slide, the padding left out."""
    while name(x) is None and x.op.name in BORDERS and x.inputs[0].ndim == x.ndim:
        x = x.inputs[0]
    return _called(x, name)


def _called(x: Tensor, name: Name) -> str:
    found = name(seen_through(x)) if name(x) is None else name(x)
    return "…" if found is None else found.text


def _behind(node: Tensor, op: str) -> Tensor:
    while node.op.name == op:
        node = node.inputs[0]
    return node


# --- written ---------------------------------------------------------------------------------


def _sums(products: Array) -> list[float]:
    return [math.fsum(one.reshape(-1).tolist()) for one in products]


def _bare(value: float) -> str:
    return short(float(value))


def _signed(value: float) -> str:
    """Write a number as a factor or term: in parentheses below zero."""
    text = short(float(value))
    return f"({text})" if text.startswith("−") else text


def _aligned(columns: list[list[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in columns]
    rows = zip(*columns, strict=True)
    lines = [
        "  ".join(
            text.rjust(width) if k == len(widths) - 1 else text.ljust(width)
            for k, (text, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]
    return [line.rstrip() for line in lines]
