"""The parameters that a neural classifier and a neural regressor share, and what they mean."""

from __future__ import annotations

from abc import ABC
from collections.abc import Callable, Sequence
from dataclasses import KW_ONLY, dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from pellucid import losses, optim
from pellucid.arguments import number_in, one_of, truth, whole_number
from pellucid.graph import Tensor
from pellucid.losses import Loss
from pellucid.models import Network
from pellucid.optim import Optimizer
from pellucid.optim.schedules import Schedule
from pellucid.sklearn.architecture import Activations, Architecture, dense, made
from pellucid.sklearn.estimator import Estimator, Target
from pellucid.train import Callback, EarlyStopping

__all__ = ["NeuralEstimator"]

AUTOMATIC_BATCH = 200


@dataclass(eq=False, repr=False)
class NeuralEstimator(Estimator, ABC):
    """The parameters of both, checked when ``fit`` is called; see ``NeuralClassifier``."""

    hidden: Any = (64, 32)
    _: KW_ONLY
    activation: Activations = "relu"
    dropout: float = 0.0
    batch_norm: bool = False
    network: Architecture | None = None
    loss: str | Loss | Callable[[Tensor, Tensor], Tensor] | None = None
    metrics: Sequence[Any] | None = None
    optimizer: str | Optimizer = "adam"
    learning_rate: float | Schedule | None = None
    alpha: float = 0.0
    batch_size: int | str = "auto"
    max_iter: int = 200
    tol: float = 1e-4
    n_iter_no_change: int | None = 10
    early_stopping: bool | EarlyStopping = False
    validation_fraction: float = 0.1
    prepare: Any = "standard"
    callbacks: Sequence[Callback | Callable[..., None]] = ()
    shuffle: bool = True
    warm_start: bool = False
    random_state: Any = None
    dtype: str | None = None
    engine: str | None = None
    verbose: bool | int = False

    def fit(self, X: Any, y: Any, sample_weight: Any = None, *, validation: Any = None) -> Self:
        """Train, from the beginning unless there is a ``warm_start``.

        Parameters
        ----------
        X : (rows, columns) numbers: an array, a frame, lists or a sparse matrix
        y : (rows,) or (rows, outputs)
        sample_weight : how much each row counts
        validation : rows of their own to validate with, (X, y) or (X, y, weights)
        """
        return self._trained(X, y, sample_weight, validation=validation)

    def _network(self, inputs: int, outputs: int) -> Network:
        if self.network is not None:
            return made(self.network, inputs, outputs)
        return dense(
            self.hidden, outputs, activation=self.activation, dropout=self.dropout,
            batch_norm=self.batch_norm, alpha=self.alpha, loss=self._wanted_loss(),
        )  # fmt: skip

    def _wishes(self, target: Target, validation: Any, *, part: bool) -> dict[str, Any]:
        rows = len(target.array)
        wishes: dict[str, Any] = {
            "optimizer": self._optimizer(), "metrics": self.metrics,
            "batch_size": self._rows_in_a_batch(rows),
        }  # fmt: skip
        if part:
            return wishes
        if validation is not None:
            wishes["validation"] = self._validation(validation)
        elif self.early_stopping:
            share = number_in(self.validation_fraction, "validation_fraction", above=0, below=1)
            wishes["validation"] = share
        return {**wishes, "early_stopping": self._rule()}

    def _optimizer(self) -> Optimizer:
        """Find the optimizer, with the rate that was asked for beside it."""
        found = optim.get(self.optimizer)
        if self.learning_rate is None:
            return found
        return replace(found, learning_rate=self.learning_rate)

    def _rows_in_a_batch(self, rows: int) -> int:
        if isinstance(self.batch_size, str):
            one_of(self.batch_size, "batch_size", ("auto",))
            return min(AUTOMATIC_BATCH, rows)
        return min(whole_number(self.batch_size, "batch_size", at_least=1), rows)

    def _rule(self) -> EarlyStopping | None:
        """Say when a fit ends before its last epoch, as scikit-learn's networks do."""
        if isinstance(self.early_stopping, EarlyStopping):
            return self.early_stopping
        patience, tol = self._patience(), number_in(self.tol, "tol", low=0)
        if truth(self.early_stopping, "early_stopping"):
            return EarlyStopping(patience or self.max_iter, min_delta=tol)
        if patience is None:
            return None
        return EarlyStopping(patience, "loss", tol, restore_best=False)

    def _patience(self) -> int | None:
        wish = self.n_iter_no_change
        if wish is None or wish == np.inf:
            return None
        return whole_number(wish, "n_iter_no_change", at_least=1)

    def _wanted_loss(self) -> Loss | None:
        return None if self.loss is None else losses.get(self.loss)

    @property
    def validation_loss_curve_(self) -> NDArray[np.float64] | None:
        """The loss on the validation rows after each epoch of the last fit, if there were any."""
        found = self.history_.get("val_loss")
        return None if found is None else np.array(found)
