"""Where the network is wrong: the confusion matrix, and the rows that it tells worst."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.arguments import one_of
from pellucid.errors import DataError
from pellucid.lazy import load
from pellucid.studio.session import Part, Session
from pellucid.studio.stages import layer_outputs
from pellucid.studio.views.view import View, number, single

__all__ = ["errors"]


def errors(session: Session, options: Mapping[str, Any]) -> View:
    """Show the worst mistakes on a part of the rows, the surest first."""
    wish = options.get("part", "test")
    part: Part = "train" if one_of(wish, "part", ("train", "test")) == "train" else "test"
    limit = number(options, "limit", 60, 1, 500)
    rows = session.rows(part)
    if not len(rows):
        raise DataError("no rows are held out", mend="look at the training rows")
    _, output = layer_outputs(session.network, [], rows)
    truth = session.labels(part)
    if session.head.answers == "classes":
        told, arrays, chosen = _classes(session, output, truth, limit)
    else:
        told, arrays, chosen = _numbers(output, truth, limit)
    if rows.ndim == 4:
        arrays["pictures"] = single(rows[chosen].mean(axis=1))
    else:
        _, centre, scale = session.columns
        arrays["rows"] = single(rows[chosen] * scale + centre)
    return View({**told, "part": part}, arrays)


Found = tuple[dict[str, Any], dict[str, NDArray[Any]], NDArray[np.int64]]


def _classes(session: Session, p: NDArray[Any], truth: NDArray[Any], limit: int) -> Found:
    count = p.shape[1]
    told, sure = p.argmax(axis=1), p.max(axis=1)
    matrix = load("sklearn.metrics").confusion_matrix(truth, told, labels=np.arange(count))
    wrong = np.flatnonzero(told != truth)
    chosen = wrong[np.argsort(-sure[wrong], kind="stable")][:limit]
    listed = [
        {"index": int(k), "truth": int(truth[k]), "told": int(told[k]), "certainty": float(sure[k])}
        for k in chosen
    ]
    classes = list(session.source.classes) or [str(k) for k in range(count)]
    return {"classes": classes, "wrong": listed}, {"matrix": matrix.astype(np.int32)}, chosen


def _numbers(output: NDArray[Any], truth: NDArray[Any], limit: int) -> Found:
    wanted, told = truth.reshape(len(truth), -1)[:, 0], output.reshape(len(output), -1)[:, 0]
    residual = told - wanted
    chosen = np.argsort(-np.abs(residual), kind="stable")[:limit]
    listed = [
        {"index": int(k), "truth": float(wanted[k]), "told": float(told[k]),
         "residual": float(residual[k])}
        for k in chosen
    ]  # fmt: skip
    arrays: dict[str, NDArray[Any]] = {"truth": single(wanted), "told": single(told)}
    return {"classes": None, "wrong": listed}, arrays, chosen
