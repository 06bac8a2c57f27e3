"""Compiled functions: graphs that are called with arrays, and update variables at each call."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from pellucid.compile import optimised, specialised, trace
from pellucid.engines import choose
from pellucid.engines.base import Arrays, Engine, Executable, Quick
from pellucid.engines.explanation import Explanation
from pellucid.errors import ArgumentTypeError, ShapeError
from pellucid.graph.tensor import Operand, Tensor, TensorLike, as_tensor, border_array
from pellucid.graph.variable import Variable
from pellucid.graph.walk import declared_updates
from pellucid.shapes import Shape
from pellucid.wording import counted

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
        self._count = len(self.program.outputs)
        self._updated = [self.variables[place] for place, _ in self.program.updates]
        self._compiled: OrderedDict[tuple[Shape, ...], Executable] = OrderedDict()
        self._are_arrays = all(y.shape for y in outputs)  # and no scalars
        self._quick: Quick | None = None  # of the program used last
        self._lock = threading.RLock()

    def __call__(self, *values: Any, **named: Any) -> Any:
        """Compute the outputs from arrays, by position or by placeholder name; commit the updates.

        Returns
        -------
        A NumPy array for each output (a NumPy scalar for one without dimensions): alone, or in a
        list, as the outputs were given.
        """
        quick = self._quick
        if quick is None or named:
            return self._called(values, named)
        results = quick(values, [v._value for v in self.variables])
        if results is None:
            return self._called(values, named)
        if not self._are_arrays:
            return results[0][()] if self._single else self._given(results)
        return results[0] if self._single else results

    def _called(self, values: tuple[Any, ...], named: Mapping[str, Any]) -> Any:
        """Check and convert the inputs; compute by the program for them, and commit together."""
        arrays = [self._checked(k, value) for k, value in enumerate(self._ordered(values, named))]
        executable = self._executable(tuple([array.shape for array in arrays]))
        with self._lock if self._updated else nullcontext():  # a call sees all that one before did
            state = [v.numpy() for v in self.variables]  # held until the end: nobody may change it
            results = executable(arrays, state)
            for variable, new in zip(self._updated, results[self._count :], strict=True):
                variable.adopt(new)
        self._quick = executable.in_place
        return self._given(results)

    def _given(self, results: Arrays) -> Any:
        outputs = [result if result.shape else result[()] for result in results[: self._count]]
        return outputs[0] if self._single else outputs

    def _executable(self, shapes: tuple[Shape, ...]) -> Executable:
        with self._lock:
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

    def explain(self, *values: Any, **named: Any) -> Explanation:
        """Show what is computed at a call: the kernels in their order, their memory and their cost.

        ``explain()[3]`` shows the lines of kernel 3, ``explain().ir("conv1")`` and
        ``.assembly("conv1")`` the code of a layer.

        Parameters
        ----------
        values, named : inputs as in a call, of which only the shapes count; they can be left out
            where the placeholders know all extents, and after a call, which is then meant

        Raises
        ------
        ShapeError : when the shapes are not known

        Examples
        --------
        >>> import pellucid as pel
        >>> x = pel.placeholder((None, 3), name="x")
        >>> f = pel.function([x], pel.exp(-x * x).sum(1), engine="native")
        >>> f.explain([[1.0, 2.0, 3.0]])[0]
        <kernel 0 · negative, multiply, exp, sum · 1 over 3>
        """
        shapes: tuple[Shape, ...] = tuple(spec.shape for spec in self._specs)
        if values or named:
            ordered = enumerate(self._ordered(values, named))
            shapes = tuple(self._checked(k, value).shape for k, value in ordered)
        elif self._compiled:
            shapes = next(reversed(self._compiled))
        elif not self.program.is_concrete:
            raise ShapeError(
                "explain: the extents of the inputs are not known yet",
                got=", ".join(map(str, self._specs)),
                mend="call the function first, or give inputs as in a call: f.explain(x)",
            )
        return self.engine.explain(optimised(specialised(self.program, shapes)))

    def __repr__(self) -> str:
        names = ", ".join(self.program.names)
        state = f", updates {len(self.program.updates)}" * bool(self.program.updates)
        outputs = counted(len(self.program.outputs), "output")
        return f"Function({names} -> {outputs}{state}, {self.engine.name})"


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
