"""Random graphs: a strategy that builds expressions out of the operations, over small shapes.

A recipe is a list of steps, so that the same graph can be built over arrays, over placeholders, or
over arrays that were moved a little. Values stay moderate: what can grow is bounded first. Rough
operations are continuous but have kinks, so that values can be compared but not derivatives.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

import pellucid as pel
from pellucid.errors import DTypeError, ShapeError
from pellucid.graph import Tensor
from pellucid.shapes import broadcast, size

Make = Callable[..., Tensor]
LARGEST = 200  # elements of what a step takes


@dataclass(frozen=True)
class Step:
    """One more node: what makes it, from which of the nodes before."""

    text: str
    make: Make
    operands: tuple[int, ...]

    def __repr__(self) -> str:
        return f"{self.text} of {', '.join(f'%{k}' for k in self.operands)}"


@dataclass(frozen=True)
class Recipe:
    """How to build a graph over inputs of given shapes and dtypes."""

    shapes: tuple[tuple[int, ...], ...]
    dtypes: tuple[str, ...]
    steps: tuple[Step, ...] = ()

    def build(self, inputs: Sequence[Tensor]) -> list[Tensor]:
        """Make all nodes: the inputs, then one for each step."""
        nodes = list(inputs)
        for step in self.steps:
            nodes.append(step.make(*[nodes[k] for k in step.operands]))
        return nodes

    def result(self, inputs: Sequence[Tensor]) -> Tensor:
        """Build, and add up what no other step uses, to one number."""
        nodes = self.build(inputs)
        used = {k for step in self.steps for k in step.operands}
        ends = [node for k, node in enumerate(nodes) if k not in used and node.dtype.kind == "f"]
        return sum((pel.sin(end).mean() for end in ends[1:]), start=pel.sin(ends[0]).mean())

    def data(self, seed: int = 0) -> list[NDArray[Any]]:
        """Draw values for the inputs."""
        generator = np.random.default_rng(seed)
        pairs = zip(self.shapes, self.dtypes, strict=True)
        return [_drawn(generator, shape, np.dtype(dtype)) for shape, dtype in pairs]

    def nearness(self, exact: float, rough: float) -> float:
        """Choose a tolerance: `rough` if float32 occurs anywhere."""
        nodes = self.build(self.placeholders())
        return rough if any(node.dtype == np.float32 for node in nodes) else exact

    def placeholders(self, *, unknown: bool = False) -> list[Tensor]:
        """Make the inputs as symbols; `unknown` leaves open what is not 1."""
        return [
            pel.placeholder([None if unknown and n != 1 else n for n in shape], dtype, name=f"x{k}")
            for k, (shape, dtype) in enumerate(zip(self.shapes, self.dtypes, strict=True))
        ]


def _drawn(generator: np.random.Generator, shape: Any, dtype: np.dtype[Any]) -> NDArray[Any]:
    """Draw normal numbers; of whole ones some small, and some of any size."""
    if dtype.kind == "f":
        return generator.normal(size=shape).astype(dtype)
    any_bits = np.frombuffer(generator.bytes(8 * max(int(np.prod(shape)), 1)), np.uint64)
    small = generator.integers(0, 4, any_bits.size)
    chosen = np.where(generator.random(any_bits.size) < 0.5, small.astype(np.uint64), any_bits)
    return chosen[: int(np.prod(shape))].reshape(shape).astype(dtype)


SMOOTH_UNARY: dict[str, Make] = {
    "negative": lambda x: -x,
    "identity": pel.identity,
    "sin": pel.sin,
    "cos": pel.cos,
    "tanh": pel.tanh,
    "sigmoid": pel.sigmoid,
    "softplus": pel.softplus,
    "erf": pel.erf,
    "exp": lambda x: pel.exp(pel.tanh(x)),
    "expm1": lambda x: pel.expm1(pel.tanh(x)),
    "log": lambda x: pel.log(1.5 + pel.tanh(x)),
    "log1p": lambda x: pel.log1p(pel.sigmoid(x)),
    "sqrt": lambda x: pel.sqrt(1.5 + pel.sin(x)),
    "square": lambda x: pel.tanh(x) ** 2,
    "cube": lambda x: pel.sin(x) ** 3,
}
ROUGH_UNARY: dict[str, Make] = {"relu": pel.relu, "abs": pel.abs}
SMOOTH_BINARY: dict[str, Make] = {
    "add": pel.add,
    "subtract": pel.subtract,
    "multiply": lambda x, y: pel.sin(x) * y,
    "divide": lambda x, y: x / (2 + pel.cos(y)),
    "power": lambda x, y: (1.5 + pel.sin(x)) ** pel.tanh(y),
    "where": lambda x, y: pel.where(np.array(True), x, y),
}
ROUGH_BINARY: dict[str, Make] = {
    "maximum": pel.maximum,
    "minimum": pel.minimum,
    "greater of two": lambda x, y: pel.where(x > y, x, y),
}


@st.composite
def recipes(
    draw: st.DrawFn,
    *,
    rough: bool = False,
    dtypes: tuple[str, ...] = ("float64",),
    most_steps: int = 8,
    extents: tuple[int, ...] = (1, 2, 3, 5),
    most_axes: int = 3,
) -> Recipe:
    """Draw a recipe; each step is chosen among what fits the nodes that are there."""
    recipe = _inputs(draw, dtypes, extents, most_axes)
    kinds = [_unary, _unary, _binary, _binary, _reduction, _view, _view, _pick, _join, _product,
             _slide]  # fmt: skip
    if len(dtypes) > 1:
        kinds.append(_conversion)
    for _ in range(draw(st.integers(min(4, most_steps), most_steps))):
        nodes = recipe.build(recipe.placeholders())
        step = draw(st.sampled_from(kinds))(draw, nodes, rough)
        if step is not None:
            recipe = Recipe(recipe.shapes, recipe.dtypes, (*recipe.steps, step))
    return recipe


def _inputs(
    draw: st.DrawFn, dtypes: tuple[str, ...], extents: tuple[int, ...], most_axes: int
) -> Recipe:
    """Draw up to three inputs whose shapes are related."""
    shape = tuple(draw(st.lists(st.sampled_from(extents), min_size=1, max_size=most_axes)))
    kin = st.sampled_from([shape, shape[1:], (1, *shape[1:]), (*shape[:-1], 1), shape[::-1]])
    inputs = (shape, *draw(st.lists(kin, max_size=2)))
    return Recipe(inputs, tuple(draw(st.sampled_from(dtypes)) for _ in inputs))


def _any(draw: st.DrawFn, nodes: list[Tensor], least_rank: int = 0) -> int | None:
    """Choose a node that is not large, late ones rather than early ones."""
    fitting = [
        k for k, node in enumerate(nodes)
        if node.ndim >= least_rank and (size(node.shape) or 0) <= LARGEST
    ]  # fmt: skip
    return draw(st.sampled_from(fitting[::-1])) if fitting else None


def _unary(draw: st.DrawFn, nodes: list[Tensor], rough: bool) -> Step:
    table = SMOOTH_UNARY | ROUGH_UNARY if rough else SMOOTH_UNARY
    name = draw(st.sampled_from(sorted(table)))
    return Step(name, table[name], (_any(draw, nodes) or 0,))


def _binary(draw: st.DrawFn, nodes: list[Tensor], rough: bool) -> Step:
    table = SMOOTH_BINARY | ROUGH_BINARY if rough else SMOOTH_BINARY
    name = draw(st.sampled_from(sorted(table)))
    first = _any(draw, nodes) or 0
    fitting = [k for k, node in enumerate(nodes) if _broadcast(node, nodes[first])] or [first]
    return Step(name, table[name], (first, draw(st.sampled_from(fitting))))


def _broadcast(x: Tensor, y: Tensor) -> bool:
    try:
        wide = broadcast([x.shape, y.shape])
    except ShapeError:
        return False
    return len(wide) <= 4 and (size(wide) or 0) <= LARGEST


def _reduction(draw: st.DrawFn, nodes: list[Tensor], rough: bool) -> Step:
    k = _any(draw, nodes) or 0
    rank = nodes[k].ndim
    name = draw(st.sampled_from(["sum", "mean", "max", "min"] if rough else ["sum", "mean"]))
    axes = tuple(draw(st.sets(st.integers(0, rank - 1)))) if rank else ()
    axis, keepdims = draw(st.sampled_from([None, axes])), draw(st.booleans())
    text = f"{name} axis={axis} keepdims={keepdims}"
    return Step(text, lambda x: getattr(pel, name)(x, axis, keepdims=keepdims), (k,))


def _view(draw: st.DrawFn, nodes: list[Tensor], rough: bool) -> Step:
    k = _any(draw, nodes) or 0
    shape, rank = nodes[k].shape, nodes[k].ndim
    order = draw(st.permutations(range(rank)))
    at = draw(st.integers(0, rank))
    total = size(shape) or 0
    first = draw(st.sampled_from([n for n in (1, 2, 3, 5, total) if total % n == 0]))
    wide = (2, *(3 if n == 1 else n for n in shape))
    choices: dict[str, Make] = {
        f"transpose {order}": lambda x: pel.transpose(x, order),
        f"expand_dims {at}": lambda x: pel.expand_dims(x, at) if rank < 4 else x * 1,
        f"reshape ({first}, -1)": lambda x: x.reshape(first, -1),
        f"broadcast_to {wide}": lambda x: pel.broadcast_to(x, wide) if rank < 4 else x + 0,
    }
    text = draw(st.sampled_from(sorted(choices)))
    return Step(text, choices[text], (k,))


def _pick(draw: st.DrawFn, nodes: list[Tensor], rough: bool) -> Step | None:
    k = _any(draw, nodes, least_rank=1)
    if k is None:
        return None
    axis = draw(st.integers(0, nodes[k].ndim - 1))
    n = nodes[k].shape[axis]
    assert n is not None
    start, step = draw(st.integers(-n, n - 1)), draw(st.sampled_from([1, 2, -1, -2]))
    index = draw(st.lists(st.integers(-n, n - 1), min_size=1, max_size=4))
    before = (slice(None),) * axis
    choices: dict[str, Make] = {
        f"[{start}] at axis {axis}": lambda x: x[(*before, start)],
        f"[{start}::{step}] at axis {axis}": lambda x: x[(*before, slice(start, None, step))],
        f"take {index} at axis {axis}": lambda x: pel.take(x, index, axis),
        f"take_along {index[0]} at axis {axis}": lambda x: pel.take_along(x, along, axis),
    }
    along = np.full(
        [1 if i == axis else extent for i, extent in enumerate(nodes[k].shape)], index[0]
    )
    text = draw(st.sampled_from(sorted(choices)))
    return Step(text, choices[text], (k,))


def _join(draw: st.DrawFn, nodes: list[Tensor], rough: bool) -> Step | None:
    k = _any(draw, nodes, least_rank=1)
    if k is None:
        return None
    fitting = [j for j, node in enumerate(nodes) if node.shape == nodes[k].shape]
    axis = draw(st.integers(0, nodes[k].ndim - 1))
    others = draw(st.lists(st.sampled_from(fitting), min_size=1, max_size=2))
    return Step(f"concatenate at {axis}", lambda *x: pel.concatenate(x, axis), (k, *others))


def _product(draw: st.DrawFn, nodes: list[Tensor], rough: bool) -> Step | None:
    k = _any(draw, nodes, least_rank=2)
    if k is None:
        return None
    inner = nodes[k].shape[-1]
    fitting = [
        j for j, node in enumerate(nodes)
        if 0 < node.ndim <= 2 and node.shape[max(node.ndim - 2, 0)] == inner
    ]  # fmt: skip
    if fitting and draw(st.booleans()):
        other = draw(st.sampled_from(fitting))
        return Step("matmul", lambda x, y: pel.sin(x) @ y / inner, (k, other))
    axes = (*range(nodes[k].ndim - 2), nodes[k].ndim - 1, nodes[k].ndim - 2)
    return Step("gram", lambda x: pel.sin(x) @ pel.transpose(x, axes) / inner, (k,))


def _slide(draw: st.DrawFn, nodes: list[Tensor], rough: bool) -> Step | None:
    """What goes along an axis: windows, borders, running sums, order, kernels."""
    k = _any(draw, nodes, least_rank=1)
    if k is None:
        return None
    shape = nodes[k].shape
    axis = draw(st.integers(0, len(shape) - 1))
    n, total = shape[-1] or 0, size(shape) or 0
    window, stride = draw(st.integers(1, n)), draw(st.integers(1, 3))
    border = [(1, 2) if i == axis else (0, 0) for i in range(len(shape))]
    kernel = np.array([0.5, -1.0, 0.25][: min(total, 3)]).reshape(1, 1, -1)
    padding = draw(st.integers(0, 2))
    choices: dict[str, Make] = {
        f"cumsum at {axis}": lambda x: pel.cumsum(x, axis),
        f"flip at {axis}": lambda x: pel.flip(x, axis),
        f"pad at {axis}": lambda x: pel.pad(x, border) if total <= LARGEST / 2 else x + 1,
        f"mean of windows {window} every {stride}": lambda x: pel.windows(
            x, (window,), stride
        ).mean(-1),
        f"conv padding={padding} stride={stride}": lambda x: pel.conv(
            pel.reshape(x, (1, 1, -1)), kernel, padding=padding, stride=stride
        ),
    }
    if rough:
        choices["sort"] = lambda x: pel.sort(x, axis)
        choices["greatest of windows"] = lambda x: pel.windows(x, (window,), stride).max(-1)
    text = draw(st.sampled_from(sorted(choices)))
    return Step(text, choices[text], (k,))


def _conversion(draw: st.DrawFn, nodes: list[Tensor], rough: bool) -> Step:
    dtype = draw(st.sampled_from(["float32", "float64"]))
    return Step(f"cast {dtype}", lambda x: pel.cast(x, dtype), (_any(draw, nodes) or 0,))


# --- whole numbers -------------------------------------------------------------------------

WHOLE = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "bool")
WHOLE_UNARY: dict[str, Make] = {
    "negative": lambda x: -x,
    "invert": lambda x: ~x,
    "abs": pel.abs,
    "sign": pel.sign,
    "square": lambda x: x * x,
    "cube": lambda x: x**3,
    "is odd": lambda x: x % 2 == 1,
    "third": lambda x: x // 3,
    "relu": pel.relu,
}
WHOLE_BINARY: dict[str, Make] = {
    "add": pel.add,
    "subtract": pel.subtract,
    "multiply": pel.multiply,
    "floor_divide": lambda x, y: x // (y * 2 + 1),
    "remainder": lambda x, y: x % (y * 2 + 1),
    "maximum": pel.maximum,
    "minimum": pel.minimum,
    "and": lambda x, y: x & y,
    "or": lambda x, y: x | y,
    "xor": lambda x, y: x ^ y,
    "less": lambda x, y: x < y,
    "not equal": lambda x, y: x != y,
    "where": lambda x, y: pel.where(x > y, x, y),
}


@st.composite
def whole_recipes(draw: st.DrawFn, most_steps: int = 8) -> Recipe:
    """Draw a recipe over whole numbers and truth values; what a dtype has not is left out."""
    recipe = _inputs(draw, WHOLE, (1, 2, 3, 17), 2)
    kinds = [_whole_unary, _whole_binary, _whole_binary, _whole_reduction, _whole_conversion,
             _view, _pick, _join]  # fmt: skip
    for _ in range(draw(st.integers(3, most_steps))):
        nodes = recipe.build(recipe.placeholders())
        step = draw(st.sampled_from(kinds))(draw, nodes, True)
        if step is not None and _is_whole(step, nodes):
            recipe = Recipe(recipe.shapes, recipe.dtypes, (*recipe.steps, step))
    return recipe


def _is_whole(step: Step, nodes: list[Tensor]) -> bool:
    """Tell whether a step can be taken, and gives whole numbers again."""
    try:
        return step.make(*[nodes[k] for k in step.operands]).dtype.kind in "iub"
    except (DTypeError, ShapeError):
        return False


def _whole_unary(draw: st.DrawFn, nodes: list[Tensor], rough: bool) -> Step:
    name = draw(st.sampled_from(sorted(WHOLE_UNARY)))
    return Step(name, WHOLE_UNARY[name], (_any(draw, nodes) or 0,))


def _whole_binary(draw: st.DrawFn, nodes: list[Tensor], rough: bool) -> Step:
    name = draw(st.sampled_from(sorted(WHOLE_BINARY)))
    first = _any(draw, nodes) or 0
    fitting = [k for k, node in enumerate(nodes) if _broadcast(node, nodes[first])] or [first]
    return Step(name, WHOLE_BINARY[name], (first, draw(st.sampled_from(fitting))))


def _whole_reduction(draw: st.DrawFn, nodes: list[Tensor], rough: bool) -> Step:
    k = _any(draw, nodes) or 0
    axis = draw(st.sampled_from([None, *range(nodes[k].ndim)]))
    name = draw(st.sampled_from(["sum", "max", "min", "argmax", "argmin", "cumsum", "sort"]))
    if axis is None and name not in ("sum", "max", "min"):
        return Step(f"{name} of all", lambda x: getattr(pel, name)(x.reshape(-1), 0), (k,))
    return Step(f"{name} at {axis}", lambda x: getattr(pel, name)(x, axis), (k,))


def _whole_conversion(draw: st.DrawFn, nodes: list[Tensor], rough: bool) -> Step:
    dtype = draw(st.sampled_from(WHOLE))
    return Step(f"cast {dtype}", lambda x: pel.cast(x, dtype), (_any(draw, nodes) or 0,))
