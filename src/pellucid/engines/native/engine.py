"""Placeholder while the room is built."""

from __future__ import annotations

from pellucid.engines.reference import ReferenceEngine as NativeEngine

__all__ = ["NativeEngine"]
