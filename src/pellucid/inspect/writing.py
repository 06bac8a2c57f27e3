"""Formulas of a graph as text and LaTeX, written down to the tensors that have names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, final

import numpy as np

from pellucid.graph import Tensor, topological
from pellucid.graph.tensor import CONSTANT
from pellucid.graph.variable import READ
from pellucid.inspect.quantity import Formula, Symbol

__all__ = ["Untold", "Writer", "seen_through", "sources"]

MOST_NODES, LONGEST = 60, 112
SUM, PRODUCT, MATMUL, FACTOR, ATOM = range(5)  # how tightly a formula holds together

# These only bring numbers into place: a formula on paper does not mention them.
UNSEEN = {
    "broadcast_like", "broadcast_to", "cast", "expand_dims", "identity", "squeeze", "stop_gradient",
}  # fmt: skip
SIGNS = {
    "add": ("{0} + {1}", SUM, SUM), "subtract": ("{0} − {1}", SUM, PRODUCT),
    "less": ("{0} < {1}", SUM, PRODUCT), "less_equal": ("{0} ≤ {1}", SUM, PRODUCT),
    "greater": ("{0} > {1}", SUM, PRODUCT), "greater_equal": ("{0} ≥ {1}", SUM, PRODUCT),
    "equal": ("{0} = {1}", SUM, PRODUCT), "not_equal": ("{0} ≠ {1}", SUM, PRODUCT),
}  # fmt: skip
FUNCTIONS = {
    "abs": "|{0}|", "cos": "cos({0})", "erf": "erf({0})", "exp": "exp({0})",
    "expm1": "(exp({0}) − 1)", "log": "ln({0})", "log1p": "ln(1 + {0})",
    "maximum": "max({0}, {1})", "minimum": "min({0}, {1})", "pad": "pad({0})",
    "relu": "max({0}, 0)",
    "sigmoid": "σ({0})", "sign": "sign({0})", "sin": "sin({0})",
    "softplus": "ln(1 + exp({0}))", "sqrt": "√({0})", "tanh": "tanh({0})",
}  # fmt: skip
BARE = {"cos", "erf", "log", "pad", "sign", "sin", "tanh"}  # declared without parentheses
CONVOLUTIONS = {"conv": "{0} ∗ {1}", "conv_input": "{0} ∗ᵀ {1}", "conv_weight": "{0} ⋆ {1}"}


class Untold(Exception):  # noqa: N818
    """There is no short formula."""


class Written(NamedTuple):
    """A formula, and how tightly it holds together."""

    text: str
    latex: str
    rank: int

    def within(self, rank: int) -> Written:
        """Put it in parentheses where it holds less tightly than is needed."""
        if self.rank >= rank:
            return self
        return Written(f"({self.text})", rf"\left({self.latex}\right)", ATOM)


def sources(node: Tensor, known: Mapping[int, Symbol]) -> list[Tensor]:
    """List the nodes between `node` and those that have names, these included."""
    return topological([node], into=lambda one: one is node or id(one) not in known)


@final
class Writer:
    """Writes formulas in terms of `known`: symbols by the id of a tensor or a variable."""

    def __init__(self, known: Mapping[int, Symbol]) -> None:
        self._known = known

    def formula(self, node: Tensor) -> Formula:
        """Write how `node` is made from what has names.

        Raises
        ------
        Untold : when that is long, or moves numbers in ways that have no short name
        """
        if len(sources(node, self._known)) > MOST_NODES:
            raise Untold
        text, latex, _ = self._made(node)
        if len(text) > LONGEST:
            raise Untold
        return Formula(text, latex)

    def name(self, node: Tensor) -> Symbol | None:
        """Find what a node is called, if it has a name."""
        key = id(node.attrs["variable"]) if node.op is READ else id(node)
        return self._known.get(key)

    def _operand(self, node: Tensor) -> Written:
        symbol = self.name(node)
        if symbol is not None:
            return Written(*symbol, MATMUL if symbol.text.startswith("dL/d") else ATOM)
        return self._made(node)

    def _made(self, node: Tensor) -> Written:
        name = node.op.name
        if node.op is READ and self.name(node) is not None:
            return self._operand(node)
        if node.shape == () and self._is_number(node):
            return _number(node)
        if name in UNSEEN:
            return self._operand(node.inputs[0])
        if name in WAYS:
            return WAYS[name](self, node)
        if name in SIGNS:
            return self._signed(node)
        if name in FUNCTIONS:
            operands = [self._operand(x) for x in node.inputs]
            latex = [rf"\left({x.latex}\right)" if name in BARE else x.latex for x in operands]
            text = FUNCTIONS[name].format(*[x.text for x in operands])
            return Written(text, node.op.formula.format(*latex), ATOM)
        raise Untold

    def _is_number(self, node: Tensor) -> bool:
        """Whether a node is made of numbers alone; of other tensors only extents are counted."""

        def is_open(one: Tensor) -> bool:
            return one is node or self.name(one) is None

        inside = topological([node], into=lambda one: is_open(one) and one.op.name != "count")
        return all(
            is_open(one) and (one.op.name in ("constant", "count") or bool(one.inputs))
            for one in inside
        )

    def _signed(self, node: Tensor) -> Written:
        text, left, right = SIGNS[node.op.name]
        x, y = (self._operand(one) for one in node.inputs)
        if x == y and node.op.name == "add":
            return _times(Written("2", "2", ATOM), x)
        pair = x.within(left), y.within(right)
        latex = node.op.formula.format(*[one.latex for one in pair])
        return Written(text.format(*[one.text for one in pair]), latex, SUM)

    def _negative(self, node: Tensor) -> Written:
        x = self._operand(node.inputs[0]).within(PRODUCT)
        return Written(f"−{x.text}", f"-{x.latex}", SUM)

    def _matmul(self, node: Tensor) -> Written:
        return _dot(*[self._operand(one) for one in node.inputs])

    def _transpose(self, node: Tensor) -> Written:
        (inner,) = node.inputs
        if inner.ndim != 2:
            raise Untold
        if self.name(inner) is None and inner.op.name == "transpose":
            return self._operand(inner.inputs[0])
        if self.name(inner) is None and inner.op.name == "matmul":  # (A B)ᵀ = Bᵀ Aᵀ
            return _dot(*[self._turned(one) for one in reversed(inner.inputs)])
        return self._with_top(self._operand(inner))

    def _turned(self, node: Tensor) -> Written:
        """Write the transpose of a matrix."""
        if self.name(node) is None and node.op.name == "transpose":
            return self._operand(node.inputs[0])
        return self._with_top(self._operand(node))

    def _with_top(self, x: Written) -> Written:
        inner = x.within(ATOM)
        return Written(f"{inner.text}ᵀ", rf"{inner.latex}^{{\top}}", FACTOR)

    def _multiply(self, node: Tensor) -> Written:
        first, second = node.inputs
        if self._is_inverse(second):
            return _over(self._operand(first), self._operand(second.inputs[1]))
        x, y = self._operand(first), self._operand(second)
        if x == y:
            base = x.within(ATOM)
            return Written(f"{base.text}²", f"{base.latex}^{{2}}", FACTOR)
        if () in [seen_through(one).shape for one in node.inputs]:
            return _times(x, y)
        x, y = _apart(x), _apart(y)
        return Written(f"{x.text} ∘ {y.text}", rf"{x.latex} \circ {y.latex}", PRODUCT)

    def _divide(self, node: Tensor) -> Written:
        total, count = node.inputs
        while count.op.name == "cast":
            (count,) = count.inputs
        is_mean = total.op.name == "sum" and count.op.name == "count"
        if is_mean and self.name(total) is None:
            where = _along(total.inputs[0], _axes(total))
            x = self._operand(total.inputs[0])
            text = f"mean_{where}" if where else "mean"
            latex = r"\operatorname{mean}" + rf"_{{\text{{{where}}}}}" * bool(where)
            return Written(f"{text}({x.text})", rf"{latex}\left({x.latex}\right)", ATOM)
        return _over(*[self._operand(one) for one in node.inputs])

    def _is_inverse(self, node: Tensor) -> bool:
        """Whether a node is one divided by something."""
        if self.name(node) is not None or node.op.name != "divide":
            return False
        one = seen_through(node.inputs[0])
        return one.op is CONSTANT and one.shape == () and one.item() == 1

    def _sum(self, node: Tensor) -> Written:
        inner, axes = node.inputs[0], _axes(node)
        while inner.op.name == "sum" and self.name(inner) is None:  # one sum after another
            gone = () if inner.attrs["keepdims"] else _axes(inner)
            left = [axis for axis in range(inner.inputs[0].ndim) if axis not in gone]
            inner, axes = inner.inputs[0], (*_axes(inner), *[left[axis] for axis in axes])
        where = _along(inner, axes)
        x = self._operand(inner)
        text = f"Σ_{where}({x.text})" if where else f"Σ({x.text})"
        sign = rf"\sum_{{\text{{{where}}}}}" if where else r"\sum"
        return Written(text, f"{sign} {x.within(PRODUCT).latex}", PRODUCT)

    def _where(self, node: Tensor) -> Written:
        condition, x, y = node.inputs
        told = self._operand(condition)
        if not _is_zero(y):
            raise Untold
        chosen = _apart(self._operand(x))
        return Written(
            f"{chosen.text} ∘ [{told.text}]", rf"{chosen.latex} \circ [{told.latex}]", PRODUCT
        )

    def _power(self, node: Tensor) -> Written:
        x, y = (self._operand(one) for one in node.inputs)
        base = x.within(ATOM)
        return Written(f"{base.text}^{y.within(ATOM).text}", f"{base.latex}^{{{y.latex}}}", FACTOR)

    def _conv(self, node: Tensor) -> Written:
        x, y = (self._operand(one).within(MATMUL) for one in node.inputs[:2])
        text = CONVOLUTIONS[node.op.name].format(x.text, y.text)
        return Written(text, node.op.formula.format(x.latex, y.latex), MATMUL)

    def _cut(self, node: Tensor) -> Written:
        """Leave out that a transposed convolution cuts its result, as padding is left out."""
        (inner,) = node.inputs
        if inner.op.name != "conv_input" or self.name(inner) is not None:
            raise Untold
        return self._conv(inner)

    def _concatenate(self, node: Tensor) -> Written:
        parts = [self._operand(x) for x in node.inputs]
        text = ", ".join(part.text for part in parts)
        latex = ", ".join(part.latex for part in parts)
        return Written(f"[{text}]", rf"\left[{latex}\right]", ATOM)

    def _reshape(self, node: Tensor) -> Written:
        inner = node.inputs[0]
        x = self._operand(inner)
        if _extents(inner) == _extents(node):  # numbers that are laid along an axis
            return x
        latex = rf"\operatorname{{reshape}}\left({x.latex}\right)"
        return Written(f"reshape({x.text})", latex, ATOM)


WAYS: dict[str, Callable[[Writer, Tensor], Written]] = {
    **dict.fromkeys(CONVOLUTIONS, Writer._conv),
    "concatenate": Writer._concatenate,
    "divide": Writer._divide,
    "matmul": Writer._matmul,
    "multiply": Writer._multiply,
    "negative": Writer._negative,
    "power": Writer._power,
    "reshape": Writer._reshape,
    "reshape_like": Writer._reshape,
    "slice": Writer._cut,
    "sum": Writer._sum,
    "transpose": Writer._transpose,
    "where": Writer._where,
}


def _dot(x: Written, y: Written) -> Written:
    x, y = x.within(MATMUL), y.within(MATMUL)
    return Written(f"{x.text} · {y.text}", f"{x.latex} {y.latex}", MATMUL)


def _over(x: Written, y: Written) -> Written:
    text = f"{_apart(x).text} / {y.within(FACTOR).text}"
    return Written(text, rf"\frac{{{x.latex}}}{{{y.latex}}}", PRODUCT)


def _times(x: Written, y: Written) -> Written:
    """Multiply by a number; by 1 there is nothing to write."""
    for one, other in ((x, y), (y, x)):
        if one.text == "1":
            return other
    if y.text[0].isdigit() and not x.text[0].isdigit():  # numbers stand first
        x, y = y, x
    x, y = _apart(x), _apart(y)
    return Written(f"{x.text} × {y.text}", rf"{x.latex} \cdot {y.latex}", PRODUCT)


def _apart(x: Written) -> Written:
    """Put a factor of a product of elements in parentheses if it is a sum or a product itself."""
    is_dot = x.rank == MATMUL and " " in x.text
    return x.within(FACTOR) if is_dot else x.within(PRODUCT)


def seen_through(node: Tensor) -> Tensor:
    """Find what the numbers of a tensor are, before they were brought into place."""
    while node.op.name in UNSEEN:
        node = node.inputs[0]
    return node


def _number(node: Tensor) -> Written:
    """Write a number that stands in the formula; an array that does has no name."""
    if node.value is None or node.value.size != 1:
        raise Untold
    x: Any = node.value.reshape(()).item()
    text = f"{x:.6g}" if isinstance(x, float) else str(x)
    return Written(text, text, SUM if x < 0 else ATOM)


def _is_zero(node: Tensor) -> bool:
    return node.op is CONSTANT and node.value is not None and not np.any(node.value)


def _extents(node: Tensor) -> list[int | None]:
    return [extent for extent in node.shape if extent != 1]


def _axes(node: Tensor) -> tuple[int, ...]:
    return tuple(node.attrs["axes"])


def _along(x: Tensor, axes: tuple[int, ...]) -> str:
    """Say over what a reduction goes; nothing where that is everything."""
    if len(axes) == x.ndim:
        return ""
    if x.ndim == 3:  # what they mean differs from layer to layer
        return ("axis " if len(axes) == 1 else "axes ") + ",".join(map(str, sorted(axes)))
    places = ("rows", "columns" if x.ndim == 2 else "channels")
    return ",".join(dict.fromkeys(places[axis] if axis < 2 else "places" for axis in sorted(axes)))
