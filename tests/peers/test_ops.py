"""Holds: every operation has the values, gradients and second gradients that torch gives."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

import pellucid as pel
from conformance.sample import LEAVES, Sample, sample
from pellucid.graph import OPS, Tensor, constant

Array = NDArray[Any]
Peer = Callable[..., torch.Tensor]

# --- what torch calls each operation -------------------------------------------------------


def numbers(x: torch.Tensor, at: Any) -> torch.Tensor:
    """Number the elements and pick among the numbers: torch has no slices with a negative step."""
    return torch.from_numpy(np.array(np.arange(x.numel()).reshape(x.shape)[at]))


def unslice(g: torch.Tensor, like: torch.Tensor, slices: Any) -> torch.Tensor:
    place = numbers(like, tuple(slice(*one) for one in slices))
    return torch.zeros(like.numel(), dtype=g.dtype).index_put((place,), g).reshape(like.shape)


def conv(x: torch.Tensor, w: torch.Tensor, padding: Any = (), **settings: Any) -> torch.Tensor:
    around = [n for both in reversed(padding) for n in both]
    slide = {3: torch.nn.functional.conv1d, 4: torch.nn.functional.conv2d}[x.ndim]
    return slide(torch.nn.functional.pad(x, around), w, **settings)


def conv_input(y: torch.Tensor, w: torch.Tensor, like: torch.Tensor, **settings: Any) -> Any:
    groups = settings["groups"]
    x = torch.zeros(y.shape[0], w.shape[1] * groups, *like.shape[2:], dtype=y.dtype)
    return adjoint(lambda x: conv(x, w, **settings), x, y)


def conv_weight(x: torch.Tensor, y: torch.Tensor, like: torch.Tensor, **settings: Any) -> Any:
    groups = settings["groups"]
    w = torch.zeros(y.shape[1], x.shape[1] // groups, *like.shape[2:], dtype=y.dtype)
    return adjoint(lambda w: conv(x, w, **settings), w, y)


def adjoint(function: Peer, at: torch.Tensor, g: torch.Tensor) -> torch.Tensor:
    """Apply the transpose of a linear function, in a way that can be differentiated again."""
    _, found = torch.autograd.functional.vjp(function, at, g, create_graph=True)
    return found


def windows(x: torch.Tensor, kernel: Any, stride: Any, dilation: Any) -> torch.Tensor:
    first = x.ndim - len(kernel)
    for k, (n, s, d) in enumerate(zip(kernel, stride, dilation, strict=True)):
        x = x.unfold(first + k, d * (n - 1) + 1, s)[..., ::d]
    return x


def overlap(seen: torch.Tensor, like: torch.Tensor, **settings: Any) -> torch.Tensor:
    zeros = torch.zeros(like.shape, dtype=seen.dtype)
    return adjoint(lambda x: windows(x, **settings), zeros, seen)


def ranks(x: torch.Tensor, axis: int = -1) -> torch.Tensor:
    return torch.argsort(torch.argsort(x, dim=axis, stable=True), axis)


def pad(x: torch.Tensor, widths: Any, value: float = 0) -> torch.Tensor:
    around = [n for both in reversed(widths) for n in both]
    return torch.nn.functional.pad(x, around, value=value)


def put_add(like: torch.Tensor, i: torch.Tensor, g: torch.Tensor, axis: int) -> torch.Tensor:
    place = (*[torch.arange(n) for n in like.shape[:axis]], i)
    shaped = [p.reshape(-1, *[1] * (axis - k - 1 + i.ndim)) for k, p in enumerate(place[:-1])]
    return torch.zeros(like.shape, dtype=g.dtype).index_put((*shaped, i), g, accumulate=True)


def put_along_add(like: torch.Tensor, i: torch.Tensor, g: torch.Tensor, axis: int) -> torch.Tensor:
    return torch.zeros_like(like).scatter_add(axis, i % like.shape[axis], g)


def reduced(function: Peer) -> Peer:
    def peer(x: torch.Tensor, axis: Any = None, keepdims: bool = False) -> torch.Tensor:
        if axis == ():
            return x * 1
        return function(x, tuple(range(x.ndim)) if axis is None else axis, keepdims)

    return peer


def expanded(x: torch.Tensor, axis: int | tuple[int, ...]) -> torch.Tensor:
    return x.reshape(np.expand_dims(np.empty(x.shape), axis).shape)


def squeezed(x: torch.Tensor, axis: Any = None) -> torch.Tensor:
    return torch.squeeze(x) if axis is None else torch.squeeze(x, axis)


PEERS: dict[str, Peer] = {
    "abs": torch.abs,
    "add": torch.add,
    "argmax": lambda x, axis, keepdims=False: torch.argmax(x, axis, keepdims),
    "argmin": lambda x, axis, keepdims=False: torch.argmin(x, axis, keepdims),
    "bitwise_and": torch.bitwise_and,
    "bitwise_or": torch.bitwise_or,
    "bitwise_xor": torch.bitwise_xor,
    "broadcast_like": lambda x, like: torch.broadcast_to(x, like.shape),
    "broadcast_to": lambda x, shape: torch.broadcast_to(x, shape),
    "cast": lambda x, dtype: x.to(getattr(torch, dtype)),
    "ceil": torch.ceil,
    "concatenate": lambda *xs, axis: torch.cat(xs, axis),
    "conv": conv,
    "conv_input": conv_input,
    "conv_weight": conv_weight,
    "cos": torch.cos,
    "cumsum": lambda x, axis=-1: torch.cumsum(x, axis),
    "divide": torch.divide,
    "equal": torch.eq,
    "erf": torch.erf,
    "exp": torch.exp,
    "expand_dims": expanded,
    "expm1": torch.expm1,
    "floor": torch.floor,
    "floor_divide": lambda x, y: torch.div(x, y, rounding_mode="floor"),
    "greater": torch.gt,
    "greater_equal": torch.ge,
    "identity": torch.clone,
    "invert": torch.bitwise_not,
    "isfinite": torch.isfinite,
    "isnan": torch.isnan,
    "less": torch.lt,
    "less_equal": torch.le,
    "log": torch.log,
    "log1p": torch.log1p,
    "matmul": torch.matmul,
    "max": reduced(torch.amax),
    "maximum": torch.maximum,
    "min": reduced(torch.amin),
    "minimum": torch.minimum,
    "multiply": torch.multiply,
    "negative": torch.negative,
    "not_equal": torch.ne,
    "one_hot": lambda x, classes: torch.nn.functional.one_hot(x, classes).bool(),
    "overlap": overlap,
    "pad": pad,
    "part": lambda g, *likes, axis, k: torch.split(g, [x.shape[axis] for x in likes], axis)[k],
    "power": torch.pow,
    "put_add": put_add,
    "put_along_add": put_along_add,
    "ranks": ranks,
    "relu": torch.relu,
    "remainder": torch.remainder,
    "reshape": torch.reshape,
    "reshape_like": lambda x, like: torch.reshape(x, like.shape),
    "sigmoid": torch.sigmoid,
    "sign": torch.sign,
    "sin": torch.sin,
    "slice": lambda x, at: x.reshape(-1)[numbers(x, at)],
    "softplus": lambda x: torch.logaddexp(x, torch.zeros_like(x)),
    "sqrt": torch.sqrt,
    "squeeze": squeezed,
    "stop_gradient": torch.detach,
    "subtract": torch.subtract,
    "sum": reduced(torch.sum),
    "take": lambda x, i, axis: x[(*[slice(None)] * (axis % x.ndim), i)],
    "take_along": lambda x, i, axis: torch.take_along_dim(x, i.long() % x.shape[axis], axis),
    "tanh": torch.tanh,
    "transpose": lambda x, axes=None: x.permute(axes or tuple(range(x.ndim))[::-1]),
    "unslice": unslice,
    "where": torch.where,
    "windows": windows,
}
NO_PEER = {
    "count": "torch knows every extent, so it needs no operation that counts elements",
    "random_bits": "torch has no Threefry; known answers are in tests/graph/test_random.py",
}
OTHER_EXTREMES = {
    "remainder": "torch gives not-a-number when the quotient overflows; NumPy's is exact",
    "sign": "torch gives 0 for a not-a-number; NumPy passes it on",
}


def test_every_operation_has_a_peer_or_a_reason_to_have_none() -> None:
    assert PEERS.keys() | NO_PEER.keys() | LEAVES.keys() == OPS.keys()
    assert not PEERS.keys() & NO_PEER.keys()


# --- both sides ----------------------------------------------------------------------------


def torches(array: Array) -> torch.Tensor:
    return torch.from_numpy(array.copy()).requires_grad_(array.dtype.kind == "f")


def derivatives(y: torch.Tensor, xs: Sequence[torch.Tensor], g: Array) -> list[torch.Tensor]:
    """The gradients of y weighed by g, and the gradients of the sum of their squares."""
    xs = [x for x in xs if x.requires_grad]
    first = gradients(y, xs, torch.from_numpy(g))
    return [*first, *gradients(sum((d * d).sum() for d in first), xs, None)]


def gradients(y: Any, xs: list[torch.Tensor], g: torch.Tensor | None) -> list[torch.Tensor]:
    if not isinstance(y, torch.Tensor) or not y.requires_grad:
        return [torch.zeros_like(x) for x in xs]
    return list(torch.autograd.grad(y, xs, g, create_graph=True, materialize_grads=True))


def ours(y: Tensor, xs: Sequence[Tensor], g: Array) -> list[Tensor]:
    xs = [x for x in xs if x.dtype.kind == "f"]
    first = pel.grad(y, xs, g, unused="zero")
    total = sum(((d * d).sum() for d in first), start=pel.tensor(0.0, "float64"))
    return [*first, *pel.grad(total, xs, unused="zero")]


def assert_equal(found: Tensor, wanted: torch.Tensor, what: object) -> None:
    theirs = wanted.detach().numpy(force=True)
    assert str(wanted.dtype) == f"torch.{found.dtype}", what
    np.testing.assert_allclose(
        found.numpy(), theirs, rtol=1e-12, atol=1e-12, err_msg=str(what), strict=True
    )


def dtype_for(name: str, one: Sample) -> str:
    return "float64" if "float64" in one.dtypes else "int64"


@pytest.mark.parametrize("name", PEERS)
def test_value_gradient_and_second_gradient(name: str) -> None:
    one = sample(name)
    for case in one.cases:
        arrays = one.arguments(case, dtype_for(name, one))
        theirs, xs = [torches(a) for a in arrays], [constant(a) for a in arrays]
        if case.settings.get("dtype", "").startswith("uint") and name == "cast":
            continue  # torch refuses some of these
        wanted, found = PEERS[name](*theirs, **case.settings), one.function(*xs, **case.settings)
        assert_equal(found, wanted, case)
        if found.dtype == np.float64:
            g = np.cos(np.arange(float(found.numpy().size))).reshape(found.numpy().shape)
            pairs = zip(ours(found, xs, g), derivatives(wanted, theirs, g), strict=True)
            for mine, their in pairs:
                assert_equal(mine, their, f"{case}, gradient")


@pytest.mark.parametrize("name", PEERS)
def test_value_and_gradient_on_xla(name: str) -> None:
    """Of one case of each, since each is compiled; the others are compared in ``conformance``."""
    pytest.importorskip("jax")
    one = sample(name)
    case, dtype = one.cases[0], dtype_for(name, one)
    arrays = one.arguments(case, dtype)
    theirs = [torches(a) for a in arrays]
    xs = [pel.placeholder(a.shape, a.dtype.name, name=f"x{k}") for k, a in enumerate(arrays)]
    wanted, found = PEERS[name](*theirs, **case.settings), one.function(*xs, **case.settings)
    weights, outputs = np.cos(np.arange(float(wanted.numel()))).reshape(wanted.shape), [found]
    wished = [wanted]
    if found.dtype == np.float64:
        real = [k for k, x in enumerate(theirs) if x.requires_grad]
        outputs += [pel.grad(found, xs[k], weights, unused="zero") for k in real]
        wished += gradients(wanted, [theirs[k] for k in real], torch.from_numpy(weights))
    values = pel.function(xs, outputs, engine=pel.XLA("cpu"))(*arrays)
    for value, their in zip(values, wished, strict=True):
        assert_equal(constant(value), their, case)


@pytest.mark.parametrize("name", [name for name in PEERS if name not in OTHER_EXTREMES])
def test_values_at_infinities_zeros_and_not_a_numbers(name: str) -> None:
    one = sample(name)
    for arrays in one.extremes(np.dtype("float64")):
        settings = one.cases[0].settings
        wanted = PEERS[name](*[torch.from_numpy(a.copy()) for a in arrays], **settings)
        assert_equal(one.function(*map(constant, arrays), **settings), wanted, name)


# --- conventions where the mathematics leaves a choice -------------------------------------

EDGES: dict[str, tuple[str, list[list[float]]]] = {
    "of equal greatest elements each has a share": ("max", [[3.0, 1.0, 3.0, 3.0]]),
    "of equal least elements each has a share": ("min", [[3.0, 1.0, 1.0]]),
    "of two equal numbers each has half": ("maximum", [[1.0, 2.0, 3.0], [1.0, 5.0, -5.0]]),
    "of two equal numbers each has half, also below": ("minimum", [[1.0, 2.0], [1.0, 5.0]]),
    "powers of zero, by base": (
        "power", [[0.0, 0.0, 0.0, 0.0, -2.0, -2.0], [1.0, 2.0, 3.0, 0.5, 3.0, -2.0]],
    ),
    "the zeroth power": ("power", [[0.0, -2.0, 3.0], [0.0, 0.0, 0.0]]),
    "sigmoid far out": ("sigmoid", [[-1000.0, -100.0, -40.0, 40.0, 100.0, 1000.0]]),
    "softplus far out": ("softplus", [[-1000.0, -100.0, -40.0, 40.0, 100.0, 1000.0]]),
    "tanh far out": ("tanh", [[-1000.0, -20.0, 20.0, 1000.0]]),
    "erf far out": ("erf", [[-30.0, -6.0, 6.0, 30.0]]),
    "relu at zero": ("relu", [[-1.0, 0.0, 1.0]]),
    "abs at zero": ("abs", [[-1.0, 0.0, 1.0]]),
    "sign at zero": ("sign", [[-1.0, 0.0, 1.0]]),
    "square root at zero": ("sqrt", [[0.0, 4.0]]),
    "logarithm at zero": ("log", [[0.0, 4.0]]),
    "remainders have the sign of the divisor": (
        "remainder", [[7.0, -7.0, 7.0, -7.0, 6.0], [3.0, 3.0, -3.0, -3.0, 3.0]],
    ),
    "divisions round down": ("floor_divide", [[7.0, -7.0, 7.0, -7.0], [2.0, 2.0, -2.0, -2.0]]),
    "divisions by zero": ("divide", [[1.0, -1.0, 0.0], [0.0, 0.0, 0.0]]),
}  # fmt: skip


@pytest.mark.parametrize("edge", EDGES)
def test_conventions_are_torchs(edge: str) -> None:
    name, points = EDGES[edge]
    arrays = [np.array(point) for point in points]
    theirs, xs = [torches(a) for a in arrays], [constant(a) for a in arrays]
    wanted, found = PEERS[name](*theirs), sample(name).function(*xs)
    assert_equal(found, wanted, edge)
    g = np.ones(found.numpy().shape)
    keep = [k for k, x in enumerate(theirs) if x.requires_grad and not (name == "power" and k)]
    first = gradients(wanted, theirs, torch.from_numpy(g))
    for k in keep:
        assert_equal(pel.grad(found, xs[k], g, unused="zero"), first[k], f"{edge}, argument {k}")


@pytest.mark.parametrize("y", [0.0, 1.0, 2.5, -1.0])
def test_the_gradient_of_a_power_by_its_exponent_at_base_zero(y: float) -> None:
    base, exponent = torches(np.zeros(())), torches(np.array(y))
    (wanted,) = torch.autograd.grad(base**exponent, exponent)
    x, e = pel.tensor(0.0, "float64"), pel.tensor(y, "float64")
    assert pel.grad(x**e, e).item() == wanted.item()


@pytest.mark.parametrize("point", [-100.0, -30.0, 0.0, 30.0, 100.0])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_sigmoid_and_softplus_keep_their_precision_far_out(point: float, dtype: str) -> None:
    exact = torch.tensor(point, dtype=torch.float64)
    x = pel.tensor(point, dtype)
    near = 4 * float(np.finfo(dtype).eps)
    assert pel.sigmoid(x).item() == pytest.approx(torch.sigmoid(exact).item(), rel=near)
    assert pel.softplus(x).item() == pytest.approx(PEERS["softplus"](exact).item(), rel=near)
    slope = pel.grad(pel.softplus(x), x).item()
    assert slope == pytest.approx(torch.sigmoid(exact).item(), rel=near)
    assert math.isfinite(pel.grad(pel.sigmoid(x), x).item())
