"""A line about the loss now and then, for who wants to read how a training went."""

from __future__ import annotations

import sys
from typing import final

from pellucid.train.callbacks import Callback, Granularity, Training

__all__ = ["LossLines"]


@final
class LossLines(Callback):
    """A line on standard error every n batches: where the training is, and the batch's loss.

    Parameters
    ----------
    every : how many batches lie between two lines
    batch_size, rows : of the training, for the position in an epoch
    """

    granularity: Granularity = "time"  # several lines may come at once, and cost no step anything
    looks_at_model = False

    def __init__(self, every: int, batch_size: int, rows: int) -> None:
        self._every, self._batch_size, self._rows = every, batch_size, rows
        self._next = every

    def on_begin(self, training: Training) -> None:
        """Begin behind what was done before."""
        self._next = (training.history.steps // self._every + 1) * self._every

    def on_progress(self, training: Training) -> None:
        """Write the lines that are due."""
        losses = training.history.step_losses
        while self._next <= len(losses):
            place = self._place(training)
            print(f"{place}  loss {losses[self._next - 1]:.4f}", file=sys.stderr, flush=True)
            self._next += self._every

    def on_end(self, training: Training) -> None:
        """Write what is left."""
        self.on_progress(training)

    def _place(self, training: Training) -> str:
        if training.epochs <= 1:
            return f"batch {self._next:,}/{training.steps:,}"
        batches = training.steps // training.epochs
        epoch, batch = divmod(self._next - 1, batches)
        seen = min((batch + 1) * self._batch_size, self._rows)
        return (
            f"epoch {epoch + 1}/{training.epochs}  batch {batch + 1:,}/{batches:,}"
            f"  [{seen:,}/{self._rows:,}]"
        )
