"""Compiled functions: graphs that are called with arrays, and update variables at each call."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from pellucid.compile import optimised, specialised, trace
from pellucid.engines import choose
from pellucid.engines.base import Engine, Executable
from pellucid.errors import ArgumentTypeError, ShapeError
from pellucid.graph.tensor import Operand, Tensor, TensorLike, as_tensor, border_array
from pellucid.graph.variable import Variable
from pellucid.graph.walk import declared_updates
from pellucid.shapes import Shape

__all__ = ["Function", "function"]

KEPT_SHAPES = 16  # compiled programs, one for each combination of input shapes, oldest use first


@final
class Function:
    """A graph made ready to be called with arrays; made by :func:`function`."""

    def __init__(
        self,
        inputs: Sequence[Tensor],
        outputs: Sequence[Tensor],
        updates: Mapping[Variable, Tensor],
        *,
        single: bool,
        engine: Engine,
    ) -> None:
        self.engine = engine
        self._single = single
        self.program, self.variables = trace(inputs, outputs, updates)
        self._specs = [x.spec for x in inputs]
        self._compiled: OrderedDict[tuple[Shape, ...], Executable] = OrderedDict()

    def __call__(self, *values: Any, **named: Any) -> Any:
        """Compute the outputs from arrays, by position or by placeholder name; commit the updates.

        Returns
        -------
        A NumPy array for each output (a NumPy scalar for one without dimensions): alone, or in a
        list, as the outputs were given.
        """
        arrays = [self._checked(k, value) for k, value in enumerate(self._ordered(values, named))]
        executable = self._executable(tuple(array.shape for array in arrays))
        results = executable(arrays, [v.numpy() for v in self.variables])
        count = len(self.program.outputs)
        for (place, _), new in zip(self.program.updates, results[count:], strict=True):
            self.variables[place].adopt(new)
        outputs = [result if result.shape else result[()] for result in results[:count]]
        return outputs[0] if self._single else outputs

    def _executable(self, shapes: tuple[Shape, ...]) -> Executable:
        found = self._compiled.get(shapes)
        if found is None:
            program = optimised(specialised(self.program, shapes))
            found = self._compiled[shapes] = self.engine.compile(program)
            if len(self._compiled) > KEPT_SHAPES:
                self._compiled.popitem(last=False)
        self._compiled.move_to_end(shapes)
        return found

    def _ordered(self, values: tuple[Any, ...], named: Mapping[str, Any]) -> list[Any]:
        names = self.program.names
        known = dict(zip(names, values, strict=False))
        unknown = [name for name in named if name not in names or name in known]
        known.update(named)
        if len(values) > len(names) or unknown or len(known) < len(names):
            raise ArgumentTypeError(
                "a compiled function was called with other inputs than it has",
                got=f"{len(values)} by position" + (f" and {sorted(named)}" if named else ""),
                wanted=", ".join(names) or "no inputs", mend="give each input once, in this order",
            )  # fmt: skip
        return [known[name] for name in names]

    def _checked(self, k: int, value: Any) -> NDArray[Any]:
        """Bring a value to the dtype of input `k`, and check its shape."""
        spec, name = self._specs[k], self.program.names[k]
        if isinstance(value, Operand):
            value = as_tensor(value).numpy()
        if not (
            isinstance(value, np.ndarray) and value.dtype == spec.dtype and value.flags.c_contiguous
        ):
            value = border_array(value, spec.dtype, name)
        fits = len(value.shape) == len(spec.shape) and all(
            want is None or have == want for have, want in zip(value.shape, spec.shape, strict=True)
        )
        if not fits:
            raise ShapeError(
                f"the input {name} has another shape than its placeholder", got=str(value.shape),
                wanted=str(spec.shape), mend="reshape it; None stands for any extent",
            )  # fmt: skip
        return value

    def __repr__(self) -> str:
        names = ", ".join(self.program.names)
        state = f", updates {len(self.program.updates)}" * bool(self.program.updates)
        return (
            f"Function({names} -> {len(self.program.outputs)} outputs{state}, {self.engine.name})"
        )


def function(
    inputs: Tensor | Sequence[Tensor],
    outputs: TensorLike | Sequence[TensorLike],
    updates: Mapping[Variable, TensorLike] | None = None,
    *,
    engine: str | Engine | None = None,
) -> Function:
    """Compile a graph into a function of arrays.

    At each call variables are read anew; outputs and all updates see the old values, and the
    updates are committed together. Updates declared with nodes of the graph (running statistics,
    random counters) are committed too. Shapes that a placeholder leaves open are specialised at the
    first call with them.

    Parameters
    ----------
    inputs : placeholders, in the order in which arrays will be given
    outputs : one tensor, or several
    updates : new values of variables, as tensors; a narrower dtype than the variable's is needed
    engine : by name; the fastest that works here by default

    Raises
    ------
    GraphError : for a placeholder that is needed but not among the inputs
    ShapeError, DTypeError : for an update that does not fit its variable

    Examples
    --------
    >>> import pellucid as pel
    >>> x = pel.placeholder((None,), name="x")
    >>> total = pel.Variable(0.0, name="total")
    >>> add = pel.function([x], (x * x).sum(), updates={total: total + x.sum()})
    >>> add([1.0, 2.0]), add(x=[3.0]), total.numpy()
    (np.float32(5.0), np.float32(9.0), array(6., dtype=float32))
    """
    placeholders = [inputs] if isinstance(inputs, Tensor) else list(inputs)
    single = isinstance(outputs, Operand) or not isinstance(outputs, Sequence)
    wanted = [as_tensor(y) for y in ([outputs] if single else outputs)]  # type: ignore[union-attr]
    changes = {v: as_tensor(new) for v, new in (updates or {}).items()}
    declared = declared_updates([*wanted, *changes.values()])
    return Function(
        placeholders, wanted, {**declared, **changes}, single=single, engine=choose(engine)
    )
