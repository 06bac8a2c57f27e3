"""Initialisers: how the first values of a variable are drawn, from a shape and a random key.

Every number is drawn in float64, from 32 random bits, and rounded by the variable that takes it: a
float32 and a float64 model start from the same numbers.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from pellucid.arguments import Declaration, named, ranged, register
from pellucid.errors import ArgumentError, ArgumentTypeError
from pellucid.graph.tensor import constant
from pellucid.functional.random import normal_like
from pellucid.ops.random import uniform_like

__all__ = [
    "INITIALIZERS", "Constant", "Initializer", "KaimingNormal", "KaimingUniform", "Normal", "Ones",
    "Uniform", "XavierNormal", "XavierUniform", "Zeros", "initializer",
]  # fmt: skip

Shape = tuple[int, ...]
Key = NDArray[np.uint32]
Values = NDArray[np.float64]

INITIALIZERS: dict[str, type[Initializer]] = {}


@dataclass(frozen=True)
class Initializer(Declaration, ABC):
    """Draws an array of a shape from a random key; subclass it, as a frozen data class.

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> import numpy as np
    >>> from pellucid.layers.init import Initializer
    >>> @dataclass(frozen=True)
    ... class Identity(Initializer):
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
    like = constant(np.broadcast_to(np.zeros(()), shape))
    return low + (high - low) * uniform_like(key, 0, like).numpy()


def _normally(shape: Shape, key: Key, mean: float, deviation: float) -> Values:
    like = constant(np.broadcast_to(np.zeros(()), shape))
    return mean + deviation * normal_like(key, 0, like).numpy()


# --- without regard to the shape -----------------------------------------------------------


@final
@dataclass(frozen=True)
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
@dataclass(frozen=True)
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
@dataclass(frozen=True)
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
@dataclass(frozen=True)
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
        if self.low > self.high:
            raise ArgumentError(
                "the lower end is above the upper end", where="Uniform",
                got=f"low={self.low}, high={self.high}", wanted="low ≤ high",
                mend=f"write Uniform({self.high}, {self.low})",
            )  # fmt: skip

    def __call__(self, shape: Shape, key: Key) -> Values:
        """Draw the array."""
        return _evenly(shape, key, self.low, self.high)


@final
@dataclass(frozen=True)
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
@dataclass(frozen=True)
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
@dataclass(frozen=True)
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


@final
@dataclass(frozen=True)
class KaimingUniform(Initializer):
    """Drawn evenly from ±√(6 / ((1 + slope²) · inputs)), for layers that a ReLU follows.

    `slope` is that of a leaky ReLU below zero.

    Source: He, Zhang, Ren and Sun, "Delving deep into rectifiers", 2015, equation 15.

    >>> from pellucid.layers.init import KaimingUniform
    >>> from pellucid.ops.random import derive_key
    >>> w = KaimingUniform()((4, 6), derive_key(1, "w"))
    >>> bool((abs(w) <= 1).all())
    True
    """

    slope: float = ranged(0.0)

    def __call__(self, shape: Shape, key: Key) -> Values:
        """Draw the array."""
        inputs, _ = fans(shape, "KaimingUniform")
        bound = math.sqrt(6 / ((1 + self.slope**2) * inputs))
        return _evenly(shape, key, -bound, bound)


@final
@dataclass(frozen=True)
class KaimingNormal(Initializer):
    """Drawn from the normal distribution with deviation √(2 / ((1 + slope²) · inputs)).

    Source: as for :class:`KaimingUniform`.

    >>> from pellucid.layers.init import KaimingNormal
    >>> from pellucid.ops.random import derive_key
    >>> KaimingNormal()((4, 6), derive_key(1, "w")).shape
    (4, 6)
    """

    slope: float = ranged(0.0)

    def __call__(self, shape: Shape, key: Key) -> Values:
        """Draw the array."""
        inputs, _ = fans(shape, "KaimingNormal")
        return _normally(shape, key, 0.0, math.sqrt(2 / ((1 + self.slope**2) * inputs)))


# --- by name -------------------------------------------------------------------------------

_BY_NAME: dict[str, Initializer] = {
    "kaiming_normal": KaimingNormal(),
    "kaiming_uniform": KaimingUniform(),
    "ones": Ones(),
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
