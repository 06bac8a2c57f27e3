"""Holds: what is asked wrongly is told clearly; paths record, print and draw what was done."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.figure import Figure

import pellucid as pel
from pellucid import descent, nn, optim
from pellucid.errors import (
    ArgumentError,
    ArgumentTypeError,
    DataError,
    GradientError,
    GraphError,
    LabelError,
    NonFiniteError,
    ShapeError,
)


def square(x):
    return (x * x).sum()


def valley(x):
    return x[0] ** 2 + 9 * x[1] ** 2


class Uphill(descent.Direction):
    def towards(self, iterates):
        return iterates[-1].gradient


PLAIN = descent.SteepestDescent()
WRONG = [
    (lambda: descent.minimise(square, 1.0, PLAIN, 5.0, steps=999), NonFiniteError, "shorter steps"),
    (lambda: descent.minimise(lambda x: pel.log(x), -1.0), NonFiniteError,
     "where   the start, x = -1"),
    (lambda: descent.minimise(lambda x: pel.sqrt(x), 0.0), NonFiniteError, "the gradient is not"),
    (lambda: descent.minimise(square, 1.0, Uphill(), descent.Wolfe()), ArgumentError,
     "does not descend"),
    (lambda: descent.minimise(square, 1.0, Uphill()), ArgumentError, "step=0.01"),
    (lambda: descent.minimise(lambda x: -(x**2), 1.0), ArgumentError, "falls without end"),
    (lambda: descent.minimise(lambda x: x.sum(), [1.0, 2], PLAIN, descent.Exact()), ArgumentError,
     "falls without end"),
    (lambda: descent.minimise(lambda x: -pel.exp(x), 1.0, PLAIN, descent.Exact()), ArgumentError,
     "falls without end"),
    (lambda: descent.minimise(lambda x: x**2 if x > 0 else x, 1.0), GraphError, "pel.where"),
    (lambda: descent.minimise(lambda x: x**2, [1.0, 2]), ShapeError, ".sum()"),
    (lambda: descent.minimise(lambda x: 3.0, 1.0), ArgumentTypeError, "does not give a tensor"),
    (lambda: descent.minimise(lambda x: x > 0, 1.0), GradientError, "no gradient"),
    (lambda: descent.minimise(square, 1.0, descent.Newton), ArgumentTypeError, "write Newton()"),
    (lambda: descent.minimise(square, 1.0, "newton"), ArgumentTypeError, "descent.LBFGS()"),
    (lambda: descent.minimise(square, 1.0, PLAIN, descent.Wolfe), ArgumentTypeError, "Wolfe()"),
    (lambda: descent.minimise(square, 1.0, PLAIN, -1), ArgumentError, "step > 0"),
    (lambda: descent.minimise(square, 1.0, descent.Momentum()), ArgumentError, "step=0.01"),
    (lambda: descent.minimise(square, 1.0, optim.Adam(), 0.1), ArgumentError, "learning_rate="),
    (lambda: descent.minimise(square, 1.0, optim.Adam(averaging=optim.UniformAverage())),
     ArgumentError, "averages"),
    (lambda: descent.minimise(square, 1.0, steps=-1), ArgumentError, "steps ≥ 0"),
    (lambda: descent.minimise(square, 1.0, batch_size=2), ArgumentError, "data=(X, y)"),
    (lambda: descent.minimise(lambda x, t: square(x - t[0]), 1.0, data=([1.0, 2],), batch_size=1),
     ArgumentError, "each batch is another one"),
    (lambda: descent.minimise(lambda x, t: x, 1.0, PLAIN, 0.1, data=([1.0],), batch_size=2),
     ArgumentError, "batch_size ≤ 1"),
    (lambda: descent.minimise(square, 1.0, data=np.ones(3)), ArgumentTypeError, "data=(X, y)"),
    (lambda: descent.minimise(square, 1.0, data=(np.ones(3), np.ones(2))), DataError,
     "number of rows"),
    (lambda: descent.minimise(lambda x, t: x, 1.0, descent.Newton(), 0.1, data=([1.0],),
                              batch_size=1), ArgumentError, "Newton needs one function"),
    (lambda: descent.minimise(square, []), DataError, "no number"),
    (lambda: descent.minimise(square, {"y": 1.0}), ArgumentTypeError, "wanted  x"),
    (lambda: descent.Wolfe(0.9, 0.1), ArgumentError, "0 < c1 < c2 < 1"),
    (lambda: descent.ConjugateGradient("dai-yuan"), ArgumentError, "polak-ribiere+"),
    (lambda: descent.LBFGS(0), ArgumentError, "memory ≥ 1"),
    (lambda: descent.taylor(lambda x: pel.log(x), 0.0), NonFiniteError, "another point"),
    (lambda: descent.taylor(lambda x: 1.0, 0.0), GraphError, "scalar tensor"),
    (lambda: descent.ewma([[1.0]], 0.5), DataError, "each column"),
    (lambda: descent.ewma([1.0], 1.0), ArgumentError, "0 < a < 1"),
    (lambda: descent.moving_average([1.0], 2), ArgumentError, "window ≤ 1"),
    (lambda: descent.perceptron([[1.0], [2.0]], [0, 1]), LabelError, "np.where(y == 1, 1, -1)"),
    (lambda: descent.perceptron([[1.0], [2.0]], [1]), ShapeError, "one label for each"),
    (lambda: descent.perceptron([[1.0], [np.nan]], [1, -1]), DataError, "row 1"),
    (lambda: descent.compare({}), ArgumentError, "no path"),
    (lambda: descent.compare({"a": descent.minimise(square, [1.0]),
                              "b": descent.minimise(square, [1.0, 2])}),
     ArgumentError, "where   b"),
    (lambda: descent.minimise(square, 1.0).model(99), ArgumentError, "step 99"),
    (lambda: descent.minimise(square, 1.0, optim.Adam(0.1), steps=3).model(0), ArgumentError,
     "Adam"),
    (lambda: descent.minimise(square, [1.0, 2]).model(0)([1.0, 2, 3]), ShapeError, "(…, 2)"),
]  # fmt: skip


@pytest.mark.parametrize(("act", "error", "text"), WRONG)
def test_errors_name_the_mend(act, error, text):
    with pytest.raises(error) as raised:
        act()
    assert type(raised.value) is error
    assert text in str(raised.value)
    assert raised.value.mend


# --- the record ----------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(), (1,), (3,), (2, 2)])
def test_records_have_the_shape_of_the_start(shape):
    path = descent.minimise(square, np.ones(shape), PLAIN, 0.25, steps=3)
    assert path.points.shape == path.gradients.shape == (4, *shape)
    assert path.directions.shape == (3, *shape)
    assert path.values.shape == (4,)
    assert path.lengths.tolist() == [0.25] * 3
    assert path.x.shape == shape
    np.testing.assert_array_equal(path.at(1), path.points[1])
    np.testing.assert_allclose(path.points[1:], path.points[:-1] / 2)


def test_no_step_is_needed_at_a_minimum():
    path = descent.minimise(square, [0.0, 0.0])
    assert (path.converged, path.steps) == (True, 0)
    assert path.directions.shape == (0, 2)
    assert path.trials == []
    path.plot(ax=Figure().subplots())
    assert "0 steps" in repr(path)


def test_a_constant_function_is_at_its_minimum():
    assert descent.minimise(lambda x: (0 * x).sum() + 1, [1.0]).converged


def test_momentum_is_not_taken_in_by_a_zero_gradient_on_its_way():
    path = descent.minimise(square, 1.0, descent.Momentum(0.5), 0.25)
    assert path.points[2] == 0
    assert path.converged
    assert path.steps > 20
    assert descent.minimise(square, 1.0, optim.SGD(0.25, momentum=0.5)).steps == path.steps


@pytest.mark.parametrize("rule", [descent.Backtracking(), descent.Wolfe()], ids=repr)
def test_a_search_that_finds_nothing_ends_the_path_and_is_told(rule):
    """This gradient is not the function's: it leads uphill."""
    path = descent.minimise(lambda x: 2 * pel.stop_gradient(x) - x, 1.0, PLAIN, rule)
    assert (path.converged, path.steps) == (False, 0)
    assert "lowers the value enough" in path.stopped


def test_the_loss_of_a_network_by_its_variables():
    """A function may read variables of its own; here only x moves."""
    model = nn.Sequential([nn.Linear(1, weight_init="ones")])
    model(np.ones((1, 2)))
    path = descent.minimise(lambda x: (model(pel.reshape(x, (1, 2))) ** 2).sum(), [1.0, 2.0])
    assert path.value < 1e-10


def test_engines_take_the_same_steps():
    paths = [descent.minimise(valley, [3.0, 1.0], engine=e) for e in ("reference", "native")]
    np.testing.assert_allclose(paths[0].points, paths[1].points, rtol=1e-9, atol=1e-12)


def test_rows_of_several_arrays_go_together():
    X, y = np.arange(6.0).reshape(3, 2), np.arange(3)

    def check(w, X, y):
        return ((X[:, 0] - 2 * y) ** 2).sum() + w**2

    path = descent.minimise(check, 1.0, PLAIN, 0.1, data=(X, y), batch_size=2, steps=3)
    np.testing.assert_allclose(path.values, path.points**2)


def test_variables_by_name_beside_data():
    def loss(b, X, w, y):
        return ((X @ w + b - y) ** 2).mean()

    X = np.random.default_rng(0).normal(size=(20, 2))
    y = X @ [2.0, -1.0] + 0.5
    path = descent.minimise(loss, {"w": np.zeros(2), "b": 0.0}, descent.Newton(), data=(X, y))
    np.testing.assert_allclose(path.x["w"], [2, -1])
    assert path.x["b"] == pytest.approx(0.5)
    assert path.objective.names == ["w[0]", "w[1]", "b"]
    assert "w[0], w[1], b" in str(path)


# --- text and pictures ---------------------------------------------------------------------


def test_a_path_prints_as_a_table_with_its_middle_left_out():
    path = descent.minimise(valley, [3.0, 1.0], PLAIN, 0.01, steps=40)
    head, columns, *rows = str(path).splitlines()
    assert head == "SteepestDescent × Constant(step=0.01): 40 steps, stopped: all 40 steps are done"
    assert columns.split() == ["step", "value", "‖gradient‖", "length", "x"]
    assert len(rows) == 13
    assert rows[6].strip() == "…"
    assert rows[-1].split()[0] == "40"


def test_repr_says_where_and_why_it_ended():
    text = repr(descent.minimise(valley, [3.0, 1.0], descent.Newton()))
    assert text.startswith("Path(Newton × Backtracking: 1 step to value 0 at [0, 0]; converged")


def test_pictures_follow_the_number_of_coordinates():
    one, two, three = (
        descent.minimise(square, np.ones(n), PLAIN, 0.25, steps=3) for n in (1, 2, 3)
    )
    ax = one.plot(models=[0, 2], ax=Figure().subplots())
    assert [text.get_text() for text in ax.get_legend().get_texts()] == [
        "f", "model of step 0", "model of step 2", "steps", "last",
    ]  # fmt: skip
    ax = two.plot(models=[0], bounds=((-2, 2), (-3, 3)), ax=Figure().subplots())
    assert (ax.get_xlim(), ax.get_ylim()) == ((-2, 2), (-3, 3))
    np.testing.assert_array_equal(ax.lines[0].get_xydata(), two.points)
    ax = three.plot(ax=Figure().subplots())
    np.testing.assert_array_equal(ax.lines[0].get_ydata(), three.values)


def test_the_model_on_contours_passes_through_the_point_where_its_step_begins():
    path = descent.minimise(valley, [3.0, 1.0], descent.Newton())
    ax = path.plot(models=[0], bounds=((-4, 4), (-2, 2)), ax=Figure().subplots())
    ellipse = ax.collections[-1].get_paths()[0].vertices
    np.testing.assert_allclose(ellipse[:, 0] ** 2 + 9 * ellipse[:, 1] ** 2, 18, rtol=0.02)


def test_a_plane_is_the_model_of_what_knows_no_curvature():
    path = descent.minimise(valley, [3.0, 1.0], descent.ConjugateGradient())
    model = path.model(0)
    assert model.curvature is None
    assert "a plane" in repr(model)
    assert float(model([3.0, 2.0])) == pytest.approx(18 + 18)
    path.plot(models=[0], ax=Figure().subplots())


def test_long_names_leave_their_numbers_out_of_the_title():
    path = descent.minimise(square, [1.0, 1.0], PLAIN, descent.Backtracking(0.4, 0.9, 0.25))
    assert path.plot(ax=Figure().subplots()).get_title(loc="left") == (
        "SteepestDescent × Backtracking"
    )


# --- the perceptron ------------------------------------------------------------------------


def test_the_proof_of_exclusive_or_is_a_point_between_both():
    X = [[-1, -1], [-1, 1], [1, -1], [1, 1]]
    with pytest.raises(DataError) as raised:
        descent.perceptron(X, [-1, 1, 1, -1])
    assert raised.value.where == "the point [0, 0]"
    assert "rows 0, 3 of class -1" in raised.value.got
    assert "rows 1, 2 of class 1" in raised.value.got


def test_the_same_example_in_both_classes_is_its_own_proof():
    with pytest.raises(DataError, match="no hyperplane") as raised:
        descent.perceptron([[1.0], [1.0]], [1, -1])
    assert raised.value.got == "it is row 1 of class -1, and it is row 0 of class 1"


def test_a_single_class_needs_only_a_bias():
    assert descent.perceptron([[1.0], [2.0]], [1, 1]).separates


def test_too_few_epochs_are_said():
    X, y = pel.data.line_points()
    path = descent.perceptron(X, y, epochs=2)
    assert not path.separates
    assert "does not yet separate" in repr(path)
    assert path.plot(ax=Figure().subplots()).get_title(loc="left") == "not yet separated"
