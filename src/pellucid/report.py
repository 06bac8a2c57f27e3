"""One HTML file that shows a trained network: opens offline, prints, reads aloud, light and dark.

Nothing in it is fetched and nothing runs: styles are inline, curves are SVG, images are PNG data.
The page is built as a tree of elements, so every text is escaped by construction.
"""

from __future__ import annotations

import base64
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any, Literal
from xml.etree.ElementTree import Element, fromstring, tostring

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pellucid.errors import ArgumentError, ShapeError
from pellucid.lazy import load
from pellucid.plot.arrays import column, encode, image_stack, numbers, same_length
from pellucid.plot.regression import predicted_against_true, residuals
from pellucid.plot.style import ACCENT, AXIS, CONTRAST, GRID, INK, MUTED
from pellucid.plot.training import best_epoch, by_metric, curves

__all__ = ["Report", "render_report", "write_report"]

_SAMPLES, _MISTAKES, _FEATURES = 18, 27, 6  # at most so many are shown
_MOST_CELLS = 30  # more classes than this do not fit a table: the commonest mistakes are listed


@dataclass(frozen=True, kw_only=True, eq=False)
class Report:
    """What a report shows, as plain data.

    Parameters
    ----------
    title : the heading, such as the name of the data
    task : ``"classification"`` or ``"regression"``
    train, test : the loss and the metrics of both parts, by name
    data : facts about the data by name: source, rows, features, …
    notes : sentences about what was done to the data
    network : one (layer, output shape, parameters) for each layer
    history : a column for each metric, one value an epoch, ``val_…`` for validation
    best : the epoch whose weights were kept, from 1; else that of the least validation loss
    truth, predicted : the test part, (n,): class numbers or names, or numbers in a regression
    probabilities : (n, K), or (n,) of class 1 of two: how sure each prediction is
    names : class names in the order of their numbers
    inputs : the test part's inputs (n, …) before scaling: the images, or rows of features
    image_shape : shape of one image when `inputs` are images, such as (8, 8); they may be flat
    features : names of the columns of `inputs` when they are not images
    settings : what the run was made with, by name: seed, engine, optimizer, epochs, seconds, …
    command, script : how to do it again, in a shell and in Python

    Examples
    --------
    >>> coins = Report(title="coins", task="classification", truth=[0, 1, 1], predicted=[0, 1, 0])
    >>> "2 of 3 right" in render_report(coins)
    True
    """

    title: str
    task: Literal["classification", "regression"]
    truth: ArrayLike
    predicted: ArrayLike
    train: Mapping[str, float] = field(default_factory=dict)
    test: Mapping[str, float] = field(default_factory=dict)
    data: Mapping[str, object] = field(default_factory=dict)
    notes: Sequence[str] = ()
    network: Sequence[tuple[str, str, int]] = ()
    history: Mapping[str, Sequence[float]] = field(default_factory=dict)
    best: int | None = None
    probabilities: ArrayLike | None = None
    names: Sequence[str] | None = None
    inputs: ArrayLike | None = None
    image_shape: Sequence[int] | None = None
    features: Sequence[str] | None = None
    settings: Mapping[str, object] = field(default_factory=dict)
    command: str = ""
    script: str = ""


def write_report(path: str | Path, report: Report) -> None:
    """Write `render_report` to `path` as UTF-8."""
    Path(path).write_text(render_report(report), encoding="utf-8")


def render_report(report: Report) -> str:
    """The whole page as text.

    Raises
    ------
    ArgumentError : an unknown task
    ShapeError, LabelError, DataError : a test part whose arrays do not fit each other
    """
    if report.task not in ("classification", "regression"):
        raise ArgumentError(
            "unknown task",
            where="task",
            got=repr(report.task),
            wanted='"classification" or "regression"',
            mend='write task="classification" when the outputs are classes',
        )
    results = _classification if report.task == "classification" else _regression
    headline, sections = results(report)
    body = _element(
        "main",
        _element("header", _element("p", "pellucid report"), _element("h1", report.title)),
        _element("div", headline, _parts(report), class_="wide"),
        _training(report),
        *sections,
        _network(report),
        _element("div", _data(report), _settings(report), class_="wide"),
        _again(report),
    )
    head = _element(
        "head",
        _element("meta", charset="utf-8"),
        _element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        _element("meta", name="color-scheme", content="light dark"),
        _element("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        _element("title", f"{report.title} · pellucid report"),
        _element("style", _STYLE),
    )
    page = _element("html", head, _element("body", body), lang="en")
    return "<!doctype html>\n" + tostring(page, encoding="unicode", method="html") + "\n"


# --- Classification ---------------------------------------------------------------------------


@dataclass(frozen=True)
class _Answers:
    """The test part of a classification with its classes numbered."""

    names: tuple[str, ...]
    truth: NDArray[np.intp]
    predicted: NDArray[np.intp]
    confidence: NDArray[np.float64] | None

    @property
    def mistakes(self) -> NDArray[np.intp]:
        """Places of the wrong answers, the surest first."""
        wrong = np.flatnonzero(self.truth != self.predicted)
        return (
            wrong
            if self.confidence is None
            else wrong[np.argsort(-self.confidence[wrong], kind="stable")]
        )

    def called(self, k: int) -> tuple[str, str]:
        """The true and the predicted name."""
        return self.names[self.truth[k]], self.names[self.predicted[k]]

    def certainty(self, k: int) -> list[str]:
        """How sure the answer was, if that is known."""
        return [] if self.confidence is None else [f"{100 * self.confidence[k]:.0f} %"]


def _classification(report: Report) -> tuple[Element, list[Element | None]]:
    classes = encode(report.names, truth=report.truth, predicted=report.predicted)
    truth, predicted = classes.codes
    same_length(truth=truth, predicted=predicted)
    answers = _Answers(
        classes.names, truth, predicted, _confidence(report, predicted, len(classes.names))
    )
    right, count = int((truth == predicted).sum()), len(truth)
    guess = np.bincount(truth).max() / count
    headline = _headline(
        _percent(right / count),
        "accuracy on the test part",
        f"{right:,} of {count:,} right, {count - right:,} wrong. "
        f"Always naming the commonest class would reach {_percent(guess)}.",
    )
    matrix = _section("Confusion matrix", _confusion(answers), _per_class(answers), wide=True)
    if report.inputs is None or report.image_shape is None:
        return headline, [matrix, _rows_gone_wrong(report, answers)]
    first = np.arange(min(_SAMPLES, count))
    images = _images(report, np.concatenate([first, answers.mistakes[:_MISTAKES]]), count)
    samples, wrong = np.split(images, [len(first)])
    return headline, [matrix, _samples(answers, samples), _images_gone_wrong(answers, wrong)]


def _confidence(
    report: Report, predicted: NDArray[np.intp], count: int
) -> NDArray[np.float64] | None:
    """The probability of each predicted class, if probabilities are known."""
    if report.probabilities is None:
        return None
    given = numbers(report.probabilities, "probabilities")
    same_length(probabilities=given, predicted=predicted)
    table = given.reshape(len(given), -1)
    if table.shape[1] == 1:
        table = np.hstack([1 - table, table])
    if table.shape[1] != count:
        raise ShapeError(
            "the probabilities do not fit the classes",
            where="probabilities",
            got=f"shape {given.shape} for {count} classes",
            wanted=f"shape ({len(predicted)}, {count})",
            mend="pass one column for each class, and names for classes that do not occur",
        )
    return table[np.arange(len(predicted)), predicted]


def _confusion(answers: _Answers) -> Element:
    names = answers.names
    matrix = load("sklearn.metrics").confusion_matrix(
        answers.truth, answers.predicted, labels=range(len(names))
    )
    if len(names) > _MOST_CELLS:
        return _common_mistakes(names, matrix)
    corner = _element("td", "true \\ predicted")
    head = _element("tr", corner, *(_head(name) for name in names))
    rows = [
        _element("tr", _head(name, "row"), *(_cell(names, i, j, row) for j in range(len(names))))
        for i, (name, row) in enumerate(zip(names, matrix, strict=True))
    ]
    shape = "confusion" + " upright" * (sum(map(len, names)) > 40) + " many" * (len(names) > 7)
    caption = "Share of each true class (row) by predicted class (column)"
    return _table(caption, _element("thead", head), _element("tbody", *rows), class_=shape)


def _cell(names: Sequence[str], i: int, j: int, row: NDArray[np.intp]) -> Element:
    count, total = int(row[j]), max(int(row.sum()), 1)
    if not count:
        return _element("td", "0", class_="none")
    share = count / total
    # A single mistake among many must be seen: its colour starts above nothing.
    depth = share if i == j else 0.3 + 0.7 * share
    said = f"{count} of {total} {names[i]}: predicted {names[j]}"
    kind = "right" if i == j else "wrong"
    return _element("td", f"{share:.2f}", class_=kind, title=said, style=f"--depth:{depth:.3f}")


def _common_mistakes(names: Sequence[str], matrix: NDArray[np.intp]) -> Element:
    wrong = matrix - np.diag(np.diag(matrix))
    order = np.argsort(-wrong, axis=None, kind="stable")[:15]
    pairs = [divmod(int(k), len(names)) for k in order if wrong.flat[k]]
    rows = [(names[i], names[j], f"{wrong[i, j]:,}") for i, j in pairs]
    return _plain_table("The commonest mistakes", ("true", "predicted", "test rows"), rows)


def _per_class(answers: _Answers) -> Element:
    scores = load("sklearn.metrics").precision_recall_fscore_support(
        answers.truth, answers.predicted, labels=range(len(answers.names)), zero_division=0
    )
    rows = [
        (name, f"{precision:.3f}", f"{recall:.3f}", f"{f1:.3f}", f"{support:,}")
        for name, precision, recall, f1, support in zip(answers.names, *scores, strict=True)
    ]
    caption = (
        "Precision: right among those given the class. Recall: right among those that have it."
    )
    return _plain_table(caption, ("class", "precision", "recall", "F1", "test rows"), rows)


def _samples(answers: _Answers, images: NDArray[np.float64]) -> Element | None:
    names = [answers.names[k] for k in answers.truth[: len(images)]]
    cards = [
        _card(image, f"test image {k}: {name}", [name])
        for k, (image, name) in enumerate(zip(images, names, strict=True))
    ]
    said = _element("p", "The first of the test part, with their class.")
    return _section("Samples", said, _element("div", *cards, class_="cards"))


def _images_gone_wrong(answers: _Answers, images: NDArray[np.float64]) -> Element | None:
    cards = []
    for k, image in zip(answers.mistakes, images, strict=False):
        true, said = answers.called(k)
        alt = f"test image {k}: {true}, taken for {said}"
        sure = [f"{share} sure" for share in answers.certainty(k)]
        cards.append(_card(image, alt, [true, f"taken for {said}", *sure]))
    gallery = _element("div", *cards, class_="cards") if cards else None
    return _section("Mistakes", _count_mistakes(answers, "images"), gallery)


def _rows_gone_wrong(report: Report, answers: _Answers) -> Element | None:
    shown = answers.mistakes[:_MISTAKES]
    head, values = _feature_columns(report, shown, len(answers.truth))
    rows = [
        (str(k), *answers.called(k), *answers.certainty(k), *row)
        for k, row in zip(shown, values, strict=True)
    ]
    sure = () if answers.confidence is None else ("confidence",)
    names = ("row", "true", "predicted", *sure, *head)
    table = _plain_table(_counted(report), names, rows)
    return _section("Mistakes", _count_mistakes(answers, "rows"), table if rows else None)


def _count_mistakes(answers: _Answers, what: str) -> Element:
    wrong, count = len(answers.mistakes), len(answers.truth)
    if not wrong:
        return _element("p", f"None: all {count:,} test {what} are right.")
    first = ", the surest first" if answers.confidence is not None else ""
    shown = f"; {_MISTAKES} are shown" if wrong > _MISTAKES else ""
    return _element("p", f"{wrong:,} of {count:,} test {what}{first}{shown}.")


# --- Regression -------------------------------------------------------------------------------


def _regression(report: Report) -> tuple[Element, list[Element | None]]:
    truth, predicted = column(report.truth, "truth"), column(report.predicted, "predicted")
    same_length(truth=truth, predicted=predicted)
    error = abs(truth - predicted)
    guess = abs(truth - np.median(truth)).mean()
    off = f"Predictions are off by {_number(error.mean())} on average; "
    off += f"always saying the median would be off by {_number(guess)}."
    if np.ptp(truth) > 0:
        r2 = load("sklearn.metrics").r2_score(truth, predicted)
        headline = _headline(
            f"{r2:.3f}", "R² on the test part: the share of variance explained", off
        )
    else:
        headline = _headline(_number(error.mean()), "mean absolute error on the test part", off)
    across, left = _figure((4.4, 3.4)), _figure((4.4, 3.4))
    predicted_against_true(truth, predicted, ax=across.add_subplot())
    residuals(truth, predicted, ax=left.add_subplot())
    return headline, [
        _section(
            "Predicted and true",
            _picture(
                across, "Each prediction over its true value; on the line they are equal.", True
            ),
            _picture(left, "What is left, true − predicted, over the prediction.", True),
            wide=True,
        ),
        _largest_errors(report, truth, predicted),
    ]


def _largest_errors(
    report: Report, truth: NDArray[np.float64], predicted: NDArray[np.float64]
) -> Element | None:
    shown = np.argsort(-abs(truth - predicted), kind="stable")[:10]
    head, values = _feature_columns(report, shown, len(truth))
    rows = [
        (str(k), _number(truth[k]), _number(predicted[k]), _number(truth[k] - predicted[k]), *row)
        for k, row in zip(shown, values, strict=True)
    ]
    names = ("row", "true", "predicted", "true − predicted", *head)
    return _section("Largest errors", _plain_table(_counted(report), names, rows))


# --- Sections of both -------------------------------------------------------------------------


def _headline(value: str, what: str, sentence: str) -> Element:
    return _element(
        "div",
        _element("p", _element("strong", value), " ", _element("span", what), class_="large"),
        _element("p", sentence),
    )


def _parts(report: Report) -> Element | None:
    names = list(dict.fromkeys([*report.train, *report.test]))
    rows = [
        (
            name,
            *(_number(part[name]) if name in part else "–" for part in (report.train, report.test)),
        )
        for name in names
    ]
    return _plain_table("Loss and metrics", ("", "training", "test"), rows) if rows else None


def _training(report: Report) -> Element | None:
    history = {name: values for name, values in report.history.items() if len(values)}
    best = best_epoch(history) if report.best is None else report.best
    pictures = []
    for name, pair in by_metric(history).items():
        ends = [f"{key} from {_number(v[0])} to {_number(v[-1])}" for key, v in pair.items()]
        drawn = curves(pair, best=best, figure=_figure((4.4, 2.7)))
        pictures.append(_picture(drawn, f"{len(pair[name])} epochs: {', '.join(ends)}"))
    return _section("Training", *pictures, wide=True)


def _network(report: Report) -> Element | None:
    rows = [(layer, shape, f"{count:,}") for layer, shape, count in report.network]
    total = ("total", "", f"{sum(count for *_, count in report.network):,}")
    head = ("layer", "output shape", "parameters")
    return _section("Network", _plain_table("Layers in order", head, rows, total) if rows else None)


def _data(report: Report) -> Element | None:
    notes = (
        _element("ul", *(_element("li", note) for note in report.notes)) if report.notes else None
    )
    return _facts("Data", "Where it came from", report.data, notes)


def _settings(report: Report) -> Element | None:
    return _facts("Settings", "What this run was made with", report.settings)


def _facts(
    title: str, caption: str, facts: Mapping[str, object], more: Element | None = None
) -> Element | None:
    rows = [
        _element("tr", _head(name.replace("_", " "), "row"), _element("td", _fact(name, value)))
        for name, value in facts.items()
    ]
    table = _table(caption, _element("tbody", *rows), class_="facts") if rows else None
    return _section(title, table, more)


def _again(report: Report) -> Element | None:
    blocks = [("In a shell", report.command), ("In Python", report.script)]
    return _section(
        "How to reproduce",
        *(
            part
            for name, text in blocks
            if text
            for part in (
                _element("h3", name),
                _element("pre", _element("code", text), tabindex="0"),
            )
        ),
    )


def _feature_columns(
    report: Report, places: NDArray[np.intp], count: int
) -> tuple[list[str], list[tuple[str, ...]]]:
    """Names and values of the first features at some places of the test part."""
    if report.inputs is None:
        return [], [()] * len(places)
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
    rows = values[places, :_FEATURES].tolist()
    return names[:_FEATURES], [tuple(_fact("", value) for value in row) for row in rows]


def _counted(report: Report) -> str:
    words = "Rows are counted from 0 in the test part"
    more = report.inputs is not None and np.asarray(report.inputs)[0].size > _FEATURES
    return f"{words}; the first {_FEATURES} features are shown" if more else words


# --- Pictures ---------------------------------------------------------------------------------


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


def _card(image: NDArray[np.float64], alt: str, lines: Iterable[str]) -> Element:
    pixels = np.round(255 * image).astype(np.uint8)
    file = BytesIO()
    load("PIL.Image").fromarray(pixels).save(file, "PNG", optimize=True)
    source = "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()
    picture = _element("img", src=source, alt=alt, class_="grey" if pixels.ndim == 2 else "colour")
    texts = [_element("span", line) for line in lines]
    return _element("figure", picture, _element("figcaption", *texts))


def _figure(size: tuple[float, float]) -> Any:
    return load("matplotlib.figure").Figure(figsize=size, layout="constrained")


# A picture takes the page's colours, so that it is right in the dark too.
_PAGE_COLOURS = {
    INK: "var(--ink)",
    MUTED: "var(--muted)",
    AXIS: "var(--line)",
    GRID: "var(--grid)",
    ACCENT: "var(--accent)",
    CONTRAST: "var(--contrast)",
    "#ffffff": "var(--paper)",
}


def _picture(figure: Any, label: str, shown: bool = False) -> Element:
    """A Matplotlib figure as SVG, without ids or styles that reach into the page."""
    file = BytesIO()
    # Two settings exist only globally: text as text, and ids that are the same in every run.
    with load("matplotlib").rc_context({"svg.fonttype": "none", "svg.hashsalt": label}):
        figure.savefig(file, format="svg", transparent=True)
    svg = fromstring(file.getvalue())
    for parent in list(svg.iter()):
        for child in list(parent):
            if child.tag.endswith(("}metadata", "}style")):
                parent.remove(child)
    for node in svg.iter():
        node.tag = node.tag.rpartition("}")[2]
        node.attrib = {name.rpartition("}")[2]: value for name, value in node.attrib.items()}
        if node.tag == "g":
            node.attrib.pop("id", None)
        if "style" in node.attrib:
            node.attrib["style"] = re.sub(
                r"#[0-9a-f]{6}", lambda m: _PAGE_COLOURS.get(m[0], m[0]), node.attrib["style"]
            )
    for name in ("width", "height", "version"):
        svg.attrib.pop(name, None)
    svg.attrib |= {"role": "img", "aria-label": _clean(label)}
    words = _element("figcaption", label) if shown else None
    return _element("figure", svg, words, class_="picture")


# --- Elements ---------------------------------------------------------------------------------


def _element(tag: str, *children: Element | str | None, **attributes: str) -> Element:
    """An element with its children; `class_` is class, `http_equiv` is http-equiv."""
    given = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
    made = Element(tag, {name: _clean(value) for name, value in given.items() if value})
    for child in children:
        if isinstance(child, Element):
            made.append(child)
        elif child and len(made):
            made[-1].tail = (made[-1].tail or "") + _clean(child)
        elif child:
            made.text = (made.text or "") + _clean(child)
    return made


def _section(title: str, *children: Element | None, wide: bool = False) -> Element | None:
    """A section, or nothing when there is nothing in it."""
    parts = [child for child in children if child is not None]
    inside = [_element("div", *parts, class_="wide")] if wide else parts
    return _element("section", _element("h2", title), *inside) if parts else None


def _table(caption: str, *parts: Element, class_: str = "") -> Element:
    """A table that scrolls by itself where the page is narrow."""
    table = _element("table", _element("caption", caption), *parts, class_=class_)
    return _element("div", table, class_="scroll", tabindex="0", role="region", aria_label=caption)


def _plain_table(
    caption: str, head: Sequence[str], rows: Iterable[Sequence[str]], total: Sequence[str] = ()
) -> Element:
    def line(texts: Sequence[str]) -> Element:
        return _element("tr", _head(texts[0], "row"), *(_element("td", text) for text in texts[1:]))

    titles = _element("tr", *(_head(name) if name else _element("td") for name in head))
    foot = [_element("tfoot", line(total))] if total else []
    return _table(caption, _element("thead", titles), _element("tbody", *map(line, rows)), *foot)


def _head(text: str, scope: str = "col") -> Element:
    return _element("th", text, scope=scope)


def _clean(text: str) -> str:
    """`text` without what HTML cannot hold: control characters and halves of characters."""
    whole = str(text).encode("utf-8", "replace").decode("utf-8")
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ufffe\uffff]", "\N{REPLACEMENT CHARACTER}", whole)


def _number(value: float) -> str:
    text = f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:.4g}"
    return text.replace("-", "−")


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _fact(name: str, value: object) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case None:
            return "–"
        case int() if name != "seed":
            return f"{value:,}"
        case float():
            return _number(value)
        case _:
            return str(value)


_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"

_STYLE = """
:root { --paper: #fdfdfb; --panel: #f4f4f0; --ink: #22262b; --muted: #5b6269; --line: #b4b6b5;
  --grid: #e6e6e2; --accent: #005ab5; --contrast: #be5000; --most: 60%; }
@media screen and (prefers-color-scheme: dark) {
  :root { --paper: #15181b; --panel: #1d2125; --ink: #e9eaeb; --muted: #a5adb4; --line: #565d64;
    --grid: #2b3036; --accent: #6fb0f2; --contrast: #f0914f; --most: 45%; }
  .cards .grey { filter: invert(.92); border-color: transparent; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, Arial, sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 2.5rem 1.25rem 4rem; }
header p { margin: 0; color: var(--muted); font-size: .875rem; }
h1 { margin: 0 0 1.5rem; font-size: 2rem; line-height: 1.2; overflow-wrap: anywhere; }
h2 { margin: 0 0 1rem; font-size: 1.25rem; line-height: 1.3; }
h3 { margin: 1rem 0 .25rem; font-size: .875rem; color: var(--muted); }
h1, h2, h3 { font-weight: 600; }
p { margin: 0 0 1rem; max-width: 40rem; }
section { margin-top: 2.5rem; padding-top: 1.5rem; border-top: 1px solid var(--grid); }
.wide { display: grid; gap: 0 2.5rem; align-items: start;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr)); }
.wide > div, .wide > figure { margin-bottom: 1rem; }
.large { margin: 0 0 .5rem; line-height: 1.15; }
.large strong { display: block; font-size: clamp(3rem, 10vw, 4.5rem); font-weight: 600;
  letter-spacing: -.02em; color: var(--accent); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .875rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--muted); font-size: .8125rem; padding-bottom: .5rem; }
th, td { padding: .25rem 1.25rem .25rem 0; text-align: right;
  border-bottom: 1px solid var(--grid); }
th { font-weight: 400; color: var(--muted); }
th:first-child { text-align: left; }
thead th { white-space: nowrap; }
th[scope=row] { color: var(--ink); overflow-wrap: break-word; min-width: 3.5rem; max-width: 16rem; }
tfoot th, tfoot td { border-bottom: 0; font-weight: 600; }
.facts td { text-align: left; overflow-wrap: anywhere; }
.facts th[scope=row] { color: var(--muted); padding-right: 2rem; vertical-align: top; }
.confusion th, .confusion td { padding: .3rem .25rem; text-align: center; font-size: .75rem;
  border: 1px solid var(--paper); min-width: 2.1rem; }
.confusion thead td, .confusion th[scope=row] { text-align: right; padding-right: .5rem; }
.confusion thead { color: var(--muted); vertical-align: bottom; }
.upright thead th { writing-mode: vertical-rl; transform: rotate(180deg); text-align: left;
  max-height: 10rem; }
.confusion tbody td { background: var(--panel); }
.confusion .none { color: var(--muted); }
.confusion .right { background:
  color-mix(in srgb, var(--accent) calc(var(--depth) * var(--most)), var(--panel)); }
.confusion .wrong { background:
  color-mix(in srgb, var(--contrast) calc(var(--depth) * var(--most)), var(--panel)); }
figure { margin: 0; }
.picture svg { display: block; width: 100%; height: auto; max-width: 28rem; overflow: visible;
  stroke-linejoin: round; stroke-linecap: butt; }
.picture text { font-family: inherit !important; }
figcaption { font-size: .8125rem; line-height: 1.35; color: var(--muted); margin-top: .25rem; }
figcaption span { display: block; overflow-wrap: anywhere; }
.cards { display: grid; gap: 1rem;
  grid-template-columns: repeat(auto-fill, minmax(min(5.5rem, 20%), 1fr)); }
.cards img { display: block; width: 100%; image-rendering: pixelated;
  border: 1px solid var(--grid); }
.cards figcaption span:first-child { color: var(--ink); font-weight: 600; }
pre { margin: 0; padding: .75rem 1rem; background: var(--panel); overflow-x: auto;
  font: .8125rem/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
ul { margin: 1rem 0 0; padding-left: 1.25rem; max-width: 40rem; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
@media (max-width: 30rem) {
  .many th, .many td { min-width: 0; padding: .3rem .1rem; font-size: .625rem; } }
@media print {
  :root { --paper: #ffffff; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  main { max-width: none; padding: 0; }
  .wide { grid-template-columns: 1fr 1fr; }
  section { margin-top: 1.25rem; padding-top: .75rem; }
  figure, tr { break-inside: avoid; } h2, h3, caption { break-after: avoid; }
  .scroll { overflow: visible; } pre { white-space: pre-wrap; } }
"""
