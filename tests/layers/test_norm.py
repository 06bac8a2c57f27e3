"""Holds: normalising layers bring mean 0 and variance 1, keep running statistics, or refuse."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import pellucid as pel
from layers.cases import public_layers
from pellucid import nn
from pellucid.errors import ArgumentError, ShapeError
from pellucid.graph import declared_updates
from pellucid.layers import Module

RNG = np.random.default_rng(5)
IMAGES = RNG.normal(3, 2, size=(4, 6, 5, 3))
EVERY: list[tuple[Module, tuple[int, ...]]] = [
    (nn.BatchNorm2d(), (0, 2, 3)),
    (nn.LayerNorm((1, 2, 3)), (1, 2, 3)),
    (nn.LayerNorm(1, eps=1e-9), (1,)),
    (nn.InstanceNorm2d(), (2, 3)),
    (nn.GroupNorm(6), (2, 3)),
    (nn.GroupNorm(1), (1, 2, 3)),
]


@pytest.mark.parametrize(("layer", "axes"), EVERY, ids=repr)
def test_mean_and_variance(layer: Module, axes: tuple[int, ...]) -> None:
    y = layer(IMAGES, training=True).numpy()
    np.testing.assert_allclose(y.mean(axes), 0, atol=1e-5)
    np.testing.assert_allclose(y.var(axes), 1, rtol=1e-2)


def test_evaluation_uses_what_was_declared_and_declares_nothing() -> None:
    norm = nn.BatchNorm2d(momentum=1.0)
    before = norm(IMAGES)
    np.testing.assert_allclose(before.numpy(), IMAGES / np.sqrt(1 + 1e-5), rtol=1e-5)
    assert not declared_updates([before])
    for variable, value in declared_updates([norm(IMAGES, training=True)]).items():
        variable.assign(value)
    np.testing.assert_allclose(norm.running_mean.numpy(), IMAGES.mean((0, 2, 3)), rtol=1e-5)
    np.testing.assert_allclose(norm.running_var.numpy(), IMAGES.var((0, 2, 3), ddof=1), rtol=1e-5)


def test_a_compiled_function_commits_the_running_statistics() -> None:
    norm = nn.BatchNorm1d(momentum=0.5)
    x = pel.placeholder((None, 2))
    f = pel.function([x], norm(x, training=True))
    rows = RNG.normal(size=(7, 2)).astype(np.float32)
    f(rows)
    np.testing.assert_allclose(norm.running_mean.numpy(), rows.mean(0) / 2, rtol=1e-5)
    f(rows[:3])
    expected = rows.mean(0) / 4 + rows[:3].mean(0) / 2
    np.testing.assert_allclose(norm.running_mean.numpy(), expected, rtol=1e-4, atol=1e-7)


def test_no_gradient_flows_into_the_running_statistics() -> None:
    norm = nn.BatchNorm1d()
    norm([[1.0], [2.0]], training=True).sum().backward()
    assert list(norm.parameters()) == ["weight", "bias"]
    assert norm.running_mean.grad is None


def test_statistics_in_float32_follow_a_float64_input() -> None:
    norm = nn.BatchNorm1d()
    norm([[1.0], [2.0]])
    y = norm(pel.tensor([[1.0], [2.0]], "float64"), training=True)
    assert {value.dtype for value in declared_updates([y]).values()} == {np.dtype("float32")}


def test_a_constant_channel_stays_finite_with_its_gradient() -> None:
    norm = nn.BatchNorm1d()
    x = pel.tensor(np.full((4, 2), 7.0), requires_grad=True)
    y = norm(x, training=True)
    (y * y).sum().backward()
    assert not y.numpy().any()
    assert np.isfinite(x.grad.numpy()).all()


def test_only_batch_norm_looks_at_several_rows() -> None:
    marked = {cls for cls in public_layers() if cls.batch_statistics}
    assert marked == {nn.BatchNorm1d, nn.BatchNorm2d}
    network = nn.Sequential([nn.Linear(2), nn.BatchNorm1d()])
    assert [m.batch_statistics for m in network.modules().values()] == [False, False, True]


WRONG: dict[str, tuple[type[Exception], Callable[[], object], str]] = {
    "one row": (ShapeError, lambda: nn.BatchNorm1d()([[1.0, 2.0]], training=True), "more rows"),
    "one pixel": (
        ShapeError,
        lambda: nn.BatchNorm2d()(np.zeros((1, 3, 1, 1)), training=True),
        "there is one value to take a mean and a variance of",
    ),
    "one feature": (ShapeError, lambda: nn.LayerNorm()([[1.0], [2.0]]), "leave the layer out"),
    "one pixel a channel": (
        ShapeError, lambda: nn.InstanceNorm2d()(np.zeros((2, 3, 1, 1))), "at least two values"
    ),
    "images for 1d": (
        ShapeError, lambda: nn.BatchNorm1d()(IMAGES), "take the layer whose name ends in 2d"
    ),
    "rows for 2d": (
        ShapeError, lambda: nn.BatchNorm2d()([[1.0, 2.0]]), r"put nn.Reshape\(1, 28, 28\)"
    ),
    "no channels": (ShapeError, lambda: nn.BatchNorm1d()([1.0, 2.0]), "sequences come as"),
    "groups": (ShapeError, lambda: nn.GroupNorm(4)(IMAGES), r"write nn.GroupNorm\(2\)"),
    "the axis of the rows": (ShapeError, lambda: nn.LayerNorm(0)(IMAGES), "one row at a time"),
    "an axis": (ArgumentError, lambda: nn.LayerNorm(4)(IMAGES), "axis 4 does not exist"),
    "eps": (ArgumentError, lambda: nn.LayerNorm(eps=0), "eps > 0"),
    "momentum": (ArgumentError, lambda: nn.BatchNorm2d(momentum=1.5), "0 ≤ momentum ≤ 1"),
    "affine": (ArgumentError, lambda: nn.BatchNorm2d(affine="no"), "write affine=True"),  # type: ignore[arg-type]
    "no groups": (ArgumentError, lambda: nn.GroupNorm(0), "num_groups ≥ 1"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_what_does_not_fit_is_refused(case: str) -> None:
    kind, call, said = WRONG[case]
    with pytest.raises(kind, match=said):
        call()


@pytest.mark.parametrize(
    "layer",
    [nn.BatchNorm2d(), nn.LayerNorm((1, 2, 3)), nn.GroupNorm(2), nn.InstanceNorm2d(affine=True)],
)
def test_other_channels_later_are_refused(layer: Module) -> None:
    layer(IMAGES)
    with pytest.raises(ShapeError, match="this layer was made for"):
        layer(IMAGES[:, :4])
