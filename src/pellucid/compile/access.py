"""Which elements of its operands an element of a result is made of, found by asking its body.

Indices are written as *affine* sums of loop counters with known extents, so that most of what
bodies do with them (``//``, ``%``, comparisons) is decided while code is made, not while it runs.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple, Protocol

import numpy as np

from pellucid.graph.op import Op, Scatter, Spec
from pellucid.shapes import Shape

__all__ = [
    "Affine", "Counter", "Load", "Needs", "Part", "Place", "Space", "extents", "needs", "parts_of",
    "place_key",
]  # fmt: skip

Place = tuple[Any, ...]


def extents(shape: Shape) -> tuple[int, ...]:
    """Give the extents of a shape in which all are known."""
    return tuple(n or 0 for n in shape)


class Counter(NamedTuple):
    """A whole number from 0 to ``extent - 1``: a loop variable, or what was made of one.

    Attributes
    ----------
    lanes : its values for neighbours that are computed side by side, where it tells them apart
    part : what it is a part of, if it is one
    """

    name: str
    extent: int
    lanes: tuple[int, ...] = ()
    part: Part | None = None


class Part(NamedTuple):
    """A quotient or a remainder of a number that is not negative: of terms and a constant."""

    terms: tuple[tuple[Counter, int], ...]
    constant: int
    by: int
    is_quotient: bool


class Space(Protocol):
    """Where affine numbers live: it knows what to do with what is no longer affine."""

    def value(self, number: Any) -> Any:
        """Give `number` as a value that has all operators."""

    def divided(self, number: Affine, by: int) -> tuple[Any, Any]:
        """Give quotient and remainder, rounded down."""


def parts_of(number: Affine, by: int) -> tuple[Affine, Affine]:
    """Give quotient and remainder of what is not negative, as counters not yet computed.

    >>> i = Affine.of(None, Counter("i", 9))
    >>> quotient, remainder = parts_of(i, 4)
    >>> quotient, remainder, quotient * 4 + remainder
    (i//4, i%4, i)
    """
    whole = Part(tuple(sorted(number.terms.items())), number.constant, by, is_quotient=True)
    text = f"({number})" if len(number.terms) > 1 or number.constant else str(number)
    extent = number.bounds[1] // by + 1
    quotient = Counter(f"{text}//{by}", extent, part=whole)
    remainder = Counter(f"{text}%{by}", by, part=whole._replace(is_quotient=False))
    return Affine.of(number.space, quotient), Affine.of(number.space, remainder)


def _rejoined(terms: dict[Counter, int]) -> tuple[dict[Counter, int], int]:
    """See a quotient and its remainder as the number that they are parts of."""
    constant = 0
    for counter in [one for one in terms if one.part is not None and one.part.is_quotient]:
        part, factor = counter.part, terms[counter]
        assert part is not None
        other = part._replace(is_quotient=False)
        rest = next(
            (c for c, f in terms.items() if c.part == other and f * part.by == factor), None
        )
        if rest is not None:
            scale = terms.pop(rest)
            del terms[counter]
            constant += scale * part.constant
            for one, times in part.terms:
                terms[one] = terms.get(one, 0) + scale * times
            found, more = _rejoined({c: f for c, f in terms.items() if f})
            return found, constant + more
    return terms, constant


class Affine:
    """A constant plus whole multiples of counters; never without a counter (that is an ``int``).

    >>> i, j = (Affine.of(None, Counter(name, 4)) for name in "ij")
    >>> (i * 4 + j) // 4, (i * 4 + j) % 4, i + 4 > j
    (i, j, True)
    """

    __slots__ = ("constant", "space", "terms")
    __array_ufunc__ = None

    def __init__(self, space: Any, terms: Mapping[Counter, int], constant: int) -> None:
        self.space: Space = space
        self.terms = terms
        self.constant = constant

    @classmethod
    def of(cls, space: Any, counter: Counter) -> Affine:
        """See a counter as a number."""
        return cls(space, {counter: 1}, 0)

    def _made(self, terms: Mapping[Counter, int], constant: int) -> Affine | int:
        kept = {counter: factor for counter, factor in terms.items() if factor}
        if len(kept) > 1 and any(counter.part is not None for counter in kept):
            kept, more = _rejoined(kept)
            constant += more
        return Affine(self.space, kept, constant) if kept else constant

    @property
    def key(self) -> tuple[Any, ...]:
        """What tells it from other numbers."""
        return (*sorted(self.terms.items()), self.constant)

    @property
    def bounds(self) -> tuple[int, int]:
        """The least and the greatest value."""
        reach = [factor * (counter.extent - 1) for counter, factor in self.terms.items()]
        return (
            self.constant + sum(min(one, 0) for one in reach),
            self.constant + sum(max(one, 0) for one in reach),
        )

    def __add__(self, other: Any) -> Any:
        if isinstance(other, Affine):
            terms = dict(self.terms)
            for counter, factor in other.terms.items():
                terms[counter] = terms.get(counter, 0) + factor
            return self._made(terms, self.constant + other.constant)
        if isinstance(other, (int, np.integer)):
            return self._made(self.terms, self.constant + int(other))
        return NotImplemented

    __radd__ = __add__

    def __mul__(self, other: Any) -> Any:
        if isinstance(other, (int, np.integer)):
            scaled = {counter: factor * int(other) for counter, factor in self.terms.items()}
            return self._made(scaled, self.constant * int(other))
        if isinstance(other, Affine):
            return self.space.value(self) * other
        return NotImplemented

    __rmul__ = __mul__

    def __neg__(self) -> Any:
        return self * -1

    def __sub__(self, other: Any) -> Any:
        return self + other * -1 if isinstance(other, (int, np.integer, Affine)) else NotImplemented

    def __rsub__(self, other: Any) -> Any:
        return self * -1 + other

    def _divided(self, by: Any) -> tuple[Any, Any]:
        """Divide what is divisible; the rest is left over, or for the space to divide."""
        if not isinstance(by, (int, np.integer)) or by <= 0:
            value = self.space.value(self)
            return value // by, value % by
        n = int(by)
        whole = {counter: factor // n for counter, factor in self.terms.items() if not factor % n}
        rest = {counter: factor for counter, factor in self.terms.items() if factor % n}
        quotient = self._made(whole, self.constant // n)
        left = self._made(rest, self.constant % n)
        low, high = left.bounds if isinstance(left, Affine) else (left, left)
        if low >= 0 and high < n:
            return quotient, left
        more, remainder = self.space.divided(left, n)  # type: ignore[arg-type]
        return more + quotient, remainder

    def __floordiv__(self, other: Any) -> Any:
        return self._divided(other)[0]

    def __mod__(self, other: Any) -> Any:
        return self._divided(other)[1]

    def _compared(self, relation: Callable[[Any, Any], Any], other: Any) -> Any:
        if not isinstance(other, (int, np.integer, Affine)):
            return NotImplemented
        difference = self - other
        low, high = difference.bounds if isinstance(difference, Affine) else (difference,) * 2
        if low > 0 or high < 0 or low == high:
            return relation(low, 0)
        decided = {relation(low, 0), relation(high, 0)}
        if relation not in (operator.eq, operator.ne) and len(decided) == 1:
            return decided.pop()
        return relation(self.space.value(self), other)

    def __lt__(self, other: Any) -> Any:
        return self._compared(operator.lt, other)

    def __le__(self, other: Any) -> Any:
        return self._compared(operator.le, other)

    def __gt__(self, other: Any) -> Any:
        return self._compared(operator.gt, other)

    def __ge__(self, other: Any) -> Any:
        return self._compared(operator.ge, other)

    def __eq__(self, other: Any) -> Any:
        return self._compared(operator.eq, other)

    def __ne__(self, other: Any) -> Any:
        return self._compared(operator.ne, other)

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        parts = [f"{k}·{c.name}" if k != 1 else c.name for c, k in self.terms.items()]
        return " + ".join(parts + [str(self.constant)] * bool(self.constant))


def place_key(place: Place) -> Place | None:
    """Tell what names a place: equal keys are equal places; ``None`` when it depends on data."""
    key = tuple(i.key if isinstance(i, Affine) else i for i in place)
    known = all(isinstance(i, (int, np.integer, tuple)) for i in key)
    return key if known else None


# --- asking a body -------------------------------------------------------------------------


class Load(NamedTuple):
    """One element of an operand that is needed.

    Attributes
    ----------
    operand : which one
    key : where, in terms of the result's index; ``None`` when that depends on data
    times : how often, when it is inside loops
    guarded : whether it is read under a condition only
    aligned : whether it is the element at the result's own index
    """

    operand: int
    key: Place | None
    times: int
    guarded: bool
    aligned: bool


class Needs(NamedTuple):
    """What one turn of an operation's loop takes.

    Attributes
    ----------
    loop : the extents looped over: the result's, or, where elements are scattered, the source's
    loads : the elements of operands that one turn reads
    may_fail : whether it checks something that depends on data
    """

    loop: tuple[int, ...]
    loads: tuple[Load, ...]
    may_fail: bool


class _Anything:
    """A value of which nothing is known; whatever is done with it, nothing is known of that."""

    def __init__(self, probe: _Probe) -> None:
        self._probe = probe

    def _same(self, *_: Any) -> _Anything:
        return self

    def __pow__(self, other: Any) -> _Anything:
        self._probe.raises_power = True
        return self

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _same
    __truediv__ = __rtruediv__ = __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = _same
    __and__ = __rand__ = __or__ = __ror__ = __xor__ = __rxor__ = __invert__ = __neg__ = _same
    __lshift__ = __rlshift__ = __rshift__ = __rrshift__ = _same
    __lt__ = __le__ = __gt__ = __ge__ = __eq__ = __ne__ = _same  # type: ignore[assignment]
    __rpow__ = __pow__
    __hash__ = object.__hash__


class _Operand:
    """An operand that writes down where it is read."""

    def __init__(self, probe: _Probe, number: int, spec: Spec) -> None:
        self.spec = spec
        self._probe, self._number = probe, number

    def __getitem__(self, place: Place) -> _Anything:
        return self._probe.loaded(self._number, self.spec, place)


class _Probe:
    """A builder that builds nothing, and watches what a body loads."""

    def __init__(self, loop: tuple[int, ...]) -> None:
        self.loads: dict[Load, None] = {}
        self.may_fail = self.raises_power = False
        self._anything = _Anything(self)
        self._loop = loop
        self._times, self._guards, self._loops = 1, 0, 0
        self.index = tuple(
            0 if n == 1 else Affine.of(self, Counter(f"i{axis}", n)) for axis, n in enumerate(loop)
        )
        self._here = place_key(self.index)

    def __getattr__(self, name: str) -> Any:
        return lambda *operands: self._anything

    def value(self, number: Any) -> _Anything:
        return self._anything

    def divided(self, number: Affine, by: int) -> tuple[Any, Any]:
        return parts_of(number, by) if number.bounds[0] >= 0 else (self._anything, self._anything)

    def require(self, condition: Any, message: str) -> None:
        self.may_fail = True

    def guarded(self, condition: Any, load: Callable[[], Any], otherwise: Any) -> Any:
        if condition is False:
            return otherwise
        self._guards += condition is not True
        load()
        self._guards -= condition is not True
        return self._anything

    def fold(self, n: int, start: Any, step: Callable[[Any, Any], Any]) -> Any:
        if not n:
            return start
        self._loops += 1
        outside, self._times = self._times, self._times * n
        k = 0 if n == 1 else Affine.of(self, Counter(f"k{self._loops}", n))
        found = step(k, start)
        self._times = outside
        return found

    def loaded(self, operand: int, spec: Spec, place: Place) -> _Anything:
        pairs = zip(place, spec.shape, strict=True)
        key = place_key(tuple(0 if n == 1 else i for i, n in pairs))
        aligned = spec.shape == self._loop and key == self._here
        load = Load(operand, key, self._times, self._guards > 0, aligned)
        self.loads[load] = None
        return self._anything


@lru_cache(maxsize=4096)
def needs(
    op: Op, attrs: tuple[tuple[str, Any], ...], out: Spec, operands: tuple[Spec, ...]
) -> Needs:
    """Ask the body of `op` what one turn of its loop takes.

    >>> import numpy as np
    >>> from pellucid.graph import OPS
    >>> x, y = Spec((3, 4), np.dtype("f4")), Spec((4,), np.dtype("f4"))
    >>> [(load.operand, load.aligned) for load in needs(OPS["add"], (), x, (x, y)).loads]
    [(0, True), (1, False)]
    """
    body, settings = op.body, dict(attrs)
    loop = extents(operands[-1].shape if isinstance(body, Scatter) else out.shape)
    if 0 in loop:
        return Needs(loop, (), may_fail=False)
    probe = _Probe(loop)
    inputs = [_Operand(probe, k, spec) for k, spec in enumerate(operands)]
    if isinstance(body, Scatter):
        body.target(probe, probe.index, *inputs, **settings)
        inputs[-1][probe.index]
    else:
        body.element(probe, probe.index, inputs, out, settings)
    whole = out.dtype.kind in "iu"
    return Needs(loop, tuple(probe.loads), probe.may_fail or (probe.raises_power and whole))
