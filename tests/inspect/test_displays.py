"""Holds: whatever a user is given prints well, and a notebook shows it as a table or a picture."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest

import pellucid as pel
from pellucid import data, descent, nn, optim

X, Y = data.moons(60, seed=1)
VOID = {"br", "img", "input"}


def bowl(x: Any) -> Any:
    return (x * x).sum()


def made() -> dict[str, Any]:
    """Make one of each kind that the public verbs give."""
    model = nn.Sequential([nn.Linear(6, activation="tanh"), nn.Linear(2)])
    history = model.fit(
        1000 * X, Y, epochs=2, seed=1, record=True, engine="reference", progress=False
    )
    pictures = nn.Sequential([nn.Conv2d(2, 3), nn.Flatten(), nn.Linear(2)])
    trace = pictures.trace(np.ones((2, 1, 6, 6)), [0, 1])
    x = pel.placeholder((), name="x")
    return {
        "network": model, "summary": model.summary(), "history": history,
        "recording": history.recording, "findings": history.findings,
        "finding": history.findings[0], "trace": trace, "quantity": trace["Z1"],
        "window": trace.window("Z1", (0, 0)), "drawing": pel.draw(bowl(x), x=x),
        "kernels": model.explain(), "path": descent.minimise(bowl, [1.0, 2.0]),
        "perceptron": descent.perceptron(X, np.where(X[:, 0] > 0, 1, -1)),
        "Taylor model": descent.taylor(bowl, 1.0, 2), "method": descent.Newton(),
        "step rule": descent.Wolfe(), "function": pel.function([x], x * 2), "symbol": x,
        "tensor": pel.tensor([1.0]), "variable": pel.Variable(1.0), "loss": nn.cross_entropy,
        "layer": nn.Linear(1), "initialiser": nn.init.Normal(0, 1), "optimizer": optim.Adam(0.1),
        "stepper": optim.SGD(0.1).over([pel.Variable(1.0, name="w")]),
        "schedule": optim.OneCycle(0.1), "callback": pel.Watch(), "stop": pel.EarlyStopping(3),
        "range test": pel.find_learning_rate(model, X, Y, steps=20, seed=1),
        "one batch": pel.overfit_one_batch(model, X, Y, steps=3),
        "first loss": pel.initial_loss(model, X, Y), "data set": data.iris(),
        "batches": data.batches(X, Y, 8, seed=1), "entry": data.sets()[0],
        "coding": data.LabelCoding.learn(Y), "targets": data.targets(Y),
    }  # fmt: skip


@pytest.fixture(scope="module")
def things() -> dict[str, Any]:
    return made()


class Closed(HTMLParser):
    """Sees that every tag is closed, in its order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_what_prints_says_what_it_is(things: dict[str, Any]) -> None:
    for name, one in things.items():
        text = repr(one)
        assert text, name
        assert " at 0x" not in text, name
        assert max(map(len, text.splitlines())) <= 400, name
        assert "1 outputs" not in text, name
        assert "1 parameters" not in text, name


TABLES = (
    "network", "summary", "history", "findings", "finding", "trace", "kernels", "path",
)  # fmt: skip


@pytest.mark.parametrize("name", TABLES)
def test_a_notebook_shows_a_table(name: str, things: dict[str, Any]) -> None:
    html = things[name]._repr_html_()
    Closed(html)
    assert "<table" in html


@pytest.mark.parametrize("name", ["quantity", "window"])
def test_a_notebook_shows_numbers_in_their_columns(name: str, things: dict[str, Any]) -> None:
    html = things[name]._repr_html_()
    Closed(html)
    assert "<pre>" in html


def test_a_notebook_shows_a_graph_as_a_picture(things: dict[str, Any]) -> None:
    assert things["drawing"]._repr_svg_().startswith("<svg")


@pytest.mark.parametrize("name", ["history", "path", "perceptron", "range test", "one batch"])
def test_what_has_a_course_draws_itself(name: str, things: dict[str, Any]) -> None:
    drawn = things[name].plot()
    assert getattr(drawn, "axes", None) is not None


def test_what_a_user_writes_prints_by_its_name() -> None:
    class Target(pel.Callback):
        pass

    assert repr(Target()) == "Target()"
