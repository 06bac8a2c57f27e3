"""Holds: graphs become programs, the verifier finds planted faults, symbols are checked."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import pellucid as pel
from pellucid.compile import optimised, specialised, trace, verify
from pellucid.errors import DTypeError, EngineError, GraphError, ShapeError
from pellucid.graph.op import Spec


def small_program():
    x = pel.placeholder((None, 3), name="x")
    w = pel.Variable(np.ones((3, 2)), name="w")
    y = pel.tanh(x @ w)
    return trace([x], [y], {w: w - 0.1 * pel.grad(y.sum(), w)})[0]


def test_a_program_prints_line_by_line():
    x = pel.placeholder((None,), name="x")
    program, _ = trace([x], [pel.exp(x) * 2])
    assert str(program).splitlines() == [
        "%0 = placeholder  float32[?]",
        "%1 = exp %0  float32[?]",
        "%2 = constant 2.0  float32[]",
        "%3 = multiply %1 %2  float32[?]",
    ]


def test_variables_come_in_the_order_asked_for_and_each_once():
    a, b, c = (pel.Variable(float(k), name=n) for k, n in enumerate("abc"))
    program, state = trace([], [b * a + b], {}, [c, a])
    assert [v.name for v in state] == ["c", "a", "b"]
    assert len(program.state) == 3


def test_labels_do_not_change_the_key_but_constants_do():
    def program(name: str, factor: float):
        x = pel.placeholder((2,), name=name)
        return trace([x], [x * factor])[0]

    assert program("x", 2.0).key == program("y", 2.0).key
    assert program("x", 2.0).key != program("x", 3.0).key


@pytest.mark.parametrize(
    ("build", "error", "text"),
    [
        (lambda x, z: trace([x], [x + z]), GraphError, "the placeholder z is needed"),
        (lambda x, z: trace([x, x], [x]), GraphError, "given twice"),
        (lambda x, z: trace([x * 1.5], [x]), GraphError, "input 0 is not a placeholder"),
    ],
)
def test_inputs_are_checked(build, error, text):
    x, z = pel.placeholder((2,), name="x"), pel.placeholder((2,), name="z")
    with pytest.raises(error, match=text):
        build(x, z)


def test_an_update_is_widened_but_never_narrowed():
    w = pel.Variable(np.zeros(2), dtype="float32", name="w")
    wide = pel.Variable(np.zeros(2), dtype="float64", name="wide")
    program, _ = trace([], [], {wide: w + 1.0})
    assert program.instructions[program.updates[0][1]].spec.dtype == np.float64
    with pytest.raises(DTypeError, match="the update of w would be narrowed"):
        trace([], [], {w: wide + 1.0})
    with pytest.raises(ShapeError, match="the update of w has another shape"):
        trace([], [], {w: w.sum()})
    with pytest.raises(GraphError, match="only variables can be updated"):
        trace([], [], {pel.tensor(1.0): w.sum()})


def test_specialising_gives_every_extent_its_value():
    program = specialised(small_program(), [(5, 3)])
    assert program.is_concrete
    assert program.instructions[program.outputs[0]].spec == Spec((5, 2), np.dtype("float32"))


def test_unknown_extents_that_met_must_be_equal_and_never_stretch():
    x, y = (pel.placeholder((None,), name=n) for n in "xy")
    program, _ = trace([x, y], [x * y])
    specialised(program, [(4,), (4,)])
    for shapes in ([(4,), (1,)], [(4,), (5,)], [(1,), (4,)]):
        with pytest.raises(ShapeError):
            specialised(program, shapes)


def planted(program, number, **change):
    lines = list(program.instructions)
    lines[number] = replace(lines[number], **change)
    return replace(program, instructions=tuple(lines))


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        (lambda p: planted(p, 2, inputs=(1, len(p.instructions) - 1)), "takes a later line"),
        (lambda p: planted(p, 2, spec=Spec((1, 1), np.dtype("float32"))), "its rule gives"),
        (lambda p: replace(p, inputs=(0,)), "listed as a placeholder"),
        (lambda p: replace(p, state=(1,)), "listed as a read"),
        (lambda p: replace(p, outputs=(99,)), "does not exist"),
        (lambda p: replace(p, updates=((0, 1),)), "updates"),
    ],
)
def test_the_verifier_finds_planted_faults(fault, text):
    program = specialised(small_program(), [(5, 3)])
    verify(program)
    with pytest.raises(EngineError, match=text):
        verify(fault(program))


def test_optimising_twice_changes_nothing_more():
    once = optimised(specialised(small_program(), [(5, 3)]))
    assert str(optimised(once)) == str(once)
