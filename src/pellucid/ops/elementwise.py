"""Operations that act on each element alone, with NumPy's broadcasting and promotion.

A body reads like NumPy because a builder offers NumPy's names: the same line is the meaning over
``numpy``, the lowering for XLA, and the source of native code.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from pellucid.errors import DTypeError, ShapeError
from pellucid.graph.op import Elementwise, Op, Spec, Vjp, elementwise_rule, register
from pellucid.graph.tensor import (
    METHODS,
    DTypeLike,
    Operand,
    Tensor,
    TensorLike,
    apply,
    as_tensor,
    resolve_dtype,
)
from pellucid.lazy import load

__all__ = [
    "abs", "add", "bitwise_and", "bitwise_or", "bitwise_xor", "cast", "ceil", "cos", "divide",
    "equal", "erf", "exp", "expm1", "floor", "floor_divide", "greater", "greater_equal",
    "identity", "invert", "isfinite", "isnan", "less", "less_equal", "log", "log1p", "maximum",
    "minimum", "multiply", "negative", "not_equal", "power", "relu", "remainder", "sigmoid",
    "sign", "sin", "softplus", "sqrt", "stop_gradient", "subtract", "tanh", "where",
]  # fmt: skip


def declare(
    name: str,
    scalar: Callable[..., Any],
    formula: str,
    *vjp: Vjp | None,
    result: Any = None,
    array: Callable[..., Any] | None = None,
) -> Op:
    """Declare an elementwise operation; `array` is `scalar` over NumPy's names unless given.

    Gradients are summed back over the axes along which an operand was stretched.
    """
    rules = tuple(rule and _unbroadcast(rule, k) for k, rule in enumerate(vjp))
    meaning = scalar if array is None else array
    return register(
        Op(name, elementwise_rule(name, result), meaning, Elementwise(scalar), formula, rules)
    )


def _unbroadcast(rule: Vjp, k: int) -> Vjp:
    def summed(g: Tensor, out: Tensor, *inputs: Tensor, **attrs: Any) -> Tensor:
        gradient: Tensor = rule(g, out, *inputs, **attrs)
        if gradient.shape == inputs[k].shape:
            return gradient
        return METHODS["sum_like"](gradient, inputs[k])

    return summed


@lru_cache(maxsize=4096)
def _loop_dtype(ufunc: str, name: str, kinds: tuple[Any, ...]) -> np.dtype[Any] | None:
    """Ask NumPy which dtype the operands are converted to; of Python numbers alone, none."""
    if all([isinstance(kind, type) for kind in kinds]):
        return None
    function: np.ufunc = getattr(np, ufunc)
    try:
        found = function.resolve_dtypes((*kinds, *[None] * function.nout))[: len(kinds)]
    except TypeError as error:
        raise DTypeError(
            f"{name} is not defined for these dtypes",
            got=" and ".join(getattr(kind, "name", str(kind)) for kind in kinds),
            mend="convert first, as in x.astype('int64')",
        ) from error
    return np.result_type(*found)


def _kind(operand: Any) -> Any:
    """Give what decides promotion: a dtype, or, for a Python number, its weak type."""
    if isinstance(operand, (Operand, np.ndarray, np.generic)):
        return operand.dtype
    if isinstance(operand, bool) or not isinstance(operand, (int, float)):
        return np.asarray(operand).dtype if isinstance(operand, bool) else as_tensor(operand).dtype
    return type(operand)


def promoted(ufunc: str, name: str, operands: Sequence[TensorLike]) -> list[Tensor]:
    """Bring operands to the dtype in which NumPy's `ufunc` would work."""
    kinds = tuple([x.dtype if type(x) is Tensor else _kind(x) for x in operands])
    dtype = _loop_dtype(ufunc, name, kinds)
    if dtype is None:  # then none is weak
        return promoted(ufunc, name, [as_tensor(operand) for operand in operands])
    tensors = [x if type(x) is Tensor else as_tensor(x, dtype) for x in operands]
    return [x if x.dtype is dtype else cast(x, dtype) for x in tensors]


def _call(op: Op, *operands: TensorLike, like: str | None = None) -> Tensor:
    tensors = promoted(like or op.name, op.name, operands)
    if len(tensors) == 2 and len(tensors[0].shape) != len(tensors[1].shape):
        _refuse_flat_target(op.name, operands, tensors)
    return apply(op, *tensors)


def _refuse_flat_target(
    name: str, operands: Sequence[TensorLike], tensors: Sequence[Tensor]
) -> None:
    """A network's column against as many flat numbers would make a square: that is never meant."""
    for column, (shape, other) in zip(
        operands, [(x.shape, y.shape) for x, y in (tensors, tensors[::-1])], strict=True
    ):
        given = isinstance(column, Tensor) and column.call is not None
        if given and shape[1:] == (1,) and other == shape[:1] and other != (1,):
            raise ShapeError(
                f"{name}: the prediction and the target differ in shape",
                got=f"prediction {shape}, target {other}", wanted=f"a target of shape {shape}",
                mend="write target.reshape(-1, 1)",
            )  # fmt: skip


def _zero(g: Tensor, out: Tensor, *inputs: Tensor) -> Tensor:
    """The gradient of a step function: zero wherever there is one."""
    return g * 0


# --- conversion and identity ---------------------------------------------------------------


def _cast_rule(x: Spec, *, dtype: str) -> Spec:
    return Spec(x.shape, np.dtype(dtype))


def _cast_vjp(g: Tensor, out: Tensor, x: Tensor, *, dtype: str) -> Tensor:
    return cast(g, x.dtype)


CAST: Op = register(
    Op(
        "cast",
        _cast_rule,
        lambda xp, x, dtype: xp.asarray(x).astype(dtype),
        Elementwise(lambda b, x, dtype: b.astype(x, dtype)),
        "{0}",
        (_cast_vjp,),
    )
)
IDENTITY: Op = declare("identity", lambda b, x: x, "{0}", lambda g, y, x: g)
STOP_GRADIENT: Op = declare("stop_gradient", lambda b, x: x, "{0}", None)


def cast(x: TensorLike, dtype: DTypeLike) -> Tensor:
    """Convert to `dtype`; gradients pass between floating dtypes.

    >>> import pellucid as pel
    >>> pel.cast([1.5, 2.0], "int32")
    Tensor([1 2], int32)
    """
    x = as_tensor(x)
    if x.dtype is dtype:
        return x
    wanted = resolve_dtype(dtype)
    return x if x.dtype == wanted else apply(CAST, x, dtype=wanted.name)


def identity(x: TensorLike) -> Tensor:
    """Give the same values as a node of their own, which can bear a name or declared updates.

    >>> import pellucid as pel
    >>> pel.identity([1.0, 2.0])
    Tensor([1. 2.], float32)
    """
    return apply(IDENTITY, as_tensor(x))


def stop_gradient(x: TensorLike) -> Tensor:
    """Give the same values, through which no gradient flows.

    >>> import pellucid as pel
    >>> x = pel.tensor(3.0, requires_grad=True)
    >>> (x * pel.stop_gradient(x)).backward(); x.grad
    Tensor(3.0, float32)
    """
    return apply(STOP_GRADIENT, as_tensor(x))


# --- arithmetic ----------------------------------------------------------------------------

ADD: Op = declare(
    "add", lambda b, x, y: x + y, "{0} + {1}", lambda g, z, x, y: g, lambda g, z, x, y: g
)
SUBTRACT: Op = declare(
    "subtract", lambda b, x, y: x - y, "{0} - {1}", lambda g, z, x, y: g, lambda g, z, x, y: -g
)
MULTIPLY: Op = declare(
    "multiply",
    lambda b, x, y: x * y,
    r"{0} \cdot {1}",
    lambda g, z, x, y: g * y,
    lambda g, z, x, y: g * x,
)
DIVIDE: Op = declare(
    "divide",
    lambda b, x, y: x / y,
    r"\frac{{{0}}}{{{1}}}",
    lambda g, z, x, y: g / y,
    lambda g, z, x, y: -g * z / y,
)
FLOOR_DIVIDE: Op = declare(
    "floor_divide", lambda b, x, y: x // y, r"\lfloor {0} / {1} \rfloor", _zero, _zero
)
REMAINDER: Op = declare(
    "remainder",
    lambda b, x, y: x % y,
    r"{0} \bmod {1}",
    lambda g, z, x, y: g,
    lambda g, z, x, y: -g * floor_divide(x, y),
)


def _power_array(xp: Any, x: Any, y: Any) -> Any:
    if xp is np and y.dtype.kind == "i" and (y < 0).any():
        raise DTypeError(
            "power: a whole number raised to a negative power", got=f"an exponent of {y.min()}",
            mend="make the base floating: x.astype('float64') ** y",
        )  # fmt: skip
    return x**y


POWER: Op = declare(
    "power",
    lambda b, x, y: x**y,
    "{{{0}}}^{{{1}}}",
    lambda g, z, x, y: g * y * where(y == 0, where(x == 0, 1, x), x) ** (y - 1),
    lambda g, z, x, y: g * z * log(where(y >= 0, where(x == 0, 1, x), x)),
    array=_power_array,
)
NEGATIVE: Op = declare("negative", lambda b, x: -x, "-{0}", lambda g, y, x: -g)
ABS: Op = declare("abs", lambda b, x: b.abs(x), r"\lvert {0} \rvert", lambda g, y, x: g * sign(x))
SIGN: Op = declare("sign", lambda b, x: b.sign(x), r"\operatorname{{sign}} {0}", _zero)
MAXIMUM: Op = declare(
    "maximum",
    lambda b, x, y: b.maximum(x, y),
    r"\max({0}, {1})",
    lambda g, z, x, y: g * _share(x > y, x == y, g),
    lambda g, z, x, y: g * _share(y > x, x == y, g),
)
MINIMUM: Op = declare(
    "minimum",
    lambda b, x, y: b.minimum(x, y),
    r"\min({0}, {1})",
    lambda g, z, x, y: g * _share(x < y, x == y, g),
    lambda g, z, x, y: g * _share(y < x, x == y, g),
)


def _share(wins: Tensor, ties: Tensor, g: Tensor) -> Tensor:
    """All of the gradient to the one that wins, half to each of two that tie."""
    return cast(wins, g.dtype) + 0.5 * cast(ties, g.dtype)


def add(x: TensorLike, y: TensorLike) -> Tensor:
    """Add, element by element: x + y.

    >>> import pellucid as pel
    >>> pel.add([1, 2], 3)
    Tensor([4 5], int64)
    """
    return _call(ADD, x, y)


def subtract(x: TensorLike, y: TensorLike) -> Tensor:
    """Subtract, element by element: x − y.

    >>> import pellucid as pel
    >>> pel.subtract([4, 5], 3)
    Tensor([1 2], int64)
    """
    return _call(SUBTRACT, x, y)


def multiply(x: TensorLike, y: TensorLike) -> Tensor:
    """Multiply, element by element: x · y.

    >>> import pellucid as pel
    >>> pel.multiply([1.0, 2.0], 3)
    Tensor([3. 6.], float32)
    """
    return _call(MULTIPLY, x, y)


def divide(x: TensorLike, y: TensorLike) -> Tensor:
    """Divide, element by element: x / y; integers become floating.

    >>> import pellucid as pel
    >>> pel.divide([1, 2], 2)
    Tensor([0.5 1. ], float64)
    """
    return _call(DIVIDE, x, y)


def floor_divide(x: TensorLike, y: TensorLike) -> Tensor:
    """Divide and round down: ⌊x / y⌋; an integer divided by zero gives 0, as in NumPy.

    >>> import pellucid as pel
    >>> pel.floor_divide([7, -7], 2)
    Tensor([ 3 -4], int64)
    """
    return _call(FLOOR_DIVIDE, x, y)


def remainder(x: TensorLike, y: TensorLike) -> Tensor:
    """Give what a floor division leaves, with the sign of the divisor: x − y·⌊x / y⌋.

    >>> import pellucid as pel
    >>> pel.remainder([7, -7], 2)
    Tensor([1 1], int64)
    """
    return _call(REMAINDER, x, y)


def power(x: TensorLike, y: TensorLike) -> Tensor:
    """Raise to a power, element by element: x^y; a square is a product.

    >>> import pellucid as pel
    >>> pel.power([1.0, 2.0, 3.0], 2)
    Tensor([1. 4. 9.], float32)
    """
    if type(y) in (int, float) and y in (1, 2):
        base = as_tensor(x)
        if base.dtype.kind == "f" or (base.dtype.kind in "iu" and isinstance(y, int)):
            return base if y == 1 else multiply(base, base)
    return _call(POWER, x, y)


def negative(x: TensorLike) -> Tensor:
    """Change the sign: −x.

    >>> import pellucid as pel
    >>> pel.negative([1, -2])
    Tensor([-1  2], int64)
    """
    return _call(NEGATIVE, x)


def abs(x: TensorLike) -> Tensor:  # noqa: A001
    """Take the absolute value |x|; its gradient at 0 is 0.

    >>> import pellucid as pel
    >>> pel.abs([-1.5, 2.0])
    Tensor([1.5 2. ], float32)
    """
    return _call(ABS, x, like="absolute")


def sign(x: TensorLike) -> Tensor:
    """Give −1, 0 or 1; the gradient is 0 everywhere.

    >>> import pellucid as pel
    >>> pel.sign([-3.0, 0.0, 2.0])
    Tensor([-1.  0.  1.], float32)
    """
    return _call(SIGN, x)


def maximum(x: TensorLike, y: TensorLike) -> Tensor:
    """Take the greater of two; a not-a-number wins; at a tie each has half of the gradient.

    >>> import pellucid as pel
    >>> pel.maximum([1.0, 5.0], 3.0)
    Tensor([3. 5.], float32)
    """
    return _call(MAXIMUM, x, y)


def minimum(x: TensorLike, y: TensorLike) -> Tensor:
    """Take the lesser of two; a not-a-number wins; at a tie each has half of the gradient.

    >>> import pellucid as pel
    >>> pel.minimum([1.0, 5.0], 3.0)
    Tensor([1. 3.], float32)
    """
    return _call(MINIMUM, x, y)


# --- exponentials, roots, waves ------------------------------------------------------------

EXP: Op = declare("exp", lambda b, x: b.exp(x), "e^{{{0}}}", lambda g, y, x: g * y)
EXPM1: Op = declare("expm1", lambda b, x: b.expm1(x), "e^{{{0}}} - 1", lambda g, y, x: g * (y + 1))
LOG: Op = declare("log", lambda b, x: b.log(x), r"\ln {0}", lambda g, y, x: g / x)
LOG1P: Op = declare("log1p", lambda b, x: b.log1p(x), r"\ln(1 + {0})", lambda g, y, x: g / (1 + x))
SQRT: Op = declare("sqrt", lambda b, x: b.sqrt(x), r"\sqrt{{{0}}}", lambda g, y, x: g / (2 * y))
SIN: Op = declare("sin", lambda b, x: b.sin(x), r"\sin {0}", lambda g, y, x: g * cos(x))
COS: Op = declare("cos", lambda b, x: b.cos(x), r"\cos {0}", lambda g, y, x: -g * sin(x))
FLOOR: Op = declare("floor", lambda b, x: b.floor(x), r"\lfloor {0} \rfloor", _zero)
CEIL: Op = declare("ceil", lambda b, x: b.ceil(x), r"\lceil {0} \rceil", _zero)


def _erf_array(xp: Any, x: Any) -> Any:
    special = load("scipy.special" if xp is np else "jax.scipy.special")
    return special.erf(x).astype(x.dtype)  # SciPy has none for float16


ERF: Op = declare(
    "erf",
    lambda b, x: b.erf(x),
    r"\operatorname{{erf}} {0}",
    lambda g, y, x: g * (2 / math.sqrt(math.pi)) * exp(-x * x),
    array=_erf_array,
)


def exp(x: TensorLike) -> Tensor:
    """Raise e to the power x.

    >>> import pellucid as pel
    >>> pel.exp([0.0, 1.0])
    Tensor([1.       2.718282], float32)
    """
    return _call(EXP, x)


def expm1(x: TensorLike) -> Tensor:
    """Give e^x − 1, exact also for small x.

    >>> import pellucid as pel
    >>> pel.expm1(1e-10).item() > 0
    True
    """
    return _call(EXPM1, x)


def log(x: TensorLike) -> Tensor:
    """Take the natural logarithm; −∞ at 0, not-a-number below.

    >>> import pellucid as pel
    >>> pel.log([1.0, 0.0])
    Tensor([  0. -inf], float32)
    """
    return _call(LOG, x)


def log1p(x: TensorLike) -> Tensor:
    """Give ln(1 + x), exact also for small x.

    >>> import pellucid as pel
    >>> pel.log1p(1e-10).item() > 0
    True
    """
    return _call(LOG1P, x)


def sqrt(x: TensorLike) -> Tensor:
    """Take the square root; not-a-number below 0.

    >>> import pellucid as pel
    >>> pel.sqrt([4.0, 9.0])
    Tensor([2. 3.], float32)
    """
    return _call(SQRT, x)


def sin(x: TensorLike) -> Tensor:
    """Take the sine of an angle in radians.

    >>> import pellucid as pel
    >>> pel.sin(0.0)
    Tensor(0.0, float32)
    """
    return _call(SIN, x)


def cos(x: TensorLike) -> Tensor:
    """Take the cosine of an angle in radians.

    >>> import pellucid as pel
    >>> pel.cos(0.0)
    Tensor(1.0, float32)
    """
    return _call(COS, x)


def floor(x: TensorLike) -> Tensor:
    """Round down; the gradient is 0 everywhere.

    >>> import pellucid as pel
    >>> pel.floor([1.7, -1.2])
    Tensor([ 1. -2.], float32)
    """
    return _call(FLOOR, x)


def ceil(x: TensorLike) -> Tensor:
    """Round up; the gradient is 0 everywhere.

    >>> import pellucid as pel
    >>> pel.ceil([1.2, -1.7])
    Tensor([ 2. -1.], float32)
    """
    return _call(CEIL, x)


def erf(x: TensorLike) -> Tensor:
    """Give the error function, (2/√π) ∫₀ˣ exp(−t²) dt.

    >>> import pellucid as pel
    >>> pel.erf(0.5)
    Tensor(0.5204999, float32)
    """
    return _call(ERF, x, like="exp")


# --- the bends of networks -----------------------------------------------------------------


def _sigmoid_scalar(b: Any, x: Any) -> Any:
    z = b.exp(-b.abs(x))  # at most 1: neither branch overflows
    return b.where(x >= 0, 1.0, z) / (1.0 + z)


SIGMOID: Op = declare("sigmoid", _sigmoid_scalar, r"\sigma({0})", lambda g, y, x: g * y * (1 - y))
TANH: Op = declare("tanh", lambda b, x: b.tanh(x), r"\tanh {0}", lambda g, y, x: g * (1 - y * y))
RELU: Op = declare(
    "relu", lambda b, x: b.maximum(x, 0), r"\max({0}, 0)", lambda g, y, x: where(x > 0, g, 0)
)
SOFTPLUS: Op = declare(
    "softplus",
    lambda b, x: b.maximum(x, 0) + b.log1p(b.exp(-b.abs(x))),
    r"\ln(1 + e^{{{0}}})",
    lambda g, y, x: g * sigmoid(x),
)


def sigmoid(x: TensorLike) -> Tensor:
    """Give 1 / (1 + e^−x), computed without overflow on either side.

    >>> import pellucid as pel
    >>> pel.sigmoid([0.0, 100.0])
    Tensor([0.5 1. ], float32)
    """
    return _call(SIGMOID, x, like="exp")


def tanh(x: TensorLike) -> Tensor:
    """Take the hyperbolic tangent.

    >>> import pellucid as pel
    >>> pel.tanh(0.0)
    Tensor(0.0, float32)
    """
    return _call(TANH, x)


def relu(x: TensorLike) -> Tensor:
    """Give max(x, 0); the gradient at 0 is 0.

    >>> import pellucid as pel
    >>> pel.relu([-1.0, 2.0])
    Tensor([0. 2.], float32)
    """
    return _call(RELU, x, like="negative")


def softplus(x: TensorLike) -> Tensor:
    """Give ln(1 + e^x), computed without overflow.

    >>> import pellucid as pel
    >>> pel.softplus([0.0, 100.0])
    Tensor([  0.693147 100.      ], float32)
    """
    return _call(SOFTPLUS, x, like="exp")


# --- comparisons, choices, truth values ----------------------------------------------------

LESS: Op = declare("less", lambda b, x, y: x < y, "{0} < {1}", result=bool)
LESS_EQUAL: Op = declare("less_equal", lambda b, x, y: x <= y, r"{0} \le {1}", result=bool)
GREATER: Op = declare("greater", lambda b, x, y: x > y, "{0} > {1}", result=bool)
GREATER_EQUAL: Op = declare("greater_equal", lambda b, x, y: x >= y, r"{0} \ge {1}", result=bool)
EQUAL: Op = declare("equal", lambda b, x, y: x == y, "{0} = {1}", result=bool)
NOT_EQUAL: Op = declare("not_equal", lambda b, x, y: x != y, r"{0} \ne {1}", result=bool)
BITWISE_AND: Op = declare("bitwise_and", lambda b, x, y: x & y, r"{0} \land {1}")
BITWISE_OR: Op = declare("bitwise_or", lambda b, x, y: x | y, r"{0} \lor {1}")
BITWISE_XOR: Op = declare("bitwise_xor", lambda b, x, y: x ^ y, r"{0} \oplus {1}")
INVERT: Op = declare("invert", lambda b, x: ~x, r"\lnot {0}")
ISNAN: Op = declare("isnan", lambda b, x: b.isnan(x), r"{0} \ne {0}", result=bool)
ISFINITE: Op = declare(
    "isfinite", lambda b, x: b.abs(x) < math.inf, r"\lvert {0} \rvert < \infty", result=bool
)
WHERE: Op = declare(
    "where",
    lambda b, c, x, y: b.where(c, x, y),
    r"({0}\;?\;{1} : {2})",
    None,
    lambda g, z, c, x, y: where(c, g, 0),
    lambda g, z, c, x, y: where(c, 0, g),
)


def less(x: TensorLike, y: TensorLike) -> Tensor:
    """Tell where x < y.

    >>> import pellucid as pel
    >>> pel.less([1, 2], 2)
    Tensor([ True False], bool)
    """
    return _call(LESS, x, y)


def less_equal(x: TensorLike, y: TensorLike) -> Tensor:
    """Tell where x ≤ y.

    >>> import pellucid as pel
    >>> pel.less_equal([1, 3], 2)
    Tensor([ True False], bool)
    """
    return _call(LESS_EQUAL, x, y)


def greater(x: TensorLike, y: TensorLike) -> Tensor:
    """Tell where x > y.

    >>> import pellucid as pel
    >>> pel.greater([1, 3], 2)
    Tensor([False  True], bool)
    """
    return _call(GREATER, x, y)


def greater_equal(x: TensorLike, y: TensorLike) -> Tensor:
    """Tell where x ≥ y.

    >>> import pellucid as pel
    >>> pel.greater_equal([1, 2], 2)
    Tensor([False  True], bool)
    """
    return _call(GREATER_EQUAL, x, y)


def equal(x: TensorLike, y: TensorLike) -> Tensor:
    """Tell where x = y.

    >>> import pellucid as pel
    >>> pel.equal([1, 2], 2)
    Tensor([False  True], bool)
    """
    return _call(EQUAL, x, y)


def not_equal(x: TensorLike, y: TensorLike) -> Tensor:
    """Tell where x ≠ y.

    >>> import pellucid as pel
    >>> pel.not_equal([1, 2], 2)
    Tensor([ True False], bool)
    """
    return _call(NOT_EQUAL, x, y)


def bitwise_and(x: TensorLike, y: TensorLike) -> Tensor:
    """Combine the bits of integers, or truth values, by *and*.

    >>> import pellucid as pel
    >>> pel.bitwise_and([True, True], [True, False])
    Tensor([ True False], bool)
    """
    return _call(BITWISE_AND, x, y)


def bitwise_or(x: TensorLike, y: TensorLike) -> Tensor:
    """Combine the bits of integers, or truth values, by *or*.

    >>> import pellucid as pel
    >>> pel.bitwise_or([True, False], [False, False])
    Tensor([ True False], bool)
    """
    return _call(BITWISE_OR, x, y)


def bitwise_xor(x: TensorLike, y: TensorLike) -> Tensor:
    """Combine the bits of integers, or truth values, by *exclusive or*.

    >>> import pellucid as pel
    >>> pel.bitwise_xor([6, 3], 5)
    Tensor([3 6], int64)
    """
    return _call(BITWISE_XOR, x, y)


def invert(x: TensorLike) -> Tensor:
    """Flip the bits of integers, or truth values.

    >>> import pellucid as pel
    >>> pel.invert([True, False])
    Tensor([False  True], bool)
    """
    return _call(INVERT, x)


def isnan(x: TensorLike) -> Tensor:
    """Tell where there is a not-a-number.

    >>> import pellucid as pel
    >>> pel.isnan([1.0, float("nan")])
    Tensor([False  True], bool)
    """
    return apply(ISNAN, *promoted("absolute", "isnan", [x]))


def isfinite(x: TensorLike) -> Tensor:
    """Tell where there is neither a not-a-number nor an infinity.

    >>> import pellucid as pel
    >>> pel.isfinite([1.0, float("inf")])
    Tensor([ True False], bool)
    """
    return apply(ISFINITE, *promoted("absolute", "isfinite", [x]))


def where(condition: TensorLike, x: TensorLike, y: TensorLike) -> Tensor:
    """Choose x where the condition holds, else y; gradients reach the chosen one only.

    >>> import pellucid as pel
    >>> pel.where([True, False], [1.0, 2.0], 0)
    Tensor([1. 0.], float32)
    """
    chosen = promoted("maximum", "where", [x, y])
    return apply(WHERE, cast(condition, bool), *chosen)


METHODS.update(
    {
        function.__name__: function
        for function in (
            abs, add, bitwise_and, bitwise_or, bitwise_xor, cast, divide, equal, floor_divide,
            greater, greater_equal, invert, less, less_equal, multiply, negative, not_equal,
            power, remainder, stop_gradient, subtract,
        )
    }
)  # fmt: skip
