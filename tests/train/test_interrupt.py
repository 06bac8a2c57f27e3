"""Holds: Ctrl-C ends a training within half a second, at a whole step, and a second one at once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time

import pytest

from pellucid import Callback, nn

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals are sent as POSIX does")

SCRIPT = """
import sys, time
import numpy as np
from pellucid import Callback, nn

class Ready(Callback):
    granularity = "time"
    def on_progress(self, training):
        print("running", flush=True)

X = np.random.default_rng(0).normal(size=(200, 3))
y = X.sum(axis=1)
wide = lambda: nn.Linear(200, activation="tanh")
layers = lambda: [wide(), wide(), nn.Linear(1)]
model = nn.Sequential(layers())
options = dict(seed=1, engine=sys.argv[1], batch_size=80, progress=False)
model.fit(X, y, epochs=1, **options)
"""


def started(engine, rest):
    """Start a process; give it back when its training runs."""
    code = SCRIPT + textwrap.dedent(rest)
    process = subprocess.Popen(
        [sys.executable, "-c", code, engine],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "running\n", process.communicate()[1]
    return process


def test_once(engine):
    """The weights that are left are those of a run that ended there, and the script goes on."""
    process = started(
        engine,
        """
        history = model.fit(X, y, epochs=10**7, callbacks=[Ready()], **options)
        ended = time.time()
        assert history.stopped == "interrupted", history
        assert model.history is history
        assert len(history.step_losses) == history.steps > 0
        assert np.isfinite(history.step_losses).all()
        seen = {k: v.numpy().copy() for k, v in model.variables().items()}
        class Stop(Callback):
            granularity = "step"
            looks_at_model = False
            def on_progress(self, training):
                if training.history.steps == history.steps:
                    training.stop()
        twin = nn.Sequential(layers())
        twin.fit(X, y, epochs=1, **options)
        twin.fit(X, y, epochs=10**7, callbacks=[Stop()], **options)
        for k, v in twin.variables().items():
            assert v.numpy().tobytes() == seen[k].tobytes(), k
        model.fit(X, y, epochs=1, **options)
        print(ended, flush=True)
        sys.exit(7)
        """,
    )
    pressed = time.time()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (7, "")
    ended = float(out.split()[-1])
    assert ended - pressed < 0.5


def test_twice(engine):
    process = started(
        engine,
        """
        class Slow(Ready):
            def on_progress(self, training):
                super().on_progress(training)
                time.sleep(30)
        try:
            model.fit(X, y, epochs=10**7, callbacks=[Slow()], **options)
        except KeyboardInterrupt:
            assert all(np.isfinite(v.numpy()).all() for v in model.variables().values())
            assert model.history.steps > 0
            model.predict(X)
            sys.exit(8)
        """,
    )
    process.send_signal(signal.SIGINT)
    time.sleep(0.2)
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (8, "")


def test_ctrl_c_is_the_users_again_afterwards(engine, numbers):
    before = signal.getsignal(signal.SIGINT)
    model = nn.Sequential([nn.Linear(1)])
    inside = []
    watch = lambda training: inside.append(signal.getsignal(signal.SIGINT))  # noqa: E731
    model.fit(*numbers, epochs=1, callbacks=[watch], engine=engine, progress=False)
    assert signal.getsignal(signal.SIGINT) is before
    assert inside != [before]


def test_in_another_thread_signals_are_left_alone(engine, numbers):
    seen = []

    class Watch(Callback):
        def on_progress(self, training):
            seen.append(signal.getsignal(signal.SIGINT))

    before = signal.getsignal(signal.SIGINT)
    options = {"epochs": 1, "callbacks": [Watch()], "engine": engine, "progress": False}
    work = threading.Thread(target=nn.Sequential([nn.Linear(1)]).fit, args=numbers, kwargs=options)
    work.start()
    work.join()
    assert seen == [before]
