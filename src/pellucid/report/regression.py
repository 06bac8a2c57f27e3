"""A regression: how far predictions are off, in the target's own unit, and where."""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import Element

import numpy as np
from numpy.typing import NDArray

from pellucid.lazy import load
from pellucid.plot.arrays import column, same_length
from pellucid.plot.regression import (
    error_by_feature,
    feature_bins,
    predicted_against_true,
    residuals,
)
from pellucid.plot.values import histogram
from pellucid.report.elements import element, number, plain_table, section
from pellucid.report.figures import figure, picture
from pellucid.report.record import Report
from pellucid.report.samples import features_of, largest_errors
from pellucid.report.summary import headline

__all__ = ["opening", "pairs_of", "sections"]

Floats = NDArray[np.float64]
PANELS = 4  # features whose error is drawn: those over which it differs most


def pairs_of(report: Report) -> tuple[Floats, Floats]:
    """True and predicted numbers.

    Raises
    ------
    ShapeError, DataError : a test part whose arrays do not fit each other
    """
    truth, predicted = column(report.truth, "truth"), column(report.predicted, "predicted")
    same_length(truth=truth, predicted=predicted)
    return truth, predicted


def opening(truth: Floats, predicted: Floats) -> Element:
    """How good the predictions are, beside the simplest answer of all."""
    error = abs(truth - predicted)
    guess = abs(truth - np.median(truth)).mean()
    off = f"Predictions are off by {number(error.mean())} on average; "
    off += f"always saying the median would be off by {number(guess)}."
    if np.ptp(truth) > 0:
        r2 = load("sklearn.metrics").r2_score(truth, predicted)
        said = "R² on the test part: the share of variance explained"
        return headline(f"{r2:.3f}".replace("-", "−"), said, off)
    return headline(number(error.mean()), "mean absolute error on the test part", off)


def sections(report: Report, truth: Floats, predicted: Floats) -> list[Element | None]:
    """Errors: each over its value, their distribution, by feature, the largest."""
    return [
        section("Predicted and true", *_pictures(truth, predicted), wide=True),
        section("Errors", _distribution(truth, predicted), _scores(report, truth, predicted),
                wide=True),
        _by_feature(report, abs(truth - predicted)),
        largest_errors(report, truth, predicted),
    ]  # fmt: skip


def _pictures(truth: Floats, predicted: Floats) -> list[Element]:
    across, left = figure((4.4, 3.4)), figure((4.4, 3.4))
    predicted_against_true(truth, predicted, ax=across.add_subplot())
    residuals(truth, predicted, ax=left.add_subplot())
    said = "Each prediction over its true value; on the line they are equal."
    rest = "What is left, true − predicted, over the prediction: a pattern is something missed."
    return [picture(across, said, shown=True), picture(left, rest, shown=True)]


def _distribution(truth: Floats, predicted: Floats) -> Element:
    left, drawn = truth - predicted, figure((4.4, 2.9))
    bins = int(np.clip(np.sqrt(len(left)), 5, 40))
    histogram(left, 0.0, bins=bins, label="true − predicted", ax=drawn.add_subplot())
    low, middle, high = np.quantile(left, [0.05, 0.5, 0.95])
    said = (
        f"How the errors are spread: half are above {number(middle)}, "
        f"nine in ten lie between {number(low)} and {number(high)}."
    )
    return picture(drawn, said, shown=True)


def _scores(report: Report, truth: Floats, predicted: Floats) -> Element:
    """The usual scores in the target's unit, beside those of always saying the median."""
    metrics = load("sklearn.metrics")
    always = np.full_like(truth, np.median(truth))
    measures = {
        "mean absolute error": metrics.mean_absolute_error,
        "median absolute error": metrics.median_absolute_error,
        "root mean squared error": lambda y, p: np.sqrt(metrics.mean_squared_error(y, p)),
        "largest error": metrics.max_error,
    }
    rows = [
        (name, number(float(score(truth, predicted))), number(float(score(truth, always))))
        for name, score in measures.items()
    ]
    if np.ptp(truth) > 0:
        ours, theirs = (
            f"{metrics.r2_score(truth, one):.3f}".replace("-", "−") for one in (predicted, always)
        )
        rows.append(("R²", ours, theirs))
    what = f"In the unit of {report.target}" if report.target else "In the target's own unit"
    return plain_table(f"{what}, on the test part", ("", "network", "always the median"), rows)


def _by_feature(report: Report, errors: Floats) -> Element | None:
    """The size of the error over the features for which it differs most."""
    columns = features_of(report, len(errors))
    told = {
        name: share
        for name, values in columns.items()
        if (share := _share_explained(values, errors)) is not None
    }
    chosen = sorted(told, key=lambda name: -told[name])[:PANELS]
    if not chosen:
        return None
    pictures = []
    for name in chosen:
        drawn = figure((4.4, 2.6))
        values, known = columns[name]
        label = name if len(name) < 40 else f"{name[:38]}…"
        error_by_feature(
            values, errors[known], label=label, unit="size of the error", ax=drawn.add_subplot()
        )
        said = f"The size of the error over {name}; {100 * told[name]:.0f} % of its variance lies "
        pictures.append(picture(drawn, said + "between the bins"))
    text = (
        "The features over which the size of the error differs most. Orange: its mean in each bin; "
        "dashed: the mean of all."
    )
    return section("Error by feature", element("p", text), element("div", *pictures, class_="wide"))


def _share_explained(given: tuple[NDArray[Any], NDArray[np.bool_]], errors: Floats) -> float | None:
    """The share of the variance of the errors that lies between the bins of a feature (η²)."""
    values, known = given
    errors = errors[known]
    if len(errors) < 2 or not errors.std():
        return None
    names, _, codes = feature_bins(values)
    counts = np.bincount(codes)
    if len(counts) < 2 or (names and counts.max() < 2):
        return None
    means = np.bincount(codes, errors) / counts
    between = (counts * (means - errors.mean()) ** 2).sum() / len(errors)
    return float(between / errors.var())
