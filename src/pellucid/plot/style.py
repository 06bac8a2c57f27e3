"""The look: quiet paper, one accent, colours that the colour-blind can tell apart.

Every display dresses the axes it draws on; Matplotlib's global settings are left alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from pellucid.lazy import load

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

__all__ = [
    "ACCENT",
    "AXIS",
    "CLASSES",
    "CONTRAST",
    "CURVES",
    "GRID",
    "INK",
    "LINES",
    "MANY",
    "MARKERS",
    "MUTED",
    "WIDEST",
    "axes_or_new",
    "colour_bar",
    "darkening",
    "diverging",
    "few_ticks",
    "figure_or_new",
    "headed",
    "legend",
    "plain_ticks",
    "readable_on",
    "rising",
    "short",
    "tints",
    "titled",
    "whole_ticks",
]

INK, MUTED, AXIS, GRID = "#22262b", "#5b6269", "#b4b6b5", "#e6e6e2"
WIDEST = 5.0  # inches of a new figure: in a column of 3.3 its small letters can still be read
MANY = 2000  # more points or segments than this are a picture inside a vector file, not megabytes
ACCENT, CONTRAST = "#005ab5", "#be5000"

# Orange is class 0 and blue class 1, as on the diverging map. The ten were searched so that any two
# stay apart (26 or more in CIELAB) for normal sight and the three kinds of colour-blindness; the
# markers say the same by shape.
CLASSES = (CONTRAST, ACCENT, "#9fcb7b", "#9a7da2", "#f2b725",
           "#61a7f2", "#571f64", "#a36654", "#6e2505", "#2a3a35")  # fmt: skip
# The same for curves, in an order of their own, and how each is dashed, the first not at all.
CURVES = (CONTRAST, ACCENT, "#571f64", "#9a7da2", "#f2b725", "#9fcb7b", "#6e2505", "#61a7f2")
LINES: tuple[Any, ...] = ("-", (0, (5, 1.5)), (0, (1.5, 1.2)), (0, (6, 1.5, 1.5, 1.5)), (0, (2, 2)))
# The shape of each class, with the area that makes it look as large as the disc.
MARKERS = {"o": 1.0, "s": 0.9, "^": 1.2, "D": 0.8, "v": 1.2,
           "P": 1.6, "X": 1.5, "<": 1.2, ">": 1.2, "*": 2.2}  # fmt: skip

_DIVERGING = (CONTRAST, "#d8a383", "#f4f4f2", "#8ca2c0", ACCENT)


@cache
def diverging() -> Colormap:
    """The map for signed values: orange below zero, paper at zero, blue above."""
    return _blend("diverging", _DIVERGING)


@cache
def rising() -> Colormap:
    """The map for shares from 0 (paper) to 1 (accent): the upper half of `diverging`."""
    return _blend("rising", _DIVERGING[2:])


@cache
def darkening() -> Colormap:
    """The map for numbers of which the darker is the greater: from paper to ink."""
    return _blend("darkening", ("#ffffff", INK))


def tints(count: int) -> Colormap:
    """Pale areas for `count` classes, in the colours of their points."""
    rgb = load("matplotlib.colors").to_rgb
    pale = [
        [1 - 0.32 * (1 - part) for part in rgb(CLASSES[k % len(CLASSES)])] for k in range(count)
    ]
    return load("matplotlib.colors").ListedColormap(pale)


def _blend(name: str, colours: Sequence[str]) -> Colormap:
    segmented = load("matplotlib.colors").LinearSegmentedColormap
    return segmented.from_list(name, colours)


def readable_on(colour: Sequence[float]) -> str:
    """Ink or white, whichever has the larger contrast (WCAG 2.1) on an RGB `colour`."""
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in colour[:3]]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return INK if luminance > 0.2 else "white"


def figure_or_new(figure: Figure | None, size: tuple[float, float]) -> Figure:
    """The figure given, or a new one of `size` inches that pyplot knows: a notebook shows it."""
    if figure is not None:
        return figure
    new: Figure = load("matplotlib.pyplot").figure(figsize=size, layout="constrained")
    return new


def axes_or_new(ax: Axes | None, size: tuple[float, float], **subplot: Any) -> Axes:
    """The axes given, or those of a new figure; dressed in our look."""
    if ax is None:
        ax = figure_or_new(None, size).add_subplot(**subplot)
    for side, spine in ax.spines.items():
        spine.set(visible=side in {"left", "bottom"}, color=AXIS, linewidth=0.8)
    ax.tick_params(colors=MUTED, labelsize="small", length=3, width=0.8, color=AXIS)
    ax.grid(True, color=GRID, linewidth=0.7)
    ax.set_axisbelow(True)
    return ax


def headed(
    ax: Axes, title: str | None, *, x: str = "", y: str = "", aside: str = "", names: bool = False
) -> Axes:
    """Title on the left, `aside` on the right; with `names`, $ in x and y is just a sign."""
    titled(ax, title, aside)
    ax.set_xlabel(x, fontsize="small", color=MUTED, parse_math=not names)
    ax.set_ylabel(y, fontsize="small", color=MUTED, parse_math=not names)
    return ax


def titled(ax: Axes, title: str | None, aside: str = "") -> Axes:
    """Write the heading alone."""
    if title:
        ax.set_title(title, loc="left", fontsize="medium", color=INK)
    if aside:
        ax.set_title(aside, loc="right", fontsize="small", color=MUTED)
    return ax


def legend(ax: Axes, names: Sequence[str], handles: Sequence[Any], **place: Any) -> None:
    """A legend on a veil of paper; names appear as written, a leading underscore and $ too."""
    made = ax.legend(
        handles,
        ["name"] * len(names),
        fontsize="small",
        labelcolor=MUTED,
        facecolor="white",
        edgecolor="none",
        framealpha=0.85,
        **({"loc": "best"} | place),
    )
    for text, name in zip(made.get_texts(), names, strict=True):
        text.set_parse_math(False)
        text.set_text(name)


def colour_bar(ax: Axes, drawn: Any, label: str, at: Sequence[float] | None = None) -> None:
    """The scale of `drawn` beside `ax`, with ticks `at` some values."""
    ticks = load("matplotlib.ticker").MaxNLocator(4) if at is None else list(at)
    bar = ax.figure.colorbar(drawn, ax=ax, fraction=0.046, pad=0.03, ticks=ticks)
    if at is not None:
        bar.ax.minorticks_off()
        bar.ax.set_yticklabels([short(one) for one in at])
    bar.outline.set_visible(False)
    bar.ax.tick_params(colors=MUTED, labelsize="small", length=2, color=AXIS)
    bar.set_label(label, fontsize="small", color=MUTED, parse_math=False)


def short(value: float) -> str:
    """Three significant digits, with the minus sign that the axes have.

    >>> short(-0.12345), short(26249.0)
    ('−0.123', '26,200')
    """
    rounded = float(f"{value:.3g}")
    text = f"{rounded:,.0f}" if 1000 <= abs(value) < 1e7 else f"{value:.3g}"
    return text.replace("-", "−")


def few_ticks(*axes: Any) -> None:
    """So few ticks that long numbers do not run into each other."""
    for axis in axes:
        axis.set_major_locator(load("matplotlib.ticker").MaxNLocator(4))


def plain_ticks(axis: Any) -> None:
    """Write each number in full, never a common factor in a corner, where the heading stands."""
    plain = load("matplotlib.ticker").ScalarFormatter(useOffset=False)
    plain.set_scientific(False)
    axis.set_major_formatter(plain)


def whole_ticks(axis: Any) -> None:
    """Ticks at whole numbers only."""
    axis.set_major_locator(
        load("matplotlib.ticker").MaxNLocator("auto", integer=True, min_n_ticks=1)
    )
