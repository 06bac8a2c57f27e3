"""The engines under test, all that there are, and the one way in which they are run."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import pellucid as pel
from pellucid.engines import ENGINES as REGISTERED
from pellucid.engines import Engine
from pellucid.errors import EngineError
from pellucid.graph import Tensor, topological

ENGINES = tuple(REGISTERED)
EXTRAS = ("xla",) if find_spec("jax") else ()  # what is here because somebody wished for it
REFUSED = {"native": {"float16"}}  # what an engine has not, and says so by name
LOOSER = {("xla", "log1p"): 64}  # units in the last place, where an engine has its own ways


def held(engine: str, array: NDArray[Any]) -> NDArray[Any]:
    """Bring extreme numbers to those that an engine keeps.

    XLA counts what is too small to be normal as zero, and so the reciprocals of the very greatest,
    by which it multiplies where many are divided by the same.
    """
    if engine != "xla" or array.dtype.kind != "f":
        return array
    least = np.finfo(array.dtype).tiny
    small = np.where(np.abs(array) < least, np.copysign(array.dtype.type(0), array), array)
    greatest = array.dtype.type(1) / least
    return np.where(np.isfinite(array), np.clip(small, -greatest, greatest), array)


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
