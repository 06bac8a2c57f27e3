"""From a program to a function over ``jax.numpy``: each operation's own meaning, traced."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, final

from pellucid.compile import Instruction, Program
from pellucid.engines.xla.checking import checked
from pellucid.engines.xla.layout import jax
from pellucid.engines.xla.lowering import lowered
from pellucid.errors import DataError, EngineError
from pellucid.graph.op import Leaf, Spec

__all__ = ["Results", "Traced"]


class Results(NamedTuple):
    """What a program gives.

    Attributes
    ----------
    outputs, updates : arrays, as the program lists them
    fault : the number of the first check that did not hold, from 1; 0 when all did
    """

    outputs: list[Any]
    updates: list[Any]
    fault: Any


@final
class Traced:
    """A program as a function of inputs and state that JAX can trace.

    Parameters
    ----------
    precision : see :func:`lowered`

    Raises
    ------
    EngineError : while it is traced, for an operation whose result is not what its rule says
    """

    def __init__(self, program: Program, precision: str | None = None) -> None:
        self.program = program
        self._precision = precision
        # Numbers as the loss is, so that devices tell each other all sums in one message.
        self._counts = _floating(program.instructions[k].spec for k in program.outputs)
        self._said: list[tuple[str, str]] = []  # what each check says, and where it is

    def __call__(self, inputs: Sequence[Any], state: Sequence[Any]) -> Results:
        """Compute, or trace."""
        xp, program = jax("numpy"), self.program
        values: list[Any] = [None] * len(program.instructions)
        broken: list[Any] = []
        said: list[tuple[str, str]] = []
        for numbers, arrays in ((program.inputs, inputs), (program.state, state)):
            for number, array in zip(numbers, arrays, strict=True):
                values[number] = array
        for number, line in enumerate(program.instructions):
            if line.value is not None:
                values[number] = xp.asarray(line.value)
            if isinstance(line.op.body, Leaf):
                continue
            operands = [values[k] for k in line.inputs]
            values[number] = _kept(line, lowered(xp, line, operands, self._precision))
            for condition, message in checked(xp, line, operands):
                broken.append(xp.sum(~condition, dtype=self._counts))
                said.append((message, line.label))
        self._said = said
        return Results(
            [values[number] for number in program.outputs],
            [values[new] for _, new in program.updates],
            _first(xp, broken),
        )

    def check(self, fault: int) -> None:
        """Raise what a check has found."""
        if fault:
            message, label = self._said[fault - 1]
            raise DataError(message, where=label, mend="check the labels or indices")


def _first(xp: Any, broken: Sequence[Any]) -> Any:
    """Give the number of the first that is not zero, from 1."""
    if not broken:
        return xp.zeros((), "int32")
    found = xp.stack(broken) > 0
    return xp.where(xp.any(found), xp.argmax(found) + 1, 0).astype("int32")


def _floating(specs: Iterable[Spec]) -> Any:
    return next((spec.dtype for spec in specs if spec.dtype.kind == "f"), "float32")


def _kept(line: Instruction, value: Any) -> Any:
    if (value.shape, value.dtype) != (line.spec.shape, line.spec.dtype):
        raise EngineError(
            f"XLA cannot keep the meaning of {line.op.name}", where=line.label,
            got=f"{value.dtype}{list(value.shape)}", wanted=str(line.spec),
            mend='compute it with engine="native"',
        )  # fmt: skip
    return value
