"""How a program is told: from kernels, lines and places to the record that is printed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from numpy.typing import NDArray

from pellucid.compile.access import extents
from pellucid.compile.costs import cost, line_needs
from pellucid.compile.fuse import VIEWS, Kernel
from pellucid.compile.memory import Location
from pellucid.compile.program import Program
from pellucid.engines.explanation import ExplainedKernel, ExplainedLine, in_short
from pellucid.graph.op import Elementwise, Leaf

__all__ = ["explained", "line_by_line", "named_place", "short_place"]

# What the field calls an operation, where it is not called by its name.
WORDS = {
    "matmul": "matrix product",
    "conv": "convolution",
    "conv_input": "transposed convolution",
    "conv_weight": "convolution for weights",
    "put_add": "scatter-add",
    "put_along_add": "scatter-add",
    "take": "gather",
    "take_along": "gather",
    "random_bits": "random bits",
    "one_hot": "one-hot",
    "floor_divide": "divide",
}
# What changes nothing but the view, or is done while something is read.
SILENT = {*VIEWS, "broadcast_to", "broadcast_like", "transpose", "cast"}


def explained(
    program: Program,
    kernels: Sequence[Kernel],
    base: Sequence[int],
    locations: Mapping[int, Location] | None = None,
    shared: Sequence[bool] = (),
) -> tuple[ExplainedKernel, ...]:
    """Tell kernels, in their order.

    Parameters
    ----------
    base : for each line the line whose memory holds its elements
    locations : where lines lie; by default each in an array of its own
    shared : for each kernel, whether it is shared out between threads; by default none is
    """
    teller = _Teller(program, base, locations)
    pairs = zip(kernels, shared or [False] * len(kernels), strict=True)
    return tuple(teller.kernel(k, kernel, yes) for k, (kernel, yes) in enumerate(pairs))


def line_by_line(program: Program) -> tuple[ExplainedKernel, ...]:
    """Tell a program of which each line is computed for itself."""
    kernels = [
        Kernel((k,), frozenset(), dict.fromkeys(line.inputs, False), may_fail=False)
        for k, line in enumerate(program.instructions)
        if not isinstance(line.op.body, Leaf)
    ]
    return explained(program, kernels, range(len(program.instructions)))


def named_place(program: Program, place: Location) -> str:
    """Say where something lies."""
    if place.kind == "state":
        name = program.instructions[program.state[place.number]].label
        return name or f"variable {place.number}"
    if place.kind == "input":
        return program.names[place.number]
    if place.kind == "workspace":
        return f"workspace at {place.number:,}"
    if place.kind == "constant":
        values = [line.value for line in program.instructions if line.value is not None]
        return _constant(values[place.number], place.number)
    return f"{place.kind} {place.number}"


def short_place(places: Iterable[Location]) -> str:
    """Say in a few letters where results lie: the first of them, and how many more there are."""
    found = [_in_short(one) for one in places]
    more = len(found) - 1 if len(set(found)) > 1 else 0
    return f"{found[0]} +{more}" if more else found[0]


def _in_short(place: Location) -> str:
    if place.kind == "workspace":
        return f"at {in_short(place.number, 'B')}".removesuffix(" B")
    return "in place" if place.kind == "state" else f"{place.kind} {place.number}"


def _constant(value: NDArray[Any], number: int) -> str:
    """Write a constant down if it is one number, or name it."""
    return f"{value.item():.6g}" if value.size == 1 else f"constant {number}"


class _Teller:
    """Knows what lines are called, and where they lie."""

    def __init__(
        self, program: Program, base: Sequence[int], locations: Mapping[int, Location] | None
    ) -> None:
        self.program, self.base, self.locations = program, base, locations
        self.names = {number: program.names[k] for k, number in enumerate(program.inputs)}
        kept = [(k, line.value) for k, line in enumerate(program.instructions)]
        constants = ((k, value) for k, value in kept if value is not None)
        for place, (number, value) in enumerate(constants):
            self.names[number] = _constant(value, place)
        for number in program.state:
            self.names[number] = program.instructions[number].label or f"variable %{number}"

    def name(self, number: int) -> str:
        """Name a line: leaves by their name, others by their number."""
        return self.names.get(number, f"%{number}")

    def kernel(self, k: int, kernel: Kernel, shared: bool) -> ExplainedKernel:
        """Tell one kernel."""
        lines, results = self.program.instructions, kernel.results
        computed = sorted({*results, *kernel.inlined})
        loud = [n for n in computed if lines[n].op.name not in SILENT] or computed
        told = {number: self.line(number, number in results) for number in computed}
        layers = dict.fromkeys(told[number].layer for number in loud)
        whole = extents(lines[results[0]].spec.shape)
        folds = [n for n in computed if not isinstance(lines[n].op.body, Elementwise)]
        needed = [load.times for n in folds for load in line_needs(self.program, lines[n]).loads]
        return ExplainedKernel(
            number=k,
            layers=tuple(layers),
            computes=_words(lines[number].op.name for number in loud),
            loop=whole,
            over=max(needed, default=1),
            cost=cost(self.program, kernel, self.base),
            lines=tuple(told.values()),
            reads=tuple(
                self._read(number) for number in kernel.reads if not lines[number].is_literal
            ),
            place="" if self.locations is None else short_place(map(self.place, results)),
            shared=shared,
        )

    def place(self, number: int) -> Location:
        """Tell where a line lies."""
        assert self.locations is not None
        return self.locations[number]

    def line(self, number: int, written: bool) -> ExplainedLine:
        """Tell one line."""
        line = self.program.instructions[number]
        settings = [f"{key}={value}" for key, value in line.attrs]
        parts = [line.op.name, *map(self.name, line.inputs), *settings]
        where = self._where(number) if written else ""
        return ExplainedLine(f"%{number} = {' '.join(parts)}", line.label, str(line.spec), where)

    def _where(self, number: int) -> str:
        if self.locations is None:
            return "an array of its own"
        place = self.place(number)
        found = named_place(self.program, place)
        return f"{found}, in place" if place.kind == "state" else found

    def _read(self, number: int) -> str:
        name, spec = self.name(number), self.program.instructions[number].spec
        if self.locations is None or self.place(number).kind in ("input", "state", "constant"):
            return f"{name}  {spec}"
        return f"{name}  {spec}  from {named_place(self.program, self.place(number))}"


def _words(operations: Iterable[str]) -> str:
    """Name operations in words, each once, with how often it comes."""
    counted = Counter(WORDS.get(name, name.replace("_", " ")) for name in operations)
    return ", ".join(f"{word} ×{n}" if n > 1 else word for word, n in counted.items())
