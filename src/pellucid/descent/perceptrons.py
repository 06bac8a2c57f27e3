"""Rosenblatt's perceptron with its recorded path, and the proof where no line separates."""

from __future__ import annotations

from typing import Any, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pellucid import plot
from pellucid.arguments import Frozen, whole_number
from pellucid.descent.objective import Floats
from pellucid.errors import DataError, LabelError, ShapeError
from pellucid.lazy import load

__all__ = ["PerceptronPath", "perceptron"]

NAMED = 3  # rows of each class that the proof lists


@final
class PerceptronPath(Frozen):
    """How a perceptron learned; made by :func:`perceptron`.

    Attributes
    ----------
    X, y : the examples and their labels, −1 or 1
    weights : after each correction, the bias last, shape (corrections + 1, features + 1)
    rows : the misclassified example of each correction
    mistakes : how many corrections each epoch made
    separates : whether the last weights classify all examples rightly

    Examples
    --------
    >>> from pellucid import descent
    >>> path = descent.perceptron([[0.0, 1.0], [1.0, 0.0]], [1, -1])
    >>> path
    PerceptronPath(separates all 2 examples after 3 corrections in 3 epochs)
    >>> path.weights[-1].tolist(), path.predict([[0.0, 5.0]]).tolist()
    ([-2.0, 2.0, 0.0], [1])
    """

    X: Floats
    y: NDArray[np.int64]
    weights: Floats
    rows: NDArray[np.intp]
    mistakes: tuple[int, ...]
    separates: bool

    __eq__ = object.__eq__
    __hash__ = object.__hash__

    def predict(self, X: ArrayLike) -> NDArray[np.int64]:
        """Give the sign of ⟨w, x⟩ + bias for each row; 0 on the line itself."""
        return np.sign(_with_one(np.asarray(X, np.float64)) @ self.weights[-1]).astype(np.int64)

    def plot(self, *, ax: Any = None, title: str | None = None) -> Any:
        """Draw the examples, the line, and the lines before it, the older the paler.

        Raises
        ------
        ShapeError : unless there are two features
        """
        head = title or ("all examples are right" if self.separates else "not yet separated")
        return plot.separating_lines(self.X, self.y, self.weights, ax=ax, title=head)

    def __repr__(self) -> str:
        done = "separates all" if self.separates else "does not yet separate"
        return (
            f"PerceptronPath({done} {len(self.y)} examples after {len(self.rows)} corrections "
            f"in {len(self.mistakes)} epochs)"
        )


def perceptron(X: ArrayLike, y: ArrayLike, *, epochs: int = 1000) -> PerceptronPath:
    """Learn a line by Rosenblatt's rule: for each misclassified example w ← w + (y − ŷ)x.

    The weights start at 0, ŷ is the sign of ⟨w, x⟩, and an added 1 in each x makes the bias. Epochs
    visit the examples in their order, until one has no mistake. Before anything is learned a linear
    program decides whether a line can separate the classes at all: it cannot if, and only if, their
    convex hulls have a point in common.

    Parameters
    ----------
    X : examples (n, d)
    y : labels (n,), −1 or 1
    epochs : how many at most; a narrow gap needs many

    Raises
    ------
    DataError : when no line separates the classes; it names a point that lies in both hulls
    LabelError : for other labels

    Source: Rosenblatt, "The perceptron", 1958; Novikoff, 1962, for the end that it comes to; Minsky
    and Papert, 1969, for what has no end.

    Examples
    --------
    >>> from pellucid import descent
    >>> X = [[-1, -1], [-1, 1], [1, -1], [1, 1]]
    >>> descent.perceptron(X, [-1, 1, 1, 1]).separates
    True
    >>> descent.perceptron(X, [-1, 1, 1, -1])
    Traceback (most recent call last):
        ...
    pellucid.errors.DataError: no line separates the two classes
      where   the point [0, 0]
      got     it lies between rows 0, 3 of class -1, and it lies between rows 1, 2 of class 1
      wanted  classes whose convex hulls have no point in common
      mend    bend the border by a hidden layer, nn.Sequential([nn.Linear(4, activation="tanh"), \
nn.Linear(1)]), or by features such as x1 * x2
    """
    whole_number(epochs, "epochs", at_least=1)
    examples, labels = _examples(X, y)
    _check_separable(examples, labels)
    rows = _with_one(examples)
    weights, corrected, mistakes = [np.zeros(rows.shape[1])], list[int](), list[int]()
    while len(mistakes) < epochs and (not mistakes or mistakes[-1]):
        before = len(corrected)
        for k, (x, label) in enumerate(zip(rows, labels, strict=True)):
            answer = np.sign(x @ weights[-1])
            if answer != label:
                weights.append(weights[-1] + (label - answer) * x)
                corrected.append(k)
        mistakes.append(len(corrected) - before)
    return PerceptronPath(
        examples, labels, np.stack(weights), np.array(corrected, np.intp), tuple(mistakes),
        not mistakes[-1],
    )  # fmt: skip


def _with_one(X: Floats) -> Floats:
    return np.column_stack([X, np.ones(len(X))])


def _examples(X: ArrayLike, y: ArrayLike) -> tuple[Floats, NDArray[np.int64]]:
    examples, labels = np.asarray(X, np.float64), np.asarray(y).reshape(-1)
    if examples.ndim != 2 or len(examples) != len(labels) or not len(labels):
        raise ShapeError(
            "examples and labels do not fit", got=f"X {examples.shape}, y {np.shape(y)}",
            wanted="X (n, d), y (n,), n ≥ 1", mend="give one row and one label for each example",
        )  # fmt: skip
    if not np.isfinite(examples).all():
        raise DataError(
            "X has values that are not finite",
            where=f"row {int(np.argmax(~np.isfinite(examples).all(axis=1)))}",
            mend="leave such rows out",
        )
    present = np.unique(labels)
    if not set(present.tolist()) <= {-1, 1}:
        raise LabelError(
            "a perceptron answers -1 or 1", got=f"labels {', '.join(map(str, present[:5]))}",
            wanted="-1 and 1", mend=f"write np.where(y == {present[-1].item()!r}, 1, -1)",
        )  # fmt: skip
    return examples, labels.astype(np.int64)


def _check_separable(X: Floats, y: NDArray[np.int64]) -> None:
    """Look for a point in both convex hulls: Σλx = Σμx with λ, μ ≥ 0, Σλ = Σμ = 1."""
    negative, positive = np.flatnonzero(y < 0), np.flatnonzero(y > 0)
    if not (len(negative) and len(positive)):
        return
    size = float(abs(X).max()) or 1.0
    ordered = np.concatenate([negative, positive])
    sides = np.stack([y[ordered] < 0, y[ordered] > 0])
    equal = np.vstack([(X[ordered] * -y[ordered, None]).T / size, sides])
    wanted = np.concatenate([np.zeros(X.shape[1]), np.ones(2)])
    found = load("scipy.optimize").linprog(np.zeros(len(y)), A_eq=equal, b_eq=wanted)
    if found.status != 0:
        return
    share = found.x[: len(negative)]
    point = ", ".join(f"{v:.4g}" for v in share @ X[negative] + 0.0)
    used = [ordered[(found.x > 1e-9) & side] for side in sides]
    raise DataError(
        f"no {'line' if X.shape[1] == 2 else 'hyperplane'} separates the two classes",
        where=f"the point [{point}]",
        got=f"it {_hull(used[0])} of class -1, and it {_hull(used[1])} of class 1",
        wanted="classes whose convex hulls have no point in common",
        mend='bend the border by a hidden layer, nn.Sequential([nn.Linear(4, activation="tanh"), '
        "nn.Linear(1)]), or by features such as x1 * x2",
    )


def _hull(rows: NDArray[np.intp]) -> str:
    if len(rows) == 1:
        return f"is row {rows[0]}"
    return f"lies between rows {', '.join(map(str, rows))}"
