"""Training: the step as one graph, the loop around the engine, and what is kept of it."""

from pellucid.train.callbacks import Callback, EarlyStopping, Training
from pellucid.train.checkpoint import load, load_weights, save
from pellucid.train.copying import copied
from pellucid.train.ends import heads_of, parameter_names, reshaped_like
from pellucid.train.explaining import Explanation, explain
from pellucid.train.fitting import fit
from pellucid.train.history import History
from pellucid.train.options import FitOptions
from pellucid.train.prediction import classify, evaluate, predict, predict_proba, probe
from pellucid.train.recent import Recent
from pellucid.train.record import FitRecord
from pellucid.train.summary import Summary, summarise

__all__ = [
    "Callback", "EarlyStopping", "Explanation", "FitOptions", "FitRecord", "History", "Recent",
    "Summary", "Training", "classify", "copied", "evaluate", "explain", "fit", "heads_of", "load",
    "load_weights", "parameter_names", "predict", "predict_proba", "probe", "reshaped_like", "save",
    "summarise",
]  # fmt: skip
