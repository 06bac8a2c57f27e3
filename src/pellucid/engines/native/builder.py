"""The builder of machine code: it offers bodies NumPy's functions, and writes LLVM IR."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from pellucid.compile.access import Affine, Counter
from pellucid.engines.native.arithmetic import BINARY, FLAGS, floating
from pellucid.engines.native.emitter import INDEX, Emitter
from pellucid.engines.native.value import DTYPES, Value, literal, memory_type, register_type
from pellucid.errors import EngineError

__all__ = ["NativeBuilder"]

DType = np.dtype[Any]
INT64, BOOL = np.dtype(np.int64), np.dtype(bool)
FAULT = "%fault"  # where a kernel notes the number of the first check that failed


class NativeBuilder(Emitter):
    """The protocol of builders, over values in registers.

    Parameters
    ----------
    faults : the messages of checks, to which this function's are added

    Attributes
    ----------
    label : what is being computed, for errors
    """

    def __init__(self, faults: list[tuple[str, str]] | None = None) -> None:
        super().__init__()
        self.faults = [] if faults is None else faults
        self.label = ""

    # --- values ---

    def made(self, dtype: DType, text: str) -> Value:
        """Write an instruction, and give its result."""
        return Value(self, dtype, self.emit(text))

    def constant(self, value: Any, dtype: Any) -> Value:
        """Give a number of a dtype."""
        kind = np.dtype(dtype)
        register_type(kind)
        return Value(self, kind, literal(value, kind), value)

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
        name = ""
        for counter, factor in number.terms.items():
            term = counter.name
            if factor != 1:
                term = self.emit(f"mul nsw {INDEX} {term}, {factor}")
            name = self.emit(f"add nsw {INDEX} {name}, {term}") if name else term
        if number.constant:
            name = self.emit(f"add nsw {INDEX} {name}, {number.constant}")
        return Value(self, INT64, name)

    def divided(self, number: Affine, by: int) -> tuple[Any, Any]:
        """Divide an index; what comes of one that is not negative are counters again."""
        value = self.value(number)
        low, high = number.bounds
        if low < 0:
            return value // by, value % by

        def counter(name: str, extent: int) -> Affine:
            found = self.once((name, number.key, by), lambda: self.emit(
                f"{name} {INDEX} {value.name}, {by}"
            ))  # fmt: skip
            return Affine.of(self, Counter(found, extent))

        return counter("udiv", high // by + 1), counter("urem", by)

    def paired(self, x: Any, y: Any) -> tuple[Value, Value]:
        """Bring two operands to the dtype in which NumPy combines them; Python's numbers are weak."""
        if not isinstance(x, Value) and not isinstance(y, Value):
            x = self.value(x)
        if not isinstance(x, Value):
            y, x = self.paired(y, x)
            return x, y
        if isinstance(y, (bool, int, float)) and not isinstance(y, np.generic):
            common = np.result_type(x.dtype, y)
            return self.astype(x, common), self.constant(y, common)
        y = self.value(y)
        common = x.dtype if x.dtype == y.dtype else np.result_type(x.dtype, y.dtype)
        return self.astype(x, common), self.astype(y, common)

    def binary(self, name: str, x: Any, y: Any) -> Value:
        """Apply one of the binary operators."""
        return BINARY[name](self, *self.paired(x, y))

    def negative(self, x: Value) -> Value:
        """Change the sign."""
        if floating(x):
            return self.made(x.dtype, f"fneg {FLAGS} {' '.join(x.typed)}")
        return self.constant(0, x.dtype) - x

    def invert(self, x: Value) -> Value:
        """Flip all bits, or a truth value."""
        every = "true" if x.dtype.kind == "b" else "-1"
        return self.made(x.dtype, f"xor {' '.join(x.typed)}, {every}")

    def astype(self, x: Any, dtype: Any) -> Value:
        """Convert; what does not fit into an integer becomes its greatest or least, or 0 for NaN."""
        wanted = np.dtype(dtype)
        if isinstance(x, (bool, int, float)):
            return self.constant(wanted.type(x).item(), wanted)
        x = self.value(x)
        if x.dtype == wanted:
            return x
        if x.known is not None and not floating(x):
            return self.constant(np.array(x.known, x.dtype).astype(wanted).item(), wanted)
        if wanted.kind == "b":
            return x != 0
        if floating(x) and wanted.kind in "iu":
            kind = f"llvm.fpto{'s' if wanted.kind == 'i' else 'u'}i.sat"
            function = f"{kind}.{register_type(wanted)}.f{8 * x.dtype.itemsize}"
            return Value(self, wanted, self.call(register_type(wanted), function, [x.typed]))
        how = _conversion(x.dtype, wanted)
        if not how:
            return Value(self, wanted, x.name)
        return self.made(wanted, f"{how} {' '.join(x.typed)} to {register_type(wanted)}")

    # --- NumPy's functions ---

    def intrinsic(self, name: str, *operands: Value) -> Value:
        """Call one of LLVM's own mathematical functions."""
        kind = operands[0].dtype
        width = f"{'f' if kind.kind == 'f' else 'i'}{8 * kind.itemsize}"
        flags = f"{FLAGS} " if kind.kind == "f" else ""
        typed = [operand.typed for operand in operands]
        called = self.call(register_type(kind), f"llvm.{name}.{width}", typed, flags)
        return Value(self, kind, called)

    def _library(self, name: str, x: Value) -> Value:
        """Call a function of the C library."""
        suffix = "f" if x.dtype == np.dtype(np.float32) else ""
        return Value(self, x.dtype, self.call(register_type(x.dtype), name + suffix, [x.typed]))

    def exp(self, x: Value) -> Value:
        """Raise e to a power."""
        return self.intrinsic("exp", x)

    def log(self, x: Value) -> Value:
        """Take the natural logarithm."""
        return self.intrinsic("log", x)

    def sqrt(self, x: Value) -> Value:
        """Take the square root."""
        return self.intrinsic("sqrt", x)

    def sin(self, x: Value) -> Value:
        """Take the sine."""
        return self.intrinsic("sin", x)

    def cos(self, x: Value) -> Value:
        """Take the cosine."""
        return self.intrinsic("cos", x)

    def tanh(self, x: Value) -> Value:
        """Take the hyperbolic tangent."""
        return self._library("tanh", x)

    def expm1(self, x: Value) -> Value:
        """Give e^x − 1."""
        return self._library("expm1", x)

    def log1p(self, x: Value) -> Value:
        """Give ln(1 + x)."""
        return self._library("log1p", x)

    def erf(self, x: Value) -> Value:
        """Give the error function."""
        return self._library("erf", x)

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
        found = self.where(x > 0, one, self.where(x < 0, -1, self.where(x == 0, 0, x)))
        return found

    def copysign(self, x: Value, y: Value) -> Value:
        """Give the magnitude of `x` the sign of `y`."""
        return self.intrinsic("copysign", x, y)

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
        operands = ", ".join(" ".join(one.typed) for one in (condition, x, y))
        return self.made(x.dtype, f"select {operands}")

    # --- control ---

    def fold(self, n: int, start: Any, step: Callable[[Any, Any], Any]) -> Any:
        """Apply ``a = step(k, a)`` for k from 0 to n − 1; `a` may be a tuple."""
        if n == 0:
            return start
        if n == 1:
            return step(0, start)
        first = list(_flat(start))

        def turn(number: str, names: list[str]) -> list[str]:
            carried = iter(
                Value(self, one.dtype, name) for one, name in zip(first, names, strict=True)
            )
            found = step(Affine.of(self, Counter(number, n)), _shaped(start, carried))
            return [
                self._kept(new, old) for new, old in zip(_flat(found), first, strict=True)
            ]

        names = self.repeat(str(n), [one.typed for one in first], turn)
        ends = (Value(self, one.dtype, name) for one, name in zip(first, names, strict=True))
        return _shaped(start, ends)

    def _kept(self, new: Value, old: Value) -> str:
        if new.dtype != old.dtype:
            raise EngineError(f"a fold of {old.dtype} became {new.dtype}", where=self.label)
        return new.name

    def loop(self, n: int, body: Callable[[Affine | int], None]) -> None:
        """Do `body` for each number below n."""
        if n == 1:
            body(0)
        elif n:
            self.repeat(str(n), [], lambda number, _: self._done(body, Counter(number, n)))

    def _done(self, body: Callable[[Affine | int], None], counter: Counter) -> list[str]:
        body(Affine.of(self, counter))
        return []

    def loop_while(
        self, condition: Callable[[Any], Any], body: Callable[[Any], Any], start: Value
    ) -> Value:
        """Apply `body` for as long as `condition` holds."""

        def value(name: str) -> Value:
            return Value(self, start.dtype, name)

        end = self.repeat_while(
            start.typed,
            lambda name: condition(value(name)).name,
            lambda name: self._kept(body(value(name)), start),
        )
        return value(end)

    def guarded(self, condition: Any, load: Callable[[], Any], otherwise: Any) -> Value:
        """Load only if the condition holds."""
        if not isinstance(condition, Value):
            return self.value(load() if condition else otherwise)
        start = self.value(otherwise)
        name = self.when(
            condition.name, start.typed[0], lambda: self._kept(load(), start), start.name
        )
        return Value(self, start.dtype, name)

    def require(self, condition: Any, message: str) -> None:
        """Note the first check that fails; what is computed then does not matter."""
        if not isinstance(condition, Value):
            condition = self.constant(condition, BOOL)
        if condition.known is True:
            return
        self.faults.append((message, self.label))
        number = len(self.faults)
        fails = self.invert(condition)

        def note() -> str:
            before = self.emit(f"load {INDEX}, ptr {FAULT}")
            none = self.emit(f"icmp eq {INDEX} {before}, 0")
            first = self.emit(f"select i1 {none}, {INDEX} {number}, {INDEX} {before}")
            self.write(f"store {INDEX} {first}, ptr {FAULT}")
            return ""

        self.when(fails.name, "void", note, "")

    # --- memory ---

    def address(self, pointer: str, dtype: DType, offset: Any) -> str:
        """Point to an element of an array."""
        if isinstance(offset, int) and not offset:
            return pointer
        kind, index = memory_type(dtype), self.value(offset)
        return self.emit(f"getelementptr inbounds {kind}, ptr {pointer}, {' '.join(index.typed)}")

    def load(self, pointer: str, dtype: DType, offset: Any) -> Value:
        """Read an element of an array."""
        at = self.address(pointer, dtype, offset)
        found = self.emit(f"load {memory_type(dtype)}, ptr {at}, align {dtype.itemsize}")
        if dtype.kind == "b":
            found = self.emit(f"icmp ne i8 {found}, 0")
        return Value(self, dtype, found)

    def store(self, value: Value, pointer: str, offset: Any) -> None:
        """Write an element of an array."""
        at, name = self.address(pointer, value.dtype, offset), value.name
        if value.dtype.kind == "b":
            name = self.emit(f"zext i1 {name} to i8")
        kind = memory_type(value.dtype)
        self.write(f"store {kind} {name}, ptr {at}, align {value.dtype.itemsize}")


def _conversion(have: DType, wanted: DType) -> str:
    """Name the instruction that converts, or none where the bits stay as they are."""
    sign = "s" if have.kind == "i" else "u"
    if have.kind == wanted.kind == "f":
        return "fpext" if wanted.itemsize > have.itemsize else "fptrunc"
    if wanted.kind == "f":
        return f"{sign}itofp"
    bits = [int(DTYPES[dtype.name][1:]) for dtype in (have, wanted)]
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
