"""The options of a fit, checked before anything else is done."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pellucid.arguments import Frozen, number_in, one_of, truth, whole_number
from pellucid.data import Preparation
from pellucid.diagnose import silenced
from pellucid.engines import Engine
from pellucid.errors import ArgumentError, ArgumentTypeError, DTypeError
from pellucid.graph.tensor import DTypeLike, Tensor, resolve_dtype
from pellucid.losses import Loss
from pellucid.metrics import Metric
from pellucid.optim import Optimizer
from pellucid.train.callbacks import Callback, EarlyStopping
from pellucid.train.keeping import Checkpoint

__all__ = ["FitOptions"]

DEFAULT_EPOCHS = 10
DEFAULT_BATCH = 32
LARGEST_SEED = 2**64 - 1

LossLike = str | Loss | Callable[[Tensor, Tensor], Tensor]
Metrics = Sequence[str | Metric]


class FitOptions(Frozen):
    """The arguments of ``fit`` beside the data; see ``Network.fit`` for what each means."""

    loss: LossLike | Mapping[str, LossLike] | None = None
    optimizer: Optimizer | None = None
    epochs: int | None = None
    steps: int | None = None
    batch_size: int | None = None
    validation: float | tuple[Any, Any] | tuple[Any, Any, Any] | None = None
    metrics: Metrics | Mapping[str, Metrics] | None = None
    early_stopping: int | EarlyStopping | None = None
    callbacks: Sequence[Callback | Callable[..., None]] = ()
    shuffle: bool = True
    prepare: Any = None
    seed: int | None = None
    dtype: DTypeLike | None = None
    engine: str | Engine | None = None
    devices: int | None = None
    progress: bool | int | None = None
    loss_weights: Mapping[str, float] | None = None
    sample_weight: Any = None
    class_weight: Any = None
    replacement: bool = False
    checkpoint: str | Path | Checkpoint | None = None
    resume: str | Path | bool = False
    record: bool | str | Path = False
    silence: Sequence[str] = ()

    def __post_init__(self) -> None:
        silenced((), self.silence)
        for name, least in (("epochs", 0), ("steps", 0), ("batch_size", 1), ("seed", 0),
                            ("devices", 1)):  # fmt: skip
            value, most = getattr(self, name), LARGEST_SEED if name == "seed" else None
            if value is not None:
                object.__setattr__(self, name, whole_number(value, name, least, most))
        truth(self.shuffle, "shuffle")
        truth(self.replacement, "replacement")
        self._check_kinds()
        if self.steps is not None:
            self._check_steps()
        elif self.replacement:
            raise ArgumentError(
                "rows are drawn with replacement where each batch is drawn anew: in a fit by steps",
                got=f"replacement=True, epochs={self.epochs}",
                mend="give steps= instead of epochs=",
            )
        self._check_validation()
        self._check_kept()
        several = isinstance(self.prepare, Mapping)
        for wish in self.prepare.values() if several else [self.prepare]:
            if wish not in (None, False) and not isinstance(wish, Preparation):
                one_of(wish, "prepare", ("standard", "minmax"))
        if self.progress is not None and not isinstance(self.progress, bool):
            whole_number(self.progress, "progress", at_least=1)
        if not isinstance(self.early_stopping, (EarlyStopping, type(None))):
            whole_number(self.early_stopping, "early_stopping", at_least=1)

    def _check_steps(self) -> None:
        """Refuse what has no meaning when each batch is drawn anew."""
        if self.epochs is not None:
            raise ArgumentError(
                "epochs and steps cannot both be given",
                got=f"epochs={self.epochs}, steps={self.steps}",
                mend="give epochs to see all rows so often, or steps to draw so many batches",
            )
        if self.optimizer is not None and self.optimizer.plateaus:
            raise ArgumentError(
                "ReduceOnPlateau looks at whole epochs, and a fit by steps has none",
                got=f"steps={self.steps}", mend="give epochs= instead of steps=",
            )  # fmt: skip
        if self.early_stopping is not None:
            raise ArgumentError(
                "early stopping looks at whole epochs, and a fit by steps has none",
                got=f"steps={self.steps}, early_stopping={self.early_stopping!r}",
                mend="give epochs= instead of steps=",
            )
        if not self.shuffle:
            raise ArgumentError(
                "a fit by steps draws each batch at random, and shuffle=False asks for an order",
                got=f"steps={self.steps}, shuffle=False", mend="give epochs= instead of steps=",
            )  # fmt: skip

    def _check_kinds(self) -> None:
        if self.dtype is not None and resolve_dtype(self.dtype) not in (np.float32, np.float64):
            raise DTypeError("a network is trained in float32 or float64", got=repr(self.dtype),
                             mend='write dtype="float32" or dtype="float64"')  # fmt: skip
        if self.optimizer is not None and not isinstance(self.optimizer, Optimizer):
            raise ArgumentTypeError("optimizer= takes an optimizer", got=repr(self.optimizer),
                                    mend="write optimizer=optim.Adam(0.001)")  # fmt: skip
        if not isinstance(self.metrics, (list, tuple, Mapping, type(None))):
            raise ArgumentTypeError("metrics= takes a list", got=repr(self.metrics),
                                    mend=f"write metrics=[{self.metrics!r}]")  # fmt: skip
        if not isinstance(self.loss_weights, (Mapping, type(None))):
            raise ArgumentTypeError("loss_weights= takes a dict", got=repr(self.loss_weights),
                                    mend="write loss_weights={output: weight, …}")  # fmt: skip
        if not isinstance(self.callbacks, (list, tuple)):
            raise ArgumentTypeError("callbacks= takes a list", got=repr(self.callbacks),
                                    mend="write callbacks=[…]")  # fmt: skip

    def _check_kept(self) -> None:
        rule = self.checkpoints
        if rule is not None and rule.best is not None and self.steps is not None:
            raise ArgumentError(
                "the best of a training is that of an epoch, and a fit by steps has none",
                got=f"steps={self.steps}, best={rule.best!r}",
                mend="give epochs= instead of steps=",
            )  # fmt: skip
        for name in ("resume", "record"):
            value = getattr(self, name)
            if not isinstance(value, (bool, str, Path)):
                raise ArgumentTypeError(
                    f"{name}= takes a file, or True", got=repr(value),
                    mend=f'write {name}="run.safetensors"',
                )  # fmt: skip
        if self.resume is True and rule is None:
            raise ArgumentError(
                "resume=True continues what is in the file of checkpoint=", got="checkpoint=None",
                mend='write checkpoint="run.safetensors", resume=True',
            )  # fmt: skip

    def _check_validation(self) -> None:
        given: object = self.validation
        if given is None or (isinstance(given, (tuple, list)) and len(given) in (2, 3)):
            return
        if isinstance(given, (tuple, list)):
            raise ArgumentTypeError(
                "validation= takes a fraction or a pair", got=f"{len(given)} parts",
                mend="write validation=0.2 or validation=(X, y), with weights (X, y, weights)",
            )  # fmt: skip
        number_in(given, "validation", above=0, below=1)

    @property
    def checkpoints(self) -> Checkpoint | None:
        """The rule for checkpoints, a file being its path."""
        rule = self.checkpoint
        return rule if rule is None or isinstance(rule, Checkpoint) else Checkpoint(rule)

    @property
    def stopping(self) -> EarlyStopping | None:
        """The early-stop rule, a number being its patience."""
        rule = self.early_stopping
        return rule if rule is None or isinstance(rule, EarlyStopping) else EarlyStopping(rule)
