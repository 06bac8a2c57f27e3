"""Holds: confusion matrices and scatters show the counts, points and names that they were given."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from matplotlib import pyplot
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from pellucid import plot
from pellucid.errors import ArgumentError, LabelError, PellucidError, ShapeError
from pellucid.plot.style import CLASSES, INK, readable_on

TRUTH, PREDICTED = [0, 0, 0, 0, 1, 1, 2], [0, 0, 0, 1, 1, 0, 2]


def cells(ax: Any) -> dict[tuple[int, int], str]:
    """The text of each cell by row and column."""
    return {
        (round(t.get_position()[1]), round(t.get_position()[0])): t.get_text() for t in ax.texts
    }


def test_rows_are_shares_of_the_true_class() -> None:
    ax = plot.confusion_matrix(TRUTH, PREDICTED)
    assert np.asarray(ax.images[0].get_array()).tolist() == [
        [0.75, 0.25, 0],
        [0.5, 0.5, 0],
        [0, 0, 1],
    ]
    assert ax.images[0].get_clim() == (0, 1)
    assert cells(ax)[0, 1] == "0.25"
    assert cells(ax)[0, 2] == "0"
    assert cells(ax)[2, 2] == "1.00"


def test_counts_are_written_whole() -> None:
    ax = plot.confusion_matrix(TRUTH, PREDICTED, normalise=None)
    assert [cells(ax)[k] for k in [(0, 0), (0, 1), (1, 0), (1, 1), (2, 2)]] == [
        "3",
        "1",
        "1",
        "1",
        "1",
    ]
    assert ax.figure.axes[1].get_ylabel() == "examples"


def test_accuracy_is_in_the_title() -> None:
    assert plot.confusion_matrix(TRUTH, PREDICTED).get_title(loc="left") == "accuracy 0.714"
    titled = plot.confusion_matrix(TRUTH, PREDICTED, title="test")
    assert titled.get_title(loc="left") == "test: accuracy 0.714"


def test_names_stand_at_rows_and_columns_even_of_classes_that_do_not_occur() -> None:
    names = ["ant", "bee", "$c_", "_dog"]
    ax = plot.confusion_matrix(TRUTH, PREDICTED, names)
    ax.figure.canvas.draw()
    assert [t.get_text() for t in ax.get_xticklabels()] == names
    assert [t.get_text() for t in ax.get_yticklabels()] == names
    assert cells(ax)[3, 3] == "0"


def test_text_in_every_cell_contrasts_with_it() -> None:
    assert readable_on((0.0, 0.353, 0.71)) == "white"
    assert readable_on((0.957, 0.957, 0.949)) == INK


def test_many_classes_have_colours_but_no_numbers() -> None:
    ax = plot.confusion_matrix(range(40), range(40))
    assert not ax.texts
    assert ax.images[0].get_array().shape == (40, 40)


def test_points_have_the_colour_of_their_class() -> None:
    X, y = np.array([[0.0, 1], [2, 3], [4, 5]]), ["no", "yes", "no"]
    ax = plot.scatter_classes(X, y)
    offsets = [np.asarray(c.get_offsets()).tolist() for c in ax.collections]
    assert offsets == [[[0, 1], [4, 5]], [[2, 3]]]
    assert [to_hex(c.get_facecolor()[0]) for c in ax.collections] == list(CLASSES[:2])


def test_names_are_shown_as_they_are_written() -> None:
    ax = plot.scatter_classes([[0, 0], [1, 1]], ["_a", "$b"], features=["$x", "_y"])
    ax.figure.canvas.draw()
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["$b", "_a"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("$x", "_y")


def test_predictions_are_discs_and_mistakes_counted() -> None:
    ax = plot.scatter_classes([[0, 0], [1, 1]], [0, 1], predicted=[0, 0])
    (discs,) = [c for c in ax.collections if c.get_gid() == "predicted"]
    assert {to_hex(c) for c in discs.get_facecolor()} == {CLASSES[0]}
    assert ax.get_title(loc="right") == "1 of 2 wrong"


def test_three_features_are_drawn_in_space() -> None:
    ax = plot.scatter_classes(np.eye(3), [0, 1, 1], features=["a", "b", "c"])
    assert ax.name == "3d"
    ax.figure.canvas.draw()


def test_axes_that_are_given_are_drawn_on() -> None:
    ax = Figure().subplots()
    assert plot.confusion_matrix([0, 1], [0, 1], ax=ax) is ax
    assert plot.scatter_classes([[0, 0]], [0], ax=ax) is ax
    assert pyplot.get_fignums() == []


@pytest.mark.parametrize(
    ("act", "error", "text"),
    [
        (lambda: plot.confusion_matrix([0, 1], [0]), ShapeError, "truth has 2, predicted has 1"),
        (lambda: plot.confusion_matrix([0, 1], [0.2, 0.9]), LabelError, "argmax"),
        (lambda: plot.confusion_matrix([0], [0], normalise="all"), ArgumentError, '"rows" or None'),
        (lambda: plot.confusion_matrix([0, 3], [0, 0], ["a", "b"]), LabelError, "3 with 2 names"),
        (lambda: plot.scatter_classes(np.zeros((2, 4)), [0, 1]), ShapeError, "(n, 2) or (n, 3)"),
        (lambda: plot.scatter_classes(np.zeros((2, 2)), [0]), ShapeError, "X has 2, y has 1"),
        (
            lambda: plot.scatter_classes(np.zeros((2, 2)), [0, 1], features=["a"]),
            ArgumentError,
            "1 names",
        ),
        (
            lambda: plot.scatter_classes(np.zeros((1, 3)), [0], ax=Figure().subplots()),
            ArgumentError,
            'projection="3d"',
        ),
    ],
)
def test_errors_name_the_mend_and_open_no_figure(
    act: Any, error: type[PellucidError], text: str
) -> None:
    with pytest.raises(error) as raised:
        act()
    assert text in str(raised.value)
    assert pyplot.get_fignums() == []
