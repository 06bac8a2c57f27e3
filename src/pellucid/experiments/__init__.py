"""Short experiments on a copy of a network, which itself stays as it is."""

from pellucid.experiments.first_loss import InitialLoss, initial_loss
from pellucid.experiments.one_batch import OneBatch, overfit_one_batch
from pellucid.experiments.rates import RateTest, find_learning_rate

__all__ = [
    "InitialLoss", "OneBatch", "RateTest", "find_learning_rate", "initial_loss",
    "overfit_one_batch",
]  # fmt: skip
