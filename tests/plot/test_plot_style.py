"""Holds: the look is our own, safe for the colour-blind, and costs nothing before it is used."""

from __future__ import annotations

import subprocess
import sys
from itertools import combinations

import numpy as np
import pytest
from matplotlib.colors import to_hex, to_rgb

from pellucid import plot
from pellucid.plot.style import CLASSES, GRID, INK, MUTED, diverging, rising, tints

# Full colour-blindness simulated in linear RGB: Machado, Oliveira and Fernandes 2009, severity 1.
SIGHTS = {
    "normal": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
TO_XYZ = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]


def linear(colour: str) -> np.ndarray:
    srgb = np.array(to_rgb(colour))
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def cielab(rgb: np.ndarray) -> np.ndarray:
    xyz = TO_XYZ @ np.clip(rgb, 0, 1) / [0.9505, 1.0, 1.089]
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("sight", SIGHTS)
def test_any_two_class_colours_stay_apart(sight: str) -> None:
    seen = [cielab(np.asarray(SIGHTS[sight]) @ linear(colour)) for colour in CLASSES]
    assert min(np.linalg.norm(a - b) for a, b in combinations(seen, 2)) > 25


@pytest.mark.parametrize("colour", [INK, MUTED])
def test_words_have_the_contrast_of_wcag_aa(colour: str) -> None:
    luminance = linear(colour) @ [0.2126, 0.7152, 0.0722]
    assert 1.05 / (luminance + 0.05) > 4.5


def test_the_diverging_map_has_paper_in_the_middle() -> None:
    ends = [to_hex(diverging()(v)) for v in (0.0, 0.5, 1.0)]
    assert [ends[0], ends[2]] == ["#be5000", "#005ab5"]
    assert min(to_rgb(ends[1])) > 0.93
    assert (to_hex(rising()(0.0)), to_hex(rising()(1.0))) == ("#f4f4f2", "#005ab5")


def test_tints_are_pale_and_as_many_as_the_classes() -> None:
    shades = tints(12)
    assert shades.N == 12
    assert min(min(shades(k)[:3]) for k in range(12)) > 0.67


def test_a_users_own_settings_do_not_change_our_look(monkeypatch: pytest.MonkeyPatch) -> None:
    from matplotlib import rcParams

    monkeypatch.setitem(rcParams, "axes.edgecolor", "red")
    monkeypatch.setitem(rcParams, "grid.color", "red")
    ax = plot.histogram([1, 2])
    assert to_hex(ax.spines["left"].get_edgecolor()) != "#ff0000"
    assert not ax.spines["top"].get_visible()
    assert to_hex(ax.get_ygridlines()[0].get_color()) == GRID


def test_public_names_are_sorted_and_there() -> None:
    assert plot.__all__ == sorted(plot.__all__)
    assert all(callable(getattr(plot, name)) for name in plot.__all__)


def test_importing_loads_no_matplotlib() -> None:
    code = "import sys, pellucid.plot; print({'matplotlib', 'sklearn'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
