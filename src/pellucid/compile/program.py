"""Programs: a graph written down as numbered instructions, plain data that any engine can run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import DTypeError, GraphError, ShapeError
from pellucid.graph.op import Op, Spec
from pellucid.graph.tensor import CONSTANT, PLACEHOLDER, Tensor
from pellucid.graph.variable import READ, Variable
from pellucid.graph.walk import topological
from pellucid.lazy import load
from pellucid.ops.elementwise import cast
from pellucid.shapes import Shape, check_met, size

__all__ = ["Instruction", "Program", "rebuilt", "specialised", "trace"]

Attrs = tuple[tuple[str, Any], ...]


@dataclass(frozen=True, eq=False)
class Instruction:
    """One line of a program.

    Attributes
    ----------
    op : the operation
    inputs : the numbers of the instructions whose results it takes
    attrs : its settings, as sorted pairs
    spec : shape and dtype of its result
    label : what it is in words: layer, name, or whose gradient it belongs to
    value : the array of a constant
    """

    op: Op
    inputs: tuple[int, ...]
    attrs: Attrs
    spec: Spec
    label: str = ""
    value: NDArray[Any] | None = None

    @cached_property
    def signature(self) -> tuple[Any, ...]:
        """What makes two instructions compute the same."""
        content = None if self.value is None else self.value.tobytes()
        return self.op.name, self.inputs, self.attrs, self.spec, content

    def __str__(self) -> str:
        parts = [self.op.name, *(f"%{k}" for k in self.inputs)]
        parts += [f"{key}={value}" for key, value in self.attrs]
        if self.value is not None:
            short = self.value.size == 1
            digest = load("hashlib").sha256(self.value.tobytes()).hexdigest()[:16]
            parts.append(str(self.value.item()) if short else f"sha256:{digest}")
        return f"{' '.join(parts)}  {self.spec}"


@dataclass(frozen=True, eq=False)
class Program:
    """Instructions in an order that can be run, with what goes in and out.

    Attributes
    ----------
    instructions : each refers to earlier ones by number
    inputs : the numbers of the placeholders, in the order in which arrays are passed
    state : the numbers of the reads, one for each variable, in the order of the state
    outputs : the numbers of the results
    updates : pairs (place in the state, number of the new value); all are committed together
    names : what the inputs are called in errors
    """

    instructions: tuple[Instruction, ...]
    inputs: tuple[int, ...]
    state: tuple[int, ...]
    outputs: tuple[int, ...]
    updates: tuple[tuple[int, int], ...] = ()
    names: tuple[str, ...] = field(default=())

    @cached_property
    def key(self) -> str:
        """A digest of all that it computes; labels do not count."""
        text = f"{self}\n{self.inputs} {self.state} {self.outputs} {self.updates}"
        return load("hashlib").sha256(text.encode()).hexdigest()

    @cached_property
    def results(self) -> tuple[int, ...]:
        """The numbers of everything that must be computed: outputs, then new values."""
        return (*self.outputs, *(new for _, new in self.updates))

    @property
    def is_concrete(self) -> bool:
        """Whether every extent is known."""
        return all(size(line.spec.shape) is not None for line in self.instructions)

    def __str__(self) -> str:
        return "\n".join(f"%{k} = {line}" for k, line in enumerate(self.instructions))


def trace(
    inputs: Sequence[Tensor],
    outputs: Sequence[Tensor],
    updates: Mapping[Variable, Tensor] | None = None,
    variables: Sequence[Variable] | None = None,
) -> tuple[Program, tuple[Variable, ...]]:
    """Write the graph of `outputs` and `updates` down as a program.

    Parameters
    ----------
    inputs : placeholders, in the order in which arrays will be passed
    updates : variables and the tensors that become their new values
    variables : the order of the state; by default the order in which they are met

    Returns
    -------
    The program, and the variables that its state is made of.
    """
    new_values = {v: _fitting(v, new) for v, new in (updates or {}).items()}
    order = topological([*inputs, *outputs, *new_values.values()])
    _check_inputs(inputs, order)
    read = [node.attrs["variable"] for node in order if node.op is READ]
    state = list(dict.fromkeys([*(variables or []), *read, *new_values]))
    lines = [Instruction(READ, (), (), Spec(v.shape, v.dtype), v.name) for v in state]
    place = {v: k for k, v in enumerate(state)}
    number: dict[int, int] = {}
    for node in order:
        if node.op is READ:
            number[id(node)] = place[node.attrs["variable"]]
            continue
        attrs = tuple(sorted(node.attrs.items()))
        value = node.value if node.op is CONSTANT else None
        sources = tuple(number[id(x)] for x in node.inputs)
        number[id(node)] = len(lines)
        lines.append(Instruction(node.op, sources, attrs, node.spec, node.label, value))
    program = Program(
        instructions=tuple(lines),
        inputs=tuple(number[id(x)] for x in inputs),
        state=tuple(range(len(state))),
        outputs=tuple(number[id(y)] for y in outputs),
        updates=tuple((place[v], number[id(new)]) for v, new in new_values.items()),
        names=tuple(x.name or f"input {k}" for k, x in enumerate(inputs)),
    )
    return program, tuple(state)


def _check_inputs(inputs: Sequence[Tensor], order: Sequence[Tensor]) -> None:
    for k, x in enumerate(inputs):
        if not isinstance(x, Tensor) or x.op is not PLACEHOLDER:
            raise GraphError(
                f"input {k} is not a placeholder", got=repr(x),
                mend="make it with pel.placeholder(shape, name=…)",
            )  # fmt: skip
    given = {id(x) for x in inputs}
    if len(given) < len(inputs):
        raise GraphError("a placeholder is given twice among the inputs", mend="name it once")
    for node in order:
        if node.op is PLACEHOLDER and id(node) not in given:
            raise GraphError(
                f"the placeholder {node.name or node.spec} is needed but is not among the inputs",
                mend="add it to the list of inputs",
            )


def _fitting(variable: Variable, new: Tensor) -> Tensor:
    """Check the declared new value of a variable; widen it, but never narrow it, to the dtype."""
    if not isinstance(variable, Variable):
        raise GraphError("only variables can be updated", got=repr(variable), mend="use a Variable")
    met = zip(new.shape, variable.shape, strict=False)
    if len(new.shape) != len(variable.shape) or any(a not in (b, None) for a, b in met):
        raise ShapeError(
            f"the update of {variable.label} has another shape", got=str(new.shape),
            wanted=str(variable.shape), mend="reduce or reshape the new value",
        )  # fmt: skip
    if not np.can_cast(new.dtype, variable.dtype, "safe"):
        raise DTypeError(
            f"the update of {variable.label} would be narrowed", got=str(new.dtype),
            wanted=str(variable.dtype), mend=f'write new_value.astype("{variable.dtype}")',
        )  # fmt: skip
    return cast(new, variable.dtype)


Visit = Callable[[list[Instruction], Instruction], int]


def rebuilt(program: Program, visit: Visit) -> Program:
    """Make a program anew, line by line.

    `visit` is given the new lines so far and the old line with its inputs renumbered; it gives the
    number that stands for the line from now on, after appending to the new lines or not.
    """
    lines: list[Instruction] = []
    number: list[int] = []
    for line in program.instructions:
        moved = replace(line, inputs=tuple(number[k] for k in line.inputs))
        number.append(visit(lines, moved))
    return Program(
        instructions=tuple(lines),
        inputs=tuple(number[k] for k in program.inputs),
        state=tuple(number[k] for k in program.state),
        outputs=tuple(number[k] for k in program.outputs),
        updates=tuple((place, number[new]) for place, new in program.updates),
        names=program.names,
    )


def specialised(program: Program, shapes: Sequence[Shape]) -> Program:
    """Give every extent its value, from the concrete shapes of the inputs.

    Raises
    ------
    ShapeError : when extents that met as unknown ones differ
    """
    if program.is_concrete:
        return program
    known = dict(zip(program.inputs, shapes, strict=True))
    specs: list[Spec] = []
    for k, line in enumerate(program.instructions):
        inputs = [specs[i] for i in line.inputs]
        if k in known:
            specs.append(Spec(tuple(int(n or 0) for n in known[k]), line.spec.dtype))
        elif not line.inputs:
            specs.append(line.spec)
        else:
            specs.append(line.op.rule(*inputs, **dict(line.attrs)))
            declared = [program.instructions[i].spec.shape for i in line.inputs]
            if len(inputs) > 1 and any(None in shape for shape in declared):
                _check_symbols(line, declared, [spec.shape for spec in inputs])
    lines = [
        replace(line, spec=spec) for line, spec in zip(program.instructions, specs, strict=True)
    ]
    return replace(program, instructions=tuple(lines))


def _check_symbols(line: Instruction, declared: list[Shape], actual: list[Shape]) -> None:
    if line.op.name == "matmul":
        if actual[0][-1] != actual[1][-2]:
            raise ShapeError(
                "matmul: the inner extents differ at this call", got=f"{actual[0]} @ {actual[1]}",
                where=line.label, mend="pass inputs that fit each other",
            )  # fmt: skip
    elif type(line.op.body).__name__ == "Elementwise":
        check_met(declared, actual, line.label or line.op.name)
