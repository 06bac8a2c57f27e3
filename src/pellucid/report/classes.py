"""A classification: what was taken for what, and how far the probabilities can be trusted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from xml.etree.ElementTree import Element

import numpy as np
from numpy.typing import NDArray

from pellucid.lazy import load
from pellucid.plot.arrays import encode, numbers, same_length
from pellucid.plot.scores import calibration, class_curves, one_against_rest, probability_table
from pellucid.report.elements import element, head_cell, percent, plain_table, section, table
from pellucid.report.figures import figure, picture
from pellucid.report.record import Report
from pellucid.report.summary import headline

__all__ = ["Answers", "answers_of", "opening", "sections"]

MOST_CELLS = 30  # more classes than this do not fit a table: the commonest mistakes are listed
RARE = 0.5  # of its even share: with a class rarer than this, precision and recall say more


@dataclass(frozen=True)
class Answers:
    """The test part of a classification with its classes numbered."""

    names: tuple[str, ...]
    truth: NDArray[np.intp]
    predicted: NDArray[np.intp]
    probabilities: NDArray[np.float64] | None

    @cached_property
    def confidence(self) -> NDArray[np.float64] | None:
        """The probability of each predicted class, if probabilities are known."""
        if self.probabilities is None:
            return None
        return self.probabilities[np.arange(len(self.predicted)), self.predicted]

    @cached_property
    def mistakes(self) -> NDArray[np.intp]:
        """Places of the wrong answers, the surest first."""
        wrong = np.flatnonzero(self.truth != self.predicted)
        if self.confidence is None:
            return wrong
        return wrong[np.argsort(-self.confidence[wrong], kind="stable")]

    def called(self, k: int) -> tuple[str, str]:
        """The true and the predicted name."""
        return self.names[self.truth[k]], self.names[self.predicted[k]]

    def certainty(self, k: int) -> list[str]:
        """How sure the answer was, if that is known."""
        return [] if self.confidence is None else [f"{100 * self.confidence[k]:.0f} %"]


def answers_of(report: Report) -> Answers:
    """Number the classes of a report.

    Raises
    ------
    ShapeError, LabelError, DataError : a test part whose arrays do not fit each other
    """
    classes = encode(report.names, truth=report.truth, predicted=report.predicted)
    truth, predicted = classes.codes
    same_length(truth=truth, predicted=predicted)
    if report.probabilities is None:
        return Answers(classes.names, truth, predicted, None)
    given = numbers(report.probabilities, "probabilities")
    same_length(probabilities=given, predicted=predicted)
    return Answers(classes.names, truth, predicted, probability_table(given, len(classes.names)))


def opening(answers: Answers) -> Element:
    """How many are right, beside the simplest answer of all."""
    right, count = int((answers.truth == answers.predicted).sum()), len(answers.truth)
    guess = np.bincount(answers.truth).max() / count
    return headline(
        percent(right / count),
        "accuracy on the test part",
        f"{right:,} of {count:,} right, {count - right:,} wrong. "
        f"Always naming the commonest class would reach {percent(guess)}.",
    )


def sections(answers: Answers) -> list[Element | None]:
    """What was taken for what, and the probabilities."""
    return [
        section("Confusion matrix", _confusion(answers), _per_class(answers), wide=True),
        _probabilities(answers),
    ]


# --- what was taken for what ---------------------------------------------------------------


def _confusion(answers: Answers) -> Element:
    names = answers.names
    matrix = load("sklearn.metrics").confusion_matrix(
        answers.truth, answers.predicted, labels=range(len(names))
    )
    if len(names) > MOST_CELLS:
        return _common_mistakes(names, matrix)
    corner = element("td", "true \\ predicted")
    head = element("tr", corner, *(head_cell(name) for name in names))
    rows = [
        element("tr", head_cell(name, "row"), *(_cell(names, i, j, row) for j in range(len(names))))
        for i, (name, row) in enumerate(zip(names, matrix, strict=True))
    ]
    size = " many" if len(names) > 7 else " few"
    shape = "confusion" + size + " upright" * (sum(map(len, names)) > 40)
    caption = "Share of each true class (row) by predicted class (column), test rows below"
    return table(caption, element("thead", head), element("tbody", *rows), class_=shape)


def _cell(names: Sequence[str], i: int, j: int, row: NDArray[np.intp]) -> Element:
    count, total = int(row[j]), max(int(row.sum()), 1)
    if not count:
        return element("td", "0", class_="none")
    share = count / total
    # A single mistake among many must be seen: its colour starts above nothing.
    depth = share if i == j else 0.3 + 0.7 * share
    said = f"{count} of {total} {names[i]}: predicted {names[j]}"
    kind = "right" if i == j else "wrong"
    number = element("small", f"{count:,}")
    return element(
        "td", f"{share:.2f}", number, class_=kind, title=said, style=f"--depth:{depth:.3f}"
    )


def _common_mistakes(names: Sequence[str], matrix: NDArray[np.intp]) -> Element:
    wrong = matrix - np.diag(np.diag(matrix))
    order = np.argsort(-wrong, axis=None, kind="stable")[:15]
    pairs = [divmod(int(k), len(names)) for k in order if wrong.flat[k]]
    rows = [(names[i], names[j], f"{wrong[i, j]:,}") for i, j in pairs]
    return plain_table("The commonest mistakes", ("true", "predicted", "test rows"), rows)


def _per_class(answers: Answers) -> Element:
    scores = load("sklearn.metrics").precision_recall_fscore_support(
        answers.truth, answers.predicted, labels=range(len(answers.names)), zero_division=0
    )
    head = ["class", "precision", "recall", "F1", "test rows"]
    rows = [
        [name, f"{precision:.3f}", f"{recall:.3f}", f"{f1:.3f}", f"{support:,}"]
        for name, precision, recall, f1, support in zip(answers.names, *scores, strict=True)
    ]
    if answers.probabilities is not None and len(answers.names) > 2:
        areas = {k: area for k, area, _ in one_against_rest(answers.truth, answers.probabilities)}
        head.insert(4, "AUC")
        for k, row in enumerate(rows):
            row.insert(4, f"{areas[k]:.3f}" if k in areas else "–")
    caption = (
        "Precision: right among those given the class. Recall: right among those that have it."
    )
    if "AUC" in head:
        caption += " AUC: how often one of the class is given it more surely than another row."
    return plain_table(caption, head, rows)


# --- what the probabilities are worth ------------------------------------------------------


def _probabilities(answers: Answers) -> Element | None:
    if answers.probabilities is None or len(np.unique(answers.truth)) < 2:
        return None
    given = answers.truth, answers.probabilities
    sure, told = figure((4.4, 3.2)), figure((4.4, 3.2))
    drawn = calibration(*given, names=answers.names, ax=sure.add_subplot())
    meant = (
        "Calibration: how often answers were right over how sure they were; on the line, as often "
        f"as they were sure. They are {drawn.get_title(loc='right')}."
    )
    counts = np.bincount(answers.truth, minlength=len(answers.names))
    rare = counts[counts > 0].min() < RARE * counts.sum() / np.count_nonzero(counts)
    kind = "precision-recall" if rare else "roc"
    ax = class_curves(*given, kind, names=answers.names, ax=told.add_subplot())  # type: ignore[arg-type]
    written = ax.get_legend()
    areas = ", ".join(text.get_text() for text in written.get_texts()) if written else ""
    if rare:
        name = "Precision over recall, as the probability from which a class is given falls"
    else:
        name = (
            "ROC: true over false positives, as the probability from which a class is given falls"
        )
    return section(
        "Probabilities",
        picture(sure, meant, shown=True),
        picture(told, f"{name}. {ax.get_title(loc='right').capitalize()}: {areas}.", shown=True),
        wide=True,
    )
