"""Optimizers: one rule a file, written in tensors, compiled into the step or computed at once."""

from pellucid.arguments import named
from pellucid.errors import ArgumentTypeError
from pellucid.optim.adam import Adam
from pellucid.optim.adamw import AdamW
from pellucid.optim.optimizer import Optimizer, Stepper
from pellucid.optim.sgd import SGD

__all__ = ["OPTIMIZERS", "SGD", "Adam", "AdamW", "Optimizer", "Stepper", "get"]

OPTIMIZERS: dict[str, type[Optimizer]] = {"Adam": Adam, "AdamW": AdamW, "SGD": SGD}
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
