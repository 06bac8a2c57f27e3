"""Composites of operations: no gradient rule, no engine and no machine code of their own."""

from pellucid.functional import (
    dispatch,  # which lets NumPy's functions find those here
    pickling,  # which lets pickle and copy know what a tensor is
)
from pellucid.functional.activations import (
    ACTIVATIONS,
    activation,
    elu,
    gelu,
    hardsigmoid,
    hardswish,
    hardtanh,
    leaky_relu,
    log_softmax,
    logsumexp,
    mish,
    relu6,
    selu,
    silu,
    softmax,
    softsign,
)
from pellucid.functional.arrays import (
    all,
    any,
    argsort,
    clip,
    norm,
    prod,
    sort,
    split,
    stack,
    std,
    top_k,
    var,
)
from pellucid.functional.comparing import (
    absolute_error,
    by_row,
    check_paired,
    paired,
    squared_error,
)
from pellucid.functional.contraction import einsum
from pellucid.functional.images import (
    adaptive_avg_pool,
    avg_pool,
    conv_transposed,
    convolve,
    correlate,
    max_pool,
    pad,
)
from pellucid.functional.indexing import getitem
from pellucid.functional.random import (
    normal_like,
    random_bernoulli,
    random_normal,
    random_permutation,
    random_uniform,
)

__all__ = [
    "ACTIVATIONS", "absolute_error", "activation", "adaptive_avg_pool", "all", "any", "argsort",
    "avg_pool", "by_row", "check_paired", "clip", "conv_transposed", "convolve", "correlate",
    "dispatch", "einsum", "elu", "gelu", "getitem", "hardsigmoid", "hardswish", "hardtanh",
    "leaky_relu", "log_softmax", "logsumexp", "max_pool", "mish", "norm", "normal_like", "pad",
    "paired", "pickling", "prod", "random_bernoulli", "random_normal", "random_permutation",
    "random_uniform", "relu6", "selu", "silu", "softmax", "softsign", "sort", "split",
    "squared_error", "stack", "std", "top_k", "var",
]  # fmt: skip
