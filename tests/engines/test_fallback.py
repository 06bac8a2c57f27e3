"""Holds: without llvmlite one warning says so, and everything works on the reference engine."""

from __future__ import annotations

import subprocess
import sys

TRAINING = """
import sys, warnings
sys.modules["llvmlite"] = None  # as if it were not installed
import numpy as np, pellucid as pel
from pellucid import nn

with warnings.catch_warnings(record=True) as seen:
    warnings.simplefilter("always")
    x = pel.placeholder((None,), name="x")
    print(pel.function([x], x * 2)([1.0, 2.0]))
    X, y = np.random.default_rng(0).normal(size=(40, 2)), np.arange(40) % 2
    X[:, 0] += 4 * y
    model = nn.Sequential([nn.Linear(4, activation="tanh"), nn.Linear(2)])
    history = model.fit(X, y, epochs=30, validation=0.2, seed=0, progress=False)
    print(history.engine, history["loss"][-1] < history["loss"][0], model.predict(X).shape)
    print(model.explain().engine, len(model.explain().kernels) > 10)
for one in seen:
    print(f"{one.category.__name__}: {one.message}")
try:
    pel.function([x], x, engine="native")
except pel.errors.MissingPackageError as error:
    print(error)
"""
SAID = """\
[2. 4.]
reference True (40, 2)
reference True
"""
WARNING = "PellucidWarning: the native engine cannot work here"


def test_the_reference_engine_takes_over_with_one_warning() -> None:
    done = subprocess.run(
        [sys.executable, "-c", TRAINING], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith(SAID), done.stdout
    warned, *error = done.stdout.removeprefix(SAID).splitlines()
    assert warned.startswith(WARNING)
    assert "llvmlite" in warned
    assert error[0] == "the package 'llvmlite' cannot be imported"
    assert error[-1].split() == ["mend", "run", "pip", "install", "llvmlite"]
    assert done.stderr == ""
