"""How well probabilities tell classes apart, and whether they mean what they say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pellucid.errors import ArgumentError, DataError, ShapeError
from pellucid.lazy import load
from pellucid.plot.arrays import encode, finite, numbers, same_length
from pellucid.plot.style import ACCENT, AXIS, CLASSES, LINES, axes_or_new, headed, legend

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["calibration", "class_curves", "one_against_rest", "probability_table"]

Floats = NDArray[np.float64]
MOST_CURVES = 5  # more lie on each other: those of the classes that are hardest to tell are drawn


def calibration(
    truth: ArrayLike,
    probabilities: ArrayLike,
    *,
    names: Sequence[str] | None = None,
    bins: int = 10,
    ax: Axes | None = None,
    title: str | None = None,
) -> Axes:
    """Draw how often answers were right over how sure they were; on the line both are equal.

    Of two classes the probability of the second is taken, of more that of the answer. Rows are put
    into `bins` of equal width; the larger a disc, the more rows. Beside the title stands the mean
    distance from the line, weighted by rows (the expected calibration error).

    Source: Guo et al., "On calibration of modern neural networks", 2017.

    Parameters
    ----------
    truth : classes (n,)
    probabilities : (n, K), or (n,) of class 1 of two

    Raises
    ------
    ShapeError, LabelError, DataError : what does not fit each other

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> ax = calibration([0, 1, 1, 1], [0.2, 0.9, 0.9, 0.7], ax=Figure().subplots())
    >>> ax.get_title(loc="right")
    'off by 0.175 on average'
    """
    if bins < 1:
        raise ArgumentError(
            "a calibration needs bins", where="bins", got=str(bins), wanted="at least 1",
            mend="write bins=10",
        )  # fmt: skip
    codes, table, called = _scored(truth, probabilities, names)
    if table.shape[1] == 2:
        sure, right = table[:, 1], codes == 1
        x, y = f"probability of {called[1]}", f"share of {called[1]}"
    else:
        sure, right = table.max(axis=1), codes == table.argmax(axis=1)
        x, y = "probability of the answer", "share that was right"
    shares, means = load("sklearn.calibration").calibration_curve(right, sure, n_bins=bins)
    # As scikit-learn puts them: a bin begins above its lower end.
    places = np.searchsorted(np.linspace(0, 1, bins + 1)[1:-1], sure)
    counts = np.bincount(places, minlength=bins)
    counts = counts[counts > 0]
    ax = axes_or_new(ax, (3.8, 3.4))
    ax.plot([0, 1], [0, 1], color=AXIS, linewidth=0.9, linestyle="--")
    ax.plot(means, shares, color=ACCENT, linewidth=1.2)
    ax.scatter(means, shares, s=12 + 200 * counts / counts.sum(), color=ACCENT, linewidths=0)
    ax.set(xlim=(-0.02, 1.02), ylim=(-0.04, 1.04))
    off = float((counts * abs(shares - means)).sum() / counts.sum())
    aside = f"off by {off:.3f} on average"
    return headed(ax, title, x=x, y=y, aside=aside, names=True)


def class_curves(
    truth: ArrayLike,
    probabilities: ArrayLike,
    kind: Literal["roc", "precision-recall"] = "roc",
    *,
    names: Sequence[str] | None = None,
    ax: Axes | None = None,
    title: str | None = None,
) -> Axes:
    """Draw how each class is told from the rest at every threshold of its probability.

    Of two classes the second is drawn; of more than five the five with the least area.

    Parameters
    ----------
    truth : classes (n,)
    probabilities : (n, K), or (n,) of class 1 of two
    kind : ``"roc"``, the true over the false positives, with the area under the curve; or
        ``"precision-recall"``, with the average precision, which tells more of rare classes

    Raises
    ------
    ShapeError, LabelError, DataError : what does not fit each other; a single class

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> ax = class_curves([0, 0, 1, 1], [0.1, 0.6, 0.4, 0.8], ax=Figure().subplots())
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['1  0.750']
    """
    if kind not in ("roc", "precision-recall"):
        raise ArgumentError(
            "unknown kind of curve", where="kind", got=repr(kind),
            wanted='"roc" or "precision-recall"', mend='write kind="roc"',
        )  # fmt: skip
    codes, table, called = _scored(truth, probabilities, names)
    areas = {k: area for k, area, _ in one_against_rest(codes, table, kind)}
    if not areas:
        raise DataError(
            "there is nothing to tell apart: all examples are of one class", where="truth",
            mend="give examples of two classes or more",
        )  # fmt: skip
    ax = axes_or_new(ax, (3.8, 3.4))
    hardest = sorted(sorted(areas, key=lambda k: areas[k])[:MOST_CURVES])
    drawn = _one_curve_each(ax, codes, table, kind, hardest)
    texts = [f"{called[k]}  {areas[k]:.3f}" for k in hardest]
    legend(ax, texts, drawn, loc="lower right" if kind == "roc" else "lower left")
    ax.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.04))
    more = len(areas) - len(hardest)
    said = "area" if kind == "roc" else "average precision"
    aside = f"{said}, the {len(hardest)} hardest of {len(areas)}" if more else said
    ends = ("false positive rate", "true positive rate") if kind == "roc" else (
        "recall", "precision")  # fmt: skip
    return headed(ax, title, x=ends[0], y=ends[1], aside=aside)


def _one_curve_each(
    ax: Axes, codes: NDArray[np.intp], table: Floats, kind: str, classes: Sequence[int]
) -> list[Any]:
    """Draw the curve of each of some classes; a curve of chance goes with the first kind."""
    metrics, drawn = load("sklearn.metrics"), []
    if kind == "roc":
        ax.plot([0, 1], [0, 1], color=AXIS, linewidth=0.9, linestyle="--")
    for place, k in enumerate(classes):
        colour = CLASSES[place] if len(classes) > 1 else ACCENT
        if kind == "roc":
            x, y, _ = metrics.roc_curve(codes == k, table[:, k])
        else:
            y, x, _ = metrics.precision_recall_curve(codes == k, table[:, k])
        steps: Any = "default" if kind == "roc" else "steps-post"
        drawn += ax.plot(x, y, color=colour, linestyle=LINES[place], linewidth=1.6, drawstyle=steps)
    return drawn


def one_against_rest(
    codes: NDArray[np.intp], table: Floats, kind: str = "roc"
) -> Iterator[tuple[int, float, int]]:
    """Give, for each class that occurs beside others, its number, area and count.

    Of two classes only the second is given. The area is that under the ROC curve, or the average
    precision.

    Examples
    --------
    >>> list(one_against_rest(np.array([0, 1]), np.array([[0.9, 0.1], [0.2, 0.8]])))
    [(1, 1.0, 1)]
    """
    metrics = load("sklearn.metrics")
    area = metrics.roc_auc_score if kind == "roc" else metrics.average_precision_score
    for k in [1] if table.shape[1] == 2 else range(table.shape[1]):
        count = int((codes == k).sum())
        if 0 < count < len(codes):
            yield k, float(area(codes == k, table[:, k])), count


def probability_table(probabilities: ArrayLike, classes: int) -> Floats:
    """Probabilities as (n, K): a single column is that of class 1 of two.

    Raises
    ------
    ShapeError : not one column for each class

    Examples
    --------
    >>> probability_table([0.25, 1.0], 2).tolist()
    [[0.75, 0.25], [0.0, 1.0]]
    """
    given = finite(numbers(probabilities, "probabilities"), "probabilities")
    table = given.reshape(len(given), -1)
    if table.shape[1] == 1:
        table = np.hstack([1 - table, table])
    if table.shape[1] != classes:
        raise ShapeError(
            "the probabilities do not fit the classes",
            where="probabilities",
            got=f"shape {given.shape} for {classes} classes",
            wanted=f"shape ({len(given)}, {classes})",
            mend="pass one column for each class, and names for classes that do not occur",
        )
    return table


def _scored(
    truth: ArrayLike, probabilities: ArrayLike, names: Sequence[str] | None
) -> tuple[NDArray[np.intp], Floats, tuple[str, ...]]:
    """Number the classes, and bring the probabilities to one column for each."""
    classes = encode(names, truth=truth)
    (codes,) = classes.codes
    given = np.asarray(probabilities)
    width = given.shape[1] if given.ndim == 2 and given.shape[1] > 1 else 2
    called = classes.names
    if names is None and len(called) < width and np.asarray(truth).dtype.kind in "biuf":
        called = tuple(map(str, range(width)))  # a class that does not occur has its number
        codes = np.asarray(truth).reshape(-1).astype(np.intp)
    table = probability_table(given, len(called))
    same_length(truth=codes, probabilities=table)
    return codes, table, called
