"""Holds: which rows make up the batches: drawn twice or once, left over, from any source."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest

from pellucid import data, nn, optim
from pellucid.engines import choose
from pellucid.errors import ArgumentError, DataError, ShapeError

X = np.random.default_rng(8).normal(size=(33, 2))
Y = X @ [1.0, -1.0]


def fit(model, engine=None, x=X, y=Y, **options):
    options = {"batch_size": 8, "seed": 1} | options
    return model.fit(x, y, engine=engine, progress=False, **options)


class Counting(nn.Module):
    """Looks at several rows together: its result is the number of rows of the batch."""

    batch_statistics = True

    def forward(self, x):
        return x * 0 + x.sum(axis=0, keepdims=True)


# --- one row left over ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "size", "steps"),
    [(33, 8, 4), (33, 16, 2), (33, 32, 1), (32, 8, 4), (31, 8, 4), (9, 8, 1), (3, 2, 1), (5, 1, 5)],
)
def test_a_row_alone_joins_the_batch_before(rows, size, steps, engine):
    x, y = X[:rows], Y[:rows]
    seen = nn.Sequential([nn.Linear(2), Counting(), nn.Linear(1)])
    history = fit(seen, engine, x, y, epochs=3, batch_size=size)
    assert history.steps == 3 * steps
    plain = nn.Sequential([nn.Linear(2), nn.Linear(1)])
    assert fit(plain, engine, x, y, epochs=1, batch_size=size).steps == -(-rows // size)


@pytest.mark.parametrize("rows", [1, 12])
def test_a_batch_of_one_row_has_no_statistics(rows, engine):
    """Pictures of one row have many values a channel, and may come one by one."""
    flat = nn.Sequential([nn.Linear(3), nn.BatchNorm1d(), nn.Linear(1)])
    with pytest.raises(ShapeError, match="BatchNorm1d") as caught:
        fit(flat, engine, X[:rows], Y[:rows], batch_size=1)
    assert caught.value.where == "BatchNorm1d '1'"
    assert not flat.built
    pictures = nn.Sequential([nn.BatchNorm2d(), nn.Flatten(), nn.Linear(1)])
    history = fit(
        pictures, engine, np.ones((rows, 1, 2, 2)) * X[:rows, :1, None, None], Y[:rows],
        batch_size=1, epochs=1,
    )  # fmt: skip
    assert history.steps == rows
    assert np.isfinite(history["loss"][0])


def test_a_batch_norm_meets_every_row(engine):
    model = nn.Sequential([nn.Linear(3), nn.BatchNorm1d(), nn.Linear(1)])
    history = fit(model, engine, epochs=2)
    assert history.steps == 8
    assert np.isfinite(history.step_losses).all()


def test_engines_agree_on_the_longer_batch():
    found = []
    for name in ("native", "reference"):
        model = nn.Sequential([nn.Linear(2), Counting(), nn.Linear(1)])
        history = fit(model, name, epochs=4, validation=(X[:9], Y[:9]))
        assert history.steps == 16
        found.append((history["loss"], model.predict(X)))
    np.testing.assert_allclose(found[0][0], found[1][0], rtol=1e-5)
    np.testing.assert_allclose(found[0][1], found[1][1], rtol=1e-4, atol=1e-5)


def test_every_row_is_met_once(engine):
    """With a rate of 0 the epoch's loss is that of all rows, also when the last batch is longer."""
    model = nn.Sequential([nn.Linear(1)])
    joined = nn.Sequential([nn.Linear(1), Joined()])
    for one in (model, joined):
        history = fit(one, engine, epochs=1, optimizer=optim.SGD(0.0), dtype="float64")
        error = (one.predict(X)[:, 0] - Y) ** 2
        assert history["loss"][0] == pytest.approx(error.mean(), rel=1e-9)


class Joined(nn.Module):
    batch_statistics = True

    def forward(self, x):
        return 2 * x


# --- drawn anew ----------------------------------------------------------------------------


def losses(engine, **options):
    """Give the mean of the rows met in each step: the loss of a network that says nothing."""
    model = nn.Sequential([nn.Linear(1, weight_init="zeros", bias_init="zeros")])
    history = fit(
        model, engine, x=np.ones((4, 1)), y=np.array([1.0, 10, 100, 1000]), batch_size=4,
        loss="mae", optimizer=optim.SGD(0.0), metrics=[], dtype="float64", **options,
    )  # fmt: skip
    return np.round(4 * history.step_losses)


def test_with_replacement_a_row_may_come_twice(engine):
    assert (losses(engine, steps=50) == 1111).all()
    drawn = losses(engine, steps=400, replacement=True)
    assert len(set(drawn.tolist())) > 20
    digits = np.array([[int(d) for d in f"{int(value):04d}"] for value in drawn if value < 4000])
    assert (digits.sum(axis=1) == 4).all()
    assert abs(drawn.mean() - 1111) < 200


def test_engines_draw_the_same_rows():
    drawn = [losses(name, steps=60, replacement=True) for name in ("native", "reference")]
    assert drawn[0].tolist() == drawn[1].tolist()


def test_epochs_are_not_drawn():
    with pytest.raises(ArgumentError, match="in a fit by steps") as caught:
        fit(nn.Sequential([nn.Linear(1)]), epochs=3, replacement=True)
    assert caught.value.mend == "give steps= instead of epochs="


# --- where rows come from ------------------------------------------------------------------


def test_a_data_set(engine):
    iris = data.iris()
    model, twin = (nn.Sequential([nn.Linear(3)]) for _ in range(2))
    one = model.fit(iris, epochs=2, seed=1, engine=engine, progress=False)
    two = twin.fit(iris.X, iris.y, epochs=2, seed=1, engine=engine, progress=False)
    assert dict(one) == dict(two)
    assert model.evaluate(iris) == twin.evaluate(iris.X, iris.y)


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame], ids=["pandas", "polars"])
def test_a_table_and_a_frame(frame, engine):
    columns = {"a": X[:, 0], "b": X[:, 1], "kind": np.where(Y > 0, "up", "down")}
    model, twin = (nn.Sequential([nn.Linear(2)]) for _ in range(2))
    table = data.table(frame(columns), "kind")
    one = model.fit(table, epochs=2, seed=1, engine=engine, progress=False)
    two = fit(
        twin, engine, frame({k: columns[k] for k in "ab"}), frame({"kind": columns["kind"]}),
        epochs=2, batch_size=32,
    )  # fmt: skip
    assert dict(one) == dict(two)
    assert set(model.classify(table.features)) <= {"up", "down"}


def test_batches_of_someone_elses_making(engine):
    model, twin = (nn.Sequential([nn.Linear(1)]) for _ in range(2))
    parts = ((X[k : k + 10], Y[k : k + 10]) for k in range(0, 33, 10))
    one = model.fit(parts, epochs=2, seed=1, engine=engine, progress=False)
    two = twin.fit(X, Y, epochs=2, seed=1, engine=engine, progress=False)
    assert dict(one) == dict(two)
    assert one.notes[0].startswith("4 batches were read once and gathered: 33 rows of 2")
    again = model.fit(data.batches(X, Y, 7, seed=1), epochs=1, engine=engine, progress=False)
    assert again.steps == 2


@pytest.mark.parametrize("alone", [X, pd.DataFrame(X), [[1.0, 2.0]] * 3])
def test_rows_without_targets(alone):
    with pytest.raises(DataError, match="there are no targets"):
        nn.Sequential([nn.Linear(1)]).fit(alone, progress=False)


# --- predicting ----------------------------------------------------------------------------


def test_predict_uses_the_engine_of_the_fit(monkeypatch):
    used = []
    for name in ("native", "reference"):
        kind = type(choose(name))
        original = kind.compile

        def counting(self, program, original=original):
            used.append(self.name)
            return original(self, program)

        monkeypatch.setattr(kind, "compile", counting)
    model = nn.Sequential([nn.Linear(1)])
    fit(model, "reference", epochs=1)
    used.clear()
    model.predict(X)
    model.evaluate(X, Y)
    assert set(used) == {"reference"}
    used.clear()
    model.predict(X, engine="native")
    assert set(used) == {"native"}


@pytest.mark.parametrize("size", [1, 7, 33, 1000])
def test_predict_some_rows_at_a_time(size, engine):
    model = nn.Sequential([nn.Linear(1)])
    fit(model, engine, epochs=1)
    np.testing.assert_allclose(model.predict(X, batch_size=size), model.predict(X), rtol=1e-5)
    with pytest.raises(ArgumentError, match="batch_size"):
        model.predict(X, batch_size=0)
