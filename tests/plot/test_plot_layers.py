"""Holds: distributions and gradients of layers, and networks, are drawn with the given numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from matplotlib import pyplot
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from pellucid import plot
from pellucid.errors import (
    ArgumentError,
    ArgumentTypeError,
    DataError,
    PellucidError,
    ShapeError,
)
from pellucid.plot.style import ACCENT, CONTRAST

W1 = np.array([[1.0, -2.0], [0.5, 0.0], [3.0, -0.1]])
W2 = np.array([[1.5, -1.0, 0.25]])


def texts(ax: Any) -> list[str]:
    return [one.get_text() for one in ax.texts]


def test_every_number_of_every_layer_is_counted_on_one_scale() -> None:
    layers = {
        "one": {"weights": [[-1.0, 1.0]], "gradients": [0.5]},
        "two": {"weights": [3.0, np.nan, np.inf]},
    }
    figure = plot.layer_histograms(layers, bins=4, title="all")
    first, second, third, empty = figure.axes
    assert [bar.get_height() for bar in first.patches] == [1, 0, 1, 0]
    assert [bar.get_height() for bar in third.patches] == [0, 0, 0, 1]
    assert first.get_xlim() == third.get_xlim()
    assert [ax.get_ylabel() for ax in (first, third)] == ["one", "two"]
    assert texts(third) == ["σ 0", "2 not finite"]
    assert (len(second.patches), len(empty.patches)) == (4, 0)
    assert figure.get_suptitle() == "all"


def crosses(ax: Any) -> list[list[float]]:
    return [list(one.get_xdata()) for one in ax.lines if one.get_gid() == "none"]


def test_gradients_are_measured_by_their_norm_and_updates_by_their_share() -> None:
    gradients = {"in": [[3.0, 4.0]], "mid": np.zeros(3), "out": [0.5]}
    weights = {name: np.full(4, 2.0) for name in gradients}
    updates = {name: np.full(4, -0.02) for name in gradients}
    ax = plot.gradient_flow(gradients, weights, updates, title="flow")
    sizes, share = (line.get_ydata() for line in ax.lines if len(line.get_xdata()) == 3)
    assert np.array_equal(sizes, [5, np.nan, 0.5], equal_nan=True)
    assert np.allclose(share, 0.01)
    assert crosses(ax) == [[1], []]
    assert (ax.get_yscale(), [t.get_text() for t in ax.get_xticklabels()]) == (
        "log",
        ["in", "mid", "out"],
    )


def test_a_gradient_that_is_no_number_has_a_cross() -> None:
    ax = plot.gradient_flow({"1": [1.0], "2": [np.nan], "3": [np.inf]})
    assert crosses(ax) == [[1, 2]]
    low, high = ax.get_ylim()
    assert high / low >= 99  # at least two powers of ten, so that little does not look like much


def lines(ax: Any) -> dict[str, list[tuple[float, float]]]:
    """Width and colour of the lines that are drawn, by colour."""
    found = {}
    for one in ax.collections:
        if one.get_gid() == "weights":
            colour = to_hex(one.get_colors()[0])
            found.setdefault(colour, []).extend(np.round(one.get_linewidths(), 6).tolist())
    return {colour: sorted(widths) for colour, widths in found.items()}


def test_a_line_is_as_wide_as_its_weight_and_has_the_colour_of_its_sign() -> None:
    ax = plot.network_diagram([W1, W2], inputs=["x", "y"], outputs=["z"])
    width = lambda w: round(0.3 + 3.3 * abs(w) / 3.0, 6)  # noqa: E731
    drawn = lines(ax)
    assert drawn[ACCENT] == sorted(width(w) for w in (1.0, 0.5, 0.0, 3.0, 1.5, 0.25))
    assert drawn[CONTRAST] == sorted(width(w) for w in (2.0, 0.1, 1.0))
    dashed = {to_hex(c.get_colors()[0]): c.get_linestyles()[0][1] for c in ax.collections}
    assert dashed[ACCENT] is None
    assert dashed[CONTRAST] is not None
    assert (len(ax.patches), ax.get_title(loc="right")) == (6, "widest line: 3")
    assert {"x", "y", "z", "−2", "0.25"} <= set(texts(ax))


def test_units_are_written_and_coloured_by_what_they_say() -> None:
    ax = plot.network_diagram([W2], units=[[0.0, -1.0, 0.5], [12.34]], numbers_shown=False)
    assert texts(ax) == ["0.00", "−1.0", "0.50", "12"]
    assert to_hex(ax.patches[1].get_facecolor()) == CONTRAST
    assert to_hex(ax.patches[3].get_facecolor()) == ACCENT


def test_of_a_wide_layer_the_first_and_last_units_are_drawn() -> None:
    weights = np.arange(40.0).reshape(2, 20)
    ax = plot.network_diagram([weights], most=4)
    assert len(ax.patches) == 6
    assert {"⋮", "20 units"} <= set(texts(ax))
    heights = [p.center[1] for p in ax.patches[:4]]
    assert np.allclose(np.diff(heights), [-1, -1.6, -1])
    shown = weights[:, [0, 1, 18, 19]]
    assert sum(map(len, lines(ax).values())) == shown.size


@pytest.mark.parametrize(
    ("act", "error", "text"),
    [
        (lambda: plot.layer_histograms({}), DataError, "no layer"),
        (lambda: plot.layer_histograms({"a": [1.0]}), ArgumentTypeError, "arrays by their kind"),
        (lambda: plot.layer_histograms({"a": {"w": []}}), DataError, "a, w is empty"),
        (lambda: plot.layer_histograms({"a": {"w": [np.nan]}}), DataError, "no value of w"),
        (lambda: plot.layer_histograms({"a": {"w": [1]}}, bins=0), ArgumentError, "bins"),
        (lambda: plot.gradient_flow({}), DataError, "no layer"),
        (lambda: plot.gradient_flow({"1": [0.0]}), DataError, "one that flows"),
        (lambda: plot.gradient_flow({"1": [1]}, {"2": [1]}, {"1": [1]}), ShapeError, "['2']"),
        (lambda: plot.gradient_flow({"1": [1]}, {"1": [1]}), ShapeError, "give all three"),
        (lambda: plot.network_diagram([]), ShapeError, "give [W1, W2]"),
        (lambda: plot.network_diagram([W1, W1]), ShapeError, "here (…, 3)"),
        (lambda: plot.network_diagram([np.ones(3)]), ShapeError, "weights[0]"),
        (lambda: plot.network_diagram([W2], units=[[1], [2]]), ShapeError, "[3, 1]"),
        (lambda: plot.network_diagram([W2], inputs=["a"]), ShapeError, "1 names"),
        (lambda: plot.network_diagram([[[np.nan]]]), DataError, "not finite"),
    ],
)
def test_errors_name_the_mend_and_open_no_figure(
    act: Any, error: type[PellucidError], text: str
) -> None:
    with pytest.raises(error) as raised:
        act()
    assert text in str(raised.value)
    assert pyplot.get_fignums() == []


def test_axes_that_are_given_are_drawn_on_and_returned() -> None:
    one, two = Figure().subplots(2)
    assert plot.gradient_flow({"1": [1.0]}, ax=one) is one
    assert plot.network_diagram([W2], ax=two) is two
    assert plot.layer_histograms({"1": {"W": [1.0]}}, figure=(figure := Figure())) is figure
    assert pyplot.get_fignums() == []
