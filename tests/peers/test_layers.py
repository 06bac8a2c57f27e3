"""Holds: activations and layers give PyTorch's numbers in float64, with both derivatives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import pellucid as pel
from pellucid import layers
from pellucid.layers import Linear, Module, init

F = torch.nn.functional
RTOL = 1e-12
POINTS = np.array(
    [-60.0, -20.0, -6.5, -3.0, -1.0, -0.5, -1e-3, 0.0, 1e-3, 0.5, 1.0, 3.0, 6.5, 20.0, 60.0]
)
KINKED = {"relu", "leaky relu", "elu", "elu 0.5", "softsign"}  # no second derivative at 0

PEERS: dict[str, tuple[Module, Callable[[Any], Any]]] = {
    "elu": (layers.ELU(), F.elu),
    "elu 0.5": (layers.ELU(0.5), lambda x: F.elu(x, 0.5)),
    "gelu": (layers.GELU(), F.gelu),
    "gelu tanh": (layers.GELU(approximate="tanh"), lambda x: F.gelu(x, approximate="tanh")),
    "identity": (layers.Identity(), lambda x: x + 0),
    "leaky relu": (layers.LeakyReLU(0.2), lambda x: F.leaky_relu(x, 0.2)),
    "log softmax": (layers.LogSoftmax(), lambda x: F.log_softmax(x, -1)),
    "log softmax, rows": (layers.LogSoftmax(0), lambda x: F.log_softmax(x, 0)),
    "relu": (layers.ReLU(), F.relu),
    "sigmoid": (layers.Sigmoid(), torch.sigmoid),
    "sign": (layers.Sign(), torch.sign),
    "silu": (layers.SiLU(), F.silu),
    "softmax": (layers.Softmax(), lambda x: F.softmax(x, -1)),
    "softplus": (layers.Softplus(), lambda x: F.softplus(x, threshold=1e3)),
    "softsign": (layers.Softsign(), lambda x: x / (1 + torch.where(x > 0, x, -x))),
    "tanh": (layers.Tanh(), torch.tanh),
}


def near(ours: pel.Tensor, theirs: Any, atol: float = 1e-15) -> None:
    np.testing.assert_allclose(ours.numpy(), theirs.detach().numpy(), rtol=RTOL, atol=atol)


def weights_like(x: np.ndarray) -> np.ndarray:
    return np.cos(np.arange(1.0, x.size + 1)).reshape(x.shape)


def test_every_activation_has_a_peer() -> None:
    ours = {type(layer) for layer, _ in PEERS.values()} | {layers.Activation}
    assert {getattr(layers, name) for name in layers.activation.__all__} == ours


@pytest.mark.parametrize("name", PEERS)
def test_value_and_derivatives(name: str) -> None:
    layer, peer = PEERS[name]
    points = POINTS[POINTS != 0] if name in KINKED else POINTS
    x = np.stack([points, points[::-1] / 3])
    ours, theirs = pel.tensor(x, "float64"), torch.tensor(x, requires_grad=True)
    y, z = layer(ours), peer(theirs)
    near(y, z)
    if name == "sign":
        return
    w = weights_like(x)
    dy = pel.grad((y * w).sum(), ours)
    (dz,) = torch.autograd.grad((z * torch.tensor(w)).sum(), theirs, create_graph=True)
    near(dy, dz)
    if name in {"identity", "relu", "leaky relu"}:
        return
    second = pel.grad((dy * w).sum(), ours)
    (peers,) = torch.autograd.grad((dz * torch.tensor(w)).sum(), theirs)
    near(second, peers, atol=1e-14)


@pytest.mark.parametrize("name", sorted(KINKED))
def test_the_slope_at_a_kink(name: str) -> None:
    layer, peer = PEERS[name]
    ours = pel.tensor([[0.0]], "float64")
    theirs = torch.zeros((1, 1), dtype=torch.float64, requires_grad=True)
    peer(theirs).sum().backward()
    assert pel.grad(layer(ours).sum(), ours).item() == pytest.approx(theirs.grad.item(), abs=1e-15)


@pytest.mark.parametrize("shape", [(7, 5), (2, 3, 5)])
@pytest.mark.parametrize("bias", [True, False])
def test_linear(shape: tuple[int, ...], bias: bool) -> None:
    rng = np.random.default_rng(0)
    with pel.default_dtype("float64"):
        ours = Linear(4, bias=bias)
        x = pel.tensor(rng.normal(size=shape), requires_grad=True)
        ours(x)
    theirs = torch.nn.Linear(5, 4, bias=bias, dtype=torch.float64)
    with torch.no_grad():
        for name, variable in ours.parameters().items():
            getattr(theirs, name).copy_(torch.tensor(variable.numpy()))
    twin = torch.tensor(x.numpy(), requires_grad=True)
    y, z = ours(x), theirs(twin)
    near(y, z)
    w = weights_like(y.numpy())
    (y * w).sum().backward()
    (z * torch.tensor(w)).sum().backward()
    near(x.grad, twin.grad)
    for name, variable in ours.parameters().items():
        near(variable.grad, getattr(theirs, name).grad, atol=1e-14)


INITIALISERS: list[tuple[init.Initializer, Callable[[Any], Any]]] = [
    (init.Uniform(-0.3, 0.7), lambda w: torch.nn.init.uniform_(w, -0.3, 0.7)),
    (init.Normal(1, 2), lambda w: torch.nn.init.normal_(w, 1, 2)),
    (init.XavierUniform(gain=1.5), lambda w: torch.nn.init.xavier_uniform_(w, 1.5)),
    (init.XavierNormal(), torch.nn.init.xavier_normal_),
    (init.KaimingUniform(slope=0.5), lambda w: torch.nn.init.kaiming_uniform_(w, 0.5)),
    (init.KaimingNormal(), torch.nn.init.kaiming_normal_),
]


@pytest.mark.parametrize(
    ("ours", "theirs"), INITIALISERS, ids=lambda x: getattr(x, "__name__", repr(x))
)
@pytest.mark.parametrize("shape", [(120, 300), (40, 30, 5, 6)])
def test_initialisers_have_the_same_distribution(
    ours: init.Initializer, theirs: Callable[[Any], Any], shape: tuple[int, ...]
) -> None:
    torch.manual_seed(1)
    drawn, twin = ours(shape, pel.ops.random.derive_key(1, "w")), torch.empty(shape)
    theirs(twin)
    shares = np.linspace(0.01, 0.99, 25)
    scale = twin.std().item()
    np.testing.assert_allclose(
        np.quantile(drawn, shares), np.quantile(twin.numpy(), shares), atol=0.04 * scale
    )
