"""Holds: losses over numbers, ways through weights, projections and lines of units are right."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from matplotlib import pyplot
from matplotlib.figure import Figure
from sklearn.decomposition import PCA

from pellucid import plot
from pellucid.errors import ArgumentError, DataError, PellucidError, ShapeError
from pellucid.plot.projection import principal

RNG = np.random.default_rng(0)
WAY = RNG.normal(size=(12, 5)).cumsum(axis=0)


def bowl(w: Any) -> Any:
    return (w**2).sum(axis=1)


def marked(ax: Any, gid: str) -> list[tuple[float, float]]:
    return [
        (float(one.get_xdata()[0]), float(one.get_ydata()[0]))
        for one in ax.lines
        if one.get_gid() == gid
    ]


def test_losses_over_a_cut_off_are_sorted_and_their_least_is_marked() -> None:
    ax = plot.loss_curves([7, 5, 6], {"years": [3, 9, 1], "salary": [4, 2, 8]}, name="cut-off")
    assert [list(one.get_ydata()) for one in ax.lines if len(one.get_xdata()) == 3] == [
        [9, 1, 3],
        [2, 8, 4],
    ]
    assert marked(ax, "least") == [(6, 1), (5, 2)]
    assert [t.get_text() for t in ax.get_legend().get_texts()] == [
        "years, least: 1 at 6",
        "salary, least: 2 at 5",
    ]


def test_losses_over_two_numbers_are_shown_as_measured() -> None:
    losses = np.array([[9.0, 8.0], [7.0, 2.0], [50.0, 5.0]])
    ax = plot.loss_surface([5, 6], [1, 2, 3], losses, most=9)
    assert np.array_equal(ax.collections[0].get_array(), np.minimum(losses, 9))
    assert marked(ax, "least") == [(6, 2)]
    assert ax.figure.axes[1].get_ylabel() == "loss, 9 and above in one colour"


def test_the_plane_of_a_way_is_that_of_its_principal_directions_about_the_end() -> None:
    ax = plot.loss_path(bowl, WAY, resolution=5)
    moved = WAY - WAY[-1]
    values, vectors = np.linalg.eigh(moved.T @ moved)
    shares = values[::-1] / values.sum()
    (line,) = [one for one in ax.lines if one.get_gid() == "way"]
    drawn = np.column_stack(line.get_data())
    assert np.allclose(abs(drawn), abs(moved @ vectors[:, [-1, -2]]))
    assert ax.get_title(loc="right") == f"{round(100 * shares[:2].sum(), 1):g} % of the way seen"
    assert ax.get_xlabel() == f"direction 1 ({round(100 * shares[0], 1):g} %)"


def test_several_ways_lie_on_the_plane_of_the_principal_components_of_all_points() -> None:
    other = WAY[::-1] + RNG.normal(size=WAY.shape)
    ax = plot.loss_path(bowl, {"a": WAY, "b": other}, resolution=5)
    theirs = PCA(2).fit(np.concatenate([WAY, other]))
    lines = {one.get_gid(): np.column_stack(one.get_data()) for one in ax.lines}
    for name, way in (("a", WAY), ("b", other)):
        assert np.allclose(abs(lines[name]), abs(theirs.transform(way)))
    share = 100 * theirs.explained_variance_ratio_.sum()
    assert ax.get_title(loc="right") == f"{round(share, 1):g} % of the variance seen"


def test_ways_through_other_weights_are_refused() -> None:
    with pytest.raises(ShapeError, match="not through the same weights") as refused:
        plot.loss_path(bowl, {"a": WAY, "b": WAY[:, :3]})
    assert refused.value.got == "a: 5, b: 3"


def test_the_losses_of_a_plane_are_those_of_the_weights_on_it() -> None:
    asked: list[Any] = []

    def seen(w: Any) -> Any:
        asked.append(w)
        return bowl(w)

    plot.loss_path(seen, WAY, plane=(1, 3), resolution=4)
    w = np.concatenate(asked)
    assert np.allclose(w[:, [0, 2, 4]], WAY[-1, [0, 2, 4]])  # the others stand as they end
    assert len(np.unique(w[:, 1].round(9))) == len(np.unique(w[:, 3].round(9))) == 4


def test_given_directions_are_put_at_right_angles() -> None:
    ax = plot.loss_path(bowl, WAY, plane=[[2, 0, 0, 0, 0], [1, 1, 0, 0, 0]], resolution=4)
    (line,) = [one for one in ax.lines if one.get_gid() == "way"]
    assert np.allclose(np.column_stack(line.get_data()), (WAY - WAY[-1])[:, :2])


def test_principal_directions_are_those_of_scikit_learn() -> None:
    points = RNG.normal(size=(30, 6)) * np.arange(1, 7)
    theirs = PCA(3).fit(points)
    directions, shares = principal(points - points.mean(axis=0), 3)
    assert np.allclose(shares, theirs.explained_variance_ratio_)
    assert np.allclose(abs(directions), abs(theirs.components_))


def test_few_points_have_directions_too() -> None:
    directions, shares = principal(np.array([[0.0, 3.0, 4.0]]), 2)
    assert np.allclose(directions @ directions.T, np.eye(2))
    assert shares.tolist() == [1, 0]


@pytest.mark.parametrize("dimensions", [2, 3])
def test_points_of_many_dimensions_are_projected(dimensions: Any) -> None:
    points = RNG.normal(size=(20, 5))
    ax = plot.embedding(points, dimensions=dimensions, texts=list("abcdefghijklmnopqrst"))
    wanted = PCA(dimensions).fit_transform(points)
    (dots,) = ax.collections
    drawn = np.stack(dots._offsets3d, 1) if dimensions == 3 else dots.get_offsets()
    assert np.allclose(abs(np.asarray(drawn)), abs(wanted))
    assert [text.get_text().strip() for text in ax.texts] == list("abcdefghijklmnopqrst")


def test_points_that_fit_are_drawn_as_they_are() -> None:
    points = RNG.normal(size=(6, 2))
    ax = plot.embedding(points, ["a", "b"] * 3)
    drawn = np.concatenate([one.get_offsets() for one in ax.collections])
    assert np.array_equal(drawn, np.concatenate([points[::2], points[1::2]]))
    assert ax.get_xlabel() == "dimension 1"


def test_a_unit_is_nought_along_its_line_and_its_arrow_points_uphill() -> None:
    w, b = np.array([[1.0, 2.0], [-1.0, 0.5], [0.0, -2.0]]), np.array([0.5, 1.0, 1.0])
    ax = plot.unit_lines(w, b, bounds=((-2, 4), (-3, 3)))
    assert len(ax.lines) == 3
    for k, line in enumerate(ax.lines):
        ends = np.column_stack(line.get_data())
        assert np.allclose(ends @ w[k] + b[k], 0)
        on_border = np.isclose(ends[:, [0]], [-2, 4]) | np.isclose(ends[:, [1]], [-3, 3])
        assert on_border.any(axis=1).all()
    ax.figure.canvas.draw()
    for text, row in zip(ax.texts, w, strict=True):
        pixels = ax.transData.transform(text.xy) + np.array(text.xyann)
        assert (ax.transData.inverted().transform(pixels) - text.xy) @ row > 0


def test_lines_keep_the_limits_of_a_picture() -> None:
    X = [[0.0, 0.0], [1.0, 1.0]]
    ax = plot.decision_boundary(lambda p: p[:, 0] > 0.5, X, [0, 1])
    before = ax.get_xlim(), ax.get_ylim()
    plot.unit_lines([[1.0, 0.0], [1.0, 0.0]], [-0.5, 7.0], ax=ax)
    assert (ax.get_xlim(), ax.get_ylim()) == before
    assert ax.get_title(loc="right") == "1 of 2 outside"


def test_a_cut_holds_other_features_at_their_median() -> None:
    X = np.array([[1.0, 5.0, 0.0], [2.0, 9.0, 1.0], [3.0, 6.0, 5.0]])
    asked: list[Any] = []

    def predict(rows: Any) -> Any:
        asked.append(rows)
        return rows[:, 2] > 2

    look: dict[str, Any] = {"features": ["a", "b", "c"], "pair": ("c", "a"), "resolution": 3}
    ax = plot.decision_boundary(predict, X, [0, 0, 1], margin=0, **look)
    assert (asked[0][:, 1] == 6).all()
    assert sorted(set(asked[0][:, 2])) == [0, 2.5, 5]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("c", "a")
    assert ax.get_title(loc="right") == "1 other at the median"
    plot.probability_surface(lambda rows: rows[:, 1] * 0, X, [0, 0, 1], pair=(0, 2))


@pytest.mark.parametrize(
    ("act", "error", "text"),
    [
        (lambda: plot.loss_curves([1], {}), DataError, "no curve"),
        (lambda: plot.loss_curves([1, 2], {"a": [1]}), ShapeError, "each place"),
        (lambda: plot.loss_surface([1, 2], [1, 2, 3], np.ones((2, 3))), ShapeError, "losses.T"),
        (lambda: plot.loss_surface([2, 1], [1, 2], np.ones((2, 2))), ArgumentError, "across"),
        (lambda: plot.loss_path(bowl, [[1, 2]]), ShapeError, "np.stack"),
        (lambda: plot.loss_path(bowl, [[1, 2], [1, 2]]), ArgumentError, "does not move"),
        (lambda: plot.loss_path(bowl, WAY, plane="best"), ArgumentError, "'best'"),
        (lambda: plot.loss_path(bowl, WAY, plane=(0, 9)), ArgumentError, "0 to 4"),
        (lambda: plot.loss_path(bowl, WAY, plane=np.ones((2, 3))), ShapeError, "(2, 5)"),
        (lambda: plot.loss_path(bowl, WAY, plane=np.ones((2, 5))), ArgumentError, "parallel"),
        (lambda: plot.embedding(np.ones((3, 1))), ShapeError, "d ≥ 2"),
        (lambda: plot.embedding(np.ones((3, 1))), ShapeError, "plot.histogram"),
        (lambda: plot.embedding(np.ones((3, 2)), dimensions=3), ShapeError, "dimensions=2"),
        (lambda: plot.embedding(np.ones((3, 4)), dimensions=4), ArgumentError, "two or three"),
        (lambda: plot.unit_lines(np.ones((2, 3)), [1, 2]), ShapeError, "two inputs"),
        (lambda: plot.unit_lines(np.ones((2, 2)), [1]), ShapeError, "each unit"),
        (
            lambda: plot.decision_boundary(bowl, np.ones((2, 3)), [0, 1], pair=(1, 1)),
            ArgumentError,
            "two features",
        ),
        (
            lambda: plot.decision_boundary(bowl, np.ones((2, 3)), [0, 1], pair=("a", 1)),
            ArgumentError,
            "features=",
        ),
    ],
)
def test_errors_name_the_mend(act: Any, error: type[PellucidError], text: str) -> None:
    with pytest.raises(error) as raised:
        act()
    assert text in str(raised.value)


def test_axes_that_are_given_are_drawn_on_and_returned() -> None:
    for draw in (
        lambda ax: plot.loss_curves([1, 2], {"a": [1, 2]}, ax=ax),
        lambda ax: plot.loss_surface([1, 2], [1, 2], np.eye(2), ax=ax),
        lambda ax: plot.loss_path(bowl, WAY, resolution=3, ax=ax),
        lambda ax: plot.embedding(np.eye(3), ax=ax),
        lambda ax: plot.unit_lines([[1, 1]], [0], ax=ax),
    ):
        ax = Figure().subplots()
        assert draw(ax) is ax
    assert pyplot.get_fignums() == []
