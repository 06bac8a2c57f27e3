"""Exchange: networks to and from PyTorch, scikit-learn and ONNX, and out as stand-alone C."""

from pellucid.interop import c, onnx, sklearn, torch

__all__ = ["c", "onnx", "sklearn", "torch"]
