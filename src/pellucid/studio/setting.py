"""What a user has chosen on the page, as plain data that is checked: from JSON and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from typing import Any, final

from pellucid import nn, optim
from pellucid.arguments import Frozen, named, number_in, one_of, truth, whole_number
from pellucid.errors import ArgumentError, ArgumentTypeError, PellucidError
from pellucid.functional import ACTIVATIONS
from pellucid.layers.config import from_config
from pellucid.layers.module import Module
from pellucid.losses import LOSSES

__all__ = [
    "CHECKS", "DEFAULT_DATA", "LIMITS", "OPTIMIZERS", "RATE",
    "RATE_FOR_PICTURES", "SMALL_CNN", "Setting", "activations",
    "losses_for", "network_of", "optimizers",
]  # fmt: skip

LIMITS = {
    "layers": 6, "units": 32, "rows": 50_000, "columns": 500, "upload": 20 * 2**20,
    "racers": 6, "cells": 64, "seeds": 16, "epochs": 1000,
}  # fmt: skip
MOST_LAYERS, MOST_UNITS, MOST_PARAMETERS = 24, 1024, 5_000_000
DEFAULT_DATA: dict[str, Any] = {"name": "xor", "options": {}, "target": None, "test": 0.25}
SMALL_CNN: list[dict[str, Any]] = [
    {"type": "Conv2d",
     "arguments": {"out_channels": 8, "kernel_size": 3, "padding": 1, "activation": "relu"}},
    {"type": "MaxPool2d", "arguments": {"kernel_size": 2}},
    {"type": "Conv2d",
     "arguments": {"out_channels": 12, "kernel_size": 3, "padding": 1, "activation": "relu"}},
    {"type": "Flatten", "arguments": {}},
    {"type": "Linear", "arguments": {}},
]  # fmt: skip
RATE, RATE_FOR_PICTURES = 0.03, 0.003  # at 0.03 the units of SMALL_CNN die
NOT_HIDDEN = {"log_softmax", "softmax", "sign", "identity"}  # they end a network, or stop it
NEEDS_NETWORK = {
    "data", "hidden", "activation", "layers", "dropout", "batch_norm", "prepare", "seed",
}  # fmt: skip
NEEDS_NOTHING = {"axes"}
OPTIMIZERS = {name.lower(): cls for name, cls in optim.OPTIMIZERS.items()}


def activations() -> list[str]:
    """List the activations that a hidden layer may have."""
    return sorted(ACTIVATIONS.keys() - NOT_HIDDEN)


def optimizers() -> list[str]:
    """List the optimizers by name."""
    return list(OPTIMIZERS)


def losses_for(task: str) -> list[str]:
    """List the losses that a network of plain outputs can be trained with."""
    if task == "classification":
        return ["cross_entropy", "focal", "multiclass_hinge"]
    wanted = [name for name, one in LOSSES.items() if one.task == "regression"]
    return [name for name in wanted if name not in ("gaussian_nll", "poisson")]


@final
class Setting(Frozen, kw_only=True):
    """Everything that a user has chosen.

    Attributes
    ----------
    data : name, options, target and share of the rows to test on
    hidden, activation, dropout, batch_norm : a network of dense layers
    layers : instead of these, layers of any kind, each with its type and arguments
    loss : by name, or what suits the targets
    axes : the two columns that span the plane that is drawn

    Examples
    --------
    >>> Setting().changed({"hidden": [8, 8], "learning_rate": 0.1}).hidden
    (8, 8)
    """

    data: Mapping[str, Any] = field(default_factory=lambda: dict(DEFAULT_DATA))
    hidden: tuple[int, ...] = (4, 4)
    activation: str = "tanh"
    layers: tuple[Mapping[str, Any], ...] | None = None
    loss: str | None = None
    optimizer: str = "adam"
    learning_rate: float = RATE
    batch_size: int = 16
    dropout: float = 0.0
    batch_norm: bool = False
    weight_decay: float = 0.0
    prepare: str | None = "standard"
    axes: tuple[int, int] = (0, 1)
    seed: int = 1

    __hash__ = object.__hash__

    def changed(self, change: Mapping[str, Any]) -> Setting:
        """Give the setting with some of it chosen anew.

        Raises
        ------
        ArgumentError : for an unknown name, and for a value that cannot be
        """
        values = self.arguments
        for name, value in change.items():
            check = named(name, "setting", CHECKS)
            values[name] = check(self.data, value) if name == "data" else check(value, name)
        return Setting(**values)

    def plain(self) -> dict[str, Any]:
        """Give it as JSON values."""
        layers = None if self.layers is None else [dict(one) for one in self.layers]
        return {
            **self.arguments, "data": dict(self.data), "hidden": list(self.hidden),
            "layers": layers, "axes": list(self.axes),
        }  # fmt: skip

    def differs(self, other: Setting) -> set[str]:
        """Name what is chosen differently."""
        return {name for name, value in self.plain().items() if value != other.plain()[name]}

    def make_optimizer(self) -> optim.Optimizer:
        """Make the optimizer."""
        cls = OPTIMIZERS[self.optimizer]
        return cls(self.learning_rate, weight_decay=self.weight_decay)


# --- the network ---------------------------------------------------------------------------


def network_of(setting: Setting, outputs: int, *, pictures: bool) -> nn.Sequential:
    """Make the network, with weights not yet drawn.

    Parameters
    ----------
    outputs : how many numbers it ends in
    pictures : whether rows are pictures, which dense layers take flat

    Raises
    ------
    ArgumentError : naming the layer that cannot be made, and why
    """
    if setting.layers is not None:
        return nn.Sequential(_given(setting.layers, outputs))
    made: list[Module] = [nn.Flatten()] if pictures else []
    for units in setting.hidden:
        if setting.batch_norm:
            made += [nn.Linear(units), nn.BatchNorm1d(), nn.Activation(setting.activation)]
        else:
            made.append(nn.Linear(units, activation=setting.activation))
        if setting.dropout:
            made.append(nn.Dropout(setting.dropout))
    return nn.Sequential([*made, nn.Linear(outputs)])


def _given(layers: Sequence[Mapping[str, Any]], outputs: int) -> list[Module]:
    made = []
    for number, one in enumerate(layers):
        arguments = dict(one["arguments"])
        if one["type"] == "Linear" and number == len(layers) - 1:
            arguments.setdefault("units", outputs)
        try:
            made.append(from_config({"class": one["type"], "arguments": arguments}, _registry()))
        except (PellucidError, TypeError, ValueError) as error:
            what = error.what if isinstance(error, PellucidError) else str(error)
            raise ArgumentError(
                f"the layer {one['type']} cannot be made: {what}", where=f"layer {number}",
                got=str(arguments)[:100], mend=getattr(error, "mend", "") or "change its arguments",
            ) from error  # fmt: skip
    return made


def _registry() -> dict[str, type[Module]]:
    """List the layers that a network may be made of: pellucid's own, none of anyone else."""
    found = {name: getattr(nn, name) for name in nn.__all__}
    return {
        name: one
        for name, one in found.items()
        if isinstance(one, type) and issubclass(one, Module) and not issubclass(one, nn.Network)
    }


# --- the checks ----------------------------------------------------------------------------


def _data(before: Mapping[str, Any], value: Any) -> dict[str, Any]:
    """Check a choice of data; where the set stays, what is not named stays too."""
    if not isinstance(value, Mapping):
        raise _no("data", value, 'write {"name": "moons"}')
    for name in value:
        one_of(name, "a part of data", DEFAULT_DATA)
    stays = value.get("name", before["name"]) == before["name"]
    found = {**(before if stays else {**DEFAULT_DATA, "test": before["test"]}), **value}
    if not isinstance(found["name"], str) or not isinstance(found["options"], Mapping):
        raise _no("data", value, 'write {"name": "moons", "options": {"noise": 0.1}}')
    if not isinstance(found["target"], (str, type(None))):
        raise _no("target", found["target"], "give the name of a column")
    found["options"] = dict(found["options"])
    found["test"] = number_in(found["test"], "test", low=0.0, high=0.9)
    return found


def _hidden(value: Any, name: str) -> tuple[int, ...]:
    if not isinstance(value, (list, tuple)) or len(value) > MOST_LAYERS:
        raise _no(name, value, "write a list of sizes, such as [8, 8]")
    return tuple(whole_number(one, "units", 1, MOST_UNITS) for one in value)


def _layers(value: Any, name: str) -> tuple[dict[str, Any], ...] | None:
    if value is None:
        return None
    if not isinstance(value, (list, tuple)) or not 0 < len(value) <= MOST_LAYERS:
        raise _no(name, value, f"write a list of 1 to {MOST_LAYERS} layers")
    known = _registry()
    for one in value:
        shaped = isinstance(one, Mapping) and isinstance(one.get("arguments", {}), Mapping)
        if not shaped or not one.keys() <= {"type", "arguments"} or "type" not in one:
            raise _no(name, one, 'write {"type": "Linear", "arguments": {"units": 8}}')
        named(one["type"], "layer", known)
        for key, number in one.get("arguments", {}).items():
            if key in ("units", "out_channels"):
                whole_number(number, key, 1, MOST_UNITS)
    return tuple({"type": one["type"], "arguments": dict(one.get("arguments", {}))}
                 for one in value)  # fmt: skip


def _axes(value: Any, name: str) -> tuple[int, int]:
    if not isinstance(value, (list, tuple)) or len(value) != 2:
        raise _no(name, value, "write the numbers of two columns, such as [0, 1]")
    first, second = (whole_number(one, name, 0) for one in value)
    return first, second


def _one_of(known: Callable[[], Sequence[str]], *, optional: bool = False) -> Callable[..., Any]:
    def check(value: Any, name: str) -> Any:
        return None if optional and value is None else one_of(value, name, known())

    return check


def _no(name: str, value: Any, mend: str) -> ArgumentTypeError:
    return ArgumentTypeError(f"{name} cannot be this", got=repr(value)[:80], mend=mend)


CHECKS: dict[str, Callable[..., Any]] = {
    "data": _data,
    "hidden": _hidden,
    "activation": _one_of(activations),
    "layers": _layers,
    "loss": _one_of(lambda: list(LOSSES), optional=True),
    "optimizer": _one_of(optimizers),
    "learning_rate": lambda value, name: number_in(value, name, above=0, high=100),
    "batch_size": lambda value, name: whole_number(value, name, 1, LIMITS["rows"]),
    "dropout": lambda value, name: number_in(value, name, low=0, below=1),
    "batch_norm": truth,
    "weight_decay": lambda value, name: number_in(value, name, low=0, high=100),
    "prepare": _one_of(lambda: ("standard", "minmax"), optional=True),
    "axes": _axes,
    "seed": lambda value, name: whole_number(value, name, 0, 2**53 - 1),
}
