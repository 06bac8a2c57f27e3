"""The record of a descent: every iterate, every step, and why it stopped."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any, final

import numpy as np
from numpy.typing import ArrayLike

from pellucid import plot
from pellucid.arguments import Declaration, Frozen
from pellucid.descent.directions import Direction
from pellucid.descent.objective import Floats, Iterate, Objective
from pellucid.descent.step_rules import Constant, StepRule
from pellucid.errors import ArgumentError, ShapeError
from pellucid.lazy import load
from pellucid.optim import Optimizer
from pellucid.wording import counted

__all__ = ["Model", "Path"]

ROWS = 12  # of the printed table
HEAD = ("value", "‖gradient‖", "length")  # of a table, between step and point
LONGEST_TITLE = 42


@final
class Model(Frozen):
    """The local model of a step: m(x) = f(c) + ∇f(c)ᵀ(x − c) + ½(x − c)ᵀB(x − c).

    Attributes
    ----------
    centre, value, gradient : c, f(c) and ∇f(c), flat
    curvature : B, a matrix; None where the model is a plane
    is_scalar : a model over numbers, which come in any shape

    Examples
    --------
    >>> from pellucid import descent
    >>> path = descent.minimise(lambda x: x**4, 1.0, descent.SteepestDescent(), 0.125, steps=1)
    >>> model = path.model(0)
    >>> model, float(model(path.x))
    (Model(at 1, value 1, gradient 4, curvature 8), 0.0)
    """

    centre: Floats
    value: float
    gradient: Floats
    curvature: Floats | None = None
    is_scalar: bool = False

    __eq__ = object.__eq__
    __hash__ = object.__hash__

    def __call__(self, x: ArrayLike) -> Floats:
        """Compute m at points of shape (…, n), or at numbers of any shape."""
        given = np.asarray(x, np.float64)
        size = len(self.centre)
        if self.is_scalar:
            given = given[..., None]
        if given.shape[-1:] != (size,):
            raise ShapeError(
                "the model has another number of coordinates", got=f"shape {given.shape}",
                wanted=f"(…, {size})", mend="give flat points, one in each row",
            )  # fmt: skip
        d = given - self.centre
        plane = self.value + d @ self.gradient
        if self.curvature is None:
            return np.asarray(plane)
        return np.asarray(plane + ((d @ self.curvature) * d).sum(-1) / 2)

    def __repr__(self) -> str:
        shape = "a plane" if self.curvature is None else f"curvature {_text(self.curvature)}"
        return (
            f"Model(at {_text(self.centre)}, value {self.value:.5g}, "
            f"gradient {_text(self.gradient)}, {shape})"
        )


@final
class Path(Frozen):
    """What a descent did; made by :func:`minimise`.

    ``print(path)`` shows the steps as a table, ``path.plot()`` as a picture.

    Attributes
    ----------
    method : the direction, or the optimizer
    rule : the step rule; None for an optimizer
    iterates : the points, with all that is known at each
    converged : whether the gradient became as small as was asked for
    stopped : why it ended, in words

    Examples
    --------
    >>> from pellucid import descent
    >>> path = descent.minimise(lambda x: (x - 3) ** 2, 1.0, descent.SteepestDescent(), 0.25,
    ...                         steps=2)
    >>> path.points.tolist(), path.values.tolist(), path.gradients.tolist()
    ([1.0, 2.0, 2.5], [4.0, 1.0, 0.25], [-4.0, -2.0, -1.0])
    >>> print(path)
    SteepestDescent × Constant(step=0.25): 2 steps, stopped: all 2 steps are done
      step       value  ‖gradient‖     length  x
         0           4           4             1
         1           1           2       0.25  2
         2        0.25           1       0.25  2.5
    """

    method: Direction | Optimizer
    rule: StepRule | None
    iterates: tuple[Iterate, ...]
    converged: bool
    stopped: str
    objective: Objective

    __eq__ = object.__eq__
    __hash__ = object.__hash__

    # --- the record --------------------------------------------------------------------------

    @property
    def x(self) -> Any:
        """The last point, in the form of the start: an array, or a mapping of arrays."""
        return self.at(self.steps)

    @property
    def value(self) -> float:
        """The value at the last point."""
        return self.iterates[-1].value

    @property
    def steps(self) -> int:
        """How many steps were taken."""
        return len(self.iterates) - 1

    @property
    def points(self) -> Floats:
        """All points x₀ … xₙ, shape (n + 1, *shape); flat ones (n + 1, size) for a mapping."""
        return self._stacked([one.point for one in self.iterates])

    @property
    def flat_points(self) -> Floats:
        """All points as rows of numbers, shape (n + 1, size)."""
        return np.stack([one.point for one in self.iterates])

    @property
    def values(self) -> Floats:
        """f(xₖ) of all points, shape (n + 1,)."""
        return np.array([one.value for one in self.iterates])

    @property
    def gradients(self) -> Floats:
        """The gradients used at all points, shaped as the points are."""
        return self._stacked([one.gradient for one in self.iterates])

    @property
    def directions(self) -> Floats:
        """pₖ of each step, n of them, shaped as the points are."""
        return self._stacked([p for one in self.iterates if (p := one.direction) is not None])

    @property
    def lengths(self) -> Floats:
        """αₖ of each step, shape (n,): xₖ₊₁ = xₖ + αₖpₖ."""
        return np.array([one.length for one in self.iterates[1:]], np.float64)

    @property
    def trials(self) -> list[tuple[float, ...]]:
        """The lengths that the line search of each step tried; `lengths` has the one taken."""
        return [one.trials for one in self.iterates[1:]]

    def at(self, step: int) -> Any:
        """Give the point after a number of steps, in the form of the start."""
        return self.objective.shaped(self.iterates[step].point)

    def model(self, step: int) -> Model:
        """Give the local model that led from point `step` to the next.

        For steepest descent its curvature is I/α, for Newton the Hessian, for L-BFGS what it has
        learned of it; conjugate gradients and momentum see a plane.

        Raises
        ------
        ArgumentError : for a step that was not taken, and for optimizers, which have no model
        """
        if not (isinstance(self.method, Direction) and 0 <= step < self.steps):
            raise ArgumentError(
                "there is no local model of this step", got=f"step {step} of {self.method!r}",
                wanted=f"0 ≤ step < {self.steps}, of a descent.Direction",
                mend="ask a path of descent.SteepestDescent or descent.Newton",
            )  # fmt: skip
        here, length = self.iterates[step], self.iterates[step + 1].length
        assert length is not None
        curvature = self.method.curvature(self.iterates[: step + 1], length)
        is_scalar = list(self.objective.shapes.values()) == [()]
        return Model(here.point, here.value, here.gradient, curvature, is_scalar)

    def _stacked(self, vectors: list[Floats]) -> Floats:
        size = len(self.objective.start)
        flat = np.array(vectors, np.float64).reshape(len(vectors), size)
        shapes = self.objective.shapes
        return flat if self.objective.is_named else flat.reshape(len(vectors), *shapes["x"])

    # --- pictures ----------------------------------------------------------------------------

    def plot(
        self,
        *,
        models: Any = (),
        bounds: Any = None,
        ax: Any = None,
        title: str | None = None,
    ) -> Any:
        """Draw the path: on the curve of a function of one number, on the contours of one of two.

        In more dimensions the values are drawn, as `plot_values` does.

        Parameters
        ----------
        models : steps whose local models are drawn too: whole on a curve, with the point that they
            promise; on contours by the level line through the point where the step begins
        bounds : (left, right), or ((left, right), (low, high)); else around the path
        ax : Matplotlib axes; new ones by default
        title : the heading; the method by default
        """
        flat, title = self.flat_points, title or self._title
        names, drawn = self.objective.names, [self.model(k) for k in models]
        look = {"bounds": bounds, "ax": ax, "title": title}
        if len(names) == 1:
            named = {
                f"model of step {k}": replace(model, is_scalar=True)
                for k, model in zip(models, drawn, strict=True)
            }
            led = flat[[k + 1 for k in models], 0]
            return plot.descent_curve(
                self.computed, flat[:, 0], models=named, led=led, name=names[0], **look
            )
        if len(names) == 2:
            through = flat[list(models)]
            return plot.descent_contours(
                self.computed,
                {self._name: flat},
                models=drawn,
                through=through,
                names=names,
                **look,
            )
        return self.plot_values(ax=ax, title=title)

    def plot_values(
        self, *, least: float | None = None, ax: Any = None, title: str | None = None
    ) -> Any:
        """Draw the value against the step; above `least`, if given, on a logarithmic scale."""
        title = title or self._title
        return plot.descent_values({self._name: self.values}, least=least, ax=ax, title=title)

    def computed(self, points: ArrayLike) -> Floats:
        """Compute the function at flat points (m, size)."""
        rows = np.reshape(points, (-1, len(self.objective.start)))
        return np.array([self.objective.value(row) for row in rows])

    # --- text --------------------------------------------------------------------------------

    @property
    def _name(self) -> str:
        return _short(self.method) + (f" × {_short(self.rule)}" if self.rule else "")

    @property
    def _title(self) -> str:
        """The name, without numbers where they would not fit above a picture."""
        parts = [type(one).__name__ for one in (self.method, self.rule) if one is not None]
        return self._name if len(self._name) <= LONGEST_TITLE else " × ".join(parts)

    def __repr__(self) -> str:
        return (
            f"Path({self._name}: {self._count} to value {self.value:.6g} at "
            f"{_text(self.iterates[-1].point)}; {self._end})"
        )

    @property
    def _end(self) -> str:
        return f"{'converged' if self.converged else 'stopped'}: {self.stopped}"

    @property
    def _count(self) -> str:
        return counted(self.steps, "step")

    def __str__(self) -> str:
        lines = [
            "  {:>4}  {:>10}  {:>10}  {:>9}  {}".format(*row) if row else "     …"
            for row in self._table
        ]
        return "\n".join([f"{self._name}: {self._count}, {self._end}", *lines])

    def _repr_html_(self) -> str:
        escape = load("html").escape

        def line(row: tuple[str, ...], tag: str) -> str:
            cells = "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in row or ("…",))
            return f"<tr>{cells}</tr>"

        head, *rows = self._table
        body = "".join([line(head, "th"), *[line(row, "td") for row in rows]])
        caption = escape(f"{self._name}: {self._count}, {self._end}")
        return f"<table><caption>{caption}</caption>{body}</table>"

    @property
    def _table(self) -> list[tuple[str, ...]]:
        """The head and a row for each step, with an empty one where those between are left out."""
        head, steps = ("step", *HEAD, self._coordinates), range(len(self.iterates))
        if len(steps) <= ROWS:
            return [head, *map(self._cells, steps)]
        first, last = steps[: ROWS // 2], steps[-ROWS // 2 :]
        return [head, *map(self._cells, first), (), *map(self._cells, last)]

    @property
    def _coordinates(self) -> str:
        return "x" if not self.objective.is_named else ", ".join(self.objective.names[:4])

    def _cells(self, step: int) -> tuple[str, ...]:
        one = self.iterates[step]
        slope = float(np.linalg.norm(one.gradient))
        length = "" if one.length is None else f"{one.length:.4g}"
        return str(step), f"{one.value:.6g}", f"{slope:.4g}", length, _text(one.point)


def _short(declaration: Declaration) -> str:
    """Write a declaration with what differs from its defaults."""
    given = [
        f"{one.name}={getattr(declaration, one.name)}"
        for one in fields(declaration)
        if getattr(declaration, one.name) != one.default or isinstance(declaration, Constant)
    ]
    return type(declaration).__name__ + (f"({', '.join(given)})" if given else "")


def _text(numbers: Floats) -> str:
    """Write a few numbers; one alone without brackets."""
    flat = numbers.reshape(-1)
    shown = [f"{v:.6g}" for v in flat[:4]] + ["…"] * (flat.size > 4)
    return shown[0] if len(shown) == 1 else f"[{', '.join(shown)}]"
