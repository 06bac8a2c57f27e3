"""What optimizers, schedules and averages have in common: numbers, and a structure around them.

Numbers are inputs of a step, so that changing one compiles nothing anew. All the rest, the class
and its switches, is the structure, and decides the program.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import field
from typing import Any

from pellucid.arguments import Declaration, whole_number
from pellucid.graph.tensor import Tensor
from pellucid.ops.elementwise import cast

__all__ = ["SHARED", "Formula", "as_dtype", "inside", "whole"]

SHARED = ("steps_per_epoch", "total_steps")  # numbers that training knows, whoever asks for them


class Formula(Declaration):
    """A declaration whose numbers are inputs of a step, and whose structure is all the rest."""

    def __hash__(self) -> int:
        return hash((self.kind, *self.hyper().values()))

    @property
    def kind(self) -> Hashable:
        """The structure: formulas of one kind differ in numbers alone."""
        return type(self).__name__, _structure(self.arguments)

    def hyper(self) -> dict[str, float | None]:
        """The numbers that enter a step, by name; ``None`` for one that only training knows."""
        return _numbers(self.arguments)

    @property
    def config(self) -> dict[str, Any]:
        """The same as plain data."""
        return {"class": type(self).__name__, "arguments": _plain(self.arguments)}


def _parts(value: Any) -> Mapping[str, Any] | None:
    """Give what is inside an argument, by name; ``None`` for one that has no inside."""
    if isinstance(value, tuple):
        return {str(k): part for k, part in enumerate(value)}
    return value if isinstance(value, Mapping) else None


def _structure(value: Any) -> Hashable:
    parts = _parts(value)
    if isinstance(value, Formula):
        return value.kind
    if parts is not None:
        return tuple((name, _structure(part)) for name, part in parts.items())
    return value if isinstance(value, bool | str | None) else "number"


def _numbers(value: Any) -> dict[str, float | None]:
    found: dict[str, float | None] = {}
    for name, part in (_parts(value) or {}).items():
        if isinstance(part, Formula) or _parts(part) is not None:
            inner = part.hyper() if isinstance(part, Formula) else _numbers(part)
            found |= {key if key in SHARED else f"{name}/{key}": x for key, x in inner.items()}
        elif _structure(part) == "number":
            found[name] = part
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, Formula):
        return value.config
    parts = _parts(value)
    return value if parts is None else {name: _plain(part) for name, part in parts.items()}


def inside(hyper: Mapping[str, Tensor], name: str) -> dict[str, Tensor]:
    """Pick the numbers of the part `name`, and those that every part may use."""
    within = {k.removeprefix(f"{name}/"): v for k, v in hyper.items() if k.startswith(f"{name}/")}
    return within | {key: hyper[key] for key in SHARED if key in hyper}


def whole(default: int, at_least: int = 0) -> Any:
    """Declare a whole number of a formula by its default and least value."""
    check = {"check": lambda value, name: whole_number(value, name, at_least)}
    return field(default=default, metadata=check)


def as_dtype(parameter: Tensor, *numbers: Tensor) -> list[Tensor]:
    """Bring scalars to the dtype of a parameter, where the exact part of their work is done."""
    return [cast(number, parameter.dtype) for number in numbers]
