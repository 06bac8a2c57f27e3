"""Activations as layers: the functions of `functional`, to stand in a list of layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import final

from pellucid.arguments import number_in, one_of, truth, whole_number
from pellucid.functional import activation as find_activation
from pellucid.functional import (
    elu,
    gelu,
    hardsigmoid,
    hardswish,
    hardtanh,
    leaky_relu,
    log_softmax,
    mish,
    relu6,
    selu,
    silu,
    softmax,
    softsign,
)
from pellucid.graph.op import Spec
from pellucid.graph.tensor import Tensor, as_tensor
from pellucid.layers.init import Constant
from pellucid.layers.inputs import check_channels
from pellucid.layers.module import Module
from pellucid.ops.elementwise import relu, sigmoid, sign, softplus, tanh, where

__all__ = [
    "ELU", "GELU", "SELU", "Activation", "Hardsigmoid", "Hardswish", "Hardtanh", "Identity",
    "LeakyReLU", "LogSoftmax", "Mish", "PReLU", "ReLU", "ReLU6", "SiLU", "Sigmoid", "Sign",
    "Softmax", "Softplus", "Softsign", "Tanh", "Threshold",
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
class SELU(Module):
    """y = λ x above zero, λ α (eˣ − 1) below, with which deep dense networks normalise themselves.

    λ = 1.0507009873554805 and α = 1.6732632423543772; start the weights with ``"lecun_normal"``.

    Source: Klambauer and others, "Self-normalizing neural networks", 2017.

    >>> from pellucid import nn
    >>> nn.SELU()([[-1.0, 2.0]])
    Tensor([[-1.111331  2.101402]], float32)
    """

    def forward(self, x: Tensor) -> Tensor:
        """Apply the function."""
        return selu(x)


@final
class Mish(Module):
    """y = x · tanh(ln(1 + eˣ)), smooth like SiLU.

    Source: Misra, "Mish: a self regularized non-monotonic activation function", 2019.

    >>> from pellucid import nn
    >>> nn.Mish()([[0.0, 2.0]])
    Tensor([[0.       1.943959]], float32)
    """

    def forward(self, x: Tensor) -> Tensor:
        """Apply the function."""
        return mish(x)


@final
class Hardtanh(Module):
    """y = x, kept within `low` and `high`; ``Hardtanh(0, 6)`` is ReLU6.

    >>> from pellucid import nn
    >>> nn.Hardtanh()([[-3.0, 0.5]])
    Tensor([[-1.   0.5]], float32)
    """

    def __init__(self, low: float = -1.0, high: float = 1.0) -> None:
        self.low = number_in(low, "low")
        self.high = number_in(high, "high", above=self.low)

    def forward(self, x: Tensor) -> Tensor:
        """Apply the function."""
        return hardtanh(x, self.low, self.high)


@final
class ReLU6(Module):
    """y = max(x, 0), at most 6.

    Source: Howard and others, "MobileNets", 2017.

    >>> from pellucid import nn
    >>> nn.ReLU6()([[-1.0, 9.0]])
    Tensor([[0. 6.]], float32)
    """

    def forward(self, x: Tensor) -> Tensor:
        """Apply the function."""
        return relu6(x)


@final
class Hardsigmoid(Module):
    """y = x / 6 + ½, kept within 0 and 1: a sigmoid of straight lines.

    >>> from pellucid import nn
    >>> nn.Hardsigmoid()([[-4.0, 0.0]])
    Tensor([[0.  0.5]], float32)
    """

    def forward(self, x: Tensor) -> Tensor:
        """Apply the function."""
        return hardsigmoid(x)


@final
class Hardswish(Module):
    """y = x · hardsigmoid(x): a SiLU without exponentials.

    Source: Howard and others, "Searching for MobileNetV3", 2019.

    >>> from pellucid import nn
    >>> nn.Hardswish()([[-4.0, 3.0]])
    Tensor([[-0.  3.]], float32)
    """

    def forward(self, x: Tensor) -> Tensor:
        """Apply the function."""
        return hardswish(x)


@final
class Threshold(Module):
    """y = x above `threshold`, else `value`.

    >>> from pellucid import nn
    >>> nn.Threshold(1.0, 0.0)([[0.5, 2.0]])
    Tensor([[0. 2.]], float32)
    """

    def __init__(self, threshold: float, value: float) -> None:
        self.threshold = number_in(threshold, "threshold")
        self.value = number_in(value, "value")

    def forward(self, x: Tensor) -> Tensor:
        """Apply the function."""
        return where(x > self.threshold, x, self.value)


@final
class PReLU(Module):
    """y = x above zero, a · x below, where a is learned.

    Source: He, Zhang, Ren and Sun, "Delving deep into rectifiers", 2015.

    Parameters
    ----------
    init : where a starts
    per_channel : whether each channel, counted along axis 1, has its own a; else all share one

    Examples
    --------
    >>> from pellucid import nn
    >>> layer = nn.PReLU()
    >>> layer([[-1.0, 2.0]])
    Tensor([[-0.25  2.  ]], float32)
    >>> list(layer.parameters())
    ['weight']
    """

    def __init__(self, init: float = 0.25, *, per_channel: bool = False) -> None:
        self.init = number_in(init, "init")
        self.per_channel = truth(per_channel, "per_channel")

    def build(self, x: Spec) -> None:
        """Make a."""
        channels = x.shape[1:2] if self.per_channel else (1,)
        self.create("weight", channels or (1,), Constant(self.init))

    def forward(self, x: Tensor) -> Tensor:
        """Apply the function."""
        slope = as_tensor(self.weight)
        if self.per_channel and x.ndim > 1:
            check_channels(x.spec, self.weight.shape[0])
            slope = slope.reshape(-1, *[1] * (x.ndim - 2))
        return where(x > 0, x, slope * x)


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
