"""What was made lately is kept, so that it need not be made again; what is old is let go."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar, final

__all__ = ["Recent"]

_T = TypeVar("_T")


@final
class Recent(Generic[_T]):
    """The values used last, by key; several threads may ask, and each value is made by one of them.

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
        self._lock = threading.RLock()  # what makes a value may ask for another

    def get(self, key: Hashable, make: Callable[[], _T]) -> _T:
        """Give the value that is kept under `key`; make it if there is none."""
        with self._lock:
            found = self.find(key)
            return self.keep(key, make()) if found is None else found

    def find(self, key: Hashable) -> _T | None:
        """Give the value that is kept under `key`, if there is one."""
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
            return found

    def keep(self, key: Hashable, value: _T) -> _T:
        """Keep a value, and let the one go that was used longest ago."""
        with self._lock:
            self._kept[key] = value
            self._kept.move_to_end(key)
            if len(self._kept) > self._limit:
                self._kept.popitem(last=False)
            return value

    @property
    def latest(self) -> _T | None:
        """The value that was used last, if there is any."""
        with self._lock:
            return next(reversed(self._kept.values()), None)

    def clear(self) -> None:
        """Let everything go."""
        with self._lock:
            self._kept.clear()
