"""Layers that disturb training on purpose, so that no unit relies on another."""

from __future__ import annotations

from typing import final

import numpy as np

from pellucid.arguments import number_in
from pellucid.graph.op import Spec
from pellucid.graph.tensor import Tensor
from pellucid.layers.module import Module, with_updates
from pellucid.ops.elementwise import where
from pellucid.ops.random import random_bits

__all__ = ["Dropout"]


@final
class Dropout(Module):
    """Set each element to zero with probability `rate` in training; scale the others up.

    Formula: y = x · m / (1 − rate), where m is 0 with probability `rate`, else 1. Thus the mean
    stays, and in evaluation y = x. The mask depends on seed, path, step and place alone: equal on
    every engine, for every dtype and any number of threads.

    Source: Srivastava and others, "Dropout: a simple way to prevent neural networks from
    overfitting", 2014.

    Parameters
    ----------
    rate : the share that is dropped, from 0 to less than 1

    Examples
    --------
    >>> import numpy as np
    >>> from pellucid import nn
    >>> drop = nn.Dropout(0.5)
    >>> drop(np.ones((1, 4)))
    Tensor([[1. 1. 1. 1.]], float32)
    >>> sorted(set(drop(np.ones(100), training=True).numpy().tolist()))
    [0.0, 2.0]
    """

    def __init__(self, rate: float = 0.5) -> None:
        self.rate = number_in(rate, "rate", low=0, below=1)

    def build(self, x: Spec) -> None:
        """Make the random stream of the masks."""
        if self.rate:
            self.create_stream()

    def forward(self, x: Tensor) -> Tensor:
        """Drop elements, if this is training."""
        if not (self.training and self.rate):
            return x
        # A layer that is called twice in one pass draws a second mask, from a key of its own.
        key = self.key ^ np.array([0, self.earlier_calls], np.uint32)
        threshold = np.uint32(min(round(self.rate * 2**32), 2**32 - 1))
        kept = random_bits(key, self.step, x) >= threshold
        return with_updates(where(kept, x / (1 - self.rate), 0), {self.step: self.step + 1})
