"""Holds: a network is copied and pickled with its values and record, whatever happened to it."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

from pellucid import nn
from pellucid.errors import FileError

X = np.random.default_rng(0).normal(size=(12, 3)).astype("float32")


def unbuilt():
    return nn.Sequential([nn.Linear(3, activation="tanh"), nn.Dropout(0.3), nn.Linear(1)])


def called():
    model = unbuilt()
    model(X)
    return model


def with_gradients():
    model = unbuilt()
    (model(X, training=True) ** 2).sum().backward()
    assert all(v.grad is not None for v in model.parameters().values())
    return model


def fitted():
    model = unbuilt()
    model.fit(X, X[:, 0], epochs=2, seed=1, prepare="standard", progress=False)
    return model


def functional():
    x = nn.Input((3,))
    model = nn.Model(x, nn.Linear(1)(nn.Linear(4, activation="tanh")(x)))
    (model(X) ** 2).sum().backward()
    return model


MADE = [unbuilt, called, with_gradients, fitted, functional]
COPIES = {"deepcopy": copy.deepcopy, "pickle": lambda one: pickle.loads(pickle.dumps(one))}


@pytest.mark.parametrize("make", MADE)
@pytest.mark.parametrize("again", COPIES.values(), ids=COPIES)
def test_a_copy_has_the_values_and_shares_nothing(make, again):
    model = make()
    twin = again(model)
    assert type(twin) is type(model)
    values = [{k: v.numpy().tobytes() for k, v in m.variables().items()} for m in (model, twin)]
    assert values[0] == values[1]
    assert all(v.grad is None for v in twin.variables().values())
    assert not set(twin.variables().values()) & set(model.variables().values())
    if model.history is not None:
        assert dict(twin.history) == dict(model.history)
        assert twin.predict(X).tobytes() == model.predict(X).tobytes()


@pytest.mark.parametrize("again", COPIES.values(), ids=COPIES)
def test_what_holds_several_networks_keeps_them_apart_and_together(again):
    model = called()
    first, second, other = again([model, model, called()])
    assert first is second
    assert first is not other


def test_a_network_that_plain_data_cannot_tell_says_so():
    model = nn.Sequential([nn.Linear(1, activation=lambda x: x * x)])
    with pytest.raises(FileError, match="cannot be written to a file"):
        pickle.dumps(model)
    assert copy.deepcopy(model)(X).shape == (12, 1)
