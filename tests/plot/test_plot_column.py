"""Holds: pictures in the width of a column, 3.3 inches, have no letter below 5 points."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from pellucid import plot
from pellucid.plot.cells import matrix_grid

COLUMN, LEAST = 3.3, 5.0  # inches, points
RNG = np.random.default_rng(1)
EYE = np.eye(3)
EPOCHS = {"loss": [0.9, 0.5], "val_loss": [1.0, 0.7], "accuracy": [0.6, 0.8]}
LAYER = {kind: RNG.normal(size=20) for kind in ("weights", "gradient", "output")}


PICTURES: dict[str, Any] = {
    "curves": lambda: plot.curves(EPOCHS),
    "image_grid": lambda: plot.image_grid(np.zeros((10, 8, 8)), [str(k) for k in range(10)]),
    "kernels": lambda: plot.kernels(RNG.normal(size=(6, 1, 3, 3))),
    "feature_maps": lambda: plot.feature_maps({"conv": RNG.normal(size=(16, 6, 6))}),
    "layer_histograms": lambda: plot.layer_histograms({"one": LAYER, "two": LAYER}),
    "gradient_flow": lambda: plot.gradient_flow({str(k): [k] for k in range(1, 11)}),
    "convolution_step": lambda: plot.convolution_step(np.ones((6, 6)), EYE, padding=1),
    "matrix_grid": lambda: matrix_grid(RNG.normal(size=(6, 3, 3)), number_format=".2g"),
}


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_read_in_one_column(name: str) -> None:
    drawn = PICTURES[name]()
    figure: Figure = drawn if isinstance(drawn, Figure) else drawn.figure
    written = [text for text in figure.findobj(Text) if text.get_text().strip()]
    smallest = min(text.get_fontsize() for text in written)
    assert smallest * COLUMN / figure.get_figwidth() >= LEAST - 0.05


def test_arrays_fill_their_rows() -> None:
    grid = plot.kernels(RNG.normal(size=(6, 1, 3, 3))).axes[0].get_subplotspec().get_gridspec()
    assert grid.get_geometry() == (3, 2)
    single = matrix_grid(np.eye(3)[None]).axes[0].get_subplotspec().get_gridspec()
    assert single.get_geometry() == (1, 1)


def test_a_step_that_is_too_wide_for_one_line_takes_two() -> None:
    drawn = plot.convolution_step(np.ones((6, 6)), EYE, padding=1)
    drawn.canvas.draw()
    tops = [round(ax.get_position().y1, 1) for ax in drawn.axes]
    assert min(tops[:2]) > max(tops[2:])
    cells = [ax.get_window_extent().width / (ax.get_xlim()[1] + 0.5) for ax in drawn.axes]
    assert np.ptp(cells) < 0.3 * max(cells)
    flat = plot.convolution_step(np.ones((3, 3)), np.eye(2))
    assert {ax.get_subplotspec().get_gridspec().nrows for ax in flat.axes} == {1}
