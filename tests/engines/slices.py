"""Train in one of two processes on rows in a file: print which rows this process has picked."""

import json
import sys

import jax
import numpy as np

from pellucid import nn
from pellucid.engines.xla.layout import Layout


class Counted:
    """An array that notes which of its rows are asked for."""

    picked: list[int] = []  # noqa: RUF012

    def __init__(self, array):
        self._array, self.shape = array, array.shape

    def __getitem__(self, rows):
        Counted.picked += np.ravel(rows).tolist()
        return self._array[rows]


def main(address, number, path):
    jax.distributed.initialize(address, 2, int(number))
    X = np.load(path, mmap_mode="r")
    copies, shared = [], Layout.shared

    def counted(layout, array, rows):
        if array.ndim > 1:  # the rows; the labels are few
            copies.append(not np.shares_memory(array, X))
            array = Counted(array)
        return shared(layout, array, rows)

    Layout.shared = counted
    model = nn.Sequential([nn.Linear(3)])
    model.fit(X, np.arange(len(X)) % 3, epochs=1, batch_size=16, seed=1, engine="xla",
              progress=False)  # fmt: skip
    print(json.dumps({"picked": Counted.picked, "copied": any(copies)}))


if __name__ == "__main__":
    main(*sys.argv[1:])
