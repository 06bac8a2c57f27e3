"""Holds: a network is copied and pickled with its values and record, whatever happened to it."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import pellucid as pel
from pellucid import nn
from pellucid.errors import FileError, GraphError

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


def with_a_called_layer():
    layer = nn.Linear(4)
    layer(X)
    return nn.Sequential([layer, nn.Linear(1)])


MADE = [unbuilt, called, with_gradients, fitted, functional, with_a_called_layer]
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


class Normed(nn.Module):
    def __init__(self, units):
        self.inner = nn.Linear(units)
        self.norm = nn.BatchNorm1d()

    def forward(self, x):
        return self.norm(self.inner(x))


@pytest.mark.parametrize("make", [lambda: nn.Linear(3), lambda: Normed(2)])
@pytest.mark.parametrize("again", COPIES.values(), ids=COPIES)
def test_a_bare_layer_is_copied_too(make, again):
    layer = make()
    assert again(layer)(X).shape == layer(X).shape
    (layer(X, training=True) ** 2).sum().backward()
    twin = again(layer)
    assert twin(X).numpy().tobytes() == layer(X).numpy().tobytes()
    assert list(twin.parameters()) == list(layer.parameters())
    assert list(again(layer.freeze()).parameters()) == []
    assert not set(twin.variables().values()) & set(layer.variables().values())
    assert all(v.grad is None for v in twin.variables().values())


def test_a_network_with_a_called_layer_comes_back_from_its_file(tmp_path):
    model = with_a_called_layer()
    model.save(tmp_path / "model.safetensors")
    again = pel.load(tmp_path / "model.safetensors")
    assert not again.built
    assert again.layers[0](X).numpy().tobytes() == model.layers[0](X).numpy().tobytes()


def test_a_network_that_plain_data_cannot_tell_says_so():
    model = nn.Sequential([nn.Linear(1, activation=lambda x: x * x)])
    with pytest.raises(FileError, match="cannot be written to a file"):
        pickle.dumps(model)
    assert copy.deepcopy(model)(X).shape == (12, 1)


# --- tensors -------------------------------------------------------------------------------

COPIES = [lambda one: pickle.loads(pickle.dumps(one)), copy.deepcopy, copy.copy]


@pytest.mark.parametrize("again", COPIES)
def test_a_tensor_is_copied_with_value_dtype_and_name(again):
    for one in (
        pel.tensor([1.0, 2.0], "float64", name="t"),
        pel.tensor(3),
        pel.tensor([True]) | False,
        pel.tensor([1.0, 2.0]) + 1,
        pel.tensor([1.0], requires_grad=True, name="leaf"),
        pel.Variable([1.0, 2.0], "float64", name="v"),
        pel.Variable(np.arange(3, dtype="uint32"), name="count"),
        pel.Variable(lambda: np.ones(2), shape=(2,), name="drawn"),
    ):
        found = again(one)
        assert type(found) is type(one)
        assert (found.dtype, found.name) == (one.dtype, one.name)
        assert found.numpy().tobytes() == one.numpy().tobytes()
        assert not found.numpy().flags.writeable
    leaf = again(pel.tensor([1.0, 2.0], requires_grad=True))
    (leaf * leaf).sum().backward()
    assert leaf.grad.numpy().tolist() == [2.0, 4.0]


@pytest.mark.parametrize("again", COPIES)
def test_a_variable_stays_frozen_in_a_copy_and_leaves_its_gradient(again):
    v = pel.Variable([1.0, 2.0], constraint=pel.abs)
    (v * v).sum().backward()
    v.trainable = False
    found = again(v)
    assert (found.trainable, found.is_parameter, found.constraint) == (False, True, pel.abs)
    assert found.grad is None
    found.assign([5.0, 5.0])
    assert v.numpy().tolist() == [1.0, 2.0]


@pytest.mark.parametrize("again", COPIES)
def test_a_copy_that_would_end_a_gradient_is_refused(again):
    v = pel.Variable([1.0, 2.0], name="v")
    for one in (v.read(), v + 1, pel.exp(pel.tensor([1.0], requires_grad=True))):
        with pytest.raises(GraphError, match=r"cannot be pickled or copied") as caught:
            again(one)
        assert caught.value.mend == "write x.detach(), which is its value alone"
        assert again(one.detach()).numpy().tolist() == one.numpy().tolist()
    with pytest.raises(GraphError, match="x has no value yet"):
        again(pel.placeholder((None, 2), name="x"))
