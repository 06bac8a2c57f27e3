"""Asking a trained network: outputs, probabilities, labels, and how good it is on other rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pellucid.data import LabelCoding, check_rows
from pellucid.errors import GraphError
from pellucid.graph import Tensor
from pellucid.graph.tensor import resolve_dtype
from pellucid.train.fitting import check_single_input, prepared_targets
from pellucid.train.forward import forward, link_of
from pellucid.train.measure import measured
from pellucid.train.record import FitRecord, inputs_of
from pellucid.train.step import Objective

if TYPE_CHECKING:
    from pellucid.models import Network

__all__ = ["classify", "evaluate", "predict", "predict_proba", "probe"]


def predict(network: Network, X: Any) -> NDArray[Any]:
    """Give the network's output for each row; see ``Network.predict``."""
    output = forward(network, "output", network, _inputs(network, X))
    scaling = None if network._record is None else network._record.scaling
    return output if scaling is None else scaling.invert(output)


def predict_proba(network: Network, X: Any) -> NDArray[Any]:
    """Apply the link of the last loss to the output; two columns for one output."""
    return _probabilities(network, X, "predict_proba")[0]


def _probabilities(network: Network, X: Any, verb: str) -> tuple[NDArray[Any], LabelCoding | None]:
    record, objective = _fitted(network, verb)
    if record.task != "classification":
        raise GraphError(
            f"{verb}: the network was trained to give numbers, and knows no classes",
            got=f"loss {objective.loss.name}", mend="write model.predict(X)",
        )  # fmt: skip
    link = objective.loss.link
    p = forward(network, ("linked", link), link_of(network, link), _inputs(network, X))
    return (np.concatenate([1 - p, p], axis=1) if p.shape[-1] == 1 else p), record.coding


def classify(network: Network, X: Any) -> NDArray[Any]:
    """Give the label of each row: the most probable class, decoded."""
    probabilities, coding = _probabilities(network, X, "classify")
    indices = probabilities.argmax(axis=-1)
    return indices if coding is None else coding.decode(indices)


def evaluate(network: Network, X: Any, y: Any) -> dict[str, float]:
    """Give the loss and metrics of the last fit on other rows, weighted by rows."""
    record, objective = _fitted(network, "evaluate")
    check_rows(X=X, y=y)
    inputs, truth = _inputs(network, X), prepared_targets(network, y, record, objective.loss)
    return measured(network, objective, inputs, truth)


def probe(
    network: Network, tensor: Tensor, compute: Callable[..., Tensor]
) -> Callable[..., NDArray[Any]]:
    """Give a function from rows, of each input, to the values of an inner tensor."""

    def ask(*arrays: Any) -> NDArray[Any]:
        check_rows(**{f"input {k}": array for k, array in enumerate(arrays)})
        inputs = [_read(network, X) for X in arrays]
        return forward(network, ("probe", tensor), compute, *inputs)

    return ask


def _fitted(network: Network, verb: str) -> tuple[FitRecord, Objective]:
    record = network._record
    if record is None:
        raise GraphError(
            f"{verb}: the network has not been fitted, so that its loss and labels are not known",
            mend="call fit first; model.predict(X) works without",
        )
    return record, record.objective


def _inputs(network: Network, X: Any) -> NDArray[Any]:
    check_single_input(network)
    return _read(network, X)


def _read(network: Network, X: Any) -> NDArray[Any]:
    record = network._record
    preparation = None if record is None else record.preparation
    return inputs_of(X, preparation, resolve_dtype(network.dtype))
