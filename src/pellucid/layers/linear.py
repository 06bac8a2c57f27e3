"""Dense layers: with a weight of their own, and with that of another layer."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable
from typing import final

from pellucid.arguments import truth, whole_number
from pellucid.errors import ArgumentTypeError, GraphError, ShapeError
from pellucid.functional import activation as find_activation
from pellucid.functional.composite import composite
from pellucid.graph.op import Spec
from pellucid.graph.tensor import Tensor
from pellucid.graph.variable import Variable
from pellucid.layers.constraint import Constraint, constrained
from pellucid.layers.init import Initializer, Uniform, Zeros, initializer
from pellucid.layers.inputs import floating
from pellucid.layers.module import Module
from pellucid.layers.penalty import Penalty, penalised

__all__ = ["Linear", "Tied"]


class _Dense(Module):
    """What both have in common: f(x M + b) for a matrix M."""

    activation: Callable[..., Tensor] | None
    has_bias: bool

    @property
    @abstractmethod
    def _across(self) -> bool:
        """Whether M is Wᵀ, or W itself."""

    def forward(self, x: Tensor) -> Tensor:
        """Compute f(x M + b)."""
        _check_rows(x.spec)
        weight, across = self.weight.read(), self._across
        inputs = weight.shape[int(across)]
        if x.shape[-1] not in (inputs, None):
            raise ShapeError(
                f"the input does not have the {inputs} columns that this layer was made for",
                got=f"input {x.shape}, weight {self.weight.shape}", wanted=f"input (…, {inputs})",
                mend=f"give {inputs} columns, or make a new network for other data",
            )  # fmt: skip
        x = floating(x, self.weight)
        bias = (self.bias.read(),) if self.has_bias else ()
        y = _affine(across, x, weight, *bias)
        return y if self.activation is None else self.activation(y)


@composite
def _affine(across: bool, x: Tensor, weight: Tensor, *bias: Tensor) -> Tensor:
    matrix = weight.T if across else weight
    y: Tensor = x @ matrix if x.ndim == 2 else _along_last(x, matrix)
    return y + bias[0] if bias else y


def _along_last(x: Tensor, matrix: Tensor) -> Tensor:
    """See all leading axes as rows: one matrix product instead of many small ones."""
    inputs, units = (extent or 0 for extent in matrix.shape)
    rows: Tensor = x.reshape(-1, inputs) @ matrix
    leading = [-1 if extent is None else extent for extent in x.shape[:-1]]
    return rows.reshape(*leading, units)


def _check_rows(x: Spec) -> None:
    if len(x.shape) < 2:
        raise ShapeError(
            "a Linear layer takes rows of columns, and this has no columns",
            got=f"shape {x.shape}".replace("None", "n"), wanted="shape (rows, columns)",
            mend="write x.reshape(1, -1) for one row, x.reshape(-1, 1) for one column",
        )  # fmt: skip


@final
class Linear(_Dense):
    """A dense layer: each unit is a weighted sum of all inputs, plus a bias.

    Formula: y = f(x Wᵀ + b). Shapes: x (…, inputs), W (units, inputs), b (units,), y (…, units);
    x has at least two dimensions, and its inputs are counted at the first call.

    Parameters
    ----------
    units : how many outputs
    activation : f: a name such as "relu", or anything callable on a tensor; none by default
    bias : whether there is a b
    weight_init, bias_init : how W and b start: a name, or an object such as
        ``nn.init.Uniform(-1, 1)``; by default evenly from ±1/√inputs, as in PyTorch
    penalty : what the size of W adds to the loss of training, such as ``nn.L2(1e-4)``
    constraint : what W is kept to, such as ``nn.MaxNorm(3.0)``

    Raises
    ------
    ArgumentError : for units below 1, or an unknown name
    ShapeError : for an input of one dimension, or of another width than at the first call

    Examples
    --------
    >>> from pellucid import nn
    >>> layer = nn.Linear(2, weight_init=nn.init.Constant(1.0), bias_init="zeros")
    >>> layer([[1.0, 2.0, 3.0]])
    Tensor([[6. 6.]], float32)
    >>> layer.weight.shape
    (2, 3)
    """

    def __init__(
        self,
        units: int,
        *,
        activation: str | Callable[..., Tensor] | None = None,
        bias: bool = True,
        weight_init: str | Initializer | None = None,
        bias_init: str | Initializer | None = None,
        penalty: Penalty | None = None,
        constraint: Constraint | None = None,
    ) -> None:
        self.units = whole_number(units, "units", at_least=1)
        self.activation = None if activation is None else find_activation(activation)
        self.has_bias = truth(bias, "bias")
        self.weight_init = None if weight_init is None else initializer(weight_init)
        self.bias_init = None if bias_init is None else initializer(bias_init)
        self.weight_penalty, self.weight_constraint = penalised(penalty), constrained(constraint)

    def build(self, x: Spec) -> None:
        """Make W and b for the width of `x`."""
        _check_rows(x)
        inputs = x.shape[-1]
        bound = 1 / math.sqrt(inputs or 1)
        default = Uniform(-bound, bound)
        self.create(
            "weight", (self.units, inputs), self.weight_init or default,
            penalty=self.weight_penalty, constraint=self.weight_constraint,
        )  # fmt: skip
        if self.has_bias:
            self.create("bias", (self.units,), self.bias_init or default)

    @property
    def _across(self) -> bool:
        return True


@final
class Tied(_Dense):
    """A dense layer with the weight of another layer: one array, two uses, trained together.

    Formula: y = f(x Wᵀ + b), or f(x W + b) when `transposed`, where W is the weight of `layer`.
    ``Tied(embedding)`` scores every word of an embedding; ``Tied(encoder, transposed=True)`` leads
    back from the units of a ``Linear`` layer to its inputs.

    Source: Press and Wolf, "Using the output embedding to improve language models", 2017.

    Parameters
    ----------
    layer : one with a weight of two dimensions, that is called before this one
    transposed : whether W leads the other way
    bias : whether there is a b, of its own, zero at the start
    activation : f, as in :class:`Linear`

    Raises
    ------
    GraphError : when `layer` has no weight of two dimensions, or none yet
    ShapeError : for an input of another width than W takes

    Examples
    --------
    >>> from pellucid import nn
    >>> encoder = nn.Linear(2)
    >>> autoencoder = nn.Sequential([encoder, nn.Tied(encoder, transposed=True)])
    >>> autoencoder([[1.0, 2.0, 3.0]]).shape
    (1, 3)
    >>> list(autoencoder.parameters())
    ['0.weight', '0.bias', '1.bias']
    """

    def __init__(
        self,
        layer: Module,
        *,
        transposed: bool = False,
        bias: bool = True,
        activation: str | Callable[..., Tensor] | None = None,
    ) -> None:
        if not isinstance(layer, Module):
            raise ArgumentTypeError(
                "Tied takes the layer whose weight it uses", got=repr(layer),
                mend="write encoder = nn.Linear(8), and then nn.Tied(encoder, transposed=True)",
            )  # fmt: skip
        self.layer = layer
        self.transposed = truth(transposed, "transposed")
        self.has_bias = truth(bias, "bias")
        self.activation = None if activation is None else find_activation(activation)

    def build(self, x: Spec) -> None:
        """Take the weight over, and make b."""
        weight = vars(self.layer).get("weight")
        if not isinstance(weight, Variable) or len(weight.shape) != 2:
            raise GraphError(
                f"the {type(self.layer).__name__} whose weight is shared has no matrix of weights"
                + " yet" * (not self.layer.built),
                got="no weight" if weight is None else f"weight {weight.shape}",
                mend="put it before this layer, and let it be a Linear or an Embedding",
            )  # fmt: skip
        self._set("weight", weight)
        if self.has_bias:
            self.create("bias", weight.shape[int(self.transposed) :][:1], Zeros())

    @property
    def _across(self) -> bool:
        return not self.transposed
