"""Inside a network that looks at images: its kernels, and what each layer makes of one image."""

from __future__ import annotations

import math
from xml.etree.ElementTree import Element

import numpy as np
from numpy.typing import NDArray

from pellucid.plot.filters import kernel_picture, kernel_words, largest, map_picture
from pellucid.report.elements import element, section
from pellucid.report.record import Report
from pellucid.report.samples import card, single_image

__all__ = ["inside"]

PIXEL = 14  # of the page, at most, for one of a map


def inside(report: Report) -> list[Element | None]:
    """Kernels of every convolution, and maps of every layer; nothing where there are none."""
    return [_kernels(report), _maps(report)]


def _kernels(report: Report) -> Element | None:
    cards = []
    for name, given in report.kernels.items():
        weights = np.asarray(given, dtype=np.float64)
        limit = largest(weights)
        said = kernel_words(weights, limit)
        cards.append(_card(kernel_picture(weights, limit), f"kernels of {name}", name, said))
    words = (
        "Blue above zero, orange below. Of several channels, each has a row; a column is a filter."
    )
    return section("Kernels", element("p", words), _stack(cards)) if cards else None


def _maps(report: Report) -> Element | None:
    cards = []
    for name, given in report.feature_maps.items():
        values = np.asarray(given, dtype=np.float64)
        shape = " × ".join(map(str, values.shape))
        kind = f"{shape} maps" if values.ndim == 3 else f"{math.prod(values.shape):,} values"
        picture = map_picture(values, name)
        said = f"{kind}, {_span(values)}"
        cards.append(_card(picture, f"feature maps of {name}", name, said))
    if not cards:
        return None
    words = "What each layer makes of the first test image; the darker, the greater."
    first = element("div", single_image(report, 0), class_="cards")
    return section("Feature maps", element("p", words), first, _stack(cards))


def _card(picture: NDArray[np.float64], alt: str, name: str, said: str) -> Element:
    """A picture as wide as there is room, its pixels not larger than sense makes them."""
    made = card(picture, alt, [name, said])
    made[0].set("style", f"max-width: {PIXEL * picture.shape[1]}px")
    return made


def _span(values: NDArray[np.float64]) -> str:
    return f"{values.min():.3g} to {values.max():.3g}".replace("-", "−")


def _stack(cards: list[Element]) -> Element:
    return element("div", *cards, class_="layers")
