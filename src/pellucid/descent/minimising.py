"""The one loop of descent: direction, length, step, until there is a reason to stop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pellucid.arguments import number_in, truth, whole_number
from pellucid.descent.directions import LBFGS, Direction
from pellucid.descent.objective import Iterate, Objective, Start
from pellucid.descent.path import Path
from pellucid.descent.step_rules import Constant, Line, StepRule
from pellucid.errors import ArgumentError, ArgumentTypeError
from pellucid.graph import Tensor, Variable, constant
from pellucid.optim import Optimizer

__all__ = ["minimise"]

Advance = Callable[[Sequence[Iterate]], Iterate | None]
Rows = NDArray[np.intp]
Draw = Callable[[], Rows | None]  # the rows of the next step; None for all of them


def minimise(
    function: Callable[..., Tensor],
    start: Start,
    method: Direction | Optimizer | None = None,
    step: float | StepRule | None = None,
    *,
    steps: int = 1000,
    tolerance: float = 1e-6,
    data: Sequence[ArrayLike] = (),
    batch_size: int | None = None,
    replacement: bool = False,
    seed: int = 0,
    engine: str = "reference",
) -> Path:
    """Minimise a function of tensors, and record the path: xₖ₊₁ = xₖ + αₖpₖ, in float64.

    Gradients and Hessians are automatic; the function is read once, as a formula.

    Parameters
    ----------
    function : takes a tensor and gives a scalar; or several, by name
    start : x₀: a number, an array, or ``{"w": …, "b": …}`` for a function of w and b
    method : the direction pₖ, ``LBFGS()`` by default, or an optimizer such as ``optim.Adam(0.1)``
    step : the length αₖ: a number, ``Backtracking()``, ``Exact()`` or ``Wolfe()``; that of the
        method by default
    steps : how many at most
    tolerance : stop where no entry of the gradient is larger
    data : arrays that the function takes after its variables: ``function(x, X, y)``
    batch_size : take each gradient over so many rows of the data, drawn anew; values are still
        recorded over all, and `tolerance` does not count
    replacement, seed : whether a row may be drawn twice in a batch; what decides the rows
    engine : what computes: "native" pays for long paths and large data

    Raises
    ------
    NonFiniteError : when value or gradient is not finite at a point
    ArgumentError : for a line search along a direction that climbs or never ends, and for a
        Hessian that is not positive definite

    Source: Nocedal and Wright, Numerical Optimization, 2006, chapters 2 to 7.

    Examples
    --------
    >>> from pellucid import descent
    >>> rosenbrock = lambda x: (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2
    >>> path = descent.minimise(rosenbrock, [-1.2, 1])
    >>> path.converged, path.x.round(5).tolist()
    (True, [1.0, 1.0])
    >>> line = lambda w, b: (w - 2) ** 2 + (w + b) ** 2
    >>> descent.minimise(line, {"w": 0.0, "b": 0.0}, descent.Newton()).x
    {'w': array(2.), 'b': array(-2.)}
    """
    whole_number(steps, "steps", at_least=0)
    number_in(tolerance, "tolerance", low=0)
    objective = Objective(function, start, data, engine)
    method = _checked(LBFGS() if method is None else method)
    rule = _rule(method, step)
    draw = _drawing(objective, method, rule, batch_size, truth(replacement, "replacement"), seed)
    end = partial(_end, steps=steps, tolerance=tolerance, decisive=_decisive(method, batch_size))
    return _descend(method, rule, objective, draw, end)


def _descend(
    method: Direction | Optimizer,
    rule: StepRule | None,
    objective: Objective,
    draw: Draw,
    end: Callable[[Sequence[Iterate]], tuple[bool, str]],
) -> Path:
    """Step until there is a reason to end."""
    iterates = [objective.iterate(objective.start, 0, draw())]
    advance = _advance(method, rule, objective, draw)
    converged, stopped = end(iterates)
    while not stopped:
        new = advance(iterates)
        if new is None:
            stopped = "no step along the direction lowers the value enough (rounding, or a kink)"
        else:
            iterates.append(new)
            converged, stopped = end(iterates)
    return Path(method, rule, tuple(iterates), converged, stopped, objective)


def _decisive(method: Direction | Optimizer, batch_size: int | None) -> int:
    """How many small gradients in a row mean an end; momentum may race across a minimum."""
    if batch_size is not None:
        return 0
    return 2 if isinstance(method, Optimizer) or method.carries_on else 1


def _end(
    iterates: Sequence[Iterate], steps: int, tolerance: float, decisive: int
) -> tuple[bool, str]:
    """Whether the path has converged, and why it ends, if it does."""
    last = [abs(one.gradient).max(initial=0.0) for one in iterates[-decisive:]] if decisive else []
    if last and max(last) <= tolerance:
        bound = f"exceeds {tolerance:g}" if tolerance else "differs from zero"
        return True, f"no entry of the gradient {bound}"
    return False, f"all {steps} steps are done" if len(iterates) > steps else ""


# --- steps ---------------------------------------------------------------------------------


def _advance(
    method: Direction | Optimizer,
    rule: StepRule | None,
    objective: Objective,
    draw: Draw,
) -> Advance:
    """What makes the next iterate from those so far; None where it finds none."""
    if isinstance(method, Optimizer):
        return _optimizing(method, objective, draw)
    assert rule is not None
    return _searching(method, rule, objective, draw)


def _searching(method: Direction, rule: StepRule, objective: Objective, draw: Draw) -> Advance:
    """Steps along a direction, as long as a rule says."""

    def advance(iterates: Sequence[Iterate]) -> Iterate | None:
        here, step = iterates[-1], len(iterates)
        direction = method.towards(iterates)
        slope = float(here.gradient @ direction)
        if rule.searches and not slope < 0:
            raise ArgumentError(
                "a line search was asked to go along a direction that does not descend",
                where=f"step {step - 1}, {method!r}", got=f"∇f(x)ᵀp = {slope:.4g}",
                wanted="∇f(x)ᵀp < 0",
                mend="give a constant step, step=0.01, or another method, SteepestDescent()",
            )  # fmt: skip
        line = Line(objective, here, direction, method.first_trial(iterates, slope))
        length = rule.length(line)
        if length is None:
            return None
        led = {"direction": direction, "length": length, "trials": tuple(line.trials)}
        rows, point = draw(), line.point(length)
        if rows is None:
            value, gradient = line.gradient(length)
        else:
            value, gradient = objective.value(point), objective.gradient(point, rows)[1]
        return objective.recorded(point, value, gradient, step, **led)

    return advance


def _optimizing(optimizer: Optimizer, objective: Objective, draw: Draw) -> Advance:
    """Steps of an optimizer, which decides both direction and length."""
    x = Variable(objective.start, dtype="float64", name="x")
    stepper = optimizer.over({"x": x})

    def advance(iterates: Sequence[Iterate]) -> Iterate:
        here, step = iterates[-1], len(iterates)
        stepper.zero_grad()
        (x * constant(here.gradient)).sum().backward()  # whose gradient is the one we have
        stepper.step()
        point, rows = x.numpy().copy(), draw()
        value, gradient = objective.gradient(point, rows)
        value = value if rows is None else objective.value(point)
        led = {"direction": point - here.point, "length": 1.0}
        return objective.recorded(point, value, gradient, step, **led)

    return advance


def _drawing(
    objective: Objective,
    method: Direction | Optimizer,
    rule: StepRule | None,
    size: int | None,
    replacement: bool,
    seed: int,
) -> Draw:
    """Draw the rows of each step; none where all count."""
    if size is None:
        return lambda: None
    if not objective.data:
        raise ArgumentError(
            "batch_size= draws rows, but there are no data", got=f"batch_size={size}",
            mend="give them, data=(X, y), to a function of x, X and y",
        )  # fmt: skip
    if isinstance(method, Direction) and rule is not None and (rule.searches or method.compares):
        raise ArgumentError(
            f"{'a line search' if rule.searches else type(method).__name__} needs one function, "
            "but each batch is another one",
            got=f"step={rule!r}, batch_size={size}", wanted="a constant step or an optimizer",
            mend="write step=0.1, with descent.SteepestDescent() or descent.Momentum()",
        )  # fmt: skip
    count = len(objective.data[0])
    whole_number(size, "batch_size", at_least=1, at_most=None if replacement else count)
    generator = np.random.default_rng(whole_number(seed, "seed"))
    return lambda: generator.choice(count, size, replace=replacement)


# --- what was asked for --------------------------------------------------------------------


def _checked(method: object) -> Direction | Optimizer:
    if isinstance(method, Optimizer):
        if method.averaging is not None:
            raise ArgumentError(
                "a path has no averages of weights", got=f"averaging={method.averaging!r}",
                mend="leave averaging out; average path.points[-10:] by hand",
            )  # fmt: skip
        return method
    if isinstance(method, Direction):
        return method
    name = method.__name__ if isinstance(method, type) else type(method).__name__
    raise ArgumentTypeError(
        "method= takes a direction of descent, or an optimizer", got=repr(method),
        wanted="such as descent.Newton() or optim.Adam(0.1)",
        mend=f"write {name}(), with parentheses" if isinstance(method, type)
        else "write descent.LBFGS()",
    )  # fmt: skip


def _rule(method: Direction | Optimizer, step: float | StepRule | None) -> StepRule | None:
    """The step rule asked for, else that of the method."""
    if isinstance(method, Optimizer):
        if step is not None:
            raise ArgumentError(
                "an optimizer has its own step", got=f"step={step!r} with {method!r}",
                mend=f"write optim.{type(method).__name__}(learning_rate=…), without step=",
            )  # fmt: skip
        return None
    if isinstance(step, StepRule):
        return step
    if isinstance(step, type):
        raise ArgumentTypeError(
            "a step rule is given as a class", got=step.__name__,
            mend=f"write descent.{step.__name__}(), with parentheses",
        )  # fmt: skip
    if step is not None:
        return Constant(step)
    if method.rule is None:
        raise ArgumentError(
            f"{type(method).__name__} has no step rule of its own",
            wanted="the length of its steps",
            mend="give one that suits the function: step=0.01",
        )  # fmt: skip
    return method.rule
