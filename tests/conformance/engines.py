"""The engines under test, all that there are, and the one way in which they are run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

import pellucid as pel
from pellucid.engines import ENGINES as REGISTERED
from pellucid.graph import Tensor

ENGINES = tuple(REGISTERED)


def run(
    engine: str, inputs: Sequence[Tensor], outputs: Sequence[Tensor], arrays: Sequence[NDArray[Any]]
) -> list[NDArray[Any]]:
    """Compile and call."""
    results: list[NDArray[Any]] = pel.function(inputs, outputs, engine=engine)(*arrays)
    return results
