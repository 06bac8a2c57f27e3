"""The plainest builder: bodies run at once on NumPy scalars, and every promise to them is checked.

It offers the protocol of builders and nothing else, so a body that works here names no backend.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from pellucid.graph import Spec, Tensor

FUNCTIONS: dict[str, Callable[..., Any]] = {
    name: getattr(np, name)
    for name in (
        "abs", "ceil", "cos", "exp", "expm1", "floor", "isnan", "log", "log1p", "maximum",
        "minimum", "sign", "sin", "sqrt", "tanh", "where",
    )
}  # fmt: skip
FUNCTIONS["erf"] = lambda x: special.erf(x).astype(x.dtype)  # SciPy has none for float16


class NumpyBuilder:
    """Values are NumPy scalars; Python's numbers are weak, as everywhere in NumPy."""

    def __init__(self) -> None:
        self.broken: list[str] = []

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name not in FUNCTIONS:
            raise AttributeError(f"no builder offers {name!r}")
        return lambda *operands: FUNCTIONS[name](*operands)[()]

    def astype(self, x: Any, dtype: Any) -> Any:
        return np.asarray(x).astype(dtype)[()]

    def constant(self, value: Any, dtype: Any) -> Any:
        return np.dtype(dtype).type(value)

    def fold(self, n: int, start: Any, step: Callable[[Any, Any], Any]) -> Any:
        found = start
        for k in range(n):
            found = step(np.int64(k), found)
            assert _kinds(found) == _kinds(start), (
                f"a fold of {_kinds(start)} became {_kinds(found)}"
            )
        return found

    def guarded(self, condition: Any, load: Callable[[], Any], otherwise: Any) -> Any:
        assert isinstance(condition, np.bool_)
        if not condition:
            return otherwise
        value = load()
        assert value.dtype == otherwise.dtype
        return value

    def require(self, condition: Any, message: str) -> None:
        if not condition:
            self.broken.append(message)


def _kinds(value: Any) -> Any:
    return tuple(map(_kinds, value)) if isinstance(value, tuple) else value.dtype


class Accessor:
    """An operand: it knows its spec, and lets nobody read outside of it."""

    def __init__(self, array: NDArray[Any]) -> None:
        self._array = array
        self.spec = Spec(array.shape, array.dtype)

    def __getitem__(self, index: tuple[Any, ...]) -> Any:
        assert len(index) == len(self.spec.shape), f"{index} for shape {self.spec.shape}"
        for i, extent in zip(index, self.spec.shape, strict=True):
            assert 0 <= i < extent, f"{index} is outside of shape {self.spec.shape}"
        return self._array[tuple(map(int, index))]


def computed(node: Tensor) -> NDArray[Any]:
    """Compute a node from the values of its inputs, element by element, through its body."""
    builder = NumpyBuilder()
    inputs = [Accessor(x.numpy()) for x in node.inputs]
    result = np.empty(node.shape, node.dtype)
    with np.errstate(all="ignore"):
        for index in np.ndindex(result.shape):
            place = tuple(map(np.int64, index))
            element = node.op.body.element(builder, place, inputs, node.spec, node.attrs)
            assert element.dtype == node.dtype, f"{node.op}: {element.dtype}, wanted {node.spec}"
            result[index] = element
    assert not builder.broken, builder.broken
    return result
