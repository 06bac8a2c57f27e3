"""Networks as scikit-learn's estimators: for its pipelines, searches, ensembles and calibration.

``NeuralClassifier`` and ``NeuralRegressor`` do what MLPClassifier and MLPRegressor do, and take any
network, loss and optimizer besides; ``PerceptronClassifier`` is the first learning machine. Names
of parameters and attributes are scikit-learn's, and so is the order of arguments. All training is
``Network.fit``: what an estimator has learned stands in its ``network_``.
"""

from pellucid.sklearn.classifier import NeuralClassifier
from pellucid.sklearn.perceptron import PerceptronClassifier
from pellucid.sklearn.regressor import NeuralRegressor

__all__ = ["NeuralClassifier", "NeuralRegressor", "PerceptronClassifier"]
