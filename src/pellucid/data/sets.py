"""Data sets by name: scikit-learn's bundled ones, the toys, and those from the network."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from typing import final

import numpy as np

from pellucid import arguments
from pellucid.arguments import Frozen
from pellucid.data import toys
from pellucid.data.dataset import Dataset
from pellucid.data.labels import Task
from pellucid.data.published import PUBLISHED, fashion_mnist, kmnist, mnist
from pellucid.lazy import load

__all__ = [
    "SetEntry",
    "breast_cancer",
    "diabetes",
    "digits",
    "iris",
    "linnerud",
    "named",
    "names",
    "sets",
    "wine",
]


@final
class SetEntry(Frozen):
    """A line of the list of data sets.

    Parameters
    ----------
    name : as `named` takes it
    rows : how many, those of a test included
    shape : of one row: (features,) or (channels, height, width)
    task : ``"classification"`` or ``"regression"``
    classes : how many; 0 for regression
    description : one sentence
    is_here : whether it can be had without the network

    Examples
    --------
    >>> next(entry for entry in sets() if entry.name == "mnist").shape
    (1, 28, 28)
    """

    name: str
    rows: int
    shape: tuple[int, ...]
    task: Task
    classes: int
    description: str
    is_here: bool = True


def digits() -> Dataset:
    """1,797 handwritten digits, 8 × 8 pixels from 0 to 16 (curriculum row D6).

    Examples
    --------
    >>> digits()
    Dataset(digits: 1797 rows of 64 features, 10 classes)
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
    Dataset(wine: 178 rows of 13 features, 3 classes)
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
    Dataset(diabetes: 442 rows of 10 features, regression)
    """
    return _bundled("diabetes", "Progress of diabetes after one year, by ten measurements.")


def linnerud() -> Dataset:
    """20 men in a fitness club: three measures of the body by three exercises.

    Examples
    --------
    >>> linnerud().y.shape
    (20, 3)
    """
    return _bundled("linnerud", "Weight, waist and pulse of twenty men by three exercises.")


def names() -> tuple[str, ...]:
    """The names of the sets that need no network; `sets` lists the others too.

    Examples
    --------
    >>> "digits" in names(), "moons" in names(), "mnist" in names()
    (True, True, False)
    """
    return tuple(sorted([*BUNDLED, *TOYS]))


def named(name: str, *, folder: str | os.PathLike[str] | None = None) -> Dataset:
    """The data set of that name; a hyphen is as good as an underscore.

    Parameters
    ----------
    name : one of `sets`
    folder : where the files of a set from the network lie, or are to be put

    Raises
    ------
    ArgumentError : there is none; with the nearest name
    FileError : the set is not here, and not to be had from the network

    Examples
    --------
    >>> named("moons")
    Dataset(moons: 1000 rows of 2 features, 2 classes)
    """
    makers: dict[str, Callable[[], Dataset]] = {**BUNDLED}
    makers |= {toy: partial(_drawn, toy) for toy in TOYS}
    makers |= {key: partial(make, folder) for key, make in FETCHED.items()}
    wanted = name
    if isinstance(name, str) and name not in makers:
        plain = name.replace("-", "_")
        wanted = next((known for known in makers if known.replace("-", "_") == plain), name)
    return arguments.named(wanted, "data set", dict(sorted(makers.items())))()


def sets() -> tuple[SetEntry, ...]:
    """All data sets that are known by name, with their shapes; nothing is downloaded.

    Examples
    --------
    >>> [entry.name for entry in sets() if entry.task == "regression"]
    ['diabetes', 'linnerud', 'polynomial', 'regression_curve', 'sine', 'steps']
    """
    here = [
        SetEntry(
            found.name, len(found.y), found.row_shape, found.task, len(found.class_names),
            found.description,
        )
        for found in map(named, names())
    ]  # fmt: skip
    others = [
        SetEntry(
            one.name, 70_000, (1, 28, 28), "classification", len(one.class_names), one.description,
            one.is_here,
        )
        for one in PUBLISHED.values()
    ]  # fmt: skip
    return tuple(sorted([*here, *others], key=lambda entry: entry.name))


def _bundled(name: str, description: str, image_shape: tuple[int, int] | None = None) -> Dataset:
    found = getattr(load("sklearn.datasets"), f"load_{name}")()
    has_classes = found.target.dtype.kind == "i"
    classes = tuple(str(label) for label in found.target_names) if has_classes else ()
    return Dataset(
        name,
        description,
        found.data,
        found.target,
        "classification" if classes else "regression",
        tuple(str(title) for title in found.feature_names),
        classes,
        image_shape,
        "class" if classes else ", ".join(found.get("target_names", ["target"])),
    )


def _drawn(name: str) -> Dataset:
    draw, description, feature_names, class_names = TOYS[name]
    X, y = draw()
    task: Task = "classification" if class_names else "regression"
    if class_names:
        y = np.unique(y, return_inverse=True)[1]
    shape = X.shape[2:] if X.ndim == 4 else None
    target = "class" if class_names else "y"
    return Dataset(name, description, X, y, task, feature_names, class_names, shape, target)


BUNDLED: dict[str, Callable[[], Dataset]] = {
    "breast_cancer": breast_cancer,
    "diabetes": diabetes,
    "digits": digits,
    "iris": iris,
    "linnerud": linnerud,
    "wine": wine,
}
FETCHED = {"fashion-mnist": fashion_mnist, "kmnist": kmnist, "mnist": mnist}

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
    "polynomial": (
        partial(toys.regression_curve, kind="polynomial"),
        "A cubic curve, with noise.",
        ("x",),
        (),
    ),
    "regression_curve": (toys.regression_curve, "A wave on a slope, with noise.", ("x",), ()),
    "sine": (partial(toys.regression_curve, kind="sine"), "A sine, with noise.", ("x",), ()),
    "slashes": (
        toys.slashes,
        "Forward and backward slashes, 6 × 6 pixels of −1 and 1.",
        (),
        ("forward", "backward"),
    ),
    "spirals": (toys.spirals, "Two spiral arms.", PLANE, ("first", "second")),
    "steps": (partial(toys.regression_curve, kind="steps"), "Six steps, with noise.", ("x",), ()),
    "surfaces": (
        toys.surfaces,
        "Grass, ice and sand seen from above, 16 × 16 pixels in colour.",
        (),
        tuple(toys.SURFACES),
    ),
    "xor_blobs": (
        toys.xor_blobs,
        "Four clouds, the class is whether the signs differ.",
        PLANE,
        ("same sign", "signs differ"),
    ),
}
