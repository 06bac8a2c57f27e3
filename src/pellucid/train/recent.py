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
        found = self.find(key)
        return self.keep(key, make()) if found is None else found

    def find(self, key: Hashable) -> _T | None:
        """Give the value that is kept under `key`, if there is one."""
        try:
            self._kept.move_to_end(key)
            return self._kept[key]
        except KeyError:  # it was never there, or another thread has let it go
            return None

    def keep(self, key: Hashable, value: _T) -> _T:
        """Keep a value, and let the one go that was used longest ago."""
        self._kept[key] = value
        if len(self._kept) > self._limit:
            self._kept.popitem(last=False)
        return value

    @property
    def latest(self) -> _T | None:
        """The value that was used last, if there is any."""
        return next(reversed(self._kept.values()), None)

    def clear(self) -> None:
        """Let everything go."""
        self._kept.clear()
