"""Holds: a network of any kind comes back from its file as it was, and no other."""

from __future__ import annotations

import numpy as np
import pytest

import pellucid as pel
from pellucid import nn, optim
from pellucid.errors import FileError


class Gated(nn.Network):
    """A network of a user's own, inside another one or alone."""

    def __init__(self, units, outputs=2):
        self.gate = nn.Linear(units, activation="sigmoid")
        self.out = nn.Sequential([nn.Dropout(0.2), nn.Linear(outputs)])

    def forward(self, x):
        return self.out(self.gate(x) * x)


def functional():
    x = nn.Input((2,))
    shared = nn.Linear(2, activation="tanh")
    return nn.Model(x, nn.Linear(2)(pel.concatenate([shared(x), shared(0.5 * x) + 1.0], axis=1)))


KINDS = {
    "sequential": lambda: nn.Sequential([nn.Linear(4, activation="relu"), nn.Linear(2)]),
    "nested": lambda: nn.Sequential([nn.Sequential([nn.Linear(3), nn.Tanh()]), nn.Linear(2)]),
    "functional": functional,
    "functional inside": lambda: nn.Sequential([functional(), nn.Linear(2)]),
    "own": lambda: Gated(2),
    "own inside": lambda: nn.Sequential([Gated(2, outputs=3), nn.Linear(2)]),
}


def trained(kind, rows):
    model = KINDS[kind]()
    y = np.where(rows[:, 0] > 0, "right", "left")
    model.fit(rows, y, optimizer=optim.Adam(0.05), epochs=3, seed=1, progress=False)
    return model, y


@pytest.mark.parametrize("kind", KINDS)
def test_there_and_back(kind, rows, tmp_path):
    model, y = trained(kind, rows)
    path = tmp_path / "model.safetensors"
    model.save(path)
    again = pel.load(path, modules=[Gated])
    assert type(again) is type(model)
    assert list(again.variables()) == list(model.variables())
    for name, variable in model.variables().items():
        assert again.variables()[name].numpy().tobytes() == variable.numpy().tobytes()
        assert again.variables()[name].dtype == variable.dtype
    assert again.predict(rows).tobytes() == model.predict(rows).tobytes()
    assert again.classify(rows).tolist() == model.classify(rows).tolist()
    assert again.evaluate(rows, y) == model.evaluate(rows, y)
    assert str(again.summary()) == str(model.summary())
    assert dict(again.history) == dict(model.history)
    again.save(tmp_path / "again.safetensors")
    assert (tmp_path / "again.safetensors").read_bytes() == path.read_bytes()


@pytest.mark.parametrize("kind", KINDS)
def test_what_comes_back_trains_on(kind, rows, tmp_path, engine):
    model, y = trained(kind, rows)
    model.save(tmp_path / "model.safetensors")
    again = pel.load(tmp_path / "model.safetensors", modules=[Gated])
    options = {"epochs": 2, "seed": 5, "engine": engine, "progress": False}
    assert dict(again.fit(rows, y, **options)) == dict(model.fit(rows, y, **options))
    assert again.predict(rows).tobytes() == model.predict(rows).tobytes()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("called", [False, True])
def test_weights_alone(kind, called, rows, tmp_path):
    model, _ = trained(kind, rows)
    model.save(tmp_path / "model.safetensors")
    other = KINDS[kind]()
    if called:
        other(rows)
    assert other.load_weights(tmp_path / "model.safetensors") is other
    np.testing.assert_array_equal(other.predict(rows), model.predict(rows))


def test_weights_of_another_network_are_refused(rows, tmp_path):
    model, _ = trained("sequential", rows)
    model.save(tmp_path / "model.safetensors")
    other = nn.Sequential([nn.Linear(5), nn.Linear(2)])
    other(rows)
    before = other.predict(rows)
    with pytest.raises(FileError, match="the weights do not fit the network") as caught:
        other.load_weights(tmp_path / "model.safetensors")
    assert "0.weight" in caught.value.got
    assert other.predict(rows).tobytes() == before.tobytes()


def test_a_class_that_is_not_known_is_refused_by_name(rows, tmp_path, monkeypatch):
    from pellucid.layers.module import REGISTRY

    model, _ = trained("own", rows)
    model.save(tmp_path / "model.safetensors")
    monkeypatch.delitem(REGISTRY, "Gated")
    with pytest.raises(FileError, match="Gated") as caught:
        pel.load(tmp_path / "model.safetensors")
    assert "modules=[Gated]" in caught.value.mend
    assert pel.load(tmp_path / "model.safetensors", modules=[Gated]).predict(rows).shape == (8, 2)


def test_float64_comes_back_as_float64(rows, tmp_path):
    model = KINDS["sequential"]()
    model.fit(rows, rows[:, 0] > 0, epochs=1, seed=1, dtype="float64", progress=False)
    model.save(tmp_path / "model.safetensors")
    again = pel.load(tmp_path / "model.safetensors")
    assert again.predict(rows).dtype == np.float64
    assert again.predict(rows).tobytes() == model.predict(rows).tobytes()


def test_a_loss_of_ones_own_is_missed_only_where_it_is_needed(rows, tmp_path):
    def cubic(prediction, target):
        return (abs(prediction - target) ** 3).mean(axis=1)

    model = nn.Sequential([nn.Linear(1)])
    model.fit(rows, rows[:, 0], loss=cubic, epochs=1, progress=False)
    model.save(tmp_path / "model.safetensors")
    again = pel.load(tmp_path / "model.safetensors")
    assert again.predict(rows).tobytes() == model.predict(rows).tobytes()
    with pytest.raises(pel.errors.PellucidError, match=r"cubic|loss of your own"):
        again.evaluate(rows, rows[:, 0])
    assert again.fit(rows, rows[:, 0], loss=cubic, epochs=1, progress=False).epochs == 1
