"""Holds: the curves and steps of a training are drawn as given, the best epoch marked."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from matplotlib import pyplot
from matplotlib.figure import Figure

from pellucid import plot
from pellucid.errors import ArgumentError, DataError, PellucidError, ShapeError
from pellucid.plot.style import MANY
from pellucid.plot.training import best_epoch

HISTORY = {
    "loss": [3.0, 2.0, 1.0],
    "accuracy": [0.1, 0.5, 0.9],
    "val_loss": [3.0, 1.5, 2.5],
    "val_accuracy": [0.2, 0.6, 0.7],
}


def drawn(ax: Any) -> list[list[float]]:
    """The curves on `ax`, without the mark of the best epoch."""
    return [list(line.get_ydata()) for line in ax.lines if len(line.get_xdata()) > 2]


def mark(ax: Any) -> list[tuple[float, float]]:
    return [
        tuple(float(v[0]) for v in line.get_data()) for line in ax.lines if line.get_gid() == "best"
    ]


def test_each_metric_has_axes_with_its_validation() -> None:
    loss, accuracy = plot.curves(HISTORY).axes
    assert drawn(loss) == [HISTORY["loss"], HISTORY["val_loss"]]
    assert drawn(accuracy) == [HISTORY["accuracy"], HISTORY["val_accuracy"]]
    assert list(loss.lines[0].get_xdata()) == [1, 2, 3]
    assert [t.get_text() for t in loss.get_legend().get_texts()] == ["training", "validation"]


def test_the_epoch_of_the_least_validation_loss_is_marked_on_all_axes() -> None:
    loss, accuracy = plot.curves(HISTORY).axes
    assert (mark(loss), mark(accuracy)) == ([(2, 1.5)], [(2, 0.6)])
    assert accuracy.get_title(loc="right") == "0.6 at epoch 2"


def test_a_best_epoch_that_is_given_is_marked() -> None:
    assert mark(plot.curves(HISTORY, best=3).axes[0]) == [(3, 2.5)]


def test_columns_of_steps_are_called_so() -> None:
    (ax,) = plot.curves({"loss": [3.0, 1.0, 2.0]}, unit="step").axes
    assert (ax.get_xlabel(), ax.get_title(loc="right")) == ("step", "1 at step 2")


def test_small_numbers_are_written_in_full_and_not_over_the_heading() -> None:
    (ax,) = plot.curves({"learning_rate": [1e-6, 2e-6, 3e-6]}).axes
    ax.figure.canvas.draw()
    assert ax.yaxis.get_offset_text().get_text() == ""
    assert "0.0000020" in [tick.get_text() for tick in ax.get_yticklabels()]


def test_without_a_loss_nothing_is_marked() -> None:
    (ax,) = plot.curves({"val_accuracy": [0.1, 0.2, 0.3]}).axes
    assert ax.get_title(loc="left") == "val_accuracy"
    assert mark(ax) == []


def test_one_epoch_is_a_visible_point() -> None:
    figure = plot.curves({"loss": [0.5]})
    line = figure.axes[0].lines[0]
    assert (line.get_marker(), list(line.get_ydata())) == ("o", [0.5])
    low, high = figure.axes[0].get_xlim()
    assert [tick for tick in figure.axes[0].get_xticks() if low < tick < high] == [1]


def test_nan_leaves_a_gap_and_is_never_best() -> None:
    assert best_epoch({"loss": [np.nan, 2.0, 1.0]}) == 3
    assert best_epoch({"loss": [np.nan]}) is None
    plot.curves({"loss": [np.nan, np.nan]}).canvas.draw()


def test_a_figure_that_is_given_is_drawn_on() -> None:
    figure = Figure()
    assert plot.curves(HISTORY, figure=figure, title="run") is figure
    assert figure.get_suptitle() == "run"
    assert pyplot.get_fignums() == []


def test_steps_and_their_moving_mean() -> None:
    ax = plot.step_losses([4, 2, 0, 2], window=2)
    assert [list(line.get_ydata()) for line in ax.lines] == [[4, 2, 0, 2], [3, 1, 1]]
    assert list(ax.lines[1].get_xdata()) == [1.5, 2.5, 3.5]


def test_many_steps_are_a_picture_inside_a_vector_file() -> None:
    many, few = plot.step_losses(np.ones(MANY + 1)), plot.step_losses(np.ones(9))
    assert many.lines[0].get_rasterized()
    assert not few.lines[0].get_rasterized()
    assert list(many.lines[1].get_ydata()[[0, -1]]) == pytest.approx([1, 1])


@pytest.mark.parametrize(
    ("act", "error", "text"),
    [
        (lambda: plot.curves({}), DataError, "train for at least one epoch"),
        (lambda: plot.curves({"loss": []}), DataError, "no epoch"),
        (lambda: plot.curves({"loss": ["low"]}), DataError, "convert loss to numbers"),
        (
            lambda: plot.curves({"loss": [1], "val_loss": [1, 2]}),
            ShapeError,
            "nan where there is none",
        ),
        (lambda: plot.curves({"loss": [1]}, best=0), ArgumentError, "count epochs from 1"),
        (lambda: plot.curves({"loss": [1]}, best=2), ArgumentError, "1 to 1"),
        (lambda: plot.step_losses([]), DataError, "at least one step"),
        (lambda: plot.step_losses([1, 2], window=3), ArgumentError, "1 to 2 steps"),
        (lambda: plot.step_losses([1, 2], window=0), ArgumentError, "window=1"),
    ],
)
def test_errors_name_the_mend_and_open_no_figure(
    act: Any, error: type[PellucidError], text: str
) -> None:
    with pytest.raises(error) as raised:
        act()
    assert text in str(raised.value)
    assert pyplot.get_fignums() == []
