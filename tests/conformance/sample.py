"""What is known of one operation, as data from which every test of it is made."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.graph import OPS, Tensor, apply

FLOATS = ("float16", "float32", "float64")
INTEGERS = ("int8", "int32", "int64", "uint8", "uint32", "uint64")
NUMBERS = (*FLOATS, *INTEGERS)
EVERYTHING = (*NUMBERS, "bool")
KINDS = {
    "half": ("float16",),
    "floating": ("float32", "float64"),
    "whole": INTEGERS,
    "truth": ("bool",),
}

LEAVES = {
    "placeholder": "given at a call",
    "constant": "given when the graph is made",
    "read": "the value of a variable",
}

Array = NDArray[Any]
Shape = tuple[int, ...]


@dataclass(frozen=True)
class Domain:
    """Where the values of an argument lie; `dtype` when it is not the one under test.

    Floating values are all different, none is a whole number, and no two are nearer than the
    steps of a finite difference: samples stay away from ties and kinks by construction.
    """

    low: float = -2.0
    high: float = 2.0
    dtype: str = ""

    def draw(self, shape: Shape, dtype: str, position: int) -> Array:
        """Make the values of the argument at `position`; the same ones at every call."""
        kind = np.dtype(self.dtype or dtype)
        total = int(np.prod(shape))
        generator = np.random.default_rng(total + position)
        if kind.kind == "f":
            spread = (np.arange(total) + 0.382 + 0.1 * position) / max(total, 1)
            values = self.low + (self.high - self.low) * generator.permutation(spread)
        else:
            low = np.ceil(self.low) if kind.kind == "i" else max(np.ceil(self.low), 0)
            values = generator.integers(int(low), max(int(self.high), int(low)) + 1, total)
        return values.reshape(shape).astype(kind)


@dataclass(frozen=True)
class Case:
    """The shapes of the arguments, and the settings with which the function is called."""

    shapes: tuple[Shape, ...]
    settings: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        settings = [f"{name}={value}" for name, value in self.settings.items()]
        return ", ".join([*map(str, self.shapes), *settings])


def case(*shapes: Shape, **settings: Any) -> Case:
    return Case(shapes, settings)


# Odd shapes: a scalar, no elements, one element, primes; and pairs that broadcast.
UNARY = tuple(case(shape) for shape in [(3, 4), (), (0, 3), (1,), (1, 1, 2), (7, 13)])
BINARY = tuple(
    case(*shapes)
    for shapes in [
        ((3, 4), (3, 4)), ((), ()), ((), (5,)), ((3, 1), (1, 4)), ((0, 3), (3,)), ((2, 1, 3), (1,)),
        ((7, 13), (13,)),
    ]
)  # fmt: skip


@dataclass(frozen=True)
class Sample:
    """How one operation is tried.

    Parameters
    ----------
    function : takes tensors, and settings by name; gives a tensor in whose graph the operation is
    numpy : the same over arrays, told independently of the operation's own declaration
    cases : shapes and settings
    domains : of each argument; the last one serves all further arguments
    dtypes : those that the operation takes
    extremes : further arguments for a dtype, such as infinities, for which values are compared
    differentiable : whether finite differences show its derivatives
    ulps : how many units in the last place, relative and absolute, the engines may differ
    """

    function: Callable[..., Tensor]
    numpy: Callable[..., Any]
    cases: tuple[Case, ...] = UNARY
    domains: tuple[Domain, ...] = (Domain(),)
    dtypes: tuple[str, ...] = FLOATS
    extremes: Callable[[np.dtype[Any]], Sequence[tuple[Array, ...]]] = lambda dtype: ()
    differentiable: bool = True
    ulps: int = 4

    def arguments(self, one: Case, dtype: str) -> tuple[Array, ...]:
        """Draw the arguments of a case."""
        domains = [*self.domains, *[self.domains[-1]] * len(one.shapes)]
        pairs = zip(domains, one.shapes, strict=False)
        return tuple(domain.draw(shape, dtype, k) for k, (domain, shape) in enumerate(pairs))

    def trials(self, dtype: str) -> list[tuple[str, tuple[Array, ...], Mapping[str, Any]]]:
        """List all that is tried in a dtype: what it is called, arguments and settings."""
        drawn = [(str(one), self.arguments(one, dtype), one.settings) for one in self.cases]
        settings = self.cases[0].settings
        fixed = self.extremes(np.dtype(dtype)) if np.dtype(dtype).kind == "f" else ()
        return [*drawn, *((f"extremes {k}", a, settings) for k, a in enumerate(fixed))]

    @property
    def small(self) -> list[Case]:
        """The cases in which every element can be moved for a finite difference."""
        sizes = [[int(np.prod(shape)) for shape in one.shapes] for one in self.cases]
        return [
            one
            for one, of_all in zip(self.cases, sizes, strict=True)
            if min(of_all) > 0 and sum(of_all) <= 24
        ]


def _edge(dtype: np.dtype[Any]) -> Array:
    limits = np.finfo(dtype)
    return np.array(
        [np.nan, np.inf, -np.inf, 0.0, -0.0, limits.smallest_subnormal, -limits.tiny, limits.max,
         limits.min, 1.0, -1.0, limits.eps],
        dtype,
    )  # fmt: skip


def each(dtype: np.dtype[Any]) -> list[tuple[Array, ...]]:
    """Not-a-number, infinities, both zeros, subnormal, least and greatest numbers."""
    return [(_edge(dtype),)]


def pairs(dtype: np.dtype[Any]) -> list[tuple[Array, ...]]:
    """Each of them against each."""
    edge = _edge(dtype)
    return [(edge[:, None], edge[None, :])]


def in_double(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compute in float64, and give the dtype that NumPy gives to an exponential."""

    def computed(*arrays: Array) -> Array:
        wanted = np.exp(arrays[0]).dtype
        return np.asarray(function(*[array.astype(np.float64) for array in arrays])).astype(wanted)

    return computed


def through(name: str) -> Callable[..., Tensor]:
    """Give an internal operation as a function of tensors."""
    return lambda *tensors, **settings: apply(OPS[name], *tensors, **settings)


FOLDER = Path(__file__).parent / "samples"
NAMES = sorted(path.stem for path in FOLDER.glob("[!_]*.py"))


def sample(name: str) -> Sample:
    found = importlib.import_module(f"conformance.samples.{name}").SAMPLE
    assert isinstance(found, Sample)
    return found
