"""Holds: threads do not disturb each other, a fork can train, and memory does not grow."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from faults.conftest import rows
from pellucid import nn, optim

X, Y, C = rows()


def fitted(seed, engine, epochs=4):
    """Train a network of the seed's own width, with dropout; give its weights and its answers."""
    layers = [nn.Linear(3 + seed, activation="tanh"), nn.Dropout(0.4), nn.Linear(1)]
    model = nn.Sequential(layers)
    history = model.fit(
        X, Y, optimizer=optim.Adam(0.05), epochs=epochs, batch_size=6, validation=0.3,
        metrics=["mae", "r2"], seed=seed, engine=engine, progress=False,
    )  # fmt: skip
    weights = {name: v.numpy().tobytes() for name, v in model.variables().items()}
    return weights, model.predict(X).tobytes(), dict(history), model.evaluate(X, Y)


def test_four_threads_give_the_bits_of_one(engine):
    alone = [fitted(seed, engine) for seed in range(4)]
    together = {}
    ready = threading.Barrier(4)

    def work(seed):
        ready.wait()
        together[seed] = [fitted(seed, engine) for _ in range(2)]

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for seed in range(4):
        assert together[seed] == [alone[seed]] * 2


def test_one_network_answers_several_threads(engine):
    model = nn.Sequential([nn.Linear(8, activation="tanh"), nn.Linear(2)])
    model.fit(X, C, epochs=1, seed=1, engine=engine, progress=False)
    wanted = {n: model.predict(X[:n]).tobytes() for n in range(1, 21)}
    wrong = []

    def work(first):
        for n in [*range(first, 21), *range(1, first)]:
            if model.predict(X[:n]).tobytes() != wanted[n]:
                wrong.append(n)

    threads = [threading.Thread(target=work, args=(k,)) for k in (1, 6, 11, 16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


FORK = """
import os, sys
import numpy as np
from pellucid import nn
X = np.random.default_rng(0).normal(size=(40, 3))
def fit():
    model = nn.Sequential([nn.Linear(5, activation="tanh"), nn.Dropout(0.4), nn.Linear(1)])
    model.fit(X, X.sum(axis=1), epochs=3, seed=1, engine=sys.argv[1], progress=False)
    return model.predict(X).tobytes()
before = fit()
child = os.fork()
if child == 0:
    os._exit(0 if fit() == before else 1)
_, status = os.waitpid(child, 0)
assert fit() == before
sys.exit(os.waitstatus_to_exitcode(status))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform does not fork")
def test_a_forked_child_can_train(engine):
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", FORK, engine], capture_output=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, b"")


# --- thousands of fits ---------------------------------------------------------------------

SMALL, SUMS = X[:, :2].astype(np.float32), Y.astype(np.float32)


def network():
    return nn.Sequential([nn.Linear(3, activation="tanh"), nn.Dropout(0.2), nn.Linear(1)])


def resident():
    """Give the bytes that the process holds, where the system tells."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * 4096
    except OSError:
        return 0


def growth(once, full, fits):
    """Give what each fit leaves behind, once caches are full: Python's blocks, and bytes held."""
    for _ in range(full):
        once()
    gc.collect()
    blocks, held = sys.getallocatedblocks(), resident()
    for _ in range(fits):
        once()
    gc.collect()
    return (sys.getallocatedblocks() - blocks) / fits, (resident() - held) / fits


def test_three_hundred_fits_of_one_network(engine):
    model = network()

    def once():
        model.fit(SMALL, SUMS, epochs=1, seed=1, engine=engine, progress=False)
        model.evaluate(SMALL, SUMS)
        model.predict(SMALL)

    blocks, held = growth(once, 20, 300)
    assert blocks < 4  # some hundred in all, after which it stays
    assert held < 1024


def test_fits_of_new_networks(engine):
    def once():
        model = nn.Sequential([nn.Dropout(0.2), nn.Linear(1)])
        model.fit(SMALL, SUMS, epochs=1, seed=1, engine=engine, progress=False)
        model.predict(SMALL)

    blocks, held = growth(once, 70, 30)
    assert blocks < 4
    assert held < 16384


def test_fits_with_losses_of_their_own():
    """Each fit has a new function as its loss, for which programs are built: old ones go."""
    model = nn.Sequential([nn.Linear(1)])

    def once():
        loss = lambda prediction, target: ((prediction - target) ** 2).mean()  # noqa: E731
        model.fit(SMALL, SUMS, loss=loss, epochs=1, seed=1, engine="reference", progress=False)

    blocks, held = growth(once, 70, 30)
    assert blocks < 4
    assert held < 16384
