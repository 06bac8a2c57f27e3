"""Holds: several threads compute the very bits of one, whatever is shared out between them."""

from __future__ import annotations

import threading
import tracemalloc

import numpy as np
import pytest
from hypothesis import assume, given, settings

import pellucid as pel
from native.programs import named, planned, program
from native.training import Training, Y
from pellucid import nn, optim
from pellucid.engines.native import jit, sharing, team
from pellucid.engines.native.engine import NativeEngine
from pellucid.engines.native.executable import address
from pellucid.engines.reference import ReferenceExecutable
from pellucid.errors import ArgumentError, DataError
from properties.graphs import recipes

COUNTS = (2, 3, 8)
WORTHS = {name: getattr(sharing, name) for name in ("WORTH_SHARING", "WORTH_A_TEAM")}


@pytest.fixture(scope="module")
def eager(tmp_path_factory):
    """An engine that shares out all that it can, however small, and keeps nothing."""
    with pytest.MonkeyPatch.context() as patch:
        for name in WORTHS:
            patch.setattr(sharing, name, 0.0)
        folder = tmp_path_factory.mktemp("code")
        patch.setattr(jit, "cache_folder", lambda name: folder)
        yield NativeEngine()


@pytest.mark.parametrize("sampling", ["shuffled", "sequential", "drawn", "with replacement"])
def test_a_training_has_the_same_bits(eager, sampling):
    one = Training()
    run, found = one.run(sampling), {}
    for count in (1, *COUNTS):
        state = one.state()
        with pel.thread_limit(count):
            records = eager.advance(run, state, one.data())
        found[count] = [records.values, *state.arrays]
    for count in COUNTS:
        for mine, alone in zip(found[count], found[1], strict=True):
            np.testing.assert_array_equal(mine, alone)


def fitted(model, X, y, count):
    with pel.thread_limit(count):
        history = model.fit(
            X, y, optimizer=optim.Adam(0.01), steps=12, batch_size=77, seed=1, metrics=["accuracy"],
            progress=False, engine="native",
        )  # fmt: skip
    return [history.step_losses, *[v.numpy() for v in model.variables().values()]]


def dense():
    return nn.Sequential(
        [nn.Linear(130, activation="relu"), nn.BatchNorm1d(), nn.Dropout(0.2),
         nn.Linear(70, activation="tanh"), nn.Linear(7)]
    )  # fmt: skip


def picture():
    return nn.Sequential(
        [nn.Reshape((1, 10, 10)), nn.Conv2d(6, 3, padding=1, activation="relu"), nn.MaxPool2d(2),
         nn.Conv2d(9, 3), nn.BatchNorm2d(), nn.Flatten(), nn.Linear(7)]
    )  # fmt: skip


@pytest.mark.parametrize("make", [dense, picture])
def test_a_fit_has_the_same_bits(make):
    generator = np.random.default_rng(0)
    X, y = generator.normal(size=(400, 100)).astype(np.float32), generator.integers(0, 7, 400)
    alone = fitted(make(), X, y, 1)
    for count in COUNTS:
        for mine, known in zip(fitted(make(), X, y, count), alone, strict=True):
            np.testing.assert_array_equal(mine, known)


def test_a_small_tail_of_a_large_program_is_done_once():
    """The batches are shared out, the last and smaller one is not: one thread does it."""
    generator = np.random.default_rng(0)
    X, y = generator.normal(size=(1300, 100)), generator.integers(0, 7, 1300)
    found = {}
    for count in (1, *COUNTS):
        model = nn.Sequential([nn.Linear(64, activation="relu"), nn.Linear(7)])
        with pel.thread_limit(count):
            history = model.fit(
                X, y, optimizer=optim.Adam(0.01), epochs=40, batch_size=1290, seed=1,
                progress=False, metrics=[], engine="native",
            )  # fmt: skip
        found[count] = [history.step_losses, *[v.numpy() for v in model.variables().values()]]
    for count in COUNTS:
        for mine, alone in zip(found[count], found[1], strict=True):
            np.testing.assert_array_equal(mine, alone)


def run_by(executable, count, inputs):
    """Run a program by so many threads; give its outputs."""
    specs = [executable.spec(number) for number in executable.program.outputs]
    outputs = [np.empty(spec.shape, spec.dtype) for spec in specs]
    given = [np.asarray(array, order="C") for array in inputs]
    table = executable.table(map(address, given), [], [address(array) for array in outputs])
    assert executable._run_by(count, address(table)) == 0
    return outputs


@pytest.mark.parametrize("count", [1, 2])
def test_a_call_by_several_threads_gets_its_memory_once(eager, count):
    x = pel.placeholder((500, 400))
    executable = eager.compile(program([x], [pel.sum(pel.sort(pel.exp(x @ x.T), axis=0))]))
    inputs = [np.random.default_rng(0).normal(size=(500, 400)) / 100]
    run_by(executable, 1, inputs)
    first = run_by(executable, count, inputs)
    tracemalloc.start()
    again = run_by(executable, count, inputs)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    np.testing.assert_array_equal(again, first)
    assert most < executable.workspace / 10


@settings(max_examples=30)
@given(
    recipe=recipes(
        rough=True, dtypes=("float32", "float64"), extents=(1, 7, 16, 35), most_axes=2, most_steps=6
    )
)
def test_a_random_program_has_the_same_bits(eager, recipe):
    symbols = recipe.placeholders()
    y = recipe.result(symbols)
    one = program(symbols, [y, *pel.grad(y, symbols, unused="zero")])
    executable = eager.compile(one)
    alone = run_by(executable, 1, recipe.data())
    assume(all(np.isfinite(value).all() for value in alone))
    for count in COUNTS:
        for mine, known in zip(run_by(executable, count, recipe.data()), alone, strict=True):
            np.testing.assert_array_equal(mine, known)


@pytest.mark.parametrize("sizes", [(5, 3, 4), (33, 70, 49), (130, 20, 200), (16, 300, 7)])
@pytest.mark.parametrize("batch", [(), (3,), (20,)])
def test_products_of_all_sizes_have_the_same_bits(eager, sizes, batch):
    m, k, n = sizes
    generator = np.random.default_rng(m)
    arrays = [generator.normal(size=(*batch, *two)).astype("f4") for two in ((m, k), (k, n))]
    x, y = (pel.placeholder(array.shape, "float32") for array in arrays)
    executable = eager.compile(program([x, y], [x @ y, pel.exp(x).sum()]))
    alone = run_by(executable, 1, arrays)
    np.testing.assert_allclose(alone[0], arrays[0] @ arrays[1], rtol=1e-3, atol=1e-4)
    for count in COUNTS:
        for mine, known in zip(run_by(executable, count, arrays), alone, strict=True):
            np.testing.assert_array_equal(mine, known)


@pytest.mark.parametrize(
    "sizes", [(5, 3, 4), (33, 70, 49), (130, 20, 200), (16, 300, 7), (1, 9, 1)]
)
@pytest.mark.parametrize("batch", [(), (3,)])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_what_is_done_to_a_product_is_done_on_the_way(eager, sizes, batch, dtype):
    m, k, n = sizes
    shapes = ((*batch, m, k), (*batch, k, n), (n,), (*batch, m, n))
    generator = np.random.default_rng(m)
    arrays = [generator.normal(size=shape).astype(dtype) for shape in shapes]
    x, y, bias, gradient = symbols = [pel.placeholder(shape, dtype) for shape in shapes]
    z = x @ y + bias
    slope = pel.where(z > 0, gradient * 2, 0)
    outputs = [pel.relu(z), slope, slope.sum(0), pel.exp(x).sum()]
    for more in ([], [x @ y]):  # the product is wanted itself, or nowhere else
        one = program(symbols, [*outputs, *more])
        kernels = planned(one)[0].kernels
        made = [named(one, (*kernel.results, *kernel.inlined)) for kernel in kernels]
        assert any({"matmul", "relu"} <= {*names} for names in made)
        executable = eager.compile(one)
        alone = run_by(executable, 1, arrays)
        for mine, known in zip(alone, ReferenceExecutable(one)(arrays, []), strict=True):
            np.testing.assert_allclose(mine, known, rtol=1e-3, atol=1e-3)
        for count in COUNTS:
            for mine, known in zip(run_by(executable, count, arrays), alone, strict=True):
                np.testing.assert_array_equal(mine, known)


@pytest.mark.parametrize(
    "sizes",
    [(603, 65, 605), (40, 130, 2305)],
    ids=["a result that is large", "an operand whose rows lie far apart"],
)
def test_products_of_much_memory_have_the_same_bits(eager, sizes):
    i, k, j = sizes
    x, y = pel.placeholder((i, k)), pel.placeholder((k, j))
    product = pel.function([x, y], x @ y, engine=eager)
    generator = np.random.default_rng(0)
    operands = [generator.normal(size=shape).astype("f4") for shape in ((i, k), (k, j))]
    found = []
    for count in (1, *COUNTS):
        with pel.thread_limit(count):
            found.append(product(*operands))
    np.testing.assert_allclose(found[0], operands[0] @ operands[1], atol=1e-4)
    for other in found[1:]:
        np.testing.assert_array_equal(other, found[0])


def test_a_check_that_fails_ends_the_work_of_all(eager):
    one = Training()
    labels = Y.copy()
    labels[11] = 99
    for count in (1, 2, 8):
        with pel.thread_limit(count), pytest.raises(DataError, match=r"label|index|class"):
            eager.advance(one.run(), one.state(), one.data(labels))


def test_small_programs_are_not_shared_out(monkeypatch, tmp_path):
    for name, value in WORTHS.items():
        monkeypatch.setattr(sharing, name, value)
    monkeypatch.setattr(jit, "cache_folder", lambda name: tmp_path)
    one, engine = Training(), NativeEngine()
    assert not engine.compile(one.at(one.train, 8)).together
    x = pel.placeholder((2000, 2000), "float32")
    assert engine.compile(program([x], [pel.exp(x) @ x])).together


def test_a_long_call_is_shared_out():
    x = pel.placeholder((700, 700), "float32")
    apply = pel.function([x], x @ x + 1.0, engine="native")
    given = np.random.default_rng(0).normal(size=(700, 700)).astype("f4")
    first = apply(given)
    with pel.thread_limit(3):
        np.testing.assert_array_equal(apply(given), first)


def test_the_limit_holds_inside_and_is_checked():
    with pel.thread_limit(5):
        with pel.thread_limit(2), team.reserved() as count:
            assert count == 2
        with team.reserved() as count:
            assert count == 5
    with pytest.raises(ArgumentError, match="count"), pel.thread_limit(0):
        pass


def test_what_runs_at_once_shares_the_cores():
    with team.reserved() as first, team.reserved() as second:
        assert first == team.core_count()
        assert second == 1


def test_the_quicker_number_of_threads_is_found_and_the_other_tried_now_and_then():
    pace, taken = team.Pace(), {1: 0, 4: 0}
    for turn in range(400):
        slow = 4 if turn < 200 else 1  # somebody takes cores away, and gives them back
        for first, end, threads in pace.shares(800, 4):
            taken[threads] += end - first
            pace.note(threads, end - first, (end - first) * (1e-3 if threads == slow else 1e-4))
        if turn == 199:
            assert taken[1] > 0.9 * 200 * 800
    assert taken[4] > 0.9 * 200 * 800
    assert pace.shares(3, 4) == [(0, 3, 4)]  # too few to try
    assert pace.shares(800, 1) == [(0, 800, 1)]
    with pel.thread_limit(3):
        assert pace.shares(800, 3) == [(0, 800, 3)]


def test_what_is_tried_changes_no_bit(monkeypatch):
    generator = np.random.default_rng(0)
    X, y = generator.normal(size=(1400, 100)).astype("f4"), generator.integers(0, 7, 1400)
    monkeypatch.setattr(team, "core_count", lambda: 3)
    monkeypatch.setattr(team, "TELLING", 0.0)

    def losses(**limits):
        model = nn.Sequential([nn.Linear(130, activation="relu"), nn.Linear(7)])
        options = {"batch_size": 200, "seed": 1, "progress": False, "engine": "native"} | limits
        return model.fit(X, y, **options).step_losses

    with pel.thread_limit(1):
        alone = losses(epochs=60)
    np.testing.assert_array_equal(losses(epochs=60), alone)


def test_a_container_gives_its_share(tmp_path, monkeypatch):
    quota = tmp_path / "cpu.max"
    monkeypatch.setattr(team, "QUOTA", quota)
    free = team.core_count()
    for text, most in (("100000 100000", 1), ("150000 100000", 2), ("max 100000", free)):
        quota.write_text(text)
        assert team.core_count() == min(free, most)


def test_where_no_threads_can_be_started_one_does_it_all(monkeypatch):
    rows, start = [], threading.Thread.start

    def refuse(thread):
        if rows_started:
            raise RuntimeError("can't start new thread")
        rows_started.append(thread)
        start(thread)

    rows_started: list[threading.Thread] = []
    monkeypatch.setattr(threading.Thread, "start", refuse)
    team.run_together(4, rows.append)
    assert rows == [team.ALONE]
    assert not rows_started[0].is_alive()
