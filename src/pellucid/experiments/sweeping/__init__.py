"""Sweeps: thousands of networks, for every combination of some values and every seed."""

from pellucid.experiments.sweeping.ensemble import Ensemble
from pellucid.experiments.sweeping.halving import Halving
from pellucid.experiments.sweeping.result import Sweep
from pellucid.experiments.sweeping.sweeping import sweep

__all__ = ["Ensemble", "Halving", "Sweep", "sweep"]
