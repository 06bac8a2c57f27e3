"""The code that works off a plan: for each step it gathers the batch and calls the program.

``drive(segments, count, kinds, key, records, fault)`` is given a table of segments, one row of
:data:`COLUMNS` numbers each, and for each kind of segment four pointers: the program's ``step``,
its table of arrays, its workspace, and the data arrays. It ends early when a check has failed, and
says in which kind of segment.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from pellucid.compile.run import Sampling
from pellucid.engines.native.builder import INT64, NativeBuilder
from pellucid.engines.native.emitter import INDEX
from pellucid.engines.native.module import module_text
from pellucid.engines.native.value import Value
from pellucid.ops.order import drawn_row, permuted_row, stream_key

__all__ = ["COLUMNS", "DRIVE", "Kind", "driver_text"]

DRIVE = "drive"
COLUMNS = ("kind", "epoch", "first", "count", "record")  # of the table of segments; all int64
UINT32, FLOAT64 = np.dtype(np.uint32), np.dtype(np.float64)


@dataclass(frozen=True)
class Kind:
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


def driver_text(kinds: tuple[Kind, ...]) -> str:
    """Write the module of a run that has these kinds of segments."""
    segments = [_Segment(k, kind) for k, kind in enumerate(kinds)]
    texts = [segment.text() for segment in segments]
    main = _Driver(len(kinds))
    declared = [text for b in [*(one.b for one in segments), main.b] for text in b.declared]
    own = tuple(f"@segment{k}(" for k in range(len(kinds)))
    outside = [text for text in declared if not any(name in text for name in own)]
    return module_text(outside, [*texts, main.text()])


def _none_failed(b: NativeBuilder) -> Value:
    return b.load("%fault", INT64, 0) == 0


def _pointer(b: NativeBuilder, table: str, row: int) -> str:
    at = b.emit(f"getelementptr ptr, ptr {table}, {INDEX} {row}")
    return b.emit(f"load ptr, ptr {at}")


class _Driver:
    """Goes through the table of segments."""

    def __init__(self, kinds: int) -> None:
        self.b = NativeBuilder()
        self.kinds = kinds

    def text(self) -> str:
        b = self.b
        count = Value(b, INT64, "%count")

        def turn(k: Value) -> Value:
            row = b.emit(f"getelementptr {INDEX}, ptr %segments, {(k * len(COLUMNS)).typed}")
            found = b.load(row, INT64, COLUMNS.index("kind"))
            for kind in range(self.kinds):
                b.when((found == kind).name, "void", partial(self._call, row, kind), "")
            return k + 1

        b.loop_while(lambda k: (k < count) & _none_failed(b), turn, b.constant(0, INT64))
        head = (
            f"define void @{DRIVE}(ptr %segments, {INDEX} %count, ptr %kinds, ptr %key, "
            "ptr %records, ptr %fault) nounwind {"
        )
        return "\n".join([head, "entry:", *b.lines, "  ret void", "}"])

    def _call(self, row: str, kind: int) -> str:
        pointers = [_pointer(self.b, "%kinds", 4 * kind + k) for k in range(4)]
        operands = [row, *pointers, "%key", "%records", "%fault"]
        self.b.store(self.b.constant(kind, INT64), "%fault", 1)
        return self.b.call("void", f"segment{kind}", [f"ptr {name}" for name in operands])


class _Segment:
    """Does the steps of one segment."""

    def __init__(self, number: int, kind: Kind) -> None:
        self.b = NativeBuilder()
        self.number, self.kind = number, kind

    def text(self) -> str:
        b = self.b
        epoch, first, count, record = (
            b.load("%row", INT64, COLUMNS.index(name)) for name in COLUMNS[1:]
        )
        self.key = (b.load("%key", UINT32, 0), b.load("%key", UINT32, 1))
        self.epoch_key = self.key
        if self.kind.sampling == "shuffled":
            self.epoch_key = stream_key(b, self.key, b.astype(epoch, UINT32), 0)
        inputs = range(len(self.kind.row_bytes))
        self.data = [_pointer(b, "%data", k) for k in inputs]
        self.batch = [_pointer(b, "%arrays", k) for k in inputs]

        def turn(k: Value) -> Value:
            self._choose(first + k)
            b.write("call void %step(ptr %arrays, ptr %workspace, ptr %fault)")
            self._record(record + k * len(self.kind.outputs))
            return k + 1

        b.loop_while(lambda k: (k < count) & _none_failed(b), turn, b.constant(0, INT64))
        head = (
            f"define internal void @segment{self.number}(ptr %row, ptr %step, ptr %arrays, "
            "ptr %workspace, ptr %data, ptr %key, ptr %records, ptr %fault) nounwind {"
        )
        return "\n".join([head, "entry:", *b.lines, "  ret void", "}"])

    def _choose(self, step: Value) -> None:
        """Point the program to the rows of this step, or gather them."""
        b, kind = self.b, self.kind
        start = step * kind.stride
        if kind.sampling == "sequential":
            for k, size in enumerate(kind.row_bytes):
                at = b.emit(f"getelementptr i8, ptr {self.data[k]}, {(start * size).typed}")
                entry = b.emit(f"getelementptr ptr, ptr %arrays, {INDEX} {k}")
                b.write(f"store ptr {at}, ptr {entry}")
            return
        key = self.epoch_key
        if kind.sampling != "shuffled":
            start, key = b.constant(0, INT64), stream_key(b, self.key, b.astype(step, UINT32), 1)
        choose = drawn_row if kind.sampling == "with replacement" else permuted_row

        def gather(k: Any) -> None:
            row = choose(b, b.astype(start + k, UINT32), key, kind.rows)
            self._copy(b.astype(row, INT64), k)

        b.loop(kind.size, gather)

    def _copy(self, row: Value, k: Any) -> None:
        b = self.b
        for data, batch, size in zip(self.data, self.batch, self.kind.row_bytes, strict=True):
            source = b.emit(f"getelementptr i8, ptr {data}, {(row * size).typed}")
            target = b.emit(f"getelementptr i8, ptr {batch}, {b.value(k * size).typed}")
            ends = [f"ptr {target}", f"ptr {source}", f"{INDEX} {size}", "i1 false"]
            b.call("void", "llvm.memcpy.p0.p0.i64", ends)

    def _record(self, place: Value) -> None:
        """Write down the scalars of a step."""
        b = self.b
        for k, dtype in enumerate(self.kind.outputs):
            found = b.load(_pointer(b, "%arrays", self.kind.first_output + k), dtype, 0)
            b.store(b.astype(found, FLOAT64), "%records", place + k)
