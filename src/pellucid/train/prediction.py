"""Asking a trained network: outputs, probabilities, labels, and how good it is on other rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pellucid.arguments import whole_number
from pellucid.data import check_rows
from pellucid.engines import Engine
from pellucid.errors import GraphError
from pellucid.graph import Tensor
from pellucid.graph.tensor import resolve_dtype
from pellucid.train.ends import ONE, heads_of, inputs_by_name, reshaped_like
from pellucid.train.forward import CHUNK, engine_for, forward
from pellucid.train.measure import linked, linking, measured
from pellucid.train.objective import Head
from pellucid.train.record import FitRecord
from pellucid.train.rows import inputs_of, opened, prepared_part, raw_rows
from pellucid.train.shortcut import keep_shortcut, shortcut
from pellucid.train.summary import outline

if TYPE_CHECKING:
    from pellucid.models import Network

__all__ = ["classify", "evaluate", "evaluation", "predict", "predict_proba", "probe"]

Answer = Any  # an array, or a dict or tuple of one for each head, as the network gives its heads


def predict(
    network: Network, X: Any, *, batch_size: int | None = None, engine: str | Engine | None = None
) -> Answer:
    """Give the network's output for each row; see ``Network.predict``."""
    key = "predict", engine
    known = None if batch_size is not None else shortcut(network, key, X)
    if known is not None:
        return known
    size = CHUNK if batch_size is None else whole_number(batch_size, "batch_size", at_least=1)
    compute = lambda *x: list(heads_of(network(*x)).values())  # noqa: E731
    asked, inputs = engine_for(network, engine), _inputs(network, X)
    found = forward(network, "output", compute, inputs, engine=asked, batch_size=size)
    form, heads = _form(network), _heads(network)
    answers = {
        name: _unscaled(array, heads.get(name))
        for name, array in zip(heads_of(form), found, strict=True)
    }
    if isinstance(form, Tensor):
        head = heads.get(ONE)
        finish = lambda output: _unscaled(output, head)  # noqa: E731
        keep_shortcut(network, key, ("output", compute), inputs, asked, finish)
    return reshaped_like(form, answers)


def _unscaled(output: NDArray[Any], head: Head | None) -> NDArray[Any]:
    return output if head is None or head.scaling is None else head.scaling.invert(output)


def predict_proba(network: Network, X: Any, *, engine: str | Engine | None = None) -> Answer:
    """Apply the link of the last loss to the output; two columns for one output."""
    return _of_classes(network, X, "predict_proba", engine, lambda p, head: p)


def classify(network: Network, X: Any, *, engine: str | Engine | None = None) -> Answer:
    """Give the label of each row: the most probable class, decoded; of yes or no, 1 or 0."""
    return _of_classes(network, X, "classify", engine, _labels)


def _labels(probabilities: NDArray[Any], head: Head) -> NDArray[Any]:
    if head.answers == "yes or no":
        return (probabilities > 0.5).astype(np.int64)
    indices = probabilities.argmax(axis=-1)
    return indices if head.coding is None else head.coding.decode(indices)


def _of_classes(
    network: Network,
    X: Any,
    verb: str,
    engine: str | Engine | None,
    tell: Callable[[NDArray[Any], Head], NDArray[Any]],
) -> Answer:
    """Tell something of the probabilities of each head that was trained to have any."""
    key = verb, engine
    known = shortcut(network, key, X)
    if known is not None:
        return known
    objective = _fitted(network, verb).objective
    if all(head.answers == "numbers" for head in objective):
        raise GraphError(
            f"{verb}: the network was trained to give numbers, and knows no classes",
            got=f"loss {', '.join(head.loss.name for head in objective)}",
            mend="write model.predict(X)",
        )  # fmt: skip
    inputs, asked = _inputs(network, X), engine_for(network, engine)
    found = linked(network, objective, inputs, asked)
    told = {
        head.name: tell(_both(found[head.name], head), head)
        for head in objective
        if head.answers != "numbers"
    }
    form = _form(network)
    if isinstance(form, Tensor):
        (head,) = objective
        question = linking(network, objective)
        finish = lambda p: tell(_both(p, head), head)  # noqa: E731
        keep_shortcut(network, key, question, inputs, asked, finish)
    if isinstance(form, tuple):  # each in its place
        return tuple(told.get(name) for name in heads_of(form))
    return reshaped_like(form, told)


def _both(p: NDArray[Any], head: Head) -> NDArray[Any]:
    """Give a column for each of two classes, where the network has one for both."""
    is_one = head.answers == "classes" and p.shape[-1] == 1
    return np.concatenate([1 - p, p], axis=1) if is_one else p


def evaluate(
    network: Network,
    X: Any,
    y: Any,
    *,
    sample_weight: Any = None,
    engine: str | Engine | None = None,
) -> dict[str, float]:
    """Give the loss and metrics of the last fit on other rows, weighted by rows."""
    return evaluation(network, X, y, sample_weight=sample_weight, engine=engine)()


def evaluation(
    network: Network,
    X: Any,
    y: Any,
    *,
    sample_weight: Any = None,
    engine: str | Engine | None = None,
) -> Callable[[], dict[str, float]]:
    """Bring rows into form once; give what measures the network on them, as it then is."""
    record = _fitted(network, "evaluate")
    X, y, _ = opened(X, y, testing=True)
    raw = raw_rows(network, X, y, sample_weight)
    predicted = heads_of(_form(network))
    part = prepared_part(raw, record, predicted, resolve_dtype(network.dtype))
    chosen = engine_for(network, engine)
    return lambda: measured(network, record.objective, part, chosen)


def probe(
    network: Network, tensor: Tensor, compute: Callable[..., Tensor]
) -> Callable[..., NDArray[Any]]:
    """Give a function from rows, of each input, to the values of an inner tensor."""

    def ask(*arrays: Any) -> NDArray[Any]:
        inputs = _inputs(network, arrays[0] if len(arrays) == 1 else arrays)
        (found,) = forward(
            network, ("probe", tensor), lambda *x: [compute(*x)], inputs, engine=engine_for(network)
        )
        return found

    return ask


def _fitted(network: Network, verb: str) -> FitRecord:
    record = network._record
    if record is None:
        raise GraphError(
            f"{verb}: the network has not been fitted, so that its loss and labels are not known",
            mend="call fit first; model.predict(X) works without",
        )
    return record


def _heads(network: Network) -> dict[str, Head]:
    return {} if network._record is None else network._record.heads


def _form(network: Network) -> Any:
    """Give what the network gives, on symbols: which heads there are, and in which form."""
    return network._functions.get("form", lambda: outline(network))


def _inputs(network: Network, X: Any) -> tuple[NDArray[Any], ...]:
    """Bring rows to what the network takes, as in training."""
    given = inputs_by_name(X, network.input_names)
    check_rows(**given)
    record = network._record
    preparations = () if record is None else record.preparations
    return inputs_of(given, preparations, resolve_dtype(network.dtype))
