"""Arguments that users give: checked in one wording, and kept as frozen declarations.

The checks give the value back, as a plain Python number, so that a constructor reads
``self.units = whole_number(units, "units", at_least=1)``.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from dataclasses import MISSING, Field, FrozenInstanceError, dataclass, field, fields, is_dataclass
from inspect import Parameter, Signature, signature
from numbers import Integral, Real
from typing import Any, ClassVar, NamedTuple, TypeVar, dataclass_transform

import numpy as np

from pellucid.errors import ArgumentError, ArgumentTypeError, FileError, PellucidError

__all__ = [
    "Absent", "Declaration", "Frozen", "declared", "named", "number_in", "one_of", "ranged",
    "register",
    "truth", "whole_number",
]  # fmt: skip

_T = TypeVar("_T")


# --- numbers -------------------------------------------------------------------------------


class _Range(NamedTuple):
    """Bounds that are allowed themselves (`low`, `high`) or are not (`above`, `below`)."""

    low: float | None = None
    high: float | None = None
    above: float | None = None
    below: float | None = None

    def holds(self, value: float) -> bool:
        return (
            math.isfinite(value)
            and (self.low is None or value >= self.low)
            and (self.high is None or value <= self.high)
            and (self.above is None or value > self.above)
            and (self.below is None or value < self.below)
        )

    def text(self, name: str) -> str:
        """Write the range as mathematics does: ``0 ≤ rate < 1``, ``units ≥ 1``."""
        least = self.above if self.low is None else self.low
        most = self.below if self.high is None else self.high
        below = "" if most is None else f" {'≤<'[self.high is None]} {most:g}"
        if least is None:
            return name + below if below else f"a finite {name}"
        if not below:
            return f"{name} {'≥>'[self.low is None]} {least:g}"
        return f"{least:g} {'≤<'[self.low is None]} {name}{below}"

    def nearest(self, value: float) -> float:
        """Find a value of the range that is close to another one."""
        if self.holds(value):
            return value
        ends = [end for end in (self.low, self.high) if end is not None]
        if ends:
            return min(ends, key=lambda end: abs(end - value))
        if self.above is not None:
            return self.above + (1 if self.below is None else (self.below - self.above) / 2)
        return 0 if self.below is None else self.below - 1


def whole_number(
    value: object, name: str, at_least: int | None = 0, at_most: int | None = None
) -> int:
    """Check that `value`, called `name` by the user, is a whole number in a range.

    Raises
    ------
    ArgumentTypeError : for text, truth values, and numbers with a fraction
    ArgumentError : outside the range

    Examples
    --------
    >>> whole_number(3, "units", at_least=1)
    3
    >>> whole_number(2.5, "units", at_least=1)
    Traceback (most recent call last):
        ...
    pellucid.errors.ArgumentTypeError: units is not a whole number
      got     units=2.5
      wanted  units ≥ 1
      mend    write units=2
    """
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, Integral):
        meant = math.floor(_meant(value, at_least or 0))
        raise _refusal(value, name, _Range(at_least, at_most), meant, "a whole number")
    return int(_within(int(value), name, _Range(at_least, at_most)))


def number_in(
    value: object,
    name: str,
    low: float | None = None,
    high: float | None = None,
    *,
    above: float | None = None,
    below: float | None = None,
) -> float:
    """Check that `value`, called `name` by the user, is a finite number in a range.

    Parameters
    ----------
    low, high : the least and the greatest value allowed
    above, below : bounds that are not themselves allowed

    Raises
    ------
    ArgumentTypeError : for text and truth values
    ArgumentError : outside the range, for an infinity and for not-a-number

    Examples
    --------
    >>> number_in(0.25, "rate", low=0, below=1)
    0.25
    >>> number_in(1.5, "rate", low=0, below=1)
    Traceback (most recent call last):
        ...
    pellucid.errors.ArgumentError: rate is out of range
      got     rate=1.5
      wanted  0 ≤ rate < 1
      mend    write rate=0, or another value in that range
    """
    allowed = _Range(low, high, above, below)
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, Real):
        raise _refusal(value, name, allowed, _meant(value, 0), "a number")
    return _within(float(value), name, allowed)


def _within(value: float, name: str, allowed: _Range) -> float:
    if not allowed.holds(value):
        raise ArgumentError(
            f"{name} is out of range", got=f"{name}={value}", wanted=allowed.text(name),
            mend=f"write {name}={allowed.nearest(value):g}, or another value in that range",
        )  # fmt: skip
    return value


def _refusal(
    value: object, name: str, allowed: _Range, meant: float, kind: str
) -> ArgumentTypeError:
    return ArgumentTypeError(
        f"{name} is not {kind}", got=f"{name}={value!r}", wanted=allowed.text(name),
        mend=f"write {name}={allowed.nearest(meant):g}",
    )  # fmt: skip


def _meant(value: object, otherwise: float) -> float:
    """Read the number that was probably meant, by ``"0.1"`` for instance."""
    try:
        number = math.nan if isinstance(value, (bool, np.bool_)) else float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return otherwise
    return number if math.isfinite(number) else otherwise


# --- truth values and names ----------------------------------------------------------------


def truth(value: object, name: str) -> bool:
    """Check that `value`, called `name` by the user, is True or False.

    >>> truth(True, "bias")
    True
    """
    if not isinstance(value, (bool, np.bool_)):
        raise ArgumentTypeError(
            f"{name} is neither True nor False", got=f"{name}={value!r}", mend=f"write {name}=True"
        )
    return bool(value)


def one_of(value: object, name: str, choices: Iterable[str]) -> str:
    """Check that `value`, called `name` by the user, is one of some words.

    Examples
    --------
    >>> one_of("tan", "approximate", ["none", "tanh"])
    Traceback (most recent call last):
        ...
    pellucid.errors.ArgumentError: approximate cannot be 'tan'
      wanted  'none' or 'tanh'
      mend    write approximate='tanh'
    """
    words = list(choices)
    if isinstance(value, str) and value in words:
        return value
    kind = ArgumentError if isinstance(value, str) else ArgumentTypeError
    raise kind(
        f"{name} cannot be {value!r}",
        wanted=" or ".join(map(repr, words)),
        mend=f"write {name}={_closest(value, words) or words[0]!r}",
    )


def named(value: object, what: str, table: Mapping[str, _T]) -> _T:
    """Look a name up in a table of, say, activations; an unknown one is told the closest.

    Examples
    --------
    >>> named("sigmod", "activation", {"relu": max, "sigmoid": min})
    Traceback (most recent call last):
        ...
    pellucid.errors.ArgumentError: there is no activation called 'sigmod'
      wanted  one of relu, sigmoid
      mend    write 'sigmoid'
    """
    if isinstance(value, str) and value in table:
        return table[value]
    known = ", ".join(table)
    if not isinstance(value, str):
        raise ArgumentTypeError(
            f"this is no {what}", got=repr(value), wanted=f"one of {known}", mend="give its name"
        )
    near = _closest(value, table)
    raise ArgumentError(
        f"there is no {what} called {value!r}", wanted=f"one of {known}",
        mend=f"write {near!r}" if near else "write one of these names",
    )  # fmt: skip


def _closest(value: object, words: Iterable[str]) -> str | None:
    """Find the word that was meant, whatever its capitals, hyphens and underscores."""
    plain = {word.replace("_", "").lower(): word for word in words}
    given = str(value).replace("_", "").replace("-", "").replace(" ", "").lower()
    near = difflib.get_close_matches(given, plain, n=1, cutoff=0.5)
    return plain[near[0]] if near else None


# --- frozen declarations of plain arguments ------------------------------------------------


def ranged(
    default: Any,
    low: float | None = None,
    high: float | None = None,
    *,
    above: float | None = None,
    below: float | None = None,
) -> Any:
    """Declare a number of a :class:`Declaration` by its default and range (see `number_in`).

    Where the default is ``None``, ``None`` is allowed.
    """

    def check(value: object, name: str) -> float | None:
        if value is None and default is None:
            return None
        return number_in(value, name, low, high, above=above, below=below)

    return field(default=default, metadata={"check": check})


class _Signature:
    """What a class is called with, found out when it is asked for, and kept."""

    def __init__(self) -> None:
        self._known: dict[type, Signature] = {}

    def __get__(self, instance: object, owner: type) -> Signature:
        if instance is not None:  # which may be called itself, with other arguments
            raise AttributeError("__signature__")
        if owner not in self._known:
            known = fields(owner) if is_dataclass(owner) else ()
            ordered = sorted(known, key=lambda one: bool(one.kw_only))
            self._known[owner] = Signature([_parameter(one) for one in ordered])
        return self._known[owner]


def _parameter(one: Field[Any]) -> Parameter:
    kind = Parameter.KEYWORD_ONLY if one.kw_only else Parameter.POSITIONAL_OR_KEYWORD
    needed = one.default is MISSING and one.default_factory is MISSING
    default = Parameter.empty if needed else None if one.default is MISSING else one.default
    return Parameter(one.name, kind, default=default, annotation=one.type)


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
class Frozen:
    """What is made once and never changes: a data class without a decorator.

    Subclasses annotate their fields. Construction, text and equality are written here once: made
    anew for each of a hundred classes, as data classes make them, they would slow down the import.

    Examples
    --------
    >>> class Point(Frozen):
    ...     x: float
    ...     y: float = 0.0
    >>> Point(1.0), Point(1.0) == Point(x=1.0, y=0.0)
    (Point(x=1.0, y=0.0), True)
    """

    __signature__: ClassVar[_Signature] = _Signature()
    _fields: ClassVar[tuple[Field[Any], ...]] = ()
    _places: ClassVar[tuple[str, ...]] = ()  # of those that may be given without their names

    def __init_subclass__(cls, *, kw_only: bool = False, **named: Any) -> None:
        super().__init_subclass__(**named)
        dataclass(init=False, eq=False, repr=False, kw_only=kw_only)(cls)
        cls._fields = fields(cls)  # type: ignore[arg-type]
        cls._places = tuple([one.name for one in cls._fields if not one.kw_only])

    def __init__(self, *given: Any, **named: Any) -> None:
        values = dict(zip(self._places, given, strict=False)) | named
        own, used = vars(self), 0
        for one in self._fields:
            name = one.name
            if name in values:
                own[name] = values[name]
                used += 1
            elif one.default is not MISSING:
                own[name] = one.default
            elif one.default_factory is not MISSING:
                own[name] = one.default_factory()
            else:
                raise self._misfit(given, named)
        if used < len(given) + len(named):
            raise self._misfit(given, named)
        self.__post_init__()

    @classmethod
    def _misfit(cls, given: tuple[Any, ...], named: Mapping[str, Any]) -> ArgumentTypeError:
        """Say what is wrong with arguments, in Python's own words."""
        called: Signature = cls.__signature__
        known, error = ", ".join(called.parameters), ""
        try:
            called.bind(*given, **named)
        except TypeError as found:
            error = str(found)
        return ArgumentTypeError(
            error, where=cls.__name__, wanted=known or "no argument",
            mend=f"write {cls.__name__}({known})",
        )  # fmt: skip

    def __post_init__(self) -> None:
        """Check the arguments, now that they are set."""

    @property
    def arguments(self) -> dict[str, Any]:
        """The arguments that it was made with, defaults included."""
        return {one.name: getattr(self, one.name) for one in self._fields}

    def __setattr__(self, name: str, value: object) -> None:
        raise FrozenInstanceError(f"{type(self).__name__}.{name} cannot be changed")

    def __delattr__(self, name: str) -> None:
        raise FrozenInstanceError(f"{type(self).__name__}.{name} cannot be taken away")

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.arguments == getattr(other, "arguments", None)

    def __hash__(self) -> int:
        return hash((type(self), *self.arguments.values()))

    def __repr__(self) -> str:
        ordered = sorted(self._fields, key=lambda one: bool(one.kw_only))
        shown = [
            f"{one.name}={getattr(self, one.name)!r}"
            for one in ordered
            if not one.kw_only or getattr(self, one.name) != one.default
        ]
        return f"{type(self).__name__}({', '.join(shown)})"


class Declaration(Frozen):
    """What a user says once: an optimizer, a loss, an initialiser.

    Fields that are declared with :func:`ranged` are checked when it is made, and truth values by
    their default.

    Examples
    --------
    >>> class Decay(Declaration):
    ...     rate: float = ranged(0.1, low=0)
    >>> Decay(0.5).config
    {'class': 'Decay', 'arguments': {'rate': 0.5}}
    >>> Decay("0.5")
    Traceback (most recent call last):
        ...
    pellucid.errors.ArgumentTypeError: rate is not a number
      where   Decay
      got     rate='0.5'
      wanted  rate ≥ 0
      mend    write rate=0.5
    """

    def __post_init__(self) -> None:
        try:
            for one in self._fields:
                check: Callable[[object, str], Any] | None = one.metadata.get("check")
                if check is None and isinstance(one.default, bool):
                    check = truth
                if check is not None:
                    object.__setattr__(self, one.name, check(getattr(self, one.name), one.name))
        except PellucidError as error:
            raise error.located(type(self).__name__) from None

    @property
    def config(self) -> dict[str, Any]:
        """The arguments as plain data, from which ``declared`` makes it anew."""
        return {"class": type(self).__name__, "arguments": self.arguments}


def declared(config: Mapping[str, Any], classes: Mapping[str, type[_T]]) -> _T:
    """Make what :attr:`Declaration.config` describes, of one of `classes`.

    Raises
    ------
    FileError : for an unknown class, or arguments that the class does not have

    Examples
    --------
    >>> from pellucid.optim import OPTIMIZERS, Adam
    >>> declared(Adam(0.01).config, OPTIMIZERS) == Adam(0.01)
    True
    """
    name, arguments = config.get("class"), config.get("arguments", {})
    if not isinstance(name, str) or name not in classes:
        raise FileError(
            f"the file speaks of {name!r}, which is not known here",
            wanted=f"one of {', '.join(classes)}", mend="import the module that defines it first",
        )  # fmt: skip
    try:
        signature(classes[name]).bind(**arguments)
    except TypeError as error:
        raise FileError(
            f"the file gives {name} arguments that it does not have", got=repr(arguments),
            mend="update pellucid: the file may come from a newer version",
        ) from error  # fmt: skip
    return classes[name](**arguments)


class Absent(Frozen):
    """Stands for a function of the user's own, which a file names but cannot hold.

    >>> Absent("my_loss", "loss")(1, 2)
    Traceback (most recent call last):
        ...
    pellucid.errors.FileError: the loss my_loss is a function, which the file could only name
      mend    give it again: fit(…, loss=my_loss)
    """

    name: str
    role: str

    @property
    def __name__(self) -> str:
        return self.name

    def __call__(self, *_: Any) -> Any:
        """Refuse."""
        raise FileError(
            f"the {self.role} {self.name} is a function, which the file could only name",
            mend=f"give it again: fit(…, {self.role}={self.name})",
        )


def register(registry: MutableMapping[str, type[_T]], cls: type[_T]) -> None:
    """Enter a class under its name; no one else's class takes the name of one of pellucid's."""
    present = registry.get(cls.__name__)
    if present is None or not _is_own(present) or _is_own(cls):
        registry[cls.__name__] = cls


def _is_own(cls: type) -> bool:
    return cls.__module__.partition(".")[0] == __name__.partition(".")[0]
