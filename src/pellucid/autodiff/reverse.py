"""Gradients, graph to graph: the gradient of a graph is a graph of the same operations."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any, Literal

import numpy as np

from pellucid.errors import ArgumentTypeError, GradientError, ShapeError
from pellucid.graph.op import Spec
from pellucid.graph.replay import Replay, Tensors, structure
from pellucid.graph.tensor import (
    METHODS,
    Operand,
    Tensor,
    TensorLike,
    Whole,
    as_tensor,
    constant,
    provenance,
)
from pellucid.graph.variable import READ, Variable
from pellucid.graph.walk import given_to, topological
from pellucid.ops.elementwise import identity
from pellucid.ops.view import COUNT, broadcast_like

__all__ = ["backward", "grad"]

Leaves = Sequence[Tensor | Variable]
STRUCTURES, LONGEST = 64, 4096  # how many graphs are remembered, and of how many nodes at most


def grad(
    y: Tensor,
    xs: Operand | Sequence[Operand],
    gradient: TensorLike | None = None,
    *,
    unused: Literal["error", "zero"] = "error",
) -> Tensor | list[Tensor]:
    """Give the gradient of `y` with respect to each of `xs`, as new tensors.

    They are ordinary tensors: they have values if `y` has one, they can be compiled, drawn, and
    differentiated again. With respect to a variable, the gradients of all its reads are added.

    Parameters
    ----------
    y : what is differentiated; a scalar, unless `gradient` is given
    xs : one tensor or variable, or several
    gradient : the gradient of the quantity of interest with respect to `y`, of y's shape
    unused : for an x that `y` does not depend on, raise an error or give zeros

    Raises
    ------
    GradientError : when `y` is not floating or not a scalar, or does not depend on an x

    Examples
    --------
    >>> import pellucid as pel
    >>> x = pel.tensor(3.0)
    >>> dy = pel.grad(x**3, x)
    >>> dy, pel.grad(dy, x)
    (Tensor(27.0, float32), Tensor(18.0, float32))
    """
    wanted: list[Any] = [xs] if isinstance(xs, Operand) else list(xs)
    for strange in (given for given in [y, *wanted] if not isinstance(given, Operand)):
        raise ArgumentTypeError(
            "grad: gradients are of tensors, by tensors or variables", got=repr(strange),
            mend="make a tensor of it before it is used: x = pel.tensor(x)",
        )  # fmt: skip
    y = as_tensor(y)
    gradients = _gradients(topological([y]), wanted, _seed(y, gradient))
    found = [_one(y, x, gradients, unused) for x in wanted]
    return found[0] if isinstance(xs, Operand) else found


def _seed(y: Tensor, gradient: TensorLike | None) -> Tensor:
    if y.dtype.kind != "f":
        raise GradientError(
            "the gradient of a tensor that is not floating", got=f"{y.label}, {y.dtype}",
            mend="start from floating numbers: x.astype('float32')",
        )  # fmt: skip
    if gradient is None:
        if y.shape != ():
            raise GradientError(
                "the gradient of something that is not a scalar", got=f"shape {y.shape}",
                mend="reduce it, y.sum() or y.mean(), or give gradient=",
            )  # fmt: skip
        return constant(np.ones((), y.dtype))
    seed = as_tensor(gradient).astype(y.dtype)
    if seed.shape != y.shape:
        raise ShapeError(
            "gradient= has another shape than y", got=f"{seed.shape}", wanted=f"{y.shape}",
            mend="give one number for each element of y",
        )  # fmt: skip
    return seed


def _gradients(
    order: Sequence[Tensor], wanted: Iterable[Operand], seed: Tensor
) -> dict[int, Tensor]:
    """Walk a graph backwards from its last node; give the gradient of each by its id.

    Of variables and nodes there are those that are wanted, and those on the way to them.
    """
    y, ids = order[-1], {id(x) for x in wanted}
    leads: set[int] = set()
    for node in order:
        wanted_here = id(node) in ids or (node.op is READ and id(node.attrs["variable"]) in ids)
        through = any(
            id(x) in leads and node.op.gradient_rule(k) is not None
            for k, x in enumerate(node.inputs)
        )
        if node.dtype.kind == "f" and (wanted_here or through):
            leads.add(id(node))
    gradients: dict[int, Tensor] = {id(y): seed} if id(y) in leads else {}
    for node in reversed(order):
        g = gradients.get(id(node))
        if g is None:
            continue
        if node.op is READ:
            _accumulate(gradients, id(node.attrs["variable"]), g)
            continue
        with provenance(path=node.origin.path, forward=node):
            for k, x in enumerate(node.inputs):
                rule = node.op.gradient_rule(k)
                if rule is not None and id(x) in leads:
                    _accumulate(gradients, id(x), rule(g, node, *node.inputs, **node.attrs))
    return gradients


def _accumulate(gradients: dict[int, Tensor], key: int, g: Tensor) -> None:
    have = gradients.get(key)
    gradients[key] = g if have is None else have + g


def _one(y: Tensor, x: Operand, gradients: dict[int, Tensor], unused: str) -> Tensor:
    found = gradients.get(id(x))
    if found is not None:
        return found
    label = x.label if isinstance(x, (Tensor, Variable)) else "x"
    if x.dtype.kind != "f":
        raise GradientError(
            f"the gradient with respect to {label}, which is not floating", got=f"dtype {x.dtype}",
            mend="make it floating before it is used",
        )  # fmt: skip
    if unused == "error":
        raise GradientError(
            f"{y.label} does not depend on {label} through differentiable operations",
            mend='use it in the computation, or write unused="zero" for zeros',
        )
    return broadcast_like(as_tensor(0, x.dtype), as_tensor(x))


def backward(y: Tensor, gradient: TensorLike | None = None, *, create_graph: bool = False) -> None:
    """Add the gradient of `y` to ``.grad`` of every leaf it depends on; see ``Tensor.backward``."""
    if y.value is None:
        raise GradientError(
            "backward needs values, and this depends on a placeholder", got=y.label,
            mend="write pel.grad(y, xs), which works on symbols",
        )  # fmt: skip
    if not y.requires_grad:
        raise GradientError(
            "nothing here requires a gradient", got=y.label,
            mend="make a leaf with requires_grad=True, or use a Variable",
        )  # fmt: skip
    order = topological([y], neighbours=given_to)
    leaves, seed = _leaves(order), _seed(y, gradient)
    found = _built(order, leaves, seed) if create_graph else _replayed(order, leaves, seed)
    updates = {v: new for node in order if node.updates for v, new in node.updates.items()}
    for k, g in found.items():
        leaf, before = leaves[k], leaves[k].grad
        total = g if before is None else before + g
        leaf.grad = identity(total) if create_graph else constant(total.numpy())
        leaf.grad.updates = updates if before is None else {**before.updates, **updates}


def _leaves(order: Sequence[Tensor]) -> list[Tensor | Variable]:
    """List the leaves that require a gradient."""
    leaves = [node for node in order if node.requires_grad and not node.made_of]
    found = [node.attrs["variable"] if node.op is READ else node for node in leaves]
    return list(dict.fromkeys(found))


def _built(order: Tensors, leaves: Leaves, seed: Tensor) -> dict[int, Tensor]:
    """Give the gradient of each leaf by its place, but of those that lend their shape alone."""
    gradients = _gradients([*dict.fromkeys(_opened(order))], leaves, seed)
    return {k: gradients[id(leaf)] for k, leaf in enumerate(leaves) if id(leaf) in gradients}


def _opened(order: Tensors) -> list[Tensor]:
    """Put the nodes inside composites in their places; one that is used elsewhere is there too."""
    inside = ([*m.recipe(n)[0], n] if type(m := n.made_of) is Whole else [n] for n in order)
    return list(chain.from_iterable(inside))


@lru_cache(maxsize=STRUCTURES)
def _seen(structure: Hashable, seed: Spec, plain: bool) -> list[tuple[Replay, list[int]]]:
    """What is known of graphs of one structure: nothing when it is seen for the first time."""
    return []


def _replayed(order: Tensors, leaves: Leaves, seed: Tensor) -> dict[int, Tensor]:
    """Give the same values, without a graph of gradients if one of that structure was built."""
    seed = constant(seed.numpy())  # no part of the graph, whatever was given
    if len(order) > LONGEST:
        return _built(order, leaves, seed)
    plain = seed.shape == () and seed.item() == 1
    known = _seen(structure(order), seed.spec, plain)
    if not known:
        found, order = _built(order, leaves, seed), _opened(order)
        same = [node for node in order if node.op is COUNT] + [seed] * plain
        known.append((Replay([*order, seed], list(found.values()), same), list(found)))
        return found
    replay, reached = known[0]
    values = (m.values if type(m := n.made_of) is Whole else [n.value] for n in order)
    arrays = replay([*chain.from_iterable(values), seed.value])
    return {k: constant(array) for k, array in zip(reached, arrays, strict=True)}


METHODS["backward"] = backward
