"""Holds: a loss is a mean over rows, known or symbolic, and says clearly what does not fit it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields
from typing import Any

import numpy as np
import pytest

import pellucid as pel
from pellucid import losses
from pellucid.engines import ENGINES
from pellucid.errors import (
    ArgumentError,
    ArgumentTypeError,
    DataError,
    DTypeError,
    FileError,
    LabelError,
    PellucidError,
    ShapeError,
)
from pellucid.losses import LOSSES, BinaryCrossEntropy, Loss

RNG = np.random.default_rng(5)
SCORES = RNG.normal(size=(6, 3))
LABELS = np.array([0, 1, 2, 2, 1, 0])
ODDS = np.exp(SCORES) / np.exp(SCORES).sum(axis=1, keepdims=True)
LOGS = np.log(ODDS)
OTHERS = ODDS[::-1].copy()
YES = np.array([[0.0], [1.0], [1.0], [0.0], [1.0], [0.0]])
SEVERAL = np.array([[0.0, 1, 1], [1, 1, 1], [0, 0, 0], [1, 0, 0], [0, 1, 0], [1, 1, 0]])
COUNTS = np.array([[0.0, 1, 2], [3, 4, 0], [1, 1, 1], [9, 0, 2], [0, 0, 5], [2, 1, 0]])
PLACES = RNG.normal(size=(6, 3, 1, 2))
MAPS = RNG.integers(0, 3, size=(6, 1, 2))
WEIGHTS = np.array([1.0, 0.5, 0.0, 2.0, 3.0, 0.25])
SAMPLES: dict[str, tuple[np.ndarray, np.ndarray]] = {
    "binary_cross_entropy": (ODDS[:, :1], YES),
    "binary_cross_entropy_with_logits": (SCORES[:, :1], YES),
    "binary_focal": (SCORES[:, :1], YES),
    "categorical_cross_entropy": (ODDS, LABELS),
    "cross_entropy": (SCORES, LABELS),
    "focal": (SCORES, LABELS),
    "gaussian_nll": (np.hstack([SCORES, ODDS]), OTHERS),
    "hinge": (SCORES[:, :1], 2 * YES - 1),
    "huber": (2 * SCORES, ODDS),
    "kl_divergence": (LOGS, OTHERS),
    "log_cosh": (SCORES, ODDS),
    "mae": (SCORES, ODDS),
    "mse": (SCORES, ODDS),
    "multiclass_hinge": (SCORES, LABELS),
    "nll": (LOGS, LABELS),
    "poisson": (SCORES, COUNTS),
    "quantile": (SCORES, ODDS),
    "smooth_l1": (2 * SCORES, ODDS),
    "squared_hinge": (SCORES[:, :1], 2 * YES - 1),
}
Sample = tuple[Loss, np.ndarray, np.ndarray]
VARIANTS: dict[str, Sample] = {
    "yes or no, clipped": (losses.BinaryCrossEntropy(eps=1e-7), ODDS[:, :1], YES),
    "several labels": (losses.binary_cross_entropy, ODDS, SEVERAL),
    "several labels, weighed": (
        losses.BinaryCrossEntropy(positive_weight=[1, 2, 3]),
        ODDS,
        SEVERAL,
    ),
    "several logits, weighed": (
        losses.BinaryCrossEntropyWithLogits(positive_weight=2.5),
        SCORES,
        SEVERAL,
    ),
    "classes, weighed": (losses.CrossEntropy(class_weight=[1, 2, 0.5]), SCORES, LABELS),
    "classes, smoothed": (losses.CrossEntropy(label_smoothing=0.1), SCORES, LABELS),
    "distributions, both": (
        losses.CrossEntropy(class_weight=[1, 2, 0.5], label_smoothing=0.1),
        SCORES,
        OTHERS,
    ),
    "probabilities, smoothed": (
        losses.CategoricalCrossEntropy(label_smoothing=0.2, class_weight=[1, 2, 0.5]),
        ODDS,
        LABELS,
    ),
    "probabilities, clipped": (losses.CategoricalCrossEntropy(eps=1e-7), ODDS, LABELS),
    "places": (losses.CrossEntropy(class_weight=[1, 2, 0.5]), PLACES, MAPS),
    "marked places": (losses.cross_entropy, PLACES, np.moveaxis(np.eye(3)[MAPS], -1, 1)),
    "focal, weighed": (losses.Focal(gamma=0.5, class_weight=[1, 2, 0.5]), SCORES, LABELS),
    "log-probabilities, weighed": (
        losses.NegativeLogLikelihood(class_weight=[1, 2, 0.5]),
        LOGS,
        LABELS,
    ),
    "focal without focus": (losses.Focal(gamma=0), SCORES, LABELS),
    "binary focal, weighed": (losses.BinaryFocal(gamma=1.5, alpha=0.25), SCORES, SEVERAL),
    "hinge of several": (losses.hinge, SCORES, SEVERAL),
    "squares of several classes": (
        losses.MulticlassHinge(squared=True, class_weight=[1, 2, 0.5]),
        SCORES,
        LABELS,
    ),
    "log target": (losses.KLDivergence(log_target=True), LOGS, np.log(OTHERS)),
    "rates": (losses.Poisson(log_input=False, full=True, eps=1e-3), ODDS, COUNTS),
    "three quantiles": (losses.Quantile((0.1, 0.5, 0.9)), SCORES, YES),
    "three quantiles of a row": (losses.Quantile((0.1, 0.5, 0.9)), SCORES, YES[:, 0]),
    "all of the likelihood": (
        losses.GaussianNegativeLogLikelihood(full=True, eps=1e-3),
        np.hstack([SCORES, ODDS]),
        OTHERS,
    ),
    "narrow line": (losses.SmoothL1(beta=0.3), SCORES, ODDS),
    "wide huber": (losses.Huber(delta=2.5), 3 * SCORES, ODDS),
}
ALL: dict[str, Sample] = {
    **{name: (LOSSES[name], *sample) for name, sample in SAMPLES.items()},
    **VARIANTS,
}


def test_every_loss_has_a_sample() -> None:
    assert SAMPLES.keys() == LOSSES.keys()


def test_every_argument_has_a_sample() -> None:
    """What no sample sets apart from its default has not been looked at."""
    every = {(type(loss), one.name) for loss in LOSSES.values() for one in fields(loss)}
    looked_at = {
        (type(loss), one.name)
        for loss, *_ in ALL.values()
        for one in fields(loss)
        if getattr(loss, one.name) != one.default
    }
    assert every == looked_at


@pytest.mark.parametrize("name", LOSSES)
def test_it_is_found_by_name_and_kept_as_plain_data(name: str) -> None:
    loss = LOSSES[name]
    assert loss.name == name
    assert losses.get(name) is loss


@pytest.mark.parametrize("name", ALL)
def test_it_survives_json(name: str) -> None:
    loss = ALL[name][0]
    again = losses.from_config(json.loads(json.dumps(losses.to_config(loss))))
    assert again == loss
    assert hash(again) == hash(loss)


@pytest.mark.parametrize("name", ALL)
def test_it_is_the_mean_of_its_rows(name: str) -> None:
    loss, prediction, target = ALL[name]
    each = loss.each(prediction, target)
    assert each.shape == (6,)
    total = loss.weight(prediction, target).item()
    assert loss(prediction, target).item() == pytest.approx(each.numpy().sum() / total, rel=1e-14)
    if loss.shares(prediction, target) is None:
        assert total == 6


@pytest.mark.parametrize("name", ALL)
def test_rows_are_weighed(name: str) -> None:
    """A weight of two is a row that stands twice, a weight of zero a row that is not there."""
    loss, prediction, target = ALL[name]
    often = np.array([1, 2, 0, 3, 1, 0])
    p, t = np.repeat(prediction, often, axis=0), np.repeat(target, often, axis=0)
    weighed, repeated = loss(prediction, target, often), loss(p, t)
    assert weighed.item() == pytest.approx(repeated.item(), rel=1e-13)
    total = loss.weight(prediction, target, often)
    assert total.item() == pytest.approx(loss.weight(p, t).item(), rel=1e-14)
    assert loss(prediction, target, 2 * WEIGHTS).item() == pytest.approx(
        loss(prediction, target, WEIGHTS).item(), rel=1e-14
    )


@pytest.mark.parametrize("name", ["mse", "cross_entropy", "hinge"])
def test_batches_add_up_by_their_weights(name: str) -> None:
    loss, (prediction, target) = LOSSES[name], SAMPLES[name]
    halves = [(prediction[k], target[k], WEIGHTS[k]) for k in (slice(2), slice(2, 6))]
    total = sum(loss(*half).item() * loss.weight(*half).item() for half in halves)
    whole = loss(prediction, target, WEIGHTS).item()
    assert total / WEIGHTS.sum() == pytest.approx(whole, rel=1e-14)


def test_a_batch_of_weight_zero_costs_nothing() -> None:
    p = pel.tensor(SCORES, "float64", requires_grad=True)
    value = losses.cross_entropy(p, LABELS, np.zeros(6))
    assert value.item() == 0
    assert not pel.grad(value, p).numpy().any()


@pytest.mark.parametrize("name", ALL)
def test_gradients_to_second_order(name: str) -> None:
    loss, prediction, target = ALL[name]
    pel.check_gradient(lambda p: loss(p, target[3:], WEIGHTS[3:]), prediction[3:])


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", ALL)
def test_symbols_with_unknown_rows_become_the_same_numbers(name: str, engine: str) -> None:
    loss, prediction, target = ALL[name]
    p = pel.placeholder((None, *prediction.shape[1:]), "float64")
    t = pel.placeholder((None, *target.shape[1:]), target.dtype)
    w = pel.placeholder((None,), "float64")
    plain, weighed = loss(p, t), loss(p, t, w)
    assert plain.shape == weighed.shape == ()
    outputs = [plain, pel.grad(plain, p), weighed, pel.grad(weighed, p), loss.weight(p, t, w)]
    found = pel.function([p, t, w], outputs, engine=engine)(prediction, target, WEIGHTS)
    known = pel.tensor(prediction, "float64", requires_grad=True)
    expected = [loss(known, target), loss(known, target, WEIGHTS)]
    slopes = [pel.grad(value, known) for value in expected]
    wanted = [expected[0], slopes[0], expected[1], slopes[1], loss.weight(known, target, WEIGHTS)]
    for one, other in zip(found, wanted, strict=True):
        if engine == "reference":
            np.testing.assert_array_equal(one, other.numpy())
        np.testing.assert_allclose(one, other.numpy(), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_loss_has_the_dtype_of_the_prediction(name: str, dtype: str) -> None:
    loss, prediction, target = ALL[name]
    p = pel.tensor(prediction, dtype, requires_grad=True)
    for kind in ("float32", "float64", "int64") if name == "mse" else (target.dtype,):
        assert loss(p, target.astype(kind)).dtype == dtype
    assert loss(p, target, WEIGHTS).dtype == loss.weight(p, target).dtype == dtype
    assert pel.grad(loss(p, target, np.ones(6, int)), p).dtype == dtype


@pytest.mark.parametrize("name", ALL)
def test_the_link_makes_probabilities(name: str) -> None:
    loss, prediction, _ = ALL[name]
    if loss.takes == "values":
        assert loss.link is None
        return
    p = loss.link(prediction).numpy()
    assert ((p >= 0) & (p <= 1)).all()
    if loss.task == "classes":
        np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-12)


@pytest.mark.parametrize("name", ALL)
def test_it_says_which_targets_belong_to_it(name: str) -> None:
    loss, prediction, target = ALL[name]
    shape = loss.target_shape(prediction.shape)
    one_a_row = (len(shape) == 1 or shape[1:] == (1,)) and target.ndim == 1
    assert shape == target.shape or one_a_row or target.shape == prediction.shape


@pytest.mark.parametrize("name", ["cross_entropy", "categorical_cross_entropy"])
def test_labels_of_any_kind_mean_the_same(name: str) -> None:
    prediction, labels = SAMPLES[name]
    expected = LOSSES[name](prediction, labels).item()
    hot = np.eye(3)[labels]
    kinds = [labels.tolist(), labels.astype("uint8"), labels.astype(float), hot]
    for kind in [*kinds, hot.astype(bool), hot.astype(int)]:
        assert LOSSES[name](prediction, kind).item() == pytest.approx(expected, rel=1e-14)


def test_probabilities_as_targets() -> None:
    soft = LOSSES["cross_entropy"](SCORES, ODDS).item()
    assert soft == pytest.approx(-(ODDS * np.log(ODDS)).sum(axis=1).mean(), rel=1e-12)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_certain_and_wrong_costs_a_hundred_and_stays_finite(dtype: str) -> None:
    binary = LOSSES["binary_cross_entropy"]
    p = pel.tensor([[0.0], [1.0], [0.0], [1.0]], dtype, requires_grad=True)
    each = binary.each(p, [[1.0], [0.0], [0.0], [1.0]])
    assert each.numpy().tolist() == [100, 100, 0, 0]
    first = pel.grad(each.sum(), p)
    assert np.isfinite(pel.grad(first.sum(), p).numpy()).all()
    assert np.isfinite(first.numpy()).all()
    rows = pel.tensor([[0.0, 1.0], [1.0, 0.0]], dtype, requires_grad=True)
    each = LOSSES["categorical_cross_entropy"].each(rows, [0, 0])
    assert each.numpy().tolist() == [100, 0]
    first = pel.grad(each.sum(), rows)
    assert first.numpy().tolist()[1] == [-1, 0]
    assert np.isfinite(pel.grad(first.sum(), rows).numpy()).all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_huge_logits_stay_finite(dtype: str) -> None:
    x = pel.tensor([[1e4, 0.0], [-1e4, 1e4]], dtype, requires_grad=True)
    for loss, target in (
        ("cross_entropy", [1, 0]),
        ("binary_cross_entropy_with_logits", np.eye(2)),
    ):
        value = LOSSES[loss](x, target)
        first = pel.grad(value, x)
        assert np.isfinite(value.numpy())
        assert np.isfinite(first.numpy()).all()
        assert np.isfinite(pel.grad(first.sum(), x).numpy()).all()
    small = LOSSES["binary_cross_entropy_with_logits"](pel.tensor([40.0], dtype), [1.0]).item()
    assert small == pytest.approx(np.exp(-40), rel=1e-5)


Case = tuple[Callable[[], Any], type[PellucidError], str]
S, P = SCORES, ODDS
one = SCORES[:, :1]
binary = LOSSES["binary_cross_entropy"]
WRONG: dict[str, Case] = {
    "a row against a column": (
        lambda: losses.mse(one, LABELS),
        ShapeError,
        "mend    write target.reshape(-1, 1)",
    ),
    "a column against a row": (
        lambda: losses.mse(S[:, 0], one),
        ShapeError,
        "mend    write target.reshape(-1)",
    ),
    "other rows": (
        lambda: losses.mse(one, one[:4]),
        ShapeError,
        "got     prediction (6, 1), target (4, 1)",
    ),
    "one row for all": (lambda: losses.mse(S, S[:1]), ShapeError, "target (1, 3)"),
    "a number for all": (lambda: losses.mse(S, 0.0), ShapeError, "target ()"),
    "other widths": (
        lambda: losses.mae(S, S[:, :2]),
        ShapeError,
        "give the last layer 2 units, or the target 3 columns",
    ),
    "nothing": (lambda: losses.mse(np.zeros((0, 1)), np.zeros((0, 1))), DataError, "(0, 1)"),
    "one-hot for one output": (
        lambda: binary(P[:, :1], np.eye(2)[[0, 1, 1, 0, 1, 0]]),
        ShapeError,
        "give the last layer 2 units, or the target 1 columns",
    ),
    "labels of minus one": (lambda: binary([0.1, 0.2], [-1, 1]), LabelError, "(y + 1) / 2"),
    "labels of two": (lambda: binary([0.1, 0.2], [1, 2]), LabelError, "2.0 at position 1"),
    "logits for probabilities": (
        lambda: binary(S[:, :1], YES),
        DataError,
        "end the network with a sigmoid or softmax",
    ),
    "logits for softmax": (
        lambda: losses.categorical_cross_entropy(S, LABELS),
        DataError,
        "0 ≤ prediction ≤ 1",
    ),
    "a fraction": (
        lambda: losses.cross_entropy(S, LABELS + 0.5),
        LabelError,
        "got     label 0.5 in row 0, 6 such in all",
    ),
    "too great": (
        lambda: losses.cross_entropy(S, LABELS + 1),
        LabelError,
        "wanted  whole numbers from 0 to 2, as there are 3 outputs",
    ),
    "negative": (lambda: losses.cross_entropy(S, LABELS - 1), LabelError, "label -1 in row 0"),
    "a column of labels": (
        lambda: losses.cross_entropy(S, LABELS[:, None]),
        ShapeError,
        "mend    write target.reshape(-1)",
    ),
    "fewer labels": (lambda: losses.cross_entropy(S, LABELS[:5]), ShapeError, "target (5,)"),
    "one-hot of other classes": (
        lambda: losses.cross_entropy(S, np.eye(4)[LABELS]),
        ShapeError,
        "give the last layer 4 units",
    ),
    "one-hot for fewer rows": (
        lambda: losses.cross_entropy(S, np.eye(3)),
        ShapeError,
        "one row for each example",
    ),
    "several marks": (
        lambda: losses.cross_entropy(S, np.ones((6, 3))),
        LabelError,
        "row 0: [1. 1. 1.], sum 3",
    ),
    "negative marks": (
        lambda: losses.cross_entropy(S, np.tile([2.0, -1.0, 0.0], (6, 1))),
        LabelError,
        "probabilities that sum to 1",
    ),
    "one output": (
        lambda: losses.cross_entropy(one, LABELS),
        ShapeError,
        "give the last layer two units, or use binary_cross_entropy",
    ),
    "a single row": (lambda: losses.cross_entropy(S[0], 0), ShapeError, "shape (rows, classes)"),
    "not a number": (
        lambda: losses.cross_entropy(S, np.where(YES[:, 0] > 0, np.nan, 0)),
        DataError,
        "nan in row 1, 3 in all",
    ),
    "a single not-a-number": (
        lambda: binary(0.5, float("nan")),
        DataError,
        "nan in row 0, 1 in all",
    ),
    "fractional symbols": (
        lambda: losses.cross_entropy(S, pel.placeholder((6,), "float32")),
        DTypeError,
        "write target.astype('int64')",
    ),
    "unknown classes": (
        lambda: losses.cross_entropy(pel.placeholder((None, None)), LABELS),
        ShapeError,
        "prediction (None, None)",
    ),
    "symbols that differ": (
        lambda: losses.mse(pel.placeholder((None, 1)), pel.placeholder((None,))),
        ShapeError,
        "write target.reshape(-1, 1)",
    ),
    "a symbol that might stretch": (
        lambda: losses.mse(pel.placeholder((None, 1)), pel.placeholder((None, None))),
        ShapeError,
        "target (None, None)",
    ),
    "classes without a weight": (
        lambda: losses.CrossEntropy(class_weight=[1, 2])(S, LABELS),
        ShapeError,
        "got     2 numbers\n  wanted  3\n  mend    write class_weight=[…]",
    ),
    "a weight that is no list": (
        lambda: losses.CrossEntropy(class_weight=2),  # type: ignore[arg-type]
        ArgumentTypeError,
        "write class_weight=[1.0, 2.0]",
    ),
    "a weight below zero": (
        lambda: losses.CrossEntropy(class_weight=[1, -2, 1]),
        ArgumentError,
        "class_weight[1] ≥ 0",
    ),
    "a column without a weight": (
        lambda: losses.BinaryCrossEntropy(positive_weight=[1, 2])(P[:, :1], YES),
        ShapeError,
        "positive_weight does not have one number for each column",
    ),
    "a weight in words": (
        lambda: losses.BinaryCrossEntropyWithLogits(positive_weight="balanced"),  # type: ignore[arg-type]
        ArgumentTypeError,
        "positive_weight='balanced'",
    ),
    "weights in a column": (
        lambda: losses.mse(one, one, WEIGHTS[:, None]),
        ShapeError,
        "mend    write weight.reshape(-1)",
    ),
    "weights of other rows": (
        lambda: losses.mse(one, one, WEIGHTS[:4]),
        ShapeError,
        "got     shape (4,)\n  wanted  shape (6,)",
    ),
    "one weight for all": (lambda: losses.mse(one, one, 2.0), ShapeError, "got     shape ()"),
    "weights below zero": (
        lambda: losses.mse(one, one, -WEIGHTS),
        DataError,
        "give the rows that are not to count the weight 0",
    ),
    "weights that are not numbers": (
        lambda: losses.mse(one, one, WEIGHTS * np.nan),
        DataError,
        "a weight is less than zero, or not finite",
    ),
    "all of it smooth": (
        lambda: losses.CrossEntropy(label_smoothing=1),
        ArgumentError,
        "0 ≤ label_smoothing < 1",
    ),
    "a focus below zero": (lambda: losses.Focal(gamma=-1), ArgumentError, "gamma ≥ 0"),
    "a binary focus below zero": (
        lambda: losses.BinaryFocal(gamma=-0.5),
        ArgumentError,
        "gamma ≥ 0",
    ),
    "a share above one": (lambda: losses.BinaryFocal(alpha=2), ArgumentError, "0 ≤ alpha ≤ 1"),
    "a quantile of one": (lambda: losses.Quantile(1.0), ArgumentError, "0 < quantiles < 1"),
    "a quantile of many": (
        lambda: losses.Quantile((0.5, 1.5)),
        ArgumentError,
        "0 < quantiles[1] < 1",
    ),
    "no quantile": (lambda: losses.Quantile(()), ArgumentTypeError, "0 < quantiles < 1"),
    "columns for other quantiles": (
        lambda: losses.Quantile((0.1, 0.9))(S, YES),
        ShapeError,
        "quantiles does not have one number for each quantile",
    ),
    "quantiles of other rows": (
        lambda: losses.Quantile((0.1, 0.5, 0.9))(S, YES[:4]),
        ShapeError,
        "prediction (6, 1), target (4, 1)",
    ),
    "no width": (lambda: losses.Huber(delta=0), ArgumentError, "delta > 0"),
    "counts below zero": (
        lambda: losses.poisson(one, YES - 2),
        LabelError,
        "give the counts as they are, neither shifted nor scaled",
    ),
    "labels that are no signs": (
        lambda: losses.hinge(one, 2 * YES),
        LabelError,
        "got     0, 2\n  wanted  −1 and 1, or 0 and 1",
    ),
    "three labels for a hinge": (
        lambda: losses.hinge(S[:, 0], LABELS - 1),
        LabelError,
        "got     -1, 0, 1",
    ),
    "probabilities for logarithms": (
        lambda: losses.nll(P, LABELS),
        DataError,
        "end the network with nn.LogSoftmax()",
    ),
    "no distributions": (
        lambda: losses.kl_divergence(LOGS, SEVERAL),
        LabelError,
        "row 0: [0. 1. 1.], sum 2",
    ),
    "labels for a divergence": (
        lambda: losses.kl_divergence(LOGS, LABELS),
        ShapeError,
        "prediction (6, 3), target (6,)",
    ),
    "means without variances": (
        lambda: losses.gaussian_nll(S, S),
        ShapeError,
        "give the last layer two units for each number",
    ),
    "a label at a place": (
        lambda: losses.cross_entropy(PLACES, MAPS + (np.arange(12).reshape(6, 1, 2) == 3) * 7),
        LabelError,
        "in row 1, at (0, 1), 1 such in all",
    ),
    "a distribution at a place": (
        lambda: losses.cross_entropy(PLACES, PLACES**2),
        LabelError,
        "row 0, at (0, 0): [",
    ),
    "labels of other places": (
        lambda: losses.cross_entropy(PLACES, MAPS[:, :, :1]),
        ShapeError,
        "prediction (6, 1, 2), target (6, 1, 1)",
    ),
    "eps": (lambda: BinaryCrossEntropy(eps=0.5), ArgumentError, "0 < eps < 0.5"),
    "a name that is none": (
        lambda: losses.get("nonsense"),
        ArgumentError,
        "one of binary_cross_entropy, binary_cross_entropy_with_logits, binary_focal",
    ),
    "a misspelling": (lambda: losses.get("crossentropy"), ArgumentError, "'cross_entropy'"),
    "a class": (
        lambda: losses.get(losses.MeanSquaredError),
        ArgumentTypeError,
        "write MeanSquaredError()",
    ),
    "no loss": (lambda: losses.get(3), ArgumentTypeError, "this is no loss"),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("case", WRONG)
def test_what_does_not_fit_is_said(case: str) -> None:
    call, kind, said = WRONG[case]
    with pytest.raises(kind) as caught:
        call()
    assert type(caught.value) is kind
    assert said in str(caught.value)


# --- losses of one's own --------------------------------------------------------------------


def cubic(prediction: pel.Tensor, target: pel.Tensor) -> pel.Tensor:
    return abs(prediction - target) ** 3


def whole(prediction: pel.Tensor, target: pel.Tensor) -> pel.Tensor:
    return (cubic(prediction, target)).mean()


def scaled(prediction: pel.Tensor, target: pel.Tensor) -> pel.Tensor:
    spread = target.max(axis=1, keepdims=True) - target.min(axis=1, keepdims=True)
    return (cubic(prediction, target) / spread).mean(axis=1)


def test_a_function_may_give_rows_or_their_mean() -> None:
    rows, mean = losses.get(cubic), losses.get(whole)
    p, t = SCORES[:, 0], ODDS[:, 0]
    assert rows.name == "cubic"
    assert rows(p, t).item() == pytest.approx(mean(p, t).item(), rel=1e-14)
    assert rows.each(p, t).shape == mean.each(p, t).shape == (6,)
    assert mean.each(SCORES, ODDS).numpy().tolist() == [mean(SCORES, ODDS).item()] * 6
    assert hash(rows) == hash(losses.get(cubic))
    assert rows != mean


def by_hand(prediction: pel.Tensor, target: pel.Tensor, weight: Any = None) -> pel.Tensor:
    rows = cubic(prediction, target).mean(axis=1)
    return rows.mean() if weight is None else (rows * weight).sum() / weight.sum()


def test_a_function_may_take_the_weights_itself() -> None:
    rows, mean = losses.get(lambda p, t: cubic(p, t).mean(axis=1)), losses.get(by_hand)
    for weight in (None, WEIGHTS):
        expected = rows(SCORES, ODDS, weight).item()
        assert mean(SCORES, ODDS, weight).item() == pytest.approx(expected, rel=1e-14)
    assert mean.weight(SCORES, ODDS, WEIGHTS).item() == WEIGHTS.sum()
    named = losses.get(lambda p, t, w: by_hand(p, t, w))
    assert named(SCORES, ODDS, WEIGHTS).item() == mean(SCORES, ODDS, WEIGHTS).item()
    other = losses.get(lambda p, t, power=3: (abs(p - t) ** power).mean(axis=1))
    assert other(SCORES, ODDS, WEIGHTS).item() == pytest.approx(rows(SCORES, ODDS, WEIGHTS).item())


WEIGHS_BADLY: dict[str, tuple[Callable[..., Any], str]] = {
    "one number": (whole, r"take them, loss\(prediction, target, weight\)"),
    "rows after all": (
        lambda p, t, weight: cubic(p, t).mean(axis=1) * weight,
        "takes weights and gives a number for each row",
    ),
    "a column and weights": (
        lambda p, t, weight: (abs(p) * weight).mean() + 0 * t.mean(),
        "weights in",
    ),
}


@pytest.mark.parametrize("case", WEIGHS_BADLY)
def test_a_function_that_cannot_weigh_is_found(case: str) -> None:
    function, said = WEIGHS_BADLY[case]
    with pytest.raises(PellucidError, match=said):
        losses.get(function)(one, YES, WEIGHTS)


def test_what_was_reduced_may_broadcast() -> None:
    assert losses.get(scaled).each(SCORES, ODDS).shape == (6,)


HAND_WRITTEN: dict[str, tuple[Callable[..., Any], Any, Any, str]] = {
    "difference": (whole, one, LABELS, "write target.reshape(-1, 1)"),
    "difference of symbols": (
        whole,
        pel.placeholder((None, 1)),
        pel.placeholder((None,)),
        "write target.reshape(-1, 1)",
    ),
    "behind operations": (
        lambda p, t: -(t * pel.log(p) + (1 - t) * pel.log(1 - p)).mean(),
        P[:, :1],
        YES[:, 0],
        "write target.reshape(-1, 1)",
    ),
    "a choice": (lambda p, t: pel.where(t > 0, p, -p).mean(), one, YES[:, 0], "reshape(-1, 1)"),
    "a stretched column": (lambda p, t: (p - t).mean(), S, one, "give the last layer 1 units"),
    "not reduced": (lambda p, t: (p - t) ** 2, one, one, "end it with .mean(axis=1) or .mean()"),
    "no tensor": (lambda p, t: 3.0, one, one, "compute it with pellucid's functions"),
}


@pytest.mark.parametrize("case", HAND_WRITTEN)
def test_a_function_that_broadcasts_is_found(case: str) -> None:
    function, prediction, target, said = HAND_WRITTEN[case]
    with pytest.raises(PellucidError) as caught:
        losses.get(function)(prediction, target)
    assert said in str(caught.value)


def test_a_file_only_names_a_function() -> None:
    again = losses.from_config(losses.to_config(losses.get(cubic)))
    assert again.name == "cubic"
    with pytest.raises(FileError, match=r"give it again: fit\(…, loss=cubic\)"):
        again(one, one)


def test_a_loss_of_ones_own_may_be_a_class() -> None:
    class Quantile(Loss):
        default_metric = "mae"

        def each(self, prediction: Any, target: Any) -> pel.Tensor:
            return pel.maximum(target - prediction, 0).mean(axis=1)

    loss = losses.get(Quantile())
    assert loss.name == "Quantile"
    assert loss(SCORES, ODDS).item() > 0
    assert losses.to_config(loss) == {"function": "Quantile"}
