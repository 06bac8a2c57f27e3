"""One HTML file that shows a trained network: opens offline, prints, reads aloud, light and dark.

Nothing in it is fetched and nothing runs: styles are inline, curves are SVG, images are PNG data.
The page is built as a tree of elements, so every text is escaped by construction.
"""

from pellucid.report.page import render_report, write_report
from pellucid.report.record import Report

__all__ = ["Report", "render_report", "write_report"]
