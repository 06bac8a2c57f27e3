"""Initialisers: how the first values of a variable are drawn, from a key, in float64 or float32."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Initializer"]


class Initializer(ABC):
    """Draws an array of a shape from a random key; a frozen declaration of plain arguments."""

    @abstractmethod
    def __call__(self, shape: tuple[int, ...], key: NDArray[np.uint32]) -> NDArray[Any]:
        """Draw the array."""
