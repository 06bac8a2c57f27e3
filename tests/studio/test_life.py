"""Holds: server and worker begin, end and die together; what was recorded outlives a worker."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import pellucid as pel
from pellucid.cli import main
from pellucid.cli.serving import opening
from pellucid.studio import Lab
from pellucid.studio.serving import lab
from studio.talking import Page

SOURCE = Path(__file__).parents[2] / "src"
SLOWEST = 2.0  # seconds that an end may take


@contextlib.contextmanager
def command(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run ``pellucid lab`` as a terminal does; give the process and the first line."""
    paths = {**os.environ, "PYTHONPATH": str(SOURCE)}
    line = [sys.executable, "-m", "pellucid", "lab", "--no-browser", *arguments]
    process = subprocess.Popen(
        line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=paths
    )
    try:
        assert process.stdout is not None
        yield process, process.stdout.readline().strip()
    finally:
        process.kill()
        process.communicate()


def worker_of(process: subprocess.Popen[str]) -> int:
    """Find the worker, the child of the server."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    others = [
        child for task in Path(f"/proc/{process.pid}/task").iterdir()
        for child in (task / "children").read_text().split()
    ]  # fmt: skip
    return int((children + others)[0])


def lives(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False


def slowness() -> float:
    """Tell how many times longer things take here than where nothing else is done."""
    return 1 + os.getloadavg()[0] / (os.cpu_count() or 1)


def until_gone(pid: int) -> float:
    begin = time.perf_counter()
    while lives(pid) and time.perf_counter() - begin < 10:
        time.sleep(0.01)
    return time.perf_counter() - begin


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGKILL])
def test_server_and_worker_end_together_with_sockets_open(
    how: signal.Signals, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with command("xor") as (process, url):
        one = Page(url)
        assert one.hello()["ok"]
        other = Page(url)
        assert other.hello()["ok"]
        one.ask("subscribe", views={"network": {}}, fps=30)
        one.ask("play")
        worker = worker_of(process)
        begin = time.perf_counter()
        process.send_signal(how)
        process.wait(10)
        assert until_gone(worker) < SLOWEST
        assert time.perf_counter() - begin < SLOWEST * slowness()
        assert not list(tmp_path.iterdir())  # nor is anything left of what was uploaded
        for page in (one, other):
            page.close()


def test_the_first_line_is_the_address() -> None:
    with command("moons", "--port", "0") as (_, url):
        assert url.startswith("http://127.0.0.1:")
        assert "/#token=" in url


def test_a_killed_worker_is_told_and_started_again_where_it_was() -> None:
    with lab(data="moons", browser=False) as opened:
        page = Page(opened.url)
        page.hello()
        page.ask("set", setting={"learning_rate": 0.1})
        page.ask("subscribe", views={"network": {"resolution": 4}, "timeline": {}}, fps=30)
        for _ in range(3):
            step = page.ask("step", unit="epoch")["step"]
        weights = page.frame().arrays["network/weights/0"]
        while page.frames[-1].header["step"] != step:
            weights = page.frame().arrays["network/weights/0"]
        weights = page.frames[-1].arrays["network/weights/0"]
        _wait_for(opened, step)
        pid = opened._address.hub.board.link.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        lost = page.until(lambda said: said.get("event") == "worker")
        assert lost["alive"] is False
        assert "kept" in lost["what"]
        refused = page.ask("play")
        assert not refused["ok"]
        assert "Restart" in refused["error"]["mend"]
        again = page.ask("restart")
        assert again["state"]["step"] == step
        assert again["state"]["setting"]["learning_rate"] == 0.1
        frame = page.frame()
        while frame.header["step"] != step:
            frame = page.frame()
        assert (frame.arrays["network/weights/0"] == weights).all()
        assert page.ask("step", unit="batch")["step"] == step + 1
        page.close()


def _wait_for(opened: Lab, step: int) -> None:
    """Wait until the session was written, which is done every two seconds."""
    path = opened._address.folder / "session.lab"
    begin = time.time()
    while not path.exists() or path.stat().st_mtime < begin:
        assert time.time() - begin < 20
        time.sleep(0.05)
    assert step


def test_nothing_is_left_behind() -> None:
    with lab(data="xor", browser=False) as opened:
        folder = opened._address.folder
        assert folder.stat().st_mode & 0o077 == 0
        pid = opened._address.hub.board.link.pid
        assert pid is not None
    assert until_gone(pid) < SLOWEST
    assert not folder.exists()
    opened.stop()  # a second time harms nothing


def test_a_run_is_opened_with_its_network(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    assert main(["train", "iris", "--hidden", "7", "--epochs", "1", "--out", str(run), "-q"]) == 0
    capsys.readouterr()
    with Lab(opening(str(run), None), "127.0.0.1", 0) as opened:
        page = Page(opened.url)
        state = page.hello()["state"]
        assert [one["units"] for one in state["network"]["layers"]] == [7, 3]
        assert state["data"]["rows"] == 150
        page.ask("subscribe", views={"network": {"resolution": 2}}, fps=30)
        found = page.frame().arrays["network/weights/0"]
        page.close()
    model = pel.load(run / "model.safetensors")
    assert (found == model.variables()["0.weight"].numpy()).all()


def test_a_file_is_opened_with_its_target(tmp_path: Path) -> None:
    path = tmp_path / "flowers.csv"
    rows = "\n".join(f"{k % 5},{k % 3},{'ab'[k % 5 > 2]}" for k in range(40))
    path.write_text(f"size,age,species\n{rows}\n")
    with Lab(opening(str(path), "species"), "127.0.0.1", 0) as opened:
        page = Page(opened.url)
        state = page.hello()["state"]
        assert (state["data"]["classes"], state["data"]["title"]) == (["a", "b"], "flowers.csv")
        assert "data.read(" in page.ask("script")["text"]
        page.close()


@pytest.mark.parametrize("arguments", [["nowhere.csv"], ["lost"], ["--port", "99999"]])
def test_what_cannot_be_opened_is_two_lines(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["lab", *arguments, "--no-browser"]) in (1, 2)
    said = capsys.readouterr()
    assert said.out == ""
    assert len(said.err.strip().splitlines()) == 2
