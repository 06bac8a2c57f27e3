"""Names as they stand on a blackboard: Z1 = X · W1ᵀ + b1, A1 = tanh(Z1), Z2 = …"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple, final

from pellucid.graph import Tensor, Variable, topological
from pellucid.graph.op import Move
from pellucid.graph.variable import READ
from pellucid.inspect.quantity import Kind, Symbol
from pellucid.layers.module import Module, Observation

__all__ = ["Named", "Naming", "symbol"]

WORDS = {"pool": "pool", "norm": "norm", "dropout": "drop", "flatten": "flat"}  # by family
WEIGHTS = {"": {"weight": "W", "bias": "b"}, "norm": {"weight": "gamma", "bias": "beta"},
           "activation": {"weight": "slope"}}  # fmt: skip
GREEK = {"gamma", "beta"}


class Named(NamedTuple):
    """A tensor or variable of a pass that has a name.

    Attributes
    ----------
    activation : the function that made it of what was named before, if it is one
    """

    symbol: Symbol
    node: Tensor | Variable
    path: str
    kind: Kind
    activation: Any = None


def symbol(stem: str, number: str = "") -> Symbol:
    """Make a name: a letter, a Greek letter or a word, with a number."""
    if stem in GREEK:
        latex = f"\\{stem}"
    elif len(stem) == 1:
        latex = stem
    else:
        latex = rf"\mathrm{{{stem.replace('_', chr(92) + '_')}}}"
    return Symbol(f"{stem}{number}", f"{latex}_{{{number}}}" if number else latex)


@final
class Naming:
    """Gives names to what the calls of a pass have made.

    A layer with a weight has a number; what follows until the next one bears the same: Z1, A1,
    pool1. Where a name is met twice, a letter tells the second: A1b.
    """

    def __init__(self) -> None:
        self.known: dict[int, Symbol] = {}
        self._taken: set[str] = set()
        self._number = 0

    def put(self, node: Tensor | Variable, wish: str, number: str | None = None) -> Symbol:
        """Name a tensor or a variable."""
        here = str(self._number) if number is None else number
        letters = iter("bcdefghijklmnopqrstuvwxyz")
        found = symbol(wish, here)
        while found.text in self._taken:
            found = symbol(wish, here + next(letters, "_"))
        self._taken.add(found.text)
        self.known[id(node)] = found
        return found

    def called(self, seen: Observation) -> Iterator[Named]:
        """Name the weights of a layer and what it has made, unless they have names."""
        module, family = seen.module, _family(seen.module)
        own = _weights(module)
        if own and family not in ("norm", "activation"):
            self._number += 1
        inside = getattr(module, "activation", None)  # which may be a layer with weights itself
        owners = [(family, own), ("activation", _weights(inside))]
        for title, variable in ((title, one) for title, several in owners for one in several):
            if id(variable) not in self.known and _is_read(variable, seen):
                kind: Kind = "weight" if variable.is_parameter else "statistic"
                stem = variable.name.rpartition(".")[2]
                stem = WEIGHTS.get(title, WEIGHTS[""]).get(stem, stem)
                yield Named(self.put(variable, stem), variable, variable.name, kind)
        for output in seen.outputs:
            if id(output) in self.known:
                continue
            inner = _before_activation(seen, output)
            if inner is not None:
                yield Named(self.put(inner, "Z"), inner, module.path, "value")
            made = module if family == "activation" else None
            made = made if inner is None else module.activation
            if made is not None:
                found = self.put(output, "A")
            elif not module.path:  # what the network itself makes of what its layers give
                found = self.put(output, "output", "")
            else:
                found = self.put(output, _letter(module, family, bool(own)))
            yield Named(found, output, module.path, "value", made)


def _weights(module: Any) -> list[Variable]:
    """List the variables of a layer that are numbers, not the state of a random stream."""
    own = vars(module).values() if isinstance(module, Module) else ()
    return [one for one in own if isinstance(one, Variable) and one.dtype.kind == "f"]


def _family(module: Module) -> str:
    """Give the file of a layer of pellucid's; others are families of their own."""
    room, _, file = type(module).__module__.rpartition(".")
    return file if room == "pellucid.layers" else ""


def _letter(module: Module, family: str, has_weights: bool) -> str:
    if family == "embedding":
        return "E"
    if has_weights and family != "norm":
        return "Z"
    return WORDS.get(family, type(module).__name__.lower())


def _inside(seen: Observation, output: Tensor) -> list[Tensor]:
    given = {id(x) for x in seen.inputs}
    return topological([output], into=lambda node: id(node) not in given)


def _is_read(variable: Variable, seen: Observation) -> bool:
    return any(
        node.op is READ and node.attrs["variable"] is variable
        for output in seen.outputs
        for node in _inside(seen, output)
    )


def _before_activation(seen: Observation, output: Tensor) -> Tensor | None:
    """Find what an activation inside a layer was applied to.

    It is the first node through which everything goes that comes from the inputs and the weights,
    and then what only moves its numbers.
    """
    if not callable(getattr(seen.module, "activation", None)):
        return None
    order = _inside(seen, output)
    weights = {id(v) for v in vars(seen.module).values() if isinstance(v, Variable)}
    given = {id(x) for x in seen.inputs}
    starts = [
        id(node) in given or (node.op is READ and id(node.attrs["variable"]) in weights)
        for node in order
    ]
    consumers = {id(node): 0 for node in order}
    for node in order:
        for x in node.inputs if id(node) not in given else ():
            consumers[id(x)] += 1
    last_start = max(k for k, is_start in enumerate(starts) if is_start)
    waiting: dict[int, int] = {}  # nodes that depend on a start, with the consumers still to come
    found: Tensor | None = None
    for k, node in enumerate(order):
        inner = () if id(node) in given else node.inputs
        depends = starts[k] or any(id(x) in waiting for x in inner)
        for x in inner:
            if id(x) in waiting:
                waiting[id(x)] -= 1
        if not depends:
            continue
        is_cut = k > last_start and not any(waiting.values())
        if found is not None and not (is_cut and isinstance(node.op.body, Move)):
            return found
        if is_cut:
            found = node
        waiting[id(node)] = consumers[id(node)]
    return None
