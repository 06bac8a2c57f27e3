"""Trainings that no threshold was set on: other rows, networks, losses and optimizers.

Healthy ones, and the mistakes of :mod:`benchmarks.planted` made elsewhere. Nothing here is looked
at when a threshold is chosen; a recipe that has helped to choose one belongs into `healthy`.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

import pellucid as pel
from benchmarks.healthy import Recipe, found
from benchmarks.planted import Mistake, dense, table, told, watched
from pellucid import data, nn, optim
from pellucid.data.toys import Drawn
from pellucid.diagnose import Findings
from pellucid.diagnose.kinds import found as finding

__all__ = ["PLANTED", "RECIPES"]

# --- rows ----------------------------------------------------------------------------------


def mixtures(seed: int, n: int = 500, classes: int = 4, columns: int = 12) -> Drawn:
    """Draw classes of two clouds each, in some of the columns; the others say nothing."""
    draw = np.random.default_rng(seed)
    centres = 2.2 * draw.normal(size=(2 * classes, columns // 2))
    cloud = draw.integers(0, 2 * classes, n)
    telling = centres[cloud] + draw.normal(size=(n, columns // 2))
    return np.hstack([telling, draw.normal(size=(n, columns - columns // 2))]), cloud % classes


def friedman(seed: int, n: int = 400) -> Drawn:
    """Draw ten columns, of which five make the number (Friedman, 1991)."""
    draw = np.random.default_rng(seed)
    X = draw.uniform(size=(n, 10))
    y = 10 * np.sin(np.pi * X[:, 0] * X[:, 1]) + 20 * (X[:, 2] - 0.5) ** 2
    return X, y + 10 * X[:, 3] + 5 * X[:, 4] + draw.normal(size=n)


def counts(seed: int, n: int = 400) -> Drawn:
    """Draw counts whose logarithm of the expected number is a sum."""
    draw = np.random.default_rng(seed)
    X = draw.normal(size=(n, 4))
    return X, draw.poisson(np.exp(0.5 + X @ [0.6, -0.4, 0.2, 0.0])).astype(float)


def yes_or_no(seed: int, n: int = 400) -> Drawn:
    """Draw five answers to each row."""
    draw = np.random.default_rng(seed)
    X = draw.normal(size=(n, 8))
    return X, (X @ draw.normal(size=(8, 5)) + 0.5 * draw.normal(size=(n, 5)) > 0).astype(float)


def waves(seed: int, n: int = 240) -> Drawn:
    """Draw sines, saw-teeth and squares, of any phase and some noise, as sequences."""
    draw = np.random.default_rng(seed)
    label, phase = draw.integers(0, 3, n), draw.uniform(size=(n, 1))
    turn = (np.linspace(0, 3, 48) + phase) % 1
    forms = np.stack([np.sin(2 * np.pi * turn), 2 * turn - 1, np.where(turn < 0.5, 1.0, -1.0)])
    X = forms[label, np.arange(n)] + 0.2 * draw.normal(size=(n, 48))
    return X[:, None], label


def sentences(seed: int, n: int = 400) -> Drawn:
    """Draw words; the label is whether one half of the vocabulary is commoner than the other."""
    draw = np.random.default_rng(seed)
    words = draw.integers(0, 20, (n, 15))
    return words, ((words < 10).sum(axis=1) > 7).astype(int)


def widening(seed: int, n: int = 400) -> Drawn:
    """Draw numbers whose noise grows along the column."""
    draw = np.random.default_rng(seed)
    X = draw.uniform(-2, 2, (n, 1))
    noise = 0.05 + 0.2 * (X[:, 0] + 2)
    return X, np.sin(2 * X[:, 0]) + noise * draw.normal(size=n)


@cache
def digit_rows(first: int = 0, last: int = 800) -> tuple[Any, Any]:
    X, y = data.digits().X, data.digits().y
    rows = slice(first, last)
    return np.asarray(X, np.float32)[rows].reshape(-1, 1, 8, 8) / 16, np.asarray(y)[rows]


# --- healthy -------------------------------------------------------------------------------


def rings(seed: int) -> Findings | None:
    return found(dense(16, 2, activation="tanh"), *data.circles(seed=seed), seed, epochs=60,
                 validation=0.25, optimizer=optim.Adam(0.01), accuracy=0.9)  # fmt: skip


def spirals(seed: int) -> Findings | None:
    return found(dense(48, 48, 2), *data.spirals(seed=seed), seed, epochs=120,
                 optimizer=optim.AdamW(0.01), accuracy=0.95)  # fmt: skip


def six_layers(seed: int) -> Findings | None:
    return found(dense(*[24] * 6, 2), *data.moons(400, 0.2, seed=seed), seed, epochs=40,
                 validation=0.2, optimizer=optim.NAdam(0.003), accuracy=0.9)  # fmt: skip


def logistic_line(seed: int) -> Findings | None:
    return found(dense(1), *data.logistic_1d(seed=seed), seed, epochs=60, prepare="standard",
                 optimizer=optim.SGD(0.3, momentum=0.9), accuracy=0.8)  # fmt: skip


def normalised(seed: int) -> Findings | None:
    layers: list[Any] = []
    for _ in range(2):
        layers += [nn.Linear(32), nn.BatchNorm1d(), nn.ReLU(), nn.Dropout(0.2)]
    model = nn.Sequential([*layers, nn.Linear(4)])
    rate = optim.Cosine(0.01, steps=480)
    return found(model, *mixtures(seed), seed, epochs=40, validation=0.2,
                 optimizer=optim.AdamW(rate, weight_decay=0.01), accuracy=0.8)  # fmt: skip


def smoothed_labels(seed: int) -> Findings | None:
    return found(dense(24, 3, activation="silu"), *data.blobs(300, 3, seed=seed), seed, epochs=30,
                 loss=nn.CrossEntropy(label_smoothing=0.1), prepare="standard",
                 optimizer=optim.RMSProp(0.003))  # fmt: skip


def balanced(seed: int) -> Findings | None:
    X, y = data.moons(600, 0.15, seed=seed)
    rows = np.concatenate([np.flatnonzero(y == 0), np.flatnonzero(y == 1)[:50]])
    return found(dense(16, 2), X[rows], y[rows], seed, epochs=60, class_weight="balanced",
                 optimizer=optim.Adam(0.01))  # fmt: skip


def skipping(seed: int) -> Findings | None:
    def block() -> Any:
        return nn.Residual([nn.LayerNorm(), nn.Linear(32, activation="gelu"), nn.Linear(16)])

    model = nn.Sequential([nn.Linear(16), block(), block(), nn.LayerNorm(), nn.Linear(4)])
    return found(model, *mixtures(seed), seed, epochs=30, optimizer=optim.Adam(0.003),
                 accuracy=0.8)  # fmt: skip


def ten_columns(seed: int) -> Findings | None:
    return found(dense(32, 32, 1, activation="gelu"), *friedman(seed), seed, validation=0.2,
                 prepare="standard", epochs=60, early_stopping=10,
                 optimizer=optim.AdamW(0.005))  # fmt: skip


def medians(seed: int) -> Findings | None:
    return found(dense(24, 1, activation="softplus"), *friedman(seed), seed, loss="mae",
                 prepare="standard", epochs=60, optimizer=optim.AdaGrad(0.05))  # fmt: skip


def three_numbers(seed: int) -> Findings | None:
    rows = data.linnerud()
    return found(dense(8, 3, activation="tanh"), rows.X, rows.y, seed, loss="huber", epochs=100,
                 prepare="standard", optimizer=optim.SGD(0.05, momentum=0.9))  # fmt: skip


def expected_counts(seed: int) -> Findings | None:
    return found(dense(16, 1, activation="tanh"), *counts(seed), seed, loss="poisson", epochs=40,
                 optimizer=optim.Adam(0.01))  # fmt: skip


def mean_and_variance(seed: int) -> Findings | None:
    X, y = widening(seed)
    return found(dense(32, 2, activation="tanh"), X, y[:, None], seed, loss="gaussian_nll",
                 epochs=100, optimizer=optim.Adam(0.01))  # fmt: skip


def five_answers(seed: int) -> Findings | None:
    return found(dense(32, 5), *yes_or_no(seed), seed, epochs=40, optimizer=optim.Adam(0.01),
                 loss="binary_cross_entropy_with_logits")  # fmt: skip


def margin(seed: int) -> Findings | None:
    rows = data.breast_cancer()
    return found(dense(1), rows.X, rows.y, seed, loss="hinge", prepare="standard", epochs=30,
                 optimizer=optim.SGD(0.05))  # fmt: skip


def sequences(seed: int) -> Findings | None:
    model = nn.Sequential([
        nn.Conv1d(8, 7, activation="relu"), nn.MaxPool1d(2), nn.Conv1d(16, 5, activation="relu"),
        nn.GlobalAvgPool(), nn.Linear(3),
    ])  # fmt: skip
    return found(model, *waves(seed), seed, epochs=30, optimizer=optim.Adam(0.01),
                 accuracy=0.9)  # fmt: skip


def words(seed: int) -> Findings | None:
    model = nn.Sequential([nn.Embedding(20, 8), nn.Flatten(), nn.Linear(16, activation="relu"),
                           nn.Linear(2)])  # fmt: skip
    return found(model, *sentences(seed), seed, epochs=40, optimizer=optim.Adam(0.01),
                 accuracy=0.9)  # fmt: skip


def photographs(seed: int) -> Findings | None:
    X, y = data.surfaces(90, 16, seed=seed)
    model = nn.Sequential([
        nn.Conv2d(8, 3, stride=2), nn.GroupNorm(2), nn.SiLU(), nn.GlobalAvgPool(), nn.Linear(3),
    ])  # fmt: skip
    return found(model, X / 255, y, seed, epochs=40, optimizer=optim.Adam(0.02))


def through_a_bottle_neck(seed: int) -> Findings | None:
    X, _ = digit_rows()
    model = nn.Sequential([
        nn.Conv2d(8, 3, stride=2, padding=1, activation="relu"), nn.Flatten(),
        nn.Linear(16, activation="tanh"), nn.Linear(128, activation="relu"),
        nn.Reshape((8, 4, 4)), nn.ConvTranspose2d(1, 2, stride=2, activation="sigmoid"),
    ])  # fmt: skip
    return found(model, X, X, seed, loss="mse", epochs=40, optimizer=optim.Adam(0.003),
                 most=0.036)  # fmt: skip


def two_answers(seed: int) -> Findings | None:
    X, y = digit_rows()
    x = nn.Input((1, 8, 8), name="image")
    inner = nn.Linear(48, activation="relu")(nn.Flatten()(x))
    model = nn.Model(x, {"digit": nn.Linear(10)(inner), "ink": nn.Linear(1)(inner)})
    targets = {"digit": y, "ink": X.mean(axis=(1, 2, 3))[:, None] * 4}
    return found(model, X, targets, seed, loss={"digit": "cross_entropy", "ink": "mse"}, epochs=15,
                 optimizer=optim.Adam(0.003))  # fmt: skip


def four_corners(seed: int) -> Findings | None:
    return found(dense(12, 12, 2, activation="elu"), *data.quadrants("xor", seed=seed), seed,
                 epochs=60, optimizer=optim.Lion(0.003), accuracy=0.95)  # fmt: skip


def four_selu_layers(seed: int) -> Findings | None:
    model = dense(*[16] * 4, 1, activation="selu", weight_init="lecun_normal")
    return found(model, *data.regression_curve(seed=seed), seed, loss="smooth_l1", epochs=150,
                 optimizer=optim.Adamax(0.005), dtype="float64")  # fmt: skip


def upper_quantile(seed: int) -> Findings | None:
    rows = data.diabetes()
    return found(dense(24, 1, activation="gelu"), rows.X, rows.y, seed, loss=nn.Quantile(0.9),
                 prepare="standard", epochs=40, optimizer=optim.RAdam(0.01))  # fmt: skip


def names_of_flowers(seed: int) -> Findings | None:
    rows = data.iris()
    names = np.array(["setosa", "versicolor", "virginica"])[rows.y]
    return found(dense(12, 3, activation="mish"), rows.X, names, seed, prepare="standard",
                 epochs=40, validation=0.3, optimizer=optim.Adam(optim.OneCycle(0.02, steps=160)),
                 accuracy=0.9)  # fmt: skip


def several_margins(seed: int) -> Findings | None:
    rows = data.wine()
    return found(dense(16, 3, activation="tanh"), rows.X, rows.y, seed, loss="multiclass_hinge",
                 prepare="standard", epochs=40, optimizer=optim.Adadelta(1.0))  # fmt: skip


def moved_digits(seed: int) -> Findings | None:
    X, y = digit_rows()
    model = nn.Sequential([
        nn.RandomTranslation(1), nn.Conv2d(12, 3, padding=1), nn.InstanceNorm2d(),
        nn.LeakyReLU(), nn.AvgPool2d(2), nn.Flatten(), nn.Linear(10),
    ])  # fmt: skip
    return found(model, X, y, seed, epochs=15, validation=0.2,
                 optimizer=optim.Adam(0.005))  # fmt: skip


def side_by_side(seed: int) -> Findings | None:
    branches = [nn.Linear(12, activation="tanh"), nn.Linear(12, activation="relu")]
    model = nn.Sequential([nn.Parallel(branches), nn.Dropout(0.1), nn.Linear(2)])
    return found(model, *data.spirals(400, turns=0.75, seed=seed), seed, epochs=80,
                 optimizer=optim.SGD(0.3, momentum=0.9), accuracy=0.9)  # fmt: skip


def rare_answers(seed: int) -> Findings | None:
    X, y = mixtures(seed, n=600, classes=6)
    return found(dense(48, 6), X, y, seed, loss=nn.Focal(), epochs=40, validation=0.25,
                 early_stopping=8, optimizer=optim.Adam(0.005), accuracy=0.8)  # fmt: skip


RECIPES: dict[str, Recipe] = {
    "circles, tanh, with validation": rings,
    "spirals, two ReLU layers, AdamW": spirals,
    "moons of more noise, six ReLU layers, NAdam": six_layers,
    "a step on a line, SGD with momentum": logistic_line,
    "mixtures, batch norm and dropout, cosine": normalised,
    "blobs, SiLU, smoothed labels, RMSProp": smoothed_labels,
    "6 to 1, balanced weights": balanced,
    "mixtures, residual blocks with layer norm": skipping,
    "Friedman, GELU, early stopping": ten_columns,
    "Friedman, mean absolute error, AdaGrad": medians,
    "Linnerud, three numbers, Huber": three_numbers,
    "counts, Poisson": expected_counts,
    "a widening band, mean and variance": mean_and_variance,
    "five answers a row": five_answers,
    "breast cancer, hinge": margin,
    "waves, Conv1d": sequences,
    "words, Embedding": words,
    "surfaces, Conv2d with group norm": photographs,
    "digits, through a bottle-neck and back": through_a_bottle_neck,
    "digits, two heads": two_answers,
    "four quadrants, ELU, Lion": four_corners,
    "a curve, four SELU layers in float64": four_selu_layers,
    "diabetes, the 0.9 quantile": upper_quantile,
    "iris, labels that are words, one cycle": names_of_flowers,
    "wine, several margins, Adadelta": several_margins,
    "digits, moved at random": moved_digits,
    "spirals, two branches side by side": side_by_side,
    "mixtures of six classes, focal loss": rare_answers,
}

# --- planted: building ---------------------------------------------------------------------


def images(*layers: Any) -> Any:
    """A network of pictures: a convolution, then these layers."""
    return nn.Sequential([nn.Conv2d(4, 3, stride=2, activation="relu"), nn.Flatten(), *layers])


def softmax_after_convolutions(seed: int) -> Findings:
    model = images(nn.Linear(10), nn.Softmax())
    return told(model, *digit_rows(0, 300), seed, loss="cross_entropy")


def sigmoid_of_five_answers(seed: int) -> Findings:
    return told(dense(16, 5, last="sigmoid"), *yes_or_no(seed), seed,
                loss="binary_cross_entropy_with_logits")  # fmt: skip


def numbers_for_a_yes(seed: int) -> Findings:
    x = nn.Input((2,))
    model = nn.Model(x, nn.Linear(1)(nn.Linear(8, activation="gelu")(x)))
    return model.diagnose(*data.circles(seed=seed), loss="binary_cross_entropy")


def softmax_of_one_after_convolutions(seed: int) -> Findings:
    X, y = digit_rows(0, 300)
    model = images(nn.Linear(1, activation="softmax"))
    return told(model, X, y == 3, seed, loss="binary_cross_entropy")


def two_convolutions(seed: int) -> Findings:
    model = nn.Sequential([nn.Conv2d(12, 3), nn.Conv2d(12, 3), nn.ReLU(), nn.Flatten(),
                           nn.Linear(10)])  # fmt: skip
    return told(model, *digit_rows(0, 300), seed, epochs=3)


def ones(seed: int) -> Findings:
    model = nn.Sequential([nn.Linear(12, activation="sigmoid", weight_init="ones"),
                           nn.Linear(3, weight_init="zeros")])  # fmt: skip
    return told(model, *data.blobs(200, 3, seed=seed), seed, prepare="standard")


# --- planted: data -------------------------------------------------------------------------


def in_units_of_their_own(seed: int) -> Findings:
    return told(dense(32, 2), *table("breast_cancer"), seed)


def bytes_of_pictures(seed: int) -> Findings:
    X, y = data.surfaces(60, 16, seed=seed)
    return told(images(nn.Linear(3)), X, y, seed, epochs=3)


def thousands(seed: int) -> Findings:
    X, y = friedman(seed)
    return told(dense(16, 1), X, 1000 * y, seed)


def three_large_numbers(seed: int) -> Findings:
    X, y = table("linnerud")
    return told(dense(8, 3), X / 100, y, seed)


def one_digit_in_many(seed: int) -> Findings:
    X, y = digit_rows()
    rows = np.concatenate([np.flatnonzero(y != 8), np.flatnonzero(y == 8)[: 10 + seed % 5]])
    return told(images(nn.Linear(2)), X[rows], (y == 8)[rows], seed, epochs=3)


def cut_in_two(seed: int) -> Findings:
    X, y = mixtures(seed)
    rows = np.argsort(y, kind="stable")
    X, y = X[rows], y[rows]
    return told(dense(8, 4), X[:-120], y[:-120], seed, validation=(X[-120:], y[-120:]))


def digits_in_order(seed: int) -> Findings:
    X, y = digit_rows()
    rows = np.argsort(y, kind="stable")
    return told(images(nn.Linear(10)), X[rows], y[rows], seed, epochs=3, shuffle=False)


def the_answer_again(seed: int) -> Findings:
    X, y = data.circles(seed=seed)
    noise = np.random.default_rng(seed).normal(size=(len(X), 3))
    return told(dense(8, 2), np.column_stack([noise, X, 10.0 + y]), y, seed, prepare="standard")


def in_other_units(seed: int) -> Findings:
    X, y = friedman(seed)
    return told(dense(8, 1), np.column_stack([X, 1.8 * y + 32]), y, seed, prepare="standard")


def half_of_them_again(seed: int) -> Findings:
    X, y = digit_rows()
    rows = np.random.default_rng(seed).integers(0, 400, 100)
    held = np.concatenate([X[400:500], X[rows]]), np.concatenate([y[400:500], y[rows]])
    return told(images(nn.Linear(10)), X[:400], y[:400], seed, epochs=3, validation=held)


# --- planted: during -----------------------------------------------------------------------


def dead_channels(seed: int) -> Findings:
    model = nn.Sequential([
        nn.Conv2d(8, 3, bias_init=nn.init.Constant(-30.0)), nn.ReLU(), nn.Flatten(), nn.Linear(10),
    ])  # fmt: skip
    return watched(model, *digit_rows(0, 300), seed, epochs=3)


def saturated_by_units(seed: int) -> Findings:
    X, y = table("breast_cancer")
    return dense(24, 2, activation="tanh", weight_init="normal").diagnose(X, y)


def nine_sigmoid_convolutions(seed: int) -> Findings:
    layers = [nn.Conv2d(6, 3, padding=1, activation="sigmoid") for _ in range(9)]
    model = nn.Sequential([*layers, nn.GlobalAvgPool(), nn.Linear(10)])
    return watched(model, *digit_rows(0, 200), seed, epochs=3)


def large_kernels(seed: int) -> Findings:
    large = nn.init.Normal(0.0, 3.0)
    layers = [nn.Conv2d(8, 3, padding=1, activation="relu", weight_init=large) for _ in range(6)]
    model = nn.Sequential([*layers, nn.Flatten(), nn.Linear(1, weight_init=large)])
    X, y = digit_rows(0, 200)
    return model.diagnose(X, y.astype(float) / 10, loss="mse")


def rate(value: Any, epochs: int = 20) -> Mistake:
    def mistake(seed: int) -> Findings:
        return told(dense(24, 4), *mixtures(seed), seed, optimizer=value, epochs=epochs)

    return mistake


def rate_of_numbers(value: Any) -> Mistake:
    def mistake(seed: int) -> Findings:
        model = dense(16, 1, activation="tanh")
        return told(model, *friedman(seed), seed, optimizer=value, prepare="standard")

    return mistake


# --- planted: after ------------------------------------------------------------------------


def few_rows_by_heart(seed: int) -> Findings:
    X, y = mixtures(seed, n=120, columns=40)
    flipped = np.random.default_rng(seed).random(120) < 0.25
    return told(dense(96, 4, activation="silu"), X, np.where(flipped, (y + 1) % 4, y), seed,
                validation=0.5, epochs=150, optimizer=optim.AdamW(0.005))  # fmt: skip


def line_for_circles(seed: int) -> Findings:
    return told(dense(2), *data.circles(seed=seed), seed, epochs=40,
                optimizer=optim.Adam(0.02))  # fmt: skip


def numbers_by_chance(seed: int) -> Findings:
    draw = np.random.default_rng(seed)
    return told(dense(1), draw.normal(size=(600, 3)), draw.normal(size=600), seed,
                epochs=40)  # fmt: skip


def common_answer(seed: int) -> Findings:
    draw = np.random.default_rng(seed)
    X, y = draw.normal(size=(500, 3)), (draw.random(500) < 0.06).astype(int)
    model = dense(6, 2, activation="tanh")
    model.fit(X, y, epochs=40, seed=seed, progress=False, silence=["PEL204"])
    return model.diagnose(X, y)


def one_number(seed: int) -> Findings:
    X, y = friedman(seed)
    dead = nn.Linear(8, activation="relu", bias_init=nn.init.Constant(-30.0))
    model = nn.Sequential([nn.Linear(8, activation="relu"), dead, nn.Linear(1)])
    model.fit(X, y, prepare="standard", epochs=5, seed=seed, progress=False)
    return model.diagnose(X, y)


def sure_of_digits(seed: int) -> Findings:
    model = images(nn.Linear(10, weight_init=nn.init.Normal(0.0, 8.0)))
    return told(model, *digit_rows(0, 300), seed, epochs=3)


def one_batch_by_chance(seed: int) -> Findings:
    return pel.overfit_one_batch(dense(1), *data.circles(seed=seed), seed=seed).findings


# --- planted: loops ------------------------------------------------------------------------


def convolutions_without_reset(seed: int) -> Findings:
    X, y = digit_rows(0, 100)
    model = images(nn.Linear(10))
    model.seed(seed)
    model(X)
    stepper = optim.Adam(0.01).over(model.parameters())
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(2):
            nn.cross_entropy(model(X, training=True), y).backward()
            stepper.step()
    return Findings(finding(str(one.message).split()[0], "a warning") for one in caught)


def loop(change: Callable[[Any, Any], Findings]) -> Mistake:
    def mistake(seed: int) -> Findings:
        X, y = digit_rows(0, 64)
        model = nn.Sequential([nn.Conv2d(4, 3), nn.BatchNorm2d(), nn.ReLU(), nn.Flatten(),
                               nn.Linear(10)])  # fmt: skip
        model.seed(seed)
        model(X)
        return change(model, lambda training: nn.cross_entropy(model(X, training=training), y))

    return mistake


def without_kernels(model: Any, loss: Any) -> Findings:
    names = model.parameters()
    return pel.check_step(loss(True), [v for k, v in names.items() if not k.startswith("0.")])


def in_evaluation(model: Any, loss: Any) -> Findings:
    return pel.check_step(loss(False), model.parameters())


def in_training(model: Any, loss: Any) -> Findings:
    return pel.check_step(loss(True), model.parameters(), training=False)


PLANTED: dict[str, tuple[str, Mistake]] = {
    "digits, softmax before logits": ("PEL101", softmax_after_convolutions),
    "five answers, sigmoid before logits": ("PEL101", sigmoid_of_five_answers),
    "circles, any number as a probability": ("PEL102", numbers_for_a_yes),
    "digits, softmax on one unit": ("PEL103", softmax_of_one_after_convolutions),
    "two convolutions with nothing between": ("PEL104", two_convolutions),
    "weights of one, then of zero": ("PEL105", ones),
    "breast cancer, each column in its units": ("PEL201", in_units_of_their_own),
    "surfaces, bytes": ("PEL201", bytes_of_pictures),
    "Friedman, in thousands": ("PEL203", thousands),
    "Linnerud, as measured": ("PEL203", three_large_numbers),
    "one digit in fifty": ("PEL204", one_digit_in_many),
    "mixtures, sorted and cut": ("PEL205", cut_in_two),
    "digits, in order": ("PEL206", digits_in_order),
    "circles, the class as a column": ("PEL207", the_answer_again),
    "Friedman, the number in other units": ("PEL207", in_other_units),
    "digits, half of the validation known": ("PEL208", half_of_them_again),
    "dead channels": ("PEL301", dead_channels),
    "breast cancer, saturated tanh": ("PEL302", saturated_by_units),
    "nine sigmoid convolutions": ("PEL303", nine_sigmoid_convolutions),
    "six convolutions of large weights": ("PEL304", large_kernels),
    "mixtures, RMSProp(3)": ("PEL305", rate(optim.RMSProp(3.0))),
    "Friedman, Adam(5)": ("PEL305", rate_of_numbers(optim.Adam(5.0))),
    "mixtures, AdaGrad(1e-6)": ("PEL306", rate(optim.AdaGrad(1e-6))),
    "Friedman, SGD(1e-6)": ("PEL306", rate_of_numbers(optim.SGD(1e-6))),
    "forty columns learned by heart": ("PEL401", few_rows_by_heart),
    "a line for circles": ("PEL402", line_for_circles),
    "numbers by chance": ("PEL402", numbers_by_chance),
    "always the common answer": ("PEL403", common_answer),
    "always one number": ("PEL403", one_number),
    "digits, large last weights": ("PEL404", sure_of_digits),
    "one batch, a line for circles": ("PEL405", one_batch_by_chance),
    "convolutions, no zero_grad": ("PEL501", convolutions_without_reset),
    "an optimizer without the kernels": ("PEL502", loop(without_kernels)),
    "batch norm off in training": ("PEL503", loop(in_evaluation)),
    "batch norm on in evaluation": ("PEL504", loop(in_training)),
}
