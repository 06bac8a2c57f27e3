"""Holds: what is computed together, in which order, and where; old values are never lost."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import pellucid as pel
from native.programs import check, named, planned, program
from pellucid.compile import optimised, trace
from pellucid.compile.access import Affine, Counter, needs, place_key
from pellucid.compile.memory import ALIGNMENT, Lifetime, packed
from pellucid.graph import OPS, Spec, as_tensor

# --- indices -------------------------------------------------------------------------------


class Strict:
    """A space that refuses what is no longer affine."""

    def value(self, number):
        raise TypeError(f"{number} is not affine")

    def divided(self, number, by):
        raise TypeError(f"{number} is not divisible by {by}")


def test_affine_numbers_decide_what_they_can():
    i, j = (Affine.of(Strict(), Counter(name, extent)) for name, extent in (("i", 4), ("j", 10)))
    flat = i * 10 + j
    assert (repr(flat // 10), repr(flat % 10)) == ("i", "j")
    assert (flat < 40, flat >= 40, flat == 40, i - 4 < 0, flat - j - i * 10) == (
        True, False, False, True, 0
    )  # fmt: skip
    assert place_key((i, 0, j + 1)) == place_key((i + 0, 0, 1 + j)) != place_key((i, 0, j))
    with pytest.raises(TypeError, match=r"10·i . j is not divisible by 7"):
        flat // 7
    with pytest.raises(TypeError, match="is not affine"):
        bool(flat < 17)


class At:
    """A space in which every counter stands at one number."""

    def __init__(self, i):
        self.i = i

    def value(self, number):
        if isinstance(number, int):
            return number
        return number.constant + sum(factor * self.i for factor in number.terms.values())

    def divided(self, number, by):
        return divmod(self.value(number), by)


@given(st.integers(-20, 20), st.integers(-3, 3), st.integers(1, 5), st.integers(1, 12))
def test_affine_arithmetic_is_that_of_numbers(start, factor, extent, by):
    for i in range(extent):
        space, known = At(i), i * factor + start
        number = Affine.of(space, Counter("i", extent)) * factor + start
        assert (space.value(number // by), space.value(number % by)) == divmod(known, by)
        assert (number < by, number >= by, number == by) == (known < by, known >= by, known == by)


def test_bodies_say_what_they_read():
    x, like = Spec((3, 4), np.dtype("f4")), Spec((6, 4), np.dtype("f4"))
    (load,) = needs(
        OPS["sum"], (("axes", (0,)), ("keepdims", False)), Spec((4,), x.dtype), (x,)
    ).loads
    assert (load.operand, load.times, load.aligned) == (0, 3, False)
    slices = (("slices", ((None, None, 2), (None, None, 1))),)
    (load,) = needs(OPS["unslice"], slices, like, (x, like)).loads
    assert (load.operand, load.guarded) == (0, True)  # of `like` the shape is used alone


# --- kernels -------------------------------------------------------------------------------


def test_chains_become_one_loop():
    x = pel.placeholder((5, 7), name="x")
    one = program([x], [(pel.sigmoid(x * 2 + 1) - 3) / 4])
    schedule, layout = planned(one)
    assert [named(one, kernel.results) for kernel in schedule.kernels] == [["divide"]]
    assert layout.workspace == 0


def test_what_is_needed_twice_is_written_once():
    x = pel.placeholder((5, 7), name="x")
    powers = pel.exp(x)
    one = program([x], [powers / powers.sum(1, keepdims=True)])
    schedule, _ = planned(one)
    assert [named(one, kernel.results) for kernel in schedule.kernels] == [
        ["exp"], ["sum"], ["divide"]
    ]  # fmt: skip


def test_a_power_of_a_scalar_is_not_computed_for_each_element():
    x, t = pel.placeholder((50,), name="x"), pel.placeholder((), name="t")
    one = program([x, t], [x * 0.9**t])
    schedule, _ = planned(one)
    assert [named(one, kernel.results) for kernel in schedule.kernels] == [["power"], ["multiply"]]


def test_products_walk_through_transposes_and_get_their_operands_from_memory():
    x, w = pel.placeholder((8, 5)), pel.placeholder((6, 5))
    one = program([x, w], [pel.relu(x) @ pel.transpose(w)])
    schedule, _ = planned(one)
    assert [named(one, kernel.results) for kernel in schedule.kernels] == [["relu"], ["matmul"]]
    assert named(one, sorted(schedule.kernels[1].inlined)) == ["transpose"]


def test_a_transposed_product_is_a_product():
    x, w = pel.placeholder((8, 5)), pel.placeholder((5, 6))
    one = program([x, w], [pel.transpose(x @ w) + 1])
    assert [line.op.name for line in one.instructions if line.inputs] == [
        "transpose", "transpose", "matmul", "add"
    ]  # fmt: skip
    check(one, [np.ones((8, 5), "f4"), np.ones((5, 6), "f4")])


def test_a_long_chain_is_cut():
    x = pel.placeholder((3,), dtype="float64", name="x")
    y = x
    for _ in range(400):
        y = pel.sin(y) + 1
    one = program([x], [y])
    schedule, _ = planned(one)
    assert len(schedule.kernels) > 10
    check(one, [np.arange(3.0)])


def test_loops_over_the_same_extents_are_joined():
    x, y = pel.placeholder((9,)), pel.placeholder((9,))
    one = program([x, y], [x + y, x * y, pel.exp(x - y)])
    schedule, _ = planned(one)
    assert [named(one, kernel.results) for kernel in schedule.kernels] == [
        ["add", "multiply", "exp"]
    ]  # fmt: skip


# --- memory --------------------------------------------------------------------------------

moments = st.tuples(st.integers(0, 30), st.integers(0, 10), st.integers(0, 500)).map(
    lambda one: Lifetime(one[0], one[0] + one[1], one[2])
)


@given(st.lists(moments, max_size=30))
def test_what_lives_at_once_does_not_overlap(lifetimes):
    offsets, total = packed(lifetimes)
    placed = list(zip(lifetimes, offsets, strict=True))
    assert all(offset % ALIGNMENT == 0 and offset + one.size <= total for one, offset in placed)
    for (a, start), (b, other) in itertools.combinations(placed, 2):
        if a.first <= b.last and b.first <= a.last:
            assert start + a.size <= other or other + b.size <= start or not a.size or not b.size


def test_memory_is_used_again():
    x = pel.placeholder((64, 64), dtype="float64", name="x")
    y = x
    for _ in range(6):
        y = y @ y
    _, layout = planned(program([x], [y]))
    assert layout.workspace == 2 * 64 * 64 * 8


def test_a_result_replaces_what_it_reads_last_at_its_own_place():
    x = pel.placeholder((64, 64), dtype="float64", name="x")
    a = x @ x
    b = pel.exp(a)
    one = program([x], [b @ b])
    _, layout = planned(one)
    assert layout.workspace == 64 * 64 * 8
    check(one, [np.linspace(-1, 1, 64 * 64).reshape(64, 64)])


@pytest.mark.parametrize("change", [
    lambda a: pel.exp(a[::-1]),
    lambda a: pel.exp(a) + a.T,
    lambda a: pel.concatenate([a[1:], a[:1]]),
])  # fmt: skip
def test_what_is_read_elsewhere_is_not_replaced(change):
    x = pel.placeholder((64, 64), dtype="float64", name="x")
    b = change(x @ x)
    one = program([x], [b @ b])
    _, layout = planned(one)
    assert layout.workspace >= 2 * 64 * 64 * 8
    check(one, [np.linspace(-1, 1, 64 * 64).reshape(64, 64)])


def test_what_is_wanted_later_is_not_replaced():
    x = pel.placeholder((64, 64), dtype="float64", name="x")
    a = x @ x
    b = pel.exp(a)
    one = program([x], [b @ b, a @ b])
    check(one, [np.linspace(-1, 1, 64 * 64).reshape(64, 64)])


def test_a_new_value_is_written_over_the_old_one_where_nothing_reads_it():
    w = pel.Variable(np.ones((4, 4)), dtype="float64", name="w")
    m = pel.Variable(np.zeros((4, 4)), dtype="float64", name="m")
    x = pel.placeholder((4, 4), dtype="float64")
    loss = ((x @ w) ** 2).sum()
    new = 0.9 * m + pel.grad(loss, w)
    one = program([x], [loss], {m: new, w: w - 0.1 * new})
    _, layout = planned(one)
    assert not layout.copies
    check(one, [np.ones((4, 4))], [np.eye(4), np.ones((4, 4))])


ROWS = np.arange(12.0).reshape(3, 4)


@pytest.mark.parametrize(
    "change",
    [
        lambda a, b: {a: b + 0, b: a + 0},
        lambda a, b: {a: b, b: a},
        lambda a, b: {a: a[::-1] * 1},
        lambda a, b: {a: pel.concatenate([a[1:], a[:1]])},
        lambda a, b: {a: a - a.mean(0, keepdims=True), b: b * a.sum()},
        lambda a, b: {a: a + 1, b: a + 2},
        lambda a, b: {a: a + 1, b: a},
        lambda a, b: {b: pel.reshape(pel.reshape(b, (4, 3)).T, (3, 4)) + b},
        lambda a, b: {a: a * 2, b: (a * 2)[:, ::-1] + b},
        lambda a, b: {a: pel.take(a, np.array([2, 0, 1]))},
    ],
)
def test_updates_see_old_values(change):
    a = pel.Variable(ROWS, dtype="float64", name="a")
    b = pel.Variable(-ROWS, dtype="float64", name="b")
    changes = change(a, b)
    new = {variable: as_tensor(value) for variable, value in changes.items()}
    found, state = trace([], [a.sum(), a.read(), b[0]], new)
    one = optimised(found)
    check(one, [], [v.numpy() for v in state])
    check(one, [], [v.numpy() for v in state], inline=False)
