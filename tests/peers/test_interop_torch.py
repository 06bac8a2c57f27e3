"""Holds: a network written as PyTorch predicts the same there, and its weights come back."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch
from tests.interop.networks import layers

from pellucid import data, interop, nn
from pellucid.errors import FileError, ShapeError
from pellucid.models import Network

rng = np.random.default_rng(0)


def module_of(model: Network) -> torch.nn.Module:
    """Run the source code, and give the module its weights."""
    scope: dict[str, Any] = {}
    exec(interop.torch.source(model), scope)
    weights = {name: torch.tensor(array) for name, array in interop.torch.state(model).items()}
    scope["model"].load_state_dict(weights, strict=True)
    return scope["model"].eval()


def told(module: torch.nn.Module, *X: Any) -> Any:
    with torch.no_grad():
        return module(*map(torch.tensor, X))


@pytest.mark.parametrize("name", list(layers()))
def test_every_layer(name: str) -> None:
    model, X = layers()[name]
    found = told(module_of(model), X).numpy()
    np.testing.assert_allclose(found, model.predict(X), rtol=1e-5, atol=1e-5)


def test_what_is_not_a_chain_becomes_a_class() -> None:
    left, right = nn.Input((3,), name="left"), nn.Input((2,), name="right")
    hidden = nn.Linear(4, activation="tanh")(left) * nn.Linear(4)(right) + 0.5
    model = nn.Model([left, right], {"size": nn.Linear(1)(hidden), "colour": hidden})
    X = rng.normal(size=(5, 3)).astype(np.float32), rng.normal(size=(5, 2)).astype(np.float32)
    found, wanted = told(module_of(model), *X), model.predict(X)
    assert "def forward(self, left, right):" in interop.torch.source(model)
    for head in ("size", "colour"):
        np.testing.assert_allclose(found[head], wanted[head], rtol=1e-5, atol=1e-6)


def test_a_fitted_network_scales_as_predict_does() -> None:
    X = rng.normal(50.0, 20.0, (60, 4)).astype(np.float32)
    model = nn.Sequential([nn.Linear(8, activation="tanh"), nn.Linear(2)])
    model.fit(X, X[:, :2] * 3 + 100, epochs=3, prepare="standard", seed=1, progress=False)
    found = told(module_of(model), X[:9]).numpy()
    np.testing.assert_allclose(found, model.predict(X[:9]), rtol=1e-5)


class Loop(nn.Network):
    """A network that no list of layers says: one layer, called several times."""

    def __init__(self) -> None:
        self.inner = nn.Linear(3, activation="tanh")
        self.out = nn.Linear(1)

    def forward(self, x: Any) -> Any:
        for _ in range(3):
            x = x + self.inner(x)
        return self.out(x[:, 1:])


def test_a_network_of_ones_own() -> None:
    model, X = Loop(), rng.normal(size=(4, 3)).astype(np.float32)
    model(X)
    np.testing.assert_allclose(told(module_of(model), X), model.predict(X), rtol=1e-5, atol=1e-6)
    assert interop.torch.source(model).count("nn.Linear") == 2


def test_a_file_of_weights_goes_both_ways(tmp_path: Path) -> None:
    theirs = torch.nn.Sequential(
        torch.nn.Conv2d(1, 4, 3, padding=1), torch.nn.BatchNorm2d(4), torch.nn.ReLU(),
        torch.nn.MaxPool2d(2), torch.nn.Flatten(), torch.nn.Linear(36, 5),
    )  # fmt: skip
    X = rng.normal(size=(6, 1, 6, 6)).astype(np.float32)
    theirs(torch.tensor(X))  # running statistics that are not the first ones
    theirs.eval()
    safetensors.torch.save_file(theirs.state_dict(), tmp_path / "theirs.safetensors")
    ours = nn.Sequential([
        nn.Conv2d(4, 3, padding=1), nn.BatchNorm2d(), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(5),
    ])  # fmt: skip
    ours(X)
    interop.torch.load_state(ours, tmp_path / "theirs.safetensors")
    np.testing.assert_allclose(ours.predict(X), told(theirs, X), rtol=1e-5, atol=1e-5)

    ours.reset(7)
    interop.torch.save_state(ours, tmp_path / "ours.safetensors")
    theirs.load_state_dict(safetensors.torch.load_file(tmp_path / "ours.safetensors"))
    np.testing.assert_allclose(ours.predict(X), told(theirs, X), rtol=1e-5, atol=1e-5)


def test_a_module_of_other_names(tmp_path: Path) -> None:
    theirs = torch.nn.ModuleDict({"first": torch.nn.Linear(2, 3), "last": torch.nn.Linear(3, 1)})
    path = tmp_path / "theirs.safetensors"
    safetensors.torch.save_file(theirs.state_dict(), path)
    ours = nn.Sequential([nn.Linear(3, activation="relu"), nn.Linear(1)])
    ours([[0.0, 0.0]])
    with pytest.raises(ShapeError, match="other names"):
        interop.torch.load_state(ours, path)
    interop.torch.load_state(
        ours, path, names={"0": "first", "2.weight": "last.weight", "2": "last"}
    )
    assert ours.layers[1].bias.numpy() == theirs["last"].bias.detach().numpy()


def test_files_that_are_refused(tmp_path: Path) -> None:
    ours = nn.Sequential([nn.Linear(3)])
    ours([[0.0, 0.0]])
    torch.save({"0.weight": torch.zeros(3, 2)}, tmp_path / "pickle.pt")
    with pytest.raises(FileError, match="no whole file of safetensors"):
        interop.torch.load_state(ours, tmp_path / "pickle.pt")
    other = {"0.weight": torch.zeros(3, 5), "0.bias": torch.zeros(3)}
    safetensors.torch.save_file(other, tmp_path / "other.safetensors")
    before = ours.layers[0].weight.numpy()
    with pytest.raises(ShapeError, match=r"0\.weight has another shape"):
        interop.torch.load_state(ours, tmp_path / "other.safetensors")
    np.testing.assert_array_equal(ours.layers[0].weight.numpy(), before)


def test_the_exported_file_runs_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model, X = layers()["convolutional"]
    interop.torch.export(model, tmp_path / "exported_net.py")
    monkeypatch.syspath_prepend(tmp_path)
    module = __import__("exported_net").model
    monkeypatch.delitem(sys.modules, "exported_net")
    module.load_state_dict(safetensors.torch.load_file(tmp_path / "exported_net.safetensors"))
    np.testing.assert_allclose(told(module.eval(), X), model.predict(X), rtol=1e-5, atol=1e-5)


def test_rows_and_weights_are_shared_with_pytorch() -> None:
    rows = torch.arange(12, dtype=torch.float32).reshape(6, 2)
    assert np.shares_memory(data.features(rows).array, rows.numpy())
    model = nn.Sequential([nn.Linear(2)])
    model.fit(rows, torch.arange(6) % 2, epochs=1, seed=1, progress=False)
    weight = model.variables()["0.weight"].numpy()
    assert torch.from_dlpack(weight).data_ptr() == weight.ctypes.data
