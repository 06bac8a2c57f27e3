"""NumPy's own functions on tensors: those that mean the same become operations of the graph."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from pellucid import ops
from pellucid.errors import ArgumentTypeError
from pellucid.functional import arrays
from pellucid.functional.contraction import einsum
from pellucid.graph.tensor import METHODS, Tensor

__all__ = ["array_function", "array_ufunc", "dlpack"]

# Functions whose arguments and defaults are NumPy's; for others NumPy sees the values alone.
SAME: dict[str, Callable[..., Any]] = {
    **{
        name: getattr(ops, name)
        for name in (
            "broadcast_to", "concatenate", "expand_dims", "flip", "max", "mean", "min", "reshape",
            "squeeze", "sum", "transpose", "where",
        )
    },
    **{
        name: getattr(arrays, name)
        for name in ("all", "any", "clip", "prod", "sort", "stack", "std", "var")
    },
    "amax": ops.max,
    "amin": ops.min,
    "einsum": einsum,
}  # fmt: skip
RENAMED = {"absolute": "abs", "conjugate": "identity", "positive": "identity"}


def array_ufunc(ufunc: np.ufunc, method: str, inputs: Sequence[Any], named: Any) -> Tensor:
    """Answer ``numpy.exp(tensor)`` and ``array * tensor``."""
    name = RENAMED.get(ufunc.__name__, ufunc.__name__)
    function: Callable[..., Tensor] | None = getattr(ops, name, None)
    if function is None or method != "__call__" or named:
        what = f"numpy.{ufunc.__name__}" + (f".{method}" if method != "__call__" else "")
        raise ArgumentTypeError(
            f"{what} is not an operation of the graph" + (" with out=" if "out" in named else ""),
            wanted="one of the operations that pellucid has",
            mend="write x.numpy() for the numbers alone, or a formula of pel.exp, pel.log, …",
        )
    return function(*inputs)


def array_function(function: Any, inputs: Sequence[Any], named: Mapping[str, Any]) -> Any:
    """Answer ``numpy.mean(tensor)`` and ``numpy.concatenate([tensor, tensor])``."""
    known = SAME.get(function.__name__)
    if known is None or function.__module__ != "numpy":
        return function._implementation(*inputs, **named)
    return known(*inputs, **named)


def dlpack(x: Any, wishes: Mapping[str, Any]) -> Any:
    """Lend the memory of the values, for reading, to a library that knows DLPack."""
    return x.numpy().__dlpack__(**wishes)


METHODS.update(array_ufunc=array_ufunc, array_function=array_function, dlpack=dlpack)
