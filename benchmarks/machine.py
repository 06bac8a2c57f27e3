"""The machine and the versions that a measurement was made with."""

from __future__ import annotations

import datetime
import os
import platform
from importlib import metadata
from pathlib import Path

from pellucid.version import VERSION

SMALL = 10_000_000  # with fewer operations a step, threads cost more than they save
PACKAGES = ("numpy", "llvmlite", "torch", "jax", "keras", "scikit-learn", "onnxruntime")


def usable_cores() -> int:
    """Give the number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def threads(operations: int) -> dict[str, str]:
    """Give the environment that lets a library use every core where that can help it.

    Parameters
    ----------
    operations : multiplications and additions of a step, or none if that is not known
    """
    count = 1 if 0 < operations < SMALL else usable_cores()
    names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    return dict.fromkeys(names, str(count))


def described() -> dict[str, str]:
    """Say what a reader needs to know of the machine."""
    versions = {"Python": platform.python_version(), "pellucid": VERSION}
    versions |= {name: _version(name) for name in PACKAGES}
    return {
        "date": datetime.date.today().isoformat(),
        "CPU": _processor(),
        "vectors": _vectors(),
        "cores": f"{usable_cores()}, all for every library; one thread where steps are small",
        "system": f"{platform.system()} {platform.machine()}",
        "versions": ", ".join(f"{name} {version}" for name, version in versions.items()),
    }


def load() -> str:
    """Say how busy the machine has been for the last minute."""
    return f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"


def _information(name: str) -> str:
    path = Path("/proc/cpuinfo")
    lines = path.read_text().splitlines() if path.exists() else []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(name)), "")


def _processor() -> str:
    return _information("model name") or platform.processor() or "unknown"


def _vectors() -> str:
    flags = _information("flags").split()
    known = {"avx512f": "AVX-512", "avx2": "AVX2"}
    return next((name for flag, name in known.items() if flag in flags), "128 bits")
