"""Holds: rows E1 to E3, filters by hand, pooling, and a small network that looks at slashes."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

import pellucid as pel
from pellucid import data, nn, optim, plot
from pellucid.errors import ShapeError

# --- E1: filters by hand -------------------------------------------------------------------

EYE = np.eye(3)
BLOCKS = np.block([[EYE, 0 * EYE], [EYE, 0 * EYE]])
ANTI = np.fliplr(np.eye(6))
LONG = [[2, 0, 0, 0, 0, 0], [0, 3, 0, 0, 0, 0], [0, 0, 2, 0, 0, 0],
        [2, 0, 0, 1, 0, 0], [0, 3, 0, 0, 0, 0], [0, 0, 2, 0, 0, 0]]  # fmt: skip
SCATTERED = [[0, 0, 0, 1, 0, 1], [0, 0, 1, 0, 1, 0], [0, 1, 0, 1, 0, 1],
             [1, 0, 1, 0, 1, 0], [0, 1, 0, 1, 0, 0], [1, 0, 1, 0, 0, 0]]  # fmt: skip


@pytest.fixture
def applied(engine):
    """Compute on the engine what a function makes of an image."""

    def compute(make, x):
        image = pel.placeholder(np.shape(x), dtype="float64", name="image")
        return pel.function(image, make(image), engine=engine)(x)

    return compute


@pytest.mark.parametrize(("image", "wanted"), [(BLOCKS, LONG), (ANTI, SCATTERED)])
def test_e1_diagonals_stand_out(image, wanted, applied):
    for slide in (pel.correlate, pel.convolve):  # for this kernel, which is its own flip
        assert applied(lambda x, f=slide: f(x, EYE), image).tolist() == wanted
    assert pel.correlate(image, EYE).numpy().tolist() == wanted


@pytest.mark.parametrize("boundary", ["constant", "reflect", "nearest", "mirror", "wrap"])
@pytest.mark.parametrize("name", ["correlate", "convolve"])
@pytest.mark.parametrize("shape", [(3, 3), (2, 3)])
def test_e1_every_boundary_as_scipy_has_it(boundary, name, shape, applied):
    """With an asymmetric kernel, also of even extent, and with a division."""
    rng = np.random.default_rng(1)
    image, kernel = rng.normal(size=(6, 7)), rng.normal(size=shape)
    wanted = getattr(ndimage, name)(image, kernel, mode=boundary)
    slide = getattr(pel, name)
    found = applied(lambda x: slide(x, kernel, boundary=boundary, divisor=4), image)
    np.testing.assert_allclose(found, wanted / 4, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(slide(image, kernel, boundary=boundary).numpy(), wanted, rtol=1e-12)


def test_e1_they_differ_by_a_flip():
    kernel = np.arange(9.0).reshape(3, 3)
    flipped = pel.convolve(BLOCKS, kernel[::-1, ::-1])
    assert np.array_equal(pel.correlate(BLOCKS, kernel).numpy(), flipped.numpy())
    assert not np.array_equal(pel.convolve(BLOCKS, kernel).numpy(), flipped.numpy())


def test_e1_every_step_of_the_window(applied):
    """What is seen, times the kernel, summed; one image under two kernels, side by side."""
    both = []
    for kernel in (EYE, EYE[::-1]):
        padded = pel.pad(BLOCKS, 1)
        products = applied(lambda x, k=kernel: pel.windows(x, k.shape) * k, padded.numpy())
        assert products.shape == (6, 6, 3, 3)
        sums = products.sum(axis=(2, 3))
        assert np.array_equal(sums, pel.correlate(BLOCKS, kernel).numpy())
        both.append(sums)
    titles = [f"{total:.0f}" for total in sums[0]]
    drawn = plot.image_grid(products[0], titles, rows=1, columns=6)
    assert [ax.get_title() for ax in drawn.axes] == titles
    gallery = plot.image_grid([BLOCKS, *both], ["image", "back", "forward"], rows=1, columns=3)
    for ax, shown in zip(gallery.axes, [BLOCKS, *both], strict=True):
        np.testing.assert_array_equal(ax.images[0].get_array(), shown)
    with pytest.raises(ShapeError) as caught:
        plot.image_grid(both, rows=2, columns=2)
    assert caught.value.got == "2 images for 2 × 2 = 4 cells"


# --- E2: pooling ---------------------------------------------------------------------------

POOLED = [[3, 0, 0], [2, 2, 0], [3, 2, 0]]


def test_e2_pooling(applied):
    image = np.array([[LONG]], float)
    assert applied(lambda x: pel.max_pool(x, 2), image)[0, 0].tolist() == POOLED
    means = [[1.25, 0, 0], [0.5, 0.75, 0], [0.75, 0.5, 0]]
    assert applied(lambda x: pel.avg_pool(x, 2), image)[0, 0].tolist() == means
    assert nn.MaxPool2d(2)(image).numpy()[0, 0].tolist() == POOLED
    assert nn.AvgPool2d(2)(image).numpy()[0, 0].tolist() == means


def test_e2_windows_strides_and_edges(applied):
    """Any window and stride; windows that reach beyond the edge are left out, or kept."""
    image = np.array([[LONG]], float)
    for kernel, stride, kept, left_out in [
        (4, 4, [[3, 0], [3, 0]], [[3]]),
        ((1, 4), (3, 3), [[2, 0], [2, 1]], [[2], [2]]),
        (2, 1, None, np.maximum.reduce([image[0, 0, i:i + 5, k:k + 5]
                                        for i in (0, 1) for k in (0, 1)]).tolist()),
    ]:  # fmt: skip
        whole = applied(lambda x, k=kernel, s=stride: pel.max_pool(x, k, s), image)
        assert whole[0, 0].tolist() == left_out
        edges = applied(lambda x, k=kernel, s=stride: pel.max_pool(x, k, s, ceil=True), image)
        assert edges[0, 0].tolist() == (kept or left_out)


def test_e2_before_and_after(applied):
    image = np.array(LONG, float) - 1
    positive = applied(pel.relu, image)
    assert np.array_equal(positive, image * (image > 0))
    drawn = plot.image_grid([image, positive], ["before", "after"], rows=1, columns=2)
    assert drawn.axes[1].images[0].get_array().min() == 0


# --- E3: slashes ---------------------------------------------------------------------------

SLASHES, BACK = data.slashes()
BACKWARD = (2 * EYE - 1) / 9
KERNELS = np.stack([BACKWARD, BACKWARD[::-1]])[:, None]


class Slashes(nn.Network):
    """Two kernels, the greatest of four neighbours, and a decision."""

    def __init__(self):
        self.conv = nn.Conv2d(2, kernel_size=3, padding="same", bias=False)
        self.pool = nn.MaxPool2d(2)
        self.flatten = nn.Flatten()
        self.decide = nn.Linear(2, activation="softmax")

    def forward(self, x):
        return self.decide(self.flatten(self.pool(pel.relu(self.conv(x)))))


def slashes_network(seed=0):
    """Make the network with a start that the seed decides, and kernels that are set by name."""
    model = Slashes()
    model.seed(seed)
    model(SLASHES)
    model.variables()["conv.weight"].assign(KERNELS)
    return model


def slashes_fit(model, engine, epochs=500, metrics=("accuracy",)):
    rate = optim.InverseTimeDecay(0.01, decay=1e-6)
    return model.fit(
        SLASHES, BACK, optimizer=optim.SGD(rate, momentum=0.9, nesterov=True), epochs=epochs,
        metrics=list(metrics), seed=0, engine=engine, progress=False,
    )  # fmt: skip


def test_e3_weights_by_name():
    model = slashes_network()
    shapes = {name: v.shape for name, v in model.variables().items()}
    assert shapes == {
        "conv.weight": (2, 1, 3, 3), "decide.weight": (2, 18), "decide.bias": (2,),
    }  # fmt: skip
    np.testing.assert_array_equal(model.conv.weight.numpy(), KERNELS.astype("float32"))
    with pytest.raises(ShapeError) as caught:
        model.variables()["conv.weight"].assign(KERNELS[:, 0])
    assert (caught.value.got, caught.value.wanted) == ("(2, 3, 3)", "(2, 1, 3, 3)")
    assert caught.value.what == "conv.weight: the new value has another shape"


def test_e3_layers_equal_what_is_made_by_hand(engine):
    """The images after convolution, ReLU and pooling, in grids of 4 × 5."""
    model = slashes_network()
    x = nn.Input((1, 6, 6))
    seen = model.conv(x)
    places = {"convolution": seen, "ReLU": pel.relu(seen), "pooling": model.pool(pel.relu(seen))}
    for k, kernel in enumerate(KERNELS[:, 0]):
        by_hand = pel.correlate(SLASHES[:, 0], kernel)
        hands = [by_hand, pel.relu(by_hand), pel.max_pool(pel.relu(by_hand)[:, None], 2)[:, 0]]
        for (name, node), hand in zip(places.items(), hands, strict=True):
            layer = pel.function(x, node, engine=engine)(SLASHES)[:, k]
            np.testing.assert_allclose(layer, hand.numpy(), atol=1e-6)
            if (engine, k) == ("native", 0):  # a grid of many axes takes long to draw
                assert len(plot.image_grid(layer, rows=4, columns=5, title=name).axes) == 20


def right_class(model):
    return model.predict_proba(SLASHES)[np.arange(20), BACK]


def test_e3_the_engines_take_the_same_steps(same_steps):
    """Some 50 of them: all would take the reference engine four seconds."""
    same_steps(lambda name: slashes_fit(slashes_network(), name, epochs=50))


def test_e3_fixed_kernels_then_released():
    """All 20 right for each of the seeds 0 to 9, and the least probability of the right class
    from 0.63 to 0.67 with kernels held fixed, from 0.98 with kernels released.
    """
    fixed, released = slashes_network(), slashes_network()
    fixed.conv.freeze()
    least = []
    for model in (fixed, released):
        history = slashes_fit(model, "native")
        assert history.steps == 500
        assert history["learning_rate"][-1] == pytest.approx(0.01 / (1 + 499e-6))
        assert model.evaluate(SLASHES, BACK)["accuracy"] == 1
        least.append(right_class(model).min())
    assert 0.5 < least[0] < least[1]
    assert least[1] >= 0.85
    np.testing.assert_array_equal(fixed.conv.weight.numpy(), KERNELS.astype("float32"))
    before_after = np.concatenate([KERNELS[:, 0], released.conv.weight.numpy()[:, 0]])
    assert abs(before_after[:2] - before_after[2:]).max() > 0.05
    drawn = plot.image_grid(before_after, ["before", "before", "after", "after"], rows=2, columns=2)
    ax = drawn.add_subplot()
    for model in (fixed, released):
        ax.plot(right_class(model), "o")
    assert len(ax.lines) == 2


def test_e3_accuracy_and_cross_entropy_are_metrics(engine):
    """The metric is measured after an epoch; the loss, in one batch, before its step."""
    history = slashes_fit(slashes_network(), engine, epochs=5, metrics=["accuracy", "log_loss"])
    assert set(history) == {"loss", "accuracy", "log_loss", "learning_rate"}
    np.testing.assert_allclose(history["log_loss"][:-1], history["loss"][1:], rtol=1e-5)
