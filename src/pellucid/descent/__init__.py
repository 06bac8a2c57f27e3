"""Classic minimisers, each a direction times a step rule, that record their whole path.

descent.minimise(f, x0)                                       L-BFGS with Wolfe steps
descent.minimise(f, x0, descent.SteepestDescent(), 0.1)       gradient descent
descent.minimise(f, x0, descent.Newton(), descent.Exact())    any direction, any step rule
descent.minimise(f, x0, optim.Adam(0.1))                      any optimizer
"""

from pellucid.descent.directions import (
    LBFGS,
    ConjugateGradient,
    Direction,
    Momentum,
    Nesterov,
    Newton,
    SteepestDescent,
)
from pellucid.descent.expansion import Taylor, taylor
from pellucid.descent.minimising import minimise
from pellucid.descent.path import Model, Path
from pellucid.descent.perceptrons import PerceptronPath, perceptron
from pellucid.descent.race import compare
from pellucid.descent.smoothing import ewma, moving_average
from pellucid.descent.step_rules import Backtracking, Constant, Exact, StepRule, Wolfe

__all__ = [
    "LBFGS", "Backtracking", "ConjugateGradient", "Constant", "Direction", "Exact", "Model",
    "Momentum", "Nesterov", "Newton", "Path", "PerceptronPath", "SteepestDescent", "StepRule",
    "Taylor", "Wolfe", "compare", "ewma", "minimise", "moving_average", "perceptron", "taylor",
]  # fmt: skip
