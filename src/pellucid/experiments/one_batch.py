"""The quickest test of a network: whether it can learn one batch by heart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, final

import numpy as np
from numpy.typing import NDArray

from pellucid.arguments import Frozen, whole_number
from pellucid.diagnose import Findings
from pellucid.diagnose.kinds import found
from pellucid.models import Network
from pellucid.optim import Adam, Optimizer
from pellucid.plot.style import CONTRAST, headed, legend
from pellucid.plot.training import step_losses
from pellucid.train.rows import opened, raw_rows

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["OneBatch", "overfit_one_batch"]

NEAR_ZERO = 0.1  # of the first loss


@final
class OneBatch(Frozen):
    """How far a network came in learning one batch by heart.

    Attributes
    ----------
    losses : of each step
    last : the loss of the batch at the end, in evaluation mode
    reached : whether that is near 0: below a tenth of the first
    """

    losses: NDArray[np.float64]
    last: float
    reached: bool

    __eq__ = object.__eq__
    __hash__ = object.__hash__

    @property
    def findings(self) -> Findings:
        """PEL405, if it did not come near 0."""
        if self.reached:
            return Findings()
        steps = len(self.losses)
        evidence = f"after {steps} steps its loss is {self.last:.3g}, from {self.losses[0]:.3g}"
        return Findings([found("PEL405", evidence)])

    @property
    def _said(self) -> str:
        return "learned by heart" if self.reached else "not learned"

    def plot(self, *, ax: Axes | None = None) -> Axes:
        """Draw the loss of each step, with the line below which the batch is learned.

        Examples
        --------
        >>> import pellucid as pel
        >>> from matplotlib.figure import Figure
        >>> from pellucid import data, nn
        >>> test = pel.overfit_one_batch(nn.Sequential([nn.Linear(2)]), *data.moons(99), steps=20)
        >>> test.plot(ax=Figure().subplots()).get_title(loc="right")
        'not learned'
        """
        ax = step_losses(self.losses, window=1, ax=ax, title=None)
        goal = ax.axhline(
            NEAR_ZERO * float(self.losses[0]), color=CONTRAST, linestyle=(0, (4, 1.5))
        )
        ax.set_ylim(bottom=min(0.0, float(self.losses.min())))
        legend(ax, ["loss of the batch", "a tenth of the first"], [ax.lines[1], goal])
        return headed(ax, "One batch", x="step", y="loss", aside=self._said)

    def __repr__(self) -> str:
        return (
            f"OneBatch({self._said}: the loss went from {self.losses[0]:.3g} to {self.last:.3g} in "
            f"{len(self.losses)} steps)"
        )


def overfit_one_batch(
    model: Network,
    X: Any,
    y: Any = None,
    *,
    optimizer: Optimizer | None = None,
    steps: int = 200,
    batch_size: int = 32,
    seed: int = 0,
    **options: Any,
) -> OneBatch:
    """Train a copy of `model` on a single batch: a network that is put together well learns it.

    If it does not, it is too small, its rate is wrong, or inputs and targets do not belong
    together: look for that before you train on all rows.

    Source: Karpathy, "A recipe for training neural networks", 2019.

    Parameters
    ----------
    X, y : as for ``fit``; the batch is drawn from them
    optimizer : Adam(0.03) by default
    steps : how many are taken, on the same rows
    batch_size : how many rows
    seed : of the batch, and of weights not yet drawn
    options : what else ``fit`` takes: loss, prepare, …

    Examples
    --------
    >>> import pellucid as pel
    >>> from pellucid import data, nn
    >>> model = nn.Sequential([nn.Linear(32, activation="relu"), nn.Linear(2)])
    >>> pel.overfit_one_batch(model, *data.moons(300, seed=1)).reached
    True
    """
    steps, size = whole_number(steps, "steps", 1), whole_number(batch_size, "batch_size", 1)
    X, y, _ = opened(X, y)
    twin, rule = model.copy(), optimizer or Adam(0.03)
    known = {**options, "seed": seed, "progress": False}
    twin.fit(X, y, epochs=0, **{**known, "callbacks": ()})  # labels and scaling are those of all
    X, y, count = _drawn(twin, X, y, size, seed)
    history = twin.fit(X, y, optimizer=rule, epochs=steps, batch_size=count, **known)
    losses = history.step_losses
    last = twin.evaluate(X, y)["loss"]
    return OneBatch(losses, last, last < NEAR_ZERO * float(losses[0]))


def _drawn(model: Network, X: Any, y: Any, size: int, seed: int) -> tuple[Any, Any, int]:
    """Draw some rows, of every input and of every target; and count them."""
    given = raw_rows(model, X, y)
    some = given.taken(np.random.default_rng(seed).permutation(given.rows)[:size])
    inputs, targets = tuple(some.inputs.values()), some.targets
    X = inputs if len(inputs) > 1 else inputs[0]
    return X, targets[0] if list(targets) == [0] else targets, some.rows
