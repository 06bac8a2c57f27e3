"""The networks that estimators train: hidden layers in a list of numbers, or anything given."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from pellucid.arguments import number_in, truth, whole_number
from pellucid.errors import ArgumentError, ArgumentTypeError
from pellucid.graph import Tensor
from pellucid.layers import L2, Activation, BatchNorm1d, Dropout, Linear
from pellucid.layers.module import Module
from pellucid.losses import Loss
from pellucid.models import Network, Sequential

__all__ = ["Activations", "Architecture", "dense", "made"]

Architecture = Module | Callable[[int, int], Module]
Activations = str | Callable[..., Tensor] | Sequence[str | Callable[..., Tensor]]


def dense(
    hidden: Any,
    outputs: int,
    *,
    activation: Activations,
    dropout: float,
    batch_norm: bool,
    alpha: float,
    loss: Loss | None = None,
) -> Sequential:
    """Make a network of dense layers; see ``NeuralClassifier`` for what the arguments mean.

    It ends in what the loss takes: in probabilities or their logarithms where it takes these.

    Raises
    ------
    ArgumentError : naming the argument that has no meaning

    Examples
    --------
    >>> found = dense((8,), 3, activation="relu", dropout=0.5, batch_norm=True, alpha=0.0)
    >>> [type(layer).__name__ for layer in found.layers]
    ['Linear', 'BatchNorm1d', 'Activation', 'Dropout', 'Linear']
    """
    rate = number_in(dropout, "dropout", low=0, below=1)
    size = number_in(alpha, "alpha", low=0)
    penalty = L2(size / 2) if size else None
    layers: list[Module] = []
    sizes = [*_units(hidden)]
    for units, function in zip(sizes, _activations(activation, len(sizes)), strict=True):
        if truth(batch_norm, "batch_norm"):
            layers += [Linear(units, penalty=penalty), BatchNorm1d(), Activation(function)]
        else:
            layers.append(Linear(units, activation=function, penalty=penalty))
        if rate:
            layers.append(Dropout(rate))
    return Sequential([*layers, Linear(outputs, penalty=penalty), *_ending(loss)])


def _ending(loss: Loss | None) -> list[Module]:
    if loss is None or loss.takes in ("logits", "values"):
        return []
    if loss.takes == "log-probabilities":
        return [Activation("log_softmax")]
    return [Activation("sigmoid" if loss.task == "binary" else "softmax")]


def _units(hidden: Any) -> Iterator[int]:
    if isinstance(hidden, str) or not isinstance(hidden, Iterable):
        yield whole_number(hidden, "hidden", at_least=1)
        return
    for k, units in enumerate(hidden):
        yield whole_number(units, f"hidden[{k}]", at_least=1)


def _activations(given: Activations, layers: int) -> list[str | Callable[..., Tensor]]:
    """Give one activation for each hidden layer."""
    if isinstance(given, str) or not isinstance(given, Sequence):
        return [given] * layers
    if len(given) != layers:
        raise ArgumentError(
            "there is not one activation for each hidden layer", where="activation",
            got=f"{len(given)} for {layers}: {', '.join(map(str, given))}",
            wanted=f"{layers}, or one for all",
            mend='write hidden=(64, 32), activation=("relu", "tanh"); '
            "the last layer's follows from the loss",
        )  # fmt: skip
    return list(given)


def made(network: Architecture, inputs: int, outputs: int) -> Network:
    """Give a network of one's own for a fit: a copy of the one given, or what a function makes.

    A single layer becomes a network of one.

    Raises
    ------
    ArgumentTypeError : for anything else
    """
    found: object = network
    if not isinstance(network, Module | type) and callable(network):
        found = network(inputs, outputs)
    if isinstance(found, Module) and not isinstance(found, Network):
        found = Sequential([found])
    if not isinstance(found, Network):
        raise ArgumentTypeError(
            "network= takes a network, or a function of the numbers of inputs and outputs",
            got=repr(found),
            mend="write network=lambda inputs, outputs: nn.Sequential([nn.Linear(outputs)])",
        )
    return found.copy() if isinstance(network, Module) else found
