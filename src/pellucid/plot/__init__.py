"""Pictures of arrays, functions and records with Matplotlib; nothing here knows a model.

A display of one thing takes ``ax=`` and returns the `Axes`; one of several (a gallery, curves,
steps) takes ``figure=`` and returns the `Figure`. Without them a pyplot figure is made, so that a
notebook shows it. No global setting of Matplotlib is read or written.
Save with Matplotlib's own ``ax.figure.savefig("name.svg")``.
"""

from pellucid.plot.cells import matrix, matrix_grid
from pellucid.plot.classes import confusion_matrix, scatter_classes
from pellucid.plot.convolution import convolution_step, convolution_steps, pooling
from pellucid.plot.descent import (
    descent_contours,
    descent_curve,
    descent_values,
    separating_lines,
    smoothed,
    taylor_models,
)
from pellucid.plot.filters import feature_maps, kernels, true_class_probability
from pellucid.plot.images import image_grid, mistakes
from pellucid.plot.landscape import loss_curves, loss_path, loss_surface
from pellucid.plot.layers import gradient_flow, layer_histograms
from pellucid.plot.network import network_diagram
from pellucid.plot.projection import embedding
from pellucid.plot.regression import error_by_feature, predicted_against_true, residuals
from pellucid.plot.scores import calibration, class_curves
from pellucid.plot.surfaces import decision_boundary, probability_surface
from pellucid.plot.sweeps import sweep_curve, sweep_heatmap
from pellucid.plot.training import curves, step_losses
from pellucid.plot.units import unit_lines
from pellucid.plot.values import activation_curve, feature_bars, histogram

__all__ = [
    "activation_curve",
    "calibration",
    "class_curves",
    "confusion_matrix",
    "convolution_step",
    "convolution_steps",
    "curves",
    "decision_boundary",
    "descent_contours",
    "descent_curve",
    "descent_values",
    "embedding",
    "error_by_feature",
    "feature_bars",
    "feature_maps",
    "gradient_flow",
    "histogram",
    "image_grid",
    "kernels",
    "layer_histograms",
    "loss_curves",
    "loss_path",
    "loss_surface",
    "matrix",
    "matrix_grid",
    "mistakes",
    "network_diagram",
    "pooling",
    "predicted_against_true",
    "probability_surface",
    "residuals",
    "scatter_classes",
    "separating_lines",
    "smoothed",
    "step_losses",
    "sweep_curve",
    "sweep_heatmap",
    "taylor_models",
    "true_class_probability",
    "unit_lines",
]
