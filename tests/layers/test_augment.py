"""Holds: augmentation does what its name says, per image, in training alone, alike everywhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import ndimage

import pellucid as pel
from pellucid import nn, optim
from pellucid.engines import ENGINES
from pellucid.errors import ArgumentError, ArgumentTypeError, DTypeError, PellucidError, ShapeError
from pellucid.graph import declared_updates
from pellucid.layers import Module

HEIGHT, WIDTH = 6, 5
PIXELS = np.arange(1.0, 2 * HEIGHT * WIDTH + 1).reshape(2, HEIGHT, WIDTH)  # no two alike
IMAGES = np.tile(PIXELS, (200, 1, 1, 1)).astype("float32")

EVERY: list[Callable[[], Module]] = [
    lambda: nn.RandomCrop((4, 3)),
    lambda: nn.RandomTranslation(2),
    nn.RandomHorizontalFlip,
    nn.RandomVerticalFlip,
    lambda: nn.RandomRotation(20),
    lambda: nn.RandomErasing(0.8, (0.1, 0.5)),
]


def drawn(layer: Module, images: Any = IMAGES, seed: int = 1) -> np.ndarray:
    layer.seed(seed)
    found: np.ndarray = layer(images, training=True).numpy()
    return found


# --- what each does ------------------------------------------------------------------------


def shifted(image: np.ndarray, down: int, right: int, fill: float = 0) -> np.ndarray:
    found: np.ndarray = ndimage.shift(image, (0, down, right), order=0, cval=fill)
    return found


def counts(changed: np.ndarray, candidates: list[np.ndarray]) -> list[int]:
    """How many images are each of the candidates; every one must be one of them."""
    hits = np.array([[np.array_equal(one, c) for c in candidates] for one in changed])
    assert (hits.sum(axis=1) == 1).all()
    return hits.sum(axis=0).tolist()


def even(found: list[int]) -> bool:
    """Whether counts are even draws: within 4.5 deviations of their mean."""
    mean = sum(found) / len(found)
    return max(abs(count - mean) for count in found) < 4.5 * np.sqrt(mean)


def test_a_translation_draws_every_shift_as_often() -> None:
    moves = [(down, right) for down in (-1, 0, 1) for right in (-2, -1, 0, 1, 2)]
    candidates = [shifted(PIXELS, *move, fill=-7) for move in moves]
    assert even(counts(drawn(nn.RandomTranslation((1, 2), fill=-7)), candidates))


def test_a_crop_draws_every_part_as_often() -> None:
    parts = [PIXELS[:, i : i + 4, j : j + 3] for i in range(3) for j in range(3)]
    assert even(counts(drawn(nn.RandomCrop((4, 3))), parts))
    framed = np.pad(PIXELS, ((0, 0), (1, 1), (1, 1)), constant_values=9)
    parts = [framed[:, i : i + HEIGHT, j : j + WIDTH] for i in range(3) for j in range(3)]
    assert even(counts(drawn(nn.RandomCrop((HEIGHT, WIDTH), padding=1, fill=9)), parts))


@pytest.mark.parametrize(
    ("layer", "axis"), [(nn.RandomHorizontalFlip, 2), (nn.RandomVerticalFlip, 1)]
)
def test_a_flip_mirrors_a_share_of_the_images(layer: Any, axis: int) -> None:
    _, mirrored = counts(drawn(layer(0.25)), [PIXELS, np.flip(PIXELS, axis)])
    assert mirrored == pytest.approx(50, abs=4.5 * np.sqrt(200 * 0.25 * 0.75))
    assert counts(drawn(layer(1)), [PIXELS, np.flip(PIXELS, axis)]) == [0, 200]
    assert counts(drawn(layer(0)), [PIXELS, np.flip(PIXELS, axis)]) == [200, 0]


def test_a_rotation_is_that_of_scipy() -> None:
    """Each image is one turned by the angle that its pixels tell; angles fill the range evenly."""
    ramp = np.broadcast_to(np.arange(9.0) - 4, (9, 9))  # 0 in the middle, 1 more at each step right
    images = np.tile(np.stack([ramp, ramp.T]), (200, 1, 1, 1))
    turned = drawn(nn.RandomRotation(30, fill=2), pel.tensor(images, "float64"))
    across, down = turned[:, 0, 4, 5], turned[:, 1, 4, 5]  # cos a and sin a, right of the middle
    angles = np.degrees(np.arctan2(down, across))
    assert abs(angles).max() <= 30
    assert even(np.histogram(angles, 6, (-30, 30))[0].tolist())
    for one, angle in zip(turned[:20], angles, strict=False):
        for mine, image in zip(one, images[0], strict=True):
            padded = np.pad(image, 1, constant_values=2)
            wanted = ndimage.rotate(padded, angle, reshape=False, order=1, cval=2)[1:-1, 1:-1]
            np.testing.assert_allclose(mine, wanted, atol=1e-5)


def test_a_quarter_turns_against_the_clock() -> None:
    """Positive angles turn so: with the greatest angle of all drawn, the right comes to the top."""
    images = np.tile(np.pad([[[0, 0, 0], [0, 0, 1.0], [0, 0, 0]]], 1)[1:2], (500, 1, 1, 1))
    turned = drawn(nn.RandomRotation(90), images)[:, 0]
    top, bottom = turned[:, 1, 2].max(), turned[:, 3, 2].max()
    assert min(top, bottom) > 0.95


def test_erasing_hides_one_rectangle_of_the_area_and_ratio_that_were_asked_for() -> None:
    images = np.ones((300, 1, 20, 30))
    hidden = drawn(nn.RandomErasing(0.8, (0.1, 0.2), (0.5, 2)), images)[:, 0] == 0
    touched = hidden.any(axis=(1, 2))
    assert touched.sum() == pytest.approx(240, abs=4.5 * np.sqrt(300 * 0.8 * 0.2))
    centres = []
    for one in hidden[touched]:
        rows, columns = np.flatnonzero(one.any(axis=1)), np.flatnonzero(one.any(axis=0))
        tall, wide = np.ptp(rows) + 1, np.ptp(columns) + 1
        assert one.sum() == tall * wide
        assert 0.08 <= tall * wide / 600 <= 0.22
        assert 0.45 <= tall / wide <= 2.2
        centres.append(((rows[0] + rows[-1]) / 38, (columns[0] + columns[-1]) / 58))
    np.testing.assert_allclose(np.mean(centres, axis=0), 0.5, atol=0.06)


def test_each_image_is_drawn_for_and_all_channels_alike() -> None:
    for make in EVERY:
        changed = drawn(make(), np.tile(np.tile(PIXELS[:1], (2, 1, 1)), (50, 1, 1, 1)))
        assert len(np.unique(changed.reshape(50, -1), axis=0)) > 1
        np.testing.assert_array_equal(changed[:, 0], changed[:, 1])


# --- when, and from what -------------------------------------------------------------------


@pytest.mark.parametrize("make", EVERY[1:])
def test_evaluation_passes_through(make: Callable[[], Module]) -> None:
    np.testing.assert_array_equal(make()(IMAGES).numpy(), IMAGES)


def test_a_crop_cuts_out_the_middle_in_evaluation() -> None:
    found = nn.RandomCrop((4, 3))(IMAGES).numpy()
    np.testing.assert_array_equal(found, IMAGES[..., 1:5, 1:4])
    same = nn.RandomCrop((HEIGHT, WIDTH), padding=2)(IMAGES).numpy()
    np.testing.assert_array_equal(same, IMAGES)


@pytest.mark.parametrize("make", EVERY)
def test_seed_step_and_call_decide(make: Callable[[], Module]) -> None:
    layer = make()
    first = drawn(layer)
    np.testing.assert_array_equal(first, drawn(make()))
    assert (first != drawn(make(), seed=2)).any()
    layer.step.assign(1)
    assert (first != layer(IMAGES, training=True).numpy()).any()
    twice = nn.Sequential([make(), nn.Identity()])
    twice.seed(1)
    y = twice(IMAGES, training=True)
    assert {v.name: t.item() for v, t in declared_updates([y]).items()} == {"0.step": 1}


@pytest.mark.parametrize("make", EVERY)
def test_the_draws_do_not_depend_on_engine_or_dtype(make: Callable[[], Module]) -> None:
    found = []
    for engine in sorted(ENGINES):
        for dtype in ("float32", "float64"):
            layer = make()
            layer.seed(1)
            x = pel.placeholder((None, *PIXELS.shape), dtype)
            step = pel.function(x, layer(x, training=True), engine=engine)
            images = IMAGES.astype(dtype)
            found.append(np.stack([step(images), step(images)]))
    assert (found[0][0] != found[0][1]).any()
    for other in found[1:]:
        if "Rotation" in repr(make()):
            np.testing.assert_allclose(other, found[0], atol=2e-4)
        else:
            np.testing.assert_array_equal(other, found[0])


@pytest.mark.parametrize("make", EVERY)
def test_gradients_go_back_to_the_pixels_that_were_shown(make: Callable[[], Module]) -> None:
    layer = make()
    layer.seed(1)
    x = pel.tensor(IMAGES[:3], "float64", requires_grad=True)
    y = layer(x, training=True)
    (y * y).sum().backward()
    np.testing.assert_allclose((x.grad * x).numpy().sum(), 2 * (y * y).numpy().sum())


@pytest.mark.parametrize("make", [*EVERY[:4], EVERY[5]])
def test_pixels_of_8_bits_may_be_given(make: Callable[[], Module]) -> None:
    found = drawn(make(), IMAGES.astype("uint8"))
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, drawn(make()))


# --- in a network --------------------------------------------------------------------------


def bars(shift: bool) -> tuple[np.ndarray, np.ndarray]:
    """Bars that lie or stand: in the middle, or anywhere."""
    rng = np.random.default_rng(0)
    X, y = np.zeros((120, 1, 8, 8)), np.arange(120) % 2
    for image, kind in zip(X[:, 0], y, strict=True):
        place = rng.integers(1, 6) if shift else 3
        image[(place, slice(2, 6)) if kind else (slice(2, 6), place)] = 1
    return X, y


def network(*layers: Module) -> nn.Sequential:
    return nn.Sequential([*layers, nn.Flatten(), nn.Linear(24, activation="relu"), nn.Linear(2)])


@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_a_network_learns_from_a_middle_what_it_sees_anywhere(engine: str) -> None:
    (X, y), anywhere = bars(shift=False), bars(shift=True)
    accuracy = []
    for layers in ((), (nn.RandomTranslation(2),)):
        model = network(*layers)
        model.fit(
            X, y, epochs=40, optimizer=optim.Adam(0.01), seed=1, engine=engine, progress=False
        )
        accuracy.append(model.evaluate(*anywhere)["accuracy"])
    assert accuracy[0] < 0.8
    assert accuracy[1] > 0.95


def test_the_engines_take_the_same_steps() -> None:
    X, y = bars(shift=True)
    losses = []
    for engine in sorted(ENGINES):
        model = network(*[make() for make in EVERY])
        history = model.fit(X, y, epochs=3, seed=1, engine=engine, progress=False)
        losses.append(history.step_losses)
    np.testing.assert_allclose(losses[1], losses[0], rtol=1e-4)


# --- what is refused -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("act", "error", "text"),
    [
        (lambda: nn.RandomHorizontalFlip(1.5), ArgumentError, "0 ≤ p ≤ 1"),
        (lambda: nn.RandomTranslation(-1), ArgumentError, "most"),
        (lambda: nn.RandomTranslation(0.1), ArgumentTypeError, "most"),  # type: ignore[arg-type]
        (lambda: nn.RandomCrop(0), ArgumentError, "size"),
        (lambda: nn.RandomRotation(270), ArgumentError, "0 ≤ degrees ≤ 180"),
        (lambda: nn.RandomErasing(scale=(0.3, 0.1)), ArgumentError, "write scale=(0.1, 0.3)"),
        (lambda: nn.RandomErasing(scale=(0.1, 1.5)), ArgumentError, "scale"),
        (lambda: nn.RandomErasing(ratio=1), ArgumentError, "write ratio=(0.5, 2)"),  # type: ignore[arg-type]
        (lambda: nn.RandomErasing(ratio=("a", 1)), ArgumentTypeError, "ratio"),  # type: ignore[arg-type]
        (lambda: nn.RandomCrop(9)(IMAGES), ShapeError, "size ≤ extent + 2 · padding"),
        (lambda: nn.RandomCrop(2)(IMAGES[:, 0]), ShapeError, "x[:, None] for grey images"),
        (
            lambda: nn.RandomErasing(scale=(0.9, 1), ratio=(3, 3))(IMAGES, training=True),
            ShapeError,
            "make the scale smaller",
        ),
        (
            lambda: nn.RandomRotation(9)(IMAGES.astype("uint8"), training=True),
            DTypeError,
            'images.astype("float32")',
        ),
        (
            lambda: nn.RandomCrop(2)(pel.placeholder((None, 1, None, None))),
            ShapeError,
            "fixed extents",
        ),
    ],
)
def test_what_cannot_be_is_refused(
    act: Callable[[], Any], error: type[PellucidError], text: str
) -> None:
    with pytest.raises(error) as caught:
        act()
    assert text in str(caught.value)
