"""The engines under test, all that there are, and the one way in which they are run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from numpy.typing import NDArray

import pellucid as pel
from pellucid.engines import ENGINES as REGISTERED
from pellucid.engines import Engine
from pellucid.errors import EngineError
from pellucid.graph import Tensor, topological

ENGINES = tuple(REGISTERED)
REFUSED = {"native": {"float16"}}  # what an engine has not, and says so by name


def run(
    engine: str | Engine,
    inputs: Sequence[Tensor],
    outputs: Sequence[Tensor],
    arrays: Sequence[NDArray[Any]],
) -> list[NDArray[Any]]:
    """Compile and call; what the engine refuses by name, the reference does."""
    met = {node.dtype.name for node in topological([*inputs, *outputs])}
    name = engine if isinstance(engine, str) else engine.name
    for dtype in met & REFUSED.get(name, set()):
        with pytest.raises(EngineError, match=dtype):
            pel.function(inputs, outputs, engine=engine)(*arrays)
        engine = "reference"
    results: list[NDArray[Any]] = pel.function(inputs, outputs, engine=engine)(*arrays)
    return results
