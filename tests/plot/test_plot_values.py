"""Holds: curves, histograms, bars and regression pictures draw the numbers they were given."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from matplotlib import pyplot
from matplotlib.figure import Figure

from pellucid import plot
from pellucid.errors import ArgumentError, DataError, PellucidError, ShapeError
from pellucid.plot.style import ACCENT, CONTRAST


def curves(ax: Any) -> list[tuple[Any, Any]]:
    return [line.get_data() for line in ax.lines if len(line.get_xdata()) > 2]


def test_a_function_and_its_derivative() -> None:
    ax = plot.activation_curve(np.tanh, lambda x: 1 - np.tanh(x) ** 2, (-3, 3), title="tanh")
    (x, f), (_, slope) = curves(ax)
    assert np.array_equal(f, np.tanh(x))
    assert np.allclose(slope, 1 - f**2)
    assert (x[0], x[-1]) == (-3, 3)
    assert ax.get_title(loc="left") == "tanh"


def test_a_jump_is_a_gap_and_a_steep_rise_is_none() -> None:
    (x, sign), (_, flat) = curves(plot.activation_curve(np.sign, lambda x: 0 * x))
    assert np.isnan(sign).sum() == 1
    assert x[np.isnan(sign)][0] == pytest.approx(0, abs=0.02)
    assert not np.isnan(flat).any()
    (_, steep) = curves(plot.activation_curve(lambda x: np.tanh(5 * x)))[0]
    assert not np.isnan(steep).any()


def test_a_function_may_return_its_own_argument() -> None:
    (x, y) = curves(plot.activation_curve(lambda x: x))[0]
    assert np.array_equal(x, y)


def test_functions_on_one_axes_differ_in_colour_and_are_all_named() -> None:
    ax = plot.activation_curve(np.tanh, label="tanh")
    plot.activation_curve(np.sin, np.cos, ax=ax)
    drawn = [line for line in ax.lines if len(line.get_xdata()) > 2]
    assert len({line.get_color() for line in drawn}) == 3
    names = [text.get_text() for text in ax.get_legend().get_texts()]
    assert names == ["tanh(x)", "f2(x)", "f2'(x)"]
    assert len(ax.lines) == 5  # with the two axes, which are drawn once


def test_a_histogram_counts_all_values_and_marks() -> None:
    values = np.array([[0.15, 0.25], [0.65, 0.95]])
    ax = plot.histogram(values, 0.5, bins=10, interval=(0, 1), label="output")
    assert [patch.get_height() for patch in ax.patches] == [0, 1, 1, 0, 0, 0, 1, 0, 0, 1]
    assert [line.get_xdata()[0] for line in ax.lines if line.get_gid() == "mark"] == [0.5]
    assert ax.get_title(loc="right") == "2 of 4 above 0.5"
    assert ax.get_xlabel() == "output"


def test_values_outside_the_interval_are_said() -> None:
    ax = plot.histogram([0.5, 3, -1], 0.1, interval=(0, 1))
    assert ax.get_title(loc="right") == "2 of 3 above 0.1, 2 outside"


def test_equal_values_have_a_histogram() -> None:
    assert sum(p.get_height() for p in plot.histogram([3, 3]).patches) == 2


def test_bars_are_sorted_by_size_and_coloured_by_sign() -> None:
    ax = plot.feature_bars(["a", "$b", "_c"], [1.0, -3.0, 0.5])
    ax.figure.canvas.draw()
    assert [patch.get_width() for patch in ax.patches] == [-3, 1, 0.5]
    assert [t.get_text() for t in ax.get_yticklabels()] == ["$b", "a", "_c"]
    assert [t.get_text() for t in ax.texts] == ["−3", "1", "0.5"]
    colours = [matplotlib_hex(patch) for patch in ax.patches]
    assert colours == [CONTRAST, ACCENT, ACCENT]


def matplotlib_hex(patch: Any) -> str:
    return "#" + "".join(f"{round(255 * part):02x}" for part in patch.get_facecolor()[:3])


def test_only_the_largest_bars_are_drawn_and_that_is_said() -> None:
    ax = plot.feature_bars(list("abc"), [1, 3, 2], limit=2)
    assert [patch.get_width() for patch in ax.patches] == [3, 2]
    assert ax.get_title(loc="right") == "the largest 2 of 3"


def test_predictions_stand_over_the_truth_with_the_line_of_equality() -> None:
    ax = plot.predicted_against_true([1, 2, 3], [[1], [2], [5]])
    assert ax.collections[0].get_offsets().tolist() == [[1, 1], [2, 2], [3, 5]]
    x, y = ax.lines[0].get_data()
    assert np.array_equal(x, y)
    assert ax.get_xlim() == ax.get_ylim()
    assert ax.get_title(loc="right") == "R² −1.000"


def test_a_constant_truth_has_no_r2() -> None:
    assert plot.predicted_against_true([1, 1], [1, 2]).get_title(loc="right") == ""


def test_residuals_are_true_minus_predicted() -> None:
    ax = plot.residuals([1, 2, 3], [1, 1, 5])
    assert ax.collections[0].get_offsets().tolist() == [[1, 0], [1, 1], [5, -2]]
    assert ax.get_title(loc="right") == "mean −0.333, deviation 1.25"


def test_a_mean_that_is_only_rounding_is_nought() -> None:
    truth = np.array([0.1, 0.2, 0.3]) * 1e9
    ax = plot.residuals(truth, truth + np.array([1, -1, 3e-8]))
    assert ax.get_title(loc="right").startswith("mean 0, ")


@pytest.mark.parametrize(
    ("act", "error", "text"),
    [
        (lambda: plot.activation_curve(np.sin, None, (1, 1)), ArgumentError, "interval=(-5, 5)"),
        (lambda: plot.activation_curve(lambda x: 1.0), ShapeError, "function"),
        (lambda: plot.activation_curve(lambda x: np.c_[x, x]), ShapeError, "one output at a time"),
        (lambda: plot.histogram([]), DataError, "values is empty"),
        (lambda: plot.histogram([1, np.nan]), DataError, "values[1]"),
        (lambda: plot.histogram([1], bins=0), ArgumentError, "bins=30"),
        (lambda: plot.histogram([1], interval=(2, 1)), ArgumentError, "interval"),
        (lambda: plot.feature_bars(["a"], [1, 2]), ShapeError, "1 names for 2 values"),
        (lambda: plot.feature_bars(["a"], [1], limit=0), ArgumentError, "limit=20"),
        (lambda: plot.predicted_against_true([1, 2], [1]), ShapeError, "truth has 2"),
        (lambda: plot.residuals(np.zeros((3, 2)), np.zeros((3, 2))), ShapeError, "truth[:, 0]"),
        (lambda: plot.residuals([1, np.inf], [1, 2]), DataError, "truth[1]"),
    ],
)
def test_errors_name_the_mend_and_open_no_figure(
    act: Any, error: type[PellucidError], text: str
) -> None:
    with pytest.raises(error) as raised:
        act()
    assert text in str(raised.value)
    assert pyplot.get_fignums() == []


@pytest.mark.parametrize(
    "draw",
    [
        lambda ax: plot.activation_curve(np.tanh, ax=ax),
        lambda ax: plot.histogram([1, 2], ax=ax),
        lambda ax: plot.feature_bars(["a"], [1], ax=ax),
        lambda ax: plot.predicted_against_true([1, 2], [1, 2], ax=ax),
        lambda ax: plot.residuals([1, 2], [1, 2], ax=ax),
        lambda ax: plot.step_losses([1, 2], ax=ax),
        lambda ax: plot.decision_boundary(lambda p: p[:, 0] > 0, np.eye(2), [0, 1], ax=ax),
        lambda ax: plot.probability_surface(lambda p: p[:, 0] * 0, np.eye(2), [0, 1], ax=ax),
    ],
)
def test_axes_that_are_given_are_drawn_on_and_returned(draw: Any) -> None:
    ax = Figure().subplots()
    assert draw(ax) is ax
    assert pyplot.get_fignums() == []
