"""What is measured: a task for pellucid and its peers, and how much faster pellucid is to be."""

from __future__ import annotations

import importlib
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Literal, NamedTuple

from benchmarks.task import Side, Task

Of = Literal["first fit", "next fit", "memory"]


class Way(NamedTuple):
    """Where the class of a side is, and what its process needs.

    Attributes
    ----------
    environment : variables of its process
    fresh_home : whether it starts without the code that earlier processes have compiled and kept
    """

    module: str
    name: str
    environment: tuple[tuple[str, str], ...] = ()
    fresh_home: bool = False

    def side(self) -> type[Side]:
        """Import its library, and give the class."""
        return getattr(importlib.import_module(f"benchmarks.{self.module}"), self.name)


WAYS = {
    "pellucid fit": Way("in_pellucid", "Fit", fresh_home=True),
    "pellucid estimator": Way("in_estimator", "Fit", fresh_home=True),
    "pellucid function": Way("in_pellucid", "Function", fresh_home=True),
    "pellucid eager": Way("in_pellucid", "Eager", fresh_home=True),
    "pellucid evaluate": Way("in_pellucid", "Evaluate", fresh_home=True),
    "pellucid predict": Way("in_pellucid", "Predict", fresh_home=True),
    "pellucid predictor": Way("in_pellucid", "Predictor", fresh_home=True),
    "pellucid train digits": Way("in_process", "Train"),
    "torch eager": Way("in_torch", "Eager"),
    "torch tuned": Way("in_torch", "Tuned"),
    "torch compile": Way("in_torch", "Compiled"),
    "torch evaluate": Way("in_torch", "Evaluate"),
    "torch DataLoader": Way("in_torch", "Loader"),
    "torch predict": Way("in_torch", "Predict"),
    "onnxruntime": Way("in_onnxruntime", "Evaluate"),
    "JAX jit loop": Way("in_jax", "Loop"),
    "JAX scan": Way("in_jax", "Scan"),
    "Keras on JAX": Way("in_keras", "Fit", (("KERAS_BACKEND", "jax"),)),
    "Keras on torch": Way("in_keras", "Fit", (("KERAS_BACKEND", "torch"),)),
    "scikit-learn": Way("in_sklearn", "Fit"),
    "scikit-learn predict": Way("in_sklearn", "Predict"),
    "NumPy loop": Way("in_numpy", "Loop"),
    "NumPy predict": Way("in_numpy", "Predict"),
    "imports of the peers": Way("in_process", "Imports"),
    "floor": Way("floor", "Floor"),
}


class Target(NamedTuple):
    """That pellucid needs at most 1/ratio of what a peer needs."""

    peer: str
    ratio: float
    of: Of = "next fit"


class Recipe(ABC):
    """How a task is made."""

    @abstractmethod
    def task(self, share: float = 1.0) -> Task:
        """Make the task, or about that share of its steps."""

    @abstractmethod
    def short(self) -> Task:
        """Make a task of few steps with the same arithmetic, whose numbers are compared."""


@dataclass(frozen=True)
class Workload:
    """A line of the table.

    Attributes
    ----------
    ours, peers : names of ways
    unit : what a step of the task is called
    """

    name: str
    title: str
    recipe: Recipe
    ours: str
    peers: tuple[str, ...]
    targets: tuple[Target, ...]
    unit: str = "step"

    @property
    def sides(self) -> tuple[str, ...]:
        """All ways, pellucid's first."""
        return (self.ours, *self.peers)

    @property
    def all_targets(self) -> tuple[Target, ...]:
        """Those of its own, and half of torch's memory where nothing else is wanted."""
        torch = next((peer for peer in self.peers if peer.startswith("torch")), None)
        if any(target.of == "memory" for target in self.targets):
            return self.targets
        return (*self.targets, *([] if torch is None else [Target(torch, 2, "memory")]))
