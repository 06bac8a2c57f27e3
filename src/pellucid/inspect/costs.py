"""What losses look like on paper, and their gradients by what the network gave."""

from __future__ import annotations

from typing import NamedTuple

from pellucid import losses
from pellucid.graph import Tensor
from pellucid.inspect.quantity import Formula, Symbol
from pellucid.losses import Loss

__all__ = ["cost", "cost_gradient"]


class _Told(NamedTuple):
    """Formulas of p (the output), q (its probabilities), y (the target), n rows, m numbers."""

    text: str
    latex: str
    gradient: str
    gradient_latex: str


_BINARY = r"-\operatorname{{mean}}\left({y} \ln {q} + (1 - {y}) \ln(1 - {q})\right)"
TOLD: dict[type[Loss], _Told] = {
    losses.MeanSquaredError: _Told(
        "mean(({p} − {y})²)", r"\operatorname{{mean}}\left(({p} - {y})^{{2}}\right)",
        "2 × ({p} − {y}) / {m}", r"\frac{{2}}{{{m}}} ({p} - {y})",
    ),
    losses.MeanAbsoluteError: _Told(
        "mean(|{p} − {y}|)", r"\operatorname{{mean}} \lvert {p} - {y} \rvert",
        "sign({p} − {y}) / {m}", r"\frac{{1}}{{{m}}} \operatorname{{sign}}({p} - {y})",
    ),
    losses.BinaryCrossEntropy: _Told(
        "−mean({y} ∘ ln({p}) + (1 − {y}) ∘ ln(1 − {p}))", _BINARY.replace("{q}", "{p}"),
        "((1 − {y}) / (1 − {p}) − {y} / {p}) / {m}",
        r"\frac{{1}}{{{m}}} \left(\frac{{1 - {y}}}{{1 - {p}}} - \frac{{{y}}}{{{p}}}\right)",
    ),
    losses.BinaryCrossEntropyWithLogits: _Told(
        "−mean({y} ∘ ln({q}) + (1 − {y}) ∘ ln(1 − {q}))", _BINARY,
        "({q} − {y}) / {m}", r"\frac{{1}}{{{m}}} ({q} - {y})",
    ),
    losses.CrossEntropy: _Told(
        "−Σ({y} ∘ ln({q})) / {n}", r"-\frac{{1}}{{{n}}} \sum {y} \circ \ln {q}",
        "({q} − {y}) / {n}", r"\frac{{1}}{{{n}}} ({q} - {y})",
    ),
    losses.CategoricalCrossEntropy: _Told(
        "−Σ({y} ∘ ln({p})) / {n}", r"-\frac{{1}}{{{n}}} \sum {y} \circ \ln {p}",
        "−{y} / {p} / {n}", r"-\frac{{1}}{{{n}}} \frac{{{y}}}{{{p}}}",
    ),
}  # fmt: skip


def _filled(
    loss: Loss, prediction: Tensor, target: Tensor, symbols: tuple[Symbol, Symbol | None, Symbol]
) -> tuple[Formula, Formula] | None:
    told = TOLD.get(type(loss))
    if told is None or loss != type(loss)() or (loss.task == "classes" and prediction.ndim > 2):
        return None
    p, q, y = symbols
    if target.ndim < prediction.ndim:  # labels stand for rows with a single one
        y = Symbol(f"onehot({y.text})", rf"\mathbf{{1}}_{{{y.latex}}}")
    n = prediction.shape[0]
    m = prediction.value.size if prediction.value is not None else n
    ways: list[dict[str, object]] = [
        {"p": p[k], "q": q[k] if q else "", "y": y[k], "n": n, "m": m} for k in (0, 1)
    ]
    value, gradient = told[:2], told[2:]
    return (
        Formula(*[form.format(**way) for form, way in zip(value, ways, strict=True)]),
        Formula(*[form.format(**way) for form, way in zip(gradient, ways, strict=True)]),
    )


def cost(
    loss: Loss, prediction: Tensor, target: Tensor, symbols: tuple[Symbol, Symbol | None, Symbol]
) -> Formula:
    """Write a loss; one that has settings of its own by its name."""
    found = _filled(loss, prediction, target, symbols)
    return _by_name(loss, symbols) if found is None else found[0]


def cost_gradient(
    loss: Loss, prediction: Tensor, target: Tensor, symbols: tuple[Symbol, Symbol | None, Symbol]
) -> Formula:
    """Write the gradient of a loss by the network's output."""
    found = _filled(loss, prediction, target, symbols)
    if found is not None:
        return found[1]
    text, latex = _by_name(loss, symbols)
    p = symbols[0]
    return Formula(f"∂{text}/∂{p.text}", rf"\frac{{\partial}}{{\partial {p.latex}}} {latex}")


def _by_name(loss: Loss, symbols: tuple[Symbol, Symbol | None, Symbol]) -> Formula:
    p, _, y = symbols
    name = loss.name.replace("_", r"\_")
    return Formula(
        f"{loss.name}({p.text}, {y.text})",
        rf"\operatorname{{{name}}}\left({p.latex}, {y.latex}\right)",
    )
