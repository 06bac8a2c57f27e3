"""Layers: frozen declarations that are called on tensors, with their variables and initialisers."""

from pellucid.layers.activation import (
    ELU,
    GELU,
    Activation,
    Identity,
    LeakyReLU,
    LogSoftmax,
    ReLU,
    Sigmoid,
    Sign,
    SiLU,
    Softmax,
    Softplus,
    Softsign,
    Tanh,
)
from pellucid.layers.config import from_config, to_config
from pellucid.layers.dropout import Dropout
from pellucid.layers.flatten import Flatten
from pellucid.layers.init import Initializer, initializer
from pellucid.layers.linear import Linear
from pellucid.layers.module import REGISTRY, Call, Module, Observation, observed, with_updates

__all__ = [
    "ELU", "GELU", "REGISTRY", "Activation", "Call", "Dropout", "Flatten", "Identity",
    "Initializer", "LeakyReLU", "Linear", "LogSoftmax", "Module", "Observation", "ReLU", "SiLU",
    "Sigmoid", "Sign", "Softmax", "Softplus", "Softsign", "Tanh", "from_config", "initializer",
    "observed", "to_config", "with_updates",
]  # fmt: skip
