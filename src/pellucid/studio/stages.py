"""The layers of a network as they are drawn: each layer with weights, and what it comes to."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pellucid.engines import choose
from pellucid.graph import Tensor, Variable, placeholder, symbolic
from pellucid.layers.module import Module, Observation, observed
from pellucid.models import Network
from pellucid.studio.setting import LIMITS
from pellucid.train.forward import compiled

__all__ = ["Stage", "called", "layer_outputs", "stages_of"]


class Stage(NamedTuple):
    """A layer with weights, and the values after its activation.

    Attributes
    ----------
    module, path : the layer, and its name in the network
    before, after : the numbers of calls: what it takes comes from one, its values from the other
    shape : of the values for one row
    """

    module: Module
    path: str
    before: int
    after: int
    shape: tuple[int, ...]
    activation: str | None

    @property
    def weight(self) -> Variable:
        """Its weights."""
        found: Variable = vars(self.module)["weight"]
        return found

    @property
    def bias(self) -> Variable | None:
        """Its bias, if it has one."""
        return vars(self.module).get("bias")

    @property
    def shown(self) -> list[int]:
        """The units that are drawn."""
        return list(range(min(self.shape[0], LIMITS["units"])))

    def told(self, index: int) -> dict[str, Any]:
        """Describe it for the page."""
        weight, kind = self.weight, type(self.module).__name__
        outs, ins = weight.shape[0], weight.shape[1]
        own = [v for v in vars(self.module).values() if isinstance(v, Variable) and v.trainable]
        is_kernel = len(weight.shape) == 4
        title = f"{kind} {ins} → {outs}"
        if is_kernel:
            title += f", {weight.shape[2]} × {weight.shape[3]}"
        return {
            "index": index, "path": self.path, "type": kind, "title": title,
            "units": self.shape[0], "shape": list(self.shape), "activation": self.activation,
            "parameters": sum(int(np.prod(v.shape)) for v in own), "shown": self.shown,
            "kernel": list(weight.shape) if is_kernel else None,
        }  # fmt: skip


def _calls(network: Network, inputs: tuple[Tensor, ...]) -> tuple[list[Observation], Tensor]:
    """Call the network on symbols, and list the calls of its own layers in their order."""
    seen: list[Observation] = []
    own = {id(module) for _, module in network.children()}
    with observed(seen.append), symbolic():
        output = network(*inputs)
    return [one for one in seen if id(one.module) in own], output


def stages_of(network: Network) -> list[Stage]:
    """List the layers with weights, of a network that is built."""
    spec = network.input_specs[0]
    calls, _ = _calls(network, (placeholder(spec.shape, spec.dtype),))
    found = []
    for place, one in enumerate(calls):
        if not _has_weights(one.module):
            continue
        after, activation = place, _activation(one.module)
        shape = tuple(extent or 0 for extent in one.outputs[0].shape[1:])
        while after + 1 < len(calls) and _goes_on(calls[after + 1], one):
            after += 1
            activation = activation or _function(calls[after].module)
        found.append(Stage(one.module, one.module.path, place - 1, after, shape, activation))
    return found


def _has_weights(module: Module) -> bool:
    weight = vars(module).get("weight")
    return isinstance(weight, Variable) and len(weight.shape) > 1


def _goes_on(call: Observation, stage: Observation) -> bool:
    """Whether a call only changes the values of the units, one for one."""
    same = call.outputs[0].shape == stage.outputs[0].shape
    return same and not _has_weights(call.module) and not hasattr(call.module, "kernel_size")


def _activation(module: Module) -> str | None:
    given = module.arguments.get("activation")
    return given if isinstance(given, str) else getattr(given, "__name__", None)


def _function(module: Module) -> str | None:
    room = type(module).__module__.rpartition(".")[2]
    if room != "activation":
        return None
    return str(module.arguments.get("function") or type(module).__name__.lower())


def layer_outputs(
    network: Network, stages: list[Stage], X: NDArray[Any]
) -> tuple[list[NDArray[Any]], NDArray[Any]]:
    """Give the values of each stage for some rows, and the probabilities or numbers at the end.

    The reference engine computes them: there is nothing to compile when a network is new.
    """
    record = network._record
    assert record is not None
    head = record.objective.heads[0]

    def compute(*inputs: Tensor) -> list[Tensor]:
        calls, output = _calls(network, inputs)
        linked = output if head.loss.link is None else head.loss.link(output)
        return [*(calls[one.after].outputs[0] for one in stages), linked]

    key = ("stages", head.key, tuple(one.path for one in stages))
    found = compiled(network, key, compute, (X,), choose("reference"))(X)
    output = found[-1]
    if head.answers == "classes" and output.shape[-1] == 1:
        output = np.concatenate([1 - output, output], axis=1)
    if head.scaling is not None:
        output = head.scaling.invert(output)
    return found[:-1], output


def called(network: Network, stage: Stage, X: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Give what a layer takes of the first row, and what it makes of it."""

    def compute(*inputs: Tensor) -> list[Tensor]:
        calls, _ = _calls(network, inputs)
        call = next(one for one in calls if one.module is stage.module)
        return [call.inputs[0], call.outputs[0]]

    x, z = compiled(network, ("called", stage.path), compute, (X,), choose("reference"))(X)
    return x[0], z[0]
