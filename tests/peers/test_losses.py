"""Holds: losses give PyTorch's numbers in float64, and scikit-learn's when they clip."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.metrics import log_loss

import pellucid as pel
from pellucid import losses
from pellucid.losses import BinaryCrossEntropy, CategoricalCrossEntropy, Loss

F = torch.nn.functional
RNG = np.random.default_rng(2)
RTOL = 1e-12

SCORES = RNG.normal(size=(40, 5)) * 3
HUGE = np.array([[1e4, -1e4, 0.0], [-1e4, 1e4, 3.0], [0.0, 0.0, 0.0], [800.0, 799.0, -800.0]])
ODDS = np.exp(SCORES) / np.exp(SCORES).sum(axis=1, keepdims=True)
LABELS = RNG.integers(0, 5, 40)
ENDS = np.array(
    [0.0, 1.0, 1e-40, 1e-13, 1e-9, 0.3, 1 - 1e-9, 1 - 1e-13, 0.0, 1.0, 1e-13, 1 - 1e-13]
)
TRUTH = np.array([1.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0, 0.0, 0.0, 1.0, 0.0, 1.0])


def nll(p: Any, y: Any) -> Any:
    return F.nll_loss(torch.clamp(torch.log(p), min=-100), y)


Case = tuple[Loss, Callable[[Any, Any], Any], np.ndarray, np.ndarray]
CASES: dict[str, Case] = {
    "mse": (losses.mse, F.mse_loss, SCORES, ODDS),
    "mse of one column": (losses.mse, F.mse_loss, SCORES[:, :1], ODDS[:, :1]),
    "mse of a row": (losses.mse, F.mse_loss, SCORES[:, 0], ODDS[:, 0]),
    "mae": (losses.mae, F.l1_loss, SCORES, ODDS),
    "mae where they meet": (losses.mae, F.l1_loss, np.eye(3), np.eye(3)),
    "cross entropy": (losses.cross_entropy, F.cross_entropy, SCORES, LABELS),
    "cross entropy of huge logits": (
        losses.cross_entropy,
        F.cross_entropy,
        HUGE,
        np.array([1, 1, 2, 0]),
    ),
    "cross entropy of distributions": (
        losses.cross_entropy,
        F.cross_entropy,
        SCORES,
        ODDS[::-1].copy(),
    ),
    "categorical": (losses.categorical_cross_entropy, nll, ODDS, LABELS),
    "binary": (losses.binary_cross_entropy, F.binary_cross_entropy, ODDS[:, :1], ODDS[:, 1:2]),
    "binary at the ends": (losses.binary_cross_entropy, F.binary_cross_entropy, ENDS, TRUTH),
    "binary of several": (
        losses.binary_cross_entropy,
        F.binary_cross_entropy,
        ODDS,
        (ODDS > 0.2).astype(float),
    ),
    "binary, logits": (
        losses.binary_cross_entropy_with_logits,
        F.binary_cross_entropy_with_logits,
        SCORES,
        ODDS,
    ),
    "binary, huge logits": (
        losses.binary_cross_entropy_with_logits,
        F.binary_cross_entropy_with_logits,
        HUGE,
        np.array([[1.0, 0, 1], [1, 0, 0], [0.5, 0, 1], [0, 1, 1]]),
    ),
}
SMOOTH = set(CASES) - {"mae", "mae where they meet", "binary at the ends"}


def test_every_loss_has_a_peer() -> None:
    assert {loss.name for loss, *_ in CASES.values()} == losses.LOSSES.keys()


@pytest.mark.parametrize("case", CASES)
def test_value_and_derivatives(case: str) -> None:
    loss, peer, prediction, target = CASES[case]
    ours = pel.tensor(prediction, "float64")
    theirs = torch.tensor(prediction, requires_grad=True)
    value, twin = loss(ours, target), peer(theirs, torch.tensor(target))
    assert value.item() == pytest.approx(twin.item(), rel=RTOL)
    slope = pel.grad(value, ours)
    (twin,) = torch.autograd.grad(twin, theirs, create_graph=True)
    rtol = 1e-8 if case == "binary at the ends" else RTOL  # PyTorch's 1e-12 is a float32
    np.testing.assert_allclose(slope.numpy(), twin.detach().numpy(), rtol=rtol, atol=1e-16)
    if case not in SMOOTH:
        return
    w = np.cos(np.arange(prediction.size)).reshape(prediction.shape)
    second = pel.grad((slope * w).sum(), ours)
    (twin,) = torch.autograd.grad((twin * torch.tensor(w)).sum(), theirs)
    rtol = 1e-5 if loss is losses.binary_cross_entropy else 1e-10  # PyTorch adds 1e-12 to p there
    np.testing.assert_allclose(second.numpy(), twin.numpy(), rtol=rtol, atol=1e-15)


@pytest.mark.parametrize("eps", [1e-15, 1e-7, float(np.finfo(float).eps)])
def test_clipping_is_that_of_scikit_learn(eps: float) -> None:
    p, y = pel.tensor(ENDS, "float64"), TRUTH
    clipped = np.clip(np.stack([1 - ENDS, ENDS], axis=1), eps, 1 - eps)
    binary = BinaryCrossEntropy(eps=eps)(p, y).item()
    several = CategoricalCrossEntropy(eps=eps)(
        np.stack([1 - ENDS, ENDS], axis=1), y.astype(int)
    ).item()
    expected = -np.log(clipped[np.arange(len(y)), y.astype(int)]).mean()
    assert binary == pytest.approx(expected, rel=RTOL)
    assert several == pytest.approx(expected, rel=RTOL)
    if eps == np.finfo(float).eps:  # scikit-learn's own choice
        assert binary == pytest.approx(log_loss(y, ENDS), rel=RTOL)
        rows = CategoricalCrossEntropy(eps=eps)(ODDS, LABELS).item()
        assert rows == pytest.approx(log_loss(LABELS, ODDS, labels=range(5)), rel=RTOL)
