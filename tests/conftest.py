"""What every test shares: pictures without a window, one thread, properties that repeat in CI."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

# Read by Matplotlib and by the libraries below NumPy and torch when they load, so set before that.
os.environ["MPLBACKEND"] = "Agg"
for library in ("OMP", "MKL", "OPENBLAS"):
    os.environ[f"{library}_NUM_THREADS"] = "1"

settings.register_profile("here", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("continuous", settings.get_profile("here"), derandomize=True)
settings.load_profile("continuous" if "CI" in os.environ else "here")
