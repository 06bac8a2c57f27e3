"""Automatic differentiation: gradients as graphs, and a checker that names the worst entry."""

from pellucid.autodiff.check import check_gradient
from pellucid.autodiff.reverse import backward, grad

__all__ = ["backward", "check_gradient", "grad"]
