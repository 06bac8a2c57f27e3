"""Formulas of expression graphs in SymPy: a tensor as the expression that it stands for."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import cache, reduce
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import ArgumentTypeError, GraphError, ShapeError
from pellucid.graph import Elementwise, Move, Tensor, as_tensor, topological
from pellucid.graph.tensor import CONSTANT, Operand
from pellucid.graph.variable import READ
from pellucid.lazy import load

if TYPE_CHECKING:
    import sympy

__all__ = ["expressions", "formula"]

MOST = 4096  # elements of a tensor whose every element becomes an expression
Objects = NDArray[np.object_]
# What is done to whole arrays, which NumPy also does to arrays of expressions.
ARRANGED = {"concatenate", "count", "matmul", "sum", "take", "take_along", "unslice"}


def formula(tensor: Operand, /, **names: Operand) -> sympy.Expr:
    r"""Give the SymPy expression that a tensor stands for.

    Variables, placeholders and named tensors become symbols; plain numbers stay numbers. A gradient
    is a tensor too, so ``pel.formula(pel.grad(y, x))`` is the derivative. ``sympy.latex`` writes an
    expression in LaTeX, and a notebook shows it so.

    Parameters
    ----------
    tensor : a scalar; of a vector or matrix the result is a SymPy matrix, of more axes an array
    names : what tensors and variables are called; what is named is not looked into, so that a
        formula can be written in terms of its parts

    Raises
    ------
    MissingPackageError : without SymPy, which ``pip install 'pellucid[symbolic]'`` brings
    GraphError : for an operation that has no formula, such as a random draw
    ShapeError : for an extent that is not known, and for very large tensors

    Examples
    --------
    >>> import pellucid as pel
    >>> x, w = pel.placeholder((), name="x"), pel.Variable(2.0, name="w")
    >>> z = pel.sigmoid(w * x)
    >>> pel.formula(z)
    1/(1 + exp(-w*x))
    >>> slope = pel.grad(z, w)
    >>> pel.formula(slope, z=z)
    x*z*(1 - z)
    """
    chosen = dict(names)
    for name, node in [("tensor", tensor), *chosen.items()]:
        if not isinstance(node, Operand):
            raise ArgumentTypeError(
                "a formula is of a tensor, and its parts are tensors or variables",
                got=f"{name}={node!r}", mend="write pel.formula(y, x=x)",
            )  # fmt: skip
    symbols = {id(node): name for name, node in chosen.items()}
    found = expressions(as_tensor(tensor), symbols)
    if found.ndim == 0:
        return found[()]
    sympy = load("sympy", extra="symbolic")
    return sympy.Matrix(found) if found.ndim <= 2 else sympy.Array(found)


def expressions(
    node: Tensor, names: Mapping[int, str], known: Mapping[int, Objects] | None = None
) -> Objects:
    """Give an array of SymPy expressions, one for each element.

    Parameters
    ----------
    names : of tensors and variables, by id
    known : expressions of tensors and variables, by id
    """
    sympy = load("sympy", extra="symbolic")
    known = known or {}
    values: dict[int, Objects] = {}
    leaves = _Leaves(sympy, names)
    stop = names.keys() | known.keys()
    for one in topological([node], into=lambda inner: id(inner) not in stop):
        key = _key(one)
        if key in known:
            values[id(one)] = known[key]
        elif key in names or not one.inputs:
            values[id(one)] = leaves(one)
        else:
            values[id(one)] = _applied(sympy, one, [values[id(x)] for x in one.inputs])
    return values[id(node)]


def _key(node: Tensor) -> int:
    """Tell what a node stands for: the variable that it reads, or itself."""
    return id(node.attrs["variable"] if node.op is READ else node)


class _Leaves:
    """Makes the symbols, and the numbers, that an expression begins with."""

    def __init__(self, sympy: Any, names: Mapping[int, str]) -> None:
        self._sympy = sympy
        self._names = names
        self._unnamed: dict[int, str] = {}

    def __call__(self, node: Tensor) -> Objects:
        given = self._names.get(_key(node)) or node.name
        if not given and node.op is CONSTANT and not node.requires_grad:
            assert node.value is not None
            return _each(lambda x: number(self._sympy, x, node.dtype), node.value)
        name = given or self._unnamed.setdefault(_key(node), f"x{len(self._unnamed) + 1}")
        return symbols_of(self._sympy, name, _extents(node))


def symbols_of(sympy: Any, name: str, shape: tuple[int, ...]) -> Objects:
    """Make a symbol, or one for each element, numbered from 1: x1, x2 or w11, w12."""
    found = np.empty(shape, dtype=object)
    apart = "" if all(extent < 10 for extent in shape) else "_"
    for place in np.ndindex(shape):
        found[place] = sympy.Symbol(name + apart.join(str(k + 1) for k in place))
    return found


def _extents(node: Tensor) -> tuple[int, ...]:
    shape = tuple(extent for extent in node.shape if extent is not None)
    if len(shape) < node.ndim or math.prod(shape) > MOST:
        raise ShapeError(
            "a formula is written for each element, and here these are unknown or too many",
            where=node.label, got=f"shape {node.shape}", wanted=f"at most {MOST:,} elements",
            mend="give the placeholder fixed extents, or take one row",
        )  # fmt: skip
    return shape


def number(sympy: Any, x: Any, dtype: np.dtype[Any]) -> Any:
    """Give an exact number where it is simple, such as 1/2 or 3, else its shortest decimals."""
    if dtype.kind == "b":
        return sympy.true if x else sympy.false
    if dtype.kind != "f":
        return sympy.Integer(int(x))
    if not np.isfinite(x):
        return sympy.nan if np.isnan(x) else sympy.oo * int(np.sign(x))
    top, bottom = float(x).as_integer_ratio()
    if bottom <= 64:
        return sympy.Rational(top, bottom)
    return sympy.Float(str(dtype.type(x)))  # the fewest decimals that mean it


# --- operations ----------------------------------------------------------------------------


def _applied(sympy: Any, node: Tensor, inputs: list[Objects]) -> Objects:
    name, attrs = node.op.name, dict(node.attrs)
    table = _functions(sympy)
    _extents(node)
    if name in table:
        return _each(table[name], *inputs)
    if name in ("max", "min"):
        return _greatest(sympy, name, inputs[0], **attrs)
    if name in ARRANGED or isinstance(node.op.body, Move):
        try:
            made = np.asarray(node.op.array(np, *inputs, **attrs))
        except TypeError as error:  # SymPy's: a symbol is neither less than a number nor more
            raise GraphError(
                f"{name} has no formula in SymPy where it chooses by symbols", where=node.label,
                mend="name its result, and it is a symbol: pel.formula(y, z=z); "
                "of a network, look at model.trace(X, y)",
            ) from error  # fmt: skip
        return made if made.dtype == object else _each(sympy.Integer, made)
    kind = "an operation on each element" if isinstance(node.op.body, Elementwise) else "one"
    raise GraphError(
        f"{name} has no formula in SymPy: it is {kind} that only numbers know", where=node.label,
        mend="name its result, and it is a symbol: pel.formula(y, z=z)",
    )  # fmt: skip


def _each(function: Callable[..., Any], *arrays: NDArray[Any]) -> Objects:
    """Apply a function to each element, with broadcasting."""
    made = np.frompyfunc(function, len(arrays), 1)(*arrays)
    whole = np.empty(np.broadcast_shapes(*[np.shape(x) for x in arrays]), dtype=object)
    whole[...] = made
    return whole


def _greatest(
    sympy: Any, name: str, x: Objects, *, axes: tuple[int, ...], keepdims: bool
) -> Objects:
    choose = sympy.Max if name == "max" else sympy.Min
    found = reduce(
        lambda one, axis: np.apply_along_axis(
            lambda row: np.array([choose(*row)], dtype=object), axis, one
        ),
        axes,
        x,
    )
    return found if keepdims else found.reshape([n for k, n in enumerate(x.shape) if k not in axes])


@cache
def _functions(sympy: Any) -> dict[str, Callable[..., Any]]:
    """The one table: what each operation on elements is in SymPy."""
    same = lambda x, *_: x  # noqa: E731
    return {
        "abs": sympy.Abs,
        "add": lambda x, y: x + y,
        "bitwise_and": sympy.And,
        "bitwise_or": sympy.Or,
        "bitwise_xor": sympy.Xor,
        "cast": lambda x: sympy.Piecewise((1, x), (0, True)) if _is_truth(sympy, x) else x,
        "ceil": sympy.ceiling,
        "cos": sympy.cos,
        "divide": lambda x, y: x / y,
        "equal": sympy.Eq,
        "erf": sympy.erf,
        "exp": sympy.exp,
        "expm1": lambda x: sympy.exp(x) - 1,
        "floor": sympy.floor,
        "floor_divide": lambda x, y: sympy.floor(x / y),
        "greater": sympy.Gt,
        "greater_equal": sympy.Ge,
        "identity": same,
        "invert": sympy.Not,
        "less": sympy.Lt,
        "less_equal": sympy.Le,
        "log": sympy.log,
        "log1p": lambda x: sympy.log(1 + x),
        "maximum": sympy.Max,
        "minimum": sympy.Min,
        "multiply": lambda x, y: x * y,
        "negative": lambda x: -x,
        "not_equal": sympy.Ne,
        "power": lambda x, y: x**y,
        "relu": lambda x: sympy.Max(x, 0),
        "remainder": sympy.Mod,
        "sigmoid": lambda x: 1 / (1 + sympy.exp(-x)),
        "sign": sympy.sign,
        "sin": sympy.sin,
        "softplus": lambda x: sympy.log(1 + sympy.exp(x)),
        "sqrt": sympy.sqrt,
        "stop_gradient": same,
        "subtract": lambda x, y: x - y,
        "tanh": sympy.tanh,
        "where": lambda condition, x, y: sympy.Piecewise((x, condition), (y, True)),
    }


def _is_truth(sympy: Any, x: Any) -> bool:
    return isinstance(x, (sympy.logic.boolalg.Boolean, sympy.core.relational.Relational))
