"""Reports of real predictions: digits as images, flowers as rows, a regression."""

from __future__ import annotations

import matplotlib
import numpy as np
import pytest
from matplotlib import pyplot
from sklearn.datasets import load_diabetes, load_digits, load_iris
from sklearn.linear_model import LinearRegression
from sklearn.naive_bayes import GaussianNB

from pellucid.report import Report


@pytest.fixture(autouse=True)
def no_window() -> None:
    matplotlib.use("Agg")
    pyplot.close("all")  # what another test has left open


@pytest.fixture(scope="session")
def digits() -> Report:
    data = load_digits()
    X, y, X_test, y_test = (
        data.data[:1257],
        data.target[:1257],
        data.data[1257:],
        data.target[1257:],
    )
    model = GaussianNB(var_smoothing=0.1).fit(X, y)
    return Report(
        title="digits",
        task="classification",
        train={"loss": 0.1, "accuracy": model.score(X, y)},
        test={"loss": 0.2, "accuracy": model.score(X_test, y_test), "f1": 0.5},
        data={"rows": 1797, "features": 64},
        notes=["Pixels were scaled."],
        network=[("0 Linear", "(None, 128)", 8320), ("1 Linear", "(None, 10)", 1290)],
        history={"loss": [2.0, 1.0, 0.5], "val_loss": [2.0, 1.0, 0.7], "accuracy": [0.5, 0.7, 0.9]},
        truth=y_test,
        predicted=model.predict(X_test),
        probabilities=model.predict_proba(X_test),
        names=list("0123456789"),
        inputs=X_test,
        image_shape=(8, 8),
        settings={"seed": 12345, "steps": 12345, "seconds": 1.25, "early_stopping": True},
        command="pellucid train digits --seed 12345",
        script="import pellucid as pel\n",
    )


@pytest.fixture(scope="session")
def flowers() -> Report:
    data = load_iris()
    model = GaussianNB().fit(data.data[::2], data.target[::2])
    words = data.target_names
    return Report(
        title="flowers",
        task="classification",
        truth=words[data.target[1::2]],
        predicted=words[model.predict(data.data[1::2])],
        probabilities=model.predict_proba(data.data[1::2]),
        inputs=data.data[1::2],
        features=data.feature_names,
    )


@pytest.fixture(scope="session")
def diabetes() -> Report:
    data = load_diabetes()
    model = LinearRegression().fit(data.data[:300], data.target[:300])
    return Report(
        title="diabetes",
        task="regression",
        history={"loss": np.geomspace(9000, 3000, 30)},
        truth=data.target[300:],
        predicted=model.predict(data.data[300:]),
        inputs=data.data[300:],
        features=data.feature_names,
    )
