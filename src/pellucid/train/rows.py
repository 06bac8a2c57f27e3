"""From raw data to rows that are ready for a run: divided, prepared, encoded and weighed."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pellucid import losses
from pellucid.arguments import Frozen
from pellucid.data import (
    Dataset,
    Preparation,
    Table,
    check_rows,
    features,
    gather,
    is_batches,
    split,
    take,
)
from pellucid.data.mapping import taken
from pellucid.errors import ArgumentError, DataError
from pellucid.graph import Tensor
from pellucid.train.ends import inputs_by_name, targets_by_name, targets_by_place
from pellucid.train.history import History
from pellucid.train.objective import ROWS
from pellucid.train.options import FitOptions
from pellucid.train.record import FitRecord
from pellucid.train.targets import is_column, prepared_target, read_target, task_of
from pellucid.train.weighting import row_weights

if TYPE_CHECKING:
    from pellucid.models import Network

__all__ = ["Part", "Raw", "counted_as_given", "divided", "drawn_parts", "inputs_of",
           "learned_preparations", "opened", "prepared_part", "raw_rows"]  # fmt: skip

HELD = "validation "  # what errors call the rows held out: validation X, validation y


class Part(Frozen):
    """Rows that are ready: an array for each input, for the target of each head, and weights."""

    inputs: tuple[NDArray[Any], ...]
    targets: dict[str, NDArray[Any]]
    weights: dict[str, NDArray[Any]] = field(default_factory=dict)

    __eq__ = object.__eq__
    __hash__ = object.__hash__

    @property
    def arrays(self) -> tuple[NDArray[Any], ...]:
        """All of them, in the order in which programs take them."""
        return (*self.inputs, *self.targets.values(), *self.weights.values())

    def __len__(self) -> int:
        return len(self.inputs[0])


class Raw(Frozen):
    """Rows as they were given: inputs under what errors call them, targets by name or place."""

    inputs: dict[str, Any]
    targets: dict[str | int, Any]
    rows: int
    weight: NDArray[np.float64] | None = None
    what: str = ""

    __eq__ = object.__eq__
    __hash__ = object.__hash__

    def taken(
        self, rows: NDArray[np.int64], what: str = "", dtype: np.dtype[Any] | None = None
    ) -> Raw:
        """Give some of the rows; arrays of floats at once in the dtype in which they are used."""
        weight = None if self.weight is None else self.weight[rows]
        inputs = {
            f"{what}{name}": _narrowed(x, rows, dtype)
            if dtype is not None and isinstance(x, np.ndarray) and x.dtype.kind == "f"
            else take(x, rows)
            for name, x in self.inputs.items()
        }
        return Raw(inputs, take(self.targets, rows), len(rows), weight, what)

    def title(self, name: str | int) -> str:
        """Say what errors call a target."""
        return f"{self.what}y" if len(self.targets) == 1 else f"{self.what}y[{name!r}]"


def _narrowed(x: NDArray[Any], rows: NDArray[np.int64], dtype: np.dtype[Any]) -> NDArray[Any]:
    with np.errstate(over="ignore"):  # what is too large is found, and named, with what is infinite
        return taken(x, rows, dtype)


def raw_rows(network: Network, X: Any, y: Any, weight: Any = None, what: str = "") -> Raw:
    """Sort what was given by inputs and heads, and count that all have the same rows."""
    inputs = inputs_by_name(X, network.input_names, f"{what}X")
    rows = check_rows(**inputs)
    found = Raw(inputs, targets_by_place(y, rows), rows, None, what)
    check_rows(**inputs, **{found.title(name): one for name, one in found.targets.items()})
    if weight is None:
        return found
    return replace(found, weight=row_weights(weight, rows, f"{what}sample_weight"))


def opened(X: Any, y: Any, *, testing: bool = False) -> tuple[Any, Any, list[str]]:
    """Give inputs and targets of what holds both: a data set, a table, batches; with notes.

    Of a data set whose makers have set rows apart for a test, these or the others.
    """
    if y is not None:
        return X, y, []
    if isinstance(X, Dataset):
        rows, target = X.test if testing and X.test_rows else X.train
        return rows, _of_task(target, X.task), list(X.notes)
    if isinstance(X, Table):
        return X.features, _of_task(X.target, X.task), list(X.notes)
    found = gather(X) if is_batches(X) else None
    if found is None or found.y is None:
        raise DataError(
            "there are no targets", where="y", got=f"X alone, of type {type(X).__name__}",
            wanted="X and y, or X alone that holds both: a data set, a table, batches (X, y)",
            mend="write y as the second argument",
        )  # fmt: skip
    return found.X, found.y, [found.note]


def _of_task(y: NDArray[Any], task: str) -> NDArray[Any]:
    """See whole numbers as quantities where that is what they are."""
    return y.astype(np.float64) if task == "regression" else y


# --- a part to train on and a part held out ------------------------------------------------


def divided(
    network: Network, given: Raw, options: FitOptions, seed: int, dtype: np.dtype[Any]
) -> tuple[Raw, Raw | None]:
    """Give the rows to train on and those held out: some of them, or others that were given."""
    wish = options.validation
    if wish is None:
        return given, None
    if isinstance(wish, (tuple, list)):
        X, y, *weight = wish
        return given, raw_rows(network, X, y, weight[0] if weight else None, HELD)
    kept, held = drawn_parts(network, given, options, wish, seed, dtype)
    before = () if network._record is None else network._record.preparations
    as_they_are = options.prepare in (None, False) and not any(before)
    used = dtype if as_they_are else None
    return given.taken(kept, "", used), replace(given.taken(held, HELD, used), weight=None)


@contextlib.contextmanager
def counted_as_given(
    network: Network, given: Raw, rows: Raw, options: FitOptions, dtype: np.dtype[Any]
) -> Iterator[None]:
    """Let errors count rows as they were given, also where some of them were drawn to be held out.

    Where something is wrong with a part, all rows are read, and the same is said of these.
    """
    try:
        yield
    except DataError:
        if rows is not given:
            learned = learned_preparations(network, given.inputs, options, History(("loss",)))
            inputs_of(given.inputs, learned, dtype)
        raise


def drawn_parts(
    network: Network,
    given: Raw,
    options: FitOptions,
    fraction: float,
    seed: int,
    dtype: np.dtype[Any],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Choose the rows to hold out; where there is one target, of each class its share."""
    stratify = None
    if len(given.targets) == 1:
        (y,) = given.targets.values()
        stratify = _classes(network, y, options, dtype)
    try:
        return split(given.rows, fraction, seed=seed, stratify=stratify)
    except DataError as error:
        error.where = error.where.replace("stratify", "y").replace("fraction", "validation")
        error.mend = "give rows of your own, validation=(X, y), or more rows of each class"
        raise


def _classes(network: Network, y: Any, options: FitOptions, dtype: np.dtype[Any]) -> Any:
    """Give the class of each row, or nothing for numbers."""
    wishes = options.loss.values() if isinstance(options.loss, Mapping) else [options.loss]
    loss = next((losses.get(one) for one in wishes if one is not None), None)
    known = None if network._record is None else network._record.coding
    found = read_target(y, task_of(loss, y), None, known, dtype)
    if found.coding is None:
        return None
    return y if is_column(y) else found.array.argmax(axis=1)


# --- what the network takes ----------------------------------------------------------------


def learned_preparations(
    network: Network, inputs: Mapping[str, Any], options: FitOptions, history: History
) -> tuple[Preparation | None, ...]:
    """Learn from the training rows how each input is prepared, or keep how it was."""
    wish = options.prepare
    if wish is None or wish is False:
        before = network._record
        return before.preparations if before is not None else (None,) * len(inputs)
    names = network.input_names or tuple(map(str, range(len(inputs))))
    if isinstance(wish, Mapping):
        _check_inputs(wish, names)
    made: list[Preparation | None] = []
    for name, (title, X) in zip(names, inputs.items(), strict=True):
        one = (wish.get(name) if isinstance(wish, Mapping) else wish) or None
        if one is not None and not isinstance(one, Preparation):
            one = Preparation.fit(X, scaling=one, name=title)
        history.notes += () if one is None else one.notes
        made.append(one)
    return tuple(made)


def _check_inputs(wish: Mapping[str, Any], names: Sequence[str]) -> None:
    wrong = [name for name in wish if name not in names]
    if wrong:
        raise ArgumentError(
            f"the network has no input {wrong[0]!r}", where="prepare", wanted=" or ".join(names),
            mend="name the inputs as the network does",
        )  # fmt: skip


def inputs_of(
    inputs: Mapping[str, Any], preparations: Sequence[Preparation | None], dtype: np.dtype[Any]
) -> tuple[NDArray[Any], ...]:
    """Bring rows to what the network takes: prepared as in training, checked, in `dtype`."""
    how = preparations or [None] * len(inputs)
    return tuple(
        features(X, dtype=dtype, name=name).array
        if one is None
        else np.ascontiguousarray(one.apply(X, dtype=dtype, name=name).array)
        for (name, X), one in zip(inputs.items(), how, strict=True)
    )


def prepared_part(raw: Raw, record: FitRecord, predicted: Mapping[str, Tensor], dtype: Any) -> Part:
    """Bring other rows to the form in which the fit of this record takes them."""
    inputs = inputs_of(raw.inputs, record.preparations, dtype)
    heads = record.heads
    wanted = targets_by_name(raw.targets, list(predicted), heads)
    targets = {
        name: prepared_target(y, heads[name], predicted[name], dtype, raw.title(name))
        for name, y in wanted.items()
    }
    return Part(inputs, targets, {} if raw.weight is None else {ROWS: raw.weight})
