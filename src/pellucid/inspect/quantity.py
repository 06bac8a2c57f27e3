"""One quantity of a pass: its name, its formula and its value, in plain numbers."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple, final

import numpy as np
from numpy.typing import NDArray

from pellucid.arguments import Frozen
from pellucid.lazy import load

__all__ = ["LARGEST", "Formula", "Kind", "Quantity", "Symbol", "matrix", "plain"]

Kind = Literal["input", "weight", "statistic", "value", "probability", "target", "loss", "gradient"]
LARGEST = 6  # rows and columns of an array whose every number is shown in a table


class Symbol(NamedTuple):
    """What a quantity is called, in text and in LaTeX."""

    text: str
    latex: str

    @property
    def gradient(self) -> Symbol:
        """The gradient of the loss with respect to it."""
        return Symbol(f"dL/d{self.text}", rf"\frac{{\partial L}}{{\partial {self.latex}}}")


class Formula(NamedTuple):
    """How a quantity comes about, in text and in LaTeX."""

    text: str
    latex: str


@final
class Quantity(Frozen):
    r"""One quantity of a forward and backward pass.

    Attributes
    ----------
    symbol : what it is called, as ``.text`` and ``.latex``; ``name`` is the text
    formula : how it is made from others, as ``.text`` and ``.latex``
    value : a read-only array
    path : the dotted path of the layer that it belongs to, of a weight its own
    kind : "input", "weight", "statistic", "value", "probability", "target", "loss", "gradient"

    Examples
    --------
    >>> from pellucid import nn
    >>> model = nn.Sequential([nn.Linear(1, weight_init="ones", bias_init="zeros")])
    >>> z = model.trace([[1.0, 2.0]])["Z1"]
    >>> z
    <Z1 (1, 1) = X · W1ᵀ + b1>
    >>> print(z.formula.latex, z.value)
    X W_{1}^{\top} + b_{1} [[3.]]
    """

    symbol: Symbol
    formula: Formula
    value: NDArray[Any]
    path: str
    kind: Kind

    __eq__ = object.__eq__
    __hash__ = object.__hash__

    @property
    def name(self) -> str:
        """What it is called."""
        return self.symbol.text

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the value."""
        return self.value.shape

    @property
    def is_small(self) -> bool:
        """Whether every number of it fits into a table."""
        return self.value.ndim <= 2 and all(extent <= LARGEST for extent in self.shape)

    def numpy(self) -> NDArray[Any]:
        """Give the value."""
        return self.value

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return np.array(self.value, dtype=dtype, copy=copy)

    def __repr__(self) -> str:
        return f"<{self.name} {self.shape} = {self.formula.text}>"

    def __str__(self) -> str:
        value = np.array2string(self.value, precision=6, threshold=200)
        return f"{self.name} = {self.formula.text}   {self.shape}\n{value}"

    def _repr_html_(self) -> str:
        escape = load("html").escape
        head = f"<b>{escape(self.name)}</b> = {escape(self.formula.text)} &ensp; {self.shape}"
        return f"{head}<pre>{escape(chr(10).join(plain(self.value, 6)))}</pre>"

    def latex(self, *, digits: int = 4) -> str:
        r"""Write ``name = formula = numbers``, the numbers where they are few.

        >>> from pellucid import nn
        >>> model = nn.Sequential([nn.Linear(1, weight_init="ones", bias_init="zeros")])
        >>> print(model.trace([[1.0, 2.0]])["Z1"].latex())
        Z_{1} = X W_{1}^{\top} + b_{1} = \begin{pmatrix} 3 \end{pmatrix}
        """
        parts = [self.symbol.latex, self.formula.latex]
        if self.is_small:
            parts.append(matrix(self.value, digits))
        return " = ".join(filter(None, parts))


def plain(value: NDArray[Any], digits: int) -> list[str]:
    """Write an array in lines, its columns aligned; of a large one only the range."""
    if value.ndim > 2 or any(extent > LARGEST for extent in value.shape):
        if not value.size:
            return ["empty"]
        return [f"{_number(value.min(), digits)} … {_number(value.max(), digits)}"]
    rows = np.atleast_2d(value)
    cells = [[_number(x, digits) for x in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return [
        "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        for row in cells
    ]


def matrix(value: NDArray[Any], digits: int) -> str:
    """Write an array of at most two dimensions in LaTeX."""
    if not value.ndim:
        return _number(value[()], digits)
    rows = [" & ".join(_number(x, digits) for x in row) for row in np.atleast_2d(value)]
    inner = r" \\ ".join(rows)
    return rf"\begin{{pmatrix}} {inner} \end{{pmatrix}}"


def _number(x: Any, digits: int) -> str:
    if isinstance(x, (bool, np.bool_)) or not isinstance(x, (float, np.floating)):
        return str(x)
    return f"{float(x):.{digits}g}"
