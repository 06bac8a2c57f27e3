"""What was made lately is kept, so that it need not be made again; what is old is let go."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar, final

__all__ = ["Recent"]

_T = TypeVar("_T")


@final
class Recent(Generic[_T]):
    """The values used last, by key.

    Parameters
    ----------
    limit : how many are kept

    Examples
    --------
    >>> squares = Recent(2)
    >>> [squares.get(k, lambda k=k: print("making", k) or k * k) for k in (1, 2, 1, 3, 2)]
    making 1
    making 2
    making 3
    making 2
    [1, 4, 1, 9, 4]
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._kept: OrderedDict[Hashable, _T] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], _T]) -> _T:
        """Give the value that is kept under `key`; make it if there is none."""
        if key not in self._kept:
            self._kept[key] = make()
            if len(self._kept) > self._limit:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]

    def clear(self) -> None:
        """Let everything go."""
        self._kept.clear()
