"""What every optimizer is: a frozen declaration of a rule.

The rule is written once, in tensors: training compiles it into its step, and the eager loop
computes it at once.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import KW_ONLY, field, fields, replace
from fnmatch import fnmatchcase
from typing import Any, ClassVar

from numpy.typing import NDArray

from pellucid.arguments import declared, named, ranged
from pellucid.errors import ArgumentError, ArgumentTypeError, PellucidError
from pellucid.graph.op import Spec
from pellucid.graph.tensor import Tensor, provenance
from pellucid.graph.variable import Variable
from pellucid.optim.averaging import AVERAGINGS, Averaging
from pellucid.optim.clipping import clipped
from pellucid.optim.formula import Formula, as_dtype, inside
from pellucid.optim.schedules import RATE, ReduceOnPlateau, Schedule, WarmUp
from pellucid.optim.stepper import Stepper

__all__ = ["Optimizer"]

Groups = Mapping[str, Mapping[str, Any]]
Arrays = Mapping[str, NDArray[Any]]
OF_ALL = ("clip_value", "clip_norm", "groups", "averaging")  # what a group cannot have of its own
SHOWN = 12  # names that an error lists


def _averaging(value: object, name: str) -> Averaging | None:
    if isinstance(value, Mapping):  # as `config` writes it
        return declared(value, AVERAGINGS)
    if value is None or isinstance(value, Averaging):
        return value
    raise ArgumentTypeError(
        f"{name}= takes a rule for averages", got=repr(value), wanted=" or ".join(AVERAGINGS),
        mend=f"write {name}=optim.ExponentialAverage(0.999)",
    )  # fmt: skip


def _plateaus(name: str, rate: object) -> dict[str, ReduceOnPlateau]:
    if isinstance(rate, WarmUp):
        return _plateaus(f"{name}/after", rate.after)
    return {f"{name}/rate": rate} if isinstance(rate, ReduceOnPlateau) else {}


class Optimizer(Formula, ABC):
    r"""A rule by which gradients change parameters.

    Subclasses are frozen data classes: their numbers are declared with ``ranged``, `slots` names
    the arrays that are kept for each parameter, and `change` is the rule. Numbers enter a step as
    inputs, so that changing one never compiles anything anew; what changes the rule itself is part
    of `kind`.

    Parameters
    ----------
    learning_rate : the length η of a step, or a schedule of it
    weight_decay : λ, the strength of the pull of every parameter p towards zero: λp is added to the
        gradient, or, where the rule is `decoupled`, p is multiplied by 1 − ηλ
    clip_value : c, so that each element of a gradient becomes max(−c, min(g, c))
    clip_norm : c, so that all gradients together are multiplied by min(1, c / (‖g‖ + 10⁻⁶)), with
        the norm over all parameters; after `clip_value`
    groups : numbers of their own for parameters whose dotted name fits a pattern, as file names do
        (``*`` for anything); where several patterns fit, the last one that gives a number holds
    averaging : keep averages of the weights, with which training ends

    Examples
    --------
    >>> from pellucid import optim
    >>> optim.SGD(0.1).hyper()["learning_rate"]
    0.1
    >>> optim.Adam(optim.Cosine(0.01), clip_norm=1.0, groups={"*.bias": {"weight_decay": 0.0},
    ...     "0.*": {"learning_rate": 1e-4}}).clip_norm
    1.0
    """

    decoupled: ClassVar[bool] = False

    learning_rate: float | Schedule = field(default=0.01, metadata=RATE)
    _: KW_ONLY
    weight_decay: float = ranged(0.0, low=0)
    clip_value: float | None = ranged(None, above=0)
    clip_norm: float | None = ranged(None, above=0)
    groups: Groups | None = None
    averaging: Averaging | None = field(default=None, metadata={"check": _averaging})

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.groups is not None:
            object.__setattr__(self, "groups", self._checked_groups())

    # --- the rule ------------------------------------------------------------------------------

    def slots(self, parameter: Variable) -> dict[str, Spec]:
        """Name the arrays kept for a parameter, with shape and dtype; they start at zero."""
        return {}

    @abstractmethod
    def change(
        self,
        gradient: Tensor,
        slots: dict[str, Tensor],
        hyper: dict[str, Tensor],
        step: Tensor,
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Give what is subtracted from a parameter, and the new values of its slots.

        Parameters
        ----------
        slots : the arrays named by `slots`, as they are
        hyper : the numbers by name, as scalars, best in float64
        step : the number of this step, from 1, an int64 scalar
        """

    def update(
        self,
        parameter: Tensor,
        gradient: Tensor,
        slots: dict[str, Tensor],
        hyper: dict[str, Tensor],
        step: Tensor,
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Give the new value of a parameter, and of its slots; see `change`."""
        decay = hyper["weight_decay"]
        if self.decoupled:
            (kept,) = as_dtype(parameter, 1 - hyper["learning_rate"] * decay)
            parameter = kept * parameter
        else:
            gradient = gradient + as_dtype(parameter, decay)[0] * parameter
        change, slots = self.change(gradient, slots, hyper, step)
        return parameter - change, slots

    # --- a whole network -----------------------------------------------------------------------

    def kept(self, parameters: Mapping[str, Variable]) -> dict[str, dict[str, Spec]]:
        """Name the arrays kept for each parameter of a network; they start at zero.

        Raises
        ------
        ArgumentError : for a group that no parameter belongs to
        """
        self._check_patterns(parameters)
        found = {
            name: self._member(self._patterns(name)).slots(variable)
            for name, variable in parameters.items()
        }
        if self.averaging is not None:
            for name, parameter in parameters.items():
                found[name]["average"] = Spec(parameter.shape, parameter.dtype)
        return found

    def updates(
        self,
        parameters: Mapping[str, Variable],
        gradients: Mapping[str, Tensor],
        slots: Mapping[str, Mapping[str, Tensor]],
        hyper: Mapping[str, Tensor],
        step: Tensor,
    ) -> tuple[dict[str, Tensor], dict[str, dict[str, Tensor]]]:
        """Give the new value of each parameter that has a gradient, and the new slots of all.

        Parameters
        ----------
        parameters, gradients : by name
        slots : the arrays named by `kept`, as they are
        hyper : the numbers named by `hyper`, as scalars, best in float64
        step : the number of this step, from 1, an int64 scalar
        """
        members: dict[tuple[str, ...], tuple[Optimizer, dict[str, Tensor]]] = {}
        values: dict[str, Tensor] = {}
        moved = {name: dict(slots[name]) for name in parameters}
        for name, gradient in clipped(gradients, hyper).items():
            variable, patterns = parameters[name], self._patterns(name)
            if patterns not in members:
                members[patterns] = self._member(patterns), self._numbers(patterns, hyper, step)
            rule, numbers = members[patterns]
            with provenance(path=f"optimizer.{name}"):
                value, changed = rule.update(variable.read(), gradient, moved[name], numbers, step)
                values[name] = variable.constraint(value) if variable.constraint else value
            moved[name] |= changed
        if self.averaging is not None:
            share = self.averaging.share(step, inside(hyper, "averaging"))
            for name, variable in parameters.items():
                value, average = values.get(name, variable.read()), moved[name]["average"]
                keep, new = as_dtype(average, 1 - share, share)
                moved[name]["average"] = keep * average + new * value
        return values, moved

    def final(
        self, values: Arrays, slots: Mapping[str, Arrays], steps: int
    ) -> dict[str, NDArray[Any]]:
        """Give the weights that a training ends with: the averages, if there are any.

        Parameters
        ----------
        values : the weights after the last step, by name
        slots : the arrays named by `kept`
        steps : how many steps were taken
        """
        if self.averaging is None or not steps:
            return dict(values)
        return {name: slots[name]["average"] for name in values}

    # --- the rate ------------------------------------------------------------------------------

    @property
    def plateaus(self) -> dict[str, ReduceOnPlateau]:
        """The rules that change a number after each epoch, by the number's name."""
        found = _plateaus("learning_rate", self.learning_rate)
        for pattern, numbers in (self.groups or {}).items():
            found |= _plateaus(f"groups/{pattern}/learning_rate", numbers.get("learning_rate"))
        return found

    def after_epoch(
        self, hyper: Mapping[str, float], history: Mapping[str, Sequence[float]]
    ) -> dict[str, float]:
        """Give the numbers of the coming epoch.

        Parameters
        ----------
        hyper : those of the epoch that is over
        history : the columns so far, one value an epoch

        Raises
        ------
        ArgumentError : when a column that a rule watches is not there
        """
        changed = dict(hyper)
        for name, rule in self.plateaus.items():
            changed[name] = rule.next(hyper[name], rule.watched(history))
        return changed

    def rate(self, step: Tensor, hyper: Mapping[str, Tensor]) -> Tensor:
        """Give the learning rate of a step, as it is for parameters outside all groups."""
        rate = self.learning_rate
        if isinstance(rate, Schedule):
            return rate.rate(step, inside(hyper, "learning_rate"))
        return hyper["learning_rate"]

    # --- groups --------------------------------------------------------------------------------

    def _patterns(self, name: str) -> tuple[str, ...]:
        """The groups that a parameter belongs to."""
        return tuple(pattern for pattern in self.groups or {} if fnmatchcase(name, pattern))

    def _member(self, patterns: Iterable[str]) -> Optimizer:
        """Give this rule the numbers of some groups."""
        own = {k: v for pattern in patterns for k, v in (self.groups or {})[pattern].items()}
        return replace(self, groups=None, **own) if own else self

    def _numbers(
        self, patterns: Iterable[str], hyper: Mapping[str, Tensor], step: Tensor
    ) -> dict[str, Tensor]:
        """The inputs of such a rule, its rate at this step among them."""
        found = dict(hyper)
        for pattern in patterns:
            found |= inside(hyper, f"groups/{pattern}")
        return found | {"learning_rate": self._member(patterns).rate(step, found)}

    def _checked_groups(self) -> dict[str, dict[str, Any]]:
        """The groups with their numbers checked, as a copy that nobody else can change."""
        if not isinstance(self.groups, Mapping) or not all(
            isinstance(pattern, str) and isinstance(numbers, Mapping)
            for pattern, numbers in self.groups.items()
        ):
            raise ArgumentTypeError(
                "groups= takes a table from patterns to numbers", got=repr(self.groups),
                where=type(self).__name__, mend='write groups={"*.bias": {"weight_decay": 0.0}}',
            )  # fmt: skip
        known = [one.name for one in fields(self) if one.name not in OF_ALL]
        checked = {}
        for pattern, numbers in self.groups.items():
            try:
                for name in numbers:
                    named(name, "number of the rule", dict.fromkeys(known))
                rule = replace(self, groups=None, **numbers)
            except PellucidError as error:
                error.where = f"{type(self).__name__}, group {pattern!r}"
                raise
            checked[pattern] = {name: getattr(rule, name) for name in numbers}
        return checked

    def _check_patterns(self, parameters: Mapping[str, Variable]) -> None:
        names = list(parameters)
        shown = ", ".join(names[:SHOWN]) + ", …" * (len(names) > SHOWN)
        for pattern in self.groups or {}:
            if not any(fnmatchcase(name, pattern) for name in names):
                raise ArgumentError(
                    "no parameter belongs to a group", where=f"{type(self).__name__}, groups",
                    got=repr(pattern), wanted=f"a pattern for some of {shown}",
                    mend='write a name, or "*.bias" for all names that end so',
                )  # fmt: skip

    @property
    def kind(self) -> Hashable:
        """What decides the rule: optimizers of one kind differ in numbers alone."""
        return super().kind, *(self._member([pattern]).kind for pattern in self.groups or {})

    def over(
        self,
        parameters: Mapping[str, Variable] | Iterable[Variable],
        *,
        steps_per_epoch: int | None = None,
        total_steps: int | None = None,
    ) -> Stepper:
        """Bind the rule to parameters, for a loop of one's own.

        Parameters
        ----------
        steps_per_epoch, total_steps : what a schedule may need to know

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
        return Stepper(
            self, parameters, {"steps_per_epoch": steps_per_epoch, "total_steps": total_steps}
        )
