"""Holds: a loss is a mean over rows, known or symbolic, and says clearly what does not fit it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import pellucid as pel
from pellucid import losses
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
YES = np.array([[0.0], [1.0], [1.0], [0.0], [1.0], [0.0]])
SAMPLES: dict[str, tuple[np.ndarray, np.ndarray]] = {
    "binary_cross_entropy": (ODDS[:, :1], YES),
    "binary_cross_entropy_with_logits": (SCORES[:, :1], YES),
    "categorical_cross_entropy": (ODDS, LABELS),
    "cross_entropy": (SCORES, LABELS),
    "mae": (SCORES, ODDS),
    "mse": (SCORES, ODDS),
}


def test_every_loss_has_a_sample() -> None:
    assert SAMPLES.keys() == LOSSES.keys()


@pytest.mark.parametrize("name", LOSSES)
def test_it_is_the_mean_of_its_rows(name: str) -> None:
    loss, (prediction, target) = LOSSES[name], SAMPLES[name]
    each = loss.each(prediction, target)
    assert each.shape == (6,)
    assert loss(prediction, target).item() == pytest.approx(each.numpy().mean(), rel=1e-14)
    assert loss.name == name
    assert losses.get(name) is loss
    assert losses.from_config(losses.to_config(loss)) == loss


@pytest.mark.parametrize("name", LOSSES)
def test_gradients_to_second_order(name: str) -> None:
    loss, (prediction, target) = LOSSES[name], SAMPLES[name]
    pel.check_gradient(lambda p: loss(p, target), prediction)


@pytest.mark.parametrize("name", LOSSES)
def test_symbols_with_unknown_rows_become_the_same_numbers(name: str) -> None:
    loss, (prediction, target) = LOSSES[name], SAMPLES[name]
    p = pel.placeholder((None, *prediction.shape[1:]), "float64")
    t = pel.placeholder((None, *target.shape[1:]), target.dtype)
    value = loss(p, t)
    assert value.shape == ()
    f = pel.function([p, t], [value, pel.grad(value, p)], engine="reference")
    found, slope = f(prediction, target)
    known = pel.tensor(prediction, "float64", requires_grad=True)
    expected = loss(known, target)
    expected.backward()
    np.testing.assert_array_equal(found, expected.numpy())
    np.testing.assert_array_equal(slope, known.grad.numpy())


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_loss_has_the_dtype_of_the_prediction(name: str, dtype: str) -> None:
    prediction, target = SAMPLES[name]
    p = pel.tensor(prediction, dtype, requires_grad=True)
    for kind in ("float32", "float64", "int64") if name == "mse" else (target.dtype,):
        assert LOSSES[name](p, target.astype(kind)).dtype == dtype


@pytest.mark.parametrize("name", LOSSES)
def test_the_link_makes_probabilities(name: str) -> None:
    loss, (prediction, _) = LOSSES[name], SAMPLES[name]
    if loss.takes == "values":
        assert loss.link is None
        return
    p = loss.link(prediction).numpy()
    assert ((p >= 0) & (p <= 1)).all()
    if loss.task == "classes":
        np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-12)


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
    "eps": (lambda: BinaryCrossEntropy(eps=0.5), ArgumentError, "0 < eps < 0.5"),
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
