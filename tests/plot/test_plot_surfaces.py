"""Holds: surfaces show what the callable answers, over the plane that was asked for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from matplotlib import pyplot
from matplotlib.contour import ContourSet

from pellucid import plot
from pellucid.errors import ArgumentError, DataError, LabelError, PellucidError, ShapeError

X, Y = np.array([[0.0, 0.0], [10.0, 1.0], [5.0, 0.5]]), [0, 1, 1]


def half(p: Any) -> Any:
    """Rises from 0 to 1 over x = 0 … 10."""
    return np.clip(p[:, 0] / 10, 0, 1)


def contours(ax: Any) -> list[ContourSet]:
    return [c for c in ax.collections if isinstance(c, ContourSet)]


def bar(ax: Any) -> str:
    return ax.figure.axes[-1].get_ylabel()


def test_the_grid_covers_the_data_and_its_margin() -> None:
    asked = []

    def predict(p: Any) -> Any:
        asked.append(p)
        return half(p)

    ax = plot.probability_surface(predict, X, Y, margin=0.1, resolution=150)
    (grid,) = asked
    assert grid.shape == (150 * 150, 2)
    assert grid.min(axis=0).tolist() == [-1, -0.1]
    assert grid.max(axis=0).tolist() == [11, 1.1]
    assert (ax.get_xlim(), ax.get_ylim()) == ((-1, 11), (-0.1, 1.1))


def test_bounds_are_kept() -> None:
    ax = plot.probability_surface(half, X, Y, bounds=((-2, 2), (-3, 3)))
    assert (ax.get_xlim(), ax.get_ylim()) == ((-2, 2), (-3, 3))


def test_the_border_is_where_the_probability_is_a_half() -> None:
    filled, border = contours(plot.probability_surface(half, X, Y))
    assert np.allclose(filled.levels, np.linspace(0, 1, 21))
    (line,) = border.get_paths()
    assert np.allclose(line.vertices[:, 0], 5)


def test_scores_have_their_border_at_zero_in_the_middle_of_the_scale() -> None:
    ax = plot.probability_surface(lambda p: p[:, 0] - 4, X, Y, scores=True, margin=0)
    filled, border = contours(ax)
    assert (filled.levels[0], filled.levels[-1]) == (-6, 6)
    assert np.allclose(border.get_paths()[0].vertices[:, 0], 4)
    assert bar(ax) == "score of class 1"


@pytest.mark.parametrize("value", [0.0, 0.3, 0.5, 1.0])
def test_a_constant_probability_draws_without_a_border(value: float) -> None:
    ax = plot.probability_surface(lambda p: np.full(len(p), value), X, Y)
    ax.figure.canvas.draw()
    assert len(contours(ax)) == 1


def test_a_constant_score_of_zero_draws() -> None:
    ax = plot.probability_surface(lambda p: np.zeros(len(p)), X, Y, scores=True)
    ax.figure.canvas.draw()


def test_columns_and_pairs_of_classes_mean_class_one() -> None:
    one = plot.probability_surface(half, X, Y).collections[0]
    column = plot.probability_surface(lambda p: half(p)[:, None], X, Y).collections[0]
    pair = plot.probability_surface(lambda p: np.c_[1 - half(p), half(p)], X, Y).collections[0]
    for other in (column, pair):
        assert all(
            np.array_equal(a.vertices, b.vertices)
            for a, b in zip(one.get_paths(), other.get_paths(), strict=True)
        )


def test_the_colour_bar_says_whose_probability() -> None:
    assert bar(plot.probability_surface(half, X, Y)) == "probability of class 1"
    named = plot.probability_surface(half, X, Y, names=["payer", "$default"])
    named.figure.canvas.draw()
    assert bar(named) == "probability of $default"
    assert bar(plot.probability_surface(half, X, Y, label="p")) == "p"


def test_the_data_lie_on_the_surface() -> None:
    ax = plot.probability_surface(half, X, Y)
    points = [c.get_offsets().tolist() for c in ax.collections if not isinstance(c, ContourSet)]
    assert points == [[[0, 0]], [[10, 1], [5, 0.5]]]


def test_a_constant_feature_still_has_a_plane() -> None:
    ax = plot.probability_surface(half, [[0, 7], [10, 7]], [0, 1], margin=0.5)
    assert ax.get_ylim() == (6.5, 7.5)


def test_areas_are_the_classes_of_their_grid_points() -> None:
    def three(p: Any) -> Any:
        return np.digitize(p[:, 0], [3, 7])

    ax = plot.decision_boundary(three, X, [0, 2, 1], resolution=13)
    areas = ax.collections[0].get_array()
    assert np.array_equal(areas[0], np.digitize(np.linspace(-1, 11, 13), [3, 7]))
    assert len(contours(ax)) == 2


def test_words_are_classes_too_even_one_that_the_data_lack() -> None:
    ax = plot.decision_boundary(lambda p: np.where(p[:, 0] > 5, "z", "b"), X, ["a", "a", "b"])
    assert np.unique(ax.collections[0].get_array()).tolist() == [1, 2]


def test_one_area_has_no_border() -> None:
    ax = plot.decision_boundary(lambda p: np.zeros(len(p), int), X, Y)
    ax.figure.canvas.draw()
    assert contours(ax) == []


@pytest.mark.parametrize(
    ("act", "error", "text"),
    [
        (lambda: plot.probability_surface(lambda p: p[:9, 0], X, Y), ShapeError, "(9,) for 22500"),
        (
            lambda: plot.probability_surface(lambda p: np.zeros((len(p), 3)), X, Y),
            ShapeError,
            "decision_boundary",
        ),
        (lambda: plot.probability_surface(lambda p: p[:, 0], X, Y), DataError, "scores=True"),
        (lambda: plot.probability_surface(lambda p: p[:, 0] * np.nan, X, Y), DataError, "nan"),
        (lambda: plot.probability_surface(half, X, Y, resolution=1), ArgumentError, "at least 2"),
        (
            lambda: plot.probability_surface(half, X, Y, bounds=((1, 0), (0, 1))),
            ArgumentError,
            "bounds=((-2, 2), (-2, 2))",
        ),
        (lambda: plot.probability_surface(half, X[:, :1], Y), ShapeError, "choose two features"),
        (lambda: plot.decision_boundary(half, X, Y), LabelError, "argmax"),
        (lambda: plot.decision_boundary(lambda p: [1], X, Y), ShapeError, "predict_classes has 1"),
        (lambda: plot.decision_boundary(half, X, [0]), ShapeError, "X has 3, y has 1"),
    ],
)
def test_errors_name_the_mend_and_open_no_figure(
    act: Any, error: type[PellucidError], text: str
) -> None:
    with pytest.raises(error) as raised:
        act()
    assert text in str(raised.value)
    assert pyplot.get_fignums() == []


def test_the_border_of_two_scores_is_where_they_are_equal() -> None:
    pair = plot.probability_surface(
        lambda p: np.c_[5 + p[:, 0], 5 + 2 * p[:, 0]], X, Y, scores=True
    )
    one = plot.probability_surface(lambda p: p[:, 0], X, Y, scores=True)
    (_, border), (_, wanted) = contours(pair), contours(one)
    for found, known in zip(border.get_paths(), wanted.get_paths(), strict=True):
        np.testing.assert_allclose(found.vertices, known.vertices, atol=1e-9)
