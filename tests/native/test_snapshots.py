"""Holds: the code that is made for a few programs is the code that was looked at.

After a change of the generator, ``pytest tests/native/test_snapshots.py --rewrite-snapshots``
writes ``tests/native/snapshots`` anew; then ``git diff`` shows what the change did to the code.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import pellucid as pel
from native.programs import program
from pellucid import nn, optim
from pellucid.compile import Program
from pellucid.engines.native.listing import readable
from pellucid.engines.native.module import program_text
from pellucid.graph import symbolic

FOLDER = Path(__file__).parent / "snapshots"


def chain() -> Program:
    """An elementwise chain: one loop, in vectors, and a rest of three."""
    x, y = pel.placeholder((19,), name="x"), pel.placeholder((19,), name="y")
    return program([x, y], [pel.relu(x * y + 1) / 2])


def row_sums() -> Program:
    """A reduction of rows: parts side by side, combined at the end."""
    x = pel.placeholder((3, 37), name="x")
    return program([x], [(x * x).sum(1)])


def product() -> Program:
    """A matrix product, with rows and columns left over."""
    x, y = pel.placeholder((3, 2), name="x"), pel.placeholder((2, 10), name="y")
    return program([x, y], [x @ y])


def softmax() -> Program:
    """A softmax of rows: maximum, exponentials, sum and quotient."""
    x = pel.placeholder((2, 5), name="x")
    return program([x], [pel.softmax(x, axis=1)])


def step() -> Program:
    """A step of gradient descent: two weights and a bias, in place."""
    x, y = pel.placeholder((4, 2), name="x"), pel.placeholder((4, 1), name="y")
    model, descent = nn.Sequential([nn.Linear(1)]), optim.SGD()
    with symbolic():
        loss = ((model(x) - y) ** 2).mean()
        weights = list(model.parameters().values())
        gradients = pel.grad(loss, weights)
        hyper = {name: pel.tensor(value, "float64") for name, value in descent.hyper().items()}
        updates = {
            v: descent.update(v.read(), g, {}, hyper, pel.tensor(1))[0]
            for v, g in zip(weights, gradients, strict=True)
        }
    return program([x, y], [loss], updates)


@pytest.mark.parametrize("vector_bytes", [16, 32, 64])
@pytest.mark.parametrize("make", [chain, row_sums, product, softmax, step])
def test_the_code_is_the_code_that_was_looked_at(
    make: Callable[[], Program], vector_bytes: int, request: pytest.FixtureRequest
) -> None:
    one = make()
    lines = "".join(f"; {line}\n" for line in str(one).splitlines())
    found = f"{lines}\n{readable(program_text(one, vector_bytes).text)}"
    path = FOLDER / f"{make.__name__}-{vector_bytes}.ll"
    if request.config.getoption("--rewrite-snapshots"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(found, encoding="utf-8")
    assert found == path.read_text(encoding="utf-8"), (
        "another code than before: look at it, and if it is meant, run "
        "pytest tests/native/test_snapshots.py --rewrite-snapshots"
    )
