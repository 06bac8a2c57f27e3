"""The stepper of the eager loop: an optimizer at work, with the state that training would keep."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, final

import numpy as np
from numpy.typing import NDArray

from pellucid.arguments import Frozen
from pellucid.errors import (
    ArgumentError,
    ArgumentTypeError,
    GradientError,
    GraphError,
    NonFiniteError,
    PellucidWarning,
)
from pellucid.graph.op import Spec
from pellucid.graph.replay import Replay
from pellucid.graph.tensor import Tensor, constant, placeholder
from pellucid.graph.variable import Variable, symbolic
from pellucid.optim.schedules import given
from pellucid.wording import counted

if TYPE_CHECKING:
    from pellucid.optim.optimizer import Optimizer

__all__ = ["Stepper"]

Arrays = dict[str, NDArray[Any]]

# A gradient that a step has used declares this. What backward() adds to it declares the same, and
# so the next step sees that it was not set to zero in between.
_USED = Variable(0.0, name="used by a step", trainable=False)
_WAS_USED = {_USED: constant(np.zeros((), np.float32))}
NEVER_RESET = (
    "PEL501 gradients were not set to zero since the step before, and add up: "
    "write stepper.zero_grad() before loss.backward()"
)


@final
class Stepper:
    """An optimizer at work on certain parameters; see :meth:`Optimizer.over`.

    Attributes
    ----------
    parameters : what it changes, by name
    slots : what it keeps, by parameter and slot
    steps : how many steps were taken
    history : what was observed, by name

    Examples
    --------
    >>> import pellucid as pel
    >>> from pellucid import optim
    >>> w = pel.Variable(1.0, name="w")
    >>> stepper = optim.Adam(0.5).over([w])
    >>> for _ in range(3):
    ...     stepper.zero_grad()
    ...     (w * w).backward()
    ...     stepper.step()
    >>> stepper.steps, list(stepper.slots["w"])
    (3, ['mean', 'square'])
    """

    def __init__(
        self,
        optimizer: Optimizer,
        parameters: Mapping[str, Variable] | Iterable[Variable],
        known: Mapping[str, int | None],
    ) -> None:
        self._known = known
        self._take(optimizer)
        self.history: dict[str, list[float]] = {}
        self.parameters = _by_name(parameters)
        self.slots = {
            name: {slot: _zeros(spec) for slot, spec in slots.items()}
            for name, slots in optimizer.kept(self.parameters).items()
        }
        self.steps = 0
        self._told: set[str] = set()

    @property
    def optimizer(self) -> Optimizer:
        """The rule; assign another of the same kind to change, say, the learning rate."""
        return self._optimizer

    @optimizer.setter
    def optimizer(self, optimizer: Optimizer) -> None:
        if optimizer.kind != self._optimizer.kind:
            raise ArgumentError(
                "another kind of optimizer keeps other quantities",
                got=repr(optimizer),
                wanted=f"one like {self._optimizer!r}",
                mend="write optimizer.over(parameters) anew",
            )
        self._take(optimizer)

    def _take(self, optimizer: Optimizer) -> None:
        self._optimizer = optimizer
        self._built: tuple[Any, Replay | None] | None = None
        call = "optimizer.over(parameters"
        self._hyper = given(optimizer, optimizer.hyper(), call, **self._known)

    @property
    def learning_rate(self) -> float:
        """The rate of the coming step, for parameters outside all groups."""
        *numbers, step = map(constant, self._numbers())
        return float(self.optimizer.rate(step, dict(zip(self._hyper, numbers, strict=True))))

    def _numbers(self) -> list[NDArray[Any]]:
        """The numbers of the rule, and the number of the coming step."""
        hyper = [np.asarray(x, np.float64) for x in self._hyper.values()]
        return [*hyper, np.asarray(self.steps + 1)]

    def zero_grad(self) -> None:
        """Forget the gradients, so that the next ``backward()`` starts from zero."""
        for variable in self.parameters.values():
            variable.grad = None

    def step(self) -> None:
        """Change every parameter by its gradient, and commit what layers declared with the loss.

        Raises
        ------
        GradientError : when no parameter has a gradient
        NonFiniteError : when a gradient is not finite; nothing is changed then
        """
        gradients = self._gradients()
        declared = {v: new for g in gradients.values() for v, new in g.updates.items()}
        if declared.pop(_USED, None) is not None and "reset" not in self._told:
            self._told.add("reset")
            warnings.warn(NEVER_RESET, PellucidWarning, stacklevel=2)
        values, moved = self._moved(gradients)
        for name, value in values.items():
            _commit(self.parameters[name], value)
        self.slots = moved
        for variable, new in declared.items():
            variable.assign(new)
        for gradient in gradients.values():
            gradient.updates = _WAS_USED
        self.steps += 1

    def _moved(self, gradients: Mapping[str, Tensor]) -> tuple[Arrays, dict[str, Arrays]]:
        """Give new parameters and slots."""
        slots = [array for kept in self.slots.values() for array in kept.values()]
        given = [*[g.numpy() for g in gradients.values()], *slots, *self._numbers()]
        replay = self._replay(list(gradients), given)
        if replay is not None:
            results = iter(replay(given))
        else:
            made = self._results(gradients, [constant(array) for array in given])
            results = iter([tensor.numpy() for tensor in made])
        values = {name: next(results) for name in gradients}
        moved = {name: {slot: next(results) for slot in kept} for name, kept in self.slots.items()}
        return values, moved

    def _replay(self, names: Sequence[str], given: Sequence[NDArray[Any]]) -> Replay | None:
        """Give the array operations of a step, which are the same until shapes or dtypes change.

        There are none to give where a rule looks at numbers while it is built, nor where a
        constraint is no declaration: that may do something else each time.
        """
        parameters = self.parameters.values()
        limits = [self.parameters[name].constraint for name in names]
        key = names, limits, [v.dtype for v in parameters], [(x.shape, x.dtype) for x in given]
        if self._built is None or self._built[0] != key:
            replay = None
            if all(limit is None or isinstance(limit, Frozen) for limit in limits):
                symbols = [placeholder(array.shape, array.dtype) for array in given]
                with symbolic(), contextlib.suppress(GraphError):
                    replay = Replay(symbols, self._results(names, symbols))
            self._built = key, replay
        return self._built[1]

    def _results(self, names: Iterable[str], given: Iterable[Tensor]) -> list[Tensor]:
        """Apply the rule: give the new parameters of these names, and then all slots."""
        tensors = iter(given)
        gradients = {name: next(tensors) for name in names}
        slots = {name: {slot: next(tensors) for slot in kept} for name, kept in self.slots.items()}
        *numbers, step = tensors
        hyper = dict(zip(self._hyper, numbers, strict=True))
        values, moved = self.optimizer.updates(self.parameters, gradients, slots, hyper, step)
        kept = [moved[name][slot] for name, kept in self.slots.items() for slot in kept]
        return [values[name] for name in gradients] + kept

    def observe(self, **values: float) -> None:
        """Tell what was measured in an epoch that is over; a rule for plateaus looks at it.

        Examples
        --------
        >>> import pellucid as pel
        >>> from pellucid import optim
        >>> rate = optim.ReduceOnPlateau(0.1, patience=0)
        >>> stepper = optim.SGD(rate).over([pel.Variable(1.0, name="w")])
        >>> stepper.observe(loss=2.0); stepper.observe(loss=2.0)
        >>> round(stepper.learning_rate, 6)
        0.01
        """
        for name, value in values.items():
            self.history.setdefault(name, []).append(float(value))
        self._hyper = self.optimizer.after_epoch(self._hyper, self.history)

    def averaged(self) -> dict[str, NDArray[Any]]:
        """Give the averages of the weights, or the weights themselves if none are kept.

        Examples
        --------
        >>> import pellucid as pel
        >>> from pellucid import optim
        >>> w = pel.Variable(1.0, name="w")
        >>> stepper = optim.SGD(0.5, averaging=optim.UniformAverage()).over([w])
        >>> for _ in range(2):
        ...     stepper.zero_grad(); (w * 1.0).backward(); stepper.step()
        >>> w.assign(stepper.averaged()["w"]); w
        Variable('w', 0.25, float32)
        """
        values = {name: variable.numpy() for name, variable in self.parameters.items()}
        return self.optimizer.final(values, self.slots, self.steps)

    def _gradients(self) -> dict[str, Tensor]:
        found = {name: v.grad for name, v in self.parameters.items() if v.grad is not None}
        if not found:
            raise GradientError(
                "no parameter has a gradient", wanted="a backward() before each step()",
                mend="write loss.backward() after zero_grad() and before step()",
            )  # fmt: skip
        missing = self.parameters.keys() - found.keys() - self._told
        if missing:
            self._told |= missing
            warnings.warn(
                f"no gradient reaches {', '.join(sorted(missing))}: the loss does not depend on it",
                PellucidWarning,
                stacklevel=3,
            )
        for name, gradient in found.items():
            _check_finite(name, gradient)
        return found

    def __repr__(self) -> str:
        parameters = counted(len(self.parameters), "parameter")
        return f"<{self.optimizer!r} over {parameters}, {counted(self.steps, 'step')}>"


def _by_name(parameters: Mapping[str, Variable] | Iterable[Variable]) -> dict[str, Variable]:
    pairs = parameters.items() if isinstance(parameters, Mapping) else _named(parameters)
    found = dict(pairs)
    if not found:
        raise ArgumentError(
            "there are no parameters to change", wanted="at least one Variable",
            mend="call the network once before, net(x): its parameters are made when it sees data",
        )  # fmt: skip
    for name, variable in found.items():
        if not isinstance(variable, Variable) or not variable.trainable:
            raise ArgumentTypeError(
                f"parameter {name} is nothing that training can change", got=repr(variable)[:80],
                wanted="floating Variables that are trainable", mend="write net.parameters()",
            )  # fmt: skip
    return found


def _named(parameters: Iterable[Variable]) -> Iterator[tuple[str, Variable]]:
    """Give each parameter, once, its own name, or a number where that is missing or taken."""
    taken: set[str] = set()
    for k, variable in enumerate(dict.fromkeys(parameters)):
        name = getattr(variable, "name", "")
        name = f"{name} {k}".strip() if name in taken or not name else name
        taken.add(name)
        yield name, variable


def _commit(variable: Variable, value: NDArray[Any]) -> None:
    """Let a variable have its new value, without a copy where that is of the right kind."""
    own = value.base is None and value.flags.c_contiguous
    if own and value.shape == variable.shape and value.dtype == variable.dtype:
        variable.adopt(value)
    else:
        variable.assign(value)


def _zeros(spec: Spec) -> NDArray[Any]:
    return np.zeros([extent or 0 for extent in spec.shape], spec.dtype)


def _check_finite(name: str, gradient: Tensor) -> None:
    finite = np.isfinite(gradient.numpy())
    if np.count_nonzero(finite) < finite.size:
        place = [int(i) for i in np.argwhere(~finite)[0]]
        raise NonFiniteError(
            f"the gradient of {name} is not finite",
            got=f"{gradient.numpy()[tuple(place)]} at {place}",
            mend="lower the learning rate, or look at the loss; nothing was changed",
        )  # fmt: skip
