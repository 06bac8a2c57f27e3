"""A network as it was, when something goes wrong before the first step."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pellucid.graph import Variable

if TYPE_CHECKING:
    from pellucid.models import Network

__all__ = ["unharmed"]

SLOTS = [name for name in Variable.__slots__ if name != "__weakref__"]


@contextlib.contextmanager
def unharmed(network: Network) -> Iterator[None]:
    """Put modules and variables back, if anything is raised inside.

    Preparing a fit builds layers, sets seeds and changes dtypes; data that do not fit are noticed
    in the midst of it, and must not leave a network behind that was made for them.
    """
    modules = [(module, dict(vars(module))) for module in network.modules().values()]
    inside = [v for _, known in modules for v in known.values() if isinstance(v, Variable)]
    variables = [(v, [getattr(v, slot) for slot in SLOTS]) for v in inside]
    try:
        yield
    except BaseException:
        for module, attributes in modules:
            vars(module).clear()
            vars(module).update(attributes)
        for variable, values in variables:
            for slot, value in zip(SLOTS, values, strict=True):
                setattr(variable, slot, value)
        network._programs.clear()  # they may hold variables that are gone now
        network._functions.clear()
        raise
