"""Loss and metrics over the steps of a training without an end, in bounded memory."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import final

import numpy as np
from numpy.typing import NDArray

__all__ = ["Curves"]

MOST = 4000  # values of each quantity that are kept


@final
class Curves:
    """Quantities at the ends of epochs; when there are too many, every second is dropped.

    Examples
    --------
    >>> curves = Curves()
    >>> curves.add([13, 26], {"loss": [0.7, 0.6]})
    >>> curves.steps, curves.values["loss"]
    ([13, 26], [0.7, 0.6])
    """

    def __init__(self) -> None:
        self.steps: list[int] = []
        self.values: dict[str, list[float]] = {}
        self._apart, self._until_next = 1, 0

    def add(self, steps: Sequence[int], values: Mapping[str, Sequence[float]]) -> None:
        """Take in the values of some epochs, which ended after these steps."""
        kept = slice(self._until_next, None, self._apart)
        self._until_next = (self._until_next - len(steps)) % self._apart
        if self.values.keys() != values.keys() and self.steps:
            self.steps, self.values = [], {}
        self.steps += list(steps)[kept]
        for name, column in values.items():
            self.values.setdefault(name, []).extend(list(column)[kept])
        if len(self.steps) > MOST:
            self._apart *= 2
            self.steps = self.steps[::2]
            self.values = {name: column[::2] for name, column in self.values.items()}

    def forget_after(self, step: int) -> None:
        """Drop what came after a step."""
        place = bisect_right(self.steps, step)
        del self.steps[place:]
        for column in self.values.values():
            del column[place:]

    def latest(self) -> dict[str, float]:
        """Give the newest value of each quantity."""
        return {name: column[-1] for name, column in self.values.items() if column}

    def sampled(self, points: int) -> tuple[NDArray[np.int64], dict[str, NDArray[np.float64]]]:
        """Give at most so many points, spread evenly, the first and the last among them."""
        count = len(self.steps)
        rows = np.arange(count)
        if count > points:
            rows = np.unique(np.linspace(0, count - 1, points).round().astype(np.int64))
        steps = np.asarray(self.steps, np.int64)[rows]
        return steps, {name: np.asarray(v)[rows] for name, v in self.values.items()}
