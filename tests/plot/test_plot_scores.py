"""Holds: calibration, curves of classes and errors by feature draw scikit-learn's numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from matplotlib import pyplot
from matplotlib.figure import Figure
from sklearn.calibration import calibration_curve
from sklearn.metrics import average_precision_score, roc_auc_score

from pellucid import plot
from pellucid.errors import ArgumentError, DataError, PellucidError, ShapeError

generator = np.random.default_rng(0)
TRUTH = generator.integers(0, 3, 300)
TABLE = generator.dirichlet([1, 1, 1], 300) + np.eye(3)[TRUTH]
TABLE /= TABLE.sum(axis=1, keepdims=True)


def legend_of(ax: Any) -> list[str]:
    return [text.get_text() for text in ax.get_legend().get_texts()]


def test_calibration_of_two_classes_is_scikit_learns() -> None:
    right, sure = TRUTH > 0, 1 - TABLE[:, 0]
    ax = plot.calibration(right, sure, names=["no", "yes"])
    shares, means = calibration_curve(right, sure, n_bins=10)
    assert np.allclose(ax.collections[0].get_offsets(), np.c_[means, shares])
    assert ax.get_xlabel() == "probability of yes"
    counts = np.histogram(sure, np.linspace(0, 1, 11))[0]
    off = (counts[counts > 0] * abs(shares - means)).sum() / 300
    assert ax.get_title(loc="right") == f"off by {off:.3f} on average"


def test_calibration_of_more_classes_takes_the_answer() -> None:
    ax = plot.calibration(TRUTH, TABLE)
    hit = TABLE.argmax(axis=1) == TRUTH
    shares, means = calibration_curve(hit, TABLE.max(axis=1), n_bins=10)
    assert np.allclose(ax.collections[0].get_offsets(), np.c_[means, shares])
    sizes = ax.collections[0].get_sizes()
    assert sizes.max() > sizes.min()


def test_the_areas_of_all_classes_are_written() -> None:
    ax = plot.class_curves(TRUTH, TABLE, names=["a", "b", "_c"])
    assert legend_of(ax) == [
        f"{name}  {roc_auc_score(k == TRUTH, TABLE[:, k]):.3f}"
        for k, name in enumerate(["a", "b", "_c"])
    ]
    assert ax.get_xlabel() == "false positive rate"


def test_precision_and_recall_of_two_classes() -> None:
    right, sure = TRUTH == 2, TABLE[:, 2]
    ax = plot.class_curves(right, sure, "precision-recall")
    (text,) = legend_of(ax)
    assert text == f"1  {average_precision_score(right, sure):.3f}"
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("recall", "precision")


def test_of_many_classes_the_hardest_are_drawn() -> None:
    truth = generator.integers(0, 8, 400)
    table = np.eye(8)[truth] + generator.random((400, 8)) * np.linspace(0.1, 2, 8)
    ax = plot.class_curves(truth, table / table.sum(axis=1, keepdims=True))
    assert len(legend_of(ax)) == 5
    assert ax.get_title(loc="right") == "area, the 5 hardest of 8"


def test_a_class_that_does_not_occur_is_left_out() -> None:
    ax = plot.class_curves([0, 1, 0, 1], np.full((4, 3), 1 / 3))
    assert legend_of(ax) == ["0  0.500", "1  0.500"]


def test_errors_of_words_are_drawn_by_word() -> None:
    ax = plot.error_by_feature(["a", "b", "a"], [1.0, 2.0, 3.0], label="word")
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["a", "b"]
    assert ax.lines[-1].get_ydata().tolist() == [2.0, 2.0]


def test_many_words_are_put_together() -> None:
    words = [f"w{k}" for k in range(12)] + ["w0"] * 3
    ax = plot.error_by_feature(words, np.ones(15))
    ticks = [tick.get_text() for tick in ax.get_xticklabels()]
    assert len(ticks) == 8
    assert (ticks[0], ticks[-1]) == ("w0", "others")


def test_few_numbers_have_as_many_bins_as_values() -> None:
    ax = plot.error_by_feature([0, 0, 1, 1, 1], [1, 1, 0, 0, 3], bins=8)
    assert ax.lines[-1].get_xydata().tolist() == [[0, 1], [1, 1]]


@pytest.mark.parametrize(
    ("act", "error", "text"),
    [
        (lambda: plot.calibration(TRUTH, TABLE[:9]), ShapeError, "probabilities has 9"),
        (lambda: plot.calibration([0, 1], [0.2, 0.4], bins=0), ArgumentError, "bins=10"),
        (lambda: plot.calibration([0, 1], [0.2, np.nan]), DataError, "not finite"),
        (lambda: plot.class_curves(TRUTH, TABLE, "lift"), ArgumentError, "precision-recall"),  # type: ignore[arg-type]
        (lambda: plot.class_curves([1, 1], [0.2, 0.4]), DataError, "of one class"),
        (lambda: plot.class_curves(TRUTH, TABLE, names=["a"] * 4), ShapeError, "(300, 4)"),
        (lambda: plot.error_by_feature([1, 2], [1]), ShapeError, "errors has 1"),
        (lambda: plot.error_by_feature([1, np.inf], [1, 2]), DataError, "values[1]"),
    ],
)
def test_errors_name_the_mend_and_open_no_figure(
    act: Any, error: type[PellucidError], text: str
) -> None:
    with pytest.raises(error) as raised:
        act()
    assert text in str(raised.value)
    assert pyplot.get_fignums() == []


@pytest.mark.parametrize(
    "draw",
    [
        lambda ax: plot.calibration([0, 1], [0.2, 0.8], ax=ax),
        lambda ax: plot.class_curves([0, 1], [0.2, 0.8], ax=ax),
        lambda ax: plot.error_by_feature([1, 2], [1, 2], ax=ax),
    ],
)
def test_axes_that_are_given_are_drawn_on_and_returned(draw: Any) -> None:
    ax = Figure().subplots()
    assert draw(ax) is ax
    assert pyplot.get_fignums() == []
