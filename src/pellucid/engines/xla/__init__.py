"""The XLA engine: the same programs through JAX, on CPUs, GPUs and TPUs, one or many."""

from pellucid.engines.xla.engine import XLA

__all__ = ["XLA"]
