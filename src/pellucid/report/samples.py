"""Single examples of the test part: samples, mistakes and the largest errors."""

from __future__ import annotations

import base64
import math
from collections.abc import Iterable
from io import BytesIO
from typing import Any
from xml.etree.ElementTree import Element

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import ShapeError
from pellucid.lazy import load
from pellucid.plot.arrays import image_stack, same_length
from pellucid.report.classes import Answers
from pellucid.report.elements import element, fact, number, plain_table, section
from pellucid.report.record import Report

__all__ = [
    "card", "features_of", "images_and_mistakes", "largest_errors", "rows_gone_wrong",
    "single_image",
]  # fmt: skip

SAMPLES, MISTAKES, FEATURES, ERRORS = 18, 27, 6, 10  # at most so many are shown


# --- images --------------------------------------------------------------------------------


def images_and_mistakes(report: Report, answers: Answers) -> list[Element | None]:
    """The first images of the test part, and those that were taken for something else."""
    count = len(answers.truth)
    first = np.arange(min(SAMPLES, count))
    images = _images(report, np.concatenate([first, answers.mistakes[:MISTAKES]]), count)
    samples, wrong = np.split(images, [len(first)])
    return [_samples(answers, samples), _images_gone_wrong(answers, wrong)]


def _samples(answers: Answers, images: NDArray[np.float64]) -> Element | None:
    names = [answers.names[k] for k in answers.truth[: len(images)]]
    cards = [
        card(image, f"test image {k}: {name}", [name])
        for k, (image, name) in enumerate(zip(images, names, strict=True))
    ]
    said = element("p", "The first of the test part, with their class.")
    return section("Samples", said, element("div", *cards, class_="cards"))


def _images_gone_wrong(answers: Answers, images: NDArray[np.float64]) -> Element | None:
    cards = []
    for k, image in zip(answers.mistakes, images, strict=False):
        true, said = answers.called(k)
        alt = f"test image {k}: {true}, taken for {said}"
        sure = [f"{share} sure" for share in answers.certainty(k)]
        cards.append(card(image, alt, [true, f"taken for {said}", *sure]))
    gallery = element("div", *cards, class_="cards") if cards else None
    return section("Mistakes", _count_mistakes(answers, "images"), gallery)


def _count_mistakes(answers: Answers, what: str) -> Element:
    wrong, count = len(answers.mistakes), len(answers.truth)
    if not wrong:
        return element("p", f"None: all {count:,} test {what} are right.")
    first = ", the surest first" if answers.confidence is not None else ""
    shown = f"; {MISTAKES} are shown" if wrong > MISTAKES else ""
    return element("p", f"{wrong:,} of {count:,} test {what}{first}{shown}.")


def _images(report: Report, places: NDArray[np.intp], count: int) -> NDArray[np.float64]:
    """Images of the test part in 0..1, grey ones as ink on paper."""
    given, shape = np.asarray(report.inputs), tuple(report.image_shape or ())
    same_length(inputs=given, truth=np.empty(count))
    if given[0].size != math.prod(shape):
        raise ShapeError(
            "the inputs are not images of this shape",
            where="image_shape",
            got=f"{shape} for inputs of shape {given.shape}",
            wanted=f"a shape of {given[0].size} values",
            mend="pass the shape of one image, such as (8, 8)",
        )
    stack = image_stack(given[places].reshape(len(places), *shape))
    if stack.ndim == 4:
        return stack
    low, high = float(stack.min()), float(stack.max())
    ink: NDArray[np.float64] = 1 - (stack - low) / (high - low or 1)
    return ink


def single_image(report: Report, place: int) -> Element:
    """One image of the test part."""
    (image,) = _images(report, np.array([place]), len(np.asarray(report.truth)))
    return card(image, f"test image {place}", [])


def card(image: NDArray[np.float64], alt: str, lines: Iterable[str]) -> Element:
    """An image (h, w) or (h, w, colours) in 0..1 with lines of text below it."""
    pixels = np.round(255 * image).astype(np.uint8)
    file = BytesIO()
    load("PIL.Image").fromarray(pixels).save(file, "PNG", optimize=True)
    source = "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()
    shown = element("img", src=source, alt=alt, class_="grey" if pixels.ndim == 2 else "colour")
    texts = [element("span", line) for line in lines]
    return element("figure", shown, element("figcaption", *texts))


# --- rows ----------------------------------------------------------------------------------


def rows_gone_wrong(report: Report, answers: Answers) -> Element | None:
    """The rows that were given another class, with their first features."""
    shown = answers.mistakes[:MISTAKES]
    head, values = _feature_columns(report, shown, len(answers.truth))
    rows = [
        (str(k), *answers.called(k), *answers.certainty(k), *row)
        for k, row in zip(shown, values, strict=True)
    ]
    sure = () if answers.confidence is None else ("confidence",)
    names = ("row", "true", "predicted", *sure, *head)
    made = plain_table(_counted(report), names, rows)
    return section("Mistakes", _count_mistakes(answers, "rows"), made if rows else None)


def largest_errors(
    report: Report, truth: NDArray[np.float64], predicted: NDArray[np.float64]
) -> Element | None:
    """The rows whose predictions are furthest off, with their first features."""
    shown = np.argsort(-abs(truth - predicted), kind="stable")[:ERRORS]
    head, values = _feature_columns(report, shown, len(truth))
    rows = [
        (str(k), number(truth[k]), number(predicted[k]), number(truth[k] - predicted[k]), *row)
        for k, row in zip(shown, values, strict=True)
    ]
    names = ("row", "true", "predicted", "true − predicted", *head)
    return section("Largest errors", plain_table(_counted(report), names, rows))


def features_of(report: Report, count: int) -> dict[str, tuple[NDArray[Any], NDArray[np.bool_]]]:
    """The features that can be drawn, by name: the values that are known, and which they are."""
    if report.inputs is None or report.image_shape is not None:
        return {}
    names, values = _named_values(report, count)
    found = {}
    for name, column in zip(names, values.T, strict=True):
        known = np.array([value is not None and value == value for value in column.tolist()])
        if known.any():
            kind = str if any(isinstance(one, str) for one in column[known]) else np.float64
            found[name] = column[known].astype(kind), known
    return found


def _feature_columns(
    report: Report, places: NDArray[np.intp], count: int
) -> tuple[list[str], list[tuple[str, ...]]]:
    """Names and values of the first features at some places of the test part."""
    if report.inputs is None:
        return [], [()] * len(places)
    names, values = _named_values(report, count)
    rows = values[places, :FEATURES].tolist()
    return names[:FEATURES], [tuple(fact("", value) for value in row) for row in rows]


def _named_values(report: Report, count: int) -> tuple[list[str], NDArray[Any]]:
    """The names of all features, and the test part's inputs as a table."""
    values = np.asarray(report.inputs)
    same_length(inputs=values, truth=np.empty(count))
    values = values.reshape(count, -1)
    names = list(report.features or (f"x{k}" for k in range(values.shape[1])))
    if len(names) != values.shape[1]:
        raise ShapeError(
            "the names of the features do not fit the inputs",
            where="features",
            got=f"{len(names)} names for {values.shape[1]} columns",
            mend="give one name for each column of inputs",
        )
    return names, values


def _counted(report: Report) -> str:
    words = "Rows are counted from 0 in the test part"
    more = report.inputs is not None and np.asarray(report.inputs)[0].size > FEATURES
    return f"{words}; the first {FEATURES} features are shown" if more else words
