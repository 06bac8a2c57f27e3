"""The engines under test, and the one way in which they are run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

from pellucid.engines.function import function
from pellucid.graph import Tensor

ENGINES = ("reference", "native")


def run(
    engine: str, inputs: Sequence[Tensor], outputs: Sequence[Tensor], arrays: Sequence[NDArray[Any]]
) -> list[NDArray[Any]]:
    """Compile and call."""
    results: list[NDArray[Any]] = function(inputs, outputs, engine=engine)(*arrays)
    return results
