"""A training remembered: a few of its states, from which every step can be computed again.

Steps are the same bits whenever they are done, so that it is enough to keep a state now and then.
Going back to a step takes the nearest state before it and does the steps between again, by the same
program on the same rows.
"""

from __future__ import annotations

import bisect
import json
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, final

import numpy as np
from numpy.typing import NDArray

from pellucid import plot
from pellucid.arguments import whole_number
from pellucid.compile import Data, RunState
from pellucid.engines import Engine
from pellucid.errors import ArgumentError, FileError
from pellucid.train.callbacks import Training
from pellucid.train.checkpoint import RUN, content_of, distrust, network_of
from pellucid.train.copying import copied
from pellucid.train.keeping import Keeper
from pellucid.train.prediction import evaluation
from pellucid.train.record import FitRecord
from pellucid.train.running import Fit
from pellucid.train.signed import Content, json_of, read, write

if TYPE_CHECKING:
    from pellucid.models import Network

__all__ = ["Recorder", "Recording", "Remembered", "at_parameters", "spread"]

ROOM = 256 * 2**20  # bytes that the states of a recording may take
MOST = 1000  # states, however small
TENSORS = 10_000  # that a file holds
BETWEEN = 0.1  # seconds from one state to the next, at first
DRAWN = 40  # steps of a picture
SHARE = 100  # a state is copied so seldom that it takes at most one part in so many of the time


class Remembered(NamedTuple):
    """The arrays of a run after so many steps, and the optimizer's numbers for the next ones."""

    step: int
    arrays: list[NDArray[Any]]
    hyper: tuple[NDArray[Any], ...]


@final
class Recording:
    """A training to go back in: the network as it was after any of its steps.

    ``model.fit(…, record=True)`` makes one, as ``history.recording``. It keeps the states of some
    steps, with the rows, and computes the others again: this takes about as long as the training
    took from one remembered step to the next, and gives the same bits.

    Examples
    --------
    >>> import numpy as np
    >>> from pellucid import nn
    >>> X = np.linspace(-1, 1, 8).reshape(-1, 1)
    >>> model = nn.Sequential([nn.Linear(1)])
    >>> history = model.fit(X, 3 * X, epochs=20, seed=1, record=True, progress=False)
    >>> past = history.recording
    >>> past.last
    20
    >>> early, late = past.at(1), past.at(20)
    >>> early.evaluate(X, 3 * X)["loss"] > late.evaluate(X, 3 * X)["loss"]
    True
    >>> bool((late.predict(X) == model.predict(X)).all())
    True
    """

    def __init__(self, network: Network, record: FitRecord, last: int | None = None) -> None:
        self._network, self._record, self._last = network, record, last
        self._replay: Replay | None = None
        self._states: list[Remembered] = []
        self._breaks: list[int] = []  # after which a callback has changed what steps had made

    @property
    def last(self) -> int:
        """The number of the last step."""
        return self._record.history.steps if self._last is None else self._last

    @property
    def remembered(self) -> list[int]:
        """The steps whose states are kept; they need not be computed again."""
        return sorted({one.step for one in self._states})

    def at(self, step: int) -> Network:
        """Give the network as it was after so many steps; 0 is before the first one.

        It is a network of its own, which reads inputs and tells answers as the trained one. Where
        a callback has changed weights after that step, they are changed; averages of weights, with
        which a training may end, are not taken.

        Raises
        ------
        ArgumentError : for a step that was not done, or that cannot be computed: of a recording
            from a file, all that are not remembered
        """
        arrays = self.arrays_at(step)
        twin = copied(self._network)
        twin._record = self._record
        for variable, array in zip(twin.variables().values(), arrays, strict=False):
            variable.cast(array.dtype)
            variable.adopt(array.copy())
        return twin

    def arrays_at(self, step: int) -> list[NDArray[Any]]:
        """Give the values after so many steps: of the network's variables, then the optimizer's.

        They are read alone. See :meth:`at` for what it raises.
        """
        if not self._states:
            raise ArgumentError(
                "nothing was recorded: the training failed before its first step",
                mend="fit again, with record=True",
            )
        step = whole_number(step, "step", self._states[0].step, self.last)
        nearest = self._states[self._place(step)]
        if nearest.step == step:
            return nearest.arrays
        if self._replay is None or not self.reaches(step):
            place = self._place(step)
            around = [one.step for one in self._states[place : place + 2]]
            raise ArgumentError(
                f"step {step:,} is not remembered, and cannot be computed", got=f"step={step}",
                wanted=" or ".join(map(str, around)) + ", which are the nearest",
                mend="ask for one of recording.remembered; a recording of a training in this "
                "process, without callbacks that change weights, has every step",
            )  # fmt: skip
        return self._replay(nearest, step)

    def _place(self, step: int) -> int:
        return bisect.bisect_right(self._states, step, key=lambda one: one.step) - 1

    def reaches(self, step: int) -> bool:
        """Tell whether a step can be computed from what is remembered."""
        begin = self._states[self._place(step)].step
        lost = any(begin < one <= step for one in self._breaks)
        return begin == step or (self._replay is not None and not lost)

    def after(self, arrays: list[NDArray[Any]], step: int) -> list[NDArray[Any]]:
        """Give what arrays become by the next step of the training, which stays as it is."""
        if self._replay is None:
            raise ArgumentError(
                "a recording from a file knows no further steps", mend="train the network again"
            )
        return self._replay(
            Remembered(step, arrays, self._states[self._place(step)].hyper), step + 1
        )

    @property
    def states(self) -> list[Remembered]:
        """What is kept: the steps with their arrays, to be read alone."""
        return list(self._states)

    def take(self, states: Sequence[Remembered]) -> None:
        """Have these states in place of those that are kept."""
        self._states[:], self._breaks = states, []

    def forget_after(self, step: int) -> None:
        """Drop what came after a step, from which the training goes on another way."""
        arrays = self.arrays_at(step)
        place = bisect.bisect_right(self._states, step, key=lambda one: one.step)
        del self._states[place:]
        if self._states[-1].step != step:
            self._states.append(Remembered(step, arrays, self._states[-1].hyper))
        self._breaks = [one for one in self._breaks if one <= step]

    def plot(
        self, X: Any, y: Any = None, *, plane: Any = "principal", resolution: int = 25,
        ax: Any = None, title: str | None = None,
    ) -> Any:  # fmt: skip
        """Draw the way of all parameters through the loss of rows, as `plot.loss_path` does.

        The loss is measured in evaluation mode at ``resolution²`` places; running statistics stay
        those of the last step.

        Parameters
        ----------
        X, y : as for ``evaluate``
        plane : "principal", two places among the parameters in a row, or two directions
        ax : Matplotlib axes; new ones by default

        Examples
        --------
        >>> import numpy as np
        >>> from matplotlib.figure import Figure
        >>> from pellucid import nn
        >>> X = np.linspace(-1, 1, 8).reshape(-1, 1)
        >>> model = nn.Sequential([nn.Linear(1)])
        >>> history = model.fit(X, 3 * X, epochs=20, seed=1, record=True, progress=False)
        >>> ax = history.recording.plot(X, 3 * X, resolution=5, ax=Figure().subplots())
        >>> ax.get_title(loc="right")
        '100 % of the way seen'
        """
        loss, way = self.loss(X, y), self.way()
        return plot.loss_path(loss, way, plane=plane, resolution=resolution, ax=ax, title=title)

    def way(self) -> NDArray[Any]:
        """Give all parameters in a row, after some steps from the first to the last: (n, p)."""
        network = self._network
        places = [k for k, one in enumerate(network.variables().values()) if one.is_parameter]
        return np.stack(
            [
                np.concatenate([arrays[k].reshape(-1) for k in places])
                for arrays in map(self.arrays_at, self._along())
            ]
        )

    def loss(self, X: Any, y: Any = None) -> Callable[[NDArray[Any]], list[float]]:
        """Give the loss of rows as a function of all parameters: from (m, p) to m numbers.

        It is that of ``evaluate``. Running statistics are those of the last step.

        Examples
        --------
        >>> import numpy as np
        >>> from pellucid import nn
        >>> X = np.linspace(-1, 1, 8).reshape(-1, 1)
        >>> model = nn.Sequential([nn.Linear(1)])
        >>> history = model.fit(X, 3 * X, epochs=20, seed=1, record=True, progress=False)
        >>> loss = history.recording.loss(X, 3 * X)
        >>> loss(history.recording.way()[-1:]) == [model.evaluate(X, 3 * X)["loss"]]
        True
        """
        twin = self.at(self.last)
        measure = evaluation(twin, X, y)
        return at_parameters(twin, lambda: measure()["loss"])

    def _along(self) -> list[int]:
        """Choose steps of a way: evenly, where they can be computed, else those remembered."""
        evenly = spread(self.remembered[0], self.last)
        return sorted({one if self.reaches(one) else self._nearest(one) for one in evenly})

    def _nearest(self, step: int) -> int:
        return self._states[self._place(step)].step

    def save(self, path: str | Path, steps: Sequence[int] | None = None) -> None:
        """Write the network as it was after some steps to a file, for :meth:`load`.

        Parameters
        ----------
        steps : by default those that are remembered, or, of very many, some

        Raises
        ------
        FileError : when it cannot be written
        """
        names = list(self._network.variables())
        chosen = self._written() if steps is None else sorted(set(steps))
        kept = {
            f"{RUN}{step}/{name}": array
            for step in chosen
            for name, array in zip(names, self.arrays_at(step), strict=False)
        }
        found = content_of(self._network, dict(zip(names, self._states[-1].arrays, strict=False)))
        said = {**found.metadata, "recording": json_of({"last": self.last, "steps": chosen})}
        write(path, Content(said, {**found.tensors, **kept}))

    def _written(self) -> list[int]:
        """Choose as many remembered steps as a file has room for, the last among them."""
        known = self.remembered
        apart = -(-len(known) * len(self._network.variables()) // TENSORS)
        return sorted({*known[::apart], known[-1]})

    @classmethod
    def load(cls, path: str | Path, *, modules: Sequence[Any] = ()) -> Recording:
        """Read a recording that :meth:`save` wrote; it knows the steps that are in the file.

        Raises
        ------
        FileError : for a file that is missing, damaged, foreign, or no recording
        """
        content = read(path)
        if "recording" not in content.metadata:
            raise FileError(
                "the file holds a network, and no recording of a training", where=str(path),
                wanted="a file of recording.save(path)", mend="load it with pel.load(path)",
            )  # fmt: skip
        network: Any = network_of(content, str(path), modules)
        with distrust(str(path)):
            said, names = json.loads(content.metadata["recording"]), list(network.variables())
            found = cls(network, network._record, int(said["last"]))
            for step in map(int, said["steps"]):
                arrays = [content.tensors[f"{RUN}{step}/{name}"] for name in names]
                found._states.append(Remembered(step, arrays, ()))
        return found

    def __repr__(self) -> str:
        return f"Recording({self.last} steps, {len(self._states)} of them remembered)"


@final
class Replay:
    """Does steps of a run again; validation, which changes nothing, is left out."""

    def __init__(self, engine: Engine, begun: Fit) -> None:
        self._engine, self._rows = engine, (begun.rows.arrays,)
        self._run = replace(begun.run, validate=None, stop=None)

    def __call__(self, state: Remembered, step: int) -> list[NDArray[Any]]:
        """Give the arrays after `step`, from a state before it."""
        epoch, first = divmod(state.step, self._run.train.steps)
        place = RunState([array.copy() for array in state.arrays], epoch, 0, first)
        data = Data(self._rows, state.hyper)
        self._engine.advance(self._run, place, data, steps=step - state.step)
        return place.arrays


def spread(first: int, last: int) -> list[int]:
    """Choose steps of a way that is drawn: the first, the last, and others evenly between."""
    return sorted(set(np.linspace(first, last, DRAWN).round().astype(int).tolist()))


def at_parameters(
    network: Network, measure: Callable[[], float]
) -> Callable[[NDArray[Any]], list[float]]:
    """Make what is measured of a network a function of all its parameters: from (m, p) to m."""
    parameters = list(network.parameters().values())
    cuts = np.cumsum([math.prod(one.shape) for one in parameters])[:-1]

    def measured(weights: NDArray[Any]) -> list[float]:
        found = []
        for row in weights:
            for variable, part in zip(parameters, np.split(row, cuts), strict=True):
                variable.assign(part.reshape(variable.shape))
            found.append(measure())
        return found

    return measured


# --- while the training goes on ------------------------------------------------------------


@final
class Recorder(Keeper):
    """Copies the state of a run now and then; when there are too many copies, it drops half.

    Parameters
    ----------
    path : the file to write at the end, if any
    room : bytes that the copies may take
    """

    def __init__(
        self,
        network: Network,
        engine: Engine,
        begun: Fit,
        path: str | Path | None,
        room: int = ROOM,
    ) -> None:
        self._hyper = tuple(begun.hyper.values())
        self._path, self._room, self._between = path, room, BETWEEN
        self.recording = Recording(network, begun.record)
        self.recording._replay = Replay(engine, begun)

    def begin(self, training: Training, state: RunState) -> None:
        """Remember the first state, with which everything begins."""
        self._remember(training.history.steps, state)

    def see(self, training: Training, state: RunState, *, touched: bool) -> None:
        """Remember the state, if it is time, or if no steps lead to it."""
        step = training.history.steps
        if touched:
            self.recording._breaks.append(step)
        if touched or time.perf_counter() >= self._due:
            self._remember(step, state)

    def end(self, training: Training, state: RunState) -> None:
        """Remember the last state, and write the file."""
        self._remember(training.history.steps, state)
        if self._path is not None:
            self.recording.save(self._path)

    def _remember(self, step: int, state: RunState) -> None:
        start, states = time.perf_counter(), self.recording._states
        arrays = [array.copy() for array in state.arrays]
        if states and states[-1].step == step:
            states.pop()
        states.append(Remembered(step, arrays, tuple(array.copy() for array in self._hyper)))
        if len(states) > max(2, min(MOST, self._room // sum(one.nbytes for one in arrays))):
            del states[1:-1:2]
            self._between *= 2
        now = time.perf_counter()
        self._due = now + max(self._between, SHARE * (now - start))
