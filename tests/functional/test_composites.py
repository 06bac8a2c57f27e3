"""Holds: composites have NumPy's, SciPy's and torch's values, and gradients on every engine."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy import ndimage

import pellucid as pel
from conformance.engines import ENGINES
from pellucid.errors import PellucidError
from pellucid.graph import Tensor, constant, placeholder

Array = NDArray[Any]
F = torch.nn.functional


class Trial(NamedTuple):
    """A function of tensors, the same over NumPy's arrays, and the shapes of the arguments."""

    ours: Callable[..., Any]
    theirs: Callable[..., Any]
    shapes: tuple[tuple[int, ...], ...]


def trial(ours: Callable[..., Any], theirs: Callable[..., Any], *shapes: tuple[int, ...]) -> Trial:
    return Trial(ours, theirs, shapes)


def by_torch(function: Callable[..., torch.Tensor]) -> Callable[..., Array]:
    """See a function of torch as one of arrays."""
    return lambda *arrays: function(*map(torch.from_numpy, arrays)).numpy()


def einsum(formula: str, *shapes: tuple[int, ...]) -> Trial:
    return trial(lambda *xs: pel.einsum(formula, *xs), lambda *xs: np.einsum(formula, *xs), *shapes)


def index(at: Any) -> Trial:
    return trial(lambda x: x[at], lambda x: x[at], (4, 5, 6))


MASK = np.arange(20).reshape(4, 5) % 3 == 0
LEFT, BELOW = np.array([0, -1, 2]), np.array([[1], [-2]])
TRIALS: dict[str, Trial] = {
    "stack": trial(lambda x, y: pel.stack([x, y], 1), lambda x, y: np.stack([x, y], 1),
                   (3, 2), (3, 2)),
    "split": trial(lambda x: pel.split(x, 3, 1)[1], lambda x: np.split(x, 3, 1)[1], (2, 6)),
    "split at": trial(lambda x: pel.split(x, [1, 4])[1], lambda x: np.split(x, [1, 4])[1], (5, 2)),
    "clip": trial(lambda x: pel.clip(x, -0.5, 0.7), lambda x: np.clip(x, -0.5, 0.7), (3, 4)),
    "clip by arrays": trial(lambda x, y: pel.clip(x, y, y + 1), lambda x, y: np.clip(x, y, y + 1),
                            (3, 4), (4,)),
    "prod": trial(pel.prod, np.prod, (3, 4)),
    "prod of an axis": trial(lambda x: pel.prod(x, (0, 2), keepdims=True),
                             lambda x: np.prod(x, (0, 2), keepdims=True), (5, 2, 3)),
    "var": trial(lambda x: pel.var(x, 1, correction=1), lambda x: np.var(x, 1, ddof=1), (3, 5)),
    "std": trial(pel.std, np.std, (3, 5)),
    "norm": trial(lambda x: pel.norm(x, axis=1), lambda x: np.linalg.norm(x, axis=1), (3, 5)),
    "norm 1": trial(lambda x: pel.norm(x, 1, 0), lambda x: np.linalg.norm(x, 1, 0), (3,)),
    "norm of infinity": trial(lambda x: pel.norm(x, np.inf, 0),
                              lambda x: np.linalg.norm(x, np.inf, 0), (5,)),
    "sort": trial(lambda x: pel.sort(x, 0), lambda x: np.sort(x, 0), (5, 3)),
    "sort, greatest first": trial(lambda x: pel.sort(x, descending=True),
                                  lambda x: np.sort(x)[..., ::-1], (3, 5)),
    "top_k": trial(lambda x: pel.top_k(x, 2, 1)[0], by_torch(lambda x: torch.topk(x, 2, 1)[0]),
                   (3, 5)),
    "flip": trial(lambda x: pel.flip(x, 1), lambda x: np.flip(x, 1), (2, 3)),
    **{f"einsum {one}": einsum(one, *shapes) for one, *shapes in [
        ("ij,jk->ik", (2, 3), (3, 4)), ("bij,bjk->bik", (2, 3, 4), (2, 4, 5)), ("ii->i", (3, 3)),
        ("ii", (3, 3)), ("ijk,jil->kl", (2, 3, 4), (3, 2, 5)), ("i,j->ij", (2,), (3,)),
        ("...ij,...jk->...ik", (2, 1, 3, 4), (5, 4, 2)), ("ab,bc,cd->ad", (2, 3), (3, 4), (4, 5)),
        ("ij->ji", (2, 3)), ("ij->", (2, 3)), ("bhqd,bhkd->bhqk", (2, 1, 4, 3), (2, 1, 5, 3)),
        ("ij,ij->i", (3, 4), (3, 4)), ("ijj->ij", (2, 3, 3)), (",i->i", (), (3,)),
        ("ba", (2, 3)), ("i...->...", (3, 2)),
    ]},
    **{f"index {k}": index(at) for k, at in enumerate([
        (LEFT,), (LEFT, np.array([1, 2, 3])), (slice(None), LEFT, np.array([0, 1, -1])),
        (LEFT, slice(None), np.array([0, 1, 2])), (0, slice(1, 3), LEFT), (BELOW, LEFT),
        (MASK,), (MASK, 2), (..., LEFT), (None, LEFT), (LEFT, None, np.array([1, 1, 2])),
        (slice(1, 3), BELOW, 1), (1, 2, LEFT), (slice(None), [True, False, True, True, False]),
        ([0, 2],), (LEFT, ..., LEFT), ([],),
    ])},
    **{f"pad {mode}": trial(lambda x, m=mode: pel.pad(x, ((1, 2), (0, 3)), m),
                            lambda x, m=numpys: np.pad(x, ((1, 2), (0, 3)), m), (3, 4))
       for mode, numpys in [("constant", "constant"), ("reflect", "symmetric"),
                            ("mirror", "reflect"), ("nearest", "edge"), ("wrap", "wrap")]},
    **{f"{name} {mode} {extents}": trial(
        lambda x, w, f=name, m=mode: getattr(pel, f)(x, w, boundary=m),
        lambda x, w, f=name, m=mode: getattr(ndimage, f)(x, w, mode=m), (6, 5), extents)
       for name in ("correlate", "convolve") for extents in [(3, 3), (2, 3), (4, 1)]
       for mode in ("constant", "reflect", "nearest", "mirror", "wrap")},
    "a filter with a divisor": trial(lambda x, w: pel.correlate(x, w, divisor=9),
                                     lambda x, w: ndimage.correlate(x, w, mode="constant") / 9,
                                     (4, 4), (3, 3)),
    **{f"max_pool {s}": trial(
        lambda x, s=s: pel.max_pool(x, s[0], s[1], padding=s[2], dilation=s[3], ceil=s[4]),
        by_torch(lambda x, s=s: F.max_pool2d(x, *s)), (1, 2, 7, 5))
       for s in itertools.product([2, 3], [None, 1, 2, 3], [0, 1], [1, 2], [False, True])},
    **{f"avg_pool {s}": trial(
        lambda x, s=s: pel.avg_pool(x, s[0], s[1], padding=s[2], ceil=s[3], count_padding=s[4]),
        by_torch(lambda x, s=s: F.avg_pool2d(x, *s)), (1, 2, 7, 5))
       for s in itertools.product([2, 3], [None, 1, 2], [0, 1], [False, True], [False, True])},
    "max_pool of rows": trial(lambda x: pel.max_pool(x, 2), by_torch(lambda x: F.max_pool1d(x, 2)),
                              (2, 1, 5)),
    **{f"adaptive_avg_pool {n}": trial(lambda x, n=n: pel.adaptive_avg_pool(x, n),
                                       by_torch(lambda x, n=n: F.adaptive_avg_pool2d(x, n)),
                                       (1, 2, 7, 5)) for n in [1, (3, 4), (7, 2)]},
    **{f"conv_transposed {s}": trial(
        lambda x, w, s=s: pel.conv_transposed(x, w, **s),
        by_torch(lambda x, w, s=s: F.conv_transpose2d(x, w, **s)), (2, 4, 3, 2), (4, 2, 3, 3))
       for s in [{}, {"stride": 2, "padding": 1, "output_padding": 1},
                 {"stride": (2, 1), "dilation": (2, 1), "groups": 2}]},
}  # fmt: skip


def drawn(one: Trial) -> list[Array]:
    generator = np.random.default_rng(sum(map(sum, one.shapes)))
    return [generator.normal(size=shape) for shape in one.shapes]


@pytest.mark.parametrize("name", TRIALS)
def test_values_are_those_of_the_peer(name: str) -> None:
    one = TRIALS[name]
    arrays = drawn(one)
    found = one.ours(*map(constant, arrays))
    np.testing.assert_allclose(found.numpy(), one.theirs(*arrays), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", TRIALS)
def test_every_engine_gives_value_and_gradient(name: str) -> None:
    one = TRIALS[name]
    arrays = drawn(one)
    tensors = [constant(array) for array in arrays]
    wanted = _with_gradients(one, tensors)
    symbols = [placeholder(array.shape, array.dtype) for array in arrays]
    outputs = _with_gradients(one, symbols)
    for engine in ENGINES:
        found = pel.function(symbols, outputs, engine=engine)(*arrays)
        for value, known in zip(found, wanted, strict=True):
            np.testing.assert_allclose(value, known.numpy(), rtol=1e-9, atol=1e-9)


def _with_gradients(one: Trial, xs: list[Tensor]) -> list[Tensor]:
    y = one.ours(*xs)
    return [y, *pel.grad((y * y).sum(), xs, unused="zero")]


@pytest.mark.parametrize("name", [name for name in TRIALS if not name.startswith("max_pool (")])
def test_gradients_are_those_of_finite_differences(name: str) -> None:
    one = TRIALS[name]
    if sum(int(np.prod(shape)) for shape in one.shapes) <= 40:
        pel.check_gradient(one.ours, *drawn(one), tolerance=1e-5)


def test_products_have_gradients_at_zeros() -> None:
    x = pel.tensor([0.0, 2.0, 3.0], requires_grad=True)
    pel.prod(x).backward()
    assert x.grad is not None
    assert x.grad.numpy().tolist() == [6.0, 0.0, 0.0]


def test_norms_and_bounds_have_the_gradients_of_torch() -> None:
    x = pel.tensor([0.0, 0.0], requires_grad=True)
    pel.norm(x).backward()
    assert x.grad is not None
    assert x.grad.numpy().tolist() == [0.0, 0.0]
    y = pel.tensor([-1.0, 0.0, 1.0, 2.0], requires_grad=True)
    pel.clip(y, 0, 1).sum().backward()
    assert y.grad is not None
    assert y.grad.numpy().tolist() == [0.0, 1.0, 1.0, 0.0]


def test_not_a_number_is_sorted_last_and_equal_elements_keep_their_order() -> None:
    x = np.array([1.0, np.nan, 0.0, 1.0, np.nan, -np.inf])
    assert pel.argsort(x).numpy().tolist() == np.argsort(x, kind="stable").tolist()
    wanted = torch.argsort(torch.from_numpy(x), descending=True, stable=True)
    assert pel.argsort(x, descending=True).numpy().tolist() == wanted.tolist()


def test_truth_of_all_and_any() -> None:
    x = np.array([[0, 1], [1, 1], [0, 0]])
    for axis in (None, 0, 1):
        np.testing.assert_array_equal(pel.any(x, axis).numpy(), np.any(x, axis))
        np.testing.assert_array_equal(pel.all(x, axis).numpy(), np.all(x, axis))
    assert pel.all(np.zeros((0,))).item()
    assert not pel.any(np.zeros((0,))).item()


@pytest.mark.parametrize("engine", ENGINES)
def test_rows_may_be_unknown(engine: str) -> None:
    x = pel.placeholder((None, 1, 4, 4), "float64")
    data = np.random.default_rng(0).normal(size=(3, 1, 4, 4))
    outputs = [
        pel.max_pool(x, 2), pel.avg_pool(x, 3, 1, padding=1, count_padding=False),
        pel.adaptive_avg_pool(x, 3), pel.pad(x, ((0, 0), (0, 0), (1, 1), (2, 0)), "wrap"),
        pel.conv_transposed(x, np.ones((1, 2, 2, 2))), pel.sort(x, 0), pel.std(x, 0),
        pel.einsum("nchw,nchv->nwv", x, x), x[:, 0, [0, 1], [2, 3]],
    ]  # fmt: skip
    symbols = [pel.function([x], [y], engine=engine)(data)[0] for y in outputs]
    t = pel.tensor(data, "float64")
    again = [
        pel.max_pool(t, 2), pel.avg_pool(t, 3, 1, padding=1, count_padding=False),
        pel.adaptive_avg_pool(t, 3), pel.pad(t, ((0, 0), (0, 0), (1, 1), (2, 0)), "wrap"),
        pel.conv_transposed(t, np.ones((1, 2, 2, 2))), pel.sort(t, 0), pel.std(t, 0),
        pel.einsum("nchw,nchv->nwv", t, t), t[:, 0, [0, 1], [2, 3]],
    ]  # fmt: skip
    for found, wanted in zip(symbols, again, strict=True):
        np.testing.assert_allclose(found, wanted.numpy(), rtol=1e-12, atol=1e-12)


# --- random numbers ------------------------------------------------------------------------


def test_truth_values_hold_as_often_as_they_should() -> None:
    draws = pel.random_bernoulli((40_000,), 0.3, seed=5).numpy()
    assert draws.dtype == bool
    assert abs(draws.mean() - 0.3) < 4 * np.sqrt(0.21 / 40_000)
    assert not pel.random_bernoulli((100,), 0.0, seed=1).numpy().any()
    assert pel.random_bernoulli((100,), 1.0, seed=1).numpy().all()


def test_permutations_are_all_and_evenly_drawn() -> None:
    orders = [tuple(pel.random_permutation(3, seed=s).numpy().tolist()) for s in range(600)]
    counts = [orders.count(one) for one in itertools.permutations(range(3))]
    assert sum(counts) == 600
    assert sum((n - 100) ** 2 / 100 for n in counts) < 20.5  # χ² of 5 degrees, 1 in 1,000


# --- NumPy's functions on tensors ----------------------------------------------------------


def test_numpys_functions_stay_in_the_graph() -> None:
    x = pel.placeholder((2, 3), "float64", name="x")
    a = np.arange(6.0).reshape(2, 3)
    formulas: list[Callable[[Any], Any]] = [
        np.exp, np.mean, lambda x: np.sum(x, axis=0, keepdims=True), lambda x: a * x + x / a[0:1],
        lambda x: np.concatenate([x, a]), lambda x: np.where(x > 2, x, 0.0), np.transpose,
        lambda x: np.clip(x, 1, 3), lambda x: np.stack([x, x], axis=1), np.absolute,
        lambda x: np.einsum("ij->j", x), lambda x: np.float64(2.0) * x, lambda x: a.T @ x,
        lambda x: np.max(x, axis=1), lambda x: np.reshape(x, (3, 2)), lambda x: a > x,
    ]  # fmt: skip
    symbols = [formula(x) for formula in formulas]
    assert all(isinstance(y, Tensor) and y.value is None for y in symbols)
    with np.errstate(all="ignore"):
        for formula, found in zip(formulas, pel.function([x], symbols)(a), strict=True):
            np.testing.assert_allclose(found, formula(a))


def test_numpys_other_functions_see_the_values() -> None:
    x = pel.tensor([[1.0, 2.0]])
    assert np.ndim(x) == 2
    assert np.allclose(x, [[1, 2]])
    assert np.median(x) == 1.5


# --- what is refused -----------------------------------------------------------------------

WRONG: dict[str, tuple[Callable[[], Any], str]] = {
    "ufunc": (
        lambda: np.log10(pel.tensor([1.0])),
        """
        numpy.log10 is not an operation of the graph
          wanted  one of the operations that pellucid has
          mend    write x.numpy() for the numbers alone, or a formula of pel.exp, pel.log, …
        """,
    ),
    "out": (
        lambda: np.add(np.ones(2), pel.tensor([1.0, 2.0]), out=np.ones(2)),
        """
        numpy.add is not an operation of the graph with out=
          wanted  one of the operations that pellucid has
          mend    write x.numpy() for the numbers alone, or a formula of pel.exp, pel.log, …
        """,
    ),
    "padding of a pool": (
        lambda: pel.max_pool(np.ones((1, 1, 6, 6)), 3, padding=2),
        """
        max_pool: a window would see nothing but padding
          got     kernel=3, padding=2
          wanted  padding of at most half a kernel
          mend    make the padding smaller
        """,
    ),
    "pool of a flat array": (
        lambda: pel.max_pool(np.ones((6, 6)), 3),
        """
        max_pool: images come with rows and channels
          got     shape (6, 6)
          wanted  (N, C, H, W), or (N, C, L)
          mend    write x[None, None] for one grey image
        """,
    ),
    "window": (
        lambda: pel.windows(np.ones((2, 3)), (4,)),
        """
        the window is larger than what it slides over
          got     window (4,), dilation (1,), shape (2, 3)
          wanted  a window that fits
          mend    make the window smaller, or pad more
        """,
    ),
    "channels": (
        lambda: pel.conv(np.ones((1, 3, 6, 6)), np.ones((4, 2, 3, 3))),
        """
        conv: the channels do not fit
          got     input (1, 3, 6, 6), weight (4, 2, 3, 3), groups=1
          wanted  input (rows, channels, …), weight (results, channels / groups, …)
          mend    images come as (N, C, H, W)
        """,
    ),
    "kernel": (
        lambda: pel.conv(np.ones((1, 1, 2, 2)), np.ones((1, 1, 3, 3))),
        """
        conv: the kernel is larger than what it slides over
          got     padded input (1, 1, 2, 2), weight (1, 1, 3, 3), dilation (1, 1)
          wanted  a kernel that fits
          mend    make the kernel smaller, or pad more
        """,
    ),
    "axes": (
        lambda: pel.conv(np.ones((6, 6)), np.ones((3, 3))),
        """
        conv: input and weight have rows and channels before what is slid over
          got     input (6, 6), weight (3, 3)
          wanted  input (rows, channels, …), weight (results, channels, …), with as many axes
          mend    write x[None, None] for one grey image
        """,
    ),
    "stride": (
        lambda: pel.conv(np.ones((1, 1, 6, 6)), np.ones((1, 1, 3, 3)), stride=0),
        """
        conv: stride is one number for all axes, or one for each
          got     stride=0 for 2 axes
          wanted  numbers of at least 1
          mend    write stride=1
        """,
    ),
    "padding": (
        lambda: pel.conv(np.ones((1, 1, 6, 6)), np.ones((1, 1, 3, 3)), padding=-1),
        """
        conv: padding says how much goes before and after each axis
          got     padding=-1 for 2 axes
          wanted  whole numbers, none below 0
          mend    write padding=1, or padding=((1, 1), (0, 2)) for two axes
        """,
    ),
    "transposed channels": (
        lambda: pel.conv_transposed(np.ones((1, 3, 6, 6)), np.ones((2, 3, 3, 3))),
        """
        conv_transposed: the channels do not fit
          got     input (1, 3, 6, 6), weight (2, 3, 3, 3), groups=1
          wanted  input (rows, channels, …), weight (channels, results / groups, …)
          mend    images come as (N, C, H, W)
        """,
    ),
    "output padding": (
        lambda: pel.conv_transposed(np.ones((1, 1, 3)), np.ones((1, 1, 3)), output_padding=1),
        """
        conv_transposed: nothing would be left, or output_padding reaches the stride
          got     extents [6], output_padding=1
          wanted  extents of at least 1, output_padding below stride or dilation
          mend    make the padding smaller
        """,
    ),
    "formula": (
        lambda: pel.einsum("ij,jk->ik", np.ones((2, 3)), np.ones(3)),
        """
        einsum: the formula 'ij,jk->ik' does not fit
          got     2 letters for an operand of shape (3,)
          wanted  one letter for each axis of each operand
          mend    write "ij,jk->ik"
        """,
    ),
    "extents": (
        lambda: pel.einsum("ij,jk->ik", np.ones((2, 3)), np.ones((2, 3))),
        """
        einsum: the axis 'j' of 'ij,jk->ik' has two extents
          got     (2, 3) and (2, 3)
          mend    check which axis was meant, or transpose an operand
        """,
    ),
    "border": (
        lambda: pel.pad(np.ones((2, 2)), 1, "symmetric"),
        """
        mode cannot be 'symmetric'
          wanted  'constant' or 'reflect' or 'mirror' or 'nearest' or 'wrap'
          mend    write mode='constant'
        """,
    ),
    "parts": (
        lambda: pel.split(np.ones(5), 2),
        """
        split: the axis does not fall into equal parts
          got     2 parts of an axis of 5
          mend    give the positions to cut at, as in split(x, [2, 5])
        """,
    ),
    "top": (
        lambda: pel.top_k(np.ones(3), 4),
        """
        top_k: k counts elements of the axis
          got     k=4 for shape (3,)
          wanted  a whole number from 1 to 3
          mend    write top_k(x, 1)
        """,
    ),
    "order": (
        lambda: pel.norm(np.ones(3), 3),
        """
        norm: an order that is not offered
          got     3
          wanted  1, 2 or infinity
          mend    write pel.sum(abs(x) ** p) ** (1 / p)
        """,
    ),
    "factors": (
        lambda: pel.prod(pel.placeholder((None, 2)), 0),
        """
        prod: the number of factors is not known
          got     shape (None, 2), axis 0
          mend    give the placeholder that extent, or write exp(sum(log(x)))
        """,
    ),
    "probability": (
        lambda: pel.random_bernoulli((3,), 1.5, seed=1),
        """
        random_bernoulli: a probability lies between 0 and 1
          got     1.5
          mend    write probability=0.5
        """,
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_call_says_what_and_how_to_mend_it(name: str) -> None:
    call, text = WRONG[name]
    with pytest.raises(PellucidError) as caught:
        call()
    lines = [line[8:] for line in text.strip("\n").splitlines()[:-1]]
    assert str(caught.value).splitlines() == lines
