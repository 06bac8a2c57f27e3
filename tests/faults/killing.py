"""Kills processes that save, at random moments, and looks at what is left: a program of its own.

``python killing.py FOLDER KILLS RUNS`` prints what was found as one JSON object.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
import warnings
from pathlib import Path

import numpy as np

import pellucid as pel
from pellucid import nn, optim

warnings.simplefilter("ignore", DeprecationWarning)  # of forking, where threads have ended
X = np.random.default_rng(0).normal(size=(60, 3))
CHANCE = random.Random(1)


def killed(act, longest):
    """Let a child do something, and kill it within so many seconds."""
    child = os.fork()
    if child == 0:
        try:
            act()
        finally:
            os._exit(1)
    time.sleep(CHANCE.uniform(0, longest))
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def of_units(units):
    model = nn.Sequential([nn.Linear(units, activation="tanh"), nn.Linear(1)])
    model(X)
    return model


def kill_saves(folder, kills):
    """Save two networks in turn, over and over; after each kill the file is one of them."""
    path, models = folder / "model.safetensors", [of_units(2_000), of_units(40_000)]
    whole = []
    for model in models:
        model.save(path)
        whole.append(path.read_bytes())
    start = time.perf_counter()
    models[1].save(path)
    seconds = time.perf_counter() - start

    def save():
        while True:
            for model in models:
                model.save(path)

    found = {"kills": kills, "first": 0, "second": 0, "torn": 0, "stale": 0, "most stale": 0}
    for _ in range(kills):
        if killed(save, 4 * seconds) != -signal.SIGKILL:
            raise SystemExit("a save failed")
        left = path.read_bytes()
        found["first" if left == whole[0] else "second" if left == whole[1] else "torn"] += 1
        stale = len(list(folder.iterdir())) - 1
        found["stale"] += stale > 0
        found["most stale"] = max(found["most stale"], stale)
    pel.load(path).save(path)
    return {**found, "stale at the end": len(list(folder.iterdir())) - 1}


def kill_runs(folder, runs):
    """Kill trainings that write checkpoints, and let others continue; the bits are the same."""
    path = folder / "run.safetensors"

    def fit(**arguments):
        layers = [nn.Linear(8), nn.BatchNorm1d(), nn.Tanh(), nn.Dropout(0.3), nn.Linear(1)]
        model = nn.Sequential(layers)
        history = model.fit(
            X, X.sum(axis=1), epochs=30, seed=2, validation=0.3, early_stopping=25,
            optimizer=optim.Adam(optim.Cosine(0.05)), progress=False, **arguments,
        )  # fmt: skip
        weights = [v.numpy().tobytes() for v in model.variables().values()]
        return weights, dict(history), history.step_losses.tobytes()

    whole = fit()
    start = time.perf_counter()
    fit(checkpoint=pel.Checkpoint(path, every=1))
    seconds, same, places = time.perf_counter() - start, 0, set()
    for _ in range(runs):
        path.unlink(missing_ok=True)
        rule = pel.Checkpoint(path, every=1)
        killed(lambda rule=rule: fit(checkpoint=rule), seconds)
        places.add(pel.load(path).history.steps if path.exists() else 0)
        same += fit(checkpoint=rule, resume=True) == whole
    return {"runs": runs, "same": same, "places": len(places)}


def main():
    folder, kills, runs = Path(sys.argv[1]), *map(int, sys.argv[2:])
    (folder / "saves").mkdir()
    (folder / "runs").mkdir()
    found = {**kill_saves(folder / "saves", kills), **kill_runs(folder / "runs", runs)}
    print(json.dumps(found))


if __name__ == "__main__":
    main()
