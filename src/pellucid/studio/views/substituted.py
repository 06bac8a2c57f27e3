"""A formula with its numbers put in: how the first element of a quantity comes about."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.inspect import Quantity, Trace

__all__ = ["product", "said", "substituted", "term"]

MOST_TERMS = 6
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
NOT_ELEMENTWISE = ("ᵀ", "·", "∗", "⋆", "Σ", "…", "softmax", "onehot", "pad", "reshape", "Pool")
NAME = r"(?:dL/d[A-Za-z0-9_]+|[A-Za-z][A-Za-z0-9_]*)"
Values = Callable[[str], "NDArray[Any] | None"]


def substituted(one: Quantity, trace: Trace) -> str | None:
    """Write the first element of a quantity with numbers, where that can be done on a line.

    Examples
    --------
    >>> from pellucid import nn
    >>> model = nn.Sequential([nn.Linear(1, weight_init="ones", bias_init="zeros"), nn.Tanh()])
    >>> trace = model.trace([[1.0, 2.0]])
    >>> substituted(trace["Z1"], trace)
    '1 × 1 + 2 × 1 + 0 = 3'
    >>> substituted(trace["A1"], trace)
    'tanh(3) = 0.9951'
    """

    def values(name: str) -> NDArray[Any] | None:
        return np.asarray(trace[name].value) if name in trace else None

    if one.kind in ("input", "weight", "statistic", "target") or one.value.ndim > 2:
        return None
    text = one.formula.text
    for pattern, write in FORMS:
        found = re.fullmatch(pattern, text)
        if found:
            told = write(values, *found.groups())
            return None if told is None else f"{told} = {said(one.value.flat[0])}"
    told = _elementwise(values, text, one.value.shape)
    return None if told is None else f"{told} = {said(one.value.flat[0])}"


def product(a: NDArray[Any], b: NDArray[Any], most: int = MOST_TERMS) -> str:
    """Write a sum of products, the first of them with their numbers."""
    terms = [f"{term(x)} × {term(w)}" for x, w in zip(a, b, strict=True)]
    more = f" + … ({len(terms)} products)" if len(terms) > most else ""
    return " + ".join(terms[:most]) + more


def _forward(values: Values, x: str, w: str, b: str | None) -> str | None:
    X, W = values(x), values(w)
    if X is None or W is None or X.ndim != 2 or W.ndim != 2:
        return None
    bias = None if b is None else values(b)
    told = product(X[0], W[0])
    return told if bias is None else f"{told} + {term(bias[0])}"


def _back_to_weight(values: Values, z: str, x: str) -> str | None:
    dZ, X = values(z), values(x)
    if dZ is None or X is None or dZ.ndim != 2 or X.ndim != 2:
        return None
    return product(dZ[:, 0], X[:, 0])


def _back_to_value(values: Values, z: str, w: str) -> str | None:
    dZ, W = values(z), values(w)
    if dZ is None or W is None or dZ.ndim != 2 or W.ndim != 2:
        return None
    return product(dZ[0], W[:, 0])


def _over_rows(values: Values, z: str) -> str | None:
    dZ = values(z)
    return None if dZ is None or dZ.ndim != 2 else " + ".join(term(x) for x in dZ[:MOST_TERMS, 0])


FORMS: list[tuple[str, Callable[..., str | None]]] = [
    (rf"({NAME}) · ({NAME})ᵀ(?: \+ ({NAME}))?", _forward),
    (rf"\(({NAME})\)ᵀ · ({NAME})", _back_to_weight),
    (rf"({NAME}) · ({NAME})", _back_to_value),
    (rf"Σ_rows\(({NAME})\)", _over_rows),
]


def _elementwise(values: Values, text: str, shape: tuple[int, ...]) -> str | None:
    """Put the first elements in for the names, where all there is has this shape or none."""
    if any(word in text for word in NOT_ELEMENTWISE):
        return None
    met = []

    def put(found: re.Match[str]) -> str:
        value = values(found[0])
        if value is None:
            return found[0]
        met.append(value.size == 1 or value.shape == shape)
        around = text[max(found.start() - 1, 0) : found.end() + 1]
        return (said if re.fullmatch(r"\(.*\)", around) else term)(value.flat[0])

    told = re.sub(NAME, put, text)
    return told if met and all(met) else None


def said(x: Any) -> str:
    """Write a number.

    >>> said(-0.00001234)
    '−1.234 · 10⁻⁵'
    """
    number, e, power = f"{float(x):.4g}".partition("e")
    raised = f" · 10{str(int(power)).translate(RAISED)}" if e else ""
    return number.replace("-", "−") + raised


def term(x: Any) -> str:
    """Write a number that stands behind a sign."""
    text = said(x)
    return f"({text})" if text.startswith("−") or " · " in text else text
