"""Holds: rows E1 to E5, from filters by hand to a network that tells pieces of clothing apart."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import ndimage

import pellucid as pel
from pellucid import data, nn, optim, plot
from pellucid.errors import ShapeError
from pellucid.layers import observed

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
    step = plot.convolution_step(BLOCKS, EYE[::-1], padding=1)
    assert "1·1" in step.get_suptitle()
    assert step.get_suptitle().endswith(" = 1")
    drawn = plot.convolution_steps(BLOCKS, EYE[::-1], padding=1, hide_zeros=True)
    assert [ax.get_title() for ax in drawn.axes] == [f"sum {total:.0f}" for total in sums.flat]
    for ax, product in zip(drawn.axes, products.reshape(36, 3, 3), strict=True):
        assert sum(float(text.get_text()) for text in ax.texts) == product.sum()
    gallery = plot.matrix_grid(
        [BLOCKS, *both], ["image", "back", "forward"], rows=1, columns=3, hide_zeros=True
    )
    for ax, shown in zip(gallery.axes, [BLOCKS, *both], strict=True):
        assert [text.get_text() for text in ax.texts] == [f"{x:.0f}" for x in shown.flat if x]
    with pytest.raises(ShapeError) as caught:
        plot.matrix_grid(both, rows=2, columns=2)
    assert caught.value.got == "2 arrays for 2 × 2 = 4 cells"


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
    drawn = plot.matrix_grid([image, positive], ["before", "after"], rows=1, columns=2)
    assert {text.get_text() for text in drawn.axes[0].texts} == {"−1", "0", "1", "2"}
    assert {text.get_text() for text in drawn.axes[1].texts} == {"0", "1", "2"}
    before, after = plot.pooling(LONG).axes
    assert [text.get_text() for text in after.texts] == [str(x) for row in POOLED for x in row]
    assert len(before.patches) == 9


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
                grid = plot.matrix_grid(layer, rows=4, columns=5, number_format=".1f", title=name)
                assert len(grid.axes) == 20


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
    trained = released.conv.weight.numpy()
    assert abs(trained - KERNELS).max() > 0.05
    drawn = plot.kernels(trained, KERNELS, ["back", "forward"])
    assert [ax.get_title() for ax in drawn.axes][::3] == ["before back", "after forward"]
    found = {"fixed": right_class(fixed), "released": right_class(released)}
    ax = plot.true_class_probability(found)
    assert [line.get_ydata().min() for line in ax.lines] == pytest.approx(least)


def test_e3_accuracy_and_cross_entropy_are_metrics(engine):
    """The metric is measured after an epoch; the loss, in one batch, before its step."""
    history = slashes_fit(slashes_network(), engine, epochs=5, metrics=["accuracy", "log_loss"])
    assert set(history) == {"loss", "accuracy", "log_loss", "learning_rate"}
    np.testing.assert_allclose(history["log_loss"][:-1], history["loss"][1:], rtol=1e-5)


# --- E4: Fashion-MNIST -----------------------------------------------------------------------

SMALL = Path(__file__).parents[3] / "shared" / "data" / "fashion-mnist-small"
CLOTHES = ("T-Shirt", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag",
           "Ankle Boot")  # fmt: skip
clothing = pytest.mark.skipif(not SMALL.is_dir(), reason="the small part is not here")


def clothing_network(*augmentation):
    return nn.Sequential([
        *augmentation,
        nn.Conv2d(32, 3, padding=1), nn.BatchNorm2d(), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(64, 3), nn.BatchNorm2d(), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(600), nn.Dropout(0.25), nn.Linear(120), nn.ReLU(), nn.Linear(10),
    ])  # fmt: skip


def clothing_fit(model, X, y, rate=0.001, **settings):
    return model.fit(
        X, y, loss="cross_entropy", optimizer=optim.Adam(rate), batch_size=64, prepare="minmax",
        seed=1, progress=False, **settings,
    )  # fmt: skip


@clothing
def test_e4_the_network():
    """After 30 epochs on the 900 images of the small part the test accuracy is from 0.778 to 0.824
    for the seeds 0 to 4, 0.804 in the mean; here after 4.
    """
    found = data.fashion_mnist(SMALL)
    assert found.class_names == CLOTHES
    model = clothing_network()
    clothing_fit(model, *found.train, epochs=4)
    assert model.summary().total == 1_475_338
    assert model.evaluate(*found.test)["accuracy"] > 0.65


@clothing
def test_e4_the_engines_take_the_same_steps():
    X, y = data.fashion_mnist(SMALL).train
    losses = [
        clothing_fit(clothing_network(), X[:48], y[:48], steps=2, engine=name).step_losses
        for name in ("native", "reference")
    ]
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-4)


@clothing
def test_e4_with_augmentation_inside_the_step(engine):
    X, y = data.fashion_mnist(SMALL).train
    layers = (
        nn.RandomHorizontalFlip(), nn.RandomCrop(28, padding=2), nn.RandomRotation(5),
        nn.RandomErasing(),
    )  # fmt: skip
    small = nn.Sequential([
        *layers, nn.Conv2d(4, 3, stride=2, activation="relu"), nn.Flatten(), nn.Linear(10),
    ])  # fmt: skip
    history = clothing_fit(small, X[:256], y[:256], 0.01, epochs=4, engine=engine)
    assert history["loss"][-1] < 0.9 * history["loss"][0]
    still = small.predict(X[:5])
    np.testing.assert_array_equal(still, small.predict(X[:5]))


# --- E5: looking at errors -------------------------------------------------------------------


@clothing
def test_e5_samples_mistakes_confusion_kernels_and_maps():
    found, model = data.fashion_mnist(SMALL), clothing_network()
    clothing_fit(model, *found.train, steps=20)
    X, y = found.test
    grid = plot.image_grid(X[:9], [CLOTHES[k] for k in y[:9]], rows=3, columns=3)
    assert [ax.get_title() for ax in grid.axes][:3] == [CLOTHES[k] for k in y[:3]]
    told = model.classify(X)
    wrong = plot.mistakes(X, y, told, CLOTHES, confidence=model.predict_proba(X).max(axis=1))
    assert len(wrong.axes) == 9
    assert wrong.get_suptitle().startswith(f"{(told != y).sum()} mistakes in 500")
    ax = plot.confusion_matrix(y, told, CLOTHES)
    assert [tick.get_text() for tick in ax.get_yticklabels()] == list(CLOTHES)
    maps = {}
    with observed(lambda one: maps.setdefault(one.module.path, one.outputs[0].numpy()[0])):
        model(X[:1] / 255)
    shown = plot.feature_maps({str(k): maps[str(k)] for k in range(14)})
    assert shown.axes[0].get_title(loc="left") == "0: 32 × 28 × 28"
    assert shown.axes[13].get_title(loc="left") == "13: 10"
    np.testing.assert_allclose(maps["13"], model.predict(X[:1])[0], rtol=1e-3, atol=1e-3)
    heads = [plot.kernels(model.variables()[f"{k}.weight"].numpy()).axes[0].get_title(loc="left")
             for k in (0, 4)]  # fmt: skip
    assert heads[0].startswith("32 filters, 3 × 3")
    assert heads[1].startswith("64 filters of 32 channels, 3 × 3")
