"""Data sets by name: scikit-learn's bundled ones, and the toys."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from pellucid import arguments
from pellucid.data import toys
from pellucid.data.labels import Task
from pellucid.lazy import load

__all__ = ["Dataset", "breast_cancer", "diabetes", "digits", "iris", "named", "names", "wine"]


@final
@dataclass(frozen=True, eq=False)
class Dataset:
    """A data set with what one must know to show it.

    Parameters
    ----------
    name : as in `named`
    description : one sentence
    X : (n, features) floats
    y : (n,) class indices or quantities
    task : ``"classification"`` or ``"regression"``
    feature_names : one for each column
    class_names : one for each class; empty for regression
    image_shape : (height, width) if a row is a picture

    Examples
    --------
    >>> named("digits").image_shape
    (8, 8)
    """

    name: str
    description: str
    X: NDArray[Any]
    y: NDArray[Any]
    task: Task
    feature_names: tuple[str, ...]
    class_names: tuple[str, ...] = ()
    image_shape: tuple[int, int] | None = None

    def __repr__(self) -> str:
        kind = f"{len(self.class_names)} classes" if self.class_names else self.task
        return f"Dataset({self.name}: {len(self.X)} rows, {self.X.shape[1]} features, {kind})"


def digits() -> Dataset:
    """1,797 handwritten digits, 8 × 8 pixels from 0 to 16 (curriculum row D6).

    Examples
    --------
    >>> digits()
    Dataset(digits: 1797 rows, 64 features, 10 classes)
    """
    return _bundled("digits", "Handwritten digits, 8 × 8 pixels from 0 to 16.", image_shape=(8, 8))


def iris() -> Dataset:
    """150 flowers of three species by four lengths.

    Examples
    --------
    >>> iris().class_names
    ('setosa', 'versicolor', 'virginica')
    """
    return _bundled("iris", "Three species of iris by the lengths of their leaves in cm.")


def wine() -> Dataset:
    """178 wines of three growers by thirteen measurements of very different sizes.

    Examples
    --------
    >>> wine()
    Dataset(wine: 178 rows, 13 features, 3 classes)
    """
    return _bundled("wine", "Wines of three growers by thirteen chemical measurements.")


def breast_cancer() -> Dataset:
    """569 tumours, malignant or benign, by thirty measurements of a picture.

    Examples
    --------
    >>> breast_cancer().class_names
    ('malignant', 'benign')
    """
    return _bundled("breast_cancer", "Malignant and benign tumours by thirty measurements.")


def diabetes() -> Dataset:
    """442 patients: the progress of diabetes after a year, by ten measurements.

    Examples
    --------
    >>> diabetes()
    Dataset(diabetes: 442 rows, 10 features, regression)
    """
    return _bundled("diabetes", "Progress of diabetes after one year, by ten measurements.")


def names() -> tuple[str, ...]:
    """The names that `named` knows.

    Examples
    --------
    >>> "digits" in names(), "moons" in names()
    (True, True)
    """
    return tuple(sorted([*BUNDLED, *TOYS]))


def named(name: str) -> Dataset:
    """The data set of that name.

    Raises
    ------
    ArgumentError : there is none; with the nearest name

    Examples
    --------
    >>> named("moons")
    Dataset(moons: 1000 rows, 2 features, 2 classes)
    """
    makers: dict[str, Callable[[], Dataset]] = {**BUNDLED}
    makers |= {toy: partial(_drawn, toy) for toy in TOYS}
    return arguments.named(name, "data set", {name: makers[name] for name in names()})()


def _bundled(name: str, description: str, image_shape: tuple[int, int] | None = None) -> Dataset:
    found = getattr(load("sklearn.datasets"), f"load_{name}")()
    classes = tuple(str(label) for label in found.get("target_names", ()))
    return Dataset(
        name,
        description,
        found.data,
        found.target,
        "classification" if classes else "regression",
        tuple(str(title) for title in found.feature_names),
        classes,
        image_shape,
    )


def _drawn(name: str) -> Dataset:
    draw, description, feature_names, class_names = TOYS[name]
    X, y = draw()
    task: Task = "classification" if class_names else "regression"
    if class_names:
        y = np.unique(y, return_inverse=True)[1]
    return Dataset(name, description, X, y, task, feature_names, class_names)


BUNDLED: dict[str, Callable[[], Dataset]] = {
    "breast_cancer": breast_cancer,
    "diabetes": diabetes,
    "digits": digits,
    "iris": iris,
    "wine": wine,
}

PLANE = ("x", "y")
TOYS: dict[str, tuple[Callable[[], toys.Drawn], str, tuple[str, ...], tuple[str, ...]]] = {
    "blobs": (toys.blobs, "Three Gaussian clouds.", PLANE, ("0", "1", "2")),
    "circles": (toys.circles, "A ring around a ring.", PLANE, ("outer", "inner")),
    "line_points": (
        toys.line_points,
        "Points on both sides of the diagonal.",
        PLANE,
        ("below", "above"),
    ),
    "logistic_1d": (
        toys.logistic_1d,
        "A step at 5 with a tenth of wrong labels.",
        ("x",),
        ("-1", "1"),
    ),
    "moons": (toys.moons, "Two interleaved half circles.", PLANE, ("upper", "lower")),
    "mortgage": (
        toys.mortgage,
        "Payers and defaulters by years in the job and salary.",
        ("years in the job", "salary in 10k"),
        ("defaulter", "payer"),
    ),
    "quadrants": (toys.quadrants, "Four clouds, the class is the side.", PLANE, ("left", "right")),
    "regression_curve": (toys.regression_curve, "A wave on a slope, with noise.", ("x",), ()),
    "spirals": (toys.spirals, "Two spiral arms.", PLANE, ("first", "second")),
    "xor_blobs": (
        toys.xor_blobs,
        "Four clouds, the class is whether the signs differ.",
        PLANE,
        ("same sign", "signs differ"),
    ),
}
