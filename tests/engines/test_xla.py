"""Holds: on the XLA engine everything of a training is as on the others, and JAX is left alone."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import numpy as np
import pytest

import pellucid as pel
from pellucid import nn, optim
from pellucid.engines import choose
from pellucid.engines.xla.layout import Layout
from pellucid.engines.xla.loop import Loop
from pellucid.errors import ArgumentError, DataError, EngineError, NonFiniteError

jax = pytest.importorskip("jax")

ROWS = 70  # in batches of 16: with a smaller last one
X = np.random.default_rng(0).normal(size=(ROWS, 6))
LABELS = X[:, :3].argmax(axis=1)
IMAGES = np.random.default_rng(1).normal(size=(ROWS, 1, 6, 6))


def dense():
    """Every kind of state: weights, running statistics, random counters."""
    return nn.Sequential([nn.Linear(8), nn.BatchNorm1d(), nn.Tanh(), nn.Dropout(0.3), nn.Linear(3)])


def convolutional():
    return nn.Sequential(
        [nn.Conv2d(4, 3, stride=2, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
         nn.Linear(3)]
    )  # fmt: skip


def fitted(model, engine, inputs=X, **options):
    wishes = {"epochs": 3, "batch_size": 16, "seed": 3, "dtype": "float64", "validation": 0.3}
    wishes |= {"optimizer": optim.Adam(0.01), "progress": False, "engine": engine, **options}
    return model.fit(inputs, LABELS, **wishes)


def bits(model):
    return {name: v.numpy().tobytes() for name, v in model.variables().items()}


def assert_alike(model, other, near=1e-9):
    for name, variable in model.variables().items():
        wanted = other.variables()[name].numpy()
        np.testing.assert_allclose(
            variable.numpy(), wanted, rtol=near, atol=near, err_msg=name, strict=True
        )


# --- the same training ---------------------------------------------------------------------

TASKS = {
    "dense": (dense, {}),
    "convolutional": (convolutional, {"inputs": IMAGES}),
    "by steps": (dense, {"epochs": None, "steps": 40}),
    "with replacement": (dense, {"epochs": None, "steps": 40, "replacement": True}),
    "in order, whole rows": (dense, {"shuffle": False, "validation": None, "batch_size": 70}),
    "weights of rows": (dense, {"sample_weight": np.arange(1.0, 71.0), "metrics": ["accuracy"]}),
    "momentum, a schedule": (dense, {"optimizer": optim.SGD(optim.Cosine(0.1), momentum=0.9)}),
}  # fmt: skip


@pytest.mark.parametrize("task", TASKS)
def test_a_training_is_that_of_the_native_engine(task):
    build, options = TASKS[task]
    model, other = build(), build()
    found, wanted = fitted(model, "xla", **options), fitted(other, "native", **options)
    assert (found.engine, list(found), found.steps) == ("xla", list(wanted), wanted.steps)
    for name, column in wanted.items():
        np.testing.assert_allclose(found[name], column, rtol=1e-9, err_msg=name)
    np.testing.assert_allclose(found.step_losses, wanted.step_losses, rtol=1e-9)
    assert_alike(model, other)


@pytest.mark.parametrize("task", ["dense", "by steps", "in order, whole rows"])
def test_blocks_of_steps_as_on_accelerators_are_the_same_training(task, monkeypatch):
    build, options = TASKS[task]
    options = {"epochs": 30, **options} | ({"steps": 70} if task == "by steps" else {})
    engine, model, other = pel.XLA("cpu"), build(), build()
    monkeypatch.setattr(engine._layout, "kind", "gpu")
    fitted(model, engine, **options)
    fitted(other, "native", **options)
    assert_alike(model, other, 1e-8)


@pytest.mark.parametrize("task", ["dense", "convolutional"])
def test_where_calls_follow_each_other_a_step_is_compiled_once(task, monkeypatch, caplog):
    build, options = TASKS[task]
    engine = pel.XLA("cpu")
    if task == "dense":
        monkeypatch.setattr(engine._layout, "kind", "gpu")
    with jax.log_compiles():
        fitted(build(), engine, **{**options, "validation": None, "batch_size": 35})
    compiled = [line for line in caplog.messages if "XLA compilation of jit(advance)" in line]
    assert len(compiled) == 1


@pytest.mark.parametrize("task", ["dense", "convolutional"])
def test_the_state_is_donated_from_call_to_call(task, monkeypatch):
    engine, compiled, states = pel.XLA("cpu"), Loop._compiled, []
    build, options = TASKS[task]
    if task == "dense":
        monkeypatch.setattr(engine._layout, "kind", "gpu")

    def watched(loop, *given):
        function = compiled(loop, *given)

        def called(state, *others):
            results = function(state, *others)
            states.append([one.is_deleted() for one in state if isinstance(one, jax.Array)])
            return results

        return called

    monkeypatch.setattr(Loop, "_compiled", watched)
    fitted(build(), engine, **{**options, "epochs": None, "steps": 100, "validation": None})
    given = [one for state in states for one in state]
    assert len(given) > 10
    assert all(given)


def test_what_fails_on_a_device_is_told_with_what_to_do():
    layout, failure = Layout("cpu"), jax.errors.JaxRuntimeError
    with pytest.raises(EngineError, match="no memory left") as error, layout.used():
        raise failure("RESOURCE_EXHAUSTED: Out of memory while trying to allocate")
    assert "smaller batches" in error.value.mend
    with pytest.raises(EngineError, match="XLA has failed") as error, layout.used():
        raise failure("INTERNAL: no valid configuration\nand more")
    assert error.value.got == "INTERNAL: no valid configuration"


def test_the_masks_of_dropout_are_the_same_bits():
    x = np.ones((40, 7), "float32")
    layer = nn.Dropout(0.4)
    layer(x, training=True)
    symbol = pel.placeholder((None, 7), name="x")
    with pel.graph.symbolic():
        masked = layer(symbol, training=True)
    state = {variable: variable.numpy().copy() for variable in layer.variables().values()}
    found = []
    for engine in ("xla", "native"):
        for variable, value in state.items():
            variable.assign(value)
        ask = pel.function([symbol], masked, engine=engine)
        found.append(np.stack([ask(x), ask(x)]))
    assert 0.2 < (found[0] == 0).mean() < 0.6
    np.testing.assert_array_equal(found[0], found[1])


# --- all that goes with a training ---------------------------------------------------------


def test_early_stopping_ends_at_the_same_epoch_with_the_best_weights():
    rule = {"early_stopping": 2, "epochs": 60, "optimizer": optim.Adam(0.3)}
    model, other = dense(), dense()
    found, wanted = fitted(model, "xla", **rule), fitted(other, "native", **rule)
    assert (found.epochs, found.best_epoch) == (wanted.epochs, wanted.best_epoch)
    assert found.epochs < 60
    assert_alike(model, other, 1e-6)


@pytest.mark.parametrize("build", [dense, convolutional])
def test_a_resumed_training_has_the_bits_of_one_that_went_on(build, tmp_path):
    inputs = X if build is dense else IMAGES
    whole, first, second = build(), build(), build()
    fitted(whole, "xla", inputs, epochs=6)
    path = tmp_path / "run.safetensors"
    fitted(first, "xla", inputs, epochs=3, checkpoint=path)
    history = fitted(second, None, inputs, epochs=6, checkpoint=path, resume=True)
    assert (history.engine, history.epochs) == ("xla", 6)
    assert bits(second) == bits(whole)


def test_a_recording_goes_back_to_the_bits_of_a_step():
    model, shorter = dense(), dense()
    history = fitted(model, "xla", epochs=None, steps=20, record=True)
    fitted(shorter, "xla", epochs=None, steps=7)
    assert bits(history.recording.at(7)) == bits(shorter)


def test_what_is_not_finite_is_found_at_its_step():
    said = []
    for engine in ("xla", "native"):
        model = nn.Sequential([nn.Linear(1)])
        with pytest.raises(NonFiniteError) as error:
            model.fit(X, X.sum(1), optimizer=optim.SGD(1e9), engine=engine, seed=1, epochs=50,
                      progress=False, silence=["PEL201"])  # fmt: skip
        said.append(str(error.value))
        assert all(np.isfinite(v.numpy()).all() for v in model.variables().values())
    assert said[0] == said[1]


def test_predictions_and_measures_are_those_of_the_native_engine():
    model = dense()
    fitted(model, "xla")
    for verb in (model.predict, model.predict_proba):
        np.testing.assert_allclose(verb(X), verb(X, engine="native"), rtol=1e-12, atol=1e-12)
    np.testing.assert_array_equal(model.classify(X), model.classify(X, engine="native"))
    found, wanted = model.evaluate(X, LABELS), model.evaluate(X, LABELS, engine="native")
    assert found == pytest.approx(wanted, rel=1e-12)


def test_a_label_out_of_range_is_told_and_changes_nothing():
    x, i = pel.placeholder((None, 2), name="x"), pel.placeholder((None,), "int64", name="i")
    kept = pel.Variable(np.zeros((3, 2)), name="kept")
    ask = pel.function([x, i], pel.take(kept, i).sum(), {kept: kept + x.sum()}, engine="xla")
    ask(np.ones((2, 2)), [0, -1])
    before = kept.numpy().copy()
    with pytest.raises(DataError, match="take: an index is out of range 0 to 2"):
        ask(np.ones((2, 2)), [0, 3])
    np.testing.assert_array_equal(kept.numpy(), before)


# --- options, and JAX itself ---------------------------------------------------------------


def test_bfloat16_rounds_factors_and_nothing_else():
    x, w = pel.placeholder((64, 64), name="x"), pel.placeholder((64, 64), name="w")
    a, b = np.random.default_rng(2).normal(size=(2, 64, 64)).astype("float32")
    exact = a.astype("float64") @ b
    product = pel.function([x, w], x @ w, engine=pel.XLA(precision="bfloat16"))(a, b)
    assert product.dtype == np.float32
    assert 1e-3 < np.abs(product - exact).max() / np.abs(exact).max() < 1e-2
    rounded = [c.astype(jax.numpy.bfloat16).astype("float64") for c in (a, b)]
    np.testing.assert_allclose(product, rounded[0] @ rounded[1], rtol=1e-4, atol=1e-4)
    whole = pel.function([x, w], x + w, engine=pel.XLA(precision="bfloat16"))(a, b)
    np.testing.assert_array_equal(whole, a + b)


@pytest.mark.parametrize("task", ["dense", "convolutional"])
def test_a_training_in_bfloat16_is_near_and_its_weights_are_float32(task):
    build, options = TASKS[task]
    options = {**options, "dtype": "float32", "epochs": 8}
    model, other = build(), build()
    found = fitted(model, pel.XLA(precision="bfloat16"), **options)
    wanted = fitted(other, "native", **options)
    assert {v.dtype.name for v in model.parameters().values()} == {"float32"}
    np.testing.assert_allclose(found["loss"], wanted["loss"], rtol=2e-2)
    assert found["loss"] != wanted["loss"]


def test_jax_keeps_its_own_settings():
    fitted(dense(), "xla", epochs=1)
    assert not jax.config.jax_enable_x64
    assert jax.numpy.asarray(np.ones(2)).dtype == np.float32


def test_what_cannot_be_had_is_refused_by_name():
    with pytest.raises(EngineError, match="no device of this kind: tpu"):
        pel.XLA("tpu")
    with pytest.raises(EngineError, match="not as many devices"):
        fitted(dense(), None, devices=64)
    with pytest.raises(EngineError, match="by the XLA engine"):
        fitted(dense(), "native", devices=2)
    with pytest.raises(ArgumentError, match="precision"):
        pel.XLA(precision="float8")
    with pytest.raises(ArgumentError, match="native or reference or xla"):
        choose("jax")
    assert repr(pel.XLA("cpu", precision="bfloat16")) == "XLA(device='cpu', precision='bfloat16')"


def test_without_jax_the_error_says_how_to_install_it():
    program = """
        import sys
        sys.modules["jax"] = None
        import pellucid as pel
        try:
            pel.function([], pel.Variable(1.0) * 2, engine="xla")
        except pel.errors.MissingPackageError as error:
            print(error.mend)
        """
    ended = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, check=True
    )
    assert ended.stdout.strip() == "run pip install 'pellucid[xla]'"


def test_auto_is_what_jax_has():
    assert Layout("auto").kind == jax.devices()[0].platform
