"""Rows as a network sees them, with the losses they are measured by: what tracing needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from pellucid.arguments import Frozen
from pellucid.data import Dataset, Table
from pellucid.graph import placeholder, symbolic
from pellucid.graph.tensor import resolve_dtype
from pellucid.train.choosing import chosen_head
from pellucid.train.ends import heads_of, inputs_by_name, targets_by_name
from pellucid.train.history import History
from pellucid.train.objective import Head
from pellucid.train.options import FitOptions
from pellucid.train.rows import inputs_of, opened, raw_rows
from pellucid.train.targets import prepared_target

if TYPE_CHECKING:
    from pellucid.models import Network

__all__ = ["Ready", "ready"]


class Ready(Frozen):
    """Rows that a network can be called on.

    Attributes
    ----------
    inputs : an array for each input, prepared as in training, by name
    outputs : the names of the network's outputs, in its order
    heads : the outputs that have a target, with their losses
    targets : encoded, scaled and shaped as training does
    """

    inputs: dict[str, NDArray[Any]]
    outputs: tuple[str, ...]
    heads: tuple[Head, ...]
    targets: dict[str, NDArray[Any]]

    __eq__ = object.__eq__
    __hash__ = object.__hash__


def ready(network: Network, X: Any, y: Any = None, loss: Any = None) -> Ready:
    """Prepare rows as the last fit did, or as a first fit would; without y there is no loss."""
    if y is not None or isinstance(X, (Dataset, Table)):
        X, y, _ = opened(X, y)
    record = network._record
    preparations = () if record is None else record.preparations
    dtype = resolve_dtype(network.dtype)
    given = inputs_by_name(X, network.input_names)
    arrays = inputs_of(given, preparations, dtype)
    with symbolic():
        symbols = [placeholder((None, *x.shape[1:]), x.dtype) for x in arrays]
        predicted = heads_of(network(*symbols))
    names = network.input_names or tuple(f"X{k}" for k in range(len(arrays)))
    inputs = dict(zip(names if len(arrays) > 1 else ("X",), arrays, strict=True))
    if y is None:
        return Ready(inputs, tuple(predicted), (), {})
    known = {} if record is None else record.heads
    raw = raw_rows(network, X, y)
    targets = targets_by_name(raw.targets, list(predicted), loss or known or None)
    heads, options = {}, FitOptions(loss)
    for name, target in targets.items():
        if loss is None and name in known:
            heads[name] = known[name]
            continue
        heads[name], _ = chosen_head(
            name,
            target,
            predicted,
            options,
            known.get(name),
            History(("loss",)),
            dtype,
            raw.title(name),
        )
    ready_targets = {
        name: prepared_target(targets[name], head, predicted[name], dtype, raw.title(name))
        for name, head in heads.items()
    }
    return Ready(inputs, tuple(predicted), tuple(heads.values()), ready_targets)
