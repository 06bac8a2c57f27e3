"""Networks inside a pickled estimator: as the bytes of pellucid's own file, checked when read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pellucid.arguments import Frozen
from pellucid.layers.module import Module
from pellucid.lazy import load
from pellucid.models import Network
from pellucid.models import load as load_network

__all__ = ["frozen", "thawed"]


class Kept(Frozen):
    """A network as plain data.

    Attributes
    ----------
    file : what ``network.save`` writes
    classes : of its modules, which may be a user's own
    """

    file: bytes
    classes: tuple[type[Module], ...]


def frozen(value: Any) -> Any:
    """Give a network that has weights as plain data, and anything else as it is."""
    if not isinstance(value, Network) or not value.built:
        return value
    with load("tempfile").TemporaryDirectory() as folder:
        path = Path(folder) / "network.safetensors"
        value.save(path)
        return Kept(path.read_bytes(), tuple({type(one) for one in value.modules().values()}))


def thawed(value: Any) -> Any:
    """Give the network that :func:`frozen` saw, and anything else as it is."""
    if not isinstance(value, Kept):
        return value
    with load("tempfile").TemporaryDirectory() as folder:
        path = Path(folder) / "network.safetensors"
        path.write_bytes(value.file)
        return load_network(path, modules=value.classes)
