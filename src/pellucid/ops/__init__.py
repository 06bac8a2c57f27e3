"""The operations: each is one declaration, with its rule, gradient, meaning, formula and body."""

from pellucid.ops.conv import conv
from pellucid.ops.elementwise import (
    abs,
    add,
    bitwise_and,
    bitwise_or,
    bitwise_xor,
    cast,
    ceil,
    cos,
    divide,
    equal,
    erf,
    exp,
    expm1,
    floor,
    floor_divide,
    greater,
    greater_equal,
    identity,
    invert,
    isfinite,
    isnan,
    less,
    less_equal,
    log,
    log1p,
    maximum,
    minimum,
    multiply,
    negative,
    not_equal,
    power,
    relu,
    remainder,
    sigmoid,
    sign,
    sin,
    softplus,
    sqrt,
    stop_gradient,
    subtract,
    tanh,
    where,
)  # fmt: skip
from pellucid.ops.index import one_hot, take, take_along
from pellucid.ops.linalg import matmul
from pellucid.ops.random import random_bits
from pellucid.ops.reduce import argmax, argmin, max, mean, min, sum, sum_like
from pellucid.ops.scan import cumsum, flip, ranks
from pellucid.ops.view import (
    broadcast_like,
    broadcast_to,
    concatenate,
    count,
    expand_dims,
    reshape,
    squeeze,
    transpose,
)  # fmt: skip
from pellucid.ops.window import pad, windows

__all__ = [
    "abs", "add", "argmax", "argmin", "bitwise_and", "bitwise_or", "bitwise_xor",
    "broadcast_like", "broadcast_to", "cast", "ceil", "concatenate", "conv", "cos", "count",
    "cumsum", "divide", "equal", "erf", "exp", "expand_dims", "expm1", "flip", "floor",
    "floor_divide", "greater", "greater_equal", "identity", "invert", "isfinite",
    "isnan", "less", "less_equal", "log", "log1p", "matmul", "max", "maximum", "mean", "min",
    "minimum", "multiply", "negative", "not_equal", "one_hot", "pad", "power", "random_bits",
    "ranks", "relu", "remainder", "reshape", "sigmoid", "sign", "sin", "softplus", "sqrt",
    "squeeze", "stop_gradient", "subtract", "sum", "sum_like", "take", "take_along", "tanh",
    "transpose", "where", "windows",
]  # fmt: skip
