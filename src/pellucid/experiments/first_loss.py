"""Whether a network begins as one that knows nothing: with a loss near ln K."""

from __future__ import annotations

from typing import Any, final

from pellucid.arguments import Frozen
from pellucid.diagnose import Findings, after
from pellucid.errors import ArgumentError
from pellucid.models import Network
from pellucid.train import ready

__all__ = ["InitialLoss", "initial_loss"]

CLOSE = 1.5  # times what is expected


@final
class InitialLoss(Frozen):
    """The loss before the first step, beside that of a network that knows nothing.

    Attributes
    ----------
    loss : over all rows that were given, with first weights
    expected : ln K for K classes; for numbers, the loss of the answer 0
    is_as_expected : whether the loss is at most 1.5 times that
    findings : PEL404, if it is far above
    """

    loss: float
    expected: float
    findings: Findings

    @property
    def is_as_expected(self) -> bool:
        """Whether the loss is at most 1.5 times what is expected."""
        return self.loss <= CLOSE * self.expected

    def __repr__(self) -> str:
        said = "as expected" if self.is_as_expected else "too high"
        return f"InitialLoss({self.loss:.4g}, {said}: about {self.expected:.4g})"


def initial_loss(
    model: Network, X: Any, y: Any = None, *, seed: int = 0, **options: Any
) -> InitialLoss:
    """Measure the loss that a copy of `model` has with first weights, drawn from `seed`.

    A network that knows nothing gives each of K classes the same chance: its cross entropy is
    ln K. One that begins far above it is sure of things that it cannot know, and spends its first
    steps on unlearning them.

    Parameters
    ----------
    X, y : as for ``fit``
    options : what else ``fit`` takes: loss, prepare, …

    Raises
    ------
    ArgumentError : for several outputs, and a loss of which it is not known what to expect

    Examples
    --------
    >>> import pellucid as pel
    >>> from pellucid import data, nn
    >>> model = nn.Sequential([nn.Linear(32, activation="relu"), nn.Linear(2)])
    >>> pel.initial_loss(model, *data.moons(300, seed=1)).expected  # ln 2
    0.6931471805599453
    """
    twin = model.copy()
    twin.reset(seed)
    twin.fit(X, y, epochs=0, seed=seed, progress=False, **options)
    found = ready(twin, X, y)
    head, *others = found.heads
    target, classes = found.targets[head.name], len(head.coding.classes) if head.coding else 0
    expected = after.expected_first_loss(head.loss, target, classes)
    if others or expected is None:
        raise ArgumentError(
            "it is not known what loss to expect", where="loss", got=head.loss.name,
            wanted="one output, and a cross entropy, mse or mae",
            mend="compare model.evaluate(X, y) with the loss of a constant yourself",
        )  # fmt: skip
    loss = twin.evaluate(X, y)["loss"]
    return InitialLoss(loss, expected, Findings(after.first_loss(head.loss, loss, target, classes)))
