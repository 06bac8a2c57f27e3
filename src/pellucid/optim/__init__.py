"""Optimizers: one rule a file, written in tensors, compiled into the step or computed at once."""

from pellucid.arguments import named
from pellucid.errors import ArgumentTypeError
from pellucid.optim.adadelta import Adadelta
from pellucid.optim.adagrad import AdaGrad
from pellucid.optim.adam import Adam, AdamW
from pellucid.optim.adamax import Adamax
from pellucid.optim.averaging import Averaging, ExponentialAverage, UniformAverage
from pellucid.optim.lion import Lion
from pellucid.optim.nadam import NAdam
from pellucid.optim.optimizer import Optimizer
from pellucid.optim.radam import RAdam
from pellucid.optim.rmsprop import RMSProp
from pellucid.optim.schedules import (
    Cosine,
    Exponential,
    InverseTimeDecay,
    OneCycle,
    Piecewise,
    Polynomial,
    ReduceOnPlateau,
    Schedule,
    StepDecay,
    WarmUp,
)
from pellucid.optim.sgd import SGD
from pellucid.optim.stepper import Stepper

__all__ = [
    "OPTIMIZERS", "SGD", "AdaGrad", "Adadelta", "Adam", "AdamW", "Adamax", "Averaging", "Cosine",
    "Exponential", "ExponentialAverage", "InverseTimeDecay", "Lion", "NAdam", "OneCycle",
    "Optimizer", "Piecewise", "Polynomial", "RAdam", "RMSProp", "ReduceOnPlateau", "Schedule",
    "StepDecay", "Stepper", "UniformAverage", "WarmUp", "get",
]  # fmt: skip

OPTIMIZERS: dict[str, type[Optimizer]] = {
    cls.__name__: cls
    for cls in (
        Adam, AdamW, SGD, RMSProp, AdaGrad, Adadelta, Adamax, NAdam, RAdam, Lion,
    )
}  # fmt: skip
_BY_NAME = {name.lower(): cls for name, cls in OPTIMIZERS.items()}


def get(optimizer: object) -> Optimizer:
    """Find an optimizer by its name in small letters, with its defaults.

    Raises
    ------
    ArgumentError : for an unknown name, naming the closest

    Examples
    --------
    >>> from pellucid import optim
    >>> optim.get("sgd").learning_rate
    0.01
    """
    if isinstance(optimizer, Optimizer):
        return optimizer
    if isinstance(optimizer, type):
        raise ArgumentTypeError(
            "an optimizer is given as a class", got=optimizer.__name__,
            mend=f"write optim.{optimizer.__name__}(), with parentheses",
        )  # fmt: skip
    return named(optimizer, "optimizer", _BY_NAME)()
