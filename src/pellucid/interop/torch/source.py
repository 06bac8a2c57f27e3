"""A network as source code of PyTorch: a list of modules where it is one, else a class."""

from __future__ import annotations

from collections import Counter
from typing import Any, NamedTuple

import numpy as np

from pellucid.graph import Tensor, Variable, topological
from pellucid.graph.tensor import CONSTANT, PLACEHOLDER
from pellucid.graph.variable import READ
from pellucid.interop.naming import identifier
from pellucid.interop.torch.layers import Part, parts_of, variables_of
from pellucid.interop.torch.operations import written
from pellucid.interop.tracing import check_network, forward_graph
from pellucid.layers import Module, Observation, observed
from pellucid.models import Network

__all__ = ["Translation", "translated"]


RESERVED = {  # what a module of PyTorch, or the code, uses itself
    "F", "T_destination", "apply", "bfloat16", "buffers", "children", "cpu", "cuda", "double",
    "dump_patches", "eval", "extra_repr", "float", "forward", "half", "ipu", "modules", "mtia",
    "nn", "parameters", "self", "share_memory", "state_dict", "to", "to_empty", "torch", "train",
    "training", "type", "xpu",
}  # fmt: skip


class Translation(NamedTuple):
    """A network in PyTorch.

    Attributes
    ----------
    lines : the source code, which ends with the module under the name that was asked for
    weights : the variable that belongs to each name of its ``state_dict``
    counters : the names of what PyTorch counts beside, and we do not
    """

    lines: list[str]
    weights: dict[str, Variable]
    counters: tuple[str, ...]


def translated(network: Network, name: str) -> Translation:
    """Write a network as PyTorch."""
    return _Writer(check_network(network)).written(name)


class _Writer:
    """The translation while it is being made."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.calls: dict[int, Observation] = {}
        self.parts: dict[Module, list[Part]] = {}
        seen: list[Observation] = []
        with observed(seen.append):
            self.graph = forward_graph(network)
        for call in seen:
            parts = self.parts.get(call.module) or parts_of(call.module)
            if parts is not None and len(call.outputs) == 1:
                self.parts[call.module] = parts
                self.calls.setdefault(id(call.outputs[0]), call)
        self.order = topological(self.graph.outputs.values(), neighbours=self._sources)
        used = [one.module for node in self.order if (one := self.calls.get(id(node)))]
        self.modules = list(dict.fromkeys(used))
        self.weights: dict[str, Variable] = {}
        self.counters: list[str] = []
        self.names: dict[Any, str] = {}  # of variables
        self.given: dict[int, str] = {}  # in the class, by what bears them
        self.arrays: list[str] = []  # of numbers that are no weights

    def _sources(self, node: Tensor) -> tuple[Tensor, ...]:
        call = self.calls.get(id(node))
        return node.inputs if call is None else call.inputs

    def written(self, name: str) -> Translation:
        """Write it in the form that it has."""
        chain = self._chain()
        lines = self._class(name) if chain is None else self._sequential(name, chain)
        return Translation(lines, self.weights, tuple(self.counters))

    def _chain(self) -> list[Module] | None:
        """List the layers, if each takes the result of the one before, and nothing else happens."""
        steps = [node for node in self.order if node.op is not PLACEHOLDER]
        calls = [self.calls.get(id(node)) for node in steps]
        if None in calls or len(self.graph.inputs) > 1 or len(self.graph.outputs) > 1:
            return None
        before = [self.graph.inputs[0], *steps[:-1]]
        layers = [call.module for call in calls if call is not None]
        straight = all(
            one is not None and len(one.inputs) == 1 and one.inputs[0] is x
            for one, x in zip(calls, before, strict=True)
        )
        return layers if straight and layers and len({*layers}) == len(layers) else None

    def _sequential(self, name: str, chain: list[Module]) -> list[str]:
        lines, place = [f"{name} = nn.Sequential("], 0
        for layer in chain:
            for part in self.parts[layer]:
                lines.append(f"    {part.text},")
                self._keep(part, f"{place}.")
                place += 1
        return [*lines, ")"]

    def _keep(self, part: Part, prefix: str) -> None:
        """Note under which names the weights of a module stand."""
        if part.owner is None:
            return
        for name, variable in variables_of(part.owner):
            self.weights[f"{prefix}{name}"] = variable
            self.names.setdefault(variable, f"self.{prefix}{name}")
            if name == "running_mean":
                self.counters.append(f"{prefix}num_batches_tracked")

    # --- a class ---

    def _class(self, name: str) -> list[str]:
        title = "".join(word.capitalize() for word in name.split("_")) or "Network"
        title = title if title != name else f"{title}Module"
        made = [line for layer in self.modules for line in self._made(layer)]
        steps = self._steps()
        given = ", ".join(["self", *(self._free(x.name, x) for x in self.graph.inputs)])
        parameters = [f"self.{own} = {text}" for own, text in self._loose()]
        parameters += self.arrays
        return [
            f"class {title}(nn.Module):", "    def __init__(self):",
            *(f"        {line}" for line in ["super().__init__()", *made, *parameters]), "",
            f"    def forward({given}):", *(f"        {line}" for line in steps), "", "",
            f"{name} = {title}()",
        ]  # fmt: skip

    def _free(self, wanted: str, owner: Any) -> str:
        """Give a name to one owner alone."""
        if id(owner) not in self.given:
            stem, k = identifier(wanted), 1
            stem = f"layer{stem}" if stem.startswith("__") else stem  # which Python would mangle
            name = stem
            while name in RESERVED or name in self.given.values():
                k += 1
                name = f"{stem}_{k}"
            self.given[id(owner)] = name
        return self.given[id(owner)]

    def _made(self, layer: Module) -> list[str]:
        own, parts = self._free(_attribute(layer.path), layer), self.parts[layer]
        if len(parts) == 1:
            self._keep(parts[0], f"{own}.")
            return [f"self.{own} = {parts[0].text}"]
        for k, part in enumerate(parts):
            self._keep(part, f"{own}.{k}.")
            if part.owner is not None:
                for name, variable in variables_of(part.owner):
                    self.names[variable] = f"self.{own}[{k}].{name}"
        return [f"self.{own} = nn.Sequential({', '.join(part.text for part in parts)})"]

    def _loose(self) -> list[tuple[str, str]]:
        """Make parameters of the variables that belong to no module of PyTorch."""
        found, kept = [], {id(variable) for variable in self.weights.values()}
        for variable, name in self.names.items():
            if id(variable) not in kept:
                own = name.removeprefix("self.")
                kind = "Parameter" if variable.dtype.kind == "f" else "Buffer"
                shape = list(variable.shape)
                found.append(
                    (own, f"nn.{kind}(torch.zeros({shape}, dtype=torch.{variable.dtype}))")
                )
                self.weights[own] = variable
        return found

    def _steps(self) -> list[str]:
        """Write the lines of ``forward``."""
        uses = Counter(id(x) for node in self.order for x in self._sources(node))
        uses.update(id(y) for y in self.graph.outputs.values())
        last = {id(y) for y in self.graph.outputs.values()}
        texts: dict[int, str] = {}
        lines: list[str] = []
        for node in self.order:
            text = self._expression(node, [texts[id(x)] for x in self._sources(node)])
            layered = id(node) in self.calls and id(node) not in last
            simple = node.op in (PLACEHOLDER, READ) or node.op.name == "identity"
            if layered or (uses[id(node)] > 1 and not simple):
                name = self._free(f"h{len(lines) + 1}", node)
                lines.append(f"{name} = {text}")
                text = name
            texts[id(node)] = text
        ends = [texts[id(y)] for y in self.graph.outputs.values()]
        if len(ends) == 1:
            return [*lines, f"return {ends[0]}"]
        pairs = zip(self.graph.outputs, ends, strict=True)
        return [*lines, f"return {{{', '.join(f'{name!r}: {end}' for name, end in pairs)}}}"]

    def _array(self, node: Tensor) -> str:
        """Keep an array with the module, but not among its weights."""
        assert node.value is not None
        name = self._free(_attribute(node.name or f"constant_{len(self.arrays)}"), node)
        kind = "" if node.dtype == np.float32 else f", dtype=torch.{node.dtype}"
        text = f"torch.tensor({_numbers(node.value)}{kind})"
        self.arrays.append(f'self.register_buffer("{name}", {text}, persistent=False)')
        return f"self.{name}"

    def _expression(self, node: Tensor, operands: list[str]) -> str:
        if node.op is PLACEHOLDER:
            return self._free(node.name, node)
        call = self.calls.get(id(node))
        if call is not None:
            own = self._free(_attribute(call.module.path), call.module)
            return f"self.{own}({', '.join(operands)})"
        if node.op is READ:
            variable = node.attrs["variable"]
            if variable not in self.names:
                self.names[variable] = f"self.{self._free(_attribute(variable.name), variable)}"
            return self.names[variable]
        if node.op is CONSTANT and node.value is not None:
            return self._array(node) if node.value.size > 1 else _number(node.value)
        return written(node, operands)


def _attribute(path: str) -> str:
    """Name an attribute after a layer or a weight."""
    return f"layer_{path}" if path[:1].isdigit() or not path else path


def _number(value: Any) -> str:
    """Write one number, with the shape that it has."""
    number = value.item()
    if isinstance(number, float) and not np.isfinite(number):
        text = f'float("{number}")'
    else:
        text = str(value.reshape(())) if value.dtype == np.float32 else repr(number)
    return text if value.ndim == 0 else f"torch.full({value.shape}, {text})"


def _numbers(value: Any) -> str:
    """Write an array as nested lists."""
    if value.ndim:
        return f"[{', '.join(map(_numbers, value))}]"
    return _number(np.asarray(value))
