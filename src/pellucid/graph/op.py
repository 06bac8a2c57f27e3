"""The record of an operation, the kinds of native bodies, and the table of all operations.

An operation is declared once: its shape and dtype rule, its gradient (``vjp``), its meaning over
``numpy`` or ``jax.numpy`` (``array``), its formula, and one *body* from which machine code is made.
A body is written against a builder ``b`` that names no backend: it offers NumPy's scalar functions
under NumPy's names (``b.exp``, ``b.where``, …), values support Python's operators, and
``b.fold(n, start, step)`` repeats. Whatever the kind, a body can state one element of the result:
``element(b, index, inputs, …)``; that is what every engine can fall back on.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any, NamedTuple, final

import numpy as np

from pellucid.arguments import Frozen
from pellucid.errors import GraphError
from pellucid.shapes import Shape, broadcast

__all__ = [
    "OPS", "Body", "Contract", "Elementwise", "Gather", "Leaf", "Move", "Op", "Random", "Reduce",
    "Scatter", "Signature", "Spec", "register", "signature",
]  # fmt: skip

Attrs = Mapping[str, Any]
Vjp = Callable[..., Any]


class Spec(NamedTuple):
    """The shape and dtype of a tensor: all that a rule may look at."""

    shape: Shape
    dtype: np.dtype[Any]

    def __str__(self) -> str:
        return f"{self.dtype}{list(self.shape)}".replace("None", "?").replace(" ", "")


class Body(Frozen, ABC):
    """How one element of a result comes about, told to a builder."""

    @abstractmethod
    def element(
        self, b: Any, index: tuple[Any, ...], inputs: Sequence[Any], out: Spec, attrs: Attrs
    ) -> Any:
        """Give the value at `index`. ``inputs[k][i, j]`` loads; ``inputs[k].spec`` is its Spec."""


class Leaf(Body):
    """No computation: a placeholder, a constant, or the read of a variable."""

    def element(
        self, b: Any, index: tuple[Any, ...], inputs: Sequence[Any], out: Spec, attrs: Attrs
    ) -> Any:
        """Refuse: a leaf is given its value from outside."""
        raise GraphError("a leaf has no body", got=str(out))


class Elementwise(Body):
    """``scalar(b, x, y, …, **attrs)`` of the elements at the same, broadcast, place."""

    scalar: Callable[..., Any]

    def element(
        self, b: Any, index: tuple[Any, ...], inputs: Sequence[Any], out: Spec, attrs: Attrs
    ) -> Any:
        """Load the operands, stretching extents of 1, and apply ``scalar``."""
        return self.scalar(b, *[x[stretched(index, x.spec.shape)] for x in inputs], **attrs)


class Reduce(Body):
    """Fold ``combine`` over the reduced axes, from ``identity``, and ``finish``.

    ``identity(b, dtype)``, ``lift(b, x, k)`` of the k-th element, ``combine(b, a, c)`` and
    ``finish(b, a)``; what is folded may be a tuple. The attributes are ``axes`` and ``keepdims``.
    """

    identity: Callable[..., Any]
    combine: Callable[..., Any]
    lift: Callable[..., Any] = lambda b, x, k: x
    finish: Callable[..., Any] = lambda b, a: a

    def element(
        self, b: Any, index: tuple[Any, ...], inputs: Sequence[Any], out: Spec, attrs: Attrs
    ) -> Any:
        """Fold over the reduced axes in row-major order."""
        (x,) = inputs
        axes, keepdims = attrs["axes"], attrs["keepdims"]
        outer = iter(index)
        rank = len(x.spec.shape)
        place: list[Any] = [next(outer) if keepdims or i not in axes else 0 for i in range(rank)]

        def along(depth: int, k: Any, a: Any) -> Any:
            if depth == len(axes):
                return self.combine(b, a, self.lift(b, x[tuple(place)], k))
            extent = x.spec.shape[axes[depth]]

            def step(i: Any, a: Any) -> Any:
                place[axes[depth]] = i
                return along(depth + 1, k * extent + i, a)

            return b.fold(extent, a, step)

        return self.finish(b, along(0, 0, self.identity(b, x.spec.dtype)))


class Move(Body):
    """Elements change place: ``source(b, index, shapes, out_shape, **attrs)``.

    `source` gives the index in the first input, and a condition under which it is inside (``None``
    when it always is); outside, the element is zero. `shapes` are the inputs' shapes.
    """

    source: Callable[..., tuple[tuple[Any, ...], Any]]

    def element(
        self, b: Any, index: tuple[Any, ...], inputs: Sequence[Any], out: Spec, attrs: Attrs
    ) -> Any:
        """Load from where the element comes; a guarded load never leaves the input."""
        shapes = [x.spec.shape for x in inputs]
        place, inside = self.source(b, index, shapes, out.shape, **attrs)
        if inside is None:
            return inputs[0][place]
        return b.guarded(inside, lambda: inputs[0][place], b.constant(0, out.dtype))


class Gather(Body):
    """Any expression of the inputs' elements: ``compute(b, index, *inputs, **attrs)``."""

    compute: Callable[..., Any]

    def element(
        self, b: Any, index: tuple[Any, ...], inputs: Sequence[Any], out: Spec, attrs: Attrs
    ) -> Any:
        """Compute the element."""
        return self.compute(b, index, *inputs, **attrs)


class Contract(Gather):
    """A sum of products. A fast kernel may be registered under the operation's name."""


class Random(Gather):
    """Bits that depend on a key, a counter and the element's number alone."""


class Scatter(Body):
    """Every element of the last input is added to one place of a result that starts at zero.

    ``target(b, index, *inputs, **attrs)`` gives the place for the element at `index`. Stated as an
    element of the result it would take a search, so engines write a loop over the last input.
    """

    target: Callable[..., tuple[Any, ...]]

    def element(
        self, b: Any, index: tuple[Any, ...], inputs: Sequence[Any], out: Spec, attrs: Attrs
    ) -> Any:
        """Sum, over the last input, the elements whose target is `index`."""
        source = inputs[-1]
        shape = source.spec.shape

        def step(k: Any, total: Any) -> Any:
            place = unravelled(k, shape)
            target = self.target(b, place, *inputs, **attrs)
            hit = b.constant(True, "bool")
            for have, want in zip(target, index, strict=True):
                hit = hit & (have == want)
            return total + b.where(hit, source[place], b.constant(0, out.dtype))

        return b.fold(int(np.prod(shape, dtype=np.int64)), b.constant(0, out.dtype), step)


class Op(Frozen):
    """One operation, declared once.

    Parameters
    ----------
    name : unique, and the same as the public function's
    rule : ``rule(*specs, **attrs) -> Spec``; reads no unknown extent
    array : ``array(xp, *arrays, **attrs)``: the meaning, over ``numpy`` or ``jax.numpy``
    body : from which native code is made
    formula : LaTeX, with ``{0}``, ``{1}``, … for the operands
    vjp : for each input, ``vjp(g, out, *inputs, **attrs)`` gives its gradient from the result's,
        or ``None`` where none flows; a callable gives the rule for input k of a variadic operation
    """

    name: str
    rule: Callable[..., Spec]
    array: Callable[..., Any]
    body: Body
    formula: str
    vjp: tuple[Vjp | None, ...] | Callable[[int], Vjp | None] = ()

    def gradient_rule(self, k: int) -> Vjp | None:
        """Give the rule for the gradient with respect to input `k`."""
        if callable(self.vjp):
            return self.vjp(k)
        return self.vjp[k] if k < len(self.vjp) else None

    __eq__ = object.__eq__  # the table holds each once
    __hash__ = object.__hash__

    def __repr__(self) -> str:
        return f"<op {self.name}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return _named, (self.name,)


@final
class Signature:
    """All of a node but its values: an operation, with its attributes, on inputs of certain specs.

    What follows from that alone is worked out once, and shared by all nodes that have it.

    Attributes
    ----------
    spec : of the result
    array : the meaning over NumPy, of the inputs' arrays
    routes : the inputs to which a gradient flows
    """

    __slots__ = ("array", "attrs", "op", "routes", "spec")

    def __init__(self, op: Op, attrs: Attrs, spec: Spec, inputs: int = 0) -> None:
        self.op, self.attrs, self.spec = op, attrs, spec
        self.array = partial(op.array, np, **attrs)
        self.routes: tuple[int, ...] = ()
        if inputs and spec.dtype.kind == "f":
            self.routes = tuple(k for k in range(inputs) if op.gradient_rule(k) is not None)


@lru_cache(maxsize=4096)
def signature(op: Op, attrs: tuple[Any, ...], *specs: Spec) -> Signature:
    """Find the signature of a node; after the pairs in `attrs` may stand what tells them apart."""
    named: dict[str, Any] = dict([pair for pair in attrs if isinstance(pair, tuple)])
    return Signature(op, named, op.rule(*specs, **named), len(specs))


OPS: dict[str, Op] = {}


def _named(name: str) -> Op:
    return OPS[name]


def register(op: Op) -> Op:
    """Enter `op` in the table; a name is taken once."""
    if op.name in OPS:
        raise GraphError(f"the operation {op.name!r} is declared twice", mend="choose another name")
    OPS[op.name] = op
    return op


def stretched(index: tuple[Any, ...], shape: Shape) -> tuple[Any, ...]:
    """Find the place in an operand of `shape` that is broadcast to `index`."""
    inner = index[len(index) - len(shape) :]
    return tuple(0 if extent == 1 else i for i, extent in zip(inner, shape, strict=True))


def unravelled(position: Any, shape: Sequence[int]) -> tuple[Any, ...]:
    """Split a row-major position into an index."""
    index: list[Any] = []
    for extent in reversed(shape[1:]):
        index.append(position % extent)
        position = position // extent
    return (position, *reversed(index)) if shape else ()


def ravelled(index: Sequence[Any], shape: Sequence[Any]) -> Any:
    """Join an index into a row-major position."""
    position: Any = 0
    for i, extent in zip(index, shape, strict=True):
        position = position * extent + i
    return position


def elementwise_rule(name: str, dtype: Any = None) -> Callable[..., Spec]:
    """Make the rule of an elementwise operation: shapes broadcast, the dtype is kept or `dtype`."""

    def rule(*specs: Spec, **attrs: Any) -> Spec:
        result = np.dtype(dtype) if dtype is not None else specs[-1].dtype
        return Spec(broadcast([spec.shape for spec in specs], name), result)

    return rule
