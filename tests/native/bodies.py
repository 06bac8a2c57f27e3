"""Runs a piece of a body on arrays: alone, and several elements side by side."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.engines.native.builder import NativeBuilder
from pellucid.engines.native.jit import Compiler
from pellucid.engines.native.module import ProgramText, module_text

Array = NDArray[Any]


@lru_cache(maxsize=1)
def compiler() -> Compiler:
    return Compiler()


def computed(
    body: Callable[..., Any], *arrays: Array, lanes: int = 1
) -> tuple[Array, NativeBuilder, int]:
    """Apply ``body(b, x, y, …)`` to each element; give the results, the builder and the fault."""
    b = NativeBuilder()
    count, found = len(arrays[0]), []

    def one(k: Any) -> None:
        value = b.value(body(b, *[b.load(f"%x{j}", a.dtype, k) for j, a in enumerate(arrays)]))
        found.append(value.dtype)
        b.store(value, "%out", k)

    b.across(count, lanes, one)
    names = [*[f"%x{j}" for j in range(len(arrays))], "%out", "%fault"]
    head = f"define void @f({', '.join(f'ptr {name}' for name in names)}) {{"
    text = module_text(b.declared, ["\n".join([head, "entry:", *b.lines, "  ret void", "}"])])
    compiled = compiler().compile("", lambda: ProgramText(text, (), 0), keep=False)
    function = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * len(names))(compiled.address("f"))
    out, fault = np.empty(count, found[0]), np.zeros(1, np.int64)
    function(*[a.ctypes.data for a in (*arrays, out, fault)])
    return out, b, int(fault[0])
