"""Holds: another process gives the same bits, whether it makes the code anew or finds it kept."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

TRAINING = """
import hashlib, numpy as np, pellucid as pel
from pellucid import nn
X = np.random.default_rng(0).normal(size=(70, 1, 6, 6))
model = nn.Sequential(
    [nn.Conv2d(3, 3), nn.BatchNorm2d(), nn.ReLU(), nn.Flatten(), nn.Dropout(0.3),
     nn.Linear(9, activation="tanh"), nn.Linear(3)]
)
history = model.fit(X, np.arange(70) % 3, epochs=3, validation=0.2, seed=5, progress=False,
                    engine="native")
found = hashlib.sha256(np.asarray(history["loss"] + history["val_loss"]).tobytes())
for variable in model.variables().values():
    found.update(variable.numpy().tobytes())
found.update(model.predict(X).tobytes())
print(found.hexdigest())
"""


def digest(home: Path) -> str:
    settings = {**os.environ, "HOME": str(home), "USERPROFILE": str(home)}
    done = subprocess.run(
        [sys.executable, "-c", TRAINING], env=settings, capture_output=True, text=True, check=True
    )
    return done.stdout


def test_processes_give_the_same_bits(tmp_path: Path) -> None:
    first = digest(tmp_path / "one")
    assert len(first) == 65
    assert digest(tmp_path / "one") == first  # with the code that is kept
    assert digest(tmp_path / "two") == first  # with code of its own
