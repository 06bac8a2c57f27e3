"""What a user can hang into a training: callbacks, and the rule that ends it early."""

from __future__ import annotations

from abc import ABC
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pellucid.arguments import Frozen, number_in, whole_number
from pellucid.errors import ArgumentError
from pellucid.train.history import History

if TYPE_CHECKING:
    from pellucid.models import Network
    from pellucid.train.rows import Part

__all__ = ["Callback", "EarlyStopping", "Training"]

Granularity = Literal["time", "epoch", "step"]


@dataclass(eq=False)
class Training:
    """A training under way, as callbacks see it.

    Attributes
    ----------
    model : the network; its variables hold the present weights when a callback is called, and
        what a callback assigns to them is trained on
    history : what has been recorded so far
    epochs, steps : how many there will be, if nothing ends it early
    seconds : how long it has been going on
    """

    model: Network
    history: History
    epochs: int
    steps: int
    seconds: float = 0.0
    stop_reason: str = ""
    rows: Part | None = None  # to train on, ready
    touched: bool = False  # whether a callback has changed the run's numbers since the last step

    def stop(self, reason: str = "asked by a callback") -> None:
        """End the training after the step that has just been done."""
        self.stop_reason = self.stop_reason or reason


class Callback(ABC):  # noqa: B024
    """Told of a training's progress. Write the methods you need.

    ``granularity`` says how often ``on_progress`` is called, and what that costs: "time", about ten
    times a second, is free; "epoch" makes the engine return at each epoch's end, some 0.1 ms;
    "step" makes it return after each step, which is many times slower for small networks.
    ``looks_at_model`` says whether ``on_progress`` reads or assigns weights; they are copied then.

    Examples
    --------
    >>> from pellucid import Callback
    >>> class Target(Callback):
    ...     granularity = "epoch"
    ...     def on_progress(self, training):
    ...         if training.history["loss"][-1] < 0.01:
    ...             training.stop("the loss is small enough")
    """

    granularity: Granularity = "epoch"
    looks_at_model: bool = True

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

    def on_begin(self, training: Training) -> None:  # noqa: B027
        """Before the first step."""

    def on_progress(self, training: Training) -> None:  # noqa: B027
        """After the steps that the granularity asks for."""

    def on_end(self, training: Training) -> None:  # noqa: B027
        """After the last step, also when the training was interrupted or failed."""


class FunctionCallback(Callback):
    """A plain function, called at each epoch's end."""

    def __init__(self, function: Callable[[Training], None]) -> None:
        self._function = function

    def on_progress(self, training: Training) -> None:
        """Call the function."""
        self._function(training)


class EarlyStopping(Frozen):
    """End the training when a quantity has stopped improving; the best weights are kept.

    Parameters
    ----------
    patience : for how many epochs it may fail to improve
    monitor : a column of the history; the validation loss, if there is one, by default
    min_delta : the least improvement that counts
    restore_best : put the weights of the best epoch back at the end

    Raises
    ------
    ArgumentError : for a patience below 1 or a negative min_delta

    Examples
    --------
    >>> from pellucid import EarlyStopping
    >>> EarlyStopping(patience=10, monitor="val_accuracy").patience
    10
    """

    patience: int = 10
    monitor: str | None = None
    min_delta: float = 0.0
    restore_best: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "patience", whole_number(self.patience, "patience", at_least=1))
        object.__setattr__(self, "min_delta", number_in(self.min_delta, "min_delta", low=0.0))


def callback(value: object) -> Callback:
    """See a function as a callback that is called at each epoch's end."""
    if isinstance(value, Callback):
        return value
    if callable(value) and not isinstance(value, type):
        return FunctionCallback(value)
    raise ArgumentError(
        "callbacks= takes callbacks or functions", got=repr(value),
        mend="give a function of one argument, or an instance of a Callback",
    )  # fmt: skip
