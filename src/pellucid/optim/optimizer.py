"""What every optimizer is: a frozen declaration of a rule, and the stepper of the eager loop.

The rule is written once, in tensors: training compiles it into its step, and the eager loop
computes it at once.
"""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from pellucid.arguments import Declaration, ranged
from pellucid.errors import (
    ArgumentError,
    ArgumentTypeError,
    GradientError,
    NonFiniteError,
    PellucidWarning,
)
from pellucid.graph.op import Spec
from pellucid.graph.tensor import Tensor, constant
from pellucid.graph.variable import Variable
from pellucid.ops.elementwise import cast

__all__ = ["Optimizer", "Stepper"]


@dataclass(frozen=True)
class Optimizer(Declaration, ABC):
    """A rule by which gradients change parameters.

    Subclasses are frozen data classes: their numbers are declared with ``ranged``, `slots` names
    the arrays that are kept for each parameter, and `update` is the rule. Numbers enter a step as
    inputs, so that changing one never compiles anything anew; what changes the rule itself is part
    of `kind`.

    Parameters
    ----------
    learning_rate : the length of a step

    Examples
    --------
    >>> from pellucid import optim
    >>> optim.SGD(0.1).hyper()["learning_rate"]
    0.1
    """

    learning_rate: float = ranged(0.01, low=0)

    @property
    def kind(self) -> Hashable:
        """What decides the rule: optimizers of one kind differ in numbers alone."""
        return type(self).__name__

    def hyper(self) -> dict[str, float]:
        """The numbers that enter a step, by name."""
        return {k: v for k, v in self.arguments.items() if not isinstance(v, bool)}

    def slots(self, parameter: Variable) -> dict[str, Spec]:
        """Name the arrays kept for a parameter, with shape and dtype; they start at zero."""
        return {}

    @abstractmethod
    def update(
        self,
        parameter: Tensor,
        gradient: Tensor,
        slots: dict[str, Tensor],
        hyper: dict[str, Tensor],
        step: Tensor,
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Give the new value of a parameter, and of its slots.

        Parameters
        ----------
        parameter, gradient : of one shape and dtype
        slots : the arrays named by `slots`, as they are
        hyper : the numbers named by `hyper`, as scalars, best in float64
        step : the number of this step, from 1, an int64 scalar
        """

    def over(self, parameters: Mapping[str, Variable] | Iterable[Variable]) -> Stepper:
        """Bind the rule to parameters, for a loop of one's own.

        Examples
        --------
        >>> import pellucid as pel
        >>> from pellucid import optim
        >>> w = pel.Variable([2.0], name="w")
        >>> sgd = optim.SGD(0.1).over([w])
        >>> (w * w).sum().backward(); sgd.step()
        >>> w
        Variable('w', [1.6], float32)
        """
        return Stepper(self, parameters)


@final
class Stepper:
    """An optimizer at work on certain parameters; see :meth:`Optimizer.over`.

    Attributes
    ----------
    parameters : what it changes, by name
    slots : what it keeps, by parameter and slot
    steps : how many steps were taken

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
        self, optimizer: Optimizer, parameters: Mapping[str, Variable] | Iterable[Variable]
    ) -> None:
        self._optimizer = optimizer
        self.parameters = _by_name(parameters)
        self.slots = {
            name: {slot: _zeros(spec) for slot, spec in optimizer.slots(variable).items()}
            for name, variable in self.parameters.items()
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
        self._optimizer = optimizer

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
        declared: dict[Variable, Tensor] = {}
        new: dict[str, tuple[Tensor, dict[str, Tensor]]] = {}
        hyper = {k: constant(np.asarray(v, np.float64)) for k, v in self.optimizer.hyper().items()}
        count = constant(np.asarray(self.steps + 1))
        for name, gradient in gradients.items():
            slots = {slot: constant(array) for slot, array in self.slots[name].items()}
            parameter = constant(self.parameters[name].numpy())
            new[name] = self.optimizer.update(parameter, gradient, slots, hyper, count)
            declared.update(gradient.updates)
        for name, (value, slots) in new.items():
            self.parameters[name].assign(value)
            self.slots[name] = {slot: tensor.numpy() for slot, tensor in slots.items()}
        for variable, value in declared.items():
            variable.assign(value)
        self.steps += 1

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
        return f"<{self.optimizer!r} over {len(self.parameters)} parameters, {self.steps} steps>"


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


def _zeros(spec: Spec) -> NDArray[Any]:
    return np.zeros([extent or 0 for extent in spec.shape], spec.dtype)


def _check_finite(name: str, gradient: Tensor) -> None:
    finite = np.isfinite(gradient.numpy())
    if not finite.all():
        place = [int(i) for i in np.argwhere(~finite)[0]]
        raise NonFiniteError(
            f"the gradient of {name} is not finite",
            got=f"{gradient.numpy()[tuple(place)]} at {place}",
            mend="lower the learning rate, or look at the loss; nothing was changed",
        )  # fmt: skip


def as_dtype(parameter: Tensor, *numbers: Tensor) -> list[Tensor]:
    """Bring scalars to the dtype of a parameter, where the exact part of their work is done."""
    return [cast(number, parameter.dtype) for number in numbers]
