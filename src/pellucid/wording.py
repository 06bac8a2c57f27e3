"""How messages count, list and place things."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

__all__ = ["at_row", "counted", "listed"]


def at_row(row: Any, *owners: str, word: str = "row") -> str:
    """Where a row is, after what owns it.

    Examples
    --------
    >>> at_row(3, "X", "column 'age'")
    "X, column 'age', row 3 (counted from 0)"
    """
    return ", ".join([*filter(None, owners), f"{word} {row} (counted from 0)"])


def counted(count: int, noun: str) -> str:
    """A number of things, in the right number.

    Examples
    --------
    >>> counted(1, "row"), counted(2, "row")
    ('1 row', '2 rows')
    """
    return f"{count} {noun}{'s' * (count != 1)}"


def listed(labels: Sequence[Any], limit: int = 8) -> str:
    """The first labels of a list, and how many there are if that is not all.

    Examples
    --------
    >>> listed(["a", "b", "c"], 2)
    "'a', 'b', … (3 in all)"
    """
    shown = ", ".join(repr(label) for label in labels[:limit])
    return shown if len(labels) <= limit else f"{shown}, … ({len(labels)} in all)"
