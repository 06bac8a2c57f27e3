"""The microscope: one example, every number of its way forward and back, and a check of both."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid import data
from pellucid.graph import Variable
from pellucid.graph.tensor import constant
from pellucid.inspect import Quantity, Trace
from pellucid.losses import Loss
from pellucid.studio.session import Session
from pellucid.studio.views.substituted import substituted
from pellucid.studio.views.view import View, single
from pellucid.train.copying import copied

__all__ = ["differences", "microscope"]

MOST = 16  # rows and columns of an array that is sent
CHECKED = 6  # elements of each gradient that finite differences check: the largest
STEP = 1e-5


def microscope(session: Session, options: Mapping[str, Any]) -> View:
    """Trace one example through the network, or what of it belongs to one layer."""
    part, index = session.example
    row = session.source.rows(part)[index : index + 1]
    X, y = data.take(session.source.X, row), session.source.y[row]
    whole = session.network.trace(X, y)
    path = options.get("layer")
    shown = whole if path is None else _of_layer(whole, str(path))
    checks = {} if session.playing else differences(session, whole)
    rows: list[dict[str, Any]] = []
    arrays: dict[str, NDArray[Any]] = {}
    for k, one in enumerate(shown):
        rows.append(_told(one, whole, checks))
        arrays[str(k)] = np.asarray(_cut(one.value), np.float64)
    if session.source.image is not None:
        arrays["input"] = single(session.looked_at()[0])
    title = f"{'Training' if part == 'train' else 'Test'} row {index + 1}"
    title += f": {_label(session, y[0])}"
    return View({"part": part, "example": index, "title": title, "rows": rows}, arrays)


def _label(session: Session, y: Any) -> str:
    source, coding = session.source, session.head.coding
    if not source.classes or coding is None:
        return f"{source.target or 'target'} {np.ravel(y)[0]:.4g}"
    return f"class {source.classes[int(coding.encode(np.array([y]))[0])]}"


def _of_layer(trace: Trace, path: str) -> Trace:
    """Keep a layer, with what it takes and the gradient that comes back to it."""
    own = trace.of(path).names
    needed = {name for one in own for name in _names(trace[one].formula.text)}
    kept = tuple(one for one in trace if one.name in own or one.name in needed)
    return Trace(trace.title, kept)


def _names(text: str) -> list[str]:
    return re.findall(r"dL/d\w+|\w+", text)


def _told(one: Quantity, trace: Trace, checks: Mapping[str, float]) -> dict[str, Any]:
    return {
        "name": one.name, "symbol": one.name.replace("dL/d", "∂L/∂"),
        "symbol_latex": one.symbol.latex, "formula": one.formula.text.replace("dL/d", "∂L/∂"),
        "formula_latex": one.formula.latex, "substituted": substituted(one, trace),
        "shape": list(one.shape), "checked": checks.get(one.name), "path": one.path,
        "direction": "backward" if one.kind == "gradient" else "forward", "kind": one.kind,
        "cut": any(extent > MOST for extent in one.shape),
    }  # fmt: skip


def _cut(value: NDArray[Any]) -> NDArray[Any]:
    return value[tuple(slice(MOST) for _ in value.shape)]


# --- finite differences --------------------------------------------------------------------


def differences(session: Session, trace: Trace) -> dict[str, float]:
    """Compare gradients of the trace with central differences of the loss in double precision.

    Returns
    -------
    For each gradient of a weight or of the input the largest difference among the elements that
    are largest, relative to the largest of them.
    """
    live, (part, index) = session.legs.present.live, session.example
    begun = live.begun.rows if part == "train" else live.begun.held_out
    assert begun is not None
    target = next(iter(begun.targets.values()))[index : index + 1]
    twin = copied(session.network)
    for variable in twin.variables().values():
        if variable.dtype.kind == "f":
            variable.cast("float64")
    found: dict[str, float] = {}
    given = session.looked_at().astype(np.float64)
    loss = _Loss(twin, session.head.loss, given, target)
    weights = {v.name: v for v in twin.variables().values()}
    for one in trace.backward:
        of = one.name.removeprefix("dL/d")
        if of == "X":
            found[one.name] = _worst(one.value, given, loss)
        elif of in trace and trace[of].kind == "weight":
            found[one.name] = _worst(one.value, weights[trace[of].path], loss)
    return found


class _Loss:
    """The loss of one row, computed anew each time."""

    def __init__(self, network: Any, loss: Loss, X: NDArray[Any], y: NDArray[Any]) -> None:
        self._network, self._loss, self._X = network, loss, X
        self._target = constant(y.astype(np.float64) if y.dtype.kind == "f" else y)

    def __call__(self) -> float:
        return float(self._loss(self._network(constant(self._X)), self._target))


def _worst(gradient: NDArray[Any], of: Variable | NDArray[Any], loss: _Loss) -> float:
    places = np.argsort(-np.abs(gradient), axis=None, kind="stable")[:CHECKED]
    given = of.numpy() if isinstance(of, Variable) else of
    before, worst, largest = given.copy(), 0.0, 0.0
    for flat in places:
        place = np.unravel_index(flat, before.shape)
        ends = []
        for step in (STEP, -STEP):
            moved = before.copy()
            moved[place] += step
            _put(of, moved)
            ends.append(loss())
        slope = (ends[0] - ends[1]) / (2 * STEP)
        worst = max(worst, abs(slope - float(gradient[place])))
        largest = max(largest, abs(slope), abs(float(gradient[place])))
    _put(of, before)
    return worst / max(largest, STEP)


def _put(of: Variable | NDArray[Any], values: NDArray[Any]) -> None:
    if isinstance(of, Variable):
        of.adopt(values)
    else:
        of[...] = values
