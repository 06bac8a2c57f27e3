"""Holds: what tensors are made of, how data enters, how graphs are walked and written down."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import pellucid as pel
from pellucid.errors import DTypeError, GraphError, ShapeError
from pellucid.graph import OPS, Leaf, Op, as_tensor, listing, provenance, register, topological


def test_a_symbol_has_a_shape_and_no_value() -> None:
    x = pel.placeholder((None, 2), name="x")
    y = pel.exp(x).sum(1)
    assert (y.shape, y.dtype, y.value) == ((None,), "float32", None)
    assert repr(y) == "Tensor(sum, shape=(None,), float32)"
    assert repr(x) == "Tensor('x', placeholder, shape=(None, 2), float32)"


def test_values_are_there_at_once_and_cannot_be_written_to() -> None:
    x = pel.tensor([1.0, 2.0])
    for y in (x, x + 1, x.reshape(2, 1), pel.identity(x), x[::-1]):
        assert y.value is not None
        assert not y.value.flags.writeable


def test_data_is_copied_at_the_border() -> None:
    source = np.array([1.0, 2.0], np.float32)
    x = pel.tensor(source)
    source[0] = 9
    assert x.numpy()[0] == 1
    assert source.flags.writeable


BORDER = [
    (1.5, "float32"), (np.float64(1.5), "float32"), ([1, 2], "int64"), (True, "bool"),
    (np.arange(3, dtype=">i2"), "int16"), (np.ones(2, ">f8"), "float32"), ([1, 2.5], "float32"),
    (np.array([1, 2.5], object), "float32"), (np.uint8(3), "uint8"), (np.ones((2, 0)), "float32"),
]  # fmt: skip


@pytest.mark.parametrize("k", range(len(BORDER)))
def test_floating_data_takes_the_default_and_the_rest_stays(k: int) -> None:
    data, dtype = BORDER[k]
    x = pel.tensor(data)
    assert x.dtype == x.numpy().dtype == dtype
    assert x.numpy().dtype.isnative
    assert x.numpy().flags.c_contiguous
    np.testing.assert_array_equal(x.numpy(), np.asarray(data).astype(dtype))


def test_inside_a_graph_arrays_keep_their_dtype_and_python_numbers_are_weak() -> None:
    x = pel.tensor([1.0], "float32")
    assert (x + np.ones(1)).dtype == "float64"
    assert (x + np.float64(1)).dtype == "float64"
    assert (x + 1.5).dtype == "float32"
    assert (np.ones(1) + x).dtype == "float64"
    assert (pel.tensor([1]) + 1.5).dtype == "float64"
    assert as_tensor(np.ones(1, ">f8")).dtype == "float64"


def test_zeros_of_either_sign_and_truth_values_are_not_mixed_up() -> None:
    x = pel.tensor([1.0])
    assert not np.signbit((x * 0.0).item())
    assert np.signbit((x * -0.0).item())
    assert (x + True).dtype == (x + 1).dtype == "float32"
    assert (pel.tensor([1], "int8") + True).dtype == "int8"


def test_the_default_dtype_holds_within_its_block() -> None:
    with pel.default_dtype("float64"):
        assert pel.tensor(1.0).dtype == "float64"
        assert pel.Variable(1.0).dtype == "float64"
        assert pel.placeholder(()).dtype == "float64"
        assert pel.random_uniform((2,), seed=1).dtype == "float64"
        with pel.default_dtype("float16"):
            assert pel.tensor(1.0).dtype == "float16"
        assert pel.tensor(1.0).dtype == "float64"
        assert pel.tensor(1).dtype == "int64"
    assert pel.tensor(1.0).dtype == "float32"
    with pytest.raises(RuntimeError), pel.default_dtype("float64"):
        raise RuntimeError
    assert pel.tensor(1.0).dtype == "float32"
    with pytest.raises(DTypeError), pel.default_dtype("complex64"):
        pass


def test_the_default_dtype_can_decorate() -> None:
    @pel.default_dtype("float64")
    def made(depth: int) -> set[str]:
        inner = made(depth - 1) if depth else set()
        return inner | {pel.tensor(1.0).dtype.name}

    assert made(2) == {"float64"}
    assert pel.tensor(1.0).dtype == "float32"


def test_a_tensor_goes_where_numbers_and_arrays_go() -> None:
    x = pel.tensor([[1.0, 2.0]])
    np.testing.assert_array_equal(np.asarray(x), [[1, 2]])
    assert float(x.sum()) == 3.0
    assert int(pel.tensor(3)) == 3
    assert bool(pel.tensor(True))
    assert len(x) == 1
    assert [row.shape for row in x] == [(2,)]
    assert (x.ndim, x.T.shape) == (2, (2, 1))
    assert np.ones(2) @ x.T == 3.0


def test_a_tensor_is_the_key_of_a_dictionary_by_identity() -> None:
    x, y = pel.tensor(1.0), pel.tensor(1.0)
    assert len({x: 1, y: 2, x + 0: 3}) == 3


def test_integer_picks_work_while_an_extent_is_unknown() -> None:
    x = pel.placeholder((None, 3))
    assert x[0].shape == (3,)
    assert x[-1, 1].shape == ()
    assert x[1:].shape == (None, 3)
    assert (x[:, None] @ np.ones((3, 4), "float32")).shape == (None, 1, 4)


def test_what_is_unknown_agrees_with_what_is_known() -> None:
    x, known = pel.placeholder((None, 2)), np.ones((5, 3), "float32")
    assert pel.concatenate([x, known], axis=1).shape == (5, 5)
    assert (pel.placeholder((None,)) + known[:, 0]).shape == (5,)
    with pytest.raises(ShapeError):
        pel.concatenate([x, known], axis=0)


def test_a_batch_of_matrices_of_unknown_number() -> None:
    x = pel.placeholder((None, 7, 3))
    y = x @ np.ones((3, 4), "float32")
    assert y.shape == (None, 7, 4)
    assert pel.grad(y.sum(), x).shape == (None, 7, 3)


def test_walks_come_to_each_node_once_after_its_inputs() -> None:
    x = pel.tensor(2.0)
    y = x * x
    z = y + y * x
    order = topological([z, y])
    place = {id(node): k for k, node in enumerate(order)}
    assert len(place) == len(order) == 4
    assert all(place[id(x)] < place[id(node)] for node in order for x in node.inputs)
    assert topological([z], into=lambda node: node is z) == [y, z.inputs[1], z]


def test_a_graph_written_down() -> None:
    x = pel.placeholder((None, 2), name="x")
    w = pel.Variable(np.ones((2, 1)), name="w")
    y = pel.sigmoid(x @ w + 0.5)
    assert listing([y, y.mean(0)]) == "\n".join(
        [
            "%0 = placeholder 'x'  float32[?,2]",
            "%1 = read 'w'  float32[2,1]",
            "%2 = matmul %0 %1  float32[?,1]",
            "%3 = constant 0.5  float32[]",
            "%4 = add %2 %3  float32[?,1]",
            "%5 = sigmoid %4  float32[?,1]",
            "%6 = sum %5 axes=(0,) keepdims=False  float32[1]",
            "%7 = count %5 axes=(0,)  int64[]",
            "%8 = cast %7 dtype=float32  float32[]",
            "%9 = divide %6 %8  float32[1]",
        ]
    )


def test_a_gradient_written_down() -> None:
    x = pel.placeholder((3,), name="x")
    assert listing([pel.grad((x * x).sum(), x)]) == "\n".join(
        [
            "%0 = constant 1.0  float32[]",
            "%1 = expand_dims %0 axes=(0,)  float32[1]",
            "%2 = broadcast_to %1 shape=(3,)  float32[3]",
            "%3 = placeholder 'x'  float32[3]",
            "%4 = multiply %2 %3  float32[3]",
            "%5 = multiply %2 %3  float32[3]",
            "%6 = add %4 %5  float32[3]",
        ]
    )


def test_a_node_knows_its_layer() -> None:
    x = pel.placeholder((2,))
    with provenance(path="net"), provenance(path="net.1"):
        y = pel.exp(x)
    assert (y.label, pel.exp(x).label) == ("net.1.exp", "exp")


def test_an_operation_is_taken_once_and_travels_by_name() -> None:
    op = OPS["exp"]
    assert pickle.loads(pickle.dumps(op)) is op
    assert copy.deepcopy(op) is op
    with pytest.raises(GraphError, match="declared twice"):
        register(Op("exp", op.rule, op.array, Leaf(), "{0}"))
    assert OPS["exp"] is op


@pytest.mark.parametrize("name", OPS)
def test_a_formula_takes_its_operands(name: str) -> None:
    written = OPS[name].formula.format("alpha", "beta", "gamma")
    assert written.count("{") == written.count("}")
    assert any(operand in written for operand in ("alpha", "gamma")) or name == "random_bits"
