"""The code that works off a plan: for each step it gathers the batch and calls the program.

``drive(segments, count, kinds, key, records, fault, team)`` is given a table of segments, one row
of :data:`COLUMNS` each, and for each kind of segment the pointers named in :data:`POINTERS`. It
ends early when a check has failed, and says in which kind of segment. All threads of a team enter
it, each with its own row of the team. Meanwhile a number that is too small to be normal (below
1.2e-38 for float32) counts as zero: CPUs are up to a hundred times slower with such numbers, which
saturated sigmoids and faded moments make in masses.
"""

from __future__ import annotations

from functools import lru_cache, partial
from typing import Any

import numpy as np

from pellucid.arguments import Frozen
from pellucid.compile.run import Sampling
from pellucid.engines.native.builder import INT64, NativeBuilder
from pellucid.engines.native.emitter import INDEX
from pellucid.engines.native.module import MEMBER, WAIT, ProgramText, module_text
from pellucid.engines.native.processor import FLUSH, RESTORE
from pellucid.engines.native.sharing import MEET
from pellucid.engines.native.value import Value
from pellucid.order import drawn_row, permuted_row, round_key, stream_key

__all__ = ["COLUMNS", "DRIVE", "POINTERS", "Kind", "driver_text"]

DRIVE = "drive"
COLUMNS = ("kind", "epoch", "first", "count", "record")  # of the table of segments; all int64
POINTERS = ("step", "arrays", "workspace", "data", "rows")  # of a kind; rows: numbers of a batch's
LANES = 16  # rows that are chosen side by side at least
UINT32, FLOAT64 = np.dtype(np.uint32), np.dtype(np.float64)


class Kind(Frozen):
    """What all segments of one phase, whole batches or the tail, have in common.

    Attributes
    ----------
    sampling : how rows are chosen; ``"sequential"`` ones are not gathered
    rows : how many there are to choose from
    stride : how many rows a step is behind the one before
    size : how many rows a batch has
    row_bytes : of each data array
    outputs : the dtypes of the scalars that a step gives
    first_output : their place in the table of arrays
    """

    sampling: Sampling
    rows: int
    stride: int
    size: int
    row_bytes: tuple[int, ...]
    outputs: tuple[np.dtype[Any], ...]
    first_output: int

    @property
    def lanes(self) -> int:
        """How many rows are chosen side by side: two vectors take hardly longer than one."""
        return LANES if self.size < 2 * LANES else 2 * LANES

    @property
    def room(self) -> int:
        """For how many numbers of rows there must be room."""
        return -(-self.size // self.lanes) * self.lanes


def driver_text(kinds: tuple[Kind, ...]) -> ProgramText:
    """Write the module of a run that has these kinds of segments."""
    builders = [NativeBuilder() for _ in range(len(kinds) + 1)]
    functions = [
        _Segment(b, kind).text(f"segment{k}")
        for k, (b, kind) in enumerate(zip(builders, kinds, strict=False))
    ]
    functions.append(_drive_text(builders[-1], len(kinds)))
    declared = [text for b in builders for text in b.declared]
    control = [f"declare i64 @{FLUSH}()", f"declare void @{RESTORE}(i64)"]
    text = module_text([*control, *declared], [MEET, *functions])
    return ProgramText(text, (), 0)


def _function(head: str, pointers: tuple[str, ...], b: NativeBuilder) -> str:
    arguments = ", ".join(f"ptr %{name}" for name in pointers)
    return b.as_function(f"{head}({arguments})", MEMBER)


def _pointer(b: NativeBuilder, table: str, row: int) -> str:
    at = b.emit(f"getelementptr ptr, ptr {table}, {INDEX} {row}")
    return b.emit(f"load ptr, ptr {at}")


def _counted(b: NativeBuilder, count: Value, turn: Any) -> None:
    """Loop `count` times, but end when a check has failed."""

    def goes_on(k: Value) -> Value:
        return (k < count) & (b.load("%fault", INT64, 0) == 0)

    def body(k: Value) -> Value:
        turn(k)
        return k + 1

    b.loop_while(goes_on, body, b.constant(0, INT64))


def _drive_text(b: NativeBuilder, kinds: int) -> str:
    """Write the function that goes through the table of segments."""

    def segment(k: Value) -> None:
        row = b.emit(f"getelementptr {INDEX}, ptr %segments, {(k * len(COLUMNS)).typed}")
        found = b.load(row, INT64, COLUMNS.index("kind"))
        for kind in range(kinds):
            b.only_if((found == kind).name, partial(call, row, kind))

    def call(row: str, kind: int) -> None:
        b.store(b.constant(kind, INT64), "%fault", 1)
        first = len(POINTERS) * kind
        own = [_pointer(b, "%kinds", first + k) for k in range(len(POINTERS))]
        names = (row, *own, "%key", "%records", "%fault", "%team")
        operands = ", ".join(f"ptr {name}" for name in names)
        b.write(f"call void @segment{kind}({operands})")

    before = b.emit(f"call i64 @{FLUSH}()")
    _counted(b, b.load("%count", INT64, 0), segment)
    b.write(f"call void @{RESTORE}(i64 {before})")
    pointers = ("segments", "count", "kinds", "key", "records", "fault", "team")
    return _function(f"void @{DRIVE}", pointers, b)


@lru_cache(maxsize=4)
def _preparing(sampling: Sampling) -> str:
    """Write the function that derives the keys by which rows are chosen."""
    b = NativeBuilder()
    first = b.load("%key", UINT32, 0), b.load("%key", UINT32, 1)
    counter = b.astype(Value(b, INT64, "%counter"), UINT32)
    key = stream_key(b, first, counter, 0 if sampling == "shuffled" else 1)
    if sampling == "with replacement":
        for k, word in enumerate(key):
            b.store(word, "%keys", k)
    else:
        with b.vectors(LANES):  # as one vector; there are fewer rounds than lanes
            lane = b.lane(LANES)
            b.store(round_key(key, b.astype(lane, UINT32)), "%keys", lane)
    return _internal(f"prepare(ptr %keys, ptr %key, {INDEX} %counter)", b)


@lru_cache(maxsize=16)
def _choosing(sampling: Sampling, rows: int, lanes: int) -> tuple[str, str]:
    """Name and write the function that chooses the rows of some neighbouring positions.

    Those behind the last position are chosen like the last.
    """
    b, name = NativeBuilder(), f"choose.{rows}.{lanes}"
    first, last = (Value(b, INT64, f"%{word}") for word in ("first", "last"))
    with b.vectors(lanes):
        lane = b.lane(lanes)
        position = b.astype(b.minimum(first + lane, last), UINT32)
        if sampling == "with replacement":
            key = b.load("%keys", UINT32, 0), b.load("%keys", UINT32, 1)
            found = drawn_row(b, position, key, rows)
        else:
            found = permuted_row(b, position, _Kept(b), rows)
        b.store(found, "%rows", lane)
    head = f"{name}(ptr %rows, {INDEX} %first, {INDEX} %last, ptr %keys)"
    return name, _internal(head, b)


class _Kept:
    """The keys of rounds, in memory."""

    def __init__(self, b: NativeBuilder) -> None:
        self.b = b

    def __getitem__(self, number: Any) -> Value:
        return self.b.load("%keys", UINT32, number)


def _internal(head: str, b: NativeBuilder) -> str:
    return "\n".join([*b.declared, b.as_function(f"internal void @{head}")])


class _Segment:
    """Writes the function that does the steps of one segment."""

    def __init__(self, b: NativeBuilder, kind: Kind) -> None:
        self.b, self.kind = b, kind
        inputs = range(len(kind.row_bytes))
        self.data = [_pointer(b, "%data", k) for k in inputs]
        self.batch = [_pointer(b, "%arrays", k) for k in inputs]

    def text(self, name: str) -> str:
        """Write it."""
        b, columns = self.b, enumerate(COLUMNS)
        row = {column: b.load("%row", INT64, k) for k, column in columns}
        shuffled = self.kind.sampling == "shuffled"
        b.write(f"%keys = alloca [{LANES} x i32]")
        if shuffled:
            self._prepare(row["epoch"])

        def step(k: Value) -> None:
            if self.kind.sampling == "sequential":
                b.by_one(lambda: self._point(row["first"] + k))
            elif shuffled:
                self._gather((row["first"] + k) * self.kind.stride)
            else:
                self._prepare(row["first"] + k)
                self._gather(b.constant(0, INT64))
            b.write(WAIT)
            b.write("call void %step(ptr %arrays, ptr %workspace, ptr %fault, ptr %team)")
            b.write(WAIT)
            b.by_one(lambda: self._record(row["record"] + k * len(self.kind.outputs)))

        b.together = True
        b.part(self.kind.size // self.kind.lanes)  # known before the loop
        _counted(b, row["count"], step)
        pointers = ("row", *POINTERS, "key", "records", "fault", "team")
        return _function(f"internal void @{name}", pointers, b)

    def _prepare(self, counter: Value) -> None:
        """Write the keys of an epoch, or of a step, to memory."""
        self.b.declared[_preparing(self.kind.sampling)] = None
        self.b.write(f"call void @prepare(ptr %keys, ptr %key, {counter.typed})")

    def _point(self, step: Value) -> None:
        """Let the program read the rows of a step where they are."""
        b = self.b
        for k, size in enumerate(self.kind.row_bytes):
            offset = step * (self.kind.stride * size)
            at = b.emit(f"getelementptr i8, ptr {self.data[k]}, {offset.typed}")
            entry = b.emit(f"getelementptr ptr, ptr %arrays, {INDEX} {k}")
            b.write(f"store ptr {at}, ptr {entry}")

    def _gather(self, start: Value) -> None:
        """Choose the rows from position `start` on, and copy them into the batch."""
        b, kind = self.b, self.kind
        choose, text = _choosing(kind.sampling, kind.rows, kind.lanes)
        b.declared[text] = None
        last = start + (kind.size - 1)

        def some(first: Any, count: int) -> None:
            rows = b.address("%rows", UINT32, first)
            place = (start + first).typed
            b.write(f"call void @{choose}(ptr {rows}, {place}, {last.typed}, ptr %keys)")
            b.loop(count, lambda k: copy(first + k))

        def copy(k: Any) -> None:
            row = b.astype(b.load("%rows", UINT32, k), INT64)
            for data, batch, size in zip(self.data, self.batch, kind.row_bytes, strict=True):
                source = b.emit(f"getelementptr i8, ptr {data}, {(row * size).typed}")
                target = b.emit(f"getelementptr i8, ptr {batch}, {b.value(k * size).typed}")
                b.copy(target, source, str(size))

        b.blocks(kind.size, kind.lanes, some, share=True)

    def _record(self, place: Value) -> None:
        """Write down the scalars of a step."""
        b = self.b
        for k, dtype in enumerate(self.kind.outputs):
            found = b.load(_pointer(b, "%arrays", self.kind.first_output + k), dtype, 0)
            b.store(b.astype(found, FLOAT64), "%records", place + k)
