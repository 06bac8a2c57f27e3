"""Composites that are remembered: what a formula computed once is computed again from a list.

A composite is a formula in tensors that looks at no value. What nodes it makes is then decided by
the specs of its operands; in an eager loop they are the same in each step. So they are kept as a
list of signatures, and later calls compute the same values from it, without all that stands between
a formula and its nodes: operators, promotion, checked axes. The nodes themselves are made when
somebody looks inside.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Hashable, Sequence
from operator import itemgetter
from typing import Any, TypeVar, final

import numpy as np

from pellucid.arguments import Frozen
from pellucid.errors import GraphError
from pellucid.graph.op import Signature
from pellucid.graph.tensor import CONSTANT, Tensor, Whole
from pellucid.graph.walk import topological
from pellucid.ops.view import COUNT

__all__ = ["composite"]

PLANS = 1024  # how many are remembered, of all composites together
PLAIN = (int, float, bool, str, type(None))

_F = TypeVar("_F", bound=Callable[..., Tensor])


@final
class _Plan:
    """How the nodes between some inputs and a result are made.

    A step holds what computes a value, where its operands stand (one place, or what picks several),
    and the value itself if it is a number that is the same each time; for the node there are the
    signature, the places, and whether a gradient is required.
    """

    def __init__(self, inputs: Sequence[Tensor], result: Tensor) -> None:
        place = {id(node): k for k, node in enumerate(inputs)}
        fixed: set[int] = set()
        self._steps: list[tuple[Callable[..., Any], Any, Any]] = []
        self._nodes: list[tuple[Signature, list[int], bool]] = []
        for node in topological([result], into=lambda node: id(node) not in place):
            if id(node) in place:
                continue
            places = [place[id(x)] for x in node.inputs]
            place[id(node)] = where = len(place)
            if not places and (node.op is not CONSTANT or node.requires_grad):
                raise GraphError(
                    "a composite depends on more than its operands", got=node.label,
                    mend="give it as an operand",
                )  # fmt: skip
            known = node.op is COUNT or fixed.issuperset(places)
            fixed |= {where} if known else set()
            picked = places[0] if len(places) == 1 else itemgetter(*places) if places else None
            kept = known and (not places or node.spec.shape == ())
            self._steps.append((node.signature.array, picked, node.value if kept else None))
            self._nodes.append((node.signature, places, node.requires_grad))
        self._result = place[id(result)]

    def __call__(self, inputs: Sequence[Tensor]) -> Tensor:
        """Compute the values; give the result."""
        count = len(inputs)
        if self._result < count:
            return inputs[self._result]
        values: list[Any] = [node.value for node in inputs]
        with np.errstate(all="ignore"):
            for array, picked, value in self._steps:
                if value is None:
                    given = values[picked] if type(picked) is int else picked(values)
                    value = array(given) if type(picked) is int else array(*given)
                    if type(value) is not np.ndarray:
                        value = np.asarray(value)
                values.append(value)
        value.setflags(write=False)
        signature, _, requires_grad = self._nodes[-1]
        return Tensor(
            signature, Whole(self.inside, (*inputs,), values[count:], []), value, requires_grad
        )

    def inside(self, result: Tensor) -> tuple[list[Tensor], tuple[Tensor, ...]]:
        """Make the nodes inside, as they would have been made in the place of the result."""
        made_of = result.made_of
        assert type(made_of) is Whole
        if not made_of.opened:
            nodes = [*made_of.operands]
            steps = zip(self._nodes[:-1], made_of.values, strict=False)
            for (signature, places, requires_grad), value in steps:
                value.setflags(write=False)
                node = Tensor(signature, tuple([nodes[k] for k in places]), value, requires_grad)
                node.origin = result.origin
                nodes.append(node)
            inputs = tuple([nodes[k] for k in self._nodes[-1][1]])
            made_of.opened.append((nodes[len(made_of.operands) :], inputs))
        return made_of.opened[0]


@functools.lru_cache(maxsize=PLANS)
def _seen(function: Callable[..., Tensor], *key: Hashable) -> list[tuple[_Plan, Any]]:
    """What is known of a composite on operands of one kind: nothing at the first call."""
    return []


def composite(function: _F) -> _F:
    """Remember which nodes a formula makes of operands of the same kind.

    The formula must follow from the specs of its tensors, from plain settings, and from frozen
    declarations (a loss, as ``self``). It must look at no value, read no variable and draw nothing,
    and numbers in it must stand beside tensors. Values, nodes, labels and errors stay as they are.

    Examples
    --------
    >>> import pellucid as pel
    >>> from pellucid.functional.composite import composite
    >>> @composite
    ... def mixture(x, y, share):
    ...     return share * x + (1 - share) * y
    >>> x, y = pel.tensor([1.0, 2.0]), pel.tensor([5.0, 6.0])
    >>> mixture(x, y, 0.25), mixture(y, x, 0.25)
    (Tensor([4. 5.], float32), Tensor([2. 3.], float32))
    """

    @functools.wraps(function)
    def remembered(*given: Any, **named: Any) -> Tensor:
        inputs: list[Tensor] = []
        key: list[Hashable] = []
        for x in given:
            if type(x) is Tensor and x.value is not None:
                inputs.append(x)
                key += (x.spec, x.requires_grad, x.call is None)
            elif type(x) in PLAIN:
                key.append(repr(x))  # which tells 0, 0.0, -0.0 and False apart
            elif isinstance(x, Frozen):
                key.append(id(x))  # it is kept with the plan
            else:
                return function(*given, **named)
        for name, x in named.items():
            if type(x) not in PLAIN:
                return function(*given, **named)
            key += (name, repr(x))
        if len({*map(id, inputs)}) < len(inputs):
            return function(*given, **named)
        known = _seen(function, *key)
        if known:
            return known[0][0](inputs)
        result = function(*given, **named)
        known.append((_Plan(inputs, result), [x for x in given if isinstance(x, Frozen)]))
        return result

    return remembered  # type: ignore[return-value]
