"""Holds: pictures of descents draw the points, values and models that they were given."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from matplotlib import pyplot
from matplotlib.contour import ContourSet

from pellucid import plot
from pellucid.errors import ArgumentError, DataError, PellucidError, ShapeError

BOWL = [[2.0, 1.0], [1.0, -0.5], [0.0, 0.0]]


def bowl(p: Any) -> Any:
    return p[:, 0] ** 2 + 4 * p[:, 1] ** 2


def names(ax: Any) -> list[str]:
    return [text.get_text() for text in ax.get_legend().get_texts()]


def test_a_curve_with_its_points_and_models() -> None:
    models = {"plane": lambda x: 4 * x - 4, "model": np.square}
    ax = plot.descent_curve(np.square, [2.0, 1.0, 0.5], models=models, led=[1.0, 0.5], name="w")
    assert names(ax) == ["f", "plane", "model", "steps", "last"]
    x, y = ax.lines[0].get_data()
    assert np.array_equal(y, x**2)
    assert ax.lines[1].get_xydata().tolist() == [[2, 4], [1, 1], [0.5, 0.25]]
    marks = [line.get_xydata()[0].tolist() for line in ax.lines if line.get_marker() == "D"]
    assert marks == [[1.0, 0.0], [0.5, 0.25]]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("w", "f(w)")
    assert ax.get_xlim() == (0.125, 2.375)


def test_a_model_that_runs_off_does_not_squeeze_the_curve() -> None:
    ax = plot.descent_curve(np.square, [0.0, 1.0], models={"m": lambda x: 1e6 * x})
    assert ax.get_ylim()[1] < 2


def test_one_point_still_has_a_curve() -> None:
    left, right = plot.descent_curve(np.square, [3.0]).get_xlim()
    assert left < 3 < right


def test_contours_with_paths() -> None:
    ax = plot.descent_contours(bowl, {"one": BOWL, "_two": np.add(BOWL, 0.1)}, names=["$a", "b"])
    ax.figure.canvas.draw()
    tracks = {line.get_gid(): line.get_xydata() for line in ax.lines}
    assert tracks["one"].tolist() == BOWL
    assert names(ax) == ["one", "_two"]
    assert ax.get_xlabel() == "$a"


def test_equal_areas_lie_between_the_levels() -> None:
    ax = plot.descent_contours(bowl, {"p": BOWL}, bounds=((-2, 2), (-2, 2)))
    filled = next(c for c in ax.collections if isinstance(c, ContourSet))
    x, y = np.meshgrid(np.linspace(-2, 2, 80), np.linspace(-2, 2, 80))
    counts, _ = np.histogram(bowl(np.c_[x.ravel(), y.ravel()]), filled.levels)
    assert counts.min() > 0.8 * counts.max()


def test_a_function_that_is_not_finite_everywhere_draws() -> None:
    def half(p: Any) -> Any:
        return np.where(p[:, 0] > 0, p[:, 0], np.nan)

    plot.descent_contours(half, {"p": BOWL}).figure.canvas.draw()


def test_a_constant_function_draws() -> None:
    plot.descent_contours(lambda p: np.ones(len(p)), {"p": BOWL}).figure.canvas.draw()


def test_a_model_is_drawn_by_the_line_through_its_point() -> None:
    ax = plot.descent_contours(
        bowl, {"p": BOWL}, models=[lambda p: (p**2).sum(axis=1)], through=[[1.0, 0.0]],
        bounds=((-2, 2), (-2, 2)),
    )  # fmt: skip
    circle = ax.collections[-1].get_paths()[0].vertices
    assert np.allclose(np.linalg.norm(circle, axis=1), 1, atol=0.01)


@pytest.mark.parametrize(
    ("least", "label"), [(0, "value"), (2.5, "value − 2.5"), (-3, "value + 3"), (None, "value")]
)
def test_values_above_the_least_are_drawn_by_their_logarithm(least: Any, label: str) -> None:
    ax = plot.descent_values({"a": [7, 5, 4], "b": [7, 4, 2.5]}, least=least)
    assert ax.get_ylabel() == label
    assert ax.get_yscale() == ("linear" if least is None else "log")
    assert np.allclose(ax.lines[0].get_ydata(), np.subtract([7, 5, 4], least or 0))
    ax.figure.canvas.draw()


def test_the_least_itself_leaves_a_gap() -> None:
    ax = plot.descent_values({"a": [2, 1]}, least=1)
    assert np.isnan(ax.lines[0].get_ydata()[1])


def test_taylor_models_are_as_wide_as_asked_for() -> None:
    ax = plot.taylor_models(
        np.square, [0.5, 1.0], [lambda x: x, lambda x: 2 * x - 1], half_width=0.3
    )
    ends = [line.get_xdata()[[0, -1]].round(9).tolist() for line in ax.lines[1:]]
    assert ends == [[0.2, 0.8], [0.7, 1.3]]
    assert names(ax) == ["f", "models", "centres"]


def test_lines_separate_where_the_weights_say() -> None:
    ax = plot.separating_lines(BOWL, [1, 0, 0], [[0, 0, 0], [1, 0, -1], [1, 1, -2]])
    first, last = ax.lines  # weights of zero are no line
    assert np.asarray(first.get_xy1())[0] == np.asarray(first.get_xy2())[0] == 1
    assert np.sum(last.get_xy1()) == np.sum(last.get_xy2()) == 2
    assert last.get_linewidth() > first.get_linewidth()


@pytest.mark.parametrize(
    ("act", "error", "text"),
    [
        (lambda: plot.descent_curve(np.square, []), DataError, "empty"),
        (lambda: plot.descent_curve(np.square, [1.0], bounds=(1, 0)), ArgumentError, "(0, 3)"),
        (lambda: plot.descent_curve(lambda x: 1.0, [1.0]), ShapeError, "array of points"),
        (lambda: plot.descent_contours(bowl, {}), DataError, "no path"),
        (lambda: plot.descent_contours(bowl, {"p": [[1.0, 2, 3]]}), ShapeError, "(n, 2)"),
        (
            lambda: plot.descent_contours(lambda p: p[:, 0] * np.nan, {"p": BOWL}),
            DataError,
            "give bounds",
        ),
        (lambda: plot.descent_values({}), DataError, "no path"),
        (lambda: plot.descent_values({"f": [np.inf]}), DataError, "finite"),
        (lambda: plot.taylor_models(np.square, [1.0], []), ShapeError, "one model for each"),
        (
            lambda: plot.taylor_models(np.square, [1.0], [np.square], half_width=0),
            ArgumentError,
            "half_width=0.1",
        ),
        (lambda: plot.smoothed([1.0, 2], {"m": [1.0]}), ShapeError, "same signal"),
        (lambda: plot.separating_lines(BOWL, [0, 1, 1], [[1, 2]]), ShapeError, "(k, 3)"),
    ],
)
def test_errors_name_the_mend_and_open_no_figure(
    act: Any, error: type[PellucidError], text: str
) -> None:
    with pytest.raises(error) as raised:
        act()
    assert text in str(raised.value)
    assert pyplot.get_fignums() == []
