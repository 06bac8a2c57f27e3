"""A compiled program as a record that a person can read: what is computed, where, at what cost."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol, final

from pellucid.arguments import Frozen
from pellucid.compile.costs import Cost
from pellucid.errors import ArgumentError, EngineError
from pellucid.lazy import load
from pellucid.wording import counted

__all__ = ["Code", "ExplainedKernel", "ExplainedLine", "Explanation", "in_short"]

WIDTH, LEAST = 100, 20  # of the table, and of what its kernels compute
WIDEST = 20  # of a layer or a loop


class Code(Protocol):
    """What can show the code of kernels, by number."""

    def ir(self, kernels: Sequence[int]) -> str:
        """LLVM IR."""

    def assembly(self, kernels: Sequence[int]) -> str:
        """The instructions of the CPU."""


class ExplainedLine(NamedTuple):
    """One line of a program, as a kernel computes it.

    Attributes
    ----------
    text : the number of the line, the operation and its operands
    label : which layer and operation it is, or whose gradient it belongs to
    spec : shape and dtype
    place : where the result is written; empty when it never leaves the registers
    """

    text: str
    label: str
    spec: str
    place: str = ""

    @property
    def layer(self) -> str:
        """The path of its layer: what stands before the operation in its label.

        >>> ExplainedLine("", "0.multiply in the gradient of 0.sigmoid", "").layer
        'gradient of 0'
        """
        own, _, forward = self.label.partition(" in the gradient of ")
        path = own.rpartition(".")[0]
        return (f"gradient of {path}" if path else "gradient") if forward else path


@final
class ExplainedKernel(Frozen):
    """One loop of a compiled program; printed, it lists its lines.

    Attributes
    ----------
    number : its place in the order, from 0
    layers : the paths of the layers that it computes, of their gradients, and of the optimizer
    computes : the operations in words
    loop : the extents looped over
    over : how many elements each result is folded from; 1 if it is not
    cost : what it takes
    lines : what it computes; those without a place were fused into it
    reads : what it reads from memory, and from where
    place : where the results lie, in short
    shared : whether it is shared out between threads
    """

    number: int
    layers: tuple[str, ...]
    computes: str
    loop: tuple[int, ...]
    over: int
    cost: Cost
    lines: tuple[ExplainedLine, ...]
    reads: tuple[str, ...]
    place: str
    shared: bool = False

    @property
    def fused(self) -> tuple[ExplainedLine, ...]:
        """The lines whose results are never written to memory."""
        return tuple(line for line in self.lines if not line.place)

    @property
    def extents(self) -> str:
        """The loop in words.

        A matrix product of 32 rows and 10 columns is ``32×10 over 64``.
        """
        outer = "×".join(str(n) for n in self.loop if n != 1) or "1"
        return f"{outer} over {self.over}" if self.over > 1 else outer

    def belongs_to(self, name: str) -> bool:
        """Tell whether it computes a layer, or a line of that label."""
        return name in self.layers or any(
            line.label == name or line.label.startswith(f"{name}.") for line in self.lines
        )

    @property
    def title(self) -> str:
        """Number, layers, and what it computes, in one line."""
        layers = ", ".join(filter(None, self.layers))
        parts = f"kernel {self.number}", layers, self.computes, self.extents
        return " · ".join(filter(None, parts))

    @property
    def cells(self) -> tuple[str, ...]:
        """What stands in a table: number, layers, operations, loop, cost and place."""
        return (
            f"{'∥' * self.shared}{self.number}",
            _some([name for name in self.layers if name]),
            self.computes,
            _short(self.extents, WIDEST),
            in_short(self.cost.flops),
            in_short(self.cost.moved, "B"),
            self.place,
        )

    def __str__(self) -> str:
        several = len(self.layers) > 1
        cells = [
            (line.text, line.spec, line.layer * several, f"→ {line.place}" if line.place else "")
            for line in self.lines
        ]
        kept = [column for column in zip(*cells, strict=True) if any(column)]
        widths = [max(map(len, column)) for column in kept]
        lines = [f"  {_line(row, widths)}" for row in zip(*kept, strict=True)]
        read, written = (in_short(n, "B") for n in (self.cost.read, self.cost.written))
        sums = f"  {in_short(self.cost.flops)} flops, {read} read, {written} written"
        title = _wrapped(self.title)
        return "\n".join([title, *lines, *(f"  reads {one}" for one in self.reads), sums])

    def __repr__(self) -> str:
        return f"<{self.title}>"


@final
class Explanation(Frozen):
    """What a program became: its kernels in the order in which they run, and its memory.

    Printed it is a table; ``explanation[3]`` is a kernel, which lists its lines when it is printed.
    The numbers are counted from the operations (see :class:`~pellucid.compile.costs.Cost`).

    Attributes
    ----------
    engine : the name of the engine
    kernels : in their order
    copies : what is copied after the last kernel
    workspace : bytes for results that no one has asked for, used again and again
    scratch : bytes that a kernel needs while it runs
    code : where the kernels' code is to be had, if there is any
    """

    engine: str
    kernels: tuple[ExplainedKernel, ...]
    copies: tuple[str, ...] = ()
    workspace: int = 0
    scratch: int = 0
    code: Code | None = None

    @property
    def cost(self) -> Cost:
        """What all kernels cost together."""
        return sum((kernel.cost for kernel in self.kernels), Cost())

    def of(self, layer: str | int) -> tuple[ExplainedKernel, ...]:
        """Give the kernels that compute a layer, by path or label, or the kernel of a number.

        Raises
        ------
        ArgumentError : when there is none
        """
        if isinstance(layer, int):
            found = self.kernels[layer : layer + 1] if layer >= 0 else ()
        else:
            found = tuple(kernel for kernel in self.kernels if kernel.belongs_to(layer))
        if not found:
            known = dict.fromkeys(name for kernel in self.kernels for name in kernel.layers if name)
            raise ArgumentError(
                "no kernel computes this layer", got=repr(layer),
                wanted=", ".join(map(repr, known)) or f"a number below {len(self.kernels)}",
                mend="print the explanation to see what its kernels compute",
            )  # fmt: skip
        return found

    def __getitem__(self, number: int) -> ExplainedKernel:
        return self.kernels[number]

    def ir(self, layer: str | int) -> str:
        """Give the LLVM IR of the kernels that compute a layer, by path or by number.

        Raises
        ------
        ArgumentError : when no kernel does
        EngineError : when the engine makes no machine code
        """
        return self._text("ir", layer, lambda code: code.ir)

    def assembly(self, layer: str | int) -> str:
        """Give the machine code of the kernels that compute a layer, as the CPU's instructions.

        Raises
        ------
        ArgumentError : when no kernel does
        EngineError : when the engine makes no machine code
        """
        return self._text("assembly", layer, lambda code: code.assembly)

    def _text(
        self, verb: str, layer: str | int, ask: Callable[[Code], Callable[[Sequence[int]], str]]
    ) -> str:
        kernels = self.of(layer)
        if self.code is None:
            raise EngineError(
                f"{verb}: the {self.engine} engine makes no machine code",
                mend='ask a function that was made with engine="native"',
            )
        return ask(self.code)([kernel.number for kernel in kernels])

    # --- as text ---

    def __repr__(self) -> str:
        return f"<{self._sums()}>"

    def __str__(self) -> str:
        if not self.kernels:
            return "\n".join([self._sums(), *self._notes()])
        heads, rows = self._cells()
        widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
        what = heads.index("computes")  # gets the room that the others leave
        others = sum(widths) - widths[what] + 2 * len(widths) - 2
        widths[what] = min(widths[what], max(WIDTH - others, LEAST))
        right = [head in ("#", "flops", "bytes") for head in heads]
        rule = "─" * (others + widths[what])
        lines = [_line(cells, widths, right) for cells in (heads, *rows)]
        notes = map(_wrapped, self._notes())
        return "\n".join([self._sums(), lines[0], rule, *lines[1:], rule, *notes])

    def _repr_html_(self) -> str:
        escape = load("html").escape
        heads, rows = self._cells()
        right = [head in ("#", "flops", "bytes") for head in heads]
        body = "".join(
            "<tr>" + "".join(map(_cell, map(escape, cells), right)) + "</tr>" for cells in rows
        )
        titles = "".join(f"<th>{escape(head)}</th>" for head in heads)
        notes = "".join(f"<p>{escape(note)}</p>" for note in self._notes())
        caption = f"<caption>{escape(self._sums())}</caption>"
        return f"<table>{caption}<tr>{titles}</tr>{body}</table>{notes}"

    def _sums(self) -> str:
        total = self.cost
        return (
            f"{self.engine} engine: {counted(len(self.kernels), 'kernel')}, "
            f"{in_short(total.flops)} flops, {in_short(total.moved, 'B')} moved, "
            f"{total.intensity:.2g} flops a byte"
        )

    def _cells(self) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
        """Give heads and rows; a column in which nothing stands is left out."""
        heads = ("#", "layer", "computes", "loop", "flops", "bytes", "result")
        rows = [kernel.cells for kernel in self.kernels]
        kept = [k for k in range(len(heads)) if any(row[k] for row in rows)]
        return tuple(heads[k] for k in kept), [tuple(row[k] for k in kept) for row in rows]

    def _notes(self) -> list[str]:
        found = []
        if any("gradient of " in name for kernel in self.kernels for name in kernel.layers):
            found.append("∂ is the gradient, on its way back through a layer")
        together = any(kernel.shared for kernel in self.kernels)
        if together:
            found.append("∥ is shared out between threads")
        if self.workspace:
            found.append(
                f"workspace {self.workspace:,} bytes: “at n” is in it, n bytes from its start"
            )
        if self.scratch:
            each = " of each thread" * together
            found.append(f"{self.scratch:,} more bytes for what a kernel{each} needs while it runs")
        if self.copies:
            found.append(f"copied at the end: {', '.join(self.copies)}")
        return found


def _line(cells: Sequence[str], widths: Sequence[int], right: Sequence[bool] = ()) -> str:
    columns = zip(cells, widths, right or [False] * len(cells), strict=True)
    placed = (cell.rjust(n) if end else _short(cell, n).ljust(n) for cell, n, end in columns)
    return "  ".join(placed).rstrip()


def _wrapped(text: str) -> str:
    found: str = load("textwrap").fill(text, WIDTH, subsequent_indent="    ")
    return found


def _cell(text: str, right: bool) -> str:
    style = ' style="text-align: right"' if right else ""
    return f"<td{style}>{text}</td>"


def _short(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1].rstrip(' ,')}…"


def _some(names: Sequence[str]) -> str:
    """Give the first name, the gradient written as ∂, and count the others."""
    if not names:
        return ""
    more = f" +{len(names) - 1}" if len(names) > 1 else ""
    first = names[0].replace("gradient of ", "∂ ")
    return _short(first, WIDEST - len(more)) + more


def in_short(number: int, unit: str = "") -> str:
    """Write a number to three places; a small one as it is.

    >>> in_short(9600), in_short(40960), in_short(1_000_000, "B")
    ('9,600', '41.0 k', '1.00 MB')
    """
    if number < 10_000:
        return f"{number:,} {unit}".rstrip()
    power = int(f"{number:.2e}"[5:]) // 3  # of 1000, after rounding to three places
    return f"{number / 1000**power:#.3g}".rstrip(".") + f" {'kMGTP'[power - 1]}{unit}"
