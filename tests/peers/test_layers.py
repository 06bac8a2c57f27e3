"""Holds: activations and layers give PyTorch's numbers in float64, with both derivatives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import pellucid as pel
from layers.cases import CASES, DRAWN, parts, public_layers
from pellucid import layers, nn
from pellucid.graph import declared_updates
from pellucid.layers import Module, init

F = torch.nn.functional
RTOL = 1e-12
POINTS = np.array(
    [-60.0, -20.0, -6.5, -3.0, -1.0, -0.5, -1e-3, 0.0, 1e-3, 0.5, 1.0, 3.0, 6.5, 20.0, 60.0]
)
KINKED = {
    "elu", "elu 0.5", "hardsigmoid", "hardswish", "hardtanh", "leaky relu", "prelu", "relu",
    "relu6", "selu", "softsign",
}  # no second derivative at a point  # fmt: skip
STRAIGHT = {
    "hardsigmoid", "hardtanh", "identity", "leaky relu", "prelu", "relu", "relu6", "threshold",
}  # no second derivative but zero  # fmt: skip
EDGES = {"hardsigmoid": 3.0, "hardswish": 3.0, "hardtanh": 0.5, "relu6": 6.0}

PEERS: dict[str, tuple[Module, Callable[[Any], Any]]] = {
    "elu": (layers.ELU(), F.elu),
    "elu 0.5": (layers.ELU(0.5), lambda x: F.elu(x, 0.5)),
    "gelu": (layers.GELU(), F.gelu),
    "gelu tanh": (layers.GELU(approximate="tanh"), lambda x: F.gelu(x, approximate="tanh")),
    "hardsigmoid": (layers.Hardsigmoid(), lambda x: F.relu6(x + 3) / 6),
    "hardswish": (layers.Hardswish(), F.hardswish),
    "hardtanh": (layers.Hardtanh(-2, 0.5), lambda x: F.hardtanh(x, -2, 0.5)),
    "identity": (layers.Identity(), lambda x: x + 0),
    "leaky relu": (layers.LeakyReLU(0.2), lambda x: F.leaky_relu(x, 0.2)),
    "log softmax": (layers.LogSoftmax(), lambda x: F.log_softmax(x, -1)),
    "log softmax, rows": (layers.LogSoftmax(0), lambda x: F.log_softmax(x, 0)),
    "mish": (layers.Mish(), lambda x: x * torch.tanh(F.softplus(x, threshold=1e3))),
    "prelu": (layers.PReLU(0.25), lambda x: F.prelu(x, torch.tensor([0.25], dtype=x.dtype))),
    "relu": (layers.ReLU(), F.relu),
    "relu6": (layers.ReLU6(), F.relu6),
    "selu": (layers.SELU(), F.selu),
    "sigmoid": (layers.Sigmoid(), torch.sigmoid),
    "sign": (layers.Sign(), torch.sign),
    "silu": (layers.SiLU(), F.silu),
    "softmax": (layers.Softmax(), lambda x: F.softmax(x, -1)),
    "softplus": (layers.Softplus(), lambda x: F.softplus(x, threshold=1e3)),
    "softsign": (layers.Softsign(), lambda x: x / (1 + torch.where(x > 0, x, -x))),
    "tanh": (layers.Tanh(), torch.tanh),
    "threshold": (layers.Threshold(0.7, -2.0), lambda x: F.threshold(x, 0.7, -2.0)),
}


def near(ours: pel.Tensor, theirs: Any, atol: float = 1e-15) -> None:
    np.testing.assert_allclose(ours.numpy(), theirs.detach().numpy(), rtol=RTOL, atol=atol)


def weights_like(x: np.ndarray) -> np.ndarray:
    return np.cos(np.arange(1.0, x.size + 1)).reshape(x.shape)


# --- activations ---------------------------------------------------------------------------


def test_every_activation_has_a_peer() -> None:
    ours = {type(layer) for layer, _ in PEERS.values()} | {layers.Activation}
    assert {getattr(layers, name) for name in layers.activation.__all__} == ours


@pytest.mark.parametrize("name", PEERS)
def test_value_and_derivatives(name: str) -> None:
    layer, peer = PEERS[name]
    edges = (0.0, EDGES.get(name)) if name in KINKED else ()
    points = POINTS[[abs(point) not in edges for point in POINTS]]
    x = np.stack([points, points[::-1] / 7])
    ours, theirs = pel.tensor(x, "float64"), torch.tensor(x, requires_grad=True)
    y, z = layer(ours), peer(theirs)
    near(y, z)
    if name == "sign":
        return
    w = weights_like(x)
    dy = pel.grad((y * w).sum(), ours)
    (dz,) = torch.autograd.grad((z * torch.tensor(w)).sum(), theirs, create_graph=True)
    near(dy, dz)
    if name in STRAIGHT:
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


# --- layers --------------------------------------------------------------------------------


def named(**modules: torch.nn.Module) -> torch.nn.Module:
    holder = torch.nn.Module()
    for name, module in modules.items():
        holder.add_module(name, module)
    return holder


def residual(inner: list[torch.nn.Module], projection: torch.nn.Module | None = None) -> Any:
    holder = named(layers=torch.nn.Sequential(*inner))
    if projection is not None:
        holder.projection = projection

    def forward(x: Any) -> Any:
        return (x if projection is None else projection(x)) + holder.layers(x)

    holder.forward = forward
    return holder


def parallel(branches: list[torch.nn.Module]) -> Any:
    holder = named(branches=torch.nn.ModuleList(branches))
    holder.forward = lambda x: torch.cat([branch(x) for branch in holder.branches], 1)
    return holder


def tied() -> Any:
    holder = named(**{"0": nn_.Linear(6, 4), "1": nn_.Module()})
    first, second = holder.get_submodule("0"), holder.get_submodule("1")
    second.bias = nn_.Parameter(torch.zeros(6))
    holder.forward = lambda x: torch.sigmoid(first(x)) @ first.weight + second.bias
    return holder


nn_ = torch.nn
TWINS: dict[str, Callable[[], Any]] = {
    "linear": lambda: dense(6, 4, torch.tanh),
    "linear without a bias": lambda: nn_.Linear(5, 4, bias=False),
    "flatten": nn_.Flatten,
    "reshape": lambda: nn_.Unflatten(1, (2, 3)),
    "identity": nn_.Identity,
    "prelu": nn_.PReLU,
    "prelu per channel": lambda: nn_.PReLU(6, 0.1),
    "batch norm 1d": lambda: nn_.BatchNorm1d(6),
    "batch norm 1d, sequences": lambda: nn_.BatchNorm1d(6, momentum=0.3, eps=1e-3),
    "batch norm 2d": lambda: nn_.BatchNorm2d(6),
    "batch norm 2d, plain": lambda: nn_.BatchNorm2d(6, affine=False),
    "layer norm": lambda: nn_.LayerNorm(6),
    "layer norm of images": lambda: nn_.LayerNorm((6, 7, 5), bias=False),
    "layer norm, plain": lambda: nn_.LayerNorm(7, elementwise_affine=False, eps=1e-2),
    "group norm": lambda: nn_.GroupNorm(3, 6),
    "group norm, plain": lambda: nn_.GroupNorm(2, 6, affine=False),
    "instance norm 1d": lambda: nn_.InstanceNorm1d(6),
    "instance norm 2d": lambda: nn_.InstanceNorm2d(6, affine=True),
    "embedding": lambda: nn_.Embedding(9, 3),
    "embedding, padded": lambda: nn_.Embedding(4, 3, padding_idx=2),
    "conv 2d": lambda: nn_.Conv2d(6, 4, 3),
    "conv 2d, activated": lambda: activated(nn_.Conv2d(6, 4, 3, padding=1), torch.tanh),
    "conv 2d, uneven": lambda: nn_.Conv2d(6, 4, (3, 2), (2, 1), (1, 2), (1, 2), bias=False),
    "conv 2d, grouped": lambda: nn_.Conv2d(6, 4, 3, stride=3, groups=2),
    "conv 2d, depth-wise": lambda: nn_.Conv2d(6, 12, 2, groups=6, padding=1),
    "conv 2d, same": lambda: nn_.Conv2d(6, 3, (4, 3), padding="same", dilation=(1, 2)),
    "conv 2d, valid": lambda: nn_.Conv2d(6, 3, 1, padding="valid"),
    "conv 2d, mirror": lambda: nn_.Conv2d(6, 3, 3, padding=2, padding_mode="reflect"),
    "conv 2d, nearest": lambda: nn_.Conv2d(6, 3, 3, padding=2, padding_mode="replicate"),
    "conv 2d, wrap": lambda: nn_.Conv2d(6, 3, 3, padding=2, padding_mode="circular"),
    "conv 1d": lambda: nn_.Conv1d(6, 4, 3, stride=2, padding=1),
    "conv 1d, dilated": lambda: nn_.Conv1d(6, 4, 2, dilation=3, groups=2),
    "transposed 2d": lambda: nn_.ConvTranspose2d(6, 4, 3),
    "transposed 2d, uneven": lambda: nn_.ConvTranspose2d(
        6, 4, (3, 2), (2, 3), (1, 0), (1, 2), dilation=(2, 1)
    ),
    "transposed 2d, grouped": lambda: nn_.ConvTranspose2d(6, 4, 2, 2, groups=2, bias=False),
    "transposed 1d": lambda: nn_.ConvTranspose1d(6, 4, 3, stride=2, padding=1),
    "max pool 2d": lambda: nn_.MaxPool2d(2),
    "max pool 2d, ceil": lambda: nn_.MaxPool2d(2, ceil_mode=True),
    "max pool 2d, overlapping": lambda: nn_.MaxPool2d(3, 2, 1),
    "max pool 2d, uneven": lambda: nn_.MaxPool2d(
        (3, 2), (2, 1), (1, 0), dilation=(1, 2), ceil_mode=True
    ),
    "max pool 1d": lambda: nn_.MaxPool1d(3),
    "avg pool 2d": lambda: nn_.AvgPool2d(2),
    "avg pool 2d, padded": lambda: nn_.AvgPool2d(3, 2, 1),
    "avg pool 2d, inside": lambda: nn_.AvgPool2d(
        (3, 2), 2, 1, ceil_mode=True, count_include_pad=False
    ),
    "avg pool 1d": lambda: nn_.AvgPool1d(3, 2, 1, ceil_mode=True),
    "adaptive avg 2d": lambda: nn_.AdaptiveAvgPool2d((3, 2)),
    "adaptive avg 1d": lambda: nn_.AdaptiveAvgPool1d(4),
    "adaptive max 2d": lambda: nn_.AdaptiveMaxPool2d((3, 2)),
    "adaptive max 1d": lambda: nn_.AdaptiveMaxPool1d(1),
    "global avg": lambda: nn_.Sequential(nn_.AdaptiveAvgPool2d(1), nn_.Flatten()),
    "global max": lambda: nn_.Sequential(nn_.AdaptiveMaxPool1d(1), nn_.Flatten()),
    "residual": lambda: residual([dense(6, 3, torch.tanh), nn_.Linear(3, 6)]),
    "residual, projected": lambda: residual([dense(6, 4, torch.tanh)], nn_.Linear(6, 4)),
    "parallel": lambda: parallel([nn_.Linear(6, 3), nn_.Identity()]),
    "tied": tied,
}


def dense(inputs: int, units: int, activation: Callable[[Any], Any]) -> Any:
    return activated(nn_.Linear(inputs, units), activation)


def activated(module: Any, activation: Callable[[Any], Any]) -> Any:
    module.register_forward_hook(lambda module, given, result: activation(result))
    return module


def pair(name: str) -> tuple[Module, Any]:
    """Ours and theirs, with the same numbers in the variables of the same names."""
    ours, theirs = CASES[name].built(), TWINS[name]().double()
    state = {name: torch.tensor(v.numpy()) for name, v in ours.variables().items()}
    missing, unexpected = theirs.load_state_dict(state, strict=False)
    assert not unexpected
    assert {name.rpartition(".")[2] for name in missing} <= {"num_batches_tracked"}
    return ours, theirs


def test_every_layer_has_a_peer() -> None:
    assert CASES.keys() == TWINS.keys()
    tested = {cls for case in CASES.values() for cls in parts(case)}
    tested |= {type(layer) for layer, _ in PEERS.values()}
    without = {layers.Activation, layers.Dropout}  # any function; other random numbers
    without |= {cls for case in DRAWN.values() for cls in parts(case)}
    assert public_layers() - tested == without


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel:UserWarning")
@pytest.mark.parametrize("training", [False, True], ids=["evaluation", "training"])
@pytest.mark.parametrize("name", CASES)
def test_value_and_gradients(name: str, training: bool) -> None:
    ours, theirs = pair(name)
    theirs.train(training)
    given = CASES[name].input(1)
    floating = given.dtype.kind == "f"
    x, twin = pel.tensor(given, "float64" if floating else None), torch.tensor(given)
    twin.requires_grad_(floating)
    y, z = ours(x, training=training), theirs(twin)
    near(y, z, atol=1e-13)
    w = weights_like(y.numpy())
    to = [*([x] if floating else []), *ours.parameters().values()]
    to_twins = [
        *([twin] if floating else []), *(theirs.get_parameter(name) for name in ours.parameters())
    ]  # fmt: skip
    if not to:
        return
    first = pel.grad((y * w).sum(), to)
    firsts = torch.autograd.grad((z * torch.tensor(w)).sum(), to_twins, create_graph=True)
    for g, h in zip(first, firsts, strict=True):
        near(g, h, atol=1e-12)
    second = pel.grad(sum((g * g).sum() for g in first), to, unused="zero")
    seconds = (
        torch.autograd.grad(sum((h * h).sum() for h in firsts), to_twins, materialize_grads=True)
        if any(h.requires_grad for h in firsts)
        else [torch.zeros_like(t) for t in to_twins]
    )
    for g, h in zip(second, seconds, strict=True):
        near(g, h, atol=1e-10)


RUNNING = [name for name in CASES if "batch norm" in name]


@pytest.mark.parametrize("name", RUNNING)
def test_running_statistics_after_three_steps(name: str) -> None:
    ours, theirs = pair(name)
    theirs.train()
    for step in range(3):
        given = CASES[name].input(step) * (step + 1) + step
        updates = declared_updates([ours(pel.tensor(given, "float64"), training=True)])
        theirs(torch.tensor(given))
        for variable, value in updates.items():
            variable.assign(value)
    for running in ("running_mean", "running_var"):
        near(getattr(ours, running), theirs.get_buffer(running))
    given = CASES[name].input(9)
    near(ours(pel.tensor(given, "float64")), theirs.eval()(torch.tensor(given)), atol=1e-13)


def test_a_batch_norm_that_is_called_twice_hears_of_both() -> None:
    class Twice(Module):
        def __init__(self) -> None:
            self.norm = nn.BatchNorm1d()

        def forward(self, x: pel.Tensor) -> pel.Tensor:
            first, second = self.norm(x), self.norm(x * 3 + 1)
            return second - first

    x = CASES["batch norm 1d"].input()
    with pel.default_dtype("float64"):
        ours = Twice()
        updates = declared_updates([ours(x, training=True)])
    theirs = nn_.BatchNorm1d(6).double()
    theirs(torch.tensor(x)), theirs(torch.tensor(x * 3 + 1))
    near(updates[ours.norm.running_mean], theirs.running_mean)
    near(updates[ours.norm.running_var], theirs.running_var)


# --- initialisers --------------------------------------------------------------------------

INITIALISERS: list[tuple[init.Initializer, Callable[[Any], Any]]] = [
    (init.Uniform(-0.3, 0.7), lambda w: torch.nn.init.uniform_(w, -0.3, 0.7)),
    (init.Normal(1, 2), lambda w: torch.nn.init.normal_(w, 1, 2)),
    (init.TruncatedNormal(1, 2, -2, 3), lambda w: torch.nn.init.trunc_normal_(w, 1, 2, -2, 3)),
    (init.XavierUniform(gain=1.5), lambda w: torch.nn.init.xavier_uniform_(w, 1.5)),
    (init.XavierNormal(), torch.nn.init.xavier_normal_),
    (init.KaimingUniform(slope=0.5), lambda w: torch.nn.init.kaiming_uniform_(w, 0.5)),
    (init.KaimingNormal(), torch.nn.init.kaiming_normal_),
    (
        init.KaimingNormal(mode="fan_out", nonlinearity="tanh"),
        lambda w: torch.nn.init.kaiming_normal_(w, mode="fan_out", nonlinearity="tanh"),
    ),
    (init.Orthogonal(gain=2), lambda w: torch.nn.init.orthogonal_(w, 2)),
    (init.LecunUniform(), lambda w: torch.nn.init.kaiming_uniform_(w, nonlinearity="linear")),
    (init.LecunNormal(), lambda w: torch.nn.init.kaiming_normal_(w, nonlinearity="linear")),
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


def test_every_initialiser_has_a_peer() -> None:
    plain = {init.Zeros, init.Ones, init.Constant}
    own = {cls for cls in init.INITIALIZERS.values() if cls.__module__ == init.__name__}
    assert {type(ours) for ours, _ in INITIALISERS} == own - plain


@pytest.mark.parametrize("name", [*init.GAINS, "leaky_relu"])
def test_gains(name: str) -> None:
    assert init.gain(name) == pytest.approx(torch.nn.init.calculate_gain(name), rel=1e-15)


@pytest.mark.parametrize("shape", [(4, 6), (8, 3, 5), (8, 3, 5, 7)])
def test_fans(shape: tuple[int, ...]) -> None:
    fans = torch.nn.init._calculate_fan_in_and_fan_out(torch.empty(shape))
    assert init.fans(shape, "x") == fans
