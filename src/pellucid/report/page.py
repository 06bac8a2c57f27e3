"""The page of a report: its parts in order, and the frame around them."""

from __future__ import annotations

from pathlib import Path
from xml.etree.ElementTree import Element, tostring

from pellucid.errors import ArgumentError
from pellucid.report import classes, regression, summary
from pellucid.report.curves import training
from pellucid.report.elements import element
from pellucid.report.layers import inside
from pellucid.report.record import Report
from pellucid.report.samples import images_and_mistakes, rows_gone_wrong
from pellucid.report.style import POLICY, STYLE

__all__ = ["render_report", "write_report"]


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
    body = element(
        "main",
        element("header", element("p", "pellucid report"), element("h1", report.title)),
        element("div", headline, summary.parts(report), class_="wide"),
        summary.findings(report),
        training(report),
        *sections,
        summary.network(report),
        *inside(report),
        element("div", summary.data(report), summary.settings(report), class_="wide"),
        summary.again(report),
    )
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", http_equiv="Content-Security-Policy", content=POLICY),
        element("title", f"{report.title} · pellucid report"),
        element("style", STYLE),
    )
    page = element("html", head, element("body", body), lang="en")
    return "<!doctype html>\n" + tostring(page, encoding="unicode", method="html") + "\n"


def _classification(report: Report) -> tuple[Element, list[Element | None]]:
    answers = classes.answers_of(report)
    single = (
        images_and_mistakes(report, answers)
        if report.inputs is not None and report.image_shape is not None
        else [rows_gone_wrong(report, answers)]
    )
    return classes.opening(answers), [*classes.sections(answers), *single]


def _regression(report: Report) -> tuple[Element, list[Element | None]]:
    truth, predicted = regression.pairs_of(report)
    return regression.opening(truth, predicted), regression.sections(report, truth, predicted)
