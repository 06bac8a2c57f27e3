"""Holds: what is drawn are the library's own numbers, at the step that is shown."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix

from pellucid.studio.frames import decoded, encoded
from pellucid.studio.session import Session
from pellucid.studio.setting import SMALL_CNN, Setting
from pellucid.studio.views import VIEWS, View, seen


def opened(name: str, **change: Any) -> Session:
    session = Session(None, Setting().changed({"data": {"name": name}, **change}))
    session.advance(np.inf, 30)
    session.legs.show()
    return session


@pytest.fixture(scope="module")
def moons() -> Session:
    return opened("moons", hidden=[5, 3])


@pytest.fixture(scope="module")
def digits() -> Session:
    return opened("digits", layers=SMALL_CNN)


def look(session: Session, name: str, **options: Any) -> View:
    session.legs.show()
    view = seen(session, name, options)
    frame = decoded(encoded({"views": {name: view.header}}, view.arrays))
    assert frame.arrays.keys() == view.arrays.keys()
    return view


@pytest.mark.parametrize("data", ["moons", "blobs", "wave", "iris", "diabetes"])
@pytest.mark.parametrize("name", list(VIEWS))
def test_every_view_of_every_kind_of_rows_can_be_sent(data: str, name: str) -> None:
    session = Session(None, Setting(hidden=(3,)).changed({"data": {"name": data}}))
    view = look(session, name)
    assert ("reason" in view.header) == (name == "convolution")


@pytest.mark.parametrize("name", list(VIEWS))
def test_every_view_of_pictures_can_be_sent(digits: Session, name: str) -> None:
    assert ("reason" in look(digits, name).header) == (name == "surface")


def test_the_maps_are_what_the_layers_give_all_over_the_plane(moons: Session) -> None:
    view = look(moons, "network", resolution=7)
    x, y = view.header["x"], view.header["y"]
    xs, ys = np.meshgrid(np.linspace(*x, 7), np.linspace(*y, 7))
    rows = np.column_stack([xs.ravel(), ys.ravel()])
    probabilities = moons.network.predict_proba(rows)
    assert np.allclose(view.arrays["network/output"][1].ravel(), probabilities[:, 1], atol=1e-6)
    trace = moons.network.trace(rows)
    assert np.allclose(view.arrays["network/maps/0"].reshape(5, -1).T, trace["A1"].value, atol=1e-5)
    assert np.allclose(view.arrays["network/maps/1"].reshape(3, -1).T, trace["A2"].value, atol=1e-5)
    assert np.array_equal(view.arrays["network/weights/1"], trace["W2"].value)
    assert np.array_equal(view.arrays["network/biases/2"], trace["b3"].value)
    assert np.allclose(view.arrays["network/input"][0].ravel(), rows[:, 0], atol=1e-5)
    assert view.header["layers"][0]["units"] == [0, 1, 2, 3, 4]


def test_the_surface_tells_the_class_and_how_sure_the_network_is(moons: Session) -> None:
    view = look(moons, "surface", resolution=9)
    xs, ys = np.meshgrid(np.linspace(*view.header["x"], 9), np.linspace(*view.header["y"], 9))
    p = moons.network.predict_proba(np.column_stack([xs.ravel(), ys.ravel()]))
    assert np.array_equal(view.arrays["surface/class"].ravel(), p.argmax(axis=1))
    assert np.allclose(view.arrays["surface/certainty"].ravel(), p.max(axis=1), atol=1e-6)
    X, y = moons.source.taken("train")
    assert np.allclose(view.arrays["surface/points"][: len(X)], X, atol=1e-5)
    assert np.array_equal(view.arrays["surface/labels"][: len(y)], y)
    assert view.arrays["surface/part"].sum() == len(moons.source.test)


def test_other_columns_are_held_at_their_medians() -> None:
    session = opened("iris", axes=[2, 0])
    view = look(session, "surface", resolution=3)
    X = np.asarray(session.source.X)
    held = view.header["held"]
    assert list(held) == ["sepal width (cm)", "petal width (cm)"]
    assert held["petal width (cm)"] == pytest.approx(np.median(X[:, 3]), rel=1e-5)
    assert view.header["x"][0] < X[:, 2].min() < X[:, 2].max() < view.header["x"][1]


def test_a_curve_goes_through_what_the_network_predicts() -> None:
    session = opened("wave")
    curve = look(session, "surface", resolution=11).arrays["surface/curve"]
    assert np.allclose(session.network.predict(curve[:, :1])[:, 0], curve[:, 1], atol=1e-4)


def test_the_views_show_the_step_that_is_looked_at(moons: Session) -> None:
    now = look(moons, "network").arrays["network/weights/0"]
    moons.legs.present.live.state.pace = 1e6
    moons.seek(3)
    then = look(moons, "network").arrays["network/weights/0"]
    wanted = moons.legs.present.live.recording.at(3).variables()["0.weight"].numpy()
    assert np.array_equal(then, wanted)
    moons.seek(None)
    assert np.array_equal(look(moons, "network").arrays["network/weights/0"], now)


def test_curves_are_those_of_the_history(moons: Session) -> None:
    view = look(moons, "curves")
    assert view.arrays["curves/step"].tolist() == [0, 10, 20, 30]
    X, y = moons.source.taken("test")
    loss = moons.network.evaluate(X, y)["loss"]
    assert view.arrays["curves/validation_loss"][-1] == pytest.approx(loss, rel=1e-5)
    assert view.header["metrics"] == ["accuracy"]


def test_the_microscope_shows_the_trace_and_checks_it(moons: Session) -> None:
    moons.look_at(4, "test")
    view = look(moons, "microscope")
    X, y = moons.source.taken("test")
    trace = moons.network.trace(X[4:5], y[4:5])
    assert [row["name"] for row in view.header["rows"]] == list(trace.names)
    for k, quantity in enumerate(trace):
        assert np.array_equal(view.arrays[f"microscope/{k}"], quantity.value)
    checked = {row["name"]: row["checked"] for row in view.header["rows"] if row["checked"]}
    assert {"dL/dW1", "dL/db3", "dL/dX"} <= checked.keys()
    assert max(checked.values()) < 1e-4
    some = look(moons, "microscope", layer="1")
    assert {"A1", "W2", "Z2", "A2", "dL/dW2"} <= {row["name"] for row in some.header["rows"]}
    assert "W1" not in {row["name"] for row in some.header["rows"]}


def test_a_wrong_gradient_is_seen_by_the_check(moons: Session, monkeypatch: Any) -> None:
    head = moons.head
    wrong = type("Wrong", (), {"loss": lambda self, *given: 2 * head.loss(*given)})()
    monkeypatch.setattr(type(moons), "head", property(lambda self: _Doubled(head, wrong)))
    rows = look(moons, "microscope").header["rows"]
    assert min(row["checked"] for row in rows if row["checked"]) > 0.3


class _Doubled:
    """A head whose loss is twice as large as that of the trace."""

    def __init__(self, head: Any, wrong: Any) -> None:
        self.loss, self.coding, self.answers = wrong.loss, head.coding, head.answers


def test_numbers_are_put_into_formulas(moons: Session) -> None:
    moons.look_at(0)
    rows = {row["name"]: row["substituted"] for row in look(moons, "microscope").header["rows"]}
    assert rows["A1"].startswith("tanh(")
    left, right = rows["Z3"].split(" = ")
    value = eval(left.replace("−", "-").replace("×", "*"))
    assert value == pytest.approx(float(right.replace("−", "-")), rel=0.01, abs=0.01)
    assert rows["X"] is None


def test_flow_tells_gradients_and_the_next_update(moons: Session) -> None:
    view = look(moons, "flow")
    before = moons.network.variables()["0.weight"].numpy().copy()
    ratio = view.header["layers"][0]["ratio"]
    twin = opened("moons", hidden=[5, 3])
    twin.step("batch")
    twin.legs.show()
    after = twin.network.variables()["0.weight"].numpy()
    assert ratio == pytest.approx(np.linalg.norm(after - before) / np.linalg.norm(before), rel=1e-5)
    assert all(one["gradient"] > 0 for one in view.header["layers"])


def test_dead_units_are_counted() -> None:
    session = opened("moons", activation="relu", hidden=[6])
    session.edit_weight("0", "bias", [2], -1000.0)
    assert look(session, "flow").header["layers"][0]["dead"] >= 1


def test_errors_are_those_of_scikit_learn(digits: Session) -> None:
    view = look(digits, "errors", part="test", limit=5)
    X, y = digits.source.taken("test")
    told = digits.network.classify(X)
    assert np.array_equal(view.arrays["errors/matrix"], confusion_matrix(y, told))
    for one, picture in zip(view.header["wrong"], view.arrays["errors/pictures"], strict=True):
        assert (y[one["index"]], told[one["index"]]) == (one["truth"], one["told"])
        assert np.array_equal(picture, digits.rows("test")[one["index"], 0])


def test_a_window_of_a_convolution_sums_up_to_the_map(digits: Session) -> None:
    for place in ([0, 0], [3, 4], [7, 7]):
        view = look(digits, "convolution", layer="0", channel=2, place=place)
        value = view.arrays["convolution/map"][tuple(place)]
        assert max(view.header["sum"], 0) == pytest.approx(value, abs=1e-5)
        product = view.arrays["convolution/product"].sum() + view.header["bias"]
        assert product == pytest.approx(view.header["sum"], abs=1e-5)
    assert np.array_equal(
        view.arrays["convolution/kernel"], digits.network.variables()["0.weight"].numpy()[2]
    )
    later = look(digits, "convolution", layer="2", channel=3, place=[2, 2])
    assert max(later.header["sum"], 0) == pytest.approx(later.header["value"], abs=1e-4)


def test_feature_maps_are_those_of_the_example(digits: Session) -> None:
    digits.look_at(7)
    view = look(digits, "network")
    X, _ = digits.source.taken("train")
    assert np.allclose(
        view.arrays["network/maps/0"], digits.network.trace(X[7:8])["A1"].value[0], atol=1e-5
    )
    p = digits.network.predict_proba(X[7:8])[0]
    assert np.allclose(view.arrays["network/output"][:, 0, 0], p, atol=1e-6)
