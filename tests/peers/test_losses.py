"""Holds: losses give PyTorch's numbers in float64, and scikit-learn's when they clip."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.metrics import hinge_loss, log_loss

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


LOGS = np.log(ODDS)
OTHERS = ODDS[::-1].copy()
MANY = (ODDS > 0.2).astype(float)
SIGNS = 2 * MANY - 1
COUNTS = RNG.poisson(2.0, (40, 5)).astype(float)
PLACES, MAPS = RNG.normal(size=(40, 5, 3, 2)), RNG.integers(0, 5, (40, 3, 2))
EXTREMES = np.array([[1000.0, -1000.0, 0.0], [-1000.0, 1000.0, 3.0], [1000.0, 999.0, 1000.0]])
COMMON = np.array([1.0, 2.0, 0.5, 0.0, 3.0])  # what the classes weigh
OFTEN = torch.tensor(COMMON)
ONE = torch.tensor(1.0, dtype=torch.float64)


def nll(p: Any, y: Any) -> Any:
    return F.nll_loss(torch.clamp(torch.log(p), min=-100), y)


def smoothed_nll(p: Any, y: Any) -> Any:
    return 0.8 * F.nll_loss(torch.log(p), y) - 0.2 * torch.log(p).mean()


def hinge(p: Any, y: Any) -> Any:
    return torch.clamp(1 - torch.sign(y - 0.5) * p, min=0)


def focal(gamma: float, weight: Any = None) -> Callable[[Any, Any], Any]:
    def peer(p: Any, y: Any) -> Any:
        right = F.softmax(p, dim=1).gather(1, y[:, None])[:, 0]
        counts = torch.ones(len(y)) if weight is None else weight[y]
        cost = F.cross_entropy(p, y, reduction="none") * (1 - right) ** gamma
        return (counts * cost).sum() / counts.sum()

    return peer


def binary_focal(gamma: float, yes: float = 1.0, no: float = 1.0) -> Callable[[Any, Any], Any]:
    def peer(p: Any, y: Any) -> Any:
        odds = torch.sigmoid(p)
        right = odds * y + (1 - odds) * (1 - y)
        cost = F.binary_cross_entropy_with_logits(p, y, reduction="none") * (1 - right) ** gamma
        return ((yes * y + no * (1 - y)) * cost).mean()

    return peer


def pinball(levels: Any) -> Callable[[Any, Any], Any]:
    q = torch.tensor(levels, dtype=torch.float64)
    return lambda p, y: torch.maximum(q * (y - p), (q - 1) * (y - p)).mean()


def gaussian(**settings: Any) -> Callable[[Any, Any], Any]:
    return lambda p, y: F.gaussian_nll_loss(p[:, :5], y, torch.exp(p[:, 5:]), **settings)


def per_class(peer: Callable[..., Any], **settings: Any) -> Callable[[Any, Any], Any]:
    """PyTorch's mean over all rows as ours over the sum of the weights that the rows have."""

    def rows(p: Any, y: Any) -> Any:
        shares = OFTEN[y] if y.ndim == 1 else (y * OFTEN).sum(dim=1)
        return peer(p, y, weight=OFTEN, **settings) * len(y) / shares.sum()

    return rows


Case = tuple[Loss, Callable[[Any, Any], Any], np.ndarray, np.ndarray]
CASES: dict[str, Case] = {
    "mse": (losses.mse, F.mse_loss, SCORES, ODDS),
    "mse of one column": (losses.mse, F.mse_loss, SCORES[:, :1], ODDS[:, :1]),
    "mse of a row": (losses.mse, F.mse_loss, SCORES[:, 0], ODDS[:, 0]),
    "mae": (losses.mae, F.l1_loss, SCORES, ODDS),
    "mae where they meet": (losses.mae, F.l1_loss, np.eye(3), np.eye(3)),
    "huber": (losses.huber, F.huber_loss, SCORES, ODDS),
    "huber, wide": (
        losses.Huber(delta=2.5),
        lambda p, y: F.huber_loss(p, y, delta=2.5),
        SCORES,
        ODDS,
    ),
    "smooth l1": (losses.smooth_l1, F.smooth_l1_loss, SCORES, ODDS),
    "smooth l1, narrow": (
        losses.SmoothL1(beta=0.3),
        lambda p, y: F.smooth_l1_loss(p, y, beta=0.3),
        SCORES,
        ODDS,
    ),
    "log cosh": (
        losses.log_cosh,
        lambda p, y: torch.log(torch.cosh(p - y)).mean(),
        SCORES,
        ODDS,
    ),
    "poisson": (losses.poisson, F.poisson_nll_loss, SCORES, COUNTS),
    "poisson, full": (
        losses.Poisson(full=True),
        lambda p, y: F.poisson_nll_loss(p, y, full=True),
        SCORES,
        COUNTS,
    ),
    "poisson of rates": (
        losses.Poisson(log_input=False, eps=1e-3),
        lambda p, y: F.poisson_nll_loss(p, y, log_input=False, eps=1e-3),
        ODDS,
        COUNTS,
    ),
    "median": (losses.quantile, pinball(0.5), SCORES, ODDS),
    "quantile": (losses.Quantile(0.9), pinball(0.9), SCORES, ODDS),
    "quantiles of one target": (
        losses.Quantile((0.1, 0.25, 0.5, 0.75, 0.9)),
        pinball([0.1, 0.25, 0.5, 0.75, 0.9]),
        SCORES,
        ODDS[:, :1],
    ),
    "quantiles of a target each": (
        losses.Quantile([0.1, 0.25, 0.5, 0.75, 0.9]),
        pinball([0.1, 0.25, 0.5, 0.75, 0.9]),
        SCORES,
        ODDS,
    ),
    "gaussian": (losses.gaussian_nll, gaussian(), np.hstack([SCORES, LOGS]), ODDS),
    "gaussian, full": (
        losses.GaussianNegativeLogLikelihood(full=True, eps=1e-9),
        gaussian(full=True, eps=1e-9),
        np.hstack([SCORES, LOGS]),
        ODDS,
    ),
    "cross entropy": (losses.cross_entropy, F.cross_entropy, SCORES, LABELS),
    "cross entropy of huge logits": (
        losses.cross_entropy,
        F.cross_entropy,
        HUGE,
        np.array([1, 1, 2, 0]),
    ),
    "cross entropy, weighed": (
        losses.CrossEntropy(class_weight=COMMON),
        lambda p, y: F.cross_entropy(p, y, weight=OFTEN),
        SCORES,
        LABELS,
    ),
    "cross entropy, smoothed": (
        losses.CrossEntropy(label_smoothing=0.1),
        lambda p, y: F.cross_entropy(p, y, label_smoothing=0.1),
        SCORES,
        LABELS,
    ),
    "cross entropy, weighed and smoothed": (
        losses.CrossEntropy(class_weight=COMMON, label_smoothing=0.1),
        lambda p, y: F.cross_entropy(p, y, weight=OFTEN, label_smoothing=0.1),
        SCORES,
        LABELS,
    ),
    "cross entropy of distributions, both": (
        losses.CrossEntropy(class_weight=COMMON, label_smoothing=0.1),
        per_class(F.cross_entropy, label_smoothing=0.1),
        SCORES,
        OTHERS,
    ),
    "cross entropy of places": (losses.cross_entropy, F.cross_entropy, PLACES, MAPS),
    "cross entropy of places, weighed": (
        losses.CrossEntropy(class_weight=COMMON),
        lambda p, y: F.cross_entropy(p, y, weight=OFTEN),
        PLACES,
        MAPS,
    ),
    "cross entropy of distributions at places": (
        losses.cross_entropy,
        F.cross_entropy,
        PLACES,
        np.moveaxis(np.eye(5)[MAPS], -1, 1),
    ),
    "cross entropy of distributions": (
        losses.cross_entropy,
        F.cross_entropy,
        SCORES,
        OTHERS,
    ),
    "categorical": (losses.categorical_cross_entropy, nll, ODDS, LABELS),
    "categorical, smoothed": (
        CategoricalCrossEntropy(label_smoothing=0.2),
        smoothed_nll,
        ODDS,
        LABELS,
    ),
    "categorical, weighed": (
        CategoricalCrossEntropy(class_weight=COMMON),
        lambda p, y: F.nll_loss(torch.log(p), y, weight=OFTEN),
        ODDS,
        LABELS,
    ),
    "log-probabilities": (losses.nll, F.nll_loss, LOGS, LABELS),
    "log-probabilities, weighed": (
        losses.NegativeLogLikelihood(class_weight=COMMON),
        lambda p, y: F.nll_loss(p, y, weight=OFTEN),
        LOGS,
        LABELS,
    ),
    "focal": (losses.focal, focal(2), SCORES, LABELS),
    "focal, weighed": (
        losses.Focal(gamma=0.7, class_weight=COMMON),
        focal(0.7, OFTEN),
        SCORES,
        LABELS,
    ),
    "focal without focus": (losses.Focal(gamma=0), F.cross_entropy, SCORES, LABELS),
    "binary focal": (losses.binary_focal, binary_focal(2), SCORES, MANY),
    "binary focal, weighed": (
        losses.BinaryFocal(gamma=1.3, alpha=0.25),
        binary_focal(1.3, 0.25, 0.75),
        SCORES,
        MANY,
    ),
    "hinge": (losses.hinge, lambda p, y: hinge(p, y).mean(), SCORES, SIGNS),
    "hinge of zero and one": (losses.hinge, lambda p, y: hinge(p, y).mean(), SCORES, MANY),
    "squared hinge": (losses.squared_hinge, lambda p, y: (hinge(p, y) ** 2).mean(), SCORES, SIGNS),
    "multi-class hinge": (losses.multiclass_hinge, F.multi_margin_loss, SCORES, LABELS),
    "multi-class hinge, squared and weighed": (
        losses.MulticlassHinge(squared=True, class_weight=COMMON),
        per_class(F.multi_margin_loss, p=2),
        SCORES,
        LABELS,
    ),
    "divergence": (
        losses.kl_divergence,
        lambda p, y: F.kl_div(p, y, reduction="batchmean"),
        LOGS,
        np.where(OTHERS < 0.1, 0, OTHERS) / np.where(OTHERS < 0.1, 0, OTHERS).sum(1)[:, None],
    ),
    "divergence of logarithms": (
        losses.KLDivergence(log_target=True),
        lambda p, y: F.kl_div(p, y, reduction="batchmean", log_target=True),
        LOGS,
        np.log(OTHERS),
    ),
    "binary": (losses.binary_cross_entropy, F.binary_cross_entropy, ODDS[:, :1], ODDS[:, 1:2]),
    "binary at the ends": (losses.binary_cross_entropy, F.binary_cross_entropy, ENDS, TRUTH),
    "binary of several": (
        losses.binary_cross_entropy,
        F.binary_cross_entropy,
        ODDS,
        MANY,
    ),
    "binary, weighed": (
        BinaryCrossEntropy(positive_weight=3),
        lambda p, y: F.binary_cross_entropy_with_logits(torch.logit(p), y, pos_weight=3 * ONE),
        ODDS,
        MANY,
    ),
    "binary, logits, weighed": (
        losses.BinaryCrossEntropyWithLogits(positive_weight=3.0),
        lambda p, y: F.binary_cross_entropy_with_logits(p, y, pos_weight=3 * ONE),
        SCORES,
        OTHERS,
    ),
    "binary, logits, columns weighed": (
        losses.BinaryCrossEntropyWithLogits(positive_weight=COMMON),
        lambda p, y: F.binary_cross_entropy_with_logits(p, y, pos_weight=OFTEN),
        SCORES,
        MANY,
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
# Of straight lines PyTorch has no second gradient, nor of its multi_margin_loss.
STRAIGHT = (
    losses.KLDivergence, losses.MeanAbsoluteError, losses.MulticlassHinge,
    losses.NegativeLogLikelihood, losses.Quantile,
)  # fmt: skip
SMOOTH = {
    name
    for name, (loss, *_) in CASES.items()
    if not isinstance(loss, STRAIGHT) and loss != losses.hinge
} - {"binary at the ends"}


def test_every_loss_has_a_peer() -> None:
    assert {loss.name for loss, *_ in CASES.values()} == losses.LOSSES.keys()


def test_every_public_loss_is_registered() -> None:
    public = {one for name in losses.__all__ if isinstance(one := getattr(losses, name), type)}
    found = {type(loss) for loss in losses.LOSSES.values()}
    assert public - {Loss, losses.FunctionLoss} == found
    instances = {one for name in losses.__all__ if isinstance(one := getattr(losses, name), Loss)}
    assert instances == set(losses.LOSSES.values())


def test_every_argument_has_a_peer() -> None:
    every = {(type(loss), one.name) for loss in losses.LOSSES.values() for one in fields(loss)}
    looked_at = {
        (type(loss), one.name)
        for loss, *_ in CASES.values()
        for one in fields(loss)
        if getattr(loss, one.name) != one.default
    }
    clipped = {(BinaryCrossEntropy, "eps"), (CategoricalCrossEntropy, "eps")}  # see the last test
    assert every == looked_at | clipped


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


@pytest.mark.parametrize("case", CASES)
def test_weighted_rows(case: str) -> None:
    """Whole weights are rows that stand as often; the rest of a weight is linear between."""
    loss, peer, prediction, target = CASES[case]
    often = RNG.integers(0, 3, len(prediction))
    ours = pel.tensor(prediction, "float64")
    theirs = torch.tensor(prediction, requires_grad=True)
    places = torch.tensor(np.repeat(np.arange(len(often)), often))
    value, twin = loss(ours, target, often), peer(theirs[places], torch.tensor(target)[places])
    assert value.item() == pytest.approx(twin.item(), rel=RTOL)
    (twin,) = torch.autograd.grad(twin, theirs)
    rtol = 1e-8 if case == "binary at the ends" else RTOL
    np.testing.assert_allclose(pel.grad(value, ours).numpy(), twin.numpy(), rtol=rtol, atol=1e-16)


OFF = np.array([[0.0, 1, 0], [1, 0, 0], [0, 0, 1]])  # each row's mark at its least score, or a tie
AT_ENDS: dict[str, Case] = {
    "cross entropy": (losses.cross_entropy, F.cross_entropy, EXTREMES, np.array([1, 0, 1])),
    "smoothed": (
        losses.CrossEntropy(label_smoothing=0.1),
        lambda p, y: F.cross_entropy(p, y, label_smoothing=0.1),
        EXTREMES,
        OFF,
    ),
    "focal": (losses.focal, focal(2), EXTREMES, np.array([1, 0, 2])),
    "log-probabilities": (losses.nll, F.nll_loss, -abs(EXTREMES), np.array([1, 0, 2])),
    "binary logits": (
        losses.binary_cross_entropy_with_logits,
        F.binary_cross_entropy_with_logits,
        EXTREMES,
        OFF,
    ),
    "binary focal": (losses.binary_focal, binary_focal(2), EXTREMES, OFF),
    "hinge": (losses.hinge, lambda p, y: hinge(p, y).mean(), EXTREMES, OFF),
    "squared hinge": (losses.squared_hinge, lambda p, y: (hinge(p, y) ** 2).mean(), EXTREMES, OFF),
    "multi-class hinge": (
        losses.multiclass_hinge,
        F.multi_margin_loss,
        EXTREMES,
        np.array([1, 0, 2]),
    ),
    "divergence": (
        losses.kl_divergence,
        lambda p, y: F.kl_div(p, y, reduction="batchmean"),
        -abs(EXTREMES),
        OFF,
    ),
    "huber": (losses.huber, F.huber_loss, EXTREMES, OFF),
    "smooth l1": (losses.smooth_l1, F.smooth_l1_loss, EXTREMES, OFF),
    "poisson of rates": (
        losses.Poisson(log_input=False),
        lambda p, y: F.poisson_nll_loss(p, y, log_input=False),
        abs(EXTREMES),
        OFF,
    ),
    "quantile": (losses.Quantile(0.9), pinball(0.9), EXTREMES, OFF),
    "certain probabilities": (losses.binary_cross_entropy, F.binary_cross_entropy, OFF, 1 - OFF),
}


@pytest.mark.parametrize("case", AT_ENDS)
def test_the_ends_are_finite_as_in_pytorch(case: str) -> None:
    loss, peer, prediction, target = AT_ENDS[case]
    ours = pel.tensor(prediction, "float64")
    theirs = torch.tensor(prediction, requires_grad=True)
    value, twin = loss(ours, target), peer(theirs, torch.tensor(target))
    assert np.isfinite(twin.item())
    assert value.item() == pytest.approx(twin.item(), rel=1e-12, abs=1e-300)
    slope, (twin,) = pel.grad(value, ours), torch.autograd.grad(twin, theirs)
    rtol = 1e-8 if case == "certain probabilities" else 1e-10  # PyTorch's 1e-12 is a float32
    np.testing.assert_allclose(slope.numpy(), twin.numpy(), rtol=rtol, atol=1e-15)
    w = np.cos(np.arange(prediction.size)).reshape(prediction.shape)
    assert np.isfinite(pel.grad((slope * w).sum(), ours, unused="zero").numpy()).all()


def test_powers_that_pytorch_loses_stay_finite() -> None:
    """(1 − p)ᵞ has an infinite slope at p = 1 for γ < 1, which the logarithm beside it undoes."""
    for loss, target in (
        (losses.Focal(gamma=0.5), [0, 1, 0]),
        (losses.BinaryFocal(gamma=0.5), OFF),
    ):
        x = pel.tensor(EXTREMES, "float64")
        slope = pel.grad(loss(x, target), x)
        assert np.isfinite(slope.numpy()).all()
        assert np.isfinite(pel.grad(slope.sum(), x).numpy()).all()
    far = pel.tensor([[1000.0, -1000.0]], "float64")
    assert losses.log_cosh(far, np.zeros((1, 2))).item() == pytest.approx(1000 - np.log(2))
    narrow = losses.gaussian_nll(np.array([[0.0, -1000.0]]), np.array([[0.5]])).item()
    assert narrow == pytest.approx(0.5 * (np.log(1e-6) + 0.25e6), rel=1e-12)


def test_hinge_is_that_of_scikit_learn() -> None:
    found = losses.hinge(SCORES[:, 0], SIGNS[:, 0]).item()
    assert found == pytest.approx(hinge_loss(SIGNS[:, 0], SCORES[:, 0]), rel=RTOL)


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
