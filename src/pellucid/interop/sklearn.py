"""Dense networks from scikit-learn's MLPClassifier and MLPRegressor, and to them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pellucid.data import LabelCoding, TargetScaling
from pellucid.errors import ArgumentTypeError, EngineError
from pellucid.functional.activations import ACTIVATIONS
from pellucid.graph import default_dtype, placeholder
from pellucid.interop.tracing import check_network, scales
from pellucid.layers import Activation, Linear, LogSoftmax, Module, Sigmoid, Softmax
from pellucid.lazy import load
from pellucid.losses import BinaryCrossEntropyWithLogits, CrossEntropy, Loss, MeanSquaredError
from pellucid.models import Network, Sequential
from pellucid.train import FitRecord, History
from pellucid.train.objective import Head, Objective

__all__ = ["from_mlp", "to_mlp"]

THEIRS = {"identity": "identity", "sigmoid": "logistic", "tanh": "tanh", "relu": "relu"}
OURS = {theirs: ours for ours, theirs in THEIRS.items()}


class _Dense(NamedTuple):
    """A layer as plain numbers: x W + b with W (inputs, units)."""

    weight: NDArray[np.float64]
    bias: NDArray[np.float64]


# --- from scikit-learn ---------------------------------------------------------------------


def from_mlp(estimator: Any) -> Sequential:
    """Make a network of a fitted ``MLPClassifier`` or ``MLPRegressor``, in its dtype.

    Of a classifier, ``predict_proba`` and ``classify`` give its probabilities and labels; of a
    regressor ``predict`` gives its predictions, as a column for a single target.

    Raises
    ------
    ArgumentTypeError : for anything else, and for one that has not been fitted
    EngineError : for a regressor of another loss than the squared error

    Examples
    --------
    >>> from sklearn.neural_network import MLPClassifier
    >>> from pellucid import data, interop
    >>> X, y = data.moons(100, seed=1)
    >>> theirs = MLPClassifier((8,), solver="lbfgs", max_iter=9999, random_state=1).fit(X, y)
    >>> bool((interop.sklearn.from_mlp(theirs).classify(X) == theirs.predict(X)).all())
    True
    """
    known = load("sklearn.neural_network")
    if not isinstance(estimator, (known.MLPClassifier, known.MLPRegressor)) or not hasattr(
        estimator, "coefs_"
    ):
        raise ArgumentTypeError(
            "an MLPClassifier or MLPRegressor that has been fitted is needed",
            got=type(estimator).__name__, mend="call its fit first",
        )  # fmt: skip
    if estimator.out_activation_ not in ("identity", "softmax", "logistic"):
        raise EngineError(
            "only regressors of the squared error are known", got=estimator.out_activation_,
            mend='fit it with loss="squared_error"',
        )  # fmt: skip
    dtype = estimator.coefs_[0].dtype
    units = [len(bias) for bias in estimator.intercepts_]
    inner = [Linear(n, activation=OURS[estimator.activation]) for n in units[:-1]]
    network = Sequential([*inner, Linear(units[-1])])
    with default_dtype(dtype):
        network(placeholder((None, len(estimator.coefs_[0])), dtype))
    pairs = zip(network.layers, estimator.coefs_, estimator.intercepts_, strict=True)
    for layer, weight, bias in pairs:
        layer.weight.assign(weight.T)
        layer.bias.assign(bias)
    network._record = _record(estimator)
    return network


def _record(estimator: Any) -> FitRecord:
    """Say how the output is to be read."""
    loss: Loss = MeanSquaredError()
    coding, task = None, "regression"
    if estimator.out_activation_ == "softmax":
        loss, task = CrossEntropy(), "classification"
    elif estimator.out_activation_ == "logistic":
        loss = BinaryCrossEntropyWithLogits()
        task = "classification" if estimator.n_outputs_ == 1 else task
    if task == "classification":
        coding = LabelCoding.learn(estimator.classes_, outputs=len(estimator.classes_))
    head = Head("output", loss, task=task, coding=coding)  # type: ignore[arg-type]
    history = History(names=("loss",), epochs=int(estimator.n_iter_))
    return FitRecord(history, Objective((head,)), (None,))


# --- to scikit-learn -----------------------------------------------------------------------


def to_mlp(model: Network) -> Any:
    """Make a fitted ``MLPClassifier`` or ``MLPRegressor`` of a list of dense layers.

    A network that was trained to tell classes becomes a classifier, any other a regressor. The
    scaling of inputs and targets becomes part of the first and last weights.

    Raises
    ------
    ArgumentTypeError : when it is not a ``Sequential`` of dense layers and dropout
    EngineError : naming an activation that scikit-learn does not have, or that hidden layers
        differ in theirs

    Examples
    --------
    >>> import numpy as np
    >>> from pellucid import interop, nn
    >>> model = nn.Sequential([nn.Linear(4, activation="tanh"), nn.Linear(1)])
    >>> X = np.random.default_rng(0).normal(size=(32, 3)).astype("float32")
    >>> _ = model.fit(X, X.sum(axis=1), epochs=1, progress=False)
    >>> theirs = interop.sklearn.to_mlp(model)
    >>> bool(np.allclose(theirs.predict(X), model.predict(X)[:, 0], atol=1e-5))
    True
    """
    layers, activation = _layers_of(check_network(model))
    record = model._record
    preparation = record.preparations[0] if record is not None and record.preparations else None
    scaled = scales(preparation)
    if scaled is not None:
        centre, scale = scaled
        weight = layers[0].weight / scale.reshape(-1, 1)
        layers[0] = _Dense(weight, layers[0].bias - centre @ weight)
    head = None if record is None else record.objective.heads[0]
    theirs = load("sklearn.neural_network")
    sizes = tuple(len(layer.bias) for layer in layers[:-1])
    if head is None or head.answers == "numbers":
        layers[-1] = _unscaled(layers[-1], None if head is None else head.scaling)
        return _filled(
            theirs.MLPRegressor(hidden_layer_sizes=sizes, activation=activation), layers, "identity"
        )
    estimator = theirs.MLPClassifier(hidden_layer_sizes=sizes, activation=activation)
    return _classifying(estimator, layers, head)


def _layers_of(model: Network) -> tuple[list[_Dense], str]:
    """Read weights, and the activation of all hidden layers."""
    given = list(model.layers) if isinstance(model, Sequential) else []
    while given and isinstance(given[-1], (Softmax, LogSoftmax, Sigmoid)):
        given.pop()  # its reader's link says the same
    layers: list[_Dense] = []
    names: list[str] = []
    for layer in given:
        if isinstance(layer, Linear):
            names.append(_name_of(layer.activation))
            weight = layer.weight.numpy().T.astype(np.float64)
            bias = layer.bias.numpy() if layer.has_bias else np.zeros(layer.units)
            layers.append(_Dense(weight, bias.astype(np.float64)))
        elif names and names[-1] == "identity" and _bend(layer):
            names[-1] = _bend(layer)
        elif type(layer).__name__ != "Dropout":
            layers.clear()
            break
    if not layers:
        raise ArgumentTypeError(
            "scikit-learn has networks of dense layers alone", got=repr(model)[:80],
            wanted="an nn.Sequential of nn.Linear",
            mend="keep the network, as an estimator: pellucid.sklearn.NeuralClassifier(network=…)",
        )  # fmt: skip
    inner = {*names[:-1]}
    if len(inner) > 1 or not inner <= {*THEIRS} or names[-1] != "identity":
        raise EngineError(
            "scikit-learn has one activation for all hidden layers, and none behind the last",
            got=", ".join(names), wanted=f"one of {', '.join(THEIRS)}",
            mend="make the network with one of them",
        )  # fmt: skip
    return layers, THEIRS[inner.pop() if inner else "identity"]


def _bend(layer: Module) -> str:
    function = layer.function if isinstance(layer, Activation) else None
    named = type(layer).__name__.lower()
    return _name_of(function) if function is not None else named * (named in THEIRS)


def _name_of(function: Any) -> str:
    if function is None:
        return "identity"
    names = [name for name, known in ACTIVATIONS.items() if known is function]
    return next((name for name in names if name in THEIRS), getattr(function, "__name__", "?"))


def _unscaled(layer: _Dense, scaling: TargetScaling | None) -> _Dense:
    if scaling is None:
        return layer
    return _Dense(layer.weight * scaling.scale, layer.bias * scaling.scale + scaling.centre)


def _classifying(estimator: Any, layers: list[_Dense], head: Head) -> Any:
    """Let scikit-learn read the outputs: two classes are one output there."""
    last = layers[-1]
    binarizer = load("sklearn.preprocessing").LabelBinarizer()
    if head.answers == "yes or no" and len(last.bias) > 1:
        binarizer.fit(
            np.eye(len(last.bias), dtype=np.int64) | np.eye(len(last.bias), k=1, dtype=int)
        )
        classes = np.arange(len(last.bias))
    else:
        known = head.coding.classes if head.coding is not None else (0, 1)
        classes = np.array(known)
        binarizer.fit(classes)
        if len(classes) == 2 and len(last.bias) == 2:
            weight, bias = last.weight, last.bias
            layers[-1] = _Dense(weight[:, 1:] - weight[:, :1], bias[1:] - bias[:1])
    softmax = head.answers == "classes" and len(classes) > 2
    found = _filled(estimator, layers, "softmax" if softmax else "logistic")
    found.classes_, found._label_binarizer = classes, binarizer
    return found


def _filled(estimator: Any, layers: Sequence[_Dense], ending: str) -> Any:
    """Put in what a fit would have left behind."""
    estimator.coefs_ = [np.ascontiguousarray(layer.weight) for layer in layers]
    estimator.intercepts_ = [layer.bias for layer in layers]
    estimator.n_layers_, estimator.n_outputs_ = len(layers) + 1, len(layers[-1].bias)
    estimator.n_features_in_ = len(layers[0].weight)
    estimator.out_activation_, estimator.n_iter_, estimator.t_ = ending, 0, 0
    return estimator
