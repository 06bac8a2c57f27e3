"""What operations require of data, such as labels in range: asked of their bodies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, final

from pellucid.compile import Instruction
from pellucid.compile.access import needs
from pellucid.graph.op import Scatter, Spec

__all__ = ["checked"]


@final
class _Builder:
    """A builder over whole arrays of ``jax.numpy`` that notes what is required."""

    def __init__(self, xp: Any) -> None:
        self._xp = xp
        self.required: list[tuple[Any, str]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._xp, name)

    def astype(self, x: Any, dtype: Any) -> Any:
        return self._xp.asarray(x).astype(dtype)

    def constant(self, value: Any, dtype: Any) -> Any:
        return self._xp.asarray(value, dtype)

    def require(self, condition: Any, message: str) -> None:
        self.required.append((condition, message))


@final
class _Operand:
    """An operand that is read at arrays of places, and as a whole where those count its axes."""

    def __init__(self, array: Any, spec: Spec, grid: Sequence[Any]) -> None:
        self._array, self.spec = array, spec
        self._axis = {id(counted): axis for axis, counted in enumerate(grid)}

    def __getitem__(self, place: tuple[Any, ...]) -> Any:
        axes = [self._axis.get(id(counted), -1) for counted in place]
        if -1 in axes or axes != sorted(axes):
            return self._array[place]
        shape = [1] * len(self._axis)
        for axis, extent in zip(axes, self._array.shape, strict=True):
            shape[axis] = extent
        return self._array.reshape(shape)


def checked(xp: Any, line: Instruction, operands: Sequence[Any]) -> list[tuple[Any, str]]:
    """Give what a line requires: where it holds, and what to say if not everywhere."""
    specs = tuple([Spec(x.shape, x.dtype) for x in operands])
    asked = needs(line.op, line.attrs, line.spec, specs)
    if not asked.may_fail:
        return []
    builder, attrs = _Builder(xp), dict(line.attrs)
    grid = tuple(xp.indices(asked.loop, sparse=True))
    inputs = [_Operand(x, spec, grid) for x, spec in zip(operands, specs, strict=True)]
    if isinstance(line.op.body, Scatter):
        line.op.body.target(builder, grid, *inputs, **attrs)
    else:
        line.op.body.element(builder, grid, inputs, line.spec, attrs)
    return builder.required
