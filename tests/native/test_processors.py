"""Holds: code for other processors, and for narrower vectors, computes what the reference does."""

from __future__ import annotations

import platform
from functools import lru_cache
from typing import Any

import llvmlite.binding as llvm
import numpy as np
import pytest
from scipy import special

import pellucid as pel
from conformance import test_operations as suite
from native.training import Training
from pellucid import nn, optim
from pellucid.compile import Data, Phase, Program, Run, RunState, optimised, specialised, trace
from pellucid.engines import choose
from pellucid.engines.native.driver import Kind, driver_text
from pellucid.engines.native.engine import NativeEngine
from pellucid.engines.native.module import program_text
from pellucid.engines.native.processor import with_processor

FEATURES = llvm.get_host_cpu_features()
NEEDED = {"x86-64": "sse2", "x86-64-v3": "avx2"}  # the widest is tried wherever it is at hand
PROCESSORS = [
    pytest.param(cpu, marks=pytest.mark.skipif(
        not FEATURES.get(feature), reason=f"this machine cannot run code for {cpu}"
    ))
    for cpu, feature in NEEDED.items()
]  # fmt: skip
each_processor = pytest.mark.parametrize("cpu", PROCESSORS)


@lru_cache(maxsize=8)
def engine_for(cpu: str) -> NativeEngine:
    return NativeEngine(cpu=cpu)


# --- what code is made ---------------------------------------------------------------------


REGISTERS = {"x86-64": "xmm", "x86-64-v3": "ymm", "": "zmm"}


@each_processor
def test_code_uses_the_registers_of_its_processor_and_no_others(cpu: str) -> None:
    x, y = pel.placeholder((40, 40)), pel.placeholder((40, 40))
    text = pel.function([x, y], pel.exp(x @ y), engine=engine_for(cpu)).explain().assembly(0)
    used = {one for one in REGISTERS.values() if f"%{one}" in text}
    widest = list(REGISTERS.values())[: list(REGISTERS).index(cpu) + 1]
    assert REGISTERS[cpu] in used
    assert used <= set(widest)
    assert ("vfmadd" in text) == (cpu != "x86-64")


# --- what it computes ----------------------------------------------------------------------


OPERATIONS = (
    "argmax", "cast", "conv", "conv_input", "conv_weight", "cumsum", "erf", "exp", "expm1", "floor",
    "floor_divide", "isnan", "log", "log1p", "matmul", "maximum", "one_hot", "overlap", "power",
    "put_add", "random_bits", "remainder", "sigmoid", "sin", "softplus", "sqrt", "sum", "take",
    "tanh", "where",
)  # fmt: skip
WHOLE = {"cast", "cumsum", "floor_divide", "maximum", "power", "remainder", "sum"}  # as well


@each_processor
@pytest.mark.parametrize("name", OPERATIONS)
def test_operations_are_those_of_the_conformance_suite(name: str, cpu: str) -> None:
    taken = set(suite.sample(name).dtypes)
    kinds = [kind for kind in ("floating", "whole") if taken & set(suite.KINDS[kind])]
    for kind in kinds if name in WHOLE else kinds[:1]:
        suite.test_an_engine_computes_the_value(name, kind, engine_for(cpu))


EXTENTS = [
    (1, 1, 1), (1, 7, 33), (33, 7, 1), (2, 3, 5), (3, 16, 4), (4, 5, 8), (5, 2, 31), (7, 9, 15),
    (8, 8, 8), (9, 1, 17), (13, 32, 16), (16, 15, 65), (31, 4, 47), (33, 33, 33), (130, 3, 11),
    (17, 131, 10),
]  # fmt: skip


@each_processor
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_products_of_awkward_sizes(dtype: str, cpu: str) -> None:
    generator = np.random.default_rng(0)
    inputs, outputs, arrays, wanted = [], [], [], []
    for m, k, n in EXTENTS:
        a, b = generator.normal(size=(m, k)), generator.normal(size=(k, n))
        for left, right in ((False, False), (True, False), (False, True)):  # transposed
            x, y = (a.T if left else a), (b.T if right else b)
            p, q = pel.placeholder(x.shape, dtype), pel.placeholder(y.shape, dtype)
            outputs.append((p.T if left else p) @ (q.T if right else q))
            wanted.append(a @ b)
            inputs += [p, q]
            arrays += [x.astype(dtype), y.astype(dtype)]
    near = 200 * float(np.finfo(dtype).eps)
    found = pel.function(inputs, outputs, engine=engine_for(cpu))(*arrays)
    for value, known in zip(found, wanted, strict=True):
        np.testing.assert_allclose(value, known, rtol=near, atol=near)


FUNCTIONS: dict[str, tuple[Any, float, float]] = {
    "exp": (np.exp, -103, 88),
    "log": (np.log, 1e-30, 40),
    "tanh": (np.tanh, -9, 9),
    "sigmoid": (special.expit, -80, 80),
    "erf": (special.erf, -4, 4),
    "sin": (np.sin, -1000, 1000),
    "cos": (np.cos, -1000, 1000),
}


@each_processor
def test_functions_are_exact_to_a_few_units_in_the_last_place(cpu: str) -> None:
    for dtype in ("float32", "float64"):
        x = pel.placeholder((1003,), dtype)
        for name, (known, low, high) in FUNCTIONS.items():
            data = np.linspace(low, high, 1003).astype(dtype)
            exact = known(data.astype(np.longdouble if name not in ("erf", "sigmoid") else "f8"))
            found = pel.function([x], getattr(pel, name)(x), engine=engine_for(cpu))(data)
            away = np.abs(found - exact) / np.spacing(np.abs(exact).astype(dtype))
            assert away.max() <= 6, f"{name} {dtype}"


@each_processor
def test_a_dense_network_learns_the_same(cpu: str) -> None:
    training = Training()
    run, data = training.run(), training.data()
    states, records = [], []
    for engine in (engine_for(cpu), choose("reference")):
        state = training.state()
        records.append(engine.advance(run, state, data).values)
        states.append(state)
    np.testing.assert_allclose(records[0], records[1], rtol=2e-3, atol=2e-3)
    for mine, theirs in zip(states[0].arrays, states[1].arrays, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=2e-3, atol=2e-3)


@each_processor
def test_a_convolutional_network_learns_the_same(cpu: str) -> None:
    generator = np.random.default_rng(0)
    X, y = generator.normal(size=(20, 2, 9, 9)).astype("f4"), np.arange(20) % 3
    losses = []
    for engine in (engine_for(cpu), choose("reference")):
        model = nn.Sequential(
            [nn.Conv2d(5, 3, padding=1), nn.BatchNorm2d(), nn.ReLU(), nn.MaxPool2d(2),
             nn.Conv2d(3, 3, stride=2), nn.Flatten(), nn.Dropout(0.2), nn.Linear(3)]
        )  # fmt: skip
        settings = {"epochs": 2, "batch_size": 8, "seed": 1, "progress": False}
        history = model.fit(X, y, optimizer=optim.SGD(0.05), engine=engine, **settings)
        losses.append(history["loss"])
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-4)


@pytest.mark.skipif(
    platform.machine().lower() not in ("x86_64", "amd64", "aarch64", "arm64"),
    reason="it is not known how this processor is told",
)
def test_subnormal_numbers_count_as_zero_in_a_run_and_nowhere_else() -> None:
    tiny = np.float32(1e-39)
    x, one = pel.placeholder((None,), "float32"), pel.placeholder((), "float32")
    kept = pel.Variable(tiny, name="kept")
    program, _ = trace([x, one], [x.sum()], {kept: kept * one})
    step = optimised(specialised(program, [(2,), ()]))
    run = Run(Phase(step, None, 4, 2), None, 1, (1, 2), "shuffled")
    state = RunState([np.asarray(tiny)])
    data = Data(((np.ones(4, np.float32),),), (np.asarray(1.0, np.float32),))
    choose("native").advance(run, state, data)
    assert state.arrays[0] == 0
    assert tiny * np.float32(2) == np.float32(2e-39) != 0
    assert pel.function([x], x * 2)(np.array([tiny]))[0] == np.float32(2e-39)


@pytest.mark.parametrize("vector_bytes", [16, 32, 64])
def test_any_width_runs_anywhere(vector_bytes: int) -> None:
    engine = NativeEngine(vector_bytes)
    x = pel.placeholder((11, 21), "float64")
    f = pel.function([x], [pel.softmax(x, axis=1), x @ x.T, x.sum(0)], engine=engine)
    data = np.cos(np.arange(231.0)).reshape(11, 21)
    wanted = pel.function([x], [pel.softmax(x, axis=1), x @ x.T, x.sum(0)], engine="reference")
    for found, known in zip(f(data), wanted(data), strict=True):
        np.testing.assert_allclose(found, known, rtol=1e-13)


# --- for machines that are not here --------------------------------------------------------


def machine(triple: str, cpu: str, features: str) -> Any:
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    try:
        return llvm.Target.from_triple(triple).create_target_machine(
            cpu=cpu, features=features, opt=1
        )
    except RuntimeError:
        pytest.skip(f"this LLVM makes no code for {triple}")


def networks() -> dict[str, Program]:
    training = Training()
    x = pel.placeholder((3, 2, 9, 9), name="x")
    image = pel.function([x], pel.max_pool(pel.relu(nn.Conv2d(4, 3)(x)), 2))
    return {"dense": training.at(training.train, 8), "convolution": image.program}


@pytest.mark.parametrize(
    ("triple", "cpu", "features"),
    [("aarch64-unknown-linux-gnu", "generic", "+neon"), ("arm64-apple-macosx", "apple-m1", "")],
)
def test_code_for_arm_is_accepted(triple: str, cpu: str, features: str) -> None:
    target = machine(triple, cpu, features)
    kind = Kind("shuffled", 41, 8, 8, (20, 8), (np.dtype(np.float32),), 3)
    texts = [program_text(one, 16).text for one in networks().values()]
    for text in (*texts, driver_text((kind,)).text):
        text = with_processor(text, "aarch64")
        with llvm.parse_assembly(text) as module:
            module.triple = triple
            assert target.emit_object(module)
            written = target.emit_assembly(module)
    assert "ret" in written
    with llvm.parse_assembly(texts[0]) as module:
        module.triple = triple
        assert "fmla" in target.emit_assembly(module)  # multiply-adds of vectors
