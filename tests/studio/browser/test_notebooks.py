"""Holds: a cell of JupyterLab and of marimo shows the lab and trains it, and no worker outlives it.

Both are large and not among what the tests install; CONTRIBUTING.md says how to run this.
"""

from __future__ import annotations

import contextlib
import json
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from tests.studio.browser.looking import Seen

PATIENCE = 120.0  # seconds that a notebook may take to start, or to end
CELL = """\
import pellucid as pel
from pellucid import data, nn
X, y = data.moons(200, seed=1)
hidden = [nn.Linear(6, activation="tanh"), nn.Linear(4, activation="tanh")]
model = nn.Sequential([*hidden, nn.Linear(1)])
lab = pel.lab(model, X, y)
lab"""

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc"),
    pytest.mark.skipif(not find_spec("anywidget"), reason="needs pip install anywidget"),
]


def workers(ancestor: int) -> set[int]:
    """Find the labs' workers among all that a process has begun."""
    parents, found = {}, set()
    for folder in Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError):
            pid, status = int(folder.name), (folder / "stat").read_text().rpartition(")")[2].split()
            if status[0] != "Z":
                parents[pid] = int(status[1])
                if b"pellucid.studio.worker" in (folder / "cmdline").read_bytes():
                    found.add(pid)
    return {one for one in found if ancestor in _ancestors(one, parents)}


def _ancestors(pid: int, parents: dict[int, int]) -> Iterator[int]:
    while (pid := parents.get(pid, 0)) > 1:
        yield pid


class Notebook:
    """A server of notebooks, and a page of it in a browser."""

    def __init__(self, command: list[str], port: int, path: str, folder: Path) -> None:
        with (folder / "notebook.log").open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *command], cwd=folder, stdout=log, stderr=log
            )
        self.address, self.log = f"http://127.0.0.1:{port}{path}", folder / "notebook.log"
        end = time.monotonic() + PATIENCE
        while not self._answers():
            assert time.monotonic() < end, self.log.read_text()
            assert self.process.poll() is None, self.log.read_text()
            time.sleep(0.2)

    def _answers(self) -> bool:
        with contextlib.suppress(OSError):
            return bool(urllib.request.urlopen(self.address, timeout=2).status == 200)
        return False

    def workers(self) -> set[int]:
        return workers(self.process.pid)

    def end(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def gone(before: set[int]) -> bool:
    """Tell whether, soon, none of these processes is left."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        if not any(Path(f"/proc/{one}").exists() for one in before):
            return True
        time.sleep(0.1)
    return False


@pytest.fixture
def jupyter(tmp_path: Path) -> Iterator[Notebook]:
    if not find_spec("jupyterlab"):
        pytest.skip("needs pip install jupyterlab")
    cell = {"cell_type": "code", "source": CELL, "metadata": {}, "outputs": [],
            "execution_count": None, "id": "one"}  # fmt: skip
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    notebook = {"cells": [cell], "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
    (tmp_path / "lab.ipynb").write_text(json.dumps(notebook))
    port = free_port()
    command = ["jupyterlab", "--no-browser", "--allow-root", f"--ServerApp.port={port}",
               "--ServerApp.token=", "--LabApp.news_url=", "--LabApp.check_for_updates_class="
               "jupyterlab.NeverCheckForUpdate"]  # fmt: skip
    running = Notebook(command, port, "/lab/tree/lab.ipynb", tmp_path)
    yield running
    running.end()


@pytest.fixture
def marimo(tmp_path: Path) -> Iterator[Notebook]:
    if not find_spec("marimo"):
        pytest.skip("needs pip install marimo")
    body = "\n".join(f"    {line}" for line in CELL.splitlines())
    text = f"import marimo\napp = marimo.App()\n\n@app.cell\ndef _():\n{body}\n    return\n"
    (tmp_path / "lab.py").write_text(text)
    port = free_port()
    command = ["marimo", "edit", "lab.py", "--headless", "--no-token", "--skip-update-check",
               f"--port={port}"]  # fmt: skip
    running = Notebook(command, port, "/", tmp_path)
    yield running
    running.end()


@pytest.fixture
def seen(chromium: Any) -> Iterator[Seen]:
    context = chromium.new_context(viewport={"width": 1440, "height": 1000})
    yield Seen(context.new_page())
    context.close()


def run_cell(seen: Seen, code: str) -> None:
    seen.page.locator(code).first.click(timeout=1000 * PATIENCE)
    seen.page.keyboard.press("Control+Enter")


def look_through(seen: Seen) -> None:
    """See the network, train it, pause it, go back in it."""
    page = seen.page
    page.locator("[data-spot='0,0'] canvas").wait_for(timeout=1000 * PATIENCE)
    for spot in ("0,0", "1,5", "2,3"):
        assert seen.drawn(f"[data-spot='{spot}'] canvas"), spot
    assert seen.drawn(".plane .ground")
    page.locator(".play").click()
    seen.until(lambda: seen.reading("step") > 50, "steps")
    page.keyboard.press("Space")  # which the notebook does not take
    seen.until(lambda: seen.text(".play") == "Train", "a pause")
    page.get_by_label("Recorded training").press("Home")
    seen.until(lambda: seen.reading("step") == 0, "the first step")


def second_run(notebook: Notebook, seen: Seen, code: str) -> set[int]:
    """Run the cell again: one worker ends, another begins."""
    first = notebook.workers()
    assert len(first) == 1
    run_cell(seen, code)
    seen.until(lambda: len(notebook.workers() - first) == 1, "another worker")
    assert gone(first)
    look_through(seen)
    return notebook.workers()


def ground(seen: Seen) -> int:
    """Give how light the lab's ground is, 0–255."""
    told = seen.page.locator(".lab").evaluate("one => getComputedStyle(one).backgroundColor")
    return int(re.findall(r"\d+", told)[0])


def test_jupyterlab(jupyter: Notebook, seen: Seen) -> None:
    page, code = seen.page, ".jp-Notebook .jp-CodeCell .cm-content"
    page.goto(jupyter.address)
    page.get_by_text("(ipykernel) | Idle").wait_for(timeout=1000 * PATIENCE)
    run_cell(seen, code)
    look_through(seen)
    page.locator("[data-spot='1,1']").click()
    page.keyboard.press("ArrowDown")  # to the next neuron, not to the next cell
    assert seen.drawn("[data-spot='1,2']:focus canvas")
    second = second_run(jupyter, seen, code)

    assert ground(seen) > 200
    page.locator(".lm-MenuBar-itemLabel", has_text="Settings").click()
    page.locator(".lm-Menu-itemLabel", has_text="Theme").first.hover()
    page.locator(".lm-Menu-itemLabel", has_text="JupyterLab Dark").first.click()
    seen.until(lambda: ground(seen) < 60, "a dark lab")
    jupyter.end()
    assert gone(second)


def test_marimo(marimo: Notebook, seen: Seen) -> None:
    page, code = seen.page, ".cm-content"
    page.goto(marimo.address)
    page.locator("[data-testid=run-button]").first.wait_for(timeout=1000 * PATIENCE)
    run_cell(seen, code)
    look_through(seen)
    second = second_run(marimo, seen, code)
    page.evaluate("document.body.classList.add('dark')")
    seen.until(lambda: ground(seen) < 60, "a dark lab")
    marimo.end()
    assert gone(second)
