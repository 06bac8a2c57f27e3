"""Activations as layers: the functions of `functional`, to stand in a list of layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import final

from pellucid.arguments import number_in, one_of, whole_number
from pellucid.functional import activation as find_activation
from pellucid.functional import elu, gelu, leaky_relu, log_softmax, silu, softmax, softsign
from pellucid.graph.tensor import Tensor
from pellucid.layers.module import Module
from pellucid.ops.elementwise import relu, sigmoid, sign, softplus, tanh

__all__ = [
    "ELU", "GELU", "Activation", "Identity", "LeakyReLU", "LogSoftmax", "ReLU", "SiLU", "Sigmoid",
    "Sign", "Softmax", "Softplus", "Softsign", "Tanh",
]  # fmt: skip


@final
class Activation(Module):
    """Any function of a tensor as a layer; a name finds one of pellucid's own.

    Examples
    --------
    >>> from pellucid import nn
    >>> nn.Activation(lambda x: x * x)([[3.0]])
    Tensor([[9.]], float32)
    """

    def __init__(self, function: str | Callable[..., Tensor]) -> None:
        self.function = find_activation(function)

    def forward(self, x: Tensor) -> Tensor:
        """Apply the function."""
        return self.function(x)


@final
class Identity(Module):
    """y = x.

    >>> from pellucid import nn
    >>> nn.Identity()([[-1.0, 2.0]])
    Tensor([[-1.  2.]], float32)
    """

    def forward(self, x: Tensor) -> Tensor:
        """Give the input back."""
        return x


@final
class Sigmoid(Module):
    """y = 1 / (1 + e⁻ˣ), between 0 and 1.

    >>> from pellucid import nn
    >>> nn.Sigmoid()([[0.0]])
    Tensor([[0.5]], float32)
    """

    def forward(self, x: Tensor) -> Tensor:
        """Apply the function."""
        return sigmoid(x)


@final
class Tanh(Module):
    """y = tanh x, between −1 and 1.

    >>> from pellucid import nn
    >>> nn.Tanh()([[0.0]])
    Tensor([[0.]], float32)
    """

    def forward(self, x: Tensor) -> Tensor:
        """Apply the function."""
        return tanh(x)


@final
class ReLU(Module):
    """y = max(x, 0).

    >>> from pellucid import nn
    >>> nn.ReLU()([[-1.0, 2.0]])
    Tensor([[0. 2.]], float32)
    """

    def forward(self, x: Tensor) -> Tensor:
        """Apply the function."""
        return relu(x)


@final
class LeakyReLU(Module):
    """y = x above zero, slope · x below; see :func:`pellucid.functional.leaky_relu`.

    >>> from pellucid import nn
    >>> nn.LeakyReLU(0.1)([[-1.0, 2.0]])
    Tensor([[-0.1  2. ]], float32)
    """

    def __init__(self, slope: float = 0.01) -> None:
        self.slope = number_in(slope, "slope")

    def forward(self, x: Tensor) -> Tensor:
        """Apply the function."""
        return leaky_relu(x, self.slope)


@final
class ELU(Module):
    """y = x above zero, alpha · (eˣ − 1) below; see :func:`pellucid.functional.elu`.

    >>> from pellucid import nn
    >>> nn.ELU()([[-1.0, 2.0]])
    Tensor([[-0.632121  2.      ]], float32)
    """

    def __init__(self, alpha: float = 1.0) -> None:
        self.alpha = number_in(alpha, "alpha")

    def forward(self, x: Tensor) -> Tensor:
        """Apply the function."""
        return elu(x, self.alpha)


@final
class GELU(Module):
    """y = x · Φ(x); see :func:`pellucid.functional.gelu`.

    >>> from pellucid import nn
    >>> nn.GELU()([[-1.0, 2.0]])
    Tensor([[-0.158655  1.9545  ]], float32)
    """

    def __init__(self, *, approximate: str = "none") -> None:
        self.approximate = one_of(approximate, "approximate", ("none", "tanh"))

    def forward(self, x: Tensor) -> Tensor:
        """Apply the function."""
        return gelu(x, approximate=self.approximate)


@final
class SiLU(Module):
    """y = x · σ(x); see :func:`pellucid.functional.silu`.

    >>> from pellucid import nn
    >>> nn.SiLU()([[0.0, 2.0]])
    Tensor([[0.       1.761594]], float32)
    """

    def forward(self, x: Tensor) -> Tensor:
        """Apply the function."""
        return silu(x)


@final
class Softplus(Module):
    """y = ln(1 + eˣ), a smooth ReLU.

    >>> from pellucid import nn
    >>> nn.Softplus()([[0.0]])
    Tensor([[0.693147]], float32)
    """

    def forward(self, x: Tensor) -> Tensor:
        """Apply the function."""
        return softplus(x)


@final
class Softsign(Module):
    """y = x / (1 + |x|), between −1 and 1.

    >>> from pellucid import nn
    >>> nn.Softsign()([[1.0]])
    Tensor([[0.5]], float32)
    """

    def forward(self, x: Tensor) -> Tensor:
        """Apply the function."""
        return softsign(x)


@final
class Sign(Module):
    """y = −1, 0 or 1: the threshold of the perceptron; no gradient passes through it.

    >>> from pellucid import nn
    >>> nn.Sign()([[-3.0, 2.0]])
    Tensor([[-1.  1.]], float32)
    """

    def forward(self, x: Tensor) -> Tensor:
        """Apply the function."""
        return sign(x)


class _AlongAxis(Module):
    """What Softmax and LogSoftmax have in common."""

    def __init__(self, axis: int = -1) -> None:
        self.axis = whole_number(axis, "axis", at_least=None)


@final
class Softmax(_AlongAxis):
    """Probabilities that sum to 1 along `axis`; see :func:`pellucid.functional.softmax`.

    As a last layer it belongs to the loss ``categorical_cross_entropy``; ``cross_entropy`` takes
    the scores before it.

    >>> from pellucid import nn
    >>> nn.Softmax()([[0.0, 0.0]])
    Tensor([[0.5 0.5]], float32)
    """

    def forward(self, x: Tensor) -> Tensor:
        """Apply the function."""
        return softmax(x, self.axis)


@final
class LogSoftmax(_AlongAxis):
    """The logarithm of Softmax; see :func:`pellucid.functional.log_softmax`.

    >>> from pellucid import nn
    >>> nn.LogSoftmax()([[0.0, 0.0]])
    Tensor([[-0.693147 -0.693147]], float32)
    """

    def forward(self, x: Tensor) -> Tensor:
        """Apply the function."""
        return log_softmax(x, self.axis)
