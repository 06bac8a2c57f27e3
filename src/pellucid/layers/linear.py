"""The dense layer."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import final

from pellucid.arguments import truth, whole_number
from pellucid.errors import ShapeError
from pellucid.functional import activation as find_activation
from pellucid.graph.op import Spec
from pellucid.graph.tensor import Tensor
from pellucid.layers.init import Initializer, Uniform, initializer
from pellucid.layers.module import Module
from pellucid.ops.elementwise import cast

__all__ = ["Linear"]


@final
class Linear(Module):
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
    ) -> None:
        self.units = whole_number(units, "units", at_least=1)
        self.activation = None if activation is None else find_activation(activation)
        self.has_bias = truth(bias, "bias")
        self.weight_init = None if weight_init is None else initializer(weight_init)
        self.bias_init = None if bias_init is None else initializer(bias_init)

    def build(self, x: Spec) -> None:
        """Make W and b for the width of `x`."""
        _check_rows(x)
        inputs = x.shape[-1]
        bound = 1 / math.sqrt(inputs or 1)
        default = Uniform(-bound, bound)
        self.create("weight", (self.units, inputs), self.weight_init or default)
        if self.has_bias:
            self.create("bias", (self.units,), self.bias_init or default)

    def forward(self, x: Tensor) -> Tensor:
        """Compute f(x Wᵀ + b)."""
        _check_rows(x.spec)
        inputs = self.weight.shape[1]
        if x.shape[-1] not in (inputs, None):
            raise ShapeError(
                f"the input does not have the {inputs} columns that this layer was made for",
                got=f"input {x.shape}, weight {self.weight.shape}", wanted=f"input (…, {inputs})",
                mend=f"give {inputs} columns, or make a new network for other data",
            )  # fmt: skip
        if x.dtype.kind != "f":
            x = cast(x, self.weight.dtype)
        y = x @ self.weight.T if x.ndim == 2 else self._along_last(x, inputs)
        if self.has_bias:
            y = y + self.bias
        return y if self.activation is None else self.activation(y)

    def _along_last(self, x: Tensor, inputs: int) -> Tensor:
        """See all leading axes as rows: one matrix product instead of many small ones."""
        rows: Tensor = x.reshape(-1, inputs) @ self.weight.T
        leading = [-1 if extent is None else extent for extent in x.shape[:-1]]
        return rows.reshape(*leading, self.units)


def _check_rows(x: Spec) -> None:
    if len(x.shape) < 2:
        raise ShapeError(
            "a Linear layer takes rows of columns, and this has no columns",
            got=f"shape {x.shape}".replace("None", "n"), wanted="shape (rows, columns)",
            mend="write x.reshape(1, -1) for one row, x.reshape(-1, 1) for one column",
        )  # fmt: skip
