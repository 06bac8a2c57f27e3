"""The native engine: programs become machine code for the CPU they run on."""

from pellucid.engines.native.engine import NativeEngine

__all__ = ["NativeEngine"]
