"""Holds: numbers stand in the cells, windows slide as they should, kernels and maps are seen."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from matplotlib import pyplot
from matplotlib.colors import to_hex

import pellucid as pel
from pellucid import plot
from pellucid.errors import PellucidError, ShapeError
from pellucid.plot.filters import kernel_picture, map_picture

EYE = np.eye(3)
BLOCKS = np.block([[EYE, 0 * EYE], [EYE, 0 * EYE]])
ASYMMETRIC = np.array([[1.0, -2.0], [0.0, 3.0]])


def numbers_in(ax: Any) -> dict[tuple[int, int], str]:
    """What is written in the cells, by row and column."""
    return {
        (round(t.get_position()[1]), round(t.get_position()[0])): t.get_text() for t in ax.texts
    }


def shades(ax: Any) -> np.ndarray:
    """How dark the cells are, from 0 to 1."""
    return 1 - np.asarray(ax.images[0].get_array())[..., :3].mean(axis=-1)  # type: ignore[no-any-return]


def frames(ax: Any) -> list[tuple[float, ...]]:
    """Row, column, height and width of each frame."""
    return [(p.get_y() + 0.5, p.get_x() + 0.5, p.get_height(), p.get_width()) for p in ax.patches]


# --- numbers in cells ----------------------------------------------------------------------


def test_numbers_stand_in_their_cells_and_the_greater_is_the_darker() -> None:
    ax = plot.matrix([[0, 1.5], [3, -1]], ".1f", title="some $x_")
    assert numbers_in(ax) == {(0, 0): "0.0", (0, 1): "1.5", (1, 0): "3.0", (1, 1): "−1.0"}
    assert ax.get_title() == "some $x_"
    dark = shades(ax)
    assert dark[1, 1] < dark[0, 0] < dark[0, 1] < dark[1, 0]
    assert [to_hex(t.get_color()) for t in ax.texts][2] == "#ffffff"
    ax.figure.canvas.draw()


def test_zeros_are_hidden_on_request() -> None:
    assert numbers_in(plot.matrix([[0, 1], [-0.0, 2]], hide_zeros=True)) == {
        (0, 1): "1", (1, 1): "2",
    }  # fmt: skip
    assert numbers_in(plot.matrix([-0.0, 2])) == {(0, 0): "0", (0, 1): "2"}


def test_signed_numbers_are_blue_and_orange_about_zero() -> None:
    ax = plot.matrix([[-1, 0, 2]], signed=True)
    low, zero, high = np.asarray(ax.images[0].get_array())[0, :, :3]
    assert low[0] > low[2]  # more red than blue
    assert high[2] > high[0]
    assert np.ptp(zero) < 0.02


def test_a_gallery_of_unequal_arrays_shares_one_scale() -> None:
    drawn = plot.matrix_grid([BLOCKS, [[3.0]]], ["before", "after"], rows=1, columns=2)
    before, after = drawn.axes
    assert [ax.get_title() for ax in drawn.axes] == ["before", "after"]
    assert numbers_in(after) == {(0, 0): "3"}
    assert shades(before).max() < shades(after)[0, 0]
    widths = [ax.get_subplotspec().get_position(drawn).width for ax in drawn.axes]
    assert widths[0] > 4 * widths[1]


@pytest.mark.parametrize(("rows", "columns", "mend"), [(2, 2, "arrays[:4]"), (2, 4, "fewer rows")])
def test_a_gallery_refuses_a_wrong_count(rows: int, columns: int, mend: str) -> None:
    with pytest.raises(ShapeError) as caught:
        plot.matrix_grid(np.zeros((5, 2, 2)), rows=rows, columns=columns)
    assert caught.value.got == f"5 arrays for {rows} × {columns} = {rows * columns} cells"
    assert mend in caught.value.mend
    assert pyplot.get_fignums() == []


# --- a window that slides --------------------------------------------------------------------


def test_a_step_shows_window_kernel_products_and_the_result_so_far() -> None:
    drawn = plot.convolution_step(BLOCKS, EYE, (1, 1), padding=1)
    image, kernel, products, result = drawn.axes
    assert drawn.get_suptitle().replace("\n", " ") == (
        "row 1, column 1: 1·1 + 0·0 + 0·0 + 0·0 + 1·1 + 0·0 + 0·0 + 0·0 + 1·1 = 3"
    )
    assert frames(image) == [(1, 1, 3, 3)]
    assert numbers_in(image)[1, 1] == "1"
    assert [ax.get_ylabel() for ax in drawn.axes] == ["", "×", "=", "→"]
    for ax in (kernel, products):
        assert [numbers_in(ax)[i, i] for i in range(3)] == ["1", "1", "1"]
    assert frames(result) == [(1, 1, 1, 1)]
    assert numbers_in(result) == {
        (0, 0): "2", **{(0, j): "0" for j in range(1, 6)}, (1, 0): "0", (1, 1): "3",
    }  # fmt: skip
    drawn.canvas.draw()


@pytest.mark.parametrize("flip", [False, True])
@pytest.mark.parametrize("stride", [1, 2])
def test_every_step_is_that_of_the_operation(flip: bool, stride: int) -> None:
    image = np.random.default_rng(0).integers(-3, 4, (5, 6)).astype(float)
    kernel = ASYMMETRIC[::-1, ::-1] if flip else ASYMMETRIC
    wanted = pel.conv(image[None, None], kernel[None, None], stride=stride, padding=1).numpy()[0, 0]
    drawn = plot.convolution_steps(image, ASYMMETRIC, padding=1, stride=stride, flip=flip)
    geometry = drawn.axes[0].get_subplotspec().get_gridspec().get_geometry()
    assert geometry == wanted.shape
    heads = [f"sum {total:g}".replace("-", "−") for total in wanted.flat]
    assert [ax.get_title() for ax in drawn.axes] == heads
    padded = np.pad(image, 1)
    for (i, j), _ in np.ndenumerate(wanted):
        seen = padded[i * stride : i * stride + 2, j * stride : j * stride + 2] * kernel
        found = numbers_in(drawn.axes[i * wanted.shape[1] + j])
        assert found == {at: f"{x:g}".replace("-", "−") for at, x in np.ndenumerate(seen + 0.0)}


def test_one_step_may_have_stride_signs_and_long_sums() -> None:
    image = np.arange(36.0).reshape(6, 6)
    drawn = plot.convolution_step(image, ASYMMETRIC, (1, 2), stride=2)
    assert frames(drawn.axes[0]) == [(2, 4, 2, 2)]
    said = drawn.get_suptitle().replace("\n", " ")
    assert said.endswith("16·1 + 17·(−2) + 22·0 + 23·3 = 51")
    whole = plot.convolution_step(np.ones((4, 4)), np.ones((4, 4)))
    assert whole.get_suptitle() == "row 0, column 0: sum of 16 products = 16"


# --- pooling ---------------------------------------------------------------------------------

LONG = [[2, 0, 0, 0, 0, 0], [0, 3, 0, 0, 0, 0], [0, 0, 2, 0, 0, 0],
        [2, 0, 0, 1, 0, 0], [0, 3, 0, 0, 0, 0], [0, 0, 2, 0, 0, 0]]  # fmt: skip


def test_pooling_shows_windows_what_is_kept_and_the_result() -> None:
    drawn = plot.pooling(LONG)
    before, after = drawn.axes
    assert drawn.get_suptitle() == "The greatest of each 2 × 2 window"
    assert frames(before) == [(i, j, 2, 2) for i in (0, 2, 4) for j in (0, 2, 4)]
    kept = [(int(line.get_ydata()[0]), int(line.get_xdata()[0])) for line in before.lines
            if line.get_marker() == "o"]  # fmt: skip
    assert kept == [(1, 1), (3, 0), (2, 2), (4, 1), (5, 2)]
    assert list(numbers_in(after).values()) == ["3", "0", "0", "2", "2", "0", "3", "2", "0"]


@pytest.mark.parametrize(
    ("size", "stride", "partial"),
    [
        (4, 4, True),
        (4, 4, False),
        ((1, 4), (3, 3), True),
        (2, 1, True),
        (3, 2, False),
        (5, 3, True),
    ],
)
@pytest.mark.parametrize("kind", ["max", "mean"])
def test_pooling_is_that_of_the_operation(size: Any, stride: Any, partial: bool, kind: Any) -> None:
    image = np.array([[LONG]], float)
    operation = pel.max_pool if kind == "max" else pel.avg_pool
    wanted = operation(image, size, stride, ceil=partial).numpy()[0, 0]
    drawn = plot.pooling(LONG, size, stride, kind=kind, partial=partial, number_format=".3f")
    assert list(numbers_in(drawn.axes[1]).values()) == [f"{x:.3f}" for x in wanted.flat]


# --- kernels and maps ------------------------------------------------------------------------


def test_few_kernels_have_their_numbers_before_above_after() -> None:
    before = np.stack([2 * EYE - 1, 2 * EYE[::-1] - 1])[:, None] / 9
    drawn = plot.kernels(before * 2, before, ["back", "forward"], title="kernels")
    assert [ax.get_title() for ax in drawn.axes] == [
        "before back", "before forward", "after back", "after forward",
    ]  # fmt: skip
    assert drawn.axes[0].get_subplotspec().get_gridspec().get_geometry() == (2, 2)
    assert numbers_in(drawn.axes[0])[0, 1] == "−0.11"
    assert numbers_in(drawn.axes[3])[0, 2] == "0.22"


def test_many_kernels_are_tiles_of_colour() -> None:
    weights = np.random.default_rng(0).normal(size=(8, 5, 3, 3))
    (ax,) = plot.kernels(weights).axes
    assert ax.get_title(loc="left").startswith("8 filters of 5 channels, 3 × 3; darkest: 2.")
    tiles = kernel_picture(weights, 3.0)
    assert tiles.shape == (5 * 4 + 1, 8 * 4 + 1, 3)
    one = tiles[4 + 1 : 4 + 4, 8 + 1 : 8 + 4]  # channel 1 of filter 2
    blue = one[..., 2] > one[..., 0]
    np.testing.assert_array_equal(blue, weights[2, 1] > 0)
    assert kernel_picture(weights[:, :1], 3.0).shape == (4 + 1, 8 * 4 + 1, 3)


def test_maps_of_every_layer_stand_below_each_other() -> None:
    maps = np.zeros((20, 2, 3))
    maps[17, 1, 2] = 1
    drawn = plot.feature_maps({"conv": maps, "linear": np.arange(70.0)})
    assert [ax.get_title(loc="left") for ax in drawn.axes] == ["conv: 20 × 2 × 3", "linear: 70"]
    picture = map_picture(maps)
    assert picture.shape == (2 * 3 + 1, 16 * 4 + 1, 3)
    assert np.argwhere(picture.mean(axis=-1) < 0.5).tolist() == [[3 + 1 + 1, 4 + 1 + 2]]
    assert map_picture(np.arange(70.0)).shape == (2, 64, 3)
    assert map_picture(np.ones(10)).shape == (1, 10, 3)


def test_the_probability_of_the_true_class_for_each_example_and_network() -> None:
    ax = plot.true_class_probability({"fixed": [0.6, 0.75], "released": [0.9, 1.0]})
    assert [line.get_ydata().tolist() for line in ax.lines] == [[0.6, 0.75], [0.9, 1.0]]
    words = [text.get_text() for text in ax.get_legend().get_texts()]
    assert words == ["fixed, at least 0.6", "released, at least 0.9"]
    assert ax.get_ylim()[0] == 0


# --- what is refused -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("act", "text"),
    [
        (lambda: plot.matrix(np.zeros((2, 3, 4))), "one image of one channel"),
        (lambda: plot.matrix(np.zeros((80, 80))), "values[:20, :20]"),
        (lambda: plot.matrix([[1]], "k"), 'number_format=".2f"'),
        (lambda: plot.matrix([[1]], 2), 'number_format=".2f"'),  # type: ignore[arg-type]
        (lambda: plot.matrix([[np.nan]]), "not finite"),
        (lambda: plot.matrix_grid([EYE], ["a", "b"]), "give 1 titles"),
        (lambda: plot.convolution_step(EYE, EYE, (1, 0)), "(0, 0) to (0, 0)"),
        (lambda: plot.convolution_step(EYE, np.ones((4, 4))), "4 × 4 over 3 × 3"),
        (lambda: plot.convolution_steps(np.ones((20, 20)), EYE), "image[:8, :8]"),
        (lambda: plot.pooling(EYE, 4), "make the window smaller"),
        (lambda: plot.pooling(EYE, kind="median"), "kind"),  # type: ignore[arg-type]
        (lambda: plot.kernels(EYE), "layer.weight.numpy()"),
        (lambda: plot.kernels(EYE[None], np.ones((2, 3, 3))), "those of the same layer"),
        (lambda: plot.feature_maps({}), "no layer is given"),
        (lambda: plot.feature_maps({"conv": np.ones((1, 2, 3, 4))}), "maps[0]"),
        (lambda: plot.true_class_probability({}), "no network is given"),
        (
            lambda: plot.true_class_probability({"a": [0.5], "b": [0.5, 0.5]}),
            "a has 1, b has 2",
        ),
    ],
)
def test_errors_name_the_mend_and_open_no_figure(act: Any, text: str) -> None:
    with pytest.raises(PellucidError) as caught:
        act()
    assert text in str(caught.value)
    assert pyplot.get_fignums() == []
