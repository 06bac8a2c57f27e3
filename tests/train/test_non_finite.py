"""Holds: the first number that is not finite ends a training, is named, and is not kept."""

from __future__ import annotations

import numpy as np
import pytest

import pellucid as pel
from pellucid import Callback, nn, optim
from pellucid.errors import NonFiniteError


def network(activation="relu"):
    return nn.Sequential([nn.Linear(8, activation=activation), nn.Linear(1)])


def weights(model):
    return {name: v.numpy().copy() for name, v in model.variables().items()}


def fit(model, numbers, engine, **options):
    options = {"batch_size": 8, "epochs": 20, "seed": 1, "dtype": "float32"} | options
    return model.fit(*numbers, **options, engine=engine, progress=False)


def test_a_rate_that_is_far_too_high(engine, numbers):
    """One step is taken; the second one finds the loss broken, and the weights after one stay."""
    model, once = network(), network()
    with pytest.raises(NonFiniteError) as caught:
        fit(model, numbers, engine, optimizer=optim.SGD(1e30))
    text = str(caught.value)
    assert "training met a number that is not finite, first in 1.matmul" in text
    assert "epoch 1, batch 2" in text
    assert "lower the learning rate" in text

    class First(Callback):
        granularity = "step"

        def on_progress(self, training):
            training.stop()

    fit(once, numbers, engine, optimizer=optim.SGD(1e30), callbacks=[First()])
    for name, value in weights(model).items():
        assert np.isfinite(value).all()
        assert value.tobytes() == weights(once)[name].tobytes()
    assert model.history.steps == 1
    assert np.isfinite(model.history.step_losses).all()
    model.predict(numbers[0])


def test_the_history_goes_up_to_the_broken_step(engine, numbers):
    model = network(None)
    with pytest.raises(NonFiniteError) as caught:
        fit(model, numbers, engine, optimizer=optim.SGD(3.0))
    history = model.history
    epoch, batch = 1 + history.steps // 3, 1 + history.steps % 3
    assert caught.value.where == f"epoch {epoch}, batch {batch}"
    assert len(history["loss"]) == history.steps // 3 >= 1
    assert np.isfinite(history.step_losses).all()


def test_it_goes_on_after_it(engine, numbers):
    model = network()
    with pytest.raises(NonFiniteError):
        fit(model, numbers, engine, optimizer=optim.SGD(1e30))
    model.reset(1)
    assert np.isfinite(fit(model, numbers, engine)["loss"]).all()


def test_a_weight_that_breaks_in_the_last_step(engine):
    """No later loss tells of it: the weights themselves are looked at."""
    model = nn.Sequential([nn.Linear(1, bias=False, weight_init=nn.init.Constant(2.0))])
    X, y = np.full((1, 1), 1e15), np.zeros((1, 1))
    with pytest.raises(NonFiniteError) as caught:
        fit(model, (X, y), engine, optimizer=optim.SGD(1e15), epochs=1)
    assert caught.value.where == "epoch 1, batch 1"
    assert weights(model)["0.weight"].tolist() == [[2.0]]


def test_a_layer_is_named(engine, numbers):
    X, y = numbers
    with pytest.raises(NonFiniteError, match=r"first in 0\.exp"):
        fit(network(pel.exp), (X * 100, y), engine)


def test_a_loss_is_named(engine, numbers):
    def half_logarithm(prediction, target):
        return pel.log(prediction - 1000.0).mean()

    with pytest.raises(NonFiniteError, match=r"first in half_logarithm\.log"):
        fit(network(), numbers, engine, loss=half_logarithm)


def test_a_weight_is_named(engine, numbers):
    model = network()
    model(numbers[0])
    model.variables()["0.weight"].assign(np.full((8, 3), np.nan))
    with pytest.raises(NonFiniteError, match=r"first in 0\.weight"):
        fit(model, numbers, engine)


def test_a_step_is_counted_where_there_are_no_epochs(engine, numbers):
    with pytest.raises(NonFiniteError) as caught:
        fit(network(), numbers, engine, optimizer=optim.SGD(1e30), steps=9, epochs=None)
    assert caught.value.where == "step 2"


def test_in_validation(engine, numbers):
    X, y = numbers
    model, alone = network(), network()
    with pytest.raises(NonFiniteError) as caught:
        fit(model, numbers, engine, validation=(X * 1e30, y))
    assert str(caught.value).startswith("validation met a number that is not finite")
    assert caught.value.where == "epoch 1, batch 1"
    fit(alone, numbers, engine, epochs=1)
    assert model.history.steps == 3
    for name, value in weights(model).items():
        assert value.tobytes() == weights(alone)[name].tobytes()


def test_after_seconds_of_training(engine, numbers, monkeypatch):
    """The replay starts from the newest copy, not from the beginning."""
    from pellucid.train import loop

    monkeypatch.setattr(loop, "BETWEEN_COPIES", 0.0)

    class Break(Callback):
        def on_progress(self, training):
            if training.history.epochs == 5:
                training.model.variables()["1.bias"].assign([3e38])

    model = network()
    with pytest.raises(NonFiniteError) as caught:
        fit(model, numbers, engine, callbacks=[Break()])
    assert caught.value.where == "epoch 6, batch 1"
    assert model.history.steps == 15
