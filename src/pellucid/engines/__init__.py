"""Engines: what turns a program into something that runs."""

from __future__ import annotations

import warnings
from functools import lru_cache

from pellucid.engines.base import Engine, Executable
from pellucid.errors import ArgumentError, MissingPackageError, PellucidWarning
from pellucid.lazy import load

__all__ = ["ENGINES", "Engine", "Executable", "choose"]

ENGINES = {  # each is loaded when it is first used, as what it stands on may be large
    "native": ("pellucid.engines.native.engine", "NativeEngine"),
    "reference": ("pellucid.engines.reference", "ReferenceEngine"),
}


def choose(engine: str | Engine | None = None) -> Engine:
    """Give an engine by name; ``None`` is the fastest that works on this machine.

    Raises
    ------
    ArgumentError : for a name that no engine has

    Examples
    --------
    >>> choose("reference").name
    'reference'
    """
    if isinstance(engine, Engine):
        return engine
    if engine is None:
        return _default()
    if engine not in ENGINES:
        raise ArgumentError(
            "no engine has this name", got=f"engine={engine!r}",
            wanted=" or ".join(sorted(ENGINES)),
            mend="leave engine out to have the fastest one",
        )  # fmt: skip
    return _made(engine)


@lru_cache(maxsize=8)
def _made(name: str) -> Engine:
    module, kind = ENGINES[name]
    made: Engine = getattr(load(module), kind)()
    return made


@lru_cache(maxsize=1)
def _default() -> Engine:
    try:
        return _made("native")
    except MissingPackageError as error:
        warnings.warn(
            f"the native engine cannot work here ({error.got}); the slower reference engine does",
            PellucidWarning,
            stacklevel=3,
        )
        return _made("reference")
