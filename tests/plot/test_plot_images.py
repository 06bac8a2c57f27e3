"""Holds: galleries show the right images under the right words, and refuse a wrong count."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from matplotlib import pyplot

from pellucid import plot
from pellucid.errors import ArgumentError, LabelError, PellucidError, ShapeError

IMAGES = np.arange(6 * 2 * 3, dtype=float).reshape(6, 2, 3)


def shown(figure: Any) -> list[Any]:
    return [np.asarray(ax.images[0].get_array()).tolist() for ax in figure.axes]


def titles(figure: Any) -> list[str]:
    return [ax.get_title() for ax in figure.axes]


def test_images_stand_row_by_row_with_their_titles_on_one_scale() -> None:
    figure = plot.image_grid(IMAGES, list("abcdef"), rows=2, columns=3)
    assert shown(figure) == IMAGES.tolist()
    assert titles(figure) == list("abcdef")
    assert {ax.images[0].get_clim() for ax in figure.axes} == {(0, 35)}
    assert {ax.get_gridspec().get_geometry() for ax in figure.axes} == {(2, 3)}


def test_colours_are_drawn_as_colours() -> None:
    figure = plot.image_grid(np.zeros((2, 3, 4, 5)))
    assert np.shape(shown(figure)) == (2, 4, 5, 3)


@pytest.mark.parametrize(
    ("cells", "geometry"),
    [({}, (2, 5)), ({"rows": 3}, (3, 2)), ({"columns": 6}, (1, 6)), ({"columns": 4}, (2, 4))],
)
def test_a_side_that_is_missing_follows_from_the_count(
    cells: dict[str, int], geometry: tuple[int, int]
) -> None:
    figure = plot.image_grid(IMAGES, **cells)
    assert figure.axes[0].get_gridspec().get_geometry() == geometry
    assert len(figure.axes) == 6


def test_equal_images_and_mathematical_signs_draw() -> None:
    plot.image_grid(np.zeros((1, 2, 2)), ["$x_"]).canvas.draw()


def test_mistakes_carry_both_names() -> None:
    figure = plot.mistakes(IMAGES, [0, 1, 2, 0, 1, 2], [0, 2, 2, 0, 0, 2], ["ant", "bee", "cat"])
    assert titles(figure) == ["bee taken for cat", "bee taken for ant"]
    assert shown(figure) == [IMAGES[1].tolist(), IMAGES[4].tolist()]
    assert figure.get_suptitle() == "2 mistakes in 6"


def test_the_surest_mistakes_come_first_up_to_the_limit() -> None:
    sure = [0.9, 0.5, 0.9, 0.7, 0.6, 0.99]
    figure = plot.mistakes(IMAGES, [0] * 6, [0, 1, 0, 1, 1, 0], confidence=sure, limit=2)
    assert titles(figure) == ["0 taken for 1\n70 % sure", "0 taken for 1\n60 % sure"]
    assert figure.get_suptitle() == "3 mistakes in 6, the surest 2 shown"


def test_no_mistake_is_said() -> None:
    figure = plot.mistakes(IMAGES, [0] * 6, [0] * 6)
    assert [text.get_text() for text in figure.texts] == ["no mistake in 6"]
    assert figure.axes == []


@pytest.mark.parametrize(
    ("act", "error", "text"),
    [
        (lambda: plot.image_grid(IMAGES, rows=2, columns=2), ShapeError, "images[:4]"),
        (lambda: plot.image_grid(IMAGES, rows=2, columns=5), ShapeError, "fewer rows"),
        (lambda: plot.image_grid(IMAGES, ["a"]), ShapeError, "give 6 titles"),
        (lambda: plot.image_grid(IMAGES, rows=0), ArgumentError, "rows must be at least 1"),
        (lambda: plot.image_grid(np.zeros((6, 64))), ShapeError, "reshape(-1, height, width)"),
        (lambda: plot.mistakes(IMAGES, [0], [1]), ShapeError, "images has 6, truth has 1"),
        (lambda: plot.mistakes(IMAGES, [0] * 6, [7] * 6, ["a"]), LabelError, "predicted[0]"),
        (
            lambda: plot.mistakes(IMAGES, [0] * 6, [1] * 6, confidence=[0.5]),
            ShapeError,
            "confidence has 1",
        ),
        (lambda: plot.mistakes(IMAGES, [0] * 6, [1] * 6, limit=0), ArgumentError, "limit"),
    ],
)
def test_errors_name_the_mend_and_open_no_figure(
    act: Any, error: type[PellucidError], text: str
) -> None:
    with pytest.raises(error) as raised:
        act()
    assert text in str(raised.value)
    assert pyplot.get_fignums() == []
