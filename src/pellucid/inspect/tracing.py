"""Every quantity of a forward and a backward pass: the network is called once, and asked."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import TYPE_CHECKING, Any, NamedTuple, final

from pellucid.autodiff import grad
from pellucid.graph import Tensor, Variable, constant, variables
from pellucid.graph.tensor import CONSTANT
from pellucid.graph.variable import READ
from pellucid.inspect.costs import cost, cost_gradient
from pellucid.inspect.naming import Named, Naming, symbol
from pellucid.inspect.quantity import Formula, Quantity, Symbol
from pellucid.inspect.record import Trace
from pellucid.inspect.windows import Slide, slide_of
from pellucid.inspect.writing import Untold, Writer, seen_through, sources
from pellucid.layers.module import Module, Observation, observed
from pellucid.losses import Loss
from pellucid.ops import add

if TYPE_CHECKING:
    from pellucid.train import Ready

__all__ = ["trace"]

LONGEST_TITLE = 40


class _Cost(NamedTuple):
    """The loss of one output: what it was computed from, and what they are called."""

    loss: Loss
    prediction: Tensor
    target: Tensor
    symbols: tuple[Symbol, Symbol | None, Symbol]
    weight: float


def trace(network: Module, ready: Ready, *, training: bool = False) -> Trace:
    """Call the network on rows that are ready, and name everything; see ``Network.trace``."""
    seen: list[Observation] = []
    inputs = {name: constant(array) for name, array in ready.inputs.items()}
    with observed(seen.append):
        network(*inputs.values(), training=training)
    found = _Pass(inputs, seen)
    outputs = dict(zip(ready.outputs, seen[-1].outputs, strict=True))
    for head in ready.heads:
        target = constant(ready.targets[head.name])
        found.measure(head.loss, head.weight, outputs[head.name], target, head.prefix.rstrip("_"))
    if ready.heads:
        found.differentiate(network.penalty() if training else None)
    rows = len(next(iter(ready.inputs.values())))
    title = f"Trace of {type(network).__name__} on {rows:,} row" + "s" * (rows != 1)
    title += ", in training" * training
    return Trace(title, tuple(found.quantities), tuple(found.slides))


@final
class _Pass:
    """Collects the quantities of a pass, from the input to the loss and back."""

    def __init__(self, inputs: dict[str, Tensor], seen: Sequence[Observation]) -> None:
        self.quantities: list[Quantity] = []
        self.slides: list[tuple[str, Slide]] = []
        self._naming = Naming()
        self._writer = Writer(self._naming.known)
        self._forward: list[Named] = []
        self._costs: list[_Cost] = []
        self._sum: list[tuple[Tensor, Formula]] = []  # the loss of each output, times its weight
        self._penalised: set[int] = set()
        for name, x in inputs.items():
            self._put(Named(self._naming.put(x, name, ""), x, "", "input"), _said("input"))
        inner = {id(getattr(one.module, "activation", None)) for one in seen}
        for one in (one for one in seen if id(one.module) not in inner):
            for named in self._naming.called(one):
                self._put(named, self._told(named, one))

    def _put(self, named: Named, formula: Formula) -> None:
        self._forward.append(named)
        value = named.node.numpy()
        self.quantities.append(Quantity(named.symbol, formula, value, named.path, named.kind))
        if isinstance(named.node, Tensor) and (slide := slide_of(named.node, self._writer.name)):
            self.slides.append((named.symbol.text, slide))

    def _told(self, named: Named, seen: Observation) -> Formula:
        """Write how a quantity of a layer comes about: by its graph, else by the layer's name."""
        node = named.node
        if isinstance(node, Variable):
            return _said(node.name)
        makers = list(seen.inputs)
        if named.activation not in (None, seen.module):  # inside a layer: of what came before
            makers = [one.node for one in self._forward[-1:] if isinstance(one.node, Tensor)]
        try:
            is_one_step = len(sources(node, self._naming.known)) == 2
            if named.activation is None or is_one_step:
                return self._writer.formula(node)
        except Untold:
            pass
        return self._applied(_title(named.activation or seen.module), makers)

    def _applied(self, name: str, makers: Sequence[Tensor]) -> Formula:
        """Write a function by its name and what it was applied to."""
        symbols = [self._writer.name(x) for x in makers]
        text = ", ".join("…" if one is None else one.text for one in symbols)
        latex = ", ".join(r"\dots" if one is None else one.latex for one in symbols)
        plain = name.replace("_", r"\_")
        return Formula(f"{name}({text})", rf"\operatorname{{{plain}}}\left({latex}\right)")

    # --- the loss ---

    def measure(
        self, loss: Loss, weight: float, prediction: Tensor, target: Tensor, head: str
    ) -> None:
        """Name the target of an output, its probabilities where a link makes them, and its loss."""
        under = f"_{head}" if head else ""
        p = self._writer.name(prediction) or symbol("output")
        q = None
        if loss.link is not None:
            q = self._linked(loss.link(prediction), loss, prediction)
        y = self._naming.put(target, f"Y{under}", "")
        self._put(Named(y, target, "", "target"), _said("target"))
        mean = loss(prediction, target)
        formula = cost(loss, prediction, target, (p, q, y))
        self._costs.append(_Cost(loss, prediction, target, (p, q, y), weight))
        if head:
            own = self._naming.put(mean, f"L{under}", "")
            self._put(Named(own, mean, "", "loss"), formula)
            formula = Formula(*own)
        if weight != 1:
            mean, formula = mean * weight, _weighed(weight, formula)
        self._sum.append((mean, formula))

    def _linked(self, linked: Tensor, loss: Loss, prediction: Tensor) -> Symbol | None:
        """Name the probabilities, unless the network gives them itself."""
        if linked.op.name == "identity":
            return None
        q = self._naming.put(linked, "P")
        by_graph = linked.op.name in ("sigmoid", "exp")
        formula = (
            self._writer.formula(linked) if by_graph else self._applied("softmax", [prediction])
        )
        self._put(Named(q, linked, "", "probability"), formula)
        return q

    def differentiate(self, penalty: Tensor | None) -> None:
        """Add the losses up, and name the gradients of everything before, backwards."""
        terms = list(self._sum)
        if penalty is not None:
            terms.append((penalty, Formula("penalty", r"\mathrm{penalty}")))
            self._penalised = {id(variable) for variable in variables([penalty])}
        total = reduce(add, [term for term, _ in terms])
        texts, latexes = zip(*[formula for _, formula in terms], strict=True)
        loss = Named(self._naming.put(total, "L", ""), total, "", "loss")
        wanted = [
            one
            for one in self._forward
            if one.kind in ("input", "weight", "value") and one.node.dtype.kind == "f"
        ]
        self._put(loss, Formula(" + ".join(texts), " + ".join(latexes)))
        found = zip(wanted, grad(total, [one.node for one in wanted], unused="zero"), strict=True)
        pairs = [(one, gradient) for one, gradient in found if not _is_absent(gradient)]
        users = self._users([one for one, _ in pairs])
        for one, gradient in _backwards(pairs):
            formula = self._gradient_told(one, gradient, users)
            name = one.symbol.gradient
            self._naming.known.setdefault(id(gradient), name)
            self.quantities.append(Quantity(name, formula, gradient.numpy(), one.path, "gradient"))

    def _users(self, wanted: Sequence[Named]) -> dict[int, list[Symbol]]:
        """List, for each quantity, the others that are made from it directly."""
        users: dict[int, list[Symbol]] = {}
        for one in wanted:
            if isinstance(one.node, Variable):
                continue
            for x in sources(one.node, self._naming.known):
                key = id(x.attrs["variable"]) if x.op is READ else id(x)
                if x is not one.node and key in self._naming.known:
                    users.setdefault(key, []).append(one.symbol)
        return users

    def _gradient_told(
        self, one: Named, gradient: Tensor, users: dict[int, list[Symbol]]
    ) -> Formula:
        """Write a gradient: of an output by its loss, else by the graph, else by the chain rule."""
        same = self._naming.known.get(id(gradient))
        if same is not None:
            return Formula(*same)
        by = users.get(id(one.node), [])
        told = [
            _weighed(own.weight, cost_gradient(own.loss, own.prediction, own.target, own.symbols))
            for own in self._costs
            if own.prediction is one.node
        ]
        try:
            if not told:
                return self._writer.formula(gradient)
        except Untold:
            pass
        if id(one.node) in self._penalised:
            told.append(_partial(Formula("penalty", r"\mathrm{penalty}"), one.symbol))
        return _chain(one.symbol, by, told)


def _weighed(weight: float, formula: Formula) -> Formula:
    if weight == 1:
        return formula
    return Formula(f"{weight:g} × {formula.text}", rf"{weight:g} \cdot {formula.latex}")


def _is_absent(gradient: Tensor) -> bool:
    """Whether this is what `grad` gives for a tensor that the loss does not depend on."""
    number = seen_through(gradient)
    return number.op is CONSTANT and number.shape == () and number.item() == 0


def _backwards(pairs: Sequence[tuple[Named, Tensor]]) -> list[tuple[Named, Tensor]]:
    """Order gradients as they are worked out: of a layer's values, then of its weights."""
    layers: list[list[tuple[Named, Tensor]]] = []
    for pair in pairs:
        is_first = pair[0].kind == "weight" and (not layers or layers[-1][-1][0].kind != "weight")
        if not layers or is_first or pair[0].kind == "input":
            layers.append([])
        layers[-1].append(pair)
    ordered = []
    for layer in reversed(layers):
        ordered += [pair for pair in reversed(layer) if pair[0].kind != "weight"]
        ordered += [pair for pair in layer if pair[0].kind == "weight"]
    return ordered


def _chain(of: Symbol, by: Sequence[Symbol], told: Sequence[Formula]) -> Formula:
    """Write the chain rule: the sum, over what is made from it, of the gradients that come back."""
    parts = [(one.gradient, _partial(one, of)) for one in by]
    terms = [
        Formula(f"{back.text} · {part.text}", f"{back.latex} {part.latex}") for back, part in parts
    ]
    return Formula(*[" + ".join(forms) for forms in zip(*terms, *told, strict=True)])


def _partial(of: Formula | Symbol, by: Symbol) -> Formula:
    return Formula(
        f"∂{of.text}/∂{by.text}", rf"\frac{{\partial {of.latex}}}{{\partial {by.latex}}}"
    )


def _said(words: str) -> Formula:
    """What is given has no formula, only a word for the table."""
    return Formula(words, "")


def _title(function: Any) -> str:
    """Write a layer as it was made, if that is short, and a function by its name."""
    if isinstance(function, Module):
        text = repr(function).removesuffix("()")
        return text if len(text) <= LONGEST_TITLE else type(function).__name__
    return getattr(function, "__name__", type(function).__name__)
