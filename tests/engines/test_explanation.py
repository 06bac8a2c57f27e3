"""Holds: a compiled program can be read by a person, on every engine."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

import pellucid as pel
from pellucid import nn
from pellucid.engines.explanation import Explanation
from pellucid.errors import ArgumentError, EngineError, GraphError, ShapeError

X = np.linspace(-1, 1, 96, dtype="float32").reshape(12, 8)
Y = np.arange(12) % 3


@pytest.fixture(scope="module")
def model() -> nn.Sequential:
    network = nn.Sequential([nn.Linear(5, activation="relu"), nn.Linear(3)])
    network.fit(X, Y, epochs=1, batch_size=4, seed=0, progress=False)
    return network


def softmax(engine: str = "native") -> pel.engines.function.Function:
    x = pel.placeholder((None, 5), name="x")
    return pel.function([x], pel.softmax(x, axis=1), engine=engine)


SOFTMAX = """\
native engine: 4 kernels, 75 flops, 408 B moved, 0.18 flops a byte
#  computes       loop      flops  bytes  result
──────────────────────────────────────────────────
0  max            3 over 5     15   72 B  at 64
1  subtract, exp  3×5          30  132 B  at 0
2  sum            3 over 5     15   72 B  at 64
3  divide         3×5          15  132 B  output 0
──────────────────────────────────────────────────
workspace 128 bytes: “at n” is in it, n bytes from its start"""
KERNEL = """\
kernel 1 · subtract, exp · 3×5
  %2 = subtract x %1  float32[3,5]
  %3 = exp %2         float32[3,5]  → workspace at 0
  reads x  float32[3,5]
  reads %1  float32[3,1]  from workspace at 64
  30 flops, 72 B read, 60 B written"""
REFERENCE = """\
reference engine: 5 kernels, 75 flops, 528 B moved, 0.14 flops a byte
#  computes  loop      flops  bytes
───────────────────────────────────
0  max       3 over 5     15   72 B
1  subtract  3×5          15  132 B
2  exp       3×5          15  120 B
3  sum       3 over 5     15   72 B
4  divide    3×5          15  132 B
───────────────────────────────────"""


def test_it_reads_as_a_table() -> None:
    assert str(softmax().explain(np.ones((3, 5)))) == SOFTMAX


def test_a_kernel_lists_its_lines() -> None:
    kernel = softmax().explain(np.ones((3, 5)))[1]
    assert str(kernel) == KERNEL
    assert repr(kernel) == "<kernel 1 · subtract, exp · 3×5>"
    assert [line.text for line in kernel.fused] == ["%2 = subtract x %1"]


def test_the_reference_engine_shows_its_instructions() -> None:
    found = softmax("reference").explain(np.ones((3, 5)))
    assert str(found) == REFERENCE
    assert "an array of its own" in str(found[1])
    with pytest.raises(EngineError, match="ir: the reference engine makes no machine code"):
        found.ir(0)


def test_it_fits_the_page_and_a_notebook(model: nn.Sequential) -> None:
    found = model.explain(batch_size=4)
    assert max(map(len, str(found).splitlines())) <= 100
    assert repr(found).startswith("<native engine: ")
    page = found._repr_html_()
    assert page.count("<tr>") == len(found.kernels) + 1
    assert "∂ 0" in page


def test_totals_are_sums(model: nn.Sequential) -> None:
    found = model.explain(batch_size=4)
    assert found.cost.flops == sum(kernel.cost.flops for kernel in found.kernels)
    products = [one for one in found.kernels if "matrix product" in one.computes]
    extents = [2 * 4 * 8 * 5, 2 * 4 * 5 * 3]  # of each layer: forward, and back to its weight
    least = sorted([*extents, *extents, extents[1]])
    for flops, product in zip(sorted(one.cost.flops for one in products), least, strict=True):
        assert product <= flops <= 1.4 * product  # with what is done to each element


def test_layers_are_found_by_name(model: nn.Sequential) -> None:
    found = model.explain(batch_size=4)
    forward, both = found.of("0.matmul"), found.of("0")
    assert {kernel.layers[0] for kernel in both} >= {"0", "gradient of 0"}
    assert set(forward) < set(both)
    assert found.of("gradient of 0") == tuple(k for k in both if "gradient of 0" in k.layers)
    assert found.of(2) == (found[2],)
    with pytest.raises(ArgumentError, match="no kernel computes this layer"):
        found.of("conv7")
    with pytest.raises(ArgumentError, match="no kernel computes this layer"):
        found.of(-1)


def test_new_values_are_written_in_place(model: nn.Sequential) -> None:
    kernels = model.explain(batch_size=4).of("optimizer.0.weight")
    assert kernels[-1].place == "in place"
    assert kernels[-1].lines[-1].place == "0.weight, in place"


def test_a_network_that_was_not_fitted_has_no_step_to_show() -> None:
    with pytest.raises(GraphError, match="explain: the network has not been fitted"):
        nn.Sequential([nn.Linear(1)]).explain()


def test_shapes_are_those_of_a_call() -> None:
    f = softmax()
    with pytest.raises(ShapeError, match="the extents of the inputs are not known yet"):
        f.explain()
    f(np.ones((7, 5)))
    assert f.explain()[1].loop == (7, 5)
    assert f.explain(x=np.ones((2, 5)))[1].loop == (2, 5)
    known = pel.placeholder((4,), name="known")
    assert pel.function([known], known + 1).explain()[0].loop == (4,)


def test_what_only_copies_has_no_kernels() -> None:
    x = pel.placeholder((4,), name="x")
    found = pel.function([x], [x, x], engine="native").explain()
    assert isinstance(found, Explanation)
    assert str(found).splitlines()[1:] == [
        "copied at the end: x → output 0 (16 bytes), x → output 1 (16 bytes)"
    ]


def test_what_threads_share_is_marked() -> None:
    x, w = pel.placeholder((256, 300), name="x"), pel.placeholder((300, 200), name="w")
    found = pel.function([x, w], [pel.relu(x @ w), x[0, 0] + 1], engine="native").explain()
    assert [kernel.shared for kernel in found.kernels].count(True) >= 1
    assert "∥0" in str(found)
    assert "∥ is shared out between threads" in str(found)


def test_explaining_changes_nothing(model: nn.Sequential) -> None:
    before = {name: v.numpy().copy() for name, v in model.variables().items()}
    model.explain()
    for name, v in model.variables().items():
        np.testing.assert_array_equal(v.numpy(), before[name])


def test_llvm_is_not_loaded_before_it_is_needed() -> None:
    code = """
import sys, pellucid as pel
x = pel.placeholder((4,), name="x")
print(pel.function([x], pel.exp(x), engine="reference").explain()[0])
assert not any(name.startswith("llvmlite") for name in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("kernel 0 · exp · 4")
