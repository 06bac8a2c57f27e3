"""A fit that whoever holds it advances, some steps at a time: to show it, to stop it, to go back.

It is ``fit`` with the loop outside: the same preparation, programs, order of rows and recording,
and so the same bits after the same number of steps.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, final

import numpy as np
from numpy.typing import NDArray

from pellucid.compile import next_steps
from pellucid.engines import choose
from pellucid.engines.rows import batch_rows
from pellucid.optim import Adam
from pellucid.train.callbacks import Training
from pellucid.train.fitting import begun_fit
from pellucid.train.history import History
from pellucid.train.loop import Slices
from pellucid.train.measure import measured
from pellucid.train.options import FitOptions
from pellucid.train.recording import Recorder, Recording, Remembered
from pellucid.train.rollback import unharmed
from pellucid.train.running import start

if TYPE_CHECKING:
    from pellucid.models import Network

__all__ = ["Live"]


@final
class Live:
    """A training under way that nobody waits for.

    Parameters
    ----------
    network : trained from its present weights; they stay as they are until :meth:`show`
    X, y : rows and targets, as for ``fit``
    options : those of ``fit``; the seed must be given

    Examples
    --------
    >>> from pellucid import data, nn
    >>> from pellucid.train import FitOptions
    >>> X, y = data.moons(100, seed=1)
    >>> model = nn.Sequential([nn.Linear(4, activation="tanh"), nn.Linear(2)])
    >>> live = Live(model, X, y, FitOptions(epochs=1000, seed=1))
    >>> live.advance(steps=6)
    6
    >>> live.step, live.epoch
    (6, 1)
    """

    def __init__(self, network: Network, X: Any, y: Any, options: FitOptions) -> None:
        assert options.seed is not None
        self.engine = choose(options.engine)
        self.history = History(("loss",), seed=options.seed, engine=self.engine.name)
        with unharmed(network):
            begun = begun_fit(network, X, y, options, options.optimizer or Adam(), self.history)
            self.state = start(begun.programs)
        network._record = begun.record
        self.network, self.begun = network, begun
        self._own = begun.programs.variables[: begun.programs.own]
        self._training = Training(network, self.history, begun.run.epochs, 0)
        self._recorder = Recorder(network, self.engine, begun, None)
        self.history.recording = self._recorder.recording
        self._recorder.begin(self._training, self.state)
        self._slices = self._sliced()

    def _sliced(self) -> Slices:
        return Slices(self.engine, self.begun.run, self.state, self.begun.data, self.history)

    @property
    def recording(self) -> Recording:
        """The training so far, to go back in."""
        return self._recorder.recording

    @property
    def step(self) -> int:
        """How many steps were done."""
        return self.history.steps

    @property
    def epoch(self) -> int:
        """How many epochs are over."""
        return self.state.epoch

    def advance(self, seconds: float = math.inf, *, steps: float = math.inf) -> int:
        """Train for about so long, or so many steps at most; tell how many were done.

        At an epoch's end its validation is done too.

        Raises
        ------
        NonFiniteError : as in ``fit``; the weights are those before the step that broke them
        """
        before = self.step
        if steps == math.inf:
            self._slices.advance(seconds)
        while steps < math.inf and self.step - before < steps:
            self._slices.advance(seconds, steps=steps - (self.step - before))
            if seconds < math.inf:
                break
        while self.state.phase:
            self._slices.advance(math.inf, steps=1)
        self._recorder.see(self._training, self.state, touched=False)
        self._slices.keep(touched=False)
        return self.step - before

    def warm(self) -> None:
        """Make the programs ready, by steps on copies of the state, so that the first is quick."""
        run = self.begun.run
        for phase, one in enumerate(run.phases):
            for step in {0, one.steps - 1}:
                state = replace(self.state.copy(), phase=phase, step=step)
                self.engine.advance(run, state, self.begun.data, steps=1)
        self.after(self.state.arrays, self.step)

    def restore(self, states: Sequence[Remembered]) -> None:
        """Stand where an equal training stood that has remembered these states."""
        last = states[-1]
        self.recording.take(states)
        for array, value in zip(self.state.arrays, last.arrays, strict=True):
            np.copyto(array, value)
        self._stand(last.step)

    def touch(self) -> None:
        """Be told that an array of the state was changed by hand."""
        self._recorder.see(self._training, self.state, touched=True)
        self._slices.keep(touched=True)

    def show(self, step: int | None = None) -> None:
        """Let the network have the values of now, or those after so many steps."""
        arrays = self.state.arrays if step is None else self.recording.arrays_at(step)
        for variable, array in zip(self._own, arrays, strict=False):
            variable.adopt(array.copy())

    def measure(self) -> dict[str, float]:
        """Measure the network as it is shown, on the rows of both parts, by the columns' names."""
        objective, engine = self.begun.record.objective, choose("reference")
        found = measured(self.network, objective, self.begun.rows, engine)
        if self.begun.held_out is not None:
            held = measured(self.network, objective, self.begun.held_out, engine)
            found |= {f"val_{name}": value for name, value in held.items()}
        return found

    def next_rows(self) -> NDArray[np.int64]:
        """Give the numbers of the rows in the next batch, in their order."""
        run = self.begun.run
        (segment,) = next_steps(run, self.state, 1)
        rows = batch_rows(run, segment, segment.first)
        return np.arange(run.train.rows)[rows]

    def after(self, arrays: Sequence[NDArray[Any]], step: int) -> list[NDArray[Any]]:
        """Give what the arrays of a run after `step` are after one step more."""
        return self.recording.after(list(arrays), step)

    def back_to(self, step: int) -> None:
        """Make a step of the past the present; what came after it is dropped."""
        self.recording.forget_after(step)
        for array, value in zip(self.state.arrays, self.recording.arrays_at(step), strict=True):
            np.copyto(array, value)
        self._stand(step)

    def _stand(self, step: int) -> None:
        per_epoch = self.begun.run.train.steps
        self.state.epoch, self.state.step = divmod(step, per_epoch)
        self.state.phase = 0
        self.history.rewind(step, self.state.epoch)
        self._slices = self._sliced()
