"""The function that is minimised: read once as a formula, computed at any point in float64."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from inspect import signature
from typing import Any, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pellucid.arguments import Frozen
from pellucid.autodiff import grad
from pellucid.engines.function import Function, function
from pellucid.errors import (
    ArgumentTypeError,
    DataError,
    GradientError,
    GraphError,
    NonFiniteError,
    ShapeError,
)
from pellucid.graph import Tensor, placeholder
from pellucid.graph.tensor import border_array

__all__ = ["Floats", "Iterate", "Objective", "Start", "place"]

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]
Start = ArrayLike | Mapping[str, ArrayLike]


class Iterate(Frozen):
    """A point of a path, and the step that led to it; vectors are flat.

    Attributes
    ----------
    point, value, gradient : xₖ, f(xₖ), ∇f(xₖ)
    curvature : computes ∇²f(xₖ)
    direction, length : pₖ₋₁ and αₖ₋₁ of the step xₖ = xₖ₋₁ + αₖ₋₁pₖ₋₁; None at the start
    trials : the lengths that were tried, in their order
    """

    point: Floats
    value: float
    gradient: Floats
    curvature: Callable[[], Floats]
    direction: Floats | None = None
    length: float | None = None
    trials: tuple[float, ...] = ()

    __eq__ = object.__eq__
    __hash__ = object.__hash__


@final
class Objective:
    """A function of one tensor, or of several by name, as a function of one flat vector.

    Parameters
    ----------
    function : takes tensors and gives a scalar
    start : a number, an array, or a mapping from the function's arguments to those
    data : arrays with the same number of rows, given to the function after the variables
    engine : what computes
    """

    def __init__(
        self, function: Callable[..., Tensor], start: Start, data: Sequence[ArrayLike], engine: str
    ) -> None:
        named = start if isinstance(start, Mapping) else {"x": start}
        starts = {name: border_array(x, np.dtype("float64"), name) for name, x in named.items()}
        self.is_named = isinstance(start, Mapping)
        self.shapes: dict[str, tuple[int, ...]] = {name: x.shape for name, x in starts.items()}
        self.start = np.concatenate([x.reshape(-1) for x in starts.values()] or [np.empty(0)])
        if not self.start.size:
            raise DataError(
                "the start has no number in it", where="start", got=repr(start),
                mend="give a number, an array, or a mapping such as {'w': 0.0}",
            )  # fmt: skip
        self.data = _columns(data)
        self._engine = engine
        self._inputs = [placeholder(s, dtype="float64", name=n) for n, s in self.shapes.items()]
        self._rows = [
            placeholder((None, *x.shape[1:]), dtype=x.dtype, name=f"data[{k}]")
            for k, x in enumerate(self.data)
        ]
        self._output = self._trace(function)
        self._slopes = _list(grad(self._output, self._inputs, unused="zero"))
        self._value = self._compiled([self._output])
        self._gradient = self._compiled([self._output, *self._slopes])
        self._product: Function | None = None

    def value(self, x: Floats) -> float:
        """Compute f(x)."""
        return float(self._value(*self._split(x), *self.data)[0])

    def gradient(self, x: Floats, rows: Rows | None = None) -> tuple[float, Floats]:
        """Compute f(x) and ∇f(x), over all data or some rows."""
        data = self.data if rows is None else [column[rows] for column in self.data]
        value, *slopes = self._gradient(*self._split(x), *data)
        return float(value), np.concatenate([np.reshape(g, -1) for g in slopes])

    def hessian(self, x: Floats) -> Floats:
        """Compute ∇²f(x), one product with a unit vector after the other."""
        if self._product is None:
            vectors = [
                placeholder(s, dtype="float64", name=f"{n} direction")
                for n, s in self.shapes.items()
            ]
            pairs = zip(self._slopes, vectors, strict=True)
            along = sum([(g * v).sum() for g, v in pairs][1:], (self._slopes[0] * vectors[0]).sum())
            products = _list(grad(along, self._inputs, unused="zero"))
            self._product = self._compiled(products, vectors)
        rows = [
            self._product(*self._split(x), *self._split(unit), *self.data)
            for unit in np.eye(len(x))
        ]
        full = np.stack([np.concatenate([np.reshape(g, -1) for g in row]) for row in rows])
        return (full + full.T) / 2

    def iterate(self, x: Floats, step: int, rows: Rows | None = None) -> Iterate:
        """Compute what a path records at a point; with `rows`, the gradient is theirs alone."""
        value, gradient = self.gradient(x, rows)
        return self.recorded(x, value if rows is None else self.value(x), gradient, step)

    def recorded(self, x: Floats, value: float, gradient: Floats, step: int, **led: Any) -> Iterate:
        """Record a point, if all is finite there."""
        if not (np.isfinite(value) and np.isfinite(gradient).all()):
            what = "gradient" if np.isfinite(value) else "value"
            raise NonFiniteError(
                f"the {what} is not a finite number",
                where=f"{'the start' if step == 0 else f'step {step}'}, {place(x)}",
                got=f"f(x) = {value:g}",
                mend="start where the function is defined" if step == 0
                else "take shorter steps, or search them: step=descent.Backtracking()",
            )  # fmt: skip
        return Iterate(x, value, gradient, lambda: self.hessian(x), **led)

    def shaped(self, x: Floats) -> Any:
        """Give a flat vector the form of the start: a number, an array, or a mapping."""
        parts = dict(zip(self.shapes, self._split(x), strict=True))
        return parts if self.is_named else parts["x"]

    @property
    def names(self) -> list[str]:
        """The names of the coordinates: x, or x[0], x[1], …"""
        return [
            name + (str(list(index)) if shape else "")
            for name, shape in self.shapes.items()
            for index in np.ndindex(shape)
        ]

    def _split(self, x: Floats) -> list[Floats]:
        ends = np.cumsum([int(np.prod(shape)) for shape in self.shapes.values()])[:-1]
        parts = zip(np.split(x, ends), self.shapes.values(), strict=True)
        return [part.reshape(shape) for part, shape in parts]

    def _compiled(self, outputs: list[Tensor], vectors: Sequence[Tensor] = ()) -> Function:
        return function([*self._inputs, *vectors, *self._rows], outputs, engine=self._engine)

    def _named_rows(self, function: Callable[..., Tensor]) -> dict[str, Tensor]:
        """Give the data to the arguments that are no variables, in their order."""
        arguments = list(signature(function).parameters)
        others = [name for name in arguments if name not in self.shapes]
        if len(others) != len(self._rows) or len(arguments) != len(others) + len(self.shapes):
            raise ArgumentTypeError(
                "start= and data= are not the arguments of the function",
                got=", ".join(self.shapes) + f" and {len(self._rows)} arrays of data",
                wanted=", ".join(arguments),
                mend="give start= a number or an array for each variable, by its name",
            )
        return dict(zip(others, self._rows, strict=True))

    def _trace(self, function: Callable[..., Tensor]) -> Tensor:
        """Read the function as a formula."""
        variables = dict(zip(self.shapes, self._inputs, strict=True))
        try:
            if self.is_named:
                output = function(**variables, **self._named_rows(function))
            else:
                output = function(*self._inputs, *self._rows)
        except GraphError as error:
            if "no value yet" not in error.what:
                raise
            raise GraphError(
                "the function asks for the value of x, but it is read once, as a formula",
                got=error.what,
                mend="write pel.where(x > 0, a, b) for if, pel.exp(x) for math.exp(x)",
            ) from error
        if not isinstance(output, Tensor):
            raise ArgumentTypeError(
                "the function does not give a tensor", got=type(output).__name__,
                wanted="a scalar tensor that depends on x",
                mend="compute with x itself: pel.exp(x)",
            )  # fmt: skip
        if output.shape != ():
            raise ShapeError(
                "the function does not give one number", got=f"shape {output.shape}",
                wanted="a scalar", mend="reduce it: .sum() or .mean()",
            )  # fmt: skip
        if output.dtype.kind != "f":
            raise GradientError(
                "the function gives whole numbers or truth values, which have no gradient",
                got=str(output.dtype), mend="leave out what rounds or compares",
            )  # fmt: skip
        return output


def place(x: Floats) -> str:
    """Write a point, a long one by its first coordinates."""
    shown = [f"{v:.5g}" for v in x[:4]] + ["…"] * (len(x) > 4)
    return "x = " + (shown[0] if len(shown) == 1 else f"[{', '.join(shown)}]")


def _list(given: Tensor | list[Tensor]) -> list[Tensor]:
    return given if isinstance(given, list) else [given]


def _columns(data: Sequence[ArrayLike]) -> list[NDArray[Any]]:
    """Bring the data to arrays, with floating numbers in float64."""
    if not isinstance(data, (list, tuple)):
        raise ArgumentTypeError(
            "data= takes several arrays", got=type(data).__name__, mend="write data=(X, y)"
        )
    arrays = [np.asarray(column) for column in data]
    arrays = [a.astype(np.float64) if a.dtype.kind == "f" else a for a in arrays]
    lengths = {a.shape[0] if a.ndim else 0 for a in arrays}
    if len(lengths) > 1 or 0 in lengths:
        raise DataError(
            "the arrays of data= have no common number of rows",
            got=", ".join(str(a.shape) for a in arrays), mend="give one row for each example",
        )  # fmt: skip
    return arrays
