"""Holds: every loss trains a network through `fit`, and reads labels and metrics as it should."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn import metrics as sk

import pellucid as pel
from pellucid import losses, nn, optim
from pellucid.errors import PellucidError
from pellucid.losses import LOSSES, Loss

RNG = np.random.default_rng(3)
X = RNG.normal(size=(60, 4)).astype(np.float32)
SLOPE = X @ np.array([1.0, -2.0, 0.5, 0.0])
CLASSES = (X[:, 0] > 0).astype(int) + (X[:, 1] > 0)
SEVERAL = (X[:, :3] > 0).astype(int)
SHARES = np.exp(X[:, :3]) / np.exp(X[:, :3]).sum(axis=1, keepdims=True)
COUNTS = RNG.poisson(np.exp(X[:, 0] / 2))


def network(outputs: int, last: str | None = None) -> nn.Sequential:
    return nn.Sequential([nn.Linear(8, activation="tanh"), nn.Linear(outputs, activation=last)])


def fitted(loss: Any, y: Any, outputs: int, last: str | None = None, **options: Any) -> Any:
    model = network(outputs, last)
    model.fit(
        X, y, loss=loss, optimizer=optim.Adam(0.03), epochs=6, batch_size=16, seed=1,
        progress=False, engine="reference", **options,
    )  # fmt: skip
    return model


TASKS: dict[str, tuple[Any, int, str | None]] = {
    "binary_cross_entropy": (SLOPE > 0, 1, "sigmoid"),
    "binary_cross_entropy_with_logits": (SLOPE > 0, 1, None),
    "binary_focal": (SLOPE > 0, 1, None),
    "categorical_cross_entropy": (CLASSES, 3, "softmax"),
    "cross_entropy": (CLASSES, 3, None),
    "focal": (CLASSES, 3, None),
    "hinge": (np.where(SLOPE > 0, 1, -1), 1, None),
    "huber": (SLOPE, 1, None),
    "kl_divergence": (SHARES, 3, "log_softmax"),
    "log_cosh": (SLOPE, 1, None),
    "mae": (SLOPE, 1, None),
    "mse": (SLOPE, 1, None),
    "multiclass_hinge": (CLASSES, 3, None),
    "nll": (CLASSES, 3, "log_softmax"),
    "poisson": (COUNTS, 1, None),
    "quantile": (SLOPE, 1, None),
    "smooth_l1": (SLOPE, 1, None),
    "squared_hinge": (np.where(SLOPE > 0, "yes", "no"), 1, None),
}


def test_every_loss_has_a_task() -> None:
    assert TASKS.keys() | {"gaussian_nll"} == LOSSES.keys()  # which has a test of its own below


@pytest.mark.parametrize("name", TASKS)
def test_it_falls_and_is_read_again(name: str) -> None:
    y, outputs, last = TASKS[name]
    model = fitted(name, y, outputs, last)
    loss: Loss = LOSSES[name]
    past = model.history["loss"]
    assert past[-1] < past[0]
    found = model.evaluate(X, y)
    assert found["loss"] < past[0]
    if loss.default_metric:
        assert loss.default_metric in found
    if loss.task != "regression" and y.ndim == 1:
        right = (model.classify(X) == y).mean()
        assert right == pytest.approx(found["accuracy"], abs=1e-6)
        assert right > 0.5
        p = model.predict_proba(X)
        np.testing.assert_allclose(p.sum(axis=1), 1, atol=1e-6)


@pytest.mark.parametrize("last", [None, "sigmoid"])
def test_several_labels_a_row(last: str | None) -> None:
    loss = "binary_cross_entropy" + "_with_logits" * (last is None)
    names = ["accuracy", "exact_match", "f1", "precision", "recall", "auc", "balanced_accuracy"]
    model = fitted(loss, SEVERAL, 3, last, metrics=names)
    found = model.evaluate(X, SEVERAL)
    p = model.predict(X)
    said = p > (0 if last is None else 0.5)
    expected = {
        "accuracy": 1 - sk.hamming_loss(SEVERAL, said),
        "exact_match": sk.accuracy_score(SEVERAL, said),
        "f1": sk.f1_score(SEVERAL, said, average="macro"),
        "precision": sk.precision_score(SEVERAL, said, average="macro", zero_division=0),
        "recall": sk.recall_score(SEVERAL, said, average="macro"),
        "auc": sk.roc_auc_score(SEVERAL, p),
    }
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, abs=1e-6), name
    assert 0.5 < found["balanced_accuracy"] < 1


def test_what_a_yes_weighs_moves_the_answers() -> None:
    yes = np.where(SLOPE > 1.5, 1, 0)
    shares = [
        fitted(nn.BinaryCrossEntropyWithLogits(positive_weight=w), yes, 1).classify(X).mean()
        for w in (0.1, 1.0, 10.0)
    ]
    assert shares[0] < shares[1] < shares[2]


def test_class_weights_are_recorded_as_they_count() -> None:
    loss = nn.CrossEntropy(class_weight=[1.0, 5.0, 2.0])
    model = fitted(loss, CLASSES, 3)
    expected = loss(model.predict(X), CLASSES).item()
    assert model.evaluate(X, CLASSES)["loss"] == pytest.approx(expected, rel=1e-5)


def test_quantiles_lie_below_and_above() -> None:
    low, high = (
        (fitted(nn.Quantile(q), SLOPE, 1).predict(X)[:, 0] > SLOPE).mean() for q in (0.1, 0.9)
    )
    assert low < 0.5 < high


def test_more_outputs_than_targets_in_a_loop_of_ones_own() -> None:
    """The best constant outputs are the sample's quantiles, and its mean and variance."""
    y = RNG.normal(2.0, 3.0, size=(200, 1))
    for loss, best in (
        (nn.Quantile((0.1, 0.5, 0.9)), np.quantile(y, [0.1, 0.5, 0.9])),
        (nn.gaussian_nll, np.array([y.mean(), np.log(y.var())])),
    ):
        row = pel.Variable(np.zeros((1, len(best))), "float64")
        stepper = optim.Adam(0.1).over({"row": row})
        for _ in range(150):
            stepper.zero_grad()
            loss(pel.broadcast_to(row, (200, len(best))), y).backward()
            stepper.step()
        np.testing.assert_allclose(row.numpy()[0], best, atol=0.3)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"loss": "cros_entropy"}, "write 'cross_entropy'"),
        ({"loss": "nonsense"}, "one of binary_cross_entropy, binary_cross_entropy_with_logits"),
        ({"metrics": ["acuracy"]}, "write 'accuracy'"),
        ({"metrics": ["confusion"]}, "a confusion matrix is a table"),
        ({"metrics": ["top_5_accuracy"]}, r'write metrics=\["top_2_accuracy"\]'),
        ({"loss": nn.CrossEntropy(class_weight=[1, 2])}, "one number for each class"),
    ],
)
def test_a_wish_that_cannot_be_met_is_told_before_training(options: Any, said: str) -> None:
    with pytest.raises(PellucidError, match=said):
        network(3).fit(X, CLASSES, progress=False, **{"loss": "cross_entropy", **options})


def test_losses_are_plain_data_in_a_file(tmp_path: Any) -> None:
    loss = losses.Focal(gamma=1.5, class_weight=[1, 2, 3])
    model = fitted(loss, CLASSES, 3, metrics=["f1", "top_2_accuracy"])
    before = model.evaluate(X, CLASSES)
    path = tmp_path / "model.pellucid"
    model.save(path)
    assert pel.load(path).evaluate(X, CLASSES) == pytest.approx(before, rel=1e-6)
