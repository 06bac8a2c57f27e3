"""Train on four devices: print how far that is from one, and what the devices tell each other."""

import copy
import json
import os
import re
import sys

os.environ["XLA_FLAGS"] = "--xla_force_host_platform_device_count=4"  # read when JAX loads

import numpy as np

import pellucid as pel
from pellucid import nn, optim
from pellucid.engines.xla.loop import Loop

X = np.random.default_rng(0).normal(size=(128, 6)).astype("float32")
LABELS = X[:, :3].argmax(axis=1)
IMAGES = np.random.default_rng(1).normal(size=(128, 1, 6, 6)).astype("float32")
LAYERS = {
    "dense": [nn.Linear(8), nn.Tanh(), nn.Dropout(0.3), nn.Linear(3)],
    "convolutional": [nn.Conv2d(4, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(3)],
    "norm": [nn.Linear(8), nn.BatchNorm1d(), nn.Tanh(), nn.Linear(3)],
    "convolutional norm": [
        nn.Conv2d(4, 3),
        nn.BatchNorm2d(),
        nn.ReLU(),
        nn.Conv2d(4, 3),
        nn.BatchNorm2d(),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(3),
    ],
}


def spoken(texts):
    """Count what the devices have to tell each other, in the text of each compiled function."""
    words = ("all-reduce", "all-gather", "all-to-all", "collective-permute")
    return {word: max(len(re.findall(rf" {word}\(", text)) for text in texts) for word in words}


def main(kind):
    texts, advance = [], Loop._compiled

    def watched(loop, *given):
        function = advance(loop, *given)

        def called(*arrays):
            texts.append(function.lower(*arrays).compile().as_text())
            return function(*arrays)

        return called

    def fit(**options):
        model = nn.Sequential(copy.deepcopy(LAYERS[kind]))
        history = model.fit(
            IMAGES if "conv" in kind else X, LABELS, epochs=3, batch_size=32, seed=1,
            optimizer=optim.SGD(0.1, momentum=0.9), progress=False, **options,
        )  # fmt: skip
        return np.concatenate([v.numpy().ravel() for v in model.variables().values()]), history

    alone, _ = fit(engine=pel.XLA())
    Loop._compiled = watched
    together, history = fit(devices=4)
    print(json.dumps({"apart": float(abs(alone - together).max()), "spoken": spoken(texts),
                      "epochs": history.epochs}))  # fmt: skip


if __name__ == "__main__":
    main(*sys.argv[1:])
