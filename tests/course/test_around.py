"""Holds: row group F, what goes with all of it, from a file on disk to a network that is kept."""

from __future__ import annotations

import struct

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot
from PIL import Image

import pellucid as pel
from pellucid import data, nn, optim, plot
from pellucid.errors import ArgumentError, DataError, LabelError, NonFiniteError, ShapeError
from pellucid.sklearn import NeuralClassifier

POINTS, CLASSES = data.blobs(120, 3, seed=1)
NAMES = np.array(["elm", "fir", "oak"])[CLASSES]


def network(outputs=3, last=None, hidden=8):
    inner = nn.Linear(hidden, activation="tanh")
    return nn.Sequential([nn.Flatten(), inner, nn.Linear(outputs, activation=last)])


def fit(model, *rows, **options):
    given = {"optimizer": optim.Adam(0.05), "seed": 1, "progress": False, **options}
    return model.fit(*rows, **given)


def weights(model):
    return {name: variable.numpy() for name, variable in model.variables().items()}


def same_bits(first, second):
    return all((first[name] == second[name]).all() for name in first.keys() | second.keys())


# --- reading real data ---------------------------------------------------------------------


def table(path, write):
    frame = pd.DataFrame({"length": POINTS[:, 0], "width": POINTS[:, 1], "tree": NAMES})
    getattr(frame, write)(path, index=False)
    return (data.read(path, "tree"),), NAMES


def in_csv(folder):
    return table(folder / "trees.csv", "to_csv")


def in_parquet(folder):
    return table(folder / "trees.parquet", "to_parquet")


def in_npy(folder):
    np.save(folder / "X.npy", POINTS)
    np.save(folder / "y.npy", CLASSES)
    return (data.read_npy(folder / "X.npy"), data.read_npy(folder / "y.npy")), CLASSES


def grey_squares():
    """Pictures of 6×6 pixels, each class of another grey, between 0 and 255."""
    noise = np.random.default_rng(2).integers(-15, 16, (120, 6, 6))
    return (60 + 60 * CLASSES[:, None, None] + noise).astype(np.uint8)


def in_idx(folder):
    for name, array in {"images": grey_squares(), "labels": CLASSES.astype(np.uint8)}.items():
        head = struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
        (folder / name).write_bytes(head + array.tobytes())
    images = data.images(data.read_idx(folder / "images"))
    return (images, data.read_idx(folder / "labels")), CLASSES


def in_pictures(folder):
    for k, (pixels, name) in enumerate(zip(grey_squares(), NAMES, strict=True)):
        (folder / name).mkdir(exist_ok=True)
        Image.fromarray(pixels).save(folder / name / f"{k:03d}.png")
    found = data.read_pictures(folder)
    return (found,), found.y


SOURCES = [in_csv, in_parquet, in_npy, in_idx, in_pictures]


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.__name__)
def test_data_are_read_and_trained_on(source, tmp_path):
    """The labels that come back are those of the file."""
    rows, labels = source(tmp_path)
    model = network()
    history = fit(model, *rows, epochs=20, prepare="standard")
    assert history["accuracy"][-1] >= 0.95
    X = rows[0].X if isinstance(rows[0], data.Dataset) else rows[0]
    assert set(model.classify(X)) == set(labels)
    assert np.mean(model.classify(X) == labels) >= 0.95


# --- splitting, scaling, one-hot -----------------------------------------------------------


def test_parts_that_overlap_are_an_error():
    train, test = data.split(120, 0.3, seed=1, stratify=NAMES)
    data.check_disjoint(train, test)
    with pytest.raises(DataError, match="overlap") as caught:
        data.check_disjoint(train, [*test, train[0]])
    assert str(train[0]) in caught.value.got


@pytest.mark.parametrize("kind", ["standard", "minmax"])
def test_scaling_is_learned_from_the_training_rows_and_kept(kind):
    """What predict does to other rows is what the training rows taught, whatever those are."""
    train, test = data.split(120, 0.3, seed=1)
    model = network()
    fit(model, 1000 * POINTS[train], CLASSES[train], epochs=2, prepare=kind)
    low, high = POINTS[train].min(axis=0), POINTS[train].max(axis=0)
    centre, width = {
        "standard": (POINTS[train].mean(axis=0), POINTS[train].std(axis=0)),
        "minmax": (low, high - low),
    }[kind]
    by_hand = model((POINTS[test] - centre) / width).numpy()
    np.testing.assert_allclose(model.predict(1000 * POINTS[test]), by_hand, atol=1e-5)


@pytest.mark.parametrize("loss", [None, "cross_entropy"])
def test_one_hot_rows_have_to_sum_to_1(loss):
    rows = data.one_hot(CLASSES, 3)
    assert fit(network(), POINTS, rows, loss=loss, epochs=1)["accuracy"]
    for wrong in ([1, 1, 0], [0, 0, 0], [0.5, 0.6, 0]):
        rows[7] = wrong
        with pytest.raises(LabelError, match="not probabilities") as caught:
            fit(network(), POINTS, rows, loss=loss)
        assert caught.value.where == "y, row 7 (counted from 0)"


# --- epochs, steps and batches -------------------------------------------------------------


def drawn(engine, **options):
    """Tell which rows made up each batch of 4 among 8: row k counts 10ᵏ in the recorded loss."""
    model = nn.Sequential([nn.Linear(1, weight_init="zeros", bias_init="zeros")])
    history = model.fit(
        np.ones((8, 1)), 10.0 ** np.arange(8), batch_size=4, loss="mae", optimizer=optim.SGD(0.0),
        metrics=[], dtype="float64", seed=1, progress=False, engine=engine, **options,
    )  # fmt: skip
    sums = np.rint(4 * history.step_losses).astype(int)
    return [[int(digit) for digit in f"{total:08d}"[::-1]] for total in sums]


def test_epochs_shuffle_and_meet_each_row_once(engine):
    batches = drawn(engine, epochs=10)
    assert len(batches) == 20
    for first, second in zip(batches[::2], batches[1::2], strict=True):
        assert [a + b for a, b in zip(first, second, strict=True)] == [1] * 8
    assert len({tuple(first) for first in batches[::2]}) > 3
    in_order = drawn(engine, epochs=2, shuffle=False)
    assert in_order == [[1] * 4 + [0] * 4, [0] * 4 + [1] * 4] * 2


@pytest.mark.parametrize("replacement", [False, True])
def test_steps_draw_each_batch_anew(replacement, engine):
    batches = drawn(engine, steps=60, replacement=replacement)
    assert [sum(batch) for batch in batches] == [4] * 60
    assert any(max(batch) > 1 for batch in batches) == replacement
    pairs = zip(batches[::2], batches[1::2], strict=True)
    assert any(a and b for one, two in pairs for a, b in zip(one, two, strict=True))
    assert all(sum(batch[k] for batch in batches) > 10 for k in range(8))


def test_the_loss_of_each_step_is_kept_and_drawn():
    history = fit(network(), POINTS, CLASSES, epochs=3, batch_size=50)
    assert history.step_losses.shape == (9,)
    first = np.average(history.step_losses[:3], weights=[50, 50, 20])
    assert history["loss"][0] == pytest.approx(first)
    (line, *_) = plot.step_losses(history.step_losses).lines
    np.testing.assert_array_equal(line.get_ydata(), history.step_losses)


# --- outputs and classes -------------------------------------------------------------------


def test_of_several_outputs_the_largest_is_the_class():
    model = network()
    fit(model, POINTS, NAMES, epochs=3)
    outputs, chances = model.predict(POINTS), model.predict_proba(POINTS)
    assert outputs.shape == chances.shape == (120, 3)
    np.testing.assert_allclose(chances.sum(axis=1), 1, atol=1e-6)
    labels = np.array(["elm", "fir", "oak"])
    assert (model.classify(POINTS) == labels[outputs.argmax(axis=1)]).all()


def test_of_one_output_above_a_half_is_the_second_class():
    X, y = data.moons(100, seed=1)
    model = network(1, "sigmoid")
    fit(model, X, np.where(y, "yes", "no"), epochs=3)
    outputs = model.predict(X)
    assert outputs.shape == (100, 1)
    assert (model.classify(X) == np.where(outputs[:, 0] > 0.5, "yes", "no")).all()


# --- errors --------------------------------------------------------------------------------


def test_a_wrong_number_of_activations():
    with pytest.raises(ArgumentError, match="not one activation for each hidden layer") as caught:
        NeuralClassifier((8, 4), activation=["relu"]).fit(POINTS, NAMES)
    assert caught.value.got == "1 for 2: relu"
    made = NeuralClassifier((8, 4), activation=["relu", "tanh"], max_iter=1).fit(POINTS, NAMES)
    shown = repr(made.network_)
    assert shown.index("'relu'") < shown.index("'tanh'")


def test_outputs_against_the_classes_that_are_there():
    with pytest.raises(LabelError, match="the label 2 does not fit") as caught:
        fit(network(2), POINTS, CLASSES)
    assert "Linear(3)" in caught.value.mend
    with pytest.raises(ShapeError, match="3 columns and the network 5 outputs"):
        fit(network(5), POINTS, data.one_hot(CLASSES, 3))
    notes = fit(network(5), POINTS, CLASSES, epochs=1).notes
    assert notes == ["No row of y is of class 3, 4: the network learns never to answer so."]


@pytest.mark.parametrize(
    ("loss", "last", "outputs"),
    [("binary_cross_entropy", None, 1), ("binary_cross_entropy", "tanh", 1),
     ("categorical_cross_entropy", None, 3), ("categorical_cross_entropy", "relu", 3),
     ("nll", "softplus", 3)],
)  # fmt: skip
def test_a_loss_that_is_unfit_for_the_output(loss, last, outputs):
    """It is refused before the first step, and leaves the network as it was."""
    y = CLASSES if outputs == 3 else CLASSES == 1
    model = network(outputs, last)
    with pytest.raises(ArgumentError, match="takes probabilities is given any") as caught:
        fit(model, POINTS, y, loss=loss)
    assert (last or "a linear layer") in caught.value.got
    assert "softmax or sigmoid" in caught.value.mend
    assert not model.built
    assert "PEL102" in model.diagnose(POINTS, y, loss=loss).codes


def test_what_only_numbers_tell_is_named_with_its_mend():
    """ELU ends below 0: of its outputs this is seen when the logarithm meets one."""
    with pytest.raises(NonFiniteError, match=r"first in binary_cross_entropy\.log") as caught:
        fit(network(1, "elu"), POINTS, CLASSES == 1, loss="binary_cross_entropy")
    assert "end the network with a sigmoid" in caught.value.mend


def test_a_softmax_too_many_and_a_lonely_one_are_told():
    assert fit(network(3, "softmax"), POINTS, CLASSES, epochs=1).findings == ()
    twice = fit(network(3, "softmax"), POINTS, CLASSES, loss="cross_entropy", epochs=1)
    assert twice.findings.codes == ("PEL101",)
    with pytest.raises(ShapeError, match="single column"):
        fit(network(1, "softmax"), POINTS, CLASSES == 1, loss="categorical_cross_entropy")


# --- to be seen ----------------------------------------------------------------------------


def test_a_bar_and_lines_tell_how_far_it_is(capsys, monkeypatch):
    fit(network(), POINTS, CLASSES, epochs=4, progress=2)
    lines = capsys.readouterr().err.splitlines()
    assert [line.split("  ")[0] for line in lines] == ["epoch 2/4", "epoch 4/4"]
    assert all("loss" in line and "accuracy" in line for line in lines)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    fit(network(), POINTS, CLASSES, epochs=4, progress=True)
    assert "epoch 4/4" in capsys.readouterr().err


def test_a_picture_takes_axes_gives_them_and_is_saved(tmp_path):
    model = network(hidden=4)
    history = fit(model, POINTS, CLASSES, epochs=2)
    figure, (left, right) = pyplot.subplots(1, 2)
    assert plot.decision_boundary(model.classify, POINTS, CLASSES, ax=left) is left
    assert plot.step_losses(history.step_losses, ax=right) is right
    assert figure.axes[:2] == [left, right]
    for kind, head in {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}.items():
        path = tmp_path / f"both.{kind}"
        figure.savefig(path)
        assert path.read_bytes().startswith(head)


# --- kept, repeated, exact -----------------------------------------------------------------


def test_saved_and_loaded_it_answers_alike(tmp_path):
    model = network()
    fit(model, 100 * POINTS, NAMES, epochs=3, prepare="standard")
    model.save(tmp_path / "trees.safetensors")
    loaded = pel.load(tmp_path / "trees.safetensors")
    assert same_bits(weights(loaded), weights(model))
    assert (loaded.predict(100 * POINTS) == model.predict(100 * POINTS)).all()
    assert (loaded.classify(100 * POINTS) == model.classify(100 * POINTS)).all()
    assert dict(loaded.history) == dict(model.history)


class TenSteps(pel.Callback):
    """Ends a training early."""

    granularity = "step"

    def on_progress(self, training):
        if training.history.steps >= 10:
            training.stop("ten steps")


@pytest.mark.parametrize("length", [{"epochs": 6}, {"steps": 24}], ids=["epochs", "steps"])
def test_resumed_it_comes_to_the_same_bits(length, tmp_path):
    path = tmp_path / "run.safetensors"
    whole, model = network(), network()
    history = fit(whole, POINTS, CLASSES, **length)
    part = fit(model, POINTS, CLASSES, **length, checkpoint=path, callbacks=[TenSteps()])
    assert part.steps == 10
    again = fit(model, POINTS, CLASSES, **length, resume=path)
    assert same_bits(weights(model), weights(whole))
    np.testing.assert_array_equal(again.step_losses, history.step_losses)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_seed_repeats_a_training_in_either_precision(dtype, engine):
    def trained(seed):
        model = nn.Sequential([nn.Linear(8, activation="relu"), nn.Dropout(0.2), nn.Linear(3)])
        history = fit(model, POINTS, CLASSES, epochs=3, seed=seed, dtype=dtype, engine=engine)
        return weights(model), history

    (first, history), (second, again), (other, _) = trained(5), trained(5), trained(6)
    assert same_bits(first, second)
    np.testing.assert_array_equal(history.step_losses, again.step_losses)
    assert not same_bits(first, other)
    assert {array.dtype.name for array in first.values() if array.dtype.kind == "f"} == {dtype}


def test_precisions_agree():
    """A hundred steps in either end near each other, and not at the same bits."""
    ends = [network() for _ in range(2)]
    for model, dtype in zip(ends, ["float32", "float64"], strict=True):
        fit(model, POINTS, CLASSES, steps=100, optimizer=optim.SGD(0.1), dtype=dtype)
    single, double = (weights(model)["2.weight"] for model in ends)
    np.testing.assert_allclose(single, double, atol=1e-4)
    assert np.abs(single - double).max() > 0
