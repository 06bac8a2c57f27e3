"""Holds: every operation keeps what it declares, in every dtype, on odd shapes, on every engine."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import pellucid as pel
from conformance.engines import ENGINES, EXTRAS, LOOSER, held, run
from conformance.numpy_builder import computed
from conformance.sample import KINDS, LEAVES, NAMES, Case, Sample, sample
from pellucid.errors import DataError
from pellucid.graph import OPS, Leaf, Spec, Tensor, constant, placeholder, topological

Array = NDArray[Any]

each_operation = pytest.mark.parametrize("name", NAMES)
each_dtype = pytest.mark.parametrize(
    ("name", "dtype"), [(name, dtype) for name in NAMES for dtype in sample(name).dtypes]
)
each_smooth = pytest.mark.parametrize(
    "name", [name for name in NAMES if sample(name).differentiable]
)
each_engine = pytest.mark.parametrize("engine", [*ENGINES, *EXTRAS])
each_kind = pytest.mark.parametrize(
    ("name", "kind"),
    [
        (name, kind)
        for name in NAMES
        for kind in KINDS
        if set(KINDS[kind]) & set(sample(name).dtypes)
    ],
)


def test_every_operation_has_a_sample_and_every_sample_an_operation() -> None:
    assert set(NAMES) | LEAVES.keys() == OPS.keys()
    assert LEAVES.keys() == {name for name, op in OPS.items() if isinstance(op.body, Leaf)}


# --- what is compared ----------------------------------------------------------------------


def assert_same(found: Array, wanted: Array, ulps: int, what: object) -> None:
    """Equal shape and dtype; equal values up to some units in the last place."""
    assert found.dtype == wanted.dtype, f"{what}: {found.dtype}, wanted {wanted.dtype}"
    near = ulps * float(np.finfo(wanted.dtype).eps) if wanted.dtype.kind == "f" else 0
    np.testing.assert_allclose(
        found, wanted, rtol=near, atol=near, err_msg=str(what), strict=True, equal_nan=True
    )


def assert_fits(symbolic: Spec, known: Spec, what: object) -> None:
    """Nothing that the symbolic spec says is wrong."""
    pairs = list(zip(symbolic.shape, known.shape, strict=True))
    assert symbolic.dtype == known.dtype, what
    assert all(said in (None, extent) for said, extent in pairs), f"{what}: {symbolic}, {known}"


def operations(outputs: Iterable[Tensor]) -> list[Tensor]:
    return [node for node in topological(outputs) if not isinstance(node.op.body, Leaf)]


def derivatives(one: Sample, case: Case, tensors: Sequence[Tensor], g: Tensor) -> list[Tensor]:
    """First derivatives, and the second ones of their squares' sum, weighed by `g`."""
    y = one.function(*tensors, **case.settings)
    floating = [x for x in tensors if x.dtype.kind == "f"]
    first = pel.grad(y, floating, g, unused="zero")
    total = sum(((d * d).sum() for d in first), start=(g * g).sum())
    return [*first, *pel.grad(total, [*floating, g], unused="zero")]


def unknown(array: Array, *, axes: slice = slice(None)) -> Tensor:
    """A placeholder that does not know its extents, but those of 1, which may stretch."""
    shape = [None if k in range(9)[axes] and n != 1 else n for k, n in enumerate(array.shape)]
    return placeholder(shape, array.dtype)


# --- the declaration itself ----------------------------------------------------------------


@each_dtype
def test_value_shape_and_dtype_are_numpys(name: str, dtype: str) -> None:
    one = sample(name)
    for what, arrays, settings in one.trials(dtype):
        with np.errstate(all="ignore"):
            wanted = np.asarray(one.numpy(*arrays, **settings))
        result = one.function(*map(constant, arrays), **settings)
        assert_same(result.numpy(), wanted, one.ulps, what)
        for node in operations([result]):
            assert node.spec == (node.numpy().shape, node.numpy().dtype), f"{what}: {node.op}"


@each_dtype
def test_the_body_computes_the_same_element_by_element(name: str, dtype: str) -> None:
    one, used = sample(name), set()
    for what, arrays, settings in one.trials(dtype):
        for node in operations([one.function(*map(constant, arrays), **settings)]):
            assert_same(computed(node), node.numpy(), one.ulps, f"{what}: {node.op}")
            used.add(node.op.name)
    assert name in used


@each_operation
def test_the_rule_agrees_when_extents_are_unknown(name: str) -> None:
    one = sample(name)
    dtype = one.dtypes[-1]
    for case in one.cases:
        arrays = one.arguments(case, dtype)
        known = one.function(*map(constant, arrays), **case.settings).spec
        for axes in (slice(None), slice(0, 1), slice(1, None)):
            symbols = [unknown(array, axes=axes) for array in arrays]
            assert_fits(one.function(*symbols, **case.settings).spec, known, case)


# --- derivatives ---------------------------------------------------------------------------


@each_smooth
def test_first_and_second_derivatives_are_those_of_finite_differences(name: str) -> None:
    one = sample(name)
    for case in one.small:
        arrays = one.arguments(case, "float64")

        def function(*tensors: Tensor, case: Case = case) -> Tensor:
            return one.function(*tensors, **case.settings)

        pel.check_gradient(function, *arrays, tolerance=1e-6)


@each_smooth
def test_derivatives_have_bodies_and_specs_that_agree(name: str) -> None:
    one = sample(name)
    for case in one.small:
        arrays = one.arguments(case, "float64")
        y = one.function(*map(constant, arrays), **case.settings)
        found = derivatives(one, case, [*map(constant, arrays)], constant(np.cos(y.numpy())))
        for node in operations(found):
            assert node.spec == (node.numpy().shape, node.numpy().dtype), f"{case}: {node.op}"
            assert_same(computed(node), node.numpy(), 8 * one.ulps, f"{case}: {node.op}")
        symbols = [unknown(array) for array in arrays]
        g = placeholder(one.function(*symbols, **case.settings).shape, "float64")
        symbolic = derivatives(one, case, symbols, g)
        for said, known in zip(symbolic, found, strict=True):
            assert_fits(said.spec, known.spec, case)


# --- engines -------------------------------------------------------------------------------


def scattered(array: Array) -> Array:
    """The same values, neither contiguous nor in order, in memory that cannot be written to."""
    wide = np.zeros(tuple(2 * n for n in array.shape), array.dtype)
    place = tuple(slice(None, None, -2) for _ in array.shape)
    wide[place] = array
    wide.flags.writeable = False
    return wide[place]


@each_engine
@each_kind
def test_an_engine_computes_the_value(name: str, kind: str, engine: str) -> None:
    one, inputs, outputs, wanted, data = sample(name), [], [], [], []
    dtypes = [dtype for dtype in KINDS[kind] if dtype in one.dtypes]
    trials = [(dtype, *trial) for dtype in dtypes for trial in one.trials(dtype)]
    for _, _, given, settings in trials:
        arrays = [held(engine, array) for array in given]
        symbols = [placeholder(array.shape, array.dtype) for array in arrays]
        outputs.append(one.function(*symbols, **settings))
        wanted.append(one.function(*map(constant, arrays), **settings).numpy())
        inputs += symbols
        data += arrays
    found = run(engine, inputs, outputs, data)
    for (dtype, what, _, _), value, known in zip(trials, found, wanted, strict=True):
        ulps = LOOSER.get((engine, name), one.ulps)
        assert_same(value, known, ulps, f"{dtype}: {what}")


@each_engine
@each_operation
def test_an_engine_takes_unknown_extents_and_scattered_data(name: str, engine: str) -> None:
    one, inputs, outputs, wanted, data = sample(name), [], [], [], []
    dtype = one.dtypes[-1]
    for case in one.cases:
        arrays = one.arguments(case, dtype)
        symbols = [unknown(array) for array in arrays]
        outputs.append(one.function(*symbols, **case.settings))
        wanted.append(one.function(*map(constant, arrays), **case.settings).numpy())
        inputs += symbols
        data += map(scattered, arrays)
    for case, found, value in zip(
        one.cases, run(engine, inputs, outputs, data), wanted, strict=True
    ):
        assert_same(found, value, one.ulps, case)


@each_engine
@each_smooth
def test_an_engine_computes_the_derivatives(name: str, engine: str) -> None:
    one, inputs, outputs, wanted, data = sample(name), [], [], [], []
    for case in one.small:
        arrays = one.arguments(case, "float64")
        tensors, symbols = [constant(a) for a in arrays], [unknown(a) for a in arrays]
        y = one.function(*tensors, **case.settings)
        g = placeholder(one.function(*symbols, **case.settings).shape, "float64")
        wanted += derivatives(one, case, tensors, constant(np.cos(y.numpy())))
        outputs += derivatives(one, case, symbols, g)
        inputs += [*symbols, g]
        data += [*arrays, np.cos(y.numpy())]
    for found, value in zip(run(engine, inputs, outputs, data), wanted, strict=True):
        assert_same(found, value.numpy(), 8 * one.ulps, name)


OUTSIDE: dict[str, tuple[Array, str]] = {
    "take": (np.array([0, 3]), "take: an index is out of range 0 to 2"),
    "take_along": (np.array([0, -4]), "take_along: an index is out of range 0 to 2"),
    "one_hot": (np.array([0, 3]), "one_hot: a label is out of range 0 to 2"),
}


@each_engine
@pytest.mark.parametrize("name", OUTSIDE)
def test_an_engine_refuses_an_index_that_is_outside(name: str, engine: str) -> None:
    index, said = OUTSIDE[name]
    x, i = placeholder((3,)), placeholder((None,), "int64")
    outputs = {
        "take": lambda: pel.take(x, i),
        "take_along": lambda: pel.take_along(x, i),
        "one_hot": lambda: pel.cast(pel.one_hot(i, 3), "float32") * x,
    }
    with pytest.raises(DataError, match=said):
        run(engine, [x, i], [outputs[name]()], [np.ones(3, "float32"), index])
