"""The command *doctor*: the machine, the engines, the packages, and what is wrong with them."""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from pellucid.autodiff import grad
from pellucid.engines import ENGINES
from pellucid.engines.function import function
from pellucid.graph import placeholder
from pellucid.lazy import load
from pellucid.ops import exp
from pellucid.version import VERSION

__all__ = ["Examination", "examine"]

PACKAGES = {"native": "llvmlite", "reference": "numpy"}  # what each engine is made with

# Features that make a difference to the speed of a network; a CPU has a hundred more.
TELLING = ("avx", "avx2", "fma", "avx512f", "avx512bf16", "amx-tile", "neon", "sve", "asimd")


@dataclass(frozen=True)
class EngineState:
    """Whether an engine works here."""

    works: bool
    says: str


@dataclass(frozen=True)
class Examination:
    """What was found; `problems` are pairs of a trouble and its mend."""

    pellucid: str
    python: str
    system: str
    processor: str
    features: list[str]
    cores: int
    cores_usable: int
    engines: dict[str, EngineState]
    packages: dict[str, str]
    problems: list[dict[str, str]] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Give it as plain data."""
        return asdict(self)


def examine() -> Examination:
    """Look at the machine, and let each engine compute something whose result is known."""
    engines = {name: _engine_state(name) for name in ENGINES}
    packages = _packages()
    problems = [
        {"problem": f"the {name} engine does not work: {state.says}", "mend": _mend(name)}
        for name, state in engines.items()
        if not state.works
    ]
    problems += [
        {"problem": f"the package {name} is missing", "mend": f"run pip install {name}"}
        for name, version in packages.items()
        if not version
    ]
    return Examination(
        VERSION,
        platform.python_version(),
        f"{platform.system()} {platform.machine()}",
        _processor(),
        _features(),
        os.cpu_count() or 1,
        load("joblib").cpu_count(),
        engines,
        packages,
        problems,
    )


def _mend(engine: str) -> str:
    if engine == "native":
        return "run pip install --force-reinstall llvmlite; until then the reference engine is used"
    return "install pellucid anew"


def _engine_state(name: str) -> EngineState:
    """Compute value and gradient of the sum of eˣ, whose gradient is eˣ itself."""
    values = np.linspace(-1, 1, 7)
    x = placeholder((7,), "float64", name="x")
    start = time.perf_counter()
    try:
        compute = function([x], [exp(x).sum(), grad(exp(x).sum(), [x])[0]], engine=name)
        total, slope = compute(values)
    except Exception as error:  # whatever is wrong with an engine is what is asked for here
        return EngineState(False, str(error).splitlines()[0])
    seconds = time.perf_counter() - start
    right = np.allclose(total, np.exp(values).sum()) and np.allclose(slope, np.exp(values))
    if not right:
        return EngineState(False, "it computes wrong numbers")
    made_with = f"{PACKAGES[name]} {_version(PACKAGES[name])}"
    return EngineState(
        True, f"works, compiled and ran a test in {1000 * seconds:.0f} ms ({made_with})"
    )


def _processor() -> str:
    """Name the processor, each system in its own way."""
    if sys.platform == "darwin":
        command = ["sysctl", "-n", "machdep.cpu.brand_string"]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    described = Path("/proc/cpuinfo")
    text = described.read_text(encoding="utf-8") if described.is_file() else ""
    found = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    return found[1].strip() if found else platform.processor() or platform.machine()


def _features() -> list[str]:
    try:
        known = load("llvmlite.binding").get_host_cpu_features()
    except Exception:  # without llvmlite, or on a processor that it does not know
        return []
    return [name for name in TELLING if known.get(name)]


def _packages() -> dict[str, str]:
    """List the versions of the packages that pellucid needs; an empty one is missing."""
    try:
        needed = metadata.requires("pellucid") or []
    except metadata.PackageNotFoundError:  # run from its source, without having been installed
        return {}
    names = [re.split(r"[^\w.-]", one)[0] for one in needed if "extra ==" not in one]
    return {name: _version(name) for name in sorted(names)}


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""
