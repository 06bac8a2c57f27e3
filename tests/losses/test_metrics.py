"""Holds: metrics add up over batches to scikit-learn's numbers, and fit the loss beside them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn import metrics as sk

import pellucid as pel
from pellucid import losses, metrics
from pellucid.errors import ArgumentError, FileError, PellucidError, ShapeError
from pellucid.metrics import Accuracy, HostMetric, Metric

RNG = np.random.default_rng(11)
SCORES = RNG.normal(size=(50, 4))
LABELS = RNG.integers(0, 4, 50)
HALF = RNG.uniform(size=(50, 1))
YES = RNG.integers(0, 2, (50, 1))


def added_up(metric: Any, prediction: np.ndarray, target: np.ndarray) -> float:
    """Read a metric over batches of 16, the last one smaller, as training does."""
    parts = [(prediction[k : k + 16], target[k : k + 16]) for k in range(0, len(target), 16)]
    total = sum(metric.numerator(p, t).item() for p, t in parts)
    return float(total / sum(metric.weight(p, t).item() for p, t in parts))


@pytest.mark.parametrize("target", [LABELS, np.eye(4)[LABELS], LABELS.astype(float)])
def test_accuracy_of_classes(target: np.ndarray) -> None:
    accuracy = metrics.get("accuracy", losses.cross_entropy)
    assert added_up(accuracy, SCORES, target) == sk.accuracy_score(LABELS, SCORES.argmax(axis=1))


@pytest.mark.parametrize(
    ("loss", "prediction"),
    [("binary_cross_entropy", HALF), ("binary_cross_entropy_with_logits", HALF - 0.5)],
)
def test_accuracy_of_one_output(loss: str, prediction: np.ndarray) -> None:
    expected = sk.accuracy_score(YES[:, 0], HALF[:, 0] > 0.5)
    assert added_up(metrics.get("accuracy", losses.get(loss)), prediction, YES) == expected
    assert (
        added_up(metrics.get("accuracy", losses.get(loss)), prediction[:, 0], YES[:, 0]) == expected
    )


def test_accuracy_of_signs() -> None:
    accuracy = metrics.get("accuracy", losses.mse, task="signs")
    expected = sk.accuracy_score(YES[:, 0], HALF[:, 0] > 0.5)
    assert added_up(accuracy, 2 * HALF - 1, 2 * YES - 1) == expected


def test_accuracy_of_several_yes_or_no() -> None:
    truth = RNG.integers(0, 2, (50, 4))
    accuracy = metrics.get("accuracy", losses.binary_cross_entropy_with_logits)
    assert added_up(accuracy, SCORES, truth) == pytest.approx(((SCORES > 0) == truth).mean())


def test_metrics_of_numbers() -> None:
    target = RNG.normal(size=(50, 4))
    for name, peer in (("mse", sk.mean_squared_error), ("mae", sk.mean_absolute_error)):
        assert added_up(metrics.get(name), SCORES, target) == pytest.approx(peer(target, SCORES))


def test_functions_and_losses_are_metrics_too() -> None:
    by_rows = metrics.get(lambda p, t: abs(p - t).max(axis=1))
    assert added_up(by_rows, SCORES, np.zeros((50, 4))) == pytest.approx(
        np.abs(SCORES).max(axis=1).mean()
    )
    mean = metrics.get(lambda p, t: abs(p - t).mean())
    assert added_up(mean, SCORES, np.zeros((50, 4))) == pytest.approx(np.abs(SCORES).mean())
    entropy = metrics.get(losses.cross_entropy)
    assert entropy.name == "cross_entropy"
    expected = losses.cross_entropy(SCORES, LABELS).item()
    assert added_up(entropy, SCORES, LABELS) == pytest.approx(expected)


def test_they_are_symbolic_inside_the_step() -> None:
    p, t = pel.placeholder((None, 4), "float32"), pel.placeholder((None,), "int64")
    accuracy = metrics.get("accuracy", losses.cross_entropy)
    parts = [accuracy.numerator(p, t), accuracy.weight(p, t)]
    assert [(x.shape, x.dtype.name) for x in parts] == [((), "float32")] * 2
    hits, rows = pel.function([p, t], parts, engine="reference")(SCORES, LABELS)
    assert hits / rows == pytest.approx((SCORES.argmax(axis=1) == LABELS).mean())


# --- those of all rows together -------------------------------------------------------------


def host(name: str) -> HostMetric:
    found = metrics.get(name)
    assert isinstance(found, HostMetric)
    return found


def test_those_of_scikit_learn() -> None:
    odds = np.exp(SCORES) / np.exp(SCORES).sum(axis=1, keepdims=True)
    flat = YES[:, 0]
    assert host("auc").function(YES, HALF) == sk.roc_auc_score(flat, HALF[:, 0])
    assert host("auc").function(flat, np.hstack([1 - HALF, HALF])) == sk.roc_auc_score(
        flat, HALF[:, 0]
    )
    assert host("auc").function(LABELS, odds) == sk.roc_auc_score(LABELS, odds, multi_class="ovr")
    assert host("f1").function(YES, HALF) == sk.f1_score(flat, HALF[:, 0] > 0.5)
    assert host("f1").function(LABELS, odds) == sk.f1_score(
        LABELS, odds.argmax(axis=1), average="macro"
    )
    assert host("f1").function(np.eye(4)[LABELS], odds) == host("f1").function(LABELS, odds)
    assert host("r2").function(SCORES, SCORES + 0.1) == sk.r2_score(SCORES, SCORES + 0.1)


@pytest.mark.parametrize(
    ("name", "truth", "prediction"),
    [
        ("auc", np.zeros(3, int), np.ones((3, 1))),
        ("auc", np.array([0, 1, 1]), np.ones((3, 3)) / 3),
        ("r2", np.ones((1, 1)), np.ones((1, 1))),
    ],
)
def test_too_little_to_say_is_not_a_number(name: str, truth: Any, prediction: Any) -> None:
    assert np.isnan(host(name).function(truth, prediction))


# --- choosing -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["accuracy", "auc", "f1"])
def test_a_metric_of_classes_means_nothing_for_numbers(name: str) -> None:
    with pytest.raises(ArgumentError, match=f"{name} means nothing for numbers"):
        metrics.get(name, losses.mse)


@pytest.mark.parametrize(
    ("given", "said"),
    [("acuracy", "write 'accuracy'"), (3, "this is no metric"), (Accuracy, "this is no metric")],
)
def test_what_is_no_metric(given: Any, said: str) -> None:
    with pytest.raises(PellucidError, match=said):
        metrics.get(given)


@pytest.mark.parametrize("target", [LABELS[:40], LABELS[:, None], np.eye(5)[LABELS]])
def test_shapes_never_broadcast(target: np.ndarray) -> None:
    with pytest.raises(ShapeError):
        metrics.accuracy.rows(SCORES, target)


@pytest.mark.parametrize("name", metrics.METRICS)
def test_a_metric_survives_plain_data(name: str) -> None:
    one = metrics.get(name)
    assert metrics.from_config(metrics.to_config(one)) == one


def test_what_a_file_knows_of_others() -> None:
    logits = metrics.get("accuracy", losses.binary_cross_entropy_with_logits)
    assert metrics.from_config(metrics.to_config(logits)) == logits
    mine = metrics.from_config(metrics.to_config(metrics.get(losses.cross_entropy)))
    assert isinstance(mine, Metric)
    assert mine.name == "cross_entropy"
    with pytest.raises(FileError, match="which the file could only name"):
        mine.rows(SCORES, LABELS)


@pytest.mark.parametrize("name", losses.LOSSES)
def test_the_default_metric_of_each_loss_fits_it(name: str) -> None:
    loss = losses.get(name)
    assert metrics.get(loss.default_metric, loss).name == loss.default_metric
