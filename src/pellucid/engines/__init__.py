"""Engines: what turns a program into something that runs."""

from __future__ import annotations

import warnings
from functools import lru_cache

from pellucid.engines.base import Engine, Executable
from pellucid.errors import ArgumentError, EngineError, MissingPackageError, PellucidWarning
from pellucid.lazy import load

__all__ = ["ENGINES", "EXTRAS", "Engine", "Executable", "choose", "earlier"]

ENGINES = {  # each is loaded when it is first used, as what it stands on may be large
    "native": ("pellucid.engines.native.engine", "NativeEngine"),
    "reference": ("pellucid.engines.reference", "ReferenceEngine"),
}
EXTRAS = {"xla": ("pellucid.engines.xla.engine", "XLA")}  # for what is installed by choice


def choose(engine: str | Engine | None = None, *, devices: int | None = None) -> Engine:
    """Give an engine by name; ``None`` is the fastest that works on this machine.

    Parameters
    ----------
    devices : over how many the rows of a batch are shared, which the XLA engine alone can do

    Raises
    ------
    ArgumentError : for a name that no engine has
    MissingPackageError : when what the engine stands on is not installed

    Examples
    --------
    >>> choose("reference").name
    'reference'
    """
    if devices is not None:
        return _on_devices(engine, devices)
    if isinstance(engine, Engine):
        return engine
    if engine is None:
        return _default()
    if engine not in ENGINES and engine not in EXTRAS:
        raise ArgumentError(
            "no engine has this name", got=f"engine={engine!r}",
            wanted=" or ".join([*sorted(ENGINES), *EXTRAS]),
            mend="leave engine out to have the fastest one",
        )  # fmt: skip
    return _made(engine)


def _on_devices(engine: str | Engine | None, devices: int) -> Engine:
    if engine is None or engine == "xla":
        return _xla(devices)
    name = engine.name if isinstance(engine, Engine) else engine
    raise EngineError(
        "rows are shared between devices by the XLA engine", got=f"engine={name!r}",
        wanted=f'devices={devices} with engine="xla"',
        mend=f"give engine=pel.XLA(…, devices={devices}) alone" if name == "xla"
        else "leave engine out, or leave devices out",
    )  # fmt: skip


@lru_cache(maxsize=8)
def _xla(devices: int) -> Engine:
    made: Engine = load(EXTRAS["xla"][0]).XLA(devices=devices)
    return made


def earlier(name: str) -> Engine | None:
    """Give the engine of an earlier fit, if it has to be asked for and works here.

    >>> earlier("reference").name, earlier("native")
    ('reference', None)
    """
    if name == "native" or (name not in ENGINES and name not in EXTRAS):
        return None
    try:
        return _made(name)
    except MissingPackageError:
        return None


@lru_cache(maxsize=8)
def _made(name: str) -> Engine:
    module, kind = (ENGINES | EXTRAS)[name]
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
