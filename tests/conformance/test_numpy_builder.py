"""Holds: the builder that vouches for bodies sees a body that breaks its promises."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from conformance.numpy_builder import Accessor, NumpyBuilder, computed
from pellucid.graph import OPS, Elementwise, Gather, Move, Op, Spec, apply, constant

X = constant(np.array([[1.0, 2.0], [3.0, 4.0]], "float32"))


def with_body(body: Any) -> Op:
    return replace(OPS["negative"], body=body, vjp=())


FAULTS: dict[str, tuple[Any, str]] = {
    "reads outside": (Gather(lambda b, i, x: x[i[0] + 1, i[1]]), r"outside of shape \(2, 2\)"),
    "counts from the end": (Gather(lambda b, i, x: x[i[0] - 1, i[1]]), "outside of shape"),
    "reads outside where it said nothing is": (
        Move(lambda b, i, shapes, out: ((i[0] + 1, i[1]), i[0] < out[0])), "outside of shape",
    ),
    "forgets an axis": (Gather(lambda b, i, x: x[i[:1]]), "for shape"),
    "uses what builders do not offer": (Elementwise(lambda b, x: b.cbrt(x)), "no builder offers"),
    "gives another dtype": (Elementwise(lambda b, x: b.astype(x, "float64")), "wanted float32"),
    "folds into another dtype": (
        Gather(lambda b, i, x: b.fold(2, b.constant(0, "float32"), lambda k, a: a + k)),
        "float32 became float64",
    ),
    "breaks a requirement": (
        Gather(lambda b, i, x: (b.require(x[i] < 4, "below four"), x[i])[1]), "below four",
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_faulty_body_is_seen(fault: str) -> None:
    body, said = FAULTS[fault]
    with pytest.raises((AssertionError, AttributeError), match=said):
        computed(apply(with_body(body), X))


def test_a_tuple_can_be_folded() -> None:
    def largest_and_where(b: Any, i: Any, x: Any) -> Any:
        def step(k: Any, best: Any) -> Any:
            more = x[i[0], k] > best[0]
            return b.where(more, x[i[0], k], best[0]), b.where(more, k, best[1])

        start = b.constant(-np.inf, "float32"), b.constant(0, "int64")
        value, place = b.fold(2, start, step)
        return value + b.astype(place, "float32")

    found: Callable[..., Any] = largest_and_where
    np.testing.assert_array_equal(computed(apply(with_body(Gather(found)), X)), [[3, 3], [5, 5]])


X3, WRONG = np.float32([5, 6, 7]), np.array([-4, 3])
REQUIRED: dict[str, tuple[tuple[Any, ...], Spec, dict[str, int], str]] = {
    "take": ((X3, WRONG), Spec((2,), X3.dtype), {"axis": 0}, "take: an index"),
    "take_along": ((X3, WRONG), Spec((2,), X3.dtype), {"axis": 0}, "take_along: an index"),
    "put_add": ((X3, WRONG, X3[:2]), Spec((3,), X3.dtype), {"axis": 0}, "take: an index"),
    "one_hot": ((WRONG,), Spec((2, 3), np.dtype(bool)), {"classes": 3}, "one_hot: a label"),
}  # fmt: skip


@pytest.mark.parametrize("name", REQUIRED)
def test_an_index_that_is_outside_is_reported_and_nothing_outside_is_read(name: str) -> None:
    arrays, out, attrs, said = REQUIRED[name]
    builder = NumpyBuilder()
    place = tuple(np.int64(0) for _ in out.shape)
    OPS[name].body.element(builder, place, [Accessor(a) for a in arrays], out, attrs)
    assert builder.broken
    assert set(builder.broken) == {f"{said} is out of range 0 to 2"}
