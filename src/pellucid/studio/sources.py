"""What there is to learn from: sets by name, a table, drawn points, and what Python has given."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, final

import numpy as np
from numpy.typing import NDArray

from pellucid import data
from pellucid.arguments import Frozen, named, number_in, one_of, whole_number
from pellucid.data import toys
from pellucid.data.arrays import is_frame
from pellucid.data.published import PUBLISHED
from pellucid.errors import ArgumentError, DataError
from pellucid.studio.setting import LIMITS

__all__ = [
    "PICTURES", "Drawn", "Given", "Shelf", "Source", "catalogue", "open_source",
    "shortened", "suggested_target", "told_columns",
]  # fmt: skip

PART = 2000  # rows of a published set
SPLIT_SEED = 0  # the same rows are tested on, whatever else is chosen
FEWEST = 8  # rows below which none are held out
LONGEST = 60  # letters of a name that is shown


@final
class Source(Frozen, kw_only=True):
    """Rows with their targets, how they are divided, and what one must know to show them.

    Attributes
    ----------
    X, y : as ``fit`` takes them; pictures are (n, channels, height, width)
    train, test : the numbers of rows; `test` may be empty
    classes : the names of the classes in the order of the outputs; empty for regression
    lines : Python that gives X and y
    split : Python that gives train and test, if any are held out
    notes : what was left out of a table, in sentences
    """

    name: str
    title: str
    task: str
    X: Any
    y: NDArray[Any]
    train: NDArray[np.int64]
    test: NDArray[np.int64]
    features: tuple[str, ...]
    classes: tuple[str, ...] = ()
    image: tuple[int, ...] | None = None
    target: str | None = None
    lines: tuple[str, ...] = ()
    split: str = ""
    notes: tuple[str, ...] = ()

    __eq__ = object.__eq__
    __hash__ = object.__hash__

    @property
    def outputs(self) -> int:
        """How many numbers a network for it ends in: one for two classes."""
        if self.task == "classification":
            return 1 if len(self.classes) == 2 else len(self.classes)
        return 1 if self.y.ndim == 1 else self.y.shape[1]

    def rows(self, part: str) -> NDArray[np.int64]:
        """Give the numbers of the rows of a part."""
        return self.train if part == "train" else self.test

    def taken(self, part: str) -> tuple[Any, NDArray[Any]]:
        """Give X and y of a part."""
        rows = self.rows(part)
        return data.take(self.X, rows), self.y[rows]


class Drawn(NamedTuple):
    """Points on a plane, drawn or moved by hand; `test` marks those that are held out."""

    X: NDArray[np.float64]
    y: NDArray[Any]
    test: NDArray[np.bool_]
    classes: tuple[str, ...]
    features: tuple[str, ...]


class Given(NamedTuple):
    """Rows that came from Python, or from a file that was named on the command line."""

    X: Any
    y: NDArray[Any]
    title: str = "Your data"
    features: tuple[str, ...] = ()
    lines: tuple[str, ...] = ("X, y = …  # your data",)
    task: str | None = None
    classes: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class Shelf(Frozen):
    """Data that have no name of their own: an uploaded table, drawn points, what was given."""

    csv: Path | None = None
    csv_name: str = ""
    drawn: Drawn | None = None
    given: Given | None = None

    __eq__ = object.__eq__
    __hash__ = object.__hash__


class Toy(NamedTuple):
    """A set that is drawn, and what of it one can choose."""

    draw: Callable[..., toys.Drawn]
    title: str
    call: str
    noise: tuple[str, float] | None = None
    rows: int | None = 200
    fixed: Mapping[str, Any] = {}
    features: tuple[str, ...] = ("x", "y")
    classes: tuple[str, ...] = ("0", "1")

    @property
    def offered(self) -> dict[str, float]:
        """What one can choose of it, as it is at first."""
        noise = {} if self.noise is None else {"noise": self.noise[1]}
        return noise if self.rows is None else {**noise, "rows": self.rows}


TOYS: dict[str, Toy] = {
    "xor": Toy(toys.xor_blobs, "XOR", "xor_blobs", ("spread", 0.2)),
    "moons": Toy(toys.moons, "Moons", "moons", ("noise", 0.1)),
    "circles": Toy(toys.circles, "Circles", "circles", ("noise", 0.1)),
    "spirals": Toy(toys.spirals, "Spirals", "spirals", ("noise", 0.1)),
    "blobs": Toy(toys.blobs, "Blobs", "blobs", ("spread", 1.0), classes=("0", "1", "2")),
    "line": Toy(toys.line_points, "Two sides of a line", "line_points"),
    "quadrants": Toy(
        toys.quadrants, "Quadrants", "quadrants", None, None, {"labelling": "quadrant"},
        classes=("0", "1", "2", "3"),
    ),
    "mortgage": Toy(
        toys.mortgage, "Mortgage", "mortgage", None, None,
        features=("years in the job", "salary in 10k"), classes=("defaulter", "payer"),
    ),
    **{
        name: Toy(
            toys.regression_curve, title, "regression_curve", ("noise", 0.1), 200,
            {"kind": name}, ("x",), (),
        )
        for name, title in (
            ("wave", "Wave"), ("sine", "Sine"), ("steps", "Steps"), ("polynomial", "Polynomial"),
        )
    },
}  # fmt: skip
TABLES = {
    "iris": "Iris", "wine": "Wine", "breast_cancer": "Breast cancer", "diabetes": "Diabetes",
    "digits": "Digits", "slashes": "Slashes", "fashion-mnist": "Fashion-MNIST, a part",
}  # fmt: skip
PICTURES = {"digits", "slashes", "fashion-mnist"}


def catalogue(shelf: Shelf) -> list[dict[str, Any]]:
    """List the sets that can be chosen here and now."""
    found = [
        {
            "name": name, "title": one.title, "image": False,
            "task": "classification" if one.classes else "regression", "options": one.offered,
            "description": re.sub(r" \(rows? [^)]*\)", "", (one.draw.__doc__ or "").split("\n")[0]),
        }
        for name, one in TOYS.items()
    ]  # fmt: skip
    here = [name for name in TABLES if name not in PUBLISHED or PUBLISHED[name].is_here]
    found += [
        {
            "name": name, "title": TABLES[name], "image": name in PICTURES,
            "task": "regression" if name == "diabetes" else "classification",
            "description": PUBLISHED[name].description if name in PUBLISHED
            else data.named(name).description,
        }
        for name in here
    ]  # fmt: skip
    given = "" if shelf.given is None else shelf.given.title
    more = {"csv": (shelf.csv, shelf.csv_name), "given": (shelf.given, given),
            "drawn": (shelf.drawn, "Drawn points")}  # fmt: skip
    found += [
        {"name": name, "title": title, "image": False, "task": "", "description": ""}
        for name, (present, title) in more.items()
        if present is not None
    ]
    return found


def open_source(choice: Mapping[str, Any], shelf: Shelf) -> Source:
    """Give the rows that were chosen.

    Raises
    ------
    ArgumentError : for an unknown set or option
    DataError : for a table that cannot be used, and why
    """
    name = choice["name"]
    makers: dict[str, Callable[..., Source]] = {
        **dict.fromkeys(TOYS, _toy), **dict.fromkeys(TABLES, _named),
        "csv": _csv, "drawn": _drawn, "given": _given,
    }  # fmt: skip
    found = named(name, "data set", makers)(choice, shelf)
    if len(found.y) > LIMITS["rows"] or len(found.features) > LIMITS["columns"]:
        raise DataError(
            "the table is too large for the lab", got=f"{len(found.y):,} rows of "
            f"{len(found.features):,} columns", wanted=f"at most {LIMITS['rows']:,} rows of "
            f"{LIMITS['columns']:,} columns", mend="take a part of it, or use pellucid train",
        )  # fmt: skip
    return found


def _toy(choice: Mapping[str, Any], _: Shelf) -> Source:
    toy, options = TOYS[choice["name"]], dict(choice["options"])
    for option in options:
        one_of(option, "an option of the data", ("rows", "noise"))
    given: dict[str, Any] = {}
    if toy.rows is not None:
        given["n"] = whole_number(options.get("rows", toy.rows), "rows", 8, LIMITS["rows"])
    if toy.noise is not None:
        given[toy.noise[0]] = number_in(options.get("noise", toy.noise[1]), "noise", 0, 10)
    given |= toy.fixed
    X, y = toy.draw(**given)
    lines = [f"X, y = data.{toy.call}({', '.join(f'{k}={v!r}' for k, v in given.items())})"]
    if toy.classes and y.min() < 0:
        y = (y > 0).astype(np.int64)
        lines.append("y = (y > 0).astype(int)")
    return _divided(choice, choice["name"], toy.title, X, y, toy.features, toy.classes,
                    tuple(lines))  # fmt: skip


def _named(choice: Mapping[str, Any], _: Shelf) -> Source:
    name = choice["name"]
    found = data.named(name)
    X, y = found.X, found.y
    lines = [f"found = data.named({name!r})", "X, y = found.X, found.y"]
    if len(y) > PART:
        X, y = X[:PART], y[:PART]
        lines[-1] = f"X, y = found.X[:{PART}], found.y[:{PART}]"
    if found.image_shape is not None and X.ndim == 2:
        height, width = found.image_shape
        X = X.reshape(-1, 1, height, width)
        lines.append(f"X = X.reshape(-1, 1, {height}, {width})")
    return _divided(choice, name, TABLES[name], X, y, found.feature_names, found.class_names,
                    tuple(lines), target=found.target_name)  # fmt: skip


def _csv(choice: Mapping[str, Any], shelf: Shelf) -> Source:
    if shelf.csv is None:
        raise ArgumentError("no table was uploaded", mend="upload a CSV file first")
    target = choice["target"] or suggested_target(told_columns(shelf.csv))
    found = data.read(str(shelf.csv), target)
    kinds = tuple(map(str, np.unique(found.y))) if found.task == "classification" else ()
    line = f"found = data.read({shelf.csv_name!r}, {target!r})"
    return _divided(choice, "csv", shelf.csv_name, found.X, found.y, found.feature_names, kinds,
                    (line, "X, y = found.X, found.y"), found.target_name, found.notes)  # fmt: skip


def _given(choice: Mapping[str, Any], shelf: Shelf) -> Source:
    if shelf.given is None:
        raise ArgumentError("no data were given", mend="open the lab with pel.lab(model, X, y)")
    X, y, title, features, lines, task, classes, notes = shelf.given
    kind = task or data.targets(y).task
    if kind == "classification" and not classes:
        classes = tuple(map(str, np.unique(y)))
    if not is_frame(X) and not features:
        features = tuple(f"x{k + 1}" for k in range(X.shape[1]))
    return _divided(choice, "given", title, X, y, features, classes if kind != "regression" else (),
                    lines, notes=notes)  # fmt: skip


def _drawn(_: Mapping[str, Any], shelf: Shelf) -> Source:
    if shelf.drawn is None:
        raise ArgumentError("no points were drawn", mend="draw some on the plane")
    X, y, test, classes, features = shelf.drawn
    lines = (
        "import numpy as np", f"X = np.array({X.tolist()!r})", f"y = np.array({y.tolist()!r})",
    )  # fmt: skip
    rows = np.arange(len(y))
    split = f"train, test = np.array({rows[~test].tolist()}), np.array({rows[test].tolist()})"
    return Source(
        name="drawn", title="Drawn points", task="classification" if classes else "regression",
        X=X, y=y, train=rows[~test], test=rows[test], features=features, classes=classes,
        lines=lines, split=split if test.any() else "",
    )  # fmt: skip


def _divided(
    choice: Mapping[str, Any],
    name: str,
    title: str,
    X: Any,
    y: NDArray[Any],
    features: tuple[str, ...],
    classes: tuple[str, ...],
    lines: tuple[str, ...],
    target: str | None = None,
    notes: tuple[str, ...] = (),
) -> Source:
    """Hold out a part of the rows; where classes have rows enough, of each its share."""
    task = "classification" if classes else "regression"
    if task == "regression" and y.dtype.kind != "f":
        y = y.astype(np.float64)
        lines = (*lines, "y = y.astype(float)")
    share, rows = choice["test"], np.arange(len(y))
    train, test, split = rows, rows[:0], ""
    if share and len(y) >= FEWEST:
        stratify = _can_stratify(y, share) if classes else False
        train, test = data.split(len(y), share, seed=SPLIT_SEED, stratify=y if stratify else None)
        split = f"train, test = data.split(len(y), {share!r}, seed={SPLIT_SEED}"
        split += ", stratify=y)" if stratify else ")"
        known = np.isin(y[test], y[train])
        if classes and not known.all():  # what is held out whole could not be learned
            train, test = np.append(train, test[~known]), test[known]
            split += "\nknown = np.isin(y[test], y[train])"
            split += "\ntrain, test = np.append(train, test[~known]), test[known]"
            lines = ("import numpy as np", *lines)
        if not len(test):
            train, split = rows, ""
    image = tuple(X.shape[1:]) if getattr(X, "ndim", 2) == 4 else None
    return Source(
        name=name, title=title, task=task, X=X, y=y, train=train, test=test,
        features=features, classes=tuple(map(shortened, classes)), image=image, target=target,
        lines=lines, split=split, notes=notes,
    )  # fmt: skip


def _can_stratify(y: NDArray[Any], share: float) -> bool:
    counts = np.unique(y, return_counts=True)[1]
    least = min(np.ceil(share * len(y)), len(y) - np.ceil(share * len(y)))
    return bool(counts.min() > 1 and least >= len(counts))


def shortened(name: str) -> str:
    """Cut a name that is too long to be shown.

    >>> len(shortened("x" * 1000))
    60
    """
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"


# --- tables that were uploaded -------------------------------------------------------------


def told_columns(path: Path) -> list[dict[str, Any]]:
    """Describe the columns of a table: name, kind, and how many values are missing.

    Raises
    ------
    DataError, FileError : for what is no table, and for one that is too large
    """
    frame = data.read_table(path)
    rows, columns = frame.shape
    if not rows or columns < 2:
        raise DataError("this is no table to learn from", got=f"{rows} rows of {columns} columns",
                        wanted="a line of names, and two columns or more",
                        mend="upload a CSV file with a header")  # fmt: skip
    if rows > LIMITS["rows"] or columns > LIMITS["columns"]:
        raise DataError(
            "the table is too large for the lab", got=f"{rows:,} rows of {columns:,} columns",
            wanted=f"at most {LIMITS['rows']:,} rows of {LIMITS['columns']:,} columns",
            mend="upload a part of it",
        )  # fmt: skip
    return [
        {
            "name": str(name), "missing": int(frame[name].isna().sum()), "rows": rows,
            "kind": "number" if frame[name].dtype.kind in "iuf" else "category",
            "different": int(frame[name].nunique()),
        }
        for name in frame.columns
    ]  # fmt: skip


def suggested_target(columns: list[dict[str, Any]]) -> str:
    """Choose what is probably to be predicted: the last column of few kinds, else the last one."""
    few = [one["name"] for one in columns
           if one["kind"] == "category" and 1 < one["different"] <= 20]  # fmt: skip
    return str(few[-1] if few else columns[-1]["name"])
