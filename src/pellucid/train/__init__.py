"""Training: the step as one graph, the loop around the engine, and what is kept of it."""

from pellucid.recent import Recent
from pellucid.train.callbacks import Callback, EarlyStopping, Training
from pellucid.train.checkpoint import from_bytes, load, load_weights, save, to_bytes
from pellucid.train.copying import copied
from pellucid.train.diagnosing import diagnose
from pellucid.train.ends import heads_of, parameter_names, reshaped_like
from pellucid.train.explaining import Explanation, explain
from pellucid.train.fitting import fit
from pellucid.train.history import History
from pellucid.train.keeping import Checkpoint
from pellucid.train.live import Live
from pellucid.train.options import FitOptions
from pellucid.train.prediction import classify, evaluate, predict, predict_proba, probe
from pellucid.train.prepared import Ready, ready
from pellucid.train.record import FitRecord
from pellucid.train.recording import Recording
from pellucid.train.running import Slots
from pellucid.train.summary import Summary, summarise
from pellucid.train.watching import Watch

__all__ = [
    "Callback", "Checkpoint", "EarlyStopping", "Explanation", "FitOptions", "FitRecord", "History",
    "Live", "Ready", "Recent", "Recording", "Slots", "Summary", "Training", "Watch", "classify",
    "copied", "diagnose", "evaluate", "explain", "fit", "from_bytes", "heads_of", "load",
    "load_weights", "parameter_names", "predict", "predict_proba", "probe", "ready",
    "reshaped_like", "save", "summarise", "to_bytes",
]  # fmt: skip
