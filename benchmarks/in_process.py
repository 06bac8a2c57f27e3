"""Whole processes: pellucid's command, and the imports of what one would take instead."""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile

from benchmarks.task import Side, peak_of


class Process(Side):
    computes = False
    arguments: tuple[str, ...]

    def run(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, *(one.format(folder=folder) for one in self.arguments)]
            subprocess.run(command, check=True, capture_output=True)

    def peak_memory(self) -> float:
        return peak_of(resource.RUSAGE_CHILDREN)


class Train(Process):
    arguments = ("-m", "pellucid", "train", "digits", "--out", "{folder}/run")


class Imports(Process):
    arguments = ("-c", "import sklearn.neural_network, matplotlib.pyplot")
