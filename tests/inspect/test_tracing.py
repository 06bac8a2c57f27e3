"""Holds: a trace names every quantity of a pass, with true values, gradients and formulas."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.mathtext import MathTextParser

import pellucid as pel
from layers.cases import CASES, Case
from pellucid import data, nn, optim, plot
from pellucid.errors import ArgumentError
from pellucid.inspect import Symbol
from pellucid.inspect.writing import Writer

H = 1e-5  # of central differences


@pytest.fixture(autouse=True)
def _in_float64() -> Any:
    with pel.default_dtype("float64"):
        yield


def dense(*layers: nn.Module, seed: int = 3) -> nn.Sequential:
    model = nn.Sequential(layers)
    model.seed(seed)
    return model


X = np.array([[1.0, 2.0], [-3.0, 0.5], [0.2, -1.0], [0.7, 0.9]])
LABELS = np.array([0, 1, 1, 0])
COLUMN = np.array([[1.0], [0.0], [1.0], [0.0]])

NETWORKS: dict[str, tuple[Callable[[], nn.Sequential], Any, str]] = {
    "logistic": (lambda: dense(nn.Linear(1, activation="sigmoid")), COLUMN, "binary_cross_entropy"),
    "logits of one": (lambda: dense(nn.Linear(1)), COLUMN, "binary_cross_entropy_with_logits"),
    "tanh, sigmoid": (
        lambda: dense(nn.Linear(3, activation="tanh"), nn.Linear(1, activation="sigmoid")),
        COLUMN, "binary_cross_entropy",
    ),
    "relu, logits": (
        lambda: dense(nn.Linear(5, activation="relu"), nn.Linear(2)), LABELS, "cross_entropy",
    ),
    "layers of activations": (
        lambda: dense(nn.Linear(3), nn.Tanh(), nn.Linear(2), nn.Softmax()),
        LABELS, "categorical_cross_entropy",
    ),
    "softplus, squared error": (
        lambda: dense(nn.Linear(3, activation="softplus"), nn.Linear(2, bias=False)),
        X[::-1], "mse",
    ),
    "softsign, absolute error": (
        lambda: dense(nn.Linear(3, activation="softsign"), nn.Linear(2)), X[::-1], "mae",
    ),
    "residual": (
        lambda: dense(nn.Residual([nn.Linear(3, activation="tanh"), nn.Linear(2)]), nn.Linear(1)),
        COLUMN, "mse",
    ),
    "norm": (
        lambda: dense(nn.Linear(3), nn.LayerNorm(), nn.Sigmoid(), nn.Linear(1)), COLUMN, "mse",
    ),
}  # fmt: skip


# --- the values are the gradients ----------------------------------------------------------


@pytest.mark.parametrize("name", NETWORKS)
def test_gradients_of_weights_are_those_of_backward_and_of_differences(name: str) -> None:
    make, target, loss = NETWORKS[name]
    model = make()
    trace = model.trace(X, target, loss=loss)
    value = lambda: model.trace(X, target, loss=loss)["L"].value.item()  # noqa: E731
    for path, variable in model.parameters().items():
        found = trace[f"dL/d{trace[path].name}"].value
        assert found.shape == variable.shape
        now = variable.numpy()
        differences = np.zeros(variable.shape)
        for place in np.ndindex(variable.shape):
            ends = []
            for sign in (1, -1):
                moved = now.copy()
                moved[place] += sign * H
                variable.assign(moved)
                ends.append(value())
            differences[place] = (ends[0] - ends[1]) / (2 * H)
        variable.assign(now)
        np.testing.assert_allclose(found, differences, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("inner", ["Z1", "A1", "Z2", "A2", "X"])
def test_gradients_of_inner_values_are_those_of_differences(inner: str) -> None:
    make, target, loss = NETWORKS["tanh, sigmoid"]
    model = make()
    trace = model.trace(X, target, loss=loss)
    w1, b1, w2, b2 = (trace[key].value for key in ("W1", "b1", "W2", "b2"))
    steps: list[tuple[str, Callable[[Any], Any]]] = [
        ("X", lambda x: x @ w1.T + b1), ("Z1", np.tanh), ("A1", lambda a: a @ w2.T + b2),
        ("Z2", lambda z: 1 / (1 + np.exp(-z))),
        ("A2", lambda p: -np.mean(COLUMN * np.log(p) + (1 - COLUMN) * np.log(1 - p))),
    ]  # fmt: skip
    rest = [step for _, step in steps[[name for name, _ in steps].index(inner) :]]

    def onwards(x: Any) -> Any:
        for step in rest:
            x = step(x)
        return x

    now = trace[inner].value
    differences = np.zeros(now.shape)
    for place in np.ndindex(now.shape):
        moved = np.zeros(now.shape)
        moved[place] = H
        differences[place] = (onwards(now + moved) - onwards(now - moved)) / (2 * H)
    np.testing.assert_allclose(trace[f"dL/d{inner}"].value, differences, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_every_layer_can_be_traced(case: Case) -> None:
    model = nn.Sequential([case.make(), nn.Flatten(), nn.Linear(2)])
    rows = case.input()
    model.seed(5)
    target = np.arange(2 * len(rows)).reshape(-1, 2) / 7
    trace = model.trace(rows, target, loss="mse", training=True)
    loss = nn.mse(model(rows, training=True), target)
    loss.backward()
    np.testing.assert_array_equal(trace["L"].value, loss.numpy())
    for path, variable in model.parameters().items():
        assert variable.grad is not None
        gradient = trace[f"dL/d{trace[path].name}"]
        np.testing.assert_array_equal(gradient.value, variable.grad.numpy())
    assert all(one.formula.text and one.value.shape == one.shape for one in trace)
    assert len(set(trace.names)) == len(trace)


# --- the formulas are true -----------------------------------------------------------------


SIGNS = {"·": "@", "∘": "*", "×": "*", "ᵀ": ".T", "²": "**2", "−": "-", "[": "(", "]": ")"}
MEANT: dict[str, Any] = {
    "tanh": np.tanh, "σ": lambda x: 1 / (1 + np.exp(-x)), "ln": np.log, "exp": np.exp,
    "max": np.maximum, "sign": np.sign, "mean": np.mean, "Σ": np.sum,
    "Σ_rows": lambda x: np.sum(x, axis=0), "abs": np.abs, "root": np.sqrt,
    "mean_columns": lambda x: np.mean(x, axis=1, keepdims=True),
    "onehot": lambda y: np.eye(2)[y], "softsign": lambda x: x / (1 + abs(x)),
    "softmax": lambda x: np.exp(x) / np.exp(x).sum(axis=1, keepdims=True),
}  # fmt: skip
MEANT["Softmax"] = MEANT["softmax"]


def computed(formula: str, trace: pel.Trace) -> Any:
    """Read a printed formula as a student would, and compute it."""
    text = re.sub(r"\|([^|]+)\|", r"abs(\1)", formula.replace("√", "root"))
    text = re.sub(r"dL/d(\w+)", r"grad_\1", text)
    for sign, meant in SIGNS.items():
        text = text.replace(sign, meant)
    known = {one.name.replace("dL/d", "grad_"): one.value for one in trace}
    return eval(text, {**MEANT, **known})


@pytest.mark.parametrize("name", NETWORKS)
def test_printed_formulas_give_the_values(name: str) -> None:
    make, target, loss = NETWORKS[name]
    trace = make().trace(X, target, loss=loss)
    told = [one for one in trace if one.formula.latex and "∂" not in one.formula.text]
    assert len(told) >= len(trace) - 10
    for one in told:
        found = computed(one.formula.text, trace)
        np.testing.assert_allclose(
            np.broadcast_to(found, one.shape), one.value, rtol=1e-9, atol=1e-14,
            err_msg=one.formula.text,
        )  # fmt: skip


def test_what_stays_untold_is_the_chain_rule() -> None:
    make, target, loss = NETWORKS["layers of activations"]
    trace = make().trace(X, target, loss=loss)
    assert trace["dL/dZ2"].formula.text == "dL/dA2 · ∂A2/∂Z2"
    assert trace["dL/dZ1"].formula.text == "dL/dA1 ∘ (1 − A1²)"


def test_a_wrong_formula_would_be_seen() -> None:
    trace = NETWORKS["logistic"][0]().trace(X, COLUMN, loss="binary_cross_entropy")
    with pytest.raises(AssertionError):
        np.testing.assert_allclose(computed("X · W1ᵀ", trace), trace["Z1"].value)


@pytest.mark.parametrize("name", NETWORKS)
def test_latex_is_whole(name: str) -> None:
    make, target, loss = NETWORKS[name]
    trace = make().trace(X, target, loss=loss)
    for one in trace:  # Matplotlib reads the single formulas, and knows no \lvert
        for part in filter(None, (one.symbol.latex, one.formula.latex)):
            MathTextParser("path").parse(f"${re.sub('[lr]vert', 'vert', part)}$")
    text = trace.latex()
    assert text.count("{") == text.count("}")
    assert text.count(r"\left") == text.count(r"\right")
    assert text.count("&=") == len(text.splitlines()) - 2


@pytest.mark.parametrize(
    ("written", "told"),
    [
        (lambda x: x.sum(0).sum(0), "Σ_rows,channels(X)"),
        (lambda x: x.sum(3).sum(0), "Σ_rows,places(X)"),
        (lambda x: x.sum(2, keepdims=True).sum((2, 3)), "Σ_places(X)"),
        (lambda x: x.sum(), "Σ(X)"),
        (lambda x: x.mean((0, 2, 3)), "mean_rows,places(X)"),
        (lambda x: -(x - 1) * 3 - (x - x * x), "3 × (−(X − 1)) − (X − X²)"),
        (lambda x: x / (x * x) / 2, "X / X² / 2"),
        (lambda x: x / (x * pel.exp(x)), "X / (X ∘ exp(X))"),
    ],
)
def test_formulas_are_written_as_on_paper(written: Any, told: str) -> None:
    x = pel.tensor(np.ones((2, 3, 4, 4)))
    assert Writer({id(x): Symbol("X", "X")}).formula(written(x)).text == told


# --- by hand, row B6 -----------------------------------------------------------------------


def test_a_network_before_training() -> None:
    X, y = data.xor_blobs()
    normal = nn.init.Normal(0, 1)
    layers = [
        nn.Linear(10, activation="tanh", weight_init=normal, bias_init=normal),
        nn.Linear(1, activation="sigmoid", weight_init=normal, bias_init=normal),
    ]
    trace = dense(*layers).trace(X, y)
    shapes = {one.name: one.shape for one in trace}
    assert shapes["A1"] == shapes["dL/dZ1"] == (100, 10)
    assert shapes["A2"] == shapes["dL/dZ2"] == (100, 1)
    assert shapes["W1"] == shapes["dL/dW1"] == (10, 2)
    order = ["X", "W1", "b1", "Z1", "A1", "W2", "b2", "Z2", "A2", "Y", "L", "dL/dA2", "dL/dZ2",
             "dL/dW2", "dL/db2", "dL/dA1", "dL/dZ1", "dL/dW1", "dL/db1", "dL/dX"]  # fmt: skip
    assert list(trace.names) == order
    ax = plot.histogram(trace["A2"], 0.5, interval=(0, 1), label="output", ax=Figure().subplots())
    heights = [bar.get_height() for bar in ax.patches]
    assert sum(heights) == 100
    assert ax.get_xlim() == (0, 1)
    (mark,) = [line for line in ax.lines if line.get_gid() == "mark"]
    assert (list(mark.get_xdata()), mark.get_linestyle()) == ([0.5, 0.5], "--")


# --- what is traced ------------------------------------------------------------------------


def test_rows_are_prepared_and_the_loss_is_that_of_the_last_fit() -> None:
    rows = 100 + 50 * X
    model = dense(nn.Linear(3, activation="tanh"), nn.Linear(2))
    model.fit(rows, ["no", "yes", "yes", "no"], prepare="standard", epochs=2, dtype="float64",
              optimizer=optim.Adam(0.1), progress=False, engine="reference")  # fmt: skip
    trace = model.trace(rows, ["no", "yes", "yes", "no"])
    np.testing.assert_allclose(trace["X"].value.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_array_equal(trace["Y"].value, [0, 1, 1, 0])
    np.testing.assert_allclose(trace["P2"].value, model.predict_proba(rows), rtol=1e-6)
    evaluated = model.evaluate(rows, ["no", "yes", "yes", "no"])
    np.testing.assert_allclose(trace["L"].value, evaluated["loss"], rtol=1e-6)


def test_the_trace_changes_nothing() -> None:
    model = dense(nn.Linear(3), nn.BatchNorm1d(), nn.Dropout(0.5), nn.Linear(1))
    first = model.trace(X, COLUMN, loss="mse", training=True)
    again = model.trace(X, COLUMN, loss="mse", training=True)
    np.testing.assert_array_equal(first["drop1"].value, again["drop1"].value)
    assert all(variable.grad is None for variable in model.parameters().values())


def test_in_training_dropout_drops_and_penalties_count() -> None:
    model = dense(nn.Dropout(0.5), nn.Linear(1, penalty=nn.L2(0.1)))
    quiet, training = (model.trace(X, COLUMN, loss="mse", training=t) for t in (False, True))
    np.testing.assert_array_equal(quiet["drop0"].value, X)
    assert (training["drop0"].value == 0).any()
    assert training["L"].formula.text == "mean((Z1 − Y)²) + penalty"
    assert training["dL/dW1"].formula.text == "2 × 0.1 × W1 + (dL/dZ1)ᵀ · drop0"
    w, z, drop = (training[key].value for key in ("W1", "dL/dZ1", "drop0"))
    np.testing.assert_allclose(training["dL/dW1"].value, 0.2 * w + z.T @ drop)


def test_without_targets_there_is_the_forward_pass() -> None:
    trace = dense(nn.Linear(3, activation="gelu"), nn.Linear(1)).trace(X)
    assert trace.names == ("X", "W1", "b1", "Z1", "A1", "W2", "b2", "Z2")
    assert trace["A1"].formula.text == "gelu(Z1)"
    assert trace.backward == ()


def test_shared_weights_have_one_name_and_one_gradient() -> None:
    encoder = nn.Linear(1, activation="tanh")
    model = dense(encoder, nn.Tied(encoder, transposed=True, bias=False))
    trace = model.trace(X, X, loss="mse")
    assert trace["Z2"].formula.text == "A1 · W1"
    assert trace["dL/dW1"].formula.text == "A1ᵀ · dL/dZ2 + (dL/dZ1)ᵀ · X"
    np.testing.assert_allclose(
        trace["dL/dW1"].value, computed(trace["dL/dW1"].formula.text, trace), rtol=1e-12
    )


def test_several_inputs_and_heads() -> None:
    size, colour = nn.Input((2,), name="size"), nn.Input((2,), name="colour")
    joined = nn.Linear(3, activation="tanh")(size) + nn.Linear(3)(colour)
    model = nn.Model([size, colour], {"price": nn.Linear(1)(joined), "kind": nn.Linear(2)(joined)})
    inputs = {"size": X, "colour": X}
    trace = model.trace(inputs, {"price": COLUMN, "kind": LABELS})
    assert trace["Z2"].formula.text == "colour · W2ᵀ + b2"
    assert trace["Z3"].formula.text == "(A1 + Z2) · W3ᵀ + b3"
    assert trace["L"].formula.text == "L_price + L_kind"
    assert trace["dL/dZ4"].formula.text == "(P4 − onehot(Y_kind)) / 4"
    one = model.trace(inputs, {"price": COLUMN})
    assert "L_kind" not in one
    assert "dL/dZ4" not in one
    np.testing.assert_allclose(one["dL/dZ3"].value, 2 * (one["Z3"].value - COLUMN) / 4)


def test_images_show_feature_maps() -> None:
    model = dense(
        nn.Conv2d(2, 3, activation="relu"), nn.MaxPool2d(2), nn.BatchNorm2d(), nn.Flatten(),
        nn.Linear(2),
    )  # fmt: skip
    trace = model.trace(np.random.default_rng(0).normal(size=(4, 1, 6, 6)), LABELS)
    told = {one.name: (one.shape, one.formula.text) for one in trace}
    assert told["Z1"] == ((4, 2, 4, 4), "X ∗ W1 + b1")
    assert told["A1"] == ((4, 2, 4, 4), "max(Z1, 0)")
    assert told["pool1"] == ((4, 2, 2, 2), "MaxPool2d(kernel_size=2)(A1)")
    assert told["norm1"][1] == "(pool1 − running_mean1) / √(running_var1 + 1e-05) ∘ gamma1 + beta1"
    assert told["dL/dA1"] == ((4, 2, 4, 4), "dL/dpool1 · ∂pool1/∂A1")
    assert told["dL/dW1"] == ((2, 1, 3, 3), "X ⋆ dL/dZ1")
    assert told["dL/db1"] == ((2,), "Σ_rows,places(dL/dZ1)")


def test_an_activation_is_split_off_in_any_form() -> None:
    rows = np.random.default_rng(0).normal(size=(2, 3, 4))
    layer = nn.Linear(5, bias=False, activation=lambda z: z * pel.sigmoid(z))
    trace = dense(layer).trace(rows)
    z = rows @ trace["W1"].value.T
    np.testing.assert_allclose(trace["Z1"].value, z, rtol=1e-12)
    np.testing.assert_allclose(trace["A1"].value, z / (1 + np.exp(-z)), rtol=1e-12)


@pytest.mark.parametrize("activation", [nn.PReLU, nn.Tanh])
def test_an_activation_may_be_a_layer(activation: Callable[[], nn.Module]) -> None:
    trace = dense(nn.Linear(3, activation=activation()), nn.Linear(1)).trace(X, COLUMN, loss="mse")
    assert trace["Z1"].formula.text == "X · W1ᵀ + b1"
    assert trace["A1"].formula.text in ("PReLU(Z1)", "tanh(Z1)")
    assert trace["dL/dW1"].formula.text == "(dL/dZ1)ᵀ · X"
    assert ("dL/dslope1" in trace) == (activation is nn.PReLU)


class Twice(nn.Network):
    """A layer that is called twice, and a formula around it."""

    def __init__(self) -> None:
        self.cell = nn.Linear(2, activation="tanh")

    def forward(self, x: pel.Tensor) -> pel.Tensor:
        return 2 * self.cell(self.cell(x)) + x


def test_a_network_with_a_formula_of_its_own() -> None:
    model = Twice()
    model.seed(1)
    trace = model.trace(X, X, loss="mse")
    assert trace["Z2"].formula.text == "A1 · W1ᵀ + b1"
    assert trace["output"].formula.text == "2 × A2 + X"
    assert trace["dL/dA2"].formula.text == "2 × dL/doutput"
    for one in trace.backward:
        found = computed(one.formula.text, trace)
        np.testing.assert_allclose(np.broadcast_to(found, one.shape), one.value, rtol=1e-9)


# --- reading it ----------------------------------------------------------------------------


def test_layers_and_weights_are_found_by_path() -> None:
    trace = NETWORKS["tanh, sigmoid"][0]().trace(X, COLUMN)
    assert trace["1.weight"] is trace["W2"]
    assert trace.of("1").names[:4] == ("W2", "b2", "Z2", "A2")
    assert "dL/dW1" in trace
    assert [one.kind for one in trace.backward] == ["gradient"] * 9
    assert len(trace.forward) + len(trace.backward) == len(trace)


def test_an_unknown_name_is_told_the_closest() -> None:
    trace = dense(nn.Linear(1)).trace(X)
    with pytest.raises(ArgumentError, match="write 'Z1'"):
        trace["z1"]
    with pytest.raises(ArgumentError, match="no layer in this trace called '7'"):
        trace.of("7")


def test_large_arrays_are_told_by_their_range() -> None:
    trace = dense(nn.Linear(1, weight_init="ones", bias=False)).trace(
        np.arange(20.0).reshape(10, 2)
    )
    assert "0 … 19" in str(trace)
    assert trace.table(values=False).splitlines()[-1].split() == [
        "Z1",
        "(10,",
        "1)",
        "X",
        "·",
        "W1ᵀ",
    ]


def test_html_is_escaped_and_complete() -> None:
    html = NETWORKS["relu, logits"][0]().trace(X, LABELS)._repr_html_()
    assert "dL/dA1 ∘ [Z1 &gt; 0]" in html
    assert html.count("<tr>") == html.count("</tr>") == 20
