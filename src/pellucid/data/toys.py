"""Small data sets that are drawn, not stored: each shows one thing.

All are seeded: the same call gives the same draws on every platform.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from pellucid.arguments import number_in, one_of, whole_number
from pellucid.lazy import load

__all__ = [
    "blobs",
    "circles",
    "line_points",
    "logistic_1d",
    "moons",
    "mortgage",
    "quadrants",
    "regression_curve",
    "slashes",
    "spirals",
    "surfaces",
    "xor_blobs",
]

Drawn = tuple[NDArray[Any], NDArray[Any]]
Labelling = Literal["side", "xor", "quadrant"]
Curve = Literal["wave", "sine", "steps", "polynomial"]
Strokes = list[tuple[int, int, int]]

# The corners of a square, against the clock from the upper right: the quadrants 0, 1, 2, 3.
CORNERS = np.array([(1.0, 1.0), (-1.0, 1.0), (-1.0, -1.0), (1.0, -1.0)])

# Length, first row and first column of each diagonal of the fixed set of slashes: ten backward
# ones, then ten that are flipped. They were drawn by `_strokes` from the seed 501.
STROKES = [
    (5, 1, 0), (2, 2, 3), (6, 0, -2), (3, 3, 3), (4, -1, 1),
    (4, 2, -1), (5, 2, 4), (4, 0, 3), (4, 0, 1), (5, 1, 1),
    (5, 1, 1), (6, -2, 0), (6, -3, -1), (6, 1, 0), (3, 2, 1),
    (5, 4, 3), (5, -3, -3), (5, -2, -1), (4, 2, 1), (6, 1, 2),
]  # fmt: skip

# Mean red, green and blue of each surface, and how much its grains differ.
SURFACES = {"grass": ((70, 150, 60), 30), "ice": ((200, 225, 240), 12), "sand": ((190, 85, 60), 18)}
CURVES: dict[str, Callable[[NDArray[np.float64]], Any]] = {
    "wave": lambda x: np.sin(2 * x) + x / 2,
    "sine": np.sin,
    "steps": np.floor,
    "polynomial": lambda x: x**3 / 4 - x,
}


def blobs(n: int = 300, centres: int = 3, spread: float = 1.0, *, seed: int = 0) -> Drawn:
    """Gaussian clouds around random centres, a class each: the easiest task with several classes.

    Examples
    --------
    >>> X, y = blobs(90, 3)
    >>> X.shape, np.bincount(y)
    ((90, 2), array([30, 30, 30]))
    """
    _check(n, whole_number(centres, "centres", at_least=1), spread)
    X, y = load("sklearn.datasets").make_blobs(
        n, centers=centres, cluster_std=spread, random_state=seed
    )
    return X, y


def circles(n: int = 500, noise: float = 0.1, factor: float = 0.5, *, seed: int = 0) -> Drawn:
    """A ring (class 0) around a smaller ring (class 1): no line separates them.

    Examples
    --------
    >>> circles(100)[0].shape
    (100, 2)
    """
    _check(n, 2, noise)
    X, y = load("sklearn.datasets").make_circles(n, noise=noise, factor=factor, random_state=seed)
    return X, y


def moons(n: int = 1000, noise: float = 0.1, *, seed: int = 1234) -> Drawn:
    """Two interleaved half circles, as scikit-learn's `make_moons` draws them (rows D3 and D5).

    Examples
    --------
    >>> X, y = moons()
    >>> X.shape, np.bincount(y)
    ((1000, 2), array([500, 500]))
    """
    _check(n, 2, noise)
    X, y = load("sklearn.datasets").make_moons(n, noise=noise, random_state=seed)
    return X, y


def spirals(n: int = 500, noise: float = 0.1, turns: float = 1.5, *, seed: int = 0) -> Drawn:
    """Two spiral arms, turned by half a turn against each other: needs several layers.

    Examples
    --------
    >>> X, y = spirals(100)
    >>> X.shape, np.bincount(y)
    ((100, 2), array([50, 50]))
    """
    _check(n, 2, noise)
    generator = np.random.default_rng(seed)
    y = np.arange(n) % 2
    along = np.sqrt(
        generator.uniform(0.02, 1, n)
    )  # the root spreads the points evenly along the arm
    angle = 2 * np.pi * turns * along + np.pi * y
    X = 3 * along[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    return X + noise * generator.standard_normal((n, 2)), y


def line_points(n: int = 100, *, seed: int = 34) -> Drawn:
    """Uniform points in [−3, 3]², −1 below the diagonal and 1 above it (rows A3, B4, C4, D4).

    Examples
    --------
    >>> X, y = line_points()
    >>> bool(np.all((X[:, 1] < X[:, 0]) == (y == -1)))
    True
    """
    _check(n, 1)
    X = np.random.default_rng(seed).uniform(-3, 3, (n, 2))
    return X, np.where(X[:, 1] < X[:, 0], -1, 1)


def xor_blobs(n: int = 100, spread: float = 0.2, *, seed: int = 0) -> Drawn:
    """Four clouds at (±1, ±1), equally many points each (rows A5 and B6).

    Class 1 are the clouds whose two signs differ, class 0 the lower left and the upper right.

    Examples
    --------
    >>> X, y = xor_blobs()
    >>> X.shape, np.bincount(y)
    ((100, 2), array([50, 50]))
    """
    _check(n, 4, spread)
    quadrant = np.arange(n) % 4
    X = CORNERS[quadrant] + spread * np.random.default_rng(seed).standard_normal((n, 2))
    return X, quadrant % 2


def quadrants(labelling: Labelling = "side", *, seed: int = 42) -> Drawn:
    """200 points in four clouds (σ = 1) at (±3, ±3) (rows A6 and D2).

    Drawn from NumPy's legacy generator, point by point around the quadrants: with seed 42
    scikit-learn's `LogisticRegression` finds the coefficients 2.3349, −0.0162, −0.5982.

    Parameters
    ----------
    labelling : ``"side"``: x > 0; ``"xor"``: the signs differ; ``"quadrant"``: 0…3, against the
        clock from the upper right

    Examples
    --------
    >>> X, y = quadrants("xor")
    >>> X.shape, y[:4]
    ((200, 2), array([0, 1, 0, 1]))
    """
    noise = np.random.RandomState(seed).standard_normal((50, 4, 2))
    X = (3 * CORNERS + noise).reshape(-1, 2)
    right, up = X.T > 0
    found = {"side": right, "xor": right != up, "quadrant": np.where(up, 1 - right, 2 + right)}
    one_of(labelling, "labelling", found)
    return X, found[labelling].astype(np.int64)


def mortgage(*, seed: int = 32) -> Drawn:
    """Ten payers (class 1) and ten defaulters (0): years in the job, salary in 10k (rows A7, D1).

    Payers follow N((10, 10), 6·I), defaulters |N((6, 8), [[8.3, −1.8], [−1.8, 8.3]])|. With the
    seed as it is, the cut-offs 6 and 6 refuse 2 payers and accept 7 defaulters: a cost of 23.

    Examples
    --------
    >>> X, y = mortgage()
    >>> accepted = (X > 6).all(axis=1)
    >>> int(np.sum(~accepted & (y == 1)) + 3 * np.sum(accepted & (y == 0)))
    23
    """
    normal = np.random.default_rng(seed).standard_normal((20, 2))
    # The symmetric root of the covariance, whose eigenvalues 6.5 and 10.1 belong to (1, ±1): unlike
    # a numerical factorisation it is the same on every platform.
    same, other = (np.sqrt(10.1) + np.sqrt(6.5)) / 2, (np.sqrt(6.5) - np.sqrt(10.1)) / 2
    payers = 10 + np.sqrt(6) * normal[:10]
    defaulters = np.abs((6, 8) + same * normal[10:] + other * normal[10:, ::-1])
    return np.concatenate([payers, defaulters]), np.repeat([1, 0], 10)


def logistic_1d(n: int = 500, flipped: float = 0.1, *, seed: int = 0) -> Drawn:
    """Uniform points on [0, 10], −1 up to 5 and 1 above, a tenth of the labels wrong (row A8).

    Examples
    --------
    >>> X, y = logistic_1d()
    >>> X.shape, float(np.mean((X[:, 0] > 5) == (y == 1)))
    ((500, 1), 0.9)
    """
    _check(n, 1)
    number_in(flipped, "flipped", 0, 1)
    generator = np.random.default_rng(seed)
    x = np.sort(generator.uniform(0, 10, n))
    wrong = np.zeros(n, dtype=bool)
    wrong[generator.permutation(n)[: round(flipped * n)]] = True
    return x[:, None], np.where((x > 5) != wrong, 1, -1)


def regression_curve(
    n: int = 200, noise: float = 0.1, kind: Curve = "wave", *, seed: int = 0
) -> Drawn:
    """A curve to fit: y = f(x) and Gaussian noise, x uniform on [−3, 3].

    Parameters
    ----------
    kind : ``"wave"``: sin 2x + x/2; ``"sine"``: sin x; ``"steps"``: ⌊x⌋; ``"polynomial"``: x³/4 − x

    Examples
    --------
    >>> X, y = regression_curve(50)
    >>> X.shape, y.shape
    ((50, 1), (50,))
    """
    _check(n, 1, noise)
    one_of(kind, "kind", CURVES)
    generator = np.random.default_rng(seed)
    x = np.sort(generator.uniform(-3, 3, n))
    return x[:, None], CURVES[kind](x) + noise * generator.standard_normal(n)


def slashes(*, seed: int | None = None) -> Drawn:
    """Twenty pictures of 6 × 6 pixels: ten backward slashes (1), ten forward ones (0) (row E3).

    A diagonal of 2 to 6 pixels of 1 on −1, anywhere, partly outside perhaps, with two pixels or
    more to be seen. A forward slash is such a picture upside down.

    Parameters
    ----------
    seed : of a set of other slashes; without it the fixed set

    Returns
    -------
    X (20, 1, 6, 6), y (20,)

    Examples
    --------
    >>> X, y = slashes()
    >>> X.shape, y[:12]
    ((20, 1, 6, 6), array([1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0]))
    >>> for row in X[2, 0]:
    ...     print("".join("#" if pixel > 0 else "·" for pixel in row))
    ······
    ······
    #·····
    ·#····
    ··#···
    ···#··
    """
    generator = None if seed is None else np.random.default_rng(whole_number(seed, "seed"))
    strokes = STROKES if generator is None else _strokes(generator) + _strokes(generator)
    X = np.stack([_backward_slash(*stroke) for stroke in strokes])
    X[10:] = X[10:, ::-1]
    return X[:, None], np.repeat([1, 0], 10)


def surfaces(n: int = 60, size: int = 16, *, seed: int = 0) -> Drawn:
    """Pictures of grass (0), ice (1) and sand (2) as seen from above (row A1).

    Each pixel has the colour of its surface, each picture its own light, and grains differ. With
    thresholds of 100 the rule of row A1 tells them: ice is bright in red, green and blue, grass
    in green, sand in red.

    Parameters
    ----------
    n : how many pictures
    size : of a side in pixels

    Returns
    -------
    X (n, 3, size, size) whole numbers from 0 to 255, y (n,)

    Examples
    --------
    >>> X, y = surfaces(6)
    >>> X.shape, y, X.dtype
    ((6, 3, 16, 16), array([0, 1, 2, 0, 1, 2]), dtype('uint8'))
    >>> red, green, blue = X[0].mean(axis=(1, 2))
    >>> bool(green > 100 > red)
    True
    """
    _check(n, 1)
    generator = np.random.default_rng(seed)
    y = np.arange(n) % 3
    colour = np.array([colour for colour, _ in SURFACES.values()], dtype=float)[y]
    grain = np.array([grain for _, grain in SURFACES.values()], dtype=float)[y]
    light = generator.uniform(0.9, 1.1, n)
    shape = (n, 1, whole_number(size, "size", at_least=1), size)  # one grain for all three colours
    grains = grain[:, None, None, None] * generator.standard_normal(shape)
    X = (light[:, None] * colour)[:, :, None, None] + grains
    return np.clip(np.round(X), 0, 255).astype(np.uint8), y


def _strokes(generator: np.random.Generator) -> Strokes:
    """Ten diagonals of different looks."""
    found: dict[bytes, tuple[int, int, int]] = {}
    while len(found) < 10:
        length, row, column = (
            int(generator.integers(*bounds)) for bounds in ((2, 7), (-3, 6), (-3, 6))
        )
        picture = _backward_slash(length, row, column)
        if (picture > 0).sum() >= 2:
            found.setdefault(picture.tobytes(), (length, row, column))
    return list(found.values())


def _backward_slash(length: int, row: int, column: int) -> NDArray[np.float64]:
    along = np.arange(length)
    rows, columns = row + along, column + along
    is_seen = (rows >= 0) & (rows < 6) & (columns >= 0) & (columns < 6)
    picture = np.full((6, 6), -1.0)
    picture[rows[is_seen], columns[is_seen]] = 1
    return picture


def _check(n: int, least: int, noise: float = 0.0) -> None:
    whole_number(n, "n", at_least=least)
    number_in(noise, "noise", low=0)
