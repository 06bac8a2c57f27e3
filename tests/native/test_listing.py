"""Holds: the code of single layers can be read, and is the code that runs."""

from __future__ import annotations

import re

import llvmlite.binding as llvm
import numpy as np
import pytest

import pellucid as pel
from native.bodies import compiler
from native.programs import program
from native.training import Training
from pellucid.compile import Program
from pellucid.engines import choose
from pellucid.engines.explanation import Explanation
from pellucid.engines.native.listing import explanation, readable
from pellucid.engines.native.module import program_text

DECIMAL = pytest.mark.skipif(llvm.llvm_version_info < (19,), reason="LLVM cannot read splats yet")


@pytest.fixture(scope="module")
def step() -> Program:
    training = Training()
    return training.at(training.train, 4)


@pytest.fixture(scope="module")
def explained(step: Program) -> Explanation:
    return choose("native").explain(step)


def test_each_kernel_is_a_function_under_its_title(explained: Explanation) -> None:
    for verb, comment in (("ir", ";"), ("assembly", "#")):
        text = getattr(explained, verb)("0")
        titles = [f"{comment} {kernel.title}" for kernel in explained.of("0")]
        assert [line for line in text.splitlines() if line.startswith(f"{comment} k")] == titles
        assert len(titles) > 1


def test_the_code_of_kernels_is_in_the_program(step: Program, explained: Explanation) -> None:
    whole = readable(program_text(step, choose("native")._vector_bytes).text).splitlines()
    for kernel in explained.kernels:
        lines = explained.ir(kernel.number).splitlines()
        assert {line for line in lines if line.startswith(f"  %k{kernel.number}.")} <= set(whole)


def test_machine_code_shows_what_is_computed() -> None:
    x, y = pel.placeholder((64,), name="x"), pel.placeholder((64,), name="y")
    found = choose("native").explain(program([x, y], [x * y])).assembly(0)
    assert "kernel0:" in found
    assert "mul" in found
    assert not re.search(r"^\s*\.(file|section|type)", found, re.MULTILINE)


def test_the_workspace_is_that_of_the_program(step: Program, explained: Explanation) -> None:
    written = program_text(step, choose("native")._vector_bytes)
    assert (explained.workspace, explained.scratch) == (written.workspace, written.scratch)


@DECIMAL
def test_readable_code_is_the_same_code(step: Program) -> None:
    text = program_text(step, 32).text
    assert len(readable(text)) < len(text)
    assert compiler().assembly(readable(text)) == compiler().assembly(text)


@DECIMAL
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_numbers_of_every_size_can_be_read(dtype: str) -> None:
    limits = np.finfo(dtype)
    numbers = [0.1, 1 / 3, 1e-20, limits.max, limits.tiny, limits.smallest_subnormal, np.inf, -0.0]
    x = pel.placeholder((64,), dtype)
    total = x
    for number in numbers:
        total = total * np.asarray(number, dtype)
    text = program_text(program([x], [total]), 32).text
    assert compiler().assembly(readable(text)) == compiler().assembly(text)


def test_width_is_what_was_asked_for(step: Program) -> None:
    for lanes in (4, 8, 16):
        found = explanation(step, 4 * lanes, compiler()).ir("0")
        assert f"<{lanes} x float>" in found
        assert f"<{2 * lanes} x float>" not in found


def test_kernels_that_threads_share_stand_alone_as_well() -> None:
    x, w = pel.placeholder((256, 300)), pel.placeholder((300, 200))
    found = choose("native").explain(program([x, w], [pel.relu(x @ w).sum(1)]))
    assert all(kernel.shared for kernel in found.kernels)
    for kernel in found.kernels:
        assert found.ir(kernel.number).count("define internal void @kernel") == 1
        assert f"kernel{kernel.number}:" in found.assembly(kernel.number)
