"""Holds: weights can be shared, tied, frozen, penalised and kept within bounds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import pellucid as pel
from pellucid import nn, optim
from pellucid.errors import ArgumentError, GraphError, ShapeError
from pellucid.layers import from_config, to_config

RNG = np.random.default_rng(7)
X = RNG.normal(size=(24, 3)).astype(np.float32)
Y = (X[:, 0] > 0).astype(int)


def train(network: nn.Sequential, **options: object) -> None:
    network.fit(X, Y, epochs=2, seed=1, progress=False, optimizer=optim.SGD(0.5), **options)  # type: ignore[arg-type]


# --- sharing and tying ---------------------------------------------------------------------


def test_a_layer_that_is_used_twice_is_one_and_adds_its_gradients() -> None:
    layer = nn.Linear(3, bias=False)
    network = nn.Sequential([layer, nn.Tanh(), layer])
    network(X)
    assert list(network.parameters()) == ["0.weight"]
    network(X).sum().backward()
    twin = nn.Sequential([nn.Linear(3, bias=False), nn.Tanh(), nn.Linear(3, bias=False)])
    twin(X)
    for one in (twin[0], twin[2]):
        one.weight.assign(layer.weight)
    twin(X).sum().backward()
    both = twin[0].weight.grad.numpy() + twin[2].weight.grad.numpy()
    np.testing.assert_allclose(layer.weight.grad.numpy(), both, rtol=1e-5)


def test_tied_weights_are_one_array_also_from_a_file(tmp_path: Path) -> None:
    words = nn.Embedding(7, 3)
    network = nn.Sequential([words, nn.Tied(words)])
    sentences = RNG.integers(0, 7, (4, 5))
    y = network(sentences)
    assert y.shape == (4, 5, 7)
    expected = words.weight.numpy()[sentences] @ words.weight.numpy().T
    np.testing.assert_allclose(y.numpy(), expected, rtol=1e-4, atol=1e-6)
    assert list(network.variables()) == ["0.weight", "1.bias"]
    network.save(tmp_path / "tied.safetensors")
    again = pel.load(tmp_path / "tied.safetensors")
    assert again[1].weight is again[0].weight  # type: ignore[index]
    np.testing.assert_array_equal(again(sentences).numpy(), y.numpy())


def test_an_autoencoder_leads_back_by_the_same_weights() -> None:
    encoder = nn.Linear(2)
    network = nn.Sequential([encoder, nn.Tied(encoder, transposed=True, bias=False)])
    y = network(X).numpy()
    np.testing.assert_allclose(y, encoder(X).numpy() @ encoder.weight.numpy(), rtol=1e-5)
    train(nn.Sequential([network, nn.Linear(2)]))
    assert network[1].weight is encoder.weight


TIES: dict[str, tuple[type[Exception], Callable[[], object], str]] = {
    "not yet": (GraphError, lambda: nn.Tied(nn.Linear(2))(X), "no matrix of weights yet"),
    "no weight": (GraphError, lambda: _after(nn.ReLU()), "ReLU whose weight is shared has no"),
    "no matrix": (GraphError, lambda: _after(nn.PReLU()), r"got     weight \(1,\)"),
    "no layer": (ArgumentError, lambda: nn.Tied(3), "takes the layer whose weight"),  # type: ignore[arg-type]
    "another width": (ShapeError, lambda: _after(nn.Linear(2)), "does not have the 3 columns"),
}


def _after(layer: nn.Module) -> object:
    return nn.Sequential([layer, nn.Tied(layer)])(X)


@pytest.mark.parametrize("case", TIES)
def test_what_cannot_be_tied_is_refused(case: str) -> None:
    kind, call, said = TIES[case]
    with pytest.raises(kind, match=said):
        call()


# --- freezing ------------------------------------------------------------------------------


@pytest.mark.parametrize("built", [False, True])
def test_a_frozen_layer_does_not_train_and_an_unfrozen_one_does(built: bool) -> None:
    first = nn.Linear(4)
    network = nn.Sequential([first, nn.Linear(2)])
    network.seed(1)
    if built:
        network(X)
    assert first.freeze() is first
    network(X)
    before = {name: v.numpy() for name, v in network.variables().items()}
    train(network)
    changed = [name for name, v in network.variables().items() if (v.numpy() != before[name]).any()]
    assert changed == ["1.weight", "1.bias"]
    assert "frozen" in str(network.summary())
    first.unfreeze()
    train(network)
    assert (first.weight.numpy() != before["0.weight"]).any()


def test_freezing_leaves_running_statistics_what_they_are() -> None:
    norm = nn.BatchNorm1d()
    norm(X)
    norm.freeze().unfreeze()
    assert list(norm.parameters()) == ["weight", "bias"]
    assert not norm.running_mean.trainable


# --- penalties -----------------------------------------------------------------------------


def test_penalties_are_their_formulas() -> None:
    w = pel.tensor([[1.0, -2.0], [0.0, 3.0]])
    assert nn.L1(0.5)(w).item() == 3.0
    assert nn.L2(0.5)(w).item() == 7.0
    assert nn.L1L2(0.5, 0.25)(w).item() == 6.5


def test_a_network_adds_up_the_penalties_of_its_weights() -> None:
    small, sparse = nn.Linear(4, penalty=nn.L2(0.1)), nn.Linear(2, penalty=nn.L1(0.2))
    network = nn.Sequential([small, nn.ReLU(), sparse, nn.Linear(2)])
    assert network.penalty() is None
    network(X)
    first, second = (network[k].weight.numpy() for k in (0, 2))
    expected = 0.1 * (first**2).sum() + 0.2 * np.abs(second).sum()
    assert network.penalty().item() == pytest.approx(expected, rel=1e-5)
    pel.grad(network.penalty(), network[0].weight)
    network[2].freeze()
    assert network.penalty().item() == pytest.approx(0.1 * (first**2).sum(), rel=1e-5)
    assert nn.Sequential([nn.Linear(1)]).penalty() is None


def test_a_shared_weight_is_penalised_once() -> None:
    layer = nn.Linear(3, penalty=nn.L2(1.0))
    network = nn.Sequential([layer, nn.Tied(layer), layer])
    network(X)
    assert network.penalty().item() == pytest.approx((layer.weight.numpy() ** 2).sum(), rel=1e-5)


@pytest.mark.parametrize(
    "layer",
    [nn.Linear(4, penalty=nn.L2()), nn.Conv1d(4, 2, penalty=nn.L2()),
     nn.ConvTranspose1d(4, 2, penalty=nn.L2()), nn.Embedding(4, 2, penalty=nn.L2())],
    ids=repr,
)  # fmt: skip
def test_every_layer_with_a_weight_takes_one(layer: nn.Module) -> None:
    layer(np.zeros((2, 3, 5), int) if isinstance(layer, nn.Embedding) else np.zeros((2, 3, 5)))
    assert layer.penalty().item() > 0


# --- constraints ---------------------------------------------------------------------------


def test_max_norm_shrinks_what_is_too_long_and_leaves_the_rest() -> None:
    w = RNG.normal(size=(5, 4, 3, 3)).astype(np.float32)
    norms = np.sqrt((w**2).sum((1, 2, 3)))
    limit = float(np.median(norms))
    kept = nn.MaxNorm(limit)(pel.tensor(w)).numpy()
    new = np.sqrt((kept**2).sum((1, 2, 3)))
    np.testing.assert_allclose(new, np.minimum(norms, limit), rtol=1e-5)
    np.testing.assert_array_equal(kept[norms <= limit], w[norms <= limit])
    across = nn.MaxNorm(limit, axis=1)(pel.tensor(w)).numpy()
    assert np.sqrt((across**2).sum((0, 2, 3))).max() <= limit * (1 + 1e-6)
    assert not nn.MaxNorm(1)(pel.tensor(np.zeros((2, 2)))).numpy().any()


def test_training_keeps_the_constraints() -> None:
    network = nn.Sequential(
        [nn.Linear(6, constraint=nn.MaxNorm(0.5)), nn.Linear(2, constraint=nn.NonNegative())]
    )
    train(network)
    norms = np.sqrt((network[0].weight.numpy() ** 2).sum(1))
    assert norms.max() <= 0.5 + 1e-6
    assert network[1].weight.numpy().min() == 0


WRONG: dict[str, tuple[type[Exception], Callable[[], object], str]] = {
    "a number": (ArgumentError, lambda: nn.Linear(2, penalty=0.1), r"write penalty=nn.L2\(0.1\)"),  # type: ignore[arg-type]
    "a class": (ArgumentError, lambda: nn.Linear(2, penalty=nn.L2), "this is no penalty"),  # type: ignore[arg-type]
    "a rate": (ArgumentError, lambda: nn.L2(-1), "rate ≥ 0"),
    "a limit": (
        ArgumentError,
        lambda: nn.Conv2d(2, 3, constraint=3),  # type: ignore[arg-type]
        r"write constraint=nn.MaxNorm\(3\)",
    ),
    "no limit": (ArgumentError, lambda: nn.MaxNorm(0), "limit > 0"),
    "an axis": (ArgumentError, lambda: nn.MaxNorm(1, axis=2)(pel.tensor([[1.0]])), "axis=2"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_no_penalty_or_constraint_is_refused(case: str) -> None:
    kind, call, said = WRONG[case]
    with pytest.raises(kind, match=said):
        call()


def test_they_survive_a_file() -> None:
    layer = nn.Linear(2, penalty=nn.L1L2(0.1, 0.2), constraint=nn.MaxNorm(2.0, axis=1))
    again = from_config(to_config(layer))
    assert again.arguments == layer.arguments
