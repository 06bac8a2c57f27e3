"""Holds: the pictures of a sweep show medians and spread, also of runs that have diverged."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.figure import Figure

from pellucid import plot
from pellucid.errors import ShapeError

CELLS = [[[0.2, 0.4], [0.1, 0.1, 0.4]], [[np.inf, np.inf, 1.0], []]]


def heatmap(cells=CELLS, **options):
    given = {"names": ("rate", "units"), "score": "loss", **options}
    return plot.sweep_heatmap(cells, [0.1, 0.01], [4, 8], ax=Figure().subplots(), **given)


def test_each_cell_has_its_median_and_half_of_its_middle_range() -> None:
    ax = heatmap()
    texts = [text.get_text() for text in ax.texts]
    assert texts == ["0.3\n±0.05", "0.1\n±0.075", "diverged", "–"]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["0.1", "0.01"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("rate", "units")
    assert "loss" in ax.get_title(loc="right")


@pytest.mark.parametrize(("greater", "corner"), [(False, (0.5, -0.5)), (True, (-0.5, -0.5))])
def test_the_best_has_a_frame_and_is_the_darkest(greater: bool, corner: tuple) -> None:
    ax = heatmap(greater_is_better=greater)
    assert ax.patches[-1].get_xy() == corner
    (image,) = ax.images
    shades = image.to_rgba(np.array([0.1, 0.3]))[:, :3].sum(axis=1)
    assert (shades[0] < shades[1]) is np.bool_(not greater)


def test_scores_that_are_far_apart_are_coloured_by_their_logarithms() -> None:
    ax = heatmap([[[1e-4], [1.0]], [[1e-2], [10.0]]])
    assert ax.images[0].norm(1e-2) == pytest.approx(0.4)
    assert ax.texts[0].get_text() == "1.0e−04"


def test_nothing_but_diverged_runs_can_be_drawn() -> None:
    ax = heatmap([[[np.inf], [np.inf]], [[np.inf], []]])
    assert [text.get_text() for text in ax.texts] == ["diverged"] * 3 + ["–"]
    assert not ax.patches


def test_cells_that_do_not_fit_are_an_error() -> None:
    with pytest.raises(ShapeError, match="the scores do not fit the values"):
        heatmap(CELLS[:1])


def test_numbers_are_drawn_to_scale_and_names_side_by_side() -> None:
    scores = [[0.5, 0.7], [0.1], [np.inf, np.inf, 2.0]]
    ax = plot.sweep_curve([0.1, 0.001, 10], scores, name="rate", score="loss",
                          ax=Figure().subplots())  # fmt: skip
    assert ax.get_xscale() == "log"
    assert ax.lines[-1].get_xdata().tolist() == [0.001, 0.1, 10]
    np.testing.assert_array_equal(ax.lines[-1].get_ydata(), [0.1, 0.6, np.nan])
    ax = plot.sweep_curve(["relu", "tanh"], scores[:2], name="activation", score="loss",
                          ax=Figure().subplots())  # fmt: skip
    assert [label.get_text() for label in ax.get_xticklabels()] == ["relu", "tanh"]
    assert ax.lines[-1].get_linestyle() == "None"
