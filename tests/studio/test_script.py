"""Holds: the script that is shown, when it is run, ends with the same loss to the last bit."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable

import numpy as np
import pytest

from pellucid.studio.script import script
from pellucid.studio.session import Session
from pellucid.studio.setting import Setting


def loss_of(text: str) -> float:
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(compile(text, "script", "exec"), {})
    return float(said.getvalue().split()[1])


def shown(session: Session) -> float:
    session.legs.show()
    X, y = session.source.taken("train")
    return session.network.evaluate(X, y)["loss"]


def another_rate(session: Session) -> None:
    session.set({"learning_rate": 0.2, "optimizer": "sgd", "weight_decay": 0.01})
    session.advance(np.inf, 12)


def went_back(session: Session) -> None:
    another_rate(session)
    session.legs.present.live.state.pace = 1e6
    assert session.seek(31) == 31
    session.branch()
    session.advance(np.inf, 4)


@pytest.mark.parametrize("then", [lambda session: None, another_rate, went_back])
@pytest.mark.parametrize(
    "change",
    [
        {"data": {"name": "xor"}},
        {"data": {"name": "iris"}, "hidden": [6], "dropout": 0.2, "batch_norm": True},
        {"data": {"name": "sine"}, "activation": "relu", "prepare": "minmax", "loss": "huber"},
        {"data": {"name": "line", "test": 0.0}, "prepare": None, "optimizer": "adamw"},
    ],
)
def test_the_script_does_it_again(
    change: dict[str, object], then: Callable[[Session], None]
) -> None:
    session = Session(None, Setting().changed(change))
    session.advance(np.inf, 33)
    then(session)
    text = script(session)
    assert "edited" not in text
    assert loss_of(text) == shown(session)


def test_the_script_of_pictures_does_it_again() -> None:
    session = Session()
    session.set({"data": {"name": "slashes"}})
    session.advance(np.inf, 5)
    assert loss_of(script(session)) == shown(session)


def test_the_script_says_what_it_cannot_do() -> None:
    session = Session()
    session.edit_weight("0", "weight", [0, 0], 3.0)
    assert "a weight was edited" in script(session)
    session.points(add=[[0.0, 0.0, 1]])
    assert np.isfinite(loss_of(script(session)))
