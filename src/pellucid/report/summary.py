"""The frame of every report: the headline, the network, the data, and how to do it again."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from pellucid.report.elements import element, facts, number, plain_table, section
from pellucid.report.record import Report

__all__ = ["again", "data", "findings", "headline", "network", "parts", "settings"]


def headline(value: str, what: str, sentence: str) -> Element:
    """The one number that matters most, and what to hold against it."""
    return element(
        "div",
        element("p", element("strong", value), " ", element("span", what), class_="large"),
        element("p", sentence),
    )


def parts(report: Report) -> Element | None:
    """Loss and metrics of the training and the test part, side by side."""
    names = list(dict.fromkeys([*report.train, *report.test]))
    rows = [
        (
            name,
            *(number(part[name]) if name in part else "–" for part in (report.train, report.test)),
        )
        for name in names
    ]
    return plain_table("Loss and metrics", ("", "training", "test"), rows) if rows else None


def findings(report: Report) -> Element | None:
    """Probable mistakes, with what to do."""
    rows = [
        (
            f"{one.code} {one.severity}",
            f"{one.title} ({one.where})" if one.where else one.title,
            one.evidence,
            one.remedy,
        )
        for one in report.findings
    ]
    head = ("", "what", "seen", "what to do")
    return (
        section("Findings", plain_table("Probable mistakes", head, rows, class_="told"))
        if rows
        else None
    )


def network(report: Report) -> Element | None:
    """The layers in order."""
    rows = [(layer, shape, f"{count:,}") for layer, shape, count in report.network]
    total = ("total", "", f"{sum(count for *_, count in report.network):,}")
    head = ("layer", "output shape", "parameters")
    return section("Network", plain_table("Layers in order", head, rows, total) if rows else None)


def data(report: Report) -> Element | None:
    """Where the data came from, and what was done to them."""
    notes = element("ul", *(element("li", note) for note in report.notes)) if report.notes else None
    return section("Data", facts("Where it came from", report.data), notes)


def settings(report: Report) -> Element | None:
    """What the run was made with."""
    return section("Settings", facts("What this run was made with", report.settings))


def again(report: Report) -> Element | None:
    """How to do the same once more."""
    blocks = [("In a shell", report.command), ("In Python", report.script)]
    return section(
        "How to reproduce",
        *(
            part
            for name, text in blocks
            if text
            for part in (
                element("h3", name),
                element("pre", element("code", text), tabindex="0", role="region", aria_label=name),
            )
        ),
    )
