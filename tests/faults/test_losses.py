"""Holds: a prediction and a target never broadcast against each other, wherever it is written."""

from __future__ import annotations

import numpy as np
import pytest

import pellucid as pel
from faults.conftest import rows
from pellucid import nn, optim
from pellucid.errors import ArgumentTypeError, ShapeError

X, Y, C = rows()


def column():
    return nn.Sequential([nn.Linear(1, activation="sigmoid")])


def right(prediction, target):
    return ((prediction - target) ** 2).mean()


RIGHT = {
    "columns": right,
    "rows": lambda p, t: ((p - t) ** 2).mean(axis=1),
    "both flat": lambda p, t: ((p.reshape(-1) - t.reshape(-1)) ** 2).mean(),
    "first columns": lambda p, t: (p[:, 0] - t[:, 0]) ** 2,
    "row by row": lambda p, t: ((p - t) * (p - t)).sum(axis=1),
    "explicit pairs": lambda p, t: ((p - t) ** 2).mean() + 0 * (p - t.reshape(1, -1)).mean(),
    "the mean of the targets": lambda p, t: ((p - t) ** 2).mean() + 0 * (p - t.mean()).mean(),
}


@pytest.mark.parametrize("way", RIGHT)
def test_ways_of_writing_it_that_mean_the_same(way, engine):
    def loss_of(loss):
        model = column()
        history = model.fit(X, Y, loss=loss, epochs=2, seed=1, engine=engine, progress=False)
        return history["loss"]

    assert loss_of(RIGHT[way]) == pytest.approx(loss_of("mse"), rel=1e-6)


WRONG = {
    "a flat prediction": lambda p, t: ((p.reshape(-1) - t) ** 2).mean(),
    "a squeezed prediction": lambda p, t: ((pel.squeeze(p, 1) - t) ** 2).mean(),
    "a first column": lambda p, t: ((p[:, 0] - t) ** 2).mean(),
    "a flat target": lambda p, t: ((p - t.reshape(-1)) ** 2).mean(),
    "a column of targets": lambda p, t: ((p - t[:, 0]) ** 2).mean(),
    "behind operations": lambda p, t: -(t.reshape(-1) * pel.log(p + 1e-3)).mean(),
    "a choice": lambda p, t: pel.where(t.reshape(-1) > 0, p, -p).mean(),
}


@pytest.mark.parametrize("way", WRONG)
@pytest.mark.parametrize("batch_size", [None, 7])
def test_a_loss_that_would_compare_each_with_all(way, batch_size):
    with pytest.raises(ShapeError, match="the prediction and the target differ in shape") as caught:
        column().fit(X, Y, loss=WRONG[way], batch_size=batch_size, progress=False)
    assert caught.value.mend in ("write target.reshape(-1, 1)", "write target.reshape(-1)")
    assert caught.value.got.startswith("prediction (")


@pytest.mark.parametrize("loss", [nn.mse, nn.mae, nn.binary_cross_entropy])
@pytest.mark.parametrize("target", [C, C.astype(float), C.tolist(), pel.tensor(C)])
def test_in_a_loop_written_by_hand(loss, target):
    with pytest.raises(ShapeError) as caught:
        loss(column()(X), target)
    assert caught.value.got == "prediction (20, 1), target (20,)"
    assert caught.value.wanted == "a target of shape (20, 1)"
    assert caught.value.mend == "write target.reshape(-1, 1)"
    assert loss(column()(X), C.reshape(-1, 1)).item() > 0


def test_labels_in_a_column():
    model = nn.Sequential([nn.Linear(3)])
    with pytest.raises(ShapeError, match="the labels stand in a column") as caught:
        nn.cross_entropy(model(X), C.reshape(-1, 1))
    assert caught.value.mend == "write target.reshape(-1)"


NO_LOSS = {
    "a number": (lambda p, t: 3.0, ArgumentTypeError, "gave something that is not a tensor"),
    "nothing": (lambda p, t: None, ArgumentTypeError, "gave something that is not a tensor"),
    "a table": (lambda p, t: (p - t) ** 2, ShapeError, "neither one number nor one for each row"),
}


@pytest.mark.parametrize(("loss", "kind", "told"), NO_LOSS.values(), ids=NO_LOSS)
def test_what_is_no_loss(loss, kind, told):
    with pytest.raises(kind, match=told):
        column().fit(X, Y, loss=loss, progress=False)


def test_what_a_loss_raises_reaches_the_user():
    def broken(prediction, target):
        raise ZeroDivisionError("in my loss")

    with pytest.raises(ZeroDivisionError, match="in my loss"):
        column().fit(X, Y, loss=broken, progress=False)


# --- arithmetic ----------------------------------------------------------------------------


def test_small_integers_wrap_as_in_numpy():
    a, b = np.array([100, 127, -128], np.int8), np.array([100, 1, -1], np.int8)
    for operation in (np.add, np.subtract, np.multiply):
        with np.errstate(over="ignore"):
            wanted = operation(a, b)
        x, y = pel.tensor(a), pel.tensor(b)
        found = {"add": x + y, "subtract": x - y, "multiply": x * y}[operation.__name__]
        assert found.dtype == np.int8
        assert np.array_equal(found.numpy(), wanted)


def test_means_of_integers_are_floating():
    assert pel.tensor([1, 2]).mean().item() == 1.5


def test_integers_have_no_gradient():
    from pellucid.errors import DTypeError, GradientError

    with pytest.raises(DTypeError, match="only floating tensors have gradients"):
        pel.tensor([1, 2], requires_grad=True)
    x = pel.tensor([1, 2])
    with pytest.raises(GradientError, match="not floating"):
        pel.grad(x.sum(), x)


def test_an_eager_step_without_a_gradient():
    model = column()
    model(X)
    stepper = optim.SGD(0.1).over(model.parameters())
    with pytest.raises(pel.errors.GradientError, match="no parameter has a gradient"):
        stepper.step()


@pytest.mark.parametrize("target", [Y, Y.astype(np.float64), pel.tensor(Y)])
def test_a_loop_of_ones_own_never_makes_a_square(target):
    prediction = column()(X, training=True)
    for loss in (lambda: prediction - target, lambda: target - prediction):
        with pytest.raises(ShapeError, match=r"write target.reshape\(-1, 1\)"):
            loss()
    assert (prediction.reshape(-1) - target).shape == np.shape(target)


def test_a_column_still_stretches_over_other_shapes():
    prediction = column()(X)
    assert (prediction * np.ones(3, np.float32)).shape == (len(X), 3)
    assert (pel.tensor(np.ones((4, 1))) - pel.tensor(np.ones(4))).shape == (4, 4)
