"""Holds: functions are found in memory as they were written, and live as long as they are kept."""

from __future__ import annotations

import ctypes
import gc
from pathlib import Path

import numpy as np
import pytest

from pellucid.engines.native.cache import ObjectCache
from pellucid.engines.native.jit import Compiled, Compiler
from pellucid.engines.native.module import ProgramText
from pellucid.errors import EngineError

NUMBER = ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_double)


def text(constant: float, function: str = "erf") -> ProgramText:
    """Write two functions that can be called, and one that cannot."""
    written = f"""
declare double @{function}(double)
define internal double @inner(double %x) {{
  %y = call double @{function}(double %x)
  ret double %y
}}
define double @outer(double %x) {{
  %y = call double @inner(double %x)
  %z = fadd double %y, {constant}
  ret double %z
}}
define double @other(double %x) {{
  ret double {constant}
}}
"""
    return ProgramText(written, (), 0)


def call(compiled: Compiled, name: str, x: float) -> float:
    return float(NUMBER(compiled.address(name))(x))


def test_each_module_has_functions_of_its_own(tmp_path: Path) -> None:
    compiler = Compiler(tmp_path / "code")
    several = [compiler.compile(str(k), lambda k=k: text(k)) for k in (1.0, 2.0, 3.0)]
    assert [call(one, "other", 0.0) for one in several] == [1.0, 2.0, 3.0]
    assert [call(one, "outer", 0.0) for one in several] == [1.0, 2.0, 3.0]


def test_what_is_dropped_takes_nothing_with_it(tmp_path: Path) -> None:
    compiler = Compiler(tmp_path / "code")
    kept = compiler.compile("kept", lambda: text(1.0))
    for _ in range(20):
        compiler.compile("dropped", lambda: text(2.0))
    gc.collect()
    assert call(kept, "outer", 0.0) == 1.0
    del compiler
    gc.collect()
    assert call(kept, "outer", 0.0) == 1.0


def test_kept_code_computes_what_it_computed(tmp_path: Path) -> None:
    first = Compiler(tmp_path / "code").compile("a", lambda: text(1.0))
    again = Compiler(tmp_path / "code").compile("a", lambda: pytest.fail("it was kept"))
    assert call(again, "outer", 0.5) == call(first, "outer", 0.5) > 1.5


def test_the_librarys_functions_are_the_librarys(tmp_path: Path) -> None:
    compiler = Compiler(tmp_path / "code")
    for name in ("exp", "log1p", "tanh"):
        compiled = compiler.compile(name, lambda name=name: text(0.0, name))
        assert call(compiled, "outer", 0.5) == pytest.approx(getattr(np, name)(0.5), rel=1e-15)


def test_functions_that_llvm_does_not_find_are_given_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = NUMBER(lambda x: 7 * x)
    found = {"pellucid_mine": ctypes.cast(mine, ctypes.c_void_p).value}
    monkeypatch.setattr(Compiler, "_missing_functions", lambda self: found)
    compiled = Compiler(tmp_path / "code").compile("a", lambda: text(0.0, "pellucid_mine"))
    assert call(compiled, "outer", 2.0) == 14.0


def test_code_that_llvm_refuses_is_a_fault_of_pellucid_and_not_kept(tmp_path: Path) -> None:
    compiler = Compiler(tmp_path / "code")
    with pytest.raises(EngineError, match="LLVM refuses the code"):
        compiler.compile("a", lambda: ProgramText("define nonsense", (), 0))
    assert ObjectCache(tmp_path / "code", compiler._stamp()).read("a") is None
