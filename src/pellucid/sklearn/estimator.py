"""What all estimators share: checked rows, a network that goes on or begins anew, what is kept."""

from __future__ import annotations

import contextlib
import copy
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from numbers import Integral
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, clone, is_regressor
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from pellucid.arguments import truth, whole_number
from pellucid.data.arrays import as_array, is_frame
from pellucid.data.columns import columns_of
from pellucid.errors import ArgumentTypeError, DataError
from pellucid.layers import Linear
from pellucid.layers.module import Module
from pellucid.losses import Loss
from pellucid.models import Network
from pellucid.sklearn.scaling import Weight, input_scaling, target_scaling
from pellucid.train import FitOptions, FitRecord, History, Slots, fit
from pellucid.train.ends import ONE
from pellucid.train.objective import Head, Objective
from pellucid.train.weighting import row_weights
from pellucid.wording import listed

__all__ = ["Estimator", "Target"]

SEEDS = 2**31 - 1  # what a random_state that is no whole number draws a seed from


class Target(NamedTuple):
    """A target as the network takes it.

    Attributes
    ----------
    array : codes of classes (n,), columns of yes and no, or quantities
    outputs : how many numbers the network is to give for each row
    loss : what it is compared by; ``None`` for what fits the network's last layer
    weight : how much each row counts by its class; ``None`` where all count alike
    is_scaled : whether quantities are standardised where the inputs are scaled
    """

    array: NDArray[Any]
    outputs: int
    loss: Loss | None
    weight: Weight = None
    is_scaled: bool = False


class Estimator(BaseEstimator, ABC):  # type: ignore[misc]
    """An estimator that trains a network. Subclasses say which, on what, and how.

    Attributes
    ----------
    network_ : the trained network, with which all of pellucid can be done
    n_features_in_, feature_names_in_ : the columns of X, and their names if a frame gave them
    n_iter_ : how many epochs it has been trained, over all calls that went on
    loss_curve_ : the loss of each of these epochs
    t_ : how many rows it was trained on in all
    """

    network_: Network
    n_features_in_: int
    n_outputs_: int
    n_iter_: int
    loss_curve_: list[float]
    t_: int
    _seed: int
    _slots: Slots  # what the optimizer keeps, for the next ``partial_fit``

    # Parameters that every estimator has.
    network: Any = None  # a class without such a parameter makes its own network
    prepare: Any
    warm_start: bool
    random_state: Any
    max_iter: int
    shuffle: bool
    callbacks: Any
    dtype: Any
    engine: str | None
    verbose: Any

    # --- what subclasses say ---------------------------------------------------------------------

    @abstractmethod
    def _target(self, y: NDArray[Any], *, fresh: bool, classes: Any = None) -> Target:
        """Bring a checked y to what the network takes, and learn what it is if it is `fresh`."""

    @abstractmethod
    def _network(self, inputs: int, outputs: int) -> Network:
        """Make the network that a fit begins with."""

    @abstractmethod
    def _wishes(self, target: Target, validation: Any, *, part: bool) -> dict[str, Any]:
        """Give the arguments of ``Network.fit`` beside those that every estimator has."""

    # --- training --------------------------------------------------------------------------------

    def _trained(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        *,
        part: bool = False,
        classes: Any = None,
        validation: Any = None,
    ) -> Self:
        """Train on rows: from the beginning, or, in a `part` or a warm start, from where it was."""
        goes_on = truth(self.warm_start, "warm_start") or part
        known: Network | None = getattr(self, "network_", None) if goes_on else None
        fresh = known is None
        with _unharmed(self):
            X, y = self._rows(X, y, reset=fresh)
            weight = None if sample_weight is None else row_weights(sample_weight, len(X))
            target = self._target(y, fresh=fresh, classes=classes)
            network = known or self._begun(X, target, weight)
            both = [one for one in (weight, target.weight) if one is not None]
            options = FitOptions(
                loss=target.loss, epochs=1 if part else self._epochs(),
                sample_weight=np.prod(both, axis=0) if both else None, shuffle=self.shuffle,
                callbacks=self._calls(), dtype=self._dtype(X, known), engine=self.engine,
                seed=self._seed if fresh else (self._seed + self.n_iter_) % SEEDS,
                progress=self.verbose or False, **self._wishes(target, validation, part=part),
            )  # fmt: skip
            slots = self._slots if part and not fresh else Slots()
            history = fit(network, X, target.array, options, slots).history
            self._slots = slots
            self._keep(network, history, len(X), target.outputs, fresh=fresh)
        return self

    def _begun(self, X: NDArray[Any], target: Target, weight: Weight) -> Network:
        """Make the network, which knows how to read its rows before the first step."""
        self._seed = _seed_of(self.random_state)
        network = self._network(X.shape[1], target.outputs)
        network._record = self._reading(network._record, X, target, weight)
        return network

    def _rows(self, X: Any, y: Any = None, *, reset: bool) -> Any:
        """Check rows as scikit-learn does, and make an array of them: X, or X and y."""
        wishes: dict[str, Any] = {
            "accept_sparse": "csr", "dtype": "numeric", "allow_nd": self.network is not None,
        }  # fmt: skip
        with _naming_texts(X):
            if y is None and not reset:
                return as_array(validate_data(self, X, reset=False, **wishes))
            wishes |= {"multi_output": True, "y_numeric": is_regressor(self)}
            X, y = validate_data(self, X, y, reset=reset, **wishes)
            return as_array(X), as_array(y, name="y")

    def _calls(self) -> Any:
        return self.callbacks

    def _epochs(self) -> int:
        return whole_number(self.max_iter, "max_iter", at_least=1)

    def _dtype(self, X: NDArray[Any], known: Network | None) -> Any:
        """Say what is computed in: what was asked for, or float32 where X is of that dtype."""
        if self.dtype is not None or known is not None:
            return self.dtype  # a network that goes on keeps its own
        return np.float32 if X.dtype == np.float32 else np.float64

    def _reading(
        self, before: FitRecord | None, X: NDArray[Any], target: Target, weight: Weight
    ) -> FitRecord:
        """Say how inputs and quantities are read; a network trained before reads them as then."""
        if before is not None:
            known = [head.scaling for head in before.objective]
            preparation, scaling = before.preparations, known[0] if len(known) == 1 else None
        else:
            preparation = (input_scaling(self.prepare, X, weight),)
            is_scaled = target.is_scaled and preparation[0] is not None
            scaling = target_scaling(target.array, weight) if is_scaled else None
        heads: tuple[Head, ...] = ()
        if scaling is not None and target.loss is not None:
            heads = (Head(ONE, target.loss, scaling=scaling),)
        return FitRecord(History(("loss",)), Objective(heads), preparation)

    def _keep(
        self, network: Network, history: History, rows: int, outputs: int, *, fresh: bool
    ) -> None:
        before = [] if fresh else self.loss_curve_
        self.network_ = network
        self.n_outputs_ = outputs
        self.loss_curve_ = [*before, *history["loss"]]
        self.n_iter_ = (0 if fresh else self.n_iter_) + history.epochs
        self.t_ = (0 if fresh else self.t_) + history.epochs * rows

    def _validation(self, validation: Any) -> Any:
        """Bring rows to validate with to what the network takes; nothing of the fit is changed."""
        if not isinstance(validation, tuple | list) or len(validation) not in (2, 3):
            raise ArgumentTypeError(
                "validation= takes rows of their own", got=repr(validation)[:80],
                wanted="(X, y) or (X, y, weights)",
                mend="for a share of the rows write early_stopping=True, validation_fraction=0.1",
            )  # fmt: skip
        X, y, *weight = validation
        X, y = self._rows(X, y, reset=False)
        return (X, self._target(y, fresh=False).array, *weight)

    # --- what was learned ------------------------------------------------------------------------

    def _asked(self, question: Callable[..., NDArray[Any]], X: Any) -> NDArray[Any]:
        """Ask the network something of rows, one of its verbs."""
        check_is_fitted(self, "network_")
        return question(self.network_, self._rows(X, reset=False))

    @property
    def history_(self) -> History:
        """The history of the last call of ``fit`` or ``partial_fit``."""
        check_is_fitted(self, "network_")
        assert self.network_.history is not None
        return self.network_.history

    @property
    def loss_(self) -> float:
        """The loss of the last epoch."""
        check_is_fitted(self, "network_")
        return self.loss_curve_[-1]

    @property
    def best_loss_(self) -> float:
        """The smallest loss of an epoch."""
        check_is_fitted(self, "network_")
        return min(self.loss_curve_)

    @property
    def coefs_(self) -> list[NDArray[Any]]:
        """The weights of the dense layers, (inputs, units) each."""
        return [layer.weight.numpy().T for layer in self._dense_layers()]

    @property
    def intercepts_(self) -> list[NDArray[Any]]:
        """The biases of the dense layers, (units,) each."""
        return [layer.bias.numpy() for layer in self._dense_layers() if layer.has_bias]

    @property
    def n_layers_(self) -> int:
        """How many layers it has, the inputs counted as one."""
        return len(self._dense_layers()) + 1

    def _dense_layers(self) -> list[Linear]:
        check_is_fitted(self, "network_")
        return [one for one in self.network_.modules().values() if isinstance(one, Linear)]

    # --- scikit-learn's conventions --------------------------------------------------------------

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def __sklearn_clone__(self) -> Self:
        """Make an estimator of the same parameters; networks among them are copied, not shared."""
        given = self.get_params(deep=False)
        twin = type(self)(**{name: _cloned(value) for name, value in given.items()})
        for name in ("_metadata_request", "_sklearn_output_config"):
            if hasattr(self, name):
                setattr(twin, name, _cloned(getattr(self, name)))
        return twin


@contextlib.contextmanager
def _unharmed(estimator: Estimator) -> Iterator[None]:
    """Put an estimator's attributes back, if anything is raised inside."""
    before = dict(estimator.__dict__)
    try:
        yield
    except BaseException:
        estimator.__dict__.clear()
        estimator.__dict__.update(before)
        raise


@contextlib.contextmanager
def _naming_texts(X: Any) -> Iterator[None]:
    """Say which columns of a frame hold texts, of which scikit-learn says one value alone."""
    try:
        yield
    except ValueError as error:
        texts = _texts_in(X) if is_frame(X) else []
        if not texts:
            raise
        raise DataError(
            "X holds columns that are not numbers", where="X", got=listed(texts),
            wanted="numbers in every column",
            mend="encode them in a pipeline: make_column_transformer((OneHotEncoder(), "
            f"{texts[:8]}), remainder='passthrough'); or train the network itself, whose "
            "fit(…, prepare='standard') encodes them",
        ) from error  # fmt: skip


def _texts_in(frame: Any) -> list[str | int]:
    columns, names = columns_of(frame)
    titles: Sequence[str | int] = names or range(len(columns))
    pairs = zip(titles, columns, strict=True)
    return [title for title, column in pairs if column.kind in ("text", "date")]


def _cloned(value: Any) -> Any:
    return copy.deepcopy(value) if isinstance(value, Module) else clone(value, safe=False)


def _seed_of(random_state: Any) -> int:
    """Give the seed that a random_state stands for: a number is its own."""
    if isinstance(random_state, Integral):
        return whole_number(random_state, "random_state")
    return int(check_random_state(random_state).randint(SEEDS))
