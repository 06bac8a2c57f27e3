"""Holds: what errors say, word for word: what is wrong, what was given, and what to write."""

from __future__ import annotations

from collections.abc import Callable
from textwrap import dedent

import numpy as np
import pytest

import pellucid as pel
from pellucid import errors
from pellucid.graph import Tensor, constant
from pellucid.ops.random import random_bits


def ones(*shape: int) -> Tensor:
    return constant(np.ones(shape, "float32"))


def leaf(*shape: int) -> Tensor:
    return pel.tensor(np.ones(shape), requires_grad=True)


def symbol(*shape: int | None) -> Tensor:
    return pel.placeholder(shape, name="x")


X = pel.tensor([1.0, 2.0], name="x")
LABELS = pel.tensor(3, name="labels")

WRONG: dict[str, tuple[Callable[[], object], type[errors.PellucidError], str]] = {
    "add, shapes": (
        lambda: ones(2, 3) + ones(4),
        errors.ShapeError,
        """
        add: the shapes do not broadcast together
          got     (2, 3) and (4,)
          wanted  equal extents, or 1, at axis -1
          mend    reshape one of them, or check which axis was meant
        """,
    ),
    "add, a transpose is missing": (
        lambda: ones(3, 4) + ones(4, 3),
        errors.ShapeError,
        """
        add: the shapes do not broadcast together
          got     (3, 4) and (4, 3)
          wanted  equal extents, or 1, at axis -2
          mend    write y.T to transpose one of them
        """,
    ),
    "add, a column is missing": (
        lambda: ones(3, 4) * ones(3),
        errors.ShapeError,
        """
        multiply: the shapes do not broadcast together
          got     (3, 4) and (3,)
          wanted  equal extents, or 1, at axis -1
          mend    write y.reshape(-1, 1) to make the shorter one a column
        """,
    ),
    "where, shapes": (
        lambda: pel.where(ones(2) > 0, ones(3), 0),
        errors.ShapeError,
        """
        where: the shapes do not broadcast together
          got     (2,) and (3,) and ()
          wanted  equal extents, or 1, at axis -1
          mend    reshape one of them, or check which axis was meant
        """,
    ),
    "matmul, inner extents": (
        lambda: ones(3, 4) @ ones(5, 2),
        errors.ShapeError,
        """
        matmul: the inner extents differ
          got     (3, 4) @ (5, 2)
          wanted  4 rows on the right
          mend    check which of the two has the wrong number of columns or rows
        """,
    ),
    "matmul, the right one lies on its side": (
        lambda: ones(3, 4) @ ones(2, 4),
        errors.ShapeError,
        """
        matmul: the inner extents differ
          got     (3, 4) @ (2, 4)
          wanted  4 rows on the right
          mend    write x @ y.T
        """,
    ),
    "matmul, the left one lies on its side": (
        lambda: ones(3, 4) @ ones(3, 2),
        errors.ShapeError,
        """
        matmul: the inner extents differ
          got     (3, 4) @ (3, 2)
          wanted  4 rows on the right
          mend    write x.T @ y
        """,
    ),
    "matmul, a vector": (
        lambda: ones(3, 4) @ ones(3),
        errors.ShapeError,
        """
        matmul: the inner extents differ
          got     (3, 4) @ (3, 1)
          wanted  4 rows on the right
          mend    write x.T @ y
        """,
    ),
    "matmul, a scalar": (
        lambda: ones() @ ones(3),
        errors.ShapeError,
        """
        matmul: an operand is a scalar
          got     () @ (3,)
          mend    write x * y
        """,
    ),
    "matmul, batches": (
        lambda: ones(2, 3, 4) @ ones(5, 4, 2),
        errors.ShapeError,
        """
        the leading axes of (2, 3, 4) @ (5, 4, 2): the shapes do not broadcast together
          got     (2,) and (5,)
          wanted  equal extents, or 1, at axis -1
          mend    reshape one of them, or check which axis was meant
        """,
    ),
    "matmul, truth values": (
        lambda: (ones(2, 2) > 0) @ (ones(2, 2) > 0),
        errors.DTypeError,
        """
        matmul of truth values
          got     bool
          mend    write x.astype('int64')
        """,
    ),
    "concatenate, shapes": (
        lambda: pel.concatenate([ones(2, 3), ones(2, 4)]),
        errors.ShapeError,
        """
        concatenate: the shapes differ beside the joined axis
          got     (2, 3) and (2, 4)
          wanted  equal extents except at axis 0
          mend    choose another axis, or reshape
        """,
    ),
    "concatenate, ranks": (
        lambda: pel.concatenate([ones(2, 3), ones(3)]),
        errors.ShapeError,
        """
        concatenate: the shapes differ beside the joined axis
          got     (2, 3) and (3,)
          wanted  equal extents except at axis 0
          mend    choose another axis, or reshape
        """,
    ),
    "concatenate, scalars": (
        lambda: pel.concatenate([1.0, 2.0]),
        errors.ArgumentError,
        """
        concatenate: axis 0 does not exist
          got     axis=0 for 0 dimensions
          wanted  no axis: it is a scalar
          mend    give it an axis: x.reshape(1)
        """,
    ),
    "concatenate, one tensor": (
        lambda: pel.concatenate(ones(2, 3)),
        errors.ArgumentTypeError,
        """
        concatenate: a list of at least one tensor is needed
          got     Tensor
          mend    write concatenate([x, y], axis=0)
        """,
    ),
    "concatenate, nothing": (
        lambda: pel.concatenate([]),
        errors.ArgumentTypeError,
        """
        concatenate: a list of at least one tensor is needed
          got     an empty list
          mend    write concatenate([x, y], axis=0)
        """,
    ),
    "reshape, too many": (
        lambda: ones(2, 3).reshape(4, -1),
        errors.ShapeError,
        """
        reshape: the number of elements changes
          got     (2, 3) to (4, -1)
          wanted  6 elements
          mend    choose extents that divide 6
        """,
    ),
    "reshape, two open extents": (
        lambda: ones(2, 3).reshape(-1, -1),
        errors.ArgumentError,
        """
        reshape: extents are at least 0, and at most one is -1
          got     shape=(-1, -1)
          mend    write -1 for the one extent that is to be worked out
        """,
    ),
    "reshape, a fraction": (
        lambda: ones(2, 3).reshape(2.0, 3),
        errors.ArgumentTypeError,
        """
        reshape: shape is not made of whole numbers
          got     shape=(2.0, 3)
          wanted  a whole number, or several
          mend    write whole numbers, as 1 or (0, 1)
        """,
    ),
    "reshape, minus one beside zero": (
        lambda: ones(0, 3).reshape(0, -1),
        errors.ShapeError,
        """
        reshape: -1 cannot be worked out beside an extent of 0
          got     (0, 3) to (0, -1)
          mend    write the extent instead of -1
        """,
    ),
    "sum, axis": (
        lambda: ones(2, 3).sum(2),
        errors.ArgumentError,
        """
        sum: axis 2 does not exist
          got     axis=2 for 2 dimensions
          wanted  an axis from -2 to 1
          mend    count from 0; -1 is the last
        """,
    ),
    "sum, axis of a scalar": (
        lambda: ones().sum(0),
        errors.ArgumentError,
        """
        sum: axis 0 does not exist
          got     axis=0 for 0 dimensions
          wanted  no axis: it is a scalar
          mend    give it an axis: x.reshape(1)
        """,
    ),
    "sum, axis by name": (
        lambda: ones(2, 3).sum("rows"),
        errors.ArgumentTypeError,
        """
        sum: axis is not made of whole numbers
          got     axis='rows'
          wanted  a whole number, or several
          mend    write whole numbers, as 1 or (0, 1)
        """,
    ),
    "sum, an axis twice": (
        lambda: ones(2, 3).sum((0, -2)),
        errors.ArgumentError,
        """
        sum: an axis is named twice
          got     axis=(0, -2)
          mend    name it once
        """,
    ),
    "squeeze, extent": (
        lambda: pel.squeeze(ones(2, 3), 0),
        errors.ShapeError,
        """
        squeeze: an axis to be taken away has another extent than 1
          got     (2, 3), axes (0,)
          mend    reduce that axis, or index it
        """,
    ),
    "transpose, axes": (
        lambda: pel.transpose(ones(2, 3), (0, 0)),
        errors.ArgumentError,
        """
        transpose: not a permutation of the axes
          got     axes=(0, 0) for shape (2, 3)
          wanted  each of 0 to 1 once
          mend    leave axes out to reverse them
        """,
    ),
    "broadcast_to, shrinking": (
        lambda: pel.broadcast_to(ones(2, 3), (3,)),
        errors.ShapeError,
        """
        broadcast: the shape would shrink
          got     (2, 3) to (3,)
          mend    sum over the axes that are to go
        """,
    ),
    "broadcast_to, shapes": (
        lambda: pel.broadcast_to(ones(2, 3), (4, 3)),
        errors.ShapeError,
        """
        broadcast: the shapes do not broadcast together
          got     (2, 3) and (4, 3)
          wanted  equal extents, or 1, at axis -2
          mend    reshape one of them, or check which axis was meant
        """,
    ),
    "expand_dims, axis": (
        lambda: pel.expand_dims(ones(2), 3),
        errors.ArgumentError,
        """
        expand_dims: axis 3 does not exist
          got     axis=3 for 2 dimensions
          wanted  an axis from -2 to 1
          mend    count from 0; -1 is the last
        """,
    ),
    "index, out of range": (
        lambda: ones(2, 3)[2],
        errors.ArgumentError,
        """
        index 2 is out of range
          got     an axis with 2 elements
          wanted  -2 to 1
          mend    count from 0; -1 is the last
        """,
    ),
    "index, into nothing": (
        lambda: ones(0, 3)[0],
        errors.ArgumentError,
        """
        index 0 is out of range
          got     an axis with 0 elements
          wanted  no index: the axis is empty
          mend    count from 0; -1 is the last
        """,
    ),
    "index, too many": (
        lambda: ones(2, 3)[0, 1, 2],
        errors.ArgumentError,
        """
        more indices than dimensions
          got     3 for shape (2, 3)
          mend    leave some out
        """,
    ),
    "index, a fraction": (
        lambda: ones(2, 3)[0, 1.5],
        errors.DTypeError,
        """
        take: indices are integers
          got     dtype float64
          mend    use .astype('int64')
        """,
    ),
    "index, a mask that is not known": (
        lambda: symbol(None, 3)[symbol(None, 3) > 0],
        errors.GraphError,
        """
        a mask picks as many elements as it holds, which is not known yet
          got     Tensor(greater, shape=(None, 3), bool)
          mend    write pel.where(mask, x, 0), and weigh or sum what is left
        """,
    ),
    "take, a mask": (
        lambda: pel.take(ones(3), ones(3) > 0),
        errors.DTypeError,
        """
        take: indices are integers, not truth values
          got     a mask of shape (3,)
          mend    write pel.where(mask, x, 0), or give positions: np.flatnonzero(mask)
        """,
    ),
    "index, a slice that does not move": (
        lambda: ones(3)[::0],
        errors.ArgumentTypeError,
        """
        a slice that tensors do not have
          got     slice(None, None, 0)
          wanted  whole numbers, and a step other than 0
          mend    write x[::-1] to reverse
        """,
    ),
    "take, out of range": (
        lambda: pel.take(ones(3), [0, 3]),
        errors.DataError,
        """
        take: an index is out of range 0 to 2
          got     3
          mend    check the labels or indices
        """,
    ),
    "take, fractions": (
        lambda: pel.take(ones(3), [0.5]),
        errors.DTypeError,
        """
        take: indices are integers
          got     dtype float32
          mend    use .astype('int64')
        """,
    ),
    "take_along, shapes": (
        lambda: pel.take_along(ones(3, 4), [0, 1, 2]),
        errors.ShapeError,
        """
        take_along: the shapes differ beside the axis
          got     (3, 4) and (3,)
          wanted  equal extents except at axis 1
          mend    expand the indices: expand_dims(i, -1)
        """,
    ),
    "one_hot, a label out of range": (
        lambda: pel.one_hot([0, 3], 3),
        errors.DataError,
        """
        one_hot: a label is out of range 0 to 2
          got     3
          mend    number the classes from 0, or give the last layer more units
        """,
    ),
    "one_hot, fractions": (
        lambda: pel.one_hot([0.5], 3),
        errors.DTypeError,
        """
        one_hot: indices are integers
          got     dtype float32
          mend    use .astype('int64')
        """,
    ),
    "one_hot, classes": (
        lambda: pel.one_hot([0], 2.5),
        errors.ArgumentError,
        """
        one_hot: the number of classes is a whole number of at least 1
          got     classes=2.5
          mend    write one_hot(labels, 10)
        """,
    ),
    "max, of nothing": (
        lambda: pel.max(ones(0, 3), 0),
        errors.ShapeError,
        """
        max of no elements
          got     shape (0, 3), axes (0,)
          mend    check that the data are not empty
        """,
    ),
    "argmax, through all": (
        lambda: pel.argmax(ones(2, 3), None),
        errors.ArgumentError,
        """
        argmax: a position is counted along one axis
          got     axis=None
          mend    write x.reshape(-1).argmax() to count through all elements
        """,
    ),
    "argmax, of a scalar": (
        lambda: pel.argmax(1.0),
        errors.ShapeError,
        """
        argmax of a scalar
          got     shape ()
          mend    give at least one dimension
        """,
    ),
    "argmax, of truth values": (
        lambda: pel.argmax([True, False]),
        errors.DTypeError,
        """
        argmax of truth values
          got     bool
          mend    write x.astype('int64')
        """,
    ),
    "dtype, invert": (
        lambda: ~ones(2),
        errors.DTypeError,
        """
        invert is not defined for these dtypes
          got     float32
          mend    convert first, as in x.astype('int64')
        """,
    ),
    "dtype, bits of two": (
        lambda: ones(2) & [1, 2],
        errors.DTypeError,
        """
        bitwise_and is not defined for these dtypes
          got     float32 and int64
          mend    convert first, as in x.astype('int64')
        """,
    ),
    "dtype, minus truth values": (
        lambda: -(ones(2) > 0),
        errors.DTypeError,
        """
        negative is not defined for these dtypes
          got     bool
          mend    convert first, as in x.astype('int64')
        """,
    ),
    "dtype, whole numbers to a negative power": (
        lambda: pel.tensor([1, 2]) ** -1,
        errors.DTypeError,
        """
        power: a whole number raised to a negative power
          got     an exponent of -1
          mend    make the base floating: x.astype('float64') ** y
        """,
    ),
    "data, text": (
        lambda: pel.tensor("seven"),
        errors.DTypeError,
        """
        tensor: only numbers and truth values can enter a graph
          got     dtype <U5
          mend    encode it as numbers
        """,
    ),
    "data, complex": (
        lambda: pel.tensor(1j),
        errors.DTypeError,
        """
        tensor: only numbers and truth values can enter a graph
          got     dtype complex128
          mend    take the real part: x.real
        """,
    ),
    "data, unequal rows": (
        lambda: pel.tensor([[1, 2], [3]]),
        errors.DataError,
        """
        tensor: the rows differ in length
          got     (2,) and then unequal rows
          mend    give rows of equal length, or fill the short ones up
        """,
    ),
    "data, missing": (
        lambda: pel.tensor([1.0, None]),
        errors.DataError,
        """
        tensor: not an array of numbers
          got     None among the values
          mend    give numbers only: encode text, fill in what is missing
        """,
    ),
    "data, numbers as text": (
        lambda: pel.tensor(np.array(["1", 2], object)),
        errors.DataError,
        """
        tensor: not an array of numbers
          got     '1' among the values
          mend    give numbers only: encode text, fill in what is missing
        """,
    ),
    "data, tensors in a list": (
        lambda: pel.tensor([ones(2), ones(2)]),
        errors.DataError,
        """
        tensor: a list of tensors would lose their gradients
          got     2 entries
          mend    join them: pel.concatenate([x[None], y[None]])
        """,
    ),
    "data, too large": (
        lambda: pel.tensor(1e300),
        errors.DTypeError,
        """
        tensor: a value does not fit the dtype
          got     1e+300 for float32
          mend    write dtype="float64", or scale the data
        """,
    ),
    "data, too large beside a tensor": (
        lambda: ones(2) * 1e300,
        errors.DTypeError,
        """
        tensor: a value does not fit the dtype
          got     1e+300 for float32
          mend    write dtype="float64", or scale the data
        """,
    ),
    "data, too large for a byte": (
        lambda: pel.tensor([3, 300], dtype="uint8"),
        errors.DTypeError,
        """
        tensor: a value does not fit the dtype
          got     300 for uint8
          mend    round first, or choose a dtype that holds it
        """,
    ),
    "data, a fraction as a whole number": (
        lambda: pel.tensor([1, 2.5], dtype="int32"),
        errors.DTypeError,
        """
        tensor: a value does not fit the dtype
          got     2.5 for int32
          mend    round first, or choose a dtype that holds it
        """,
    ),
    "data, far too large": (
        lambda: pel.tensor(10**400),
        errors.DataError,
        """
        tensor: not an array of numbers
          got     int too large to convert to float
          mend    give numbers only: encode text, fill in what is missing
        """,
    ),
    "data, a dtype that is none": (
        lambda: pel.tensor(1.0, dtype="flaot32"),
        errors.DTypeError,
        """
        a dtype that tensors do not have
          got     'flaot32'
          wanted  float32, float64, float16, a sized integer, or bool
          mend    write dtype="float32"
        """,
    ),
    "data, a dtype of other things": (
        lambda: pel.tensor(1.0, dtype="complex64"),
        errors.DTypeError,
        """
        a dtype that tensors do not have
          got     'complex64'
          wanted  float32, float64, float16, a sized integer, or bool
          mend    write dtype="float32"
        """,
    ),
    "data, a gradient of whole numbers": (
        lambda: pel.tensor([1, 2], requires_grad=True),
        errors.DTypeError,
        """
        only floating tensors have gradients
          got     dtype int64
          mend    write dtype="float32"
        """,
    ),
    "value, none yet": (
        lambda: (symbol(None, 2) * 2).numpy(),
        errors.GraphError,
        """
        multiply has no value yet: it depends on a placeholder
          mend    compile it, f = pel.function([inputs], [outputs]), and call f with data
        """,
    ),
    "value, of a placeholder": (
        lambda: symbol(None, 2).item(),
        errors.GraphError,
        """
        x has no value yet: it depends on a placeholder
          mend    compile it, f = pel.function([inputs], [outputs]), and call f with data
        """,
    ),
    "value, one of many": (
        lambda: ones(2, 3).item(),
        errors.GraphError,
        """
        item: one number is asked of a tensor with 6 elements
          got     shape (2, 3)
          mend    reduce it first, x.sum(), or write x.numpy()
        """,
    ),
    "value, truth of many": (
        lambda: bool(ones(2) == ones(2)),
        errors.GraphError,
        """
        item: one number is asked of a tensor with 2 elements
          got     shape (2,)
          mend    reduce it first, x.sum(), or write x.numpy()
        """,
    ),
    "value, length of a scalar": (
        lambda: len(ones()),
        errors.ArgumentTypeError,
        """
        len: the tensor has no first extent that is known
          got     shape ()
          mend    write x.item() for a scalar, pel.count(x, 0) for rows that are not yet known
        """,
    ),
    "value, length not known": (
        lambda: len(symbol(None, 2)),
        errors.ArgumentTypeError,
        """
        len: the tensor has no first extent that is known
          got     shape (None, 2)
          mend    write x.item() for a scalar, pel.count(x, 0) for rows that are not yet known
        """,
    ),
    "backward, not a scalar": (
        lambda: (leaf(2) * 2).backward(),
        errors.GradientError,
        """
        the gradient of something that is not a scalar
          got     shape (2,)
          mend    reduce it, y.sum() or y.mean(), or give gradient=
        """,
    ),
    "backward, nothing to reach": (
        lambda: ones(2).sum().backward(),
        errors.GradientError,
        """
        nothing here requires a gradient
          got     sum
          mend    make a leaf with requires_grad=True, or use a Variable
        """,
    ),
    "backward, a symbol": (
        lambda: (symbol() * pel.Variable(1.0)).backward(),
        errors.GradientError,
        """
        backward needs values, and this depends on a placeholder
          got     multiply
          mend    write pel.grad(y, xs), which works on symbols
        """,
    ),
    "backward, at a variable": (
        lambda: pel.Variable(1.0, name="w").backward(),
        errors.GraphError,
        """
        backward starts at a result, not at a variable
          where   w
          mend    compute a loss from it, and write loss.backward()
        """,
    ),
    "backward, shape of the gradient": (
        lambda: (leaf(2) * 2).backward([1.0, 2.0, 3.0]),
        errors.ShapeError,
        """
        gradient= has another shape than y
          got     (3,)
          wanted  (2,)
          mend    give one number for each element of y
        """,
    ),
    "grad, of whole numbers": (
        lambda: pel.grad(pel.sum([1, 2]), leaf(2)),
        errors.GradientError,
        """
        the gradient of a tensor that is not floating
          got     sum, int64
          mend    start from floating numbers: x.astype('float32')
        """,
    ),
    "grad, by whole numbers": (
        lambda: pel.grad(LABELS * 2.5, LABELS),
        errors.GradientError,
        """
        the gradient with respect to labels, which is not floating
          got     dtype int64
          mend    make it floating before it is used
        """,
    ),
    "grad, not used": (
        lambda: pel.grad(ones(2).sum(), pel.Variable(1.0, name="w")),
        errors.GradientError,
        """
        sum does not depend on w through differentiable operations
          mend    use it in the computation, or write unused="zero" for zeros
        """,
    ),
    "grad, through whole numbers": (
        lambda: pel.grad(pel.cast(pel.cast(X, "int32"), "float32").sum(), X),
        errors.GradientError,
        """
        sum does not depend on x through differentiable operations
          mend    use it in the computation, or write unused="zero" for zeros
        """,
    ),
    "grad, of a number": (
        lambda: pel.grad(3.0, leaf(2)),
        errors.ArgumentTypeError,
        """
        grad: gradients are of tensors, by tensors or variables
          got     3.0
          mend    make a tensor of it before it is used: x = pel.tensor(x)
        """,
    ),
    "grad, by a number": (
        lambda: pel.grad(leaf(2).sum(), [3.0]),
        errors.ArgumentTypeError,
        """
        grad: gradients are of tensors, by tensors or variables
          got     3.0
          mend    make a tensor of it before it is used: x = pel.tensor(x)
        """,
    ),
    "variable, no shape": (
        lambda: pel.Variable(lambda: 1.0),
        errors.GraphError,
        """
        a variable that is drawn later needs its shape
          mend    write shape=(3, 2)
        """,
    ),
    "variable, another shape": (
        lambda: pel.Variable([1.0, 2.0], name="w").assign([1.0]),
        errors.ShapeError,
        """
        w: the new value has another shape
          got     (1,)
          wanted  (2,)
          mend    reshape it, or make a new variable
        """,
    ),
    "variable, a value that does not fit": (
        lambda: pel.Variable([1, 2], name="steps").assign([1.5, 2]),
        errors.DTypeError,
        """
        steps: a value does not fit the dtype
          got     1.5 for int64
          mend    round first, or choose a dtype that holds it
        """,
    ),
    "variable, cast of whole numbers": (
        lambda: pel.Variable(3, name="steps").cast("float32"),
        errors.DTypeError,
        """
        steps is not floating
          got     int64
          mend    make a new variable
        """,
    ),
    "variable, text": (
        lambda: pel.Variable("zeros", name="w"),
        errors.DTypeError,
        """
        w: only numbers and truth values can enter a graph
          got     dtype <U5
          mend    encode it as numbers
        """,
    ),
    "placeholder, extents": (
        lambda: pel.placeholder((None, -2)),
        errors.ArgumentError,
        """
        placeholder: an extent is a whole number, or None when unknown
          got     shape=(None, -2)
          mend    write placeholder((None, 2))
        """,
    ),
    "random, a shape": (
        lambda: pel.random_uniform((2, -1), seed=1),
        errors.ArgumentError,
        """
        random numbers need a shape
          got     shape=(2, -1)
          mend    write (3, 2)
        """,
    ),
    "random, whole numbers": (
        lambda: pel.random_normal((2,), seed=1, dtype="int32"),
        errors.DTypeError,
        """
        random numbers are floating
          got     int32
          mend    write dtype="float32"
        """,
    ),
    "random, a key": (
        lambda: random_bits([1, 2, 3], 0, ones(2)),
        errors.ShapeError,
        """
        random_bits: a key has two words and a step is a scalar
          got     (3,) and ()
          mend    make the key with derive_key(seed, path)
        """,
    ),
    "check_gradient, nothing to move": (
        lambda: pel.check_gradient(pel.tanh, [1, 2]),
        errors.ArgumentError,
        """
        check_gradient: nothing to differentiate by
          got     no floating point with elements
          mend    give floating points, such as [0.5, -1.0]
        """,
    ),
    "check_gradient, a kink": (
        lambda: pel.check_gradient(pel.relu, [0.0], order=1),
        errors.GradientError,
        """
        a gradient differs from finite differences
          got     largest error 2.7e-01, order 1, argument 0 at [0]: automatic 0, numerical 0.270151
          wanted  an error of at most 1e-05
          mend    check the gradient rule, or keep the points away from kinks
        """,
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_call_says_what_and_how_to_mend_it(name: str) -> None:
    call, kind, text = WRONG[name]
    with pytest.raises(kind) as caught:
        call()
    assert type(caught.value) is kind
    assert str(caught.value) == dedent(text).strip()
    assert caught.value.mend
    assert max(map(len, str(caught.value).splitlines())) <= 100
