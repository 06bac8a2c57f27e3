"""Holds: the native engine leaves nothing behind, refuses by name, and steps aside if it must."""

from __future__ import annotations

import gc
import resource
from pathlib import Path

import numpy as np
import pytest

import pellucid as pel
from native.programs import program
from native.training import Training
from pellucid.engines import choose
from pellucid.engines.native import engine as engine_module
from pellucid.engines.native import jit
from pellucid.errors import DataError, EngineError, MissingPackageError


def resident():
    """Count the bytes that the process holds."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="the system does not tell")
def test_programs_leave_no_memory_behind():
    engine = choose("native")
    x = pel.placeholder((3,), "float64", name="x")

    def some(first, count):
        for k in range(first, first + count):
            executable = engine.compile(program([x], [x + k]))
            assert executable([np.ones(3)], [])[0][0] == k + 1
        gc.collect()
        return resident()

    before = some(0, 100)  # more than are kept
    assert some(100, 200) - before < 200 * 4000


def test_calls_leave_no_memory_behind():
    f = pel.function([x := pel.placeholder((100,))], pel.exp(x).sum(), engine="native")
    data = np.ones(100, "f4")
    for _ in range(100):
        f(data)
    before = resident()
    for _ in range(3000):
        f(data)
    assert resident() - before < 1 << 20


def test_half_precision_is_refused_by_name():
    with pytest.raises(EngineError, match="the native engine has no float16"):
        pel.function([x := pel.placeholder((3,), "float16")], x + 1, engine="native")(
            np.ones(3, "f2")
        )


def test_a_fault_names_the_place_and_leaves_variables_as_they_were():
    w = pel.Variable(np.arange(3.0), dtype="float64", name="w")
    i = pel.placeholder((None,), "int64", name="i")
    step = pel.function(
        [i], pel.take(w, i).sum(), updates={w: w + pel.take(w, i)[0]}, engine="native"
    )
    with pytest.raises(DataError, match="take: an index is out of range 0 to 2"):
        step([0, 5])
    assert w.numpy().tolist() == [0, 1, 2]
    assert step([0, 2]) == 2


def test_where_llvmlite_is_missing_there_is_no_native_engine(monkeypatch):
    def missing(module):
        raise MissingPackageError(f"no {module}")

    monkeypatch.setattr(jit, "load", missing)
    with pytest.raises(MissingPackageError, match=r"no llvmlite.binding"):
        engine_module.NativeEngine()


def test_where_no_code_can_be_run_there_is_no_native_engine(monkeypatch):
    class Binding:
        def initialize_native_target(self):
            raise RuntimeError("not this machine")

    monkeypatch.setattr(jit, "load", lambda module: Binding())
    with pytest.raises(MissingPackageError, match="not this machine"):
        engine_module.NativeEngine()


def test_the_same_text_is_written_every_time():
    one = Training().at(Training().train, 4)
    texts = {engine_module.program_text(one, 32).text for _ in range(2)}
    assert len(texts) == 1
