"""Holds: findings are records that print, are silenced, saved, and told once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import pellucid as pel
from pellucid import data, nn, optim
from pellucid.diagnose import KINDS, Finding, Findings, after, during
from pellucid.errors import ArgumentError

WINE = data.wine()


def network(outputs: int = 3, activation: str = "relu") -> nn.Sequential:
    return nn.Sequential([nn.Linear(8, activation=activation), nn.Linear(outputs)])


def fitted(**options: object) -> Findings:
    given = {"epochs": 3, "seed": 1, "progress": False, **options}
    return network().fit(WINE.X, WINE.y, **given).findings


def test_a_finding_prints_as_text_and_as_a_table() -> None:
    (found,) = fitted()
    assert repr(found).splitlines()[0] == "PEL201 warning: the inputs are not scaled"
    assert "column 12" in found.evidence or "(12)" in found.evidence
    html = Findings([found])._repr_html_()
    assert found.page in html
    assert "prepare=&quot;standard&quot;" in html
    assert repr(Findings()) == "no findings"


def test_a_finding_is_frozen_and_its_own_json() -> None:
    (found,) = fitted()
    with pytest.raises(AttributeError):
        found.code = "PEL202"
    assert Finding.from_config(found.to_config()) == found


def test_one_code_is_silenced_and_no_other() -> None:
    assert fitted(silence=["PEL201"]) == ()
    assert fitted(silence=["PEL202"]).codes == ("PEL201",)
    assert fitted(silence="PEL201") == ()
    assert network().diagnose(WINE.X, WINE.y, silence="PEL201").codes == ()


def test_a_code_that_there_is_not_is_an_error() -> None:
    with pytest.raises(ArgumentError, match="there is no finding 'PEL999'"):
        fitted(silence=["PEL999"])


def test_scaling_is_the_mend() -> None:
    assert fitted(prepare="standard") == ()


def test_findings_are_saved_with_the_network(tmp_path) -> None:
    model = network()
    found = model.fit(WINE.X, WINE.y, epochs=1, seed=1, progress=False).findings
    model.save(tmp_path / "model.safetensors")
    assert pel.load(tmp_path / "model.safetensors").history.findings == found


def test_fit_tells_each_once(capsys: pytest.CaptureFixture[str]) -> None:
    fitted(progress=1)
    assert capsys.readouterr().err.count("PEL201") == 1


def test_a_note_is_not_told(capsys: pytest.CaptureFixture[str]) -> None:
    X, y = data.moons(60, seed=1)
    model = nn.Sequential([nn.Linear(8), nn.Linear(2)])
    found = model.fit(X, y, epochs=1, seed=1, progress=1).findings
    assert found.codes == ("PEL104",)
    assert found.alarms == ()
    assert "PEL104" not in capsys.readouterr().err


def test_columns_that_never_change_are_a_note_when_asked() -> None:
    X, y = data.moons(60, seed=1)
    found = network(2).diagnose(np.column_stack([np.ones(60), X]), y)
    assert found.codes == ("PEL202",)
    assert found[0].evidence == "1 of 3, the first is column 0"


def test_kinds_are_ordered_by_code_and_speak_plainly() -> None:
    assert list(KINDS) == sorted(KINDS)
    assert all(not kind.title.endswith(".") and kind.remedy for kind in KINDS.values())


# --- asking leaves everything as it is -----------------------------------------------------


def test_watching_changes_no_bit() -> None:
    X, y = data.moons(200, seed=1)
    weights = []
    for callbacks in ([], [pel.Watch()]):
        model = nn.Sequential([nn.Linear(8, activation="relu"), nn.Dropout(0.5), nn.Linear(2)])
        model.fit(X, y, epochs=9, seed=3, callbacks=callbacks, progress=False)
        weights.append(model[2].weight.numpy())
    np.testing.assert_array_equal(*weights)


@pytest.mark.parametrize("trained", [False, True])
def test_diagnosing_leaves_the_network_as_it_is(trained: bool) -> None:
    X, y = data.moons(200, seed=1)
    models = [network(2), network(2)]
    for model in models:
        if trained:
            model.fit(X, y, epochs=1, seed=3, progress=False)
    models[0].diagnose(X, y)
    for model in models:
        model.fit(X, y, epochs=2, seed=4, progress=False)
    for mine, theirs in zip(*(model.variables().values() for model in models), strict=True):
        np.testing.assert_array_equal(mine.numpy(), theirs.numpy())


def test_diagnosing_tells_what_the_last_fit_told() -> None:
    X, y = data.moons(200, seed=1)
    model = network(2)
    model.fit(X, y, epochs=20, optimizer=optim.SGD(1e-7), seed=1, progress=False)
    assert "PEL306" in model.diagnose(X, y).codes
    assert "PEL306" not in model.diagnose(X, y, silence=["PEL306"]).codes


def test_one_finding_is_shown_as_several_are() -> None:
    found = fitted()
    assert found[0]._repr_html_() == Findings([found[0]])._repr_html_()


# --- borders of the checks -----------------------------------------------------------------


def moving(losses: Any, moved: float = 2.0, constant: float = np.nan) -> during.Movement:
    return during.Movement(np.array(losses, float), constant, lambda: moved)


def test_a_likelihood_below_zero_is_not_taken_for_one_that_rose() -> None:
    falling = np.linspace(-0.01, -0.5, 100)
    falling[3] = 1.0  # one batch
    assert not [*during.too_fast(moving(falling))]
    assert [*during.too_fast(moving(np.linspace(-0.5, 5.0, 100)))]


def test_what_batches_differ_by_is_no_learning() -> None:
    noise = np.random.default_rng(1).normal(1.0, 0.3, 260)
    noise[:5] = 1.3
    assert [*during.too_slow(moving(noise, moved=0.001, constant=1.0))]
    assert not [*during.too_slow(moving(np.linspace(2, 1, 260), moved=0.001, constant=1.0))]


def test_a_few_held_rows_that_waver_are_no_overfitting() -> None:
    losses, wavering = np.linspace(0.6, 0.05, 40), np.full(40, 0.10)
    wavering[20:] = 0.14
    assert not [*after.overfitting(losses, wavering)]
    assert [*after.overfitting(losses, np.r_[np.linspace(0.6, 0.2, 20), np.linspace(0.2, 0.5, 20)])]


def test_half_of_the_units_may_begin_at_zero() -> None:
    values = np.ones((50, 10))
    values[:, :7] = 0
    assert not [*during.dead("layer", values, unlearned=True)]
    values[:, :9] = 0
    assert [*during.dead("layer", values, unlearned=True)]


def test_a_narrow_layer_and_dropout_are_something_between() -> None:
    X, y = data.moons(60, seed=1)
    wide = [nn.Linear(8), nn.Linear(8)]
    cases = {
        ("PEL104",): nn.Sequential([*wide, nn.Linear(2, activation="tanh"), nn.Linear(2)]),
        (): nn.Sequential([nn.Linear(8), nn.Dropout(0.5), nn.Linear(8, activation="relu"),
                           nn.Linear(2)]),
    }  # fmt: skip
    for codes, model in cases.items():
        assert model.fit(X, y, epochs=1, seed=1, progress=False).findings.codes == codes


def test_a_layer_that_normalises_first_needs_no_scaling() -> None:
    model = nn.Sequential([nn.BatchNorm1d(), nn.Linear(8, activation="relu"), nn.Linear(3)])
    found = model.fit(WINE.X, WINE.y, epochs=3, seed=1, progress=False).findings
    assert "PEL201" not in found.codes


def test_rows_that_repeat_by_nature_are_no_leak() -> None:
    X = np.random.default_rng(1).integers(0, 2, (400, 3)).astype(float)
    found = network(2).fit(X, X[:, 0] != X[:, 1], epochs=2, seed=1, validation=0.2,
                           progress=False).findings  # fmt: skip
    assert "PEL208" not in found.codes


def test_class_weights_answer_imbalance() -> None:
    X, y = data.moons(600, seed=1)
    rows = np.concatenate([np.flatnonzero(y == 0), np.flatnonzero(y == 1)[:12]])
    for weight, told in ((None, True), ("balanced", False)):
        model = network(2)
        found = model.fit(X[rows], y[rows], epochs=1, seed=1, class_weight=weight, progress=False)
        assert ("PEL204" in found.findings.codes) == told
        assert ("PEL204" in model.diagnose(X[rows], y[rows]).codes) == told


def test_several_inputs_and_heads_are_named() -> None:
    a, b = nn.Input((2,), name="a"), nn.Input((3,), name="b")
    both = pel.concatenate([a, b], axis=1)
    colour = nn.Linear(3, activation="softmax")(both)
    model = nn.Model({"a": a, "b": b}, {"size": nn.Linear(1)(both), "colour": colour})
    rng = np.random.default_rng(0)
    X = {"a": rng.normal(size=(60, 2)), "b": rng.normal(size=(60, 3))}
    y = {"size": 500 + rng.normal(size=60), "colour": rng.integers(0, 3, 60)}
    losses = {"size": "mse", "colour": "cross_entropy"}
    found = model.fit(X, y, loss=losses, epochs=1, seed=1, progress=False).findings
    assert {(one.code, one.where) for one in found} == {
        ("PEL101", "output 'colour'"), ("PEL203", "output 'size'"),
    }  # fmt: skip


def test_a_gradient_that_is_reset_by_hand_is_no_finding() -> None:
    w = pel.Variable(1.0, name="w")
    stepper = optim.SGD(0.1).over([w])
    for _ in range(3):  # warnings are errors here
        w.grad = None
        (w * w).backward()
        (w * w).backward()  # added on purpose, within a step
        stepper.step()
    assert stepper.steps == 3


def test_weights_that_are_not_drawn_are_left_so() -> None:
    def untouched() -> nn.Model:
        x = nn.Input((13,))
        return nn.Model(x, nn.Linear(3)(nn.Linear(4, activation="relu")(x)))

    asked, plain = untouched(), untouched()
    asked.diagnose(WINE.X, WINE.y)
    for variable in asked.variables().values():
        assert "not drawn yet" in repr(variable)
    for model in (asked, plain):
        model.fit(WINE.X, WINE.y, epochs=1, seed=5, progress=False)
    assert (asked.predict(WINE.X) == plain.predict(WINE.X)).all()
