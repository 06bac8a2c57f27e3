"""Training: the step as one graph, the loop around the engine, and what is kept of it."""

from pellucid.train.callbacks import Callback, EarlyStopping, Training
from pellucid.train.checkpoint import load, load_weights, save
from pellucid.train.fitting import fit
from pellucid.train.history import History
from pellucid.train.options import FitOptions
from pellucid.train.prediction import classify, evaluate, predict, predict_proba, probe
from pellucid.train.recent import Recent
from pellucid.train.record import FitRecord
from pellucid.train.summary import Summary, summarise

__all__ = [
    "Callback", "EarlyStopping", "FitOptions", "FitRecord", "History", "Recent", "Summary",
    "Training", "classify", "evaluate", "fit", "load", "load_weights", "predict",
    "predict_proba", "probe", "save", "summarise",
]  # fmt: skip
