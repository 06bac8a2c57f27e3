"""Measures vector mathematics on many numbers: the worst error of each function.

``PYTHONPATH=src:tests python -m native.sweep 1000000``
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from native.bodies import computed
from native.test_mathematics import REACH, Array, arguments, bases_and_exponents, exact, units


def main(count: int) -> None:
    """Print a line for each function and dtype."""
    for dtype, lanes in (("float32", 16), ("float64", 8)):
        for name in REACH:
            x = arguments(name, dtype, count)
            if name in ("sin", "cos"):
                x = x[~(np.abs(x) >= 1e15)]  # beyond, a long double does not hold their place
            with np.errstate(all="ignore"):
                wanted = exact(name, x)
            report(f"{name} {dtype}", lambda b, x, name=name: getattr(b, name)(x), wanted, lanes, x)
        x, y = bases_and_exponents(dtype, count // 4)
        with np.errstate(all="ignore"):
            wanted = x.astype(np.longdouble) ** y.astype(np.longdouble)
        report(f"power {dtype}", lambda b, x, y: x**y, wanted, lanes, x, y)


def report(
    title: str, body: Callable[..., Any], wanted: Array, lanes: int, *operands: Array
) -> None:
    """Compare results with what is wanted, and print how far off the worst is."""
    found, _, _ = computed(body, *operands, lanes=lanes)
    with np.errstate(all="ignore"):
        apart = units(found, wanted)
    worst = int(np.argmax(apart))
    place = ", ".join(repr(one[worst].item()) for one in operands)
    print(f"{title:15s} {apart[worst]:.3f} units at {place}, of {len(found)}", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
