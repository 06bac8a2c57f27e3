"""Holds: a training ends when its rule says so, and has the weights of its best epoch."""

from __future__ import annotations

import numpy as np
import pytest

from pellucid import EarlyStopping, nn, optim
from pellucid.errors import ArgumentError


def one_weight(start=0.0):
    return nn.Sequential([nn.Linear(1, bias=False, weight_init=nn.init.Constant(start))])


def descend(model, engine, *, rate, epochs=30, **options):
    """Fit w·x to 1 at x = 1: the error shrinks by 1 − 2·rate at each step."""
    X, y = np.ones((1, 1)), np.ones((1, 1))
    return model.fit(
        X, y, loss="mse", optimizer=optim.SGD(rate), epochs=epochs, validation=(X, y),
        seed=1, engine=engine, progress=False, dtype="float64", **options,
    )  # fmt: skip


def test_patience_counts_epochs_without_improvement(engine):
    """A rate of 1 throws the weight from 0 to 2 and back: no epoch is better than the first."""
    history = descend(one_weight(), engine, rate=1.0, early_stopping=4)
    assert history.epochs == 5
    assert history.best_epoch == 0
    assert history.stopped == "no longer improving"


def test_it_goes_on_while_it_improves(engine):
    history = descend(one_weight(), engine, rate=0.1, epochs=12, early_stopping=1)
    assert (history.epochs, history.stopped, history.best_epoch) == (12, "", 11)


def test_min_delta_is_the_least_improvement_that_counts(engine):
    """The loss falls as 0.64, 0.4096, 0.2621, …; the first fall of less than 0.1 is the third."""
    rule = EarlyStopping(patience=1, min_delta=0.1)
    history = descend(one_weight(), engine, rate=0.1, early_stopping=rule)
    np.testing.assert_allclose(history["val_loss"], 0.64 ** np.arange(1, 5))
    falls = -np.diff(history["val_loss"])
    assert (falls[:-1] > 0.1).all()
    assert falls[-1] < 0.1
    assert history.best_epoch == history.epochs - 2


def test_the_weights_are_those_of_the_best_epoch(engine):
    """Divergence from near the answer: the best epoch is the first."""
    model, once = one_weight(0.9), one_weight(0.9)
    history = descend(model, engine, rate=1.05, early_stopping=3)
    descend(once, engine, rate=1.05, epochs=1)
    assert history.best_epoch == 0
    assert model.predict([[1.0]]).tobytes() == once.predict([[1.0]]).tobytes()
    assert model.evaluate([[1.0]], [[1.0]])["loss"] == pytest.approx(history["val_loss"][0])


def test_or_those_of_the_last_epoch_on_request(engine):
    model = one_weight(0.9)
    rule = EarlyStopping(patience=3, restore_best=False)
    history = descend(model, engine, rate=1.05, early_stopping=rule)
    assert history.epochs == 4
    assert history.best_epoch is None
    assert model.evaluate([[1.0]], [[1.0]])["loss"] == pytest.approx(history["val_loss"][-1])


def test_the_best_of_a_whole_training_is_restored_at_its_end(engine):
    """Epochs run out before patience does."""
    model = one_weight(0.9)
    history = descend(model, engine, rate=1.05, epochs=5, early_stopping=10)
    assert (history.epochs, history.stopped, history.best_epoch) == (5, "", 0)
    assert model.evaluate([[1.0]], [[1.0]])["loss"] == pytest.approx(history["val_loss"][0])


def test_more_accuracy_is_better(engine):
    rng = np.random.default_rng(3)
    X = rng.normal(size=(80, 2))
    y = (X[:, 0] > 0).astype(int)
    model = nn.Sequential([nn.Linear(1)])
    history = model.fit(
        X[:60], y[:60], validation=(X[60:], y[60:]), optimizer=optim.SGD(0.3), epochs=50,
        early_stopping=EarlyStopping(patience=4, monitor="val_accuracy"),
        batch_size=20, seed=2, engine=engine, progress=False,
    )  # fmt: skip
    seen = history["val_accuracy"]
    assert history.best_epoch == int(np.argmax(seen))
    assert history.epochs == history.best_epoch + 1 + 4
    assert model.evaluate(X[60:], y[60:])["accuracy"] == pytest.approx(max(seen))


def test_without_validation_the_training_loss_is_watched(engine, numbers):
    model = nn.Sequential([nn.Linear(1)])
    history = model.fit(
        *numbers, optimizer=optim.SGD(0.0), epochs=20, early_stopping=3, shuffle=False,
        seed=1, engine=engine, progress=False,
    )  # fmt: skip
    assert (history.epochs, history.best_epoch) == (4, 0)


@pytest.mark.parametrize(
    ("monitor", "told"),
    [
        ("val_loss", "'val_loss': it is not recorded without validation rows"),
        ("accurcy", "'accurcy': it is not recorded"),
        ("val_auc", "'val_auc': it is not recorded without validation rows"),
        ("f1", "'f1': it is not recorded"),
    ],
)
def test_what_is_not_recorded_cannot_be_watched(monitor, told, classes):
    X, y = classes
    model = nn.Sequential([nn.Linear(1)])
    with pytest.raises(ArgumentError, match=f"early stopping cannot watch {told}") as caught:
        model.fit(
            X, y > 0, metrics=["accuracy", "auc"], progress=False,
            early_stopping=EarlyStopping(monitor=monitor),
        )  # fmt: skip
    assert caught.value.wanted == "loss or accuracy or auc"


@pytest.mark.parametrize("monitor", ["auc", "val_auc", "val_f1"])
def test_a_metric_of_all_rows_can_be_watched(monitor, engine, classes):
    """It stops where its column says, and keeps the weights of its best epoch."""
    X, y = classes
    y = y > 0
    metric = monitor.removeprefix("val_")
    model = nn.Sequential([nn.Linear(3, activation="tanh"), nn.Linear(1)])
    history = model.fit(
        X, y, metrics=[metric], validation=(X[::2], y[::2]), epochs=60, batch_size=4, seed=1,
        optimizer=optim.Adam(0.05), engine=engine, progress=False,
        early_stopping=EarlyStopping(4, monitor),
    )  # fmt: skip
    column = np.array(history[monitor])
    assert history.best_epoch == column.argmax()
    assert history.epochs == len(column) == column.argmax() + 5
    assert history.stopped == "no longer improving"
    rows = slice(None, None, 2) if monitor.startswith("val_") else slice(None)
    assert model.evaluate(X[rows], y[rows])[metric] == pytest.approx(column.max(), abs=1e-12)


def test_stopping_needs_epochs(numbers):
    with pytest.raises(ArgumentError, match="a fit by steps has none"):
        nn.Sequential([nn.Linear(1)]).fit(*numbers, steps=10, early_stopping=3, progress=False)


@pytest.mark.parametrize("wrong", [0, -1, 2.5, "3", True])
def test_patience_is_a_whole_number(wrong, numbers):
    with pytest.raises(ArgumentError, match="early_stopping"):
        nn.Sequential([nn.Linear(1)]).fit(*numbers, early_stopping=wrong, progress=False)
    with pytest.raises(ArgumentError, match="patience"):
        EarlyStopping(wrong)
