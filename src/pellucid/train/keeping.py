"""What is kept of a training while it goes on: the rule for checkpoints, and who looks at a run."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path

from pellucid.arguments import Frozen, number_in, whole_number
from pellucid.compile import RunState
from pellucid.errors import ArgumentTypeError
from pellucid.train.callbacks import Granularity, Training

__all__ = ["Checkpoint", "Keeper"]


class Checkpoint(Frozen):
    """Write a training to a file while it goes on, so that ``fit(resume=…)`` can continue it.

    The file, which is replaced in one step each time, holds all that the next steps depend on; it
    is a network's file as well, for ``pel.load``. It is written at the end too, and when Ctrl-C
    ends the training.

    Parameters
    ----------
    path : the file
    every : how many epochs lie between two files; of a fit by steps, at least how many steps
    seconds : without `every`, how many seconds
    best : a column of the history, such as "val_accuracy"; the network as it was at its best is
        written too, beside the file: as ``run.best.safetensors`` beside ``run.safetensors``

    Raises
    ------
    ArgumentError : for numbers that are not above zero

    Examples
    --------
    >>> from pellucid import Checkpoint
    >>> Checkpoint("run.safetensors", every=5, best="val_loss").best_path.name
    'run.best.safetensors'
    """

    path: str | Path
    every: int | None = None
    seconds: float = 30.0
    best: str | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.path, (str, Path)):
            raise ArgumentTypeError(
                "a checkpoint is written to a file", got=repr(self.path),
                mend='write checkpoint="run.safetensors"',
            )  # fmt: skip
        if self.every is not None:
            object.__setattr__(self, "every", whole_number(self.every, "every", at_least=1))
        object.__setattr__(self, "seconds", number_in(self.seconds, "seconds", low=0))

    @property
    def best_path(self) -> Path:
        """The file of the network at its best."""
        path = Path(self.path)
        return path.with_name(f"{path.stem}.best{path.suffix}")


class Keeper(ABC):
    """Looks at a run between steps, after all callbacks, when what they changed has been taken in.

    It changes nothing; ``granularity`` says how often it has to look, as that of a callback.
    """

    granularity: Granularity = "time"

    @abstractmethod
    def begin(self, training: Training, state: RunState) -> None:
        """Before the first step."""

    @abstractmethod
    def see(self, training: Training, state: RunState, *, touched: bool) -> None:
        """After some steps; `touched` tells whether anything but steps has changed the run."""

    @abstractmethod
    def end(self, training: Training, state: RunState) -> None:
        """After the last step, unless the training failed."""
