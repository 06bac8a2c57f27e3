"""Asking a trained network: outputs, probabilities, labels, and how good it is on other rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pellucid.data import check_rows
from pellucid.engines.function import Function, function
from pellucid.errors import GraphError
from pellucid.graph import Tensor, placeholder, symbolic
from pellucid.graph.tensor import resolve_dtype
from pellucid.train.fitting import prepared_targets
from pellucid.train.record import FitRecord, inputs_of

if TYPE_CHECKING:
    from pellucid.models import Network

__all__ = ["classify", "evaluate", "predict", "predict_proba", "probe"]

CHUNK = 256  # rows that are computed together


def predict(network: Network, X: Any) -> NDArray[Any]:
    """Give the network's output for each row; see ``Network.predict``."""
    return _asked(network, "predict", network, _inputs(network, X))


def predict_proba(network: Network, X: Any) -> NDArray[Any]:
    """Apply the link of the last loss to the output; two columns for one output."""
    record = _fitted(network, "predict_proba")
    if record.task != "classification":
        raise GraphError(
            "predict_proba of a network that predicts numbers", got=record.objective.loss.name,
            mend="write model.predict(X)",
        )  # fmt: skip
    link = record.objective.loss.link
    p = _asked(network, "proba", lambda x: link(network(x)), _inputs(network, X))
    return np.concatenate([1 - p, p], axis=1) if p.shape[-1] == 1 else p


def classify(network: Network, X: Any) -> NDArray[Any]:
    """Give the label of each row: the most probable class, decoded."""
    indices = predict_proba(network, X).argmax(axis=-1)
    coding = _fitted(network, "classify").coding
    return indices if coding is None else coding.decode(indices)


def evaluate(network: Network, X: Any, y: Any) -> dict[str, float]:
    """Give the loss and metrics of the last fit on other rows, weighted by rows."""
    record = _fitted(network, "evaluate")
    check_rows(X=X, y=y)
    inputs = _inputs(network, X)
    truth = prepared_targets(network, y, record)
    shape = (None, *truth.shape[1:])

    def scalars(x: Tensor) -> list[Tensor]:
        return record.objective.mean_and_scalars(network(x), target)[1]

    target = placeholder(shape, truth.dtype, name="target")
    key = ("evaluate", record.objective.key, inputs.shape[1:], shape, truth.dtype)
    ask = _compiled(network, key, scalars, inputs, [target])
    parts = [ask(inputs[k : k + CHUNK], truth[k : k + CHUNK]) for k in range(0, len(inputs), CHUNK)]
    sums = np.sum(np.asarray(parts, np.float64), axis=0)
    return {
        name: float(total / weight)
        for name, total, weight in zip(record.objective.names, sums[::2], sums[1::2], strict=True)
    }


def probe(
    network: Network, tensor: Tensor, forward: Callable[[Tensor], Tensor]
) -> Callable[[Any], NDArray[Any]]:
    """Give a function from rows to the values of an inner tensor."""
    return lambda X: _asked(network, ("probe", id(tensor)), forward, _inputs(network, X))


def _fitted(network: Network, verb: str) -> FitRecord:
    if network._record is None:
        raise GraphError(
            f"{verb}: the network has not been fitted, so that its loss and labels are not known",
            mend="call fit first; model.predict(X) works without",
        )
    return network._record


def _inputs(network: Network, X: Any) -> NDArray[Any]:
    record = network._record
    preparation = None if record is None else record.preparation
    return inputs_of(X, preparation, resolve_dtype(network.dtype))


def _asked(
    network: Network, what: Any, forward: Callable[[Tensor], Tensor], inputs: NDArray[Any]
) -> NDArray[Any]:
    ask = _compiled(network, (what, inputs.shape[1:]), forward, inputs, [])
    parts = [ask(inputs[k : k + CHUNK]) for k in range(0, len(inputs), CHUNK)]
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _compiled(
    network: Network, key: Any, forward: Callable[..., Any], inputs: NDArray[Any], more: list[Tensor]
) -> Function:
    """Compile `forward` in evaluation mode, or take what an earlier call has compiled."""
    key = (key, inputs.dtype)
    if key not in network._functions:
        x = placeholder((None, *inputs.shape[1:]), inputs.dtype, name="X")
        with symbolic():
            outputs = forward(x)
        network._functions[key] = function([x, *more], outputs)
    return network._functions[key]
