"""Programs: a graph written down as numbered instructions, plain data that any engine can run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from operator import is_
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

__all__ = ["Instruction", "Program", "inferred", "rebuilt", "specialised", "trace"]

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

    def changed(self, inputs: tuple[int, ...], spec: Spec) -> Instruction:
        """Give the same line with other inputs or another result; itself if they are the same."""
        if inputs == self.inputs and spec == self.spec:
            return self
        return Instruction(self.op, inputs, self.attrs, spec, self.label, self.value)

    @property
    def is_literal(self) -> bool:
        """Whether it is one number that is known, which can be a part of the code."""
        return self.value is not None and self.value.size == 1

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
        """A digest of all that it computes, the same in every process; labels do not count."""
        lines = [
            (line.op.name, line.inputs, line.attrs, line.spec.shape, line.spec.dtype.str)
            for line in self.instructions
        ]
        found = _digest(repr((lines, self.inputs, self.state, self.outputs, self.updates)))
        for line in self.instructions:
            if line.value is not None:  # as many bytes as its spec says
                found.update(line.value.tobytes())
        return str(found.hexdigest())

    @cached_property
    def labelled_key(self) -> str:
        """A digest of all that it computes and of what that is called, as faults name it."""
        labels = [line.label for line in self.instructions]
        return str(_digest(repr((self.key, labels))).hexdigest())

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


def _digest(text: str) -> Any:
    return load("hashlib").sha256(text.encode())


@lru_cache(maxsize=4096)
def inferred(op: Op, attrs: Attrs, operands: tuple[Spec, ...]) -> Spec:
    """Give shape and dtype of a result, as the rule of its operation says; each asked once."""
    return op.rule(*operands, **dict(attrs))


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


Rule = Callable[[list[Instruction], Instruction], "int | Instruction"]


def rebuilt(program: Program, *rules: Rule) -> Program:
    """Make a program anew, line by line.

    Each rule is given the new lines so far, and an old line with its inputs renumbered, as the rule
    before left it. It gives the line that shall stand there, or the number of one that is there
    already and stands for it. Where all lines stay as they are, so does the program.
    """
    lines: list[Instruction] = []
    number: list[int] = []
    for old in program.instructions:
        line = old.changed(tuple([number[k] for k in old.inputs]), old.spec)
        for rule in rules:
            found = rule(lines, line)
            if isinstance(found, int):
                number.append(found)
                break
            line = found
        else:
            number.append(len(lines))
            lines.append(line)
    if len(lines) == len(program.instructions) and all(map(is_, lines, program.instructions)):
        return program
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
    lines: list[Instruction] = []
    for k, line in enumerate(program.instructions):
        spec = line.spec
        if k in known:
            spec = Spec(tuple(int(n or 0) for n in known[k]), spec.dtype)
        elif line.inputs:
            operands = tuple([lines[i].spec for i in line.inputs])
            spec = inferred(line.op, line.attrs, operands)
            if len(operands) > 1:
                declared = [program.instructions[i].spec.shape for i in line.inputs]
                _check_symbols(line, declared, [operand.shape for operand in operands])
        lines.append(line.changed(line.inputs, spec))
    return replace(program, instructions=tuple(lines))


def _check_symbols(line: Instruction, declared: list[Shape], actual: list[Shape]) -> None:
    if not any(None in shape for shape in declared):
        return
    if line.op.name == "matmul":
        if actual[0][-1] != actual[1][-2]:
            raise ShapeError(
                "matmul: the inner extents differ at this call", got=f"{actual[0]} @ {actual[1]}",
                where=line.label, mend="pass inputs that fit each other",
            )  # fmt: skip
    elif type(line.op.body).__name__ == "Elementwise":
        check_met(declared, actual, line.label or line.op.name)
