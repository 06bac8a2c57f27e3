"""Activations, each written so that its value and first two derivatives are finite.

What could overflow is kept out of the branch that is not chosen, since 0 · ∞ is not a number.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from pellucid.arguments import named, one_of
from pellucid.errors import ArgumentTypeError
from pellucid.functional.composite import composite
from pellucid.graph.tensor import Tensor, TensorLike, as_tensor
from pellucid.ops.elementwise import (
    erf,
    exp,
    expm1,
    identity,
    isfinite,
    log,
    maximum,
    minimum,
    relu,
    sigmoid,
    sign,
    softplus,
    stop_gradient,
    tanh,
    where,
)
from pellucid.ops.view import squeeze

__all__ = [
    "ACTIVATIONS", "activation", "elu", "gelu", "hardsigmoid", "hardswish", "hardtanh",
    "leaky_relu", "log_softmax", "logsumexp", "mish", "relu6", "selu", "silu", "softmax",
    "softsign",
]  # fmt: skip


# --- normalised exponentials ---------------------------------------------------------------


@composite
def softmax(x: TensorLike, axis: int = -1) -> Tensor:
    r"""Turn scores into probabilities that sum to 1 along `axis`.

    Formula: yᵢ = exp(xᵢ − m) / Σⱼ exp(xⱼ − m) with m = maxⱼ xⱼ, which changes nothing but overflow.

    Source: Bridle, "Training stochastic model recognition algorithms as networks can lead to
    maximum mutual information estimation of parameters", 1990.

    >>> from pellucid.functional import softmax
    >>> softmax([0.0, 0.0, 1000.0])
    Tensor([0. 0. 1.], float32)
    """
    powers = exp(_below_zero(as_tensor(x), axis))
    return powers / powers.sum(axis, keepdims=True)


@composite
def log_softmax(x: TensorLike, axis: int = -1) -> Tensor:
    """Give the logarithm of :func:`softmax`, exact also where the probability underflows.

    Formula: yᵢ = xᵢ − m − ln Σⱼ exp(xⱼ − m) with m = maxⱼ xⱼ.

    >>> from pellucid.functional import log_softmax
    >>> log_softmax([0.0, 1000.0])
    Tensor([-1000.     0.], float32)
    """
    shifted = _below_zero(as_tensor(x), axis)
    return shifted - log(exp(shifted).sum(axis, keepdims=True))


def _below_zero(x: Tensor, axis: int) -> Tensor:
    return x - stop_gradient(x.max(axis, keepdims=True))


@composite
def logsumexp(x: TensorLike, axis: int = -1, *, keepdims: bool = False) -> Tensor:
    """Give ln Σⱼ exp(xⱼ) along `axis` without overflow: a smooth maximum.

    >>> from pellucid.functional import logsumexp
    >>> round(logsumexp([1000.0, 1000.0]).item(), 2)
    1000.69
    """
    x = as_tensor(x)
    most = stop_gradient(x.max(axis, keepdims=True))
    most = where(isfinite(most), most, 0)  # −∞ − −∞ is not a number
    total = log(exp(x - most).sum(axis, keepdims=True)) + most
    return total if keepdims else squeeze(total, axis)


# --- activations ---------------------------------------------------------------------------


@composite
def softsign(x: TensorLike) -> Tensor:
    """Squash to (−1, 1), more slowly than tanh: x / (1 + |x|).

    Source: Bergstra and others, "Quadratic polynomials learn better image features", 2009.

    >>> from pellucid.functional import softsign
    >>> softsign([-1.0, 0.0, 3.0])
    Tensor([-0.5   0.    0.75], float32)
    """
    x = as_tensor(x)
    return x / (1 + abs(x))


@composite
def leaky_relu(x: TensorLike, slope: float = 0.01) -> Tensor:
    """Give x above zero and slope · x below, so that no unit is ever without a gradient.

    Source: Maas, Hannun and Ng, "Rectifier nonlinearities improve neural network acoustic
    models", 2013.

    >>> from pellucid.functional import leaky_relu
    >>> leaky_relu([-1.0, 2.0], slope=0.1)
    Tensor([-0.1  2. ], float32)
    """
    x = as_tensor(x)
    return where(x > 0, x, x * slope)


@composite
def elu(x: TensorLike, alpha: float = 1.0) -> Tensor:
    """Give x above zero and alpha · (eˣ − 1) below.

    Source: Clevert, Unterthiner and Hochreiter, "Fast and accurate deep network learning by
    exponential linear units", 2016.

    >>> from pellucid.functional import elu
    >>> elu([-1.0, 2.0])
    Tensor([-0.632121  2.      ], float32)
    """
    x = as_tensor(x)
    return where(x > 0, x, alpha * expm1(where(x > 0, 0, x)))


@composite
def gelu(x: TensorLike, *, approximate: str = "none") -> Tensor:
    r"""Weigh x by the probability that a standard normal number is smaller: x · Φ(x).

    Formula: ½ x (1 + erf(x / √2)); with ``approximate="tanh"``,
    ½ x (1 + tanh(√(2/π) (x + 0.044715 x³))).

    Source: Hendrycks and Gimpel, "Gaussian error linear units", 2016.

    >>> from pellucid.functional import gelu
    >>> gelu([-1.0, 2.0])
    Tensor([-0.158655  1.9545  ], float32)
    """
    x = as_tensor(x)
    if one_of(approximate, "approximate", ("none", "tanh")) == "none":
        return 0.5 * x * (1 + erf(x / math.sqrt(2)))
    inner = minimum(maximum(x, -10), 10)  # there tanh is 1 to the last bit, and the cube is small
    cubic = inner + 0.044715 * (inner * inner * inner)
    return 0.5 * x * (1 + tanh(math.sqrt(2 / math.pi) * cubic))


@composite
def silu(x: TensorLike) -> Tensor:
    """Weigh x by its own sigmoid: x · σ(x), also called swish.

    Source: Elfwing, Uchibe and Doya, "Sigmoid-weighted linear units", 2017.

    >>> from pellucid.functional import silu
    >>> silu([-1.0, 2.0])
    Tensor([-0.268941  1.761594], float32)
    """
    x = as_tensor(x)
    return x * sigmoid(x)


@composite
def selu(x: TensorLike) -> Tensor:
    """Give λ x above zero and λ α (eˣ − 1) below: deep dense networks normalise themselves.

    λ = 1.0507009873554805 and α = 1.6732632423543772.

    Source: Klambauer and others, "Self-normalizing neural networks", 2017.

    >>> from pellucid.functional import selu
    >>> selu([-1.0, 2.0])
    Tensor([-1.111331  2.101402], float32)
    """
    return 1.0507009873554805 * elu(x, 1.6732632423543772)


@composite
def mish(x: TensorLike) -> Tensor:
    """Give x · tanh(ln(1 + eˣ)), smooth like :func:`silu`.

    Source: Misra, "Mish: a self regularized non-monotonic activation function", 2019.

    >>> from pellucid.functional import mish
    >>> mish([0.0, 2.0])
    Tensor([0.       1.943959], float32)
    """
    x = as_tensor(x)
    return x * tanh(softplus(x))


def hardtanh(x: TensorLike, low: float = -1.0, high: float = 1.0) -> Tensor:
    """Keep x within `low` and `high`.

    >>> from pellucid.functional import hardtanh
    >>> hardtanh([-3.0, 0.5])
    Tensor([-1.   0.5], float32)
    """
    return minimum(maximum(x, low), high)


def relu6(x: TensorLike) -> Tensor:
    """Give max(x, 0), at most 6.

    Source: Howard and others, "MobileNets", 2017.

    >>> from pellucid.functional import relu6
    >>> relu6([-1.0, 9.0])
    Tensor([0. 6.], float32)
    """
    return minimum(relu(x), 6)


def hardsigmoid(x: TensorLike) -> Tensor:
    """Give x / 6 + ½, kept within 0 and 1: a sigmoid of straight lines.

    >>> from pellucid.functional import hardsigmoid
    >>> hardsigmoid([-4.0, 0.0])
    Tensor([0.  0.5], float32)
    """
    return relu6(as_tensor(x) + 3) / 6


def hardswish(x: TensorLike) -> Tensor:
    """Give x · hardsigmoid(x): a :func:`silu` without exponentials.

    Source: Howard and others, "Searching for MobileNetV3", 2019.

    >>> from pellucid.functional import hardswish
    >>> hardswish([-4.0, 3.0])
    Tensor([-0.  3.], float32)
    """
    x = as_tensor(x)
    return x * relu6(x + 3) / 6


ACTIVATIONS: dict[str, Callable[..., Tensor]] = {
    "elu": elu,
    "gelu": gelu,
    "hardsigmoid": hardsigmoid,
    "hardswish": hardswish,
    "hardtanh": hardtanh,
    "identity": identity,
    "leaky_relu": leaky_relu,
    "linear": identity,
    "log_softmax": log_softmax,
    "mish": mish,
    "relu": relu,
    "relu6": relu6,
    "selu": selu,
    "sigmoid": sigmoid,
    "sign": sign,
    "silu": silu,
    "softmax": softmax,
    "softplus": softplus,
    "softsign": softsign,
    "tanh": tanh,
}


def activation(name: str | Callable[..., Tensor]) -> Callable[..., Tensor]:
    """Find an activation by its name; anything that can be called on a tensor may be one.

    Raises
    ------
    ArgumentError : for an unknown name, naming the closest

    >>> from pellucid.functional import activation
    >>> activation("tanh")([0.0])
    Tensor([0.], float32)
    """
    if isinstance(name, type):
        raise ArgumentTypeError(
            "an activation is given as a class", got=name.__name__, wanted="a name or a callable",
            mend=f"write {name.__name__}(), with parentheses",
        )  # fmt: skip
    return name if callable(name) else named(name, "activation", ACTIVATIONS)
