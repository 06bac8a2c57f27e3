"""Holds: each pass keeps the meaning to the bit, and does what it is for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import pellucid as pel
from pellucid.compile import PASSES, optimised, specialised, trace, verify
from pellucid.compile.passes import common, folded, pruned, simplified
from pellucid.engines.reference import ReferenceExecutable
from pellucid.errors import EngineError

AWKWARD = np.array([0.0, -0.0, 1.5, -2.5, np.inf, -np.inf, np.nan, 1e-42], np.float32)


def names(program):
    return [line.op.name for line in program.instructions]


def traced(make, shape=(8,)):
    x = pel.placeholder(shape, name="x")
    return trace([x], [make(x)])[0]


EXPRESSIONS = {
    "neutral": lambda x: ((x * 1.0) / 1.0 - 0.0) + x,
    "not neutral": lambda x: (x + 0.0) * 0.0 + (0.0 - x),
    "negative zero": lambda x: x - pel.tensor(-0.0) + (x - pel.tensor(0.0)),
    "twice": lambda x: pel.exp(x) + pel.exp(x) * pel.exp(x),
    "views": lambda x: x.reshape(2, 4).reshape(4, 2).T.T.reshape(8),
    "squeezed": lambda x: pel.squeeze(pel.expand_dims(x, 0), 0) + pel.negative(-x),
    "constants": lambda x: x * pel.exp(pel.tensor(np.arange(8, dtype=np.float32))),
    "detached": lambda x: pel.stop_gradient(pel.identity(x)) + 1.0,
    "counted": lambda x: x.mean() + x,
    "cast": lambda x: pel.cast(x, "float32") + pel.cast(pel.cast(x, "float64"), "float32"),
}


@pytest.mark.parametrize("name", EXPRESSIONS)
@pytest.mark.parametrize("one", PASSES, ids=lambda p: p.__name__)
def test_a_pass_changes_no_bit(name, one):
    program = traced(EXPRESSIONS[name])
    changed = verify(one(program))
    (before,) = ReferenceExecutable(program)([AWKWARD], [])
    (after,) = ReferenceExecutable(changed)([AWKWARD], [])
    assert before.tobytes() == after.tobytes()


def test_neutral_elements_vanish_and_others_stay():
    assert names(pruned(simplified(traced(lambda x: (x * 1.0) / 1.0 - 0.0)))) == ["placeholder"]
    assert "add" in names(pruned(simplified(traced(lambda x: x + 0.0))))  # −0.0 + 0.0 is 0.0
    assert "multiply" in names(pruned(simplified(traced(lambda x: x * 0.0))))  # ∞ · 0 is not 0


def test_views_of_views_are_one_view():
    program = pruned(simplified(traced(lambda x: x.reshape(2, 4).T.T.reshape(4, 2).reshape(8))))
    assert names(program) == ["placeholder"]


def test_the_same_thing_is_computed_once():
    program = pruned(common(traced(EXPRESSIONS["twice"])))
    assert names(program).count("exp") == 1


def test_two_draws_of_one_stream_are_one_but_of_two_steps_are_two():
    key = pel.tensor(np.array([1, 2], np.uint32))
    draws = lambda x: pel.random_bits(key, 0, x) ^ pel.random_bits(key, 1, x)  # noqa: E731
    assert names(pruned(common(traced(draws)))).count("random_bits") == 2


def test_settings_that_are_equal_but_not_the_same_are_not_shared():
    borders = lambda x: pel.concatenate([pel.pad(x, 1, value=v) for v in (0.0, -0.0)])  # noqa: E731
    program = optimised(traced(borders))
    assert names(program).count("pad") == 2
    (found,) = ReferenceExecutable(program)([AWKWARD], [])
    assert np.signbit(found[[0, 9, 10, 19]]).tolist() == [False, False, True, True]


def test_all_passes_together_change_no_bit_and_leave_nothing_to_do():
    for make in EXPRESSIONS.values():
        program = traced(make)
        better = optimised(program)
        assert len(better.instructions) <= len(program.instructions)
        assert optimised(better) is better
        (before,) = ReferenceExecutable(program)([AWKWARD], [])
        (after,) = ReferenceExecutable(better)([AWKWARD], [])
        assert before.tobytes() == after.tobytes()


@pytest.mark.parametrize("one", PASSES, ids=lambda p: p.__name__)
def test_a_pass_that_finds_nothing_to_do_gives_the_program_back(one):
    program = traced(lambda x: pel.exp(x) + x)
    assert one(program) is program


def test_a_pass_at_fault_is_found_where_it_stands(monkeypatch):
    def broken(program):
        lines = list(program.instructions)
        lines[-1] = replace(lines[-1], inputs=(len(lines),) * 2)
        return replace(program, instructions=tuple(lines))

    monkeypatch.setattr("pellucid.compile.PASSES", (pruned, broken))
    with pytest.raises(EngineError, match="takes a later line"):
        optimised(traced(EXPRESSIONS["twice"]))


def test_constants_are_folded_and_reads_never():
    program = pruned(folded(traced(EXPRESSIONS["constants"])))
    assert "exp" not in names(program)
    w = pel.Variable(np.ones(3), name="w")
    program, _ = trace([], [pel.exp(w) * 2.0])
    assert "exp" in names(pruned(folded(program)))


def test_large_constants_are_not_folded():
    program = traced(lambda x: x.sum() + pel.broadcast_to(1.0, (10_000,)))
    assert "broadcast_to" in names(pruned(folded(program)))


def test_counts_of_known_shapes_are_folded():
    x = pel.placeholder((None, 4), name="x")
    program, _ = trace([x], [x.mean()])
    assert "count" in names(folded(program))
    assert "count" not in names(pruned(folded(specialised(program, [(3, 4)]))))


def test_what_nothing_needs_is_left_out_but_inputs_keep_their_places():
    x, unused = pel.placeholder((2,), name="x"), pel.placeholder((2,), name="unused")
    program, _ = trace([unused, x], [x + 1.0])
    cut = verify(pruned(program))
    assert len(cut.inputs) == 2
    assert names(cut) == ["placeholder", "placeholder", "constant", "add"]
