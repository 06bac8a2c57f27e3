"""Initialisers: how the first values of a variable are drawn, from a shape and a random key.

Every number is drawn in float64, from 32 random bits, and rounded by the variable that takes it: a
float32 and a float64 model start from the same numbers.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import field
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from pellucid import lazy
from pellucid.arguments import Declaration, named, one_of, ranged, register
from pellucid.errors import ArgumentError, ArgumentTypeError
from pellucid.functional.random import normal_like
from pellucid.graph.tensor import constant
from pellucid.ops.random import RANDOM_BITS

__all__ = [
    "INITIALIZERS", "Constant", "Initializer", "KaimingNormal", "KaimingUniform", "LecunNormal",
    "LecunUniform", "Normal", "Ones", "Orthogonal", "TruncatedNormal", "Uniform", "XavierNormal",
    "XavierUniform", "Zeros", "gain", "initializer",
]  # fmt: skip

Shape = tuple[int, ...]
Key = NDArray[np.uint32]
Values = NDArray[np.float64]

INITIALIZERS: dict[str, type[Initializer]] = {}


class Initializer(Declaration, ABC):
    """Draws an array of a shape from a random key; subclass it, as a frozen data class.

    Examples
    --------
    >>> import numpy as np
    >>> from pellucid.layers.init import Initializer
    >>> class Identity(Initializer):
    ...     def __call__(self, shape, key):
    ...         return np.eye(*shape)
    >>> Identity()((2, 2), np.zeros(2, "uint32")).tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if not cls.__name__.startswith("_"):
            register(INITIALIZERS, cls)

    @abstractmethod
    def __call__(self, shape: Shape, key: Key) -> NDArray[Any]:
        """Draw the array."""


def _evenly(shape: Shape, key: Key, low: float, high: float) -> Values:
    like = np.broadcast_to(np.zeros(()), shape)
    drawn: Values = RANDOM_BITS.array(np, key, np.uint32(0), like) * 2.0**-32
    return low + (high - low) * drawn


def _normally(shape: Shape, key: Key, mean: float, deviation: float) -> Values:
    like = constant(np.broadcast_to(np.zeros(()), shape))
    return mean + deviation * normal_like(key, 0, like).numpy()


def _check_order(low: float, high: float, name: str) -> None:
    if low > high:
        raise ArgumentError(
            "the lower end is above the upper end", where=name,
            got=f"low={low}, high={high}", wanted="low ≤ high",
            mend=f"write {name}(low={high}, high={low})",
        )  # fmt: skip


# --- without regard to the shape -----------------------------------------------------------


@final
class Zeros(Initializer):
    """All zero.

    >>> from pellucid.layers.init import Zeros
    >>> Zeros()((2,), None).tolist()
    [0.0, 0.0]
    """

    def __call__(self, shape: Shape, key: Key) -> Values:
        """Fill the array."""
        return np.zeros(shape)


@final
class Ones(Initializer):
    """All one.

    >>> from pellucid.layers.init import Ones
    >>> Ones()((2,), None).tolist()
    [1.0, 1.0]
    """

    def __call__(self, shape: Shape, key: Key) -> Values:
        """Fill the array."""
        return np.ones(shape)


@final
class Constant(Initializer):
    """All the same value.

    >>> from pellucid.layers.init import Constant
    >>> Constant(0.5)((2,), None).tolist()
    [0.5, 0.5]
    """

    value: float = ranged(0.0)

    def __call__(self, shape: Shape, key: Key) -> Values:
        """Fill the array."""
        return np.full(shape, self.value)


@final
class Uniform(Initializer):
    """Drawn evenly from [low, high).

    >>> from pellucid.layers.init import Uniform
    >>> from pellucid.ops.random import derive_key
    >>> w = Uniform(-1, 1)((3, 4), derive_key(1, "w"))
    >>> w.shape, bool((abs(w) <= 1).all())
    ((3, 4), True)
    """

    low: float = ranged(-1.0)
    high: float = ranged(1.0)

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_order(self.low, self.high, "Uniform")

    def __call__(self, shape: Shape, key: Key) -> Values:
        """Draw the array."""
        return _evenly(shape, key, self.low, self.high)


@final
class Normal(Initializer):
    """Drawn from the normal distribution of a mean and a standard deviation.

    >>> from pellucid.layers.init import Normal
    >>> from pellucid.ops.random import derive_key
    >>> Normal(0, 0.01)((3, 4), derive_key(1, "w")).shape
    (3, 4)
    """

    mean: float = ranged(0.0)
    deviation: float = ranged(1.0, low=0)

    def __call__(self, shape: Shape, key: Key) -> Values:
        """Draw the array."""
        return _normally(shape, key, self.mean, self.deviation)


@final
class TruncatedNormal(Initializer):
    """Drawn from the part of a normal distribution that lies between `low` and `high`.

    Formula: mean + deviation · Φ⁻¹(u), with u drawn evenly between Φ of both ends.

    >>> from pellucid.layers.init import TruncatedNormal
    >>> from pellucid.ops.random import derive_key
    >>> w = TruncatedNormal(0, 0.02, -0.04, 0.04)((3, 4), derive_key(1, "w"))
    >>> bool((abs(w) <= 0.04).all())
    True
    """

    mean: float = ranged(0.0)
    deviation: float = ranged(1.0, above=0)
    low: float = ranged(-2.0)
    high: float = ranged(2.0)

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_order(self.low, self.high, "TruncatedNormal")

    def __call__(self, shape: Shape, key: Key) -> Values:
        """Draw the array."""
        special = lazy.load("scipy.special")
        ends = [(end - self.mean) / self.deviation for end in (self.low, self.high)]
        drawn = special.ndtri(_evenly(shape, key, *special.ndtr(ends)))
        values: Values = np.clip(self.mean + self.deviation * drawn, self.low, self.high)
        return values


# --- by the number of inputs and outputs of a unit ------------------------------------------


def fans(shape: Shape, name: str) -> tuple[int, int]:
    """Count the inputs and the outputs of a unit: a weight is (outputs, inputs, …window).

    >>> fans((20, 3, 5, 5), "XavierUniform")
    (75, 500)
    """
    if len(shape) < 2:
        raise ArgumentError(
            f"{name} looks at the inputs and outputs of a unit, and a bias has none",
            got=f"shape {shape}", wanted="a weight of at least two dimensions",
            mend='write bias_init="zeros", or nn.init.Uniform(low, high)',
        )  # fmt: skip
    window = math.prod(shape[2:])
    return max(shape[1] * window, 1), max(shape[0] * window, 1)


@final
class XavierUniform(Initializer):
    """Drawn evenly from ±gain · √(6 / (inputs + outputs)).

    Source: Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural
    networks", 2010, equation 16.

    >>> from pellucid.layers.init import XavierUniform
    >>> from pellucid.ops.random import derive_key
    >>> w = XavierUniform()((4, 2), derive_key(1, "w"))
    >>> bool((abs(w) <= 1).all())
    True
    """

    gain: float = ranged(1.0, above=0)

    def __call__(self, shape: Shape, key: Key) -> Values:
        """Draw the array."""
        bound = self.gain * math.sqrt(6 / sum(fans(shape, "XavierUniform")))
        return _evenly(shape, key, -bound, bound)


@final
class XavierNormal(Initializer):
    """Drawn from the normal distribution with deviation gain · √(2 / (inputs + outputs)).

    Source: as for :class:`XavierUniform`.

    >>> from pellucid.layers.init import XavierNormal
    >>> from pellucid.ops.random import derive_key
    >>> XavierNormal()((4, 2), derive_key(1, "w")).shape
    (4, 2)
    """

    gain: float = ranged(1.0, above=0)

    def __call__(self, shape: Shape, key: Key) -> Values:
        """Draw the array."""
        return _normally(
            shape, key, 0.0, self.gain * math.sqrt(2 / sum(fans(shape, "XavierNormal")))
        )


# The gains of PyTorch's calculate_gain: how much a non-linearity shrinks what passes through it.
GAINS: dict[str, float] = {
    "linear": 1.0, "sigmoid": 1.0, "tanh": 5 / 3, "relu": math.sqrt(2), "selu": 3 / 4,
}  # fmt: skip


def gain(nonlinearity: str, slope: float = 0.01) -> float:
    """Give the factor by which weights start larger, because of the activation that follows.

    Formula: 1 for linear and sigmoid, 5/3 for tanh, √2 for relu, √(2 / (1 + slope²)) for
    leaky_relu, 3/4 for selu.

    >>> from pellucid import nn
    >>> nn.init.gain("tanh")
    1.6666666666666667
    """
    return named(nonlinearity, "gain", GAINS | {"leaky_relu": math.sqrt(2 / (1 + slope**2))})


def _word(default: str, *others: str) -> Any:
    """Declare an argument that is one of some words."""
    choices = (default, *others)
    return field(default=default, metadata={"check": lambda v, name: one_of(v, name, choices)})


class _Kaiming(Initializer):
    """What both have in common: the deviation gain / √fan."""

    slope: float = ranged(0.0)
    mode: str = _word("fan_in", "fan_out")
    nonlinearity: str = _word("leaky_relu", *GAINS)

    def _deviation(self, shape: Shape) -> float:
        inputs, outputs = fans(shape, type(self).__name__)
        fan = inputs if self.mode == "fan_in" else outputs
        return gain(self.nonlinearity, self.slope) / math.sqrt(fan)


@final
class KaimingUniform(_Kaiming):
    """Drawn evenly from ±gain · √(3 / fan), for layers that a ReLU follows.

    Parameters
    ----------
    slope : that of a leaky ReLU below zero; 0 is the ReLU
    mode : whether the fan counts the inputs of a unit ("fan_in") or its outputs ("fan_out")
    nonlinearity : what follows, see :func:`gain`

    Source: He, Zhang, Ren and Sun, "Delving deep into rectifiers", 2015, equation 15.

    >>> from pellucid.layers.init import KaimingUniform
    >>> from pellucid.ops.random import derive_key
    >>> w = KaimingUniform()((4, 6), derive_key(1, "w"))
    >>> bool((abs(w) <= 1).all())
    True
    """

    def __call__(self, shape: Shape, key: Key) -> Values:
        """Draw the array."""
        bound = math.sqrt(3) * self._deviation(shape)
        return _evenly(shape, key, -bound, bound)


@final
class KaimingNormal(_Kaiming):
    """Drawn from the normal distribution with deviation gain / √fan.

    Parameters and source are those of :class:`KaimingUniform`.

    >>> from pellucid.layers.init import KaimingNormal
    >>> from pellucid.ops.random import derive_key
    >>> KaimingNormal()((4, 6), derive_key(1, "w")).shape
    (4, 6)
    """

    def __call__(self, shape: Shape, key: Key) -> Values:
        """Draw the array."""
        return _normally(shape, key, 0.0, self._deviation(shape))


@final
class LecunUniform(Initializer):
    """Drawn evenly from ±√(3 / inputs).

    Source: LeCun, Bottou, Orr and Müller, "Efficient backprop", 1998, section 4.6.

    >>> from pellucid.layers.init import LecunUniform
    >>> from pellucid.ops.random import derive_key
    >>> bool((abs(LecunUniform()((4, 3), derive_key(1, "w"))) <= 1).all())
    True
    """

    def __call__(self, shape: Shape, key: Key) -> Values:
        """Draw the array."""
        bound = math.sqrt(3 / fans(shape, "LecunUniform")[0])
        return _evenly(shape, key, -bound, bound)


@final
class LecunNormal(Initializer):
    """Drawn from the normal distribution with deviation √(1 / inputs); SELU wants it.

    Source: as for :class:`LecunUniform`.

    >>> from pellucid.layers.init import LecunNormal
    >>> from pellucid.ops.random import derive_key
    >>> LecunNormal()((4, 3), derive_key(1, "w")).shape
    (4, 3)
    """

    def __call__(self, shape: Shape, key: Key) -> Values:
        """Draw the array."""
        return _normally(shape, key, 0.0, math.sqrt(1 / fans(shape, "LecunNormal")[0]))


@final
class Orthogonal(Initializer):
    """A matrix whose rows, or columns if there are fewer of them, are orthogonal, times `gain`.

    A weight of more dimensions is seen as a matrix with a row for each unit.

    Source: Saxe, McClelland and Ganguli, "Exact solutions to the nonlinear dynamics of learning in
    deep linear neural networks", 2014.

    >>> from pellucid.layers.init import Orthogonal
    >>> from pellucid.ops.random import derive_key
    >>> w = Orthogonal()((2, 3), derive_key(1, "w"))
    >>> bool(abs(w @ w.T - np.eye(2)).max() < 1e-12)
    True
    """

    gain: float = ranged(1.0, above=0)

    def __call__(self, shape: Shape, key: Key) -> Values:
        """Draw a normal matrix, and make it orthogonal."""
        fans(shape, "Orthogonal")
        rows, columns = shape[0], math.prod(shape[1:])
        drawn = _normally((max(rows, columns), min(rows, columns)), key, 0.0, 1.0)
        q, r = np.linalg.qr(drawn)
        q = q * np.sign(np.diag(r))  # so that every orthogonal matrix is equally likely
        return self.gain * (q if rows >= columns else q.T).reshape(shape)


# --- by name -------------------------------------------------------------------------------

_BY_NAME: dict[str, Initializer] = {
    "kaiming_normal": KaimingNormal(),
    "kaiming_uniform": KaimingUniform(),
    "lecun_normal": LecunNormal(),
    "lecun_uniform": LecunUniform(),
    "normal": Normal(),
    "ones": Ones(),
    "orthogonal": Orthogonal(),
    "truncated_normal": TruncatedNormal(),
    "xavier_normal": XavierNormal(),
    "xavier_uniform": XavierUniform(),
    "zeros": Zeros(),
}


def initializer(value: object) -> Initializer:
    """Find an initialiser by name; those that need numbers are given as objects.

    Raises
    ------
    ArgumentError : for an unknown name, naming the closest

    >>> from pellucid.layers.init import initializer
    >>> initializer("xavier_uniform")
    XavierUniform(gain=1.0)
    """
    if isinstance(value, Initializer):
        return value
    if isinstance(value, str):
        return named(value, "initialiser", _BY_NAME)
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    raise ArgumentTypeError(
        "this is no initialiser", got=repr(value),
        wanted=f"one of {', '.join(_BY_NAME)}, or an object such as nn.init.Uniform(-1, 1)",
        mend=f"write nn.init.Constant({value!r})" if number else 'write "zeros"',
    )  # fmt: skip
