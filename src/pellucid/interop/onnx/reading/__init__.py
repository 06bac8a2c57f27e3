"""ONNX graphs as networks: each operator is a formula in our operations."""

from pellucid.interop.onnx.reading.graph import READERS
from pellucid.interop.onnx.reading.network import Imported, from_onnx, load

__all__ = ["READERS", "Imported", "from_onnx", "load"]
