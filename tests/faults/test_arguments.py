"""Holds: a hyper-parameter outside its range is named, with its value, its range and a mend."""

from __future__ import annotations

import numpy as np
import pytest

from faults.conftest import rows
from pellucid import Callback, EarlyStopping, nn, optim
from pellucid.errors import ArgumentError, ArgumentTypeError, DTypeError, GraphError, PellucidError

X, Y, C = rows()
nan, inf = float("nan"), float("inf")


def fit(**options):
    options = {"epochs": 1, "seed": 1, "progress": False} | options
    return nn.Sequential([nn.Linear(2)]).fit(X, C, **options)


OUT_OF_RANGE = {
    "epochs -1": (lambda: fit(epochs=-1), "epochs=-1", "epochs ≥ 0"),
    "steps -1": (lambda: fit(epochs=None, steps=-1), "steps=-1", "steps ≥ 0"),
    "batch 0": (lambda: fit(batch_size=0), "batch_size=0", "batch_size ≥ 1"),
    "batch -1": (lambda: fit(batch_size=-1), "batch_size=-1", "batch_size ≥ 1"),
    "patience 0": (lambda: EarlyStopping(0), "patience=0", "patience ≥ 1"),
    "delta -1": (lambda: EarlyStopping(min_delta=-1), "min_delta=-1", "min_delta ≥ 0"),
    "validation 0": (lambda: fit(validation=0), "validation=0", "0 < validation < 1"),
    "validation 1": (lambda: fit(validation=1), "validation=1", "0 < validation < 1"),
    "validation 1.2": (lambda: fit(validation=1.2), "validation=1.2", "0 < validation < 1"),
    "validation nan": (lambda: fit(validation=nan), "validation=nan", "0 < validation < 1"),
    "seed -1": (lambda: fit(seed=-1), "seed=-1", "seed"),
    "seed 2⁶⁴": (lambda: fit(seed=2**64), "seed=18446744073709551616", "seed"),
    "progress 0": (lambda: fit(progress=0), "progress=0", "progress ≥ 1"),
    "units -1": (lambda: nn.Linear(-1), "units=-1", "units ≥ 1"),
    "units 0": (lambda: nn.Linear(0), "units=0", "units ≥ 1"),
    "rate nan": (lambda: optim.SGD(nan), "learning_rate=nan", "learning_rate ≥ 0"),
    "rate inf": (lambda: optim.Adam(inf), "learning_rate=inf", "learning_rate ≥ 0"),
    "rate -1": (lambda: optim.AdamW(-1), "learning_rate=-1", "learning_rate ≥ 0"),
    "momentum 1": (lambda: optim.SGD(0.1, momentum=1.0), "momentum=1.0", "0 ≤ momentum < 1"),
    "beta 1": (lambda: optim.Adam(beta1=1.0), "beta1=1.0", "0 ≤ beta1 < 1"),
    "decay -1": (lambda: optim.SGD(weight_decay=-1), "weight_decay=-1", "weight_decay ≥ 0"),
    "dropout 1.5": (lambda: nn.Dropout(1.5), "rate=1.5", "0 ≤ rate < 1"),
    "dropout 1": (lambda: nn.Dropout(1.0), "rate=1.0", "0 ≤ rate < 1"),
    "dropout -0.1": (lambda: nn.Dropout(-0.1), "rate=-0.1", "0 ≤ rate < 1"),
    "dropout nan": (lambda: nn.Dropout(nan), "rate=nan", "0 ≤ rate < 1"),
}


@pytest.mark.parametrize(("make", "got", "wanted"), OUT_OF_RANGE.values(), ids=OUT_OF_RANGE)
def test_out_of_range(make, got, wanted):
    with pytest.raises(ArgumentError) as caught:
        make()
    error = caught.value
    assert error.what.endswith("is out of range")
    assert error.got.startswith(got)
    assert wanted in error.wanted
    assert error.mend.startswith("write ")
    assert isinstance(error, ValueError)


OF_A_WRONG_TYPE = {
    "epochs 1.5": (lambda: fit(epochs=1.5), "epochs is not a whole number"),
    "batch 2.5": (lambda: fit(batch_size=2.5), "batch_size is not a whole number"),
    "batch '8'": (lambda: fit(batch_size="8"), "batch_size is not a whole number"),
    "batch True": (lambda: fit(batch_size=True), "batch_size is not a whole number"),
    "units 2.5": (lambda: nn.Linear(2.5), "units is not a whole number"),
    "units '3'": (lambda: nn.Linear("3"), "units is not a whole number"),
    "rate '0.1'": (lambda: optim.SGD("0.1"), "learning_rate is not a number"),
    "seed 1.5": (lambda: fit(seed=1.5), "seed is not a whole number"),
    "stopping '3'": (lambda: fit(early_stopping="3"), "early_stopping is not a whole number"),
    "stopping True": (lambda: fit(early_stopping=True), "early_stopping is not a whole number"),
    "validation 'a'": (lambda: fit(validation="a"), "validation is not a number"),
    "validation of 4": (
        lambda: fit(validation=(X, C, C, C)),
        "validation= takes a fraction or a pair",
    ),
    "progress 'bar'": (lambda: fit(progress="bar"), "progress is not a whole number"),
    "shuffle 'no'": (lambda: fit(shuffle="no"), "shuffle is neither True nor False"),
    "bias 1": (lambda: nn.Linear(1, bias=1), "bias is neither True nor False"),
    "optimizer 'adam'": (lambda: fit(optimizer="adam"), "optimizer= takes an optimizer"),
    "optimizer class": (lambda: fit(optimizer=optim.Adam), "optimizer= takes an optimizer"),
    "metrics 'accuracy'": (lambda: fit(metrics="accuracy"), "metrics= takes a list"),
    "metric 3": (lambda: fit(metrics=[3]), "this is no metric"),
    "loss 3": (lambda: fit(loss=3), "this is no loss"),
    "loss class": (lambda: fit(loss=nn.CrossEntropy), "a loss is given as a class"),
    "activation class": (lambda: nn.Linear(1, activation=nn.ReLU), "an activation is given as a"),
    "callbacks print": (lambda: fit(callbacks=print), "callbacks= takes a list"),
    "prepare True": (lambda: fit(prepare=True), "prepare cannot be True"),
}


@pytest.mark.parametrize(("make", "what"), OF_A_WRONG_TYPE.values(), ids=OF_A_WRONG_TYPE)
def test_of_a_wrong_type(make, what):
    with pytest.raises(ArgumentTypeError) as caught:
        make()
    assert caught.value.what.startswith(what)
    assert caught.value.got or "cannot be" in what
    assert caught.value.mend
    assert isinstance(caught.value, TypeError)


UNKNOWN = {
    "loss": (lambda: fit(loss="mce"), "no loss called 'mce'", "write 'mse'"),
    "metric": (lambda: fit(metrics=["acuracy"]), "no metric called 'acuracy'", "write 'accuracy'"),
    "activation": (
        lambda: nn.Linear(1, activation="rleu"), "no activation called 'rleu'", "write 'relu'",
    ),
    "engine": (lambda: fit(engine="nativ"), "no engine has this name", "leave engine out"),
    "prepare": (lambda: fit(prepare="standrd"), "prepare cannot be 'standrd'", "'standard'"),
    "dtype": (lambda: fit(dtype="flot32"), "a dtype that tensors do not have", "float32"),
    "integers": (lambda: fit(dtype="int32"), "trained in float32 or float64", "float32"),
    "half": (lambda: fit(dtype="float16"), "trained in float32 or float64", "float32"),
    "both": (lambda: fit(steps=3), "epochs and steps cannot both be given", "give epochs"),
    "order": (
        lambda: fit(epochs=None, steps=3, shuffle=False), "shuffle=False asks", "give epochs=",
    ),
    "callback": (lambda: fit(callbacks=[Callback]), "takes callbacks or functions", "instance"),
    "metric of numbers": (
        lambda: nn.Sequential([nn.Linear(1)]).fit(X, Y, metrics=["accuracy"]),
        "accuracy means nothing for numbers", 'metrics=["mae"]',
    ),
    "nesterov": (lambda: optim.SGD(0.1, nesterov=True), "needs a momentum", "momentum=0.9"),
    "too little held out": (lambda: fit(validation=0.01), "too small to hold every class", ""),
}  # fmt: skip


@pytest.mark.parametrize(("make", "what", "mend"), UNKNOWN.values(), ids=UNKNOWN)
def test_unknown_or_together_impossible(make, what, mend):
    with pytest.raises(PellucidError) as caught:
        make()
    assert what in caught.value.what
    assert mend in caught.value.mend


def test_a_dtype_error_is_a_type_error():
    with pytest.raises(DTypeError):
        fit(dtype="int32")
    assert issubclass(DTypeError, TypeError)


@pytest.mark.parametrize("kind", [np.int64, np.uint8, np.float32])
def test_numbers_of_numpy_are_numbers(kind):
    if kind is np.float32:
        assert optim.SGD(kind(0.5)).learning_rate == 0.5
        assert fit(validation=kind(0.5)).epochs == 1
    else:
        history = fit(epochs=kind(2), batch_size=kind(5), seed=kind(3), early_stopping=kind(4))
        assert (history.epochs, history.steps) == (2, 8)


# --- losses and networks that do not fit each other -----------------------------------------

MISMATCHES = {
    "a softmax loss for one output": (1, None, "cross_entropy", "a score for each class"),
    "a yes-or-no loss for two outputs": (2, "sigmoid", "binary_cross_entropy", "1 unit"),
    "a yes-or-no loss for three outputs": (3, "sigmoid", "binary_cross_entropy", "1 unit"),
}


@pytest.mark.parametrize(
    ("units", "activation", "loss", "told"), MISMATCHES.values(), ids=MISMATCHES
)
def test_a_loss_that_does_not_fit_the_outputs(units, activation, loss, told):
    model = nn.Sequential([nn.Linear(units, activation=activation)])
    with pytest.raises(PellucidError) as caught:
        model.fit(X, C, loss=loss, progress=False)
    assert told in str(caught.value)


def test_a_loss_that_depends_on_nothing():
    model = nn.Sequential([nn.Linear(1)])
    with pytest.raises(GraphError, match="training would change nothing") as caught:
        model.fit(X, Y, loss=lambda prediction, target: (target**2).mean(), progress=False)
    assert "0.weight" in caught.value.got
