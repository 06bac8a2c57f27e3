"""The training on the screen: fits one after another, as if it were one, to go back in.

Each change of how it is trained (another rate, another optimizer, other rows) begins another fit
from the present weights, with a fresh optimizer, just as a script would do it: a leg.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from typing import Any, NamedTuple, final

import numpy as np
from numpy.typing import NDArray

from pellucid.models import Network
from pellucid.studio.curves import Curves
from pellucid.studio.setting import Setting
from pellucid.studio.sources import Source
from pellucid.train import FitOptions, Live

__all__ = ["Leg", "Legs", "Mark", "fit_options"]

ENDLESS = 10**9  # epochs
PATIENCE = 0.05  # seconds that steps are computed again for, before a remembered one is shown
MARKS = 500


class Leg(NamedTuple):
    """One fit: from which step on, how it was chosen, and itself."""

    first: int
    setting: Setting
    source: Source
    live: Live

    @property
    def last(self) -> int:
        """The number of its last step, in all."""
        return self.first + self.live.step

    @property
    def remembered(self) -> list[int]:
        """The steps whose states are kept."""
        return [self.first + step for step in self.live.recording.remembered]


class Mark(NamedTuple):
    """Something that happened at a step."""

    step: int
    kind: str
    text: str


@final
class Legs:
    """The fits of one network, from its first weights to the present ones."""

    def __init__(self) -> None:
        self.legs: list[Leg] = []
        self.curves = Curves()
        self.marks: list[Mark] = []
        self.viewed: int | None = None

    # --- where it stands ---

    @property
    def present(self) -> Leg:
        """The leg that goes on."""
        return self.legs[-1]

    @property
    def last(self) -> int:
        """How many steps were done."""
        return self.present.last

    @property
    def step(self) -> int:
        """The step that is shown."""
        return self.last if self.viewed is None else self.viewed

    @property
    def epoch(self) -> int:
        """How many epochs were over at the step that is shown."""
        done = 0
        for leg in self.legs:
            steps = min(self.step, leg.last) - leg.first
            done += max(steps, 0) // leg.live.begun.run.train.steps
        return done

    @property
    def remembered(self) -> list[int]:
        """The steps whose states are kept."""
        return sorted({step for leg in self.legs for step in leg.remembered})

    # --- what it does ---

    def begin(self, network: Network, setting: Setting, source: Source) -> None:
        """Begin another leg, from the present weights.

        Raises
        ------
        PellucidError : when rows and network do not fit; what was there goes on then
        """
        first = 0
        if self.legs:
            self.present.live.show()
            first = self.last
        live = Live(network, *source.taken("train"), fit_options(setting, source))
        if self.legs and self.present.first == first:
            self.legs.pop()
        self.legs.append(Leg(first, setting, source, live))
        self.viewed = None
        if not first and not source.image:  # of pictures it would take too long
            self.curves.forget_after(-1)
            live.show()
            self.curves.add([0], {name: [value] for name, value in live.measure().items()})

    def advance(self, seconds: float = math.inf, *, steps: float = math.inf) -> int:
        """Train for a while, and keep what was measured at the ends of epochs."""
        live = self.present.live
        try:
            return live.advance(seconds, steps=steps)
        finally:
            self._collect()

    def _collect(self) -> None:
        leg = self.present
        columns = leg.live.history.taken()
        count = len(columns.get("loss", ()))
        if count:
            epochs = np.arange(leg.live.history.epochs - count, leg.live.history.epochs) + 1
            steps = leg.first + epochs * leg.live.begun.run.train.steps
            self.curves.add(steps.tolist(), columns)

    def mark(self, kind: str, text: str) -> None:
        """Note that something happened now."""
        if self.marks and self.marks[-1][1:] == (kind, text):  # a point that is being dragged
            self.marks.pop()
        self.marks.append(Mark(self.last, kind, text))
        del self.marks[:-MARKS]

    def show(self) -> None:
        """Let the network have the weights of the step that is shown."""
        leg = self._at(self.step)
        leg.live.show(None if self.viewed is None else self.step - leg.first)

    def _at(self, step: int) -> Leg:
        """Give the leg that a step belongs to: its end, rather than the beginning of the next."""
        place = bisect_left([leg.last for leg in self.legs], step)
        return self.legs[min(place, len(self.legs) - 1)]

    def arrays(self) -> Sequence[NDArray[Any]]:
        """Give the values of the step that is shown: the network's, then the optimizer's."""
        leg = self._at(self.step)
        if self.viewed is None:
            return leg.live.state.arrays
        return leg.live.recording.arrays_at(self.step - leg.first)

    def arrays_after(self) -> Sequence[NDArray[Any]]:
        """Give what the arrays are after the next step of training."""
        leg = self._at(self.step)
        return leg.live.after(self.arrays(), self.step - leg.first)

    def seek(self, step: int | None) -> int:
        """Show a step of the past, or the nearest one that can be shown at once.

        Returns
        -------
        The step that is shown.
        """
        shown, self.viewed = self.step, None
        if step is not None and step < self.last:
            found = self._nearest(max(step, 0), shown)
            self.viewed = None if found == self.last else found
        return self.step

    def _nearest(self, step: int, shown: int) -> int:
        """Choose the step to show; whoever goes back or forth a little comes to another one."""
        leg = self._at(step)
        known = leg.remembered
        place = bisect_left(known, step)
        before = known[place - 1] if place else known[0]
        if place < len(known) and known[place] == step:
            return step
        pace = max([1.0, *(one.live.state.pace for one in self.legs)])
        if leg.live.recording.reaches(step - leg.first) and (step - before) / pace < PATIENCE:
            return step
        around = known[max(place - 1, 0) : place + 1]
        if place == len(known) and leg is self.present:
            around.append(self.last)
        onward = [one for one in around if (one - shown) * (step - shown) > 0]
        return min(onward or around, key=lambda one: abs(one - step))

    def branch(self) -> None:
        """Make the step that is shown the present; what came after it is dropped."""
        if self.viewed is None:
            return
        step, leg = self.viewed, self._at(self.viewed)
        del self.legs[self.legs.index(leg) + 1 :]
        leg.live.back_to(step - leg.first)
        self.curves.forget_after(step)
        self.marks = [one for one in self.marks if one.step <= step]
        self.viewed = None


def fit_options(setting: Setting, source: Source) -> FitOptions:
    """Say how the setting fits."""
    return FitOptions(
        loss=setting.loss, optimizer=setting.make_optimizer(), epochs=ENDLESS,
        batch_size=min(setting.batch_size, len(source.train)),
        validation=source.taken("test") if len(source.test) else None,
        prepare=setting.prepare, seed=setting.seed,
    )  # fmt: skip
