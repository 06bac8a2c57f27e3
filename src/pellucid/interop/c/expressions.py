"""C expressions as bodies of operations build them: each knows its dtype, and how often it is used.

What is used more than once, or inside a deeper loop, becomes a named constant of the C code; all
else is written where it is needed, so that the code reads as a person would write it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, final

import numpy as np

from pellucid.compile.access import Affine, Counter
from pellucid.errors import EngineError

__all__ = ["C_TYPES", "CBuilder", "Expression", "NotShared", "affine_text", "literal"]

DType = np.dtype[Any]
INT64, BOOL = np.dtype(np.int64), np.dtype(bool)
C_TYPES = {
    "float32": "float", "float64": "double", "bool": "int", "int64": "int64_t", "int32": "int32_t",
    "int16": "int16_t", "int8": "int8_t", "uint64": "uint64_t", "uint32": "uint32_t",
    "uint16": "uint16_t", "uint8": "uint8_t",
}  # fmt: skip
ATOM, UNARY, PRODUCT, SUM, SHIFT, ORDER, EQUAL, BITS, TRUTH, CHOICE = range(100, 0, -10)
OPERATORS = {
    "add": ("+", SUM), "sub": ("-", SUM), "mul": ("*", PRODUCT), "truediv": ("/", PRODUCT),
    "lt": ("<", ORDER), "le": ("<=", ORDER), "gt": (">", ORDER), "ge": (">=", ORDER),
    "eq": ("==", EQUAL), "ne": ("!=", EQUAL), "and": ("&", BITS), "or": ("|", BITS),
    "xor": ("^", BITS), "lshift": ("<<", SHIFT), "rshift": (">>", SHIFT),
}  # fmt: skip
COMPARISONS = {"lt", "le", "gt", "ge", "eq", "ne"}
HELPERS = {  # what C does not have, or has otherwise than NumPy; {{nan}} tells a not-a-number
    "maximum": "({t} a, {t} b) {{ return a > b{nan} ? a : b; }}",
    "minimum": "({t} a, {t} b) {{ return a < b{nan} ? a : b; }}",
    "sign": "({t} a) {{ return a > 0 ? 1 : a < 0 ? -1 : a; }}",
    "floor_divide": "({t} a, {t} b) {{ return b ? a / b - (a % b && (a < 0) != (b < 0)) : 0; }}",
    "remainder": "({t} a, {t} b) {{ return b ? (a % b + b) % b : 0; }}",
}


def literal(value: Any, dtype: DType) -> str:
    """Write a number as C does.

    >>> literal(0.1, np.dtype("float32")), literal(True, np.dtype(bool))
    ('0.1f', '1')
    """
    if dtype.kind != "f":
        return str(int(value))
    number = dtype.type(value)
    if not np.isfinite(number):
        sign = "-" if number < 0 else ""
        return "NAN" if np.isnan(number) else f"{sign}INFINITY"
    text = str(number)
    text = text if any(mark in text for mark in ".e") else f"{text}.0"
    return f"{text}f" if dtype == np.float32 else text


def affine_text(number: Any) -> str:
    """Write an index: a sum of loop counters.

    >>> i, j = (Affine.of(None, Counter(name, 4)) for name in "ij")
    >>> affine_text(i * 8 + j + 1)
    'i * 8 + j + 1'
    """
    if not isinstance(number, Affine):
        return str(number)
    parts = [c.name if k == 1 else f"{c.name} * {k}" for c, k in number.terms.items()]
    parts += [str(number.constant)] * bool(number.constant)
    return " + ".join(parts).replace("+ -", "- ")


class _Block(NamedTuple):
    """Statements between two braces: lines, or expressions that may become named constants."""

    items: list[Any]

    def lines(self, builder: CBuilder) -> list[str]:
        """Write it down; nothing is used again afterwards."""
        found: list[str] = []
        for item in self.items:
            if not isinstance(item, Expression):
                found += item() if callable(item) else [item]
            elif item.name or (item.uses > 1 and item.parts):
                item.name = item.name or builder.fresh("t")
                found.append(f"const {item.type} {item.name} = {item.written()};")
        return found


@final
class Expression:
    """A number of the C program, with Python's operators."""

    __array_ufunc__ = None
    __hash__ = object.__hash__

    def __init__(
        self, b: CBuilder, dtype: DType, form: str, parts: Sequence[Any] = (), level: int = ATOM
    ) -> None:
        self.b, self.dtype, self.form, self.level = b, dtype, form, level
        self.parts = tuple(parts)
        self.uses, self.name = 0, ""
        self.block = b.block
        self.block.items.append(self)
        for part, _ in self.parts:
            part.used()

    @property
    def type(self) -> str:
        """Its type in C."""
        return C_TYPES[self.dtype.name]

    def used(self) -> None:
        """Note that it stands in another expression; in a loop further in, that is many times."""
        self.uses += 1
        if self.block is not self.b.block and self.parts:
            self.name = self.name or self.b.fresh("t")

    def written(self) -> str:
        """Write it out, with the parentheses that are needed."""
        inner = [part.text(level) for part, level in self.parts]
        return self.form.format(*inner) if inner else self.form

    def text(self, level: int = 0) -> str:
        """Write it as a part of something that binds as strongly as `level`."""
        if self.name:
            return self.name
        return self.written() if self.level >= level else f"({self.written()})"

    def _with(self, name: str, other: Any, *, swapped: bool = False) -> Any:
        if isinstance(other, (Expression, Affine, bool, int, float, np.generic)):
            return self.b.binary(name, *((other, self) if swapped else (self, other)))
        return NotImplemented

    def __neg__(self) -> Expression:
        return Expression(self.b, self.dtype, "-{}", [(self, ATOM)], UNARY)

    def __invert__(self) -> Expression:
        sign = "!" if self.dtype.kind == "b" else "~"
        return Expression(self.b, self.dtype, sign + "{}", [(self, UNARY)], UNARY)


def _operator(name: str) -> None:
    def plain(self: Expression, other: Any) -> Any:
        return self._with(name, other)

    def swapped(self: Expression, other: Any) -> Any:
        return self._with(name, other, swapped=True)

    setattr(Expression, f"__{name}__", plain)
    if name not in COMPARISONS:
        setattr(Expression, f"__r{name}__", swapped)


for _name in (*OPERATORS, "floordiv", "mod", "pow"):
    _operator(_name)


class NotShared(Exception):  # noqa: N818  (it ends an attempt, and is no error)
    """A loop inside another one changes what the outer one still needs."""


class CBuilder:
    """What bodies of operations are told to: it writes the statements of one loop nest.

    Attributes
    ----------
    helpers : the functions that the code calls and C does not have, by name
    failing : whether something is checked while it runs
    """

    def __init__(self, *, sharing: bool = True) -> None:
        self.helpers: dict[str, str] = {}
        self.failing = False
        self.block = _Block([])
        self._names: dict[str, int] = {}
        self._sharing = sharing
        self._carried: dict[int, Expression] = {}

    # --- writing ---

    def fresh(self, stem: str) -> str:
        """Give a name that is not in use."""
        self._names[stem] = self._names.get(stem, 0) + 1
        return f"{stem}{self._names[stem]}"

    def inside(self, write: Callable[[], Any]) -> tuple[list[str], Any]:
        """Write statements that stand between braces of their own."""
        outer, self.block = self.block, _Block([])
        try:
            result = write()
            return self.block.lines(self), result() if callable(result) else result
        finally:
            self.block = outer

    def looped(self, n: int, write: Callable[[Any], Any], stem: str = "i") -> None:
        """Write a loop over the numbers below n; `write` may give what ends its body."""
        if n == 1:
            self.block.items.append(write(0) or list)
            return
        name = self.fresh(stem)
        lines, end = self.inside(lambda: write(Affine.of(self, Counter(name, n))))
        head = f"for (int {name} = 0; {name} < {n}; {name}++) {{"
        body = [*lines, *(end or [])]
        self.block.items.append(lambda: [head, *(f"    {line}" for line in body), "}"])

    # --- values ---

    def made(self, dtype: Any, form: str, *parts: Any, level: int = ATOM) -> Expression:
        """Make an expression of others; each is set in parentheses if it binds no stronger."""
        return Expression(self, np.dtype(dtype), form, [(part, 0) for part in parts], level)

    def constant(self, value: Any, dtype: Any) -> Expression:
        """Give a number of a dtype."""
        kind = np.dtype(dtype)
        if kind.name not in C_TYPES:
            raise EngineError(f"C has no numbers of dtype {kind}", mend="cast to float32 before")
        text = literal(value, kind)
        return Expression(self, kind, text, level=UNARY if text.startswith("-") else ATOM)

    def value(self, number: Any) -> Expression:
        """See a number as an expression; indices are 64 bits wide."""
        if isinstance(number, Expression):
            return number
        if isinstance(number, Affine):
            simple = len(number.terms) == 1 and not number.constant
            return Expression(self, INT64, affine_text(number), level=ATOM if simple else SUM)
        return self.constant(number, np.asarray(number).dtype)

    def divided(self, number: Affine, by: int) -> tuple[Any, Any]:
        """Divide an index; what comes of one that is not negative are counters again."""
        low, high = number.bounds
        if low < 0:
            value: Any = self.value(number)
            return value // by, value % by
        text = f"({affine_text(number)})" if len(number.terms) > 1 else affine_text(number)
        text = text if " " not in text or text.startswith("(") else f"({text})"
        counters = ((f"({text} / {by})", high // by + 1), (f"({text} % {by})", by))
        quotient, rest = (Affine.of(self, Counter(*counter)) for counter in counters)
        return quotient, rest

    def paired(self, x: Any, y: Any) -> tuple[Expression, Expression]:
        """Bring operands to the dtype in which NumPy combines them; Python's numbers are weak."""
        if not isinstance(x, Expression) and not isinstance(y, Expression):
            x = self.value(x)
        if not isinstance(x, Expression):
            y, x = self.paired(y, x)
            return x, y
        if isinstance(y, (bool, int, float)) and not isinstance(y, np.generic):
            common = np.result_type(x.dtype, y)
            y = self.constant(y, common)
        else:
            y = self.value(y)
            common = np.result_type(x.dtype, y.dtype)
        return self.astype(x, common), self.astype(y, common)

    def binary(self, name: str, x: Any, y: Any) -> Expression:
        """Apply one of Python's binary operators."""
        if x is y and name in ("eq", "ne") and x.dtype.kind != "f":
            return self.constant(name == "eq", BOOL)
        x, y = self.paired(x, y)
        if name in ("floordiv", "mod", "pow"):
            return self._uncommon(name, x, y)
        sign, level = OPERATORS[name]
        if x.dtype.kind == "b" and name in ("and", "or"):
            sign, level = sign * 2, TRUTH
            if x.form in "01" or y.form in "01":
                known, other = (x, y) if x.form in "01" else (y, x)
                return other if known.form == ("1" if name == "and" else "0") else known
        nested = level if level > ORDER and name not in ("lshift", "rshift") else ATOM
        parts = [(x, nested), (y, ATOM if nested == ATOM else level + 1)]
        dtype = BOOL if name in COMPARISONS else x.dtype
        return Expression(self, dtype, f"{{}} {sign} {{}}", parts, level)

    def _uncommon(self, name: str, x: Any, y: Any) -> Any:
        """Python's division rounds down, C's towards zero; powers are a function in C."""
        if x.dtype.kind == "f":
            if name == "pow":
                return self.called("pow", x, y)
            quotient = self.floor(x / y)
            return quotient if name == "floordiv" else x - quotient * y
        if name == "pow":
            raise EngineError("powers of integers are not written in C", mend="use floats")
        return self._helped("floor_divide" if name == "floordiv" else "remainder", x, y)

    def called(self, name: str, *operands: Expression) -> Expression:
        """Call a function of math.h; those of float end in f."""
        dtype = operands[0].dtype
        ending = "f" if dtype == np.float32 else ""
        blanks = ", ".join("{}" for _ in operands)
        return self.made(dtype, f"{name}{ending}({blanks})", *operands)

    def _helped(self, name: str, *operands: Expression) -> Expression:
        """Call a function that is written out at the head of the file."""
        dtype = operands[0].dtype
        full = name if dtype == np.float32 else f"{name}_{dtype.name}"
        kind, nan = C_TYPES[dtype.name], " || a != a" * (dtype.kind == "f")
        self.helpers[full] = f"static {kind} {full}{HELPERS[name].format(t=kind, nan=nan)}"
        return self.made(dtype, f"{full}({', '.join('{}' for _ in operands)})", *operands)

    def astype(self, x: Any, dtype: Any) -> Expression:
        """Convert."""
        wanted = np.dtype(dtype)
        if isinstance(x, (bool, int, float)):
            return self.constant(np.array(x).astype(wanted).item(), wanted)
        x = self.value(x)
        if x.dtype == wanted:
            return x
        if wanted.kind == "b":
            return x != 0
        form = f"({C_TYPES[wanted.name]}){{}}"
        return Expression(self, wanted, form, [(x, UNARY)], UNARY)

    # --- NumPy's functions ---

    def __getattr__(self, name: str) -> Any:
        if name not in ("exp", "expm1", "log", "log1p", "sqrt", "sin", "cos", "tanh", "erf"):
            raise AttributeError(name)
        return lambda x: self.called(name, self.value(x))

    def floor(self, x: Expression) -> Expression:
        """Round down."""
        return self.called("floor", x) if x.dtype.kind == "f" else x

    def ceil(self, x: Expression) -> Expression:
        """Round up."""
        return self.called("ceil", x) if x.dtype.kind == "f" else x

    def abs(self, x: Any) -> Expression:
        """Take the absolute value."""
        return self.called("fabs", x) if x.dtype.kind == "f" else self.where(x < 0, -x, x)

    def sign(self, x: Expression) -> Expression:
        """Give −1, 0 or 1; not-a-number stays."""
        return self._helped("sign", x)

    def maximum(self, x: Any, y: Any) -> Expression:
        """Take the greater; not-a-number wins."""
        return self._helped("maximum", *self.paired(x, y))

    def minimum(self, x: Any, y: Any) -> Expression:
        """Take the lesser; not-a-number wins."""
        return self._helped("minimum", *self.paired(x, y))

    def isnan(self, x: Expression) -> Expression:
        """Tell whether it is not a number."""
        return self.binary("ne", x, x)

    def where(self, condition: Any, x: Any, y: Any) -> Expression:
        """Choose one of two."""
        if not isinstance(condition, Expression):
            return self.paired(x, y)[0 if condition else 1]
        x, y = self.paired(x, y)
        parts = [(condition, ATOM), (x, CHOICE + 1), (y, CHOICE + 1)]
        return Expression(self, x.dtype, "{} ? {} : {}", parts, CHOICE)

    # --- control ---

    def fold(self, n: int, start: Any, step: Callable[[Any, Any], Any]) -> Any:
        """Apply ``a = step(k, a)`` for k from 0 to n − 1; `a` may be a tuple."""
        if n < 2:
            return step(0, start) if n else start
        several = isinstance(start, tuple)
        carried = [self._begun(one, several) for one in (start if several else (start,))]

        def turn(k: Any) -> Callable[[], list[str]]:
            found = step(k, tuple(carried) if several else carried[0])
            pairs = list(zip(carried, found if several else (found,), strict=True))
            for one, now in pairs:
                if one.dtype != now.dtype:
                    raise EngineError(f"a value of {one.dtype} became {now.dtype}")
                if one.form == now.form and one.uses > 1:
                    raise NotShared
                now.uses += 1 + several  # of several, all are computed before any changes
            return lambda: [_assigned(one.form, now) for one, now in pairs if one.form != now.form]

        self.looped(n, turn, "k")
        ends = [Expression(self, one.dtype, one.form) for one in carried]
        return tuple(ends) if several else ends[0]

    def _begun(self, start: Expression, several: bool) -> Expression:
        """Declare what a loop carries; a loop right inside another one carries the same."""
        start.used()
        inner = self._sharing and id(start) in self._carried and not several
        name = start.form if inner else self.fresh("best" if several else "sum")
        if not inner:
            self.block.items.append(lambda: [f"{start.type} {name} = {start.text()};"])
        found = Expression(self, start.dtype, name)
        self._carried[id(found)] = found
        return found

    def guarded(self, condition: Any, load: Callable[[], Any], otherwise: Any) -> Expression:
        """Load only if the condition holds."""
        if not isinstance(condition, Expression):
            return self.value(load() if condition else otherwise)
        condition.used()
        otherwise = self.value(otherwise)
        otherwise.used()
        name, kind = self.fresh("v"), otherwise.type

        def write() -> Callable[[], str]:
            found = self.value(load())
            found.used()
            return lambda: found.text(CHOICE + 1)

        lines, end = self.inside(write)
        if not lines:
            parts = [(condition, ATOM), (otherwise, CHOICE + 1)]
            form = f"{{}} ? {end.replace('{', '{{').replace('}', '}}')} : {{}}"
            return Expression(self, otherwise.dtype, form, parts, CHOICE)
        body = [*lines, f"{name} = {end};"]
        self.block.items.append(lambda: [
            f"{kind} {name} = {otherwise.text()};", f"if ({condition.text()}) {{",
            *(f"    {line}" for line in body), "}",
        ])  # fmt: skip
        return Expression(self, otherwise.dtype, name)

    def require(self, condition: Any, message: str) -> None:
        """Note when a check fails: the whole result becomes not-a-number then."""
        if not isinstance(condition, Expression):
            return
        self.failing = True
        condition.used()
        self.block.items.append(lambda: [f"failed |= !{condition.text(ATOM)}; /* {message} */"])


def _assigned(name: str, now: Expression) -> str:
    """Write a new value for what is carried through a loop: as += where that says it."""
    text = now.text()
    start = f"{name} + "
    if text.startswith(start):
        return f"{name} += {text.removeprefix(start)};"
    return f"{name} = {text};"
