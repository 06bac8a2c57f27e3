"""Holds: rows B3, B4 and B5, symbolic graphs and functions that update what they share."""

from __future__ import annotations

import numpy as np
import pytest

import pellucid as pel
from pellucid import data, plot

# --- B3 ------------------------------------------------------------------------------------


def test_b3_constants():
    total = pel.tensor(2) + pel.tensor(3)
    assert (total.item(), total.dtype.kind) == (5, "i")


@pytest.mark.parametrize("dtype", ["int16", "int64", "float32", "float64"])
def test_b3_an_adder(engine, dtype):
    x, y = (pel.placeholder((), dtype=dtype, name=name) for name in "xy")
    adder = pel.function([x, y], x + y, engine=engine)
    assert adder(2, 3) == adder(x=2, y=3) == adder(y=3, x=2) == 5
    assert adder(2, 3).dtype == dtype


ONES, COUNT = np.ones((3, 5)), np.arange(15).reshape(3, 5)
STACK = np.arange(20).reshape(5, 4)


def test_b3_graphs_of_matrices_with_unknown_extents(engine):
    a, b = (pel.placeholder((None, None), dtype="float64", name=name) for name in "ab")
    m = pel.placeholder((None, None), dtype="float64", name="m")
    added = pel.function([a, b], a + b, engine=engine)
    multiplied = pel.function([a, m], a @ m, engine=engine)
    stacked = pel.function([a, b, m], (a + b) @ m, engine=engine)
    assert added(ONES, COUNT).tolist() == [[1, 2, 3, 4, 5], [6, 7, 8, 9, 10], [11, 12, 13, 14, 15]]
    assert multiplied(a=ONES, m=STACK).tolist() == [[40, 45, 50, 55]] * 3
    assert stacked(ONES, COUNT, m=STACK).tolist() == [
        [160, 175, 190, 205], [360, 400, 440, 480], [560, 625, 690, 755],
    ]  # fmt: skip
    assert added(ONES[:1], COUNT[:1]).tolist() == [[1, 2, 3, 4, 5]]
    with pytest.raises(pel.errors.ShapeError):
        added(ONES, COUNT[:2])


def test_b3_the_graphs_can_be_written_down():
    a, b = (pel.placeholder((None, None), dtype="float64", name=name) for name in "ab")
    m = pel.placeholder((5, 4), dtype="int16", name="m")
    stacked = (a + b) @ m
    assert pel.listing([stacked]).splitlines() == [
        "%0 = placeholder 'a'  float64[?,?]",
        "%1 = placeholder 'b'  float64[?,?]",
        "%2 = add %0 %1  float64[?,?]",
        "%3 = placeholder 'm'  int16[5,4]",
        "%4 = cast %3 dtype=float64  float64[5,4]",
        "%5 = matmul %2 %4  float64[?,4]",
    ]
    assert stacked.inputs[0].inputs == (a, b)


def test_b3_variables_are_read_at_each_call(engine):
    x = pel.placeholder((), dtype="float64", name="x")
    factor = pel.Variable(2.0, dtype="float64", name="factor")
    multiplier = pel.function(x, x * factor, engine=engine)
    assert multiplier(3) == 6
    factor.assign(5.0)
    assert multiplier(x=3) == 15


# --- B4 ------------------------------------------------------------------------------------


def descent(engine):
    """Compile one step of logistic regression: it gives the loss of each example."""
    x = pel.placeholder((None, 2), dtype="float64", name="x")
    y = pel.placeholder((None,), dtype="float64", name="y")
    w = pel.Variable(np.zeros(2), dtype="float64", name="w")
    b = pel.Variable(0.0, dtype="float64", name="b")
    steps = pel.Variable(0, dtype="int64", name="steps", trainable=False)
    p = pel.sigmoid(x @ w + b)
    losses = -(y * pel.log(p) + (1 - y) * pel.log(1 - p))
    gw, gb = pel.grad(losses.mean(), [w, b])
    changes = {w: w - 0.1 * gw, b: b - 0.1 * gb, steps: steps + 1}
    return pel.function([x, y], losses, updates=changes, engine=engine), w, b, steps


@pytest.mark.parametrize("seed", range(3))
def test_b4_three_ways_of_drawing_examples(engine, seed):
    """One after another on the same weights: all points, one at random, fifty at random."""
    X, labels = data.line_points()
    y = (labels > 0).astype(float)
    step, w, _, steps = descent(engine)
    rng = np.random.default_rng(seed)
    first = step(X, y)
    assert first.shape == (100,)
    np.testing.assert_allclose(first, np.log(2), rtol=1e-14)
    w.assign(np.zeros(2))
    for size in (100, 1, 50):
        for _ in range(1000):
            rows = rng.choice(100, size, replace=False)
            last = step(X[rows], y[rows])
            assert last.shape == (size,)
    assert steps.numpy() == 3001
    np.testing.assert_allclose(w.numpy(), [-4.7, 4.6], atol=0.1)


def test_b4_values_can_be_set(engine):
    step, w, b, _ = descent(engine)
    w.assign([1.0, 2.0])
    b.assign(-1.0)
    x = np.array([[0.5, 0.25]])
    (loss,) = step(x, [1.0])
    assert loss == pytest.approx(np.log(2))
    assert w.numpy() == pytest.approx([1 + 0.1 * 0.5 * 0.5, 2 + 0.1 * 0.5 * 0.25])
    assert b.numpy() == pytest.approx(-1 + 0.1 * 0.5)


# --- B5 ------------------------------------------------------------------------------------

A = np.array([[6, 6, 4], [3, 4, 0], [7, 2, 2], [0, 2, 1], [1, 6, 3]], float)
TARGET = np.arange(1.0, 6.0)


def test_b5_least_squares(engine):
    x = pel.Variable(np.zeros(3), dtype="float64", name="x")
    residual = pel.tensor(A, dtype="float64") @ x - TARGET
    cost = (residual**2).sum()
    step = pel.function([], cost, updates={x: x - 0.001 * pel.grad(cost, x)}, engine=engine)
    costs = [step() for _ in range(500)]
    assert costs[0] == pytest.approx(55, abs=1e-12)
    assert costs[1] == pytest.approx(36.5517, abs=5e-5)
    assert np.all(np.diff(costs) < 0)
    ax = plot.step_losses(costs[:60], title="the first 60 costs")
    np.testing.assert_array_equal(ax.lines[0].get_ydata(), costs[:60])
    np.testing.assert_allclose(x.numpy(), [-0.080007, 0.613301, 0.095002], atol=1e-5)
    analytic = np.linalg.lstsq(A, TARGET, rcond=None)[0]
    np.testing.assert_allclose(analytic, [-0.079741, 0.614134, 0.093032], atol=1e-6)
    np.testing.assert_allclose(x.numpy(), analytic, atol=2e-3)
