"""What can be seen when a training has ended, in its history and in the predictions."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.diagnose.data import classes_of_rows
from pellucid.diagnose.finding import Finding
from pellucid.diagnose.kinds import found
from pellucid.losses import LOSSES, Loss

__all__ = [
    "constant", "constant_loss", "expected_first_loss", "first_loss", "overfitting", "unlearned",
]  # fmt: skip

Array = NDArray[Any]

PATIENCE, SHARE = 5, 0.2  # epochs since the best one, at least, and of all epochs
ROSE, FELL = 1.3, 0.9  # validation loss over its best, training loss since then
BY = 0.15  # at least, of the first epoch's loss: a few held rows waver by less
EQUAL = 0.98, 1.1  # of the loss of a constant: nearly the same
STEPS = 100  # before it is said that nothing was learned
HIGH = 4.0  # the first loss, times that of a network that knows nothing; of numbers its square
SAME = 1e-3  # of the target's deviation


def constant_loss(loss: Loss, target: Array) -> float:
    """Give the least loss that a constant prediction has, or nan where it has no simple form.

    Formula: the entropy −Σ pₖ ln pₖ of classes, the variance for the squared error, the mean
    distance from the median for the absolute error.

    >>> from pellucid import losses
    >>> round(constant_loss(losses.cross_entropy, np.array([0, 1, 0, 1])), 6)  # ln 2
    0.693147
    """
    if not _is_plain(loss):
        return np.nan
    if loss.name == "mse":
        return float(target.astype(np.float64).var(axis=0).mean())
    if loss.name == "mae":
        return float(np.abs(target - np.median(target, axis=0)).mean())
    if loss.name in ("cross_entropy", "categorical_cross_entropy", "nll"):
        return _entropy(np.bincount(classes_of_rows(target)))
    if loss.name in ("binary_cross_entropy", "binary_cross_entropy_with_logits"):
        ones = target.astype(np.float64).reshape(len(target), -1).mean(axis=0)
        return float(np.mean([_entropy(np.array([p, 1 - p])) for p in ones]))
    return np.nan


def _is_plain(loss: Loss) -> bool:
    """Tell whether a loss is one of pellucid's own, with no weights and no smoothing."""
    known = LOSSES.get(loss.name)
    return known is loss or known == loss


def _entropy(counts: Array) -> float:
    numbers = [n for n in counts.tolist() if n]
    total = sum(numbers)
    return -sum(n / total * math.log(n / total) for n in numbers)


def expected_first_loss(loss: Loss, target: Array, classes: int) -> float | None:
    """Give ln K for K classes; for numbers the loss of the answer 0; ``None`` for other losses."""
    if not _is_plain(loss):
        return None
    if loss.name == "mse":
        return float(np.square(target, dtype=np.float64).mean())
    if loss.name == "mae":
        return float(np.abs(target).mean())
    return math.log(max(classes, 2)) if "cross_entropy" in loss.name or loss.name == "nll" else None


def first_loss(loss: Loss, first: float, target: Array, classes: int) -> Iterator[Finding]:
    """Hold the first loss against that of a network that knows nothing."""
    expected = expected_first_loss(loss, target, classes)
    numbers = loss.name in ("mse", "mae")
    if expected and first > HIGH ** (2 if numbers else 1) * expected:
        who = "the answer 0 has" if numbers else f"equal chances of {max(classes, 2)} classes have"
        yield found("PEL404", f"it was {first:.3g}; {who} {expected:.3g}")


def unlearned(last: float, constant: float, steps: int) -> Iterator[Finding]:
    """Hold the loss of the last epoch against that of a constant."""
    if steps >= STEPS and EQUAL[0] * constant < last < EQUAL[1] * constant:
        evidence = f"the loss is {last:.4g} after {steps:,} steps; a constant has {constant:.4g}"
        yield found("PEL402", evidence)


def overfitting(losses: Sequence[float], held: Sequence[float]) -> Iterator[Finding]:
    """Find a validation loss that has been rising while the training loss went on falling."""
    if len(held) < 2 or not np.isfinite(held).all():
        return
    best = int(np.argmin(held))
    since = len(held) - 1 - best
    if (
        since >= max(PATIENCE, SHARE * len(held))
        and np.mean(held[-3:]) > max(ROSE * held[best], held[best] + BY * losses[0])
        and losses[-1] < FELL * losses[best]
    ):
        yield found(
            "PEL401", f"since epoch {best + 1} the validation loss rose from {held[best]:.4g} to "
            f"{held[-1]:.4g}, while the training loss fell from {losses[best]:.4g} to "
            f"{losses[-1]:.4g}",
        )  # fmt: skip


def constant(
    prediction: Array, target: Array, *, classes: bool, where: str = ""
) -> Iterator[Finding]:
    """Find predictions that are the same for every row, or one class where there are several.

    Parameters
    ----------
    prediction : the network's output; of classes, after its link
    """
    if len(prediction) < 2:
        return
    if not classes:
        spread, wanted = prediction.std(axis=0).max(), target.std(axis=0).max()
        if spread < SAME * wanted:
            evidence = f"its standard deviation is {spread:.2g}, that of the target {wanted:.3g}"
            yield found("PEL403", evidence, where)
        return
    wide = prediction.ndim > 1 and prediction.shape[1] > 1
    told = prediction.argmax(axis=1) if wide else (prediction.reshape(-1) > 0.5).astype(np.int64)
    true = classes_of_rows(target)
    others = float((true != np.bincount(true).argmax()).mean())
    if (told == told[0]).all() and others > 0.02:
        evidence = f"class {told[0]} for all {len(told)} rows; {100 * others:.0f} % are of others"
        yield found("PEL403", evidence, where)
