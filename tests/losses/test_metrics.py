"""Holds: metrics add up over batches to scikit-learn's numbers, and fit the loss beside them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn import metrics as sk

import pellucid as pel
from pellucid import losses, metrics
from pellucid.errors import ArgumentError, FileError, PellucidError, ShapeError
from pellucid.metrics import Accuracy, HostMetric, Metric, TopKAccuracy

RNG = np.random.default_rng(11)
SCORES = RNG.normal(size=(50, 4))
LABELS = RNG.integers(0, 4, 50)
HALF = RNG.uniform(size=(50, 1))
YES = RNG.integers(0, 2, (50, 1))
ODDS = np.exp(SCORES) / np.exp(SCORES).sum(axis=1, keepdims=True)
SEVERAL = RNG.integers(0, 2, (50, 4))
WEIGHTS = RNG.uniform(size=50)


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


def test_all_answers_of_a_row_at_once() -> None:
    exact = metrics.get("exact_match", losses.binary_cross_entropy_with_logits)
    truth = np.where(RNG.uniform(size=(50, 1)) < 0.5, SCORES > 0, SEVERAL).astype(int)
    found = added_up(exact, SCORES, truth)
    assert found == sk.accuracy_score(truth, SCORES > 0)
    assert 0 < found < 1
    each = metrics.get("accuracy", losses.binary_cross_entropy_with_logits)
    assert 1 - added_up(each, SCORES, truth) == pytest.approx(sk.hamming_loss(truth, SCORES > 0))


def test_accuracy_of_places() -> None:
    scores, maps = RNG.normal(size=(20, 4, 3, 2)), RNG.integers(0, 4, (20, 3, 2))
    right = scores.argmax(axis=1) == maps
    assert added_up(metrics.get("accuracy"), scores, maps) == pytest.approx(right.mean())
    exact = added_up(metrics.get("exact_match"), scores, maps)
    assert exact == right.all(axis=(1, 2)).mean()
    with pytest.raises(ShapeError):
        metrics.accuracy.rows(scores, maps[:, :2])


@pytest.mark.parametrize("k", [1, 2, 3])
@pytest.mark.parametrize("target", [LABELS, np.eye(4)[LABELS], LABELS.astype(float)])
def test_among_the_first(k: int, target: np.ndarray) -> None:
    metric = metrics.get(f"top_{k}_accuracy", losses.cross_entropy)
    expected = sk.top_k_accuracy_score(LABELS, SCORES, k=k, labels=range(4))
    assert added_up(metric, SCORES, target) == pytest.approx(expected)
    assert metric.name == f"top_{k}_accuracy"
    assert metrics.from_config(metrics.to_config(metric)) == metric


def test_of_equal_outputs_the_first_is_the_greater() -> None:
    same = np.zeros((4, 4))
    for k in (1, 2, 3):
        rows = TopKAccuracy(k=k).rows(same, np.arange(4)).numpy()
        assert rows.tolist() == [1.0] * k + [0.0] * (4 - k)


@pytest.mark.parametrize("name", ["mse", "mae", "mape"])
def test_metrics_of_numbers(name: str) -> None:
    target = RNG.normal(size=(50, 4))
    peers = {
        "mse": sk.mean_squared_error,
        "mae": sk.mean_absolute_error,
        "mape": sk.mean_absolute_percentage_error,
    }
    metric, peer = metrics.get(name), peers[name]
    assert added_up(metric, SCORES, target) == pytest.approx(peer(target, SCORES))
    total = metric.numerator(SCORES, target, WEIGHTS).item()
    count = metric.weight(SCORES, target, WEIGHTS).item()
    assert total / count == pytest.approx(peer(target, SCORES, sample_weight=WEIGHTS))
    target[3, 2] = 0
    assert added_up(metric, SCORES, target) == pytest.approx(peer(target, SCORES))


@pytest.mark.parametrize("name", ["accuracy", "exact_match", "top_2_accuracy"])
def test_shares_of_weighed_rows(name: str) -> None:
    metric = metrics.get(name, losses.cross_entropy)
    right = metric.rows(SCORES, LABELS).numpy()
    assert metric.numerator(SCORES, LABELS, WEIGHTS).item() == pytest.approx(right @ WEIGHTS)
    assert metric.weight(SCORES, LABELS, WEIGHTS).item() == pytest.approx(WEIGHTS.sum())
    with pytest.raises(ShapeError, match="the weights of the rows"):
        metric.numerator(SCORES, LABELS, WEIGHTS[:, None])


def test_a_loss_beside_counts_its_rows_as_in_training() -> None:
    loss = losses.CrossEntropy(class_weight=[1, 2, 3, 4])
    metric = metrics.get(loss)
    found = metric.numerator(SCORES, LABELS, WEIGHTS) / metric.weight(SCORES, LABELS, WEIGHTS)
    assert found.item() == pytest.approx(loss(SCORES, LABELS, WEIGHTS).item())
    assert metric.rows(SCORES, LABELS).shape == (50,)


def test_a_mean_is_worth_its_weights() -> None:
    mean = metrics.get(lambda p, t: abs(p - t).mean())
    p, t = SCORES, np.zeros((50, 4))
    assert mean.numerator(p, t, WEIGHTS).item() == pytest.approx(abs(p).mean() * WEIGHTS.sum())


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


PEERS: dict[str, Any] = {
    "auc": lambda y, p, **s: sk.roc_auc_score(y, p, multi_class="ovr", **s),
    "balanced_accuracy": lambda y, p, **s: sk.balanced_accuracy_score(y, said(p), **s),
    "f1": lambda y, p, **s: sk.f1_score(y, said(p), average=averaged(p), **s),
    "log_loss": lambda y, p, **s: sk.log_loss(y, p, **s),
    "precision": lambda y, p, **s: sk.precision_score(y, said(p), average=averaged(p), **s),
    "recall": lambda y, p, **s: sk.recall_score(y, said(p), average=averaged(p), **s),
}
NUMBERS: dict[str, Any] = {"r2": sk.r2_score, "rmse": sk.root_mean_squared_error}


def said(p: np.ndarray) -> np.ndarray:
    return p.argmax(axis=1) if p.ndim == 2 else (p > 0.5).astype(int)


def averaged(p: np.ndarray) -> str:
    return "macro" if p.ndim == 2 else "binary"


def test_every_metric_of_all_rows_has_a_peer() -> None:
    hosts = {name for name, one in metrics.METRICS.items() if isinstance(one, HostMetric)}
    assert PEERS.keys() | NUMBERS.keys() == hosts


@pytest.mark.parametrize("weighed", [{}, {"sample_weight": WEIGHTS}], ids=["plain", "weighed"])
@pytest.mark.parametrize("name", PEERS)
def test_those_of_scikit_learn(name: str, weighed: Any) -> None:
    metric, peer, weight = host(name), PEERS[name], weighed.get("sample_weight")
    flat, half = YES[:, 0], HALF[:, 0]
    one = pytest.approx(peer(flat, half, **weighed), rel=1e-12)
    for truth in (YES, flat, YES.astype(float), flat > 0):
        assert metric(truth, HALF, weight) == one
    assert metric(flat, np.hstack([1 - HALF, HALF]), weight) == one
    classes = pytest.approx(peer(LABELS, ODDS, **weighed), rel=1e-12)
    for truth in (LABELS, np.eye(4)[LABELS], LABELS.astype(np.float32)):
        assert metric(truth, ODDS, weight) == classes


@pytest.mark.parametrize("name", PEERS)
def test_several_answers_have_the_mean_of_their_scores(name: str) -> None:
    metric = metrics.get(name, losses.binary_cross_entropy)
    assert isinstance(metric, HostMetric)
    each = [PEERS[name](SEVERAL[:, k], ODDS[:, k]) for k in range(4)]
    assert metric(SEVERAL, ODDS) == pytest.approx(np.mean(each), rel=1e-12)
    assert metrics.from_config(metrics.to_config(metric)) == metric
    if name in ("f1", "precision", "recall"):
        together = getattr(sk, f"{name}_score")(SEVERAL, ODDS > 0.5, average="macro")
        assert metric(SEVERAL, ODDS) == pytest.approx(together, rel=1e-12)


@pytest.mark.parametrize("name", [name for name in PEERS if name != "log_loss"])
def test_signs_are_answers_too(name: str) -> None:
    metric = metrics.get(name, losses.mse, task="signs")
    assert isinstance(metric, HostMetric)
    expected = PEERS[name](YES[:, 0], HALF[:, 0])
    assert metric(2 * YES - 1, 2 * HALF - 1) == pytest.approx(expected, rel=1e-12)
    assert metrics.from_config(metrics.to_config(metric)) == metric


@pytest.mark.parametrize("weight", [None, WEIGHTS], ids=["plain", "weighed"])
@pytest.mark.parametrize("name", NUMBERS)
def test_those_of_numbers(name: str, weight: Any) -> None:
    expected = NUMBERS[name](SCORES, SCORES + ODDS, sample_weight=weight)
    assert host(name)(SCORES, SCORES + ODDS, weight) == pytest.approx(expected, rel=1e-12)


def test_a_function_of_ones_own_may_take_weights() -> None:
    def share(truth: Any, prediction: Any, sample_weight: Any = None) -> float:
        return float(np.average(truth == prediction, weights=sample_weight))

    mine = HostMetric("share", share)
    assert mine(np.array([1, 2]), np.array([1, 0])) == 0.5
    assert mine(np.array([1, 2]), np.array([1, 0]), np.array([3.0, 1.0])) == 0.75
    bare = HostMetric("bare", lambda truth, prediction: 1.0)
    assert bare(YES, YES) == 1
    with pytest.raises(ArgumentError, match="add sample_weight to its arguments"):
        bare(YES, YES, WEIGHTS)


def test_a_table_of_confusion() -> None:
    np.testing.assert_array_equal(
        metrics.confusion(LABELS, ODDS), sk.confusion_matrix(LABELS, ODDS.argmax(axis=1))
    )
    np.testing.assert_array_equal(
        metrics.confusion(YES, HALF), sk.confusion_matrix(YES[:, 0], HALF[:, 0] > 0.5)
    )
    np.testing.assert_array_equal(
        metrics.confusion(["a", "b", "b"], ["a", "a", "b"], [1, 2, 3]), [[1, 0], [2, 3]]
    )


@pytest.mark.parametrize(
    ("name", "truth", "prediction"),
    [
        ("auc", np.zeros(3, int), np.ones((3, 1))),
        ("auc", np.array([0, 1, 1]), np.ones((3, 3)) / 3),
        ("r2", np.ones((1, 1)), np.ones((1, 1))),
    ],
)
def test_too_little_to_say_is_not_a_number(name: str, truth: Any, prediction: Any) -> None:
    assert np.isnan(host(name)(truth, prediction))


def test_several_answers_of_which_one_never_changes_have_no_area() -> None:
    auc = metrics.get("auc", losses.binary_cross_entropy)
    assert isinstance(auc, HostMetric)
    assert np.isnan(auc(np.array([[0, 1], [1, 1]]), np.array([[0.2, 0.7], [0.6, 0.8]])))


# --- choosing -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(metrics.METRICS.keys() - metrics.OF_NUMBERS))
def test_a_metric_of_classes_means_nothing_for_numbers(name: str) -> None:
    with pytest.raises(ArgumentError, match=f"{name} means nothing for numbers"):
        metrics.get(name, losses.mse)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("acuracy", "write 'accuracy'"),
        (
            "nonsense",
            "one of accuracy, auc, balanced_accuracy, exact_match, f1, log_loss, mae, mape",
        ),
        ("confusion", r"write metrics.confusion\(y, model.classify\(X\)\)"),
        ("top_0_accuracy", "wanted  k ≥ 1"),
        (3, "this is no metric"),
        (Accuracy, "this is no metric"),
    ],
)
def test_what_is_no_metric(given: Any, said: str) -> None:
    with pytest.raises(PellucidError, match=said):
        metrics.get(given)


def test_what_a_metric_has_no_meaning_for() -> None:
    with pytest.raises(ArgumentError, match="log_loss needs probabilities"):
        metrics.get("log_loss", losses.mse, task="signs")
    with pytest.raises(ArgumentError, match=r'write metrics=\["top_3_accuracy"\]'):
        metrics.get("top_5_accuracy").rows(SCORES, LABELS)
    with pytest.raises(ArgumentError, match=r'write metrics=\["accuracy"\]'):
        metrics.get("top_5_accuracy").rows(HALF, YES)


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


@pytest.mark.parametrize("name", [n for n, loss in losses.LOSSES.items() if loss.default_metric])
def test_the_default_metric_of_each_loss_fits_it(name: str) -> None:
    loss = losses.get(name)
    assert metrics.get(loss.default_metric, loss).name == loss.default_metric


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_log_loss_of_certain_answers_is_finite_as_that_of_scikit_learn(dtype: str) -> None:
    truth, p = np.array([0, 1, 2, 1]), np.eye(3, dtype=dtype)[[0, 1, 1, 0]]
    assert host("log_loss")(truth, p) == pytest.approx(sk.log_loss(truth, p), rel=1e-6)
    yes = p[:, 1]
    assert host("log_loss")(truth > 0, yes) == pytest.approx(sk.log_loss(truth > 0, yes), rel=1e-6)
