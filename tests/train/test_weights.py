"""Holds: rows and classes count as much as was asked, in training, validation and evaluation."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import pellucid as pel
from pellucid import nn, optim
from pellucid.errors import ArgumentError, DataError, LabelError, ShapeError
from pellucid.train.weighting import row_weights

RNG = np.random.default_rng(4)
X = RNG.normal(size=(24, 3))
Y = X @ [1.0, -1.0, 0.5]
CLASS = (X[:, 0] > 0.4).astype(int)
NAMES = np.array(["no", "yes"])[CLASS]
W = RNG.uniform(0.2, 3, 24)


def fit(model, y=Y, engine=None, x=X, **options):
    options = {"epochs": 2, "batch_size": 24, "seed": 1, "dtype": "float64"} | options
    return model.fit(x, y, engine=engine, progress=False, shuffle=False, **options)


def linear(outputs=1):
    return nn.Sequential([nn.Linear(outputs)])


def test_steps_are_those_of_torch(engine):
    model = linear()
    fit(model, engine=engine, epochs=0)
    weight, bias = (
        torch.tensor(v.numpy().astype(float), requires_grad=True)
        for v in model.variables().values()
    )
    x, y, w = (torch.tensor(one) for one in (X, Y[:, None], W[:, None]))
    history = fit(model, engine=engine, epochs=5, sample_weight=W, optimizer=optim.SGD(0.1))
    for step in range(5):
        loss = (w * (torch.nn.functional.linear(x, weight, bias) - y) ** 2).sum() / w.sum()
        assert history["loss"][step] == pytest.approx(loss.item(), rel=1e-12)
        slopes = torch.autograd.grad(loss, [weight, bias])
        for value, slope in zip((weight, bias), slopes, strict=True):
            value.data -= 0.1 * slope
    np.testing.assert_allclose(model[0].weight.numpy(), weight.detach().numpy(), rtol=1e-12)


def test_a_row_of_weight_two_is_two_rows(engine):
    """Also in metrics, and in those of all rows together."""
    counts = RNG.integers(0, 4, 24)
    one, two = linear(), linear()
    options = {"metrics": ["accuracy", "auc", "f1"], "optimizer": optim.SGD(0.5), "epochs": 4}
    weighed = fit(one, CLASS, engine, sample_weight=counts, **options)
    rows = np.repeat(np.arange(24), counts)
    repeated = fit(two, CLASS[rows], engine, X[rows], **(options | {"batch_size": len(rows)}))
    for name in weighed:
        np.testing.assert_allclose(weighed[name], repeated[name], rtol=1e-9)
    found = one.evaluate(X, CLASS, sample_weight=counts)
    again = two.evaluate(X[rows], CLASS[rows])
    assert list(found) == ["loss", "accuracy", "auc", "f1"]
    assert found == pytest.approx(again, rel=1e-9)
    assert found != pytest.approx(one.evaluate(X, CLASS), rel=1e-3)


def test_batches_are_joined_by_their_weights(engine):
    """An epoch's loss is that of all rows, though batches differ in size and weight."""
    model = linear()
    history = fit(
        model, engine=engine, epochs=1, batch_size=7, sample_weight=W, optimizer=optim.SGD(0.0)
    )
    error = (model.predict(X)[:, 0] - Y) ** 2
    assert history["loss"][0] == pytest.approx(np.average(error, weights=W), rel=1e-9)


def test_a_batch_in_which_no_row_counts_changes_nothing(engine):
    weights = np.ones(24)
    weights[8:16] = 0
    model, twin = linear(), linear()
    options = {"batch_size": 8, "epochs": 3, "optimizer": optim.SGD(0.1)}
    history = fit(model, engine=engine, sample_weight=weights, **options)
    rest = np.delete(np.arange(24), np.arange(8, 16))
    expected = fit(twin, Y[rest], engine, X[rest], **options)
    np.testing.assert_allclose(history["loss"], expected["loss"], rtol=1e-12)
    np.testing.assert_allclose(model.predict(X), twin.predict(X), rtol=1e-12)
    assert np.isnan(history.step_losses).tolist() == [False, True, False] * 3


def test_validation_counts_rows_alike_unless_weights_are_given(engine):
    plain, weighed = linear(), linear()
    one = fit(plain, engine=engine, sample_weight=W, validation=(X[:9], Y[:9]))
    two = fit(weighed, engine=engine, sample_weight=W, validation=(X[:9], Y[:9], W[:9]))
    error = (plain.predict(X[:9])[:, 0] - Y[:9]) ** 2
    assert one["val_loss"][-1] == pytest.approx(error.mean(), rel=1e-9)
    assert two["val_loss"][-1] == pytest.approx(np.average(error, weights=W[:9]), rel=1e-9)
    assert one["loss"] == two["loss"]
    split = fit(linear(), engine=engine, sample_weight=W, validation=0.25)
    assert len(split["val_loss"]) == 2


# --- classes -------------------------------------------------------------------------------


@pytest.mark.parametrize("y", [CLASS, NAMES, CLASS == 1, CLASS * 6 - 3, np.eye(2)[CLASS]])
@pytest.mark.parametrize("outputs", [1, 2])
def test_classes_by_the_labels_that_were_given(y, outputs, engine):
    """Whatever the labels are called, and whichever the loss, the weights are those of rows."""
    if np.ndim(y) == 2 and outputs == 1:
        outputs, y = 2, y[:, ::-1]
    labels = [0, 1] if np.ndim(y) == 2 else np.unique(y).tolist()
    of_row = np.asarray(y).argmax(axis=1) if np.ndim(y) == 2 else (y == labels[1]).astype(int)
    first, second = linear(outputs), linear(outputs)
    a = fit(first, y, engine, class_weight={labels[1]: 3.0, labels[0]: 0.5})
    b = fit(second, y, engine, sample_weight=np.where(of_row == 1, 3.0, 0.5), metrics=[])
    np.testing.assert_allclose(a["loss"], b["loss"], rtol=1e-12)
    assert first.predict(X).tobytes() == second.predict(X).tobytes()


def test_balanced_is_that_of_scikit_learn(engine):
    from sklearn.utils.class_weight import compute_sample_weight

    one, two = linear(2), linear(2)
    a = fit(one, NAMES, engine, class_weight="balanced", sample_weight=W)
    b = fit(two, NAMES, engine, sample_weight=W * compute_sample_weight("balanced", NAMES))
    np.testing.assert_allclose(a["loss"], b["loss"], rtol=1e-12)
    accuracy = np.average(one.classify(X) == NAMES, weights=W)
    assert one.evaluate(X, NAMES, sample_weight=W)["accuracy"] == pytest.approx(accuracy)


def test_classes_count_in_the_loss_alone(engine):
    plain, weighed = linear(2), linear(2)
    options = {"optimizer": optim.SGD(0.0), "epochs": 1}
    one = fit(plain, NAMES, engine, **options)
    two = fit(weighed, NAMES, engine, class_weight={"yes": 9}, **options)
    assert one["accuracy"] == two["accuracy"]
    assert one["loss"] != two["loss"]


def test_a_loss_of_ones_own_takes_weights(engine):
    def cubic(prediction, target):
        return (abs(prediction - target) ** 3).mean(axis=1)

    model = linear()
    history = fit(model, engine=engine, loss=cubic, sample_weight=W, optimizer=optim.SGD(0.0))
    error = abs(model.predict(X)[:, 0] - Y) ** 3
    assert history["loss"][-1] == pytest.approx(np.average(error, weights=W), rel=1e-9)
    with pytest.raises(ArgumentError, match="weight"):
        fit(linear(), loss=lambda p, t: (p - t).mean() ** 2, sample_weight=W)


# --- what cannot be ------------------------------------------------------------------------

WRONG = {
    "negative": ({"sample_weight": -W}, DataError, "less than zero, or not finite"),
    "nan": ({"sample_weight": np.where(W > 2, np.nan, W)}, DataError, "not finite"),
    "infinite": ({"sample_weight": np.where(W > 2, np.inf, W)}, DataError, "not finite"),
    "short": ({"sample_weight": W[:5]}, ShapeError, "not one number for each row"),
    "two columns": ({"sample_weight": np.ones((24, 2))}, ShapeError, "not one number for each"),
    "zeros": ({"sample_weight": 0 * W}, DataError, "every weight is zero"),
    "text": ({"sample_weight": ["a"] * 24}, DataError, "no array of numbers"),
    "a word": ({"class_weight": "balance"}, ArgumentError, "balance"),
    "a number": ({"class_weight": 3.0}, ArgumentError, "takes a word or a dict"),
    "an unknown label": ({"class_weight": {"maybe": 1}}, LabelError, "'maybe' was not among"),
    "a negative class": ({"class_weight": {"no": -1}}, ArgumentError, "out of range"),
    "no class": ({"class_weight": {"no": 0, "yes": 0}}, ArgumentError, "weight zero"),
    "validation": ({"validation": (X, NAMES, W[:3])}, ShapeError, "not one number for each row"),
}


@pytest.mark.parametrize(("options", "kind", "told"), WRONG.values(), ids=WRONG)
def test_weights_that_cannot_be(options, kind, told):
    with pytest.raises(kind, match=told):
        fit(linear(2), NAMES, **options)


def test_numbers_have_no_classes():
    with pytest.raises(ArgumentError, match="needs a target of classes") as caught:
        fit(linear(), Y, class_weight="balanced")
    assert caught.value.mend == "give sample_weight=, a weight for each row"


def test_the_row_is_named():
    with pytest.raises(DataError) as caught:
        row_weights([1, 2, -3, -4], 4)
    assert (caught.value.where, caught.value.got) == ("sample_weight, row 2", "-3, 2 such in all")


@pytest.mark.parametrize("wish", ["balanced", {"yes": 3.0, "no": 0.5}])
def test_weights_of_classes_are_in_the_record_and_in_the_file(wish, tmp_path):
    model = linear()
    fit(model, NAMES, class_weight=wish)
    assert model._record.class_weights == {"output": wish}
    model.save(tmp_path / "m")
    assert pel.load(tmp_path / "m")._record.class_weights == {"output": wish}
    fit(model, NAMES)
    assert model._record.class_weights == {}


def test_weights_of_numbered_classes_keep_their_numbers(tmp_path):
    model = linear()
    fit(model, CLASS, class_weight={np.int64(1): 2, 0: 1})
    model.save(tmp_path / "m")
    assert pel.load(tmp_path / "m")._record.class_weights == {"output": {1: 2.0, 0: 1.0}}
