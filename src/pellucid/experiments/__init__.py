"""Experiments: short ones on a copy of a network, which itself stays as it is; and sweeps."""

from pellucid.experiments.first_loss import InitialLoss, initial_loss
from pellucid.experiments.one_batch import OneBatch, overfit_one_batch
from pellucid.experiments.rates import RateTest, find_learning_rate
from pellucid.experiments.sweeping import Ensemble, Halving, Sweep, sweep

__all__ = [
    "Ensemble", "Halving", "InitialLoss", "OneBatch", "RateTest", "Sweep", "find_learning_rate",
    "initial_loss", "overfit_one_batch", "sweep",
]  # fmt: skip
