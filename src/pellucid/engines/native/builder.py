"""The builder of machine code: it offers bodies NumPy's functions, and writes LLVM IR.

Inside :meth:`NativeBuilder.across` an index stands for several neighbouring numbers, and what is
computed from it is a vector: bodies do not know. What cannot be done so raises
:class:`OneByOne`, and the loop is written anew without vectors.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import numpy as np

from pellucid.compile.access import Affine, Counter, parts_of
from pellucid.engines.native.arithmetic import BINARY, FLAGS, floating
from pellucid.engines.native.emitter import INDEX, Emitter
from pellucid.engines.native.mathematics import FUNCTIONS
from pellucid.engines.native.value import (
    DTYPES,
    Value,
    literal,
    memory_type,
    register_type,
    vector_of,
)
from pellucid.errors import EngineError

__all__ = ["NativeBuilder", "OneByOne"]

_T = TypeVar("_T")
DType = np.dtype[Any]
INT64, BOOL = np.dtype(np.int64), np.dtype(bool)
FAULT = "%fault"  # where a kernel notes the number of the first check that failed
PIECES = 8  # for each thread, of a loop that is dealt out
MOST_SPREAD = 4  # vectors that are read to pick one from them
LANE = "lane"  # the name of the counter that tells the numbers of a vector apart


class OneByOne(Exception):  # noqa: N818  (it ends an attempt, and is no error)
    """Something has to be computed for one element at a time."""


class NativeBuilder(Emitter):
    """The protocol of builders, over values in registers.

    Parameters
    ----------
    prefix : what names begin with
    faults : the messages of checks, to which these are added
    loops : numbers for loops whose pieces are dealt out; without them each thread has its part

    Attributes
    ----------
    label : what is being computed, for errors
    lanes : how many elements are computed side by side
    together : whether loops that may be shared are done by all threads, each its part
    neighbours_only : whether what a vector is read from must lie near each other
    """

    def __init__(
        self,
        prefix: str = "",
        faults: list[tuple[str, str]] | None = None,
        loops: Iterator[int] | None = None,
    ) -> None:
        super().__init__(prefix)
        self.faults = [] if faults is None else faults
        self.loops = loops
        self.label = ""
        self.lanes = 1
        self.together = self.neighbours_only = False

    # --- values ---

    def made(self, dtype: DType, lanes: int, text: str) -> Value:
        """Write an instruction, and give its result."""
        return Value(self, dtype, self.emit(text), lanes)

    def constant(self, value: Any, dtype: Any) -> Value:
        """Give a number of a dtype."""
        kind = np.dtype(dtype)
        register_type(kind)
        return Value(self, kind, literal(value, kind), known=value)

    def spread(self, x: Value, lanes: int) -> Value:
        """Give a number to all lanes."""
        if x.lanes == lanes:
            return x
        if x.known is not None and x.name == literal(0, x.dtype):
            return Value(self, x.dtype, "zeroinitializer", lanes, x.known)
        if x.known is not None:
            each = ", ".join([f"{register_type(x.dtype)} {x.name}"] * lanes)
            return Value(self, x.dtype, f"<{each}>", lanes, x.known)
        kind = vector_of(x.type, lanes)

        def compute() -> Value:
            first = self.emit(f"insertelement {kind} poison, {x.typed}, {INDEX} 0")
            every = f"shufflevector {kind} {first}, {kind} poison, <{lanes} x i32> zeroinitializer"
            return self.made(x.dtype, lanes, every)

        return self.once(("spread", x.name, lanes), compute)

    def shuffled(self, x: Value, y: Value, lanes: list[int]) -> Value:
        """Choose lanes out of two vectors; those of the second are numbered on."""
        order = ", ".join(f"i32 {k}" for k in lanes)
        if len(lanes) == 1:
            return self.made(x.dtype, 1, f"extractelement {x.typed}, {INDEX} {lanes[0]}")
        text = f"shufflevector {x.typed}, {y.typed}, <{len(lanes)} x i32> <{order}>"
        return self.made(x.dtype, len(lanes), text)

    def value(self, number: Any) -> Value:
        """Give a number as a value; indices are 64 bits wide."""
        if isinstance(number, Value):
            return number
        if isinstance(number, Affine):
            return self.once(("affine", number.key), lambda: self._computed(number))
        if isinstance(number, np.generic):
            return self.constant(number.item(), number.dtype)
        kinds = {bool: BOOL, int: INT64, float: np.dtype(np.float64)}
        if type(number) not in kinds:
            raise EngineError(f"{number!r} is no number that a body can use")
        return self.constant(number, kinds[type(number)])

    def _computed(self, number: Affine) -> Value:
        added, rest = self._split(number)
        if added:
            steps = ", ".join(f"{INDEX} {one}" for one in added)
            start = self.spread(self.value(rest), self.lanes)
            return self.made(INT64, self.lanes, f"add nsw {start.typed}, <{steps}>")
        assert isinstance(rest, Affine)
        terms = [(self._counted(counter), factor) for counter, factor in rest.terms.items()]
        lanes = max(term.lanes for term, _ in terms)
        kind, name = vector_of(INDEX, lanes), ""
        for term, factor in terms:
            found = self.spread(term, lanes).name
            if factor != 1:
                times = self.spread(self.constant(factor, INT64), lanes).name
                found = self.emit(f"mul nsw {kind} {found}, {times}")
            name = self.emit(f"add nsw {kind} {name}, {found}") if name else found
        if rest.constant:
            more = self.spread(self.constant(rest.constant, INT64), lanes).name
            name = self.emit(f"add nsw {kind} {name}, {more}")
        return Value(self, INT64, name, lanes)

    def _counted(self, counter: Counter) -> Value:
        """Give the value of a counter, which is computed now if it is a part of another."""
        part = counter.part
        if part is None:
            return Value(self, INT64, counter.name)
        whole = self.value(Affine(self, dict(part.terms), part.constant))
        if whole.lanes > 1 and part.by & (part.by - 1):
            raise OneByOne
        if whole.lanes > 1:
            return whole >> part.by.bit_length() - 1 if part.is_quotient else whole & part.by - 1
        how = "udiv" if part.is_quotient else "urem"
        text = f"{how} {INDEX} {whole.name}, {part.by}"
        return Value(self, INT64, self.once((counter,), lambda: self.emit(text)))

    def _split(self, number: Any) -> tuple[tuple[int, ...], Any]:
        """Give what is added in each lane, if they differ, and what is common to all."""
        if not isinstance(number, Affine) or not any(one.lanes for one in number.terms):
            return (), number
        if any(not one.lanes and _differs(one) for one in number.terms):
            return (), number  # what is common can't be told from what differs
        own = {counter: factor for counter, factor in number.terms.items() if counter.lanes}
        terms = [[factor * n for n in counter.lanes] for counter, factor in own.items()]
        added = tuple(map(sum, zip(*terms, strict=True)))
        return added, number + Affine(self, {c: -factor for c, factor in own.items()}, 0)

    def divided(self, number: Affine, by: int) -> tuple[Any, Any]:
        """Divide an index; what comes of one that is not negative are counters again."""
        low, _ = number.bounds
        added, rest = self._split(number)
        if low >= 0 and added and isinstance(rest, int):
            numbers = [rest + one for one in added]
            return self._known([n // by for n in numbers]), self._known([n % by for n in numbers])
        if low >= 0:
            return parts_of(number, by)
        value = self.value(number)
        return value // by, value % by

    def _known(self, numbers: list[int]) -> Affine | int:
        """Give an index of which the value in each lane is known."""
        if len(set(numbers)) == 1:
            return numbers[0]
        return Affine.of(self, Counter(LANE, max(numbers) + 1, tuple(numbers)))

    def paired(self, x: Any, y: Any) -> tuple[Value, Value]:
        """Bring operands to the dtype in which NumPy combines them; Python's numbers are weak."""
        if not isinstance(x, Value) and not isinstance(y, Value):
            x = self.value(x)
        if not isinstance(x, Value):
            y, x = self.paired(y, x)
            return x, y
        if isinstance(y, (bool, int, float)) and not isinstance(y, np.generic):
            common = np.result_type(x.dtype, y)
            y = self.constant(y, common)
        else:
            y = self.value(y)
            common = x.dtype if x.dtype == y.dtype else np.result_type(x.dtype, y.dtype)
        lanes = max(x.lanes, y.lanes)
        x, y = self.astype(x, common), self.astype(y, common)
        return self.spread(x, lanes), self.spread(y, lanes)

    def binary(self, name: str, x: Any, y: Any) -> Value:
        """Apply one of the binary operators."""
        return BINARY[name](self, *self.paired(x, y))

    def negative(self, x: Value) -> Value:
        """Change the sign."""
        if floating(x):
            return self.made(x.dtype, x.lanes, f"fneg {FLAGS} {x.typed}")
        return self.constant(0, x.dtype) - x

    def invert(self, x: Value) -> Value:
        """Flip all bits, or a truth value."""
        every = Value(self, x.dtype, "true" if x.dtype.kind == "b" else "-1", known=-1)
        return self.made(x.dtype, x.lanes, f"xor {x.typed}, {self.spread(every, x.lanes).name}")

    def astype(self, x: Any, dtype: Any) -> Value:
        """Convert; what an integer cannot hold becomes its greatest or least, and NaN becomes 0."""
        wanted = np.dtype(dtype)
        if isinstance(x, (bool, int, float)):
            return self.constant(np.array(x).astype(wanted).item(), wanted)
        x = self.value(x)
        if x.dtype == wanted:
            return x
        if x.known is not None and x.lanes == 1 and not floating(x):
            return self.constant(np.array(x.known, x.dtype).astype(wanted).item(), wanted)
        if wanted.kind == "b":
            return x != 0
        result = vector_of(register_type(wanted), x.lanes)
        if floating(x) and wanted.kind in "iu":
            how = f"llvm.fpto{'s' if wanted.kind == 'i' else 'u'}i.sat"
            kinds = ".".join(_suffix(dtype, x.lanes) for dtype in (wanted, x.dtype))
            return Value(self, wanted, self.call(result, f"{how}.{kinds}", [x.typed]), x.lanes)
        how = _conversion(x.dtype, wanted)
        if not how:
            return Value(self, wanted, x.name, x.lanes)
        return self.made(wanted, x.lanes, f"{how} {x.typed} to {result}")

    # --- NumPy's functions ---

    def intrinsic(self, name: str, *operands: Value) -> Value:
        """Call one of LLVM's own mathematical functions."""
        x = operands[0]
        flags = f"{FLAGS} " if floating(x) else ""
        function = f"llvm.{name}.{_suffix(x.dtype, x.lanes)}"
        called = self.call(x.type, function, [one.typed for one in operands], flags)
        return Value(self, x.dtype, called, x.lanes)

    def exp(self, x: Value) -> Value:
        """Raise e to a power."""
        return FUNCTIONS["exp"](self, x)

    def log(self, x: Value) -> Value:
        """Take the natural logarithm."""
        return FUNCTIONS["log"](self, x)

    def sin(self, x: Value) -> Value:
        """Take the sine."""
        return FUNCTIONS["sin"](self, x)

    def cos(self, x: Value) -> Value:
        """Take the cosine."""
        return FUNCTIONS["cos"](self, x)

    def tanh(self, x: Value) -> Value:
        """Take the hyperbolic tangent."""
        return FUNCTIONS["tanh"](self, x)

    def expm1(self, x: Value) -> Value:
        """Give e^x − 1."""
        return FUNCTIONS["expm1"](self, x)

    def log1p(self, x: Value) -> Value:
        """Give ln(1 + x)."""
        return FUNCTIONS["log1p"](self, x)

    def erf(self, x: Value) -> Value:
        """Give the error function."""
        return FUNCTIONS["erf"](self, x)

    def bits(self, x: Value) -> Value:
        """See the bits of floating numbers as integers."""
        whole = np.dtype(f"int{8 * x.dtype.itemsize}")
        kind = vector_of(register_type(whole), x.lanes)
        return self.made(whole, x.lanes, f"bitcast {x.typed} to {kind}")

    def from_bits(self, x: Value, dtype: Any) -> Value:
        """See integers as the bits of floating numbers."""
        kind = vector_of(register_type(np.dtype(dtype)), x.lanes)
        return self.made(np.dtype(dtype), x.lanes, f"bitcast {x.typed} to {kind}")

    def sqrt(self, x: Value) -> Value:
        """Take the square root."""
        return self.intrinsic("sqrt", x)

    def floor(self, x: Value) -> Value:
        """Round down."""
        return self.intrinsic("floor", x) if floating(x) else x

    def ceil(self, x: Value) -> Value:
        """Round up."""
        return self.intrinsic("ceil", x) if floating(x) else x

    def abs(self, x: Value) -> Value:
        """Take the absolute value; the least integer is its own, as in NumPy."""
        if floating(x):
            return self.intrinsic("fabs", x)
        return self.where(x < 0, -x, x) if x.dtype.kind == "i" else x

    def sign(self, x: Value) -> Value:
        """Give −1, 0 or 1; not-a-number stays."""
        if x.dtype.kind in "ub":
            return self.astype(x != 0, x.dtype)
        one = self.constant(1, x.dtype)
        return self.where(x > 0, one, self.where(x < 0, -1, self.where(x == 0, 0, x)))

    def copysign(self, x: Value, y: Value) -> Value:
        """Give the magnitude of `x` the sign of `y`."""
        return self.intrinsic("copysign", *self.paired(x, y))

    def maximum(self, x: Any, y: Any) -> Value:
        """Take the greater; not-a-number wins."""
        x, y = self.paired(x, y)
        return self._extreme(x > y, x, y)

    def minimum(self, x: Any, y: Any) -> Value:
        """Take the lesser; not-a-number wins."""
        x, y = self.paired(x, y)
        return self._extreme(x < y, x, y)

    def _extreme(self, wins: Value, x: Value, y: Value) -> Value:
        return self.where(wins | (x != x), x, y) if floating(x) else self.where(wins, x, y)

    def isnan(self, x: Value) -> Value:
        """Tell whether it is not a number."""
        return x != x if floating(x) else self.constant(False, BOOL)

    def where(self, condition: Any, x: Any, y: Any) -> Value:
        """Choose one of two."""
        if not isinstance(condition, Value) or condition.known is not None:
            known = condition.known if isinstance(condition, Value) else condition
            return self.paired(x, y)[0 if known else 1]
        x, y = self.paired(x, y)
        lanes = max(condition.lanes, x.lanes)
        chosen = [self.spread(one, lanes).typed for one in (condition, x, y)]
        return self.made(x.dtype, lanes, f"select {', '.join(chosen)}")

    # --- control ---

    def fold(self, n: int, start: Any, step: Callable[[Any, Any], Any]) -> Any:
        """Apply ``a = step(k, a)`` for k from 0 to n − 1; `a` may be a tuple."""
        if n == 0:
            return start
        if n == 1:
            return step(0, start)
        first = [self.spread(one, max(one.lanes, self.lanes)) for one in _flat(start)]

        def turn(number: str, names: list[str]) -> list[str]:
            carried = (
                Value(self, one.dtype, name, one.lanes)
                for one, name in zip(first, names, strict=True)
            )
            found = step(Affine.of(self, Counter(number, n)), _shaped(start, carried))
            return [self._kept(new, old) for new, old in zip(_flat(found), first, strict=True)]

        names = self.repeat(str(n), [(one.type, one.name) for one in first], turn)
        ends = (
            Value(self, one.dtype, name, one.lanes) for one, name in zip(first, names, strict=True)
        )
        return _shaped(start, ends)

    def _kept(self, new: Value, old: Value) -> str:
        if new.dtype != old.dtype:
            raise EngineError(f"a value of {old.dtype} became {new.dtype}", where=self.label)
        return self.spread(new, old.lanes).name

    def loop(self, n: int, body: Callable[[Affine | int], None]) -> None:
        """Do `body` for each number below n."""
        if n == 1:
            body(0)
        elif n:
            self.repeat(str(n), [], lambda number, _: self._done(body, Counter(number, n)))

    def _done(self, body: Callable[[Affine | int], None], counter: Counter) -> list[str]:
        body(Affine.of(self, counter))
        return []

    def shared(self, n: int, body: Callable[[Any], None]) -> None:
        """Do `body` for each number below n; where all are together, each thread does some."""
        if self.together and n:
            self.pieces(n, lambda first, last: self.between(first, last, n, body))
        else:
            self.loop(n, body)

    def pieces(self, n: int, work: Callable[[str, str], None]) -> None:
        """Deal the numbers below n out: `work` is for those from one to before another.

        A loop in another loop, which is met again before all have left it, has one part for each
        thread.
        """
        self.together = False  # what is inside is done by one thread
        try:
            if self.loops is None or self.depth:
                work(*self.part(n))
            else:
                self._dealt(n, next(self.loops), work)
        finally:
            self.together = True

    def _dealt(self, n: int, loop: int, work: Callable[[str, str], None]) -> None:
        """Deal pieces of the numbers below n out, and do those that this thread gets."""
        pieces = self.once(("pieces", n), lambda: self._piece_count(n))
        given = f"(ptr %team, {INDEX} {pieces}, {INDEX} {loop})"
        self.write(f"call void @deal{given}")

        def take() -> str:
            return self.emit(f"call {INDEX} @take{given}")

        def turn(piece: str) -> str:
            after = self.emit(f"add {INDEX} {piece}, 1")
            work(*(self._border(n, one, pieces) for one in (piece, after)))
            return take()

        self.repeat_while(
            (INDEX, take()), lambda piece: self.emit(f"icmp ne {INDEX} {piece}, -1"), turn
        )

    def _piece_count(self, n: int) -> str:
        """Say in how many pieces the numbers below n are dealt out: one, to one alone."""
        several = self.emit(f"mul {INDEX} %threads, {PIECES}")
        few = self.emit(f"call {INDEX} @llvm.umin.i64({INDEX} {several}, {INDEX} {n})")
        self.declared[f"declare {INDEX} @llvm.umin.i64({INDEX}, {INDEX})"] = None
        alone = self.emit(f"icmp eq {INDEX} %threads, 1")
        return self.emit(f"select i1 {alone}, {INDEX} 1, {INDEX} {few}")

    def between(self, first: str, last: str, n: int, body: Callable[[Any], None]) -> None:
        """Do `body` for each number from `first` on, before `last`; all are below n."""

        def turn(number: str, _: list[str]) -> list[str]:
            return self._done(body, Counter(self.emit(f"add {INDEX} {first}, {number}"), n))

        def some() -> None:
            self.repeat(self.emit(f"sub {INDEX} {last}, {first}"), [], turn)

        self.only_if(self.emit(f"icmp ult {INDEX} {first}, {last}"), some)

    def part(self, n: int) -> tuple[str, str]:
        """Give the first of this thread's part of the numbers below n, and the end of it."""
        after = self.once("after me", lambda: self.emit(f"add {INDEX} %me, 1"))

        def borders() -> tuple[str, str]:
            return self._border(n, "%me", "%threads"), self._border(n, after, "%threads")

        return self.once(("part", n), borders)

    def _border(self, n: int, number: str, count: str) -> str:
        """Give where, of the numbers below n cut into so many parts, that one begins."""
        product = self.emit(f"mul {INDEX} {number}, {n}")
        return self.emit(f"udiv {INDEX} {product}, {count}")

    def by_one(self, work: Callable[[], None]) -> None:
        """Do something in the first thread only."""
        self.only_if(self.emit(f"icmp eq {INDEX} %me, 0"), work)

    def alone(self, work: Callable[[], None]) -> None:
        """Do something in one thread, where all are together."""
        if not self.together:
            work()
            return
        self.together = False
        try:
            self.by_one(work)
        finally:
            self.together = True

    def blocks(
        self, n: int, size: int, body: Callable[[Any, int], None], *, share: bool = False
    ) -> None:
        """Cut the numbers below n into blocks: `body` is given the first of each, and how many."""
        rest = n % size

        def block(first: Any, count: int) -> None:
            with self.scope():
                body(first, count)

        loop = self.shared if share else self.loop
        loop(n // size, lambda i: block(i * size, size))
        if rest and share and self.together:
            self.by_one(lambda: block(n - rest, rest))
        elif rest:
            block(n - rest, rest)

    def across(
        self, n: int, lanes: int, body: Callable[[Any], None], *, share: bool = False
    ) -> None:
        """Do `body` for each number below n, `lanes` of them side by side."""
        if lanes == 1:
            (self.shared if share else self.loop)(n, body)
            return

        def some(start: Any, count: int) -> None:
            with self.vectors(count):
                body(start + self.lane(count))

        self.blocks(n, lanes, some, share=share)

    def lane(self, lanes: int) -> Affine | int:
        """Give the index that is 0, 1, 2, … in the lanes."""
        return self._known(list(range(lanes)))

    @contextlib.contextmanager
    def vectors(self, lanes: int) -> Iterator[None]:
        """Compute so many elements side by side inside."""
        outside, self.lanes = self.lanes, lanes
        try:
            yield
        finally:
            self.lanes = outside

    @contextlib.contextmanager
    def neighbours(self) -> Iterator[None]:
        """Read vectors only from what lies near each other inside."""
        outside, self.neighbours_only = self.neighbours_only, True
        try:
            yield
        finally:
            self.neighbours_only = outside

    def attempt(self, first: Callable[[], _T], otherwise: Callable[[], _T]) -> _T:
        """Write code with vectors, or, where that cannot be, without."""
        lines, block, faults, label = len(self.lines), self.block, len(self.faults), self.label
        remembered = [dict(level) for level in self._remembered]
        try:
            return first()
        except OneByOne:
            del self.lines[lines:], self.faults[faults:]
            self.block, self.label, self._remembered = block, label, remembered
            return otherwise()

    def loop_while(
        self, condition: Callable[[Any], Any], body: Callable[[Any], Any], start: Value
    ) -> Value:
        """Apply `body` for as long as `condition` holds, in each lane as often as it needs."""

        def value(name: str) -> Value:
            return Value(self, start.dtype, name, start.lanes)

        def holds(name: str) -> str:
            return self._reduced("or", condition(value(name)))

        def turn(name: str) -> str:
            before = value(name)
            after = body(before)
            return self._kept(self.where(condition(before), after, before), start)

        end = self.repeat_while((start.type, start.name), holds, turn)
        return value(end)

    def until(self, holds: Callable[[Any], Any], body: Callable[[Any], Any], start: Value) -> Value:
        """Apply `body` once, and then until it `holds`, in each lane as often as it needs."""
        going = self.spread(Value(self, BOOL, "true", known=True), start.lanes)
        value = self.spread(start, start.lanes)

        def turn(names: list[str]) -> tuple[list[str], str]:
            before = Value(self, start.dtype, names[0], start.lanes)
            still = Value(self, BOOL, names[1], start.lanes)
            after = self.where(still, body(before), before)
            left = self.invert(holds(after))
            return [after.name, left.name], self._reduced("or", left)

        carried = [(one.type, one.name) for one in (value, going)]
        return Value(self, start.dtype, self.repeat_until(carried, turn)[0], start.lanes)

    def _reduced(self, how: str, truths: Value) -> str:
        """Combine the truth values of all lanes."""
        if truths.lanes == 1:
            return truths.name
        return self.call("i1", f"llvm.vector.reduce.{how}.v{truths.lanes}i1", [truths.typed])

    def guarded(self, condition: Any, load: Callable[[], Any], otherwise: Any) -> Value:
        """Load only if the condition holds."""
        if not isinstance(condition, Value):
            return self.value(load() if condition else otherwise)
        if condition.lanes > 1:
            raise OneByOne
        start = self.spread(self.value(otherwise), self.lanes)
        name = self.when(condition.name, start.type, lambda: self._kept(load(), start), start.name)
        return Value(self, start.dtype, name, start.lanes)

    def seldom(self, condition: Value, chosen: Callable[[], Value], otherwise: Value) -> Value:
        """Compute something only if a condition holds in some lane; it is for all lanes then."""
        some = self._reduced("or", condition)
        name = self.when(some, otherwise.type, lambda: chosen().name, otherwise.name)
        return Value(self, otherwise.dtype, name, otherwise.lanes)

    def require(self, condition: Any, message: str) -> None:
        """Note the first check that fails; what is computed then does not matter."""
        holds = condition if isinstance(condition, Value) else self.constant(condition, BOOL)
        if holds.known:
            return
        self.faults.append((message, self.label))
        number = len(self.faults)
        holds = Value(self, BOOL, self._reduced("and", holds))

        def note() -> None:
            change = f"{INDEX} 0, {INDEX} {number}"  # unless another thread has noted something
            self.emit(f"cmpxchg ptr {FAULT}, {change} monotonic monotonic")

        self.only_if(self.invert(holds).name, note)

    # --- memory ---

    def _address(self, pointer: str, dtype: DType, offset: Any) -> str:
        step = f"getelementptr inbounds {memory_type(dtype)}, ptr"
        if isinstance(offset, Affine) and not any(map(_differs, offset.terms)):
            rest = offset - offset.constant  # what differs by a constant begins at one address
            key = ("address", pointer, dtype, rest.key)
            start = self.once(key, lambda: self.emit(f"{step} {pointer}, {self.value(rest).typed}"))
            if not offset.constant:
                return f"ptr {start}"
            return f"ptr {self.emit(f'{step} {start}, {INDEX} {offset.constant}')}"
        index = self.value(offset)
        kind = "ptr" if index.lanes == 1 else f"<{index.lanes} x ptr>"
        if index.known == 0:
            return f"{kind} {pointer}"
        return f"{kind} {self.emit(f'{step} {pointer}, {index.typed}')}"

    def address(self, pointer: str, dtype: DType, offset: Any) -> str:
        """Give a pointer to an element of an array."""
        return self._address(pointer, dtype, offset).rpartition(" ")[2]

    def load(self, pointer: str, dtype: DType, offset: Any) -> Value:
        """Read an element of an array, or one for each lane."""
        kind, lanes = memory_type(dtype), self.lanes
        added, start = self._split(offset)
        where = "" if added else self._address(pointer, dtype, start)
        if added and max(added) - min(added) < MOST_SPREAD * lanes:
            found = self._picked(pointer, dtype, start, added)
        elif added or where.startswith("<"):
            found = self._gathered(where or self._address(pointer, dtype, offset), kind, lanes)
        else:
            lanes = 1
            found = self.emit(f"load {kind}, {where}, align {dtype.itemsize}")
        if dtype.kind == "b":
            none = self.spread(self.constant(0, np.int8), lanes)
            found = self.emit(f"icmp ne {vector_of(kind, lanes)} {found}, {none.name}")
        return Value(self, dtype, found, lanes)

    def _picked(self, pointer: str, dtype: DType, start: Any, added: Sequence[int]) -> str:
        """Read numbers that lie near each other: all from the first to the last, then pick them."""
        low, lanes = min(added), self.lanes
        reach = max(added) - low + 1
        size = min(reach, lanes)
        firsts = [*range(0, reach - size, size), reach - size]  # the last overlaps the one before
        kind = vector_of(memory_type(dtype), size)
        vectors = []
        for first in firsts:
            where = self._address(pointer, dtype, start + (low + first))
            vectors.append(self.emit(f"load {kind}, {where}, align {dtype.itemsize}"))
        found = vectors[0]
        if list(added) == list(range(low, low + lanes)):
            return found
        for k, vector in enumerate(vectors[1:] or ["poison"]):  # those of the next, the rest stays
            places = [one - low for one in added]
            held = [min(m for m, f in enumerate(firsts) if f <= p < f + size) for p in places]
            picked = [
                size + p - firsts[m] if m == k + 1 else lane if k else min(p, size - 1)
                for lane, (p, m) in enumerate(zip(places, held, strict=True))
            ]
            order = ", ".join(f"i32 {one}" for one in picked)
            found = self.emit(
                f"shufflevector {kind} {found}, {kind} {vector}, <{lanes} x i32> <{order}>"
            )
        return found

    def _gathered(self, where: str, kind: str, lanes: int) -> str:
        """Read numbers that do not lie side by side.

        Raises
        ------
        OneByOne : where only neighbours are wanted
        """
        if self.neighbours_only:
            raise OneByOne
        addresses, whole = where.rpartition(" ")[2], vector_of(kind, lanes)
        found = "poison"
        for k in range(lanes):
            at = self.emit(f"extractelement <{lanes} x ptr> {addresses}, {INDEX} {k}")
            one = self.emit(f"load {kind}, ptr {at}")
            found = self.emit(f"insertelement {whole} {found}, {kind} {one}, {INDEX} {k}")
        return found

    def store(self, value: Value, pointer: str, offset: Any) -> None:
        """Write an element of an array, or one for each lane, side by side."""
        added, start = self._split(offset)
        if self.lanes > 1 and added != tuple(range(self.lanes)):
            raise OneByOne
        value = self.spread(value, self.lanes)
        where = self._address(pointer, value.dtype, start)
        if value.dtype.kind == "b":
            kind = vector_of("i8", value.lanes)
            self.write(
                f"store {kind} {self.emit(f'zext {value.typed} to {kind}')}, {where}, align 1"
            )
        else:
            self.write(f"store {value.typed}, {where}, align {value.dtype.itemsize}")


def _differs(counter: Counter) -> bool:
    """Tell whether a counter differs from lane to lane."""
    part = counter.part
    return bool(counter.lanes) or (part is not None and any(_differs(one) for one, _ in part.terms))


def _suffix(dtype: DType, lanes: int) -> str:
    """Write a type as it stands in the names of intrinsics."""
    kind = f"{'f' if dtype.kind == 'f' else 'i'}{8 * dtype.itemsize}"
    return kind if lanes == 1 else f"v{lanes}{kind}"


def _conversion(have: DType, wanted: DType) -> str:
    """Name the instruction that converts, or none where the bits stay as they are."""
    sign = "s" if have.kind == "i" else "u"
    if have.kind == wanted.kind == "f":
        return "fpext" if wanted.itemsize > have.itemsize else "fptrunc"
    if wanted.kind == "f":
        return f"{sign}itofp"
    bits = [int(DTYPES[dtype][1:]) for dtype in (have, wanted)]
    if bits[0] == bits[1]:
        return ""
    return f"{sign.replace('u', 'z')}ext" if bits[1] > bits[0] else "trunc"


def _flat(value: Any) -> Iterator[Value]:
    """Walk through a value, or a tuple of values."""
    if isinstance(value, tuple):
        for one in value:
            yield from _flat(one)
    else:
        yield value


def _shaped(like: Any, values: Iterator[Value]) -> Any:
    """Put values together as they are in `like`."""
    if isinstance(like, tuple):
        return tuple(_shaped(one, values) for one in like)
    return next(values)
