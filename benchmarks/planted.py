"""Mistakes planted on purpose: some for each kind of finding, and those that are errors."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

import pellucid as pel
from pellucid import data, nn, optim
from pellucid.diagnose import Findings
from pellucid.diagnose.kinds import found
from pellucid.errors import PellucidError

__all__ = ["FORBIDDEN", "PLANTED", "Mistake", "refused"]

Mistake = Callable[[int], Findings]


def told(model: Any, X: Any, y: Any, seed: int, **options: Any) -> Findings:
    """Give what `fit` says by itself."""
    given = {"epochs": 20, "progress": False, **options}
    found: Findings = model.fit(X, y, seed=seed, **given).findings
    return found


def watched(model: Any, X: Any, y: Any, seed: int, **options: Any) -> Findings:
    """Give what is said by a fit with a watch."""
    return told(model, X, y, seed, callbacks=[pel.Watch()], **options)


def dense(*units: int, activation: str = "relu", last: str | None = None, **more: Any) -> Any:
    """Layers of these many units."""
    inner = [nn.Linear(k, activation=activation, **more) for k in units[:-1]]
    return nn.Sequential([*inner, nn.Linear(units[-1], activation=last)])


def moons(seed: int, n: int = 300) -> tuple[Any, Any]:
    return data.moons(n, 0.1, seed=seed)


def blobs(seed: int, n: int = 300) -> tuple[Any, Any]:
    return data.blobs(n, 3, seed=seed)


def table(name: str) -> tuple[Any, Any]:
    known = data.named(name)
    return np.asarray(known.X, float), np.asarray(known.y)


# --- building ------------------------------------------------------------------------------


def softmax_before_logits(seed: int) -> Findings:
    return told(dense(8, 3, last="softmax"), *blobs(seed), seed, loss="cross_entropy")


def sigmoid_before_logits(seed: int) -> Findings:
    return told(dense(8, 1, last="sigmoid"), *moons(seed), seed,
                loss="binary_cross_entropy_with_logits")  # fmt: skip


def numbers_for_probabilities(seed: int) -> Findings:
    return dense(8, 3).diagnose(*blobs(seed), loss="categorical_cross_entropy")


def softmax_of_one(seed: int) -> Findings:
    return told(dense(8, 1, last="softmax"), *moons(seed), seed, loss="binary_cross_entropy")


def two_linear_layers(seed: int) -> Findings:
    return told(dense(8, 8, 2, activation=None), *moons(seed), seed)  # type: ignore[arg-type]


def equal_weights(seed: int) -> Findings:
    model = nn.Sequential([nn.Linear(8, activation="tanh", weight_init=nn.init.Constant(0.1)),
                           nn.Linear(1, weight_init=nn.init.Constant(0.1))])  # fmt: skip
    return told(model, *moons(seed), seed)


# --- data ----------------------------------------------------------------------------------


def unscaled_columns(seed: int) -> Findings:
    return told(dense(16, 3), *table("wine"), seed)


def unscaled_pixels(seed: int) -> Findings:
    X, y = table("digits")
    return told(dense(16, 10), X * 16, y, seed)


def unscaled_target(seed: int) -> Findings:
    return told(dense(16, 1), *table("diabetes"), seed)


def tiny_target(seed: int) -> Findings:
    X, y = table("diabetes")
    return told(dense(16, 1), X, y / 1e5, seed)


def imbalance(seed: int) -> Findings:
    X, y = moons(seed, 600)
    rare = np.flatnonzero(y == 1)[:12]
    rows = np.concatenate([np.flatnonzero(y == 0), rare])
    return told(dense(8, 2), X[rows], y[rows], seed)


def sorted_split(seed: int) -> Findings:
    X, y = table("iris")
    return told(dense(8, 3), X[:100], y[:100], seed, validation=(X[90:100], y[90:100]))


def unseen_class(seed: int) -> Findings:
    X, y = table("iris")
    model = dense(8, 3)
    return told(model, X[:100], y[:100], seed, validation=(X[100:], y[100:]))


def unshuffled(seed: int) -> Findings:
    X, y = blobs(seed)
    rows = np.argsort(y, kind="stable")
    return told(dense(8, 3), X[rows], y[rows], seed, shuffle=False)


def target_as_column(seed: int) -> Findings:
    X, y = moons(seed)
    return told(dense(8, 2), np.column_stack([X, 2.0 * y - 1]), y, seed)


def target_among_numbers(seed: int) -> Findings:
    X, y = table("diabetes")
    return told(dense(8, 1), np.column_stack([X, y]), y, seed, prepare="standard")


def duplicates(seed: int) -> Findings:
    X, y = moons(seed)
    return told(dense(8, 2), X, y, seed, validation=(X[:60], y[:60]))


# --- during --------------------------------------------------------------------------------


def dead_units(seed: int) -> Findings:
    model = nn.Sequential([nn.Linear(16, activation="relu", bias_init=nn.init.Constant(-20.0)),
                           nn.Linear(2)])  # fmt: skip
    return watched(model, *moons(seed), seed)


def saturated_units(seed: int) -> Findings:
    model = dense(16, 2, activation="tanh", weight_init=nn.init.Normal(0.0, 100.0))
    X, y = moons(seed)
    shuffled = np.random.default_rng(seed).permutation(y)  # which cannot be learned
    return watched(model, X, shuffled, seed)


def saturated_by_scale(seed: int) -> Findings:
    X, y = table("digits")
    model = dense(16, 10, activation="sigmoid")
    return model.diagnose(100 * X, y)


def vanishing(seed: int) -> Findings:
    return watched(dense(*[8] * 12, 2, activation="sigmoid"), *moons(seed), seed)


def exploding(seed: int) -> Findings:
    model = dense(*[16] * 12, 1, weight_init=nn.init.Normal(0.0, 2.0))
    return model.diagnose(*moons(seed), loss="mse")


def rate_too_high(optimizer: Any) -> Mistake:
    def mistake(seed: int) -> Findings:
        rows = data.moons(300, 0.3, seed=seed)  # which overlap: any rate parts other rows
        return told(dense(16, 2, activation="tanh"), *rows, seed, optimizer=optimizer)

    return mistake


def rate_too_low(optimizer: Any) -> Mistake:
    def mistake(seed: int) -> Findings:
        return told(dense(16, 3), *blobs(seed), seed, optimizer=optimizer)

    return mistake


# --- after ---------------------------------------------------------------------------------


def overfitting(seed: int) -> Findings:
    X, y = moons(seed, 100)
    X = np.column_stack([X, np.random.default_rng(seed).normal(size=(100, 20))])
    flipped = np.random.default_rng(seed).random(100) < 0.2
    return told(dense(64, 64, 2), X, y ^ flipped, seed, validation=0.4, epochs=200,
                optimizer=optim.Adam(0.01))  # fmt: skip


def linear_for_xor(seed: int) -> Findings:
    X, y = data.xor_blobs(seed=seed)
    return told(dense(1), X, y, seed, epochs=50, optimizer=optim.Adam(0.02))


def nothing_to_learn(seed: int) -> Findings:
    draw = np.random.default_rng(seed)
    return told(dense(1), draw.normal(size=(400, 4)), draw.integers(0, 2, 400), seed, epochs=30)


def majority(seed: int) -> Findings:
    X, y = moons(seed, 600)
    rows = np.concatenate([np.flatnonzero(y == 0), np.flatnonzero(y == 1)[:20]])
    model = dense(8, 2)
    shuffled = np.random.default_rng(seed).permutation(y[rows])
    model.fit(X[rows], shuffled, epochs=40, seed=seed, progress=False)
    return model.diagnose(X[rows], shuffled)


def constant_number(seed: int) -> Findings:
    X, y = table("diabetes")
    model = nn.Sequential([nn.Linear(8, activation="relu", bias_init=nn.init.Constant(-20.0)),
                           nn.Linear(1)])  # fmt: skip
    model.fit(X, y, prepare="standard", epochs=10, seed=seed, progress=False)
    return model.diagnose(X, y)


def first_loss(seed: int) -> Findings:
    model = nn.Sequential([nn.Linear(16, activation="relu"),
                           nn.Linear(3, weight_init=nn.init.Normal(0.0, 10.0))])  # fmt: skip
    return told(model, *blobs(seed), seed)


PLANTED: dict[str, tuple[str, Mistake]] = {
    "softmax before logits": ("PEL101", softmax_before_logits),
    "sigmoid before logits": ("PEL101", sigmoid_before_logits),
    "any numbers as probabilities": ("PEL102", numbers_for_probabilities),
    "softmax on one unit": ("PEL103", softmax_of_one),
    "two linear layers": ("PEL104", two_linear_layers),
    "equal first weights": ("PEL105", equal_weights),
    "columns of unlike scale": ("PEL201", unscaled_columns),
    "pixels up to 255": ("PEL201", unscaled_pixels),
    "target around 150": ("PEL203", unscaled_target),
    "target below 0.01": ("PEL203", tiny_target),
    "25 to 1": ("PEL204", imbalance),
    "sorted split": ("PEL205", sorted_split),
    "a class only in validation": ("PEL205", unseen_class),
    "sorted and not shuffled": ("PEL206", unshuffled),
    "the class as a column": ("PEL207", target_as_column),
    "the number as a column": ("PEL207", target_among_numbers),
    "validation from training": ("PEL208", duplicates),
    "dead ReLU": ("PEL301", dead_units),
    "saturated tanh": ("PEL302", saturated_units),
    "saturated by unscaled rows": ("PEL302", saturated_by_scale),
    "twelve sigmoid layers": ("PEL303", vanishing),
    "twelve layers of large weights": ("PEL304", exploding),
    "SGD(300)": ("PEL305", rate_too_high(optim.SGD(300.0))),
    "Adam(10)": ("PEL305", rate_too_high(optim.Adam(10.0))),
    "SGD(1e-6)": ("PEL306", rate_too_low(optim.SGD(1e-6))),
    "Adam(1e-7)": ("PEL306", rate_too_low(optim.Adam(1e-7))),
    "noise learned by heart": ("PEL401", overfitting),
    "a line for exclusive or": ("PEL402", linear_for_xor),
    "labels by chance": ("PEL402", nothing_to_learn),
    "always the majority": ("PEL403", majority),
    "always the same number": ("PEL403", constant_number),
    "large last weights": ("PEL404", first_loss),
}


def loop_without_reset(seed: int) -> Findings:
    """Give what the warning of a loop names."""
    X, y = moons(seed)
    model = dense(8, 2)
    model(X)
    stepper = optim.SGD(0.1).over(model.parameters())
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(3):
            nn.cross_entropy(model(X, training=True), y).backward()
            stepper.step()
    codes = [str(one.message).split()[0] for one in caught]
    return Findings(found(code, "a warning") for code in codes)


def loop_with(change: Callable[[nn.Sequential], Findings]) -> Mistake:
    def mistake(seed: int) -> Findings:
        model = nn.Sequential([nn.Linear(8, activation="relu"), nn.Dropout(0.5), nn.Linear(2)])
        model.seed(seed)
        model(moons(seed)[0])
        return change(model)

    return mistake


def some_weights(model: nn.Sequential) -> Findings:
    X, y = moons(1)
    loss = nn.cross_entropy(model(X, training=True), y)
    return pel.check_step(loss, model[2].parameters())


def trained_in_evaluation(model: nn.Sequential) -> Findings:
    X, y = moons(1)
    return pel.check_step(nn.cross_entropy(model(X), y), model.parameters())


def evaluated_in_training(model: nn.Sequential) -> Findings:
    X, y = moons(1)
    loss = nn.cross_entropy(model(X, training=True), y)
    return pel.check_step(loss, model.parameters(), training=False)


def one_batch_of_exclusive_or(seed: int) -> Findings:
    return pel.overfit_one_batch(dense(1), *data.xor_blobs(seed=seed), seed=seed).findings


PLANTED |= {
    "one batch, a line for exclusive or": ("PEL405", one_batch_of_exclusive_or),
    "a loop without zero_grad": ("PEL501", loop_without_reset),
    "an optimizer for some weights": ("PEL502", loop_with(some_weights)),
    "dropout off in training": ("PEL503", loop_with(trained_in_evaluation)),
    "dropout on in evaluation": ("PEL504", loop_with(evaluated_in_training)),
}


# --- what is an error ----------------------------------------------------------------------


def fitted(model: Any, X: Any, y: Any, **options: Any) -> Any:
    return model.fit(X, y, epochs=2, seed=1, progress=False, **options)


def with_a_hole() -> Any:
    X, y = blobs(1)
    X[3, 1] = np.nan
    return fitted(dense(8, 3), X, y)


def two_ones() -> Any:
    rows = data.one_hot(blobs(1)[1], 3)
    rows[3] = [1, 1, 0]
    return rows


def by_steps_of_nothing() -> Any:
    w = pel.Variable(1.0, name="w")
    stepper = optim.SGD(0.1).over([w])
    return stepper.step()


def by_hand(prediction: Any, target: Any) -> Any:
    return ((prediction - target.reshape(-1)) ** 2).mean()


def batches_of_one() -> Any:
    model = nn.Sequential([nn.Linear(4), nn.BatchNorm1d(), nn.Linear(3)])
    return fitted(model, *blobs(1), batch_size=1)


FORBIDDEN: dict[str, tuple[str, Callable[[], Any]]] = {
    "prediction (n, 1) against target (n,)": (
        "ShapeError", lambda: fitted(dense(1), *table("diabetes"), loss=by_hand)),
    "more classes than outputs": ("LabelError", lambda: fitted(dense(8, 2), *blobs(1))),
    "any numbers as probabilities, in a fit": (
        "ArgumentError", lambda: fitted(dense(8, 3), *blobs(1), loss="categorical_cross_entropy")),
    "one-hot rows that do not sum to 1": (
        "LabelError", lambda: fitted(dense(8, 3), blobs(1)[0], two_ones())),
    "fractional labels": (
        "LabelError", lambda: fitted(dense(8, 3), blobs(1)[0], blobs(1)[1] + 0.5,
                                     loss="cross_entropy")),
    "not-a-number in the data": ("DataError", with_a_hole),
    "not-a-number in training": (
        "NonFiniteError", lambda: fitted(dense(8, 1), *table("diabetes"), optimizer=optim.SGD(1e6),
                                         loss="mse")),
    "accuracy of numbers": (
        "ArgumentError", lambda: fitted(dense(1), *table("diabetes"), loss="mse",
                                        metrics=["accuracy"])),
    "a network that is frozen": (
        "GradientError", lambda: fitted(dense(8, 3).freeze(), *blobs(1))),
    "a step without backward": ("GradientError", by_steps_of_nothing),
    "batch norm with one row a batch": ("ShapeError", batches_of_one),
}  # fmt: skip


def refused(name: str) -> str:
    """Give the name of the error that a mistake meets, or nothing."""
    try:
        FORBIDDEN[name][1]()
    except PellucidError as error:
        return type(error).__name__
    return ""
