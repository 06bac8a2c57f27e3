"""Holds: a composite that is remembered makes the nodes, values and errors of its formula."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

import pellucid as pel
from pellucid import functional, nn
from pellucid.errors import DTypeError, GraphError, LabelError, ShapeError
from pellucid.functional.composite import composite
from pellucid.graph import Tensor, provenance, topological
from pellucid.graph.tensor import Whole
from pellucid.graph.walk import given_to

DRAW = np.random.default_rng(0)


def tensor(*shape: int, dtype: str = "float32", requires_grad: bool = False) -> Tensor:
    return pel.tensor(DRAW.standard_normal(shape), dtype, requires_grad=requires_grad)


def picture(result: Tensor) -> list[Any]:
    """All that can be seen of a graph."""
    order = topological([result])
    place = {id(node): k for k, node in enumerate(order)}
    return [
        (
            node.op, dict(node.attrs), node.spec, node.requires_grad, node.label, node.origin,
            [place[id(x)] for x in node.inputs], node.numpy().tobytes(), node.numpy().dtype,
            node.name, node.numpy().flags.writeable, dict(node.updates), node.call, node.grad,
        )
        for node in order
    ]  # fmt: skip


def by_hand(function: Any) -> Callable[..., Tensor]:
    """Find the formula behind a composite."""
    found: Callable[..., Tensor] = function.__wrapped__
    return found


FUNCTIONS = ["elu", "gelu", "leaky_relu", "log_softmax", "logsumexp", "mish", "selu", "silu",
             "softmax", "softsign"]  # fmt: skip


@pytest.mark.parametrize("requires_grad", [False, True])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_nodes_are_those_of_the_formula(name: str, requires_grad: bool) -> None:
    function = getattr(functional, name)
    for shape, dtype in [((3, 4), "float32"), ((2, 5), "float32"), ((3, 4), "float64")] * 2:
        x = tensor(*shape, dtype=dtype, requires_grad=requires_grad)
        with provenance(path=f"layer {shape}"):
            assert picture(function(x)) == picture(by_hand(function)(x))


def test_settings_tell_plans_apart() -> None:
    @composite
    def scaled(x: Tensor, factor: Any, shift: Any = 0) -> Tensor:
        return x * factor + shift

    x = pel.tensor([1, -2])
    for factor in (1, 1.0, True, 0.0, -0.0, 2, "no"):
        for shift in (0, 0.5):
            if factor == "no":
                with pytest.raises(DTypeError):
                    scaled(x, factor, shift=shift)
                continue
            want = picture(by_hand(scaled)(x, factor, shift=shift))
            assert [picture(scaled(x, factor, shift=shift)) for _ in range(3)] == [want] * 3
            assert picture(scaled(x, factor, shift)) == want


def test_an_operand_that_is_given_twice_is_one_node() -> None:
    @composite
    def product(x: Tensor, y: Tensor) -> Tensor:
        return x * y

    x, y = tensor(3, requires_grad=True), tensor(3)
    for one, other in [(x, y), (x, x), (y, x), (x, y), (x, x)]:
        assert picture(product(one, other)) == picture(one * other)
    product(x, x).sum().backward()
    assert x.grad is not None
    assert x.grad.numpy().tobytes() == (x.numpy() + x.numpy()).tobytes()


def test_symbols_lists_and_variables_go_through_the_formula() -> None:
    x = pel.placeholder((None, 3), name="x")
    assert pel.softmax(x).value is None
    assert pel.softmax([0.0, 0.0]).numpy().tolist() == [0.5, 0.5]
    w = pel.Variable([0.0, 0.0], name="w")
    assert [node.name for node in topological([pel.softmax(w)]) if node.name] == ["w"]


def test_an_operand_may_be_the_result() -> None:
    @composite
    def same(x: Tensor) -> Tensor:
        return x

    for x in (tensor(2), tensor(2)):
        assert same(x) is x


def test_a_formula_that_depends_on_more_is_refused() -> None:
    w = pel.Variable(2.0, name="w")

    @composite
    def hidden(x: Tensor) -> Tensor:
        return x * w

    with pytest.raises(GraphError, match="more than its operands"):
        hidden(tensor(2))


@pytest.mark.parametrize("count", [1, 3])
def test_gradients_of_any_order_flow_through_it(count: int) -> None:
    for _ in range(3):
        x = tensor(4, dtype="float64", requires_grad=True)
        for function in (functional.silu, by_hand(functional.silu)):
            y: Any = function(x).sum()
            for _ in range(count):
                y = pel.grad(y, x).sum()
            if function is functional.silu:
                found = y.item()
        assert found == y.item()


def test_losses_look_at_the_values_each_time() -> None:
    x, good = tensor(4, 3), np.array([0, 1, 2, 0])
    for _ in range(3):
        assert nn.cross_entropy(x, good).shape == ()
        with pytest.raises(LabelError, match="out of range"):
            nn.cross_entropy(x, np.array([0, 1, 3, 0]))
        with pytest.raises(LabelError, match="out of range"):
            nn.cross_entropy(x, np.array([0, -1, 2, 0]))
        with pytest.raises(ShapeError):
            nn.cross_entropy(x, good[:3])


def test_losses_that_differ_have_plans_of_their_own() -> None:
    x, labels = tensor(4, 3), np.array([0, 1, 2, 0])
    kinds = [nn.CrossEntropy(), nn.CrossEntropy(label_smoothing=0.1),
             nn.CrossEntropy(class_weight=[1, 2, 3]), nn.Focal()]  # fmt: skip
    first = [loss.each(x, labels).numpy().tobytes() for loss in kinds]
    assert len(set(first)) == len(kinds)
    assert [loss.each(x, labels).numpy().tobytes() for loss in kinds] == first


def test_layers_follow_their_weights() -> None:
    layer, x = nn.Linear(2), tensor(4, 3)
    layer(x)
    for _ in range(3):
        layer.weight.assign(DRAW.standard_normal((2, 3)))
        want = x.numpy() @ layer.weight.numpy().T + layer.bias.numpy()
        assert layer(x).numpy().tobytes() == want.tobytes()
    layer.freeze()
    assert not layer(x).requires_grad
    assert layer.unfreeze()(x).requires_grad


def test_threads_may_share_it() -> None:
    given = [tensor(*shape) for shape in [(2, 3), (3, 2), (4, 4)] * 20]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda x: pel.softmax(x).numpy().tobytes(), given))
    assert found == [by_hand(pel.softmax)(x).numpy().tobytes() for x in given]


def closed(result: Tensor) -> int:
    """Count the composites of a graph into which nobody has looked."""
    order = topological([result], neighbours=given_to)
    return sum(type(node.made_of) is Whole and not node.made_of.opened for node in order)


def test_nodes_inside_are_made_when_somebody_looks() -> None:
    x = tensor(3, 4, requires_grad=True)
    results = [functional.softmax(functional.gelu(x)).sum() for _ in range(2)]
    assert closed(results[1]) == 2
    names = [node.op.name for node in topological([results[0]])]
    assert [node.op.name for node in topological([results[1]])] == names
    assert closed(results[1]) == 0


@pytest.mark.parametrize("looked", [(), (0,), (1,), (2,), (0, 1, 2)])
def test_a_look_inside_changes_no_gradient(looked: tuple[int, ...]) -> None:
    x = tensor(3, 4)
    found = []
    for _ in range(3):
        leaf = pel.tensor(x.numpy(), requires_grad=True)
        one = functional.gelu(leaf)
        two = functional.log_softmax(one)
        three = functional.softmax(two) * one
        for k in looked:
            assert (one, two, three.inputs[0])[k].inputs
        (three * three).sum().backward()
        found.append(leaf.grad.numpy())
    wanted = pel.grad((three * three).sum(), leaf).numpy()
    assert [one.tobytes() for one in found] == [wanted.tobytes()] * 3


def test_what_is_inside_can_be_used_elsewhere() -> None:
    for _ in range(3):
        x = pel.tensor([0.5, -1.0, 2.0], requires_grad=True)
        y = functional.silu(x)
        gate = next(node for node in topological([y]) if node.op.name == "sigmoid")
        (y.sum() + (gate * gate).sum()).backward()
        s = 1 / (1 + np.exp(-x.numpy()))
        wanted = s + x.numpy() * s * (1 - s) + 2 * s * s * (1 - s)
        np.testing.assert_allclose(x.grad.numpy(), wanted, rtol=1e-6)


def test_an_eager_step_looks_into_no_composite() -> None:
    net = nn.Sequential([nn.Linear(4, activation="gelu"), nn.Linear(3)])
    x, y = tensor(8, 5), np.arange(8) % 3
    for _ in range(3):  # at first the formula is seen, and then the gradient's
        loss = nn.cross_entropy(net(x, training=True), y)
        before = closed(loss)
        loss.backward()
    assert closed(loss) == before >= 3


def test_threads_may_look_inside_while_others_go_back() -> None:
    x = pel.tensor(DRAW.standard_normal(6), requires_grad=True)
    functional.gelu(x).sum().backward()
    wanted = x.grad.numpy()

    def one(k: int) -> bool:
        leaf = pel.tensor(x.numpy(), requires_grad=True)
        y = functional.gelu(leaf)
        with ThreadPoolExecutor(2) as pool:
            looked = pool.submit(lambda: topological([y]))
            pool.submit(y.sum().backward).result()
        return bool(looked.result()) and np.array_equal(leaf.grad.numpy(), wanted)

    assert all(map(one, range(50)))
