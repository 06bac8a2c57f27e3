"""Holds: pellucid and NumPy do each benchmark's work alike, and what is measured can be read."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from benchmarks import images, tables
from benchmarks.__main__ import WORKLOADS, parsed
from benchmarks.harness import Measured, Result, disagreement, measure
from benchmarks.task import Task, mean_loss
from benchmarks.training import XOR
from benchmarks.worker import numbers
from benchmarks.workload import WAYS, Target, Workload
from rich.console import Console

ESTIMATORS = [w for w in WORKLOADS if w.ours == "pellucid estimator"]
OTHERS = (*images.WORKLOADS, *ESTIMATORS)  # what NumPy has no way for here
COMPUTING = [w for w in WORKLOADS if w.name != "command" and w not in OTHERS]
TINY = Workload(
    "tiny", "exclusive or", replace(XOR, epochs=1), "pellucid fit",
    ("NumPy loop",), (Target("NumPy loop", 2), Target("NumPy loop", 1e9, "memory")),
)  # fmt: skip


@pytest.mark.parametrize("workload", COMPUTING, ids=lambda w: w.name)
def test_pellucid_and_numpy_compute_the_same(workload: Workload) -> None:
    short = workload.recipe.short()
    answers = workload.unit == "call"
    ours, theirs = (
        np.array(numbers(WAYS[way].side(), short))
        for way in (workload.ours, "NumPy predict" if answers else "NumPy loop")
    )
    assert ours.size >= 10
    assert disagreement(ours, theirs, short) == ""
    assert disagreement(ours, np.array([mean_loss(theirs, short)]), short) == ""


@pytest.mark.parametrize("workload", images.WORKLOADS, ids=lambda w: w.name)
def test_pellucid_and_torch_compute_the_same_of_images(workload: Workload) -> None:
    pytest.importorskip("torch")
    short = workload.recipe.short()
    ours, theirs = (np.array(numbers(WAYS[w].side(), short)) for w in workload.sides[:2])
    assert ours.size >= 10
    assert disagreement(ours, theirs, short) == ""


@pytest.mark.parametrize("workload", ESTIMATORS, ids=lambda w: w.name)
def test_estimators_compute_the_same_as_those_of_scikit_learn(workload: Workload) -> None:
    short = workload.recipe.short()
    ours, theirs = (np.array(numbers(WAYS[w].side(), short)) for w in workload.sides)
    assert ours.size == 1
    assert disagreement(ours, theirs, short) == ""


@pytest.mark.parametrize(
    "other", [{"rate": 0.45}, {"optimizer": "sgd"}, {"decay": 0.0}, {"seed": 2}], ids=str
)
def test_other_work_is_told_apart(other: dict[str, object]) -> None:
    short = XOR.short()
    ours = np.array(numbers(WAYS["pellucid fit"].side(), replace(short, **other)))
    theirs = np.array(numbers(WAYS["NumPy loop"].side(), short))
    assert "other numbers" in disagreement(ours, theirs, short)


@pytest.mark.parametrize("workload", WORKLOADS, ids=lambda w: w.name)
def test_a_task_is_read_as_it_was_written(workload: Workload, tmp_path: Path) -> None:
    task = workload.recipe.short()
    task.save(tmp_path / "task.npz")
    found = Task.load(tmp_path / "task.npz")
    assert found.layers == task.layers
    assert (found.loss, found.rate, found.drawn) == (task.loss, task.rate, task.drawn)
    assert found.weights.keys() == task.weights.keys()
    np.testing.assert_array_equal(found.X, task.X)
    np.testing.assert_array_equal(found.order, task.order)


def test_workloads_name_ways_that_are_there() -> None:
    names = [workload.name for workload in WORKLOADS]
    assert len(set(names)) == len(names)
    for workload in WORKLOADS:
        assert set(workload.sides) <= WAYS.keys()
        assert {target.peer for target in workload.all_targets} <= set(workload.peers)


def test_processes_are_timed_and_the_tables_print(tmp_path: Path) -> None:
    result = measure(TINY, rounds=2)
    for side in result.sides.values():
        assert side.trouble == ""
        assert len(side.first) == 1
        assert len(side.next) >= 2
        assert side.memory > 5
    out = io.StringIO()
    console = Console(file=out, width=110)
    console.print(tables.workload_table(result), tables.target_table([result]))
    printed = out.getvalue()
    for word in ("tiny: exclusive or; 20 steps", "pellucid fit", "NumPy loop", "MiB", "≥ 2 ×"):
        assert word in printed
    readme = tmp_path / "README.md"
    readme.write_text(f"before\n{tables.BEGIN}\nold\n{tables.END}\nafter\n", encoding="utf-8")
    tables.write(readme, tables.markdown({"CPU": "one"}, [result]))
    text = readme.read_text(encoding="utf-8")
    assert text.startswith("before\n")
    assert text.endswith("\nafter\n")
    assert "old" not in text
    assert "- CPU: one" in text
    assert "| tiny | memory | ≥ 1000000000 × NumPy loop |" in text


def test_a_library_that_is_missing_is_told_and_no_ratio_is_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(WAYS, "nothing", WAYS["floor"]._replace(module="no_such_library"))
    workload = replace(TINY, ours="NumPy loop", peers=("nothing",), targets=(Target("nothing", 2),))
    result = measure(workload, rounds=1)
    assert "No module named" in result.sides["nothing"].trouble
    assert result.verdicts() == [(Target("nothing", 2), None)]
    assert result.sides["NumPy loop"].next


def test_a_ratio_is_of_medians() -> None:
    sides = {
        "pellucid fit": Measured([4.0], [1.0, 2.0, 9.0], 10.0),
        "NumPy loop": Measured([1.0], [8.0, 6.0, 7.0], 30.0),
    }
    result = Result(TINY, 10, sides)
    assert result.ratio("NumPy loop", "first fit") == 0.25
    assert result.ratio("NumPy loop", "next fit") == 3.5
    assert result.ratio("NumPy loop", "memory") == 3
    assert [tables.verdict(*pair) for pair in result.verdicts()] == ["yes", "no"]


@pytest.mark.parametrize(
    ("seconds", "shown"), [(12.34, "12.3 s"), (0.0456, "45.6 ms"), (7.8e-7, "0.78 µs")]
)
def test_times_have_three_digits(seconds: float, shown: str) -> None:
    assert tables.shown_seconds(seconds) == shown


@pytest.mark.parametrize("wrong", [["digit"], ["digits", "--write"], ["--rounds", "-1"]], ids=str)
def test_a_wrong_command_line_is_refused(
    wrong: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        parsed(wrong)
    assert "error:" in capsys.readouterr().err
