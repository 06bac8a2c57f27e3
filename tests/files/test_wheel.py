"""Holds: the wheel is for every machine, holds its types and its page, and needs no llvmlite."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import pellucid

pytest.importorskip("hatchling")

ROOT = Path(__file__).parents[2]
BUILD = "import sys; from hatchling.build import build_wheel; build_wheel(sys.argv[1])"
WITHOUT = """
import sys, warnings
sys.modules["llvmlite"] = None  # as in a browser, where there is none
sys.path.insert(0, sys.argv[1])
import pellucid
from pellucid import data, nn
assert pellucid.__file__.startswith(sys.argv[1])
warnings.simplefilter("ignore")
X, y = data.moons(40, seed=1)
history = nn.Sequential([nn.Linear(4, activation="tanh"), nn.Linear(2)]).fit(
    X, y, epochs=2, seed=1, progress=False
)
print(history.engine, len(history["loss"]))
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run([sys.executable, "-c", BUILD, str(folder)], cwd=ROOT, check=True)
    (found,) = folder.iterdir()
    return found


def test_it_is_for_every_machine_and_holds_what_is_no_code(wheel: Path) -> None:
    assert wheel.name == f"pellucid-{pellucid.__version__}-py3-none-any.whl"
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert {"pellucid/py.typed", "pellucid/studio/assets/index.html"} <= names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    written = {str(path.relative_to(ROOT / "src")) for path in (ROOT / "src").rglob("*.py")}
    assert {name for name in names if name.endswith(".py")} == written
    assert all(name.startswith("pellucid") for name in names)


def test_it_trains_where_llvmlite_is_missing(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    command = [sys.executable, "-I", "-c", WITHOUT, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["reference", "2"], done.stderr[-2000:]
