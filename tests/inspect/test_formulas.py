"""Holds: an expression graph becomes the SymPy expression that has its values and derivatives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sympy

import pellucid as pel
from pellucid import data, nn
from pellucid.errors import ArgumentTypeError, GraphError, ShapeError
from pellucid.graph import OPS, Elementwise
from pellucid.inspect.formulas import _functions

x, y = sympy.symbols("x y")


@pytest.fixture(autouse=True)
def _in_float64() -> Any:
    with pel.default_dtype("float64"):
        yield


def variable(name: str, value: float) -> pel.Variable:
    return pel.Variable(value, name=name)


# --- scalars: rows B1 and B7 ---------------------------------------------------------------


def test_a_scalar_and_its_derivative() -> None:
    theta = pel.tensor(1.0, name="theta", requires_grad=True)
    z = (1 - pel.log(1 + pel.exp(theta))) ** 2
    t = sympy.Symbol("theta")
    expression = pel.formula(z)
    assert expression == (1 - sympy.log(1 + sympy.exp(t))) ** 2
    slope = pel.grad(z, theta)
    derivative = pel.formula(slope)
    assert sympy.simplify(derivative - sympy.diff(expression, t)) == 0
    assert float(derivative.subs(t, 1)) == pytest.approx(0.458025288032617, abs=1e-15)
    assert float(derivative.subs(t, 1)) == pytest.approx(slope.item(), abs=1e-15)
    assert sympy.latex(expression) == (r"\left(1 - \log{\left(e^{\theta} + 1 \right)}\right)^{2}")


def test_the_chain_of_two_neurons() -> None:
    values = {"x1": 0.7, "y": 1.0, "w1": 0.5, "b1": -0.3, "w2": 1.2, "b2": 0.1}
    w1, b1, w2, b2 = (variable(name, values[name]) for name in ("w1", "b1", "w2", "b2"))
    x1, target = (pel.tensor(values[name], name=name) for name in ("x1", "y"))
    a1 = x1 * w1 + b1
    z1 = pel.sigmoid(a1)
    a2 = z1 * w2 + b2
    z2 = pel.sigmoid(a2)
    J = 0.5 * (z2 - target) ** 2
    d1, d2, dw1, db1, dw2, db2 = pel.grad(J, [a1, a2, w1, b1, w2, b2])

    told = {name: sympy.Symbol(name) for name in ("z1", "z2", "w2", "x1", "y", "delta1", "delta2")}
    by_hand = {
        "delta2": "(z2 - y)*z2*(1 - z2)", "delta1": "delta2*w2*z1*(1 - z1)",
        "dw2": "delta2*z1", "db2": "delta2", "dw1": "delta1*x1", "db1": "delta1",
    }  # fmt: skip
    shown = {
        "delta2": pel.formula(d2, z2=z2),
        "delta1": pel.formula(d1, delta2=d2, z1=z1),
        "dw2": pel.formula(dw2, delta2=d2, z1=z1),
        "db2": pel.formula(db2, delta2=d2),
        "dw1": pel.formula(dw1, delta1=d1),
        "db1": pel.formula(db1, delta1=d1),
    }
    for name, formula in by_hand.items():
        assert sympy.expand(shown[name] - sympy.sympify(formula, told)) == 0, name
    assert sympy.latex(shown["delta1"]) == r"\delta_{2} w_{2} z_{1} \left(1 - z_{1}\right)"
    for gradient, name in ((dw1, "w1"), (db1, "b1"), (dw2, "w2"), (db2, "b2")):
        whole = sympy.diff(pel.formula(J), sympy.Symbol(name))
        assert float(whole.subs(values)) == pytest.approx(gradient.item(), rel=1e-14)
        assert float(pel.formula(gradient).subs(values)) == pytest.approx(
            gradient.item(), rel=1e-14
        )


def test_numbers_stay_simple() -> None:
    w = variable("x", 2.0)
    assert str(pel.formula(0.5 * w**2 + w / 3 + 0.1)) == "x**2/2 + x/3 + 0.1"
    assert pel.formula(pel.tensor(0.1, "float32") * pel.tensor(2)) == sympy.Float("0.2")


def test_what_has_no_name_is_numbered() -> None:
    a, b = pel.placeholder(()), pel.placeholder(())
    assert str(pel.formula(a * b - a)) == "x1*x2 - x1"
    assert str(pel.formula(a * b, b=b)) == "b*x1"


# --- every operation -----------------------------------------------------------------------

SPECIAL = {"isnan", "isfinite"}  # there is no such number in SymPy's real line


def test_every_operation_on_elements_has_a_formula() -> None:
    elementwise = {name for name, op in OPS.items() if isinstance(op.body, Elementwise)}
    assert elementwise - SPECIAL == elementwise & _functions(sympy).keys()


@pytest.mark.parametrize(
    "name",
    ["abs", "ceil", "cos", "erf", "exp", "expm1", "floor", "log", "log1p", "negative", "relu",
     "sigmoid", "sign", "sin", "softplus", "sqrt", "tanh"],
)  # fmt: skip
@pytest.mark.parametrize("value", [0.3, 1.7])
def test_functions_have_their_values(name: str, value: float) -> None:
    tensor = pel.tensor(value, name="x")
    result = getattr(pel, name)(tensor)
    assert float(pel.formula(result).subs(x, value)) == pytest.approx(result.item(), rel=1e-12)


ARITHMETIC = ["add", "divide", "floor_divide", "maximum", "minimum", "multiply", "power",
              "remainder", "subtract"]  # fmt: skip
COMPARISONS = ["equal", "greater", "greater_equal", "less", "less_equal", "not_equal"]


@pytest.mark.parametrize("name", ARITHMETIC + COMPARISONS)
@pytest.mark.parametrize("values", [(2.5, 1.25), (1.25, 2.5)])
def test_pairs_have_their_values(name: str, values: tuple[float, float]) -> None:
    a, b = (pel.tensor(value, name=key) for value, key in zip(values, "xy", strict=True))
    result = getattr(pel, name)(a, b)
    if name in COMPARISONS:
        result = pel.where(result, a, b)
    found = pel.formula(result).subs(dict(zip((x, y), values, strict=True)))
    assert float(found) == pytest.approx(result.item(), rel=1e-12)


def test_matrices_have_a_formula_for_each_element() -> None:
    A, b = pel.placeholder((2, 2), name="a"), pel.placeholder((2,), name="b")
    assert str(pel.formula(A @ b)) == "Matrix([[a11*b1 + a12*b2], [a21*b1 + a22*b2]])"
    assert str(pel.formula((A.T * b)[0].max())) == "Max(a11*b1, a21*b2)"
    assert str(pel.formula(pel.concatenate([b, b * 2]).mean())) == "3*b1/4 + 3*b2/4"
    assert pel.formula(pel.tensor([[[1.0]]])).shape == (1, 1, 1)


@pytest.mark.parametrize("seed", range(3))
def test_vectors_have_the_values_of_the_graph(seed: int) -> None:
    values = np.random.default_rng(seed).normal(size=3)
    v = pel.tensor(values, name="v")
    result = pel.grad((pel.softmax(v) * v).sum(), v)
    symbols = sympy.symbols("v1 v2 v3")
    found = pel.formula(result).subs(dict(zip(symbols, values, strict=True)))
    np.testing.assert_allclose(np.array(found, float).ravel(), result.numpy(), rtol=1e-12)


# --- what cannot be told -------------------------------------------------------------------


def test_extents_must_be_known() -> None:
    with pytest.raises(ShapeError, match="unknown or too many"):
        pel.formula(pel.placeholder((None, 2), name="X").sum())


def test_what_has_no_formula_is_named_and_can_be_given_a_name() -> None:
    v = pel.placeholder((3,), name="v")
    largest = pel.argmax(v)
    with pytest.raises(GraphError, match="argmax has no formula in SymPy"):
        pel.formula(largest * 2)
    assert str(pel.formula(largest * 2, k=largest)) == "2*k"


def test_only_tensors_have_formulas() -> None:
    with pytest.raises(ArgumentTypeError, match="a formula is of a tensor"):
        pel.formula(3.0)  # type: ignore[arg-type]
    with pytest.raises(ArgumentTypeError, match="w=2"):
        pel.formula(pel.tensor(1.0), w=2)  # type: ignore[arg-type]


# --- the equation of a network -------------------------------------------------------------


def test_an_equation_gives_what_predict_gives() -> None:
    X, _ = data.moons(60, seed=1)
    model = nn.Sequential([nn.Linear(3, activation="tanh"), nn.Linear(1)])
    model.fit(100 + 7 * X, 5 * X[:, 0] + 30, prepare="standard", epochs=3, dtype="float64",
              seed=1, progress=False, engine="reference")  # fmt: skip
    equation = sympy.lambdify(sympy.symbols("x1 x2"), model.equation(digits=None))
    found = equation(*(100 + 7 * X).T)
    np.testing.assert_allclose(found, model.predict(100 + 7 * X)[:, 0], rtol=1e-12)


def test_an_equation_reads_well() -> None:
    init = {"weight_init": nn.init.Constant(0.25), "bias_init": nn.init.Constant(-1.0)}
    model = nn.Sequential([nn.Linear(1, activation="relu", **init), nn.Linear(2, **init)])
    model([[1.0, 2.0]])
    one = "0.25*Max(0, 0.25*x1 + 0.25*x2 - 1.0) - 1.0"
    assert str(model.equation(digits=2)) == f"Matrix([[{one}], [{one}]])"


def test_columns_keep_their_names() -> None:
    import pandas as pd

    frame = pd.DataFrame({"size": [1.0, 2.0, 4.0], "colour": ["red", "blue", "red"]})
    model = nn.Sequential([nn.Linear(1)])
    model.fit(
        frame, [1.0, 2.0, 3.0], prepare="standard", epochs=1, engine="reference", progress=False
    )
    symbols = {str(symbol) for symbol in model.equation().free_symbols}
    assert symbols == {"size", "colour=red", "colour=blue"}


def test_equations_are_for_small_networks_that_are_built() -> None:
    model = nn.Sequential([nn.Linear(400, activation="tanh"), nn.Linear(1)])
    with pytest.raises(GraphError, match="no weights yet"):
        model.equation()
    model([[1.0]])
    with pytest.raises(GraphError, match="too large for its equation"):
        model.equation()


def test_a_table_of_rows_that_are_looked_up_has_no_equation() -> None:
    model = nn.Sequential([nn.Embedding(4, 2), nn.Flatten(), nn.Linear(1)])
    model.fit([[0, 1], [2, 3]], [1.0, 2.0], epochs=1, engine="reference", progress=False)
    with pytest.raises(GraphError, match="take has no formula in SymPy where it chooses") as caught:
        model.equation()
    assert "model.trace" in caught.value.mend
