"""Holds: rows C1 to C5, descent and smoothing, and A3 by the library's own perceptron."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.figure import Figure

import pellucid as pel
from pellucid import data, descent, optim, plot
from pellucid.errors import ArgumentError, DataError

POINTS, SIGNS = data.line_points()
ABOVE = (SIGNS > 0).astype(float)


def f(x):
    return 2 - 3 * x**3 + x**4


# --- A3: Rosenblatt's perceptron -----------------------------------------------------------


def test_a3_the_perceptron_separates_and_stops():
    path = descent.perceptron(POINTS, SIGNS)
    assert path.separates
    assert len(path.mistakes) == 7
    assert path.mistakes[-1] == 0
    assert np.array_equal(path.predict(POINTS), SIGNS)
    w, rows = np.zeros(3), np.column_stack([POINTS, np.ones(100)])
    for _ in range(7):
        for x, y in zip(rows, SIGNS, strict=True):
            w = w + (y - np.sign(x @ w)) * x
    np.testing.assert_allclose(path.weights[-1], w, rtol=1e-12)
    assert len(path.plot(ax=Figure().subplots()).lines) == len(path.weights) - 1  # the first is 0


def test_a3_exclusive_or_is_not_separable():
    X, y = data.xor_blobs()
    with pytest.raises(DataError, match="no line separates the two classes"):
        descent.perceptron(X, 2 * y - 1)


# --- C1: gradient descent ------------------------------------------------------------------


def test_c1_gradient_descent_oscillates_when_the_step_is_too_long(engine):
    path = descent.minimise(f, 0.1, descent.SteepestDescent(), 0.1, steps=20, engine=engine)
    last = [1.3296, 1.9804, 2.4033, 2.0491, 2.3865, 2.0755, 2.3762]
    assert path.points[-7:].round(4).tolist() == last
    assert path.steps == 20
    assert not path.converged
    assert (np.diff(np.sign(np.diff(path.points[-7:]))) != 0).sum() == 4  # to and fro


def test_c1_the_iterates_on_the_curve():
    path = descent.minimise(f, 0.1, descent.SteepestDescent(), 0.1, steps=20)
    ax = path.plot(bounds=(0, 3), ax=Figure().subplots())
    assert ax.get_xlim() == (0, 3)
    np.testing.assert_allclose(ax.lines[1].get_xydata(), np.c_[path.points, path.values])
    drawn = plot.descent_values({"x": path.points}, label="x", ax=Figure().subplots())
    np.testing.assert_array_equal(drawn.lines[0].get_ydata(), path.points)


@pytest.mark.parametrize("order", [0, 1, 2, 3, 4, 5])
def test_c1_taylor_models_of_any_order(order):
    centres = np.arange(0.1, 3, 0.15)
    models = [descent.taylor(f, c, order) for c in centres]
    values = np.array([2 - 3 * centres**3 + centres**4, -9 * centres**2 + 4 * centres**3,
                       (-18 * centres + 12 * centres**2) / 2, (-18 + 24 * centres) / 6,
                       np.ones(20), np.zeros(20)])  # fmt: skip
    found = np.array([model.coefficients for model in models]).T
    np.testing.assert_allclose(found, values[: order + 1], atol=1e-13)
    ax = plot.taylor_models(
        lambda x: 2 - 3 * x**3 + x**4, centres, models, half_width=0.1, interval=(0, 3),
        ax=Figure().subplots(),
    )  # fmt: skip
    pieces = ax.lines[1:]
    assert len(pieces) == 20
    for centre, model, piece in zip(centres, models, pieces, strict=True):
        x, y = piece.get_data()
        assert (x[0], x[-1]) == pytest.approx((centre - 0.1, centre + 0.1))
        np.testing.assert_allclose(y, model(x))
        assert piece.get_alpha() < 1  # so that overlaps are darker
    assert ax.get_xlim() == (0, 3)


# --- C2: Newton ----------------------------------------------------------------------------


def test_c2_newton(engine):
    path = descent.minimise(f, 2.0, descent.Newton(), steps=5, tolerance=0, engine=engine)
    wanted = [-6, -6.4691358, -6.54265522, -6.54296874, -6.54296875, -6.54296875]
    assert path.values.round(8).tolist() == wanted
    assert path.lengths.tolist() == [1] * 5
    assert float(path.x) == pytest.approx(2.25, abs=1e-12)


def test_c2_newton_in_n_dimensions(engine):
    A = np.array([[4.0, 1, 0], [1, 3, -1], [0, -1, 5]])
    b = np.array([1.0, -2, 3])

    def bowl(x):
        return (x @ A @ x) / 2 - b @ x + pel.exp(0.1 * x).sum()

    path = descent.minimise(bowl, np.zeros(3), descent.Newton(), tolerance=1e-12, engine=engine)
    assert path.converged
    assert path.steps <= 5
    np.testing.assert_allclose(A @ path.x - b + 0.1 * np.exp(0.1 * path.x), 0, atol=1e-12)


@pytest.mark.parametrize(
    ("function", "start", "eigenvalues"),
    [
        (f, 1.0, "from -6 to -6"),
        (lambda x: x[0] ** 2 - x[1] ** 2 + x[1] ** 4, [1.0, 0.1], "from -1.88 to 2"),
        (lambda x: x.sum(), [1.0, 2.0], "from 0 to 0"),
    ],
)
def test_c2_newton_says_when_it_would_climb(function, start, eigenvalues):
    with pytest.raises(ArgumentError, match="not positive definite") as raised:
        descent.minimise(function, start, descent.Newton())
    assert eigenvalues in raised.value.got
    assert "Newton(modified=True)" in raised.value.mend


def test_c2_the_modified_hessian_descends_from_there():
    path = descent.minimise(f, 1.0, descent.Newton(modified=True))
    assert float(path.x) == pytest.approx(2.25)
    assert (np.diff(path.values) < 0).all()


# --- C3: line searches ---------------------------------------------------------------------


def test_c3_backtracking(engine):
    rule = descent.Backtracking(initial=0.5, contraction=0.8, c1=0.5)
    path = descent.minimise(f, 1.0, descent.SteepestDescent(), rule, steps=1, engine=engine)
    assert path.trials[0] == pytest.approx((0.5, 0.4, 0.32))
    assert path.lengths[0] == pytest.approx(0.32)
    assert float(path.x) == pytest.approx(2.6)
    assert path.value == pytest.approx(-5.0304)
    model = path.model(0)
    assert float(model(2.6)) == pytest.approx(-4)
    slope = float(path.gradients[0])
    assert path.value <= path.values[0] - 0.32 / 2 * slope**2  # f − (α/2)‖∇f‖², the same −4
    ax = path.plot(models=[0], ax=Figure().subplots())
    x, h = next(line.get_data() for line in ax.lines if line.get_linestyle() == "--")
    np.testing.assert_allclose(h, -5 * (x - 1) + (x - 1) ** 2 / (2 * 0.32), atol=1e-12)
    marks = [
        tuple(line.get_xydata()[0].round(4)) for line in ax.lines if len(line.get_xdata()) == 1
    ]
    assert {(1.0, 0.0), (2.6, -5.0304), (2.6, -4.0)} == set(marks)


def test_c3_exact_line_search():
    path = descent.minimise(f, 1.0, descent.SteepestDescent(), descent.Exact(), steps=1)
    assert float(path.x) == pytest.approx(2.25, abs=1e-14)
    assert path.converged


@pytest.mark.parametrize("c2", [0.1, 0.9])
def test_c3_armijo_and_wolfe_conditions(c2):
    path = descent.minimise(f, 1.0, descent.SteepestDescent(), descent.Wolfe(c2=c2))
    slopes = path.gradients[:-1] * path.directions
    fallen = path.values[1:] <= path.values[:-1] + 1e-4 * path.lengths * slopes
    flatter = abs(path.gradients[1:] * path.directions) <= -c2 * slopes
    assert fallen.all()
    assert flatter.all()
    assert float(path.x) == pytest.approx(2.25, abs=1e-6)


def test_c3_lbfgs():
    path = descent.minimise(f, 1.0)
    assert path.converged
    assert float(path.x) == pytest.approx(2.25, abs=1e-6)


# --- C4: stochastic variants ---------------------------------------------------------------


def cost(beta, X, y):
    """J(β) / n, with J = Σ log(1 + exp(xβ)) − y·xβ."""
    z = X @ beta
    return (pel.softplus(z) - y * z).mean()


def run(method, step=None, steps=200, **options):
    return descent.minimise(
        cost, [0.0, 0.0], method, step, data=(POINTS, ABOVE), steps=steps, tolerance=0, **options
    )


def test_c4_values_are_recorded_over_all_data():
    path = run(descent.SteepestDescent(), 0.5, steps=30, batch_size=1, seed=3)
    z = POINTS @ path.points.T
    wanted = (np.logaddexp(0, z) - ABOVE[:, None] * z).mean(axis=0)
    np.testing.assert_allclose(path.values, wanted, rtol=1e-12)


def test_c4_full_batch_single_example_and_mini_batch():
    plain = descent.SteepestDescent()
    full = run(plain, 0.5)
    assert (np.diff(full.values) < 0).all()
    single = run(plain, 0.5, batch_size=1)
    few = run(plain, 0.5, batch_size=10, replacement=True)
    for path in (single, few):
        assert (np.diff(path.values) > 0).any()  # it is not a descent at each step
        assert path.value < 0.2 < path.values[0]
    again = run(plain, 0.5, batch_size=10, replacement=True)
    np.testing.assert_array_equal(again.points, few.points)
    other = run(plain, 0.5, batch_size=10, replacement=True, seed=1)
    assert not np.array_equal(other.points, few.points)


def test_c4_a_mini_batch_has_its_mean_gradient():
    path = run(descent.SteepestDescent(), 0.5, steps=1, batch_size=10, replacement=True, seed=7)
    rows = np.random.default_rng(7).choice(100, 10, replace=True)
    wanted = ((0.5 - ABOVE[rows])[:, None] * POINTS[rows]).mean(axis=0)
    np.testing.assert_allclose(path.gradients[0], wanted, rtol=1e-12)


def test_c4_momentum_is_half_of_the_step_before():
    path = run(descent.Momentum(0.5), 0.3, steps=50, batch_size=10)
    x, g = path.points, path.gradients
    wanted = x[1:-1] - 0.3 * g[1:-1] + 0.5 * (x[1:-1] - x[:-2])
    np.testing.assert_allclose(x[2:], wanted, rtol=1e-12)


OPTIMIZERS = {
    "Adam": optim.Adam(0.2),
    "RMSProp": optim.RMSProp(0.05),
    "AdaGrad": optim.AdaGrad(1.0),
    "weight decay": optim.SGD(0.5, weight_decay=0.01),
    "schedule": optim.Adam(optim.Exponential(0.3, 0.99)),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_c4_optimizers(name):
    path = run(OPTIMIZERS[name], steps=100)
    assert path.value < 0.5 * path.values[0]


def test_c4_all_raced_on_one_surface():
    paths = {
        "gradient descent": run(descent.SteepestDescent(), 0.5, steps=60),
        "momentum": run(descent.Momentum(0.5), 0.5, steps=60),
        "Nesterov": run(descent.Nesterov(0.9), 0.5, steps=60),
        "Adam": run(optim.Adam(0.3), steps=60),
    }
    surface, curves = descent.compare(paths, figure=Figure()).axes[:2]
    for ax in (surface, curves):
        assert [text.get_text() for text in ax.get_legend().get_texts()] == list(paths)
    drawn = {line.get_gid(): line.get_xydata() for line in surface.lines}
    for (name, path), line in zip(paths.items(), curves.lines, strict=True):
        np.testing.assert_array_equal(drawn[name], path.points)
        np.testing.assert_array_equal(line.get_ydata(), path.values)


# --- C5: smoothing -------------------------------------------------------------------------


def test_c5_the_window_forgets_and_the_ewma_does_not():
    x = np.zeros(60)
    x[20] = 1
    window, ewma = descent.moving_average(x, 10), descent.ewma(x, 0.2)
    np.testing.assert_allclose(window[20:30], 0.1)
    assert (window[30:] == 0).all()
    np.testing.assert_allclose(ewma[20:], 0.2 * 0.8 ** np.arange(40), rtol=1e-12)
    assert (ewma[20:] > 0).all()
    for n in range(1, 60):
        assert ewma[n] == pytest.approx(0.2 * x[n] + 0.8 * ewma[n - 1], abs=1e-16)
    ax = plot.smoothed(x, {"window": window, "EWMA": ewma}, ax=Figure().subplots())
    drawn = [line.get_ydata() for line in ax.lines]
    np.testing.assert_array_equal(drawn, [x, window, ewma])


def test_c5_it_begins_with_the_signal():
    x = np.array([3.0, 5.0, 1.0])
    assert descent.ewma(x, 0.5).tolist() == [3.0, 4.0, 2.5]


def test_c5_adam_keeps_such_averages():
    path = descent.minimise(f, 1.0, optim.Adam(0.1), steps=10)
    g = path.gradients[:-1]
    n = np.arange(1, 11)
    mean = descent.ewma(np.append(0, g), 0.1)[1:] / (1 - 0.9**n)
    square = descent.ewma(np.append(0, g**2), 0.001)[1:] / (1 - 0.999**n)
    np.testing.assert_allclose(np.diff(path.points), -0.1 * mean / (np.sqrt(square) + 1e-8))
