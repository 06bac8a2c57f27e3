"""Layers: frozen declarations that are called on tensors, with their variables and initialisers."""

from pellucid.layers.activation import (
    ELU,
    GELU,
    SELU,
    Activation,
    Hardsigmoid,
    Hardswish,
    Hardtanh,
    Identity,
    LeakyReLU,
    LogSoftmax,
    Mish,
    PReLU,
    ReLU,
    ReLU6,
    Sigmoid,
    Sign,
    SiLU,
    Softmax,
    Softplus,
    Softsign,
    Tanh,
    Threshold,
)
from pellucid.layers.augment import (
    RandomCrop,
    RandomErasing,
    RandomHorizontalFlip,
    RandomRotation,
    RandomTranslation,
    RandomVerticalFlip,
)
from pellucid.layers.block import Parallel, Residual
from pellucid.layers.config import from_config, to_config
from pellucid.layers.constraint import Constraint, MaxNorm, NonNegative
from pellucid.layers.conv import Conv1d, Conv2d, ConvTranspose1d, ConvTranspose2d
from pellucid.layers.dropout import Dropout
from pellucid.layers.embedding import Embedding
from pellucid.layers.flatten import Flatten, Reshape
from pellucid.layers.init import Initializer, initializer
from pellucid.layers.linear import Linear, Tied
from pellucid.layers.module import REGISTRY, Call, Module, Observation, observed, with_updates
from pellucid.layers.norm import (
    BatchNorm1d,
    BatchNorm2d,
    GroupNorm,
    InstanceNorm1d,
    InstanceNorm2d,
    LayerNorm,
)
from pellucid.layers.penalty import L1, L1L2, L2, Penalty
from pellucid.layers.pool import (
    AdaptiveAvgPool1d,
    AdaptiveAvgPool2d,
    AdaptiveMaxPool1d,
    AdaptiveMaxPool2d,
    AvgPool1d,
    AvgPool2d,
    GlobalAvgPool,
    GlobalMaxPool,
    MaxPool1d,
    MaxPool2d,
)

__all__ = [
    "ELU", "GELU", "L1", "L1L2", "L2", "REGISTRY", "SELU", "Activation", "AdaptiveAvgPool1d",
    "AdaptiveAvgPool2d", "AdaptiveMaxPool1d", "AdaptiveMaxPool2d", "AvgPool1d", "AvgPool2d",
    "BatchNorm1d", "BatchNorm2d", "Call", "Constraint", "Conv1d", "Conv2d", "ConvTranspose1d",
    "ConvTranspose2d", "Dropout", "Embedding", "Flatten", "GlobalAvgPool", "GlobalMaxPool",
    "GroupNorm", "Hardsigmoid", "Hardswish", "Hardtanh", "Identity", "Initializer",
    "InstanceNorm1d", "InstanceNorm2d", "LayerNorm", "LeakyReLU", "Linear", "LogSoftmax",
    "MaxNorm", "MaxPool1d", "MaxPool2d", "Mish", "Module", "NonNegative", "Observation",
    "PReLU", "Parallel", "Penalty", "RandomCrop", "RandomErasing", "RandomHorizontalFlip",
    "RandomRotation", "RandomTranslation", "RandomVerticalFlip", "ReLU", "ReLU6", "Reshape",
    "Residual", "SiLU", "Sigmoid", "Sign", "Softmax", "Softplus", "Softsign", "Tanh", "Threshold",
    "Tied", "from_config", "initializer", "observed", "to_config", "with_updates",
]  # fmt: skip
