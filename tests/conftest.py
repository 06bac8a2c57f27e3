"""What every test shares: no window, one thread, repeatable properties, a home of its own."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Read by Matplotlib and by the libraries below NumPy and torch when they load, so set before that.
os.environ["MPLBACKEND"] = "Agg"
for library in ("OMP", "MKL", "OPENBLAS"):
    os.environ[f"{library}_NUM_THREADS"] = "1"

# What the library keeps for a user, machine code and data sets, goes where it can be thrown away;
# the workers of a run share it. Matplotlib's list of fonts takes long to make, and stays.
if "PYTEST_XDIST_WORKER" not in os.environ:
    os.environ.setdefault("MPLCONFIGDIR", str(Path.home() / ".cache" / "matplotlib"))
    os.environ["HOME"] = os.environ["USERPROFILE"] = tempfile.mkdtemp(prefix="pellucid-tests-")
    atexit.register(shutil.rmtree, os.environ["HOME"], ignore_errors=True)

settings.register_profile("here", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("continuous", settings.get_profile("here"), derandomize=True)
settings.load_profile("continuous" if "CI" in os.environ else "here")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let generated code be written anew, and what is tried in part be tried in full.

    The long form is for ``tests/faults`` and ``tests/conformance``.
    """
    parser.addoption("--rewrite-snapshots", action="store_true", help="write kept code anew")
    parser.addoption("--full", action="store_true", help="try what takes long in full")
