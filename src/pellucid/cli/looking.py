"""The command *show*: what a run, a saved network or a model file is."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from pellucid.cli import runs
from pellucid.cli.architecture import Architecture, read_architecture
from pellucid.cli.parts import as_python
from pellucid.cli.sources import open_source
from pellucid.cli.training import complete
from pellucid.cli.wishes import Wishes, loss_of
from pellucid.data import Preparation, take
from pellucid.errors import ArgumentError
from pellucid.graph import placeholder
from pellucid.models import Network, load

__all__ = ["Layer", "Shown", "show"]


@dataclass(frozen=True)
class Layer:
    """A layer, with the shape of its output and its parameters as far as they are known."""

    path: str
    layer: str
    shape: list[Any] | None = None
    parameters: int | None = None


@dataclass(frozen=True)
class Shown:
    """What is shown.

    Attributes
    ----------
    kind : "run", "network" or "model file"
    facts : single facts, by name
    scores : loss and metrics of the parts of a run
    layers : in order
    settings : how it was, or is to be, trained
    notes : what was done to the data, in sentences
    """

    kind: str
    facts: dict[str, Any]
    layers: list[Layer]
    scores: dict[str, dict[str, float]] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def parameters(self) -> int | None:
        """How many there are in all, if that is known."""
        counts = [layer.parameters for layer in self.layers]
        return None if None in counts else sum(count for count in counts if count is not None)


def show(path: Path, given: str | None = None, target: str | None = None) -> Shown:
    """Look at a run's folder, a saved network or a model file.

    Parameters
    ----------
    given, target : for a model file: the data that decide its shapes, and the column to predict

    Raises
    ------
    FileError : when it is none of these, or damaged
    """
    described = path.suffix.lower() in (".toml", ".json")
    if given is not None and not described:
        raise ArgumentError(
            "only a model file needs data: what is trained has its shapes", where="--data",
            mend=f"write pellucid show {path}",
        )  # fmt: skip
    if described:
        return _model_file(read_architecture(path), path, given, target)
    if path.suffix == ".safetensors" and not path.is_dir():
        return _network(load(path), path)
    return _run(runs.open_run(path))


def _run(run: runs.Run) -> Shown:
    config = run.config
    data, results = config["data"], config["results"]
    facts = {
        "run": str(run.folder), "data": data["given"], "predicted": data["target"],
        "task": data["task"], "features": len(data["features"]), "classes": data["classes"],
        "epochs": results["epochs"], "steps": results["steps"], "seconds": results["seconds"],
        "command": config["command"],
    }  # fmt: skip
    scores = {part: results[part] for part in ("train", "test")}
    wishes = config["wishes"]
    hidden = wishes.get("model") is not None and "hidden"
    chosen = {k: value for k, value in wishes.items() if value is not None and k != hidden}
    return Shown("run", facts, _layers(run.network), scores, chosen, config["notes"])


def _network(network: Network, path: Path) -> Shown:
    facts: dict[str, Any] = {"file": str(path), "class": type(network).__name__}
    history = network.history
    if history is not None:
        facts |= {"epochs": history.epochs, "steps": history.steps, "seed": history.seed}
        facts |= {name: values[-1] for name, values in history.items() if values}
    return Shown("network", facts, _layers(network))


def _model_file(found: Architecture, path: Path, given: str | None, target: str | None) -> Shown:
    if given is None:
        plain = [Layer(str(k), as_python(table)) for k, table in enumerate(found.layers)]
        note = "The last Linear gets as many units as the target needs; --data DATA shows them."
        notes = [note] if found != found.ending_in(1) else []
        return Shown("model file", {"file": str(path)}, plain, settings=found.fit, notes=notes)
    source = open_source(given, target)
    wishes = Wishes(**found.fit)
    network = complete(found, wishes, source, loss_of(wishes)).network()
    first = take(source.X, np.arange(1))
    width = Preparation.fit(source.X, scaling="standard").apply(first, dtype="float32").array
    network(placeholder((None, *width.shape[1:]), "float32"))
    facts = {"file": str(path), "data": source.given, "predicted": source.target}
    return Shown("model file", facts, _layers(network), settings=found.fit)


def _layers(network: Network) -> list[Layer]:
    return [
        Layer(row.path, row.kind, list(row.shape), row.parameters) for row in network.summary().rows
    ]
