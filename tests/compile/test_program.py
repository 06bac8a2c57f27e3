"""Holds: graphs become programs, the verifier finds planted faults, symbols are checked."""

from __future__ import annotations

import os
import subprocess
import sys
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


# --- what is asked once, and known again ------------------------------------------------------


def test_a_rule_that_was_asked_answers_for_these_shapes_dtypes_and_settings_alone():
    def specs(dtype: str, rows: int, axis: int):
        x = pel.placeholder((None, 3), dtype, name="x")
        program, _ = trace([x], [(x + x).sum(axis), x > 0, pel.argmax(x, axis)])
        return [specialised(program, [(rows, 3)]).instructions[k].spec for k in program.outputs]

    asked = [("float32", 4, 0), ("float64", 4, 0), ("int32", 4, 0), ("float32", 5, 0)]
    for dtype, rows, axis in [*asked, ("float32", 4, 1), *asked]:
        array = np.zeros((rows, 3), dtype)
        wanted = [(array + array).sum(axis), array > 0, array.argmax(axis)]
        found = specs(dtype, rows, axis)
        assert [spec.shape for spec in found] == [value.shape for value in wanted]
        assert [spec.dtype for spec in found[1:]] == [np.dtype(bool), np.dtype("int64")]


def test_specialising_leaves_the_open_program_open():
    program = small_program()
    before = str(program)
    assert str(specialised(program, [(5, 3)])) != str(specialised(program, [(6, 3)])) != before
    assert str(program) == before


def test_programs_that_compute_the_same_have_one_key_and_others_have_another():
    base = specialised(small_program(), [(5, 3)])
    assert specialised(small_program(), [(5, 3)]).key == base.key
    assert specialised(small_program(), [(6, 3)]).key != base.key
    last = len(base.instructions) - 1
    float64 = Spec(base.instructions[last].spec.shape, np.dtype("float64"))
    others = [
        planted(base, last, spec=float64),
        planted(base, last, attrs=(("axis", 0),)),
        replace(base, outputs=base.outputs[::-1] + base.outputs),
        replace(base, updates=()),
    ]
    assert len({base.key, *(other.key for other in others)}) == 5


def test_settings_that_are_equal_but_not_the_same_make_other_keys():
    line = small_program().instructions[2]
    keys = set()
    for value in (0.0, -0.0, 0, False):
        lines = (replace(line, attrs=(("value", value),)),)
        keys.add(replace(small_program(), instructions=lines).key)
    assert len(keys) == 4


def test_what_lines_are_called_counts_for_the_labelled_key_alone():
    base = small_program()
    other = planted(base, 2, label="renamed")
    assert other.key == base.key
    assert other.labelled_key != base.labelled_key
    assert small_program().labelled_key == base.labelled_key


SCRIPT = """
import pellucid as pel
from pellucid.compile import trace
x = pel.placeholder((None, 3), name="x")
w = pel.Variable([[1.0], [2.0], [-0.0]], name="w")
loss = (pel.tanh(x @ w) * pel.tensor([0.5, -0.0])).astype("float64").sum()
program, _ = trace([x], [loss], {w: w - 0.1 * pel.grad(loss, w)})
print(program.key, program.labelled_key)
"""


def test_a_key_is_the_same_in_every_process():
    def key(seed: str) -> str:
        setting = {**os.environ, "PYTHONHASHSEED": seed}
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT], env=setting, capture_output=True, text=True, check=True
        )
        return done.stdout

    assert len({key("1"), key("2")}) == 1
